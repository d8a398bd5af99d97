//! Random numbers as a function of seed and position: no state, so any step can be computed again alone.

/// 2^64 divided by the golden ratio, odd.
const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

/// A number in [0, 1), a multiple of 2^-24: output `position` of the splitmix64 generator whose state is `mix(seed + gamma)`.
pub fn uniform(seed: u64, position: u32) -> f32 {
    let state = mix(seed.wrapping_add(GAMMA));
    let counter = u64::from(position) + 1;
    let bits = mix(state.wrapping_add(counter.wrapping_mul(GAMMA)));
    (bits >> 40) as u32 as f32 * f32::from_bits(0x3380_0000)
}

/// The finaliser of splitmix64: every bit of the result depends on every bit of `z`.
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
