//! Advance: the step's last node, which moves the request on.

use core::ops::Range;
use gavel_primitives::Status;
use gavel_program::{Control, Phase, op::Advance};

/// The control slot of the next step.
#[inline(never)]
pub(crate) fn advance(
    p: &Advance,
    control: &Control,
    inputs: &[&[u32]],
    range: Range<usize>,
    out: &mut [u32],
) {
    let next = next(p, control, inputs[0][0], inputs[1]).encode();
    out.copy_from_slice(&next[range]);
}

/// Control of the next step, from this step's control, count and tokens.
fn next(p: &Advance, control: &Control, count: u32, tokens: &[u32]) -> Control {
    match control.phase() {
        Phase::Tokenize => tokenized(p, control, count),
        Phase::Prefill => prefilled(control),
        Phase::Generate => generated(p, control, count, &tokens[..p.tokens_capacity as usize]),
        Phase::Detokenize => detokenized(p, control, count),
        Phase::Done => *control,
    }
}

fn tokenized(p: &Advance, control: &Control, count: u32) -> Control {
    let most = p.context.min(p.tokens_capacity.saturating_sub(1));
    if count == 0 {
        return ended(control, Phase::Done, Status::EmptyPrompt);
    }
    if count > most {
        return ended(control, Phase::Done, Status::PromptTooLong);
    }
    let read = Control {
        prompt_tokens: count,
        ..*control
    };
    if control.max_tokens == 0 {
        return ended(&read, Phase::Done, Status::Length);
    }
    let phase = if count == 1 {
        Phase::Generate
    } else {
        Phase::Prefill
    };
    Control {
        phase: phase as u32,
        position: 0,
        ..read
    }
}

/// The last token of a prompt is read in the phase that has the head.
fn prefilled(control: &Control) -> Control {
    let position = control.position.wrapping_add(1);
    let phase = if position.wrapping_add(1) == control.prompt_tokens {
        Phase::Generate
    } else {
        Phase::Prefill
    };
    Control {
        phase: phase as u32,
        position,
        ..*control
    }
}

/// `text_end` is not 0 where the token completes a stop text.
fn generated(p: &Advance, control: &Control, text_end: u32, tokens: &[u32]) -> Control {
    let following = control.position.wrapping_add(1);
    let id = tokens.get(following as usize).copied();
    if id.is_some_and(|id| is_end(p, id)) {
        return ended(control, Phase::Detokenize, Status::Stop);
    }
    let more = Control {
        tokens_out: control.tokens_out.wrapping_add(1),
        ..*control
    };
    if text_end != 0 {
        let cut = Control { text_end, ..more };
        ended(&cut, Phase::Detokenize, Status::Stop)
    } else if more.tokens_out == control.max_tokens {
        ended(&more, Phase::Detokenize, Status::Length)
    } else if following == p.context {
        ended(&more, Phase::Detokenize, Status::ContextFull)
    } else {
        Control {
            position: following,
            ..more
        }
    }
}

fn detokenized(p: &Advance, control: &Control, len: u32) -> Control {
    let status = if len > p.output_capacity {
        Status::OutputFull.code()
    } else {
        control.status
    };
    Control {
        phase: Phase::Done as u32,
        status,
        output_len: len.min(p.output_capacity),
        ..*control
    }
}

fn ended(control: &Control, phase: Phase, status: Status) -> Control {
    Control {
        phase: phase as u32,
        status: status.code(),
        ..*control
    }
}

fn is_end(p: &Advance, id: u32) -> bool {
    let ends = [p.eos0, p.eos1, p.eos2, p.eos3];
    ends[..p.eos_count.min(4) as usize].contains(&id)
}
