//! Why a file is refused as ONNX.

use thiserror::Error;

/// Why a file is refused as ONNX. `at` is a byte offset; a node is named as the file does, or by its place.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum OnnxError {
    /// A message ends within a field.
    #[error("at byte {at} {needed} bytes are needed, the message has {left} left")]
    Truncated {
        /// Where.
        at: usize,
        /// How many are needed.
        needed: u64,
        /// How many there are.
        left: usize,
    },
    /// An integer that doesn't end.
    #[error("the integer at byte {at} has more than ten bytes")]
    Varint {
        /// Where.
        at: usize,
    },
    /// A kind of value that no field has.
    #[error("the field at byte {at} is of wire type {kind}, expected 0, 1, 2 or 5")]
    WireType {
        /// Where.
        at: usize,
        /// The kind.
        kind: u64,
    },
    /// A field whose value is of another kind.
    #[error("field {field} of a {message} is of another kind than the format says")]
    Field {
        /// The message.
        message: &'static str,
        /// The field's number.
        field: u64,
    },
    /// A text that isn't UTF-8.
    #[error("the text at byte {at} is not UTF-8")]
    Utf8 {
        /// Where.
        at: usize,
    },
    /// More of something than is read.
    #[error("the file has more than {limit} {what}")]
    Limit {
        /// Of what.
        what: &'static str,
        /// The most.
        limit: usize,
    },
    /// Something that must be there isn't.
    #[error("{place} has no {what}")]
    Missing {
        /// Where it should be.
        place: String,
        /// What.
        what: String,
    },
    /// A property of the file or a tensor outside what is supported.
    #[error("{place} has {what} {got}, expected {expected}")]
    Value {
        /// Whose property.
        place: String,
        /// Which.
        what: String,
        /// The file's.
        got: String,
        /// What is supported.
        expected: String,
    },
    /// An operator that isn't imported.
    #[error(
        "node {node:?} has the operator {operator:?}, which is not supported; these are: {supported}"
    )]
    Operator {
        /// The node.
        node: String,
        /// Its operator.
        operator: String,
        /// Those that are supported.
        supported: String,
    },
    /// An attribute that isn't imported: ignoring it would change the network's answers.
    #[error(
        "node {node:?} ({operator}) has the attribute {attribute:?}, which is not supported; these are: {supported}"
    )]
    Attribute {
        /// The node.
        node: String,
        /// Its operator.
        operator: &'static str,
        /// The attribute.
        attribute: String,
        /// Those that are supported.
        supported: String,
    },
}
