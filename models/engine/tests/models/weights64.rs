//! The numbers that a file's blocks stand for, as float64, straight from the file.

use gavel_formats::gguf::TensorType;

/// The values that IQ4_NL's nibbles name.
const NAMED: [f64; 16] = [
    -127.0, -104.0, -83.0, -65.0, -49.0, -35.0, -22.0, -10.0, 1.0, 13.0, 25.0, 38.0, 53.0, 69.0,
    89.0, 113.0,
];

/// All numbers of a tensor's bytes.
pub(crate) fn numbers(kind: TensorType, bytes: &[u8]) -> Vec<f64> {
    bytes
        .chunks_exact(kind.block_bytes() as usize)
        .flat_map(|block| numbers_of(kind, block))
        .collect()
}

/// The numbers of a block.
fn numbers_of(kind: TensorType, b: &[u8]) -> Vec<f64> {
    let d = |at: usize| f16(u16::from_le_bytes([b[at], b[at + 1]]));
    match kind {
        TensorType::F32 => vec![f32::from_le_bytes([b[0], b[1], b[2], b[3]]).into()],
        TensorType::F16 => vec![d(0)],
        TensorType::BF16 => vec![f32::from_le_bytes([0, 0, b[0], b[1]]).into()],
        TensorType::Q8_0 => b[2..].iter().map(|q| f64::from(*q as i8) * d(0)).collect(),
        TensorType::Q4_0 => nibbles(&b[2..], |q| (q - 8.0) * d(0)),
        TensorType::Q4_1 => nibbles(&b[4..], |q| q * d(0) + d(2)),
        TensorType::IQ4NL => nibbles(&b[2..], |q| NAMED[q as usize] * d(0)),
        TensorType::Q5_0 => fives(&b[2..], |q| (q - 16.0) * d(0)),
        TensorType::Q5_1 => fives(&b[4..], |q| q * d(0) + d(2)),
        TensorType::Q4K => (0..256)
            .map(|i| {
                let byte = b[16 + i / 64 * 32 + i % 32];
                nested(b, i, f64::from(byte >> (i / 32 % 2 * 4) & 15))
            })
            .collect(),
        TensorType::Q5K => (0..256)
            .map(|i| {
                let byte = b[48 + i / 64 * 32 + i % 32];
                let high = b[16 + i % 32] >> (i / 32) & 1;
                nested(b, i, f64::from(byte >> (i / 32 % 2 * 4) & 15 | high << 4))
            })
            .collect(),
        TensorType::Q6K => (0..256)
            .map(|i| {
                let byte = b[i / 128 * 64 + i % 64];
                let low = byte >> (i / 64 % 2 * 4) & 15;
                let high = b[128 + i / 128 * 32 + i % 32] >> (i / 32 % 4 * 2) & 3;
                let scale = f64::from(b[192 + i / 16] as i8);
                (f64::from(low | high << 4) - 32.0) * scale * d(208)
            })
            .collect(),
    }
}

/// 32 numbers of 16 bytes: the low halves first.
fn nibbles(bytes: &[u8], number: impl Fn(f64) -> f64) -> Vec<f64> {
    let low = bytes.iter().map(|byte| byte & 15);
    let high = bytes.iter().map(|byte| byte >> 4);
    low.chain(high).map(|q| number(q.into())).collect()
}

/// The same with 32 fifth bits before them.
fn fives(bytes: &[u8], number: impl Fn(f64) -> f64) -> Vec<f64> {
    let (bits, bytes) = bytes.split_at(4);
    let bit = |i: usize| f64::from(bits[i / 8] >> (i % 8) & 1);
    let numbers = nibbles(bytes, |q| q).into_iter().enumerate();
    numbers.map(|(i, q)| number(q + 16.0 * bit(i))).collect()
}

/// Element `i` of a super-block with scales and minima of six bits in bytes 4 to 15.
fn nested(b: &[u8], i: usize, q: f64) -> f64 {
    let d = |at: usize| f16(u16::from_le_bytes([b[at], b[at + 1]]));
    let (s, j) = (&b[4..16], i / 32);
    let (scale, min) = if j < 4 {
        (s[j] & 63, s[j + 4] & 63)
    } else {
        (
            s[j + 4] & 15 | s[j - 4] >> 6 << 4,
            s[j + 4] >> 4 | s[j] >> 6 << 4,
        )
    };
    q * f64::from(scale) * d(0) - f64::from(min) * d(2)
}

/// The value of a binary16.
pub(crate) fn f16(bits: u16) -> f64 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 1023));
    match exponent {
        0 => sign * fraction * 2f64.powi(-24),
        _ => sign * (1.0 + fraction / 1024.0) * 2f64.powi(exponent - 15),
    }
}
