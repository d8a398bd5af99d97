// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice Why a machine stands still: the values of its exit word.
/// @dev The same table as `mips-vm/machine/src/exit.rs`.
enum Exit {
    /// Still running.
    Running,
    /// The word `break 0x2A5` was executed.
    Success,
    /// Any other `break`, or `syscall`.
    Break,
    /// A trap instruction whose condition holds.
    Trap,
    /// A word that is no instruction of this machine.
    Illegal,
    /// The program counter is not a multiple of 4 or not inside the image's tree.
    Fetch,
    /// A load or store at an address that is not a multiple of its size.
    Unaligned,
    /// A load from an address that is not mapped.
    Load,
    /// A store outside the work memory.
    Store,
    /// `add`, `addi` or `sub` with signed overflow.
    Overflow
}
