//! A model's planes and their roots in a cache file.

use super::container::{Container, Part, Writer};
use super::digest::Digest;
use super::{CacheError, Progress};
use crate::file::{ModelFile, words_at};
use crate::gguf::{Gguf, Tensor};
use crate::planes;
use crate::roots::tensor_root;
use gavel_primitives::{Depth, Hash};
use gavel_program::table::depth_of;
use gavel_program::{DType, Words};
use rayon::prelude::*;
use std::{path::Path, sync::Arc};

/// Bytes of a note: place among the tensor's planes, element type, depth, whether the words are in the cache, root.
const NOTE: usize = 36;

/// A plane of a tensor, with its root where it is known.
pub(crate) struct NamedPlane {
    /// The tensor's name and the plane's suffix.
    pub(crate) name: String,
    /// Element type.
    pub(crate) dtype: DType,
    /// The elements.
    pub(crate) words: Words,
    /// The root of its tree.
    pub(crate) root: Option<Hash>,
}

/// The planes in a cache file. A part's name is the tensor's, a zero byte, the plane's suffix.
#[derive(Debug)]
pub(crate) struct PlaneCache(Container);

impl PlaneCache {
    /// Opens the cache file of the model with this checksum.
    pub(crate) fn open(path: &Path, model: &Digest) -> Result<Self, CacheError> {
        let container = Container::open(path, model)?;
        let is_sound = |(name, part): (&String, &Part)| {
            name.contains('\0') && Note::read(&part.note).is_some()
        };
        match container.parts.iter().all(is_sound) {
            true => Ok(PlaneCache(container)),
            false => Err(CacheError::Damaged {
                path: path.into(),
                part: "notes",
            }),
        }
    }

    /// Splits and roots every tensor of a model, and writes what comes out. A few tensors are in memory at a time.
    pub(crate) fn write(
        path: &Path,
        file: &Arc<ModelFile>,
        model: &Digest,
        progress: Progress<'_>,
    ) -> Result<(), CacheError> {
        let gguf = Gguf::parse(file.bytes()).map_err(|_| CacheError::Model)?;
        let tensors: Vec<&Tensor> = gguf.tensors().collect();
        let total = tensors.iter().map(|tensor| tensor.range().len()).sum();
        let mut done = 0;
        let mut writer = Writer::new(path)?;
        for group in tensors.chunks(2 * rayon::current_num_threads()) {
            let made: Vec<_> = group
                .par_iter()
                .map(|tensor| rooted(file, tensor))
                .collect();
            for (tensor, planes) in group.iter().zip(made) {
                for (note, suffix, words) in planes {
                    let bytes: &[u8] = bytemuck::cast_slice((*words).as_ref());
                    let bytes = if note.is_stored { bytes } else { &[] };
                    writer.part(&format!("{}\0{suffix}", tensor.name), &note.bytes(), bytes)?;
                }
                done += tensor.range().len();
                progress(done, total);
            }
        }
        writer.finish(model)
    }

    /// The planes of a tensor, if the cache has them; those that are the file's own bytes come from it.
    pub(crate) fn planes(&self, file: &Arc<ModelFile>, tensor: &Tensor) -> Option<Vec<NamedPlane>> {
        let first = format!("{}\0", tensor.name);
        let mut found: Vec<(u8, NamedPlane)> = Vec::new();
        for (name, part) in self.0.parts.range(first.clone()..) {
            let Some(suffix) = name.strip_prefix(&first) else {
                break;
            };
            let note = Note::read(&part.note)?;
            let words = match note.is_stored {
                true => words_at(&self.0.file, part.range.clone()),
                false => words_at(file, tensor.range()),
            };
            if depth_of((*words).as_ref().len() * 4) != note.depth {
                return None;
            }
            let plane = NamedPlane {
                name: format!("{}{suffix}", tensor.name),
                dtype: note.dtype,
                words,
                root: Some(note.root),
            };
            found.push((note.place, plane));
        }
        found.sort_by_key(|(place, _)| *place);
        let planes: Vec<NamedPlane> = found.into_iter().map(|(_, plane)| plane).collect();
        (!planes.is_empty()).then_some(planes)
    }
}

/// What is noted of a plane.
struct Note {
    place: u8,
    dtype: DType,
    depth: Depth,
    is_stored: bool,
    root: Hash,
}

impl Note {
    fn bytes(&self) -> [u8; NOTE] {
        let mut bytes = [0; NOTE];
        bytes[..4].copy_from_slice(&[
            self.place,
            self.dtype as u8,
            self.depth,
            u8::from(self.is_stored),
        ]);
        bytes[4..].copy_from_slice(&self.root.0);
        bytes
    }

    fn read(bytes: &[u8]) -> Option<Note> {
        let bytes: &[u8; NOTE] = bytes.try_into().ok()?;
        let (numbers, root) = bytes.split_first_chunk::<4>()?;
        let [place, dtype, depth, is_stored] = *numbers;
        Some(Note {
            place,
            dtype: DType::from_code(dtype)?,
            depth,
            is_stored: is_stored != 0,
            root: Hash(root.try_into().ok()?),
        })
    }
}

/// A tensor's planes with what is noted of them. Planes that are the file's own bytes needn't be stored.
fn rooted(file: &Arc<ModelFile>, tensor: &Tensor) -> Vec<(Note, &'static str, Words)> {
    let own = file.bytes().as_ptr_range();
    let planes = planes::planes(file, tensor).into_iter().zip(0..);
    planes
        .map(|(plane, place)| {
            let words: &[u32] = (*plane.words).as_ref();
            let depth = depth_of(words.len() * 4);
            let is_files =
                own.contains(&words.as_ptr().cast()) && tensor.range().len() == words.len() * 4;
            let note = Note {
                place,
                dtype: plane.dtype,
                depth,
                is_stored: !is_files,
                root: tensor_root(words, depth),
            };
            (note, plane.suffix, plane.words)
        })
        .collect()
}
