//! What a library says where it holds too little, and that a claim's end gives the result that it is claimed with.

use gavel_dispute::{
    CantTell, Context, Kind, Knowledge, Verdict, judge,
    payload::{End, ExecutionEnd},
};
use gavel_engine::{Edit, Engine, Native};
use gavel_formats::{ImageInfo, Limits, ModelFile, import};
use gavel_machine::Image;
use gavel_primitives::{Hash, Params, Request, Tree, keccak, root_of_bytes};
use gavel_traces::{Deviation, Drafts, Honest, KnownRequest, Library};
use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicUsize, Ordering},
};

const PROMPT: &[u8] = b"Proposal: x\nAnswer:";

fn image() -> Arc<Image> {
    let text_end = gavel_image::record().text_end;
    let image = Image::from_parts(gavel_image::IMAGE, gavel_image::ENTRY, text_end);
    Arc::new(image.expect("the committed image is well-formed"))
}

fn engine() -> Arc<Engine> {
    static ENGINE: OnceLock<Arc<Engine>> = OnceLock::new();
    let load = || {
        let info = ImageInfo {
            root: image().root(),
            entry: gavel_image::ENTRY,
            depth: gavel_image::IMAGE_DEPTH,
        };
        let file = ModelFile::from_bytes(gavel_zoo::MODEL);
        let program = import(&file, &Limits::default(), info).expect("the model is imported");
        Arc::new(Engine::new(Arc::new(program), Box::new(Native)))
    };
    Arc::clone(ENGINE.get_or_init(load))
}

fn known() -> KnownRequest {
    let header = engine().program().header;
    let request = Request {
        chain_id: 31337,
        hub: [7; 20],
        lane: 3,
        index: 40,
        program_id: engine().program().id,
        requester: [9; 20],
        prompt_root: root_of_bytes(PROMPT, header.prompt_depth),
        prompt_len: PROMPT.len() as u32,
        params: Params::greedy(2),
    };
    KnownRequest {
        request,
        prompt: PROMPT.into(),
    }
}

fn batch() -> Context {
    Context {
        lane: 3,
        first: 40,
        count: 1,
        depth: 2,
        ..Context::empty(Kind::Batch)
    }
}

fn full(deviation: Arc<dyn Deviation>) -> Library {
    let library = Library::new(image(), deviation);
    library.add_program(engine());
    library.add_request(known());
    library
}

#[test]
fn a_library_that_holds_too_little_calls_nothing_wrong() {
    let library = Library::new(image(), Arc::new(Honest));
    let claimed = keccak(b"whatever was proposed");
    let doubt = |library: &Library| match judge(library, &batch(), claimed) {
        Verdict::CantTell(reason) => reason,
        said => panic!("{said:?}"),
    };
    let unknown = CantTell::UnknownRange {
        lane: 3,
        first: 40,
        count: 1,
    };
    assert_eq!(doubt(&library), unknown);
    library.add_request(known());
    let program_id = engine().program().id;
    assert_eq!(doubt(&library), CantTell::UnknownProgram { program_id });
    library.add_program(engine());
    let result = library.result(known().request.id()).expect("it is known");
    let correct = Tree::new(vec![result, Hash::ZERO, Hash::ZERO, Hash::ZERO], 2).root();
    assert_eq!(judge(&library, &batch(), correct), Verdict::Right);
    assert_eq!(
        judge(&library, &batch(), claimed),
        Verdict::Wrong { correct }
    );
}

#[test]
fn a_tournament_over_another_start_is_not_judged() {
    let library = full(Arc::new(Honest));
    let start = keccak(b"what two others agreed on");
    let context = Context {
        request_id: known().request.id(),
        start,
        ..Context::empty(Kind::Execution)
    };
    let said = library.claim(&context).map(|claim| claim.root());
    assert_eq!(said, Err(CantTell::ForeignStart { start }));
}

/// Writes words into the control slot of the first step.
struct Writes([(usize, u32); 4]);

impl Deviation for Writes {
    fn edits(&self, _request: &KnownRequest, engine: &Arc<Engine>) -> Vec<Edit> {
        let words = self.0;
        let rewrite = move |control: &mut [u32]| {
            for (place, word) in words {
                control[place] = word;
            }
        };
        vec![Edit {
            step: 0,
            node: engine.program().nodes.len() - 1,
            rewrite: Arc::new(rewrite),
        }]
    }
}

/// The result that the chain reads out of an execution's end: `H(RESULT, id, words 6, 4 and 7 of the control slot, output root)`.
fn result_on_chain(end: &ExecutionEnd) -> Hash {
    let bytes: Vec<u8> = end.control.iter().flat_map(|leaf| leaf.0).collect();
    let word = |at: usize| {
        // The control slot is little-endian, the chain's words are big-endian.
        let mut word = bytes[4 * at..4 * at + 4].to_vec();
        word.reverse();
        [vec![0; 28], word].concat()
    };
    let mut message = b"gavel.result".to_vec();
    message.resize(32, 0);
    message.extend(known().request.id().0);
    for at in [6, 4, 7] {
        message.extend(word(at));
    }
    message.extend(end.output_root.0);
    keccak(&message)
}

#[test]
fn a_claim_s_end_gives_the_result_that_it_is_claimed_with() {
    // Phase, tokens out, status, output length: done, with words that no program writes.
    let odd = [(0, 9), (4, u32::MAX), (6, 0x0001_0001), (7, 1 << 31)];
    let limit = [(0, 4), (4, 1), (6, 7), (7, 1)];
    let deviations: [Arc<dyn Deviation>; 3] = [
        Arc::new(Honest),
        Arc::new(Writes(odd)),
        Arc::new(Writes(limit)),
    ];
    for deviation in deviations {
        let library = full(deviation);
        let id = known().request.id();
        let result = library.result(id).expect("it is known");
        let first = library.execution(id).expect("it is known");
        let context = Context {
            request_id: id,
            start: first.execution().first_env(),
            end_b: result,
            ..Context::empty(Kind::Execution)
        };
        let claim = library.claim(&context).expect("it can be told");
        let Some(End::Execution(end)) = claim.end else {
            panic!("its end is one of the contested");
        };
        assert_eq!(result_on_chain(&end), result);
    }
}

/// Says the same of every request, and counts how often it is asked.
struct Saying {
    tokens: Vec<u32>,
    asked: AtomicUsize,
}

impl Drafts for Saying {
    fn tokens(&self, _request_id: Hash) -> Vec<u32> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.tokens.clone()
    }
}

#[test]
fn what_somebody_says_of_an_answer_changes_nothing_about_it() {
    let id = known().request.id();
    let truth = full(Arc::new(Honest)).outcome(id).expect("it is known");
    let mut wrong = truth.tokens.clone();
    wrong[1] ^= 1;
    for tokens in [
        truth.tokens.clone(),
        wrong,
        vec![u32::MAX; 4000],
        Vec::new(),
    ] {
        let saying = Arc::new(Saying {
            tokens,
            asked: AtomicUsize::new(0),
        });
        let library = full(Arc::new(Honest)).with_drafts(Arc::clone(&saying) as Arc<dyn Drafts>);
        assert_eq!(library.outcome(id).expect("it is known"), truth);
        assert_eq!(saying.asked.load(Ordering::Relaxed), 1);
    }
}
