//! Amounts of money on the command line: `1.5`, `1.5ether`, `20gwei`, `7wei`.

use alloy::primitives::{
    U256,
    utils::{ParseUnits, format_ether, parse_units},
};
use std::{fmt, str::FromStr};
use thiserror::Error;

/// Wei.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Amount(pub(crate) U256);

/// Why a text is no amount.
#[derive(Debug, PartialEq, Eq, Error)]
#[error("{text:?} is no amount: write 1.5 or 1.5ether, 20gwei, 7wei")]
pub(crate) struct AmountError {
    text: String,
}

impl FromStr for Amount {
    type Err = AmountError;

    fn from_str(text: &str) -> Result<Self, AmountError> {
        let error = || AmountError { text: text.into() };
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let unit = match &text[digits.len()..] {
            "" | "ether" => "ether",
            unit @ ("gwei" | "wei") => unit,
            _ => return Err(error()),
        };
        let plain = |c: char| c.is_ascii_digit() || c == '.';
        if digits.is_empty() || !digits.chars().all(plain) {
            return Err(error());
        }
        match parse_units(digits, unit) {
            Ok(ParseUnits::U256(wei)) => Ok(Amount(wei)),
            _ => Err(error()),
        }
    }
}

/// In ether.
impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format_ether(self.0);
        let short = text.trim_end_matches('0').trim_end_matches('.');
        write!(f, "{short} ether")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_units() {
        for (text, wei) in [
            ("1.5", 1_500_000_000_000_000_000u128),
            ("2ether", 2_000_000_000_000_000_000),
            ("20gwei", 20_000_000_000),
            ("7wei", 7),
            ("0", 0),
        ] {
            assert_eq!(text.parse(), Ok(Amount(U256::from(wei))), "{text}");
        }
        for text in [
            "", "ether", "-1", "1e18", "1 ether", "1.2.3", "5 kisses", "0x10",
        ] {
            assert!(text.parse::<Amount>().is_err(), "{text}");
        }
    }

    #[test]
    fn amounts_are_shown_in_ether() {
        for (wei, text) in [
            (0u64, "0 ether"),
            (1_500_000_000_000_000_000, "1.5 ether"),
            (7, "0.000000000000000007 ether"),
        ] {
            assert_eq!(Amount(U256::from(wei)).to_string(), text);
        }
    }
}
