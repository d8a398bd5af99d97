//! Whether a program's disputes can be trusted to end right: run at import and by every player.

mod error;
mod header;
mod nodes;
mod tensors;

pub use error::CheckError;
pub use header::{Depths, MAX_DEPTHS};

use crate::assemble::ImageInfo;
use gavel_program::header::ABI_VERSION;
use gavel_program::{Program, ProgramTrees};
use header::{between, check_header};
use nodes::{check_last_node, check_node};
use tensors::{check_slots, check_weights};

/// Checks a program. It passes only if every leaf rule and every tile of any request has a decidable outcome within the header's
/// depths; a player calls a program that fails "can't tell".
///
/// # Errors
/// [`CheckError`], the first that is found.
pub fn check(program: &Program, known: &ImageInfo) -> Result<(), CheckError> {
    check_identity(program, known)?;
    check_header(&program.header)?;
    check_slots(program)?;
    check_weights(program)?;
    if !ProgramTrees::new(program).match_header(&program.header) {
        return Err(CheckError::Tables);
    }
    for (k, node) in program.nodes.iter().enumerate() {
        check_node(program, k, node)?;
    }
    check_last_node(program)
}

fn check_identity(program: &Program, known: &ImageInfo) -> Result<(), CheckError> {
    let header = &program.header;
    if header.abi_version != ABI_VERSION {
        return Err(CheckError::AbiVersion {
            got: header.abi_version,
            expected: ABI_VERSION,
        });
    }
    if header.id() != program.id {
        return Err(CheckError::Id {
            got: program.id,
            expected: header.id(),
        });
    }
    let image = ImageInfo {
        root: header.image_root,
        entry: header.entry,
        depth: header.image_depth,
    };
    if image != *known {
        return Err(CheckError::Image {
            got: image.root,
            expected: known.root,
        });
    }
    check_counts(program)
}

/// The counts of the header are those of the tables.
fn check_counts(program: &Program) -> Result<(), CheckError> {
    let header = &program.header;
    let half = 1u32 << header.slot_depth.min(31);
    let persistent = program.slots.partition_point(|slot| slot.index < half);
    let counts = [
        ("node count", header.node_count, program.nodes.len()),
        ("weight count", header.weight_count, program.weights.len()),
        ("persistent count", header.persistent_count, persistent),
        (
            "scratch count",
            header.scratch_count,
            program.slots.len() - persistent,
        ),
    ];
    counts
        .into_iter()
        .try_for_each(|(field, got, actual)| between(field, got, actual as u64, actual as u64))
}
