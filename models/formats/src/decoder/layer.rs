//! The nodes of a layer.

use super::hyper::{GATE_UP, Hyper, QKV};
use super::{Builder, LAYERS};
use crate::ImportError;
use crate::families::Gate;
use crate::shards::Sharded;
use gavel_program::op::{Elementwise, RmsNorm, Rope, Scores, Softmax, StoreRow, WeightedSum};
use gavel_program::{DType, Op, Operand};

impl Builder<'_> {
    /// `output = W input`, W being the layer's matrix of that name.
    pub(super) fn linear(
        &mut self,
        layer: u32,
        name: &str,
        [rows, cols]: [u32; 2],
        input: u32,
        output: u32,
    ) -> Result<(), ImportError> {
        let name = format!("blk.{layer}.{name}.weight");
        let matrix = self.matrices.take(&mut self.assembly, &name, rows, cols)?;
        self.multiply(&matrix, input, output);
        Ok(())
    }

    /// The same with the rows of one matrix for several outputs, one after the other.
    fn linear_parts(
        &mut self,
        layer: u32,
        name: &str,
        cols: u32,
        input: u32,
        outputs: &[u32],
    ) -> Result<(), ImportError> {
        let name = format!("blk.{layer}.{name}.weight");
        let parts = self.hyper.parts(&name).unwrap_or_default();
        let total = parts.last().map_or(0, |last| last.end);
        for (output, part) in outputs.iter().zip(parts) {
            let matrix = self
                .matrices
                .take_rows(&mut self.assembly, &name, [total, cols], part)?;
            self.multiply(&matrix, input, *output);
        }
        Ok(())
    }

    fn multiply(&mut self, matrix: &Sharded, input: u32, output: u32) {
        for (op, inputs) in matrix.linear(Operand::Slot(input)) {
            self.layer_node(op, &inputs, output);
        }
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
    fn rotate(&mut self, layer: u32, heads: u32, slot: u32) {
        let op = Op::Rope(Rope {
            heads,
            head_dim: self.hyper.head_dim,
            rotary: self.hyper.rotary,
            context: self.context,
            pairing: self.family.pairing,
        });
        let table = match self.hyper.is_local(self.family, layer) {
            true => self.rope.local,
            false => self.rope.global,
        };
        self.layer_node(op, &[Operand::Slot(slot), table], slot);
    }

    /// `x = x + projected`, or its norm with the layer's weights of that name.
    fn add_projected(&mut self, layer: u32, post_norm: &str) -> Result<(), ImportError> {
        let (x, projected) = (self.slots.x, self.slots.projected);
        if self.family.post_norms {
            let name = format!("blk.{layer}.{post_norm}.weight");
            self.norm(&name, LAYERS, [projected; 2])?;
        }
        let op = Op::Add(Elementwise {
            len: self.hyper.dim,
        });
        self.layer_node(op, &[x, projected].map(Operand::Slot), x);
        Ok(())
    }

    /// Queries, keys and values of the normed residual stream, before their rotation.
    fn project(&mut self, layer: u32) -> Result<(), ImportError> {
        let hyper = self.hyper;
        let (dim, queries, kv) = (hyper.dim, hyper.query_width(), hyper.kv_width());
        let (normed, q, k, v) = (self.slots.normed, self.slots.q, self.slots.k, self.slots.v);
        if self.family.fused {
            self.linear_parts(layer, QKV, dim, normed, &[q, k, v])?;
        } else {
            self.linear(layer, "attn_q", [queries, dim], normed, q)?;
            self.linear(layer, "attn_k", [kv, dim], normed, k)?;
            self.linear(layer, "attn_v", [kv, dim], normed, v)?;
        }
        if self.family.biases {
            self.bias(layer, "attn_q", queries, q)?;
            self.bias(layer, "attn_k", kv, k)?;
            self.bias(layer, "attn_v", kv, v)?;
        }
        if self.family.head_norms {
            self.head_norm(layer, "attn_q_norm", hyper.heads, q)?;
            self.head_norm(layer, "attn_k_norm", hyper.kv_heads, k)?;
        }
        Ok(())
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
        let (q, k, v) = (self.slots.q, self.slots.k, self.slots.v);

        let slots = [self.slots.x, self.slots.normed];
        self.norm(&format!("blk.{layer}.attn_norm.weight"), LAYERS, slots)?;
        self.project(layer)?;
        self.rotate(layer, hyper.heads, q);
        self.rotate(layer, hyper.kv_heads, k);
        let store = Op::StoreRow(StoreRow {
            width: kv,
            context: self.context,
        });
        self.layer_node(store, &[Operand::Slot(k)], keys);
        self.layer_node(store, &[Operand::Slot(v)], values);
        self.attend(layer, keys, values);
        self.linear(
            layer,
            "attn_output",
            [dim, queries],
            self.slots.attention,
            self.slots.projected,
        )?;
        self.add_projected(layer, "post_attention_norm")
    }

    /// Scores, softmax and weighted sum over the cache.
    fn attend(&mut self, layer: u32, keys: u32, values: u32) {
        let Hyper {
            layers,
            dim,
            heads,
            kv_heads,
            head_dim,
            ..
        } = self.hyper;
        let context = self.context;
        let window = self.hyper.seen(self.family, layer, context);
        let divisor = (self.family.query_divisor)([layers, dim, heads, head_dim]);
        let (q, scores, probs) = (self.slots.q, self.slots.scores, self.slots.probs);
        let op = Op::Scores(Scores {
            heads,
            kv_heads,
            head_dim,
            context,
            scale: ((1.0 / f64::from(divisor).sqrt()) as f32).to_bits(),
            window,
        });
        self.layer_node(op, &[q, keys].map(Operand::Slot), scores);
        let op = Op::Softmax(Softmax {
            heads,
            context,
            window,
        });
        self.layer_node(op, &[Operand::Slot(scores)], probs);
        let op = Op::WeightedSum(WeightedSum {
            heads,
            kv_heads,
            head_dim,
            context,
            window,
        });
        self.layer_node(
            op,
            &[probs, values].map(Operand::Slot),
            self.slots.attention,
        );
    }

    pub(super) fn feed_forward(&mut self, layer: u32) -> Result<(), ImportError> {
        let slots = [self.slots.x, self.slots.normed];
        self.norm(&format!("blk.{layer}.ffn_norm.weight"), LAYERS, slots)?;
        match (self.hyper.experts, self.slots.experts) {
            (Some(experts), Some(slots)) => self.mixture(layer, experts, slots)?,
            _ => self.dense(layer)?,
        }
        self.add_projected(layer, "post_ffw_norm")
    }

    /// `projected = down (gate(gate normed) * up normed)`.
    fn dense(&mut self, layer: u32) -> Result<(), ImportError> {
        let (dim, hidden) = (self.hyper.dim, self.hyper.hidden);
        let (normed, gate, up) = (self.slots.normed, self.slots.gate, self.slots.up);
        if self.family.fused {
            self.linear_parts(layer, GATE_UP, dim, normed, &[gate, up])?;
        } else {
            self.linear(layer, "ffn_gate", [hidden, dim], normed, gate)?;
            self.linear(layer, "ffn_up", [hidden, dim], normed, up)?;
        }
        self.gated();
        let slots = [self.slots.hidden, self.slots.projected];
        self.linear(layer, "ffn_down", [dim, hidden], slots[0], slots[1])
    }

    /// `hidden = gate(gate) * up`.
    pub(super) fn gated(&mut self) {
        let len = Elementwise {
            len: self.hyper.hidden_width(),
        };
        let op = match self.family.gate {
            Gate::Silu => Op::SwiGlu(len),
            Gate::Gelu => Op::GeGlu(len),
        };
        let inputs = [self.slots.gate, self.slots.up].map(Operand::Slot);
        self.layer_node(op, &inputs, self.slots.hidden);
    }
}
