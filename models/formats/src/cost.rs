//! How deep a machine trace must be.

use gavel_primitives::Depth;
use gavel_program::Node;

/// Levels between the costliest tile and the trace's depth: the operators' formulas are bounds, not measurements.
pub(crate) const MARGIN: Depth = 4;

/// Depth of a trace that holds the costliest tile of these nodes with the margin; at most 63.
pub(crate) fn trace_depth(nodes: &[Node]) -> Depth {
    let most = nodes.iter().map(gavel_kernels::cost).max().unwrap_or(1);
    let levels = most
        .checked_next_power_of_two()
        .map_or(63, u64::trailing_zeros);
    (levels as Depth + MARGIN).min(63)
}
