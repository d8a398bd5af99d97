// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice The three tournaments.
enum Kind {
    Batch,
    Execution,
    Machine
}

/// @notice Everything that a tournament decides about; its hash is its id.
struct Context {
    Kind kind;
    /// Batch: the lane's program. Execution and machine: the program that runs.
    bytes32 programId;
    /// Execution and machine; zero for a batch.
    bytes32 requestId;
    bytes32 parentTournament;
    bytes32 parentMatch;
    /// Leaf of the parent's descent (execution: of the batch tree; machine: of the execution tree).
    uint64 position;
    /// Machine: the tile index, position of the parent's tile descent.
    uint64 tile;
    /// Depth of the commitment's tree.
    uint8 depth;
    /// env_0, M_0, or zero.
    bytes32 start;
    /// r_0 or q_0.
    bytes32 endA;
    /// r_1 or q_1.
    bytes32 endB;
    /// Machine: the old chunk's root.
    bytes32 oldChunk;
    /// Machine: root over the machine's windows.
    bytes32 inputsRoot;
    /// Machine: the guest image.
    bytes32 imageRoot;
    uint8 imageDepth;
    /// Batch: lane, first request, count, proposal round, inbox accumulator over the range.
    uint64 lane;
    uint64 first;
    uint64 count;
    uint64 round;
    bytes32 accumulator;
}

/// @notice Where a match is.
enum Stage {
    None,
    Descent,
    Seal,
    Sealed,
    Reveal,
    TileDescent,
    TileSealed,
    Inner,
    Over
}
