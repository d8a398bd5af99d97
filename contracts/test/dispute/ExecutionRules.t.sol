// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IReferee} from "../../src/interfaces/IReferee.sol";
import {ITournament, MatchView, Stage} from "../../src/interfaces/ITournament.sol";
import {NodeOpening, TableEntry} from "../../src/types/Opening.sol";
import {ProgramHeader} from "../../src/types/Program.sol";
import {Proof} from "../../src/types/Proof.sol";
import {VM} from "../Vm.sol";
import {ExecutionArena} from "./ExecutionArena.sol";
import {Tree} from "./Tree.sol";

contract ExecutionRulesTest is ExecutionArena {
    /// @dev The honest side wins by the opening alone, whichever side it is.
    function decidedAt(uint256 leaf) private {
        deploy(toyRules(2, 1));
        (, bytes32 matchId) = sealedExecution(honestEnvs(), lyingEnvs(leaf));
        equal(state(matchId).position, leaf, "leaf");
        game.openNode(matchId, header(), nodeOpening(honestEnvs(), leaf));
        outcome(matchId, false, true);
        deploy(toyRules(2, 1));
        (, matchId) = sealedExecution(lyingEnvs(leaf), honestEnvs());
        game.openNode(matchId, header(), nodeOpening(honestEnvs(), leaf));
        outcome(matchId, true, false);
    }

    function testTheLastLeafOfAStepRestartsTheScratchSlots() public {
        decidedAt(7);
    }

    /// @dev Tested first and whether done or not.
    function testTheLastLeafOfADoneStepRestartsTheScratchSlots() public {
        decidedAt(23);
    }

    function testADoneRequestKeepsItsEnv() public {
        decidedAt(17);
    }

    function testAPlacePastTheNodesKeepsTheEnv() public {
        decidedAt(4);
    }

    function testBothSidesCanBeWrong() public {
        (, bytes32 matchId) = sealedExecution(inventedEnvs(7, "x"), inventedEnvs(7, "y"));
        game.openNode(matchId, header(), nodeOpening(honestEnvs(), 7));
        outcome(matchId, true, true);
    }

    /// @dev A malformed record at node 1 keeps the agreed env.
    function malformed(uint32[3] memory inputs, uint32 output, uint256 entries) private {
        (node1Inputs, node1Output, entriesGiven, node1Runs) = (inputs, output, entries, false);
        decidedAt(9);
    }

    function testTooManyInputsAreMalformed() public {
        node1Count = 13;
        malformed([4, WEIGHT, 2], 2, 0);
    }

    function testAnInputThatTheTablesDoNotHaveIsMalformed() public {
        malformed([uint32(3), WEIGHT, 2], 2, 0);
        malformed([4, uint32(6), 2], 2, 1);
        malformed([4, WEIGHT, 8], 2, 2);
        malformed([4, WEIGHT | 2, 2], 2, 1);
    }

    function testAnInputDeeperThanAWindowIsMalformed() public {
        malformed([4, WEIGHT | 1, 2], 2, 2);
    }

    function testAnOutputThatTheTableDoesNotHaveIsMalformed() public {
        malformed([4, WEIGHT, 2], 3, 3);
        malformed([4, WEIGHT, 2], 6, 3);
        malformed([4, WEIGHT, 2], 9, 3);
        malformed([4, WEIGHT, 2], WEIGHT, 3);
    }

    function testAnOutputOfAnImpossibleDepthIsMalformed() public {
        slot5Depth = 24;
        malformed([4, WEIGHT, 2], 5, 4);
        slot5Depth = 2;
        malformed([4, WEIGHT, 2], 5, 4);
    }

    /// @dev The bounds themselves are well-formed.
    function testDepthsAtTheBoundsAreWellFormed() public {
        weight0Depth = 23;
        slot5Depth = 23;
        node1Output = 5;
        openedWell();
        deploy(toyRules(2, 1));
        slot5Depth = 3;
        openedWell();
    }

    function openedWell() private {
        (, bytes32 matchId) = sealedExecution(honestEnvs(), lyingEnvs(9));
        game.openNode(matchId, header(), nodeOpening(honestEnvs(), 9));
        inStage(matchId, Stage.Reveal);
        equal(state(matchId).outputSlot, 5, "output slot");
        equal(state(matchId).outputDepth, slot5Depth, "output depth");
    }

    function testAnOpeningHasExactlyTheEntriesOfItsRecord() public {
        (, bytes32 matchId) = sealedExecution(honestEnvs(), lyingEnvs(9));
        NodeOpening memory opening = nodeOpening(honestEnvs(), 9);
        TableEntry[] memory all = opening.tables;
        opening.tables = new TableEntry[](3);
        for (uint256 i; i < 3; ++i) {
            opening.tables[i] = all[i];
        }
        refused(matchId, header(), opening, abi.encodeWithSelector(IReferee.WrongEntryCount.selector, 3, 4));
        opening.tables = new TableEntry[](5);
        for (uint256 i; i < 5; ++i) {
            opening.tables[i] = all[i % 4];
        }
        refused(matchId, header(), opening, abi.encodeWithSelector(IReferee.WrongEntryCount.selector, 5, 4));
    }

    /// @dev All depths come from the program's tables.
    function testTableEntriesAreProven() public {
        (, bytes32 matchId) = sealedExecution(honestEnvs(), lyingEnvs(9));
        NodeOpening memory opening = nodeOpening(honestEnvs(), 9);
        opening.tables[1].depth = 24;
        bytes32 got = Tree.root(Tree.with(weightTable(), 0, info("w0", 24)));
        bytes4 selector = IReferee.TableMismatch.selector;
        refused(matchId, header(), opening, abi.encodeWithSelector(selector, 1, got, Tree.root(weightTable())));
        opening = nodeOpening(honestEnvs(), 9);
        opening.tables[3].depth = 24;
        got = Tree.root(Tree.with(slotTable(), 2, info(Tree.zero(5), 24)));
        refused(matchId, header(), opening, abi.encodeWithSelector(selector, 3, got, Tree.root(slotTable())));
    }

    function testTheControlSlotIsTheAgreedEnvs() public {
        (, bytes32 matchId) = sealedExecution(honestEnvs(), lyingEnvs(9));
        NodeOpening memory opening = nodeOpening(honestEnvs(), 9);
        // A control slot that says done would decide for the side that changed nothing.
        opening.control = controlBefore(2);
        bytes32 got = Tree.root(Tree.with(honestEnvs()[8], 1, root(controlBefore(2))));
        bytes4 selector = IReferee.SlotMismatch.selector;
        refused(matchId, header(), opening, abi.encodeWithSelector(selector, 1, got, state(matchId).agreed));
    }

    function testTheRecordIsTheGraphsAtK() public {
        (, bytes32 matchId) = sealedExecution(honestEnvs(), lyingEnvs(9));
        NodeOpening memory opening = nodeOpening(honestEnvs(), 9);
        opening.record = record(2);
        bytes32 got = Tree.root(Tree.with(graph(), 1, root(record(2))));
        bytes4 selector = IReferee.RecordMismatch.selector;
        refused(matchId, header(), opening, abi.encodeWithSelector(selector, got, Tree.root(graph())));
    }

    function testTheEnvsPartsAreTheAgreedOnes() public {
        (, bytes32 matchId) = sealedExecution(honestEnvs(), lyingEnvs(7));
        NodeOpening memory opening = nodeOpening(honestEnvs(), 7);
        opening.persistentRoot = "x";
        bytes4 selector = IReferee.EnvPartsMismatch.selector;
        bytes32 got = Tree.node("x", opening.scratchRoot);
        refused(matchId, header(), opening, abi.encodeWithSelector(selector, got, state(matchId).agreed));
    }

    /// @dev A proof made for one leaf, or one program, opens no other.
    function testAnOpeningOfAnotherPlaceIsRefused() public {
        (, bytes32 matchId) = sealedExecution(honestEnvs(), lyingEnvs(9));
        NodeOpening memory opening = nodeOpening(honestEnvs(), 1);
        bytes32 got = Tree.root(honestEnvs()[0]);
        bytes4 selector = IReferee.SlotMismatch.selector;
        refused(matchId, header(), opening, abi.encodeWithSelector(selector, 1, got, state(matchId).agreed));
        ProgramHeader memory other = header();
        other.nodeCount = 1;
        refused(
            matchId,
            other,
            nodeOpening(honestEnvs(), 9),
            abi.encodeWithSelector(IReferee.ProgramMismatch.selector, other.programId(), header().programId())
        );
    }

    function refused(bytes32 matchId, ProgramHeader memory program, NodeOpening memory opening, bytes memory reason)
        private
    {
        VM.expectRevert(reason);
        game.openNode(matchId, program, opening);
    }

    // The seal

    function testTheSealIsProvenUnderEitherRoot() public {
        (, bytes32 matchId) = executionAtLeaf(honestEnvs(), lyingEnvs(9));
        uint256 before = VM.snapshotState();
        sealAt(matchId, rootsOf(honestEnvs()));
        bytes32 agreed = state(matchId).agreed;
        VM.revertToState(before);
        sealAt(matchId, rootsOf(lyingEnvs(9)));
        equal(state(matchId).agreed, agreed, "agreed");
        equal(agreed, Tree.root(honestEnvs()[8]), "the leaf before");
    }

    function testTheSealIsTheLeafBefore() public {
        (, bytes32 matchId) = executionAtLeaf(honestEnvs(), lyingEnvs(9));
        bytes32[] memory leaves = rootsOf(honestEnvs());
        Proof memory path = Tree.proof(leaves, 8, 0);
        MatchView memory seen = state(matchId);
        bytes4 selector = ITournament.AgreedMismatch.selector;
        bytes32 got = Tree.root(Tree.with(leaves, 8, "x"));
        VM.expectRevert(abi.encodeWithSelector(selector, got, seen.root0, seen.root1));
        game.seal(matchId, "x", path.mask, path.siblings);
        // The path of another leaf.
        path = Tree.proof(leaves, 7, 0);
        VM.expectRevert();
        game.seal(matchId, leaves[7], path.mask, path.siblings);
    }

    // The reveals

    /// @dev A side whose env differs from the agreed one elsewhere than in the output slot can't reveal.
    function testASideThatChangedAnotherSlotCannotReveal() public {
        bytes32[][] memory envs0 = honestEnvs();
        bytes32[][] memory envs1 = lyingEnvs(8);
        (, bytes32 matchId) = sealedExecution(envs0, envs1);
        game.openNode(matchId, header(), nodeOpening(envs0, 8));
        inStage(matchId, Stage.Reveal);
        equal(state(matchId).outputSlot, 4, "output slot");
        if (state(matchId).turn == 0) revealSlot4(matchId, envs0[8], envs0[7]);
        Proof memory path = Tree.proof(envs1[8], 4, 0);
        bytes32 mixed = Tree.root(Tree.with(envs1[8], 4, envs0[7][4]));
        VM.expectRevert(abi.encodeWithSelector(ITournament.EnvMismatch.selector, mixed, state(matchId).agreed));
        game.reveal(matchId, envs0[7][4], envs1[8][4], path.mask, path.siblings);
        VM.warp(state(matchId).deadline + 1);
        game.timeout(matchId);
        outcome(matchId, false, true);
    }

    function revealSlot4(bytes32 matchId, bytes32[] memory env, bytes32[] memory agreed) private {
        Proof memory path = Tree.proof(env, 4, 0);
        game.reveal(matchId, agreed[4], env[4], path.mask, path.siblings);
    }

    function testARevealIsInTheSidesEnv() public {
        (bytes32[][] memory envs0, bytes32[][] memory envs1) = (honestEnvs(), lyingEnvs(9));
        (, bytes32 matchId) = sealedExecution(envs0, envs1);
        game.openNode(matchId, header(), nodeOpening(envs0, 9));
        (bytes32[] memory agreed, bytes32[] memory env) = (envs0[8], state(matchId).turn == 0 ? envs0[9] : envs1[9]);
        Proof memory path = Tree.proof(env, 2, 0);
        bytes4 selector = ITournament.EnvMismatch.selector;
        bytes32 got = Tree.root(Tree.with(env, 2, "x"));
        VM.expectRevert(abi.encodeWithSelector(selector, got, Tree.root(env)));
        game.reveal(matchId, agreed[2], "x", path.mask, path.siblings);
        VM.expectRevert(abi.encodeWithSelector(selector, got, state(matchId).agreed));
        game.reveal(matchId, "x", env[2], path.mask, path.siblings);
        // The right reveal, then its repetition, which does nothing.
        game.reveal(matchId, agreed[2], env[2], path.mask, path.siblings);
        uint8 turn = state(matchId).turn;
        game.reveal(matchId, agreed[2], env[2], path.mask, path.siblings);
        equal(state(matchId).turn, turn, "turn");
        revealDue(matchId, envs0, envs1, 9);
        inStage(matchId, Stage.TileDescent);
        equal(state(matchId).height, OUTPUT_DEPTH - 3, "height");
        equal(state(matchId).node0, Tree.root(tensor(9)), "T_0");
        equal(state(matchId).node1, Tree.root(lie(9)), "T_1");
        equal(state(matchId).tensorOld, agreed[2], "T_old");
    }
}
