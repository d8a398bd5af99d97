// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Context, ITournament, Kind, MatchView, Stage, TournamentView} from "../../src/interfaces/ITournament.sol";
import {NodeOpening} from "../../src/types/Opening.sol";
import {Tags} from "../../src/libraries/Tags.sol";
import {VM} from "../Vm.sol";
import {ExecutionArena} from "./ExecutionArena.sol";
import {Tree} from "./Tree.sol";

contract WholeDisputeTest is ExecutionArena {
    function testAllFiveLevelsFromTheAgreedValue() public {
        wholeDispute(9, 5);
    }

    function testAllFiveLevelsFromTheStarts() public {
        wholeDispute(1, 0);
    }

    /// @dev One chunk: the tile descent is over as it starts.
    function testAnOutputOfOneChunk() public {
        outputDepth = 3;
        wholeDispute(9, 3);
    }

    function testOtherRadices() public {
        deploy(toyRules(1, 2));
        wholeDispute(9, 6);
        deploy(toyRules(3, 3));
        wholeDispute(9, 6);
    }

    function wholeDispute(uint256 leaf, uint256 instruction) private {
        (bytes32 batch, bytes32 outer, bytes32 matchId, bytes32[] memory honest) = sealedMachine(leaf, instruction);
        MatchView memory seen = state(matchId);
        inStage(matchId, Stage.Sealed);
        equal(seen.position, instruction, "instruction");
        Context memory machine = game.tournament(seen.tournament).context;
        bytes32 agreed = instruction == 0 ? machine.start : honest[instruction - 1];
        equal(seen.agreed, agreed, "agreed");
        machineContext(machine, outer, leaf);

        game.step(matchId, abi.encode(agreed, honest[instruction]));
        outcome(matchId, false, true);
        VM.warp(game.tournament(seen.tournament).joinCloses + 1);
        game.settle(outer);
        outcome(outer, false, true);
        VM.warp(game.tournament(state(outer).tournament).joinCloses + 1);
        game.settle(batch);
        outcome(batch, false, true);
        bytes32 id = state(batch).tournament;
        VM.warp(game.tournament(id).joinCloses + 1);
        game.conclude(id);
        TournamentView memory over = game.tournament(id);
        require(over.over, "over");
        equal(over.winner, state(batch).root0, "winner");
        equal(host.lastTournament(), id, "told");
        equal(host.lastWinner(), over.winner, "the winner");
    }

    /// @dev Inputs root and M_0, composed the plain way.
    function machineContext(Context memory machine, bytes32 outer, uint256 leaf) private view {
        (bytes32 right, bytes32 wrong, uint256 tile) = contestedChunks(leaf);
        bytes32[] memory env = agreedEnv(honestEnvs(), leaf);
        bytes32 oldChunk = chunksOf(oldTensor(leaf))[tile];
        bytes32[] memory tileLeaves = new bytes32[](8);
        tileLeaves[0] = bytes32(tile << 248);
        bytes32[] memory windows = new bytes32[](16);
        windows[1] = raise(Tree.node(root(record(1)), Tree.root(tileLeaves)), 4, 23);
        windows[2] = raise(root(controlAt(leaf)), 3, 23);
        windows[3] = raise(env[4], 4, 23);
        windows[4] = raise("w0", 3, 23);
        windows[5] = raise(env[2], outputDepth, 23);
        for (uint256 i = 6; i < 15; ++i) {
            windows[i] = Tree.zero(23);
        }
        bytes memory packed = abi.encodePacked(ENTRY, ENTRY + 4, new bytes(144));
        require(machine.kind == Kind.Machine, "kind");
        equal(machine.inputsRoot, Tree.root(windows), "inputs root");
        equal(machine.start, machineState(raise(oldChunk, 3, 17), packed), "M_0");
        equal(machine.oldChunk, oldChunk, "old chunk");
        equal(machine.endA, right, "end A");
        equal(machine.endB, wrong, "end B");
        equal(machine.position, leaf, "leaf");
        equal(machine.tile, tile, "tile");
        equal(machine.depth, TRACE_DEPTH, "depth");
        equal(machine.imageRoot, "image", "image");
        equal(machine.imageDepth, 9, "image depth");
        equal(machine.programId, header().programId(), "program");
        equal(machine.requestId, request().requestId(host.hubAddress()), "request");
        equal(machine.parentMatch, outer, "parent match");
        equal(machine.parentTournament, state(outer).tournament, "parent tournament");
        // The inner tournament's id hashes everything in its context.
        bytes32 id = keccak256(abi.encode(Tags.TOURNAMENT, block.chainid, address(game), machine));
        equal(state(outer).inner, id, "id");
    }

    /// @dev env_0, composed the plain way.
    function testAnExecutionStartsFromTheComposedEnv() public {
        (bytes32 outer, bytes32 inner) = execution(honestEnvs(), lyingEnvs(9));
        Context memory context = game.tournament(inner).context;
        equal(context.start, Tree.root(firstEnv()), "env_0");
        equal(context.endA, resultOf(honestEnvs()), "r_A");
        equal(context.endB, resultOf(lyingEnvs(9)), "r_B");
        equal(context.depth, STEP_DEPTH + NODE_DEPTH, "depth");
        equal(context.position, PLACE, "position");
        equal(context.parentMatch, outer, "parent");
        equal(context.programId, header().programId(), "program");
    }
}
