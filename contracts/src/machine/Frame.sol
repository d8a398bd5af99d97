// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {MipsArithmetic} from "./MipsArithmetic.sol";
import {Registers} from "./Registers.sol";

/// @notice One instruction under way.
struct Frame {
    Registers r;
    /// The instruction.
    uint32 word;
    /// Its address, and that of the next one.
    uint32 pc;
    uint32 nextPc;
    /// Values of rs and rt before it.
    uint32 a;
    uint32 b;
    /// Where the machine goes after the next instruction.
    uint32 target;
    /// Whether the next instruction is skipped.
    bool skips;
}

using FrameLib for Frame global;

/// @title Fields of the instruction under way, and where it leads
library FrameLib {
    /// @notice The frame of `word` at the registers' pc; it goes on to the next instruction unless changed.
    function enter(Registers r, uint32 word) internal pure returns (Frame memory f) {
        f.r = r;
        f.word = word;
        f.pc = r.pc();
        f.nextPc = r.nextPc();
        f.a = r.get(rs(f));
        f.b = r.get(rt(f));
        unchecked {
            f.target = f.nextPc + 4;
        }
    }

    /// @notice Moves the registers on and counts the step.
    function finish(Frame memory f) internal pure {
        unchecked {
            if (f.skips) f.r.setFlow(f.nextPc + 4, f.nextPc + 8);
            else f.r.setFlow(f.nextPc, f.target);
        }
        f.r.countStep();
    }

    /// @notice Number of the first source register, or of a load's or store's base.
    function rs(Frame memory f) internal pure returns (uint32) {
        return (f.word >> 21) & 31;
    }

    /// @notice Number of the second source register, or of the destination of a load or immediate instruction.
    function rt(Frame memory f) internal pure returns (uint32) {
        return (f.word >> 16) & 31;
    }

    /// @notice Number of the destination register.
    function rd(Frame memory f) internal pure returns (uint32) {
        return (f.word >> 11) & 31;
    }

    /// @notice The shift amount.
    function sa(Frame memory f) internal pure returns (uint32) {
        return (f.word >> 6) & 31;
    }

    /// @notice The immediate, sign-extended.
    function signed(Frame memory f) internal pure returns (uint32) {
        return MipsArithmetic.signExtend16(f.word);
    }

    /// @notice What a link register receives: the address after the delay slot.
    function link(Frame memory f) internal pure returns (uint32) {
        unchecked {
            return f.pc + 8;
        }
    }

    /// @notice To the target if taken; a likely branch not taken skips the delay slot.
    function branch(Frame memory f, bool taken, bool likely) internal pure {
        unchecked {
            if (taken) f.target = f.pc + 4 + (signed(f) << 2);
            else f.skips = likely;
        }
    }
}
