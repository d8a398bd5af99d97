//! The header: depths and counts.

use super::CheckError;
use gavel_primitives::Depth;
use gavel_program::Header;

/// Depths that bonds and clocks were computed for; the registry refuses a header above them.
pub const MAX_DEPTHS: Depths = Depths {
    image: 16,
    slot: 10,
    weight: 16,
    node: 14,
    step: 18,
    trace: 36,
    text: 12,
};

/// A limit for each depth of a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Depths {
    /// Of the guest image.
    pub image: Depth,
    /// Of P and X.
    pub slot: Depth,
    /// Of the weight table.
    pub weight: Depth,
    /// Of a step.
    pub node: Depth,
    /// Of the steps.
    pub step: Depth,
    /// Of a machine trace.
    pub trace: Depth,
    /// Of prompt and output slots.
    pub text: Depth,
}

/// Depths within the constants, counts within their depths, steps enough for the longest request.
pub(super) fn check_header(header: &Header) -> Result<(), CheckError> {
    let depth = |field, got: Depth, most: Depth| between(field, got.into(), 0, most.into());
    depth("image depth", header.image_depth, MAX_DEPTHS.image)?;
    depth("slot depth", header.slot_depth, MAX_DEPTHS.slot)?;
    depth("weight depth", header.weight_depth, MAX_DEPTHS.weight)?;
    depth("node depth", header.node_depth, MAX_DEPTHS.node)?;
    depth("step depth", header.step_depth, MAX_DEPTHS.step)?;
    depth("trace depth", header.trace_depth, MAX_DEPTHS.trace)?;
    depth("prompt depth", header.prompt_depth, MAX_DEPTHS.text)?;
    depth("output depth", header.output_depth, MAX_DEPTHS.text)?;
    // The last leaf of a step is its end, so it is no node.
    between(
        "node count",
        header.node_count,
        1,
        (1 << header.node_depth) - 1,
    )?;
    between(
        "weight count",
        header.weight_count,
        0,
        1 << header.weight_depth,
    )?;
    between(
        "persistent count",
        header.persistent_count,
        1,
        1 << header.slot_depth,
    )?;
    between(
        "scratch count",
        header.scratch_count,
        0,
        1 << header.slot_depth,
    )?;
    // Tokenize, a step for each position, detokenize.
    between(
        "context",
        header.context,
        1,
        (1u64 << header.step_depth).saturating_sub(2),
    )
}

/// A field within a range.
pub(super) fn between(
    field: &'static str,
    got: u32,
    low: u64,
    high: u64,
) -> Result<(), CheckError> {
    let got = u64::from(got);
    if (low..=high).contains(&got) {
        return Ok(());
    }
    Err(CheckError::Field {
        field,
        got,
        low,
        high,
    })
}
