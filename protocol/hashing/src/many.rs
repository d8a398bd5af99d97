//! Messages of any one length.

use crate::lane::hash_group;
use gavel_primitives::Hash;

/// Bytes that one permutation absorbs.
pub(crate) const RATE: usize = 136;

/// The hashes of messages of `LEN` bytes, in order.
///
/// # Panics
/// At compile time, if `LEN` is not a multiple of 8.
pub fn hash_many<const LEN: usize>(messages: &[[u8; LEN]]) -> Vec<Hash> {
    const { assert!(LEN.is_multiple_of(8)) };
    let mut hashes = Vec::with_capacity(messages.len());
    #[cfg(target_arch = "x86_64")]
    let messages = crate::x86::hash_groups(messages, &mut hashes);
    for message in messages {
        hashes.extend(hash_group::<u64, LEN, 1>(std::array::from_ref(message)));
    }
    hashes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<const LEN: usize>() {
        let byte = |m: usize, i: usize| (m * 31 + i * 7 + m * i) as u8;
        for count in [0, 1, 3, 4, 7, 8, 9, 12, 23] {
            let messages: Vec<[u8; LEN]> = (0..count)
                .map(|m| std::array::from_fn(|i| byte(m, i)))
                .collect();
            let expected: Vec<Hash> = messages
                .iter()
                .map(|m| gavel_primitives::keccak(m))
                .collect();
            assert_eq!(
                hash_many(&messages),
                expected,
                "{count} messages of {LEN} bytes"
            );
        }
    }

    #[test]
    fn equals_one_hash_at_a_time() {
        check::<0>();
        check::<64>();
        check::<96>();
        check::<128>();
        check::<136>();
        check::<184>();
        check::<272>();
    }
}
