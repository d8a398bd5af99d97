//! Words of one or several messages, and the sponge over them.

use super::RATE;
use super::permutation::permute;
use gavel_primitives::Hash;

/// The same word of `N` messages.
pub(super) trait Lane<const N: usize>: Copy {
    /// The words, one a message.
    fn gather(words: [u64; N]) -> Self;
    /// Back to words.
    fn spread(self) -> [u64; N];
    /// `self ^ b`
    fn xor(self, b: Self) -> Self;
    /// `self ^ b ^ c`
    fn xor3(self, b: Self, c: Self) -> Self;
    /// `self ^ (!b & c)`
    fn chi(self, b: Self, c: Self) -> Self;
    /// Rotated left; `by` is below 64.
    fn rotate(self, by: u32) -> Self;
}

impl Lane<1> for u64 {
    #[inline(always)]
    fn gather([word]: [u64; 1]) -> Self {
        word
    }
    #[inline(always)]
    fn spread(self) -> [u64; 1] {
        [self]
    }
    #[inline(always)]
    fn xor(self, b: Self) -> Self {
        self ^ b
    }
    #[inline(always)]
    fn xor3(self, b: Self, c: Self) -> Self {
        self ^ b ^ c
    }
    #[inline(always)]
    fn chi(self, b: Self, c: Self) -> Self {
        self ^ (!b & c)
    }
    #[inline(always)]
    fn rotate(self, by: u32) -> Self {
        self.rotate_left(by)
    }
}

/// The hashes of `N` messages of `LEN` bytes.
#[inline(always)]
pub(super) fn hash_group<V: Lane<N>, const LEN: usize, const N: usize>(
    messages: &[[u8; LEN]; N],
) -> [Hash; N] {
    let words = LEN / 8;
    let blocks = LEN / RATE + 1;
    let mut state = [V::gather([0; N]); 25];
    for block in 0..blocks {
        for (place, lane) in state.iter_mut().enumerate().take(RATE / 8) {
            let word = block * (RATE / 8) + place;
            if word < words {
                let absorbed = V::gather(std::array::from_fn(|n| word_of(&messages[n], word)));
                *lane = lane.xor(absorbed);
            }
            if word == words {
                *lane = lane.xor(V::gather([1; N]));
            }
        }
        if block + 1 == blocks {
            state[16] = state[16].xor(V::gather([1 << 63; N]));
        }
        state = permute(state);
    }
    let squeezed: [[u64; N]; 4] = std::array::from_fn(|place| state[place].spread());
    std::array::from_fn(|n| {
        let mut hash = [0u8; 32];
        for (bytes, words) in hash.chunks_exact_mut(8).zip(&squeezed) {
            bytes.copy_from_slice(&words[n].to_le_bytes());
        }
        Hash(hash)
    })
}

#[inline(always)]
fn word_of<const LEN: usize>(message: &[u8; LEN], word: usize) -> u64 {
    u64::from_le_bytes(
        *message[8 * word..]
            .first_chunk()
            .expect("the word lies in the message"),
    )
}
