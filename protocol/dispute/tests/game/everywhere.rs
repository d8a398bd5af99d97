//! One honest player against one liar, at every place of every level, for all small depths and radices.

use crate::{
    data::{Data, Lie},
    language::{Game, Player, radices, shape},
    world::Shape,
};
use gavel_dispute::{
    ActionKind,
    rules::{CHUNK_HEIGHT, ExecutionLeaf, descent_moves},
};
use gavel_primitives::Depth;

const DEPTHS: std::ops::RangeInclusive<Depth> = 0..=6;
const RADICES: std::ops::RangeInclusive<Depth> = 1..=4;

/// The smallest world: one request, one step, one node, one chunk, one instruction.
fn smallest(radix: Depth) -> Shape {
    Shape {
        batch: 0,
        count: 1,
        step: 0,
        node: 1,
        tensor: CHUNK_HEIGHT,
        machine: 0,
        radices: radices(radix),
    }
}

fn wrong_from(request: u64, leaf: u64, tile: u64, instruction: u64) -> Lie {
    Lie::Execution {
        request,
        leaf,
        tile,
        instruction,
        seed: 7,
    }
}

/// Descent moves of both sides together in a dispute over `lie`.
fn expected_advances(shape: &Shape, lie: Lie) -> u32 {
    let radix = shape.radices.batch;
    let batch = descent_moves(shape.batch, radix);
    let Lie::Execution { leaf, .. } = lie else {
        return batch;
    };
    let execution = descent_moves(shape.execution(), radix);
    match shape.leaf_rule(leaf) {
        ExecutionLeaf::Tile => {
            let tile = descent_moves(shape.tensor - CHUNK_HEIGHT, radix);
            batch + execution + tile + descent_moves(shape.machine, radix)
        }
        _ => batch + execution,
    }
}

/// Plays one lie in both roles: a lying proposer, and a lying challenger of the truth.
fn check(shape: &Shape, truth: &Data, lie: Lie) {
    let lying = truth.with(lie);
    for proposed in [&lying, truth] {
        let report = Game::proposed(shape, proposed)
            .player(Player::honest(truth.clone()))
            .player(Player::liar(lying.clone()))
            .play();
        let context = format!("{lie:?} in {shape:?}");
        assert_eq!(report.result, Some(truth.batch_root()), "{context}");
        assert_eq!(
            report.count(ActionKind::Advance) as u32,
            expected_advances(shape, lie),
            "{context}"
        );
        // Half of the descents and at most these: join 3, seal 2, open 4, reveal 1, settle 3, end 1.
        let most = expected_advances(shape, lie).div_ceil(2) + 4 + 14;
        assert!(report.honest_moves() as u32 <= most, "{context}");
    }
}

fn for_each_depth(world: impl Fn(Shape, Depth) -> Shape, lies: impl Fn(&Shape) -> Vec<Lie>) {
    for radix in RADICES {
        for depth in DEPTHS {
            let shape = world(smallest(radix), depth);
            let truth = Data::truth(&shape);
            lies(&shape)
                .into_iter()
                .for_each(|lie| check(&shape, &truth, lie));
        }
    }
}

#[test]
fn a_wrong_result_at_every_place_of_a_batch() {
    for_each_depth(
        |shape, depth| Shape {
            batch: depth,
            count: 1 << depth,
            ..shape
        },
        |shape| (0..shape.count).map(|r| wrong_from(r, 0, 0, 0)).collect(),
    );
}

#[test]
fn a_wrong_leaf_past_the_count_of_a_batch() {
    for_each_depth(
        |shape, depth| Shape {
            batch: depth,
            count: 1,
            ..shape
        },
        |shape| {
            (1..1u64 << shape.batch)
                .map(|leaf| Lie::Padding { leaf, seed: 3 })
                .collect()
        },
    );
}

#[test]
fn a_wrong_env_at_every_place_of_an_execution() {
    for node in 0..=2 {
        for_each_depth(
            |shape, depth| Shape {
                node: node.min(depth),
                step: depth - node.min(depth),
                ..shape
            },
            |shape| {
                (0..1u64 << shape.execution())
                    .map(|leaf| wrong_from(0, leaf, 0, 0))
                    .collect()
            },
        );
    }
}

#[test]
fn a_wrong_chunk_at_every_place_of_a_tensor() {
    for_each_depth(
        |shape, depth| Shape {
            tensor: CHUNK_HEIGHT + depth,
            ..shape
        },
        |shape| {
            (0..shape.chunks())
                .map(|tile| wrong_from(0, 0, tile, 0))
                .collect()
        },
    );
}

#[test]
fn a_wrong_state_at_every_instruction() {
    for_each_depth(
        |shape, depth| Shape {
            machine: depth,
            ..shape
        },
        |shape| {
            (0..1u64 << shape.machine)
                .map(|at| wrong_from(0, 0, 0, at))
                .collect()
        },
    );
}

#[test]
fn an_undisputed_batch_is_left_alone() {
    let truth = Data::truth(&shape());
    let report = Game::proposed(&shape(), &truth)
        .player(Player::honest(truth.clone()))
        .play();
    assert_eq!(report.result, Some(truth.batch_root()));
    assert!(report.moves.is_empty());
}
