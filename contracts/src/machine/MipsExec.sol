// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Exit} from "./Exit.sol";
import {MipsArithmetic} from "./MipsArithmetic.sol";
import {MipsAccess} from "./MipsAccess.sol";
import {Frame} from "./Frame.sol";
import {Memory} from "./MipsMemory.sol";

/// @title The instructions
/// @notice Decodes a word and executes it. A word with a field set that the manual wants to be zero is illegal.
/// @dev The twin of `mips-vm/machine/src/{isa/decode,exec/dispatch}.rs`. Functions return `Exit.Running` when the
///      machine goes on; else nothing has been changed.
library MipsExec {
    uint32 private constant SUCCESS = 0x02A5000D;

    uint32 private constant RS = 31 << 21;
    uint32 private constant RT = 31 << 16;
    uint32 private constant RD = 31 << 11;
    uint32 private constant SA = 31 << 6;
    /// @dev The shift amount's bits but that of the hazard barrier's hint.
    uint32 private constant HINT = 15 << 6;

    /// @notice Executes the frame's word.
    function execute(Frame memory f, Memory memory m, bytes calldata proof) internal pure returns (Exit) {
        uint32 opcode = f.word >> 26;
        if (opcode == 0x00) return special(f);
        if (opcode == 0x01) return regimm(f);
        if (opcode < 0x04) return jump(f, opcode);
        if (opcode < 0x08) return compareAndBranch(f, opcode, false);
        if (opcode < 0x10) return immediate(f, opcode);
        if (opcode < 0x14) return Exit.Illegal;
        if (opcode < 0x18) return compareAndBranch(f, opcode, true);
        if (opcode == 0x1C) return special2(f);
        if (opcode == 0x1F) return special3(f);
        if (opcode < 0x20) return Exit.Illegal;
        return MipsAccess.access(f, m, proof, opcode);
    }

    function special(Frame memory f) private pure returns (Exit) {
        uint32 fn = f.word & 63;
        if (fn < 0x08) return shift(f, fn);
        if (fn < 0x0A) return jumpRegister(f, fn);
        if (fn < 0x0C) return conditionalMove(f, fn);
        if (fn < 0x0E) return f.word == SUCCESS ? Exit.Success : Exit.Break;
        if (fn == 0x0F) return has(f, RS | RT | RD) ? Exit.Illegal : Exit.Running;
        if (fn < 0x10) return Exit.Illegal;
        if (fn < 0x14) return moveHiLo(f, fn);
        if (fn < 0x18) return Exit.Illegal;
        if (fn < 0x1C) return multiplyDivide(f, fn);
        if (fn < 0x20) return Exit.Illegal;
        if (fn < 0x2C) return arithmetic(f, fn);
        if (fn < 0x30 || fn > 0x37) return Exit.Illegal;
        return trap(fn & 7, f.a, f.b);
    }

    function shift(Frame memory f, uint32 fn) private pure returns (Exit) {
        bool constantAmount = fn < 0x04;
        uint32 amount = constantAmount ? f.sa() : f.a & 31;
        // The one field left over is zero, or 1 where a right shift becomes a rotation.
        uint32 variant = constantAmount ? f.rs() : f.sa();
        uint32 kind = fn & 3;
        uint32 value;
        if (kind == 2 && variant == 1) value = MipsArithmetic.rotr(f.b, amount);
        else if (variant != 0) return Exit.Illegal;
        else if (kind == 0) value = f.b << amount;
        else if (kind == 2) value = f.b >> amount;
        else if (kind == 3) value = MipsArithmetic.sra(f.b, amount);
        else return Exit.Illegal;
        f.r.set(f.rd(), value);
        return Exit.Running;
    }

    function jumpRegister(Frame memory f, uint32 fn) private pure returns (Exit) {
        bool linked = fn == 0x09;
        if (has(f, linked ? RT | HINT : RT | RD | HINT)) return Exit.Illegal;
        if (linked) f.r.set(f.rd(), f.link());
        f.target = f.a;
        return Exit.Running;
    }

    function conditionalMove(Frame memory f, uint32 fn) private pure returns (Exit) {
        if (has(f, SA)) return Exit.Illegal;
        if ((f.b == 0) == (fn == 0x0A)) f.r.set(f.rd(), f.a);
        return Exit.Running;
    }

    function moveHiLo(Frame memory f, uint32 fn) private pure returns (Exit) {
        bool fromThem = fn & 1 == 0;
        if (has(f, fromThem ? RS | RT | SA : RT | RD | SA)) return Exit.Illegal;
        if (fn == 0x10) f.r.set(f.rd(), f.r.hi());
        else if (fn == 0x11) f.r.setHi(f.a);
        else if (fn == 0x12) f.r.set(f.rd(), f.r.lo());
        else f.r.setLo(f.a);
        return Exit.Running;
    }

    function multiplyDivide(Frame memory f, uint32 fn) private pure returns (Exit) {
        if (has(f, RD | SA)) return Exit.Illegal;
        if (fn == 0x18) setAccumulator(f, MipsArithmetic.mult(f.a, f.b));
        else if (fn == 0x19) setAccumulator(f, MipsArithmetic.multu(f.a, f.b));
        else divide(f, fn == 0x1A);
        return Exit.Running;
    }

    function divide(Frame memory f, bool signed) private pure {
        (uint32 quotient, uint32 remainder) = signed ? MipsArithmetic.div(f.a, f.b) : MipsArithmetic.divu(f.a, f.b);
        f.r.setLo(quotient);
        f.r.setHi(remainder);
    }

    function arithmetic(Frame memory f, uint32 fn) private pure returns (Exit) {
        if (has(f, SA)) return Exit.Illegal;
        uint32 a = f.a;
        uint32 b = f.b;
        uint32 value;
        bool overflow;
        if (fn < 0x22) (value, overflow) = MipsArithmetic.add(a, b);
        else if (fn < 0x24) (value, overflow) = MipsArithmetic.sub(a, b);
        else if (fn == 0x24) value = a & b;
        else if (fn == 0x25) value = a | b;
        else if (fn == 0x26) value = a ^ b;
        else if (fn == 0x27) value = ~(a | b);
        else if (fn == 0x2A) value = MipsArithmetic.slt(a, b);
        else if (fn == 0x2B) value = MipsArithmetic.sltu(a, b);
        else return Exit.Illegal;
        // addu and subu, the odd ones, don't mind.
        if (overflow && fn & 1 == 0) return Exit.Overflow;
        f.r.set(f.rd(), value);
        return Exit.Running;
    }

    /// @dev Register and immediate traps number their conditions alike.
    function trap(uint32 condition, uint32 a, uint32 b) private pure returns (Exit) {
        bool holds;
        if (condition == 0) holds = int32(a) >= int32(b);
        else if (condition == 1) holds = a >= b;
        else if (condition == 2) holds = int32(a) < int32(b);
        else if (condition == 3) holds = a < b;
        else if (condition == 4) holds = a == b;
        else if (condition == 6) holds = a != b;
        else return Exit.Illegal;
        return holds ? Exit.Trap : Exit.Running;
    }

    function regimm(Frame memory f) private pure returns (Exit) {
        uint32 kind = f.rt();
        if (kind == 0x1F) return Exit.Running;
        if (kind >> 3 == 1) return trap(kind & 7, f.a, f.signed());
        // Bit 4: links. Bit 1: likely. Bit 0: taken from zero on, else below. The others are zero.
        if (kind & 0x0C != 0) return Exit.Illegal;
        bool taken = (int32(f.a) >= 0) == (kind & 1 == 1);
        if (kind & 0x10 != 0) f.r.set(31, f.link());
        f.branch(taken, kind & 2 != 0);
        return Exit.Running;
    }

    function jump(Frame memory f, uint32 opcode) private pure returns (Exit) {
        unchecked {
            f.target = ((f.pc + 4) & 0xF0000000) | ((f.word & 0x03FFFFFF) << 2);
        }
        if (opcode == 0x03) f.r.set(31, f.link());
        return Exit.Running;
    }

    function compareAndBranch(Frame memory f, uint32 opcode, bool likely) private pure returns (Exit) {
        uint32 kind = opcode & 3;
        if (kind >= 2 && has(f, RT)) return Exit.Illegal;
        bool holds = kind < 2 ? f.a == f.b : int32(f.a) <= 0;
        // The odd ones are the opposites: bne of beq, bgtz of blez.
        f.branch(holds == (kind & 1 == 0), likely);
        return Exit.Running;
    }

    function immediate(Frame memory f, uint32 opcode) private pure returns (Exit) {
        uint32 a = f.a;
        uint32 extended = f.signed();
        uint32 plain = f.word & 0xFFFF;
        uint32 value;
        bool overflow;
        if (opcode < 0x0A) (value, overflow) = MipsArithmetic.add(a, extended);
        else if (opcode == 0x0A) value = MipsArithmetic.slt(a, extended);
        else if (opcode == 0x0B) value = MipsArithmetic.sltu(a, extended);
        else if (opcode == 0x0C) value = a & plain;
        else if (opcode == 0x0D) value = a | plain;
        else if (opcode == 0x0E) value = a ^ plain;
        else if (has(f, RS)) return Exit.Illegal;
        else value = plain << 16;
        // addiu doesn't mind.
        if (overflow && opcode == 0x08) return Exit.Overflow;
        f.r.set(f.rt(), value);
        return Exit.Running;
    }

    function special2(Frame memory f) private pure returns (Exit) {
        uint32 fn = f.word & 63;
        if (has(f, SA)) return Exit.Illegal;
        if (fn == 0x20) {
            f.r.set(f.rd(), MipsArithmetic.clz(f.a));
        } else if (fn == 0x21) {
            f.r.set(f.rd(), MipsArithmetic.clo(f.a));
        } else if (fn == 0x02) {
            unchecked {
                f.r.set(f.rd(), f.a * f.b);
            }
        } else {
            return multiplyAndAdd(f, fn);
        }
        return Exit.Running;
    }

    function multiplyAndAdd(Frame memory f, uint32 fn) private pure returns (Exit) {
        if (has(f, RD) || fn > 5 || fn == 3) return Exit.Illegal;
        uint64 product = fn & 1 == 0 ? MipsArithmetic.mult(f.a, f.b) : MipsArithmetic.multu(f.a, f.b);
        uint64 sum = uint64(f.r.hi()) << 32 | f.r.lo();
        unchecked {
            setAccumulator(f, fn < 4 ? sum + product : sum - product);
        }
        return Exit.Running;
    }

    function special3(Frame memory f) private pure returns (Exit) {
        uint32 fn = f.word & 63;
        if (fn == 0x00) return extract(f);
        if (fn == 0x04) return insert(f);
        if (fn != 0x20 || has(f, RS)) return Exit.Illegal;
        uint32 kind = f.sa();
        uint32 value;
        if (kind == 0x02) value = MipsArithmetic.wsbh(f.b);
        else if (kind == 0x10) value = MipsArithmetic.signExtend8(f.b);
        else if (kind == 0x18) value = MipsArithmetic.signExtend16(f.b);
        else return Exit.Illegal;
        f.r.set(f.rd(), value);
        return Exit.Running;
    }

    function extract(Frame memory f) private pure returns (Exit) {
        uint32 lowest = f.sa();
        uint32 size = f.rd() + 1;
        if (lowest + size > 32) return Exit.Illegal;
        f.r.set(f.rt(), MipsArithmetic.ext(f.a, lowest, size));
        return Exit.Running;
    }

    function insert(Frame memory f) private pure returns (Exit) {
        uint32 lowest = f.sa();
        uint32 highest = f.rd();
        if (highest < lowest) return Exit.Illegal;
        f.r.set(f.rt(), MipsArithmetic.ins(f.b, f.a, lowest, highest));
        return Exit.Running;
    }

    function setAccumulator(Frame memory f, uint64 value) private pure {
        f.r.setHi(uint32(value >> 32));
        f.r.setLo(uint32(value));
    }

    function has(Frame memory f, uint32 bits) private pure returns (bool) {
        return f.word & bits != 0;
    }
}
