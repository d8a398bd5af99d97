//! The table of rotary positions: a weight like any other, so that no target computes a sine.

use libm::{cos, pow, sin};

/// Cosine and sine for each position and pair, `[context, rotary]`: entry (pos, 2i) is cos(a), (pos, 2i + 1) is sin(a) with
/// a = pos * base^(-2i / rotary), in binary64 by one software implementation, each rounded once to binary32. The words are the bits.
pub(crate) fn table(context: u32, rotary: u32, base: f64) -> Vec<u32> {
    let frequency = |pair: u32| pow(base, -f64::from(2 * pair) / f64::from(rotary));
    let frequencies: Vec<f64> = (0..rotary / 2).map(frequency).collect();
    (0..context)
        .flat_map(|position| frequencies.iter().map(move |f| f64::from(position) * f))
        .flat_map(|angle| [cos(angle) as f32, sin(angle) as f32])
        .map(f32::to_bits)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::table;

    #[test]
    fn pairs_turn_at_their_own_speed() {
        let table = table(3, 4, 10_000.0);
        let entry = |place: usize| f32::from_bits(table[place]);
        assert_eq!([entry(0), entry(1)], [1.0, 0.0], "position 0 turns nothing");
        // cos 2, sin 2, cos 0.02, sin 0.02, to ten digits (Abramowitz and Stegun, tables 4.6 and 4.8 and their series).
        let expected = [-0.416_146_84, 0.909_297_4, 0.999_8, 0.019_998_667];
        for (place, expected) in expected.into_iter().enumerate() {
            let got: f32 = entry(8 + place);
            assert!((got - expected).abs() < 1e-7, "{got} is not {expected}");
        }
    }
}
