//! A cursor over a file's bytes that can't run past their end.

use super::GgufError;

/// Reads little-endian values one after the other.
#[derive(Clone, Debug)]
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    /// Starts at the first byte.
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Reader { bytes, at: 0 }
    }

    /// The offset of the next byte.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// The next `len` bytes.
    pub(crate) fn take(&mut self, what: &'static str, len: u64) -> Result<&'a [u8], GgufError> {
        let truncated = GgufError::Truncated {
            what,
            at: self.at,
            needed: len,
            len: self.bytes.len(),
        };
        let rest = &self.bytes[self.at..];
        let Ok(len) = usize::try_from(len) else {
            return Err(truncated);
        };
        let taken = rest.get(..len).ok_or(truncated)?;
        self.at += len;
        Ok(taken)
    }

    /// The next `N` bytes.
    pub(crate) fn array<const N: usize>(
        &mut self,
        what: &'static str,
    ) -> Result<[u8; N], GgufError> {
        let taken = self.take(what, N as u64)?;
        Ok(taken.try_into().expect("take gives what was asked for"))
    }

    /// A 32-bit number.
    pub(crate) fn u32(&mut self, what: &'static str) -> Result<u32, GgufError> {
        self.array(what).map(u32::from_le_bytes)
    }

    /// A 64-bit number.
    pub(crate) fn u64(&mut self, what: &'static str) -> Result<u64, GgufError> {
        self.array(what).map(u64::from_le_bytes)
    }

    /// A 64-bit count of at most `limit`.
    pub(crate) fn count(&mut self, what: &'static str, limit: u64) -> Result<u64, GgufError> {
        let at = self.at;
        let got = self.u64(what)?;
        if got > limit {
            return Err(GgufError::Limit {
                what,
                at,
                got,
                limit,
            });
        }
        Ok(got)
    }

    /// Length-prefixed bytes, at most `limit` of them.
    pub(crate) fn bytes(&mut self, what: &'static str, limit: u64) -> Result<&'a [u8], GgufError> {
        let len = self.count(what, limit)?;
        self.take(what, len)
    }

    /// Length-prefixed text of at most `limit` bytes.
    pub(crate) fn text(&mut self, what: &'static str, limit: u64) -> Result<&'a str, GgufError> {
        let at = self.at;
        let bytes = self.bytes(what, limit)?;
        std::str::from_utf8(bytes).map_err(|_| GgufError::Utf8 { what, at })
    }
}
