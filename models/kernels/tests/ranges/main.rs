//! An element's value doesn't depend on the range in which it is asked for, and nothing in the inputs makes an operator fail.

mod image;
mod rows;
mod sampling;

use gavel_kernels::{in_domain, run_range, shape, touched, touched_by};
use gavel_primitives::StopText;
use gavel_program::boot::SCRATCH_WORDS;
use gavel_program::control::CONTROL_WORDS;
use gavel_program::op::{
    Elementwise, Embed, ExpertLinear, ExpertSum, FindStop, Linear, Pairing, Penalize, Probs,
    RmsNorm, Rope, Sample, Scale, Scores, Softmax, StoreRow, TopExperts, WeightedSum,
};
use gavel_program::{Control, Node, Op, Operand, WeightFormat};
use proptest::prelude::*;

/// Elements of a tile of 32-bit elements.
const TILE: usize = 64;

fn formats() -> impl Strategy<Value = WeightFormat> {
    prop::sample::select(WeightFormat::ALL.to_vec())
}

/// Formats whose rows may have any length.
fn unpacked() -> impl Strategy<Value = WeightFormat> {
    formats().prop_filter("its rows are whole blocks", |format| !format.quantized())
}

fn windows() -> impl Strategy<Value = u32> {
    prop_oneof![1u32..40, Just(u32::MAX)]
}

fn pairings() -> impl Strategy<Value = Pairing> {
    prop_oneof![Just(Pairing::Neighbours), Just(Pairing::Halves)]
}

/// Operators on numbers, of small shapes.
fn ops() -> impl Strategy<Value = Op> {
    prop_oneof![
        (1u32..6, 1u32..5, 1u32..9, formats(), [0u32..4, 0u32..4]).prop_map(
            |(blocks, vocab, tokens_capacity, format, [before, after])| {
                Op::Embed(Embed {
                    dim: blocks * format.block().max(32),
                    vocab,
                    tokens_capacity,
                    format,
                    before,
                    after,
                })
            }
        ),
        (1u32..5, 1u32..200, any::<u32>()).prop_map(|(rows, dim, eps)| Op::RmsNorm(RmsNorm {
            rows,
            dim,
            eps
        })),
        (1u32..200, 1u32..5, formats()).prop_map(|(rows, blocks, format)| {
            Op::Linear(Linear::whole(rows, blocks * format.block().max(32), format))
        }),
        (1u32..200, 1u32..70, unpacked())
            .prop_map(|(rows, cols, format)| Op::Linear(Linear::whole(rows, cols, format))),
        ([0u32..3, 1u32..3], 0u32..100, 1u32..4, formats()).prop_map(
            |([before, tiles], after, blocks, format)| Op::Linear(Linear {
                rows: tiles * TILE as u32,
                cols: blocks * format.block().max(32),
                format,
                before: before * TILE as u32,
                after,
            })
        ),
        (1u32..9, 1u32..20, 0u32..10, 1u32..9, pairings()).prop_map(
            |(heads, half, rotary, context, pairing)| {
                let (head_dim, rotary) = (2 * half, 2 * rotary.min(half));
                Op::Rope(Rope {
                    heads,
                    head_dim,
                    rotary,
                    context,
                    pairing,
                })
            }
        ),
        (1u32..100, 1u32..9).prop_map(|(width, context)| Op::StoreRow(StoreRow { width, context })),
        (
            1u32..4,
            1u32..4,
            1u32..40,
            1u32..90,
            any::<u32>(),
            windows()
        )
            .prop_map(|(group, kv_heads, head_dim, context, scale, window)| {
                Op::Scores(Scores {
                    heads: group * kv_heads,
                    kv_heads,
                    head_dim,
                    context,
                    scale,
                    window,
                })
            }),
        (1u32..9, 1u32..90, windows()).prop_map(|(heads, context, window)| Op::Softmax(Softmax {
            heads,
            context,
            window
        })),
        (1u32..4, 1u32..4, 1u32..90, 1u32..40, windows()).prop_map(
            |(group, kv_heads, head_dim, context, window)| {
                Op::WeightedSum(WeightedSum {
                    heads: group * kv_heads,
                    kv_heads,
                    head_dim,
                    context,
                    window,
                })
            }
        ),
        (1u32..300).prop_map(|len| Op::Add(Elementwise { len })),
        (1u32..300).prop_map(|len| Op::SwiGlu(Elementwise { len })),
        (1u32..300).prop_map(|len| Op::GeGlu(Elementwise { len })),
        (1u32..300, any::<u32>()).prop_map(|(len, factor)| Op::Scale(Scale { len, factor })),
        (1u32..300).prop_map(|vocab| Op::Probs(Probs { vocab })),
        (1u32..300, 1u32..90).prop_map(|(vocab, tokens_capacity)| {
            Op::Penalize(Penalize {
                vocab,
                tokens_capacity,
            })
        }),
        (1u32..300, 1u32..90, 0u32..40).prop_map(|(vocab, tokens_capacity, longest)| {
            Op::FindStop(FindStop {
                vocab,
                tokens_capacity,
                longest,
            })
        }),
        (1u32..300, 1u32..90).prop_map(|(vocab, tokens_capacity)| {
            Op::Sample(Sample {
                vocab,
                tokens_capacity,
            })
        }),
    ]
}

