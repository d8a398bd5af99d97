// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {RequestPreimage} from "../types/Request.sol";
import {Leaves} from "./Leaves.sol";

/// @title The control slot
/// @notice Words of the slot that say where a request is.
/// @dev The twin of `models/program/src/control.rs`.
library Control {
    using Leaves for bytes32[8];

    uint256 internal constant PHASE = 0;
    uint256 internal constant PROMPT_LENGTH = 2;
    uint256 internal constant TOKENS_OUT = 4;
    uint256 internal constant MAX_TOKENS = 5;
    uint256 internal constant STATUS = 6;
    uint256 internal constant OUTPUT_LENGTH = 7;
    uint256 internal constant TEMPERATURE = 8;
    uint256 internal constant TOP_P = 9;
    uint256 internal constant SEED_LOW = 10;
    uint256 internal constant SEED_HIGH = 11;
    uint256 internal constant TOP_K = 12;
    uint256 internal constant MIN_P = 13;
    uint256 internal constant REPETITION_PENALTY = 14;
    uint256 internal constant FREQUENCY_PENALTY = 15;
    uint256 internal constant PRESENCE_PENALTY = 16;
    /// @notice The first leaf of the stop texts, one each.
    uint256 internal constant STOP_LEAF = 4;

    /// @notice This phase and all above it: nothing runs any more.
    uint32 internal constant DONE = 4;

    /// @notice Whether nothing runs any more.
    function isDone(bytes32[8] memory control) internal pure returns (bool) {
        return control.word(PHASE) >= DONE;
    }

    /// @notice The control slot of a request's first step.
    function first(RequestPreimage calldata request) internal pure returns (bytes32[8] memory control) {
        control.put(PROMPT_LENGTH, request.promptLength);
        control.put(MAX_TOKENS, request.params.maxTokens);
        control.put(TEMPERATURE, request.params.temperature);
        control.put(TOP_P, request.params.topP);
        control.put(TOP_K, request.params.topK);
        control.put(MIN_P, request.params.minP);
        control.put(REPETITION_PENALTY, request.params.repetitionPenalty);
        // Signed numbers are words in two's complement.
        control.put(FREQUENCY_PENALTY, uint32(request.params.frequencyPenalty));
        control.put(PRESENCE_PENALTY, uint32(request.params.presencePenalty));
        // The seed is two words: the low half is cut out, the high half shifted down.
        control.put(SEED_LOW, uint32(request.params.seed));
        control.put(SEED_HIGH, uint32(request.params.seed >> 32));
        for (uint256 i = 0; i < 4; ++i) {
            control[STOP_LEAF + i] = request.params.stop[i];
        }
    }
}
