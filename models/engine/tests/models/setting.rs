//! Real files as engines, and what llama.cpp said of them.

use gavel_engine::{Engine, Native};
use gavel_formats::{ImageInfo, InputScale, Limits, ModelFile, import};
use gavel_primitives::keccak;
use serde::Deserialize;
use std::{collections::BTreeMap, fs, path::Path, sync::Arc};

/// Any image: nothing here runs under it.
pub(crate) fn image() -> ImageInfo {
    ImageInfo {
        root: keccak(b"an image"),
        entry: 0,
        depth: 11,
    }
}

/// The engine of a model file.
pub(crate) fn engine(path: &Path) -> Arc<Engine> {
    engine_of(&ModelFile::open(path).expect("the file was found"))
}

/// The engine of a model file's bytes.
pub(crate) fn engine_of(file: &Arc<ModelFile>) -> Arc<Engine> {
    let program = import(file, &Limits::default(), image()).expect("the file is supported");
    Arc::new(Engine::new(Arc::new(program), Box::new(Native)))
}

/// The engine of a classic network's file, whose input bytes become numbers by this scale.
pub(crate) fn engine_with(path: &Path, input: InputScale) -> Arc<Engine> {
    let file = ModelFile::open(path).expect("the file was found");
    let limits = Limits {
        input,
        ..Limits::default()
    };
    let program = import(&file, &limits, image()).expect("the file is supported");
    Arc::new(Engine::new(Arc::new(program), Box::new(Native)))
}

/// The engine of a file below `llama/`, if it is there.
pub(crate) fn llama(name: &str) -> Option<Arc<Engine>> {
    gavel_fixtures::model(&format!("llama/{name}")).map(|path| engine(&path))
}

/// What llama.cpp gave for one prompt.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Reference {
    pub(crate) prompt: String,
    pub(crate) prompt_tokens: Vec<u32>,
    pub(crate) greedy_tokens: Vec<u32>,
    pub(crate) text: String,
    pub(crate) first_logits_top8: Vec<(u32, f64)>,
    pub(crate) exact_until: Option<usize>,
}

/// All of `reference.json` by file, if it is there.
pub(crate) fn references() -> Option<BTreeMap<String, Vec<Reference>>> {
    let path = gavel_fixtures::model("llama/reference.json")?;
    let text = fs::read_to_string(path).expect("the file was found");
    Some(serde_json::from_str(&text).expect("the file is JSON of this shape"))
}
