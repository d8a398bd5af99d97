//! What can be wrong with a GGUF file.

use thiserror::Error;

/// Why a file is refused as GGUF. `at` is the byte offset of the offending part.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum GgufError {
    /// The file ends too early.
    #[error("the file ends at byte {len}: {what} at byte {at} needs {needed} bytes")]
    Truncated {
        /// What was being read.
        what: &'static str,
        /// Where it starts.
        at: usize,
        /// Its size.
        needed: u64,
        /// The file's size.
        len: usize,
    },
    /// The first four bytes are others.
    #[error("not a GGUF file: it starts with {got:02x?}, expected \"GGUF\" {expected:02x?}")]
    Magic {
        /// The file's first bytes.
        got: [u8; 4],
        /// The format's.
        expected: [u8; 4],
    },
    /// A version that isn't read, or a big-endian file.
    #[error("GGUF version {got} at byte 4 is not supported, expected little-endian 2 or 3")]
    Version {
        /// The file's version.
        got: u32,
    },
    /// A count or length above its limit.
    #[error("{what} at byte {at} is {got}, the limit is {limit}")]
    Limit {
        /// What is counted.
        what: &'static str,
        /// Where the count is.
        at: usize,
        /// The count.
        got: u64,
        /// The most that is read.
        limit: u64,
    },
    /// Text that isn't UTF-8.
    #[error("{what} at byte {at} is not UTF-8")]
    Utf8 {
        /// Which text.
        what: &'static str,
        /// Where it starts.
        at: usize,
    },
    /// A value type outside the format's table, or an array of arrays.
    #[error("metadata {key:?} has value type {code} at byte {at}, expected {expected}")]
    ValueType {
        /// The entry.
        key: String,
        /// The code in the file.
        code: u32,
        /// Where it is.
        at: usize,
        /// What may be there.
        expected: &'static str,
    },
    /// A truth value that is neither 0 nor 1.
    #[error("a truth value at byte {at} is {got}, expected 0 or 1")]
    Bool {
        /// Where it is.
        at: usize,
        /// The byte.
        got: u8,
    },
    /// The same key or tensor name twice.
    #[error("{what} {name:?} occurs twice")]
    Duplicate {
        /// Key or tensor.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// The alignment isn't a power of two from 8 up.
    #[error("general.alignment is {got}, expected a power of two from 8 to {limit}")]
    Alignment {
        /// The file's.
        got: String,
        /// The largest that is read.
        limit: u32,
    },
    /// A tensor's type is none of those that are read.
    #[error("tensor {tensor:?} has type {got}, supported are {supported}")]
    TensorType {
        /// The tensor.
        tensor: String,
        /// Its type's name, or code.
        got: String,
        /// The types that are read.
        supported: String,
    },
    /// A tensor without elements, or whose rows aren't whole blocks.
    #[error("tensor {tensor:?} has dimensions {dims:?}, expected {expected}")]
    Dims {
        /// The tensor.
        tensor: String,
        /// Its dimensions as in the file, the contiguous one first.
        dims: Vec<u64>,
        /// What they must be.
        expected: String,
    },
    /// A tensor's data is larger than what is read.
    #[error(
        "tensor {tensor:?} has {got} bytes, the limit is {limit}: tensors are not cut by rows yet"
    )]
    TensorBytes {
        /// The tensor.
        tensor: String,
        /// Its size.
        got: u64,
        /// The most that is read.
        limit: u64,
    },
    /// A tensor's data is not where data may be.
    #[error("tensor {tensor:?} has offset {offset}, expected a multiple of {alignment}")]
    Misaligned {
        /// The tensor.
        tensor: String,
        /// Its offset within the data section.
        offset: u64,
        /// The file's alignment.
        alignment: u32,
    },
    /// A tensor's data reaches past the file's end.
    #[error("tensor {tensor:?} lies at bytes {start}..{end}, the file has {len}")]
    Outside {
        /// The tensor.
        tensor: String,
        /// First byte.
        start: u64,
        /// One past the last byte.
        end: u64,
        /// The file's size.
        len: usize,
    },
    /// Two tensors share bytes.
    #[error("tensors {first:?} and {second:?} overlap")]
    Overlap {
        /// The one that starts first.
        first: String,
        /// The other.
        second: String,
    },
}
