//! Disputes about a model whose embedding table and head are cut into shards: about what a shard gives, and about what it has to leave.

use crate::disputes::{dispute, on_runtime, scene};
use crate::world;
use gavel_adversaries::{Lie, LieKind};
use gavel_fixtures::random::{Family, RandomModel, Storage};
use gavel_formats::{Limits, ModelFile};
use gavel_program::Op;

#[test]
fn lies_about_shards_lose() {
    let model = RandomModel {
        family: Family::Llama,
        dim: 64,
        layers: 1,
        heads: 2,
        kv_heads: 1,
        ffn: 128,
        experts: [8, 3],
        vocab: 400,
        context: 64,
        storage: Storage::Q8_0,
        seed: 4,
    };
    let mut file = Vec::new();
    model.write(&mut file).expect("a vector takes all bytes");
    // 128 rows of the table: it has four shards, and so has the head.
    let limits = Limits {
        max_plane_bytes: 128 * 64,
        ..Limits::default()
    };
    let engine = world::engine_with(&ModelFile::from_bytes(&file), &limits);
    let nodes = &engine.program().nodes;
    let is_table = |node: u64| matches!(nodes[node as usize].op, Op::Embed(_));
    let is_head = |node: u64| match nodes[node as usize].op {
        Op::Linear(p) => p.before + p.rows + p.after == model.vocab && p.after > 0,
        _ => false,
    };
    let all = 0..nodes.len() as u64;
    let tables: Vec<u64> = all.clone().filter(|node| is_table(*node)).collect();
    let heads: Vec<u64> = all.filter(|node| is_head(*node)).collect();
    assert_eq!((tables.len(), heads.len()), (4, 3));
    // Of the head's last shard the first tile belongs to another one; the last tile is its own.
    let mut lies = vec![
        (LieKind::Tile, 0),
        (LieKind::Tile, 6),
        (LieKind::Machine, 700),
    ];
    let ends = [tables[0], tables[3], heads[0], heads[2]];
    lies.extend(ends.map(|node| (LieKind::Node, node)));
    on_runtime(async {
        let scene = scene(&engine).await;
        for (kind, at) in lies {
            let lie = Lie { kind, at, seed: 5 };
            let report = dispute(&scene, "no", 3, lie, at % 2 == 1).await;
            assert_eq!(report.reason.as_deref(), Some("proof"), "{lie:?}");
            assert!(report.instruction.is_some(), "{lie:?}: the machine decided");
        }
    });
}
