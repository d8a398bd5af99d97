//! A total order of numbers, by integers: NaN below -inf, both zeros equal, else IEEE's.

use super::canon::{MAGNITUDE, is_nan};

/// An integer that orders as its number does.
#[inline]
pub fn key(x: f32) -> i32 {
    let bits = x.to_bits();
    if is_nan(bits) {
        return i32::MIN;
    }
    let magnitude = (bits & MAGNITUDE) as i32;
    if bits >> 31 == 0 {
        magnitude
    } else {
        -magnitude
    }
}

/// Index of the first of the largest values; 0 if there are none.
pub fn argmax(values: &[f32]) -> usize {
    let mut best = 0;
    let mut best_key = i32::MIN;
    for (index, value) in values.iter().enumerate() {
        let key = key(*value);
        if key > best_key {
            best = index;
            best_key = key;
        }
    }
    best
}

/// The largest value, NaN if all are (or there are none). Of a zero the sign is not specified.
pub fn largest(values: &[f32]) -> f32 {
    let mut best = i32::MIN;
    for value in values {
        let key = key(*value);
        if key > best {
            best = key;
        }
    }
    from_key(best)
}

/// A number with this key: of both zeros the positive one.
pub(crate) fn from_key(key: i32) -> f32 {
    if key == i32::MIN {
        f32::from_bits(super::CANONICAL_NAN)
    } else if key < 0 {
        -f32::from_bits(-key as u32)
    } else {
        f32::from_bits(key as u32)
    }
}
