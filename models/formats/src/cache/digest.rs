//! Checksums of large files: BLAKE3 over the BLAKE3 of each piece, all pieces in parallel.
//!
//! Files are read, not mapped, so that what is only looked at once doesn't count as this process's memory.

use rayon::prelude::*;
use std::{fs::File, io, ops::Range, os::unix::fs::FileExt};

/// Bytes of a piece.
const PIECE: u64 = 1 << 20;

/// A checksum that nobody can make another file for.
pub(crate) type Digest = [u8; 32];

/// The checksum of a part of a file.
pub(crate) fn of_file(file: &File, range: Range<u64>) -> io::Result<Digest> {
    let len = range.end - range.start;
    let pieces: Vec<Digest> = (0..len.div_ceil(PIECE))
        .into_par_iter()
        .map_init(
            || vec![0u8; PIECE as usize],
            |buffer, piece| {
                let start = range.start + piece * PIECE;
                let bytes = &mut buffer[..(range.end - start).min(PIECE) as usize];
                file.read_exact_at(bytes, start)?;
                Ok(*blake3::hash(bytes).as_bytes())
            },
        )
        .collect::<io::Result<_>>()?;
    Ok(joined(len, &pieces))
}

/// The checksum of bytes in memory, the same as of a file of them.
pub(crate) fn of_bytes(bytes: &[u8]) -> Digest {
    let pieces: Vec<Digest> = bytes
        .par_chunks(PIECE as usize)
        .map(|piece| *blake3::hash(piece).as_bytes())
        .collect();
    joined(bytes.len() as u64, &pieces)
}

fn joined(len: u64, pieces: &[Digest]) -> Digest {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&len.to_le_bytes());
    hasher.update(pieces.as_flattened());
    *hasher.finalize().as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn files_and_bytes_have_one_checksum_and_every_bit_counts() {
        let mut bytes: Vec<u8> = (0..3 * PIECE as u32 / 2).map(|i| (i >> 3) as u8).collect();
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(&bytes).expect("room");
        let whole = of_file(&file, 0..bytes.len() as u64).expect("readable");
        assert_eq!(whole, of_bytes(&bytes));
        let part = of_file(&file, 5..PIECE + 7).expect("readable");
        assert_eq!(part, of_bytes(&bytes[5..PIECE as usize + 7]));
        for at in [0, PIECE as usize, bytes.len() - 1] {
            bytes[at] ^= 0x10;
            assert_ne!(of_bytes(&bytes), whole, "byte {at}");
            bytes[at] ^= 0x10;
        }
    }
}
