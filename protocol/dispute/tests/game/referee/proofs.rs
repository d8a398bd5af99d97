//! Lists of nodes and paths, checked by hashing.

use super::Refusal;
use gavel_dispute::Context;
use gavel_primitives::{CompactProof, Depth, Hash, root_of_leaves};

/// Whether a list is what is below a node.
pub(super) fn check_list(list: &[Hash], width: Depth, node: Hash) -> Result<(), Refusal> {
    if list.len() != 1 << width {
        return Err(Refusal::WrongLength);
    }
    match root_of_leaves(list, width) == node {
        true => Ok(()),
        false => Err(Refusal::WrongHash),
    }
}

/// The first place where the lists part.
pub(super) fn check_lists(
    own: &[Hash],
    other_tail: &[Hash],
    width: Depth,
    own_node: Hash,
    other_node: Hash,
) -> Result<usize, Refusal> {
    let size = 1usize << width;
    if other_tail.is_empty() || other_tail.len() > size || own.len() != size {
        return Err(Refusal::WrongLength);
    }
    let place = size - other_tail.len();
    check_list(own, width, own_node)?;
    check_list(&[&own[..place], other_tail].concat(), width, other_node)?;
    match own[place] == other_tail[0] {
        true => Err(Refusal::NotDifferent),
        false => Ok(place),
    }
}

/// The root above a leaf.
pub(super) fn climb(
    path: &CompactProof,
    base: Depth,
    levels: Depth,
    index: u64,
    leaf: Hash,
) -> Result<Hash, Refusal> {
    let proof = path
        .expand(base, levels)
        .map_err(|_| Refusal::WrongLength)?;
    Ok(proof.root(index, leaf))
}

/// Whether a commitment's last leaf is this one.
pub(super) fn check_last_leaf(
    context: &Context,
    root: Hash,
    leaf: Hash,
    path: &CompactProof,
) -> Result<(), Refusal> {
    let last = (1u64 << context.depth) - 1;
    match climb(path, 0, context.depth, last, leaf)? == root {
        true => Ok(()),
        false => Err(Refusal::WrongHash),
    }
}
