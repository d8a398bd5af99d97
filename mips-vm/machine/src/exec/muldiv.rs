//! Products and quotients. Where two values come back, they are (`hi`, `lo`) as one number.

/// `hi` over `lo`.
#[inline(always)]
fn pair(hi: u32, lo: u32) -> u64 {
    u64::from(hi) << 32 | u64::from(lo)
}

#[inline(always)]
pub(super) fn mult(a: u32, b: u32) -> u64 {
    (i64::from(a.cast_signed()) * i64::from(b.cast_signed())).cast_unsigned()
}

#[inline(always)]
pub(super) fn multu(a: u32, b: u32) -> u64 {
    u64::from(a) * u64::from(b)
}

/// Truncated division; -2^31 by -1 wraps, by zero gives (dividend, all ones).
#[inline(always)]
pub(super) fn div(a: u32, b: u32) -> u64 {
    let (signed, by) = (a.cast_signed(), b.cast_signed());
    match by {
        0 => pair(a, u32::MAX),
        _ => pair(
            signed.wrapping_rem(by).cast_unsigned(),
            signed.wrapping_div(by).cast_unsigned(),
        ),
    }
}

/// By zero gives (dividend, all ones).
#[inline(always)]
pub(super) fn divu(a: u32, b: u32) -> u64 {
    match b {
        0 => pair(a, u32::MAX),
        _ => pair(a % b, a / b),
    }
}

#[inline(always)]
pub(super) fn mul(a: u32, b: u32) -> u32 {
    a.wrapping_mul(b)
}

#[inline(always)]
pub(super) fn madd(sum: u64, a: u32, b: u32) -> u64 {
    sum.wrapping_add(mult(a, b))
}

#[inline(always)]
pub(super) fn maddu(sum: u64, a: u32, b: u32) -> u64 {
    sum.wrapping_add(multu(a, b))
}

#[inline(always)]
pub(super) fn msub(sum: u64, a: u32, b: u32) -> u64 {
    sum.wrapping_sub(mult(a, b))
}

#[inline(always)]
pub(super) fn msubu(sum: u64, a: u32, b: u32) -> u64 {
    sum.wrapping_sub(multu(a, b))
}
