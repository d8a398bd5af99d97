// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IReferee} from "../../src/interfaces/IReferee.sol";
import {ITournament, Stage} from "../../src/interfaces/ITournament.sol";
import {OpenedInput, TileOpening} from "../../src/types/Opening.sol";
import {ProgramHeader} from "../../src/types/Program.sol";
import {VM} from "../Vm.sol";
import {ExecutionArena} from "./ExecutionArena.sol";
import {Tree} from "./Tree.sol";

contract TilesTest is ExecutionArena {
    function testATileIsOpenedAsItsNodeWas() public {
        (, bytes32 matchId) = sealedTile(9);
        bytes4 selector = IReferee.OpenedMismatch.selector;
        bytes32 right = digest(tileOpening(honestEnvs(), 9, 2));
        TileOpening memory opening = tileOpening(honestEnvs(), 9, 2);
        opening.recordRoot = "x";
        refused(matchId, opening, abi.encodeWithSelector(selector, digest(opening), right));
        opening = tileOpening(honestEnvs(), 9, 2);
        opening.controlRoot = "x";
        refused(matchId, opening, abi.encodeWithSelector(selector, digest(opening), right));
        opening = tileOpening(honestEnvs(), 9, 2);
        opening.inputs[1].root = "another weight";
        refused(matchId, opening, abi.encodeWithSelector(selector, digest(opening), right));
        opening = tileOpening(honestEnvs(), 9, 2);
        opening.inputs[0].depth = 5;
        refused(matchId, opening, abi.encodeWithSelector(selector, digest(opening), right));
        opening = tileOpening(honestEnvs(), 9, 2);
        opening.inputs[0].code = 5;
        refused(matchId, opening, abi.encodeWithSelector(selector, digest(opening), right));
    }

    function digest(TileOpening memory opening) private pure returns (bytes32) {
        return keccak256(abi.encode(opening.recordRoot, opening.controlRoot, opening.inputs));
    }

    function testTheOldChunkIsTheTilesUnderTheOldTensor() public {
        (, bytes32 matchId) = sealedTile(9);
        TileOpening memory opening = tileOpening(honestEnvs(), 9, 2);
        bytes32[] memory chunks = chunksOf(oldTensor(9));
        opening.oldChunk = "x";
        bytes32 got = Tree.root(Tree.with(chunks, 2, "x"));
        bytes4 selector = IReferee.ChunkMismatch.selector;
        refused(matchId, opening, abi.encodeWithSelector(selector, got, Tree.root(chunks)));
    }

    /// @dev All tiles of node k read env_k, also where an input is the output slot.
    function testInputsAreProvenInTheAgreedEnv() public {
        (, bytes32 matchId) = sealedTile(9);
        bytes32 agreed = state(matchId).agreed;
        bytes4 selector = IReferee.SlotMismatch.selector;
        TileOpening memory opening = tileOpening(honestEnvs(), 9, 2);
        opening.slotRoots[2] = Tree.root(tensor(9));
        bytes32 got = Tree.root(Tree.with(honestEnvs()[8], 2, Tree.root(tensor(9))));
        refused(matchId, opening, abi.encodeWithSelector(selector, 2, got, agreed));
        opening = tileOpening(honestEnvs(), 9, 2);
        opening.slotRoots[0] = "x";
        got = Tree.root(Tree.with(honestEnvs()[8], 4, "x"));
        refused(matchId, opening, abi.encodeWithSelector(selector, 4, got, agreed));
    }

    function testEveryInputHasItsPlace() public {
        (, bytes32 matchId) = sealedTile(9);
        TileOpening memory opening = tileOpening(honestEnvs(), 9, 2);
        opening.slotRoots = new bytes32[](2);
        refused(matchId, opening, abi.encodeWithSelector(IReferee.WrongEntryCount.selector, 2, 3));
        opening = tileOpening(honestEnvs(), 9, 2);
        TileOpening memory blank;
        opening.slotPaths = blank.slotPaths;
        refused(matchId, opening, abi.encodeWithSelector(IReferee.WrongEntryCount.selector, 0, 3));
    }

    function testATileIsOpenedWithItsProgram() public {
        (, bytes32 matchId) = sealedTile(9);
        ProgramHeader memory other = header();
        other.imageRoot = "another image";
        TileOpening memory opening = tileOpening(honestEnvs(), 9, 2);
        bytes4 selector = IReferee.ProgramMismatch.selector;
        VM.expectRevert(abi.encodeWithSelector(selector, other.programId(), header().programId()));
        game.openTile(matchId, other, opening);
    }

    function refused(bytes32 matchId, TileOpening memory opening, bytes memory reason) private {
        VM.expectRevert(reason);
        game.openTile(matchId, header(), opening);
    }

    // The machine's match

    function testTheStepStartsFromTheAgreedState() public {
        (,, bytes32 matchId, bytes32[] memory honest) = sealedMachine(9, 5);
        VM.expectRevert(abi.encodeWithSelector(ITournament.StateMismatch.selector, honest[3], honest[4]));
        game.step(matchId, abi.encode(honest[3], honest[4]));
        game.step(matchId, abi.encode(honest[4], honest[5]));
        // The same proof again does nothing.
        game.step(matchId, abi.encode(honest[4], honest[5]));
        outcome(matchId, false, true);
    }

    function testAStepCanPutBothOut() public {
        (, bytes32 outer, bytes32 matchId, bytes32[] memory honest) = sealedMachine(9, 5);
        game.step(matchId, abi.encode(honest[4], "neither"));
        outcome(matchId, true, true);
        VM.warp(block.timestamp + MACHINE_WINDOW + 1);
        game.settle(outer);
        outcome(outer, true, true);
    }

    function testTheInnerWinnersTagDecides() public {
        (, bytes32 outer, bytes32 matchId,) = sealedMachine(9, 5);
        bytes32 agreed = state(matchId).agreed;
        game.step(matchId, abi.encode(agreed, state(matchId).node1));
        outcome(matchId, true, false);
        VM.warp(block.timestamp + MACHINE_WINDOW + 1);
        game.settle(outer);
        // The liar won inside (the toy machine let it), so its side wins outside.
        outcome(outer, true, false);
    }

    function testMatchesAreOpenedByTheRulesOfTheirKind() public {
        (bytes32 batch, bytes32 outer, bytes32 matchId,) = sealedMachine(9, 5);
        inStage(batch, Stage.Inner);
        inStage(outer, Stage.Inner);
        VM.expectRevert();
        game.openNode(matchId, header(), nodeOpening(honestEnvs(), 9));
        VM.expectRevert();
        game.openBatchMatch(matchId, header(), request(), firstSlots());
    }
}
