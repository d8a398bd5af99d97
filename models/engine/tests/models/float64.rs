//! A decoder in float64, straight from the file: slow, without storage rounding, without quantized activations, without a program.
//! It says how far apart two tokens really are where two implementations choose differently.

use crate::weights64::numbers;
use gavel_formats::gguf::{Gguf, Value};
use std::collections::HashMap;

/// A model, its tensors as float64.
pub(crate) struct Float64 {
    tensors: HashMap<String, Vec<f64>>,
    dim: usize,
    heads: usize,
    kv_heads: usize,
    head_dim: usize,
    layers: usize,
    rope_base: f64,
    epsilon: f64,
    /// How far apart the elements of a rotary pair are, and the first elements of two pairs.
    pair: [usize; 2],
}

impl Float64 {
    pub(crate) fn new(file: Vec<u8>) -> Self {
        let gguf = Gguf::parse(&file).expect("the file is well-formed");
        let family = match gguf.metadata.get("general.architecture") {
            Some(Value::String(name)) => String::from_utf8_lossy(name),
            other => panic!("the architecture is {other:?}"),
        };
        let optional = |key: &str| match gguf.metadata.get(&format!("{family}.{key}")) {
            Some(Value::Integer(value)) => Some(value as f64),
            Some(Value::Float(value)) => Some(value),
            _ => None,
        };
        let number = |key: &str| optional(key).unwrap_or_else(|| panic!("the file has {key}"));
        let (dim, heads) = (
            number("embedding_length") as usize,
            number("attention.head_count") as usize,
        );
        let head_dim = optional("attention.key_length").map_or(dim / heads, |len| len as usize);
        let tensor = |tensor: &gavel_formats::gguf::Tensor| {
            let bytes = &file[tensor.range()];
            (tensor.name.to_owned(), numbers(tensor.kind, bytes))
        };
        Float64 {
            dim,
            heads,
            head_dim,
            kv_heads: number("attention.head_count_kv") as usize,
            layers: number("block_count") as usize,
            rope_base: number("rope.freq_base"),
            epsilon: number("attention.layer_norm_rms_epsilon"),
            pair: match &*family {
                "llama" => [1, 2],
                _ => [head_dim / 2, 1],
            },
            tensors: gguf.tensors().map(tensor).collect(),
        }
    }

    /// A tensor that every model has.
    fn get(&self, name: &str) -> &[f64] {
        let tensor = self.tensors.get(name);
        tensor.unwrap_or_else(|| panic!("the file has {name}"))
    }

    /// `x + b` where the model has a bias of that name.
    fn biased(&self, mut x: Vec<f64>, name: &str) -> Vec<f64> {
        if let Some(bias) = self.tensors.get(&format!("{name}.bias")) {
            add(&mut x, bias);
        }
        x
    }

    /// A norm of each head where the model has one of that name.
    fn normed_heads(&self, x: Vec<f64>, name: &str) -> Vec<f64> {
        match self.tensors.get(&format!("{name}.weight")) {
            None => x,
            Some(weights) => x
                .chunks_exact(self.head_dim)
                .flat_map(|head| self.norm(head, weights))
                .collect(),
        }
    }

    /// The logits after `tokens`.
    pub(crate) fn logits(&self, tokens: &[u32]) -> Vec<f64> {
        let table = self.get("token_embd.weight");
        let row = |token: u32| table[token as usize * self.dim..][..self.dim].to_vec();
        let mut stream: Vec<Vec<f64>> = tokens.iter().map(|token| row(*token)).collect();
        for layer in 0..self.layers {
            self.attention(&mut stream, &format!("blk.{layer}"));
            self.feed_forward(&mut stream, &format!("blk.{layer}"));
        }
        let last = stream.last().expect("there is a token");
        let normed = self.norm(last, self.get("output_norm.weight"));
        let head = self.tensors.get("output.weight");
        times(head.map_or(table, |head| head), &normed)
    }

