//! Every fast path at every level equals the operator's definition, bit for bit, whatever the numbers.

mod sequence;

use gavel_kernels::run_range;
use gavel_program::boot::SCRATCH_WORDS;
use gavel_program::control::CONTROL_WORDS;
use gavel_program::op::{
    Elementwise, ExpertSum, Linear, Pairing, RmsNorm, Rope, Scores, Softmax, WeightedSum,
};
use gavel_program::{Control, DType, Node, Op, Operand, WeightFormat};
use gavel_simd::attention::{Shape, attention, cache_positions, scratch_words, store};
use gavel_simd::linear::rows::{BF16, F16, F32, round, rows as by_rows};
use gavel_simd::linear::{Outputs, float, scatter, scatter_from};
use gavel_simd::{Activations, GROUP, Layout, Level, Packed, Quantizing, linear, rows};
use proptest::prelude::*;

/// Numbers of all kinds: ordinary ones, tiny and huge ones, zeros, infinities, NaN.
fn numbers(len: usize) -> impl Strategy<Value = Vec<u32>> {
    let ordinary = (-4.0f32..4.0).prop_map(f32::to_bits);
    let wild = prop_oneof![
        Just(0u32),
        Just(0x8000_0000),
        Just(0x7f80_0000),
        Just(0xff80_0000),
        Just(0xffc0_1234),
        0u32..0x0080_0000,
        any::<u32>(),
    ];
    let rarely = prop_oneof![Just(0.0), Just(0.002), Just(0.2)];
    rarely.prop_flat_map(move |share: f64| {
        let element = prop_oneof![
            ((1.0 - share) * 1000.0) as u32 + 1 => ordinary.clone(),
            (share * 1000.0) as u32 + u32::from(share > 0.0) => wild.clone(),
        ];
        prop::collection::vec(element, len)
    })
}

/// Sixteen-bit scales: mostly small numbers, sometimes anything.
fn scales(len: usize) -> impl Strategy<Value = Vec<u16>> {
    let scale = prop_oneof![50 => 0x1c00u16..0x3c00, 1 => any::<u16>(), 1 => 0u16..0x400];
    prop::collection::vec(scale, len)
}

fn f32s(words: &[u32]) -> &[f32] {
    bytemuck::cast_slice(words)
}

fn bits(numbers: &[f32]) -> Vec<u32> {
    numbers.iter().map(|x| x.to_bits()).collect()
}

/// The operator's own words for one vector.
fn defined(op: Op, position: u32, inputs: &[&[u32]], len: usize) -> Vec<u32> {
    let operands = [Operand::Slot(0); 12];
    let node = Node::new(op, 1, &operands[..inputs.len()], 1);
    let control = Control {
        position,
        ..Control::decode(&[0; CONTROL_WORDS])
    };
    let mut out = vec![0; len];
    let mut scratch = vec![0; SCRATCH_WORDS];
    run_range(&node, &control, inputs, 0..len, &mut out, &mut scratch);
    out
}

/// A plane's bytes as words.
fn words<T: bytemuck::NoUninit>(plane: &[T]) -> Vec<u32> {
    let mut words = vec![0u32; size_of_val(plane).div_ceil(4)];
    bytemuck::cast_slice_mut::<u32, u8>(&mut words)[..size_of_val(plane)]
        .copy_from_slice(bytemuck::cast_slice(plane));
    words
}

/// A quantized matrix and vectors.
#[derive(Clone, Debug)]
struct Case {
    format: WeightFormat,
    rows: usize,
    cols: usize,
    planes: Vec<Vec<u8>>,
    x: Vec<u32>,
}

/// A plane's bytes: 16-bit scales, or any bytes, in which the extremes are not rare.
fn plane(dtype: DType, elements: usize) -> BoxedStrategy<Vec<u8>> {
    let number = prop_oneof![8 => any::<u8>(), 1 => Just(0x80), 1 => Just(0x7f), 1 => Just(0xff)];
    let bits = match dtype {
        DType::F16 => {
            let bytes = |scales: Vec<u16>| bytemuck::cast_slice(&scales).to_vec();
            return scales(elements).prop_map(bytes).boxed();
        }
        DType::U1 => 1,
        DType::U2 => 2,
        DType::U4 => 4,
        DType::I8 | DType::U8 => 8,
        other => panic!("{other:?} is no plane of a quantized matrix"),
    };
    prop::collection::vec(number, elements * bits / 8).boxed()
}

