//! Which tensors an operator reads and writes, and the domain of its parameters.
//!
//! A node outside the domain changes nothing, on every target. Within it a kernel neither panics nor leaves its inputs,
//! whatever they hold.

use gavel_program::boot::{SCRATCH_WORDS, TILE_BYTES, WINDOW_BYTES};
use gavel_program::op::{
    Bpe, Conv, InputScale, Measure, Penalize, Pool, Probs, RowsAttention, Tokenizer, WordPiece,
};
use gavel_program::{DType, Node, Op, WeightFormat};

/// Most columns of a matrix: an input vector is quantized in scratch.
const MAX_COLS: u32 = 1 << 19;
/// Most elements of a norm: as an F32 their number is exact.
const MAX_NORM: u32 = 1 << 24;
/// Numbers of a tile, which belong to one shard of a matrix.
const TILE_ROWS: u32 = TILE_BYTES as u32 / 4;
/// Elements of a tensor that holds one number in its first element.
const COUNT_LEN: u32 = 64;

/// Most channels of bytes that become numbers, each with parameters of its own.
const MAX_INPUT_CHANNELS: u32 = 4;
/// Most rows or columns of a window, its steps and its pads, so that a place in an image is a small number.
const MAX_REACH: u32 = 1 << 12;
/// Most rows or columns of an image.
const MAX_SIDE: u32 = 1 << 16;

/// Code points of Unicode.
const CODE_POINTS: u32 = 0x11_0000;
/// Code points of a byte of the table of classes.
const CLASSES_A_BYTE: u32 = 4;
/// Words of a merge: left, right, rank.
const MERGE_WORDS: u32 = 3;
/// Words of a mapping of WordPiece: a code point and the three that it becomes.
const MAPPING_WORDS: u32 = 4;

/// A tensor's element type and number of elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Element type.
    pub dtype: DType,
    /// Elements; of an input the least that it must have.
    pub len: u64,
}

impl Shape {
    fn new(dtype: DType, dims: &[u32]) -> Self {
        let product = |len: u64, dim: &u32| len.saturating_mul(u64::from(*dim));
        Shape {
            dtype,
            len: dims.iter().fold(1, product),
        }
    }

    fn fits_window(&self) -> bool {
        let most = (WINDOW_BYTES * 8 / self.dtype.bits()) as u64;
        self.len <= most
    }
}

/// The output of an operator.
pub fn output(op: &Op) -> Shape {
    use DType::{F32, I32, U8};
    match op {
        Op::TokenizeIds(p) => Shape::new(I32, &[p.tokens_capacity]),
        Op::BpeIds(p) => Shape::new(I32, &[p.tokens_capacity]),
        Op::WordPieceIds(p) => Shape::new(I32, &[p.tokens_capacity]),
        Op::TokenizeCount(_)
        | Op::BpeCount(_)
        | Op::WordPieceCount(_)
        | Op::DetokenizeLen(_)
        | Op::Advance(_)
        | Op::Finish(_) => Shape::new(I32, &[COUNT_LEN]),
        Op::Embed(p) => Shape::new(F32, &[p.dim]),
        Op::RmsNorm(p) => Shape::new(F32, &[p.rows, p.dim]),
        Op::Linear(p) => Shape {
            dtype: F32,
            len: whole(p.before, p.rows, p.after),
        },
        Op::Rope(p) => Shape::new(F32, &[p.heads, p.head_dim]),
        Op::StoreRow(p) => Shape::new(F32, &[p.context, p.width]),
        Op::Scores(p) => Shape::new(F32, &[p.heads, p.context]),
        Op::Softmax(p) => Shape::new(F32, &[p.heads, p.context]),
        Op::WeightedSum(p) => Shape::new(F32, &[p.heads, p.head_dim]),
        Op::Add(p) | Op::SwiGlu(p) | Op::GeGlu(p) | Op::Relu(p) => Shape::new(F32, &[p.len]),
        Op::Scale(p) => Shape::new(F32, &[p.len]),
        Op::Probs(Probs { vocab }) | Op::Penalize(Penalize { vocab, .. }) => {
            Shape::new(F32, &[*vocab])
        }
        Op::FindStop(_) => Shape::new(I32, &[COUNT_LEN]),
        Op::Sample(p) => Shape::new(I32, &[p.tokens_capacity]),
        Op::Detokenize(p) => Shape::new(U8, &[p.output_capacity]),
        Op::Reply(p) => Shape {
            dtype: U8,
            len: 4 * (u64::from(p.len) + u64::from(p.class)),
        },
        Op::InputScale(p) => Shape::new(F32, &[p.channels, p.plane]),
        Op::Conv(p) => Shape::new(F32, &[p.out_channels, p.out_height, p.out_width]),
        Op::Pool(p) => Shape::new(F32, &[p.channels, p.out_height, p.out_width]),
        Op::RowSoftmax(p) => Shape::new(F32, &[p.rows, p.dim]),
        Op::ChannelAffine(p) => Shape::new(F32, &[p.channels, p.plane]),
        Op::RowsEmbed(p) => Shape::new(F32, &[p.rows, p.dim]),
        Op::RowsLinear(p) => Shape::new(F32, &[p.rows, p.outputs]),
        Op::LayerNorm(p) => Shape::new(F32, &[p.rows, p.dim]),
        Op::RowsAdd(p) | Op::RowsGelu(p) => Shape::new(F32, &[p.rows, p.dim]),
        Op::RowsScores(p) | Op::RowsSoftmax(p) => Shape::new(F32, &[p.rows, p.heads, p.rows]),
        Op::RowsWeightedSum(p) => Shape::new(F32, &[p.rows, p.heads, p.head_dim]),
        Op::RowsMean(p) => Shape::new(F32, &[p.dim]),
        Op::UnitNorm(p) => Shape::new(F32, &[p.len]),
        Op::TopExperts(p) => Shape::new(I32, &[p.used]),
        Op::ExpertLinear(p) => Shape::new(F32, &[p.used, p.rows]),
        Op::ExpertSum(p) => Shape::new(F32, &[p.dim]),
    }
}

