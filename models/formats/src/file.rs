//! A model file's bytes, in memory or mapped.

use crate::beside::{Beside, WEIGHTS};
use crate::cache::{NamedPlane, PlaneCache};
use crate::gguf::Tensor;
use gavel_program::Words;
use memmap2::Mmap;
use std::{
    fs::File,
    io::{self, Read},
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};
use thiserror::Error;

/// Files up to this size are read into memory: what happens to them afterwards can't reach a running program.
pub(crate) const READ_BYTES: u64 = 64 << 20;

/// Why a model file can't be read.
#[derive(Debug, Error)]
#[error("{}: {source}", path.display())]
pub struct FileError {
    /// The file.
    pub path: PathBuf,
    /// What the operating system said.
    pub source: io::Error,
}

/// A model file's bytes, aligned to words, and what is known of them already.
#[derive(Debug)]
pub struct ModelFile {
    bytes: Bytes,
    planes: Option<PlaneCache>,
    beside: Option<Beside>,
}

#[derive(Debug)]
enum Bytes {
    Memory { words: Vec<u32>, len: usize },
    Mapped(Mmap),
}

impl ModelFile {
    /// Opens a file, or the weights in a model's folder; a large one is mapped and must not change while it is in use. With safetensors
    /// the small files beside them are read.
    ///
    /// # Errors
    /// [`FileError`] when it can't be read.
    pub fn open(path: &Path) -> Result<Arc<Self>, FileError> {
        let path = &weights_of(path);
        let file = ModelFile::open_alone(path)?;
        if path.extension() != Path::new(WEIGHTS).extension() {
            return Ok(file);
        }
        let folder = path.parent().unwrap_or(Path::new(""));
        Ok(file.with_beside(Beside::read(folder)?))
    }

    fn open_alone(path: &Path) -> Result<Arc<Self>, FileError> {
        let failed = |source| FileError {
            path: path.into(),
            source,
        };
        let mut file = File::open(path).map_err(failed)?;
        let len = file.metadata().map_err(failed)?.len();
        if len > READ_BYTES {
            return ModelFile::map(&file).map_err(failed);
        }
        let mut bytes = Vec::with_capacity(len as usize);
        file.read_to_end(&mut bytes).map_err(failed)?;
        Ok(ModelFile::from_bytes(&bytes))
    }

    /// The same from bytes in memory.
    pub fn from_bytes(bytes: &[u8]) -> Arc<Self> {
        ModelFile::of(Bytes::Memory {
            words: words_of(bytes),
            len: bytes.len(),
        })
    }

    fn of(bytes: Bytes) -> Arc<Self> {
        Arc::new(ModelFile {
            bytes,
            planes: None,
            beside: None,
        })
    }

    /// The same file with those beside it; a file that others hold already stays as it is.
    pub fn with_beside(self: Arc<Self>, beside: Beside) -> Arc<Self> {
        match Arc::try_unwrap(self) {
            Ok(file) => Arc::new(ModelFile {
                beside: Some(beside),
                ..file
            }),
            Err(file) => file,
        }
    }

    /// The files beside it, if it is safetensors.
    pub(crate) fn beside(&self) -> Option<&Beside> {
        self.beside.as_ref()
    }

    /// The same file with a cache of its planes; a file that others hold already stays as it is.
    pub(crate) fn with_planes(self: Arc<Self>, planes: PlaneCache) -> Arc<Self> {
        match Arc::try_unwrap(self) {
            Ok(file) => Arc::new(ModelFile {
                planes: Some(planes),
                ..file
            }),
            Err(file) => file,
        }
    }

    /// The planes of a tensor, or of a shard of one, and their roots, if they are known under this name.
    pub(crate) fn cached(self: &Arc<Self>, name: &str, tensor: &Tensor) -> Option<Vec<NamedPlane>> {
        self.planes.as_ref()?.planes(self, name, tensor)
    }

    /// A tensor that is a weight as it lies in the file, with its root, if that is known.
    pub(crate) fn cached_whole(
        self: &Arc<Self>,
        name: &str,
        range: Range<usize>,
    ) -> Option<NamedPlane> {
        self.planes.as_ref()?.whole(self, name, range)
    }

    /// Whether the bytes are those of a mapped file.
    pub(crate) fn is_mapped(&self) -> bool {
        matches!(self.bytes, Bytes::Mapped(_))
    }

    /// Maps a file.
    #[allow(unsafe_code)]
    pub(crate) fn map(file: &File) -> io::Result<Arc<Self>> {
        // SAFETY: the map is read only, and bytes are read without any assumption about their content; that the file isn't changed
        // meanwhile is the operator's promise, stated at `open`.
        let map = unsafe { Mmap::map(file) }?;
        Ok(ModelFile::of(Bytes::Mapped(map)))
    }

    /// All bytes.
    pub fn bytes(&self) -> &[u8] {
        match &self.bytes {
            Bytes::Memory { words, len } => &bytemuck::cast_slice(words)[..*len],
            Bytes::Mapped(map) => map,
        }
    }
}

/// The file of a model's weights: itself, or the one in its folder.
pub(crate) fn weights_of(model: &Path) -> PathBuf {
    match model.is_dir() {
        true => model.join(WEIGHTS),
        false => model.into(),
    }
}

/// Bytes as little-endian words, zero-padded to a whole word.
pub(crate) fn words_of(bytes: &[u8]) -> Vec<u32> {
    let mut words = vec![0u32; bytes.len().div_ceil(4)];
    bytemuck::cast_slice_mut(&mut words)[..bytes.len()].copy_from_slice(bytes);
    words
}

/// The words of a part of a file: the file's own memory where it lies on whole words, else a copy.
pub(crate) fn words_at(file: &Arc<ModelFile>, range: Range<usize>) -> Words {
    let aligned = range.start.is_multiple_of(4) && range.len().is_multiple_of(4);
    if aligned {
        Arc::new(Part {
            file: Arc::clone(file),
            range,
        })
    } else {
        Arc::new(words_of(&file.bytes()[range]))
    }
}

/// Words of a file that stays open as long as they are used.
struct Part {
    file: Arc<ModelFile>,
    range: Range<usize>,
}

impl AsRef<[u32]> for Part {
    fn as_ref(&self) -> &[u32] {
        bytemuck::cast_slice(&self.file.bytes()[self.range.clone()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_the_files_own_or_a_padded_copy() {
        let file = ModelFile::from_bytes(&[1, 0, 0, 0, 2, 0, 0, 0, 3]);
        assert_eq!((*words_at(&file, 0..8)).as_ref(), &[1, 2]);
        assert_eq!((*words_at(&file, 4..9)).as_ref(), &[2, 3]);
        assert_eq!((*words_at(&file, 1..3)).as_ref(), &[0]);
        assert_eq!(file.bytes().len(), 9);
    }
}
