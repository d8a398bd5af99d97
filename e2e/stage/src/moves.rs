//! What the report says of a dispute's moves.

use crate::{InstructionReport, LevelReport, Move, Scene, levels::LEVELS};
use gavel_machine::isa;

/// Depth of the tile descent of the largest output slot.
fn tile_depth(scene: &Scene) -> u8 {
    let program = scene.engine.program();
    let depth = |node: &gavel_program::Node| program.slot(node.output).map_or(0, |slot| slot.depth);
    program.nodes.iter().map(depth).max().unwrap_or(3) - 3
}

/// Moves and gas by level.
pub(crate) fn levels(scene: &Scene, moves: &[&Move]) -> Vec<LevelReport> {
    let header = &scene.engine.program().header;
    let depths = [
        scene.constants.batch_depth,
        header.step_depth,
        header.node_depth,
        tile_depth(scene),
        header.trace_depth,
    ];
    let level = |(place, name): (usize, &&'static str)| {
        let here = moves.iter().filter(|made| made.level == place);
        LevelReport {
            level: name,
            depth: depths[place],
            moves: here.clone().count() as u64,
            gas: here.map(|made| made.gas).sum(),
        }
    };
    LEVELS.iter().enumerate().map(level).collect()
}

/// The instruction in a step's proof: pc from the registers, the word from the image's leaf.
pub(crate) fn instruction(proof: &[u8]) -> InstructionReport {
    let pc = u32::from_be_bytes(proof[32..36].try_into().expect("a proof has registers"));
    let place = 184 + (pc % 32) as usize;
    let word = proof.get(place..place + 4).map_or(0, |word| {
        u32::from_le_bytes(word.try_into().expect("four bytes"))
    });
    let name = gavel_image::symbol_at(pc)
        .map(|symbol| format!("  in {}", symbol.name))
        .unwrap_or_default();
    InstructionReport {
        pc: format!("{pc:#010x}"),
        word: format!("{word:#010x}"),
        text: format!("{}{name}", isa::decode(word)),
    }
}
