//! A file of named parts with checksums, as caches are kept. Little-endian:
//!
//! | bytes | what |
//! |---|---|
//! | 0..16 | magic |
//! | 16..20 | version |
//! | 20..24 | number of parts |
//! | 24..32 | where the index begins; it goes to the file's end |
//! | 32..64 | key: what the parts were made from |
//! | 64..96 | checksum of everything from byte 4096 on |
//! | 96..128 | checksum of the bytes before it |
//! | 128..4096 | zeros |
//!
//! Then the parts, each from a multiple of 4096 bytes on so that it can be mapped; then the index, of each part: bytes of its name,
//! of its note, its place and length (four u64), name, note. What stands in a note is its writer's business.

use super::CacheError;
use super::digest::{self, Digest};
use crate::file::ModelFile;
use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufWriter, Seek, SeekFrom, Write},
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};
use tempfile::NamedTempFile;

const MAGIC: [u8; 16] = *b"gavel cache file";
/// The version of this layout and of what the parts hold: one more whenever planes are made in another way.
pub(crate) const VERSION: u32 = 2;
/// Parts begin on multiples of it: a page of most machines.
const PAGE: u64 = 4096;
/// Bytes of the header that are not zero.
const HEADER: usize = 128;
/// Bytes of an index entry's numbers.
const ENTRY: usize = 32;

/// Where a part is, and what its writer noted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) note: Vec<u8>,
    pub(crate) range: Range<usize>,
}

/// An opened cache file.
#[derive(Debug)]
pub(crate) struct Container {
    pub(crate) file: Arc<ModelFile>,
    pub(crate) parts: BTreeMap<String, Part>,
}

impl Container {
    /// Opens and checks a file: every bit of it is covered by a checksum.
    pub(crate) fn open(path: &Path, key: &Digest) -> Result<Self, CacheError> {
        let failed = |source| io_error(path, source);
        let damaged = |part| CacheError::Damaged {
            path: path.into(),
            part,
        };
        let file = File::open(path).map_err(failed)?;
        let len = file.metadata().map_err(failed)?.len();
        let mut page = [0u8; PAGE as usize];
        if len < PAGE {
            return Err(damaged("length"));
        }
        read_at(&file, &mut page, 0).map_err(failed)?;
        let header = Header::read(&page, path)?;
        if header.key != *key {
            return Err(CacheError::OtherModel { path: path.into() });
        }
        if digest::of_file(&file, PAGE..len).map_err(failed)? != header.content {
            return Err(damaged("content"));
        }
        let mut index = vec![0u8; len.saturating_sub(header.index) as usize];
        read_at(&file, &mut index, header.index).map_err(failed)?;
        let parts =
            read_index(&index, header.parts, header.index).ok_or_else(|| damaged("index"))?;
        let file = ModelFile::map(&file).map_err(failed)?;
        Ok(Container { file, parts })
    }
}

/// A cache file in the making; nobody sees it before it is whole.
pub(crate) struct Writer {
    file: BufWriter<NamedTempFile>,
    path: PathBuf,
    at: u64,
    index: Vec<u8>,
    parts: u32,
}

impl Writer {
    /// Begins a file beside `path`.
    pub(crate) fn new(path: &Path) -> Result<Self, CacheError> {
        let failed = |source| io_error(path, source);
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        let file = NamedTempFile::new_in(folder.unwrap_or(Path::new("."))).map_err(failed)?;
        let mut writer = Writer {
            file: BufWriter::with_capacity(1 << 20, file),
            path: path.into(),
            at: 0,
            index: Vec::new(),
            parts: 0,
        };
        writer.put(&[0; PAGE as usize])?;
        Ok(writer)
    }

    /// Adds a part.
    pub(crate) fn part(&mut self, name: &str, note: &[u8], bytes: &[u8]) -> Result<(), CacheError> {
        for number in [name.len(), note.len(), self.at as usize, bytes.len()] {
            self.index.extend((number as u64).to_le_bytes());
        }
        self.index.extend(name.as_bytes());
        self.index.extend(note);
        self.parts += 1;
        self.put(bytes)?;
        let padding = self.at.next_multiple_of(PAGE) - self.at;
        self.put(&[0; PAGE as usize][..padding as usize])
    }

    /// Writes index and header, and gives the file its name in one step: readers and other writers see the old file or the new one.
    pub(crate) fn finish(mut self, key: &Digest) -> Result<(), CacheError> {
        let path = self.path.clone();
        let failed = |source| io_error(&path, source);
        let index = self.at;
        let entries = std::mem::take(&mut self.index);
        self.put(&entries)?;
        let mut file = self.file.into_inner().map_err(|e| failed(e.into_error()))?;
        let content = digest::of_file(file.as_file(), PAGE..self.at).map_err(failed)?;
        let header = Header {
            parts: self.parts,
            index,
            key: *key,
            content,
        };
        file.seek(SeekFrom::Start(0)).map_err(failed)?;
        file.write_all(&header.bytes()).map_err(failed)?;
        file.as_file().sync_all().map_err(failed)?;
        file.persist(&path).map_err(|e| failed(e.error))?;
        Ok(())
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), CacheError> {
        self.at += bytes.len() as u64;
        let written = self.file.write_all(bytes);
        written.map_err(|source| io_error(&self.path, source))
    }
}

/// What the header says.
#[derive(Debug, PartialEq, Eq)]
struct Header {
    parts: u32,
    index: u64,
    key: Digest,
    content: Digest,
}

