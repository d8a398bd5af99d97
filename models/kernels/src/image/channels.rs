//! Operators whose numbers depend on the channel alone.

use crate::num::stored;
use crate::view::{f32s, u8s};
use core::ops::Range;
use gavel_program::op::{ChannelAffine, InputScale};

/// `out[c, i] = (f32(byte[c, i]) / divisor - mean[c]) / deviation[c]`.
#[inline(never)]
pub(crate) fn input_scale(p: &InputScale, inputs: &[&[u32]], range: Range<usize>, out: &mut [u32]) {
    let means = [p.mean0, p.mean1, p.mean2, p.mean3].map(f32::from_bits);
    let deviations = [p.deviation0, p.deviation1, p.deviation2, p.deviation3].map(f32::from_bits);
    let divisor = f32::from_bits(p.divisor);
    let bytes = &u8s(inputs[0])[range.clone()];
    for ((word, byte), at) in out.iter_mut().zip(bytes).zip(range) {
        let channel = at / p.plane as usize;
        let number = i32::from(*byte) as f32 / divisor;
        *word = stored((number - means[channel]) / deviations[channel]);
    }
}

/// `out[c, i] = x[c, i] * a[c] + b[c]`.
#[inline(never)]
pub(crate) fn channel_affine(
    p: &ChannelAffine,
    inputs: &[&[u32]],
    range: Range<usize>,
    out: &mut [u32],
) {
    let (factors, summands) = (f32s(inputs[1]), f32s(inputs[2]));
    let x = &f32s(inputs[0])[range.clone()];
    for ((word, x), at) in out.iter_mut().zip(x).zip(range) {
        let channel = at / p.plane as usize;
        *word = stored(x * factors[channel] + summands[channel]);
    }
}
