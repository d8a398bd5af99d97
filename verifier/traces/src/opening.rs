//! The proofs that open one level into the next.

use crate::{Committed, Moment};
use gavel_dispute::Opening;
use gavel_dispute::payload::{
    Chunk, ExecutionEnd, FirstSlots, HeaderWords, NodeOpening, OpenedInput, Reveal, TableEntry,
    TileOpening,
};
use gavel_engine::Engine;
use gavel_primitives::{CompactProof, Depth, Hash, Proof, Tree, node, raise, root_of_bytes};
use gavel_program::boot::{TILE_DEPTH, WINDOW_DEPTH};
use gavel_program::node::{RECORD_DEPTH, record_bytes, record_root};
use gavel_program::trees::slot_info;
use gavel_program::{Header, Operand, TensorInfo};

/// The header as its id hashes it.
pub fn header_words(header: &Header) -> HeaderWords {
    HeaderWords(header.words())
}

/// Nothing proven.
pub fn empty_proof() -> CompactProof {
    CompactProof {
        mask: 0,
        siblings: Vec::new(),
    }
}

/// 256 bytes as leaves.
fn chunk_of(bytes: &[u8]) -> Chunk {
    std::array::from_fn(|i| {
        Hash(
            bytes[32 * i..32 * i + 32]
                .try_into()
                .expect("a leaf has 32 bytes"),
        )
    })
}

/// The control slot of a moment.
fn control_chunk(moment: &Moment) -> Chunk {
    chunk_of(bytemuck::cast_slice(moment.state.control_words()))
}

/// Puts prompt and control slot into the template, the second proven against the first's result.
pub fn first_slots(engine: &Engine, prompt_root: Hash) -> FirstSlots {
    let header = &engine.program().header;
    let half = 1u64 << header.slot_depth;
    let leaves = (0..half)
        .map(|index| engine.trees().template.node(0, index))
        .collect();
    let mut persistent = Tree::new(leaves, header.slot_depth);
    let prove = |tree: &Tree, slot: u32| {
        (
            tree.node(0, slot.into()),
            Proof::of(tree, 0, slot.into()).compact(0),
        )
    };
    let (prompt_old, prompt) = prove(&persistent, header.prompt_slot);
    persistent.set(header.prompt_slot.into(), prompt_root);
    let (control_old, control) = prove(&persistent, header.control_slot);
    FirstSlots {
        prompt_old,
        prompt,
        control_old,
        control,
    }
}

/// The proof of an execution's end.
pub fn execution_end(committed: &Committed, leaf: CompactProof) -> ExecutionEnd {
    let engine = committed.engine();
    let header = &engine.program().header;
    let end = committed.before(u64::MAX >> (64 - header.execution_depth()));
    let done = end.state.control().is_done();
    let output = engine
        .program()
        .slot_place(header.output_slot)
        .expect("a checked program has an output slot");
    ExecutionEnd {
        header: header_words(header),
        leaf,
        persistent_root: end.env.persistent_root(),
        control: control_chunk(&end),
        control_path: end.env.persistent_path(header.control_slot).compact(0),
        output_root: if done {
            end.env.slot(output).root()
        } else {
            Hash::ZERO
        },
        output_path: if done {
            end.env.persistent_path(header.output_slot).compact(0)
        } else {
            empty_proof()
        },
    }
}

/// Opens the node at leaf `position`: by rule where one gives the correct leaf, else for the reveals.
pub fn open_node(committed: &Committed, position: u64) -> Opening<NodeOpening> {
    let engine = committed.engine();
    let program = engine.program();
    let header = &program.header;
    let (before, k) = (committed.before(position), committed.node_at(position));
    let mut proof = NodeOpening {
        header: header_words(header),
        persistent_root: before.env.persistent_root(),
        scratch_root: before.env.scratch_root(),
        control: control_chunk(&before),
        control_path: before.env.path(header.control_slot).compact(0),
        record: [Hash::ZERO; 8],
        record_path: empty_proof(),
        tables: Vec::new(),
    };
    if k == header.leaves_per_step() - 1 {
        let correct = node(&proof.persistent_root, &header.scratch_root);
        proof.control = [Hash::ZERO; 8];
        proof.control_path = empty_proof();
        return Opening {
            proof,
            correct: Some(correct),
        };
    }
    proof.persistent_root = Hash::ZERO;
    proof.scratch_root = Hash::ZERO;
    if before.state.control().is_done() || k >= u64::from(header.node_count) {
        return Opening {
            proof,
            correct: Some(before.env.root()),
        };
    }
    let node = &program.nodes[k as usize];
    proof.record = chunk_of(&record_bytes(&node.encode()));
    proof.record_path = Proof::of(&engine.trees().graph, RECORD_DEPTH, k).compact(RECORD_DEPTH);
    let output = Operand::Slot(node.output);
    proof.tables = node
        .inputs()
        .iter()
        .chain([&output])
        .map(|operand| table_entry(engine, *operand))
        .collect();
    Opening {
        proof,
        correct: None,
    }
}

