//! What the stories share: models, requests, and who knows them.

use gavel_adversaries::{Liar, Lie};
use gavel_engine::{Engine, Native};
use gavel_formats::{ImageInfo, Limits, ModelFile, import};
use gavel_primitives::{Params, Request, root_of_bytes};
use gavel_stage::guest_image;
use gavel_traces::{Data, Honest, KnownRequest, Library};
use std::sync::{Arc, OnceLock};

/// A draw that every filter and every penalty has a say in.
pub(crate) const DRAWN: Params = Params {
    temperature: 900,
    top_k: 20,
    top_p: 950,
    min_p: 20,
    repetition_penalty: 1300,
    frequency_penalty: 400,
    presence_penalty: -200,
    seed: 11,
    ..Params::greedy(8)
};

/// The engine of a model file.
pub(crate) fn engine(file: &Arc<ModelFile>) -> Arc<Engine> {
    engine_with(file, &Limits::default())
}

/// The same imported with other limits.
pub(crate) fn engine_with(file: &Arc<ModelFile>, limits: &Limits) -> Arc<Engine> {
    let info = ImageInfo {
        root: guest_image().root(),
        entry: gavel_image::ENTRY,
        depth: gavel_image::IMAGE_DEPTH,
    };
    let program = import(file, limits, info).expect("a good model file is imported");
    Arc::new(Engine::new(Arc::new(program), Box::new(Native)))
}

/// The engine of the embedded model.
pub(crate) fn embedded() -> Arc<Engine> {
    static ENGINE: OnceLock<Arc<Engine>> = OnceLock::new();
    Arc::clone(ENGINE.get_or_init(|| engine(&ModelFile::from_bytes(gavel_zoo::MODEL))))
}

/// A request to a program, at place 0 of lane 0.
pub(crate) fn request(engine: &Engine, prompt: &str, params: Params) -> KnownRequest {
    let request = Request {
        chain_id: 31337,
        hub: [7; 20],
        lane: 0,
        index: 0,
        program_id: engine.program().id,
        requester: [9; 20],
        prompt_root: root_of_bytes(prompt.as_bytes(), engine.program().header.prompt_depth),
        prompt_len: prompt.len() as u32,
        params,
    };
    KnownRequest {
        request,
        prompt: prompt.into(),
    }
}

/// Who tells the truth about a request.
pub(crate) fn honest(engine: &Arc<Engine>, known: &KnownRequest) -> Library {
    let library = Library::new(guest_image(), Arc::new(Honest));
    library.add_program(Arc::clone(engine));
    library.add_request(known.clone());
    library
}

/// Who lies about it.
pub(crate) fn liar(engine: &Arc<Engine>, known: &KnownRequest, lie: Lie) -> Liar {
    let liar = Liar::new(lie, 0, guest_image());
    liar.library().add_program(Arc::clone(engine));
    liar.library().add_request(known.clone());
    liar
}
