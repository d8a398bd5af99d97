//! Worst-case cost of a tile in machine instructions: a closed formula of the parameters, above every run over any inputs.
//!
//! The constants are upper bounds for the guest as built: soft-float routines have no loops, so their length bounds them; what is
//! around them was read from the image's disassembly and rounded up. A test holds the formula against measured runs. It is WebAssembly's
//! meter too, whose instructions are fewer where numbers are floating-point and about as many elsewhere.

use crate::shape::in_domain;
use crate::text::cost as text;
use gavel_program::boot::TILE_BYTES;
use gavel_program::op::{
    Conv, ExpertLinear, Linear, Penalize, Pool, Reduction, RowSoftmax, RowsLinear, Sample, Scores,
    Softmax, WeightedSum,
};
use gavel_program::{Node, Op, WeightFormat};

/// Elements of a tile of 32-bit elements.
const TILE: u64 = TILE_BYTES as u64 / 4;
/// Start of the guest: decoding the boot record, checking the domain, finding the range.
const START: u64 = 6000;
/// Soft-float addition or subtraction.
pub const ADD: u64 = 160;
/// Soft-float multiplication.
pub const MULTIPLY: u64 = 136;
/// Soft-float division.
pub const DIVIDE: u64 = 172;
/// Soft-float comparison.
pub const COMPARE: u64 = 34;
/// Integer to float.
pub const FROM_INTEGER: u64 = 32;
/// binary16 to float.
const FROM_HALF: u64 = 36;
/// Rounding an element that meets 16-bit weights.
const KEPT: u64 = 24;
/// One round of a loop around soft-float calls: loads, stores, arguments, the end test.
const ROUND: u64 = 20;
/// The integer square root.
const SQRT: u64 = 500;
/// The exponential: eleven products, ten sums, two comparisons.
const EXP: u64 = 11 * MULTIPLY + 10 * ADD + 2 * COMPARE + 100;
/// The Gaussian unit beside its exponential: sixteen products, seventeen sums, a division.
const GELU: u64 = 16 * MULTIPLY + 17 * ADD + DIVIDE + COMPARE + 4 * ROUND;
/// Folding 16 lanes.
const FOLD: u64 = 15 * ADD + 400;
/// Ordering one number by its key.
const KEY: u64 = 20;
/// One level of a sift in the sampler's heap.
const SIFT: u64 = 64;
/// Finding the place of one element of a window.
const PLACE: u64 = 100;
/// Taking one element of a window.
const ELEMENT: u64 = 30;
/// Columns of a quantization block.
const BLOCK: u64 = 32;

