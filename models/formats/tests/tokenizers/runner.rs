//! A file's tokenizer, run by the operators.

use gavel_formats::{Capacities, ModelFile, Table, Vocab, vocabulary};
use gavel_kernels::{in_domain, run_range};
use gavel_primitives::Params;
use gavel_program::boot::SCRATCH_WORDS;
use gavel_program::{Control, Node, Op, Operand};

/// Bytes of the prompt slot and elements of the tokens slot: above any of the tests'.
pub(crate) const CAPACITIES: Capacities = Capacities {
    prompt: 2048,
    tokens: 2560,
};

/// The two operators of a tokenizer, with their tables.
pub(crate) struct Operators {
    inputs: Vec<Vec<u32>>,
    scratch: Vec<u32>,
}

/// A vocabulary with its tables.
pub(crate) struct Runner {
    pub(crate) vocab: Vocab,
    operators: Operators,
}

impl Operators {
    /// Operators that read these tables after the prompt.
    pub(crate) fn new(tables: Vec<Table>) -> Self {
        let prompt = vec![0; CAPACITIES.prompt as usize / 4];
        let tables = tables.into_iter().map(|table| table.words);
        Operators {
            inputs: std::iter::once(prompt).chain(tables).collect(),
            scratch: vec![0; SCRATCH_WORDS],
        }
    }

    /// What the operators for ids and for their number make of a text.
    ///
    /// # Panics
    /// If the text is longer than the prompt slot, or the two operators disagree.
    pub(crate) fn ids(&mut self, [ids, count]: [Op; 2], text: &[u8]) -> Vec<u32> {
        let mut padded = text.to_vec();
        padded.resize(CAPACITIES.prompt as usize, 0);
        let words = padded.as_chunks::<4>().0.iter();
        self.inputs[0] = words.map(|word| u32::from_le_bytes(*word)).collect();
        let inputs: Vec<&[u32]> = self.inputs.iter().map(Vec::as_slice).collect();
        let operands: Vec<Operand> = (0..inputs.len() as u32).map(Operand::Slot).collect();
        let control = Control::first(text.len() as u32, &Params::greedy(0));
        let mut run = |op: Op, len: usize| {
            let mut out = vec![u32::MAX; len];
            let node = Node::new(op, 1, &operands, 0);
            assert!(in_domain(&node), "{op:?}");
            run_range(
                &node,
                &control,
                &inputs,
                0..len,
                &mut out,
                &mut self.scratch,
            );
            out
        };
        let count = run(count, 64)[0] as usize;
        let ids = run(ids, CAPACITIES.tokens as usize);
        assert!(ids[count..].iter().all(|id| *id == 0));
        ids[..count].to_vec()
    }
}

impl Runner {
    /// The tokenizer of a shared file; none, said aloud, where the file is missing.
    pub(crate) fn of(name: &str) -> Option<Self> {
        let path = gavel_fixtures::model(&format!("vocab/ggml-vocab-{name}.gguf"))?;
        let file = ModelFile::open(&path).expect("the file was found");
        let vocab = vocabulary(&file).expect("the vocabulary is supported");
        Some(Runner {
            operators: Operators::new(vocab.tables()),
            vocab,
        })
    }

    /// A text's tokens by the vocabulary's own settings.
    pub(crate) fn ids(&mut self, text: &[u8]) -> Vec<u32> {
        self.operators.ids(self.vocab.tokenizers(CAPACITIES), text)
    }

    /// A text's tokens without those that the settings add at its ends.
    pub(crate) fn plain_ids(&mut self, text: &[u8]) -> Vec<u32> {
        use gavel_program::op::{FLAG_BOS, FLAG_EOS};
        let flags = self.vocab.flags;
        self.vocab.flags = flags & !(FLAG_BOS | FLAG_EOS);
        let ids = self.ids(text);
        self.vocab.flags = flags;
        ids
    }

    /// Texts of the tokens that a prompt may name.
    pub(crate) fn special_texts(&self) -> Vec<String> {
        let texts = &self.vocab.specials.texts;
        let text = |index| String::from_utf8_lossy(texts.get(index)).into_owned();
        (0..texts.len()).map(text).collect()
    }
}
