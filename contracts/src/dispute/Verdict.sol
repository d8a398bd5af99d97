// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice How a leaf rule decided a match, and who called it: one word, so that deciding writes no more than one.
/// @dev | bits | field |
///      |---|---|
///      | 96 .. 255 | maker of the deciding call |
///      | 8 .. 87 | wei that it is owed |
///      | 0 .. 7 | winning side; 2 if both are out |
type Verdict is bytes32;

using VerdictLib for Verdict global;

/// @title Packing and reading verdicts
library VerdictLib {
    /// @notice A verdict by the caller.
    function pack(uint8 side, uint256 amount) internal view returns (Verdict) {
        // 24 bits of units at 48 bits of price: the amount fits 72 bits.
        return Verdict.wrap(bytes32(uint256(uint160(msg.sender)) << 96 | amount << 8 | side));
    }

    /// @notice The winning side; 2 if both are out.
    function winner(Verdict self) internal pure returns (uint8) {
        // The lowest byte.
        return uint8(uint256(Verdict.unwrap(self)));
    }

    /// @notice Who made the deciding call.
    function maker(Verdict self) internal pure returns (address) {
        return address(bytes20(Verdict.unwrap(self)));
    }

    /// @notice Wei that the maker is owed for it.
    function owed(Verdict self) internal pure returns (uint256) {
        return uint80(uint256(Verdict.unwrap(self)) >> 8);
    }
}
