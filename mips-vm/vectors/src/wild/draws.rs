//! Operators with drawn parameters.

use super::chance::Chance;
use gavel_program::op::{
    Advance, ChannelAffine, Conv, Elementwise, Embed, ExpertLinear, ExpertSum, FindStop,
    InputScale, LayerNorm, Linear, Measure, Pairing, Penalize, Pool, Probs, Reduction, Reply,
    RmsNorm, Rope, RowSoftmax, Rows, RowsAttention, RowsEmbed, RowsLinear, Sample, Scale, Scores,
    Softmax, StoreRow, TopExperts, WeightedSum,
};
use gavel_program::{Op, WeightFormat};

/// Outputs of a tile, which belong to one shard of a matrix.
const TILE_ROWS: u32 = 64;

/// Draws an operator.
type Draw = fn(&mut Chance) -> Op;

/// Every operator on numbers, stop texts, and what moves a request on. Tokenizers have vectors and texts of their own.
pub(super) const ALL: &[Draw] = &[
    embed,
    |c| Op::RmsNorm(rms_norm(c)),
    linear,
    rope,
    store_row,
    scores,
    softmax,
    weighted_sum,
    |c| Op::Add(elementwise(c)),
    |c| Op::SwiGlu(elementwise(c)),
    |c| Op::GeGlu(elementwise(c)),
    |c| Op::Relu(elementwise(c)),
    |c| Op::UnitNorm(elementwise(c)),
    scale,
    |c| {
        Op::Penalize(Penalize {
            vocab: c.size(150),
            tokens_capacity: c.context(60),
        })
    },
    |c| {
        Op::FindStop(FindStop {
            vocab: c.size(12),
            tokens_capacity: c.context(40),
            longest: c.few(12),
        })
    },
    |c| Op::Probs(Probs { vocab: c.size(150) }),
    sample,
    advance,
    |c| Op::Reply(reply(c)),
    |c| Op::Finish(reply(c)),
    input_scale,
    conv,
    pool,
    row_softmax,
    channel_affine,
    rows_embed,
    rows_linear,
    |c| Op::RowsAdd(rows(c)),
    |c| Op::RowsGelu(rows(c)),
    |c| Op::RowsMean(rows(c)),
    layer_norm,
    |c| Op::RowsScores(rows_attention(c)),
    |c| Op::RowsSoftmax(rows_attention(c)),
    |c| Op::RowsWeightedSum(rows_attention(c)),
    top_experts,
    expert_linear,
    expert_sum,
];

/// Those whose work native code splits over threads.
pub(super) const SPLIT: &[Draw] = &[
    linear,
    scores,
    softmax,
    weighted_sum,
    conv,
    rows_linear,
    |c| Op::RowsGelu(rows(c)),
    layer_norm,
    |c| Op::RowsScores(rows_attention(c)),
    |c| Op::RowsSoftmax(rows_attention(c)),
    |c| Op::RowsWeightedSum(rows_attention(c)),
];

fn format(c: &mut Chance) -> WeightFormat {
    WeightFormat::ALL[c.below(WeightFormat::ALL.len() as u32) as usize]
}

/// Columns that a matrix of this format can have.
fn columns(c: &mut Chance, format: WeightFormat) -> u32 {
    match format.block() {
        1 => c.size(70),
        block => block * c.size(96).div_ceil(block),
    }
}

/// The bits of a small positive number.
fn small(c: &mut Chance) -> u32 {
    (c.below(1_000) as f32 / 1_000.0).to_bits()
}

fn elementwise(c: &mut Chance) -> Elementwise {
    Elementwise { len: c.size(200) }
}

fn embed(c: &mut Chance) -> Op {
    let format = format(c);
    Op::Embed(Embed {
        dim: columns(c, format),
        vocab: c.size(12),
        tokens_capacity: c.context(20),
        format,
        before: c.few(3) * c.below(6),
        after: c.few(3) * c.below(6),
    })
}

fn rms_norm(c: &mut Chance) -> RmsNorm {
    RmsNorm {
        rows: c.few(4),
        dim: c.size(100),
        eps: small(c),
    }
}

fn linear(c: &mut Chance) -> Op {
    let format = format(c);
    let after = c.below(2) * c.size(40);
    let tiles = if after == 0 { 1 } else { TILE_ROWS };
    Op::Linear(Linear {
        rows: c.size(40).next_multiple_of(tiles),
        cols: columns(c, format),
        format,
        before: c.below(3) * TILE_ROWS,
        after,
    })
}

fn rope(c: &mut Chance) -> Op {
    let head_dim = c.size(40);
    Op::Rope(Rope {
        heads: c.few(4),
        head_dim,
        rotary: 2 * c.below(head_dim / 2 + 1),
        context: c.context(20),
        pairing: [Pairing::Neighbours, Pairing::Halves][c.below(2) as usize],
    })
}

fn store_row(c: &mut Chance) -> Op {
    Op::StoreRow(StoreRow {
        width: c.size(70),
        context: c.context(20),
    })
}

/// Heads, key heads, elements of a head (half of the time whole lanes), positions, window.
fn attention(c: &mut Chance) -> [u32; 5] {
    let (group, kv_heads) = (c.few(3), c.few(3));
    let head_dim = match c.below(2) {
        0 => c.size(40),
        _ => 16 * c.size(3),
    };
    let context = c.context(50);
    let window = match c.below(3) {
        0 => c.size(20),
        _ => u32::MAX,
    };
    [group * kv_heads, kv_heads, head_dim, context, window]
}

