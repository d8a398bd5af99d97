//! Parameters of mixtures of experts.

use super::word::params;
use crate::WeightFormat;

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