/// An operator's input; `None` past its last.
pub fn input(op: &Op, index: usize) -> Option<Shape> {
    use DType::{F32, I32, U8};
    let shape = |dtype, dims: &[u32]| Some(Shape::new(dtype, dims));
    match (op, index) {
        (Op::TokenizeIds(p) | Op::TokenizeCount(p), _) => tokenizer_input(p, index),
        (Op::WordPieceIds(p) | Op::WordPieceCount(p), _) => word_piece_input(p, index),
        (Op::UnitNorm(p), 0) => shape(F32, &[p.len]),
        (Op::BpeIds(p) | Op::BpeCount(p), _) => bpe_input(p, index),
        (Op::Embed(p), 0) => shape(I32, &[p.tokens_capacity]),
        (Op::Embed(p), _) => plane(p.format, p.vocab, p.dim, index - 1),
        (Op::RmsNorm(p), 0) => shape(F32, &[p.rows, p.dim]),
        (Op::RmsNorm(p), 1) => shape(F32, &[p.dim]),
        (Op::Linear(p), 0) => shape(F32, &[p.cols]),
        (Op::Linear(p), _) => plane(p.format, p.rows, p.cols, index - 1),
        (Op::Rope(p), 0) => shape(F32, &[p.heads, p.head_dim]),
        (Op::Rope(p), 1) => shape(F32, &[p.context, p.rotary]),
        (Op::StoreRow(p), 0) => shape(F32, &[p.width]),
        (Op::Scores(p), 0) => shape(F32, &[p.heads, p.head_dim]),
        (Op::Scores(p), 1) => shape(F32, &[p.context, p.kv_heads, p.head_dim]),
        (Op::Softmax(p), 0) => shape(F32, &[p.heads, p.context]),
        (Op::WeightedSum(p), 0) => shape(F32, &[p.heads, p.context]),
        (Op::WeightedSum(p), 1) => shape(F32, &[p.context, p.kv_heads, p.head_dim]),
        (Op::Add(p) | Op::SwiGlu(p) | Op::GeGlu(p), 0 | 1) => shape(F32, &[p.len]),
        (Op::Scale(p), 0) => shape(F32, &[p.len]),
        (Op::Relu(p), 0) => shape(F32, &[p.len]),
        (Op::Reply(p), 0) => shape(F32, &[p.len]),
        (Op::Reply(p), 1) | (Op::Finish(p), 0) if p.measure == Measure::Count => {
            shape(I32, &[COUNT_LEN])
        }
        (Op::InputScale(p), 0) => shape(U8, &[p.channels, p.plane]),
        (Op::Conv(p), _) => conv_input(p, index),
        (Op::Pool(p), 0) => shape(F32, &[p.channels, p.height, p.width]),
        (Op::RowSoftmax(p), 0) => shape(F32, &[p.rows, p.dim]),
        (Op::ChannelAffine(p), 0) => shape(F32, &[p.channels, p.plane]),
        (Op::ChannelAffine(p), 1 | 2) => shape(F32, &[p.channels]),
        (Op::TopExperts(p), 0) => shape(F32, &[p.experts]),
        (Op::ExpertLinear(p), 0) if p.own => shape(F32, &[p.used, p.cols]),
        (Op::ExpertLinear(p), 0) => shape(F32, &[p.cols]),
        (Op::ExpertLinear(p), 1) => shape(I32, &[p.used]),
        (Op::ExpertLinear(p), _) => plane(
            p.format,
            p.experts.saturating_mul(p.rows),
            p.cols,
            index - 2,
        ),
        (Op::ExpertSum(p), 0) => shape(F32, &[p.used, p.dim]),
        (Op::ExpertSum(p), 1) => shape(I32, &[p.used]),
        (Op::ExpertSum(p), 2) => shape(F32, &[p.experts]),
        (Op::Penalize(p), 0) => shape(F32, &[p.vocab]),
        (Op::Penalize(p), 1) => shape(I32, &[p.tokens_capacity]),
        (Op::FindStop(p), 0) => shape(I32, &[p.tokens_capacity]),
        (Op::FindStop(_), 1) => shape(U8, &[0]),
        (Op::FindStop(p), 2) => shape(I32, &[p.vocab.saturating_add(1)]),
        (Op::Probs(p), 0) => shape(F32, &[p.vocab]),
        (Op::Sample(p), 0 | 1) => shape(F32, &[p.vocab]),
        (Op::Detokenize(p) | Op::DetokenizeLen(p), 0) => shape(I32, &[p.tokens_capacity]),
        (Op::Detokenize(_) | Op::DetokenizeLen(_), 1) => shape(U8, &[0]),
        (Op::Detokenize(p) | Op::DetokenizeLen(p), 2) => shape(I32, &[p.vocab.saturating_add(1)]),
        (Op::Advance(_), 0) => shape(I32, &[COUNT_LEN]),
        (Op::Advance(p), 1) => shape(I32, &[p.tokens_capacity]),
        _ => rows_input(op, index),
    }
}

