//! One tile inside the machine: its memory, its first state and its run.

use gavel_dispute::{Trace, payload::MachineEnd};
use gavel_engine::{Engine, State};
use gavel_machine::{Context, Exit, Image, InputTrees, Inputs, LazyTrees, Machine};
use gavel_primitives::{CompactProof, Depth, Hash, Proof, raise, root_of_bytes};
use gavel_program::boot::{
    self, BOOT_WINDOW, CONTROL_WINDOW, INPUT_WINDOW, TILE_BYTES, TILE_DEPTH, WINDOW_DEPTH,
};
use gavel_program::node::record_root;
use self_cell::self_cell;
use std::sync::Arc;

/// Words of a chunk.
const CHUNK_WORDS: usize = TILE_BYTES / 4;

/// A tile of a node, in the state before the node.
pub struct Tile {
    engine: Arc<Engine>,
    image: Arc<Image>,
    state: State,
    node: usize,
    tile: u64,
    boot: [u8; boot::BOOT_WORDS * 4],
    input_roots: Vec<Hash>,
}

impl Tile {
    /// Tile `tile` of node `node`; `input_roots` are the roots of the node's inputs at their own depths raised to a window's.
    ///
    /// # Panics
    /// If the program has no such node, or the output slot no such tile.
    pub fn new(
        engine: Arc<Engine>,
        image: Arc<Image>,
        state: State,
        node: usize,
        tile: u64,
        input_roots: Vec<Hash>,
    ) -> Self {
        let record = engine.program().nodes[node].encode();
        let mut bytes = [0; boot::BOOT_WORDS * 4];
        bytes.copy_from_slice(bytemuck::cast_slice(&boot::boot_words(
            &record,
            tile as u32,
        )));
        Tile {
            engine,
            image,
            state,
            node,
            tile,
            boot: bytes,
            input_roots,
        }
    }

    /// The machine's surroundings.
    pub fn context(&self) -> Context<'_> {
        let mut inputs = Inputs::new().with(BOOT_WINDOW, &self.boot).with(
            CONTROL_WINDOW,
            bytemuck::cast_slice(self.state.control_words()),
        );
        for (place, words) in self
            .engine
            .inputs(self.node, &self.state)
            .into_iter()
            .enumerate()
        {
            inputs = inputs.with(INPUT_WINDOW + place, bytemuck::cast_slice(words));
        }
        Context {
            image: &self.image,
            inputs,
        }
    }

    /// The trees of the windows, hashed where they are touched.
    pub fn trees(&self) -> LazyTrees<'_> {
        let mut roots = [boot::empty_window(); boot::WINDOWS];
        let record = record_root(&self.engine.program().nodes[self.node].encode());
        roots[BOOT_WINDOW] = boot::boot_window_root(&record, self.tile as u32);
        let control = root_of_bytes(bytemuck::cast_slice(self.state.control_words()), TILE_DEPTH);
        roots[CONTROL_WINDOW] = raise(control, TILE_DEPTH, WINDOW_DEPTH);
        roots[INPUT_WINDOW..INPUT_WINDOW + self.input_roots.len()]
            .copy_from_slice(&self.input_roots);
        LazyTrees::with_roots(self.context().inputs, roots)
    }

    /// The root over the windows.
    pub fn inputs_root(&self) -> Hash {
        self.trees().inputs_root()
    }

    /// The chunk before the node.
    pub fn old_chunk(&self) -> [u8; TILE_BYTES] {
        let first = self.tile as usize * CHUNK_WORDS;
        let words =
            &self.state.slot(self.engine.output_place(self.node))[first..first + CHUNK_WORDS];
        bytemuck::cast_slice(words)
            .try_into()
            .expect("a chunk has 256 bytes")
    }

    /// M_0.
    pub fn first(&self) -> Machine {
        Machine::first(self.engine.program().header.entry, &self.old_chunk())
    }

    /// The state before the node.
    pub fn state(&self) -> &State {
        &self.state
    }
}

type Run<'a> = gavel_machine::Trace<'a>;

self_cell! {
    /// A tile's run with every state hashed, and the memory that it reads.
    pub struct MachineRun {
        owner: Tile,
        #[covariant]
        dependent: Run,
    }
}

impl MachineRun {
    /// Runs a tile and hashes its trace of `2^depth` leaves; `fault` makes one store go wrong.
    pub fn trace(tile: Tile, depth: Depth, fault: Option<gavel_machine::FaultyStore>) -> Self {
        MachineRun::new(tile, |tile| {
            let first = tile.first();
            match fault {
                None => Run::new(tile.context(), &first, depth),
                Some(fault) => Run::with_fault(tile.context(), &first, depth, fault),
            }
        })
    }

    /// The tile.
    pub fn tile(&self) -> &Tile {
        self.borrow_owner()
    }

    /// The trace.
    pub fn run(&self) -> &Run<'_> {
        self.borrow_dependent()
    }

    /// The root of the chunk that the run leaves: the one in place if it exited with success, else the old one.
    pub fn end_chunk(&self) -> Hash {
        let last = self.run().last();
        if last.registers.exit == Exit::Success.code() {
            root_of_bytes(&last.work.chunk(), TILE_DEPTH)
        } else {
            root_of_bytes(&self.tile().old_chunk(), TILE_DEPTH)
        }
    }

    /// The proof of that end.
    pub fn end(&self) -> MachineEnd {
        let leaf = last_leaf(self);
        machine_end(self.run().last(), leaf)
    }
}

/// The proof of a trace's last leaf.
pub fn last_leaf(trace: &dyn Trace) -> CompactProof {
    let index = (1u64 << trace.depth()) - 1;
    trace.proof(0, index).compact(0)
}

/// What joining shows of a machine's last state, the last leaf being proven by `leaf`.
pub fn machine_end(last: &Machine, leaf: CompactProof) -> MachineEnd {
    let success = last.registers.exit == Exit::Success.code();
    let chunk = root_of_bytes(&last.work.chunk(), TILE_DEPTH);
    let nothing = CompactProof {
        mask: 0,
        siblings: Vec::new(),
    };
    MachineEnd {
        leaf,
        work_root: last.work.root(),
        registers: last.registers.pack().to_vec(),
        chunk: if success { chunk } else { Hash::ZERO },
        chunk_path: if success {
            last.work.chunk_proof()
        } else {
            nothing
        },
    }
}

impl Trace for MachineRun {
    fn depth(&self) -> Depth {
        self.run().depth()
    }

    fn node(&self, height: Depth, index: u64) -> Hash {
        self.run().node(height, index)
    }

    fn proof(&self, height: Depth, index: u64) -> Proof {
        let sibling = |h: Depth| self.node(h, (index >> (h - height)) ^ 1);
        Proof {
            siblings: (height..self.run().depth()).map(sibling).collect(),
        }
    }
}
