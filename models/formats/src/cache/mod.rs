//! What is computed of a large model file once and kept beside it: quantized tensors as planes, and the roots of all tensors.
//!
//! The cache file is `FILE.gguf.gavel` or `model.safetensors.gavel`, or lies in the user's folder of caches where the model's folder takes no file. It is
//! as large as the quantized tensors; of safetensors it has roots alone. It names the checksum of the model file that it was made from, and has one of its own;
//! both are computed at every opening, so that neither a model file that was changed in place nor a damaged cache is believed.
//! Whoever can write the cache file could as well write the model file: it is to be guarded like it.
//!
//! Beside it, in `FILE.gguf.gavel-parts`, lies what an executor makes of the planes and asks for again ([`PartCache`]).
//!
//! A cache that is missing, damaged or of another version is made anew; where that fails the import goes on without it.

mod container;
mod digest;
mod error;
mod parts;
mod place;
mod planes;

pub use error::CacheError;
pub use parts::{PartBytes, PartCache, WantedPart};
pub use place::folder;
pub(crate) use planes::{NamedPlane, PlaneCache};

use crate::FileKind;
use crate::file::{FileError, ModelFile, READ_BYTES, weights_of};
use digest::Digest;
use gavel_program::boot::WINDOW_BYTES;
use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Told of bytes done and of all bytes.
pub type Progress<'a> = &'a (dyn Fn(usize, usize) + Sync);

/// Whether a cache is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CacheMode {
    /// For files that are large enough to be mapped.
    #[default]
    Large,
    /// For every file.
    Always,
    /// For none.
    Never,
}

/// What became of a model's cache.
#[derive(Debug)]
pub enum CacheState {
    /// None was wanted.
    Unused,
    /// It was there.
    Found {
        /// The cache file.
        path: PathBuf,
    },
    /// It was made.
    Made {
        /// The cache file.
        path: PathBuf,
        /// Why the one that was there wasn't used.
        instead: Option<CacheError>,
    },
    /// It couldn't be made; everything is computed in memory.
    Failed(CacheError),
}

/// A model file, opened with its cache.
#[derive(Debug)]
pub struct Opened {
    /// The file.
    pub file: Arc<ModelFile>,
    /// What became of the cache.
    pub cache: CacheState,
    /// Where others may keep what they make of it, if there is a cache.
    pub parts: Option<PartCache>,
}

/// Opens a model file with its cache, which is made if need be.
///
/// # Errors
/// [`FileError`] when the model file can't be read; nothing about the cache is an error.
pub fn open(path: &Path, mode: CacheMode, progress: Progress<'_>) -> Result<Opened, FileError> {
    let path = &weights_of(path);
    let file = ModelFile::open(path)?;
    let is_wanted = match mode {
        CacheMode::Never => false,
        CacheMode::Always => true,
        CacheMode::Large => file.bytes().len() as u64 > READ_BYTES,
    };
    // Classic networks are small.
    let has_one = file.beside().is_some() || FileKind::of(file.bytes()) == FileKind::Gguf;
    if !is_wanted || !has_one {
        return Ok(Opened {
            file,
            cache: CacheState::Unused,
            parts: None,
        });
    }
    let model = checksum(path, &file).map_err(|source| FileError {
        path: path.into(),
        source,
    })?;
    let places = place::places(path, &model);
    let (found, instead) = find(&places, &model);
    if let Some((path, planes)) = found {
        return Ok(Opened {
            file: file.with_planes(planes),
            parts: parts(&path, model),
            cache: CacheState::Found { path },
        });
    }
    Ok(
        match make(&places, &file, &model, WINDOW_BYTES as u64, progress) {
            Ok((path, planes)) => Opened {
                file: file.with_planes(planes),
                parts: parts(&path, model),
                cache: CacheState::Made { path, instead },
            },
            Err(error) => Opened {
                file,
                cache: CacheState::Failed(error),
                parts: None,
            },
        },
    )
}

fn parts(planes: &Path, model: Digest) -> Option<PartCache> {
    Some(PartCache {
        planes: planes.into(),
        model,
    })
}

/// The checksum of the bytes that are imported: those in memory, or of the file that is mapped.
fn checksum(path: &Path, file: &ModelFile) -> io::Result<Digest> {
    if !file.is_mapped() {
        return Ok(digest::of_bytes(file.bytes()));
    }
    digest::of_file(&File::open(path)?, 0..file.bytes().len() as u64)
}

type Found = (PathBuf, PlaneCache);

