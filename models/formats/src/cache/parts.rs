//! What others make of a model's planes and want to find again, such as matrices packed for vector units.

use super::container::{Container, Writer};
use super::digest::Digest;
use super::{CacheError, place};
use crate::file::ModelFile;
use std::{io, ops::Range, path::PathBuf, sync::Arc};

/// Bytes of a cache file that stays open as long as they are used; they begin on a page.
pub type PartBytes = Arc<dyn AsRef<[u8]> + Send + Sync>;

/// A part that is wanted: its name and its bytes.
pub type WantedPart<'a> = (&'a str, usize);

/// Further cache files of one model, one for each form of parts.
#[derive(Clone, Debug)]
pub struct PartCache {
    /// The file beside which they lie: the one of the planes.
    pub(super) planes: PathBuf,
    pub(super) model: Digest,
}

impl PartCache {
    /// The wanted parts of a form, in order, from its cache file; if this is missing, damaged or has other parts, `make` fills the bytes,
    /// zero before, of each one and they are written first. One part is in memory at a time.
    ///
    /// # Errors
    /// [`CacheError`] when the file can't be written or read again.
    pub fn parts(
        &self,
        form: &str,
        wanted: &[WantedPart<'_>],
        make: &(dyn Fn(usize, &mut [u8]) + Sync),
    ) -> Result<Vec<PartBytes>, CacheError> {
        let path = place::beside(&self.planes, "parts");
        let key = self.key(form);
        if let Some(parts) = open(&path, &key, wanted)? {
            return Ok(parts);
        }
        let mut writer = Writer::new(&path)?;
        for (index, (name, len)) in wanted.iter().enumerate() {
            let mut words = vec![0u64; len.div_ceil(8)];
            let bytes = &mut bytemuck::cast_slice_mut(&mut words)[..*len];
            make(index, bytes);
            writer.part(name, &[], bytes)?;
        }
        writer.finish(&key)?;
        let damaged = CacheError::Damaged {
            path: path.clone(),
            part: "parts",
        };
        open(&path, &key, wanted)?.ok_or(damaged)
    }

    /// A cache of another model or form has another key.
    fn key(&self, form: &str) -> Digest {
        *blake3::Hasher::new()
            .update(&self.model)
            .update(form.as_bytes())
            .finalize()
            .as_bytes()
    }
}

/// The wanted parts of a file; `None` if it hasn't all of them, or isn't sound.
fn open(
    path: &std::path::Path,
    key: &Digest,
    wanted: &[WantedPart<'_>],
) -> Result<Option<Vec<PartBytes>>, CacheError> {
    let container = match Container::open(path, key) {
        Ok(container) => container,
        Err(CacheError::Io { source, path }) if source.kind() != io::ErrorKind::NotFound => {
            return Err(CacheError::Io { source, path });
        }
        Err(_) => return Ok(None),
    };
    let part = |(name, len): &WantedPart<'_>| {
        let part = container.parts.get(*name)?;
        let mapped = Mapped {
            file: Arc::clone(&container.file),
            range: part.range.clone(),
        };
        (part.range.len() == *len).then(|| Arc::new(mapped) as PartBytes)
    };
    Ok(wanted.iter().map(part).collect())
}

struct Mapped {
    file: Arc<ModelFile>,
    range: Range<usize>,
}

impl AsRef<[u8]> for Mapped {
    fn as_ref(&self) -> &[u8] {
        &self.file.bytes()[self.range.clone()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, sync::atomic::AtomicUsize, sync::atomic::Ordering::Relaxed};

    fn bytes(parts: &[PartBytes]) -> Vec<Vec<u8>> {
        parts
            .iter()
            .map(|part| (**part).as_ref().to_vec())
            .collect()
    }

    #[test]
    fn parts_are_made_once_for_each_form_and_model() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = PartCache {
            planes: folder.path().join("m.gguf.gavel"),
            model: [1; 32],
        };
        let made = AtomicUsize::new(0);
        let make = |index: usize, bytes: &mut [u8]| {
            made.fetch_add(1, Relaxed);
            bytes.fill(index as u8 + 7);
        };
        let wanted = [("a", 70), ("b", 5000)];
        let expected = [vec![7; 70], vec![8; 5000]];
        let parts =
            |cache: &PartCache, form| bytes(&cache.parts(form, &wanted, &make).expect("room"));
        assert_eq!(parts(&cache, "one"), expected);
        assert_eq!(parts(&cache, "one"), expected);
        assert_eq!(made.load(Relaxed), 2);
        assert_eq!(parts(&cache, "two"), expected, "another form");
        assert_eq!(made.load(Relaxed), 4);
        let file = fs::read_dir(folder.path()).expect("readable").next();
        let path = file.expect("one file").expect("readable").path();
        let mut spoiled = fs::read(&path).expect("readable");
        spoiled[4096 + 3] ^= 1;
        fs::write(&path, spoiled).expect("writable");
        assert_eq!(parts(&cache, "two"), expected, "a flipped bit");
        assert_eq!(made.load(Relaxed), 6);
        let other = PartCache {
            model: [2; 32],
            ..cache
        };
        assert_eq!(parts(&other, "two"), expected, "another model");
        assert_eq!(made.load(Relaxed), 8);
    }
}
