//! Constants of a graph: weights, and the integers that shapes are told with.

use super::OnnxError;
use super::message::Tensor;
use crate::file::{ModelFile, words_at};
use gavel_program::{Operand, Words};
use std::{cell::Cell, ops::Range, rc::Rc, sync::Arc};

/// Codes of element types.
const FLOAT: u64 = 1;
const INT32: u64 = 6;
const INT64: u64 = 7;
/// Most elements of a tensor: what a window holds.
const MOST_ELEMENTS: u64 = 1 << 26;
/// Most integers that tell a shape.
const MOST_INTS: u64 = 1 << 10;

/// A constant.
pub(super) struct Constant {
    /// For people.
    pub(super) name: String,
    /// Slowest first.
    pub(super) dims: Vec<u32>,
    pub(super) data: Data,
    /// The weight that it became, if it is one already.
    pub(super) operand: Cell<Option<Operand>>,
}

/// Elements of a constant.
#[derive(Clone)]
pub(super) enum Data {
    /// F32 numbers.
    Floats(Words),
    /// Integers.
    Ints(Vec<i64>),
}

impl Constant {
    /// A constant of these elements.
    pub(super) fn new(name: &str, dims: Vec<u32>, data: Data) -> Rc<Self> {
        Rc::new(Constant {
            name: name.into(),
            dims,
            data,
            operand: Cell::new(None),
        })
    }

    /// The constant that a tensor is.
    pub(super) fn read(file: &Arc<ModelFile>, tensor: &Tensor<'_>) -> Result<Rc<Self>, OnnxError> {
        let refused = |what: &str, got: String, expected: &str| OnnxError::Value {
            place: format!("the tensor {:?}", tensor.name),
            what: what.into(),
            got,
            expected: expected.into(),
        };
        if tensor.external {
            return Err(refused(
                "its elements",
                "in another file".into(),
                "elements in this file",
            ));
        }
        let dims = tensor.dims.iter().map(|dim| u32::try_from(*dim));
        let Ok(dims) = dims.collect::<Result<Vec<u32>, _>>() else {
            return Err(refused(
                "dimensions",
                format!("{:?}", tensor.dims),
                "0 to 2^32 - 1",
            ));
        };
        let product = |count: u64, dim: &u32| count.checked_mul((*dim).into());
        let count = dims.iter().try_fold(1u64, product);
        let Some(count) = count.filter(|count| *count <= MOST_ELEMENTS) else {
            return Err(refused(
                "dimensions",
                format!("{dims:?}"),
                "at most 2^26 elements",
            ));
        };
        let data = match tensor.data_type {
            FLOAT => floats(file, tensor, count).map(Data::Floats),
            INT32 | INT64 if count <= MOST_INTS => ints(file, tensor, count).map(Data::Ints),
            other => {
                let expected = "FLOAT (1), or up to 1,024 of INT32 (6) or INT64 (7)";
                return Err(refused("an element type of", other.to_string(), expected));
            }
        };
        let data = data.ok_or_else(|| {
            let expected = format!("{count} for its dimensions {dims:?}");
            refused(
                "a number of elements of",
                "another length".into(),
                &expected,
            )
        })?;
        Ok(Constant::new(tensor.name, dims, data))
    }
}

/// Exactly `count` floats; none where the tensor has another number.
fn floats(file: &Arc<ModelFile>, tensor: &Tensor<'_>, count: u64) -> Option<Words> {
    let rows: Vec<Range<usize>> = match &tensor.raw {
        Some(raw) => vec![raw.clone()],
        None => tensor.floats.clone(),
    };
    let bytes: u64 = rows.iter().map(|row| row.len() as u64).sum();
    if bytes != 4 * count {
        return None;
    }
    if let [row] = rows.as_slice() {
        return Some(words_at(file, row.clone()));
    }
    let all: Vec<u8> = rows
        .into_iter()
        .flat_map(|row| file.bytes()[row].to_vec())
        .collect();
    Some(Arc::new(crate::file::words_of(&all)))
}

/// Exactly `count` integers.
fn ints(file: &ModelFile, tensor: &Tensor<'_>, count: u64) -> Option<Vec<i64>> {
    let ints: Vec<i64> = match &tensor.raw {
        None => tensor.ints.clone(),
        Some(raw) if tensor.data_type == INT64 => {
            let (ints, rest) = file.bytes()[raw.clone()].as_chunks::<8>();
            rest.is_empty().then_some(())?;
            ints.iter()
                .map(|bytes| i64::from_le_bytes(*bytes))
                .collect()
        }
        Some(raw) => {
            let (ints, rest) = file.bytes()[raw.clone()].as_chunks::<4>();
            rest.is_empty().then_some(())?;
            ints.iter()
                .map(|bytes| i32::from_le_bytes(*bytes).into())
                .collect()
        }
    };
    (ints.len() as u64 == count).then_some(ints)
}
