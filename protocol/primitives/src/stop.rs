//! Texts before which an answer ends.

use core::fmt;

/// Stop texts of a request.
pub const STOP_TEXTS: usize = 4;
/// Most bytes of a stop text.
pub const MOST_STOP_BYTES: usize = 31;

/// A stop text as one word of 32 bytes: its bytes, zeros, and its length as the last byte. The zero word is no text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct StopText([u8; 32]);

/// The stop texts of a request. Their number stands here as a literal: rustc 1.95 fails over a constant where closures copy a struct with
/// such a field.
pub type StopTexts = [StopText; 4];

const _: () = assert!(size_of::<StopTexts>() == STOP_TEXTS * size_of::<StopText>());

/// Why there is no such stop text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopError {
    /// It is empty, so every answer would end at once.
    Empty,
    /// It doesn't fit its word.
    TooLong {
        /// Its bytes.
        got: usize,
    },
    /// There are more than a request has room for.
    TooMany {
        /// How many there are.
        got: usize,
    },
}

impl fmt::Display for StopError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StopError::Empty => f.write_str("a stop text is empty"),
            StopError::TooLong { got } => write!(
                f,
                "a stop text has {got} bytes, at most {MOST_STOP_BYTES} are possible"
            ),
            StopError::TooMany { got } => {
                write!(f, "{got} stop texts, at most {STOP_TEXTS} are possible")
            }
        }
    }
}

impl core::error::Error for StopError {}

impl StopText {
    /// No text.
    pub const NONE: StopText = StopText([0; 32]);

    /// The text of these bytes.
    ///
    /// # Errors
    /// [`StopError`] if there are none, or too many.
    pub fn new(bytes: &[u8]) -> Result<Self, StopError> {
        if bytes.is_empty() {
            return Err(StopError::Empty);
        }
        if bytes.len() > MOST_STOP_BYTES {
            return Err(StopError::TooLong { got: bytes.len() });
        }
        let mut word = [0; 32];
        word[..bytes.len()].copy_from_slice(bytes);
        word[MOST_STOP_BYTES] = bytes.len() as u8;
        Ok(StopText(word))
    }

    /// The texts of a request.
    ///
    /// # Errors
    /// [`StopError`] of the first that can't be, or if there are too many.
    pub fn all<'a>(texts: impl IntoIterator<Item = &'a [u8]>) -> Result<StopTexts, StopError> {
        let mut all = [StopText::NONE; STOP_TEXTS];
        let mut count = 0;
        for bytes in texts {
            if let Some(text) = all.get_mut(count) {
                *text = StopText::new(bytes)?;
            }
            count += 1;
        }
        match count > STOP_TEXTS {
            true => Err(StopError::TooMany { got: count }),
            false => Ok(all),
        }
    }

    /// What a word says, whatever it holds: a length past the most counts as the most.
    pub const fn from_word(word: [u8; 32]) -> Self {
        StopText(word)
    }

    /// The word.
    pub const fn word(&self) -> [u8; 32] {
        self.0
    }

    /// The text's bytes, none of no text.
    pub fn bytes(&self) -> &[u8] {
        &self.0[..usize::from(self.0[MOST_STOP_BYTES]).min(MOST_STOP_BYTES)]
    }

    /// Whether it is no text.
    pub fn is_none(&self) -> bool {
        self.bytes().is_empty()
    }
}
