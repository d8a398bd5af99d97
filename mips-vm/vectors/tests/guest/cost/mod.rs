//! Measured costs against the formula, on inputs that drive soft float through its longest paths.

mod cases;

use crate::tile::{Setting, TILE_WORDS};
use cases::cases;
use gavel_image::symbols;
use gavel_kernels::{cost, shape};
use gavel_primitives::StopText;
use gavel_program::control::CONTROL_WORDS;
use gavel_program::op::FindStop;
use gavel_program::{Control, Node, Op, Operand};

/// Shapes any bits, for a word of the input of this index, into a number of a kind.
type Kind = fn(usize, u32) -> u32;

/// Kinds of input words.
const KINDS: [(&str, Kind); 8] = [
    ("any", |_, any| any),
    ("ordinary", |_, any| any & 0x807f_ffff | 0x3f80_0000),
    ("subnormal", |_, any| any & 0x807f_ffff),
    ("subnormal halves", |_, any| any & 0x83ff_83ff),
    ("first tiny, others large", |input, any| {
        tiny_or_large(input == 0, any)
    }),
    ("second tiny, others large", |input, any| {
        tiny_or_large(input == 1, any)
    }),
    ("tiny or ordinary", |_, any| {
        tiny_or_large(any & 4 == 0, any)
    }),
    ("small range", |_, any| {
        (f32::from(any as i16) / 8192.0).to_bits()
    }),
];

fn tiny_or_large(tiny: bool, any: u32) -> u32 {
    if tiny {
        any & 0x8000_000f
    } else {
        any & 0x807f_ffff | 0x4000_0000
    }
}

/// Bits that depend on all of the place's.
fn any_bits(input: usize, at: usize) -> u32 {
    let mut z = (input as u64) << 40 | at as u64;
    z = (z ^ z >> 30 ^ 0x5851_f42d_4c95_7f2d).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    (z ^ z >> 31) as u32
}

/// What all words of an input are that isn't numbers: tokens, or the count of rows, which is all of them.
fn integers(op: &Op, input: usize) -> Option<u32> {
    match (op, input) {
        (Op::Embed(_), 0) | (Op::RowsEmbed(_), 1) => Some(3),
        (Op::ExpertLinear(_) | Op::ExpertSum(_) | Op::Penalize(_), 1) => Some(3),
        (
            Op::RowsEmbed(_)
            | Op::RowsLinear(_)
            | Op::RowsAdd(_)
            | Op::RowsGelu(_)
            | Op::RowsMean(_)
            | Op::LayerNorm(_)
            | Op::RowsScores(_)
            | Op::RowsSoftmax(_)
            | Op::RowsWeightedSum(_),
            0,
        ) => Some(u32::MAX),
        _ => None,
    }
}

/// A node with as many inputs as its operator reads.
fn node(op: Op) -> Node {
    let count = (0..).map_while(|index| shape::input(&op, index)).count();
    let slots: Vec<Operand> = (0..count as u32).map(Operand::Slot).collect();
    Node::new(op, 31, &slots, 99)
}

fn setting(node: &Node, position: u32, kind: Kind) -> Setting {
    let op = node.op;
    let shapes: Vec<_> = (0..).map_while(|index| shape::input(&op, index)).collect();
    let inputs: Vec<Vec<u32>> = shapes
        .iter()
        .enumerate()
        .map(|(input, shape)| {
            let words = shape.dtype.bytes(shape.len as usize).div_ceil(4);
            let fixed = integers(&op, input);
            let word = |at| fixed.unwrap_or_else(|| kind(input, any_bits(input, at)));
            (0..words).map(word).collect()
        })
        .collect();
    let control = Control {
        position,
        temperature: 800,
        top_p: 1000,
        top_k: 1 << 16,
        min_p: 1,
        repetition_penalty: 1001,
        frequency_penalty: -7,
        presence_penalty: 3,
        seed: 1,
        ..Control::decode(&[0; CONTROL_WORDS])
    };
    Setting::new(&node.encode(), &control.encode(), &inputs)
}

#[test]
fn no_tile_costs_more_than_the_formula_says() {
    for (op, position) in cases() {
        let node = node(op);
        let most = cost(&node);
        let mut worst = 0;
        for (kind, bits) in KINDS {
            let (_, steps) = setting(&node, position, bits).run(0, &[0; TILE_WORDS]);
            assert!(
                steps <= most,
                "{op:?}, {kind}: {steps} instructions, at most {most}"
            );
            worst = worst.max(steps);
        }
        // Nor is it so far above that a program would be refused for nothing.
        assert!(
            most < 16 * worst,
            "{op:?}: {worst} instructions at worst, formula {most}"
        );
    }
}

/// The costliest stop texts: the end of each is looked at in every place, where all bytes but the last are alike.
#[test]
fn stop_texts_cost_no_more_than_the_formula_says() {
    for (tokens, longest) in [(4, 1), (100, 30), (1000, 200), (9, 1000)] {
        let op = Op::FindStop(FindStop {
            vocab: 1,
            tokens_capacity: tokens,
            longest,
        });
        let node = node(op);
        let stop = [&[0; 30][..], &[1]].concat();
        let control = Control {
            position: tokens - 2,
            stop: StopText::all([&stop[..]; 4]).expect("four stop texts"),
            ..Control::decode(&[0; CONTROL_WORDS])
        };
        let inputs = [vec![0; tokens as usize], vec![0; 8], vec![0, longest]];
        let setting = Setting::new(&node.encode(), &control.encode(), &inputs);
        let (_, steps) = setting.run(0, &[0; TILE_WORDS]);
        let most = cost(&node);
        assert!(steps <= most, "{op:?}: {steps}, at most {most}");
        assert!(most < 16 * steps, "{op:?}: {steps}, formula {most}");
    }
}

#[test]
fn soft_float_routines_are_as_short_as_the_formula_takes_them() {
    use gavel_kernels::cost::{ADD, COMPARE, DIVIDE, FROM_INTEGER, MULTIPLY};
    let instructions = |suffix: &str| -> u64 {
        let named = symbols()
            .iter()
            .filter(|symbol| symbol.name.ends_with(suffix));
        named.map(|symbol| u64::from(symbol.size / 4)).sum()
    };
    for (suffix, most) in [
        ("__addsf3", ADD),
        ("__mulsf3", MULTIPLY),
        ("__divsf3", DIVIDE),
        ("__ltsf2", COMPARE),
        ("__gtsf2", COMPARE),
        ("__gesf2", COMPARE),
        ("__floatsisf", FROM_INTEGER),
    ] {
        let length = instructions(suffix);
        assert!(
            0 < length && length <= most,
            "{suffix}: {length} instructions, taken as {most}"
        );
    }
}
