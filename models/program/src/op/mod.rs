//! The operators and their parameters. Shapes are in elements, row-major; `pos` is the control slot's position.
//! What each computes, number by number, is `docs/spec/numerics.md`; the code is `models/kernels`.
//!
//! - `text`: between texts and tokens
//! - `layers`: what a layer does to one vector
//! - `attention`: caches, and attention over them
//! - `experts`: mixtures
//! - `sampling`: from logits to a token
//! - `requests`: what moves a request on or ends it
//! - `images`: classic networks
//! - `rows`: rows of a sequence
//! - `word`: parameters as words of a record

mod attention;
mod experts;
mod images;
mod layers;
mod requests;
mod rows;
mod sampling;
mod text;
mod word;

pub use attention::{Scores, Softmax, StoreRow, WeightedSum};
pub use experts::{ExpertLinear, ExpertSum, TopExperts};
pub use images::{ChannelAffine, Conv, InputScale, Pool, Reduction, RowSoftmax};
pub use layers::{Elementwise, Embed, Linear, Pairing, RmsNorm, Rope, Scale};
pub use requests::{Advance, Measure, Reply};
pub use rows::{LayerNorm, Rows, RowsAttention, RowsEmbed, RowsLinear};
pub use sampling::{Penalize, Probs, Sample};
pub use text::{
    Bpe, Detokenize, FLAG_BOS, FLAG_EOS, FLAG_SPACE_PREFIX, FindStop, NO_TOKEN, Tokenizer,
    WordPiece,
};

/// Parameter words of a record.
pub const PARAM_WORDS: usize = 32;

/// Declares the operators with their opcodes.
macro_rules! ops {
    ($($(#[$doc:meta])* $code:literal $name:ident($params:ident),)*) => {
        /// An operator with its parameters.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Op { $($(#[$doc])* $name($params),)* }

        impl Op {
            /// Opcodes and names, in order.
            pub const TABLE: &'static [(u32, &'static str)] = &[$(($code, stringify!($name)),)*];

            /// The opcode.
            pub const fn code(&self) -> u32 {
                match self { $(Op::$name(_) => $code,)* }
            }

            /// The operator's name.
            pub const fn name(&self) -> &'static str {
                match self { $(Op::$name(_) => stringify!($name),)* }
            }

            /// The parameter words of a record.
            pub fn params(&self) -> [u32; PARAM_WORDS] {
                match self { $(Op::$name(params) => params.put(),)* }
            }

            /// Reads opcode and parameters; `None` if one is outside its domain.
            pub fn decode(code: u32, params: &[u32; PARAM_WORDS]) -> Option<Op> {
                match code {
                    $($code => Some(Op::$name($params::take(params)?)),)*
                    _ => None,
                }
            }
        }
    };
}

ops! {
    /// Prompt bytes to token ids: output I32\[tokens_capacity\], zero past the last id.
    1 TokenizeIds(Tokenizer),
    /// Number of token ids that the prompt has, also when it exceeds the tokens slot: word 0 of I32\[64\].
    2 TokenizeCount(Tokenizer),
    /// Row of the embedding table.
    3 Embed(Embed),
    /// RMSNorm.
    4 RmsNorm(RmsNorm),
    /// Matrix times vector.
    5 Linear(Linear),
    /// Rotary position embedding.
    6 Rope(Rope),
    /// Row of a cache.
    7 StoreRow(StoreRow),
    /// Attention scores.
    8 Scores(Scores),
    /// Attention softmax.
    9 Softmax(Softmax),
    /// Attention output.
    10 WeightedSum(WeightedSum),
    /// `a + b`. Inputs: a, b F32\[len\].
    11 Add(Elementwise),
    /// `silu(gate) * up`. Inputs: gate, up F32\[len\].
    12 SwiGlu(Elementwise),
    /// Weights of the sampler.
    13 Probs(Probs),
    /// The sampler.
    14 Sample(Sample),
    /// Text of the generated tokens, output U8\[output_capacity\], zero past its end.
    15 Detokenize(Detokenize),
    /// Bytes that the generated tokens print, also when they exceed the output slot: word 0 of I32\[64\].
    16 DetokenizeLen(Detokenize),
    /// Control of the next step.
    17 Advance(Advance),
    /// Prompt bytes to token ids by byte-level BPE: output I32\[tokens_capacity\], zero past the last id.
    18 BpeIds(Bpe),
    /// Number of token ids that the prompt has, also when it exceeds the tokens slot: word 0 of I32\[64\].
    19 BpeCount(Bpe),
    /// `gelu(gate) * up`. Inputs: gate, up F32\[len\].
    20 GeGlu(Elementwise),
    /// A vector times a number.
    21 Scale(Scale),
    /// The answer's bytes of a one-step program, zero where the request's measure is outside its bounds.
    22 Reply(Reply),
    /// Control of a one-step program's end.
    23 Finish(Reply),
    /// Bytes as numbers.
    24 InputScale(InputScale),
    /// `x` where it is above zero or NaN, else zero. Inputs: x F32\[len\].
    25 Relu(Elementwise),
    /// Convolution.
    26 Conv(Conv),
    /// Windows of an image reduced to one number each.
    27 Pool(Pool),
    /// Softmax of whole rows.
    28 RowSoftmax(RowSoftmax),
    /// A factor and a summand for each channel.
    29 ChannelAffine(ChannelAffine),
    /// Prompt bytes to token ids by WordPiece: output I32\[tokens_capacity\], zero past the last id.
    30 WordPieceIds(WordPiece),
    /// Number of token ids that the prompt has: word 0 of I32\[64\].
    31 WordPieceCount(WordPiece),
    /// Rows of an embedding table.
    32 RowsEmbed(RowsEmbed),
    /// Matrix times each row, and a bias.
    33 RowsLinear(RowsLinear),
    /// `a + b` on rows. Inputs: count I32\[64\], a, b F32[rows, dim]. Output F32[rows, dim].
    34 RowsAdd(Rows),
    /// LayerNorm.
    35 LayerNorm(LayerNorm),
    /// The Gaussian unit in its erf form. Inputs: count I32\[64\], x F32[rows, dim]. Output F32[rows, dim].
    36 RowsGelu(Rows),
    /// Attention scores of rows.
    37 RowsScores(RowsAttention),
    /// Logits after the penalties.
    38 Penalize(Penalize),
    /// The end of the answer's text before a stop text.
    39 FindStop(FindStop),
    /// The experts that a token is sent to.
    44 TopExperts(TopExperts),
    /// The chosen experts' matrices times vectors.
    45 ExpertLinear(ExpertLinear),
    /// The chosen experts' outputs together.
    46 ExpertSum(ExpertSum),
    /// Attention softmax of rows.
    50 RowsSoftmax(RowsAttention),
    /// Attention output of rows.
    51 RowsWeightedSum(RowsAttention),
    /// Mean of the rows. Inputs: count I32\[64\], x F32[rows, dim]. Output F32\[dim\].
    52 RowsMean(Rows),
    /// A vector divided by its length, which counts as 1e-12 at least. Inputs: x F32\[len\]. Output F32\[len\].
    53 UnitNorm(Elementwise),
}
