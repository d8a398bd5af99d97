//! An encoder in float64, straight from its files: slow, without storage rounding, without a program.

use gavel_formats::safetensors::Contents;
use std::collections::HashMap;

/// A model, its tensors as float64.
pub(crate) struct Bert64 {
    tensors: HashMap<String, Vec<f64>>,
    dim: usize,
    heads: usize,
    layers: usize,
    epsilon: f64,
}

impl Bert64 {
    /// The model of these weights and `config.json`.
    pub(crate) fn new(weights: &[u8], config: &[u8]) -> Self {
        let config: serde_json::Value = serde_json::from_slice(config).expect("it is JSON");
        let size = |key: &str| config[key].as_u64().expect("the file has it") as usize;
        let contents = Contents::parse(weights).expect("the file is well-formed");
        let tensors = contents.0.iter().map(|(name, entry)| {
            let dtype = format!("{:?}", entry.dtype);
            (name.clone(), numbers(&dtype, &weights[entry.range.clone()]))
        });
        Bert64 {
            tensors: tensors.collect(),
            dim: size("hidden_size"),
            heads: size("num_attention_heads"),
            layers: size("num_hidden_layers"),
            epsilon: config["layer_norm_eps"].as_f64().expect("the file has it"),
        }
    }

    fn get(&self, name: &str) -> &[f64] {
        let tensor = self.tensors.get(name);
        tensor.unwrap_or_else(|| panic!("the file has {name}"))
    }

    /// The vector of length 1 of some tokens.
    pub(crate) fn embedding(&self, tokens: &[u32]) -> Vec<f64> {
        let mut rows: Vec<Vec<f64>> = (0..tokens.len()).map(|at| self.begin(tokens, at)).collect();
        for layer in 0..self.layers {
            let name = |part: &str| format!("encoder.layer.{layer}.{part}");
            self.attention(&mut rows, &name);
            for x in &mut rows {
                let inner = self.linear(&name("intermediate.dense"), x);
                let inner: Vec<f64> = inner.into_iter().map(gelu).collect();
                let outer = self.linear(&name("output.dense"), &inner);
                *x = self.norm(&name("output.LayerNorm"), &sum(&outer, x));
            }
        }
        let mean = |i: usize| rows.iter().map(|row| row[i]).sum::<f64>() / rows.len() as f64;
        let mean: Vec<f64> = (0..self.dim).map(mean).collect();
        let length = dot(&mean, &mean).sqrt();
        mean.into_iter().map(|x| x / length).collect()
    }

    /// A token's row at its position.
    fn begin(&self, tokens: &[u32], at: usize) -> Vec<f64> {
        let row = |table: &str, row: usize| {
            let table = self.get(&format!("embeddings.{table}_embeddings.weight"));
            &table[row * self.dim..][..self.dim]
        };
        let words = row("word", tokens[at] as usize);
        let x = sum(&sum(words, row("token_type", 0)), row("position", at));
        self.norm("embeddings.LayerNorm", &x)
    }

    fn attention(&self, rows: &mut [Vec<f64>], name: &impl Fn(&str) -> String) {
        let part = |part: &str| -> Vec<Vec<f64>> {
            let name = name(&format!("attention.self.{part}"));
            rows.iter().map(|x| self.linear(&name, x)).collect()
        };
        let (q, k, v) = (part("query"), part("key"), part("value"));
        let size = self.dim / self.heads;
        for (r, x) in rows.iter_mut().enumerate() {
            let mut seen = Vec::new();
            for head in 0..self.heads {
                let of = |row: &Vec<f64>| row[head * size..][..size].to_vec();
                let score = |k: &Vec<f64>| dot(&of(&q[r]), &of(k)) / (size as f64).sqrt();
                let scores: Vec<f64> = k.iter().map(score).collect();
                let most = scores.iter().copied().fold(f64::MIN, f64::max);
                let weights: Vec<f64> = scores.iter().map(|s| (s - most).exp()).collect();
                let total: f64 = weights.iter().sum();
                for d in 0..size {
                    let terms = weights.iter().zip(&v).map(|(w, v)| w * v[head * size + d]);
                    seen.push(terms.sum::<f64>() / total);
                }
            }
            let projected = self.linear(&name("attention.output.dense"), &seen);
            *x = self.norm(&name("attention.output.LayerNorm"), &sum(&projected, x));
        }
    }

    fn linear(&self, name: &str, x: &[f64]) -> Vec<f64> {
        let rows = self.get(&format!("{name}.weight")).chunks_exact(x.len());
        let bias = self.get(&format!("{name}.bias"));
        rows.zip(bias)
            .map(|(row, bias)| dot(row, x) + bias)
            .collect()
    }

    fn norm(&self, name: &str, x: &[f64]) -> Vec<f64> {
        let mean = x.iter().sum::<f64>() / x.len() as f64;
        let variance = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / x.len() as f64;
        let deviation = (variance + self.epsilon).sqrt();
        let weights = self.get(&format!("{name}.weight")).iter();
        let bias = self.get(&format!("{name}.bias"));
        let scaled = x.iter().zip(weights.zip(bias));
        scaled
            .map(|(x, (w, b))| (x - mean) / deviation * w + b)
            .collect()
    }
}

/// The numbers that a tensor's bytes stand for.
fn numbers(dtype: &str, bytes: &[u8]) -> Vec<f64> {
    let halves = || {
        bytes
            .as_chunks::<2>()
            .0
            .iter()
            .map(|b| u16::from_le_bytes(*b))
    };
    match dtype {
        "F32" => {
            let words = bytes.as_chunks::<4>().0.iter();
            words.map(|b| f64::from(f32::from_le_bytes(*b))).collect()
        }
        "BF16" => halves()
            .map(|h| f64::from(f32::from_bits(u32::from(h) << 16)))
            .collect(),
        "F16" => halves().map(crate::weights64::f16).collect(),
        // Numbers of positions.
        _ => Vec::new(),
    }
}

/// In eight sums, which the compiler puts side by side.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    for (a, b) in a.iter().zip(b) {
        for at in 0..8 {
            sums[at] += a[at] * b[at];
        }
    }
    let rest = a_rest.iter().zip(b_rest).map(|(a, b)| a * b);
    sums.into_iter().chain(rest).sum()
}

fn sum(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a + b).collect()
}

/// x Phi(x), by the series of positive terms of `erf(z) = 2 / sqrt(pi) e^(-z^2) (z + 2 z^3 / 3 + 4 z^5 / 15 + ..)`.
fn gelu(x: f64) -> f64 {
    let z = x.abs() / 2f64.sqrt();
    let (mut term, mut total, mut n) = (z, 0.0, 1.0);
    while term > 1e-18 * total && n < 1000.0 {
        total += term;
        n += 2.0;
        term *= 2.0 * z * z / n;
    }
    let erf = (2.0 / std::f64::consts::PI.sqrt() * (-z * z).exp() * total).min(1.0);
    x * 0.5 * (1.0 + erf.copysign(x))
}
