//! A decoder in float64, straight from the file: slow, without storage rounding, without quantized activations, without a program.
//! It says how far apart two tokens really are where two implementations choose differently.

use crate::weights64::numbers;
use gavel_formats::gguf::{Gguf, Value};
use std::collections::HashMap;

/// A model, its tensors as float64.
pub(crate) struct Float64 {
    tensors: HashMap<String, Vec<f64>>,
    family: String,
    dim: usize,
    hidden: usize,
    /// How many of its experts a token is sent to.
    experts_used: usize,
    heads: usize,
    kv_heads: usize,
    head_dim: usize,
    rotary: usize,
    layers: usize,
    rope_base: f64,
    /// What cosines and sines are multiplied by.
    magnitude: f64,
    /// Positions that local layers see.
    window: usize,
    epsilon: f64,
}

impl Float64 {
    pub(crate) fn new(file: Vec<u8>) -> Self {
        let gguf = Gguf::parse(&file).expect("the file is well-formed");
        let family = match gguf.metadata.get("general.architecture") {
            Some(Value::String(name)) => String::from_utf8_lossy(name).into_owned(),
            other => panic!("the architecture is {other:?}"),
        };
        let optional = |key: &str| match gguf.metadata.get(&format!("{family}.{key}")) {
            Some(Value::Integer(value)) => Some(value as f64),
            Some(Value::Float(value)) => Some(value),
            _ => None,
        };
        let number = |key: &str| optional(key).unwrap_or_else(|| panic!("the file has {key}"));
        let size = |key: &str| number(key) as usize;
        let (dim, heads) = (size("embedding_length"), size("attention.head_count"));
        let tensor = |tensor: &gavel_formats::gguf::Tensor| {
            let bytes = &file[tensor.range()];
            (tensor.name.to_owned(), numbers(tensor.kind, bytes))
        };
        Float64 {
            dim,
            heads,
            hidden: size(match optional("expert_count") {
                None => "feed_forward_length",
                Some(_) => "expert_feed_forward_length",
            }),
            experts_used: optional("expert_used_count").map_or(0, |count| count as usize),
            head_dim: optional("attention.key_length").map_or(dim / heads, |len| len as usize),
            rotary: size("rope.dimension_count"),
            kv_heads: size("attention.head_count_kv"),
            layers: size("block_count"),
            rope_base: number("rope.freq_base"),
            magnitude: optional("rope.scaling.attn_factor").unwrap_or(1.0),
            window: optional("attention.sliding_window").map_or(usize::MAX, |len| len as usize),
            epsilon: number("attention.layer_norm_rms_epsilon"),
            tensors: gguf.tensors().map(tensor).collect(),
            family,
        }
    }

    fn is_gemma(&self) -> bool {
        self.family == "gemma3"
    }

    /// Of six layers of a Gemma the last one sees everything.
    fn is_local(&self, layer: usize) -> bool {
        self.is_gemma() && layer % 6 != 5
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
        let stream = self.stream(tokens);
        self.head(stream.last().expect("there is a token"))
    }

    /// The logits after each of `tokens`.
    pub(crate) fn all_logits(&self, tokens: &[u32]) -> Vec<Vec<f64>> {
        let stream = self.stream(tokens);
        stream.iter().map(|x| self.head(x)).collect()
    }

    /// The residual stream after the last layer, at each of `tokens`.
    fn stream(&self, tokens: &[u32]) -> Vec<Vec<f64>> {
        let table = self.get("token_embd.weight");
        let row = |token: u32| table[token as usize * self.dim..][..self.dim].to_vec();
        let mut stream: Vec<Vec<f64>> = tokens.iter().map(|token| row(*token)).collect();
        if self.is_gemma() {
            let scale = (self.dim as f64).sqrt();
            stream.iter_mut().flatten().for_each(|x| *x *= scale);
        }
        for layer in 0..self.layers {
            self.attention(&mut stream, layer);
            self.feed_forward(&mut stream, layer);
        }
        stream
    }

    fn head(&self, x: &[f64]) -> Vec<f64> {
        let normed = self.norm(x, self.get("output_norm.weight"));
        let head = self.tensors.get("output.weight");
        let table = self.get("token_embd.weight");
        times(head.map_or(table, |head| head), &normed)
    }

    /// `W x`, and the bias if there is one.
    fn linear(&self, layer: &str, name: &str, x: &[f64]) -> Vec<f64> {
        let name = format!("{layer}.{name}");
        self.biased(times(self.get(&format!("{name}.weight")), x), &name)
    }

    /// The rows of a fused matrix, as the parts that other families have as matrices.
    fn split(&self, layer: &str, name: &str, x: &[f64], parts: &[usize]) -> Vec<Vec<f64>> {
        let all = self.linear(layer, name, x);
        let mut rest = &all[..];
        let mut take = |len: &usize| {
            let (part, left) = rest.split_at(*len);
            rest = left;
            part.to_vec()
        };
        parts.iter().map(&mut take).collect()
    }

    /// Queries, keys and values.
    fn project(&self, layer: &str, normed: &[f64]) -> Vec<Vec<f64>> {
        let kv = self.kv_heads * self.head_dim;
        if self.family == "phi3" {
            return self.split(
                layer,
                "attn_qkv",
                normed,
                &[self.heads * self.head_dim, kv, kv],
            );
        }
        let names = ["attn_q", "attn_k", "attn_v"];
        let projected = names.iter().map(|name| {
            let plain = self.linear(layer, name, normed);
            self.normed_heads(plain, &format!("{layer}.{name}_norm"))
        });
        projected.collect()
    }