/// The table's entry of a weight or slot.
fn info(engine: &Engine, operand: Operand) -> TensorInfo {
    let program = engine.program();
    match operand {
        Operand::Weight(index) => program.weights[index as usize].info,
        Operand::Slot(index) => slot_info(
            program
                .slot(index)
                .expect("a checked program names slots that there are"),
        ),
    }
}

fn table_entry(engine: &Engine, operand: Operand) -> TableEntry {
    let TensorInfo { root, depth, dtype } = info(engine, operand);
    let path = match operand {
        Operand::Weight(index) => Proof::of(&engine.trees().weights, 0, index.into()),
        Operand::Slot(index) => Proof::of(&engine.trees().slots, 0, index.into()),
    };
    TableEntry {
        root,
        depth,
        dtype: dtype as u32,
        path: path.compact(0),
    }
}

/// This side's output tensor after the node at leaf `position`, and the one before it.
pub fn reveal(committed: &Committed, position: u64) -> Reveal {
    let (before, after) = (committed.before(position), committed.before(position + 1));
    let k = committed.node_at(position) as usize;
    let place = committed.engine().output_place(k);
    let output = committed.engine().program().nodes[k].output;
    Reveal {
        tensor_old: before.env.slot(place).root(),
        tensor: after.env.slot(place).root(),
        path: before.env.path(output).compact(0),
    }
}

/// Opens tile `tile` of the node at leaf `position`.
pub fn open_tile(committed: &Committed, position: u64, tile: u64) -> TileOpening {
    let engine = committed.engine();
    let before = committed.before(position);
    let k = committed.node_at(position) as usize;
    let node = &engine.program().nodes[k];
    let inputs = node.inputs().iter();
    let opened = |operand: &Operand| {
        let TensorInfo { root, depth, .. } = info(engine, *operand);
        let root = if matches!(operand, Operand::Weight(_)) {
            root
        } else {
            Hash::ZERO
        };
        OpenedInput {
            code: operand.code(),
            depth,
            root,
        }
    };
    let path = |operand: &Operand| match operand {
        Operand::Weight(_) => empty_proof(),
        Operand::Slot(index) => before.env.path(*index).compact(0),
    };
    let old = before.env.slot(engine.output_place(k));
    TileOpening {
        header: header_words(&engine.program().header),
        record_root: record_root(&node.encode()),
        control_root: root_of_bytes(
            bytemuck::cast_slice(before.state.control_words()),
            TILE_DEPTH,
        ),
        inputs: inputs.clone().map(opened).collect(),
        slot_roots: inputs
            .clone()
            .map(|operand| slot_root(engine, &before, *operand).unwrap_or(Hash::ZERO))
            .collect(),
        slot_paths: inputs.map(path).collect(),
        old_chunk: old.node(TILE_DEPTH, tile),
        chunk_path: Proof::of(old, TILE_DEPTH, tile).compact(TILE_DEPTH),
    }
}

/// The root of a slot in a moment; `None` for a weight.
fn slot_root(engine: &Engine, moment: &Moment, operand: Operand) -> Option<Hash> {
    match operand {
        Operand::Weight(_) => None,
        Operand::Slot(index) => {
            let place = engine
                .program()
                .slot_place(index)
                .expect("a checked program names slots that there are");
            Some(moment.env.slot(place).root())
        }
    }
}

/// The window roots of a node's inputs in a moment.
pub fn input_windows(engine: &Engine, moment: &Moment, k: usize) -> Vec<Hash> {
    let window = |operand: &Operand| {
        let TensorInfo { root, depth, .. } = info(engine, *operand);
        let root = slot_root(engine, moment, *operand).unwrap_or(root);
        raise(root, depth, WINDOW_DEPTH as Depth)
    };
    engine.program().nodes[k]
        .inputs()
        .iter()
        .map(window)
        .collect()
}
