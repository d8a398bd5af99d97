//! The ids that Hugging Face's crate gives for random texts: `tests/huggingface` compares all of them, here their digests do.

use crate::digests::{Digest, KINDS, committed};
use crate::runner::Runner;
use crate::texts;

#[test]
fn random_texts_have_hugging_faces_ids() {
    for (name, digest) in KINDS {
        let Some(mut runner) = Runner::of(name) else {
            return;
        };
        let specials = runner.special_texts();
        let found =
            Digest::of(|number| runner.plain_ids(texts::text(number, &specials).as_bytes()));
        assert_eq!(found, committed(digest), "{name}");
    }
}
