//! The operators on rows of a sequence.

use crate::{bits, defined, f32s, numbers};
use gavel_program::op::{self, LayerNorm, RowsAttention, RowsLinear};
use gavel_program::{Op, WeightFormat};
use gavel_simd::linear::rows::{F32, Rows, products};
use gavel_simd::{Level, rows, sequence};
use proptest::prelude::*;

/// Inputs of an operator on rows: the count, then numbers.
fn with_count(count: u32, inputs: &[&[u32]]) -> Vec<Vec<u32>> {
    let mut counted = vec![0; 64];
    counted[0] = count;
    let mut all = vec![counted];
    all.extend(inputs.iter().map(|input| input.to_vec()));
    all
}

/// An operator on rows as it is defined.
fn defined_rows(op: Op, count: usize, inputs: &[&[u32]], len: usize) -> Vec<u32> {
    let inputs = with_count(count as u32, inputs);
    let inputs: Vec<&[u32]> = inputs.iter().map(Vec::as_slice).collect();
    defined(op, 0, &inputs, len)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn matrices_of_a_sequence(
        (rows, outputs, cols, x, w, bias) in (1usize..20, 1usize..20, 1usize..100).prop_flat_map(|(rows, outputs, cols)| {
            (Just(rows), Just(outputs), Just(cols), numbers(rows * cols), numbers(outputs * cols), numbers(outputs))
        }),
    ) {
        let op = Op::RowsLinear(RowsLinear { rows: rows as u32, outputs: outputs as u32, cols: cols as u32, format: WeightFormat::F32 });
        let expected = defined_rows(op, rows, &[&x, &bias, &w], rows * outputs);
        for level in Level::all() {
            let mut out = vec![0.0; rows * outputs];
            let part = |numbers, count| Rows { numbers: f32s(numbers), stride: cols, count };
            products::<F32>(level, part(&w, outputs), part(&x, rows), cols, &mut out, outputs);
            rows::add(level, f32s(&bias), &mut out);
            prop_assert_eq!(&bits(&out), &expected, "{}", level.name());
        }
    }

    #[test]
    fn attention_of_a_sequence(
        (rows, heads, size, q, k, v, scale) in (1usize..40, 1usize..4, 1usize..4, -2.0f32..2.0).prop_flat_map(|(rows, heads, size, scale)| {
            let numbers = || numbers(rows * heads * 16 * size);
            (Just(rows), Just(heads), Just(16 * size), numbers(), numbers(), numbers(), Just(scale))
        }),
    ) {
        let p = RowsAttention { rows: rows as u32, heads: heads as u32, head_dim: size as u32, scale: scale.to_bits() };
        let scores = defined_rows(Op::RowsScores(p), rows, &[&q, &k], rows * heads * rows);
        let probs = defined_rows(Op::RowsSoftmax(p), rows, &[&scores], scores.len());
        let sums = defined_rows(Op::RowsWeightedSum(p), rows, &[&probs, &v], q.len());
        let (stride, width) = (heads * size, heads * rows);
        for level in Level::all() {
            for head in 0..heads {
                let part = |numbers| Rows { numbers: &f32s(numbers)[head * size..], stride, count: rows };
                let mut out = vec![0.0; rows * rows];
                products::<F32>(level, part(&k), part(&q), size, &mut out, rows);
                sequence::scale(level, scale, &mut out);
                for (row, out) in out.chunks_mut(rows).enumerate() {
                    let place = row * width + head * rows..row * width + (head + 1) * rows;
                    prop_assert_eq!(&bits(out), &scores[place.clone()], "{}", level.name());
                    let mut weights = vec![0.0; rows];
                    sequence::softmax(level, out, &mut weights);
                    prop_assert_eq!(&bits(&weights), &probs[place], "{}", level.name());
                    let mut sum = vec![0.0; size];
                    sequence::weighted_sum(level, &weights, &f32s(&v)[head * size..], stride, &mut sum);
                    prop_assert_eq!(&bits(&sum), &sums[row * stride + head * size..][..size], "{}", level.name());
                }
            }
        }
    }

    #[test]
    fn operators_within_rows(
        (dim, a, b, weight, bias, eps) in (1usize..150, 1usize..4).prop_flat_map(|(dim, rows)| {
            (Just(dim), numbers(rows * dim), numbers(rows * dim), numbers(dim), numbers(dim), 0.0f32..1.0)
        }),
    ) {
        let rows = a.len() / dim;
        let p = op::Rows { rows: rows as u32, dim: dim as u32 };
        let eps = eps.to_bits();
        let norm = Op::LayerNorm(LayerNorm { rows: rows as u32, dim: dim as u32, eps });
        let norm = defined_rows(norm, rows, &[&a, &weight, &bias], a.len());
        let sum = defined_rows(Op::RowsAdd(p), rows, &[&a, &b], a.len());
        let unit = defined_rows(Op::RowsGelu(p), rows, &[&a], a.len());
        for level in Level::all() {
            let mut out = vec![0.0; a.len()];
            sequence::layer_norm(level, f32s(&a), f32s(&weight), f32s(&bias), eps, &mut out);
            prop_assert_eq!(&bits(&out), &norm, "{}", level.name());
            sequence::add(level, f32s(&a), f32s(&b), &mut out);
            prop_assert_eq!(&bits(&out), &sum, "{}", level.name());
            sequence::gelu(level, f32s(&a), &mut out);
            prop_assert_eq!(&bits(&out), &unit, "{}", level.name());
        }
    }
}

