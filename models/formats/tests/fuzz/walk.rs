//! Where the fields of a GGUF file lie: a reader of its own, for files that are whole.

use std::ops::Range;

/// What a field is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A count, length, dimension or offset of eight bytes.
    Number,
    /// A type code or number of dimensions.
    Code,
    /// A value's bytes.
    Value,
    /// A text's bytes.
    Text,
}

/// A field of the head.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) kind: Kind,
    pub(crate) at: Range<usize>,
}

/// A file's fields, and its entries as a whole.
#[derive(Clone, Debug, Default)]
pub(crate) struct Map {
    pub(crate) fields: Vec<Field>,
    /// Metadata entries.
    pub(crate) entries: Vec<Range<usize>>,
    /// Tensors' entries.
    pub(crate) tensors: Vec<Range<usize>>,
}

/// Places of the two counts.
pub(crate) const TENSOR_COUNT: Range<usize> = 8..16;
pub(crate) const ENTRY_COUNT: Range<usize> = 16..24;

struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
    fields: Vec<Field>,
}

/// The map of a file; none where it isn't whole enough to be walked through.
pub(crate) fn map(bytes: &[u8]) -> Option<Map> {
    let mut walk = Walk {
        bytes,
        at: 8,
        fields: Vec::new(),
    };
    let tensors = walk.number()?;
    let entries = walk.number()?;
    if tensors.max(entries) > 100_000 {
        return None;
    }
    let mut map = Map::default();
    for _ in 0..entries {
        let start = walk.at;
        walk.text()?;
        let code = walk.code()?;
        walk.value(code)?;
        map.entries.push(start..walk.at);
    }
    for _ in 0..tensors {
        let start = walk.at;
        walk.text()?;
        for _ in 0..walk.code()? {
            walk.number()?;
        }
        walk.code()?;
        walk.number()?;
        map.tensors.push(start..walk.at);
    }
    map.fields = walk.fields;
    Some(map)
}

impl Walk<'_> {
    fn take(&mut self, kind: Kind, len: usize) -> Option<&[u8]> {
        let at = self.at..self.at.checked_add(len)?;
        let bytes = self.bytes.get(at.clone())?;
        self.at = at.end;
        self.fields.push(Field { kind, at });
        Some(bytes)
    }

    fn number(&mut self) -> Option<u64> {
        let bytes = self.take(Kind::Number, 8)?;
        Some(u64::from_le_bytes(bytes.try_into().ok()?))
    }

    fn code(&mut self) -> Option<u32> {
        let bytes = self.take(Kind::Code, 4)?;
        Some(u32::from_le_bytes(bytes.try_into().ok()?))
    }

    fn text(&mut self) -> Option<()> {
        let len = self.number()?;
        self.take(Kind::Text, usize::try_from(len).ok()?)?;
        Some(())
    }

    /// A value of a type; of a long list the first elements are enough to be changed.
    fn value(&mut self, code: u32) -> Option<()> {
        let size = match code {
            0 | 1 | 7 => 1,
            2 | 3 => 2,
            4..=6 => 4,
            10..=12 => 8,
            8 => return self.text(),
            9 => return self.list(),
            _ => return None,
        };
        self.take(Kind::Value, size)?;
        Some(())
    }

    fn list(&mut self) -> Option<()> {
        const FIELDS: u64 = 64;
        let code = self.code()?;
        let count = self.number()?;
        for element in 0..count {
            let known = self.fields.len();
            self.value(code)?;
            if element > FIELDS {
                self.fields.truncate(known);
            }
        }
        Some(())
    }
}