impl Header {
    fn bytes(&self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        bytes[..16].copy_from_slice(&MAGIC);
        bytes[16..20].copy_from_slice(&VERSION.to_le_bytes());
        bytes[20..24].copy_from_slice(&self.parts.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.index.to_le_bytes());
        bytes[32..64].copy_from_slice(&self.key);
        bytes[64..96].copy_from_slice(&self.content);
        let own = *blake3::hash(&bytes[..96]).as_bytes();
        bytes[96..].copy_from_slice(&own);
        bytes
    }

    fn read(page: &[u8; PAGE as usize], path: &Path) -> Result<Self, CacheError> {
        let path = path.to_path_buf();
        if page[..16] != MAGIC {
            return Err(CacheError::Magic { path });
        }
        let got = u32::from_le_bytes(array(&page[16..20]));
        if got != VERSION {
            return Err(CacheError::Version {
                path,
                got,
                expected: VERSION,
            });
        }
        let header = Header {
            parts: u32::from_le_bytes(array(&page[20..24])),
            index: u64::from_le_bytes(array(&page[24..32])),
            key: array(&page[32..64]),
            content: array(&page[64..96]),
        };
        let is_whole = page[..HEADER] == header.bytes() && page[HEADER..].iter().all(|b| *b == 0);
        match is_whole {
            true => Ok(header),
            false => Err(CacheError::Damaged {
                path,
                part: "header",
            }),
        }
    }
}

/// The parts that an index of `count` entries names, all of them before `end`.
fn read_index(mut index: &[u8], count: u32, end: u64) -> Option<BTreeMap<String, Part>> {
    let mut parts = BTreeMap::new();
    for _ in 0..count {
        let (numbers, rest) = index.split_first_chunk::<ENTRY>()?;
        let number = |at: usize| u64::from_le_bytes(array(&numbers[8 * at..8 * at + 8]));
        let (name, rest) = rest.split_at_checked(usize::try_from(number(0)).ok()?)?;
        let (note, rest) = rest.split_at_checked(usize::try_from(number(1)).ok()?)?;
        let (start, len) = (number(2), number(3));
        if start < PAGE || start.checked_add(len)? > end {
            return None;
        }
        let part = Part {
            note: note.into(),
            range: start as usize..(start + len) as usize,
        };
        parts.insert(String::from_utf8(name.into()).ok()?, part);
        index = rest;
    }
    index.is_empty().then_some(parts)
}

fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    *bytes.first_chunk().expect("the caller cut as many bytes")
}

fn read_at(file: &File, bytes: &mut [u8], at: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, at)
}

pub(crate) fn io_error(path: &Path, source: io::Error) -> CacheError {
    CacheError::Io {
        path: path.into(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const KEY: Digest = [7; 32];

    fn write(path: &Path) {
        let mut writer = Writer::new(path).expect("a new file");
        writer.part("a", b"note", &[1; 5000]).expect("room");
        writer.part("empty", b"", &[]).expect("room");
        writer.part("b", b"x", &[2, 3]).expect("room");
        writer.finish(&KEY).expect("a folder that takes files");
    }

    #[test]
    fn parts_come_back_on_whole_pages() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("cache");
        write(&path);
        let opened = Container::open(&path, &KEY).expect("a whole file");
        let bytes = |name: &str| opened.file.bytes()[opened.parts[name].range.clone()].to_vec();
        assert_eq!(bytes("a"), [1; 5000]);
        assert_eq!(bytes("b"), [2, 3]);
        assert!(bytes("empty").is_empty());
        assert_eq!(opened.parts["a"].note, b"note");
        assert!(
            opened
                .parts
                .values()
                .all(|part| part.range.start % 4096 == 0)
        );
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_noticed() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("cache");
        write(&path);
        let whole = fs::read(&path).expect("readable");
        for at in (0..whole.len())
            .step_by(61)
            .chain(0..140)
            .chain(whole.len() - 90..whole.len())
        {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << (at % 8);
            fs::write(&path, bytes).expect("writable");
            Container::open(&path, &KEY).expect_err(&format!("a bit of byte {at}"));
        }
        for len in [0, 1, 100, 4095, 4096, whole.len() - 1] {
            fs::write(&path, &whole[..len]).expect("writable");
            Container::open(&path, &KEY).expect_err(&format!("{len} bytes"));
        }
        let mut longer = whole.clone();
        longer.push(0);
        fs::write(&path, longer).expect("writable");
        Container::open(&path, &KEY).expect_err("a byte more");
    }

    #[test]
    fn other_versions_and_models_are_told_apart() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("cache");
        write(&path);
        let other = Container::open(&path, &[8; 32]);
        assert!(
            matches!(other, Err(CacheError::OtherModel { .. })),
            "{other:?}"
        );
        let mut bytes = fs::read(&path).expect("readable");
        bytes[16] += 1;
        fs::write(&path, &bytes).expect("writable");
        let newer = Container::open(&path, &KEY);
        assert!(
            matches!(newer, Err(CacheError::Version { got: 3, .. })),
            "{newer:?}"
        );
        fs::write(&path, [b'x'; 5000]).expect("writable");
        let foreign = Container::open(&path, &KEY);
        assert!(
            matches!(foreign, Err(CacheError::Magic { .. })),
            "{foreign:?}"
        );
    }

    #[test]
    fn writers_do_not_disturb_each_other() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("cache");
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..5 {
                        write(&path);
                        Container::open(&path, &KEY).expect("a whole file at any time");
                    }
                });
            }
        });
        let names = fs::read_dir(folder.path()).expect("readable").count();
        assert_eq!(names, 1, "nothing is left behind");
    }
}
