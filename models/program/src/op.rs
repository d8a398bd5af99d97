//! The operators and their parameters. Shapes are in elements, row-major; `pos` is the control slot's position.
//! What each computes, number by number, is `docs/spec/numerics.md`; the code is `models/kernels`.

use crate::{Pretokenizer, WeightFormat};

/// Parameter words of a record.
pub const PARAM_WORDS: usize = 32;
/// "No such token" among the tokenizer's parameters.
pub const NO_TOKEN: u32 = u32::MAX;
/// [`Tokenizer::flags`]: the BOS token comes first.
pub const FLAG_BOS: u32 = 1;
/// [`Tokenizer::flags`]: a space is put before a text that is not empty.
pub const FLAG_SPACE_PREFIX: u32 = 2;
/// [`Tokenizer::flags`]: the end token comes last.
pub const FLAG_EOS: u32 = 4;

/// A parameter: one word that has a domain.
trait Word: Sized {
    fn put(self) -> u32;
    fn take(word: u32) -> Option<Self>;
}

impl Word for u32 {
    fn put(self) -> u32 {
        self
    }
    fn take(word: u32) -> Option<Self> {
        Some(word)
    }
}

impl Word for WeightFormat {
    fn put(self) -> u32 {
        self as u32
    }
    fn take(word: u32) -> Option<Self> {
        WeightFormat::from_code(word)
    }
}

/// Which elements of a head a rotary embedding turns together, of `rotary` elements.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pairing {
    /// Elements 2i and 2i + 1.
    Neighbours = 0,
    /// Elements i and i + rotary / 2.
    Halves = 1,
}

impl Word for Pairing {
    fn put(self) -> u32 {
        self as u32
    }
    fn take(word: u32) -> Option<Self> {
        match word {
            0 => Some(Pairing::Neighbours),
            1 => Some(Pairing::Halves),
            _ => None,
        }
    }
}

/// What a one-step program measures a request by.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Measure {
    /// The prompt's bytes.
    Bytes = 0,
    /// Element 0 of the node's last input, I32\[64\]: the prompt's tokens.
    Count = 1,
}

impl Word for Measure {
    fn put(self) -> u32 {
        self as u32
    }
    fn take(word: u32) -> Option<Self> {
        match word {
            0 => Some(Measure::Bytes),
            1 => Some(Measure::Count),
            _ => None,
        }
    }
}

/// What a window of an image is reduced to.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reduction {
    /// The largest element.
    Largest = 0,
    /// The mean of the elements inside the image.
    Mean = 1,
    /// Their sum over the whole window's number of elements: what lies outside the image counts as zero.
    PaddedMean = 2,
}

impl Word for Reduction {
    fn put(self) -> u32 {
        self as u32
    }
    fn take(word: u32) -> Option<Self> {
        match word {
            0 => Some(Reduction::Largest),
            1 => Some(Reduction::Mean),
            2 => Some(Reduction::PaddedMean),
            _ => None,
        }
    }
}

