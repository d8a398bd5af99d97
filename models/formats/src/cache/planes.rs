//! A model's planes and their roots in a cache file.

use super::container::{Container, Part, Writer};
use super::digest::Digest;
use super::{CacheError, Progress};
use crate::decoder;
use crate::file::{ModelFile, words_at};
use crate::gguf::{Gguf, Tensor};
use crate::planes::{self, Plane};
use crate::roots::tensor_root;
use crate::safetensors::{Contents, Entry};
use crate::shards::{shard_name, shards_of_part};
use gavel_primitives::{Depth, Hash};
use gavel_program::table::depth_of;
use gavel_program::{DType, Words};
use rayon::prelude::*;
use std::{ops::Range, path::Path, sync::Arc};

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

    /// Splits and roots every tensor of a model, and writes what comes out, in the shards that importers take of matrices with a plane of more
    /// than `most` bytes. A few tensors are in memory at a time.
    pub(crate) fn write(
        path: &Path,
        file: &Arc<ModelFile>,
        model: &Digest,
        most: u64,
        progress: Progress<'_>,
    ) -> Result<(), CacheError> {
        let sources = sources(file, most)?;
        let total = sources.iter().map(|source| source.range.len()).sum();
        let mut done = 0;
        let mut writer = Writer::new(path)?;
        for group in groups(&sources) {
            let made: Vec<_> = group
                .par_iter()
                .map(|source| rooted(file, source))
                .collect();
            for (source, planes) in group.iter().zip(made) {
                for (note, suffix, words) in planes {
                    let bytes: &[u8] = bytemuck::cast_slice((*words).as_ref());
                    let bytes = if note.is_stored { bytes } else { &[] };
                    writer.part(&format!("{}\0{suffix}", source.name), &note.bytes(), bytes)?;
                }
                done += source.range.len();
                progress(done, total);
            }
        }
        writer.finish(model)
    }

    /// The planes of a tensor, or of a shard of one, if the cache has them under this name; those that are the file's own bytes come from it.
    pub(crate) fn planes(
        &self,
        file: &Arc<ModelFile>,
        name: &str,
        tensor: &Tensor,
    ) -> Option<Vec<NamedPlane>> {
        let first = format!("{name}\0");
        let mut found: Vec<(u8, NamedPlane)> = Vec::new();
        for (whole, part) in self.0.parts.range(first.clone()..) {
            let Some(suffix) = whole.strip_prefix(&first) else {
                break;
            };
            let name = format!("{name}{suffix}");
            found.push(self.plane(file, name, part, tensor.range())?);
        }
        found.sort_by_key(|(place, _)| *place);
        let planes: Vec<NamedPlane> = found.into_iter().map(|(_, plane)| plane).collect();
        (!planes.is_empty()).then_some(planes)
    }

    /// The one plane of a tensor that is a weight as it lies in the file.
    pub(crate) fn whole(
        &self,
        file: &Arc<ModelFile>,
        name: &str,
        range: Range<usize>,
    ) -> Option<NamedPlane> {
        let part = self.0.parts.get(&format!("{name}\0"))?;
        Some(self.plane(file, name.into(), part, range)?.1)
    }

    /// A plane and its place among the tensor's.
    fn plane(
        &self,
        file: &Arc<ModelFile>,
        name: String,
        part: &Part,
        range: Range<usize>,
    ) -> Option<(u8, NamedPlane)> {
        let note = Note::read(&part.note)?;
        let words = match note.is_stored {
            true => words_at(&self.0.file, part.range.clone()),
            false => words_at(file, range),
        };
        let plane = NamedPlane {
            name,
            dtype: note.dtype,
            root: Some(note.root),
            words,
        };
        let is_alike = depth_of((*plane.words).as_ref().len() * 4) == note.depth;
        is_alike.then_some((note.place, plane))
    }
}

/// A tensor to be rooted.
struct Source<'a> {
    name: String,
    range: Range<usize>,
    split: Box<dyn Fn() -> Vec<Plane> + Send + Sync + 'a>,
}

