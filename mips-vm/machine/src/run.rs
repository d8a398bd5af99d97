//! The fast path: decoded text, direct slices over mapped tensors, one flat work memory, no hashing.

use crate::Exit;
use crate::exec::{Flow, execute};
use crate::isa::Instruction;
use crate::memory::{
    Context, Memory, PAGE_BYTES, WINDOW_BYTES, WORK_BYTES, WORK_WINDOW, Work, word_or_zero,
};
use crate::state::{Machine, Registers};
use memmap2::MmapMut;

/// Runs until the machine exits or has made `max_steps` transitions (an exit is one), and gives its last state.
pub fn run(context: &Context<'_>, first: &Machine, max_steps: u64) -> Machine {
    let mut runner = Runner::new(context, first);
    runner.advance(max_steps);
    runner.snapshot()
}

/// A machine under way, its work memory flat.
pub(crate) struct Runner<'a> {
    text: &'a [Instruction],
    memory: Flat<'a>,
    registers: Registers,
    /// The work memory as of the last snapshot.
    work: Work,
}

impl<'a> Runner<'a> {
    pub(crate) fn new(context: &Context<'a>, first: &Machine) -> Self {
        Runner {
            text: context.image.decoded(),
            memory: Flat::new(context, &first.work),
            registers: first.registers.clone(),
            work: first.work.clone(),
        }
    }

    pub(crate) fn registers(&self) -> &Registers {
        &self.registers
    }

    /// Makes up to `most` transitions, fewer only if the machine exits; gives how many it made.
    pub(crate) fn advance(&mut self, most: u64) -> u64 {
        let r = &mut self.registers;
        if r.exited() {
            return 0;
        }
        let (executed, halt) = interpret(self.text, &mut self.memory, r, most);
        r.steps = r.steps.wrapping_add(executed);
        if let Some(exit) = halt {
            r.exit = exit.code();
        }
        executed + u64::from(halt.is_some())
    }

    /// One transition; gives the address of the word that it stored to, if it stored.
    pub(crate) fn advance_noting_store(&mut self) -> Option<u32> {
        self.memory.stored = None;
        self.advance(1);
        self.memory.stored
    }

    /// Flips bits of a word of the work memory, given by its offset.
    pub(crate) fn flip(&mut self, offset: u32, xor: u32) {
        self.memory.write(offset as usize, |word| word ^ xor);
    }

    /// 64 bytes of work memory (two sibling leaves) around an offset.
    pub(crate) fn leaf_pair(&self, offset: u32) -> &[u8; 64] {
        let at = offset as usize & !63;
        self.memory.work[at..]
            .first_chunk()
            .expect("the memory is a multiple of 64 bytes")
    }

    /// The state now. Pages not written since the last snapshot are shared with it.
    pub(crate) fn snapshot(&mut self) -> Machine {
        for (page, dirty) in self
            .memory
            .dirty
            .iter_mut()
            .enumerate()
            .filter(|(_, dirty)| **dirty)
        {
            let bytes = self.memory.work[page * PAGE_BYTES..]
                .first_chunk()
                .expect("a page lies in the memory");
            self.work.set_page(page, *bytes);
            *dirty = false;
        }
        Machine {
            registers: self.registers.clone(),
            work: self.work.clone(),
        }
    }
}

/// The loop: executes up to `most` instructions, until one halts. Gives how many were executed, and why it halted.
#[inline(never)]
fn interpret(
    text: &[Instruction],
    memory: &mut Flat<'_>,
    registers: &mut Registers,
    most: u64,
) -> (u64, Option<Exit>) {
    let mut r = registers.clone();
    let mut flow = Flow {
        pc: r.pc,
        next_pc: r.next_pc,
    };
    let mut left = most;
    let mut halt = None;
    while left != 0 {
        // Rotating puts an unaligned pc past every text, so that one bounds check finds both faults.
        let Some(i) = text.get(flow.pc.rotate_right(2) as usize) else {
            halt = Some(Exit::Fetch);
            break;
        };
        match execute(*i, flow, &mut r, memory) {
            Ok(next) => flow = next,
            Err(exit) => {
                halt = Some(exit);
                break;
            }
        }
        left -= 1;
    }
    *registers = r;
    (registers.pc, registers.next_pc) = (flow.pc, flow.next_pc);
    (most - left, halt)
}

/// The windows as slices, and the work memory as one.
struct Flat<'a> {
    windows: [&'a [u8]; 16],
    /// Pages of the system's, zero without being written: a short run touches few of them.
    work: MmapMut,
    /// Pages written since the last snapshot.
    dirty: Vec<bool>,
    /// Offset of the last store.
    stored: Option<u32>,
}

/// An offset in a window.
const OFFSET: u32 = WINDOW_BYTES - 1;

impl<'a> Flat<'a> {
    fn new(context: &Context<'a>, work: &Work) -> Self {
        let mut windows: [&[u8]; 16] = std::array::from_fn(|window| context.inputs.window(window));
        windows[0] = context.image.bytes();
        let mut bytes = MmapMut::map_anon(WORK_BYTES).expect("there are 4 MiB of memory");
        for (page, to) in work.pages().iter().zip(bytes.chunks_exact_mut(PAGE_BYTES)) {
            if let Some(page) = page {
                to.copy_from_slice(page.bytes());
            }
        }
        Flat {
            windows,
            work: bytes,
            dirty: vec![false; WORK_BYTES / PAGE_BYTES],
            stored: None,
        }
    }

    /// A load past the bytes that a window was given.
    #[cold]
    #[inline(never)]
    fn past_end(&self, address: u32) -> Result<u32, Exit> {
        match address >> 28 {
            0 | 15 => Err(Exit::Load),
            window => Ok(word_or_zero(
                self.windows[window as usize],
                address & OFFSET,
            )),
        }
    }

    #[inline(always)]
    fn write(&mut self, offset: usize, change: impl FnOnce(u32) -> u32) -> Option<()> {
        let place: &mut [u8; 4] = self.work.get_mut(offset..offset + 4)?.try_into().ok()?;
        *place = change(u32::from_le_bytes(*place)).to_le_bytes();
        if let Some(dirty) = self.dirty.get_mut(offset / PAGE_BYTES) {
            *dirty = true;
        }
        Some(())
    }
}

impl Memory for Flat<'_> {
    #[inline(always)]
    fn load(&mut self, address: u32) -> Result<u32, Exit> {
        let (window, offset) = ((address >> 28) as usize, (address & OFFSET) as usize);
        let bytes = if window == WORK_WINDOW {
            &self.work[..]
        } else {
            self.windows[window]
        };
        match bytes.get(offset..offset + 4) {
            Some(word) => Ok(u32::from_le_bytes(word.try_into().expect("four bytes"))),
            None => self.past_end(address),
        }
    }

    #[inline(always)]
    fn store(&mut self, address: u32, mask: u32, value: u32) -> Result<(), Exit> {
        if address >> 28 != WORK_WINDOW as u32 {
            return Err(Exit::Store);
        }
        let offset = address & OFFSET;
        self.write(offset as usize, |word| word & !mask | value & mask)
            .ok_or(Exit::Store)?;
        self.stored = Some(offset);
        Ok(())
    }
}
