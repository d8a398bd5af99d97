//! A lie is walked down through all levels without a chain: at every level the agreed value is agreed, what a side reveals is in
//! its env, the first values that both compose are the same, and one machine step decides for the truth.

use crate::world;
use gavel_adversaries::{Lie, LieKind};
use gavel_dispute::payload::End;
use gavel_dispute::{Context, Kind, Knowledge, MatchId, TournamentId, Trace};
use gavel_engine::Engine;
use gavel_primitives::{Depth, Hash, Params, StopText};
use gavel_traces::KnownRequest;
use std::sync::Arc;

/// Depth of the batch's tree in these tests.
const BATCH_DEPTH: Depth = 3;

/// The first leaf where two traces differ.
fn first_difference(a: &dyn Trace, b: &dyn Trace, base: Depth) -> u64 {
    assert_ne!(a.root(), b.root(), "there is something to dispute");
    let mut index = 0;
    for height in (base..a.depth()).rev() {
        index *= 2;
        if a.node(height, index) == b.node(height, index) {
            index += 1;
        }
    }
    assert_ne!(a.node(base, index), b.node(base, index));
    index
}

/// The value before a leaf: the leaf before it, or the start.
fn agreed(trace: &dyn Trace, start: Hash, position: u64) -> Hash {
    position
        .checked_sub(1)
        .map_or(start, |before| trace.leaf(before))
}

/// What a walk came to.
struct Walked {
    node: usize,
    instruction: u64,
}

/// Walks a lie down.
fn walk(engine: &Arc<Engine>, known: &KnownRequest, lie: Lie) -> Walked {
    let (truth, lies) = (
        world::honest(engine, known),
        world::liar(engine, known, lie),
    );
    let header = engine.program().header;
    let id = known.request.id();

    let batch = Context {
        depth: BATCH_DEPTH,
        count: 1,
        program_id: header.id(),
        ..Context::empty(Kind::Batch)
    };
    let (a, b) = (truth.claim(&batch).unwrap(), lies.claim(&batch).unwrap());
    assert_eq!(first_difference(&*a.trace, &*b.trace, 0), 0);

    let execution = Context {
        program_id: header.id(),
        request_id: id,
        parent_tournament: TournamentId(Hash([1; 32])),
        parent_match: MatchId(Hash([2; 32])),
        depth: header.execution_depth(),
        start: truth.execution(id).unwrap().execution().first_env(),
        end_a: a.trace.leaf(0),
        end_b: b.trace.leaf(0),
        ..Context::empty(Kind::Execution)
    };
    let (a, b) = (
        truth.claim(&execution).unwrap(),
        lies.claim(&execution).unwrap(),
    );
    assert!(
        matches!(a.end, Some(End::Execution(_))),
        "the truth can join"
    );
    assert!(matches!(b.end, Some(End::Execution(_))), "the lie can join");
    let position = first_difference(&*a.trace, &*b.trace, 0);
    let before = agreed(&*a.trace, execution.start, position);
    assert_eq!(before, agreed(&*b.trace, execution.start, position));

    let node = (position & (header.leaves_per_step() - 1)) as usize;
    let (open, other) = (
        truth.open_node(&execution, position).unwrap(),
        lies.open_node(&execution, position).unwrap(),
    );
    assert_eq!(open, other, "an opening has one content");
    assert_eq!(
        open.correct, None,
        "a node that lies is decided by the machine"
    );
    let output = engine.program().nodes[node].output;
    for (side, claim) in [(&truth as &dyn Knowledge, &a), (&lies, &b)] {
        let reveal = side.reveal(&execution, position).unwrap();
        let path = reveal.path.expand(0, header.slot_depth + 1).unwrap();
        assert_eq!(
            path.root(output.into(), reveal.tensor_old),
            before,
            "the old tensor is in the agreed env"
        );
        assert_eq!(
            path.root(output.into(), reveal.tensor),
            claim.trace.leaf(position),
            "the tensor is in the side's env"
        );
    }
    let (t, u) = (
        truth.tensor(&execution, position).unwrap(),
        lies.tensor(&execution, position).unwrap(),
    );
    let tile = first_difference(&*t, &*u, 3);
    let opening = truth.open_tile(&execution, position, tile).unwrap();
    assert_eq!(opening, lies.open_tile(&execution, position, tile).unwrap());

    let run = truth.run(id, position, tile).unwrap();
    let machine = Context {
        program_id: header.id(),
        request_id: id,
        position,
        tile,
        depth: header.trace_depth,
        start: run.tile().first().hash(),
        end_a: t.node(3, tile),
        end_b: u.node(3, tile),
        old_chunk: opening.old_chunk,
        inputs_root: run.tile().inputs_root(),
        image_root: header.image_root,
        image_depth: header.image_depth,
        ..Context::empty(Kind::Machine)
    };
    let (a, b) = (
        truth.claim(&machine).unwrap(),
        lies.claim(&machine).unwrap(),
    );
    assert!(
        matches!(a.end, Some(End::Machine(_))),
        "the machine computes what the engine did"
    );
    assert!(matches!(b.end, Some(End::Machine(_))), "the lie can join");
    let instruction = first_difference(&*a.trace, &*b.trace, 0);
    let step = truth.step(&machine, instruction).unwrap();
    let roots = (machine.image_root, machine.image_depth, machine.inputs_root);
    let (pre, post) = gavel_machine::step_proof(roots.0, roots.1, roots.2, &step.proof.0).unwrap();
    assert_eq!(pre, agreed(&*a.trace, machine.start, instruction));
    assert_eq!(
        post,
        a.trace.leaf(instruction),
        "the step decides for the truth"
    );
    assert_ne!(post, b.trace.leaf(instruction), "and against the lie");
    Walked { node, instruction }
}

