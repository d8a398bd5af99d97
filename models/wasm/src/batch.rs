//! What the host calls for a batch of vectors: the fast paths of `gavel-simd`, on tensors that lie in the module's memory.
#![allow(unsafe_code)] // the host's addresses become slices; the sandbox bounds whatever they are

use core::slice;
use gavel_program::WeightFormat;
use gavel_simd::attention::{self, Shape};
use gavel_simd::linear::rows::{BF16, F16, round, rows as by_rows};
use gavel_simd::linear::{Outputs, float};
use gavel_simd::{Activations, GROUP, Layout, Level, Packed, linear, rows};

/// The one level of this target.
const LEVEL: Level = Level::PORTABLE;

/// A slice of the host's making.
///
/// # Safety
/// `len` elements lie at the address, aligned, and nothing writes them while the slice is used.
unsafe fn read<'a, T>(address: *const T, len: usize) -> &'a [T] {
    // SAFETY: the caller's promise.
    unsafe { slice::from_raw_parts(address, len) }
}

/// The same, to be written: nothing else reads or writes them.
///
/// # Safety
/// As [`read`].
unsafe fn write<'a, T>(address: *mut T, len: usize) -> &'a mut [T] {
    // SAFETY: the caller's promise.
    unsafe { slice::from_raw_parts_mut(address, len) }
}

/// Quantizes `x` \[vectors, cols\] into `memory`, [`Activations::words`] long.
///
/// # Safety
/// The tensors lie where they are said to, and don't overlap.
#[unsafe(no_mangle)]
unsafe extern "C" fn quantize(x: *const f32, vectors: usize, cols: usize, memory: *mut u32) {
    // SAFETY: the host's promise.
    let (x, memory) = unsafe {
        (
            read(x, vectors * cols),
            write(memory, Activations::words(vectors, cols)),
        )
    };
    Activations::quantize(LEVEL, x, cols, memory);
}

/// Rows of a packed matrix of `rows` rows (all of them), whose vectors `memory` holds as [`quantize`] left them: `out` gets
/// \[groups, vectors, 16\] products. A format without a packed form changes nothing.
///
/// # Safety
/// The tensors lie where they are said to, and don't overlap.
#[unsafe(no_mangle)]
unsafe extern "C" fn packed(
    format: u32,
    rows: usize,
    cols: usize,
    matrix: *const u8,
    memory: *const u32,
    vectors: usize,
    out: *mut Outputs,
) {
    let format = WeightFormat::from_code(format);
    let layout = format.and_then(|format| Layout::new(format, rows, cols));
    let Some(layout) = layout.map(Layout::short) else {
        return;
    };
    // SAFETY: the host's promise.
    let (matrix, memory, out) = unsafe {
        (
            read(matrix, layout.bytes()),
            read(memory, Activations::words(vectors, cols)),
            write(out, layout.groups() * vectors),
        )
    };
    let x = Activations::quantized(vectors, cols, memory);
    linear(
        LEVEL,
        &Packed::new(layout, matrix),
        0..layout.groups(),
        &x,
        out,
    );
}

/// Puts vectors `x` into `out` as matrices of 16-bit floating-point weights meet them: rounded. Another format changes nothing.
///
/// # Safety
/// The tensors lie where they are said to, and don't overlap.
#[unsafe(no_mangle)]
unsafe extern "C" fn round_vectors(format: u32, x: *const f32, len: usize, out: *mut f32) {
    // SAFETY: the host's promise.
    let (x, out) = unsafe { (read(x, len), write(out, len)) };
    match WeightFormat::from_code(format) {
        Some(WeightFormat::F16) => round::<F16>(LEVEL, x, out),
        Some(WeightFormat::BF16) => round::<BF16>(LEVEL, x, out),
        _ => {}
    }
}

/// Rows of a matrix \[rows, cols\] of 16-bit floating-point weights, as in the file, times vectors `x` \[vectors, cols\] as
/// [`round_vectors`] left them: `out` gets \[groups, vectors, 16\] products. Another format changes nothing.
///
/// # Safety
/// The tensors lie where they are said to, and don't overlap.
#[unsafe(no_mangle)]
unsafe extern "C" fn rows(
    format: u32,
    rows: usize,
    cols: usize,
    matrix: *const u16,
    x: *const f32,
    vectors: usize,
    out: *mut Outputs,
) {
    // SAFETY: the host's promise.
    let (matrix, x, out) = unsafe {
        (
            read(matrix, rows * cols),
            read(x, vectors * cols),
            write(out, rows.div_ceil(GROUP) * vectors),
        )
    };
    match WeightFormat::from_code(format) {
        Some(WeightFormat::F16) => by_rows::<F16>(LEVEL, matrix, cols, x, out),
        Some(WeightFormat::BF16) => by_rows::<BF16>(LEVEL, matrix, cols, x, out),
        _ => {}
    }
}

