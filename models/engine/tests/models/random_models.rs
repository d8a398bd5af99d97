//! Random-weight models of each storage and family: logits after a prompt, against a float64 pass over the same file and against
//! llama.cpp's, which `random/make_logits.py` has written down.

use crate::batches::filtered;
use crate::float64::Float64;
use crate::reference::first_logits;
use crate::setting::engine_of;
use gavel_fixtures::random::{Family, RandomModel, Storage};
use gavel_formats::ModelFile;
use gavel_primitives::Params;
use serde::Deserialize;

/// How far our logits may be from the float64 pass's, by [`apart`], with float weights: rounding alone.
const FLOAT: f64 = 1e-6;
/// The same with F16 weights, for the parts as below: elements have 13 significant bits, so one is off by up to half a unit of the thirteenth,
/// by 0.29 units in the mean, and a number is 5,800 of them in the mean: 5 in 100,000.
const THIRTEEN_BITS: f64 = 6e-5;
/// The same with BF16 weights, of which elements have 16.
const SIXTEEN_BITS: f64 = THIRTEEN_BITS / 8.0;
/// The same with quantized weights. Activations have 8 bits a block of 32: an element is off by up to half a 127th of its block's largest, so
/// by 0.29 such steps in the mean; with a largest of 2.1 deviations that is 0.5 % of a deviation in each product's result. They add up
/// independently: this is for the parts of a layer and the head, two each and one.
const QUANTIZED: f64 = 0.0072;
/// How far they may be from llama.cpp's, by storage: where its activations are what ours are; where they are F16, as the Gaussian unit's are; where they are BF16 or
/// have another scale, one for 256 where weights have super-blocks or a sum rounded to F16 where they have minima.
const SAME: f64 = 3e-6;
const HALF: f64 = 0.001;
const OTHER: f64 = 0.03;

#[derive(Deserialize)]
struct Expected {
    prompt: String,
    models: Vec<Model>,
}

/// What llama.cpp says of a model.
#[derive(Deserialize)]
struct Model {
    family: String,
    storage: String,
    layers: u32,
    tokens: Vec<u32>,
    logits: Vec<f64>,
}

impl Model {
    /// The file that it was asked of.
    fn file(&self) -> Vec<u8> {
        let mut families = Family::ALL.into_iter();
        let mut storages = Storage::all();
        let model = RandomModel {
            family: families
                .find(|family| family.name() == self.family)
                .expect("there is such a family"),
            dim: 256,
            layers: self.layers,
            heads: 4,
            kv_heads: 2,
            ffn: 512,
            vocab: 400,
            context: 64,
            storage: storages
                .find(|storage| storage.name() == self.storage)
                .expect("there is such a storage"),
            seed: 5,
            ..RandomModel::STORIES15M
        };
        let mut file = Vec::new();
        model.write(&mut file).expect("a vector takes all bytes");
        file
    }

    /// The most that our logits may be from the float64 pass's and llama.cpp's.
    fn bounds(&self) -> [f64; 2] {
        let parts = f64::from(2 * self.layers + 1).sqrt();
        match &*self.storage {
            "f32" if self.family == "gemma3" => [FLOAT, HALF],
            "f32" => [FLOAT, SAME],
            "f16" => [THIRTEEN_BITS * parts, HALF],
            "bf16" => [SIXTEEN_BITS * parts, OTHER],
            "q8_0" | "q4_0" if self.family != "gemma3" => [QUANTIZED * parts, SAME],
            _ => [QUANTIZED * parts, OTHER],
        }
    }
}

fn expected() -> Expected {
    serde_json::from_str(include_str!("random/logits.json"))
        .expect("the file is JSON of this shape")
}

/// The root of the mean square of the differences, as a part of that of the numbers.
fn apart(got: &[f64], expected: &[f64]) -> f64 {
    assert_eq!(got.len(), expected.len());
    let square = |sum: f64, x: f64| sum + x * x;
    let differences = got.iter().zip(expected).map(|(a, b)| a - b);
    let size = expected.iter().copied().fold(0.0, square);
    (differences.fold(0.0, square) / size).sqrt()
}

#[test]
fn logits_are_as_near_as_quantized_activations_can_be() {
    let expected = expected();
    for model in &expected.models {
        let file = model.file();
        let engine = engine_of(&ModelFile::from_bytes(&file));
        let prompt = expected.prompt.as_bytes();
        let outcome = engine.answer(prompt, &Params::greedy(1), |_| {});
        let tokens = outcome.expect("the prompt is short").prompt_tokens;
        let name = format!("{} {}", model.family, model.storage);
        assert_eq!(tokens, model.tokens, "{name}");
        let logits = first_logits(&engine, prompt);
        let logits: Vec<f64> = logits.into_iter().map(f64::from).collect();
        let exact = Float64::new(file).logits(&tokens);
        let (ours, theirs) = (apart(&logits, &exact), apart(&model.logits, &exact));
        let between = apart(&logits, &model.logits);
        let [from_exact, from_theirs] = model.bounds();
        assert!(ours <= from_exact, "{name}: {ours} from float64");
        assert!(between <= from_theirs, "{name}: {between} from llama.cpp");
        // Nor are they ever farther from the truth than llama.cpp's, but for a hundredth of that.
        assert!(
            ours <= 1.01 * theirs + SAME,
            "{name}: {ours}, llama.cpp {theirs}"
        );
    }
}

#[test]
fn answers_are_the_same_in_batches_and_node_by_node() {
    let drawn = Params {
        temperature: 800,
        top_p: 900,
        seed: 3,
        ..Params::greedy(12)
    };
    let expected = expected();
    for model in &expected.models {
        let engine = engine_of(&ModelFile::from_bytes(&model.file()));
        let name = format!("{} {}", model.family, model.storage);
        assert!(engine.session().is_some(), "{name} is computed in batches");
        for (prompt, params) in [
            ("no", Params::greedy(20)),
            (&*expected.prompt, drawn),
            (&*expected.prompt, filtered(12, 4)),
        ] {
            let prompt = prompt.as_bytes();
            let batched = engine.answer(prompt, &params, |_| {});
            let by_nodes = engine.answer_by_nodes(prompt, &params, |_| {});
            assert_eq!(
                batched.expect("the prompt is short"),
                by_nodes.expect("the prompt is short"),
                "{name}"
            );
        }
    }
}