/// An input of an operator on rows.
fn rows_input(op: &Op, index: usize) -> Option<Shape> {
    use DType::{F32, I32};
    let shape = |dtype, dims: &[u32]| Some(Shape::new(dtype, dims));
    let heads = |p: &RowsAttention| shape(F32, &[p.rows, p.heads, p.head_dim]);
    let scores = |p: &RowsAttention| shape(F32, &[p.rows, p.heads, p.rows]);
    match (op, index) {
        (
            Op::RowsEmbed(_)
            | Op::RowsLinear(_)
            | Op::LayerNorm(_)
            | Op::RowsAdd(_)
            | Op::RowsGelu(_)
            | Op::RowsScores(_)
            | Op::RowsSoftmax(_)
            | Op::RowsWeightedSum(_)
            | Op::RowsMean(_),
            0,
        ) => shape(I32, &[COUNT_LEN]),
        (Op::RowsEmbed(p), 1) => shape(I32, &[p.rows]),
        (Op::RowsEmbed(p), _) => plane(p.format, p.vocab, p.dim, index - 2),
        (Op::RowsLinear(p), 1) => shape(F32, &[p.rows, p.cols]),
        (Op::RowsLinear(p), 2) => shape(F32, &[p.outputs]),
        (Op::RowsLinear(p), _) => plane(p.format, p.outputs, p.cols, index - 3),
        (Op::LayerNorm(p), 1) => shape(F32, &[p.rows, p.dim]),
        (Op::LayerNorm(p), 2 | 3) => shape(F32, &[p.dim]),
        (Op::RowsAdd(p), 1 | 2) | (Op::RowsGelu(p) | Op::RowsMean(p), 1) => {
            shape(F32, &[p.rows, p.dim])
        }
        (Op::RowsScores(p), 1 | 2) | (Op::RowsWeightedSum(p), 2) => heads(p),
        (Op::RowsSoftmax(p) | Op::RowsWeightedSum(p), 1) => scores(p),
        _ => None,
    }
}

