//! Tensors of a file as planes: each plane an array of one element type, row-major.
//!
//! | type in the file | planes |
//! |---|---|
//! | F32, F16, BF16 | the file's bytes |
//! | Q8_0 | I8 quants, F16 scales |
//! | Q4_0, IQ4_NL | U4 quants, F16 scales |
//! | Q4_1 | U4 quants, F16 scales, F16 mins |
//! | Q5_0, Q5_1 | the same with U1 highest bits after the quants |
//! | Q4_K | U4 quants, U8 small scales, U8 small mins, F16 scales, F16 mins |
//! | Q5_K | the same with U1 highest bits after the quants |
//! | Q6_K | U4 quants, U2 highest bits, I8 small scales, F16 scales |

mod k_quants;

use crate::file::{ModelFile, words_at};
use crate::gguf::{Tensor, TensorType};
use gavel_program::{DType, WeightFormat, Words};
use rayon::prelude::*;
use std::sync::Arc;

/// Blocks that one task takes apart: enough to be worth it, few enough to share the work evenly.
const BLOCKS_A_TASK: usize = 1 << 13;

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
        TensorType::BF16 => WeightFormat::BF16,
        TensorType::Q8_0 => WeightFormat::Q8,
        TensorType::Q4_0 => WeightFormat::Q4,
        TensorType::Q4_1 => WeightFormat::Q4_1,
        TensorType::Q5_0 => WeightFormat::Q5_0,
        TensorType::Q5_1 => WeightFormat::Q5_1,
        TensorType::Q4K => WeightFormat::Q4K,
        TensorType::Q5K => WeightFormat::Q5K,
        TensorType::Q6K => WeightFormat::Q6K,
        TensorType::IQ4NL => WeightFormat::IQ4NL,
    }
}

/// The planes of a tensor, in the order of [`WeightFormat::planes`].
pub(crate) fn planes(file: &Arc<ModelFile>, tensor: &Tensor) -> Vec<Plane> {
    let blocks = &file.bytes()[tensor.range()];
    let parts: Vec<(&'static str, Words)> = match tensor.kind {
        TensorType::F32 | TensorType::F16 | TensorType::BF16 => {
            vec![("", words_at(file, tensor.range()))]
        }
        TensorType::Q8_0 => vec![
            (".quants", field::<34, 2, 32>(blocks)),
            (".scales", field::<34, 0, 2>(blocks)),
        ],
        TensorType::Q4_0 | TensorType::IQ4NL => vec![
            (".quants", field::<18, 2, 16>(blocks)),
            (".scales", field::<18, 0, 2>(blocks)),
        ],
        TensorType::Q4_1 => vec![
            (".quants", field::<20, 4, 16>(blocks)),
            (".scales", field::<20, 0, 2>(blocks)),
            (".mins", field::<20, 2, 2>(blocks)),
        ],
        TensorType::Q5_0 => vec![
            (".quants", field::<22, 6, 16>(blocks)),
            (".highest", field::<22, 2, 4>(blocks)),
            (".scales", field::<22, 0, 2>(blocks)),
        ],
        TensorType::Q5_1 => vec![
            (".quants", field::<24, 8, 16>(blocks)),
            (".highest", field::<24, 4, 4>(blocks)),
            (".scales", field::<24, 0, 2>(blocks)),
            (".mins", field::<24, 2, 2>(blocks)),
        ],
        TensorType::Q4K => k_quants::q4(blocks),
        TensorType::Q5K => k_quants::q5(blocks),
        TensorType::Q6K => k_quants::q6(blocks),
    };
    let layouts = format(tensor.kind).planes();
    debug_assert_eq!(layouts.len(), parts.len());
    parts
        .into_iter()
        .zip(layouts)
        .map(|((suffix, words), layout)| Plane {
            suffix,
            dtype: layout.dtype,
            words,
        })
        .collect()
}

/// The `OUT` bytes from byte `AT` on of each block of `IN` bytes.
fn field<const IN: usize, const AT: usize, const OUT: usize>(blocks: &[u8]) -> Words {
    part(blocks, |block: &[u8; IN]| bytes_at::<IN, OUT>(block, AT))
}

/// Some bytes of a block.
///
/// # Panics
/// If the block ends before them.
fn bytes_at<const IN: usize, const OUT: usize>(block: &[u8; IN], at: usize) -> [u8; OUT] {
    *block[at..]
        .first_chunk()
        .expect("the fields of a block lie within it")
}

/// A plane with what `of` makes of each block, on all threads.
fn part<const IN: usize, const OUT: usize>(
    blocks: &[u8],
    of: impl Fn(&[u8; IN]) -> [u8; OUT] + Sync,
) -> Words {
    let blocks = blocks.as_chunks::<IN>().0;
    let len = blocks.len() * OUT;
    let mut words = vec![0u32; len.div_ceil(4)];
    let bytes = &mut bytemuck::cast_slice_mut(&mut words)[..len];
    let tasks = bytes.as_chunks_mut::<OUT>().0.par_chunks_mut(BLOCKS_A_TASK);
    tasks
        .zip(blocks.par_chunks(BLOCKS_A_TASK))
        .for_each(|(parts, blocks)| {
            for (part, block) in parts.iter_mut().zip(blocks) {
                *part = of(block);
            }
        });
    Arc::new(words)
}
