//! Broken files: each an error, never a panic, a hang or a large allocation.

use crate::builder::{Builder, Value, import_bytes};
use gavel_formats::{GgufError, ImportError};
use proptest::prelude::*;

/// The container's error of a file.
fn gguf_error(bytes: &[u8]) -> GgufError {
    match import_bytes(bytes) {
        Err(ImportError::Gguf(error)) => error,
        Err(other) => panic!("another error: {other}"),
        Ok(_) => panic!("it was imported"),
    }
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let bytes = Builder::llama().bytes();
    for len in 0..bytes.len() {
        assert!(
            import_bytes(&bytes[..len]).is_err(),
            "cut to {len} of {} bytes",
            bytes.len()
        );
    }
}

#[test]
fn a_cut_head_says_where() {
    let bytes = Builder::llama().bytes();
    assert_eq!(
        gguf_error(&bytes[..20]),
        GgufError::Truncated {
            what: "the number of metadata entries",
            at: 16,
            needed: 8,
            len: 20
        }
    );
    let all = bytes.len();
    assert!(matches!(
        gguf_error(&bytes[..all - 1]),
        GgufError::Outside { tensor, end, len, .. } if tensor == "blk.0.ffn_down.weight" && end == all as u64 && len == all - 1
    ));
}

#[test]
fn other_magic_and_versions_are_refused() {
    let good = Builder::llama().bytes();
    let mut bytes = good.clone();
    bytes[..4].copy_from_slice(b"ggml");
    assert_eq!(
        gguf_error(&bytes),
        GgufError::Magic {
            got: *b"ggml",
            expected: *b"GGUF"
        }
    );
    for version in [0u32, 1, 4, 3u32.swap_bytes()] {
        let mut bytes = good.clone();
        bytes[4..8].copy_from_slice(&version.to_le_bytes());
        assert_eq!(gguf_error(&bytes), GgufError::Version { got: version });
    }
}

#[test]
fn counts_above_their_limits_are_refused_before_anything_is_read() {
    for (at, what, limit) in [
        (8, "the number of tensors", 16_384),
        (16, "the number of metadata entries", 4096),
        (24, "a metadata key", 65_535),
    ] {
        for got in [limit + 1, u64::MAX] {
            let mut bytes = Builder::llama().bytes();
            bytes[at..at + 8].copy_from_slice(&got.to_le_bytes());
            assert_eq!(
                gguf_error(&bytes),
                GgufError::Limit {
                    what,
                    at,
                    got,
                    limit
                }
            );
        }
    }
}

#[test]
fn what_occurs_twice_is_refused() {
    let mut file = Builder::llama();
    file.tensors.push(file.tensors[0].clone());
    assert_eq!(
        gguf_error(&file.bytes()),
        GgufError::Duplicate {
            what: "tensor",
            name: "token_embd.weight".into()
        }
    );
    let mut file = Builder::llama();
    file.metadata.push(file.metadata[1].clone());
    assert_eq!(
        gguf_error(&file.bytes()),
        GgufError::Duplicate {
            what: "metadata key",
            name: "llama.context_length".into()
        }
    );
}

#[test]
fn dimensions_that_cannot_be_are_refused() {
    for dims in [vec![], vec![0, 5], vec![31, 5]] {
        let mut file = Builder::llama();
        file.tensors[0].1 = dims.clone();
        assert!(
            matches!(gguf_error(&file.bytes()), GgufError::Dims { dims: got, .. } if got == dims),
            "{dims:?}"
        );
    }
    let mut file = Builder::llama();
    file.tensors[0].1 = vec![1 << 40, 1 << 40];
    assert!(matches!(
        gguf_error(&file.bytes()),
        GgufError::TensorBytes { got: u64::MAX, .. }
    ));
    let mut file = Builder::llama();
    file.tensors[0].1 = vec![32; 5];
    assert!(matches!(
        gguf_error(&file.bytes()),
        GgufError::Limit {
            got: 5,
            limit: 4,
            ..
        }
    ));
}

#[test]
fn alignments_that_cannot_be_are_refused() {
    for alignment in [0, 4, 24, 1 << 17] {
        let file = Builder::llama().with("general.alignment", Value::U32(alignment));
        assert!(
            matches!(gguf_error(&file.bytes()), GgufError::Alignment { .. }),
            "{alignment}"
        );
    }
    let file = Builder::llama().with("general.alignment", Value::Bool(true));
    assert!(matches!(
        gguf_error(&file.bytes()),
        GgufError::Alignment { .. }
    ));
}

#[test]
fn a_truth_value_is_0_or_1() {
    let bytes = Builder::llama()
        .with("tokenizer.ggml.add_bos_token", Value::Bool(true))
        .bytes();
    let key = b"tokenizer.ggml.add_bos_token";
    let at = bytes
        .windows(key.len())
        .position(|part| part == key)
        .expect("the key is there")
        + key.len()
        + 4;
    let mut bytes = bytes;
    bytes[at] = 2;
    assert_eq!(gguf_error(&bytes), GgufError::Bool { at, got: 2 });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Flipped bits in the head give an error or a program; nothing else happens.
    #[test]
    fn flipped_bits_are_survived(flips in proptest::collection::vec((0usize..2200, 0u8..8), 1..6)) {
        let mut bytes = Builder::llama().bytes();
        for (at, bit) in flips {
            let len = bytes.len();
            bytes[at % len] ^= 1 << bit;
        }
        let _ = import_bytes(&bytes).map(|program| program.id);
    }

    /// So do bytes written over the head.
    #[test]
    fn overwritten_bytes_are_survived(at in 0usize..2200, new in proptest::collection::vec(any::<u8>(), 1..16)) {
        let mut bytes = Builder::llama().bytes();
        let end = (at + new.len()).min(bytes.len());
        bytes[at..end].copy_from_slice(&new[..end - at]);
        let _ = import_bytes(&bytes).map(|program| program.id);
    }

    #[test]
    fn noise_is_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(import_bytes(&bytes).is_err());
        let headed = [b"GGUF\x03\0\0\0", &bytes[..]].concat();
        prop_assert!(import_bytes(&headed).is_err());
    }
}

#[test]
fn real_files_cut_at_sampled_places_are_refused() {
    let Some(path) = gavel_fixtures::model("llama/stories260K-Q8_0.gguf") else {
        return;
    };
    let bytes = std::fs::read(path).expect("the file was found");
    for len in (0..bytes.len()).step_by(4801) {
        assert!(import_bytes(&bytes[..len]).is_err(), "cut to {len}");
    }
}
