//! Small ONNX graphs of every operator that is imported, against what onnxruntime gives for them (`onnx/cases.json`, made by the script
//! beside it).

use crate::setting::engine_of;
use gavel_formats::ModelFile;
use gavel_primitives::{Params, Status};
use serde::Deserialize;

/// Errors of F32 sums in another order, of the largest magnitude of the output.
const MOST_ERROR: f64 = 2e-6;

#[derive(Deserialize)]
struct Case {
    name: String,
    /// Hexadecimal.
    model: String,
    input: Vec<u8>,
    output: Vec<f64>,
}

fn bytes(hex: &str) -> Vec<u8> {
    let byte = |pair: &[u8; 2]| {
        let text = std::str::from_utf8(pair).expect("the file is ASCII");
        u8::from_str_radix(text, 16).expect("the file has hexadecimal digits")
    };
    hex.as_bytes().as_chunks().0.iter().map(byte).collect()
}

#[test]
fn every_operator_gives_what_onnxruntime_does() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("onnx/cases.json"))
        .expect("the file is JSON of this shape");
    assert!(cases.len() > 40, "the cases are there");
    for case in cases {
        let engine = engine_of(&ModelFile::from_bytes(&bytes(&case.model)));
        let outcome = engine
            .answer(&case.input, &Params::greedy(1), |_| {})
            .expect("the input is a prompt");
        assert_eq!(outcome.status, Status::Stop, "{}", case.name);
        let (words, _) = outcome.output.as_chunks::<4>();
        let (class, numbers) = words.split_last().expect("there is a class");
        assert_eq!(numbers.len(), case.output.len(), "{}", case.name);
        let largest = case.output.iter().fold(0.0f64, |most, x| most.max(x.abs()));
        for (at, (got, expected)) in numbers.iter().zip(&case.output).enumerate() {
            let got = f64::from(f32::from_le_bytes(*got));
            assert!(
                (got - expected).abs() <= MOST_ERROR * largest,
                "{}, number {at}: {got}, expected {expected}",
                case.name
            );
        }
        let class = u32::from_le_bytes(*class) as usize;
        assert!(
            case.output
                .iter()
                .all(|x| *x <= case.output[class] + MOST_ERROR * largest)
        );
    }
}
