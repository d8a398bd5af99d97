//! Advance: each row of the table in `docs/spec/program.md`.

use crate::vocabulary::{control, run};
use gavel_primitives::{Status, StopText};
use gavel_program::control::CONTROL_WORDS;
use gavel_program::op::Advance;
use gavel_program::{Control, Op, Phase};

const TOKENS: [u32; 9] = [1, 10, 11, 12, 13, 2, 14, 15, 7];
const PARAMETERS: Advance = Advance {
    context: 8,
    tokens_capacity: 9,
    output_capacity: 100,
    eos_count: 2,
    eos0: 2,
    eos1: 7,
    eos2: 14,
    eos3: 15,
};

fn at(phase: Phase) -> Control {
    Control {
        phase: phase as u32,
        prompt_len: 5,
        max_tokens: 3,
        temperature: 700,
        top_p: 900,
        seed: 1 << 40,
        top_k: 30,
        min_p: 60,
        repetition_penalty: 1100,
        frequency_penalty: -500,
        presence_penalty: i32::MAX,
        stop: StopText::all([&b"User:"[..], &[7; 31]]).expect("two stop texts"),
        ..control()
    }
}

fn check_with(p: Advance, before: Control, count: u32, expected: Control) {
    let mut counts = vec![0; CONTROL_WORDS];
    counts[0] = count;
    let after = run(Op::Advance(p), &before, &[counts, TOKENS.to_vec()]);
    let after: &[u32; CONTROL_WORDS] = after.as_slice().try_into().unwrap();
    assert_eq!(
        Control::decode(after),
        expected,
        "{before:?}, count {count}"
    );
    assert!(after[18..32].iter().all(|word| *word == 0));
}

fn check(before: Control, count: u32, expected: Control) {
    check_with(PARAMETERS, before, count, expected);
}

fn ended(control: Control, phase: Phase, status: Status) -> Control {
    Control {
        phase: phase as u32,
        status: status.code(),
        ..control
    }
}

#[test]
fn tokenize_refuses_and_begins() {
    let before = at(Phase::Tokenize);
    check(before, 0, ended(before, Phase::Done, Status::EmptyPrompt));
    check(before, 9, ended(before, Phase::Done, Status::PromptTooLong));
    check(
        before,
        u32::MAX,
        ended(before, Phase::Done, Status::PromptTooLong),
    );
    let one = Control {
        phase: Phase::Generate as u32,
        prompt_tokens: 1,
        ..before
    };
    check(before, 1, one);
    let eight = Control {
        phase: Phase::Prefill as u32,
        prompt_tokens: 8,
        ..before
    };
    check(before, 8, eight);
    let small_slot = Advance {
        tokens_capacity: 4,
        ..PARAMETERS
    };
    check_with(
        small_slot,
        before,
        4,
        ended(before, Phase::Done, Status::PromptTooLong),
    );
}

#[test]
fn tokenize_with_no_tokens_to_make_ends_as_length() {
    let before = Control {
        max_tokens: 0,
        ..at(Phase::Tokenize)
    };
    let read = Control {
        prompt_tokens: 4,
        ..before
    };
    check(before, 4, ended(read, Phase::Done, Status::Length));
}

#[test]
fn prefill_ends_before_the_last_prompt_token() {
    let before = Control {
        prompt_tokens: 4,
        position: 1,
        ..at(Phase::Prefill)
    };
    let third = Control {
        position: 2,
        ..before
    };
    check(before, 77, third);
    let last = Control {
        phase: Phase::Generate as u32,
        position: 3,
        ..before
    };
    check(third, 77, last);
}

#[test]
fn generate_counts_stops_and_fills_up() {
    let before = Control {
        prompt_tokens: 1,
        position: 1,
        tokens_out: 1,
        ..at(Phase::Generate)
    };
    let second = Control {
        position: 2,
        tokens_out: 2,
        ..before
    };
    check(before, 0, second);
    let third = Control {
        tokens_out: 3,
        ..second
    };
    check(second, 0, ended(third, Phase::Detokenize, Status::Length));
    let stopping = Control {
        position: 4,
        ..before
    };
    check(
        stopping,
        0,
        ended(stopping, Phase::Detokenize, Status::Stop),
    );
    let both = Control {
        position: 7,
        ..second
    };
    check(both, 0, ended(both, Phase::Detokenize, Status::Stop));
    let full = Control {
        position: 6,
        ..before
    };
    let context = Advance {
        context: 7,
        ..PARAMETERS
    };
    let counted = Control {
        tokens_out: 2,
        ..full
    };
    check_with(
        context,
        full,
        0,
        ended(counted, Phase::Detokenize, Status::ContextFull),
    );
}

#[test]
fn a_stop_text_ends_before_limits_and_after_end_tokens() {
    let before = Control {
        prompt_tokens: 1,
        position: 1,
        tokens_out: 1,
        ..at(Phase::Generate)
    };
    for found in [1, 40, u32::MAX] {
        let cut = Control {
            tokens_out: 2,
            text_end: found,
            ..ended(before, Phase::Detokenize, Status::Stop)
        };
        check(before, found, cut);
        let last = Control {
            tokens_out: 2,
            ..before
        };
        check(
            last,
            found,
            Control {
                tokens_out: 3,
                ..cut
            },
        );
        let stopping = Control {
            position: 4,
            ..before
        };
        let end = ended(stopping, Phase::Detokenize, Status::Stop);
        check(stopping, found, end);
    }
}

#[test]
fn only_the_end_tokens_that_count_end() {
    let before = Control {
        position: 5,
        ..at(Phase::Generate)
    };
    let on = Control {
        position: 6,
        tokens_out: 1,
        ..before
    };
    check(before, 0, on);
    let all = Advance {
        eos_count: 4,
        ..PARAMETERS
    };
    check_with(
        all,
        before,
        0,
        ended(before, Phase::Detokenize, Status::Stop),
    );
}

#[test]
fn detokenize_takes_the_length_and_keeps_the_status() {
    let before = Control {
        status: Status::Stop.code(),
        ..at(Phase::Detokenize)
    };
    let done = Control {
        output_len: 100,
        ..ended(before, Phase::Done, Status::Stop)
    };
    check(before, 100, done);
    check(before, 101, ended(done, Phase::Done, Status::OutputFull));
    check(done, 3, done);
}
