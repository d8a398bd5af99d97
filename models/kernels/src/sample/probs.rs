//! Weights of the sampler.

use crate::num::{exp, largest, stored};
use crate::view::f32s;
use core::ops::Range;
use gavel_program::Control;
use gavel_program::op::Probs;

/// `out[i] = exp((logits[i] - max) / T)` with T the temperature; not called for temperature 0.
#[inline(never)]
pub(crate) fn probs(
    p: &Probs,
    control: &Control,
    inputs: &[&[u32]],
    range: Range<usize>,
    out: &mut [u32],
) {
    let logits = &f32s(inputs[0])[..p.vocab as usize];
    let max = largest(logits);
    let temperature = control.temperature as f32 / 1000.0;
    for (word, logit) in out.iter_mut().zip(&logits[range]) {
        *word = stored(exp((logit - max) / temperature));
    }
}