    /// The norm of what is added to the stream, in a Gemma.
    fn post_norm(&self, x: Vec<f64>, name: &str) -> Vec<f64> {
        match self.tensors.get(name) {
            None => x,
            Some(weights) => self.norm(&x, weights),
        }
    }

    fn attention(&self, stream: &mut [Vec<f64>], place: usize) {
        let layer = &format!("blk.{place}");
        let head_dim = self.head_dim;
        let norm = self.get(&format!("{layer}.attn_norm.weight"));
        let (mut keys, mut values) = (Vec::new(), Vec::new());
        for (position, x) in stream.iter_mut().enumerate() {
            let normed = self.norm(x, norm);
            let mut projected = self.project(layer, &normed);
            values.push(projected.pop().expect("values"));
            let key = projected.pop().expect("keys");
            keys.push(self.rotated(key, position, self.is_local(place)));
            let query = projected.pop().expect("queries");
            let query = self.rotated(query, position, self.is_local(place));
            let first = match self.is_local(place) {
                true => keys.len().saturating_sub(self.window),
                false => 0,
            };
            let (keys, values) = (&keys[first..], &values[first..]);
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
                        .zip(values)
                        .map(|(part, value)| part * value[column + d]);
                    weighted.sum::<f64>() / total
                }));
            }
            let added = self.linear(layer, "attn_output", &out);
            let norm = format!("{layer}.post_attention_norm.weight");
            add(x, &self.post_norm(added, &norm));
        }
    }

    fn feed_forward(&self, stream: &mut [Vec<f64>], place: usize) {
        let layer = &format!("blk.{place}");
        let norm = self.get(&format!("{layer}.ffn_norm.weight"));
        for x in stream {
            let normed = self.norm(x, norm);
            if self.experts_used > 0 {
                add(x, &self.mixture(layer, &normed));
                continue;
            }
            let gate_up = match &*self.family {
                "phi3" => self.split(layer, "ffn_up", &normed, &[self.hidden; 2]),
                _ => ["ffn_gate", "ffn_up"]
                    .map(|name| self.linear(layer, name, &normed))
                    .to_vec(),
            };
            let pairs = gate_up[0].iter().zip(&gate_up[1]);
            let hidden: Vec<f64> = pairs.map(|(gate, up)| self.gated(*gate) * up).collect();
            let added = self.linear(layer, "ffn_down", &hidden);
            add(
                x,
                &self.post_norm(added, &format!("{layer}.post_ffw_norm.weight")),
            );
        }
    }

    /// The outputs of the experts with the highest products of the router, by their part of the softmax over these.
    fn mixture(&self, layer: &str, x: &[f64]) -> Vec<f64> {
        let router = self.linear(layer, "ffn_gate_inp", x);
        let mut order: Vec<usize> = (0..router.len()).collect();
        order.sort_by(|a, b| router[*b].total_cmp(&router[*a]));
        let chosen = &order[..self.experts_used];
        let part = |expert: usize| (router[expert] - router[order[0]]).exp();
        let total: f64 = chosen.iter().map(|expert| part(*expert)).sum();
        let mut out = vec![0.0; self.dim];
        for expert in chosen {
            let of = |name: &str, x: &[f64]| {
                let all = self.get(&format!("{layer}.{name}.weight"));
                let len = all.len() / router.len();
                times(&all[expert * len..][..len], x)
            };
            let (gate, up) = (of("ffn_gate_exps", x), of("ffn_up_exps", x));
            let pairs = gate.iter().zip(&up);
            let hidden: Vec<f64> = pairs.map(|(gate, up)| self.gated(*gate) * up).collect();
            let share = part(*expert) / total;
            let own = of("ffn_down_exps", &hidden);
            out.iter_mut()
                .zip(own)
                .for_each(|(out, own)| *out += share * own);
        }
        out
    }

    fn gated(&self, g: f64) -> f64 {
        if self.is_gemma() {
            let inner = (2.0 / std::f64::consts::PI).sqrt() * (g + 0.044715 * g * g * g);
            0.5 * g * (1.0 + inner.tanh())
        } else {
            g / (1.0 + (-g).exp())
        }
    }

    fn norm(&self, x: &[f64], weights: &[f64]) -> Vec<f64> {
        let scale = 1.0 / (dot(x, x) / x.len() as f64 + self.epsilon).sqrt();
        x.iter()
            .zip(weights)
            .map(|(x, weight)| x * scale * weight)
            .collect()
    }

    fn rotated(&self, mut x: Vec<f64>, position: usize, is_local: bool) -> Vec<f64> {
        let pairs = self.rotary / 2;
        // How far apart the elements of a rotary pair are, and the first elements of two pairs.
        let [apart, step] = match &*self.family {
            "llama" => [1, 2],
            _ => [pairs, 1],
        };
        let base = if is_local { 10_000.0 } else { self.rope_base };
        // The random models announce half of their context as the original one.
        let factors = ["rope_freqs.weight", "rope_factors_long.weight"]
            .iter()
            .find_map(|name| self.tensors.get(*name));
        for head in x.chunks_exact_mut(self.head_dim) {
            for place in 0..pairs {
                let exponent = place as f64 / pairs as f64;
                let factor = factors.map_or(1.0, |factors| factors[place]);
                let angle = position as f64 * base.powf(-exponent) / factor;
                let (sin, cos) = angle.sin_cos();
                let (sin, cos) = (sin * self.magnitude, cos * self.magnitude);
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
