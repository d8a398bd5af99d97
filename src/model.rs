//! Which model a command works with.

use crate::progress;
use anyhow::Context;
#[cfg(feature = "wasm")]
use gavel_engine::Wasm;
use gavel_engine::{
    Engine, Executor, InMemory, Native, PackedBytes, PackedStore, StoredNative, Wanted,
};
use gavel_formats::cache::{PartCache, WantedPart};
use gavel_formats::{
    CacheMode, CacheState, ImageInfo, InputScale, Limits, ModelFile, Opened, cache,
};
use gavel_program::Program;
use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

/// The options that name a model and how to compute it.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ModelArgs {
    /// Model file: GGUF, ONNX or opML's; the embedded model if there is none.
    #[arg(long, value_name = "FILE")]
    pub(crate) model: Option<PathBuf>,
    /// Keep nothing beside a large model file: everything is computed anew, and in memory.
    #[arg(long)]
    pub(crate) no_cache: bool,
    /// Who computes: native code, or the same kernels as a WebAssembly module.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) backend: Backend,
    /// Threads; as many as there are processors if it isn't given.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) threads: Option<u16>,
}

/// Executors by name.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    clap::ValueEnum,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Backend {
    /// Native code.
    #[default]
    Native,
    /// A WebAssembly module in a sandbox.
    Wasm,
}

impl Backend {
    /// The sandbox, in a build that has it.
    pub(crate) const SANDBOX: Backend = if cfg!(feature = "wasm") {
        Backend::Wasm
    } else {
        Backend::Native
    };

    /// Its name in settings.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Backend::Native => "native",
            Backend::Wasm => "wasm",
        }
    }

    /// Its executor; native code keeps packed matrices among the model's `parts`.
    pub(crate) fn executor(self, parts: Option<PartCache>) -> anyhow::Result<Box<dyn Executor>> {
        Ok(match self {
            Backend::Native => match parts {
                Some(parts) => Box::new(StoredNative(Box::new(Kept(parts)))),
                None => Box::new(Native),
            },
            #[cfg(feature = "wasm")]
            Backend::Wasm => Box::new(sandbox()?),
            #[cfg(not(feature = "wasm"))]
            Backend::Wasm => anyhow::bail!("this gavel was built without the feature `wasm`"),
        })
    }
}

/// A sandbox whose compiled module is kept for the next process, where there is a folder for it.
#[cfg(feature = "wasm")]
fn sandbox() -> anyhow::Result<Wasm> {
    let Some(folder) = cache::folder() else {
        return Ok(Wasm::new()?);
    };
    Wasm::cached(Some(&folder.join("wasm"))).or_else(|error| {
        tracing::warn!(target: "gavel", %error, "the compiled module is kept nowhere");
        Ok(Wasm::new()?)
    })
}

impl ModelArgs {
    /// Imports the model and prepares its engine.
    pub(crate) fn engine(&self) -> anyhow::Result<Engine> {
        let Imported { program, parts, .. } = self.import()?;
        #[cfg(feature = "wasm")]
        if self.backend == Backend::Wasm {
            let threads = self
                .threads
                .map_or_else(rayon::current_num_threads, usize::from);
            gavel_engine::fits_sandboxes(&program, threads).context("try --backend native")?;
        }
        Ok(Engine::new(
            Arc::new(program),
            self.backend.executor(parts)?,
        ))
    }

    /// Imports the model as a program under the committed guest image.
    fn import(&self) -> anyhow::Result<Imported> {
        let mode = match self.no_cache {
            true => CacheMode::Never,
            false => CacheMode::Large,
        };
        match self.model.as_deref() {
            Some(path) => opened(path, mode),
            None => Ok(Imported {
                program: program(None)?,
                cache: CacheState::Unused,
                parts: None,
            }),
        }
    }

    /// What the model is called.
    pub(crate) fn name(&self) -> String {
        name(self.model.as_deref())
    }