/// Bytes of a group of tensors that are in memory at a time; one that is larger is alone.
const GROUP_BYTES: usize = 64 << 20;

/// Tensors that are split and rooted at a time: enough for all threads, few enough for the memory. A large one has all threads for itself.
fn groups<'s, 'a>(sources: &'s [Source<'a>]) -> impl Iterator<Item = &'s [Source<'a>]> {
    let most = 2 * rayon::current_num_threads();
    let mut rest = sources;
    std::iter::from_fn(move || {
        let mut bytes = 0;
        let fits = |source: &&Source<'_>| {
            bytes += source.range.len();
            bytes <= GROUP_BYTES
        };
        let count = rest.iter().take(most).take_while(fits).count().max(1);
        let (group, others) = rest.split_at_checked(count)?;
        rest = others;
        Some(group)
    })
}

/// All tensors of a file, but those of safetensors that are no weights as they lie there.
fn sources(file: &Arc<ModelFile>, most: u64) -> Result<Vec<Source<'_>>, CacheError> {
    if file.beside().is_some() {
        let contents = Contents::parse(file.bytes()).map_err(|_| CacheError::Model)?;
        let all = contents.0.iter();
        return Ok(all
            .filter_map(|(name, entry)| lying(file, name, entry))
            .collect());
    }
    let gguf = Gguf::parse(file.bytes()).map_err(|_| CacheError::Model)?;
    let hyper = decoder::fused(&gguf);
    let parts = |tensor: &Tensor<'_>| hyper.and_then(|hyper| hyper.parts(tensor.name));
    let shards = gguf
        .tensors()
        .flat_map(|tensor| shards_of(tensor, parts(tensor), most));
    let sources = shards.map(|(name, tensor)| Source {
        name,
        range: tensor.range(),
        split: Box::new(move || planes::planes(file, &tensor)),
    });
    Ok(sources.collect())
}

/// A tensor, or the shards that importers take of it, with their names. `parts` are the rows of the matrices that it is made of, if it is fused.
fn shards_of<'a>(
    tensor: &Tensor<'a>,
    parts: Option<Vec<Range<u32>>>,
    most: u64,
) -> Vec<(String, Tensor<'a>)> {
    let dim = |at: usize| u32::try_from(*tensor.dims.get(at)?).ok();
    let (Some(cols), Some(rows), 2) = (dim(0), dim(1), tensor.dims.len()) else {
        return vec![(tensor.name.into(), tensor.clone())];
    };
    let is_whole = |parts: &Vec<Range<u32>>| parts.last().is_some_and(|last| last.end == rows);
    let whole = || std::iter::once(0..rows).collect();
    let parts = parts.filter(is_whole).unwrap_or_else(whole).into_iter();
    let format = planes::format(tensor.kind);
    let cut = parts.filter_map(|part| shards_of_part(format, part, cols, most));
    let named = |shard: Range<u32>| {
        let name = shard_name(tensor.name, &shard, rows);
        (name, tensor.rows(shard.start as usize..shard.end as usize))
    };
    cut.flatten().map(named).collect()
}

/// A tensor of safetensors.
fn lying<'a>(file: &'a Arc<ModelFile>, name: &str, entry: &Entry) -> Option<Source<'a>> {
    let (dtype, range) = (entry.weight()?.1, entry.range.clone());
    let plane = move || Plane {
        suffix: "",
        dtype,
        words: words_at(file, range.clone()),
    };
    Some(Source {
        name: name.into(),
        range: entry.range.clone(),
        split: Box::new(move || vec![plane()]),
    })
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
fn rooted(file: &Arc<ModelFile>, source: &Source<'_>) -> Vec<(Note, &'static str, Words)> {
    let own = file.bytes().as_ptr_range();
    let planes = (source.split)().into_iter().zip(0..);
    planes
        .map(|(plane, place)| {
            let words: &[u32] = (*plane.words).as_ref();
            let depth = depth_of(words.len() * 4);
            let is_files =
                own.contains(&words.as_ptr().cast()) && source.range.len() == words.len() * 4;
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