/// At most this many instructions does one tile of the node take, whatever its inputs.
pub fn cost(node: &Node) -> u64 {
    if !in_domain(node) {
        return START;
    }
    START
        + match &node.op {
            Op::Embed(p) => TILE * element(p.format),
            Op::RmsNorm(p) => {
                let row = dot(p.dim.into(), 0) + SQRT + 2 * DIVIDE + ADD + 4 * ROUND;
                rows(p.rows, p.dim) * row + TILE * (2 * MULTIPLY + ROUND)
            }
            Op::Linear(p) => linear(p),
            Op::Rope(_) => TILE * (2 * MULTIPLY + ADD + 5 * ROUND),
            Op::StoreRow(_) => TILE * ROUND,
            Op::Scores(p) => scores(p),
            Op::Softmax(p) => softmax(p),
            Op::WeightedSum(p) => weighted_sum(p),
            Op::Add(_) => TILE * (ADD + ROUND),
            Op::SwiGlu(_) => TILE * (EXP + ADD + DIVIDE + MULTIPLY + 2 * ROUND),
            Op::GeGlu(_) => TILE * (EXP + 2 * ADD + DIVIDE + 5 * MULTIPLY + 3 * ROUND),
            Op::Scale(_) => TILE * (MULTIPLY + ROUND),
            Op::Probs(p) => {
                u64::from(p.vocab) * KEY + TILE * (EXP + ADD + DIVIDE + 2 * ROUND) + DIVIDE
            }
            Op::Penalize(p) => penalize(p),
            Op::Sample(p) => sample(p),
            Op::TokenizeIds(p) | Op::TokenizeCount(p) => text::tokenize(p),
            Op::BpeIds(p) | Op::BpeCount(p) => text::bpe(p),
            Op::Detokenize(p) | Op::DetokenizeLen(p) => text::detokenize(p),
            Op::FindStop(p) => text::find_stop(p),
            Op::Advance(_) | Op::Finish(_) => text::advance(),
            Op::Reply(p) => TILE * ROUND + u64::from(p.len) * KEY + 1000,
            Op::InputScale(_) => TILE * (FROM_INTEGER + 2 * DIVIDE + ADD + 4 * ROUND) + 500,
            Op::Relu(_) => TILE * ROUND,
            Op::Conv(p) => conv(p),
            Op::Pool(p) => pool(p),
            Op::RowSoftmax(p) => row_softmax(p),
            Op::ChannelAffine(_) => TILE * (MULTIPLY + ADD + 4 * ROUND),
            Op::WordPieceIds(p) | Op::WordPieceCount(p) => text::word_piece(p),
            Op::RowsEmbed(p) => TILE * element(p.format) + rows(p.rows, p.dim) * 200,
            Op::RowsLinear(p) => rows_linear(p),
            Op::RowsAdd(_) => TILE * (ADD + ROUND),
            Op::LayerNorm(p) => {
                let row = 2 * sum(p.dim.into(), MULTIPLY + 2 * ADD) + SQRT + 3 * DIVIDE + ADD;
                rows(p.rows, p.dim) * row + TILE * (2 * MULTIPLY + 2 * ADD + 2 * ROUND)
            }
            Op::RowsGelu(_) => TILE * (EXP + GELU),
            Op::RowsScores(p) => {
                let element = dot(p.head_dim.into(), 0) + MULTIPLY + 4 * ROUND;
                TILE * element + rows(p.heads.saturating_mul(p.rows), p.rows) * 400
            }
            Op::RowsSoftmax(p) => {
                let row = sum(p.rows.into(), EXP + ADD + KEY + 2 * ROUND) + 400;
                let met = rows(p.heads.saturating_mul(p.rows), p.rows);
                met * row + TILE * (DIVIDE + ROUND)
            }
            Op::RowsWeightedSum(p) => {
                let heads = rows(p.heads.saturating_mul(p.rows), p.head_dim);
                weighted_rows(p.rows.into(), heads) + heads * 1000
            }
            Op::RowsMean(p) => {
                let element = sum(p.rows.into(), ROUND) + DIVIDE + ROUND;
                TILE.min(p.dim.into()) * element
            }
            Op::UnitNorm(p) => dot(p.len.into(), 0) + SQRT + COMPARE + TILE * (DIVIDE + ROUND),
            Op::TopExperts(p) => {
                u64::from(p.used) * (u64::from(p.experts) * (KEY + 2 * ROUND) + 2 * ROUND)
            }
            Op::ExpertLinear(p) => expert_linear(p),
            Op::ExpertSum(p) => {
                let share = ADD + DIVIDE + 3 * ROUND;
                u64::from(p.used) * (share + TILE * (MULTIPLY + ADD + ROUND)) + TILE * 2 * ROUND
            }
        }
}

/// A lane sum of products, `extra` for each term.
fn dot(terms: u64, extra: u64) -> u64 {
    sum(terms, MULTIPLY + extra)
}

/// A lane sum, `extra` for each term.
fn sum(terms: u64, extra: u64) -> u64 {
    terms * (ADD + ROUND + extra) + FOLD + 300
}

/// One element of a stored matrix.
fn element(format: WeightFormat) -> u64 {
    match format {
        WeightFormat::F32 => ROUND,
        WeightFormat::F16 | WeightFormat::BF16 => ROUND + FROM_HALF,
        packed => {
            let number = 3 * ROUND + FROM_INTEGER + MULTIPLY + ADD;
            column(packed) + number + scaled_sum(packed) / BLOCK
        }
    }
}

fn linear(p: &Linear) -> u64 {
    let (quantizing, row) = product(p.cols.into(), p.format);
    quantizing + TILE * (row + 2 * ROUND)
}

fn rows_linear(p: &RowsLinear) -> u64 {
    let (quantizing, row) = product(p.cols.into(), p.format);
    rows(p.rows, p.outputs) * (quantizing + 400) + TILE * (row + ADD + 3 * ROUND)
}

fn expert_linear(p: &ExpertLinear) -> u64 {
    let (quantizing, row) = product(p.cols.into(), p.format);
    rows(p.used, p.rows) * (quantizing + 500) + TILE * (row + 2 * ROUND)
}

/// Quantizing a vector, and its product with a row of a matrix.
fn product(cols: u64, format: WeightFormat) -> (u64, u64) {
    let blocks = cols / BLOCK;
    match format {
        WeightFormat::F32 => (0, dot(cols, 0)),
        WeightFormat::F16 | WeightFormat::BF16 => (0, dot(cols, FROM_HALF + KEPT)),
        packed => {
            let block = BLOCK * (MULTIPLY + ADD + 2 * ROUND) + 2 * DIVIDE + 200;
            let term = BLOCK * column(packed) + scaled_sum(packed);
            (blocks * block, blocks * term)
        }
    }
}

/// Unpacking a quantized column and adding its product to a block's sum.
fn column(format: WeightFormat) -> u64 {
    match format {
        WeightFormat::F32 | WeightFormat::F16 | WeightFormat::BF16 => 0,
        WeightFormat::Q8 => 6,
        WeightFormat::Q4 => 8,
        WeightFormat::Q4_1 | WeightFormat::Q4K => 14,
        WeightFormat::Q5_0 | WeightFormat::Q5_1 | WeightFormat::Q5K => 22,
        WeightFormat::Q6K => 24,
        WeightFormat::IQ4NL => 20,
    }
}

