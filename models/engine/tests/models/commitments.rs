//! Execution commitments of real requests, leaf by leaf against the protocol's words.

use crate::setting::llama;
use gavel_engine::{Edit, Engine, Env, Execution, State};
use gavel_kernels::run_tile;
use gavel_primitives::{Hash, Params, Tree, node, root_of_bytes};
use gavel_program::boot::{SCRATCH_WORDS, TILE_BYTES, boot_words};
use gavel_program::{Control, Op, ProgramTrees, control::CONTROL_WORDS};
use std::sync::Arc;

const PROMPT: &[u8] = b"Once upon";
const PARAMS: Params = Params {
    temperature: 800,
    top_p: 900,
    seed: 3,
    ..Params::greedy(3)
};

pub(crate) fn commit(engine: &Arc<Engine>, edits: Vec<Edit>) -> Execution {
    Execution::commit(Arc::clone(engine), PROMPT, &PARAMS, edits).expect("the prompt is short")
}

/// env_0 as the chain composes it: the template with the prompt's and the control slot's roots put in.
fn composed_start(engine: &Engine) -> Hash {
    let program = engine.program();
    let header = &program.header;
    let template = ProgramTrees::new(program).template;
    let leaves = (0..1u64 << header.slot_depth)
        .map(|index| template.node(0, index))
        .collect();
    let mut persistent = Tree::new(leaves, header.slot_depth);
    assert_eq!(persistent.root(), header.template_root);
    persistent.set(
        header.prompt_slot.into(),
        root_of_bytes(PROMPT, header.prompt_depth),
    );
    let control: Vec<u8> = Control::first(PROMPT.len() as u32, &PARAMS)
        .encode()
        .iter()
        .flat_map(|word| word.to_le_bytes())
        .collect();
    persistent.set(header.control_slot.into(), root_of_bytes(&control, 3));
    node(&persistent.root(), &header.scratch_root)
}

#[test]
fn leaves_follow_the_rules() {
    let Some(engine) = llama("stories260K-Q8_0.gguf") else {
        return;
    };
    let execution = commit(&engine, Vec::new());
    assert_eq!(execution.first_env(), composed_start(&engine));
    check_leaves(&engine, &execution);
}

/// Holds the leaves of the request of this file's tests against its nodes, run one after the other as they are defined.
pub(crate) fn check_leaves(engine: &Engine, execution: &Execution) {
    let program = engine.program();
    let header = &program.header;
    let leaf = |index: u64| execution.leaves().node(0, index);

    let mut state = State::first(program, PROMPT, &PARAMS).expect("the prompt is short");
    let mut agreed = execution.first_env();
    let n = header.node_depth;
    let mut step = 0;
    while !state.control().is_done() {
        for (k, record) in program.nodes.iter().enumerate() {
            let runs = record.predicate & state.control().phase().bit() != 0;
            engine.run_node(k, &mut state);
            let got = leaf(step << n | k as u64);
            if runs {
                assert_eq!(got, Env::of(program, &state).root(), "step {step} node {k}");
            } else {
                assert_eq!(got, agreed, "step {step} node {k} doesn't run");
            }
            agreed = got;
        }
        for k in program.nodes.len() as u64..header.leaves_per_step() - 1 {
            assert_eq!(
                leaf(step << n | k),
                agreed,
                "step {step}, past the last node"
            );
        }
        engine.end_step(&mut state);
        agreed = leaf(((step + 1) << n) - 1);
        let end = Env::of(program, &state);
        assert_eq!(end.scratch_root(), header.scratch_root);
        assert_eq!(agreed, node(&end.persistent_root(), &header.scratch_root));
        step += 1;
    }
    assert_eq!(step, execution.steps());
    assert_eq!(leaf(step << n), agreed, "nothing happens after the end");
    assert_eq!(leaf((1 << header.execution_depth()) - 1), agreed);
}

#[test]
fn states_before_leaves_are_those_that_the_leaves_commit_to() {
    let Some(engine) = llama("ts656k-Q4_0.gguf") else {
        return;
    };
    let execution = commit(&engine, Vec::new());
    let last = execution.steps() << engine.program().header.node_depth;
    for position in (0..last + 200).step_by(97) {
        let env = Env::of(engine.program(), &execution.before(position));
        let expected = match position.checked_sub(1) {
            None => execution.first_env(),
            Some(leaf) => execution.leaves().node(0, leaf),
        };
        assert_eq!(env.root(), expected, "before leaf {position}");
    }
}

#[test]
fn tiles_of_a_node_give_its_output() {
    let Some(engine) = llama("ts656k-Q8_0.gguf") else {
        return;
    };
    let execution = commit(&engine, Vec::new());
    let nodes = 0..engine.program().nodes.len();
    check_tiles(&engine, &execution, nodes.filter(|k| k % 5 != 1));
}

/// Holds every tile of some nodes, in the last step that generates, against what the machine would compute.
pub(crate) fn check_tiles(
    engine: &Engine,
    execution: &Execution,
    nodes: impl Iterator<Item = usize>,
) {
    let program = engine.program();
    let step = execution.steps() - 2;
    let mut scratch = vec![0; SCRATCH_WORDS];
    for k in nodes {
        let position = step << program.header.node_depth | k as u64;
        let (before, after) = (execution.before(position), execution.before(position + 1));
        let place = engine.output_place(k);
        let inputs = engine.inputs(k, &before);
        let record = program.nodes[k].encode();
        let control: &[u32; CONTROL_WORDS] = before.control_words();
        let old = before.slot(place).as_chunks::<{ TILE_BYTES / 4 }>().0;
        let new = after.slot(place).as_chunks::<{ TILE_BYTES / 4 }>().0;
        for (tile, (old, new)) in old.iter().zip(new).enumerate() {
            let mut chunk = *old;
            run_tile(
                &boot_words(&record, tile as u32),
                control,
                &inputs,
                &mut chunk,
                &mut scratch,
            );
            assert_eq!(
                &chunk,
                new,
                "node {k} ({}), tile {tile}",
                program.nodes[k].op.name()
            );
        }
    }
}

#[test]
fn an_edit_parts_from_the_truth_at_its_place_and_goes_on_honestly() {
    let Some(engine) = llama("stories260K-F32.gguf") else {
        return;
    };
    let program = engine.program();
    let truth = commit(&engine, Vec::new());
    let sample = |op: &Op| matches!(op, Op::Sample(_));
    let k = program
        .nodes
        .iter()
        .position(|node| sample(&node.op))
        .expect("a Llama samples");
    let step = truth.steps() - 2;
    let place = truth
        .before(step << program.header.node_depth)
        .control()
        .position as usize
        + 1;
    let edit = Edit {
        step,
        node: k,
        rewrite: Arc::new(move |tokens| tokens[place] ^= 1),
    };
    let lie = commit(&engine, vec![edit]);
    let contested = step << program.header.node_depth | k as u64;
    let leaf = |of: &Execution, index| of.leaves().node(0, index);
    assert_eq!(leaf(&truth, contested - 1), leaf(&lie, contested - 1));
    assert_ne!(leaf(&truth, contested), leaf(&lie, contested));
    assert_eq!(
        leaf(&lie, contested),
        Env::of(program, &lie.before(contested + 1)).root()
    );
    let (honest, other) = (truth.outcome(), lie.outcome());
    assert_eq!(honest.tokens[..2], other.tokens[..2]);
    assert_eq!(honest.tokens[2] ^ 1, other.tokens[2]);
}
