//! Nodes outside the layers: which tensors they leave to them, and how they move a request on.

use super::planner::{HEAD, LAYERS, Planner};
use gavel_program::{Node, Op, Operand};
use std::collections::BTreeSet;

impl Planner<'_> {
    /// The node that finds stop texts, if there is one; `None` if it isn't where it can run beside the last node: after the sampler, and
    /// for the count that this one reads.
    pub(super) fn find_stop(&self) -> Option<Option<usize>> {
        let nodes = &self.program.nodes;
        let is_one = |k: &usize| matches!(nodes[*k].op, Op::FindStop(_));
        let mut found = (0..nodes.len()).filter(is_one);
        let Some(k) = found.next() else {
            return Some(None);
        };
        let (node, last) = (&nodes[k], nodes.last()?);
        let sampled = nodes[k..]
            .iter()
            .all(|node| !matches!(node.op, Op::Sample(_)));
        let wired = node.inputs()[0] == Operand::Slot(self.tokens)
            && node.inputs()[1..]
                .iter()
                .all(|input| matches!(input, Operand::Weight(_)))
            && last.inputs().first() == Some(&Operand::Slot(node.output));
        (sampled && wired && node.predicate == HEAD && found.next().is_none()).then_some(Some(k))
    }

    /// The slots of caches that belong to the layers alone.
    pub(super) fn unseen(&self) -> Vec<usize> {
        let others = |node: &&Node| node.predicate & !LAYERS != 0;
        let seen: BTreeSet<u32> = self
            .program
            .nodes
            .iter()
            .filter(others)
            .flat_map(|node| node.inputs().iter().map(slot_of).chain([Some(node.output)]))
            .flatten()
            .collect();
        let caches = self.caches.iter().filter(|cache| !seen.contains(cache));
        caches
            .filter_map(|cache| self.program.slot_place(*cache))
            .collect()
    }

    /// Whether the last node moves the request on by tokens and a count that no layer writes.
    pub(super) fn advances(&self) -> bool {
        let Some(last) = self.program.nodes.last() else {
            return false;
        };
        let of_layers = |slot: &u32| self.buffers.contains(slot);
        matches!(last.op, Op::Advance(_))
            && last.inputs()[1] == Operand::Slot(self.tokens)
            && matches!(last.inputs()[0], Operand::Slot(count) if !of_layers(&count))
    }
}

/// The slot of an operand that is one.
fn slot_of(operand: &Operand) -> Option<u32> {
    match operand {
        Operand::Slot(slot) => Some(*slot),
        Operand::Weight(_) => None,
    }
}
