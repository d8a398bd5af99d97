//! Which vector instructions a processor has.

/// A level of vector instructions that this processor is known to have; only [`Level::all`] makes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level(pub(crate) Kind);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// What the compiler was told that every target has; in WebAssembly simd128.
    Portable,
    /// AVX2, F16C and FMA.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// AVX-512 F, BW, DQ, VL and VNNI.
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Level {
    /// The level that every processor has.
    pub const PORTABLE: Level = Level(Kind::Portable);

    /// The levels of this processor, the best one first.
    pub fn all() -> impl Iterator<Item = Level> {
        [
            #[cfg(target_arch = "x86_64")]
            has_avx512().then_some(Level(Kind::Avx512)),
            #[cfg(target_arch = "x86_64")]
            has_avx2().then_some(Level(Kind::Avx2)),
            Some(Level::PORTABLE),
        ]
        .into_iter()
        .flatten()
    }

    /// The best level of this processor.
    pub fn best() -> Level {
        Level::all().next().unwrap_or(Level::PORTABLE)
    }

    /// A name for people.
    pub fn name(self) -> &'static str {
        match self.0 {
            Kind::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => "AVX2",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512 => "AVX-512 VNNI",
        }
    }
}

#[cfg(target_arch = "x86_64")]
fn has_avx512() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512vnni")
        && has_avx2()
}

#[cfg(target_arch = "x86_64")]
fn has_avx2() -> bool {
    is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("f16c")
        && is_x86_feature_detected!("fma")
}

/// Defines a function once and compiles it for each level: the compiler vectorises one body with wider and wider registers. It never
/// contracts `a * b + c`, so the bits are the same.
macro_rules! by_level {
    (
        $(#[$meta:meta])*
        $vis:vis fn $name:ident($($arg:ident: $ty:ty),* $(,)?) $body:block
    ) => {
        $(#[$meta])*
        #[allow(unsafe_code)]
        #[allow(clippy::too_many_arguments)]
        $vis fn $name(level: $crate::Level, $($arg: $ty),*) {
            #[inline(always)]
            fn body($($arg: $ty),*) $body
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,f16c")]
            fn avx512($($arg: $ty),*) { body($($arg),*) }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,f16c")]
            fn avx2($($arg: $ty),*) { body($($arg),*) }
            match level.0 {
                // SAFETY: a level is made only where the processor has its instructions.
                #[cfg(target_arch = "x86_64")]
                $crate::level::Kind::Avx512 => unsafe { avx512($($arg),*) },
                // SAFETY: as above.
                #[cfg(target_arch = "x86_64")]
                $crate::level::Kind::Avx2 => unsafe { avx2($($arg),*) },
                $crate::level::Kind::Portable => body($($arg),*),
            }
        }
    };
}
pub(crate) use by_level;
