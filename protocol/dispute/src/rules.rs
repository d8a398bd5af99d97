//! The rules of descents and leaves, as arithmetic on heights and positions.

use gavel_primitives::{Depth, Hash};

/// Height of a chunk inside a tensor's tree: 8 leaves, 256 bytes. A tile descent ends there.
pub const CHUNK_HEIGHT: Depth = 3;

/// Levels that one move reveals, by level of the dispute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Radices {
    /// Over a batch's results.
    pub batch: Depth,
    /// Over an execution's envs.
    pub execution: Depth,
    /// Over a tensor's chunks.
    pub tile: Depth,
    /// Over a machine's states.
    pub machine: Depth,
}

/// Levels that the next move of a descent reveals: `min(radix, height left)`.
pub fn width(radix: Depth, height: Depth) -> Depth {
    radix.min(height)
}

/// The position after stepping down `width` levels to place `place` of a list.
pub const fn descend(position: u64, width: Depth, place: u64) -> u64 {
    (position << width) | place
}

/// The first place where two lists of one length differ.
pub fn first_difference(own: &[Hash], other: &[Hash]) -> Option<usize> {
    own.iter().zip(other).position(|(a, b)| a != b)
}

/// Moves of a descent over `depth` levels, both sides together: one that lists only, then one a step.
pub fn descent_moves(depth: Depth, radix: Depth) -> u32 {
    match depth {
        0 => 0,
        _ => u32::from(depth.div_ceil(radix)) + 1,
    }
}

/// What decides a contested leaf of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchLeaf {
    /// Past the count: the correct leaf is zero.
    Padding,
    /// An execution tournament over this place of the lane's inbox.
    Request {
        /// `first + position`.
        inbox_index: u64,
    },
}

/// Classifies leaf `position` of a batch of `count` requests from `first`.
pub fn batch_leaf(position: u64, first: u64, count: u64) -> BatchLeaf {
    match position < count {
        true => BatchLeaf::Request {
            inbox_index: first + position,
        },
        false => BatchLeaf::Padding,
    }
}

/// Where a leaf of an execution lies: leaf `step * 2^nodeDepth + node`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExecutionPlace {
    /// The step.
    pub step: u64,
    /// The node within the step; `2^nodeDepth - 1` ends it.
    pub node: u64,
    /// Whether this leaf is the step's end.
    pub ends_step: bool,
}

/// The place of leaf `position` of an execution with `2^node_depth` leaves a step.
pub const fn execution_place(position: u64, node_depth: Depth) -> ExecutionPlace {
    let last = (1u64 << node_depth) - 1;
    let node = position & last;
    ExecutionPlace {
        step: position >> node_depth,
        node,
        ends_step: node == last,
    }
}

/// What decides a contested leaf of an execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExecutionLeaf {
    /// The step's end: the correct leaf is the agreed env with fresh scratch slots.
    StepEnd,
    /// Nothing happens here: the correct leaf is the agreed env.
    Idle,
    /// The reveals, the tile descent and a machine tournament.
    Tile,
}

/// What the opening of an execution's leaf proves of the agreed env and the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeFacts {
    /// The agreed control slot says done.
    pub done: bool,
    /// Nodes of the program.
    pub node_count: u64,
    /// The record cannot be run: too many inputs, or an index or depth outside its bounds.
    pub malformed: bool,
}

/// Classifies a leaf of an execution, in the specification's order.
pub const fn execution_leaf(place: ExecutionPlace, facts: NodeFacts) -> ExecutionLeaf {
    if place.ends_step {
        ExecutionLeaf::StepEnd
    } else if facts.done || place.node >= facts.node_count || facts.malformed {
        ExecutionLeaf::Idle
    } else {
        ExecutionLeaf::Tile
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gavel_primitives::keccak;

    #[test]
    fn the_last_list_of_a_descent_takes_exactly_what_remains() {
        let mut height = 7;
        let mut widths = Vec::new();
        while height > 0 {
            widths.push(width(3, height));
            height -= width(3, height);
        }
        assert_eq!(widths, [3, 3, 1]);
        assert_eq!(descent_moves(7, 3), 4);
        assert_eq!(descent_moves(0, 3), 0);
    }

    #[test]
    fn positions_are_read_from_the_root_down() {
        // Place 2 of 4, then 1 of 4, then 1 of 2.
        let position = [(2, 2), (2, 1), (1, 1)]
            .iter()
            .fold(0, |at, &(w, place)| descend(at, w, place));
        assert_eq!(position, (2 << 3) | (1 << 1) | 1);
    }

    #[test]
    fn the_first_difference_counts() {
        let list: Vec<Hash> = (0..4u8).map(|i| keccak(&[i])).collect();
        let mut other = list.clone();
        other[2] = Hash::ZERO;
        other[3] = Hash::ZERO;
        assert_eq!(first_difference(&list, &other), Some(2));
        assert_eq!(first_difference(&list, &list), None);
    }

    #[test]
    fn a_batch_s_count_parts_requests_from_padding() {
        assert_eq!(batch_leaf(2, 40, 3), BatchLeaf::Request { inbox_index: 42 });
        assert_eq!(batch_leaf(3, 40, 3), BatchLeaf::Padding);
    }

    #[test]
    fn the_step_s_end_is_tested_before_all_else() {
        let idle = NodeFacts {
            done: true,
            node_count: 5,
            malformed: true,
        };
        let busy = NodeFacts {
            done: false,
            node_count: 5,
            malformed: false,
        };
        let end = execution_place(2 * 8 + 7, 3);
        assert_eq!((end.step, end.node, end.ends_step), (2, 7, true));
        assert_eq!(execution_leaf(end, idle), ExecutionLeaf::StepEnd);
        let node = execution_place(2 * 8 + 4, 3);
        assert_eq!(execution_leaf(node, busy), ExecutionLeaf::Tile);
        assert_eq!(execution_leaf(node, idle), ExecutionLeaf::Idle);
        let past = execution_place(2 * 8 + 5, 3);
        assert_eq!(execution_leaf(past, busy), ExecutionLeaf::Idle);
        for facts in [
            NodeFacts { done: true, ..busy },
            NodeFacts {
                malformed: true,
                ..busy
            },
        ] {
            assert_eq!(execution_leaf(node, facts), ExecutionLeaf::Idle);
        }
    }

    #[test]
    fn a_program_of_node_depth_zero_has_step_ends_alone() {
        assert!(execution_place(9, 0).ends_step);
    }
}
