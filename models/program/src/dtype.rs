//! Element types of tensors.

/// Element type of a tensor as stored and committed: planar, little-endian, row-major.
#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DType {
    /// IEEE-754 binary32.
    F32 = 0,
    /// IEEE-754 binary16.
    F16 = 1,
    /// Signed bytes.
    I8 = 2,
    /// Two 4-bit numbers a byte: a block of 32 is 16 bytes, byte j holding element j in its low and
    /// element j + 16 in its high half.
    U4 = 3,
    /// Signed 32-bit integers.
    I32 = 4,
    /// Bytes.
    U8 = 5,
    /// The upper half of a binary32.
    BF16 = 6,
    /// Single bits: a block of 32 is 4 bytes, the lowest bit of the first one element 0.
    U1 = 7,
    /// Four 2-bit numbers a byte: a block of 32 is 8 bytes, byte j holding elements j, j + 8, j + 16 and
    /// j + 24 from its lowest bits up.
    U2 = 8,
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
            DType::BF16,
            DType::U1,
            DType::U2,
        ]
        .get(usize::from(code))
        .copied()
    }

    /// Bits of one element.
    pub const fn bits(self) -> usize {
        match self {
            DType::F32 | DType::I32 => 32,
            DType::F16 | DType::BF16 => 16,
            DType::I8 | DType::U8 => 8,
            DType::U4 => 4,
            DType::U2 => 2,
            DType::U1 => 1,
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
