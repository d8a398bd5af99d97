// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IRollup, BatchState} from "../../src/interfaces/IRollup.sol";
import {IHub, RequestState} from "../../src/interfaces/IHub.sol";
import {VM} from "../Vm.sol";
import {RollupArena} from "./RollupArena.sol";

contract RollupBatchesTest is RollupArena {
    function testAProposalBeginsWhereTheLastOneEnded() public {
        askMany(4);
        equal(propose(0, 2), 0, "number");
        VM.expectRevert(abi.encodeWithSelector(IRollup.WrongFirst.selector, 0, 2));
        proposeRoot(0, 2, "root");
        VM.expectRevert(abi.encodeWithSelector(IRollup.WrongFirst.selector, 3, 2));
        proposeRoot(3, 1, "root");
        equal(propose(2, 1), 1, "number");
        equal(rollup.nextRequest(lane), 3, "next");
        equal(rollup.batchCount(lane), 2, "batches");
        IRollup.Batch memory batch = rollup.batchOf(lane, 1);
        equal(batch.first, 2, "first");
        equal(batch.count, 1, "count");
        equal(batch.round, 0, "round");
        require(batch.provider == alice, "provider");
    }

    function testTheCount() public {
        VM.expectRevert(abi.encodeWithSelector(IRollup.WrongCount.selector, 1, 0));
        proposeRoot(0, 1, "root");
        askMany(3);
        VM.expectRevert(abi.encodeWithSelector(IRollup.WrongCount.selector, 0, 3));
        proposeRoot(0, 0, "root");
        VM.expectRevert(abi.encodeWithSelector(IRollup.WrongCount.selector, 4, 3));
        proposeRoot(0, 4, "root");
        VM.expectRevert(abi.encodeWithSelector(IRollup.WrongCount.selector, type(uint64).max, 3));
        proposeRoot(0, type(uint64).max, "root");
        askMany(3);
        VM.expectRevert(abi.encodeWithSelector(IRollup.WrongCount.selector, 5, 4));
        proposeRoot(0, 5, "root");
        proposeRoot(0, 4, "root");
    }

    function testTheSummedLimits() public {
        // Each request's limits are its prompt bytes and 10 tokens.
        ask(requester, new bytes(65));
        ask(requester, new bytes(65));
        ask(requester, new bytes(66));
        VM.expectRevert(abi.encodeWithSelector(IRollup.LimitsExceeded.selector, 226, MAX_LIMITS));
        proposeRoot(0, 3, "root");
        proposeRoot(0, 2, "root");
        ask(requester, new bytes(65));
        VM.expectRevert(abi.encodeWithSelector(IRollup.LimitsExceeded.selector, 151, MAX_LIMITS));
        proposeRoot(2, 2, "root");
        proposeRoot(2, 1, "root");
    }

    function testARootIsNotTheMarkForNone() public {
        ask(requester);
        VM.expectRevert(abi.encodeWithSelector(IRollup.EmptyRoot.selector));
        proposeRoot(0, 1, 0);
    }

    function testLanesHaveTheirOwnBatches() public {
        uint64 other = hub.createLane(program, price());
        VM.prank(watcher);
        rollup.attest(other);
        askMany(2);
        hub.request{value: 3 ether}(other, "x", params(), 0);
        propose(0, 2);
        VM.prank(alice);
        equal(rollup.propose(other, 0, 1, "root"), 0, "number");
        equal(rollup.nextRequest(lane), 2, "next");
        equal(rollup.nextRequest(other), 1, "next of the other");
    }

    // The window: at every second exactly one of challenge and finalize is possible.

    function testFinalOnlyAfterTheWindow() public {
        bytes32 id = ask(requester);
        uint64 batch = propose(0, 1);
        VM.warp(START + WINDOW);
        VM.expectRevert(abi.encodeWithSelector(IRollup.WindowOpen.selector, START + WINDOW, START + WINDOW));
        rollup.finalize(lane, batch);
        inState(id, RequestState.Proposed);
        VM.warp(START + WINDOW + 1);
        rollup.finalize(lane, batch);
        inState(id, RequestState.Final);
        (, uint256 locked) = bondOf(alice);
        equal(locked, 0, "locked");
    }

    function testABatchIsFinalOnce() public {
        askMany(2);
        uint64 batch = propose(0, 1);
        propose(1, 1);
        passWindow(batch);
        rollup.finalize(lane, batch);
        (, uint256 locked) = bondOf(alice);
        equal(locked, proposalBond, "the other batch's bond");
        expectWrongBatch(batch, BatchState.Final);
        rollup.finalize(lane, batch);
    }

    function testABatchCanBeDisputedInTheWindowsLastSecond() public {
        ask(requester);
        uint64 batch = propose(0, 1);
        VM.warp(START + WINDOW);
        VM.prank(bob);
        rollup.challenge{value: proposalBond}(lane, batch, "rival");
        inState(batch, BatchState.Disputed);
    }

    function testABatchCannotBeDisputedAfterItsWindow() public {
        ask(requester);
        uint64 batch = propose(0, 1);
        VM.warp(START + WINDOW + 1);
        VM.expectRevert(abi.encodeWithSelector(IRollup.WindowClosed.selector, START + WINDOW + 1, START + WINDOW));
        VM.prank(bob);
        rollup.challenge{value: proposalBond}(lane, batch, "rival");
    }

    function testAFinalBatchCannotBeProposedAgainOrDisputed() public {
        ask(requester);
        uint64 batch = proposeFinal(0, 1);
        expectWrongBatch(batch, BatchState.Final);
        rollup.repropose(lane, batch, "root");
        expectWrongBatch(batch, BatchState.Final);
        rollup.challenge(lane, batch, "rival");
    }

    function testABatchThatIsNot() public {
        expectWrongBatch(0, BatchState.None);
        rollup.finalize(lane, 0);
        expectWrongBatch(0, BatchState.None);
        rollup.repropose(lane, 0, "root");
        expectWrongBatch(0, BatchState.None);
        rollup.challenge(lane, 0, "root");
        equal(uint256(rollup.batchOf(lane, 0).state), uint256(BatchState.None), "state");
    }

    /// forge-config: default.fuzz.runs = 16
    /// forge-config: quick.fuzz.runs = 16
    function testTheBatchThatHoldsARequest(uint256 seed) public {
        addBond(alice, 20 * proposalBond);
        askMany(20);
        uint64[] memory holders = new uint64[](20);
        uint64 next;
        for (uint64 batch; next < 18; ++batch) {
            uint64 count = uint64(1 + (seed >> (2 * batch)) % 4);
            proposeRoot(next, count, "root");
            for (uint64 i; i < count && next + i < 20; ++i) {
                holders[next + i] = batch;
            }
            next += count;
            if (next > 16) break;
        }
        for (uint64 index; index < 20; ++index) {
            (bool found, uint64 batch) = rollup.batchHolding(lane, index);
            require(found == (index < next), "found");
            if (found) equal(batch, holders[index], "batch");
        }
        (bool any,) = rollup.batchHolding(lane, type(uint64).max);
        require(!any, "past the inbox");
    }
}
