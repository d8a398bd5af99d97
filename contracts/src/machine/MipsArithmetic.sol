// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @title Arithmetic of 32-bit words as the machine defines it
/// @dev The twin of `mips-vm/machine/src/exec/{alu,shift,bits,muldiv,trap}.rs`. Everything wraps.
library MipsArithmetic {
    /// @notice `a + b`, and whether it overflows as signed numbers.
    function add(uint32 a, uint32 b) internal pure returns (uint32 sum, bool overflow) {
        unchecked {
            sum = a + b;
        }
        // It overflows iff the operands' signs are equal and the sum's is another.
        overflow = ((~(a ^ b) & (a ^ sum)) >> 31) == 1;
    }

    /// @notice `a - b`, and whether it overflows as signed numbers.
    function sub(uint32 a, uint32 b) internal pure returns (uint32 difference, bool overflow) {
        unchecked {
            difference = a - b;
        }
        // It overflows iff the operands' signs differ and the difference's is not the first's.
        overflow = (((a ^ b) & (a ^ difference)) >> 31) == 1;
    }

    /// @notice 1 if `a < b` as signed numbers, else 0.
    function slt(uint32 a, uint32 b) internal pure returns (uint32) {
        return int32(a) < int32(b) ? 1 : 0;
    }

    /// @notice 1 if `a < b`, else 0.
    function sltu(uint32 a, uint32 b) internal pure returns (uint32) {
        return a < b ? 1 : 0;
    }

    /// @notice Shifted right, the sign copied; `by` is below 32.
    function sra(uint32 value, uint32 by) internal pure returns (uint32) {
        return uint32(int32(value) >> by);
    }

    /// @notice Rotated right; `by` is below 32.
    function rotr(uint32 value, uint32 by) internal pure returns (uint32) {
        return uint32((uint256(value) << 32 | value) >> by);
    }

    /// @notice The lowest 16 bits as a signed number.
    function signExtend16(uint32 value) internal pure returns (uint32) {
        return uint32(int32(int16(uint16(value))));
    }

    /// @notice The lowest 8 bits as a signed number.
    function signExtend8(uint32 value) internal pure returns (uint32) {
        return uint32(int32(int8(uint8(value))));
    }

    /// @notice Leading zeros.
    function clz(uint32 value) internal pure returns (uint32 count) {
        unchecked {
            while (count < 32 && (value >> (31 - count)) == 0) ++count;
        }
    }

    /// @notice Leading ones.
    function clo(uint32 value) internal pure returns (uint32) {
        return clz(~value);
    }

    /// @notice The bytes of each half swapped.
    function wsbh(uint32 value) internal pure returns (uint32) {
        return ((value & 0x00FF00FF) << 8) | ((value >> 8) & 0x00FF00FF);
    }

    /// @notice `size` bits from bit `lowest` on; `lowest + size <= 32`.
    function ext(uint32 value, uint32 lowest, uint32 size) internal pure returns (uint32) {
        unchecked {
            return uint32((uint256(value) >> lowest) & ((uint256(1) << size) - 1));
        }
    }

    /// @notice `old` with its bits `lowest` to `highest` taken from the low end of `value`; `lowest <= highest < 32`.
    function ins(uint32 old, uint32 value, uint32 lowest, uint32 highest) internal pure returns (uint32) {
        unchecked {
            uint256 field = ((uint256(2) << highest) - 1) & ~((uint256(1) << lowest) - 1);
            return uint32((old & ~field) | ((uint256(value) << lowest) & field));
        }
    }

    /// @notice Product of signed numbers, 64 bits.
    function mult(uint32 a, uint32 b) internal pure returns (uint64) {
        unchecked {
            return uint64(int64(int32(a)) * int64(int32(b)));
        }
    }

    /// @notice Product, 64 bits.
    function multu(uint32 a, uint32 b) internal pure returns (uint64) {
        unchecked {
            return uint64(a) * uint64(b);
        }
    }

    /// @notice Quotient and remainder of signed numbers, truncated; -2^31 by -1 wraps, by zero gives all ones and `a`.
    function div(uint32 a, uint32 b) internal pure returns (uint32 quotient, uint32 remainder) {
        if (b == 0) return (type(uint32).max, a);
        unchecked {
            return (uint32(int32(a) / int32(b)), uint32(int32(a) % int32(b)));
        }
    }

    /// @notice Quotient and remainder; by zero gives all ones and `a`.
    function divu(uint32 a, uint32 b) internal pure returns (uint32 quotient, uint32 remainder) {
        if (b == 0) return (type(uint32).max, a);
        return (a / b, a % b);
    }
}
