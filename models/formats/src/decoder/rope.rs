//! The table of rotary positions: a weight like any other, so that no target computes a sine.

use super::hyper::Hyper;
use crate::ImportError;
use crate::assemble::{Assembly, window_bytes};
use crate::matrices::Matrices;
use gavel_program::{DType, Operand};
use libm::{cos, pow, sin};
use std::sync::Arc;

/// The tensor by whose elements, one a pair, a file's frequencies are divided.
const FACTORS: &str = "rope_freqs.weight";

/// Adds the table of a model to the weights.
pub(super) fn table(
    assembly: &mut Assembly,
    matrices: &mut Matrices,
    hyper: &Hyper,
    context: u32,
) -> Result<Operand, ImportError> {
    let pairs = hyper.rotary / 2;
    let factors = match matrices.has(FACTORS) {
        true => matrices.take_numbers(FACTORS, pairs)?,
        false => vec![1.0; pairs as usize],
    };
    if let Some(got) = factors
        .iter()
        .find(|factor| !(factor.is_finite() && **factor > 0.0))
    {
        return Err(ImportError::Value {
            key: FACTORS.into(),
            got: got.to_string(),
            expected: "finite numbers above 0".into(),
        });
    }
    window_bytes("rope.table", DType::F32, &[context, hyper.rotary])?;
    let words = entries(context, hyper.rope_base, &factors);
    Ok(assembly.weight("rope.table".into(), DType::F32, Arc::new(words)))
}

/// Cosine and sine for each position and pair, `[context, rotary]`: entry (pos, 2i) is cos(a), (pos, 2i + 1) is sin(a) with
/// a = pos * (base^(-2i / rotary) / factor i), in binary64 by one software implementation, each rounded once to binary32. The words
/// are the bits.
fn entries(context: u32, base: f64, factors: &[f32]) -> Vec<u32> {
    let rotary = 2 * factors.len() as u32;
    let frequency = |(pair, factor): (u32, &f32)| {
        pow(base, -f64::from(2 * pair) / f64::from(rotary)) / f64::from(*factor)
    };
    let frequencies: Vec<f64> = (0..).zip(factors).map(frequency).collect();
    (0..context)
        .flat_map(|position| frequencies.iter().map(move |f| f64::from(position) * f))
        .flat_map(|angle| [cos(angle) as f32, sin(angle) as f32])
        .map(f32::to_bits)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::entries;

    #[test]
    fn pairs_turn_at_their_own_speed() {
        let table = entries(3, 10_000.0, &[1.0; 2]);
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
        let slowed = entries(5, 10_000.0, &[2.0, 4.0]);
        let plain = entries(2, 10_000.0, &[1.0; 2]);
        // Position 2 of a pair at half speed is position 1, so is position 4 at a quarter.
        assert_eq!(slowed[8..10], plain[4..6]);
        assert_eq!(slowed[18..20], plain[6..8]);
    }
}
