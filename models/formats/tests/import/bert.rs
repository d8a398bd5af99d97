//! Encoders from safetensors: what they become, and what is refused by name.

use crate::builder::image;
use gavel_fixtures::RandomBert;
use gavel_fixtures::random::BertStorage;
use gavel_formats::{Beside, ImportError, Limits, ModelFile, import};
use gavel_program::{DType, Op, Program};
use std::{collections::BTreeMap, fs};

type Files = BTreeMap<&'static str, Vec<u8>>;

/// The files beside a small model's weights.
fn beside() -> Files {
    RandomBert::SMALL.beside().into_iter().collect()
}

fn imported(weights: &[u8], beside: Files) -> Result<Program, ImportError> {
    let file = ModelFile::from_bytes(weights).with_beside(Beside(beside));
    import(&file, &Limits::default(), image())
}

/// The error of a model with another text in one of its files.
fn refused(file: &'static str, from: &str, to: &str) -> String {
    let mut beside = beside();
    let text = String::from_utf8(beside[file].clone()).expect("it is text");
    assert!(text.contains(from), "{file} has {from}");
    beside.insert(file, text.replacen(from, to, 1).into_bytes());
    let program = imported(&RandomBert::SMALL.weights(), beside);
    program.map(|program| program.id).expect_err(to).to_string()
}

/// The error of a model with another text of the same length in its weights' table of contents.
fn refused_weights(from: &str, to: &str) -> String {
    let mut weights = RandomBert::SMALL.weights();
    assert_eq!(from.len(), to.len());
    let mut places = weights.windows(from.len());
    let at = places.position(|part| part == from.as_bytes());
    let at = at.expect("the weights have it");
    weights[at..at + to.len()].copy_from_slice(to.as_bytes());
    let program = imported(&weights, beside());
    program.map(|program| program.id).expect_err(to).to_string()
}

#[test]
fn a_model_is_a_program_of_one_step() {
    let program = imported(&RandomBert::SMALL.weights(), beside()).expect("it is supported");
    let header = program.header;
    assert_eq!((header.context, header.max_output_bytes), (1, 4 * 48));
    assert_eq!(header.max_prompt_bytes, 512);
    // Tokens, embeddings, two layers, the answer.
    assert_eq!(program.nodes.len(), 2 + 5 + 2 * 14 + 4);
    assert!(
        matches!(program.nodes[0].op, Op::WordPieceIds(p) if p.limit == 40 && p.most_characters == 100)
    );
    assert!(
        matches!(program.nodes.last().map(|node| node.op), Some(Op::Finish(p)) if p.least == 2 && p.most == 40)
    );
    let tokens = program.slots.iter().find(|slot| slot.name == "tokens");
    assert_eq!(
        tokens.map(|slot| (slot.dtype, slot.len)),
        Some((DType::I32, 40))
    );
}

#[test]
fn without_the_last_module_the_mean_is_the_answer() {
    let mut beside = beside();
    beside.remove("modules.json");
    let program = imported(&RandomBert::SMALL.weights(), beside).expect("it is supported");
    let units = program
        .nodes
        .iter()
        .filter(|node| matches!(node.op, Op::UnitNorm(_)));
    assert_eq!((units.count(), program.nodes.len()), (0, 38));
}

#[test]
fn a_folder_is_a_model() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(
        folder.path().join("model.safetensors"),
        RandomBert::SMALL.weights(),
    )
    .expect("room");
    for (name, bytes) in beside() {
        fs::write(folder.path().join(name), bytes).expect("room");
    }
    let expected = imported(&RandomBert::SMALL.weights(), beside()).expect("it is supported");
    for path in [
        folder.path().to_owned(),
        folder.path().join("model.safetensors"),
    ] {
        let file = ModelFile::open(&path).expect("it can be read");
        let program = import(&file, &Limits::default(), image()).expect("it is supported");
        assert_eq!(program.id, expected.id);
    }
}

