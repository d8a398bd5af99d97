//! opML's files of dense networks, as OPML-Labs/mlgo reads them.
//!
//! Layout, little-endian: the number 67676d6c, then tensors until the file ends. A tensor is the number of its dimensions i32, the
//! dimensions i32 with the contiguous one first, and F32 elements. They are weights [rows, columns] and bias of each layer in turn; between
//! layers is a ReLU.

use crate::assemble::ImageInfo;
use crate::file::{ModelFile, words_at};
use crate::network::{InputScale, Network};
use crate::{ImportError, network};
use gavel_program::Program;
use std::{ops::Range, sync::Arc};
use thiserror::Error;

/// The first four bytes: "ggml" as a little-endian number.
pub(crate) const MAGIC: [u8; 4] = 0x6767_6d6cu32.to_le_bytes();
/// Most dimensions of a tensor: those of a matrix.
const MOST_DIMS: u32 = 2;
/// Most columns of a matrix (the operator's domain).
const MOST_COLUMNS: u32 = 1 << 19;
/// Most tensors: fewer nodes than a program's graph holds.
const MOST_TENSORS: usize = 1 << 10;

/// Why a file is refused as one of these.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum MlgoError {
    /// It ends within a tensor.
    #[error("tensor {tensor} at byte {at} needs {needed} bytes, the file has {len}")]
    Truncated {
        /// Which tensor.
        tensor: usize,
        /// Where what is missing begins.
        at: usize,
        /// Bytes that are needed from there on.
        needed: u64,
        /// Bytes of the file.
        len: usize,
    },
    /// Dimensions that no tensor of such a network has.
    #[error("tensor {tensor} has {what} {got}, expected {expected}")]
    Shape {
        /// Which tensor.
        tensor: usize,
        /// Which property.
        what: &'static str,
        /// The file's.
        got: i64,
        /// What it must be.
        expected: String,
    },
    /// More tensors than a graph has nodes, or none, or weights without a bias.
    #[error("the file has {got} tensors, expected weights and bias of 1 to {} layers", MOST_TENSORS / 2)]
    Count {
        /// How many there are.
        got: usize,
    },
}

/// A tensor of the file.
struct Tensor {
    /// Contiguous first.
    dims: Vec<u32>,
    elements: Range<usize>,
}

/// Turns such a file into a program.
pub(crate) fn import(
    file: &Arc<ModelFile>,
    scale: &InputScale,
    image: ImageInfo,
) -> Result<Program, ImportError> {
    let tensors = tensors(file.bytes())?;
    let (layers, rest) = tensors.as_chunks::<2>();
    if layers.is_empty() || !rest.is_empty() {
        let got = tensors.len();
        return Err(MlgoError::Count { got }.into());
    }
    let inputs = shape(&layers[0][0], 0, 2, None)?[0];
    let (mut network, mut x) = Network::new(1, inputs, scale)?;
    for (layer, [weights, bias]) in layers.iter().enumerate() {
        if layer > 0 {
            x = network.relu(x)?;
        }
        x = dense(&mut network, file, layer, [weights, bias], x)?;
    }
    network.finish(x, image)
}

/// `W x + b`.
fn dense(
    network: &mut Network,
    file: &Arc<ModelFile>,
    layer: usize,
    [weights, bias]: [&Tensor; 2],
    x: network::Numbers,
) -> Result<network::Numbers, ImportError> {
    let rows = shape(weights, 2 * layer, 2, Some(x.len))?[1];
    shape(bias, 2 * layer + 1, 1, Some(rows))?;
    let words = |tensor: &Tensor| words_at(file, tensor.elements.clone());
    let matrix = network.weight(&format!("layer {layer} weights"), words(weights))?;
    let summand = network.weight(&format!("layer {layer} bias"), words(bias))?;
    let product = network.linear(x, matrix, rows)?;
    network.add(product, summand)
}

/// A tensor's dimensions: so many, the first of them as expected.
fn shape(
    tensor: &Tensor,
    place: usize,
    count: usize,
    first: Option<u32>,
) -> Result<&[u32], MlgoError> {
    let error = |what, got: i64, expected| MlgoError::Shape {
        tensor: place,
        what,
        got,
        expected,
    };
    let dims = tensor.dims.as_slice();
    if dims.len() != count {
        let expected = count.to_string();
        return Err(error(
            "a number of dimensions of",
            dims.len() as i64,
            expected,
        ));
    }
    match first {
        Some(first) if first != dims[0] => Err(error(
            "a first dimension of",
            dims[0].into(),
            first.to_string(),
        )),
        _ => Ok(dims),
    }
}

/// The tensors, in order.
fn tensors(bytes: &[u8]) -> Result<Vec<Tensor>, MlgoError> {
    let mut tensors = Vec::new();
    let mut at = MAGIC.len();
    while at < bytes.len() {
        if tensors.len() == MOST_TENSORS {
            let got = tensors.len() + 1;
            return Err(MlgoError::Count { got });
        }
        let tensor = tensor(bytes, tensors.len(), at)?;
        at = tensor.elements.end;
        tensors.push(tensor);
    }
    Ok(tensors)
}

/// The tensor that begins at a byte.
fn tensor(bytes: &[u8], place: usize, at: usize) -> Result<Tensor, MlgoError> {
    let number = |at: usize, what, most: u32| {
        let truncated = MlgoError::Truncated {
            tensor: place,
            at,
            needed: 4,
            len: bytes.len(),
        };
        let rest = bytes.get(at..).ok_or(truncated.clone())?;
        let got = i32::from_le_bytes(*rest.first_chunk().ok_or(truncated)?);
        match u32::try_from(got) {
            Ok(number) if (1..=most).contains(&number) => Ok(number),
            _ => Err(MlgoError::Shape {
                tensor: place,
                what,
                got: got.into(),
                expected: format!("1 to {most}"),
            }),
        }
    };
    let count = number(at, "a number of dimensions of", MOST_DIMS)? as usize;
    let dims: Vec<u32> = (0..count)
        .map(|dim| number(at + 4 + 4 * dim, "a dimension of", MOST_COLUMNS))
        .collect::<Result<_, _>>()?;
    let start = at + 4 + 4 * count;
    let needed = 4 * dims.iter().map(|dim| u64::from(*dim)).product::<u64>();
    if needed > (bytes.len() - start) as u64 {
        return Err(MlgoError::Truncated {
            tensor: place,
            at: start,
            needed,
            len: bytes.len(),
        });
    }
    Ok(Tensor {
        dims,
        elements: start..start + needed as usize,
    })
}
