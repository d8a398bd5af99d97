//! Element types of tensors.

/// Element type of a tensor as stored and committed: planar, little-endian, row-major.
#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DType {
    /// IEEE-754 binary32.
    F32 = 0,
    /// IEEE-754 binary16.
    F16 = 1,
    /// Signed bytes: the quants of Q8.
    I8 = 2,
    /// Two 4-bit quants a byte: a block of 32 is 16 bytes, byte j holding element j in its low and
    /// element j + 16 in its high half; the value is the nibble minus 8.
    U4 = 3,
    /// Signed 32-bit integers.
    I32 = 4,
    /// Bytes.
    U8 = 5,
}

impl DType {
    /// The type of a code.
    pub fn from_code(code: u8) -> Option<DType> {
        [
            DType::F32,
            DType::F16,
            DType::I8,
            DType::U4,
            DType::I32,
            DType::U8,
        ]
        .get(usize::from(code))
        .copied()
    }

    /// Bits of one element.
    pub const fn bits(self) -> usize {
        match self {
            DType::F32 | DType::I32 => 32,
            DType::F16 => 16,
            DType::I8 | DType::U8 => 8,
            DType::U4 => 4,
        }
    }

    /// Elements in a tile of 256 bytes.
    pub const fn per_tile(self) -> usize {
        crate::TILE_BYTES * 8 / self.bits()
    }

    /// Bytes of `elements`.
    pub const fn bytes(self, elements: usize) -> usize {
        (elements * self.bits()).div_ceil(8)
    }
}