    /// A pool of the chosen number of threads, in which an engine computes.
    pub(crate) fn pool(&self) -> anyhow::Result<rayon::ThreadPool> {
        let threads = self.threads.map_or(0, usize::from);
        Ok(rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()?)
    }
}

/// Imports a model file, or the embedded model, as a program under the committed guest image.
///
/// # Errors
/// When the file can't be read, or is no supported model.
pub(crate) fn program(file: Option<&Path>) -> anyhow::Result<Program> {
    match file {
        Some(path) => Ok(opened(path, CacheMode::Large)?.program),
        None => import(
            &ModelFile::from_bytes(gavel_zoo::MODEL),
            InputScale::default(),
        )
        .context("the embedded model"),
    }
}

/// A model file's name without folder and ending, or the embedded model's.
pub(crate) fn name(file: Option<&Path>) -> String {
    let stem = file.and_then(Path::file_stem);
    stem.map_or_else(
        || gavel_zoo::MODEL_NAME.into(),
        |stem| stem.to_string_lossy().into_owned(),
    )
}

/// A model as a program, and what became of its cache.
pub(crate) struct Imported {
    pub(crate) program: Program,
    pub(crate) cache: CacheState,
    /// Where an executor keeps its packed matrices.
    pub(crate) parts: Option<PartCache>,
}

/// Opens a model file with its cache, imports it, and says on standard error what became of the cache where that matters.
///
/// # Errors
/// When the file can't be read, or is no supported model.
pub(crate) fn opened(path: &Path, mode: CacheMode) -> anyhow::Result<Imported> {
    let bar = progress::Bytes::new(format!("reading {}", path.display()));
    let Opened { file, cache, parts } = cache::open(path, mode, &|done, all| bar.set(done, all))?;
    match &cache {
        CacheState::Made {
            path,
            instead: Some(error),
        } => eprintln!("warning: {error}; {} was made anew", path.display()),
        CacheState::Failed(error) => {
            eprintln!("warning: no cache: {error}; the weights are kept in memory");
        }
        CacheState::Made { .. } | CacheState::Found { .. } | CacheState::Unused => {}
    }
    let scale = input_scale(path)?;
    let program = import(&file, scale).with_context(|| format!("model {}", path.display()))?;
    Ok(Imported {
        program,
        cache,
        parts,
    })
}

/// Packed matrices in a model's cache; where that fails, in memory.
struct Kept(PartCache);

impl PackedStore for Kept {
    fn matrices(
        &self,
        form: &str,
        wanted: &[Wanted],
        pack: &(dyn Fn(usize, &mut [u8]) + Sync),
    ) -> Vec<PackedBytes> {
        let parts: Vec<WantedPart<'_>> = wanted
            .iter()
            .map(|wanted| (wanted.name.as_str(), wanted.bytes))
            .collect();
        self.0.parts(form, &parts, pack).unwrap_or_else(|error| {
            eprintln!("warning: {error}; packed weights are kept in memory");
            InMemory.matrices(form, wanted, pack)
        })
    }
}

fn import(file: &Arc<ModelFile>, input: InputScale) -> anyhow::Result<Program> {
    let limits = Limits {
        input,
        ..Limits::default()
    };
    Ok(gavel_formats::import(file, &limits, image())?)
}

/// Where it is told how a classic network's input becomes numbers: beside its file.
pub(crate) fn input_scale_file(model: &Path) -> PathBuf {
    let mut name = model.as_os_str().to_owned();
    name.push(".input");
    name.into()
}

/// How a classic network's input becomes numbers, as the file beside it says; bytes over 255 where there is none.
fn input_scale(model: &Path) -> anyhow::Result<InputScale> {
    let path = input_scale_file(model);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(InputScale::default()),
        Err(error) => return Err(error).with_context(|| path.display().to_string()),
    };
    text.trim()
        .parse()
        .with_context(|| path.display().to_string())
}

/// The committed guest image.
fn image() -> ImageInfo {
    ImageInfo {
        root: gavel_image::image_root(),
        entry: gavel_image::ENTRY,
        depth: gavel_image::IMAGE_DEPTH,
    }
}