fn quantized() -> impl Strategy<Value = Case> {
    let all = WeightFormat::ALL
        .into_iter()
        .filter(|format| format.quantized());
    let format = prop::sample::select(all.collect::<Vec<_>>());
    (format, 1usize..50, 1usize..7, 1usize..34).prop_flat_map(|(format, rows, blocks, vectors)| {
        let block = format.block() as usize;
        let cols = block
            * if block > 32 {
                blocks.div_ceil(3)
            } else {
                blocks
            };
        let planes: Vec<_> = format
            .planes()
            .iter()
            .map(|layout| plane(layout.dtype, rows * cols / layout.columns as usize))
            .collect();
        (planes, numbers(vectors * cols)).prop_map(move |(planes, x)| Case {
            format,
            rows,
            cols,
            planes,
            x,
        })
    })
}

/// A packed matrix's words: they begin on a whole cache line's worth of alignment only by luck, which must not matter.
fn packed(case: &Case, layout: &Layout) -> Vec<u8> {
    let mut bytes = vec![0xee; layout.bytes()];
    let planes: Vec<&[u8]> = case.planes.iter().map(Vec::as_slice).collect();
    for (group, out) in bytes.chunks_exact_mut(layout.group_bytes()).enumerate() {
        layout.pack_group(group, &planes, out);
    }
    bytes
}

/// Rows `[rows, cols]` as groups of sixteen, of each column its rows together.
fn grouped(weights: &[f32], cols: usize) -> Vec<f32> {
    let rows = weights.len() / cols;
    let mut groups = vec![0.0; rows.div_ceil(GROUP) * GROUP * cols];
    for (at, weight) in weights.iter().enumerate() {
        let (row, col) = (at / cols, at % cols);
        groups[(row / GROUP * cols + col) * GROUP + row % GROUP] = *weight;
    }
    groups
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn quantized_matrices(case in quantized(), is_short: bool, part in 0.0..=1.0) {
        let layout = Layout::new(case.format, case.rows, case.cols).expect("a packed format");
        let layout = if is_short { layout.short() } else { layout };
        let bytes = packed(&case, &layout);
        let matrix = Packed::new(layout, &bytes);
        let vectors = case.x.len() / case.cols;
        let op = Op::Linear(Linear::whole(case.rows as u32, case.cols as u32, case.format));
        let planes: Vec<Vec<u32>> = case.planes.iter().map(|plane| words(plane)).collect();
        let expected: Vec<u32> = case
            .x
            .chunks(case.cols)
            .flat_map(|x| {
                let planes = planes.iter().map(Vec::as_slice);
                let inputs: Vec<&[u32]> = [x].into_iter().chain(planes).collect();
                defined(op, 0, &inputs, case.rows)
            })
            .collect();
        for level in Level::all() {
            let mut memory = vec![0; Activations::words(vectors, case.cols)];
            // As several threads do it.
            let (some, others) = Quantizing::of(f32s(&case.x), case.cols, &mut memory).split();
            others.fill(level);
            some.fill(level);
            let x = Activations::quantized(vectors, case.cols, &memory);
            let mut out = vec![[0.0; GROUP]; layout.groups() * vectors];
            let cut = layout.groups() / 2;
            let (first, second) = out.split_at_mut(cut * vectors);
            linear(level, &matrix, 0..cut, &x, first);
            linear(level, &matrix, cut..layout.groups(), &x, second);
            let mut rows = vec![0.0; vectors * case.rows];
            let before = (part * vectors as f64) as usize;
            let (some, others) = rows.split_at_mut(before * case.rows);
            scatter_from(before, &out, vectors, 0, case.rows, others);
            scatter_from(0, &out, vectors, 0, case.rows, some);
            prop_assert_eq!(&bits(&rows), &expected, "{:?}, {}", case.format, level.name());
        }
    }
}