/// The embedded model with a short request.
fn embedded() -> (Arc<Engine>, KnownRequest) {
    let engine = world::embedded();
    let prompt = gavel_zoo::prompt("We should pause the bridge, there was an exploit.");
    let known = world::request(&engine, &prompt, Params::greedy(8));
    (engine, known)
}

#[test]
fn a_node_s_output() {
    let (engine, known) = embedded();
    for (at, seed) in [(2, 1), (17, 2), (40, 3)] {
        let walked = walk(
            &engine,
            &known,
            Lie {
                kind: LieKind::Node,
                at,
                seed,
            },
        );
        assert_eq!(walked.node, at as usize);
    }
}

#[test]
fn a_prompt_token_ends_inside_the_tokenizer() {
    let (engine, known) = embedded();
    let walked = walk(
        &engine,
        &known,
        Lie {
            kind: LieKind::Tokenizer,
            at: 3,
            seed: 5,
        },
    );
    assert_eq!(engine.program().nodes[walked.node].op.name(), "TokenizeIds");
}

#[test]
fn a_sampled_token() {
    let (engine, known) = embedded();
    let walked = walk(
        &engine,
        &known,
        Lie {
            kind: LieKind::Token,
            at: 2,
            seed: 6,
        },
    );
    assert_eq!(engine.program().nodes[walked.node].op.name(), "Sample");
}

/// Every filter and penalty, and a stop text that the answer comes to.
fn filtered(engine: &Engine, prompt: &str) -> Params {
    let outcome = engine.answer(prompt.as_bytes(), &world::DRAWN, |_| {});
    let text = outcome.expect("the prompt is short").output;
    Params {
        stop: StopText::all([&text[2..5]]).expect("a stop text"),
        ..world::DRAWN
    }
}

#[test]
fn a_token_drawn_with_filters_and_penalties() {
    let (engine, known) = embedded();
    let prompt = String::from_utf8(known.prompt.clone()).expect("a text");
    let known = world::request(&engine, &prompt, filtered(&engine, &prompt));
    let lie = |kind, at| Lie { kind, at, seed: 6 };
    let walked = walk(&engine, &known, lie(LieKind::Token, 0));
    assert_eq!(engine.program().nodes[walked.node].op.name(), "Sample");
    for name in ["Penalize", "FindStop"] {
        let nodes = &engine.program().nodes;
        let node = nodes.iter().position(|node| node.op.name() == name);
        let node = node.expect("the program has such a node");
        let walked = walk(&engine, &known, lie(LieKind::Node, node as u64));
        assert_eq!(walked.node, node);
    }
}

#[test]
fn a_chunk_of_the_head() {
    let (engine, known) = embedded();
    walk(
        &engine,
        &known,
        Lie {
            kind: LieKind::Tile,
            at: 1,
            seed: 7,
        },
    );
}

#[test]
fn a_store_of_the_machine() {
    let (engine, known) = embedded();
    let walked = walk(
        &engine,
        &known,
        Lie {
            kind: LieKind::Machine,
            at: 1000,
            seed: 8,
        },
    );
    assert!(walked.instruction >= 1000);
}
