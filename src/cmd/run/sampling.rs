//! Limits and sampling of a request, as options.

use gavel_primitives::{Params, StopError, StopText};

/// Limits and sampling of a request.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Sampling {
    /// Generate at most this many tokens.
    #[arg(short = 'n', long, alias = "n-predict", default_value_t = 64)]
    max_tokens: u32,
    /// Temperature, 0 to 100 in thousandths; 0 takes the most probable token.
    #[arg(long, alias = "temp", default_value = "0", value_parser = |text: &str| thousandths(text, 0, 100_000))]
    temperature: u32,
    /// Draw among so many of the most probable tokens; 0 for all.
    #[arg(long, default_value_t = 0)]
    top_k: u32,
    /// Draw among the most probable tokens that have this share of the probability together, 0.001 to 1.
    #[arg(long, default_value = "1", value_parser = |text: &str| thousandths(text, 1, 1000))]
    top_p: u32,
    /// Draw among tokens that have this share of the largest probability, 0 to 1.
    #[arg(long, default_value = "0", value_parser = |text: &str| thousandths(text, 0, 1000))]
    min_p: u32,
    /// Divide the positive logits of tokens in prompt and answer by this, and multiply their negative ones, 0.001 to 10; 1 leaves them.
    #[arg(long, alias = "repeat-penalty", default_value = "1", value_parser = |text: &str| thousandths(text, 1, 10_000))]
    repetition_penalty: u32,
    /// Take this off a token's logit for each time that it is in the answer, -2 to 2.
    #[arg(long, default_value = "0", allow_negative_numbers = true, value_parser = |text: &str| signed_thousandths(text, 2000))]
    frequency_penalty: i32,
    /// Take this off the logits of tokens in the answer, -2 to 2.
    #[arg(long, default_value = "0", allow_negative_numbers = true, value_parser = |text: &str| signed_thousandths(text, 2000))]
    presence_penalty: i32,
    /// Seed of the draws.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// End the answer before this text, of 1 to 31 bytes; up to four times.
    #[arg(long, value_name = "TEXT", value_parser = stop_text)]
    stop: Vec<StopText>,
}

impl Sampling {
    /// As a request carries them.
    ///
    /// # Errors
    /// [`StopError`] if there are too many stop texts.
    pub(crate) fn params(&self) -> Result<Params, StopError> {
        Ok(Params {
            max_tokens: self.max_tokens,
            temperature: self.temperature,
            top_k: self.top_k,
            top_p: self.top_p,
            min_p: self.min_p,
            repetition_penalty: self.repetition_penalty,
            frequency_penalty: self.frequency_penalty,
            presence_penalty: self.presence_penalty,
            seed: self.seed,
            stop: StopText::all(self.stop.iter().map(StopText::bytes))?,
        })
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

fn stop_text(text: &str) -> Result<StopText, StopError> {
    StopText::new(text.as_bytes())
}

/// The same with a sign, of a magnitude up to `most`.
fn signed_thousandths(text: &str, most: u32) -> Result<i32, ThousandthsError> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text),
    };
    Ok(sign * thousandths(digits, 0, most)?.cast_signed())
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
    fn signed_thousandths_have_one_sign() {
        for (text, expected) in [
            ("0", 0),
            ("-0", 0),
            ("-1.5", -1500),
            (".25", 250),
            ("2", 2000),
        ] {
            assert_eq!(signed_thousandths(text, 2000), Ok(expected), "{text}");
        }
        for text in ["--1", "-", "+1", "1-", "- 1"] {
            let refused = signed_thousandths(text, 2000);
            assert_eq!(refused, Err(ThousandthsError::Form), "{text}");
        }
        for text in ["-2.001", "2.001"] {
            let range = ThousandthsError::Range { low: 0, high: 2000 };
            assert_eq!(signed_thousandths(text, 2000), Err(range), "{text}");
        }
    }

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
