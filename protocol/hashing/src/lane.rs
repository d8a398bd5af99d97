//! Words of one or several messages, and the sponge over them.

use crate::many::RATE;
use crate::permutation::permute;
use gavel_primitives::Hash;

/// The same word of `N` messages.
pub(crate) trait Lane<const N: usize>: Copy {
    /// The words, one a message.
    fn gather(words: [u64; N]) -> Self;
    /// The eight words of each of `N` messages.
    fn load(messages: &[[u8; 64]; N]) -> [Self; 8];
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
    fn load([message]: &[[u8; 64]; 1]) -> [Self; 8] {
        std::array::from_fn(|word| word_of(message, word))
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
pub(crate) fn hash_group<V: Lane<N>, const LEN: usize, const N: usize>(
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
    squeeze(state)
}

/// The hashes of `N` messages of 64 bytes: one block, words 0 to 7 the message, word 8 the padding's first bit, word 16 its last.
#[inline(always)]
pub(crate) fn hash_pair_group<V: Lane<N>, const N: usize>(pairs: &[[u8; 64]; N]) -> [Hash; N] {
    let mut state = [V::gather([0; N]); 25];
    state[..8].copy_from_slice(&V::load(pairs));
    state[8] = V::gather([1; N]);
    state[16] = V::gather([1 << 63; N]);
    squeeze(permute(state))
}

/// The first four words of each message's state.
#[inline(always)]
fn squeeze<V: Lane<N>, const N: usize>(state: [V; 25]) -> [Hash; N] {
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
