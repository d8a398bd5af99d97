//! The messages of a model, as far as they are read: `onnx.proto`'s ModelProto and what lies in it. Field numbers are that file's.
//!
//! - `read`: from bytes to messages
//! - `fields`: what a message's fields are

mod fields;
mod read;

pub(super) use read::model;
use std::ops::Range;

/// A model.
#[derive(Debug, Default)]
pub(super) struct Model<'a> {
    /// Domain and version of each operator set; the default domain is empty.
    pub(super) opsets: Vec<(&'a str, u64)>,
    /// The graph.
    pub(super) graph: Option<Graph<'a>>,
}

/// A graph.
#[derive(Debug, Default)]
pub(super) struct Graph<'a> {
    pub(super) nodes: Vec<Node<'a>>,
    pub(super) initializers: Vec<Tensor<'a>>,
    pub(super) inputs: Vec<ValueInfo<'a>>,
    pub(super) outputs: Vec<ValueInfo<'a>>,
    /// Whether it has constants of a sparse form.
    pub(super) sparse: bool,
}

/// A node.
#[derive(Debug, Default)]
pub(super) struct Node<'a> {
    pub(super) inputs: Vec<&'a str>,
    pub(super) outputs: Vec<&'a str>,
    pub(super) name: &'a str,
    pub(super) operator: &'a str,
    pub(super) domain: &'a str,
    pub(super) attributes: Vec<Attribute<'a>>,
}

/// An attribute: one of its values is what it is about.
#[derive(Debug, Default)]
pub(super) struct Attribute<'a> {
    pub(super) name: &'a str,
    pub(super) kind: u64,
    pub(super) float: f32,
    pub(super) int: i64,
    pub(super) text: &'a [u8],
    pub(super) tensor: Option<Tensor<'a>>,
    pub(super) floats: Vec<f32>,
    pub(super) ints: Vec<i64>,
}

/// A constant.
#[derive(Debug, Default)]
pub(super) struct Tensor<'a> {
    pub(super) dims: Vec<i64>,
    pub(super) data_type: u64,
    pub(super) name: &'a str,
    /// Elements as little-endian bytes.
    pub(super) raw: Option<Range<usize>>,
    /// Elements as packed floats: each place in the file.
    pub(super) floats: Vec<Range<usize>>,
    /// Elements as integers.
    pub(super) ints: Vec<i64>,
    /// Whether the elements are in another file.
    pub(super) external: bool,
}

/// Name and type of a graph's input or output.
#[derive(Debug, Default)]
pub(super) struct ValueInfo<'a> {
    pub(super) name: &'a str,
    /// 0 if it isn't a dense tensor.
    pub(super) element: u64,
    /// None: the shape isn't told.
    pub(super) dims: Option<Vec<Dim>>,
}

/// A dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dim {
    /// A number.
    Known(i64),
    /// A name, or nothing.
    Open,
}
