//! Log-probabilities of tokens: said beside an answer, committed to nowhere.
//!
//! They are of the model's own distribution: of the logits before penalties, temperature and filters.

use gavel_kernels::num::{exp, key, largest, sum};

/// Log-probabilities at one place of an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Scores {
    /// The chosen token's.
    pub chosen: f32,
    /// The most probable tokens with theirs, by falling logit, of equal ones the lower id first.
    pub top: Vec<(u32, f32)>,
}

/// A token of an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Piece {
    /// Its id.
    pub token: u32,
    /// Its scores, if they were asked for.
    pub scores: Option<Scores>,
}

impl Scores {
    /// The scores of a token and of the `top` most probable ones, from the logits. A logit that is NaN counts as -inf; a token outside
    /// them has none.
    pub fn of(logits: &[f32], chosen: u32, top: usize) -> Self {
        let most = largest(logits);
        let relative = |logit: f32| match logit.is_nan() {
            true => f32::NEG_INFINITY,
            false => logit - most,
        };
        let total = sum(logits.iter().map(|logit| exp(relative(*logit))));
        let norm = ln(f64::from(total));
        let score = |logit: f32| (f64::from(relative(logit)) - norm) as f32;
        let given = logits.get(chosen as usize).copied();
        Scores {
            chosen: score(given.unwrap_or(f32::NAN)),
            top: highest(logits, top)
                .into_iter()
                .map(|token| (token, score(logits[token as usize])))
                .collect(),
        }
    }
}

/// The tokens of the highest logits, in order.
fn highest(logits: &[f32], count: usize) -> Vec<u32> {
    let mut tokens: Vec<u32> = (0..logits.len() as u32).collect();
    let rank = |token: &u32| (std::cmp::Reverse(key(logits[*token as usize])), *token);
    let count = count.min(tokens.len());
    if count == 0 {
        return Vec::new();
    }
    tokens.select_nth_unstable_by_key(count - 1, rank);
    tokens.truncate(count);
    tokens.sort_unstable_by_key(rank);
    tokens
}

/// The natural logarithm of a number that is normal and above zero, by sums and products alone, so that it is the same everywhere; less than
/// 1e-14 of it off. Others give the number itself.
fn ln(x: f64) -> f64 {
    const LN_2: f64 = std::f64::consts::LN_2;
    if !x.is_normal() || x < 0.0 {
        return x;
    }
    let bits = x.to_bits();
    let mut exponent = (bits >> 52) as i32 - 1023;
    // The mantissa between half the square root of 2 and the root, so that the series below is short.
    let mut mantissa = f64::from_bits(bits & 0x000f_ffff_ffff_ffff | 0x3ff0_0000_0000_0000);
    if mantissa > std::f64::consts::SQRT_2 {
        mantissa *= 0.5;
        exponent += 1;
    }
    // ln m = 2 artanh s, s = (m - 1) / (m + 1), of magnitude below 0.172.
    let s = (mantissa - 1.0) / (mantissa + 1.0);
    let square = s * s;
    let series = (0..12)
        .rev()
        .fold(0.0, |sum, k| sum * square + 1.0 / f64::from(2 * k + 1));
    f64::from(exponent) * LN_2 + 2.0 * s * series
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithms_are_near_the_library_s() {
        for k in 1..20_000 {
            let x = f64::from(k) * 0.37;
            assert!((ln(x) - x.ln()).abs() < 1e-14 * (1.0 + x.ln().abs()), "{x}");
        }
        assert_eq!(ln(1.0), 0.0);
    }

    /// Against a softmax in binary64.
    #[test]
    fn scores_are_log_softmax() {
        let logits: Vec<f32> = (0..500)
            .map(|k| ((k * 7919) % 613) as f32 / 37.0 - 9.0)
            .collect();
        let total: f64 = logits.iter().map(|logit| f64::from(*logit).exp()).sum();
        let exact = |token: u32| f64::from(logits[token as usize]) - total.ln();
        let scores = Scores::of(&logits, 123, 20);
        assert!((f64::from(scores.chosen) - exact(123)).abs() < 2e-6);
        assert_eq!(scores.top.len(), 20);
        for (token, score) in &scores.top {
            assert!((f64::from(*score) - exact(*token)).abs() < 2e-6, "{token}");
        }
        let mut ranked: Vec<u32> = (0..500).collect();
        ranked.sort_by(|a, b| {
            logits[*b as usize]
                .total_cmp(&logits[*a as usize])
                .then(a.cmp(b))
        });
        let told: Vec<u32> = scores.top.iter().map(|(token, _)| *token).collect();
        assert_eq!(told, ranked[..20]);
    }

    #[test]
    fn odd_logits_have_scores() {
        let odd = [f32::NAN, 1.0, f32::NEG_INFINITY, 1.0];
        let half = 0.5f32.ln();
        let scores = Scores::of(&odd, 0, 9);
        assert_eq!(scores.chosen, f32::NEG_INFINITY);
        let told: Vec<u32> = scores.top.iter().map(|(token, _)| *token).collect();
        assert_eq!(told, [1, 3, 2, 0]);
        assert!((scores.top[0].1 - half).abs() < 1e-6 && (scores.top[1].1 - half).abs() < 1e-6);
        assert_eq!(
            Scores::of(&odd, 77, 0),
            Scores {
                chosen: f32::NEG_INFINITY,
                top: vec![]
            }
        );
        assert!(Scores::of(&[f32::NAN; 3], 1, 1).chosen.is_infinite());
    }
}