/// The first cache that is sound, else why there is none; a missing file needs no reason.
fn find(places: &[PathBuf], model: &Digest) -> (Option<Found>, Option<CacheError>) {
    let mut refused = None;
    for path in places {
        match PlaneCache::open(path, model) {
            Ok(planes) => return (Some((path.clone(), planes)), None),
            Err(CacheError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
            Err(error) => refused = refused.or(Some(error)),
        }
    }
    (None, refused)
}

/// Makes the cache at the first place that takes it, with shards of at most so many bytes.
fn make(
    places: &[PathBuf],
    file: &Arc<ModelFile>,
    model: &Digest,
    most: u64,
    progress: Progress<'_>,
) -> Result<Found, CacheError> {
    let mut failed = None;
    for path in places {
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        if let Some(Err(source)) = folder.map(fs::create_dir_all) {
            failed = failed.or(Some(container::io_error(path, source)));
            continue;
        }
        let written = PlaneCache::write(path, file, model, most, progress);
        match written.and_then(|()| PlaneCache::open(path, model)) {
            Ok(planes) => return Ok((path.clone(), planes)),
            Err(CacheError::Model) => return Err(CacheError::Model),
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    Err(failed.unwrap_or(CacheError::Model))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: u64 = WINDOW_BYTES as u64;
    /// The format's codes of F32 and Q8_0.
    const F32: u32 = 0;
    const Q8_0: u32 = 8;

    /// A file with one tensor, `t`, of these dimensions, contiguous one first, and this type's code.
    fn file(dims: &[u64], kind: u32, data: &[u8]) -> Arc<ModelFile> {
        let mut bytes = b"GGUF".to_vec();
        bytes.extend(3u32.to_le_bytes());
        bytes.extend([1u64, 0].map(u64::to_le_bytes).as_flattened());
        bytes.extend([1u64.to_le_bytes().as_slice(), b"t"].concat());
        bytes.extend((dims.len() as u32).to_le_bytes());
        dims.iter().for_each(|dim| bytes.extend(dim.to_le_bytes()));
        bytes.extend(kind.to_le_bytes());
        bytes.extend(0u64.to_le_bytes());
        bytes.resize(bytes.len().next_multiple_of(32), 0);
        bytes.extend(data);
        ModelFile::from_bytes(&bytes)
    }

    #[test]
    fn shards_are_kept_with_their_own_roots() {
        let folder = tempfile::tempdir().expect("a folder");
        // 150 rows of 64 columns, so many bytes each, in shards of at most 64 rows: a plane of 256 or of 64 bytes a row is the largest.
        for (kind, row_bytes, most, planes) in [(F32, 256, 17_000, 1), (Q8_0, 68, 5_000, 2)] {
            let data: Vec<u8> = (0..150 * row_bytes).map(|at| (at * 7 / 3) as u8).collect();
            let file = file(&[64, 150], kind, &data);
            let path = folder.path().join(kind.to_string());
            let places = std::slice::from_ref(&path);
            let made = make(places, &file, &[1; 32], most, &|_, _| {});
            let file = file.with_planes(made.expect("room").1);
            let gguf = crate::Gguf::parse(file.bytes()).expect("a file as ever");
            let tensor = gguf.tensor("t").expect("its one tensor");
            assert!(file.cached("t", tensor).is_none(), "nobody takes it whole");
            for rows in [0..64, 64..128, 128..150] {
                let name = format!("t[{}..{}]", rows.start, rows.end);
                let own = tensor.rows(rows);
                let cached = file.cached(&name, &own).expect("it was made");
                let expected = crate::planes::planes(&file, &own);
                assert_eq!((cached.len(), expected.len()), (planes, planes));
                for (cached, plane) in cached.iter().zip(&expected) {
                    let words: &[u32] = (*plane.words).as_ref();
                    let depth = gavel_program::table::depth_of(words.len() * 4);
                    assert_eq!((*cached.words).as_ref(), words);
                    assert_eq!(cached.root, Some(crate::tensor_root(words, depth)));
                    assert_eq!(cached.name, format!("{name}{}", plane.suffix));
                }
            }
        }
    }

    #[test]
    fn a_place_that_takes_no_file_is_passed_over() {
        let folder = tempfile::tempdir().expect("a folder");
        let (taken, free) = (folder.path().join("taken"), folder.path().join("new/free"));
        fs::create_dir_all(taken.join("inside")).expect("room");
        let file = file(&[1], F32, &[0; 4]);
        let places = [taken.clone(), free.clone()];
        let (path, _) =
            make(&places, &file, &[1; 32], WINDOW, &|_, _| {}).expect("the second takes it");
        assert_eq!(path, free);
        let (found, _) = find(&places, &[1; 32]);
        assert_eq!(found.expect("it is there").0, free);
        let failed = make(&[taken], &file, &[1; 32], WINDOW, &|_, _| {});
        assert!(matches!(failed, Err(CacheError::Io { .. })), "{failed:?}");
    }
}
