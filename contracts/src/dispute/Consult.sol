// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IReferee} from "../interfaces/IReferee.sol";

/// @notice What the referee is asked.
struct Question {
    /// The selector and the static words of the question.
    bytes call;
    /// Static words among the caller's own arguments; after them comes the offset of its one dynamic argument.
    uint256 words;
}

/// @title Asking the referee with the caller's own arguments
/// @notice The referee's functions take the question first and then the arguments of the tournament's function as they
/// came, so that proofs are handed on without being decoded and encoded again.
library Consult {
    /// @notice Asks the referee.
    /// @return answer What the referee returned, encoded; its revert is passed on.
    function ask(IReferee referee, Question memory question) internal view returns (bytes memory answer) {
        uint256 offsetAt = question.words * 32;
        bytes calldata arguments = msg.data[4:];
        // The dynamic argument moves back by the question; decoding has checked that the offset is below 2^64.
        uint256 offset = uint256(bytes32(arguments[offsetAt:])) + question.call.length - 4;
        bytes memory call =
            bytes.concat(question.call, arguments[:offsetAt], bytes32(offset), arguments[offsetAt + 32:]);
        bool sound;
        (sound, answer) = address(referee).staticcall(call);
        if (!sound) {
            assembly ("memory-safe") {
                revert(add(answer, 0x20), mload(answer))
            }
        }
    }
}
