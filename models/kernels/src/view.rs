//! Typed views of a tensor's words. Tensors are little-endian bytes; a view is the same memory under another type.

#[cfg(not(target_endian = "little"))]
compile_error!("tensors are little-endian memory: a big-endian target would read them wrong");

/// The words as binary32 numbers.
pub fn f32s(words: &[u32]) -> &[f32] {
    bytemuck::cast_slice(words)
}

/// The words as binary32 numbers, to write.
pub fn f32s_mut(words: &mut [u32]) -> &mut [f32] {
    bytemuck::cast_slice_mut(words)
}

/// The words as 16-bit units, low half first.
pub fn u16s(words: &[u32]) -> &[u16] {
    bytemuck::cast_slice(words)
}

/// The words as bytes, lowest first.
pub fn u8s(words: &[u32]) -> &[u8] {
    bytemuck::cast_slice(words)
}

/// The words as bytes, to write.
pub fn u8s_mut(words: &mut [u32]) -> &mut [u8] {
    bytemuck::cast_slice_mut(words)
}

/// The words as signed bytes, lowest first.
pub fn i8s(words: &[u32]) -> &[i8] {
    bytemuck::cast_slice(words)
}

/// The words as signed bytes, to write.
pub fn i8s_mut(words: &mut [u32]) -> &mut [i8] {
    bytemuck::cast_slice_mut(words)
}

/// The words as signed integers.
pub fn i32s(words: &[u32]) -> &[i32] {
    bytemuck::cast_slice(words)
}

/// The words as signed integers, to write.
pub fn i32s_mut(words: &mut [u32]) -> &mut [i32] {
    bytemuck::cast_slice_mut(words)
}
