// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Exit} from "./Exit.sol";
import {Frame} from "./Frame.sol";
import {Memory} from "./MipsMemory.sol";
import {MipsArithmetic} from "./MipsArithmetic.sol";

/// @title Loads and stores
/// @notice Each reads, or replaces bits of, one aligned word. Alignment is checked before mapping.
/// @dev The twin of `mips-vm/machine/src/exec/{load,store}.rs`.
library MipsAccess {
    uint32 private constant LB = 0x20;
    uint32 private constant LH = 0x21;
    uint32 private constant LWL = 0x22;
    uint32 private constant LW = 0x23;
    uint32 private constant LBU = 0x24;
    uint32 private constant LHU = 0x25;
    uint32 private constant LWR = 0x26;
    uint32 private constant SB = 0x28;
    uint32 private constant SH = 0x29;
    uint32 private constant SWL = 0x2A;
    uint32 private constant SW = 0x2B;
    uint32 private constant SWR = 0x2E;
    uint32 private constant LL = 0x30;
    uint32 private constant PREF = 0x33;
    uint32 private constant SC = 0x38;

    /// @notice Executes a word whose opcode is 0x20 or above.
    function access(Frame memory f, Memory memory m, bytes calldata proof, uint32 opcode) internal pure returns (Exit) {
        uint32 address_;
        unchecked {
            address_ = f.a + f.signed();
        }
        if (opcode == PREF) return Exit.Running;
        if (isLoad(opcode)) return load(f, m, proof, opcode, address_);
        if (isStore(opcode)) return store(f, m, proof, opcode, address_);
        return Exit.Illegal;
    }

    function isLoad(uint32 opcode) private pure returns (bool) {
        return opcode <= LWR || opcode == LL;
    }

    function isStore(uint32 opcode) private pure returns (bool) {
        return (opcode >= SB && opcode <= SW) || opcode == SWR || opcode == SC;
    }

    function load(Frame memory f, Memory memory m, bytes calldata proof, uint32 opcode, uint32 address_)
        private
        pure
        returns (Exit)
    {
        if (!aligned(opcode, address_)) return Exit.Unaligned;
        (bool mapped, uint32 word) = m.load(proof, address_ & ~uint32(3));
        if (!mapped) return Exit.Load;
        f.r.set(f.rt(), loaded(opcode, word, (address_ & 3) * 8, f.b));
        return Exit.Running;
    }

    /// @dev The register's new value; `shift` is how far the addressed byte lies above the word's lowest bit.
    function loaded(uint32 opcode, uint32 word, uint32 shift, uint32 old) private pure returns (uint32) {
        unchecked {
            if (opcode == LW || opcode == LL) return word;
            if (opcode == LBU) return (word >> shift) & 0xFF;
            if (opcode == LB) return MipsArithmetic.signExtend8(word >> shift);
            if (opcode == LHU) return (word >> shift) & 0xFFFF;
            if (opcode == LH) return MipsArithmetic.signExtend16(word >> shift);
            if (opcode == LWL) return (word << (24 - shift)) | (old & (uint32(0x00FFFFFF) >> shift));
            return (word >> shift) | (old & ~(type(uint32).max >> shift));
        }
    }

    function store(Frame memory f, Memory memory m, bytes calldata proof, uint32 opcode, uint32 address_)
        private
        pure
        returns (Exit)
    {
        if (!aligned(opcode, address_)) return Exit.Unaligned;
        (uint32 mask, uint32 value) = stored(opcode, (address_ & 3) * 8, f.b);
        if (!m.store(proof, address_ & ~uint32(3), mask, value)) return Exit.Store;
        // A store conditional always succeeds: nothing else runs here.
        if (opcode == SC) f.r.set(f.rt(), 1);
        return Exit.Running;
    }

    /// @dev Which bits of the word are replaced, and by what.
    function stored(uint32 opcode, uint32 shift, uint32 value) private pure returns (uint32, uint32) {
        unchecked {
            if (opcode == SB) return (uint32(0xFF) << shift, value << shift);
            if (opcode == SH) return (uint32(0xFFFF) << shift, value << shift);
            if (opcode == SWL) return (type(uint32).max >> (24 - shift), value >> (24 - shift));
            if (opcode == SWR) return (type(uint32).max << shift, value << shift);
            return (type(uint32).max, value);
        }
    }

    /// @dev Bytes and the halves of unaligned words go anywhere.
    function aligned(uint32 opcode, uint32 address_) private pure returns (bool) {
        if (opcode == LW || opcode == LL || opcode == SW || opcode == SC) return address_ & 3 == 0;
        if (opcode == LH || opcode == LHU || opcode == SH) return address_ & 1 == 0;
        return true;
    }
}
