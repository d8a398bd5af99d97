// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IReferee} from "../interfaces/IReferee.sol";

/// @title Asking the referee with the caller's own arguments
/// @notice The referee's functions take the question first and then the arguments of the tournament's function as they
/// came, so that proofs are handed on without being decoded and encoded again.
library Consult {
    /// @notice Asks the referee.
    /// @param question The selector and the static words of the question.
    /// @param words Static words among the caller's arguments; after them comes the offset of the one dynamic argument.
    /// @return answer What the referee returned, encoded; its revert is passed on.
    function ask(IReferee referee, bytes memory question, uint256 words) internal view returns (bytes memory answer) {
        uint256 shift = question.length - 4;
        bytes calldata arguments = msg.data[4:];
        // The dynamic argument moved back by the question; decoding has checked that the offset is below 2^64.
        uint256 offset = uint256(bytes32(arguments[words * 32:])) + shift;
        bytes memory call =
            bytes.concat(question, arguments[:words * 32], bytes32(offset), arguments[(words + 1) * 32:]);
        bool sound;
        (sound, answer) = address(referee).staticcall(call);
        if (!sound) {
            assembly ("memory-safe") {
                revert(add(answer, 0x20), mload(answer))
            }
        }
    }
}