fn conv_input(p: &Conv, index: usize) -> Option<Shape> {
    let inputs = [
        [p.channels, p.height, p.width, 1],
        [
            p.out_channels,
            p.channels.checked_div(p.groups).unwrap_or(0),
            p.kernel_height,
            p.kernel_width,
        ],
        [p.out_channels, 1, 1, 1],
    ];
    let dims = inputs.get(index)?;
    Some(Shape::new(DType::F32, dims))
}

fn tokenizer_input(p: &Tokenizer, index: usize) -> Option<Shape> {
    let (dtype, len) = match index {
        0 => (DType::U8, p.prompt_capacity),
        1 => (DType::U8, 0),
        2 => (DType::I32, p.vocab.saturating_add(1)),
        3 => (DType::F32, p.vocab),
        4 => (DType::I32, p.sorted_len),
        5 => (DType::I32, 256),
        _ => return lexicon_input(p.specials, index - 6),
    };
    Some(Shape::new(dtype, &[len]))
}

fn bpe_input(p: &Bpe, index: usize) -> Option<Shape> {
    let (dtype, dims) = match index {
        0 => (DType::U8, [p.prompt_capacity, 1]),
        1 => (DType::U8, [p.code_points.div_ceil(CLASSES_A_BYTE), 1]),
        2 => (DType::I32, [256, 1]),
        3 => (DType::I32, [p.merges, MERGE_WORDS]),
        4 => (DType::I32, [p.merges, 1]),
        5..=7 => return lexicon_input(p.specials, index - 5),
        _ => return lexicon_input(p.whole, index - 8),
    };
    Some(Shape::new(dtype, &dims))
}

fn word_piece_input(p: &WordPiece, index: usize) -> Option<Shape> {
    let (dtype, dims) = match index {
        0 => (DType::U8, [p.prompt_capacity, 1]),
        1 => (DType::U8, [p.code_points.div_ceil(2), 1]),
        2 => (DType::I32, [p.mappings, MAPPING_WORDS]),
        3..=5 => return lexicon_input(p.specials, index - 3),
        6..=8 => return lexicon_input(p.words, index - 6),
        _ => return lexicon_input(p.continuations, index - 9),
    };
    Some(Shape::new(dtype, &dims))
}

/// A part of a lexicon: texts, offsets, ids.
fn lexicon_input(count: u32, index: usize) -> Option<Shape> {
    let (dtype, len) = match index {
        0 => (DType::U8, 0),
        1 => (DType::I32, count.saturating_add(1)),
        2 => (DType::I32, count),
        _ => return None,
    };
    Some(Shape::new(dtype, &[len]))
}

/// A plane of a matrix.
fn plane(format: WeightFormat, rows: u32, cols: u32, index: usize) -> Option<Shape> {
    let plane = format.planes().get(index)?;
    Some(Shape::new(plane.dtype, &[rows, cols / plane.columns]))
}

/// Rows of a matrix that has one shard of so many, and others before and after it.
fn whole(before: u32, rows: u32, after: u32) -> u64 {
    u64::from(before) + u64::from(rows) + u64::from(after)
}

/// Whether a node has the inputs that its operator reads and parameters within the operator's domain.
pub fn in_domain(node: &Node) -> bool {
    let op = &node.op;
    parameters_fit(op)
        && output(op).fits_window()
        && (0..node.input_count)
            .all(|index| input(op, index).is_some_and(|shape| shape.fits_window()))
        && input(op, node.input_count).is_none()
}