impl Word for bool {
    fn put(self) -> u32 {
        self.into()
    }
    fn take(word: u32) -> Option<Self> {
        match word {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

impl Word for Pretokenizer {
    fn put(self) -> u32 {
        self as u32
    }
    fn take(word: u32) -> Option<Self> {
        Pretokenizer::from_code(word)
    }
}

/// Declares a struct of parameters with its words in the order of its fields.
macro_rules! params {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $ty:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name { $($(#[$field_doc])* pub $field: $ty,)* }

        impl $name {
            fn put(&self) -> [u32; PARAM_WORDS] {
                let mut words = [0; PARAM_WORDS];
                let mut next = words.iter_mut();
                $(*next.next().expect("an operator has at most 32 parameters") = Word::put(self.$field);)*
                words
            }

            fn take(words: &[u32; PARAM_WORDS]) -> Option<Self> {
                let mut next = words.iter();
                let params = $name { $($field: Word::take(*next.next()?)?,)* };
                next.all(|word| *word == 0).then_some(params)
            }
        }
    };
}

params! {
    /// SentencePiece-style tokenizer. Inputs: prompt U8\[prompt_capacity\], texts U8[..], offsets I32[vocab + 1],
    /// scores F32\[vocab\], sorted I32\[sorted_len\] (ids by text, one for each distinct text), byte tokens I32\[256\] (-1 = none),
    /// then a lexicon of special tokens: texts U8[..] by rising text, offsets I32[specials + 1], ids I32\[specials\].
    Tokenizer {
        /// Tokens of the vocabulary.
        vocab: u32,
        /// Entries of `sorted`.
        sorted_len: u32,
        /// Bytes of the prompt slot.
        prompt_capacity: u32,
        /// Elements of the tokens slot.
        tokens_capacity: u32,
        /// BOS token or [`NO_TOKEN`].
        bos: u32,
        /// End token or [`NO_TOKEN`].
        eos: u32,
        /// Unknown token.
        unk: u32,
        /// FLAG_*.
        flags: u32,
        /// Bytes of the longest text that `sorted` names: a longer candidate is not looked up, which bounds the cost.
        max_text: u32,
        /// Special tokens, which the prompt may name by their text.
        specials: u32,
        /// Bytes of the longest special token's text, which bounds the cost.
        longest_special: u32,
    }
}
params! {
    /// Byte-level BPE tokenizer. Inputs: prompt U8\[prompt_capacity\], classes U8[code_points / 4] (2 bits a code point), the token of
    /// each byte I32\[256\] (-1 = none), merges I32[merges, 3] (left, right and rank, by rising left and right), results
    /// I32\[merges\] by rank; then two lexicons, of special tokens and of words that are taken whole, each: texts U8[..] by rising
    /// text, offsets I32[count + 1], ids I32\[count\].
    Bpe {
        /// How the text falls apart into words.
        pretokenizer: Pretokenizer,
        /// Code points that `classes` covers: those past it belong to no class.
        code_points: u32,
        /// Merges.
        merges: u32,
        /// Special tokens, which the prompt may name by their text.
        specials: u32,
        /// Bytes of the longest special token's text, which bounds the cost.
        longest_special: u32,
        /// Words that are not merged because they are tokens.
        whole: u32,
        /// Bytes of the longest of them: a longer word is not looked up.
        longest_whole: u32,
        /// Bytes of the prompt slot.
        prompt_capacity: u32,
        /// Elements of the tokens slot.
        tokens_capacity: u32,
        /// BOS token or [`NO_TOKEN`].
        bos: u32,
        /// End token or [`NO_TOKEN`].
        eos: u32,
        /// [`FLAG_BOS`] and [`FLAG_EOS`].
        flags: u32,
    }
}
params! {
    /// One row of a table: `x[i] = table[tokens[pos], i]`. Inputs: tokens I32, then the table's planes [vocab, dim], or those of a shard:
    /// of a token whose row is in another one the output keeps its value.
    Embed {
        /// Columns.
        dim: u32,
        /// Rows.
        vocab: u32,
        /// Elements of the tokens slot.
        tokens_capacity: u32,
        /// Storage of the table.
        format: WeightFormat,
        /// Of a shard the whole table's rows before it; else 0.
        before: u32,
        /// Those after it.
        after: u32,
    }
}
params! {
    /// RMSNorm of each row. Inputs: x F32[rows, dim], weight F32\[dim\].
    RmsNorm {
        /// Rows: 1, or the heads of queries or keys.
        rows: u32,
        /// Elements of a row.
        dim: u32,
        /// Epsilon, the bits of an F32.
        eps: u32,
    }
}
params! {
    /// `y[before + r] = W[r] x`; every other element keeps its value. Inputs: x F32\[cols\], then the planes of W [rows, cols], which may
    /// be a shard of a larger matrix. Output F32[before + rows + after].
    Linear {
        /// Rows.
        rows: u32,
        /// Inputs.
        cols: u32,
        /// Storage of W.
        format: WeightFormat,
        /// Of a shard the whole matrix's rows before it, whole tiles; else 0.
        before: u32,
        /// Those after it; if there are any, `rows` are whole tiles.
        after: u32,
    }
}

impl Linear {
    /// A whole matrix.
    pub const fn whole(rows: u32, cols: u32, format: WeightFormat) -> Self {
        Linear {
            rows,
            cols,
            format,
            before: 0,
            after: 0,
        }
    }
}
params! {
    /// Rotary embedding of pairs in each head. Inputs: x F32[heads * head_dim], table F32[context, rotary] as (cos, sin) pairs:
    /// entry (pos, 2i) is the cosine and (pos, 2i + 1) the sine for pair i. Elements past `rotary` are copied.
    Rope {
        /// Heads.
        heads: u32,
        /// Elements of a head.
        head_dim: u32,
        /// Elements of a head that are rotated, even.
        rotary: u32,
        /// Rows of the table.
        context: u32,
        /// Which elements make a pair.
        pairing: Pairing,
    }
}
params! {
    /// `cache[pos, i] = x[i]`; every other element keeps its value. Inputs: x F32\[width\]. Output F32[context, width].
    StoreRow {
        /// Elements of a row.
        width: u32,
        /// Rows.
        context: u32,
    }
}
params! {
    /// Attention scores: `scores[h, t] = (q[h] . k[t, h / group]) * scale` for the positions t that are seen, the last `window` up to
    /// pos; others keep their value.
    /// Inputs: q F32[heads * head_dim], keys F32[context, kv_heads * head_dim]. Output F32[heads, context].
    Scores {
        /// Query heads, a multiple of `kv_heads`.
        heads: u32,
        /// Key heads.
        kv_heads: u32,
        /// Elements of a head.
        head_dim: u32,
        /// Rows of the cache.
        context: u32,
        /// Scale, the bits of an F32.
        scale: u32,
        /// Positions that are seen, pos among them; at least 1.
        window: u32,
    }
}
params! {
    /// Softmax of each row over the positions that are seen; others keep their value. Inputs: scores F32[heads, context]. Output the
    /// same shape.
    Softmax {
        /// Rows.
        heads: u32,
        /// Elements of a row.
        context: u32,
        /// Positions that are seen, as in [`Scores`].
        window: u32,
    }
}
params! {
    /// Weighted sum of values: `y[h, d] = sum of p[h, t] * v[t, h / group, d]` over the positions that are seen.
    /// Inputs: p F32[heads, context], values F32[context, kv_heads * head_dim]. Output F32[heads * head_dim].
    WeightedSum {
        /// Query heads, a multiple of `kv_heads`.
        heads: u32,
        /// Value heads.
        kv_heads: u32,
        /// Elements of a head.
        head_dim: u32,
        /// Rows of the cache.
        context: u32,
        /// Positions that are seen, as in [`Scores`].
        window: u32,
    }
}
params! {
    /// An element-wise operator over F32\[len\].
    Elementwise {
        /// Elements.
        len: u32,
    }
}
params! {
    /// `y[i] = x[i] * factor`. Inputs: x F32\[len\].
    Scale {
        /// Elements.
        len: u32,
        /// The bits of an F32.
        factor: u32,
    }
}
params! {
    /// Logits after the penalties on tokens that were there before, only if the control slot has any; else the output keeps its value.
    /// Inputs: logits F32\[vocab\], tokens I32\[tokens_capacity\]. Output F32\[vocab\], usually the logits' own slot.
    Penalize {
        /// Elements.
        vocab: u32,
        /// Elements of the tokens slot.
        tokens_capacity: u32,
    }
}
params! {
    /// Where the answer's text ends, if the token at `pos + 1` completes a stop text; only if the control slot has any. Inputs: tokens
    /// I32\[tokens_capacity\], texts U8 (as printed), offsets I32[vocab + 1]. Output I32\[64\]: word 0 is 0, or one more than the bytes
    /// of text that stand before the stop text.
    FindStop {
        /// Tokens of the vocabulary.
        vocab: u32,
        /// Elements of the tokens slot.
        tokens_capacity: u32,
        /// Bytes of the longest text: of a longer one only so many are looked at, which bounds the cost.
        longest: u32,
    }
}
params! {
    /// The sampler's weights `exp((l[i] - max l) / T)`, only if the temperature is not 0; else the output keeps its value.
    /// Inputs: logits F32\[vocab\]. Output F32\[vocab\].
    Probs {
        /// Elements.
        vocab: u32,
    }
}
params! {
    /// The sampler: writes the chosen token at `tokens[pos + 1]`. Inputs: logits F32\[vocab\], probs F32\[vocab\].
    Sample {
        /// Elements.
        vocab: u32,
        /// Elements of the tokens slot.
        tokens_capacity: u32,
    }
}
params! {
    /// Text of the generated tokens. Inputs: tokens I32\[tokens_capacity\], texts U8 (as printed), offsets I32[vocab + 1].
    /// The texts are those that a token prints: nothing for control and unknown tokens.
    Detokenize {
        /// Tokens of the vocabulary.
        vocab: u32,
        /// Elements of the tokens slot.
        tokens_capacity: u32,
        /// Bytes of the output slot.
        output_capacity: u32,
    }
}
params! {
    /// The step's last node: moves the request on. Inputs: count I32\[64\] (word 0: prompt tokens in the tokenize phase, the text's end in
    /// the generate phase as [`FindStop`] gives it, output bytes in the detokenize phase), tokens I32\[tokens_capacity\]. Output: the control slot.
    Advance {
        /// Positions of the context.
        context: u32,
        /// Elements of the tokens slot.
        tokens_capacity: u32,
        /// Bytes of the output slot.
        output_capacity: u32,
        /// Number of end tokens, at most 4.
        eos_count: u32,
        /// End tokens.
        eos0: u32,
        /// End tokens.
        eos1: u32,
        /// End tokens.
        eos2: u32,
        /// End tokens.
        eos3: u32,
    }
}

params! {
    /// How a one-step program answers. [`Op::Reply`] writes the answer's bytes U8[4 * len (+ 4)]: inputs x F32\[len\], and count I32\[64\] if
    /// that is the measure. [`Op::Finish`], the step's last node, ends the request: input count, if that is the measure. Output: the control
    /// slot.
    Reply {
        /// Numbers of the answer, 4 bytes each.
        len: u32,
        /// The least measure that is answered.
        least: u32,
        /// The most.
        most: u32,
        /// What is measured.
        measure: Measure,
        /// Whether the index of the first of the largest numbers comes after them, as 4 bytes.
        class: bool,
    }
}
params! {
    /// Bytes as numbers: `y[c, i] = (f32(byte) / divisor - mean[c]) / deviation[c]`. Inputs: prompt U8[channels * plane].
    InputScale {
        /// Channels, at most 4.
        channels: u32,
        /// Bytes of a channel.
        plane: u32,
        /// What every byte is divided by, the bits of an F32.
        divisor: u32,
        /// Mean of channel 0, the bits of an F32.
        mean0: u32,
        /// Of channel 1.
        mean1: u32,
        /// Of channel 2.
        mean2: u32,
        /// Of channel 3.
        mean3: u32,
        /// Deviation of channel 0, the bits of an F32.
        deviation0: u32,
        /// Of channel 1.
        deviation1: u32,
        /// Of channel 2.
        deviation2: u32,
        /// Of channel 3.
        deviation3: u32,
    }
}
params! {
    /// Convolution. Inputs: x F32[channels, height, width], W F32[out_channels, channels / groups, kernel_height, kernel_width],
    /// bias F32\[out_channels\]. Output F32[out_channels, out_height, out_width].
    Conv {
        /// Channels of the input.
        channels: u32,
        /// Rows of the input.
        height: u32,
        /// Columns of the input.
        width: u32,
        /// Channels of the output.
        out_channels: u32,
        /// Rows of the output.
        out_height: u32,
        /// Columns of the output.
        out_width: u32,
        /// Rows of the kernel.
        kernel_height: u32,
        /// Columns of the kernel.
        kernel_width: u32,
        /// Rows from one window to the next.
        stride_height: u32,
        /// Columns from one window to the next.
        stride_width: u32,
        /// Rows of the first window above the input.
        pad_top: u32,
        /// Columns of the first window left of the input.
        pad_left: u32,
        /// Rows from one element of a window to the next.
        dilation_height: u32,
        /// Columns from one element of a window to the next.
        dilation_width: u32,
        /// Groups of channels, each with kernels of its own.
        groups: u32,
    }
}
params! {
    /// Windows of each channel reduced to one number. Inputs: x F32[channels, height, width]. Output F32[channels, out_height, out_width].
    Pool {
        /// Channels.
        channels: u32,
        /// Rows of the input.
        height: u32,
        /// Columns of the input.
        width: u32,
        /// Rows of the output.
        out_height: u32,
        /// Columns of the output.
        out_width: u32,
        /// Rows of a window.
        kernel_height: u32,
        /// Columns of a window.
        kernel_width: u32,
        /// Rows from one window to the next.
        stride_height: u32,
        /// Columns from one window to the next.
        stride_width: u32,
        /// Rows of the first window above the input.
        pad_top: u32,
        /// Columns of the first window left of the input.
        pad_left: u32,
        /// What is made of a window.
        reduction: Reduction,
    }
}
params! {
    /// Softmax of each row, whole. Inputs: x F32[rows, dim]. Output the same shape.
    RowSoftmax {
        /// Rows.
        rows: u32,
        /// Elements of a row.
        dim: u32,
    }
}
params! {
    /// `y[c, i] = x[c, i] * a[c] + b[c]`. Inputs: x F32[channels, plane], a F32\[channels\], b F32\[channels\]. Output of x's shape.
    ChannelAffine {
        /// Channels.
        channels: u32,
        /// Elements of a channel.
        plane: u32,
    }
}

params! {
    /// WordPiece tokenizer over BERT's normalizer. Inputs: prompt U8\[prompt_capacity\], classes U8[code_points / 2] (4 bits a code point),
    /// mappings I32[mappings, 4] (code point and up to three others that it becomes, 0 = none, by rising code point); then three
    /// lexicons, of special tokens, of tokens that begin a word and of those that go on with it, each: texts U8[..] by rising text,
    /// offsets I32[count + 1], ids I32\[count\].
    WordPiece {
        /// Code points that `classes` covers: those past it are kept as they are.
        code_points: u32,
        /// Code points that become others.
        mappings: u32,
        /// Special tokens, which the prompt may name by their text.
        specials: u32,
        /// Bytes of the longest special token's text, which bounds the cost.
        longest_special: u32,
        /// Tokens that begin a word.
        words: u32,
        /// Bytes of the longest of them: a longer one is not looked up.
        longest_word: u32,
        /// Tokens that go on with a word.
        continuations: u32,
        /// Bytes of the longest of them.
        longest_continuation: u32,
        /// Characters of the longest word that is looked up: a longer one is unknown.
        most_characters: u32,
        /// Ids that a prompt has at most, the two at its ends among them: those past it are dropped.
        limit: u32,
        /// Bytes of the prompt slot.
        prompt_capacity: u32,
        /// Elements of the tokens slot.
        tokens_capacity: u32,
        /// Token before a prompt's, or [`NO_TOKEN`].
        first: u32,
        /// Token after them, or [`NO_TOKEN`].
        last: u32,
        /// Token of a word that the others don't make.
        unk: u32,
    }
}
params! {
    /// A row of a table for each row: `x[r, i] = table[tokens[r], i]`. Inputs: count I32\[64\], tokens I32\[rows\], then the table's planes
    /// [vocab, dim]. Output F32[rows, dim].
    ///
    /// Operators on rows compute the first `count` of them (element 0 of the count, at most `rows`); the others keep their value.
    RowsEmbed {
        /// Rows at most.
        rows: u32,
        /// Columns.
        dim: u32,
        /// Rows of the table.
        vocab: u32,
        /// Storage of the table.
        format: WeightFormat,
    }
}
params! {
    /// `y[r] = W x[r] + bias`. Inputs: count I32\[64\], x F32[rows, cols], bias F32\[outputs\], then the planes of W [outputs, cols].
    /// Output F32[rows, outputs].
    RowsLinear {
        /// Rows at most.
        rows: u32,
        /// Elements of an output's row.
        outputs: u32,
        /// Elements of an input's row.
        cols: u32,
        /// Storage of W.
        format: WeightFormat,
    }
}
params! {
    /// An element-wise operator on rows: F32[rows, dim].
    Rows {
        /// Rows at most.
        rows: u32,
        /// Elements of a row.
        dim: u32,
    }
}
params! {
    /// LayerNorm of each row. Inputs: count I32\[64\], x F32[rows, dim], weight F32\[dim\], bias F32\[dim\]. Output F32[rows, dim].
    LayerNorm {
        /// Rows at most.
        rows: u32,
        /// Elements of a row.
        dim: u32,
        /// Epsilon, the bits of an F32.
        eps: u32,
    }
}
params! {
    /// Attention of all rows to all rows, in three operators:
    ///
    /// - scores `s[r, h, t] = (q[r, h] . k[t, h]) * scale`. Inputs: count I32\[64\], q and k F32[rows, heads * head_dim]. Output
    ///   F32[rows, heads, rows];
    /// - their softmax over t. Inputs: count, scores. Output F32[rows, heads, rows];
    /// - weighted sums `y[r, h] = sum of p[r, h, t] * v[t, h]`. Inputs: count, p F32[rows, heads, rows], v F32[rows, heads * head_dim].
    ///   Output F32[rows, heads * head_dim].
    RowsAttention {
        /// Rows at most.
        rows: u32,
        /// Heads.
        heads: u32,
        /// Elements of a head.
        head_dim: u32,
        /// Scale of the scores, the bits of an F32; the other two don't use it.
        scale: u32,
    }
}

params! {
    /// The experts that a token is sent to: the numbers of the `used` highest probabilities, by falling probability. Inputs: probabilities
    /// F32\[experts\]. Output I32\[used\].
    TopExperts {
        /// Experts.
        experts: u32,
        /// How many are chosen.
        used: u32,
    }
}
params! {
    /// `y[e] = W[chosen[e]] x`, or `W[chosen[e]] x[e]`. Inputs: x F32\[cols\] or F32[used, cols], chosen I32\[used\], then the planes of
    /// W [experts * rows, cols]. Output F32[used, rows].
    ExpertLinear {
        /// Experts.
        experts: u32,
        /// How many are chosen.
        used: u32,
        /// Outputs of an expert.
        rows: u32,
        /// Inputs of an expert.
        cols: u32,
        /// Whether each chosen expert has a vector of its own.
        own: bool,
        /// Storage of W.
        format: WeightFormat,
    }
}
params! {
    /// The chosen experts' outputs, by their share of the chosen probabilities: `y[i] = sum of x[e, i] * (p[chosen[e]] / z)`, z being the sum
    /// of those probabilities. Inputs: x F32[used, dim], chosen I32\[used\], probabilities F32\[experts\]. Output F32\[dim\].
    ExpertSum {
        /// Experts.
        experts: u32,
        /// How many are chosen.
        used: u32,
        /// Elements of an output.
        dim: u32,
    }
}

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
