//! How the elements of a tensor are stored.

/// Elements of a quantization block.
pub const BLOCK: usize = 32;
/// Elements of a super-block of the K-quants.
pub const SUPER_BLOCK: usize = 256;

/// Storage types that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TensorType {
    /// IEEE-754 binary32.
    F32,
    /// IEEE-754 binary16.
    F16,
    /// Blocks of 32: an F16 scale, then 16 bytes of nibbles, byte j holding elements j and j + 16.
    Q4_0,
    /// The same with an F16 minimum after the scale.
    Q4_1,
    /// Blocks of 32: an F16 scale, 32 bits of which bit j is element j's highest, then nibbles as in Q4_0.
    Q5_0,
    /// The same with an F16 minimum after the scale.
    Q5_1,
    /// Blocks of 32: an F16 scale, then 32 signed bytes.
    Q8_0,
    /// Super-blocks of 256: an F16 scale and minimum, 12 bytes of 6-bit scales and minima, nibbles.
    Q4K,
    /// The same with 32 bytes of highest bits before the nibbles.
    Q5K,
    /// Super-blocks of 256: nibbles, 64 bytes of two higher bits, 16 signed scales, an F16 scale.
    Q6K,
    /// As Q4_0, the nibbles naming one of 16 values.
    IQ4NL,
    /// The upper half of a binary32.
    BF16,
}

/// Names of the format's tensor types, by code; gaps are types that were withdrawn.
const NAMES: [(u32, &str); 33] = [
    (0, "F32"),
    (1, "F16"),
    (2, "Q4_0"),
    (3, "Q4_1"),
    (6, "Q5_0"),
    (7, "Q5_1"),
    (8, "Q8_0"),
    (9, "Q8_1"),
    (10, "Q2_K"),
    (11, "Q3_K"),
    (12, "Q4_K"),
    (13, "Q5_K"),
    (14, "Q6_K"),
    (15, "Q8_K"),
    (16, "IQ2_XXS"),
    (17, "IQ2_XS"),
    (18, "IQ3_XXS"),
    (19, "IQ1_S"),
    (20, "IQ4_NL"),
    (21, "IQ3_S"),
    (22, "IQ2_S"),
    (23, "IQ4_XS"),
    (24, "I8"),
    (25, "I16"),
    (26, "I32"),
    (27, "I64"),
    (28, "F64"),
    (29, "IQ1_M"),
    (30, "BF16"),
    (34, "TQ1_0"),
    (35, "TQ2_0"),
    (39, "MXFP4"),
    (40, "NVFP4"),
];

impl TensorType {
    /// All that are read, by code.
    pub const ALL: [TensorType; 12] = [
        TensorType::F32,
        TensorType::F16,
        TensorType::Q4_0,
        TensorType::Q4_1,
        TensorType::Q5_0,
        TensorType::Q5_1,
        TensorType::Q8_0,
        TensorType::Q4K,
        TensorType::Q5K,
        TensorType::Q6K,
        TensorType::IQ4NL,
        TensorType::BF16,
    ];

    /// The format's code.
    pub const fn code(self) -> u32 {
        match self {
            TensorType::F32 => 0,
            TensorType::F16 => 1,
            TensorType::Q4_0 => 2,
            TensorType::Q4_1 => 3,
            TensorType::Q5_0 => 6,
            TensorType::Q5_1 => 7,
            TensorType::Q8_0 => 8,
            TensorType::Q4K => 12,
            TensorType::Q5K => 13,
            TensorType::Q6K => 14,
            TensorType::IQ4NL => 20,
            TensorType::BF16 => 30,
        }
    }

    /// The type of a code, if it is read.
    pub fn from_code(code: u32) -> Option<TensorType> {
        TensorType::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// The format's name for it.
    pub fn name(self) -> String {
        type_name(self.code())
    }

    /// Elements of a block; rows are whole blocks.
    pub const fn block(self) -> u64 {
        match self {
            TensorType::F32 | TensorType::F16 | TensorType::BF16 => 1,
            TensorType::Q4_0
            | TensorType::Q4_1
            | TensorType::Q5_0
            | TensorType::Q5_1
            | TensorType::Q8_0
            | TensorType::IQ4NL => BLOCK as u64,
            TensorType::Q4K | TensorType::Q5K | TensorType::Q6K => SUPER_BLOCK as u64,
        }
    }

    /// Bytes of a block.
    pub const fn block_bytes(self) -> u64 {
        match self {
            TensorType::F32 => 4,
            TensorType::F16 | TensorType::BF16 => 2,
            TensorType::Q4_0 | TensorType::IQ4NL => 2 + 16,
            TensorType::Q4_1 => 4 + 16,
            TensorType::Q5_0 => 2 + 4 + 16,
            TensorType::Q5_1 => 4 + 4 + 16,
            TensorType::Q8_0 => 2 + 32,
            TensorType::Q4K => 4 + 12 + 128,
            TensorType::Q5K => 4 + 12 + 32 + 128,
            TensorType::Q6K => 128 + 64 + 16 + 2,
        }
    }
}

/// The name of a tensor type, read or not.
pub(super) fn type_name(code: u32) -> String {
    match NAMES.iter().find(|(known, _)| *known == code) {
        Some((_, name)) => (*name).into(),
        None => format!("number {code}"),
    }
}
