//! Measured costs against the formula, on inputs that drive soft float through its longest paths.

use crate::tile::{Setting, TILE_WORDS};
use gavel_image::symbols;
use gavel_kernels::{cost, shape};
use gavel_primitives::StopText;
use gavel_program::control::CONTROL_WORDS;
use gavel_program::op::{
    ChannelAffine, Conv, Elementwise, Embed, ExpertLinear, ExpertSum, FindStop, InputScale,
    LayerNorm, Linear, Pairing, Penalize, Pool, Probs, Reduction, RmsNorm, Rope, RowSoftmax, Rows,
    RowsAttention, RowsEmbed, RowsLinear, Sample, Scale, Scores, Softmax, StoreRow, TopExperts,
    WeightedSum,
};
use gavel_program::{Control, Node, Op, Operand, WeightFormat};

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

/// An operator at a position, at its most expensive place.
fn cases() -> Vec<(Op, u32)> {
    let mut cases = Vec::new();
    for format in WeightFormat::ALL {
        let block = format.block().max(32);
        for dim in [64.max(block), 512] {
            cases.push((
                Op::Embed(Embed {
                    dim,
                    vocab: 8,
                    tokens_capacity: 8,
                    format,
                    before: 0,
                    after: 0,
                }),
                0,
            ));
        }
        for cols in [block, 2 * block, 512] {
            cases.push((Op::Linear(Linear::whole(64, cols, format)), 0));
        }
    }
    for (rows, dim) in [(1, 1), (1, 64), (1, 1024), (8, 16), (2, 40), (70, 1)] {
        cases.push((Op::RmsNorm(RmsNorm { rows, dim, eps: 0 }), 0));
    }
    for (head_dim, rotary) in [(64, 64), (8, 8), (16, 0)] {
        for pairing in [Pairing::Neighbours, Pairing::Halves] {
            cases.push((
                Op::Rope(Rope {
                    heads: 64 / head_dim,
                    head_dim,
                    rotary,
                    context: 6,
                    pairing,
                }),
                5,
            ));
        }
    }
    cases.push((
        Op::StoreRow(StoreRow {
            width: 64,
            context: 8,
        }),
        0,
    ));
    for head_dim in [1, 8, 64, 128] {
        cases.push((
            Op::Scores(Scores {
                heads: 1,
                kv_heads: 1,
                head_dim,
                context: 64,
                scale: 0x3f00_0001,
                window: 64,
            }),
            63,
        ));
    }
    for context in [1, 8, 64, 200] {
        cases.push((
            Op::Softmax(Softmax {
                heads: 70,
                context,
                window: context,
            }),
            context - 1,
        ));
    }
    for (heads, head_dim, context) in [
        (1, 64, 64),
        (1, 64, 512),
        (8, 8, 64),
        (64, 1, 64),
        (2, 33, 64),
    ] {
        cases.push((
            Op::WeightedSum(WeightedSum {
                heads,
                kv_heads: heads,
                head_dim,
                context,
                window: context,
            }),
            context - 1,
        ));
    }
    cases.extend(image_cases().into_iter().map(|op| (op, 0)));
    cases.extend(rows_cases().into_iter().map(|op| (op, 0)));
    cases.extend(expert_cases().into_iter().map(|op| (op, 0)));
    cases.push((Op::Add(Elementwise { len: 64 }), 0));
    cases.push((Op::SwiGlu(Elementwise { len: 64 }), 0));
    cases.push((Op::GeGlu(Elementwise { len: 64 }), 0));
    let factor = 0x3fff_ffff;
    cases.push((Op::Scale(Scale { len: 64, factor }), 0));
    for vocab in [64, 512, 8192] {
        cases.push((Op::Probs(Probs { vocab }), 0));
        cases.push((
            Op::Sample(Sample {
                vocab,
                tokens_capacity: 64,
            }),
            0,
        ));
        let tokens_capacity = vocab;
        let op = Op::Penalize(Penalize {
            vocab,
            tokens_capacity,
        });
        cases.push((op, vocab - 1));
    }
    cases
}

