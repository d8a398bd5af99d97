// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IReferee} from "../interfaces/IReferee.sol";
import {MerkleLib} from "../libraries/MerkleLib.sol";
import {Tags} from "../libraries/Tags.sol";
import {ExecutionEnd, MachineEnd} from "../types/Opening.sol";
import {ProgramHeader} from "../types/Program.sol";
import {Proof} from "../types/Proof.sol";
import {Status} from "../types/Request.sol";
import {Control} from "./Control.sol";
import {Leaves} from "./Leaves.sol";
import {MachineState} from "./MachineState.sol";

/// @title What a commitment's last leaf ends in
/// @notice An execution ends in a result, a machine's run in a chunk. The tag of a commitment follows from it.
library Ends {
    using Leaves for bytes32[8];

    /// @notice The result that ends an execution.
    function execution(bytes32 root, uint8 depth, bytes32 request, ExecutionEnd calldata proof)
        internal
        pure
        returns (bytes32)
    {
        bytes32 last = MerkleLib.node(proof.persistentRoot, proof.header.scratchRoot);
        _last(root, depth, last, proof.leaf);
        bytes32[8] memory control = proof.control;
        _slot(proof.header, proof.header.controlSlot, control.root(), proof.controlPath, proof.persistentRoot);
        // INVARIANT: a request not done at the last step has the result (STEP_LIMIT, 0, 0, zero tree's root)
        if (!Control.isDone(control)) {
            return _result(request, uint32(Status.StepLimit), 0, 0, MerkleLib.zeroRoot(proof.header.outputDepth));
        }
        _slot(proof.header, proof.header.outputSlot, proof.outputRoot, proof.outputPath, proof.persistentRoot);
        return _result(
            request,
            control.word(Control.STATUS),
            control.word(Control.TOKENS_OUT),
            control.word(Control.OUTPUT_LENGTH),
            proof.outputRoot
        );
    }

    /// @notice The chunk that ends a machine's run.
    function machine(bytes32 root, uint8 depth, bytes32 oldChunk, MachineEnd calldata proof)
        internal
        pure
        returns (bytes32)
    {
        // INVARIANT: the registers are hashed whole, and are nothing but the registers
        if (proof.registers.length != MachineState.REGISTERS_BYTES) {
            revert IReferee.RegistersWrongLength(proof.registers.length, MachineState.REGISTERS_BYTES);
        }
        _last(root, depth, MachineState.hash(proof.workRoot, proof.registers), proof.leaf);
        // INVARIANT: a tile whose machine has not exited with 0 at the end of its trace keeps its old chunk
        if (MachineState.exitWord(proof.registers) != MachineState.SUCCESS) return oldChunk;
        bytes32 got = MerkleLib.rootOf(
            proof.chunk,
            0,
            MachineState.WORK_DEPTH - MachineState.CHUNK_DEPTH,
            MachineState.CHUNK_DEPTH,
            proof.chunkPath.mask,
            proof.chunkPath.siblings
        );
        // INVARIANT: the end is the chunk in place in the last state's work memory
        if (got != proof.workRoot) revert IReferee.ChunkMismatch(got, proof.workRoot);
        return proof.chunk;
    }

    /// @dev The last of a tree's `2^depth` leaves.
    function _last(bytes32 root, uint8 depth, bytes32 leaf, Proof calldata path) private pure {
        uint256 index = (uint256(1) << depth) - 1;
        bytes32 got = MerkleLib.rootOf(leaf, index, depth, 0, path.mask, path.siblings);
        // INVARIANT: a commitment's end is its last leaf
        if (got != root) revert IReferee.LastLeafMismatch(got, root);
    }

    /// @dev A slot of P.
    function _slot(ProgramHeader calldata header, uint32 slot, bytes32 content, Proof calldata path, bytes32 persistent)
        private
        pure
    {
        bytes32 got = MerkleLib.rootOf(content, slot, header.slotDepth, 0, path.mask, path.siblings);
        // INVARIANT: P_end's control and output slots form the result
        if (got != persistent) revert IReferee.SlotMismatch(slot, got, persistent);
    }

    /// @dev `hashResult` over the raw status, so that a code that has no name is a result too.
    function _result(bytes32 request, uint32 status, uint32 tokensOut, uint32 length, bytes32 outputRoot)
        private
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(Tags.RESULT, request, status, tokensOut, length, outputRoot));
    }
}
