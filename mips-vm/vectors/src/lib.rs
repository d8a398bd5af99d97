//! Reader of the shared operator vectors, whose format is in the folder's README, and [drawn ones](wild).

pub mod wild;

use std::path::{Path, PathBuf};
use thiserror::Error;

/// First word of a file.
const MAGIC: u32 = 0x3143_5647;
/// Words of a node record and of a control slot.
const RECORD_WORDS: usize = 64;
/// Most words that one field may announce: files are small.
const MAX_WORDS: u32 = 1 << 20;

/// A node, what it reads and what it must write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vector {
    /// What the case is about, unique within its file.
    pub name: String,
    /// The node record.
    pub record: [u32; RECORD_WORDS],
    /// The control slot.
    pub control: [u32; RECORD_WORDS],
    /// The inputs' words.
    pub inputs: Vec<Vec<u32>>,
    /// The output slot's words before, whole tiles.
    pub old: Vec<u32>,
    /// The output slot's words after.
    pub expected: Vec<u32>,
}

/// Why a file can't be read.
#[derive(Debug, Error)]
pub enum VectorError {
    /// The file system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The file doesn't begin with the format's mark.
    #[error("not a vector file: starts with {found:#010x}")]
    Magic {
        /// Its first word.
        found: u32,
    },
    /// The file ends within a vector.
    #[error("ends after {words} words, within a vector")]
    Truncated {
        /// Words of the file.
        words: usize,
    },
    /// A field announces more words than a small file has.
    #[error("a field of {found} words, more than {MAX_WORDS}")]
    TooLong {
        /// What it announces.
        found: u32,
    },
    /// A name is not UTF-8.
    #[error("a name is not UTF-8")]
    Name,
    /// Words follow the last vector.
    #[error("{words} words follow the last vector")]
    Trailing {
        /// How many.
        words: usize,
    },
}

/// The folder of the committed operator vectors.
pub fn operators_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("operators")
}

/// The vectors of every `.vec` file of a folder, by file name without its ending, sorted.
///
/// # Errors
/// As [`load`], and if the folder can't be listed.
pub fn load_all(dir: &Path) -> Result<Vec<(String, Vec<Vector>)>, VectorError> {
    let failed = |source| VectorError::Io {
        path: dir.to_owned(),
        source,
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|ending| ending == "vec") {
            files.push(path);
        }
    }
    files.sort();
    let named = |path: PathBuf| {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        Ok((name.into_owned(), load(&path)?))
    };
    files.into_iter().map(named).collect()
}

/// The vectors of one file.
///
/// # Errors
/// If it can't be read or is not in the format.
pub fn load(path: &Path) -> Result<Vec<Vector>, VectorError> {
    let bytes = std::fs::read(path).map_err(|source| VectorError::Io {
        path: path.to_owned(),
        source,
    })?;
    parse(&bytes)
}

/// The vectors of a file's bytes.
///
/// # Errors
/// If they are not in the format.
pub fn parse(bytes: &[u8]) -> Result<Vec<Vector>, VectorError> {
    let (words, _) = bytes.as_chunks::<4>();
    let words: Vec<u32> = words.iter().map(|word| u32::from_le_bytes(*word)).collect();
    let mut reader = Reader {
        words: &words,
        total: words.len(),
    };
    let found = reader.word()?;
    if found != MAGIC {
        return Err(VectorError::Magic { found });
    }
    let count = reader.word()?;
    let vectors = (0..count)
        .map(|_| reader.vector())
        .collect::<Result<_, _>>()?;
    match reader.words.len() {
        0 => Ok(vectors),
        words => Err(VectorError::Trailing { words }),
    }
}

/// What is left of a file.
struct Reader<'a> {
    words: &'a [u32],
    total: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u32], VectorError> {
        let truncated = VectorError::Truncated { words: self.total };
        let (taken, rest) = self.words.split_at_checked(count).ok_or(truncated)?;
        self.words = rest;
        Ok(taken)
    }

    fn word(&mut self) -> Result<u32, VectorError> {
        Ok(self.take(1)?[0])
    }

    fn length(&mut self) -> Result<usize, VectorError> {
        match self.word()? {
            found if found > MAX_WORDS => Err(VectorError::TooLong { found }),
            found => Ok(found as usize),
        }
    }

    fn record(&mut self) -> Result<[u32; RECORD_WORDS], VectorError> {
        let mut record = [0; RECORD_WORDS];
        record.copy_from_slice(self.take(RECORD_WORDS)?);
        Ok(record)
    }

    fn name(&mut self) -> Result<String, VectorError> {
        let length = self.length()?;
        let words = self.take(length.div_ceil(4))?;
        let mut bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        bytes.truncate(length);
        String::from_utf8(bytes).map_err(|_| VectorError::Name)
    }

    fn tensor(&mut self) -> Result<Vec<u32>, VectorError> {
        let length = self.length()?;
        Ok(self.take(length)?.to_vec())
    }

    fn vector(&mut self) -> Result<Vector, VectorError> {
        let name = self.name()?;
        let record = self.record()?;
        let control = self.record()?;
        let count = self.length()?;
        let inputs = (0..count)
            .map(|_| self.tensor())
            .collect::<Result<_, _>>()?;
        let old = self.tensor()?;
        let expected = self.take(old.len())?.to_vec();
        Ok(Vector {
            name,
            record,
            control,
            inputs,
            old,
            expected,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One vector without inputs or output, name "ab".
    fn small() -> Vec<u8> {
        let mut words = vec![MAGIC, 1, 2, 0x6261];
        words.extend(1..=128);
        words.extend([1, 2, 7, 8, 1, 5, 6]);
        words
            .iter()
            .flat_map(|word: &u32| word.to_le_bytes())
            .collect()
    }

    #[test]
    fn reads_what_the_format_says() {
        let vector = parse(&small()).unwrap().remove(0);
        assert_eq!(vector.name, "ab");
        assert_eq!((vector.record[0], vector.control[63]), (1, 128));
        assert_eq!(vector.inputs, [[7, 8]]);
        assert_eq!((vector.old, vector.expected), (vec![5], vec![6]));
    }

    #[test]
    fn refuses_what_is_not_in_the_format() {
        let bytes = small();
        let cut = parse(&bytes[..bytes.len() - 4]);
        assert!(matches!(cut, Err(VectorError::Truncated { .. })));
        let longer = parse(&[&bytes[..], &[0; 4]].concat());
        assert!(matches!(longer, Err(VectorError::Trailing { words: 1 })));
        let mut other = bytes.clone();
        other[0] ^= 1;
        assert!(matches!(parse(&other), Err(VectorError::Magic { .. })));
        let mut huge = bytes;
        huge[11] = 0xff;
        assert!(matches!(parse(&huge), Err(VectorError::TooLong { .. })));
    }
}
