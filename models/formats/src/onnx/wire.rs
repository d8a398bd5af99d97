//! Protocol Buffers' wire format, as much as messages of ONNX need: fields one after the other, each a number with a value.
//!
//! A field begins with a varint: the number times 8, plus the kind of its value: 0 a varint, 1 eight bytes, 2 a length and as many bytes,
//! 5 four bytes. The groups of kinds 3 and 4 are in no message of ONNX.

use super::OnnxError;
use std::ops::Range;

/// Bytes of the longest varint.
const MOST_VARINT: usize = 10;

/// The value of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// An integer or a truth value.
    Varint(u64),
    /// Eight bytes.
    Fixed64([u8; 8]),
    /// Text, bytes, a message or numbers in a row: where they lie in the file.
    Bytes(Range<usize>),
    /// Four bytes.
    Fixed32([u8; 4]),
}

/// Fields of a message within a file.
#[derive(Clone, Debug)]
pub(super) struct Fields<'a> {
    file: &'a [u8],
    at: usize,
    end: usize,
}

impl<'a> Fields<'a> {
    /// The fields of the message at these bytes of a file.
    pub(super) fn new(file: &'a [u8], message: Range<usize>) -> Self {
        Fields {
            file,
            at: message.start,
            end: message.end,
        }
    }

    /// The next field's number and value, if there is one.
    pub(super) fn next(&mut self) -> Result<Option<(u64, Value)>, OnnxError> {
        if self.at == self.end {
            return Ok(None);
        }
        let at = self.at;
        let key = self.varint()?;
        let value = match key & 7 {
            0 => Value::Varint(self.varint()?),
            1 => Value::Fixed64(self.array()?),
            2 => {
                let len = self.varint()?;
                Value::Bytes(self.take(len)?)
            }
            5 => Value::Fixed32(self.array()?),
            kind => return Err(OnnxError::WireType { at, kind }),
        };
        Ok(Some((key >> 3, value)))
    }

    /// The next integer; of those past 64 bits the upper ones are dropped.
    pub(super) fn varint(&mut self) -> Result<u64, OnnxError> {
        let start = self.at;
        let mut value = 0u64;
        for place in 0..MOST_VARINT {
            let [byte] = self.array()?;
            value |= u64::from(byte & 0x7f) << (7 * place);
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(OnnxError::Varint { at: start })
    }

    /// Whether all is read.
    pub(super) fn is_empty(&self) -> bool {
        self.at == self.end
    }

    /// The next `N` bytes.
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], OnnxError> {
        let range = self.take(N as u64)?;
        Ok(self.file[range]
            .try_into()
            .expect("take gives what was asked for"))
    }

    fn take(&mut self, len: u64) -> Result<Range<usize>, OnnxError> {
        let left = self.end - self.at;
        match usize::try_from(len) {
            Ok(len) if len <= left => {
                let start = self.at;
                self.at += len;
                Ok(start..self.at)
            }
            _ => Err(OnnxError::Truncated {
                at: self.at,
                needed: len,
                left,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_value_is_read() {
        let bytes = [
            0x08, 0x96, 1, 0x12, 2, 7, 8, 0x1d, 1, 2, 3, 4, 0x21, 1, 0, 0, 0, 0, 0, 0, 0,
        ];
        let mut fields = Fields::new(&bytes, 0..bytes.len());
        let mut next = || fields.next().expect("well-formed");
        assert_eq!(next(), Some((1, Value::Varint(150))));
        assert_eq!(next(), Some((2, Value::Bytes(5..7))));
        assert_eq!(next(), Some((3, Value::Fixed32([1, 2, 3, 4]))));
        assert_eq!(next(), Some((4, Value::Fixed64([1, 0, 0, 0, 0, 0, 0, 0]))));
        assert_eq!(next(), None);
    }

    #[test]
    fn what_ends_too_soon_or_never_is_refused() {
        let error = |bytes: &[u8]| {
            Fields::new(bytes, 0..bytes.len())
                .next()
                .expect_err("refused")
        };
        assert!(matches!(error(&[0x08]), OnnxError::Truncated { at: 1, .. }));
        assert!(matches!(
            error(&[0x0a, 5, 1]),
            OnnxError::Truncated {
                at: 2,
                needed: 5,
                left: 1
            }
        ));
        assert!(matches!(
            error(&[0x0b]),
            OnnxError::WireType { at: 0, kind: 3 }
        ));
        assert!(matches!(error(&[0xff; 11]), OnnxError::Varint { at: 0 }));
    }
}
