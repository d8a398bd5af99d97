// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {ITournament} from "../interfaces/ITournament.sol";
import {ProgramHeader} from "../types/Program.sol";
import {Rules} from "../types/Rules.sol";

/// @title Registry of programs
/// @notice What it does is said in {IModelRegistry}.
contract ModelRegistry is IModelRegistry {
    /// @notice Version of the layouts: `ABI_VERSION` of models/program.
    uint32 public constant ABI_VERSION = 1;
    uint256 internal constant MAX_IMAGE_DEPTH = 16;
    uint256 internal constant MAX_SLOT_DEPTH = 10;
    uint256 internal constant MAX_WEIGHT_DEPTH = 16;
    uint256 internal constant MAX_NODE_DEPTH = 14;
    uint256 internal constant MAX_STEP_DEPTH = 18;
    uint256 internal constant MAX_TEXT_DEPTH = 12;
    uint8 internal constant MAX_RUN_DEPTH = 36;

    /// @inheritdoc IModelRegistry
    bytes32 public immutable imageRoot;
    /// @inheritdoc IModelRegistry
    ITournament public immutable tournaments;
    /// @dev Deepest trees that its tournaments open; a run has no deeper one in any case.
    uint8 private immutable MAX_EXECUTION_DEPTH;
    uint8 private immutable MAX_TRACE_DEPTH;

    mapping(bytes32 programId => Program) internal _programs;

    /// @param image Root of the guest image.
    /// @param tournaments_ Where disputes over the programs are decided.
    constructor(bytes32 image, ITournament tournaments_) {
        Rules memory rules = tournaments_.rules();
        (imageRoot, tournaments) = (image, tournaments_);
        MAX_EXECUTION_DEPTH = rules.execution.maxDepth;
        MAX_TRACE_DEPTH = rules.machine.maxDepth < MAX_RUN_DEPTH ? rules.machine.maxDepth : MAX_RUN_DEPTH;
    }

    /// @inheritdoc IModelRegistry
    function register(ProgramHeader calldata header, bytes32 parent, string calldata name, string calldata uri)
        external
        returns (bytes32 id)
    {
        _check(header);
        id = header.programId();
        // INVARIANT: a program's first registration stands
        if (_programs[id].registrant != address(0)) revert AlreadyRegistered(id);
        // INVARIANT: a lineage leads to registered programs
        if (parent != 0 && _programs[parent].registrant == address(0)) revert UnknownParent(parent);
        _programs[id] = Program({
            registrant: msg.sender,
            registeredAt: uint64(block.timestamp),
            maxPromptBytes: header.maxPromptBytes,
            context: header.context,
            maxOutputBytes: header.maxOutputBytes,
            promptDepth: header.promptDepth,
            outputDepth: header.outputDepth,
            parent: parent
        });
        emit ModelRegistered(id, msg.sender, parent, name, uri, header);
    }

    /// @inheritdoc IModelRegistry
    function program(bytes32 programId) external view returns (Program memory) {
        return _programs[programId];
    }

    function _check(ProgramHeader calldata header) private view {
        // INVARIANT: every program has the layouts that the contracts read
        if (header.abiVersion != ABI_VERSION) revert AbiVersion(header.abiVersion, ABI_VERSION);
        // INVARIANT: every program runs a known guest image
        if (header.imageRoot != imageRoot) revert UnknownImage(header.imageRoot, imageRoot);
        // INVARIANT: a header stays within the constants that bonds, OPEN and T were computed for
        _atMost("imageDepth", header.imageDepth, MAX_IMAGE_DEPTH);
        _atMost("slotDepth", header.slotDepth, MAX_SLOT_DEPTH);
        _atMost("weightDepth", header.weightDepth, MAX_WEIGHT_DEPTH);
        _atMost("nodeDepth", header.nodeDepth, MAX_NODE_DEPTH);
        _atMost("stepDepth", header.stepDepth, MAX_STEP_DEPTH);
        _atMost("promptDepth", header.promptDepth, MAX_TEXT_DEPTH);
        _atMost("outputDepth", header.outputDepth, MAX_TEXT_DEPTH);
        // INVARIANT: a program's tournaments can be opened: a tree that is too deep would leave a match to its deadline
        _atMost("executionDepth", uint256(header.stepDepth) + header.nodeDepth, MAX_EXECUTION_DEPTH);
        _atMost("traceDepth", header.traceDepth, MAX_TRACE_DEPTH);
        // INVARIANT: the longest prompt and the longest answer fit their slots
        _atMost("maxPromptBytes", header.maxPromptBytes, uint256(32) << header.promptDepth);
        _atMost("maxOutputBytes", header.maxOutputBytes, uint256(32) << header.outputDepth);
        // INVARIANT: node count is below 2^n, so that the reset leaf is no node
        _atMost("nodeCount", header.nodeCount, (uint256(1) << header.nodeDepth) - 1);
        // INVARIANT: every weight and slot has a place in its table
        _atMost("weightCount", header.weightCount, uint256(1) << header.weightDepth);
        _atMost("persistentCount", header.persistentCount, uint256(1) << header.slotDepth);
        _atMost("scratchCount", header.scratchCount, uint256(1) << header.slotDepth);
        // INVARIANT: the longest request ends before the last step: 2^s >= 2 + context
        _atMost("context", uint256(header.context) + 2, uint256(1) << header.stepDepth);
        // INVARIANT: prompt, control and output are persistent slots
        _below("promptSlot", header.promptSlot, header.persistentCount);
        _below("controlSlot", header.controlSlot, header.persistentCount);
        _below("outputSlot", header.outputSlot, header.persistentCount);
    }

    function _atMost(bytes32 field, uint256 got, uint256 limit) private pure {
        if (got > limit) revert FieldOutOfRange(field, got, limit);
    }

    function _below(bytes32 field, uint256 got, uint256 count) private pure {
        if (got >= count) revert FieldOutOfRange(field, got, count);
    }
}
