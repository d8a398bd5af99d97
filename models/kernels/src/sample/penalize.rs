//! Penalties on tokens that were there before.

use crate::num::stored;
use crate::view::f32s;
use core::ops::Range;
use gavel_program::Control;
use gavel_program::op::Penalize;

/// In a count: the token is in the prompt or the answer.
const SEEN: u32 = 1;
/// In a count: once in the answer.
const ONCE: u32 = 2;

/// The logits, with those of tokens at positions up to `pos` changed; not called where the control slot has no penalty.
#[inline(never)]
pub(crate) fn penalize(
    p: &Penalize,
    control: &Control,
    inputs: &[&[u32]],
    range: Range<usize>,
    out: &mut [u32],
    scratch: &mut [u32],
) {
    let logits = &f32s(inputs[0])[range.clone()];
    let tokens = &inputs[1][..p.tokens_capacity as usize];
    let counts = &mut scratch[..range.len()];
    count(control, tokens, range.start, counts);
    let penalties = Penalties::new(control);
    for ((word, logit), count) in out.iter_mut().zip(logits).zip(counts) {
        *word = stored(penalties.on(*logit, *count));
    }
}

/// How often each of the tokens from `first` on is there: [`ONCE`] for each time in the answer, and [`SEEN`].
fn count(control: &Control, tokens: &[u32], first: usize, counts: &mut [u32]) {
    counts.fill(0);
    let known = (control.position as usize).saturating_add(1);
    for (at, token) in tokens.iter().take(known).enumerate() {
        let place = (*token as usize).wrapping_sub(first);
        if let Some(count) = counts.get_mut(place) {
            let answered = at >= control.prompt_tokens as usize;
            *count = (*count | SEEN) + if answered { ONCE } else { 0 };
        }
    }
}

/// The control slot's penalties as numbers; `None` for one that is off.
struct Penalties {
    repetition: Option<f32>,
    frequency: f32,
    presence: f32,
}

impl Penalties {
    fn new(control: &Control) -> Self {
        let repetition = control.repetition_penalty;
        Penalties {
            repetition: (repetition != 0 && repetition != 1000)
                .then_some(repetition as f32 / 1000.0),
            frequency: control.frequency_penalty as f32 / 1000.0,
            presence: control.presence_penalty as f32 / 1000.0,
        }
    }

    /// A logit after them.
    fn on(&self, mut logit: f32, count: u32) -> f32 {
        if count == 0 {
            return logit;
        }
        if let Some(repetition) = self.repetition {
            logit = if logit < 0.0 {
                logit * repetition
            } else {
                logit / repetition
            };
        }
        let answered = count / ONCE;
        if answered > 0 {
            logit -= answered as f32 * self.frequency;
            logit -= self.presence;
        }
        logit
    }
}
