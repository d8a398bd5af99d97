//! Matrix times vectors, for each level of instructions.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
pub mod float;
mod portable;
pub mod rows;
#[cfg(target_arch = "wasm32")]
mod simd128;

use crate::level::Kind;
use crate::pack::{GROUP, Group, Order};
use crate::{Activations, Level, Packed};
use core::ops::Range;
use gavel_kernels::num::stored;

/// Rows of a group for one vector.
pub type Outputs = [f32; GROUP];

/// `W x` for the rows of `groups` and all vectors of `x`: `out[g, v]` are the rows of the g-th of these groups times vector v.
/// Rows past the matrix hold no meaning.
///
/// # Panics
/// If `out` is not `groups` times vectors long, or the vectors are not as long as the matrix is wide.
pub fn linear(
    level: Level,
    matrix: &Packed<'_>,
    groups: Range<usize>,
    x: &Activations<'_>,
    out: &mut [Outputs],
) {
    let vectors = x.vectors();
    assert_eq!(
        x.blocks(),
        matrix.layout().blocks(),
        "blocks of a vector and of a row"
    );
    assert_eq!(out.len(), groups.len() * vectors, "outputs");
    if vectors == 0 {
        return;
    }
    for (group, out) in groups.zip(out.chunks_exact_mut(vectors)) {
        of_group(level, matrix, matrix.group(group), x, out);
        for output in out.as_flattened_mut() {
            *output = f32::from_bits(stored(*output));
        }
    }
}

#[allow(unsafe_code)]
fn of_group(
    level: Level,
    matrix: &Packed<'_>,
    group: Group<'_>,
    x: &Activations<'_>,
    out: &mut [Outputs],
) {
    let kind = matrix.layout().kind;
    if matrix.layout().order != Order::HERE {
        return portable::group(kind, group, x, out);
    }
    match level.0 {
        // SAFETY: a level is made only where the processor has its instructions.
        #[cfg(target_arch = "x86_64")]
        Kind::Avx512 => unsafe { avx512::group(kind, group, x, out) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Kind::Avx2 => unsafe { avx2::group(kind, group, x, out) },
        #[cfg(target_arch = "wasm32")]
        Kind::Portable => simd128::group(kind, group, x, out),
        #[cfg(not(target_arch = "wasm32"))]
        Kind::Portable => portable::group(kind, group, x, out),
    }
}

/// Copies the outputs `[groups, vectors]` of the groups from `first` on into rows `[vectors, rows]`.
///
/// # Panics
/// If `out` holds fewer rows.
pub fn scatter(outputs: &[Outputs], vectors: usize, first: usize, rows: usize, out: &mut [f32]) {
    scatter_from(0, outputs, vectors, first, rows, &mut out[..vectors * rows]);
}

/// The same for the vectors from `vector` on alone, as many as `out` has rows of.
///
/// # Panics
/// If there are fewer vectors.
pub fn scatter_from(
    vector: usize,
    outputs: &[Outputs],
    vectors: usize,
    first: usize,
    rows: usize,
    out: &mut [f32],
) {
    for (some, out) in out.chunks_mut(TOGETHER * rows).enumerate() {
        let vector = vector + TOGETHER * some;
        for (group, outputs) in outputs.chunks_exact(vectors).enumerate() {
            let at = (first + group) * GROUP;
            let outputs = &outputs[vector..][..out.len() / rows];
            for (out, outputs) in out.chunks_exact_mut(rows).zip(outputs) {
                let out = &mut out[at..];
                match out.first_chunk_mut() {
                    Some(whole) => *whole = *outputs,
                    None => out.copy_from_slice(&outputs[..out.len()]),
                }
            }
        }
    }
}

/// Vectors whose outputs are copied together: their rows are written, and a group's outputs read, along the memory.
const TOGETHER: usize = 8;
