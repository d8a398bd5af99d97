//! Matrices that a window of the machine doesn't hold, in shards: runs of their rows, each a matrix of its own.

use crate::matrices::Matrix;
use gavel_program::op::{Embed, Linear};
use gavel_program::{Op, Operand, TILE_BYTES, WeightFormat};
use std::ops::Range;

/// Rows that every shard but the last is a multiple of: the numbers of a tile of outputs, which so belong to one shard.
const TILE_ROWS: u32 = TILE_BYTES as u32 / 4;

/// The rows of each shard of a matrix `[rows, cols]`, whose largest plane is to have at most `most` bytes; one range if the matrix is no
/// larger, and `None` if shards of a tile's rows are. The shards are as many as needed, and as alike as tiles allow.
pub(crate) fn shards(
    format: WeightFormat,
    [rows, cols]: [u32; 2],
    most: u64,
) -> Option<Vec<Range<u32>>> {
    let fit = rows_within(format, cols, most);
    if u64::from(rows) <= fit {
        return Some(std::iter::once(0..rows).collect());
    }
    let fit = fit / u64::from(TILE_ROWS) * u64::from(TILE_ROWS);
    let count = u64::from(rows).div_ceil((fit > 0).then_some(fit)?);
    let each = u64::from(rows).div_ceil(count) as u32;
    let each = each.next_multiple_of(TILE_ROWS) as usize;
    let starts = (0..rows).step_by(each);
    let shard = |start: u32| start..rows.min(start.saturating_add(each as u32));
    Some(starts.map(shard).collect())
}

/// The same of some rows of a matrix, counted as those of the matrix.
pub(crate) fn shards_of_part(
    format: WeightFormat,
    part: Range<u32>,
    cols: u32,
    most: u64,
) -> Option<Vec<Range<u32>>> {
    let own = shards(format, [part.end - part.start, cols], most)?;
    let moved = |shard: Range<u32>| part.start + shard.start..part.start + shard.end;
    Some(own.into_iter().map(moved).collect())
}

/// Rows of which every plane has at most `most` bytes.
fn rows_within(format: WeightFormat, cols: u32, most: u64) -> u64 {
    let planes = format.planes().iter();
    let rows = planes.map(|plane| {
        let row_bits = u64::from(cols / plane.columns) * plane.dtype.bits() as u64;
        most.saturating_mul(8) / row_bits.max(1)
    });
    rows.min().unwrap_or(0)
}

/// What a shard is called: as its tensor, and its rows if they aren't all.
pub(crate) fn shard_name(tensor: &str, shard: &Range<u32>, rows: u32) -> String {
    if *shard == (0..rows) {
        return tensor.into();
    }
    format!("{tensor}[{}..{}]", shard.start, shard.end)
}

/// A matrix among the weights, of one shard or more.
#[derive(Clone, Debug)]
pub(crate) struct Sharded {
    pub(crate) rows: u32,
    pub(crate) cols: u32,
    /// Of each shard its rows and its weights, in order.
    pub(crate) shards: Vec<(Range<u32>, Matrix)>,
}

impl Sharded {
    /// The nodes that together multiply with the matrix, each with its inputs.
    pub(crate) fn linear(&self, x: Operand) -> impl Iterator<Item = (Op, Vec<Operand>)> {
        self.shards.iter().map(move |(rows, matrix)| {
            let op = Linear {
                rows: rows.end - rows.start,
                cols: self.cols,
                format: matrix.format,
                before: rows.start,
                after: self.rows - rows.end,
            };
            (Op::Linear(op), matrix.after(x))
        })
    }

    /// The nodes that together look a token's row up, each with its inputs.
    pub(crate) fn embed(
        &self,
        tokens: Operand,
        tokens_capacity: u32,
    ) -> impl Iterator<Item = (Op, Vec<Operand>)> {
        self.shards.iter().map(move |(rows, matrix)| {
            let op = Embed {
                dim: self.cols,
                vocab: rows.end - rows.start,
                tokens_capacity,
                format: matrix.format,
                before: rows.start,
                after: self.rows - rows.end,
            };
            (Op::Embed(op), matrix.after(tokens))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use WeightFormat::{F16, F32, Q4, Q6K, Q8};

    const WINDOW: u64 = 1 << 28;

    /// `bounds` are where the shards begin, and the last one's end.
    fn check(format: WeightFormat, shape: [u32; 2], most: u64, bounds: &[u32]) {
        let got = shards(format, shape, most).expect("a tile's rows fit");
        let expected: Vec<Range<u32>> = bounds.windows(2).map(|pair| pair[0]..pair[1]).collect();
        assert_eq!(got, expected, "{format:?} {shape:?} in {most}");
    }

    #[test]
    fn published_vocabularies_are_cut_where_a_window_ends() {
        // Gemma 3 1B, Llama 3 8B, Qwen3 8B; 2^28 / 1,152 = 233,016.9 rows, and 2^28 / 4,096 = 65,536.
        check(Q8, [262_144, 1152], WINDOW, &[0, 131_072, 262_144]);
        check(Q8, [128_256, 4096], WINDOW, &[0, 64_128, 128_256]);
        check(Q6K, [151_936, 4096], WINDOW, &[0, 75_968, 151_936]);
        check(Q8, [65_536, 4096], WINDOW, &[0, 65_536]);
        check(Q8, [65_537, 4096], WINDOW, &[0, 32_832, 65_537]);
    }

    #[test]
    fn boundaries_are_those_of_tiles() {
        check(F32, [300, 8], 300 * 32, &[0, 300]);
        check(F32, [300, 8], 300 * 32 - 1, &[0, 192, 300]);
        check(F32, [300, 8], 64 * 32, &[0, 64, 128, 192, 256, 300]);
        check(F16, [300, 8], 64 * 32, &[0, 128, 256, 300]);
        check(Q4, [129, 32], 64 * 16, &[0, 64, 128, 129]);
        assert_eq!(
            shards(F32, [300, 8], 64 * 32 - 1),
            None,
            "no tile's rows fit"
        );
        check(F32, [1, 8], 32, &[0, 1]);
        check(F32, [u32::MAX, 1], 1 << 33, &[0, 1 << 31, u32::MAX]);
    }

    #[test]
    fn the_largest_plane_decides_however_the_matrix_lies() {
        for format in [F32, F16, Q8, Q4, Q6K] {
            for rows in [64, 640, 1000, 4096] {
                for most in [65_536, 70_000, 100_000, 1 << 20] {
                    let Some(shards) = shards(format, [rows, 256], most) else {
                        panic!("a tile's rows of 256 columns have at most 64 KiB");
                    };
                    assert_eq!((shards[0].start, shards[shards.len() - 1].end), (0, rows));
                    assert!(shards.windows(2).all(|pair| pair[0].end == pair[1].start));
                    for plane in format.planes() {
                        let row = u64::from(256 / plane.columns) * plane.dtype.bits() as u64 / 8;
                        let fits =
                            |shard: &Range<u32>| u64::from(shard.end - shard.start) * row <= most;
                        assert!(shards.iter().all(fits), "{format:?} {rows} {most}");
                    }
                }
            }
        }
    }
}
