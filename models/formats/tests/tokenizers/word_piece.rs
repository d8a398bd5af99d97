//! WordPiece of a made vocabulary.

use crate::bert::{Bert, FORMS, made, made_as, specials};
use crate::digests::{Digest, WORD_PIECE, committed};
use crate::texts;
use serde_json::Value;

/// The ids of tokens of the made vocabulary, with those at the ends.
fn with_ends(parts: &[&str]) -> Vec<u32> {
    let file: Value = serde_json::from_slice(&made()).expect("it was just made");
    let id = |part: &&str| file["model"]["vocab"][*part].as_u64();
    let parts = ["[CLS]"].iter().chain(parts).chain(&["[SEP]"]);
    parts
        .map(|part| id(part).expect("the vocabulary has it") as u32)
        .collect()
}

#[test]
fn words_fall_apart_as_bert_takes_them() {
    let mut bert = Bert::new(made());
    for (text, expected) in [
        ("", &[][..]),
        (" \t\u{a0}\n", &[]),
        ("Hello, WORLD!", &["hello", ",", "world", "!"]),
        ("tokenizer", &["token", "##izer"]),
        // The longest first: abc, then d, not ab, then cd.
        ("abcd", &["abc", "##d"]),
        // Accents go, and what they stood on is lower case.
        ("NAÏVE École e\u{301}cole", &["naive", "ecole", "ecole"]),
        ("一丁万", &["一", "[UNK]", "万"]),
        (
            "[MASK] [mask]",
            &["[MASK]", "[", "m", "##a", "##s", "##k", "]"],
        ),
        ("a\u{0}\u{200d}b\u{fffd}", &["ab"]),
        ("a\u{10fffe}b", &["[UNK]"]),
    ] {
        assert_eq!(
            bert.all_ids(text.as_bytes()),
            with_ends(expected),
            "{text:?}"
        );
    }
}

#[test]
fn words_of_more_characters_than_are_looked_up_are_unknown() {
    let mut bert = Bert::new(made());
    let letters = |count| vec!["z"; count].concat();
    let mut expected = vec!["zz"];
    expected.extend(["##zz"; 14]);
    assert_eq!(bert.all_ids(letters(30).as_bytes()), with_ends(&expected));
    assert_eq!(bert.all_ids(letters(31).as_bytes()), with_ends(&["[UNK]"]));
    // Accents that go don't count.
    let text = format!("{}\u{300}", letters(30));
    assert_eq!(bert.all_ids(text.as_bytes()), with_ends(&expected));
}

#[test]
fn bytes_that_are_no_characters_are_dropped() {
    let mut bert = Bert::new(made());
    for text in [
        &b"a\xFFb"[..],
        b"a\xC3b",
        b"ab\xE6\x97",
        b"\x80a\xED\xA0\x80b",
    ] {
        assert_eq!(bert.all_ids(text), with_ends(&["ab"]), "{text:?}");
    }
    // What the standard library makes of them is dropped as well.
    for number in 0..300 {
        let text = texts::text(number, &specials());
        let bytes: Vec<u8> = text
            .bytes()
            .enumerate()
            .filter(|(at, _)| at % 7 != 3)
            .map(|(_, byte)| byte)
            .collect();
        let lossy = String::from_utf8_lossy(&bytes).into_owned();
        assert_eq!(
            bert.all_ids(&bytes),
            bert.all_ids(lossy.as_bytes()),
            "{bytes:?}"
        );
    }
}

#[test]
fn a_text_is_cut_before_its_last_token() {
    let mut bert = Bert::new(made());
    let text = b"the hello world and";
    assert_eq!(bert.ids(text, 4), with_ends(&["the", "hello"]));
    assert_eq!(bert.ids(text, 2), with_ends(&[]));
}

#[test]
fn random_texts_have_hugging_faces_ids() {
    for (form, digest) in FORMS.into_iter().zip(WORD_PIECE) {
        let mut bert = Bert::new(made_as(form));
        let found = Digest::of(|number| bert.all_ids(texts::text(number, &specials()).as_bytes()));
        assert_eq!(found, committed(digest), "{form:?}");
    }
}

#[test]
fn case_and_accents_stay_where_the_file_says_so() {
    let text = "LET naïve e\u{300} Mut";
    for (form, expected) in FORMS.into_iter().zip([
        "let naive e mut",
        "let n ##a ##ï ##v ##e e ##\u{300} mut",
        "L ##E ##T naive e M ##u ##t",
        "L ##E ##T n ##a ##ï ##v ##e e ##\u{300} M ##u ##t",
    ]) {
        let parts: Vec<&str> = expected.split(' ').collect();
        let found = Bert::new(made_as(form)).all_ids(text.as_bytes());
        assert_eq!(found, with_ends(&parts), "{form:?}");
    }
}
