//! Limits on everything that is read from a file, each with its source. A count above its limit is an error before anything is allocated for it.

/// Metadata entries. Published Llama files have fewer than 60; chat templates and licences may add some.
pub const MAX_ENTRIES: u64 = 4096;
/// Tensors. A Llama of 405 billion parameters has 1,138; the graph of a program holds far fewer nodes than this.
pub const MAX_TENSORS: u64 = 16_384;
/// Bytes of a key: the format's own limit (GGUF specification: at most 2^16 - 1).
pub const MAX_KEY_BYTES: u64 = 65_535;
/// Bytes of a tensor's name: `GGML_MAX_NAME` of the reference implementation.
pub const MAX_NAME_BYTES: u64 = 64;
/// Bytes of a string value. Chat templates reach tens of kilobytes.
pub const MAX_STRING_BYTES: u64 = 1 << 20;
/// Elements of an array: nearly four times the vocabulary of Gemma 3 (262,208 tokens); merges of byte-level vocabularies are as many.
pub const MAX_ARRAY_LEN: u64 = 1 << 20;
/// Dimensions of a tensor: `GGML_MAX_DIMS` of the reference implementation.
pub const MAX_DIMS: u32 = 4;
/// Largest `general.alignment`: a page of the largest common size.
pub const MAX_ALIGNMENT: u32 = 1 << 16;
/// Bytes of a tensor's data: four times the output matrix of a Llama of 405 billion parameters in BF16 (128,256 rows of 16,384).
pub const MAX_TENSOR_BYTES: u64 = 1 << 34;