/// What a block's integer sums cost after they are made.
fn scaled_sum(format: WeightFormat) -> u64 {
    let scaled = FROM_INTEGER + FROM_HALF + 2 * MULTIPLY + ADD;
    match format {
        WeightFormat::F32 | WeightFormat::F16 | WeightFormat::BF16 => 0,
        WeightFormat::Q8 | WeightFormat::Q4 | WeightFormat::Q5_0 | WeightFormat::IQ4NL => {
            scaled + 2 * ROUND
        }
        WeightFormat::Q6K => scaled + 4 * ROUND,
        WeightFormat::Q4_1 | WeightFormat::Q5_1 | WeightFormat::Q4K | WeightFormat::Q5K => {
            2 * scaled + 4 * ROUND
        }
    }
}

fn scores(p: &Scores) -> u64 {
    TILE * (dot(p.head_dim.into(), 0) + MULTIPLY + 4 * ROUND) + rows(p.heads, p.context) * 200
}

fn softmax(p: &Softmax) -> u64 {
    let row = u64::from(p.context) * (EXP + 2 * ADD + KEY + 3 * ROUND) + FOLD + 200;
    rows(p.heads, p.context) * row + TILE * (DIVIDE + ROUND)
}

fn weighted_sum(p: &WeightedSum) -> u64 {
    weighted_rows(p.context.into(), rows(p.heads, p.head_dim))
}

/// Weighted sums of `positions` rows, a tile of them in so many heads.
fn weighted_rows(positions: u64, heads: u64) -> u64 {
    let position = TILE * (MULTIPLY + ADD + ROUND);
    // In each head: the lanes are cleared, and a position has costs of its own.
    let head = 2 * TILE * 16 + positions * 3 * ROUND;
    positions * position + heads * (head + 200) + TILE * (FOLD + 5 * ROUND)
}

fn conv(p: &Conv) -> u64 {
    let size = u64::from(p.kernel_height) * u64::from(p.kernel_width);
    let taps = u64::from(p.channels / p.groups) * size;
    let product = MULTIPLY + ADD + ROUND;
    // In each row: the lanes are cleared, and every element of a kernel has its windows found.
    let row = 2 * TILE * 16 + taps * PLACE + 500;
    let rows = rows_of(&[p.out_channels, p.out_height], p.out_width);
    TILE * (taps * product + FOLD + ADD + 5 * ROUND) + rows * row
}

fn pool(p: &Pool) -> u64 {
    let size = u64::from(p.kernel_height) * u64::from(p.kernel_width);
    let (element, number) = match p.reduction {
        Reduction::Largest => (KEY, 0),
        Reduction::Mean | Reduction::PaddedMean => (ADD + ROUND, FROM_INTEGER + DIVIDE + FOLD),
    };
    let window = size * (element + ELEMENT) + u64::from(p.kernel_height) * ROUND;
    TILE * (window + number + 100) + rows_of(&[p.channels, p.out_height], p.out_width) * 300
}

fn row_softmax(p: &RowSoftmax) -> u64 {
    let row = u64::from(p.dim) * (EXP + 2 * ADD + KEY + 3 * ROUND) + FOLD + 200;
    rows(p.rows, p.dim) * row + TILE * (DIVIDE + ROUND)
}

/// Rows of an image's channels that one tile can meet.
fn rows_of(dims: &[u32; 2], width: u32) -> u64 {
    rows(dims[0].saturating_mul(dims[1]), width)
}

/// Rows of a matrix that one tile can meet.
fn rows(rows: u32, width: u32) -> u64 {
    let (rows, width) = (u64::from(rows), u64::from(width).max(1));
    if width.is_multiple_of(TILE) {
        return 1;
    }
    ((TILE - 1).div_ceil(width) + 1).min(rows)
}

fn penalize(p: &Penalize) -> u64 {
    let logit = COMPARE + FROM_INTEGER + DIVIDE + MULTIPLY + 2 * ADD + 3 * ROUND;
    let penalties = 3 * (FROM_INTEGER + DIVIDE);
    u64::from(p.tokens_capacity) * ROUND + TILE * logit + penalties + 500
}

fn sample(p: &Sample) -> u64 {
    let vocab = u64::from(p.vocab);
    let levels = u64::from(vocab.ilog2()) + 1;
    // Building the heap sifts twice the vocabulary's number of levels, emptying it all levels for each token.
    let heap = vocab * (2 + levels) * SIFT;
    let sums = 3 * vocab * (ADD + 2 * COMPARE + 2 * ROUND);
    vocab * KEY + heap + sums + FOLD + 6 * MULTIPLY + 2 * DIVIDE + 1000
}
