//! A node that is being imported: its inputs and attributes, with errors that name it.

use super::constant::{Constant, Data};
use super::message::{Attribute, Node};
use super::operators::{self, Operator};
use super::shape::{Sides, product};
use super::{Importer, OnnxError, Value};
use crate::ImportError;
use crate::network::{Network, Numbers};
use gavel_program::{Operand, Words};
use std::{rc::Rc, sync::Arc};

/// Codes of attributes' types.
const FLOAT: u64 = 1;
const INT: u64 = 2;
const STRING: u64 = 3;
const INTS: u64 = 7;

/// A node with the graph so far.
pub(super) struct Call<'i, 'a> {
    importer: &'i mut Importer<'a>,
    node: &'i Node<'a>,
    name: String,
}

impl<'i, 'a> Call<'i, 'a> {
    /// A node at a place of the graph.
    pub(super) fn new(importer: &'i mut Importer<'a>, node: &'i Node<'a>, place: usize) -> Self {
        let name = match node.name {
            "" => place.to_string(),
            name => name.into(),
        };
        Call {
            importer,
            node,
            name,
        }
    }

    /// Imports it: what its first output is called stands for what comes out.
    pub(super) fn import(mut self) -> Result<(), ImportError> {
        let operator = self.operator()?;
        self.check_attributes(operator)?;
        let value = (operator.import)(&mut self)?;
        let Some(output) = self.node.outputs.first() else {
            return Err(self.lacks("output"));
        };
        self.importer.values.insert(output, value);
        Ok(())
    }

