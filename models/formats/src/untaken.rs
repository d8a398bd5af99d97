//! Which of a file's tensors nobody has taken: a model that leaves one out is not the file's model.

use crate::ImportError;
use crate::safetensors::MAX_DIMS;
use std::collections::BTreeSet;

/// The tensors of a file that are still to be taken, by name.
pub(crate) struct Untaken<'a> {
    names: BTreeSet<&'a str>,
    family: &'static str,
}

impl<'a> Untaken<'a> {
    /// All of these, of a file of a family.
    pub(crate) fn new(names: impl Iterator<Item = &'a str>, family: &'static str) -> Self {
        Untaken {
            names: names.collect(),
            family,
        }
    }

    /// Takes one that has the shape that the model asks for, slowest dimension first.
    ///
    /// # Errors
    /// [`ImportError::Shape`].
    pub(crate) fn take(
        &mut self,
        name: &str,
        got: impl Iterator<Item = u64> + Clone,
        expected: &[u32],
    ) -> Result<(), ImportError> {
        let expected: Vec<u64> = expected.iter().map(|dim| u64::from(*dim)).collect();
        if !got.clone().eq(expected.iter().copied()) {
            return Err(ImportError::Shape {
                tensor: name.into(),
                got: got.take(MAX_DIMS).collect(),
                expected,
            });
        }
        self.names.remove(name);
        Ok(())
    }

    /// Refuses a file with a tensor that nobody took: a bias, a frequency factor, an expert.
    ///
    /// # Errors
    /// [`ImportError::Unknown`].
    pub(crate) fn refuse(&self) -> Result<(), ImportError> {
        match self.names.first() {
            None => Ok(()),
            Some(name) => Err(ImportError::Unknown {
                what: "tensor",
                name: (*name).into(),
                family: self.family,
            }),
        }
    }
}
