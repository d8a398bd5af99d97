//! The state of a machine: registers and work memory.

use crate::Exit;
use crate::memory::Work;
use gavel_primitives::{Hash, Hasher, tag, tagged};

/// Bytes of the packed registers.
pub const REGISTERS_BYTES: usize = 152;

/// Everything of a state but its memory.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Registers {
    /// Address of the instruction that is executed next.
    pub pc: u32,
    /// Address of the one after it.
    pub next_pc: u32,
    /// Upper half of products, remainder of divisions.
    pub hi: u32,
    /// Lower half of products, quotient of divisions.
    pub lo: u32,
    /// General registers; `gpr[0]` is zero and no part of the state.
    pub gpr: [u32; 32],
    /// 0 while running, see [`Exit`].
    pub exit: u32,
    /// Instructions executed, modulo 2^64.
    pub steps: u64,
}

impl Registers {
    /// The registers of a first state.
    pub fn at_entry(entry: u32) -> Self {
        Registers {
            pc: entry,
            next_pc: entry.wrapping_add(4),
            ..Registers::default()
        }
    }

    /// Whether the machine stands still.
    pub fn exited(&self) -> bool {
        self.exit != Exit::Running.code()
    }

    /// A general register.
    #[inline(always)]
    pub fn get(&self, register: u8) -> u32 {
        self.gpr[usize::from(register & 31)]
    }

    /// Writes a general register; a write to register 0 is dropped.
    #[inline(always)]
    pub fn set(&mut self, register: u8, value: u32) {
        self.gpr[usize::from(register & 31)] = value;
        self.gpr[0] = 0;
    }

    /// `hi` and `lo` as one number.
    #[inline(always)]
    pub fn accumulator(&self) -> u64 {
        u64::from(self.hi) << 32 | u64::from(self.lo)
    }

    /// Writes `hi` and `lo`.
    #[inline(always)]
    pub fn set_accumulator(&mut self, value: u64) {
        self.hi = (value >> 32) as u32;
        self.lo = value as u32;
    }

    /// pc, next pc, hi, lo, r1..r31, exit as big-endian words of 4 bytes, steps as one of 8.
    pub fn pack(&self) -> [u8; REGISTERS_BYTES] {
        let mut packed = [0u8; REGISTERS_BYTES];
        let (words, steps) = packed.split_at_mut(144);
        let head = [self.pc, self.next_pc, self.hi, self.lo];
        let values = head.iter().chain(&self.gpr[1..]).chain([&self.exit]);
        for (place, value) in words.chunks_exact_mut(4).zip(values) {
            place.copy_from_slice(&value.to_be_bytes());
        }
        steps.copy_from_slice(&self.steps.to_be_bytes());
        packed
    }

    /// The registers that pack to these bytes.
    pub fn unpack(packed: &[u8; REGISTERS_BYTES]) -> Self {
        let (words, steps) = packed.split_at(144);
        let (words, _) = words.as_chunks::<4>();
        let word = |i: usize| u32::from_be_bytes(words[i]);
        let mut gpr = [0u32; 32];
        gpr.iter_mut()
            .enumerate()
            .skip(1)
            .for_each(|(r, value)| *value = word(3 + r));
        Registers {
            pc: word(0),
            next_pc: word(1),
            hi: word(2),
            lo: word(3),
            gpr,
            exit: word(35),
            steps: steps
                .iter()
                .fold(0, |sum, byte| sum << 8 | u64::from(*byte)),
        }
    }

    /// `H(REGISTERS, packed)`.
    pub fn hash(&self) -> Hash {
        let mut hasher = Hasher::new(&tag::REGISTERS);
        hasher.packed(&self.pack());
        hasher.finish()
    }

    /// The state's hash over these registers and a work memory with this root.
    pub fn state_hash(&self, work_root: &Hash) -> Hash {
        tagged(&tag::MACHINE, &[work_root.0, self.hash().0])
    }
}

/// A state. Clones share their memory's pages until one of them writes.
#[derive(Clone, Debug, Default)]
pub struct Machine {
    /// Everything but the memory.
    pub registers: Registers,
    /// Window 15.
    pub work: Work,
}

impl Machine {
    /// The first state of a tile: the old chunk in place, everything else zero.
    pub fn first(entry: u32, old_chunk: &[u8; crate::memory::CHUNK_BYTES]) -> Self {
        let mut work = Work::default();
        work.set_chunk(old_chunk);
        Machine {
            registers: Registers::at_entry(entry),
            work,
        }
    }

    /// Whether the machine stands still.
    pub fn exited(&self) -> bool {
        self.registers.exited()
    }

    /// The state's hash.
    pub fn hash(&self) -> Hash {
        self.registers.state_hash(&self.work.root())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packing_follows_the_table_and_turns_back() {
        let mut registers = Registers::at_entry(0x0102_0304);
        registers.gpr = core::array::from_fn(|r| r as u32);
        (registers.hi, registers.lo, registers.exit) = (0xA1, 0xA2, 0xA3);
        registers.steps = 0x1122_3344_5566_7788;
        let packed = registers.pack();
        assert_eq!(packed[..8], [1, 2, 3, 4, 1, 2, 3, 8]);
        assert_eq!(packed[8..20], [0, 0, 0, 0xA1, 0, 0, 0, 0xA2, 0, 0, 0, 1]);
        assert_eq!(packed[136..144], [0, 0, 0, 31, 0, 0, 0, 0xA3]);
        assert_eq!(
            packed[144..],
            [0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88]
        );
        assert_eq!(Registers::unpack(&packed), registers);
    }

    #[test]
    fn register_zero_stays_zero() {
        let mut registers = Registers::default();
        registers.set(0, 7);
        assert_eq!(registers, Registers::default());
    }
}
