//! Tiles of random-weight models of each family, with Q4_K and Q6_K inside: the machine, on windows as the chain composes them, gives what
//! the engine gives, within the operators' cost.

use gavel_engine::{Engine, Execution, Native};
use gavel_fixtures::random::{Family, RandomModel, Storage};
use gavel_formats::{ImageInfo, Limits, ModelFile, import};
use gavel_kernels::cost;
use gavel_machine::{Exit, Image, run};
use gavel_primitives::Params;
use gavel_program::{Op, TILE_BYTES, WeightFormat};
use gavel_traces::{Committed, Honest, Library};
use std::{collections::BTreeSet, sync::Arc};

/// Words of a chunk.
const CHUNK_WORDS: usize = TILE_BYTES / 4;

fn image() -> Arc<Image> {
    let text_end = gavel_image::record().text_end;
    let image = Image::from_parts(gavel_image::IMAGE, gavel_image::ENTRY, text_end);
    Arc::new(image.expect("the committed image is well-formed"))
}

/// A model in which Q4_K_M is both of its types.
fn engine(family: Family, image: &Image) -> Arc<Engine> {
    engine_with(family, image, &Limits::default())
}

fn engine_with(family: Family, image: &Image, limits: &Limits) -> Arc<Engine> {
    let model = RandomModel {
        family,
        dim: 256,
        layers: 2,
        heads: 4,
        kv_heads: 2,
        ffn: 512,
        vocab: 400,
        context: 64,
        storage: Storage::Q4KM,
        seed: 9,
        ..RandomModel::STORIES15M
    };
    let mut file = Vec::new();
    model.write(&mut file).expect("a vector takes all bytes");
    let info = ImageInfo {
        root: image.root(),
        entry: gavel_image::ENTRY,
        depth: gavel_image::IMAGE_DEPTH,
    };
    let program = import(&ModelFile::from_bytes(&file), limits, info);
    let program = program.expect("the file is imported");
    Arc::new(Engine::new(Arc::new(program), Box::new(Native)))
}

/// What makes a node unlike others: its operator and its weights' format.
fn sort(op: &Op) -> (&'static str, Option<WeightFormat>) {
    let format = match op {
        Op::Embed(p) => Some(p.format),
        Op::Linear(p) => Some(p.format),
        _ => None,
    };
    (op.name(), format)
}

/// Runs a tile of a node of a step in the machine, and holds what comes out against the committed state after that node.
fn check_tile(library: &Library, committed: &Committed, [step, k]: [u64; 2], tile: usize) {
    let execution = committed.execution();
    let engine = execution.engine();
    let node = &engine.program().nodes[k as usize];
    let position = step << engine.program().header.node_depth | k;
    let run_of = library.tile(committed, position, tile as u64);
    let last = run(&run_of.context(), &run_of.first(), cost(node));
    let name = format!("node {k}, tile {tile}, {:?}", node.op);
    assert_eq!(last.registers.exit, Exit::Success.code(), "{name}");
    let after = execution.before(position + 1);
    let words = &after.slot(engine.output_place(k as usize))[tile * CHUNK_WORDS..][..CHUNK_WORDS];
    let expected: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    assert_eq!(last.work.chunk()[..], expected, "{name}");
}

/// Of a shard the first and the last tile, and those of the shards beside it, which it leaves as they are.
fn tiles_at_the_edge(op: &Op) -> Vec<usize> {
    let Op::Linear(p) = op else { return vec![0] };
    let first = p.before as usize / CHUNK_WORDS;
    let end = first + (p.rows as usize).div_ceil(CHUNK_WORDS);
    let others = [first.checked_sub(1), (p.after > 0).then_some(end)];
    let others = others.into_iter().flatten();
    [first, end - 1].into_iter().chain(others).collect()
}

#[test]
fn the_machine_gives_the_tiles_of_shards() {
    let image = image();
    let library = Library::new(Arc::clone(&image), Arc::new(Honest));
    // 128 rows of 4 bits, 256 columns each.
    let limits = Limits {
        max_plane_bytes: 16 << 10,
        ..Limits::default()
    };
    let engine = engine_with(Family::Gemma3, &image, &limits);
    let params = Params::greedy(2);
    let execution = Execution::commit(Arc::clone(&engine), b"no", &params, Vec::new());
    let committed = Committed::new(execution.expect("the prompt is short"));
    let step = committed.execution().steps() - 2;
    let mut seen = 0;
    for (k, node) in engine.program().nodes.iter().enumerate() {
        let logits = match node.op {
            Op::Embed(_) => true,
            Op::Linear(p) => p.before + p.rows + p.after == 400,
            _ => false,
        };
        if logits {
            seen += 1;
            for tile in tiles_at_the_edge(&node.op) {
                check_tile(&library, &committed, [step, k as u64], tile);
            }
        }
    }
    assert!(seen >= 8, "table and head have {seen} shards in all");
}

#[test]
fn the_machine_gives_every_family_s_tiles() {
    let image = image();
    let library = Library::new(Arc::clone(&image), Arc::new(Honest));
    for family in Family::ALL {
        let engine = engine(family, &image);
        let params = Params::greedy(2);
        let execution = Execution::commit(Arc::clone(&engine), b"no", &params, Vec::new());
        let committed = Committed::new(execution.expect("the prompt is short"));
        let execution = committed.execution();
        let step = execution.steps() - 2;
        let mut seen = BTreeSet::new();
        for (k, node) in engine.program().nodes.iter().enumerate() {
            if !seen.insert(format!("{:?}", sort(&node.op))) {
                continue;
            }
            check_tile(&library, &committed, [step, k as u64], 0);
        }
        for kind in ["(\"Linear\", Some(Q4K))", "(\"Linear\", Some(Q6K))"] {
            assert!(seen.contains(kind), "{family:?} multiplies by {kind}");
        }
    }
}
