//! How a prompt's bytes become a network's input: a model file doesn't say it, but its accuracy depends on it.

use super::Parameters;
use crate::ImportError;
use std::{fmt, num::ParseFloatError, str::FromStr};
use thiserror::Error;

/// Most channels with a mean and a deviation of their own.
const MOST_CHANNELS: usize = 4;

/// `(byte / divisor - mean) / deviation`, with one mean and deviation for all channels or one for each. It is part of a program: another scale
/// makes another program id.
///
/// Written `DIVISOR`, `DIVISOR,MEAN,DEVIATION` or `DIVISOR,MEAN,DEVIATION,MEAN,DEVIATION,..`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InputScale {
    /// The bits of an F32, as the others.
    divisor: u32,
    /// Mean and deviation.
    channels: [[u32; 2]; MOST_CHANNELS],
    /// How many of these were given.
    count: usize,
}

/// Why a text is no scale.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InputScaleError {
    /// A part is no number.
    #[error("{part:?} is no number: {source}")]
    Number {
        /// The part.
        part: String,
        /// What is wrong with it.
        source: ParseFloatError,
    },
    /// A number that can't be used.
    #[error("{what} is {got}, expected {expected}")]
    Range {
        /// Which number.
        what: &'static str,
        /// The number.
        got: String,
        /// What it may be.
        expected: &'static str,
    },
    /// Not a divisor with pairs.
    #[error(
        "{got} numbers, expected a divisor, then a mean and a deviation for all channels or for each of up to 4"
    )]
    Count {
        /// How many there are.
        got: usize,
    },
}

impl InputScale {
    /// The operator's parameters for so many channels of `plane` bytes.
    ///
    /// # Errors
    /// [`ImportError::Value`] where the scale has another number of channels.
    pub(super) fn parameters(&self, channels: u32, plane: u32) -> Result<Parameters, ImportError> {
        // One mean and deviation: the channels are one.
        let (taken, plane) = match self.count {
            1 => (1, channels * plane),
            _ => (channels, plane),
        };
        if taken as usize != self.count {
            return Err(ImportError::Value {
                key: "input scale".into(),
                got: format!("one of {} channels", self.count),
                expected: format!(
                    "one mean and deviation, or {channels} as the input has channels"
                ),
            });
        }
        let [mean, deviation] = [0, 1].map(|of| self.channels.map(|channel| channel[of]));
        Ok(Parameters {
            channels: taken,
            plane,
            divisor: self.divisor,
            mean0: mean[0],
            mean1: mean[1],
            mean2: mean[2],
            mean3: mean[3],
            deviation0: deviation[0],
            deviation1: deviation[1],
            deviation2: deviation[2],
            deviation3: deviation[3],
        })
    }

    fn of(divisor: f32, pairs: &[[f32; 2]]) -> Result<Self, InputScaleError> {
        let got = 1 + 2 * pairs.len();
        if pairs.is_empty() || pairs.len() > MOST_CHANNELS {
            return Err(InputScaleError::Count { got });
        }
        usable("the divisor", divisor, true)?;
        let mut channels = [[0, 1.0f32.to_bits()]; MOST_CHANNELS];
        for (channel, [mean, deviation]) in channels.iter_mut().zip(pairs) {
            usable("a mean", *mean, false)?;
            usable("a deviation", *deviation, true)?;
            *channel = [mean.to_bits(), deviation.to_bits()];
        }
        Ok(InputScale {
            divisor: divisor.to_bits(),
            channels,
            count: pairs.len(),
        })
    }
}

/// A finite number; one to divide by must not be zero.
fn usable(what: &'static str, number: f32, divides: bool) -> Result<(), InputScaleError> {
    let expected = match divides {
        true => "a finite number other than 0",
        false => "a finite number",
    };
    if number.is_finite() && !(divides && number == 0.0) {
        return Ok(());
    }
    Err(InputScaleError::Range {
        what,
        got: number.to_string(),
        expected,
    })
}

impl Default for InputScale {
    /// Bytes over 255.
    fn default() -> Self {
        InputScale {
            divisor: 255.0f32.to_bits(),
            channels: [[0, 1.0f32.to_bits()]; MOST_CHANNELS],
            count: 1,
        }
    }
}

impl FromStr for InputScale {
    type Err = InputScaleError;

    fn from_str(text: &str) -> Result<Self, InputScaleError> {
        let number = |part: &str| {
            part.trim()
                .parse::<f32>()
                .map_err(|source| InputScaleError::Number {
                    part: part.into(),
                    source,
                })
        };
        let numbers: Vec<f32> = text.split(',').map(number).collect::<Result<_, _>>()?;
        let (divisor, rest) = numbers.split_first().expect("a split gives a part");
        match rest.as_chunks() {
            ([], []) => InputScale::of(*divisor, &[[0.0, 1.0]]),
            (pairs, []) => InputScale::of(*divisor, pairs),
            _ => Err(InputScaleError::Count { got: numbers.len() }),
        }
    }
}

impl fmt::Display for InputScale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", f32::from_bits(self.divisor))?;
        for number in self.channels[..self.count].as_flattened() {
            write!(f, ",{}", f32::from_bits(*number))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_are_read_as_they_are_written() {
        for (text, written) in [
            ("255", "255,0,1"),
            ("255,0.1307,0.3081", "255,0.1307,0.3081"),
            (" 1 , 0.5, 2 ,0,1,3,-4", "1,0.5,2,0,1,3,-4"),
        ] {
            let scale: InputScale = text.parse().expect(text);
            assert_eq!(scale.to_string(), written);
            assert_eq!(written.parse(), Ok(scale));
        }
        assert_eq!("255".parse(), Ok(InputScale::default()));
    }

    #[test]
    fn what_is_no_scale_is_refused() {
        let error = |text: &str| text.parse::<InputScale>().expect_err(text);
        for text in ["", "x", "255,,1"] {
            assert!(
                matches!(error(text), InputScaleError::Number { .. }),
                "{text}"
            );
        }
        for text in ["0", "inf", "255,nan,1", "255,0,0", "255,0,1,0,-0"] {
            assert!(
                matches!(error(text), InputScaleError::Range { .. }),
                "{text}"
            );
        }
        for text in ["255,1", "1,0,1,0", "1,0,1,0,1,0,1,0,1,0,1"] {
            assert!(
                matches!(error(text), InputScaleError::Count { .. }),
                "{text}"
            );
        }
    }

    #[test]
    fn one_pair_is_for_all_channels() {
        let one: InputScale = "255,0.5,2".parse().expect("a scale");
        let p = one.parameters(3, 10).expect("any number of channels");
        assert_eq!((p.channels, p.plane), (1, 30));
        let two: InputScale = "255,0.5,2,0.25,4".parse().expect("a scale");
        let p = two.parameters(2, 10).expect("two channels");
        assert_eq!((p.channels, p.plane), (2, 10));
        assert_eq!([p.mean1, p.deviation1].map(f32::from_bits), [0.25, 4.0]);
        assert!(matches!(
            two.parameters(3, 10),
            Err(ImportError::Value { .. })
        ));
    }
}
