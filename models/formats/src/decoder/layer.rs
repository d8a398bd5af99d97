//! The nodes of a layer.

use super::hyper::Hyper;
use super::{Builder, LAYERS};
use crate::ImportError;
use gavel_program::op::{
    Elementwise, Linear, RmsNorm, Rope, Scores, Softmax, StoreRow, WeightedSum,
};
use gavel_program::{DType, Op, Operand};

impl Builder<'_> {
    /// `output = W input`, W being the layer's matrix of that name.
    fn linear(
        &mut self,
        layer: u32,
        name: &str,
        [rows, cols]: [u32; 2],
        input: u32,
        output: u32,
    ) -> Result<(), ImportError> {
        let name = format!("blk.{layer}.{name}.weight");
        let matrix = self.matrices.take(&mut self.assembly, &name, rows, cols)?;
        let op = Op::Linear(Linear {
            rows,
            cols,
            format: matrix.format,
        });
        self.layer_node(op, &matrix.after(Operand::Slot(input)), output);
        Ok(())
    }

    /// `slot = slot + b`, b being the layer's bias of that name.
    fn bias(&mut self, layer: u32, name: &str, len: u32, slot: u32) -> Result<(), ImportError> {
        let name = format!("blk.{layer}.{name}.bias");
        let bias = self.matrices.take_vector(&mut self.assembly, &name, len)?;
        let op = Op::Add(Elementwise { len });
        self.layer_node(op, &[Operand::Slot(slot), bias], slot);
        Ok(())
    }

    /// A norm of each head in place, all with the layer's weights of that name.
    fn head_norm(
        &mut self,
        layer: u32,
        name: &str,
        heads: u32,
        slot: u32,
    ) -> Result<(), ImportError> {
        let name = format!("blk.{layer}.{name}.weight");
        let head_dim = self.hyper.head_dim;
        let weight = self
            .matrices
            .take_vector(&mut self.assembly, &name, head_dim)?;
        let op = Op::RmsNorm(RmsNorm {
            rows: heads,
            dim: head_dim,
            eps: self.hyper.epsilon.to_bits(),
        });
        self.layer_node(op, &[Operand::Slot(slot), weight], slot);
        Ok(())
    }

    /// Rotates heads in place.
    fn rotate(&mut self, heads: u32, slot: u32) {
        let op = Op::Rope(Rope {
            heads,
            head_dim: self.hyper.head_dim,
            rotary: self.hyper.rotary,
            context: self.context,
            pairing: self.family.pairing,
        });
        let inputs = [Operand::Slot(slot), self.rope];
        self.layer_node(op, &inputs, slot);
    }

    /// `x = x + projected`.
    fn add_projected(&mut self) {
        let op = Op::Add(Elementwise {
            len: self.hyper.dim,
        });
        let inputs = [self.slots.x, self.slots.projected].map(Operand::Slot);
        self.layer_node(op, &inputs, self.slots.x);
    }

    pub(super) fn attention(&mut self, layer: u32) -> Result<(), ImportError> {
        let hyper = self.hyper;
        let (dim, queries, kv) = (hyper.dim, hyper.query_width(), hyper.kv_width());
        let shape = [self.context, kv];
        let keys = self
            .assembly
            .persistent(format!("keys {layer}"), DType::F32, &shape)?;
        let values = self
            .assembly
            .persistent(format!("values {layer}"), DType::F32, &shape)?;
        let (normed, q, k, v) = (self.slots.normed, self.slots.q, self.slots.k, self.slots.v);

        self.norm(&format!("blk.{layer}.attn_norm.weight"), LAYERS)?;
        self.linear(layer, "attn_q", [queries, dim], normed, q)?;
        self.linear(layer, "attn_k", [kv, dim], normed, k)?;
        self.linear(layer, "attn_v", [kv, dim], normed, v)?;
        if self.family.biases {
            self.bias(layer, "attn_q", queries, q)?;
            self.bias(layer, "attn_k", kv, k)?;
            self.bias(layer, "attn_v", kv, v)?;
        }
        if self.family.head_norms {
            self.head_norm(layer, "attn_q_norm", hyper.heads, q)?;
            self.head_norm(layer, "attn_k_norm", hyper.kv_heads, k)?;
        }
        self.rotate(hyper.heads, q);
        self.rotate(hyper.kv_heads, k);
        let store = Op::StoreRow(StoreRow {
            width: kv,
            context: self.context,
        });
        self.layer_node(store, &[Operand::Slot(k)], keys);
        self.layer_node(store, &[Operand::Slot(v)], values);
        self.attend(keys, values);
        self.linear(
            layer,
            "attn_output",
            [dim, queries],
            self.slots.attention,
            self.slots.projected,
        )?;
        self.add_projected();
        Ok(())
    }

    /// Scores, softmax and weighted sum over the cache.
    fn attend(&mut self, keys: u32, values: u32) {
        let Hyper {
            heads,
            kv_heads,
            head_dim,
            ..
        } = self.hyper;
        let context = self.context;
        let (q, scores, probs) = (self.slots.q, self.slots.scores, self.slots.probs);
        let op = Op::Scores(Scores {
            heads,
            kv_heads,
            head_dim,
            context,
            scale: ((1.0 / f64::from(head_dim).sqrt()) as f32).to_bits(),
        });
        self.layer_node(op, &[q, keys].map(Operand::Slot), scores);
        let op = Op::Softmax(Softmax { heads, context });
        self.layer_node(op, &[Operand::Slot(scores)], probs);
        let op = Op::WeightedSum(WeightedSum {
            heads,
            kv_heads,
            head_dim,
            context,
        });
        self.layer_node(
            op,
            &[probs, values].map(Operand::Slot),
            self.slots.attention,
        );
    }

    pub(super) fn feed_forward(&mut self, layer: u32) -> Result<(), ImportError> {
        let (dim, hidden) = (self.hyper.dim, self.hyper.hidden);
        let (normed, gate, up) = (self.slots.normed, self.slots.gate, self.slots.up);
        self.norm(&format!("blk.{layer}.ffn_norm.weight"), LAYERS)?;
        self.linear(layer, "ffn_gate", [hidden, dim], normed, gate)?;
        self.linear(layer, "ffn_up", [hidden, dim], normed, up)?;
        let op = Op::SwiGlu(Elementwise { len: hidden });
        self.layer_node(op, &[gate, up].map(Operand::Slot), self.slots.hidden);
        self.linear(
            layer,
            "ffn_down",
            [dim, hidden],
            self.slots.hidden,
            self.slots.projected,
        )?;
        self.add_projected();
        Ok(())
    }
}
