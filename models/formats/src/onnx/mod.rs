//! ONNX: graphs of operators over images and vectors, as classic networks are.
//!
//! A graph becomes a program of one step: its one input is the prompt's bytes, scaled; its one output is the answer. The batch dimension is 1.
//! Nodes that only give numbers another shape disappear. Everything known of an operator is in its file below [`operators`].

mod call;
mod constant;
mod error;
mod message;
mod operators;
mod shape;
mod wire;

pub use error::OnnxError;

use crate::ImportError;
use crate::assemble::ImageInfo;
use crate::file::ModelFile;
use crate::network::{InputScale, Network, Numbers};
use call::Call;
use constant::Constant;
use gavel_program::Program;
use message::{Dim, Graph, Model, ValueInfo};
use shape::product;
use std::{collections::HashMap, ops::RangeInclusive, rc::Rc, sync::Arc};

/// Versions of the default operator set that the operators are known in.
const OPSETS: RangeInclusive<u64> = 7..=25;
/// The code of F32 elements.
const FLOAT: u64 = 1;

/// What a name in a graph stands for.
#[derive(Clone)]
enum Value {
    /// Numbers known at import.
    Constant(Rc<Constant>),
    /// Numbers that a request makes, and their shape, slowest dimension first.
    Numbers(Numbers, Vec<u32>),
}

/// A graph on its way to a program.
struct Importer<'a> {
    file: &'a Arc<ModelFile>,
    network: Network,
    values: HashMap<&'a str, Value>,
    /// Version of the operator set.
    opset: u64,
}

/// Whether a file begins as a model does: with the field of its format's version.
pub(crate) fn begins(bytes: &[u8]) -> bool {
    matches!(bytes, [0x08, 1..=0x7f, ..])
}

/// Turns a file into a program.
pub(crate) fn import(
    file: &Arc<ModelFile>,
    scale: &InputScale,
    image: ImageInfo,
) -> Result<Program, ImportError> {
    let Model { opsets, graph } = message::model(file.bytes())?;
    let graph = graph.ok_or_else(|| missing("the model", "graph"))?;
    let opset = opset(&opsets)?;
    if graph.sparse {
        return Err(value("the graph", "constants", "of a sparse form", "dense ones").into());
    }
    let mut values = HashMap::new();
    for tensor in &graph.initializers {
        let constant = Constant::read(file, tensor)?;
        values.insert(tensor.name, Value::Constant(constant));
    }
    let input = only_input(&graph, &values)?;
    let dims = input_dims(input)?;
    let (channels, plane) = match dims.as_slice() {
        [_, channels, rest @ ..] if rest.len() == 2 => (*channels, product(rest)?),
        _ => (1, product(&dims)?),
    };
    let (network, numbers) = Network::new(channels, plane, scale)?;
    values.insert(input.name, Value::Numbers(numbers, dims));
    let mut importer = Importer {
        file,
        network,
        values,
        opset,
    };
    for (place, node) in graph.nodes.iter().enumerate() {
        Call::new(&mut importer, node, place).import()?;
    }
    let output = importer.output(&graph)?;
    importer.network.finish(output, image)
}

impl Importer<'_> {
    /// The numbers that the graph gives.
    fn output(&self, graph: &Graph<'_>) -> Result<Numbers, OnnxError> {
        let [output] = graph.outputs.as_slice() else {
            let got = graph.outputs.len();
            return Err(value("the graph", "outputs", &got.to_string(), "1"));
        };
        match self.values.get(output.name) {
            Some(Value::Numbers(numbers, _)) => Ok(*numbers),
            Some(Value::Constant(_)) => Err(value(
                "the graph",
                "an output that is",
                "constant",
                "one that the input decides",
            )),
            None => Err(missing(
                "the graph",
                &format!("node that gives {:?}", output.name),
            )),
        }
    }
}

/// The version of the default operator set.
fn opset(sets: &[(&str, u64)]) -> Result<u64, OnnxError> {
    let default = |domain: &str| matches!(domain, "" | "ai.onnx");
    let version = sets.iter().find(|(domain, _)| default(domain));
    match version {
        Some((_, version)) if OPSETS.contains(version) => Ok(*version),
        Some((_, version)) => {
            let expected = format!("{} to {}", OPSETS.start(), OPSETS.end());
            Err(value(
                "the model",
                "operator set",
                &version.to_string(),
                &expected,
            ))
        }
        None => Err(missing("the model", "version of the default operator set")),
    }
}

/// The one input that isn't a constant's.
fn only_input<'g, 'a>(
    graph: &'g Graph<'a>,
    constants: &HashMap<&str, Value>,
) -> Result<&'g ValueInfo<'a>, OnnxError> {
    let mut open = graph
        .inputs
        .iter()
        .filter(|input| !constants.contains_key(input.name));
    match (open.next(), open.count()) {
        (Some(input), 0) => Ok(input),
        (None, _) => Err(missing("the graph", "input")),
        (Some(_), more) => Err(value("the graph", "inputs", &(more + 1).to_string(), "1")),
    }
}

/// The shape of the input, with a batch of 1.
fn input_dims(input: &ValueInfo<'_>) -> Result<Vec<u32>, OnnxError> {
    let place = format!("the input {:?}", input.name);
    if input.element != FLOAT {
        let got = input.element.to_string();
        return Err(value(&place, "an element type of", &got, "FLOAT (1)"));
    }
    let dims = input.dims.as_deref().unwrap_or_default();
    let wrong = || {
        let expected = "an open or single batch dimension first, then numbers above 0";
        value(&place, "a shape of", &format!("{dims:?}"), expected)
    };
    let (batch, rest) = dims.split_first().ok_or_else(wrong)?;
    // Writers put 0 or -1 for a dimension that is open.
    if !matches!(batch, Dim::Open | Dim::Known(-1..=1)) {
        return Err(wrong());
    }
    let known = rest.iter().map(|dim| match dim {
        Dim::Known(dim) => u32::try_from(*dim).ok().filter(|dim| *dim > 0),
        Dim::Open => None,
    });
    let known: Option<Vec<u32>> = known.collect();
    Ok([vec![1], known.ok_or_else(wrong)?].concat())
}

fn missing(place: &str, what: &str) -> OnnxError {
    OnnxError::Missing {
        place: place.into(),
        what: what.into(),
    }
}

fn value(place: &str, what: &str, got: &str, expected: &str) -> OnnxError {
    OnnxError::Value {
        place: place.into(),
        what: what.into(),
        got: got.into(),
        expected: expected.into(),
    }
}
