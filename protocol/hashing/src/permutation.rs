//! Keccak-f\[1600\], after FIPS 202.

use crate::lane::Lane;

const ROUNDS: usize = 24;
const ROUND_CONSTANTS: [u64; ROUNDS] = round_constants();

/// Section 3.2.5: bit `2^j - 1` of round i's constant is output `j + 7 i` of a shift register of eight bits with feedback.
const fn round_constants() -> [u64; ROUNDS] {
    /// The bits that the one shifted out flips: x^8 = x^6 + x^5 + x^4 + 1.
    const FEEDBACK: u8 = 0b0111_0001;
    let mut constants = [0; ROUNDS];
    let mut register = 1u8;
    let mut output = 0;
    while output < 7 * ROUNDS {
        constants[output / 7] |= ((register & 1) as u64) << ((1 << (output % 7)) - 1);
        let shifted_out = register >> 7;
        register = (register << 1) ^ (FEEDBACK * shifted_out);
        output += 1;
    }
    constants
}

/// All 24 rounds. Word (x, y) of the state is at x + 5 y.
#[inline(always)]
pub(crate) fn permute<V: Lane<N>, const N: usize>(mut a: [V; 25]) -> [V; 25] {
    for constant in ROUND_CONSTANTS {
        a = round(a, V::gather([constant; N]));
    }
    a
}

#[inline(always)]
fn round<V: Lane<N>, const N: usize>(a: [V; 25], constant: V) -> [V; 25] {
    let mixed = chi(rho_pi(a, theta(a)));
    let mut out = mixed;
    out[0] = mixed[0].xor(constant);
    out
}

/// What theta adds to each column.
#[inline(always)]
fn theta<V: Lane<N>, const N: usize>(a: [V; 25]) -> [V; 5] {
    let column = |x: usize| a[x].xor3(a[x + 5], a[x + 10]).xor3(a[x + 15], a[x + 20]);
    let c = [column(0), column(1), column(2), column(3), column(4)];
    let add = |x: usize| c[(x + 4) % 5].xor(c[(x + 1) % 5].rotate(1));
    [add(0), add(1), add(2), add(3), add(4)]
}

/// Theta's addition, then every word turned and moved to its place.
#[inline(always)]
#[rustfmt::skip]
fn rho_pi<V: Lane<N>, const N: usize>(a: [V; 25], d: [V; 5]) -> [V; 25] {
    let turned = |from: usize, by: u32| a[from].xor(d[from % 5]).rotate(by);
    [
        turned(0, 0), turned(6, 44), turned(12, 43), turned(18, 21), turned(24, 14),
        turned(3, 28), turned(9, 20), turned(10, 3), turned(16, 45), turned(22, 61),
        turned(1, 1), turned(7, 6), turned(13, 25), turned(19, 8), turned(20, 18),
        turned(4, 27), turned(5, 36), turned(11, 10), turned(17, 15), turned(23, 56),
        turned(2, 62), turned(8, 55), turned(14, 39), turned(15, 41), turned(21, 2),
    ]
}

/// Written out, so that no word is addressed by a variable and all stay in registers.
#[inline(always)]
#[rustfmt::skip]
fn chi<V: Lane<N>, const N: usize>(b: [V; 25]) -> [V; 25] {
    let word = |i: usize, next: usize, after: usize| b[i].chi(b[next], b[after]);
    [
        word(0, 1, 2), word(1, 2, 3), word(2, 3, 4), word(3, 4, 0), word(4, 0, 1),
        word(5, 6, 7), word(6, 7, 8), word(7, 8, 9), word(8, 9, 5), word(9, 5, 6),
        word(10, 11, 12), word(11, 12, 13), word(12, 13, 14), word(13, 14, 10), word(14, 10, 11),
        word(15, 16, 17), word(16, 17, 18), word(17, 18, 19), word(18, 19, 15), word(19, 15, 16),
        word(20, 21, 22), word(21, 22, 23), word(22, 23, 24), word(23, 24, 20), word(24, 20, 21),
    ]
}
