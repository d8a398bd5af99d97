// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {RequestPreimage} from "../types/Request.sol";

/// @notice What a tournament needs from the rollup that posted a batch.
interface IBatchHost {
    /// @notice A batch tournament is over.
    /// @dev Called once per tournament, by the tournament contract alone. Must not revert.
    /// @param tournament The tournament's id.
    /// @param winner The root that won; zero if none did.
    function onBatchDecided(bytes32 tournament, bytes32 winner) external;

    /// @notice The request at a place of a lane's inbox.
    /// @param lane The lane.
    /// @param index The place.
    /// @return id The request's id; zero if there is none.
    function requestAt(uint64 lane, uint64 index) external view returns (bytes32 id);

    /// @notice The hub whose address is part of request ids.
    function hubAddress() external view returns (address);
}
