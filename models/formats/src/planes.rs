//! Tensors of a file as planes: each plane an array of one element type, row-major.
//!
//! | type in the file | planes |
//! |---|---|
//! | F32 | F32, the file's bytes |
//! | F16 | F16, the file's bytes |
//! | Q8_0: blocks of an F16 scale and 32 signed bytes | I8 quants, F16 scales |
//! | Q4_0: blocks of an F16 scale and 16 bytes of nibbles | U4 quants, F16 scales |

use crate::file::{ModelFile, words_at, words_of};
use crate::gguf::{Tensor, TensorType};
use gavel_program::{DType, WeightFormat, Words};
use std::sync::Arc;

/// Bytes of a block's scale.
const SCALE_BYTES: usize = 2;

/// One plane of a tensor.
#[derive(Clone)]
pub(crate) struct Plane {
    /// Appended to the tensor's name.
    pub(crate) suffix: &'static str,
    /// Element type.
    pub(crate) dtype: DType,
    /// The elements.
    pub(crate) words: Words,
}

/// The storage format of a matrix of this type.
pub(crate) fn format(kind: TensorType) -> WeightFormat {
    match kind {
        TensorType::F32 => WeightFormat::F32,
        TensorType::F16 => WeightFormat::F16,
        TensorType::Q8_0 => WeightFormat::Q8,
        TensorType::Q4_0 => WeightFormat::Q4,
    }
}

/// The planes of a tensor, in the order of [`WeightFormat::planes`].
pub(crate) fn planes(file: &Arc<ModelFile>, tensor: &Tensor) -> Vec<Plane> {
    let whole = |dtype| {
        vec![Plane {
            suffix: "",
            dtype,
            words: words_at(file, tensor.range()),
        }]
    };
    match tensor.kind {
        TensorType::F32 => whole(DType::F32),
        TensorType::F16 => whole(DType::F16),
        TensorType::Q8_0 => split(file, tensor, DType::I8),
        TensorType::Q4_0 => split(file, tensor, DType::U4),
    }
}

/// Takes blocks apart into quants and scales; both keep their bytes.
fn split(file: &Arc<ModelFile>, tensor: &Tensor, quants: DType) -> Vec<Plane> {
    let (mut quant_bytes, mut scale_bytes) = (Vec::new(), Vec::new());
    for block in file.bytes()[tensor.range()].chunks_exact(tensor.kind.block_bytes() as usize) {
        let (scale, values) = block.split_at(SCALE_BYTES);
        scale_bytes.extend_from_slice(scale);
        quant_bytes.extend_from_slice(values);
    }
    let plane = |suffix, dtype, bytes: &[u8]| Plane {
        suffix,
        dtype,
        words: Arc::new(words_of(bytes)),
    };
    vec![
        plane(".quants", quants, &quant_bytes),
        plane(".scales", DType::F16, &scale_bytes),
    ]
}