/// Operators of mixtures of experts.
fn expert_ops() -> impl Strategy<Value = Op> {
    let counts = (1u32..20).prop_flat_map(|experts| (Just(experts), 1..=experts));
    let counts = || counts.clone();
    prop_oneof![
        counts().prop_map(|(experts, used)| Op::TopExperts(TopExperts { experts, used })),
        (counts(), 1u32..100, any::<bool>(), formats()).prop_map(
            |((experts, used), rows, own, format)| {
                Op::ExpertLinear(ExpertLinear {
                    experts,
                    used,
                    rows,
                    cols: format.block().max(32),
                    own,
                    format,
                })
            }
        ),
        (counts(), 1u32..200).prop_map(|((experts, used), dim)| Op::ExpertSum(ExpertSum {
            experts,
            used,
            dim
        })),
    ]
}

fn any_op() -> impl Strategy<Value = Op> {
    prop_oneof![3 => ops(), 1 => image::ops(), 1 => rows::ops(), 1 => expert_ops()]
}

/// Any control slot, its position and temperature mostly of the useful kind.
fn controls() -> impl Strategy<Value = Control> {
    let position = prop_oneof![6 => 0u32..90, 1 => any::<u32>()];
    let temperature = prop_oneof![0u32..3000, any::<u32>()];
    let seen = (position, 0u32..90);
    let drawn = (temperature, 0u32..1100, any::<u64>());
    let filters = (
        prop_oneof![0u32..40, any::<u32>()],
        prop_oneof![0u32..300, any::<u32>()],
    );
    let penalties = prop_oneof![
        1 => Just((1000, 0, 0)),
        2 => (1u32..3000, -2000i32..2000, -2000i32..2000),
        1 => any::<(u32, i32, i32)>(),
    ];
    let stop = prop::array::uniform4(prop_oneof![
        Just(StopText::NONE),
        (prop::collection::vec(0u8..8, 1..4))
            .prop_map(|text| StopText::new(&text).expect("a short text")),
        any::<[u8; 32]>().prop_map(StopText::from_word),
    ]);
    (seen, drawn, filters, penalties, stop).prop_map(
        |((position, prompt_tokens), (temperature, top_p, seed), filters, penalties, stop)| {
            let (top_k, min_p) = filters;
            let (repetition_penalty, frequency_penalty, presence_penalty) = penalties;
            Control {
                position,
                prompt_tokens,
                temperature,
                top_p,
                seed,
                top_k,
                min_p,
                repetition_penalty,
                frequency_penalty,
                presence_penalty,
                stop,
                ..Control::decode(&[0; CONTROL_WORDS])
            }
        },
    )
}

/// A node with the inputs that its operator reads.
fn node(op: Op) -> Node {
    let inputs: Vec<Operand> = (0..)
        .map_while(|index| shape::input(&op, index).map(|_| Operand::Slot(index as u32)))
        .collect();
    Node::new(op, 31, &inputs, 99)
}

