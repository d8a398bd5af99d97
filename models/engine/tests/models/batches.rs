//! Batches give what one node after the other gives, with a draft or without, right or wrong.

use crate::setting::{image, llama};
use gavel_engine::{Engine, Native, Outcome, Piece, Scores, State};
use gavel_formats::{Limits, ModelFile, import};
use gavel_primitives::{Params, StopText};
use gavel_program::{Op, Phase};
use std::sync::Arc;

/// The shared models.
pub(crate) const FILES: [&str; 7] = [
    "stories260K-F32.gguf",
    "stories260K-F16.gguf",
    "stories260K-Q8_0.gguf",
    "stories260K-Q4_0.gguf",
    "ts656k-F32.gguf",
    "ts656k-Q8_0.gguf",
    "ts656k-Q4_0.gguf",
];

/// Every filter and penalty at once.
pub(crate) fn filtered(max_tokens: u32, seed: u64) -> Params {
    Params {
        temperature: 900,
        top_k: 30,
        top_p: 950,
        min_p: 20,
        seed,
        ..penalized(max_tokens)
    }
}

/// Greedy, with every penalty.
pub(crate) fn penalized(max_tokens: u32) -> Params {
    Params {
        repetition_penalty: 1150,
        frequency_penalty: 300,
        presence_penalty: -100,
        ..Params::greedy(max_tokens)
    }
}

/// The same up to one of these texts.
pub(crate) fn stopped(max_tokens: u32, texts: &[&str]) -> Params {
    Params {
        stop: StopText::all(texts.iter().map(|text| text.as_bytes())).expect("few short texts"),
        ..penalized(max_tokens)
    }
}

/// Greedy and drawn requests, short and long, some that end by themselves.
fn requests() -> Vec<(String, Params)> {
    let drawn = |max_tokens, seed| Params {
        temperature: 800,
        top_p: 900,
        seed,
        ..Params::greedy(max_tokens)
    };
    let long = "Once upon a time there was a little dog who liked to run. ".repeat(9);
    vec![
        (String::new(), Params::greedy(5)),
        ("Lily".into(), Params::greedy(0)),
        ("Lily".into(), Params::greedy(1)),
        ("Tom had a red ball.".into(), Params::greedy(40)),
        ("One day".into(), drawn(60, 3)),
        (long.clone(), drawn(20, 4)),
        (long, Params::greedy(500)),
        ("Lily and Tom".into(), filtered(60, 5)),
        ("One day".into(), penalized(40)),
        ("Once upon a time".into(), stopped(60, &["dog", "."])),
    ]
}

fn by_nodes(engine: &Engine, prompt: &str, params: &Params) -> (Outcome, Vec<u32>) {
    let mut told = Vec::new();
    let outcome = engine
        .answer_by_nodes(prompt.as_bytes(), params, |token| told.push(token))
        .expect("the prompt is short");
    (outcome, told)
}

#[test]
fn answers_are_those_of_one_node_after_the_other() {
    for file in FILES {
        let Some(engine) = llama(file) else { return };
        assert!(engine.session().is_some(), "{file} is computed in batches");
        for (prompt, params) in requests() {
            let mut told = Vec::new();
            let outcome = engine
                .answer(prompt.as_bytes(), &params, |token| told.push(token))
                .expect("the prompt is short");
            let expected = by_nodes(&engine, &prompt, &params);
            assert_eq!((outcome, told), expected, "{file}: {prompt:?} {params:?}");
        }
    }
}

#[test]
fn a_context_need_not_be_whole_registers() {
    let Some(path) = gavel_fixtures::model("llama/stories260K-Q8_0.gguf") else {
        return;
    };
    let file = ModelFile::open(&path).expect("the file was found");
    for max_context in [2, 15, 16, 17, 45] {
        let limits = Limits {
            max_context,
            ..Limits::default()
        };
        let program = import(&file, &limits, image()).expect("the file is supported");
        let engine = Engine::new(Arc::new(program), Box::new(Native));
        let params = Params::greedy(max_context);
        let outcome = engine.answer(b"a", &params, |_| {}).expect("short");
        let (expected, _) = by_nodes(&engine, "a", &params);
        assert_eq!(outcome, expected, "{max_context} positions");
    }
}

