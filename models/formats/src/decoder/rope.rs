//! The table of rotary positions: a weight like any other, so that no target computes a sine.

use super::hyper::Hyper;
use crate::ImportError;
use crate::assemble::{Assembly, window_bytes};
use crate::matrices::Matrices;
use gavel_program::{DType, Operand};
use libm::{cos, pow, sin};
use std::sync::Arc;

/// Tensors by whose elements, one a pair, a file's frequencies are divided: always, and up to the original context or beyond it.
const FACTORS: &str = "rope_freqs.weight";
const SHORT: &str = "rope_factors_short.weight";
const LONG: &str = "rope_factors_long.weight";

/// The tables of a model.
pub(super) struct Tables {
    /// That of layers that see everything.
    pub(super) global: Operand,
    /// That of layers that see a window.
    pub(super) local: Operand,
}

/// What a table's entries follow from.
struct Turns<'a> {
    base: f64,
    divisor: f64,
    factors: &'a [f32],
    magnitude: f64,
}

impl Tables {
    /// Adds the tables of a model to the weights.
    pub(super) fn new(
        assembly: &mut Assembly,
        matrices: &mut Matrices,
        hyper: &Hyper,
        context: u32,
    ) -> Result<Self, ImportError> {
        window_bytes("rope.table", DType::F32, &[context, hyper.rotary])?;
        let ones = vec![1.0; hyper.rotary as usize / 2];
        let factors = factors(matrices, hyper, context)?;
        let turns = Turns {
            base: hyper.rope.base,
            divisor: hyper.rope.divisor,
            factors: factors.as_ref().unwrap_or(&ones),
            magnitude: hyper.rope.magnitude,
        };
        let global = entries(context, &turns);
        let global = assembly.weight("rope.table".into(), DType::F32, Arc::new(global));
        let Some(base) = hyper.rope.local_base else {
            let local = global;
            return Ok(Tables { global, local });
        };
        let turns = Turns {
            base,
            divisor: 1.0,
            factors: &ones,
            magnitude: 1.0,
        };
        let local = entries(context, &turns);
        let local = assembly.weight("rope.local".into(), DType::F32, Arc::new(local));
        Ok(Tables { global, local })
    }
}

/// The file's factors for a context, if it has any.
fn factors(
    matrices: &mut Matrices,
    hyper: &Hyper,
    context: u32,
) -> Result<Option<Vec<f32>>, ImportError> {
    let pairs = hyper.rotary / 2;
    let chosen = match hyper.rope.original_context {
        Some(original) if matrices.has(SHORT) || matrices.has(LONG) => {
            let (used, other) = if context > original {
                (LONG, SHORT)
            } else {
                (SHORT, LONG)
            };
            take(matrices, other, pairs)?;
            used
        }
        _ if matrices.has(FACTORS) => FACTORS,
        _ => return Ok(None),
    };
    take(matrices, chosen, pairs).map(Some)
}

/// Factors that are all finite and above 0.
fn take(matrices: &mut Matrices, name: &str, pairs: u32) -> Result<Vec<f32>, ImportError> {
    let factors = matrices.take_numbers(name, pairs)?;
    let fits = |factor: &f32| factor.is_finite() && *factor > 0.0;
    match factors.iter().find(|factor| !fits(factor)) {
        None => Ok(factors),
        Some(got) => Err(ImportError::Value {
            key: name.into(),
            got: got.to_string(),
            expected: "finite numbers above 0".into(),
        }),
    }
}

/// Cosine and sine for each position and pair, `[context, rotary]`: entry (pos, 2i) is cos(a) * magnitude, (pos, 2i + 1) is
/// sin(a) * magnitude with a = pos * (base^(-2i / rotary) / divisor / factor i), in binary64 by one software implementation, each
/// rounded once to binary32. The words are the bits.
fn entries(context: u32, turns: &Turns) -> Vec<u32> {
    let rotary = 2 * turns.factors.len() as u32;
    let frequency = |(pair, factor): (u32, &f32)| {
        let plain = pow(turns.base, -f64::from(2 * pair) / f64::from(rotary));
        plain / turns.divisor / f64::from(*factor)
    };
    let frequencies: Vec<f64> = (0..).zip(turns.factors).map(frequency).collect();
    (0..context)
        .flat_map(|position| frequencies.iter().map(move |f| f64::from(position) * f))
        .flat_map(|angle| [cos(angle), sin(angle)])
        .map(|entry| ((entry * turns.magnitude) as f32).to_bits())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Turns, entries};

    /// A table of base 10,000.
    fn table(context: u32, factors: &[f32], divisor: f64, magnitude: f64) -> Vec<u32> {
        let base = 10_000.0;
        let turns = Turns {
            base,
            divisor,
            factors,
            magnitude,
        };
        entries(context, &turns)
    }

    #[test]
    fn pairs_turn_at_their_own_speed() {
        let table = table(3, &[1.0; 2], 1.0, 1.0);
        let entry = |place: usize| f32::from_bits(table[place]);
        assert_eq!([entry(0), entry(1)], [1.0, 0.0], "position 0 turns nothing");
        // cos 2, sin 2, cos 0.02, sin 0.02, to ten digits (Abramowitz and Stegun, tables 4.6 and 4.8 and their series).
        let expected = [-0.416_146_84, 0.909_297_4, 0.999_8, 0.019_998_667];
        for (place, expected) in expected.into_iter().enumerate() {
            let got: f32 = entry(8 + place);
            assert!((got - expected).abs() < 1e-7, "{got} is not {expected}");
        }
    }

    #[test]
    fn factors_slow_pairs_down() {
        let slowed = table(5, &[2.0, 4.0], 1.0, 1.0);
        let plain = table(2, &[1.0; 2], 1.0, 1.0);
        // Position 2 of a pair at half speed is position 1, so is position 4 at a quarter.
        assert_eq!(slowed[8..10], plain[4..6]);
        assert_eq!(slowed[18..20], plain[6..8]);
    }

    #[test]
    fn a_divisor_slows_all_pairs_and_a_magnitude_stretches_them() {
        let plain = table(2, &[1.0; 2], 1.0, 1.0);
        let slowed = table(5, &[1.0; 2], 4.0, 1.0);
        assert_eq!(slowed[16..20], plain[4..8]);
        let stretched = table(1, &[1.0; 2], 1.0, 1.5);
        assert_eq!(stretched, [1.5f32, 0.0, 1.5, 0.0].map(f32::to_bits));
    }
}
