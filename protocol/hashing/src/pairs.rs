//! The parents of pairs of nodes: 64 bytes, one block each.

use gavel_primitives::{Hash, node};

/// Pairs that one permutation takes on this processor.
pub fn width() -> usize {
    #[cfg(target_arch = "x86_64")]
    if let Some(vectors) = crate::x86::Vectors::widest() {
        return vectors.width();
    }
    1
}

/// Writes the parent of each pair of nodes: `keccak(left || right)`.
///
/// # Panics
/// If there are not as many parents as pairs.
pub fn hash_pairs(pairs: &[[Hash; 2]], parents: &mut [Hash]) {
    hash_byte_pairs(bytemuck::cast_slice(pairs), parents);
}

/// The same where the nodes lie as bytes.
///
/// # Panics
/// If there are not as many parents as pairs.
pub fn hash_byte_pairs(pairs: &[[u8; 64]], parents: &mut [Hash]) {
    assert_eq!(pairs.len(), parents.len(), "a parent for each pair");
    #[cfg(target_arch = "x86_64")]
    if let Some(vectors) = crate::x86::Vectors::widest() {
        return by_vectors(vectors, pairs, parents);
    }
    one_by_one(pairs, parents);
}

/// The parents of pairs of nodes.
pub fn parents(pairs: &[[u8; 64]]) -> Vec<Hash> {
    let mut parents = vec![Hash::ZERO; pairs.len()];
    hash_byte_pairs(pairs, &mut parents);
    parents
}

fn one_by_one(pairs: &[[u8; 64]], parents: &mut [Hash]) {
    for (pair, parent) in pairs.iter().zip(parents) {
        let [left, right] = bytemuck::cast(*pair);
        *parent = node(&left, &right);
    }
}

/// Whole groups, then a last one that is filled up: it costs about as much as two single hashes.
#[cfg(target_arch = "x86_64")]
fn by_vectors(vectors: crate::x86::Vectors, pairs: &[[u8; 64]], parents: &mut [Hash]) {
    let done = vectors.hash_pairs(pairs, parents);
    let (pairs, parents) = (&pairs[done..], &mut parents[done..]);
    if pairs.len() < 2 {
        return one_by_one(pairs, parents);
    }
    let (mut group, mut hashes) = ([[0; 64]; 8], [Hash::ZERO; 8]);
    group[..pairs.len()].copy_from_slice(pairs);
    vectors.hash_pairs(&group[..vectors.width()], &mut hashes[..vectors.width()]);
    parents.copy_from_slice(&hashes[..pairs.len()]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pair() -> impl Strategy<Value = [u8; 64]> {
        any::<[[u8; 32]; 2]>().prop_map(bytemuck::cast)
    }

    fn expected(pairs: &[[u8; 64]]) -> Vec<Hash> {
        pairs
            .iter()
            .map(|pair| gavel_primitives::keccak(pair))
            .collect()
    }

    proptest! {
        #[test]
        fn every_width_equals_one_hash_at_a_time(pairs in proptest::collection::vec(pair(), 0..40)) {
            let mut hashes = vec![Hash::ZERO; pairs.len()];
            one_by_one(&pairs, &mut hashes);
            prop_assert_eq!(&hashes, &expected(&pairs));
            prop_assert_eq!(parents(&pairs), expected(&pairs));
            let nodes: &[[Hash; 2]] = bytemuck::cast_slice(&pairs);
            hashes.fill(Hash::ZERO);
            hash_pairs(nodes, &mut hashes);
            prop_assert_eq!(&hashes, &expected(&pairs));
            #[cfg(target_arch = "x86_64")]
            for vectors in crate::x86::Vectors::all() {
                hashes.fill(Hash::ZERO);
                by_vectors(vectors, &pairs, &mut hashes);
                prop_assert_eq!(&hashes, &expected(&pairs), "{:?}", vectors);
            }
        }
    }

    #[test]
    #[should_panic(expected = "a parent for each pair")]
    fn a_missing_place_is_refused() {
        hash_byte_pairs(&[[0; 64]; 9], &mut [Hash::ZERO; 8]);
    }
}