/// Matrices of floating-point weights with these bits, and their upper halves', at every level.
fn floats_agree(rows: usize, cols: usize, weights: &[u32], x: &[u32]) -> Result<(), TestCaseError> {
    let halves: Vec<u16> = weights.iter().map(|bits| (bits >> 13) as u16).collect();
    let upper: Vec<u16> = weights.iter().map(|bits| (bits >> 16) as u16).collect();
    let expected = |format, weights: &[u32]| -> Vec<u32> {
        let op = Op::Linear(Linear::whole(rows as u32, cols as u32, format));
        x.chunks(cols)
            .flat_map(|x| defined(op, 0, &[x, weights], rows))
            .collect()
    };
    let in_f32 = expected(WeightFormat::F32, weights);
    let in_f16 = expected(WeightFormat::F16, &words(&halves));
    let in_bf16 = expected(WeightFormat::BF16, &words(&upper));
    let vectors = x.len() / cols;
    for level in Level::all() {
        let got = |each: &dyn Fn(&mut [Outputs])| {
            let mut outputs = vec![[0.0; GROUP]; rows.div_ceil(GROUP) * vectors];
            each(&mut outputs);
            let mut out = vec![0.0; vectors * rows];
            scatter(&outputs, vectors, 0, rows, &mut out);
            bits(&out)
        };
        let x = f32s(x);
        let f32_rows = got(&|out| by_rows::<F32>(level, f32s(weights), cols, x, out));
        prop_assert_eq!(&f32_rows, &in_f32, "{}", level.name());
        let mut memory = vec![0.0; x.len()];
        round::<F16>(level, x, &mut memory);
        let f16_rows = got(&|out| by_rows::<F16>(level, &halves, cols, &memory, out));
        prop_assert_eq!(&f16_rows, &in_f16, "{}", level.name());
        round::<BF16>(level, x, &mut memory);
        let bf16_rows = got(&|out| by_rows::<BF16>(level, &upper, cols, &memory, out));
        prop_assert_eq!(&bf16_rows, &in_bf16, "{}", level.name());
        let groups = grouped(f32s(weights), cols);
        let f32_groups = got(&|out| float::f32_groups(level, &groups, cols, x, out));
        prop_assert_eq!(&f32_groups, &in_f32, "{}", level.name());
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn wide_matrices_of_floats_and_many_vectors(
        rows in 1usize..36,
        cols in 500usize..1100,
        vectors in 1usize..60,
        some in numbers(2 * 4099),
    ) {
        // Columns and vectors beyond what a kernel takes at a time; the same numbers in turn, at other places of each row.
        let (weights, x) = some.split_at(4099);
        let long = |some: &[u32], len| -> Vec<u32> { some.iter().copied().cycle().take(len).collect() };
        floats_agree(rows, cols, &long(weights, rows * cols), &long(x, vectors * cols))?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn matrices_of_floats(
        (rows, cols, weights, x) in (1usize..40, 1usize..70, 1usize..34).prop_flat_map(|(rows, cols, vectors)| {
            (Just(rows), Just(cols), numbers(rows * cols), numbers(vectors * cols))
        }),
    ) {
        floats_agree(rows, cols, &weights, &x)?;
    }

    #[test]
    fn attention_over_a_cache(
        (heads, kv_heads, head_dim, visible, window, q, keys, values, scale) in
            (1usize..4, 1usize..4, 1usize..100, 1usize..70, 1u32..100).prop_flat_map(|(group, kv_heads, head_dim, visible, window)| {
                let cache = visible * kv_heads * head_dim;
                (
                    Just(group * kv_heads), Just(kv_heads), Just(head_dim), Just(visible), Just(window),
                    numbers(group * kv_heads * head_dim), numbers(cache), numbers(cache), -2.0f32..2.0,
                )
            }),
    ) {
        let (context, position) = (visible as u32, visible as u32 - 1);
        let [h, kv, dim] = [heads, kv_heads, head_dim].map(|size| size as u32);
        let scale = scale.to_bits();
        let op = Op::Scores(Scores { heads: h, kv_heads: kv, head_dim: dim, context, scale, window });
        let scores = defined(op, position, &[&q, &keys], heads * visible);
        let op = Op::Softmax(Softmax { heads: h, context, window });
        let probs = defined(op, position, &[&scores], heads * visible);
        let op = Op::WeightedSum(WeightedSum { heads: h, kv_heads: kv, head_dim: dim, context, window });
        let expected = defined(op, position, &[&probs, &values], heads * head_dim);
        let positions = cache_positions(visible);
        let shape = Shape { group: heads / kv_heads, head_dim, positions, scale, window: window as usize };
        for level in Level::all() {
            let mut out = vec![0.0; heads * head_dim];
            let mut scratch = vec![0.0; scratch_words(visible)];
            let row = kv_heads * head_dim;
            let cached = |rows: &[u32]| {
                // What no position has stored may hold anything.
                let mut cache = vec![f32::NAN; positions * row];
                for (position, row) in f32s(rows).chunks(row).enumerate() {
                    store(level, row, positions, position, &mut cache);
                }
                cache
            };
            let (keys, values) = (cached(&keys), cached(&values));
            let width = shape.group * head_dim;
            for (head, out) in out.chunks_mut(width).enumerate() {
                let q = &f32s(&q)[head * width..][..width];
                let at = head * head_dim * positions;
                let (keys, values) = (&keys[at..], &values[at..]);
                attention(level, &shape, q, keys, values, visible - 1, &mut scratch, out);
            }
            prop_assert_eq!(&bits(&out), &expected, "{}", level.name());
        }
    }

    #[test]
    fn rotations(
        (heads, head_dim, halves, x, table) in (1usize..5, 1usize..40, any::<bool>()).prop_flat_map(|(heads, head_dim, halves)| {
            (0..=head_dim / 2).prop_flat_map(move |pairs| {
                (Just(heads), Just(head_dim), Just(halves), numbers(heads * head_dim), numbers(2 * pairs))
            })
        }),
    ) {
        let op = Op::Rope(Rope {
            heads: heads as u32,
            head_dim: head_dim as u32,
            rotary: table.len() as u32,
            context: 1,
            pairing: if halves { Pairing::Halves } else { Pairing::Neighbours },
        });
        let expected = defined(op, 0, &[&x, &table], x.len());
        for level in Level::all() {
            let mut out = vec![0.0; x.len()];
            rows::rope(level, f32s(&x), head_dim, !halves, f32s(&table), &mut out);
            prop_assert_eq!(&bits(&out), &expected, "{}", level.name());
        }
    }

    #[test]
    fn operators_within_a_vector(
        (a, b, eps) in (1usize..200).prop_flat_map(|len| (numbers(len), numbers(len), 0.0f32..1.0)),
    ) {
        let len = a.len() as u32;
        let op = Op::RmsNorm(RmsNorm { rows: 1, dim: len, eps: eps.to_bits() });
        let norm = defined(op, 0, &[&a, &b], a.len());
        let swiglu = defined(Op::SwiGlu(Elementwise { len }), 0, &[&a, &b], a.len());
        let sum = defined(Op::Add(Elementwise { len }), 0, &[&a, &b], a.len());
        for level in Level::all() {
            let mut out = vec![0.0; a.len()];
            rows::rms_norm(level, f32s(&a), f32s(&b), eps.to_bits(), &mut out);
            prop_assert_eq!(&bits(&out), &norm, "{}", level.name());
            rows::swiglu(level, f32s(&a), f32s(&b), &mut out);
            prop_assert_eq!(&bits(&out), &swiglu, "{}", level.name());
            let mut out = f32s(&a).to_vec();
            rows::add(level, f32s(&b), &mut out);
            prop_assert_eq!(&bits(&out), &sum, "{}", level.name());
        }
    }

    #[test]
    fn outputs_of_experts(
        (used, x, chosen, probs) in (1usize..9, 1usize..100, 9usize..20).prop_flat_map(|(used, dim, experts)| {
            let number = prop_oneof![20 => 0..experts as u32, 1 => any::<u32>()];
            (Just(used), numbers(used * dim), prop::collection::vec(number, used), numbers(experts))
        }),
    ) {
        let dim = x.len() / used;
        let p = ExpertSum { experts: probs.len() as u32, used: used as u32, dim: dim as u32 };
        let expected = defined(Op::ExpertSum(p), 0, &[&x, &chosen, &probs], dim);
        for level in Level::all() {
            let mut out = vec![1.0; dim];
            rows::expert_sum(level, f32s(&x), &chosen, f32s(&probs), &mut out);
            prop_assert_eq!(&bits(&out), &expected, "{}", level.name());
        }
    }
}

#[test]
fn the_exponential_is_the_defined_one() {
    // silu(x) = x / (1 + exp(-x)) shows every bit of the exponential that matters; every 997th number of both signs.
    let numbers: Vec<u32> = (0..=u32::MAX).step_by(997).collect();
    let ones = vec![1.0f32.to_bits(); 4096];
    for chunk in numbers.chunks(4096) {
        let len = chunk.len() as u32;
        let ones = &ones[..chunk.len()];
        let expected = defined(
            Op::SwiGlu(Elementwise { len }),
            0,
            &[chunk, ones],
            chunk.len(),
        );
        for level in Level::all() {
            let mut out = vec![0.0; chunk.len()];
            rows::swiglu(level, f32s(chunk), f32s(ones), &mut out);
            assert_eq!(bits(&out), expected, "{}", level.name());
        }
    }
}
