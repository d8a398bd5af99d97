//! Import of files that somebody may have made to do harm: each is an error or a program, soon, in bounded memory.
//!
//! `cargo test` replays the files in `corpus` and tries some new ones. `cargo xtask fuzz READER` tries for as long as it is told; its seeds
//! are the corpus and small whole files, and a mutant that ends in a way not seen before becomes a seed itself.
mod folder;
mod json;
mod mlgo;
mod mutate;
mod onnx;
mod walk;

use gavel_fixtures::random::{Family, LEAST_VOCAB, RandomModel, Storage};
use gavel_formats::{ImageInfo, Limits, ModelFile, check, import};
use gavel_primitives::keccak;
use mutate::{Draw, mutant};
use std::{
    collections::BTreeSet,
    env, fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

/// Most time that one file may take, with other work on the machine.
const MOST_TIME: Duration = Duration::from_secs(10);
/// Most memory that this process may have held, in MiB: the largest slots and tables that limits allow, and what they are made from.
const MOST_MEMORY: u64 = 1024;
/// Largest mutant that is taken on as a seed.
const LARGEST_SEED: usize = 24 << 10;
/// How many seconds are spent on new mutants where nobody says it.
const SECONDS: u64 = 2;

/// A kind of files.
struct Reader {
    /// Its name on the command line and the ending of its files.
    name: &'static str,
    /// Small whole files.
    whole: fn() -> Vec<Vec<u8>>,
    /// A file as it is imported, with those beside it.
    open: fn(&[u8]) -> Arc<ModelFile>,
    /// A changed file; the second one lends its parts.
    mutant: fn(&[u8], &[u8], &mut Draw) -> Vec<u8>,
}

/// All kinds.
const READERS: [Reader; 5] = [
    Reader {
        name: "gguf",
        whole,
        open: ModelFile::from_bytes,
        mutant,
    },
    Reader {
        name: "onnx",
        whole: onnx::whole,
        open: ModelFile::from_bytes,
        mutant: onnx::mutant,
    },
    Reader {
        name: "mlgo",
        whole: mlgo::whole,
        open: ModelFile::from_bytes,
        mutant: mlgo::mutant,
    },
    Reader {
        name: "safetensors",
        whole: folder::whole_models,
        open: folder::open_model,
        mutant: folder::model_mutant,
    },
    Reader {
        name: "tokenizer",
        whole: folder::whole_tokenizers,
        open: folder::open_tokenizer,
        mutant: folder::tokenizer_mutant,
    },
];

/// One test at a time, so that time and memory are its own.
static ALONE: Mutex<()> = Mutex::new(());

fn image() -> ImageInfo {
    ImageInfo {
        root: keccak(b"an image"),
        entry: 0,
        depth: 11,
    }
}

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus")
}

/// The corpus of a kind of files, in the order of its names.
fn kept(ending: &str) -> Vec<(String, Vec<u8>)> {
    let files = fs::read_dir(corpus()).expect("the corpus is there");
    let mut files: Vec<_> = files
        .map(|entry| entry.expect("the corpus can be listed").path())
        .filter(|path| path.extension().is_some_and(|other| other == ending))
        .map(|path| {
            let bytes = fs::read(&path).expect("the corpus can be read");
            (path.display().to_string(), bytes)
        })
        .collect();
    files.sort();
    files
}

/// Small whole GGUF files.
fn whole() -> Vec<Vec<u8>> {
    let small = |family, storage, dim| RandomModel {
        family,
        storage,
        dim,
        layers: 1,
        heads: 2,
        kv_heads: 1,
        ffn: dim,
        vocab: LEAST_VOCAB,
        context: 16,
        seed: 1,
        ..RandomModel::STORIES15M
    };
    let write = |model: RandomModel| {
        let mut bytes = Vec::new();
        model.write(&mut bytes).expect("memory takes it");
        bytes
    };
    [
        small(Family::Llama, Storage::Q4_0, 32),
        small(Family::Llama, Storage::Q8_0, 32),
        small(Family::Llama3, Storage::Q4_1, 32),
        small(Family::Qwen2, Storage::Q4_0, 32),
        small(Family::Qwen3, Storage::Q5_1, 32),
        small(Family::Qwen3, Storage::Q4KM, 256),
        small(Family::Qwen3Moe, Storage::Q8_0, 32),
    ]
    .map(write)
    .into()
}