/// Operators on images and rows: one wide row, several, and single windows.
fn image_cases() -> Vec<Op> {
    let mut cases = vec![Op::Relu(Elementwise { len: 64 })];
    for (channels, plane) in [(1, 64), (4, 16), (64, 1)] {
        cases.push(Op::ChannelAffine(ChannelAffine { channels, plane }));
    }
    for (channels, plane) in [(1, 64), (4, 16)] {
        let one = 0x3fff_ffff;
        cases.push(Op::InputScale(InputScale {
            channels,
            plane,
            divisor: 0x437f_0001,
            mean0: one,
            mean1: one,
            mean2: one,
            mean3: one,
            deviation0: one,
            deviation1: one,
            deviation2: one,
            deviation3: one,
        }));
    }
    for (rows, dim) in [(1, 10), (1, 64), (1, 300), (70, 1), (9, 8)] {
        cases.push(Op::RowSoftmax(RowSoftmax { rows, dim }));
    }
    for (channels, out_channels, side, kernel) in [
        (1, 1, 64, 1),
        (3, 2, 8, 3),
        (16, 64, 1, 1),
        (8, 64, 1, 3),
        (2, 4, 14, 5),
    ] {
        cases.push(Op::Conv(conv(channels, out_channels, side, kernel)));
    }
    for reduction in [Reduction::Largest, Reduction::Mean, Reduction::PaddedMean] {
        for (channels, side, kernel) in [(1, 64, 1), (2, 8, 2), (64, 1, 3), (1, 14, 7)] {
            cases.push(Op::Pool(pool(channels, side, kernel, reduction)));
        }
    }
    cases
}

/// Mixtures of experts: a tile of one expert's rows, of several experts', of many experts chosen.
fn expert_cases() -> Vec<Op> {
    let mut cases = Vec::new();
    for (experts, used) in [(8, 2), (128, 8), (64, 64)] {
        cases.push(Op::TopExperts(TopExperts { experts, used }));
        cases.push(Op::ExpertSum(ExpertSum {
            experts,
            used,
            dim: 64,
        }));
    }
    for format in WeightFormat::ALL {
        for (rows, own) in [(64, false), (16, true)] {
            cases.push(Op::ExpertLinear(ExpertLinear {
                experts: 4,
                used: 4,
                rows,
                cols: format.block().max(64),
                own,
                format,
            }));
        }
    }
    cases
}

/// Operators on rows: a tile in one of them, and in several.
fn rows_cases() -> Vec<Op> {
    let mut cases = Vec::new();
    for format in WeightFormat::ALL {
        let block = format.block().max(32);
        for (rows, outputs, cols) in [(1, 64, block), (2, 64, 512), (8, 8, block), (64, 1, block)] {
            cases.push(Op::RowsLinear(RowsLinear {
                rows,
                outputs,
                cols,
                format,
            }));
        }
        cases.push(Op::RowsEmbed(RowsEmbed {
            rows: 2,
            dim: block,
            vocab: 8,
            format,
        }));
    }
    for (rows, dim) in [(1, 64), (2, 384), (4, 16), (64, 1), (70, 3)] {
        let p = Rows { rows, dim };
        cases.extend([Op::RowsAdd(p), Op::RowsGelu(p), Op::RowsMean(p)]);
        cases.push(Op::LayerNorm(LayerNorm { rows, dim, eps: 0 }));
    }
    for (rows, heads, head_dim) in [
        (64, 1, 64),
        (8, 2, 8),
        (1, 64, 1),
        (200, 1, 33),
        (64, 4, 16),
    ] {
        let p = RowsAttention {
            rows,
            heads,
            head_dim,
            scale: 0x3f00_0001,
        };
        cases.extend([
            Op::RowsScores(p),
            Op::RowsSoftmax(p),
            Op::RowsWeightedSum(p),
        ]);
    }
    cases.extend([1, 64, 384].map(|len| Op::UnitNorm(Elementwise { len })));
    cases
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

/// Windows of `kernel` by `kernel`, as many as `side` by `side`, none of which reaches over an edge.
fn conv(channels: u32, out_channels: u32, side: u32, kernel: u32) -> Conv {
    Conv {
        channels,
        height: side + kernel - 1,
        width: side + kernel - 1,
        out_channels,
        out_height: side,
        out_width: side,
        kernel_height: kernel,
        kernel_width: kernel,
        stride_height: 1,
        stride_width: 1,
        pad_top: 0,
        pad_left: 0,
        dilation_height: 1,
        dilation_width: 1,
        groups: 1,
    }
}

/// The same.
fn pool(channels: u32, side: u32, kernel: u32, reduction: Reduction) -> Pool {
    Pool {
        channels,
        height: side + kernel - 1,
        width: side + kernel - 1,
        out_height: side,
        out_width: side,
        kernel_height: kernel,
        kernel_width: kernel,
        stride_height: 1,
        stride_width: 1,
        pad_top: 0,
        pad_left: 0,
        reduction,
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