fn scores(c: &mut Chance) -> Op {
    let [heads, kv_heads, head_dim, context, window] = attention(c);
    Op::Scores(Scores {
        heads,
        kv_heads,
        head_dim,
        context,
        scale: small(c),
        window,
    })
}

fn softmax(c: &mut Chance) -> Op {
    let [heads, _, _, context, window] = attention(c);
    Op::Softmax(Softmax {
        heads,
        context,
        window,
    })
}

fn weighted_sum(c: &mut Chance) -> Op {
    let [heads, kv_heads, head_dim, context, window] = attention(c);
    Op::WeightedSum(WeightedSum {
        heads,
        kv_heads,
        head_dim,
        context,
        window,
    })
}

fn scale(c: &mut Chance) -> Op {
    Op::Scale(Scale {
        len: c.size(200),
        factor: c.number(),
    })
}

fn sample(c: &mut Chance) -> Op {
    Op::Sample(Sample {
        vocab: c.size(150),
        tokens_capacity: c.context(30),
    })
}

fn advance(c: &mut Chance) -> Op {
    Op::Advance(Advance {
        context: c.context(30),
        tokens_capacity: c.size(30),
        output_capacity: c.size(100),
        eos_count: c.below(5),
        eos0: c.below(12),
        eos1: c.below(12),
        eos2: c.below(12),
        eos3: c.below(12),
    })
}

fn reply(c: &mut Chance) -> Reply {
    Reply {
        len: c.size(70),
        least: c.below(20),
        most: c.below(40),
        measure: [Measure::Bytes, Measure::Count][c.below(2) as usize],
        class: c.below(2) == 0,
    }
}

fn input_scale(c: &mut Chance) -> Op {
    Op::InputScale(InputScale {
        channels: c.few(4),
        plane: c.size(70),
        divisor: c.number(),
        mean0: c.number(),
        mean1: c.number(),
        mean2: c.number(),
        mean3: c.number(),
        deviation0: c.number(),
        deviation1: c.number(),
        deviation2: c.number(),
        deviation3: c.number(),
    })
}

fn conv(c: &mut Chance) -> Op {
    let groups = c.few(3);
    Op::Conv(Conv {
        channels: groups * c.few(3),
        height: c.size(8),
        width: c.few(8),
        out_channels: groups * c.few(3),
        out_height: c.size(8),
        out_width: c.few(8),
        kernel_height: c.few(4),
        kernel_width: c.few(4),
        stride_height: c.few(3),
        stride_width: c.few(3),
        pad_top: c.below(3),
        pad_left: c.below(3),
        dilation_height: c.few(2),
        dilation_width: c.few(2),
        groups,
    })
}

fn pool(c: &mut Chance) -> Op {
    let reductions = [Reduction::Largest, Reduction::Mean, Reduction::PaddedMean];
    Op::Pool(Pool {
        channels: c.few(4),
        height: c.size(8),
        width: c.few(8),
        out_height: c.size(8),
        out_width: c.few(8),
        kernel_height: c.few(4),
        kernel_width: c.few(4),
        stride_height: c.few(3),
        stride_width: c.few(3),
        pad_top: c.below(3),
        pad_left: c.below(3),
        reduction: reductions[c.below(3) as usize],
    })
}

fn row_softmax(c: &mut Chance) -> Op {
    Op::RowSoftmax(RowSoftmax {
        rows: c.few(4),
        dim: c.size(60),
    })
}

fn channel_affine(c: &mut Chance) -> Op {
    Op::ChannelAffine(ChannelAffine {
        channels: c.few(6),
        plane: c.size(50),
    })
}

fn rows(c: &mut Chance) -> Rows {
    Rows {
        rows: c.size(10),
        dim: c.size(60),
    }
}

fn rows_embed(c: &mut Chance) -> Op {
    let format = format(c);
    Op::RowsEmbed(RowsEmbed {
        rows: c.size(10),
        dim: columns(c, format),
        vocab: c.size(12),
        format,
    })
}

/// Few columns in large cases, which have many rows.
fn rows_linear(c: &mut Chance) -> Op {
    let format = format(c);
    Op::RowsLinear(RowsLinear {
        rows: c.size(10),
        outputs: c.few(40),
        cols: format.block() * c.few(3),
        format,
    })
}

fn layer_norm(c: &mut Chance) -> Op {
    Op::LayerNorm(LayerNorm {
        rows: c.size(10),
        dim: c.size(60),
        eps: small(c),
    })
}

fn rows_attention(c: &mut Chance) -> RowsAttention {
    RowsAttention {
        rows: c.size(10),
        heads: c.few(3),
        head_dim: 16 * c.few(3) - c.below(2) * c.below(16),
        scale: small(c),
    }
}

fn top_experts(c: &mut Chance) -> Op {
    let experts = c.size(20);
    Op::TopExperts(TopExperts {
        experts,
        used: c.few(experts),
    })
}

fn expert_linear(c: &mut Chance) -> Op {
    let format = format(c);
    let experts = c.few(12);
    Op::ExpertLinear(ExpertLinear {
        experts,
        used: c.few(experts),
        rows: c.size(20),
        cols: columns(c, format),
        own: c.below(2) == 0,
        format,
    })
}

fn expert_sum(c: &mut Chance) -> Op {
    let experts = c.few(12);
    Op::ExpertSum(ExpertSum {
        experts,
        used: c.few(experts),
        dim: c.size(60),
    })
}
