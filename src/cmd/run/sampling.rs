//! Limits and sampling of a request, as options.

use gavel_primitives::Params;

/// Limits and sampling of a request.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Sampling {
    /// Generate at most this many tokens.
    #[arg(short = 'n', long, alias = "n-predict", default_value_t = 64)]
    max_tokens: u32,
    /// Temperature, 0 to 100 in thousandths; 0 takes the most probable token.
    #[arg(long, alias = "temp", default_value = "0", value_parser = |text: &str| thousandths(text, 0, 100_000))]
    temperature: u32,
    /// Draw among the most probable tokens that have this share of the probability together, 0.001 to 1.
    #[arg(long, default_value = "1", value_parser = |text: &str| thousandths(text, 1, 1000))]
    top_p: u32,
    /// Seed of the draws.
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

impl Sampling {
    /// As a request carries them.
    pub(crate) fn params(&self) -> Params {
        Params {
            max_tokens: self.max_tokens,
            temperature: self.temperature,
            top_p: self.top_p,
            seed: self.seed,
        }
    }
}

/// Why a number is not one of thousandths.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ThousandthsError {
    /// Not digits, with at most three after a point.
    #[error("expected digits with at most three after the point")]
    Form,
    /// Out of range.
    #[error("expected {low} to {high} thousandths")]
    Range {
        /// The least.
        low: u32,
        /// The most.
        high: u32,
    },
}

/// A decimal number with up to three digits after the point, exactly, as thousandths within `low..=high`.
fn thousandths(text: &str, low: u32, high: u32) -> Result<u32, ThousandthsError> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if (whole.is_empty() && part.is_empty()) || part.len() > 3 || !digits(whole) || !digits(part) {
        return Err(ThousandthsError::Form);
    }
    let range = ThousandthsError::Range { low, high };
    match format!("{whole}{part:0<3}").parse() {
        Ok(value) if (low..=high).contains(&value) => Ok(value),
        _ => Err(range),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousandths_are_exact() {
        for (text, expected) in [
            ("0", 0),
            ("1", 1000),
            ("0.7", 700),
            (".125", 125),
            ("2.", 2000),
            ("99.999", 99_999),
        ] {
            assert_eq!(thousandths(text, 0, 100_000), Ok(expected), "{text}");
        }
        for text in ["", ".", "-1", "0.1234", "1e3", "nan", "+1", "0x1"] {
            assert_eq!(
                thousandths(text, 0, 100_000),
                Err(ThousandthsError::Form),
                "{text}"
            );
        }
        for text in ["0", "1.001", "99999999999999"] {
            assert_eq!(
                thousandths(text, 1, 1000),
                Err(ThousandthsError::Range { low: 1, high: 1000 }),
                "{text}"
            );
        }
    }
}