/// Words of a tensor: ordinary numbers, small integers or anything at all.
fn tensor(words: usize, seed: u64, kind: u8) -> Vec<u32> {
    let mut state = seed;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 32) as u32
    };
    let word = |any: u32| match kind {
        0 => (f32::from(any as i16) / 4096.0).to_bits(),
        1 => any % 8,
        _ => any,
    };
    (0..words).map(|_| word(next())).collect()
}

fn inputs_of(op: &Op, seed: u64, kind: u8) -> Vec<Vec<u32>> {
    let words = |shape: shape::Shape| shape.dtype.bytes(shape.len as usize).div_ceil(4);
    (0..)
        .map_while(|index| shape::input(op, index))
        .enumerate()
        .map(|(index, shape)| tensor(words(shape), seed ^ index as u64, kind))
        .collect()
}

/// The output slot, computed in ranges that end at the given tiles.
fn in_parts(
    node: &Node,
    control: &Control,
    inputs: &[Vec<u32>],
    old: &[u32],
    cuts: &[usize],
) -> Vec<u32> {
    let inputs: Vec<&[u32]> = inputs.iter().map(Vec::as_slice).collect();
    let mut scratch = vec![u32::MAX; SCRATCH_WORDS];
    let mut out = old.to_vec();
    let mut start = 0;
    for cut in cuts
        .iter()
        .map(|tile| (tile * TILE).min(old.len()))
        .chain([old.len()])
    {
        let end = cut.max(start);
        run_range(
            node,
            control,
            &inputs,
            start..end,
            &mut out[start..end],
            &mut scratch,
        );
        start = end;
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_split_gives_the_same_output(
        op in any_op(), control in controls(), seed in any::<u64>(), kind in 0u8..3,
        mut cuts in prop::collection::vec(0usize..12, 0..6),
    ) {
        let node = node(op);
        prop_assert!(in_domain(&node));
        let inputs = inputs_of(&op, seed, kind);
        let elements = shape::output(&op).len as usize;
        let old = tensor(elements.div_ceil(TILE).max(1) * TILE, !seed, 2);
        let whole = in_parts(&node, &control, &inputs, &old, &[]);
        cuts.sort();
        prop_assert_eq!(&whole, &in_parts(&node, &control, &inputs, &old, &cuts));
        let tiles: Vec<usize> = (1..old.len() / TILE).collect();
        prop_assert_eq!(&whole, &in_parts(&node, &control, &inputs, &old, &tiles));
        let words: Vec<&[u32]> = inputs.iter().map(Vec::as_slice).collect();
        let touched = touched_by(&node, &control, &words);
        for (element, (old, new)) in old.iter().zip(&whole).enumerate() {
            prop_assert!(old == new || touched.contains(&element));
        }
    }

    #[test]
    fn stored_numbers_have_one_nan(op in any_op(), control in controls(), seed in any::<u64>()) {
        let node = node(op);
        let inputs = inputs_of(&op, seed, 2);
        let elements = shape::output(&op).len as usize;
        let old = vec![0; elements.div_ceil(TILE).max(1) * TILE];
        for word in in_parts(&node, &control, &inputs, &old, &[]) {
            prop_assert!(!f32::from_bits(word).is_nan() || word == 0x7fc0_0000);
        }
    }

    #[test]
    fn outside_the_domain_nothing_is_read_or_changed(code in 3u32..30, params in prop::array::uniform32(prop_oneof![Just(0u32), 0u32..4, any::<u32>()]), count in 0usize..4) {
        // Five parameters at most are not zero, so that many records decode.
        let mut params = params;
        params[5..].fill(0);
        let Some(op) = Op::decode(code, &params) else { return Ok(()) };
        let node = Node::new(op, 31, &[Operand::Slot(0); 3][..count.min(3)], 0);
        if in_domain(&node) {
            return Ok(());
        }
        let control = Control::decode(&[1; CONTROL_WORDS]);
        let mut out = [7; TILE];
        run_range(&node, &control, &[], 0..TILE, &mut out, &mut []);
        prop_assert_eq!(out, [7; TILE]);
        prop_assert!(touched(&node, &control).is_empty());
    }
}
