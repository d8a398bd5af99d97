//! A Llama in float64, straight from the file: slow, without storage rounding, without quantized activations, without a program.
//! It says how far apart two tokens really are where two implementations choose differently.

use gavel_formats::gguf::{Gguf, TensorType, Value};

/// A model, its tensors as float64.
pub(crate) struct Float64 {
    gguf: Vec<u8>,
    dim: usize,
    heads: usize,
    kv_heads: usize,
    layers: usize,
    rope_base: f64,
    epsilon: f64,
}

impl Float64 {
    pub(crate) fn new(file: Vec<u8>) -> Self {
        let gguf = Gguf::parse(&file).expect("the file is well-formed");
        let number = |key: &str| match gguf.metadata.get(&format!("llama.{key}")) {
            Some(Value::Integer(value)) => value as f64,
            Some(Value::Float(value)) => value,
            other => panic!("{key} is {other:?}"),
        };
        Float64 {
            dim: number("embedding_length") as usize,
            heads: number("attention.head_count") as usize,
            kv_heads: number("attention.head_count_kv") as usize,
            layers: number("block_count") as usize,
            rope_base: number("rope.freq_base"),
            epsilon: number("attention.layer_norm_rms_epsilon"),
            gguf: file.clone(),
        }
    }

    /// The logits after `tokens`.
    pub(crate) fn logits(&self, tokens: &[u32]) -> Vec<f64> {
        let gguf = Gguf::parse(&self.gguf).expect("it was parsed before");
        let get = |name: &str| self.tensor(&gguf, name);
        let table = get("token_embd.weight");
        let row = |token: u32| table[token as usize * self.dim..][..self.dim].to_vec();
        let mut stream: Vec<Vec<f64>> = tokens.iter().map(|token| row(*token)).collect();
        for layer in 0..self.layers {
            let get = |name: &str| get(&format!("blk.{layer}.{name}.weight"));
            self.attention(&mut stream, get);
            self.feed_forward(&mut stream, get);
        }
        let last = stream.last().expect("there is a token");
        let normed = self.norm(last, &get("output_norm.weight"));
        let head = if gguf.tensor("output.weight").is_some() {
            get("output.weight")
        } else {
            table
        };
        times(&head, &normed)
    }

    fn attention(&self, stream: &mut [Vec<f64>], get: impl Fn(&str) -> Vec<f64>) {
        let head_dim = self.dim / self.heads;
        let norm = get("attn_norm");
        let (wq, wk, wv, wo) = (
            get("attn_q"),
            get("attn_k"),
            get("attn_v"),
            get("attn_output"),
        );
        let (mut keys, mut values) = (Vec::new(), Vec::new());
        for (position, x) in stream.iter_mut().enumerate() {
            let normed = self.norm(x, &norm);
            let query = self.rotated(times(&wq, &normed), position, head_dim);
            keys.push(self.rotated(times(&wk, &normed), position, head_dim));
            values.push(times(&wv, &normed));
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
            add(x, &times(&wo, &out));
        }
    }

    fn feed_forward(&self, stream: &mut [Vec<f64>], get: impl Fn(&str) -> Vec<f64>) {
        let norm = get("ffn_norm");
        let (gate, up, down) = (get("ffn_gate"), get("ffn_up"), get("ffn_down"));
        for x in stream {
            let normed = self.norm(x, &norm);
            let silu = |g: f64| g / (1.0 + (-g).exp());
            let hidden: Vec<f64> = times(&gate, &normed)
                .into_iter()
                .zip(times(&up, &normed))
                .map(|(gate, up)| silu(gate) * up)
                .collect();
            add(x, &times(&down, &hidden));
        }
    }

    fn norm(&self, x: &[f64], weights: &[f64]) -> Vec<f64> {
        let scale = 1.0 / (dot(x, x) / x.len() as f64 + self.epsilon).sqrt();
        x.iter()
            .zip(weights)
            .map(|(x, weight)| x * scale * weight)
            .collect()
    }

    fn rotated(&self, mut x: Vec<f64>, position: usize, head_dim: usize) -> Vec<f64> {
        for (place, pair) in x.chunks_exact_mut(2).enumerate() {
            let exponent = (2 * place % head_dim) as f64 / head_dim as f64;
            let (sin, cos) = (position as f64 * self.rope_base.powf(-exponent)).sin_cos();
            (pair[0], pair[1]) = (pair[0] * cos - pair[1] * sin, pair[0] * sin + pair[1] * cos);
        }
        x
    }

    fn tensor(&self, gguf: &Gguf, name: &str) -> Vec<f64> {
        let tensor = gguf
            .tensor(name)
            .unwrap_or_else(|| panic!("the file has {name}"));
        let bytes = &self.gguf[tensor.range()];
        let half = |bytes: &[u8]| f16(u16::from_le_bytes([bytes[0], bytes[1]]));
        let blocks = bytes.chunks_exact(tensor.kind.block_bytes() as usize);
        match tensor.kind {
            TensorType::F32 => blocks
                .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]).into())
                .collect(),
            TensorType::F16 => blocks.map(half).collect(),
            TensorType::Q8_0 => blocks
                .flat_map(|block| {
                    block[2..]
                        .iter()
                        .map(move |q| f64::from(*q as i8) * half(block))
                })
                .collect(),
            TensorType::Q4_0 => blocks
                .flat_map(|block| {
                    let low = block[2..].iter().map(|byte| byte & 15);
                    let high = block[2..].iter().map(|byte| byte >> 4);
                    low.chain(high)
                        .map(move |q| (f64::from(q) - 8.0) * half(block))
                })
                .collect(),
        }
    }
}

/// The value of a binary16.
fn f16(bits: u16) -> f64 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 1023));
    match exponent {
        0 => sign * fraction * 2f64.powi(-24),
        _ => sign * (1.0 + fraction / 1024.0) * 2f64.powi(exponent - 15),
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
