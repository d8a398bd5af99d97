//! The building blocks against independent arithmetic: f64, the standard library, exhaustive enumeration.

use gavel_kernels::num::{
    CANONICAL_NAN, argmax, dot, exp, f16_to_f32, f32_to_f16, gelu, key, largest, sqrt, stored, sum,
};
use proptest::prelude::*;

/// The value of binary16 bits, in f64 arithmetic.
fn half_value(bits: u16) -> f64 {
    let sign = if bits >> 15 == 0 { 1.0 } else { -1.0 };
    let exponent = i32::from(bits >> 10 & 31);
    let fraction = f64::from(bits & 1023);
    sign * match exponent {
        0 => fraction * 2f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1.0 + fraction / 1024.0) * 2f64.powi(exponent - 15),
    }
}

/// The nearest binary16 of a finite positive number, by searching its neighbours in f64.
fn nearest_half(x: f64) -> u16 {
    // Infinity stands for 65536, the next number that a wider exponent would have.
    let value = |bits: u16| {
        if bits == 0x7c00 {
            65536.0
        } else {
            half_value(bits)
        }
    };
    let above = (0..=0x7c00u16)
        .collect::<Vec<_>>()
        .partition_point(|bits| value(*bits) < x) as u16;
    if above > 0x7c00 {
        return 0x7c00;
    }
    if above == 0 {
        return 0;
    }
    let below = above - 1;
    let (down, up) = (x - value(below), value(above) - x);
    let to_below = down < up || (down == up && below.is_multiple_of(2));
    if to_below { below } else { above }
}

fn ulps(computed: f32, exact: f64) -> f64 {
    let nearest = exact as f32;
    let step = if nearest.abs() < f32::MIN_POSITIVE {
        2f64.powi(-149)
    } else {
        f64::from(f32::from_bits(nearest.to_bits() + 1)) - f64::from(nearest)
    };
    (f64::from(computed) - exact).abs() / step.abs()
}

#[test]
fn every_half_converts_exactly() {
    for bits in 0..=u16::MAX {
        let converted = f16_to_f32(bits);
        let exact = half_value(bits);
        if exact.is_nan() {
            assert_eq!(converted.to_bits(), CANONICAL_NAN, "{bits:#x}");
        } else {
            assert_eq!(f64::from(converted).to_bits(), exact.to_bits(), "{bits:#x}");
            assert_eq!(f32_to_f16(converted), bits);
        }
    }
}

#[test]
fn halves_round_to_nearest_even_at_every_boundary() {
    for bits in 0..0x7bffu16 {
        let (low, high) = (half_value(bits), half_value(bits + 1));
        let middle = (low + high) / 2.0;
        let even = if bits % 2 == 0 { bits } else { bits + 1 };
        let tie = middle as f32;
        assert_eq!(f64::from(tie), middle);
        assert_eq!(f32_to_f16(tie), even);
        assert_eq!(f32_to_f16(f32::from_bits(tie.to_bits() - 1)), bits);
        assert_eq!(f32_to_f16(f32::from_bits(tie.to_bits() + 1)), bits + 1);
    }
    assert_eq!(f32_to_f16(65519.996), 0x7bff);
    assert_eq!(f32_to_f16(65520.0), 0x7c00);
    assert_eq!(f32_to_f16(f32::NEG_INFINITY), 0xfc00);
    assert_eq!(f32_to_f16(f32::from_bits(0xffc0_1234)), 0x7e00);
}

#[test]
fn exp_is_within_two_ulps_everywhere() {
    let mut worst = 0.0f64;
    for bits in (0..=0x42b1_7217u32).step_by(97) {
        for x in [f32::from_bits(bits), f32::from_bits(bits | 1 << 31)] {
            worst = worst.max(ulps(exp(x), f64::from(x).exp()));
        }
    }
    assert!(worst < 1.0, "{worst}");
}

#[test]
fn exp_is_total() {
    assert_eq!(exp(0.0), 1.0);
    assert_eq!(exp(-0.0), 1.0);
    assert_eq!(exp(f32::INFINITY), f32::INFINITY);
    assert_eq!(exp(f32::from_bits(0x42b1_7218)), f32::INFINITY);
    assert!(exp(f32::from_bits(0x42b1_7217)).is_finite());
    assert_eq!(exp(f32::NEG_INFINITY).to_bits(), 0);
    assert_eq!(exp(-104.1).to_bits(), 0);
    assert!(exp(f32::from_bits(0xffc0_0001)).is_nan());
    for bits in (0xc2ae_0000u32..0xc2d0_0000).step_by(11) {
        let x = f32::from_bits(bits);
        assert!(ulps(exp(x), f64::from(x).exp()) <= 1.0, "{x}");
    }
}

#[test]
fn square_roots_are_ieee() {
    let edges = [
        0,
        1,
        2,
        0x007f_ffff,
        0x0080_0000,
        0x3f80_0000,
        0x7f7f_ffff,
        0x7f80_0000,
    ];
    for bits in (0..=0x7f80_0000u32).step_by(509).chain(edges) {
        let x = f32::from_bits(bits);
        assert_eq!(sqrt(x).to_bits(), x.sqrt().to_bits(), "{bits:#x}");
    }
    assert_eq!(sqrt(-0.0).to_bits(), 0x8000_0000);
    for bits in [
        0x8000_0001,
        0xbf80_0000,
        0xff80_0000,
        0xffc0_0000,
        0x7f80_0001,
    ] {
        assert_eq!(sqrt(f32::from_bits(bits)).to_bits(), CANONICAL_NAN);
    }
}

