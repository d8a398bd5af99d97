//! Matrices in shards give what whole ones give, bit for bit: small random models, imported as if a window were small.

use crate::commitments::{check_leaves, check_tiles, commit};
use crate::reference::first_logits;
use crate::setting::image;
use crate::threads::{PROMPT, committed};
use gavel_engine::{Engine, Native};
use gavel_fixtures::random::{Family, RandomModel, Storage};
use gavel_formats::{Limits, ModelFile, import};
use gavel_primitives::Params;
use gavel_program::{Node, Op};
use rayon::ThreadPoolBuilder;
use std::sync::Arc;

/// Columns of most matrices; those of the others are twice as many.
const COLUMNS: u32 = 256;
/// Rows of so many columns that a shard has at most: of those with twice as many half of it.
const ROWS: u32 = 128;

/// A random model: its file, and the most bytes of a plane that cuts it into shards.
struct Case {
    name: String,
    file: Arc<ModelFile>,
    most: u32,
}

impl Case {
    fn new(family: Family, storage: Storage, bits: u32, tied: bool) -> Self {
        let model = RandomModel {
            family,
            dim: COLUMNS,
            layers: 1,
            heads: 4,
            kv_heads: 2,
            ffn: 512,
            vocab: 400,
            context: 64,
            storage,
            seed: 21,
            ..RandomModel::STORIES15M
        };
        let mut bytes = Vec::new();
        match tied {
            true => model.write_tied(&mut bytes),
            false => model.write(&mut bytes),
        }
        .expect("a vector takes all bytes");
        Case {
            name: format!("{} {} tied={tied}", family.name(), storage.name()),
            file: ModelFile::from_bytes(&bytes),
            most: ROWS * COLUMNS * bits / 8,
        }
    }

    /// Its engines: of whole matrices, and of shards.
    fn engines(&self) -> [Arc<Engine>; 2] {
        let sharded = Limits {
            max_plane_bytes: self.most,
            ..Limits::default()
        };
        [Limits::default(), sharded].map(|limits| {
            let program = import(&self.file, &limits, image()).expect("the file is supported");
            Arc::new(Engine::new(Arc::new(program), Box::new(Native)))
        })
    }
}

/// Llama in each kind of storage, with an output matrix of its own and without, and all families.
fn cases() -> Vec<Case> {
    let storages = [
        (Storage::F32, 32),
        (Storage::F16, 16),
        (Storage::Q8_0, 8),
        (Storage::Q4_0, 4),
        (Storage::Q4K, 4),
    ];
    let of_llama = storages.into_iter().flat_map(|(storage, bits)| {
        [false, true].map(|tied| Case::new(Family::Llama, storage, bits, tied))
    });
    let families = Family::ALL.map(|family| Case::new(family, Storage::Q8_0, 8, true));
    of_llama.chain(families).collect()
}

/// Nodes that write the same slot as the one before them, by name: how many shards the embedding table, the head and a layer's first matrix
/// of the feed-forward network have.
fn shards(engine: &Engine) -> [usize; 3] {
    let program = engine.program();
    let writing = |slot: &str, is_one: &dyn Fn(&Op) -> bool| {
        let writes = |node: &&Node| {
            is_one(&node.op)
                && program
                    .slot(node.output)
                    .is_some_and(|found| found.name == slot)
        };
        program.nodes.iter().filter(writes).count()
    };
    let multiplies = |op: &Op| matches!(op, Op::Linear(_));
    [
        writing("x", &|op| matches!(op, Op::Embed(_))),
        writing("logits", &multiplies),
        writing("gate", &multiplies),
    ]
}

#[test]
fn answers_and_logits_are_those_of_whole_matrices() {
    for case in cases() {
        let [whole, sharded] = case.engines();
        let name = &case.name;
        assert_eq!(shards(&whole)[..2], [1, 1], "{name}");
        let [table, head, gate] = shards(&sharded);
        assert_eq!([table, head], [4, 4], "{name}");
        // 512 rows; experts are not sharded.
        assert!(gate == 4 || name.starts_with("qwen3moe"), "{name}: {gate}");
        assert!(sharded.session().is_some(), "{name} is computed in batches");
        let drawn = Params {
            temperature: 800,
            top_p: 900,
            seed: 3,
            ..Params::greedy(12)
        };
        let bits = |engine| first_logits(engine, PROMPT).into_iter().map(f32::to_bits);
        assert!(bits(&whole).eq(bits(&sharded)), "{name}");
        for params in [Params::greedy(20), drawn] {
            let expected = whole.answer_by_nodes(PROMPT, &params, |_| {});
            let expected = expected.expect("the prompt is short");
            let by_nodes = sharded.answer_by_nodes(PROMPT, &params, |_| {});
            assert_eq!(by_nodes.as_ref(), Ok(&expected), "{name}");
            for threads in [1, 2, 5] {
                let pool = ThreadPoolBuilder::new().num_threads(threads).build();
                let pool = pool.expect("threads can be had");
                let (outcome, _) = pool.install(|| committed(&sharded, &params));
                assert_eq!(outcome, expected, "{name}, {threads} threads");
            }
        }
    }
}

#[test]
fn leaves_and_tiles_are_those_of_the_nodes_as_defined() {
    for (family, storage, bits) in [
        (Family::Llama, Storage::F16, 16),
        (Family::Gemma3, Storage::Q8_0, 8),
        (Family::Phi3, Storage::Q4K, 4),
    ] {
        let case = Case::new(family, storage, bits, true);
        let [_, engine] = case.engines();
        let execution = commit(&engine, Vec::new());
        check_leaves(&engine, &execution);
        let is_cut = |k: &usize| match engine.program().nodes[*k].op {
            Op::Linear(p) => p.before > 0 || p.after > 0,
            Op::Embed(_) => true,
            _ => false,
        };
        let nodes = 0..engine.program().nodes.len();
        check_tiles(&engine, &execution, nodes.filter(is_cut));
    }
}

/// A program that doesn't compute all rows of a matrix is no program that batches compute.
#[test]
fn a_table_or_head_with_a_shard_missing_is_run_node_by_node() {
    let case = Case::new(Family::Llama, Storage::Q8_0, 8, true);
    let [_, sharded] = case.engines();
    let params = Params::greedy(5);
    for is_one in [
        (|op: &Op| matches!(op, Op::Embed(p) if p.before == 128)) as fn(&Op) -> bool,
        |op| matches!(op, Op::Linear(p) if p.before == 128),
        |op| matches!(op, Op::Linear(p) if p.after == 0),
        |op| matches!(op, Op::Embed(p) if p.after == 0),
        |op| matches!(op, Op::Embed(p) if p.before == 0),
    ] {
        let mut program = gavel_program::Program::clone(sharded.program());
        let last = program.nodes.iter().rposition(|node| is_one(&node.op));
        let last = last.expect("the model has such a shard");
        program.nodes.remove(last);
        program.header.node_count -= 1;
        let engine = Engine::new(Arc::new(program), Box::new(Native));
        assert!(engine.session().is_none());
        let answer = engine.answer(b"no", &params, |_| {});
        assert_eq!(answer, engine.answer_by_nodes(b"no", &params, |_| {}));
    }
}
