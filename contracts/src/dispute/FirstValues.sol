// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IReferee, MachineStart, TileQuestion} from "../interfaces/IReferee.sol";
import {MerkleLib} from "../libraries/MerkleLib.sol";
import {FirstSlots, OpenedInput, TileOpening} from "../types/Opening.sol";
import {ProgramHeader} from "../types/Program.sol";
import {RequestPreimage} from "../types/Request.sol";
import {Control} from "./Control.sol";
import {Leaves} from "./Leaves.sol";
import {MachineState} from "./MachineState.sol";

/// @title First values, composed on chain
/// @notice env_0 of an execution, inputs root and M_0 of a machine's run.
library FirstValues {
    using Leaves for bytes32[8];

    /// @notice Marks a weight among a node's inputs.
    uint32 internal constant WEIGHT_BIT = 1 << 31;
    /// @notice Windows of the machine, and the depth of the tree over their roots.
    uint256 internal constant WINDOWS = 16;
    uint256 internal constant BOOT_WINDOW = 1;
    uint256 internal constant CONTROL_WINDOW = 2;
    uint256 internal constant INPUT_WINDOW = 3;
    uint256 internal constant WORK_WINDOW = 15;

    /// @notice env_0: the template with prompt and control slot put in place, and zero scratch slots.
    function env(ProgramHeader calldata header, RequestPreimage calldata request, FirstSlots calldata slots)
        internal
        pure
        returns (bytes32)
    {
        uint256 capacity = uint256(32) << header.promptDepth;
        // INVARIANT: a prompt longer than its slot has no first env
        if (request.promptLength > capacity) revert IReferee.PromptTooLong(request.promptLength, capacity);
        uint8 depth = header.slotDepth;
        (uint256 mask, bytes32[] calldata siblings) = (slots.prompt.mask, slots.prompt.siblings);
        bytes32 got = MerkleLib.rootOf(slots.promptOld, header.promptSlot, depth, 0, mask, siblings);
        // INVARIANT: the prompt slot is replaced in the program's template and nowhere else
        if (got != header.templateRoot) revert IReferee.SlotMismatch(header.promptSlot, got, header.templateRoot);
        bytes32 prompted = MerkleLib.rootOf(request.promptRoot, header.promptSlot, depth, 0, mask, siblings);

        (mask, siblings) = (slots.control.mask, slots.control.siblings);
        got = MerkleLib.rootOf(slots.controlOld, header.controlSlot, depth, 0, mask, siblings);
        // INVARIANT: the control slot is proven against the template with the prompt in place
        if (got != prompted) revert IReferee.SlotMismatch(header.controlSlot, got, prompted);
        bytes32 control = Control.first(request).root();
        bytes32 persistent = MerkleLib.rootOf(control, header.controlSlot, depth, 0, mask, siblings);
        return MerkleLib.node(persistent, header.scratchRoot);
    }

    /// @notice The hash that ties a tile's opening to its node's.
    function digest(bytes32 recordRoot, bytes32 controlRoot, OpenedInput[] memory inputs)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(recordRoot, controlRoot, inputs));
    }

    /// @notice Inputs root and M_0 of a tile.
    function machine(TileQuestion calldata question, ProgramHeader calldata header, TileOpening calldata opening)
        internal
        pure
        returns (MachineStart memory)
    {
        bytes32 opened = digest(opening.recordRoot, opening.controlRoot, opening.inputs);
        // INVARIANT: a tile is opened with the record, control slot and inputs that its node was opened with
        if (opened != question.opened) revert IReferee.OpenedMismatch(opened, question.opened);
        bytes32 got = MerkleLib.rootOf(
            opening.oldChunk,
            question.tile,
            question.outputDepth - MachineState.CHUNK_DEPTH,
            MachineState.CHUNK_DEPTH,
            opening.chunkPath.mask,
            opening.chunkPath.siblings
        );
        // INVARIANT: q_old is the tile's chunk under T_old
        if (got != question.tensorOld) revert IReferee.ChunkMismatch(got, question.tensorOld);
        return MachineStart({
            start: MachineState.first(header.entry, opening.oldChunk),
            oldChunk: opening.oldChunk,
            inputsRoot: _inputsRoot(question, header.slotDepth, opening),
            imageRoot: header.imageRoot,
            imageDepth: header.imageDepth,
            traceDepth: header.traceDepth
        });
    }

    /// @dev The tree over the sixteen windows; image and work count as zero.
    function _inputsRoot(TileQuestion calldata question, uint8 slotDepth, TileOpening calldata opening)
        private
        pure
        returns (bytes32)
    {
        uint256 count = opening.inputs.length;
        if (opening.slotRoots.length != count) revert IReferee.WrongEntryCount(opening.slotRoots.length, count);
        if (opening.slotPaths.length != count) revert IReferee.WrongEntryCount(opening.slotPaths.length, count);
        bytes32[WINDOWS] memory windows;
        windows[BOOT_WINDOW] = bootWindow(opening.recordRoot, uint32(question.tile));
        windows[CONTROL_WINDOW] = MerkleLib.raise(opening.controlRoot, Leaves.DEPTH, MachineState.WINDOW_DEPTH);
        bytes32 unused = MerkleLib.zeroRoot(MachineState.WINDOW_DEPTH);
        for (uint256 window = INPUT_WINDOW; window < WORK_WINDOW; ++window) {
            uint256 input = window - INPUT_WINDOW;
            windows[window] = input < count ? _inputWindow(question.agreed, slotDepth, opening, input) : unused;
        }
        return _windowsRoot(windows);
    }

    /// @notice The boot record's window: node record, then the tile index in the first word of the next leaf.
    function bootWindow(bytes32 recordRoot, uint32 tile) internal pure returns (bytes32) {
        bytes32 tileLeaf = bytes32(uint256(Leaves.swap(tile)) << 224);
        bytes32 tileHalf = MerkleLib.raise(tileLeaf, 0, Leaves.DEPTH);
        return MerkleLib.raise(MerkleLib.node(recordRoot, tileHalf), Leaves.DEPTH + 1, MachineState.WINDOW_DEPTH);
    }

    /// @dev An input's window: a weight's root is its table's, a slot's is proven in the agreed env.
    function _inputWindow(bytes32 agreed, uint8 slotDepth, TileOpening calldata opening, uint256 place)
        private
        pure
        returns (bytes32)
    {
        OpenedInput calldata input = opening.inputs[place];
        bytes32 root = input.root;
        if (input.code & WEIGHT_BIT == 0) {
            root = opening.slotRoots[place];
            uint256 mask = opening.slotPaths[place].mask;
            bytes32[] calldata siblings = opening.slotPaths[place].siblings;
            bytes32 got = MerkleLib.rootOf(root, input.code, slotDepth + 1, 0, mask, siblings);
            // INVARIANT: all tiles of node k read env_k
            if (got != agreed) revert IReferee.SlotMismatch(input.code, got, agreed);
        }
        return MerkleLib.raise(root, input.depth, MachineState.WINDOW_DEPTH);
    }

    function _windowsRoot(bytes32[WINDOWS] memory level) private pure returns (bytes32) {
        for (uint256 width = WINDOWS / 2; width > 0; width /= 2) {
            for (uint256 i; i < width; ++i) {
                level[i] = MerkleLib.node(level[2 * i], level[2 * i + 1]);
            }
        }
        return level[0];
    }
}
