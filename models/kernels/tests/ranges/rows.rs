//! Operators on the rows of a sequence, of small shapes.

use gavel_program::op::{Elementwise, LayerNorm, Rows, RowsAttention, RowsEmbed, RowsLinear};
use gavel_program::{Op, WeightFormat};
use proptest::prelude::*;

fn formats() -> impl Strategy<Value = WeightFormat> {
    prop::sample::select(WeightFormat::ALL.to_vec())
}

fn matrices() -> impl Strategy<Value = Op> {
    (1u32..6, 1u32..90, 1u32..3, formats()).prop_flat_map(|(rows, outputs, blocks, format)| {
        let cols = match format.quantized() {
            true => blocks * format.block(),
            false => 7 * blocks,
        };
        prop_oneof![
            Just(Op::RowsLinear(RowsLinear {
                rows,
                outputs,
                cols,
                format,
            })),
            Just(Op::RowsEmbed(RowsEmbed {
                rows,
                dim: cols,
                vocab: outputs,
                format,
            })),
        ]
    })
}

fn attention() -> impl Strategy<Value = Op> {
    (1u32..12, 1u32..4, 1u32..40, any::<u32>()).prop_flat_map(|(rows, heads, head_dim, scale)| {
        let p = RowsAttention {
            rows,
            heads,
            head_dim,
            scale,
        };
        prop_oneof![
            Just(Op::RowsScores(p)),
            Just(Op::RowsSoftmax(p)),
            Just(Op::RowsWeightedSum(p)),
        ]
    })
}

fn on_rows() -> impl Strategy<Value = Op> {
    (0u32..8, 1u32..90, any::<u32>()).prop_flat_map(|(rows, dim, eps)| {
        let p = Rows { rows, dim };
        prop_oneof![
            Just(Op::RowsAdd(p)),
            Just(Op::RowsGelu(p)),
            Just(Op::RowsMean(p)),
            Just(Op::LayerNorm(LayerNorm { rows, dim, eps })),
        ]
    })
}

pub(crate) fn ops() -> impl Strategy<Value = Op> {
    let norms = (0u32..200).prop_map(|len| Op::UnitNorm(Elementwise { len }));
    prop_oneof![matrices(), attention(), on_rows(), norms]
}
