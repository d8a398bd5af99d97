//! Whether this thread computes floats as the operators are defined: a library that was loaded may have changed its control register.

use std::hint::black_box;

/// Round to nearest, ties to even; subnormal numbers are read and written. Found by computing, so it holds for every processor.
pub(crate) fn is_default() -> bool {
    rounds_to_nearest() && keeps_subnormals()
}

fn rounds_to_nearest() -> bool {
    let half_ulp = black_box(f32::EPSILON / 2.0);
    let (one, next) = (black_box(1.0f32), black_box(1.0 + f32::EPSILON));
    // Ties go to the even neighbour, on both sides of zero: up, down and toward zero each fail one of these.
    one + half_ulp == 1.0
        && next + half_ulp == 1.0 + 2.0 * f32::EPSILON
        && -one - half_ulp == -1.0
        && -next - half_ulp == -1.0 - 2.0 * f32::EPSILON
}

fn keeps_subnormals() -> bool {
    let smallest = black_box(f32::from_bits(1));
    let written = black_box(f32::MIN_POSITIVE) / black_box(2.0);
    smallest * black_box(2.0) == f32::from_bits(2) && written == f32::from_bits(1 << 22)
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_fresh_thread_has_the_default() {
        assert!(super::is_default());
    }
}
