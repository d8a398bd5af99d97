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
    };
    let mut file = Vec::new();
    model.write(&mut file).expect("a vector takes all bytes");
    let info = ImageInfo {
        root: image.root(),
        entry: gavel_image::ENTRY,
        depth: gavel_image::IMAGE_DEPTH,
    };
    let program = import(&ModelFile::from_bytes(&file), &Limits::default(), info);
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
            let position = step << engine.program().header.node_depth | k as u64;
            let tile = library.tile(&committed, position, 0);
            let most = cost(node);
            let last = run(&tile.context(), &tile.first(), most);
            let name = format!("{family:?}: node {k}, {:?}", node.op);
            assert_eq!(last.registers.exit, Exit::Success.code(), "{name}");
            let after = execution.before(position + 1);
            let words = &after.slot(engine.output_place(k))[..CHUNK_WORDS];
            let expected: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
            assert_eq!(last.work.chunk()[..], expected, "{name}");
        }
        for kind in ["(\"Linear\", Some(Q4K))", "(\"Linear\", Some(Q6K))"] {
            assert!(seen.contains(kind), "{family:?} multiplies by {kind}");
        }
    }
}