/// However many vectors there are, sums of nothing are zero.
#[test]
fn matrices_of_no_columns() {
    for (level, vectors) in Level::all().flat_map(|level| [1, 4, 30].map(|count| (level, count))) {
        let none = |count| Rows {
            numbers: &[],
            stride: 0,
            count,
        };
        let mut out = vec![1.0; vectors * 17];
        products::<F32>(level, none(17), none(vectors), 0, &mut out, 17);
        assert_eq!(out, vec![0.0; vectors * 17], "{}", level.name());
    }
}

/// Long rows are multiplied a few at a time, so that they stay near.
#[test]
fn matrices_of_long_rows() {
    let (rows, outputs, cols) = (7, 5, 30_011);
    let drawn = |count: usize, step: u32| -> Vec<u32> {
        let number = |at: u32| (at.wrapping_mul(step) >> 8) as f32 / 8e6 - 1.0;
        (0..count as u32).map(|at| number(at).to_bits()).collect()
    };
    let (x, w) = (
        drawn(rows * cols, 2_654_435_761),
        drawn(outputs * cols, 2_246_822_519),
    );
    let bias = vec![0; outputs];
    let op = Op::RowsLinear(RowsLinear {
        rows: rows as u32,
        outputs: outputs as u32,
        cols: cols as u32,
        format: WeightFormat::F32,
    });
    let expected = defined_rows(op, rows, &[&x, &bias, &w], rows * outputs);
    for level in Level::all() {
        let mut out = vec![0.0; rows * outputs];
        let part = |numbers, count| Rows {
            numbers: f32s(numbers),
            stride: cols,
            count,
        };
        products::<F32>(
            level,
            part(&w, outputs),
            part(&x, rows),
            cols,
            &mut out,
            outputs,
        );
        rows::add(level, f32s(&bias), &mut out);
        assert_eq!(bits(&out), expected, "{}", level.name());
    }
}

#[test]
fn the_gaussian_unit_is_the_defined_one() {
    let numbers: Vec<u32> = (0..=u32::MAX).step_by(997).collect();
    for chunk in numbers.chunks(4096) {
        let p = op::Rows {
            rows: 1,
            dim: chunk.len() as u32,
        };
        let expected = defined_rows(Op::RowsGelu(p), 1, &[chunk], chunk.len());
        for level in Level::all() {
            let mut out = vec![0.0; chunk.len()];
            sequence::gelu(level, f32s(chunk), &mut out);
            assert_eq!(bits(&out), expected, "{}", level.name());
        }
    }
}
