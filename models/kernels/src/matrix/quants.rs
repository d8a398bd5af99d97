//! Blocks of 32 integers, as packed in the planes of each format.

use super::BLOCK;

/// Bytes of a block of 4-bit numbers.
const NIBBLE_BYTES: usize = BLOCK / 2;
/// Bytes of a block of 2-bit numbers.
const PAIR_BYTES: usize = BLOCK / 4;
/// Bytes of a block of bits.
const BIT_BYTES: usize = BLOCK / 8;

/// The values that IQ4_NL's nibbles name.
const CODEBOOK: [i8; 16] = [
    -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113,
];

/// Integer weights in blocks of 32 columns, row after row.
pub(crate) trait Quants {
    /// The integers of a block.
    fn block(&self, index: usize) -> [i8; BLOCK];

    /// The sum of a block's products with `x`: exact.
    fn dot(&self, index: usize, x: &[i8; BLOCK]) -> i32 {
        products(&self.block(index), x)
    }
}

/// The sum of the products of two equally long rows of integers.
pub(crate) fn products(w: &[i8], x: &[i8]) -> i32 {
    let mut sum = 0;
    for (w, x) in w.iter().zip(x) {
        sum += i32::from(*w) * i32::from(*x);
    }
    sum
}

/// A block with a number taken from each of its own. (Loops here stay loops: unrolled ones would double the guest.)
fn less(mut block: [i8; BLOCK], number: i8) -> [i8; BLOCK] {
    for own in &mut block {
        *own -= number;
    }
    block
}

/// Signed bytes.
pub(crate) struct Bytes<'a>(&'a [[i8; BLOCK]]);

/// 4-bit numbers: byte j of a block has element j in its low and element j + 16 in its high half.
pub(crate) struct Nibbles<'a>(&'a [[u8; NIBBLE_BYTES]]);

/// Nibbles less 8.
pub(crate) struct NibblesLess8<'a>(Nibbles<'a>);

/// Values that nibbles name.
pub(crate) struct Named<'a>(Nibbles<'a>);

/// 5-bit numbers: nibbles, and a bit worth 16 each.
pub(crate) struct Fives<'a> {
    low: Nibbles<'a>,
    high: &'a [[u8; BIT_BYTES]],
}

/// 5-bit numbers less 16.
pub(crate) struct FivesLess16<'a>(Fives<'a>);

/// 6-bit numbers less 32: nibbles, and two bits each, worth 16 and 32. Byte j of a block of those has elements j, j + 8, j + 16 and
/// j + 24 from its lowest bits up.
pub(crate) struct SixesLess32<'a> {
    low: Nibbles<'a>,
    high: &'a [[u8; PAIR_BYTES]],
}

impl<'a> Bytes<'a> {
    pub(crate) fn new(plane: &'a [i8]) -> Self {
        Bytes(plane.as_chunks().0)
    }
}

impl<'a> Nibbles<'a> {
    pub(crate) fn new(plane: &'a [u8]) -> Self {
        Nibbles(plane.as_chunks().0)
    }

    pub(crate) fn less_8(self) -> NibblesLess8<'a> {
        NibblesLess8(self)
    }

    pub(crate) fn named(self) -> Named<'a> {
        Named(self)
    }
}

impl<'a> Fives<'a> {
    pub(crate) fn new(low: &'a [u8], high: &'a [u8]) -> Self {
        Fives {
            low: Nibbles::new(low),
            high: high.as_chunks().0,
        }
    }

    pub(crate) fn less_16(self) -> FivesLess16<'a> {
        FivesLess16(self)
    }
}

impl<'a> SixesLess32<'a> {
    pub(crate) fn new(low: &'a [u8], high: &'a [u8]) -> Self {
        SixesLess32 {
            low: Nibbles::new(low),
            high: high.as_chunks().0,
        }
    }
}

impl Quants for Bytes<'_> {
    fn block(&self, index: usize) -> [i8; BLOCK] {
        self.0[index]
    }

    fn dot(&self, index: usize, x: &[i8; BLOCK]) -> i32 {
        products(&self.0[index], x)
    }
}

impl Quants for Nibbles<'_> {
    fn block(&self, index: usize) -> [i8; BLOCK] {
        let packed = &self.0[index];
        let mut block = [0; BLOCK];
        let (low, high) = block.split_at_mut(NIBBLE_BYTES);
        for ((byte, low), high) in packed.iter().zip(low).zip(high) {
            *low = (byte & 15) as i8;
            *high = (byte >> 4) as i8;
        }
        block
    }
}

impl Quants for NibblesLess8<'_> {
    fn block(&self, index: usize) -> [i8; BLOCK] {
        less(self.0.block(index), 8)
    }

    fn dot(&self, index: usize, x: &[i8; BLOCK]) -> i32 {
        let (low, high) = x.split_at(NIBBLE_BYTES);
        let mut sum = 0;
        for ((byte, low), high) in self.0.0[index].iter().zip(low).zip(high) {
            sum += (i32::from(byte & 15) - 8) * i32::from(*low);
            sum += (i32::from(byte >> 4) - 8) * i32::from(*high);
        }
        sum
    }
}

impl Quants for Named<'_> {
    fn block(&self, index: usize) -> [i8; BLOCK] {
        let mut block = self.0.block(index);
        for number in &mut block {
            *number = CODEBOOK[usize::from(*number as u8 & 15)];
        }
        block
    }
}

impl Quants for Fives<'_> {
    fn block(&self, index: usize) -> [i8; BLOCK] {
        let mut block = self.low.block(index);
        let bits = u32::from_le_bytes(self.high[index]);
        for (place, number) in block.iter_mut().enumerate() {
            *number |= ((bits >> place & 1) << 4) as i8;
        }
        block
    }
}

impl Quants for FivesLess16<'_> {
    fn block(&self, index: usize) -> [i8; BLOCK] {
        less(self.0.block(index), 16)
    }
}

impl Quants for SixesLess32<'_> {
    fn block(&self, index: usize) -> [i8; BLOCK] {
        let mut block = self.low.block(index);
        let packed = &self.high[index];
        for (quarter, numbers) in block.chunks_exact_mut(PAIR_BYTES).enumerate() {
            for (number, byte) in numbers.iter_mut().zip(packed) {
                let high = (byte >> (2 * quarter) & 3) << 4;
                *number = (*number | high as i8) - 32;
            }
        }
        block
    }
}
