//! Imports with a cache beside the file.

use crate::builder::{Builder, image};
use gavel_fixtures::random::{BertStorage, Family, RandomBert, RandomModel, Storage};
use gavel_formats::{CacheError, CacheMode, CacheState, Limits, ModelFile, Opened, cache, import};
use gavel_program::Program;
use std::{
    fs,
    path::{Path, PathBuf},
};
use tempfile::TempDir;

/// A folder with a model file that has quantized and other tensors.
fn model() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("model.gguf");
    fs::write(&path, Builder::llama().bytes()).expect("room");
    (folder, path)
}

fn open(path: &Path) -> (Program, CacheState) {
    let Opened { file, cache, .. } =
        cache::open(path, CacheMode::Always, &|_, _| {}).expect("the model is readable");
    let program = import(&file, &Limits::default(), image()).expect("it is supported");
    (program, cache)
}

fn cache_of(path: &Path) -> PathBuf {
    path.with_file_name("model.gguf.gavel")
}

fn check_equal(cached: &Program, plain: &Program) {
    assert_eq!(cached.id, plain.id);
    for (cached, plain) in cached.weights.iter().zip(&plain.weights) {
        assert_eq!((&cached.name, cached.info), (&plain.name, plain.info));
        assert_eq!(
            (*cached.words).as_ref(),
            (*plain.words).as_ref(),
            "{}",
            plain.name
        );
    }
}

#[test]
fn the_program_is_the_same_with_and_without() {
    let (_folder, path) = model();
    let plain = Builder::llama().import().expect("it is supported");
    let (made, state) = open(&path);
    assert!(
        matches!(&state, CacheState::Made { path: made, instead: None } if *made == cache_of(&path)),
        "{state:?}"
    );
    check_equal(&made, &plain);
    let (found, state) = open(&path);
    assert!(matches!(state, CacheState::Found { .. }), "{state:?}");
    check_equal(&found, &plain);
}

#[test]
fn the_parts_of_fused_matrices_are_kept_as_they_are_taken() {
    let model = RandomModel {
        family: Family::Phi3,
        dim: 64,
        layers: 1,
        heads: 4,
        kv_heads: 2,
        ffn: 96,
        experts: [8, 3],
        vocab: 400,
        context: 64,
        storage: Storage::Q8_0,
        seed: 8,
    };
    let (_folder, path) = self::model();
    let mut bytes = Vec::new();
    model.write(&mut bytes).expect("a vector takes all bytes");
    fs::write(&path, &bytes).expect("room");
    let plain = import(&ModelFile::from_bytes(&bytes), &Limits::default(), image());
    let plain = plain.expect("it is supported");
    for _ in 0..2 {
        check_equal(&open(&path).0, &plain);
    }
    let kept = fs::read(cache_of(&path)).expect("it was made");
    let has = |name: &str| kept.windows(name.len()).any(|part| part == name.as_bytes());
    // 64 queries and twice 32 keys and values; gate and up of 96.
    for (matrix, parts) in [
        ("attn_qkv", &["[0..64]", "[64..96]", "[96..128]"][..]),
        ("ffn_up", &["[0..96]", "[96..192]"]),
    ] {
        let name = format!("blk.0.{matrix}.weight");
        for part in parts {
            assert!(has(&format!("{name}{part}\0.quants")), "{name}{part}");
        }
        assert!(!has(&format!("{name}\0")), "nobody takes {name} whole");
    }
}

#[test]
fn a_folder_of_safetensors_has_its_roots_kept() {
    for storage in [BertStorage::F32, BertStorage::F16] {
        let model = RandomBert {
            storage,
            ..RandomBert::SMALL
        };
        let folder = tempfile::tempdir().expect("a folder");
        let weights = folder.path().join("model.safetensors");
        fs::write(&weights, model.weights()).expect("room");
        for (name, bytes) in model.beside() {
            fs::write(folder.path().join(name), bytes).expect("room");
        }
        let plain = ModelFile::open(folder.path()).expect("it can be read");
        let plain = import(&plain, &Limits::default(), image()).expect("it is supported");
        let place = weights.with_file_name("model.safetensors.gavel");
        let (made, state) = open(folder.path());
        let is_made = matches!(&state, CacheState::Made { path, instead: None } if *path == place);
        assert!(is_made, "{state:?}");
        check_equal(&made, &plain);
        let (found, state) = open(&weights);
        assert!(matches!(state, CacheState::Found { .. }), "{state:?}");
        check_equal(&found, &plain);
        // Weights that changed are rooted anew.
        let mut other = model.weights();
        *other.last_mut().expect("it has bytes") ^= 1;
        fs::write(&weights, &other).expect("writable");
        let (changed, state) = open(folder.path());
        assert!(
            matches!(
                state,
                CacheState::Made {
                    instead: Some(CacheError::OtherModel { .. }),
                    ..
                }
            ),
            "{state:?}"
        );
        assert_ne!(changed.id, plain.id);
    }
}

#[test]
fn small_files_and_the_unwilling_have_none() {
    let (_folder, path) = model();
    for mode in [CacheMode::Large, CacheMode::Never] {
        let opened = cache::open(&path, mode, &|_, _| {}).expect("the model is readable");
        assert!(matches!(opened.cache, CacheState::Unused));
    }
    assert!(!cache_of(&path).exists());
}

#[test]
fn a_flipped_bit_of_the_cache_is_noticed_and_mended() {
    let (_folder, path) = model();
    let (plain, _) = open(&path);
    let whole = fs::read(cache_of(&path)).expect("it was made");
    for at in [17, 40, 130, 4096, whole.len() / 2, whole.len() - 1] {
        let mut bytes = whole.clone();
        bytes[at] ^= 4;
        fs::write(cache_of(&path), bytes).expect("writable");
        let (program, state) = open(&path);
        assert!(
            matches!(
                &state,
                CacheState::Made {
                    instead: Some(_),
                    ..
                }
            ),
            "byte {at}: {state:?}"
        );
        check_equal(&program, &plain);
        assert_eq!(fs::read(cache_of(&path)).expect("it was made"), whole);
    }
}

#[test]
fn a_model_that_changed_in_place_is_noticed_whatever_its_time_says() {
    let (_folder, path) = model();
    let (before, _) = open(&path);
    let time = fs::metadata(&path)
        .and_then(|data| data.modified())
        .expect("a time");
    let mut bytes = fs::read(&path).expect("readable");
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&path, &bytes).expect("writable");
    let file = fs::File::options()
        .write(true)
        .open(&path)
        .expect("writable");
    file.set_modified(time).expect("a time can be set");
    let (after, state) = open(&path);
    assert!(
        matches!(
            &state,
            CacheState::Made {
                instead: Some(CacheError::OtherModel { .. }),
                ..
            }
        ),
        "{state:?}"
    );
    assert_ne!(before.id, after.id);
}

#[test]
fn a_file_that_is_no_model_has_no_cache() {
    let (_folder, path) = model();
    fs::write(&path, b"GGUF and nothing else").expect("writable");
    let opened = cache::open(&path, CacheMode::Always, &|_, _| {}).expect("readable");
    assert!(matches!(
        opened.cache,
        CacheState::Failed(CacheError::Model)
    ));
    assert!(import(&opened.file, &Limits::default(), image()).is_err());
    assert!(!cache_of(&path).exists());
}