#[test]
fn every_nan_is_stored_as_one() {
    for bits in [0x7f80_0001, 0x7fff_ffff, 0xff80_0001, 0xffc0_0000] {
        assert_eq!(stored(f32::from_bits(bits)), CANONICAL_NAN);
    }
    for bits in [0, 1, 0x8000_0000, 0x7f80_0000, 0xff80_0000, 0x007f_ffff] {
        assert_eq!(stored(f32::from_bits(bits)), bits);
    }
}

/// Lane sums written out: sixteen separate running sums, then four rounds.
fn written_out(terms: &[f32]) -> f32 {
    let lane = |l: usize| {
        terms
            .iter()
            .skip(l)
            .step_by(16)
            .fold(0.0f32, |sum, term| sum + term)
    };
    let s: Vec<f32> = (0..16).map(lane).collect();
    let pair = |a: f32, b: f32| a + b;
    let eight: Vec<f32> = (0..8).map(|l| pair(s[l], s[l + 8])).collect();
    let four: Vec<f32> = (0..4).map(|l| pair(eight[l], eight[l + 4])).collect();
    pair(pair(four[0], four[2]), pair(four[1], four[3]))
}

proptest! {
    #[test]
    fn halves_round_like_a_search(x in prop_oneof![0f32..1e-3, 0f32..70000.0]) {
        prop_assert_eq!(f32_to_f16(x), nearest_half(f64::from(x)));
        prop_assert_eq!(f32_to_f16(-x), nearest_half(f64::from(x)) | 0x8000);
    }

    #[test]
    fn sums_follow_the_lanes(terms in prop::collection::vec(any::<f32>(), 0..80), factors in prop::collection::vec(any::<f32>(), 80)) {
        prop_assert_eq!(stored(sum(terms.iter().copied())), stored(written_out(&terms)));
        let products: Vec<f32> = terms.iter().zip(&factors).map(|(a, b)| a * b).collect();
        prop_assert_eq!(stored(dot(&terms, &factors[..terms.len()])), stored(written_out(&products)));
    }

    #[test]
    fn keys_order_as_numbers(a in any::<u32>(), b in any::<u32>()) {
        let (a, b) = (f32::from_bits(a), f32::from_bits(b));
        match a.partial_cmp(&b) {
            Some(order) => prop_assert_eq!(key(a).cmp(&key(b)), order),
            None => prop_assert_eq!(a.is_nan(), key(a) == i32::MIN),
        }
    }

    #[test]
    fn argmax_is_the_first_of_the_largest(values in prop::collection::vec(prop_oneof![Just(f32::NAN), Just(0.0), Just(-0.0), Just(f32::NEG_INFINITY), -2f32..2.0], 1..40)) {
        let numbers: Vec<f32> = values.iter().copied().filter(|x| !x.is_nan()).collect();
        let most = numbers.iter().copied().reduce(|a, b| if b > a { b } else { a });
        let first = most.and_then(|most| values.iter().position(|x| *x == most)).unwrap_or(0);
        prop_assert_eq!(argmax(&values), first);
        match most {
            Some(most) => prop_assert_eq!(largest(&values), most),
            None => prop_assert!(largest(&values).is_nan()),
        }
    }
}

/// Phi(-a) in float64: a continued fraction in the tail, a series of positive terms near 0.
fn normal_tail(a: f64) -> f64 {
    let density = (-a * a / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
    if a > 2.0 {
        let fraction = (1..400).rev().fold(a, |below, n| a + f64::from(n) / below);
        return density / fraction;
    }
    let (mut term, mut total, mut n) = (a, 0.0, 1.0);
    while term > 1e-18 {
        total += term;
        n += 2.0;
        term *= a * a / n;
    }
    0.5 - density * total
}

#[test]
fn gelu_is_close_to_float64() {
    let (mut worst, mut at) = (0f64, 0f32);
    // Every 97th number of both signs, from the least normal one on to where the negative results stop being normal.
    for bits in (0x0080_0000..0x414c_0000).step_by(97) {
        let a = f32::from_bits(bits);
        let tail = normal_tail(a.into());
        for (x, exact) in [(a, f64::from(a) * (1.0 - tail)), (-a, -f64::from(a) * tail)] {
            if exact.abs() >= f32::MIN_POSITIVE.into() {
                let off = ulps(gelu(x), exact);
                assert!(x < -5.0 || off < 5.5, "{off} ulp at {x}");
                if off > worst {
                    (worst, at) = (off, x);
                }
            }
        }
    }
    assert!(worst < 8.0, "{worst} ulp at {at}");
    // Beyond, results are as small as they should be.
    for bits in (0x414c_0000..0x7f80_0000).step_by(9973) {
        let x = f32::from_bits(bits);
        assert_eq!(gelu(x), x);
        assert!(gelu(-x) <= 0.0 && gelu(-x) > -1e-35);
    }
}

#[test]
fn gelu_is_total() {
    assert_eq!(gelu(f32::INFINITY), f32::INFINITY);
    for negative in [f32::NEG_INFINITY, f32::MIN, -14.5] {
        assert_eq!(gelu(negative).to_bits(), (-0f32).to_bits());
    }
    assert!(gelu(f32::NAN).is_nan());
    assert_eq!(gelu(0.0).to_bits(), 0);
    assert_eq!(gelu(-0.0).to_bits(), (-0f32).to_bits());
}
