//! One step of a machine whose whole memory is at hand: the plain twin of [`crate::run()`].

use crate::Exit;
use crate::exec::{Flow, execute};
use crate::isa::decode;
use crate::memory::{Context, Memory, WORK_BYTES, WORK_WINDOW, Work};
use crate::state::{Machine, Registers};

/// One step. A machine that has exited steps to itself.
pub fn step(context: &Context<'_>, machine: &mut Machine) {
    let Machine { registers, work } = machine;
    let word = context.image.word(registers.pc);
    let mut memory = Paged { context, work };
    step_registers(registers, word, &mut memory);
}

/// One step, the word at pc being given (none: not inside the image) and memory being any.
pub(crate) fn step_registers(r: &mut Registers, word: Option<u32>, memory: &mut impl Memory) {
    if r.exited() {
        return;
    }
    let at = Flow {
        pc: r.pc,
        next_pc: r.next_pc,
    };
    let outcome = word
        .ok_or(Exit::Fetch)
        .and_then(|word| execute(decode(word), at, r, memory));
    match outcome {
        Ok(flow) => {
            (r.pc, r.next_pc) = (flow.pc, flow.next_pc);
            r.steps = r.steps.wrapping_add(1);
        }
        Err(exit) => r.exit = exit.code(),
    }
}

/// The mapped windows and the work memory in pages.
struct Paged<'a> {
    context: &'a Context<'a>,
    work: &'a mut Work,
}

impl Memory for Paged<'_> {
    fn load(&mut self, address: u32) -> Result<u32, Exit> {
        match work_offset(address) {
            Some(offset) => Ok(self.work.word(offset)),
            None => self.context.word(address).ok_or(Exit::Load),
        }
    }

    fn store(&mut self, address: u32, mask: u32, value: u32) -> Result<(), Exit> {
        let offset = work_offset(address).ok_or(Exit::Store)?;
        let old = self.work.word(offset);
        self.work.set_word(offset, old & !mask | value & mask);
        Ok(())
    }
}

/// The offset in the work memory, if the address lies there.
pub(crate) fn work_offset(address: u32) -> Option<u32> {
    let offset = address & 0x0FFF_FFFF;
    (address >> 28 == WORK_WINDOW as u32 && offset < WORK_BYTES as u32).then_some(offset)
}
