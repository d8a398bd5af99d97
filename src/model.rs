//! Which model a command works with.

use anyhow::Context;
#[cfg(feature = "wasm")]
use gavel_engine::Wasm;
use gavel_engine::{Engine, Executor, Native};
use gavel_formats::{ImageInfo, Limits, ModelFile};
use gavel_program::Program;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// The options that name a model and how to compute it.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ModelArgs {
    /// GGUF file; the embedded model if there is none.
    #[arg(long, value_name = "FILE.gguf")]
    pub(crate) model: Option<PathBuf>,
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
    /// Its name in settings.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Backend::Native => "native",
            Backend::Wasm => "wasm",
        }
    }

    /// Its executor.
    pub(crate) fn executor(self) -> anyhow::Result<Box<dyn Executor>> {
        Ok(match self {
            Backend::Native => Box::new(Native),
            #[cfg(feature = "wasm")]
            Backend::Wasm => Box::new(Wasm::new()?),
            #[cfg(not(feature = "wasm"))]
            Backend::Wasm => anyhow::bail!("this gavel was built without the feature `wasm`"),
        })
    }
}

impl ModelArgs {
    /// Imports the model and prepares its engine.
    pub(crate) fn engine(&self) -> anyhow::Result<Engine> {
        Ok(Engine::new(
            Arc::new(self.program()?),
            self.backend.executor()?,
        ))
    }

    /// Imports the model as a program under the committed guest image.
    pub(crate) fn program(&self) -> anyhow::Result<Program> {
        program(self.model.as_deref())
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
        Some(path) => from_file(path),
        None => import(&ModelFile::from_bytes(gavel_zoo::MODEL)).context("the embedded model"),
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

fn from_file(path: &Path) -> anyhow::Result<Program> {
    import(&ModelFile::open(path)?).with_context(|| format!("model {}", path.display()))
}

fn import(file: &Arc<ModelFile>) -> anyhow::Result<Program> {
    Ok(gavel_formats::import(file, &Limits::default(), image())?)
}

/// The committed guest image.
fn image() -> ImageInfo {
    ImageInfo {
        root: gavel_image::image_root(),
        entry: gavel_image::ENTRY,
        depth: gavel_image::IMAGE_DEPTH,
    }
}
