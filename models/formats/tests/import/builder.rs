//! Writes GGUF files with whatever is asked for: an independent writer, so that a reader's mistake isn't the writer's too.

use gavel_formats::{ImageInfo, ImportError, Limits, ModelFile, import};
use gavel_primitives::keccak;
use gavel_program::Program;

/// A metadata value.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    U32(u32),
    F32(f32),
    Bool(bool),
    Text(&'static str),
    Texts(Vec<&'static str>),
    F32s(Vec<f32>),
    I32s(Vec<i32>),
}

/// A file to be: metadata and tensors in order.
#[derive(Clone, Debug)]
pub(crate) struct Builder {
    pub(crate) metadata: Vec<(String, Value)>,
    /// Name, dimensions (contiguous first), type code, bytes.
    pub(crate) tensors: Vec<(String, Vec<u64>, u32, Vec<u8>)>,
}

fn text(out: &mut Vec<u8>, text: &str) {
    out.extend((text.len() as u64).to_le_bytes());
    out.extend(text.as_bytes());
}

fn value(out: &mut Vec<u8>, value: &Value) {
    let mut put = |code: u32, bytes: &[u8]| {
        out.extend(code.to_le_bytes());
        out.extend(bytes);
    };
    let array =
        |code: u32, len: usize| [&code.to_le_bytes()[..], &(len as u64).to_le_bytes()].concat();
    match value {
        Value::U32(value) => put(4, &value.to_le_bytes()),
        Value::F32(value) => put(6, &value.to_le_bytes()),
        Value::Bool(value) => put(7, &[u8::from(*value)]),
        Value::Text(value) => {
            put(8, &[]);
            text(out, value);
        }
        Value::Texts(values) => {
            put(9, &array(8, values.len()));
            values.iter().for_each(|value| text(out, value));
        }
        Value::F32s(values) => {
            put(9, &array(6, values.len()));
            values
                .iter()
                .for_each(|value| out.extend(value.to_le_bytes()));
        }
        Value::I32s(values) => {
            put(9, &array(5, values.len()));
            values
                .iter()
                .for_each(|value| out.extend(value.to_le_bytes()));
        }
    }
}

impl Builder {
    /// A Llama of one layer with five tokens: everything that a file must have and nothing else.
    pub(crate) fn llama() -> Self {
        let metadata = [
            ("general.architecture", Value::Text("llama")),
            ("llama.context_length", Value::U32(16)),
            ("llama.embedding_length", Value::U32(32)),
            ("llama.block_count", Value::U32(1)),
            ("llama.feed_forward_length", Value::U32(64)),
            ("llama.attention.head_count", Value::U32(4)),
            ("llama.attention.head_count_kv", Value::U32(2)),
            ("llama.attention.layer_norm_rms_epsilon", Value::F32(1e-5)),
            ("tokenizer.ggml.model", Value::Text("llama")),
            (
                "tokenizer.ggml.tokens",
                Value::Texts(vec!["<unk>", "<s>", "</s>", "<0x0A>", "\u{2581}a"]),
            ),
            (
                "tokenizer.ggml.scores",
                Value::F32s(vec![0.0, 0.0, 0.0, 0.0, -1.0]),
            ),
            (
                "tokenizer.ggml.token_type",
                Value::I32s(vec![2, 3, 3, 6, 1]),
            ),
        ];
        let norm = |name: &str| (name.to_owned(), vec![32], 0, vec![0; 32 * 4]);
        // Q8_0: 34 bytes for 32 elements.
        let matrix = |name: &str, rows: u64, cols: u64| {
            let bytes = vec![1; (rows * cols / 32 * 34) as usize];
            (name.to_owned(), vec![cols, rows], 8, bytes)
        };
        Builder {
            metadata: metadata
                .map(|(key, value)| (key.to_owned(), value))
                .to_vec(),
            tensors: vec![
                matrix("token_embd.weight", 5, 32),
                norm("output_norm.weight"),
                norm("blk.0.attn_norm.weight"),
                norm("blk.0.ffn_norm.weight"),
                matrix("blk.0.attn_q.weight", 32, 32),
                matrix("blk.0.attn_k.weight", 16, 32),
                matrix("blk.0.attn_v.weight", 16, 32),
                matrix("blk.0.attn_output.weight", 32, 32),
                matrix("blk.0.ffn_gate.weight", 64, 32),
                matrix("blk.0.ffn_up.weight", 64, 32),
                matrix("blk.0.ffn_down.weight", 32, 64),
            ],
        }
    }

    /// The same as another family's: its keys have that family's name.
    pub(crate) fn of_family(name: &'static str) -> Self {
        let mut file = Builder::llama().with("general.architecture", Value::Text(name));
        for (key, _) in &mut file.metadata {
            if let Some(rest) = key.strip_prefix("llama.") {
                *key = format!("{name}.{rest}");
            }
        }
        file
    }

    /// With one more tensor, a vector of F32.
    pub(crate) fn with_vector(mut self, name: &str, numbers: &[f32]) -> Self {
        let bytes = numbers.iter().flat_map(|x| x.to_le_bytes()).collect();
        let dims = vec![numbers.len() as u64];
        self.tensors.push((name.into(), dims, 0, bytes));
        self
    }

    /// With another value of a key, or one more.
    pub(crate) fn with(mut self, key: &str, value: Value) -> Self {
        self.metadata.retain(|(known, _)| known != key);
        self.metadata.push((key.into(), value));
        self
    }

    /// Without a key.
    pub(crate) fn without(mut self, key: &str) -> Self {
        self.metadata.retain(|(known, _)| known != key);
        self
    }

    /// The file.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut out = b"GGUF".to_vec();
        out.extend(3u32.to_le_bytes());
        out.extend((self.tensors.len() as u64).to_le_bytes());
        out.extend((self.metadata.len() as u64).to_le_bytes());
        for (key, entry) in &self.metadata {
            text(&mut out, key);
            value(&mut out, entry);
        }
        let mut offset = 0u64;
        for (name, dims, kind, bytes) in &self.tensors {
            text(&mut out, name);
            out.extend((dims.len() as u32).to_le_bytes());
            dims.iter().for_each(|dim| out.extend(dim.to_le_bytes()));
            out.extend(kind.to_le_bytes());
            out.extend(offset.to_le_bytes());
            offset += (bytes.len() as u64).next_multiple_of(32);
        }
        for (_, _, _, bytes) in &self.tensors {
            out.resize(out.len().next_multiple_of(32), 0);
            out.extend(bytes);
        }
        out
    }

    /// What the import makes of it.
    pub(crate) fn import(&self) -> Result<Program, ImportError> {
        import_bytes(&self.bytes())
    }
}

/// Any image.
pub(crate) fn image() -> ImageInfo {
    ImageInfo {
        root: keccak(b"an image"),
        entry: 0,
        depth: 11,
    }
}

/// What the import makes of a file's bytes.
pub(crate) fn import_bytes(bytes: &[u8]) -> Result<Program, ImportError> {
    import(&ModelFile::from_bytes(bytes), &Limits::default(), image())
}