    /// `W x`, and the bias if there is one.
    fn linear(&self, layer: &str, name: &str, x: &[f64]) -> Vec<f64> {
        let name = format!("{layer}.{name}");
        self.biased(times(self.get(&format!("{name}.weight")), x), &name)
    }

    fn attention(&self, stream: &mut [Vec<f64>], layer: &str) {
        let head_dim = self.head_dim;
        let norm = self.get(&format!("{layer}.attn_norm.weight"));
        let (mut keys, mut values) = (Vec::new(), Vec::new());
        for (position, x) in stream.iter_mut().enumerate() {
            let normed = self.norm(x, norm);
            let heads = |name: &str| {
                let plain = self.linear(layer, name, &normed);
                let normed = self.normed_heads(plain, &format!("{layer}.{name}_norm"));
                self.rotated(normed, position)
            };
            let query = heads("attn_q");
            keys.push(heads("attn_k"));
            values.push(self.linear(layer, "attn_v", &normed));
            let mut out = Vec::with_capacity(self.dim);
            for head in 0..self.heads {
                let column = head / (self.heads / self.kv_heads) * head_dim;
                let query = &query[head * head_dim..][..head_dim];
                let score = |key: &Vec<f64>| {
                    dot(query, &key[column..][..head_dim]) / (head_dim as f64).sqrt()
                };
                let scores: Vec<f64> = keys.iter().map(score).collect();
                let most = scores.iter().copied().fold(f64::MIN, f64::max);
                let parts: Vec<f64> = scores.iter().map(|score| (score - most).exp()).collect();
                let total: f64 = parts.iter().sum();
                out.extend((0..head_dim).map(|d| {
                    let weighted = parts
                        .iter()
                        .zip(&values)
                        .map(|(part, value)| part * value[column + d]);
                    weighted.sum::<f64>() / total
                }));
            }
            add(x, &self.linear(layer, "attn_output", &out));
        }
    }

    fn feed_forward(&self, stream: &mut [Vec<f64>], layer: &str) {
        let norm = self.get(&format!("{layer}.ffn_norm.weight"));
        for x in stream {
            let normed = self.norm(x, norm);
            let silu = |g: f64| g / (1.0 + (-g).exp());
            let gate = self.linear(layer, "ffn_gate", &normed);
            let up = self.linear(layer, "ffn_up", &normed);
            let pairs = gate.into_iter().zip(up);
            let hidden: Vec<f64> = pairs.map(|(gate, up)| silu(gate) * up).collect();
            add(x, &self.linear(layer, "ffn_down", &hidden));
        }
    }

    fn norm(&self, x: &[f64], weights: &[f64]) -> Vec<f64> {
        let scale = 1.0 / (dot(x, x) / x.len() as f64 + self.epsilon).sqrt();
        x.iter()
            .zip(weights)
            .map(|(x, weight)| x * scale * weight)
            .collect()
    }

    fn rotated(&self, mut x: Vec<f64>, position: usize) -> Vec<f64> {
        let [apart, step] = self.pair;
        let factors = self.tensors.get("rope_freqs.weight");
        for head in x.chunks_exact_mut(self.head_dim) {
            for place in 0..self.head_dim / 2 {
                let exponent = 2.0 * place as f64 / self.head_dim as f64;
                let factor = factors.map_or(1.0, |factors| factors[place]);
                let angle = position as f64 * self.rope_base.powf(-exponent) / factor;
                let (sin, cos) = angle.sin_cos();
                let (a, b) = (head[place * step], head[place * step + apart]);
                head[place * step] = a * cos - b * sin;
                head[place * step + apart] = a * sin + b * cos;
            }
        }
        x
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn times(matrix: &[f64], x: &[f64]) -> Vec<f64> {
    matrix
        .chunks_exact(x.len())
        .map(|row| dot(row, x))
        .collect()
}

fn add(x: &mut [f64], y: &[f64]) {
    x.iter_mut().zip(y).for_each(|(x, y)| *x += y);
}