    fn operator(&self) -> Result<&'static Operator, OnnxError> {
        let is_default = matches!(self.node.domain, "" | "ai.onnx");
        let known = operators::ALL
            .iter()
            .find(|known| known.name == self.node.operator);
        known.copied().filter(|_| is_default).ok_or_else(|| {
            let names: Vec<&str> = operators::ALL.iter().map(|known| known.name).collect();
            let domain = match is_default {
                true => String::new(),
                false => format!("{}.", self.node.domain),
            };
            OnnxError::Operator {
                node: self.name.clone(),
                operator: format!("{domain}{}", self.node.operator),
                supported: names.join(", "),
            }
        })
    }

    fn check_attributes(&self, operator: &'static Operator) -> Result<(), OnnxError> {
        let unknown = |attribute: &&Attribute<'_>| !operator.attributes.contains(&attribute.name);
        match self.node.attributes.iter().find(unknown) {
            None => Ok(()),
            Some(attribute) => Err(OnnxError::Attribute {
                node: self.name.clone(),
                operator: operator.name,
                attribute: attribute.name.into(),
                supported: match operator.attributes {
                    [] => "none".into(),
                    names => names.join(", "),
                },
            }),
        }
    }

    /// That a property of this node isn't supported.
    pub(super) fn refused(&self, what: &str, got: String, expected: &str) -> ImportError {
        super::value(&self.place(), what, &got, expected).into()
    }

    /// That this node has no such thing.
    pub(super) fn lacks(&self, what: &str) -> ImportError {
        super::missing(&self.place(), what).into()
    }

    fn place(&self) -> String {
        format!("node {:?} ({})", self.name, self.node.operator)
    }

    /// The version of the operator set.
    pub(super) fn opset(&self) -> u64 {
        self.importer.opset
    }

    /// The network so far.
    pub(super) fn network(&mut self) -> &mut Network {
        &mut self.importer.network
    }

    fn attribute(&self, name: &str, kind: u64) -> Result<Option<&'i Attribute<'a>>, ImportError> {
        let found = self
            .node
            .attributes
            .iter()
            .find(|attribute| attribute.name == name);
        match found {
            Some(attribute) if attribute.kind != kind => {
                let expected = format!("{kind}");
                Err(self.refused(
                    &format!("{name} of type"),
                    attribute.kind.to_string(),
                    &expected,
                ))
            }
            found => Ok(found),
        }
    }

    /// An integer, or its default.
    pub(super) fn int(&self, name: &str, default: i64) -> Result<i64, ImportError> {
        let found = self.attribute(name, INT)?;
        Ok(found.map_or(default, |attribute| attribute.int))
    }

    /// An integer that must be the default.
    pub(super) fn only_int(&self, name: &str, default: i64) -> Result<(), ImportError> {
        match self.int(name, default)? {
            got if got == default => Ok(()),
            got => Err(self.refused(name, got.to_string(), &default.to_string())),
        }
    }

    /// A float, or its default.
    pub(super) fn float(&self, name: &str, default: f32) -> Result<f32, ImportError> {
        let found = self.attribute(name, FLOAT)?;
        Ok(found.map_or(default, |attribute| attribute.float))
    }

    /// A text, if it is there.
    pub(super) fn text(&self, name: &str) -> Result<Option<&'i str>, ImportError> {
        let found = self.attribute(name, STRING)?;
        found
            .map(|attribute| {
                let text = std::str::from_utf8(attribute.text);
                text.map_err(|_| self.refused(name, format!("{:?}", attribute.text), "UTF-8"))
            })
            .transpose()
    }

    /// Integers, if they are there.
    pub(super) fn ints(&self, name: &str) -> Result<Option<Vec<i64>>, ImportError> {
        let found = self.attribute(name, INTS)?;
        Ok(found.map(|attribute| attribute.ints.clone()))
    }

    /// Two numbers that aren't negative, for rows and columns, if they are there; of a line there is one, and 1 for its row.
    pub(super) fn pair(&self, name: &str, is_line: bool) -> Result<Option<[u32; 2]>, ImportError> {
        let Some(ints) = self.ints(name)? else {
            return Ok(None);
        };
        let numbers: Result<Vec<u32>, _> = ints.iter().map(|int| u32::try_from(*int)).collect();
        match (numbers.as_deref(), is_line) {
            (Ok([one]), true) => Ok(Some([1, *one])),
            (Ok([one, other]), false) => Ok(Some([*one, *other])),
            (_, true) => Err(self.refused(name, format!("{ints:?}"), "one number")),
            (_, false) => {
                let expected = "two numbers, one for rows, one for columns";
                Err(self.refused(name, format!("{ints:?}"), expected))
            }
        }
    }

    /// The tensor of an attribute.
    pub(super) fn tensor(&self, name: &str) -> Result<Rc<Constant>, ImportError> {
        let found = self
            .node
            .attributes
            .iter()
            .find(|attribute| attribute.name == name);
        let tensor = found.and_then(|attribute| attribute.tensor.as_ref());
        let tensor = tensor.ok_or_else(|| self.lacks(&format!("tensor {name:?}")))?;
        Ok(Constant::read(self.importer.file, tensor)?)
    }

    /// Whether there is an input at a place.
    pub(super) fn has(&self, place: usize) -> bool {
        self.node
            .inputs
            .get(place)
            .is_some_and(|name| !name.is_empty())
    }

    /// An input.
    pub(super) fn input(&self, place: usize) -> Result<Value, ImportError> {
        if !self.has(place) {
            return Err(self.lacks(&format!("input {place}")));
        }
        let name = self.node.inputs[place];
        let found = self.importer.values.get(name).cloned();
        found.ok_or_else(|| self.lacks(&format!("input {name:?}: no node before it gives that")))
    }

    /// An input that a request makes, and its shape.
    pub(super) fn numbers(&self, place: usize) -> Result<(Numbers, Vec<u32>), ImportError> {
        match self.input(place)? {
            Value::Numbers(numbers, dims) => Ok((numbers, dims)),
            Value::Constant(_) => {
                let what = format!("input {place}");
                Err(self.refused(
                    &what,
                    "a constant".into(),
                    "one that the graph's input decides",
                ))
            }
        }
    }

    /// An image, or a line, which is an image of one row.
    pub(super) fn image(&self, place: usize) -> Result<(Numbers, Sides), ImportError> {
        let (numbers, dims) = self.numbers(place)?;
        let sides = match dims.as_slice() {
            [1, channels, height, width] => Sides {
                channels: *channels,
                rows_columns: [*height, *width],
                is_line: false,
            },
            [1, channels, width] => Sides {
                channels: *channels,
                rows_columns: [1, *width],
                is_line: true,
            },
            _ => {
                let expected = "(1, channels, rows, columns) or (1, channels, columns)";
                return Err(self.refused("an input of shape", format!("{dims:?}"), expected));
            }
        };
        Ok((numbers, sides))
    }

    /// An input known at import.
    pub(super) fn constant(&self, place: usize) -> Result<Rc<Constant>, ImportError> {
        match self.input(place)? {
            Value::Constant(constant) => Ok(constant),
            Value::Numbers(..) => {
                let what = format!("input {place}");
                Err(self.refused(&what, "what the graph's input decides".into(), "a constant"))
            }
        }
    }

    /// The floats of an input known at import.
    pub(super) fn floats(&self, place: usize) -> Result<(Rc<Constant>, Words), ImportError> {
        let constant = self.constant(place)?;
        match &constant.data {
            Data::Floats(words) => {
                let words = Arc::clone(words);
                Ok((constant, words))
            }
            Data::Ints(_) => {
                let what = format!("input {place} of");
                Err(self.refused(&what, "integers".into(), "floats"))
            }
        }
    }

    /// So many floats of an input known at import, one for each channel or row.
    pub(super) fn vector(
        &self,
        place: usize,
        len: u32,
    ) -> Result<(Rc<Constant>, Words), ImportError> {
        let (constant, words) = self.floats(place)?;
        if constant.dims == [len] {
            return Ok((constant, words));
        }
        let what = format!("input {place} of shape");
        Err(self.refused(&what, format!("{:?}", constant.dims), &format!("[{len}]")))
    }

    /// The integers of an input known at import.
    pub(super) fn integers(&self, place: usize) -> Result<Vec<i64>, ImportError> {
        match &self.constant(place)?.data {
            Data::Ints(ints) => Ok(ints.clone()),
            Data::Floats(_) => {
                let what = format!("input {place} of");
                Err(self.refused(&what, "floats".into(), "integers"))
            }
        }
    }

    /// A constant's floats as a weight.
    pub(super) fn weight(
        &mut self,
        constant: &Constant,
        words: Words,
    ) -> Result<Operand, ImportError> {
        if let Some(operand) = constant.operand.get() {
            return Ok(operand);
        }
        let operand = self.network().weight(&constant.name, words)?;
        constant.operand.set(Some(operand));
        Ok(operand)
    }

    /// The same value with another shape.
    pub(super) fn reshaped(&self, value: Value, dims: Vec<u32>) -> Result<Value, ImportError> {
        let old = match &value {
            Value::Constant(constant) => &constant.dims,
            Value::Numbers(_, dims) => dims,
        };
        if product(&dims)? != product(old)? {
            let expected = format!("as many elements as {old:?}");
            return Err(self.refused("a shape of", format!("{dims:?}"), &expected));
        }
        Ok(match value {
            Value::Numbers(numbers, _) => Value::Numbers(numbers, dims),
            Value::Constant(constant) => {
                let data = constant.data.clone();
                Value::Constant(Constant::new(&constant.name, dims, data))
            }
        })
    }
}

/// The shape of a value.
pub(super) fn dims(value: &Value) -> &[u32] {
    match value {
        Value::Constant(constant) => &constant.dims,
        Value::Numbers(_, dims) => dims,
    }
}
