//! What each instruction does: one small function each, one file a family, one dispatch table.

mod alu;
mod bits;
mod branch;
mod dispatch;
mod load;
mod muldiv;
mod shift;
mod store;
mod trap;

pub(crate) use dispatch::execute;

/// Where a machine is: the instruction it executes, and the one after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Flow {
    /// The instruction's address.
    pub(crate) pc: u32,
    /// The next instruction's address.
    pub(crate) next_pc: u32,
}

impl Flow {
    /// On to the next instruction.
    #[inline(always)]
    pub(crate) fn onward(self) -> Flow {
        self.to(self.next_pc.wrapping_add(4))
    }

    /// On to the next instruction (the delay slot), then to `target`.
    #[inline(always)]
    pub(crate) fn to(self, target: u32) -> Flow {
        Flow {
            pc: self.next_pc,
            next_pc: target,
        }
    }

    /// Over the next instruction.
    #[inline(always)]
    pub(crate) fn skip(self) -> Flow {
        self.onward().onward()
    }

    /// What a link register receives: the address after the delay slot.
    #[inline(always)]
    pub(crate) fn link(self) -> u32 {
        self.pc.wrapping_add(8)
    }
}
