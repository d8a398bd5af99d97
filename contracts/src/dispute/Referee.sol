// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IReferee, MachineStart, NodeQuestion, NodeVerdict, TileQuestion} from "../interfaces/IReferee.sol";
import {MerkleLib} from "../libraries/MerkleLib.sol";
import {ExecutionEnd, FirstSlots, MachineEnd, NodeOpening, TileOpening} from "../types/Opening.sol";
import {ProgramHeader} from "../types/Program.sol";
import {RequestPreimage} from "../types/Request.sol";
import {Ends} from "./Ends.sol";
import {ExecutionRules} from "./ExecutionRules.sol";
import {FirstValues} from "./FirstValues.sol";

/// @title The stateless half of the tournament
/// @notice Holds no money and no state; a tournament contract is given one when it is made.
contract Referee is IReferee {
    /// @inheritdoc IReferee
    function executionEnd(
        uint8 depth,
        bytes32 program,
        bytes32 request,
        bytes32,
        bytes32 root,
        ExecutionEnd calldata proof
    ) external pure returns (bytes32) {
        _checkProgram(proof.header, program);
        return Ends.execution(root, depth, request, proof);
    }

    /// @inheritdoc IReferee
    function machineEnd(uint8 depth, bytes32 oldChunk, bytes32, bytes32 root, MachineEnd calldata proof)
        external
        pure
        returns (bytes32)
    {
        return Ends.machine(root, depth, oldChunk, proof);
    }

    /// @inheritdoc IReferee
    function firstEnv(
        bytes32,
        ProgramHeader calldata header,
        RequestPreimage calldata request,
        FirstSlots calldata slots
    ) external pure returns (bytes32) {
        _checkProgram(header, request.programId);
        return FirstValues.env(header, request, slots);
    }

    /// @inheritdoc IReferee
    function node(NodeQuestion calldata question, bytes32, ProgramHeader calldata header, NodeOpening calldata opening)
        external
        pure
        returns (NodeVerdict memory)
    {
        _checkProgram(header, question.programId);
        return ExecutionRules.verdict(question, header, opening);
    }

    /// @inheritdoc IReferee
    function tile(TileQuestion calldata question, bytes32, ProgramHeader calldata header, TileOpening calldata opening)
        external
        pure
        returns (MachineStart memory)
    {
        _checkProgram(header, question.programId);
        return FirstValues.machine(question, header, opening);
    }

    /// @inheritdoc IReferee
    function leafRoot(uint256 index, uint8 depth, bytes32, bytes32 leaf, uint256 mask, bytes32[] calldata siblings)
        external
        pure
        returns (bytes32)
    {
        return MerkleLib.rootOf(leaf, index, depth, 0, mask, siblings);
    }

    /// @inheritdoc IReferee
    function envRoots(
        uint256 slot,
        uint8 depth,
        bytes32,
        bytes32 tensorOld,
        bytes32 tensorSide,
        uint256 mask,
        bytes32[] calldata siblings
    ) external pure returns (bytes32 envOld, bytes32 envSide) {
        envOld = MerkleLib.rootOf(tensorOld, slot, depth, 0, mask, siblings);
        envSide = MerkleLib.rootOf(tensorSide, slot, depth, 0, mask, siblings);
    }

    /// @dev Every number that a proof is read with comes from the program that the context names.
    function _checkProgram(ProgramHeader calldata header, bytes32 expected) private pure {
        bytes32 got = header.programId();
        // INVARIANT: a proof made for one program verifies for no other
        if (got != expected) revert ProgramMismatch(got, expected);
    }
}
