//! Parameters of what makes a token out of logits.

use super::word::params;

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
