//! Where packed matrices are kept.

use bytemuck::{Pod, Zeroable, cast_slice, cast_slice_mut};
use std::sync::Arc;

/// A packed matrix's bytes, aligned to 64.
pub type PackedBytes = Arc<dyn AsRef<[u8]> + Send + Sync>;

/// A matrix that is wanted packed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The name of its first plane among the program's weights.
    pub name: String,
    /// Bytes of its packed form.
    pub bytes: usize,
}

/// Keeps packed matrices from one start to the next, or only as long as they are used.
pub trait PackedStore: Send + Sync {
    /// The packed matrices that are wanted, in order. `form` names how they are packed; another form's are of no use. What isn't kept is
    /// made by `pack`, which fills the bytes, zero before, of the one at an index.
    fn matrices(
        &self,
        form: &str,
        wanted: &[Wanted],
        pack: &(dyn Fn(usize, &mut [u8]) + Sync),
    ) -> Vec<PackedBytes>;
}

/// Keeps nothing: matrices are packed at every start, and lie in this process's memory.
#[derive(Clone, Copy, Debug, Default)]
pub struct InMemory;

impl PackedStore for InMemory {
    fn matrices(
        &self,
        _: &str,
        wanted: &[Wanted],
        pack: &(dyn Fn(usize, &mut [u8]) + Sync),
    ) -> Vec<PackedBytes> {
        let packed = |(index, wanted): (usize, &Wanted)| {
            let mut lines = Lines::new(wanted.bytes);
            pack(index, cast_slice_mut(&mut lines.0));
            Arc::new(lines) as PackedBytes
        };
        wanted.iter().enumerate().map(packed).collect()
    }
}

/// A cache line: what packed weights are aligned to.
#[repr(C, align(64))]
#[derive(Clone, Copy, Pod, Zeroable)]
pub(crate) struct Line(pub(crate) [u8; 64]);

struct Lines(Vec<Line>);

impl Lines {
    fn new(bytes: usize) -> Self {
        Lines(vec![Line([0; 64]); bytes.div_ceil(size_of::<Line>())])
    }
}

impl AsRef<[u8]> for Lines {
    fn as_ref(&self) -> &[u8] {
        cast_slice(&self.0)
    }
}
