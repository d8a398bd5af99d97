// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IReferee} from "../../src/interfaces/IReferee.sol";
import {Context, ITournament, Kind, Tag} from "../../src/interfaces/ITournament.sol";
import {ExecutionEnd, MachineEnd} from "../../src/types/Opening.sol";
import {VM} from "../Vm.sol";
import {ExecutionArena} from "./ExecutionArena.sol";
import {Tree} from "./Tree.sol";

contract JoiningTest is ExecutionArena {
    bytes32[] private leaves0 = Tree.made(8, 3, "a");
    bytes32[] private leaves1 = Tree.made(8, 3, "b");

    function openPlain() private returns (bytes32 id) {
        id = openBatch(batchContext(3, 8), Tree.root(leaves0));
    }

    function testOnlyTheHostOpensAndJoinsForOthers() public {
        Context memory context = batchContext(3, 8);
        uint256 bond = game.bond(Kind.Batch);
        VM.expectRevert(abi.encodeWithSelector(ITournament.NotHost.selector, address(this)));
        game.openBatch{value: bond}(context, "root", alice);
        bytes32 id = openPlain();
        VM.expectRevert(abi.encodeWithSelector(ITournament.NotHost.selector, address(this)));
        game.joinBatchFor{value: bond}(id, "root", bob);
        host.joinFor{value: bond}(id, "root", bob);
        require(game.joinerOf(id, "root") == bob, "joiner");
    }

    function testAContextHasOneTournament() public {
        bytes32 id = openPlain();
        uint256 bond = game.bond(Kind.Batch);
        Context memory context = batchContext(3, 8);
        VM.expectRevert(abi.encodeWithSelector(ITournament.TournamentExists.selector, id));
        host.open{value: bond}(context, "another", bob);
        // A new round is another tournament.
        context.round = 2;
        require(host.open{value: bond}(context, "another", bob) != id, "id");
    }

    function testOpeningRefusesOtherKindsAndDepths() public {
        uint256 bond = game.bond(Kind.Batch);
        Context memory context = batchContext(11, 8);
        VM.expectRevert(abi.encodeWithSelector(ITournament.TooDeep.selector, 11, 10));
        host.open{value: bond}(context, "root", alice);
        context = batchContext(3, 8);
        context.kind = Kind.Machine;
        VM.expectRevert(abi.encodeWithSelector(ITournament.WrongKind.selector, Kind.Machine, Kind.Batch));
        host.open{value: bond}(context, "root", alice);
    }

    function testJoiningAnExistingRootReturnsEarlyAndCreditsTheValue() public {
        bytes32 id = openPlain();
        joinBatch(id, Tree.root(leaves1), bob);
        uint256 bond = game.bond(Kind.Batch);
        joinBatch(id, Tree.root(leaves1), carol);
        equal(game.credit(carol), bond, "credit");
        require(game.joinerOf(id, Tree.root(leaves1)) == bob, "joiner");
        equal(game.tournament(id).waiting, 0, "nobody waits");
        uint256 before = carol.balance;
        game.withdraw(carol);
        equal(carol.balance - before, bond, "paid");
    }

    function testAnEliminatedRootNeverComesBack() public {
        (bytes32 id, bytes32 matchId) = batchMatch(leaves0, leaves1, 8);
        VM.warp(state(matchId).deadline + 1);
        game.timeout(matchId);
        joinBatch(id, Tree.root(leaves0), carol);
        equal(game.credit(carol), game.bond(Kind.Batch), "credit");
        require(game.commitment(id, Tree.root(leaves0)).eliminated, "eliminated");
        equal(game.tournament(id).waiting, Tree.root(leaves1), "nobody was paired");
    }

    function testJoiningNeedsTheBondARootAndTime() public {
        bytes32 id = openPlain();
        uint256 bond = game.bond(Kind.Batch);
        VM.expectRevert(abi.encodeWithSelector(ITournament.WrongBond.selector, bond - 1, bond));
        game.joinBatch{value: bond - 1}(id, "root");
        VM.expectRevert(abi.encodeWithSelector(ITournament.WrongBond.selector, bond + 1, bond));
        game.joinBatch{value: bond + 1}(id, "root");
        VM.expectRevert(abi.encodeWithSelector(ITournament.ZeroValue.selector));
        game.joinBatch{value: bond}(id, 0);
        VM.expectRevert(abi.encodeWithSelector(ITournament.ZeroValue.selector));
        host.joinFor{value: bond}(id, "root", address(0));
        VM.expectRevert(abi.encodeWithSelector(ITournament.NoTournament.selector, bytes32("none")));
        game.joinBatch{value: bond}("none", "root");
        VM.warp(START + BATCH_WINDOW + 1);
        VM.expectRevert(
            abi.encodeWithSelector(ITournament.JoinWindowOver.selector, START + BATCH_WINDOW + 1, START + BATCH_WINDOW)
        );
        game.joinBatch{value: bond}(id, "root");
    }

    function testKindsHaveTheirOwnDoors() public {
        bytes32 id = openPlain();
        ExecutionEnd memory end = executionEnd(honestEnvs());
        VM.expectRevert(abi.encodeWithSelector(ITournament.WrongKind.selector, Kind.Batch, Kind.Execution));
        game.joinExecution(id, "root", end);
        (, bytes32 inner) = execution(honestEnvs(), lyingEnvs(9));
        VM.expectRevert(abi.encodeWithSelector(ITournament.WrongKind.selector, Kind.Execution, Kind.Batch));
        game.joinBatch(inner, "root");
        MachineEnd memory run = machineEnd(machineTrace(0, "", "", 1), "", 1);
        VM.expectRevert(abi.encodeWithSelector(ITournament.WrongKind.selector, Kind.Execution, Kind.Machine));
        game.joinMachine(inner, "root", run);
    }

    function testTheTagIsComputedFromTheProvenEnd() public {
        (, bytes32 inner) = execution(honestEnvs(), lyingEnvs(9));
        joinExecution(inner, honestEnvs(), carol);
        joinExecution(inner, lyingEnvs(9), carol);
        require(game.commitment(inner, Tree.root(rootsOf(honestEnvs()))).tag == Tag.A, "tag A");
        require(game.commitment(inner, Tree.root(rootsOf(lyingEnvs(9)))).tag == Tag.B, "tag B");
    }

    function testAnEndThatIsNotContestedNeverJoins() public {
        (, bytes32 inner) = execution(honestEnvs(), lyingEnvs(9));
        bytes32[][] memory third = lyingEnvs(17);
        bytes memory reason = abi.encodeWithSelector(
            ITournament.EndNotContested.selector, resultOf(third), resultOf(honestEnvs()), resultOf(lyingEnvs(9))
        );
        refused(inner, Tree.root(rootsOf(third)), executionEnd(third), reason);
    }

    function testAnExecutionsEndIsBoundToItsRoot() public {
        (, bytes32 inner) = execution(honestEnvs(), lyingEnvs(9));
        bytes32 root = Tree.root(rootsOf(honestEnvs()));
        bytes32 other = Tree.root(rootsOf(lyingEnvs(9)));
        ExecutionEnd memory end = executionEnd(honestEnvs());
        refused(inner, other, end, abi.encodeWithSelector(IReferee.LastLeafMismatch.selector, root, other));
        end.header.entry = 1;
        bytes32 program = header().programId();
        refused(
            inner, root, end, abi.encodeWithSelector(IReferee.ProgramMismatch.selector, end.header.programId(), program)
        );
        end = executionEnd(honestEnvs());
        end.control = controlBefore(1);
        bytes32[] memory persistent = Tree.with(half(honestEnvs()[LEAVES - 1], false), 1, 0);
        bytes32 got = Tree.root(Tree.with(persistent, 1, this.rootOf(end.control)));
        refused(inner, root, end, abi.encodeWithSelector(IReferee.SlotMismatch.selector, 1, got, end.persistentRoot));
        end = executionEnd(honestEnvs());
        end.outputRoot = Tree.root(lie(9));
        got = Tree.root(half(lyingEnvs(9)[LEAVES - 1], false));
        refused(inner, root, end, abi.encodeWithSelector(IReferee.SlotMismatch.selector, 2, got, end.persistentRoot));
    }

    /// @dev A request not done at the last step has the result (STEP_LIMIT, 0, 0, zero tree's root).
    function testAnUnfinishedExecutionEndsInStepLimit() public {
        setRequest();
        lastPhase = 3;
        bytes32[][] memory envs = honestEnvs();
        bytes32[] memory first = batchLeaves(resultOf(envs));
        bytes32[] memory second = batchLeaves("another result");
        (, bytes32 outer) = batchMatch(first, second, 5);
        walk(outer, first, second);
        game.openBatchMatch(outer, header(), request(), firstSlots());
        bytes32 inner = state(outer).inner;
        joinExecution(inner, envs, carol);
        require(game.commitment(inner, Tree.root(rootsOf(envs))).tag == Tag.A, "tag");
    }

    function machineTournament() private returns (bytes32 inner, bytes32 right, bytes32 wrong) {
        uint256 tile;
        (, bytes32 outer) = sealedTile(9);
        (right, wrong, tile) = contestedChunks(9);
        game.openTile(outer, header(), tileOpening(honestEnvs(), 9, tile));
        inner = state(outer).inner;
    }

    function testAMachinesEndIsItsChunkInPlace() public {
        (bytes32 inner, bytes32 right, bytes32 wrong) = machineTournament();
        bytes32[] memory trace = machineTrace(0, "a", right, 1);
        bytes32 root = Tree.root(trace);
        MachineEnd memory end = machineEnd(trace, right, 1);
        end.chunk = wrong;
        machineRefused(
            inner,
            root,
            end,
            abi.encodeWithSelector(IReferee.ChunkMismatch.selector, raise(wrong, 3, 17), raise(right, 3, 17))
        );
        end = machineEnd(trace, right, 1);
        end.registers = bytes.concat(end.registers, hex"00");
        machineRefused(inner, root, end, abi.encodeWithSelector(IReferee.RegistersWrongLength.selector, 153, 152));
        end = machineEnd(trace, right, 1);
        end.registers[0] ^= 0x01;
        bytes32 got = Tree.root(Tree.with(trace, 7, machineState(end.workRoot, end.registers)));
        machineRefused(inner, root, end, abi.encodeWithSelector(IReferee.LastLeafMismatch.selector, got, root));
        joinMachine(inner, trace, right, 1, carol);
        joinMachine(inner, machineTrace(0, "b", wrong, 1), wrong, 1, carol);
        require(game.commitment(inner, root).tag == Tag.A, "tag");
    }

    /// @dev A run that has not exited with 0 keeps the old chunk, which is no contested end here. Neither a fault nor a
    /// run that has not ended may look like success.
    function testARunWithoutSuccessKeepsTheOldChunk() public {
        (bytes32 inner, bytes32 right, bytes32 wrong) = machineTournament();
        bytes32 oldChunk = chunksOf(oldTensor(9))[2];
        uint32[3] memory exits = [uint32(0), 2, 0x01000001];
        for (uint256 i; i < exits.length; ++i) {
            bytes32[] memory trace = machineTrace(0, "a", right, exits[i]);
            machineRefused(
                inner,
                Tree.root(trace),
                machineEnd(trace, right, exits[i]),
                abi.encodeWithSelector(ITournament.EndNotContested.selector, oldChunk, right, wrong)
            );
        }
    }

    /// @dev Where the old chunk is a contested end, whatever is not an exit with 0 ends in it; the chunk is not looked at.
    function testTheOldChunkIsTheEndOfEveryRunWithoutSuccess() public view {
        uint32[4] memory exits = [uint32(0), 2, 9, 0x01000001];
        for (uint256 i; i < exits.length; ++i) {
            bytes32[] memory trace = machineTrace(0, "a", "in place", exits[i]);
            MachineEnd memory end = machineEnd(trace, "in place", exits[i]);
            end.chunk = "another";
            bytes32 got = referee.machineEnd(TRACE_DEPTH, "old", 0, Tree.root(trace), end);
            equal(got, "old", "end");
        }
        bytes32[] memory run = machineTrace(0, "a", "in place", 1);
        bytes32 good = referee.machineEnd(TRACE_DEPTH, "old", 0, Tree.root(run), machineEnd(run, "in place", 1));
        equal(good, "in place", "success");
    }

    function rootOf(bytes32[8] memory leaves) external pure returns (bytes32) {
        return root(leaves);
    }

    function refused(bytes32 id, bytes32 root_, ExecutionEnd memory end, bytes memory reason) private {
        uint256 bond = game.bond(Kind.Execution);
        VM.expectRevert(reason);
        game.joinExecution{value: bond}(id, root_, end);
    }

    function machineRefused(bytes32 id, bytes32 root_, MachineEnd memory end, bytes memory reason) private {
        uint256 bond = game.bond(Kind.Machine);
        VM.expectRevert(reason);
        game.joinMachine{value: bond}(id, root_, end);
    }
}
