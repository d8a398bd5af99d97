//! Tokenizers of real files against those of Hugging Face's `tokenizers` crate with the Oniguruma engine, on random texts:
//!
//!     cargo test -p gavel-formats --features huggingface --test huggingface
//!
//! Apart from the other tests because the crate takes longer to build than all of ours. GAVEL_FUZZ_TEXTS says how many texts each
//! tokenizer gets, 100,000 if it is unset. What the crate gives for the first of them is committed as digests, which the other
//! tests hold the operators against.

#[path = "../tokenizers/bert.rs"]
mod bert;
#[path = "../tokenizers/digests.rs"]
mod digests;
mod peer;
#[path = "../tokenizers/runner.rs"]
mod runner;
#[path = "../tokenizers/texts.rs"]
mod texts;
mod word_piece;

use digests::{Digest, KINDS, committed};
use peer::Peer;
use runner::Runner;
use std::env;

/// Texts for each tokenizer.
fn count() -> u64 {
    let set = env::var("GAVEL_FUZZ_TEXTS").ok();
    set.map_or(100_000, |count| {
        count.parse().expect("GAVEL_FUZZ_TEXTS is a number")
    })
}

/// The operators and the crate give the same ids for every text.
fn check(name: &str) {
    let (Some(mut runner), Some(peer)) = (Runner::of(name), Peer::of(name)) else {
        return;
    };
    let specials = runner.special_texts();
    let mut tokens = 0;
    for number in 0..count() {
        let text = texts::text(number, &specials);
        let expected = peer.ids(&text);
        assert_eq!(
            runner.plain_ids(text.as_bytes()),
            expected,
            "text {number}: {text:?}"
        );
        tokens += expected.len();
    }
    eprintln!("{name}: {} texts, {tokens} tokens", count());
}

#[test]
fn gpt_2_equals_hugging_face() {
    check("gpt-2");
}

#[test]
fn llama_bpe_equals_hugging_face() {
    check("llama-bpe");
}

#[test]
fn qwen2_equals_hugging_face() {
    check("qwen2");
}

#[test]
fn llama_spm_equals_hugging_face() {
    check("llama-spm");
}

#[test]
fn phi_3_equals_hugging_face() {
    check("phi-3");
}

/// Each code point alone, and between letters, numbers, signs and spaces: the classes are those of the crate's engine.
#[test]
fn every_code_point_is_of_the_class_that_hugging_face_has() {
    for (name, _) in KINDS {
        let (Some(mut runner), Some(peer)) = (Runner::of(name), Peer::of(name)) else {
            return;
        };
        for letter in (0..0x11_0000).filter_map(char::from_u32) {
            let text = format!("a{letter}b {letter}1{letter}.{letter}\n");
            assert_eq!(
                runner.plain_ids(text.as_bytes()),
                peer.ids(&text),
                "{text:?}"
            );
        }
    }
}

#[test]
fn the_committed_digests_are_those_of_hugging_face() {
    let (mut found, mut expected) = (Vec::new(), Vec::new());
    for (name, digest) in KINDS {
        let (Some(runner), Some(peer)) = (Runner::of(name), Peer::of(name)) else {
            return;
        };
        let specials = runner.special_texts();
        found.push(Digest::of(|number| {
            peer.ids(&texts::text(number, &specials))
        }));
        expected.push(committed(digest));
    }
    assert_eq!(found, expected);
}