fn parameters_fit(op: &Op) -> bool {
    match op {
        Op::Embed(p) => {
            let rows = whole(p.before, p.vocab, p.after);
            columns_fit(p.format, p.dim) && p.vocab > 0 && rows <= u64::from(u32::MAX)
        }
        Op::RmsNorm(p) => (1..=MAX_NORM).contains(&p.dim),
        Op::Linear(p) => {
            let is_whole_tiles = |rows: u32| rows.is_multiple_of(TILE_ROWS);
            let has_own_tiles = p.after == 0 || is_whole_tiles(p.rows);
            columns_fit(p.format, p.cols) && is_whole_tiles(p.before) && has_own_tiles
        }
        Op::Rope(p) => p.rotary <= p.head_dim && p.rotary.is_multiple_of(2),
        Op::Scores(p) => p.window > 0 && heads_fit(p.heads, p.kv_heads, p.head_dim),
        Op::WeightedSum(p) => p.window > 0 && heads_fit(p.heads, p.kv_heads, p.head_dim),
        Op::Softmax(p) => p.window > 0 && p.context as usize <= SCRATCH_WORDS,
        Op::Probs(p) => p.vocab > 0,
        Op::Penalize(p) => p.vocab > 0 && p.vocab as usize <= SCRATCH_WORDS,
        Op::Sample(p) => p.vocab > 0 && p.vocab as usize <= SCRATCH_WORDS,
        Op::TokenizeIds(p) | Op::TokenizeCount(p) => p.prompt_capacity <= crate::text::MAX_PROMPT,
        Op::BpeIds(p) | Op::BpeCount(p) => {
            p.prompt_capacity <= crate::text::MAX_BPE_PROMPT && p.code_points <= CODE_POINTS
        }
        Op::Advance(p) => p.eos_count <= 4,
        Op::Reply(p) | Op::Finish(p) => output(&Op::Reply(*p)).fits_window(),
        Op::InputScale(InputScale { channels, .. }) => *channels <= MAX_INPUT_CHANNELS,
        Op::Conv(p) => conv_fits(p),
        Op::Pool(p) => pool_fits(p),
        Op::RowSoftmax(p) => p.dim > 0 && p.dim as usize <= SCRATCH_WORDS,
        Op::WordPieceIds(p) | Op::WordPieceCount(p) => word_piece_fits(p),
        Op::RowsEmbed(p) => columns_fit(p.format, p.dim) && p.vocab > 0,
        Op::RowsLinear(p) => columns_fit(p.format, p.cols) && p.outputs > 0,
        Op::LayerNorm(p) => (1..=MAX_NORM).contains(&p.dim),
        Op::RowsScores(p) | Op::RowsSoftmax(p) | Op::RowsWeightedSum(p) => {
            p.rows as usize <= SCRATCH_WORDS && p.rows > 0 && p.heads > 0 && p.head_dim > 0
        }
        Op::RowsMean(p) => p.rows <= MAX_NORM,
        Op::RowsAdd(p) | Op::RowsGelu(p) => p.dim > 0,
        Op::TopExperts(p) => experts_fit(p.experts, p.used),
        Op::ExpertLinear(p) => experts_fit(p.experts, p.used) && columns_fit(p.format, p.cols),
        Op::ExpertSum(p) => experts_fit(p.experts, p.used),
        _ => true,
    }
}

fn conv_fits(p: &Conv) -> bool {
    let steps = [
        p.kernel_height,
        p.kernel_width,
        p.stride_height,
        p.stride_width,
        p.dilation_height,
        p.dilation_width,
    ];
    let grouped = |channels: u32| channels > 0 && channels.is_multiple_of(p.groups);
    p.groups > 0
        && grouped(p.channels)
        && grouped(p.out_channels)
        && windows_fit(&steps, [p.pad_top, p.pad_left])
        && sides_fit([p.height, p.width, p.out_height, p.out_width])
}

fn pool_fits(p: &Pool) -> bool {
    let steps = [
        p.kernel_height,
        p.kernel_width,
        p.stride_height,
        p.stride_width,
    ];
    windows_fit(&steps, [p.pad_top, p.pad_left])
        && sides_fit([p.height, p.width, p.out_height, p.out_width])
}

fn windows_fit(steps: &[u32], pads: [u32; 2]) -> bool {
    steps.iter().all(|step| (1..=MAX_REACH).contains(step))
        && pads.iter().all(|pad| *pad <= MAX_REACH)
}

fn sides_fit(sides: [u32; 4]) -> bool {
    sides.iter().all(|side| *side <= MAX_SIDE)
}

fn word_piece_fits(p: &WordPiece) -> bool {
    (1..=crate::text::MOST_CHARACTERS).contains(&p.most_characters)
        && p.code_points <= CODE_POINTS
        && (2..=p.tokens_capacity).contains(&p.limit)
}

fn columns_fit(format: WeightFormat, cols: u32) -> bool {
    cols > 0 && cols <= MAX_COLS && cols.is_multiple_of(format.block())
}

fn experts_fit(experts: u32, used: u32) -> bool {
    (1..=experts).contains(&used) && experts as usize <= SCRATCH_WORDS
}

fn heads_fit(heads: u32, kv_heads: u32, head_dim: u32) -> bool {
    kv_heads > 0 && head_dim > 0 && heads.is_multiple_of(kv_heads)
}
