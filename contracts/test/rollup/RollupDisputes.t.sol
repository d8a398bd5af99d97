// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IHub, RequestState} from "../../src/interfaces/IHub.sol";
import {BatchState, IRollup} from "../../src/interfaces/IRollup.sol";
import {Context, ITournament, Kind, Stage, TournamentView} from "../../src/interfaces/ITournament.sol";
import {FirstSlots} from "../../src/types/Opening.sol";
import {RequestPreimage} from "../../src/types/Request.sol";
import {Tree} from "../dispute/Tree.sol";
import {VM} from "../Vm.sol";
import {RollupArena} from "./RollupArena.sol";

/// @dev Batches in dispute, decided by the real tournaments: for the proposer, for the rival, and for nobody.
contract RollupDisputesTest is RollupArena {
    uint64 private batch;
    bytes32[] private honest;
    bytes32[] private lying;
    bytes32[3] private ids;

    function setUp() public override {
        super.setUp();
        for (uint256 i; i < 3; ++i) {
            ids[i] = ask(requester);
        }
        honest = honestLeaves(0, 3);
        lying = leavesOf(0, 3, "!");
        batch = propose(0, 3);
    }

    function dispute(bytes32[] memory rival) private returns (bytes32 tournament) {
        VM.prank(bob);
        return rollup.challenge{value: proposalBond}(lane, batch, Tree.root(rival));
    }

    /// @dev The clock of the side to move runs out.
    function loseByClock(bytes32 matchId) private {
        VM.warp(state(matchId).deadline + 1);
        game.timeout(matchId);
    }

    function conclude(bytes32 tournament) private {
        TournamentView memory seen = game.tournament(tournament);
        if (block.timestamp <= seen.joinCloses) VM.warp(seen.joinCloses + 1);
        game.conclude(tournament);
    }

    /// @dev The proposer never moves.
    function decideForTheRival() private returns (bytes32 tournament) {
        tournament = dispute(lying);
        loseByClock(matchOf(tournament, honest, lying));
        conclude(tournament);
    }

    /// @dev The proposer moves, the rival does not.
    function decideForTheProposer() private returns (bytes32 tournament) {
        tournament = dispute(lying);
        bytes32 matchId = matchOf(tournament, honest, lying);
        play(matchId, moveDue(matchId, honest, lying));
        loseByClock(matchId);
        conclude(tournament);
    }

    /// @dev Both move down to a leaf that nobody opens.
    function decideForNobody(bytes32[] memory proposed, bytes32[] memory rival) private returns (bytes32 tournament) {
        tournament = dispute(rival);
        bytes32 matchId = matchOf(tournament, proposed, rival);
        walk(matchId, proposed, rival);
        inStage(matchId, Stage.Sealed);
        loseByClock(matchId);
        conclude(tournament);
    }

    // Opening

    function testADisputeOpensATournamentOverTheBatch() public {
        uint256 held = address(rollup).balance;
        bytes32 id = dispute(lying);
        inState(batch, BatchState.Disputed);
        inState(ids[0], RequestState.Disputed);
        Context memory context = game.tournament(id).context;
        require(context.kind == Kind.Batch, "kind");
        equal(context.depth, ROLLUP_DEPTH, "depth");
        equal(context.lane, lane, "lane");
        equal(context.first, 0, "first");
        equal(context.count, 3, "count");
        equal(context.round, 0, "round");
        equal(context.programId, program, "program");
        equal(context.accumulator, hub.accumulatorAt(lane, 3), "accumulator");
        require(context.accumulator != 0 && context.accumulator != hub.accumulatorAt(lane, 2), "over the range");
        equal(rollup.batchOf(lane, batch).tournament, id, "tournament");
        require(game.joinerOf(id, Tree.root(honest)) == alice, "proposer");
        require(game.joinerOf(id, Tree.root(lying)) == bob, "rival");
        // The proposer's bond has moved into the tournament.
        equal(address(rollup).balance, held - proposalBond, "balance");
        (uint256 balance, uint256 locked) = bondOf(alice);
        equal(balance, 2 * uint256(proposalBond), "bond");
        equal(locked, 0, "locked");
    }

    function testADisputeNeedsTheBondAndAnotherRoot() public {
        bytes memory reason =
            abi.encodeWithSelector(ITournament.WrongBond.selector, proposalBond - 1, uint256(proposalBond));
        VM.expectRevert(reason);
        VM.prank(bob);
        rollup.challenge{value: proposalBond - 1}(lane, batch, Tree.root(lying));
        VM.expectRevert(abi.encodeWithSelector(IRollup.SameRoot.selector, Tree.root(honest)));
        VM.prank(bob);
        rollup.challenge{value: proposalBond}(lane, batch, Tree.root(honest));
        VM.expectRevert(abi.encodeWithSelector(ITournament.ZeroValue.selector));
        VM.prank(bob);
        rollup.challenge{value: proposalBond}(lane, batch, 0);
        inState(batch, BatchState.Proposed);
        inState(ids[0], RequestState.Proposed);
    }

    function testARoundIsDisputedOnce() public {
        dispute(lying);
        expectWrongBatch(batch, BatchState.Disputed);
        VM.prank(carol);
        rollup.challenge{value: proposalBond}(lane, batch, "another");
    }

    function testADisputedBatchIsNotFinalNorProposedAgain() public {
        dispute(lying);
        VM.warp(START + 10 * WINDOW);
        expectWrongBatch(batch, BatchState.Disputed);
        rollup.finalize(lane, batch);
        expectWrongBatch(batch, BatchState.Disputed);
        rollup.repropose(lane, batch, "root");
        IHub.Delivery memory delivery = deliveryOf(ids[1]);
        expectWrongState(ids[1], RequestState.Disputed);
        hub.deliver(ids[1], delivery);
        VM.warp(START + REFUND_DELAY + 1);
        expectWrongState(ids[1], RequestState.Disputed);
        hub.refund(ids[1]);
    }

    function testOtherBatchesGoOn() public {
        bytes32 later = ask(requester);
        dispute(lying);
        uint64 next = proposeFinal(3, 1);
        inState(next, BatchState.Final);
        deliver(later);
        inState(later, RequestState.Delivered);
        inState(batch, BatchState.Disputed);
    }

    // For the proposer

    function testTheProposerWins() public {
        decideForTheProposer();
        inState(batch, BatchState.Final);
        IRollup.Batch memory decided = rollup.batchOf(lane, batch);
        equal(decided.root, Tree.root(honest), "root");
        require(decided.provider == alice, "provider");
        deliver(ids[1]);
        require(hub.credit(alice) > 0, "the proposer is paid");
        // The bond is the winner's again: a credit in the tournament.
        require(game.credit(alice) >= proposalBond, "bond");
        (uint256 balance, uint256 locked) = bondOf(alice);
        equal(balance, 2 * uint256(proposalBond), "what was not at stake");
        equal(locked, 0, "locked");
    }

    /// @dev A rival with something past the count loses by the rule.
    function testALeafPastTheCount() public {
        bytes32[] memory more = Tree.with(honest, 3, "more");
        bytes32 id = dispute(more);
        bytes32 matchId = matchOf(id, honest, more);
        walk(matchId, honest, more);
        RequestPreimage memory none;
        FirstSlots memory slots;
        game.openBatchMatch(matchId, header(), none, slots);
        outcome(matchId, false, true);
        conclude(id);
        inState(batch, BatchState.Final);
        equal(rollup.batchOf(lane, batch).root, Tree.root(honest), "root");
    }

    // For the rival

    function testTheRivalWins() public {
        decideForTheRival();
        IRollup.Batch memory decided = rollup.batchOf(lane, batch);
        inState(batch, BatchState.Final);
        equal(decided.root, Tree.root(lying), "root");
        require(decided.provider == bob, "provider");
        bytes memory answer = bytes.concat(answerTo(ids[0]), "!");
        IHub.Delivery memory delivery;
        (delivery.batch, delivery.answer, delivery.result) = (batch, answer, resultOf(ids[0], answer));
        (delivery.mask, delivery.siblings) = (3, Tree.proof(lying, 0, 0).siblings);
        hub.deliver(ids[0], delivery);
        equal(hub.credit(alice), 0, "the loser");
        require(hub.credit(bob) > 0, "the winner's joiner is paid");
        require(game.credit(bob) >= proposalBond, "bond");
        equal(game.credit(alice), 0, "the loser's bond");
    }

    function testALosingAnswerIsNotDelivered() public {
        decideForTheRival();
        IHub.Delivery memory delivery = deliveryOf(ids[0]);
        bytes32 got = Tree.root(honest);
        VM.expectRevert(abi.encodeWithSelector(IHub.WrongBatchRoot.selector, got, Tree.root(lying)));
        hub.deliver(ids[0], delivery);
    }

    /// @dev Whoever joined with the winner is the provider, also if it is the proposer with a second root.
    function testTheProposerAsItsOwnRival() public {
        VM.prank(alice);
        bytes32 id = rollup.challenge{value: proposalBond}(lane, batch, Tree.root(lying));
        loseByClock(matchOf(id, honest, lying));
        conclude(id);
        require(rollup.batchOf(lane, batch).provider == alice, "provider");
        equal(rollup.batchOf(lane, batch).root, Tree.root(lying), "root");
    }

    function testAThirdRootWins() public {
        bytes32 id = dispute(lying);
        bytes32[] memory third = leavesOf(0, 3, "?");
        joinBatch(id, Tree.root(third), carol);
        loseByClock(matchOf(id, honest, lying));
        // The match's winner meets who waited.
        loseByClock(matchOf(id, third, lying));
        conclude(id);
        bytes32 winner = rollup.batchOf(lane, batch).root;
        equal(winner, Tree.root(lying), "root");
        require(rollup.batchOf(lane, batch).provider == bob, "provider");
    }

    // For nobody

    function testWithoutAWinnerTheBatchIsVoid() public {
        decideForNobody(honest, lying);
        inState(batch, BatchState.Void);
        inState(ids[2], RequestState.Pending);
        equal(rollup.batchOf(lane, batch).voidedAt, block.timestamp, "voided at");
        equal(rollup.nextRequest(lane), 3, "the range stays this batch's");
        IHub.Delivery memory delivery = deliveryOf(ids[2]);
        expectWrongState(ids[2], RequestState.Pending);
        hub.deliver(ids[2], delivery);
        expectWrongBatch(batch, BatchState.Void);
        rollup.finalize(lane, batch);
        expectWrongBatch(batch, BatchState.Void);
        rollup.challenge(lane, batch, "rival");
    }

    /// @dev By any bonded provider, exactly the same range, in a new round, and with its own bond.
    function testAVoidRangeIsProposedAgain() public {
        decideForNobody(honest, lying);
        VM.expectRevert(abi.encodeWithSelector(IRollup.BondTooSmall.selector, 0, proposalBond));
        VM.prank(carol);
        rollup.repropose(lane, batch, Tree.root(honest));
        VM.expectRevert(abi.encodeWithSelector(IRollup.WrongFirst.selector, 0, 3));
        proposeRoot(0, 3, Tree.root(honest));
        addBond(carol, proposalBond);
        VM.expectRevert(abi.encodeWithSelector(IRollup.EmptyRoot.selector));
        VM.prank(carol);
        rollup.repropose(lane, batch, 0);
        VM.prank(carol);
        rollup.repropose(lane, batch, Tree.root(honest));
        IRollup.Batch memory again = rollup.batchOf(lane, batch);
        equal(again.first, 0, "first");
        equal(again.count, 3, "count");
        equal(again.round, 1, "round");
        equal(again.proposedAt, block.timestamp, "proposed at");
        require(again.provider == carol, "provider");
        (, uint256 locked) = bondOf(carol);
        equal(locked, proposalBond, "locked");
        expectWrongBatch(batch, BatchState.Proposed);
        rollup.repropose(lane, batch, "root");
        passWindow(batch);
        rollup.finalize(lane, batch);
        deliver(ids[0]);
        require(hub.credit(carol) > 0 && hub.credit(alice) == 0, "the second round's provider is paid");
    }

    function testARoundHasItsOwnTournament() public {
        bytes32 first = decideForNobody(honest, lying);
        VM.prank(alice);
        rollup.repropose(lane, batch, Tree.root(honest));
        bytes32 second = dispute(lying);
        require(first != second, "one tournament for two rounds");
        equal(game.tournament(second).context.round, 1, "round");
        // The first round's outcome, told again, changes nothing.
        bytes memory told = abi.encodeWithSelector(IRollup.WrongBatchState.selector, lane, batch, BatchState.Disputed);
        VM.expectRevert(told);
        VM.prank(address(game));
        rollup.onBatchDecided(first, Tree.root(lying));
        loseByClock(matchOf(second, honest, lying));
        conclude(second);
        require(rollup.batchOf(lane, batch).provider == bob, "provider");
    }

    function testAnOptimisticAnswerOncePerRound() public {
        deliver(ids[0]);
        decideForNobody(honest, lying);
        VM.prank(alice);
        rollup.repropose(lane, batch, Tree.root(honest));
        deliver(ids[0]);
        IHub.Delivery memory delivery = deliveryOf(ids[0]);
        expectWrongState(ids[0], RequestState.Proposed);
        hub.deliver(ids[0], delivery);
    }

    function testAVoidRestartsTheRefundDeadline() public {
        decideForNobody(honest, lying);
        uint256 voided = block.timestamp;
        // Later than the delay after the request was made, but not yet after the void.
        VM.warp(voided + REFUND_DELAY);
        require(block.timestamp > START + REFUND_DELAY, "the first deadline has passed");
        VM.expectRevert(
            abi.encodeWithSelector(IHub.RefundNotDue.selector, voided + REFUND_DELAY, voided + REFUND_DELAY)
        );
        hub.refund(ids[0]);
        VM.warp(voided + REFUND_DELAY + 1);
        hub.refund(ids[0]);
        inState(ids[0], RequestState.Refunded);
        // It keeps its place and its leaf, is never paid, and its neighbours are answered.
        VM.prank(alice);
        rollup.repropose(lane, batch, Tree.root(honest));
        expectWrongState(ids[1], RequestState.Proposed);
        hub.refund(ids[1]);
        passWindow(batch);
        rollup.finalize(lane, batch);
        IHub.Delivery memory delivery = deliveryOf(ids[0]);
        expectWrongState(ids[0], RequestState.Refunded);
        hub.deliver(ids[0], delivery);
        deliver(ids[1]);
        inState(ids[1], RequestState.Delivered);
    }

    // The news

    function testOnlyTournamentsDecide() public {
        bytes32 id = dispute(lying);
        VM.expectRevert(abi.encodeWithSelector(IRollup.NotTournament.selector, bob));
        VM.prank(bob);
        rollup.onBatchDecided(id, Tree.root(lying));
    }

    function testABatchIsDecidedOnce() public {
        bytes32 id = decideForTheRival();
        bytes memory reason = abi.encodeWithSelector(IRollup.WrongBatchState.selector, lane, batch, BatchState.Final);
        VM.expectRevert(reason);
        VM.prank(address(game));
        rollup.onBatchDecided(id, Tree.root(honest));
        game.conclude(id);
        VM.expectRevert(abi.encodeWithSelector(ITournament.NothingToTell.selector, id));
        game.notifyHost(id);
        equal(rollup.batchOf(lane, batch).root, Tree.root(lying), "root");
    }

    /// @dev A conclusion with too little gas for the news is none: the rollup is not left out.
    function testTheNewsAreNotStarved() public {
        bytes32 id = dispute(lying);
        loseByClock(matchOf(id, honest, lying));
        VM.warp(game.tournament(id).joinCloses + 1);
        (bool ok, bytes memory reason) = address(game).call{gas: 400_000}(abi.encodeCall(ITournament.conclude, (id)));
        require(!ok && bytes4(reason) == ITournament.TooLittleGas.selector, "concluded");
        inState(batch, BatchState.Disputed);
        game.conclude(id);
        inState(batch, BatchState.Final);
    }

    /// @dev What the tournament forwards is far more than the rollup needs.
    function testTheNewsNeedLittleGas() public {
        bytes32 id = dispute(lying);
        VM.prank(address(game));
        uint256 before = gasleft();
        rollup.onBatchDecided(id, Tree.root(lying));
        require(before - gasleft() < 250_000, "gas of the news");
    }
}
