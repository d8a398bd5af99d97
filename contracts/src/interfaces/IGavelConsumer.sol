// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Status} from "../types/Request.sol";

/// @notice What a dApp implements in order to be answered.
interface IGavelConsumer {
    /// @notice An answer. The hub alone may call this; a consumer checks `msg.sender`.
    /// @param requestId The id that `IHub.request` returned.
    /// @param status How the request ended.
    /// @param answer The model's answer, as bytes of text.
    /// @param isFinal False for an answer that can still be disputed; true once, when it cannot.
    function onGavelAnswer(bytes32 requestId, Status status, bytes calldata answer, bool isFinal) external;
}
