//! What a dispute may need of a player's account.

use alloy::primitives::U256;
use gavel_chain::JoinBonds;
use gavel_dispute::{Kind, rules::Radices};
use gavel_primitives::Depth;
use gavel_program::{Program, TILE_DEPTH};

/// Gas of a move with lists of `2^radix` words each way, above what any was measured at.
const GAS_PER_MOVE: u64 = 250_000;
/// Joins, seals, openings, reveals, settlements and ends of one match at each of three levels.
const OTHER_MOVES: u64 = 20;

/// Depths of a program's trees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Depths {
    /// Of a batch.
    pub batch: Depth,
    /// Of an execution.
    pub execution: Depth,
    /// From the largest output slot down to chunks.
    pub tile: Depth,
    /// Of a machine's trace.
    pub machine: Depth,
}

impl Depths {
    /// Depths of a program's trees, under batches of depth `batch`.
    pub fn of(program: &Program, batch: Depth) -> Self {
        let header = &program.header;
        let outputs = program
            .nodes
            .iter()
            .filter_map(|node| program.slot(node.output));
        let deepest = outputs.map(|slot| slot.depth).max().unwrap_or(TILE_DEPTH);
        Depths {
            batch,
            execution: header.step_depth + header.node_depth,
            tile: deepest.saturating_sub(TILE_DEPTH),
            machine: header.trace_depth,
        }
    }
}

/// Upper bound of the gas that one player needs to walk one opponent down all levels.
pub fn worst_case_gas(depths: Depths, radices: Radices) -> u64 {
    let descents = [
        (depths.batch, radices.batch),
        (depths.execution, radices.execution),
        (depths.tile, radices.tile),
        (depths.machine, radices.machine),
    ];
    let moves: u64 = descents
        .iter()
        .map(|(depth, radix)| u64::from(depth.div_ceil((*radix).max(1))))
        .sum();
    (moves + OTHER_MOVES) * GAS_PER_MOVE
}

/// The bonds of one commitment at every stage, in wei.
pub fn all_bonds(bonds: &JoinBonds) -> U256 {
    Kind::ALL.iter().zip(bonds.0).map(|(_, bond)| bond).sum()
}
