//! Every operator in the shapes that make its tiles dear.

use gavel_program::op::{
    ChannelAffine, Conv, Elementwise, Embed, ExpertLinear, ExpertSum, InputScale, LayerNorm,
    Linear, Pairing, Penalize, Pool, Probs, Reduction, RmsNorm, Rope, RowSoftmax, Rows,
    RowsAttention, RowsEmbed, RowsLinear, Sample, Scale, Scores, Softmax, StoreRow, TopExperts,
    WeightedSum,
};
use gavel_program::{Op, WeightFormat};

/// An operator at a position, at its most expensive place.
pub(super) fn cases() -> Vec<(Op, u32)> {
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
