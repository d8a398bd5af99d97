//! Reply and Finish: the answer and the end of a program of one step.

use crate::num::{argmax, canonical};
use crate::view::f32s;
use core::ops::Range;
use gavel_primitives::Status;
use gavel_program::op::{Measure, Reply};
use gavel_program::{Control, Phase};

/// Bytes of a number.
const NUMBER_BYTES: usize = 4;

/// The answer's bytes: the numbers, then perhaps the class. All zero for a request that is not answered.
#[inline(never)]
pub(crate) fn reply(
    p: &Reply,
    control: &Control,
    inputs: &[&[u32]],
    range: Range<usize>,
    out: &mut [u32],
) {
    if ending(p, measured(p, control, &inputs[1..])) != Status::Stop {
        out.fill(0);
        return;
    }
    let numbers = &inputs[0][..p.len as usize];
    for (word, at) in out.iter_mut().zip(range.start / NUMBER_BYTES..) {
        *word = match numbers.get(at) {
            Some(number) => canonical(*number),
            None => argmax(f32s(numbers)) as u32,
        };
    }
}

/// The control slot of a request that is done.
#[inline(never)]
pub(crate) fn finish(
    p: &Reply,
    control: &Control,
    inputs: &[&[u32]],
    range: Range<usize>,
    out: &mut [u32],
) {
    let next = finished(p, control, measured(p, control, inputs)).encode();
    out.copy_from_slice(&next[range]);
}

fn finished(p: &Reply, control: &Control, measure: u32) -> Control {
    if control.is_done() {
        return *control;
    }
    let status = ending(p, measure);
    let done = Control {
        phase: Phase::Done as u32,
        status: status.code(),
        ..*control
    };
    if status != Status::Stop {
        return done;
    }
    Control {
        prompt_tokens: match p.measure {
            Measure::Bytes => 0,
            Measure::Count => measure,
        },
        output_len: p.len.wrapping_add(p.class.into()).wrapping_mul(4),
        ..done
    }
}

/// The measure of a request; `counts` are the node's inputs from the count on.
fn measured(p: &Reply, control: &Control, counts: &[&[u32]]) -> u32 {
    match p.measure {
        Measure::Bytes => control.prompt_len,
        Measure::Count => counts[0][0],
    }
}

/// How a request of this measure ends.
fn ending(p: &Reply, measure: u32) -> Status {
    if measure < p.least {
        Status::EmptyPrompt
    } else if measure > p.most {
        Status::PromptTooLong
    } else {
        Status::Stop
    }
}
