//! Why a machine stands still.

/// The exit word's values. A state opened by a proof may carry any other word: it stands still too.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Exit {
    /// Still running.
    Running = 0,
    /// The word `break 0x2A5` was executed.
    Success = 1,
    /// Any other `break`, or `syscall`.
    Break = 2,
    /// A trap instruction whose condition holds.
    Trap = 3,
    /// A word that is no instruction of this machine.
    Illegal = 4,
    /// The program counter is not a multiple of 4 or not inside the image's tree.
    Fetch = 5,
    /// A load or store at an address that is not a multiple of its size.
    Unaligned = 6,
    /// A load from an address that is not mapped.
    Load = 7,
    /// A store outside the work memory.
    Store = 8,
    /// `add`, `addi` or `sub` with signed overflow.
    Overflow = 9,
}

impl Exit {
    /// All of them, by code.
    pub const ALL: [Exit; 10] = [
        Exit::Running,
        Exit::Success,
        Exit::Break,
        Exit::Trap,
        Exit::Illegal,
        Exit::Fetch,
        Exit::Unaligned,
        Exit::Load,
        Exit::Store,
        Exit::Overflow,
    ];

    /// The exit word.
    pub const fn code(self) -> u32 {
        self as u32
    }

    /// The meaning of an exit word, if it has one.
    pub fn from_code(code: u32) -> Option<Exit> {
        Exit::ALL.get(code as usize).copied()
    }
}