#[test]
fn a_vocabulary_alone_is_a_tokenizer() {
    let mut beside = beside();
    let tokenizer = beside.remove("tokenizer.json").expect("it has one");
    let tokenizer: serde_json::Value = serde_json::from_slice(&tokenizer).expect("it is JSON");
    let vocab = tokenizer["model"]["vocab"]
        .as_object()
        .expect("it has tokens");
    let mut lines = vec![String::new(); vocab.len()];
    for (text, id) in vocab {
        lines[id.as_u64().expect("a number") as usize] = text.clone();
    }
    beside.insert("vocab.txt", lines.join("\n").into_bytes());
    let expected = imported(&RandomBert::SMALL.weights(), self::beside()).expect("supported");
    let program = imported(&RandomBert::SMALL.weights(), beside.clone()).expect("supported");
    assert_eq!(program.id, expected.id);
    // Where accents go is said apart from the case.
    for (settings, other) in [
        (r#"{"do_lower_case": true, "strip_accents": null}"#, false),
        (r#"{"do_lower_case": false}"#, true),
        (r#"{"do_lower_case": true, "strip_accents": false}"#, true),
    ] {
        beside.insert("tokenizer_config.json", settings.into());
        let program = imported(&RandomBert::SMALL.weights(), beside.clone()).expect("supported");
        assert_eq!(program.id != expected.id, other, "{settings}");
    }
}

#[test]
fn gguf_gives_the_program_of_the_folder() {
    for storage in [BertStorage::F32, BertStorage::F16] {
        let model = RandomBert {
            storage,
            ..RandomBert::SMALL
        };
        let expected = imported(&model.weights(), beside()).expect("it is supported");
        let file = ModelFile::from_bytes(&model.gguf());
        let program = import(&file, &Limits::default(), image()).expect("it is supported");
        assert_eq!(program.id, expected.id, "{storage:?}");
    }
}

#[test]
fn gguf_that_asks_for_something_else_is_refused_by_name() {
    let whole = RandomBert::SMALL.gguf();
    let refused = |from: &[u8], to: &[u8]| {
        let at = whole.windows(from.len()).position(|part| part == from);
        let at = at.expect("the file has it");
        let mut file = whole.clone();
        file[at..at + to.len()].copy_from_slice(to);
        let program = import(&ModelFile::from_bytes(&file), &Limits::default(), image());
        program
            .map(|program| program.id)
            .expect_err("it is refused")
            .to_string()
    };
    let with =
        |key: &str, kind: u32, value: &[u8]| [key.as_bytes(), &kind.to_le_bytes(), value].concat();
    let pooling = |way: u32| with("bert.pooling_type", 4, &way.to_le_bytes());
    let causal = |is: u8| with("bert.attention.causal", 7, &[is]);
    for (from, to, expected) in [
        (
            pooling(1),
            pooling(2),
            r#""bert.pooling_type" is 2, expected 1, the mean"#,
        ),
        (
            causal(0),
            causal(1),
            r#""bert.attention.causal" is true, expected false"#,
        ),
        (
            b"bert.context_length".to_vec(),
            b"bert.context_lengtz".to_vec(),
            r#"key "bert.context_lengtz" is not supported by the importer of "bert" models"#,
        ),
    ] {
        let got = refused(&from, &to);
        assert_eq!(got, expected);
    }
}

#[test]
fn what_is_not_supported_is_refused_by_name() {
    for (file, from, to, expected) in [
        (
            "config.json",
            r#""bert""#,
            r#""roberta""#,
            r#""config.json: model_type" is "roberta", expected one of ["bert"]"#,
        ),
        (
            "config.json",
            r#""gelu""#,
            r#""relu""#,
            r#""config.json: hidden_act" is "relu", expected one of ["gelu"]"#,
        ),
        (
            "config.json",
            r#""num_attention_heads": 3"#,
            r#""num_attention_heads": 5"#,
            r#""config.json: num_attention_heads" is 5, expected a divisor of 48"#,
        ),
        (
            "config.json",
            r#""num_hidden_layers": 2"#,
            r#""num_hidden_layers": 3"#,
            r#"the file has no "encoder.layer.2.attention.self.query.bias", expected a tensor"#,
        ),
        (
            "config.json",
            r#""num_hidden_layers": 2"#,
            r#""num_hidden_layers": 1"#,
            r#"tensor "encoder.layer.1.attention.output.LayerNorm.bias" is not supported by the importer of "bert" models"#,
        ),
        (
            "config.json",
            r#""intermediate_size": 80"#,
            r#""intermediate_size": 81"#,
            r#"tensor "encoder.layer.0.intermediate.dense.bias" has shape [80], expected [81] (rows, columns)"#,
        ),
        (
            "config.json",
            "1e-12",
            "0",
            r#""config.json: layer_norm_eps" is 0, expected above 0, below 1"#,
        ),
        (
            "tokenizer.json",
            r#""clean_text": true"#,
            r#""clean_text": false"#,
            r#""tokenizer.json: normalizer.clean_text" is false, expected true"#,
        ),
        (
            "tokenizer.json",
            "BertPreTokenizer",
            "Whitespace",
            r#""tokenizer.json: pre_tokenizer.type" is "Whitespace", expected one of ["BertPreTokenizer"]"#,
        ),
        (
            "tokenizer.json",
            r#""type": "WordPiece""#,
            r#""type": "Unigram""#,
            r#""tokenizer.json: model.type" is "Unigram", expected one of ["WordPiece"]"#,
        ),
        (
            "tokenizer.json",
            r#""lstrip": false"#,
            r#""lstrip": true"#,
            r#""tokenizer.json: added_tokens: lstrip" is true, expected false"#,
        ),
        (
            "tokenizer.json",
            r#""id": "A", "type_id": 0"#,
            r#""id": "A", "type_id": 1"#,
            "expected a token, the text, a token",
        ),
        (
            "modules.json",
            "models.Pooling",
            "models.WKPooling",
            r#""modules.json" is ["Transformer", "WKPooling", "Normalize"], expected Transformer, Pooling, and Normalize or nothing"#,
        ),
        (
            "sentence_bert_config.json",
            "40",
            "41",
            r#""sentence_bert_config.json: max_seq_length" is 41, expected 2 to 40"#,
        ),
    ] {
        let got = refused(file, from, to);
        assert!(got.contains(expected), "{to}: {got}");
    }
    let types = refused_weights(
        r#""dtype":"F32","shape":[48]"#,
        r#""dtype":"U32","shape":[48]"#,
    );
    assert!(
        types.contains("is of type U32, expected F32, F16 or BF16"),
        "{types}"
    );
    let broken = refused_weights(r#""data_offsets":[0,"#, r#""data_offsets":[8,"#);
    assert!(broken.starts_with("no well-formed safetensors"), "{broken}");
    let mut pooling = beside();
    pooling.insert(
        "1_Pooling/config.json",
        br#"{"pooling_mode_cls_token": true}"#.to_vec(),
    );
    let pooling = imported(&RandomBert::SMALL.weights(), pooling);
    let pooling = pooling
        .map(|program| program.id)
        .expect_err("no mean")
        .to_string();
    assert_eq!(
        pooling,
        r#""1_Pooling/config.json: pooling_mode_cls_token" is true, expected false"#
    );
}

#[test]
fn missing_and_broken_files_are_named() {
    for (missing, expected) in [
        (
            "config.json",
            r#"the file has no "config.json: model_type", expected a string"#,
        ),
        (
            "tokenizer.json",
            r#"the file has no "tokenizer.json", expected the tokenizer, or vocab.txt"#,
        ),
    ] {
        let mut beside = beside();
        beside.remove(missing);
        let got = imported(&RandomBert::SMALL.weights(), beside);
        assert_eq!(
            got.map(|program| program.id)
                .expect_err(missing)
                .to_string(),
            expected
        );
    }
    let got = refused("config.json", "{", "[");
    assert!(got.starts_with("config.json is no JSON: "), "{got}");
    let mut long = u64::MAX.to_le_bytes().to_vec();
    long.extend(b"{}");
    let got = imported(&long, beside()).map(|program| program.id);
    assert!(matches!(got, Err(ImportError::Safetensors(_))), "{got:?}");
}
