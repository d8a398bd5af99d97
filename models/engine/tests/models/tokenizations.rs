//! Tokenizations through the operators, against llama.cpp's.

use gavel_formats::{ModelFile, Vocab, vocabulary};
use gavel_kernels::run_range;
use gavel_primitives::Params;
use gavel_program::boot::SCRATCH_WORDS;
use gavel_program::op::{FLAG_BOS, Tokenizer};
use gavel_program::{Control, Node, Op, Operand};
use std::fs;

/// What stands between the fixture's texts.
const SEPARATOR: &str = "\n__ggml_vocab_test__\n";
/// Elements of the tokens slot: above any of the fixture's.
const CAPACITY: usize = 1024;
/// Bytes of the prompt slot.
const PROMPT_BYTES: usize = 1024;

/// Little-endian words of bytes, zero-padded to `bytes`.
fn words(text: &[u8], bytes: usize) -> Vec<u32> {
    let mut padded = text.to_vec();
    padded.resize(bytes.next_multiple_of(4), 0);
    padded
        .as_chunks::<4>()
        .0
        .iter()
        .map(|word| u32::from_le_bytes(*word))
        .collect()
}

/// A text's tokens by the vocabulary's own settings, but without BOS.
fn tokenize(vocab: &Vocab, text: &[u8]) -> Vec<u32> {
    let parameters = Tokenizer {
        vocab: vocab.len() as u32,
        sorted_len: vocab.sorted.len() as u32,
        prompt_capacity: PROMPT_BYTES as u32,
        tokens_capacity: CAPACITY as u32,
        bos: vocab.bos,
        eos: vocab.ends[0],
        unk: vocab.unk,
        flags: vocab.flags & !FLAG_BOS,
        max_text: vocab.longest_text(),
    };
    let ids = |values: &[i32]| values.iter().map(|id| *id as u32).collect::<Vec<_>>();
    let tables = [
        words(text, PROMPT_BYTES),
        words(&vocab.texts.bytes, vocab.texts.bytes.len()),
        ids(&vocab.texts.offsets),
        vocab.scores.iter().map(|score| score.to_bits()).collect(),
        ids(&vocab.sorted),
        ids(&vocab.byte_tokens),
    ];
    let inputs: Vec<&[u32]> = tables.iter().map(Vec::as_slice).collect();
    let control = Control::first(text.len() as u32, &Params::greedy(0));
    let operands = [Operand::Slot(0); 6];
    let mut scratch = vec![0; SCRATCH_WORDS];
    let mut run = |op: Op, len: usize| {
        let mut out = vec![0; len];
        let node = Node::new(op, 1, &operands, 0);
        run_range(&node, &control, &inputs, 0..len, &mut out, &mut scratch);
        out
    };
    let count = run(Op::TokenizeCount(parameters), 64)[0] as usize;
    run(Op::TokenizeIds(parameters), CAPACITY)[..count].to_vec()
}

/// Ids as the fixture writes them.
fn parse(line: &str) -> Vec<u32> {
    let id = |id: &str| id.parse().expect("the fixture holds numbers");
    line.split_whitespace().map(id).collect()
}

#[test]
fn llama_spm_tokenizes_as_llama_cpp() {
    let fixture =
        |suffix| gavel_fixtures::model(&format!("vocab/ggml-vocab-llama-spm.gguf{suffix}"));
    let (Some(model), Some(texts), Some(expected)) =
        (fixture(""), fixture(".inp"), fixture(".out"))
    else {
        return;
    };
    let file = ModelFile::open(&model).expect("the file was found");
    let vocab = vocabulary(&file).expect("the vocabulary is supported");
    let texts = fs::read_to_string(texts).expect("the file was found");
    let expected = fs::read_to_string(expected).expect("the file was found");
    let texts: Vec<&str> = texts
        .strip_suffix(SEPARATOR)
        .expect("a separator ends the file")
        .split(SEPARATOR)
        .collect();
    let expected: Vec<&str> = expected.lines().collect();
    assert_eq!(texts.len(), expected.len());
    assert_eq!(texts.len(), 46);
    for (text, line) in texts.iter().zip(expected) {
        assert_eq!(tokenize(&vocab, text.as_bytes()), parse(line), "{text:?}");
    }
}

#[test]
fn every_byte_of_a_vocabulary_with_byte_tokens_comes_back() {
    let Some(model) = gavel_fixtures::model("vocab/ggml-vocab-llama-spm.gguf") else {
        return;
    };
    let file = ModelFile::open(&model).expect("the file was found");
    let vocab = vocabulary(&file).expect("the vocabulary is supported");
    let text: Vec<u8> = (0..=255).filter(|byte| *byte != b' ').collect();
    let printed: Vec<u8> = tokenize(&vocab, &text)
        .iter()
        .flat_map(|id| vocab.printed.get(*id as usize).to_vec())
        .collect();
    assert_eq!(printed[0], b' ', "the prefix");
    assert_eq!(printed[1..], text);
}
