// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Params} from "../types/Request.sol";

/// @title Sampling parameters
/// @notice What most dApps need of them, so that nobody has to fill all fields.
library Sampling {
    /// @notice Most bytes of a stop text.
    uint256 internal constant MOST_STOP_BYTES = 31;

    /// @notice A stop text is empty or has more than 31 bytes.
    error StopTextLength(uint256 got);

    /// @notice The most probable token at every place, at most `maxTokens` of them.
    function greedy(uint32 maxTokens) internal pure returns (Params memory params) {
        (params.maxTokens, params.topP, params.repetitionPenalty) = (maxTokens, 1000, 1000);
    }

    /// @notice Draws at a temperature from the most probable tokens, both in thousandths.
    function drawn(uint32 maxTokens, uint32 temperature, uint32 topP, uint64 seed)
        internal
        pure
        returns (Params memory params)
    {
        params = greedy(maxTokens);
        (params.temperature, params.topP, params.seed) = (temperature, topP, seed);
    }

    /// @notice A text of 1 to 31 bytes as an entry of `Params.stop`: its bytes, zeros, and its length as the last byte.
    function stopText(string memory text) internal pure returns (bytes32) {
        uint256 length = bytes(text).length;
        if (length == 0 || length > MOST_STOP_BYTES) revert StopTextLength(length);
        bytes32 left;
        assembly ("memory-safe") {
            // The text's bytes, and whatever follows them, which is cut off below.
            left := mload(add(text, 32))
        }
        return left & ~bytes32(type(uint256).max >> (8 * length)) | bytes32(length);
    }

    /// @notice Whether an entry of `Params.stop` is a stop text or none.
    function isStopText(bytes32 entry) internal pure returns (bool) {
        uint256 length = uint8(uint256(entry));
        // Past its bytes there is the length alone.
        return length <= MOST_STOP_BYTES && uint256(entry) & (type(uint256).max >> (8 * length)) == length;
    }
}
