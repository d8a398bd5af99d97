//! The graph: every node provable, one node that moves the request on.

use super::CheckError;
use crate::cost::MARGIN;
use gavel_kernels::{Shape, in_domain, shape};
use gavel_program::{Node, Op, Operand, Phase, Program};

/// All phases of a request under way: a node must not run once it is done.
const PHASES: u32 =
    Phase::Tokenize.bit() | Phase::Prefill.bit() | Phase::Generate.bit() | Phase::Detokenize.bit();

/// A node within its operator's domain, with operands of the right types and lengths, and cheap enough to prove.
pub(super) fn check_node(program: &Program, k: usize, node: &Node) -> Result<(), CheckError> {
    let checked = Checked { program, k, node };
    checked.record()?;
    checked.inputs()?;
    checked.output()?;
    checked.cost()
}

/// A node under check.
struct Checked<'a> {
    program: &'a Program,
    k: usize,
    node: &'a Node,
}

impl Checked<'_> {
    fn error(&self, what: &'static str, got: String, expected: impl Into<String>) -> CheckError {
        CheckError::Node {
            node: self.k,
            op: self.node.op.name(),
            what,
            got,
            expected: expected.into(),
        }
    }

    fn record(&self) -> Result<(), CheckError> {
        if !in_domain(self.node) {
            let expected = "parameters and inputs in the operator's domain";
            return Err(self.error("record", format!("{:?}", self.node.op), expected));
        }
        if self.node.predicate & !PHASES != 0 {
            let got = format!("{:#b}", self.node.predicate);
            return Err(self.error("predicate", got, format!("no bit outside {PHASES:#b}")));
        }
        Ok(())
    }

    fn inputs(&self) -> Result<(), CheckError> {
        for (place, operand) in self.node.inputs().iter().enumerate() {
            let wanted = shape::input(&self.node.op, place)
                .expect("a node in the domain has no input without a shape");
            match operand_shape(self.program, *operand) {
                Some(got) if got.dtype == wanted.dtype && got.len >= wanted.len => {}
                got => {
                    let got = format!("{operand:?} {got:?}");
                    let expected = format!("{:?} of at least {}", wanted.dtype, wanted.len);
                    return Err(self.error("input", got, expected));
                }
            }
        }
        Ok(())
    }

    /// The output is a slot of the operator's shape; control and output slots have their own writer, the prompt has none.
    fn output(&self) -> Result<(), CheckError> {
        let got = format!("slot {}", self.node.output);
        let wanted = shape::output(&self.node.op);
        if operand_shape(self.program, Operand::Slot(self.node.output)) != Some(wanted) {
            return Err(self.error("output", got, format!("{wanted:?}")));
        }
        let header = &self.program.header;
        let fits = match &self.node.op {
            Op::Advance(_) | Op::Finish(_) => self.node.output == header.control_slot,
            Op::Detokenize(_) | Op::Reply(_) => self.node.output == header.output_slot,
            _ => ![header.control_slot, header.output_slot, header.prompt_slot]
                .contains(&self.node.output),
        };
        if fits {
            return Ok(());
        }
        Err(self.error(
            "output",
            got,
            "control from Advance or Finish, output from Detokenize or Reply, prompt from none",
        ))
    }

    fn cost(&self) -> Result<(), CheckError> {
        let most = (1u64 << self.program.header.trace_depth) >> MARGIN;
        match gavel_kernels::cost(self.node) {
            cost if cost <= most => Ok(()),
            cost => Err(self.error(
                "cost of a tile",
                cost.to_string(),
                format!("at most {most} instructions"),
            )),
        }
    }
}

/// Type and length of an operand; `None` if there is no such slot or weight.
fn operand_shape(program: &Program, operand: Operand) -> Option<Shape> {
    match operand {
        Operand::Slot(index) => program.slot(index).map(|slot| Shape {
            dtype: slot.dtype,
            len: slot.len as u64,
        }),
        Operand::Weight(index) => program.weights.get(index as usize).map(|weight| {
            let bits = (*weight.words).as_ref().len() as u64 * 32;
            Shape {
                dtype: weight.info.dtype,
                len: bits / weight.info.dtype.bits() as u64,
            }
        }),
    }
}

/// The last node, in every phase, and no other moves the request on.
pub(super) fn check_last_node(program: &Program) -> Result<(), CheckError> {
    let last = program.nodes.len() - 1;
    for (k, node) in program.nodes.iter().enumerate() {
        let moves_on = matches!(node.op, Op::Advance(_) | Op::Finish(_));
        let advances = moves_on && node.predicate == PHASES;
        if advances != (k == last) {
            return Err(CheckError::Node {
                node: k,
                op: node.op.name(),
                what: "place",
                got: format!("{k} of {}", program.nodes.len()),
                expected:
                    "Advance or Finish, in all four phases, as the last node and nowhere else"
                        .into(),
            });
        }
    }
    Ok(())
}
