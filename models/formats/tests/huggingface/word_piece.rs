//! WordPiece as Hugging Face's crate runs it.

use crate::bert::{Bert, FORMS, made, made_as, specials};
use crate::digests::{Digest, WORD_PIECE, committed};
use crate::{count, texts};
use gavel_formats::beside::TOKENIZER;
use std::fs;
use tokenizers::Tokenizer;
use tokenizers::utils::truncation::TruncationParams;

/// Texts of a length alone, which are a part of all texts.
const LIMITS: [usize; 3] = [2, 7, 64];

/// The `tokenizer.json` beside real weights; none, said aloud, where they are missing.
fn real() -> Option<Vec<u8>> {
    let folder = gavel_fixtures::minilm()?;
    Some(fs::read(folder.join(TOKENIZER)).expect("the tokenizer is there"))
}

/// The crate's tokenizer of a `tokenizer.json`, without truncation and padding.
fn peer(file: &[u8]) -> Tokenizer {
    let mut peer = Tokenizer::from_bytes(file).expect("the crate reads its own format");
    peer.with_padding(None);
    peer.with_truncation(None).expect("there is none");
    peer
}

fn ids(peer: &Tokenizer, text: &str) -> Vec<u32> {
    let encoding = peer.encode_fast(text, true);
    encoding
        .expect("the crate encodes every text")
        .get_ids()
        .to_vec()
}

fn check(file: Vec<u8>) {
    let peer = peer(&file);
    let mut bert = Bert::new(file);
    let mut tokens = 0;
    for number in 0..count() {
        let text = texts::text(number, &specials());
        let expected = ids(&peer, &text);
        let found = bert.all_ids(text.as_bytes());
        assert_eq!(found, expected, "text {number}: {text:?}");
        tokens += expected.len();
    }
    eprintln!("{} texts, {tokens} tokens", count());
}

#[test]
fn a_made_word_piece_equals_hugging_face() {
    FORMS.map(made_as).into_iter().for_each(check);
}

#[test]
fn a_real_word_piece_equals_hugging_face() {
    real().into_iter().for_each(check);
}

#[test]
fn texts_are_cut_as_hugging_face_cuts_them() {
    let mut cut = peer(&made());
    let mut bert = Bert::new(made());
    for max_length in LIMITS {
        let truncation = TruncationParams {
            max_length,
            ..TruncationParams::default()
        };
        cut.with_truncation(Some(truncation)).expect("it can be");
        for number in 0..count() / 50 {
            let text = texts::text(number, &specials());
            let found = bert.ids(text.as_bytes(), max_length as u32);
            assert_eq!(found, ids(&cut, &text), "text {number}: {text:?}");
        }
    }
}

/// Each code point alone, between letters, beside spaces, signs and marks of several combining classes.
#[test]
fn every_code_point_becomes_what_hugging_face_makes_of_it() {
    FORMS.map(made_as).into_iter().for_each(check_code_points);
}

fn check_code_points(file: Vec<u8>) {
    let peer = peer(&file);
    let mut bert = Bert::new(file);
    for letter in (0..0x11_0000).filter_map(char::from_u32) {
        let text = format!(
            "{letter} a{letter}b .{letter}\u{1b44}{letter}\u{1d165}{letter}\u{1e94a} {letter}{letter}\u{300}\n"
        );
        let found = bert.all_ids(text.as_bytes());
        assert_eq!(found, ids(&peer, &text), "{text:?}");
    }
}

#[test]
fn the_committed_digests_of_word_piece_are_those_of_hugging_face() {
    let digest = |form| {
        let peer = peer(&made_as(form));
        Digest::of(|number| ids(&peer, &texts::text(number, &specials())))
    };
    assert_eq!(FORMS.map(digest), WORD_PIECE.map(committed));
}
