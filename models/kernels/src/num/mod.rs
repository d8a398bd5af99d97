//! Arithmetic that every target agrees on: `+ - * /` of binary32 are IEEE's, everything else is built here from them and
//! from integer operations. `docs/spec/numerics.md` is the text of it.

pub(crate) mod canon;
mod exp;
mod f16;
mod gelu;
mod lanes;
mod order;
pub(crate) mod round;
mod sixteen;
mod sqrt;

pub use canon::{CANONICAL_NAN, canonical, is_nan, stored};
pub use exp::exp;
pub use f16::{bf16_to_f32, f16_to_f32, f32_to_f16};
pub use gelu::gelu;
pub use lanes::{LANES, Lanes, dot, dot_bf16, dot_f16, fold, sum};
pub(crate) use order::from_key;
pub use order::{argmax, key, largest};
pub use sixteen::{BF16_BITS, BF16_END, BF16_LEAST, BF16_NAN, F16_BITS, bf16_factor, kept};
pub use sqrt::sqrt;