/// Groups of sixteen rows of binary32 weights times vectors `x` \[vectors, cols\].
///
/// # Safety
/// The tensors lie where they are said to, and don't overlap.
#[unsafe(no_mangle)]
unsafe extern "C" fn grouped(
    groups: usize,
    cols: usize,
    matrix: *const f32,
    x: *const f32,
    vectors: usize,
    out: *mut Outputs,
) {
    // SAFETY: the host's promise.
    let (matrix, x, out) = unsafe {
        (
            read(matrix, groups * cols * GROUP),
            read(x, vectors * cols),
            write(out, groups * vectors),
        )
    };
    float::f32_groups(LEVEL, matrix, cols, x, out);
}

/// Attention of the heads of one query row, at `position`, that share a key head; `scratch` has `attention::scratch_words` of the positions
/// that are seen.
///
/// # Safety
/// The tensors lie where they are said to, and don't overlap.
#[unsafe(no_mangle)]
#[allow(clippy::too_many_arguments)] // a flat call: nothing to marshal
unsafe extern "C" fn attend(
    group: usize,
    head_dim: usize,
    positions: usize,
    scale: u32,
    window: usize,
    q: *const f32,
    keys: *const f32,
    values: *const f32,
    position: usize,
    scratch: *mut f32,
    out: *mut f32,
) {
    let shape = Shape {
        group,
        head_dim,
        positions,
        scale,
        window,
    };
    let seen = position + 1 - shape.first_seen(position);
    let cache = head_dim * positions;
    // SAFETY: the host's promise.
    unsafe {
        attention::attention(
            LEVEL,
            &shape,
            read(q, group * head_dim),
            read(keys, cache),
            read(values, cache),
            position,
            write(scratch, attention::scratch_words(seen)),
            write(out, group * head_dim),
        );
    }
}

/// Puts a row of keys or values into a cache.
///
/// # Safety
/// The tensors lie where they are said to, and don't overlap.
#[unsafe(no_mangle)]
unsafe extern "C" fn store(
    row: *const f32,
    len: usize,
    positions: usize,
    position: usize,
    cache: *mut f32,
) {
    // SAFETY: the host's promise.
    unsafe {
        attention::store(
            LEVEL,
            read(row, len),
            positions,
            position,
            write(cache, len * positions),
        );
    }
}

/// RMSNorm of `count` rows.
///
/// # Safety
/// The tensors lie where they are said to, and don't overlap.
#[unsafe(no_mangle)]
unsafe extern "C" fn rms_norm(
    x: *const f32,
    count: usize,
    weight: *const f32,
    dim: usize,
    eps: u32,
    out: *mut f32,
) {
    // SAFETY: the host's promise.
    unsafe {
        rows::rms_norm(
            LEVEL,
            read(x, count * dim),
            read(weight, dim),
            eps,
            write(out, count * dim),
        );
    }
}

/// `out = out + b`, `b` beginning again where it ends.
///
/// # Safety
/// The tensors lie where they are said to, and don't overlap.
#[unsafe(no_mangle)]
unsafe extern "C" fn add(b: *const f32, len: usize, out: *mut f32, out_len: usize) {
    // SAFETY: the host's promise.
    unsafe { rows::add(LEVEL, read(b, len), write(out, out_len)) };
}

/// `out = silu(gate) * up`.
///
/// # Safety
/// The tensors lie where they are said to, and don't overlap.
#[unsafe(no_mangle)]
unsafe extern "C" fn swiglu(gate: *const f32, up: *const f32, len: usize, out: *mut f32) {
    // SAFETY: the host's promise.
    unsafe { rows::swiglu(LEVEL, read(gate, len), read(up, len), write(out, len)) };
}

/// The outputs \[used, dim\] of the `chosen` of so many experts, summed by their probabilities' parts.
///
/// # Safety
/// The tensors lie where they are said to, and don't overlap.
#[unsafe(no_mangle)]
unsafe extern "C" fn expert_sum(
    x: *const f32,
    chosen: *const u32,
    used: usize,
    probs: *const f32,
    experts: usize,
    out: *mut f32,
    dim: usize,
) {
    // SAFETY: the host's promise.
    unsafe {
        rows::expert_sum(
            LEVEL,
            read(x, used * dim),
            read(chosen, used),
            read(probs, experts),
            write(out, dim),
        );
    }
}

/// Rotates the heads of one row.
///
/// # Safety
/// The tensors lie where they are said to, and don't overlap.
#[unsafe(no_mangle)]
#[allow(clippy::too_many_arguments)] // a flat call: nothing to marshal
unsafe extern "C" fn rope(
    x: *const f32,
    len: usize,
    head_dim: usize,
    neighbours: u32,
    table: *const f32,
    rotary: usize,
    out: *mut f32,
) {
    // SAFETY: the host's promise.
    unsafe {
        rows::rope(
            LEVEL,
            read(x, len),
            head_dim,
            neighbours != 0,
            read(table, rotary),
            write(out, len),
        );
    }
}