/// How an import ended: the words of its error without numbers and what is quoted from the file.
fn ending(reader: &Reader, bytes: &[u8]) -> String {
    let start = Instant::now();
    let file = (reader.open)(bytes);
    let imported = import(&file, &Limits::default(), image());
    let ending = match imported {
        Ok(program) => {
            assert_eq!(
                check(&program, &image()),
                Ok(()),
                "what is imported is accepted"
            );
            "a program".into()
        }
        Err(error) => {
            let words = format!("{error:?}").replace("\\\"", "");
            let parts: Vec<&str> = words.split('"').collect();
            // What is quoted is mostly a name of the file; two fields hold our own phrases.
            let is_ours = |at: usize| {
                at.is_multiple_of(2)
                    || [" what: ", " expected: "]
                        .iter()
                        .any(|field| parts[at - 1].ends_with(field))
            };
            let ours = (0..parts.len()).filter(|at| is_ours(*at));
            let letters = ours.flat_map(|at| parts[at].chars());
            letters.filter(char::is_ascii_alphabetic).collect()
        }
    };
    let taken = start.elapsed();
    assert!(taken < MOST_TIME, "it took {taken:?}");
    ending
}

/// The most memory that this process has held so far, in MiB; none where it can't be asked.
fn peak() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib / 1024)
}

fn check_peak() {
    let peak = peak().unwrap_or(0);
    assert!(peak < MOST_MEMORY, "{peak} MiB");
}

/// Keeps a file that failed, so that it can be looked at and joins the corpus once it is mended.
fn failed(bytes: &[u8], seed: u64, ending: &str) -> ! {
    let path = corpus().join(format!("failed-{seed:016x}.{ending}"));
    fs::write(&path, bytes).expect("the corpus takes files");
    panic!("{} is not survived", path.display());
}

#[test]
fn the_corpus_is_survived() {
    let _alone = ALONE.lock();
    for reader in READERS {
        let files = kept(reader.name);
        assert!(files.len() > 10, "the corpus of {} is there", reader.name);
        for (name, bytes) in files {
            let ended = catch_unwind(|| ending(&reader, &bytes));
            assert!(ended.is_ok(), "{name} is not survived");
            check_peak();
        }
    }
}

#[test]
fn whole_files_are_programs() {
    for reader in READERS {
        for file in (reader.whole)() {
            assert_eq!(ending(&reader, &file), "a program", "{}", reader.name);
        }
    }
}

#[test]
fn mutants_are_survived() {
    let _alone = ALONE.lock();
    let chosen = env::var("GAVEL_FUZZ_READER").ok();
    let is_chosen = |reader: &&Reader| chosen.as_ref().is_none_or(|name| name == reader.name);
    let mut readers = READERS.iter().filter(is_chosen).peekable();
    assert!(readers.peek().is_some(), "no reader is called {chosen:?}");
    readers.for_each(try_mutants);
}

/// Tries mutants of a kind of files for as long as the environment says.
fn try_mutants(reader: &Reader) {
    let number = |name: &str| {
        env::var(name)
            .ok()
            .and_then(|text| text.parse::<u64>().ok())
    };
    let seconds = Duration::from_secs(number("GAVEL_FUZZ_SECONDS").unwrap_or(SECONDS));
    let first = number("GAVEL_FUZZ_SEED").unwrap_or(1);
    let keep = env::var_os("GAVEL_FUZZ_KEEP").is_some();
    let mut seeds = (reader.whole)();
    seeds.extend(kept(reader.name).into_iter().map(|(_, bytes)| bytes));
    let mut endings: BTreeSet<String> = seeds.iter().map(|seed| ending(reader, seed)).collect();
    let start = Instant::now();
    let mut tried = 0u64;
    while start.elapsed() < seconds {
        let seed = first.wrapping_add(tried);
        let mut draw = Draw::new(seed);
        let (one, other) = (draw.below(seeds.len()), draw.below(seeds.len()));
        let bytes = (reader.mutant)(&seeds[one], &seeds[other], &mut draw);
        let Ok(ended) = catch_unwind(AssertUnwindSafe(|| ending(reader, &bytes))) else {
            failed(&bytes, seed, reader.name);
        };
        tried += 1;
        if tried.is_multiple_of(64) {
            check_peak();
        }
        if bytes.len() <= LARGEST_SEED && endings.insert(ended) {
            if keep {
                let path = corpus().join(format!("{seed:016x}.{}", reader.name));
                fs::write(path, &bytes).expect("the corpus takes files");
            }
            seeds.push(bytes);
        }
    }
    println!(
        "{}: {tried} mutants in {} s, {} ways to end, {} MiB at most",
        reader.name,
        start.elapsed().as_secs(),
        endings.len(),
        peak().unwrap_or(0)
    );
    assert!(tried > 0, "no mutant was tried");
}