#[test]
fn a_right_draft_is_accepted_in_few_batches() {
    for file in FILES {
        let Some(engine) = llama(file) else { return };
        for (prompt, params) in requests() {
            let (expected, _) = by_nodes(&engine, &prompt, &params);
            let checked = engine
                .check(prompt.as_bytes(), &params, &expected.tokens)
                .expect("the prompt is short");
            let positions = expected.prompt_tokens.len() + expected.tokens.len();
            assert_eq!(checked.agreed, expected.tokens.len(), "{file}: {prompt:?}");
            assert_eq!(checked.outcome, expected, "{file}: {prompt:?}");
            assert!(
                checked.passes <= positions / 128 + 1,
                "{file}: {} batches for {positions} positions",
                checked.passes
            );
        }
    }
}

#[test]
fn a_wrong_draft_is_found_where_it_is_wrong_and_changes_nothing() {
    let Some(engine) = llama("ts656k-Q8_0.gguf") else {
        return;
    };
    let params = Params {
        temperature: 700,
        top_p: 1000,
        seed: 11,
        ..Params::greedy(50)
    };
    let (expected, _) = by_nodes(&engine, "The cat", &params);
    let count = expected.tokens.len();
    assert!(count > 20, "the story is long enough to be wrong in places");
    for wrong in [0, 1, 7, count - 1] {
        let mut draft = expected.tokens.clone();
        draft[wrong] ^= 1;
        let checked = engine.check(b"The cat", &params, &draft).expect("short");
        assert_eq!((checked.agreed, &checked.outcome), (wrong, &expected));
    }
    let mut longer = expected.tokens.clone();
    longer.extend([5; 600]);
    let shorter = &expected.tokens[..count / 2];
    let unheard_of = [u32::MAX; 3];
    for (draft, agreed) in [
        (&longer[..], count),
        (shorter, count / 2),
        (&unheard_of, 0),
        (&[], 0),
    ] {
        let checked = engine.check(b"The cat", &params, draft).expect("short");
        assert_eq!((checked.agreed, &checked.outcome), (agreed, &expected));
    }
}

#[test]
fn scores_are_of_the_model_s_own_distribution() {
    for file in ["stories260K-F32.gguf", "ts656k-Q8_0.gguf"] {
        let Some(engine) = llama(file) else { return };
        for params in [Params::greedy(12), filtered(12, 6), penalized(12)] {
            let mut told = Vec::new();
            let outcome = engine.answer_scored(b"Once upon", &params, 5, |piece| told.push(piece));
            let (expected, _) = by_nodes(&engine, "Once upon", &params);
            assert_eq!(outcome.as_ref(), Ok(&expected), "scores change nothing");
            let tokens: Vec<u32> = told.iter().map(|piece| piece.token).collect();
            assert_eq!(tokens, expected.tokens);
            assert_eq!(told, recomputed(&engine, &params, &expected), "{file}");
            let greedy = params == Params::greedy(12);
            for Piece { token, scores } in told {
                let scores = scores.expect("they were asked for");
                assert_eq!(scores.top.len(), 5);
                assert!(!greedy || scores.top[0] == (token, scores.chosen));
            }
        }
    }
}

/// The scores from the logits slot as it is just before penalties change it, node by node.
fn recomputed(engine: &Engine, params: &Params, outcome: &Outcome) -> Vec<Piece> {
    let program = engine.program();
    let mut state = State::first(program, b"Once upon", params).expect("the prompt is short");
    let mut scored = Vec::new();
    for _ in 0..outcome.steps {
        for (k, node) in program.nodes.iter().enumerate() {
            if let (Op::Penalize(p), true) = (&node.op, state.control().phase() == Phase::Generate)
            {
                let logits = engine.inputs(k, &state)[0];
                let logits = &bytemuck::cast_slice(logits)[..p.vocab as usize];
                if let Some(token) = outcome.tokens.get(scored.len()).copied() {
                    let scores = Some(Scores::of(logits, token, 5));
                    scored.push(Piece { token, scores });
                }
            }
            engine.run_node(k, &mut state);
        }
        engine.end_step(&mut state);
    }
    scored
}
