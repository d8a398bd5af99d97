// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {ExecutionEnd, FirstSlots, MachineEnd, NodeOpening, TileOpening} from "../types/Opening.sol";
import {ProgramHeader} from "../types/Program.sol";
import {RequestPreimage} from "../types/Request.sol";

/// @notice What a node opening is about.
struct NodeQuestion {
    bytes32 programId;
    /// The env before the contested leaf.
    bytes32 agreed;
    /// Place of the contested leaf in the execution's tree.
    uint64 leaf;
}

/// @notice What a node opening says.
struct NodeVerdict {
    /// A leaf rule applies: `correct` is the correct leaf, and the rest is zero.
    bool decided;
    bytes32 correct;
    uint32 outputSlot;
    uint8 outputDepth;
    /// Depth of P and of X.
    uint8 slotDepth;
    /// Hash of the record's and the control slot's roots and of the inputs, for the tile's opening.
    bytes32 opened;
}

/// @notice What a tile opening is about.
struct TileQuestion {
    bytes32 programId;
    bytes32 agreed;
    /// From the node's verdict.
    bytes32 opened;
    /// Root of the output slot in the agreed env, and its depth.
    bytes32 tensorOld;
    uint8 outputDepth;
    /// The tile index.
    uint64 tile;
}

/// @notice What a machine tournament starts from.
struct MachineStart {
    /// M_0.
    bytes32 start;
    bytes32 oldChunk;
    bytes32 inputsRoot;
    bytes32 imageRoot;
    uint8 imageDepth;
    uint8 traceDepth;
}

/// @title What a proof says, without state
/// @notice Ends, first values and leaf rules of docs/spec/dispute.md, as pure functions of a context and a proof.
/// @dev Each takes its question first and then the arguments of the tournament's function, in their order, so that those
/// are handed on as they came; an id among them is not looked at.
interface IReferee {
    /// @notice The header is another program's.
    error ProgramMismatch(bytes32 got, bytes32 expected);
    /// @notice The last leaf is not under the commitment's root.
    error LastLeafMismatch(bytes32 got, bytes32 expected);
    /// @notice A slot is not where it is said to be.
    /// @param slot Index of the slot.
    error SlotMismatch(uint32 slot, bytes32 got, bytes32 expected);
    /// @notice The packed registers have another length.
    error RegistersWrongLength(uint256 got, uint256 expected);
    /// @notice The chunk is not in the tensor or in work memory.
    error ChunkMismatch(bytes32 got, bytes32 expected);
    /// @notice The prompt does not fit its slot.
    error PromptTooLong(uint32 got, uint256 capacity);
    /// @notice P and X do not make the env.
    error EnvPartsMismatch(bytes32 got, bytes32 expected);
    /// @notice The node record is not in the graph.
    error RecordMismatch(bytes32 got, bytes32 expected);
    /// @notice A table entry is not in its table.
    /// @param entry Place among the entries given.
    error TableMismatch(uint256 entry, bytes32 got, bytes32 expected);
    /// @notice The opening has another number of entries than the node wants.
    error WrongEntryCount(uint256 got, uint256 expected);
    /// @notice The opening is of another node than the one that was opened.
    error OpenedMismatch(bytes32 got, bytes32 expected);

    /// @notice The result that ends an execution.
    /// @param depth Depth of the commitment's tree.
    /// @param program The program that runs.
    /// @param request The request's id.
    /// @param tournament Not looked at.
    /// @param root The commitment.
    /// @param proof The end.
    function executionEnd(
        uint8 depth,
        bytes32 program,
        bytes32 request,
        bytes32 tournament,
        bytes32 root,
        ExecutionEnd calldata proof
    ) external pure returns (bytes32 result);

    /// @notice The chunk that ends a machine's run.
    /// @param depth Depth of the commitment's tree.
    /// @param oldChunk What a run without success leaves.
    /// @param tournament Not looked at.
    /// @param root The commitment.
    /// @param proof The end.
    function machineEnd(uint8 depth, bytes32 oldChunk, bytes32 tournament, bytes32 root, MachineEnd calldata proof)
        external
        pure
        returns (bytes32 chunk);

    /// @notice env_0 of a request.
    /// @param matchId Not looked at (so for all below).
    function firstEnv(
        bytes32 matchId,
        ProgramHeader calldata header,
        RequestPreimage calldata request,
        FirstSlots calldata slots
    ) external pure returns (bytes32 env);

    /// @notice Applies the leaf rules of an execution, or tells what the reveals need.
    function node(
        NodeQuestion calldata question,
        bytes32 matchId,
        ProgramHeader calldata header,
        NodeOpening calldata opening
    ) external pure returns (NodeVerdict memory);

    /// @notice Composes the first state of a tile's machine.
    function tile(
        TileQuestion calldata question,
        bytes32 matchId,
        ProgramHeader calldata header,
        TileOpening calldata opening
    ) external pure returns (MachineStart memory);

    /// @notice The root that a leaf's path gives: the seal.
    /// @param index The leaf's place.
    /// @param depth Depth of the tree.
    function leafRoot(
        uint256 index,
        uint8 depth,
        bytes32 matchId,
        bytes32 leaf,
        uint256 mask,
        bytes32[] calldata siblings
    ) external pure returns (bytes32 root);

    /// @notice The envs that one slot's path gives with two tensors: the reveal.
    /// @param slot Index of the slot.
    /// @param depth Depth of the env's tree.
    function envRoots(
        uint256 slot,
        uint8 depth,
        bytes32 matchId,
        bytes32 tensorOld,
        bytes32 tensorSide,
        uint256 mask,
        bytes32[] calldata siblings
    ) external pure returns (bytes32 envOld, bytes32 envSide);
}
