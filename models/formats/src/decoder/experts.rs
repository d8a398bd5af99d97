//! The nodes of a mixture of experts.

use super::Builder;
use super::hyper::Experts;
use crate::ImportError;
use crate::assemble::Assembly;
use gavel_program::op::{ExpertLinear, ExpertSum, RowSoftmax, TopExperts};
use gavel_program::{DType, Op, Operand};

/// The slots of a mixture.
#[derive(Clone, Copy)]
pub(super) struct ExpertSlots {
    /// The router's products.
    router: u32,
    /// Their softmax.
    probs: u32,
    /// The chosen experts' numbers.
    chosen: u32,
    /// The chosen experts' outputs.
    outputs: u32,
}

impl ExpertSlots {
    /// The slots of a mixture whose outputs have `dim` elements.
    ///
    /// # Errors
    /// When one is larger than a window.
    pub(super) fn new(
        assembly: &mut Assembly,
        experts: Experts,
        dim: u32,
    ) -> Result<Self, ImportError> {
        let Experts { count, used } = experts;
        Ok(ExpertSlots {
            router: assembly.scratch("router", DType::F32, &[count])?,
            probs: assembly.scratch("expert probabilities", DType::F32, &[count])?,
            chosen: assembly.scratch("chosen experts", DType::I32, &[used])?,
            outputs: assembly.scratch("expert outputs", DType::F32, &[used, dim])?,
        })
    }
}

impl Builder<'_> {
    /// `projected` = the chosen experts' outputs by their shares.
    pub(super) fn mixture(
        &mut self,
        layer: u32,
        experts: Experts,
        slots: ExpertSlots,
    ) -> Result<(), ImportError> {
        let (dim, hidden) = (self.hyper.dim, self.hyper.hidden);
        let Experts { count, used } = experts;
        let ExpertSlots {
            router,
            probs,
            chosen,
            outputs,
        } = slots;
        let normed = self.slots.normed;
        self.linear(layer, "ffn_gate_inp", [count, dim], normed, router)?;
        let op = Op::RowSoftmax(RowSoftmax {
            rows: 1,
            dim: count,
        });
        self.layer_node(op, &[Operand::Slot(router)], probs);
        let op = Op::TopExperts(TopExperts {
            experts: count,
            used,
        });
        self.layer_node(op, &[Operand::Slot(probs)], chosen);
        let (gate, up) = (self.slots.gate, self.slots.up);
        self.expert_linear(layer, "ffn_gate_exps", [hidden, dim], [normed, gate])?;
        self.expert_linear(layer, "ffn_up_exps", [hidden, dim], [normed, up])?;
        self.gated();
        let places = [self.slots.hidden, outputs];
        self.expert_linear(layer, "ffn_down_exps", [dim, hidden], places)?;
        let op = Op::ExpertSum(ExpertSum {
            experts: count,
            used,
            dim,
        });
        let inputs = [outputs, chosen, probs].map(Operand::Slot);
        self.layer_node(op, &inputs, self.slots.projected);
        Ok(())
    }

    /// `output[e] = W[chosen[e]] input`, or `input[e]`, W being the layer's matrices of that name.
    fn expert_linear(
        &mut self,
        layer: u32,
        name: &str,
        [rows, cols]: [u32; 2],
        [input, output]: [u32; 2],
    ) -> Result<(), ImportError> {
        let (Some(Experts { count, used }), Some(slots)) = (self.hyper.experts, self.slots.experts)
        else {
            return Ok(());
        };
        let name = format!("blk.{layer}.{name}.weight");
        let shape = [count, rows, cols];
        let matrix = self
            .matrices
            .take_whole(&mut self.assembly, &name, &shape)?;
        let op = Op::ExpertLinear(ExpertLinear {
            experts: count,
            used,
            rows,
            cols,
            own: input != self.slots.normed,
            format: matrix.format,
        });
        let inputs = matrix.after_all(&[input, slots.chosen].map(Operand::Slot));
        self.layer_node(op, &inputs, output);
        Ok(())
    }
}
