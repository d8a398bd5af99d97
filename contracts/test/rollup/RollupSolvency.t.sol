// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IHub, RequestState} from "../../src/interfaces/IHub.sol";
import {BatchState, IRollup} from "../../src/interfaces/IRollup.sol";
import {MatchView, Stage, TournamentView} from "../../src/interfaces/ITournament.sol";
import {Tree} from "../dispute/Tree.sol";
import {VM} from "../Vm.sol";
import {Mood, Receiver} from "./Receivers.sol";
import {RollupArena} from "./RollupArena.sol";

/// @dev Whatever happens in whatever order: the hub holds its credits and the fees that are not settled, the rollup its
/// accounts' balances, and what is locked are the bonds of batches whose window is open. Calls may fail; sums may not.
contract RollupSolvencyTest is RollupArena {
    uint256 private constant REQUESTS = 8;

    Mood private dapp;
    bytes32[] private ids;
    uint256 private settled;
    uint256 private delivered;
    uint256 private refunded;
    uint256 private decided;

    function setUp() public override {
        super.setUp();
        dapp = new Mood(hub);
        VM.deal(address(dapp), 100 ether);
        addBond(bob, proposalBond);
    }

    /// forge-config: default.fuzz.runs = 24
    /// forge-config: quick.fuzz.runs = 24
    function testSolvency(uint256 seed) public {
        for (uint256 i; i < 48; ++i) {
            act(uint256(keccak256(abi.encode(seed, i))));
            hubIsSolvent();
            rollupIsSolvent();
        }
    }

    /// @dev The same actions, in an order in which they all work: the sums above are not sums of nothing.
    function testTheActionsWork() public {
        for (uint256 i; i < 4; ++i) {
            act(0);
        }
        act(1 + 8 * 1); // bob proposes request 0, honestly
        act(3 + 8 * 99); // the window passes
        act(4);
        act(2); // request 0 is delivered
        act(1 + 8 * 3); // bob proposes nonsense for request 1
        act(6); // which loses
        act(1 + 8 * 2); // alice proposes request 2, honestly
        act(7 + 8 * 15); // request 3 is given back
        act(5 + 8 * 3); // withdrawals
        act(5 + 8 * 4);
        act(5);
        equal(decided, 1, "decided");
        equal(settled, 1, "settled");
        equal(delivered, 1, "delivered");
        equal(refunded, 1, "refunded");
        hubIsSolvent();
        rollupIsSolvent();
    }

    function act(uint256 seed) private {
        uint256 more = seed >> 3;
        if (seed % 8 == 0) askSome(more);
        else if (seed % 8 == 1) proposeSome(more);
        else if (seed % 8 == 2) deliverSome(more);
        else if (seed % 8 == 3) VM.warp(block.timestamp + WINDOW / 3 + more % WINDOW);
        else if (seed % 8 == 4) finalizeSome();
        else if (seed % 8 == 5) moveMoney(more);
        else if (seed % 8 == 6) disputeSome(more);
        else refundSome(more);
    }

    function askSome(uint256 seed) private {
        if (ids.length == REQUESTS) return;
        dapp.behave(Mood.Way(seed % 3));
        uint256 value = 2 ether + seed % 1 ether;
        VM.deal(address(this), value);
        if (seed % 2 == 0) ids.push(dapp.ask{value: value}(lane, "what?", params(), 150_000));
        else ids.push(hub.request{value: value}(lane, "what?", params(), 150_000));
    }

    function proposeSome(uint256 seed) private {
        address provider = seed % 2 == 0 ? alice : bob;
        bytes32 root = bytes32(seed | 1);
        uint64 batches = rollup.batchCount(lane);
        for (uint64 batch; batch < batches; ++batch) {
            IRollup.Batch memory seen = rollup.batchOf(lane, batch);
            if (seen.state != BatchState.Void) continue;
            if (seed % 3 > 0) root = Tree.root(honestLeaves(seen.first, seen.count));
            VM.prank(provider);
            try rollup.repropose(lane, batch, root) {} catch {}
            return;
        }
        uint64 first = rollup.nextRequest(lane);
        uint64 count = uint64(1 + (seed >> 2) % 3);
        if (first + count > ids.length) count = uint64(ids.length) - first;
        if (seed % 3 > 0) root = Tree.root(honestLeaves(first, count));
        VM.prank(provider);
        try rollup.propose(lane, first, count, root) {} catch {}
    }

    function deliverSome(uint256 seed) private {
        if (ids.length == 0) return;
        bytes32 id = ids[seed % ids.length];
        (IHub.Request memory stored,) = hub.receipt(id);
        if (stored.index >= rollup.nextRequest(lane)) return;
        dapp.behave(Mood.Way((seed >> 4) % 3));
        IHub.Delivery memory delivery = deliveryOf(id);
        VM.prank(deliverer);
        try hub.deliver(id, delivery) {
            (stored,) = hub.receipt(id);
            if (stored.settled) ++settled;
            if (stored.state == RequestState.Delivered) ++delivered;
        } catch {}
    }

    function finalizeSome() private {
        uint64 batches = rollup.batchCount(lane);
        for (uint64 batch; batch < batches; ++batch) {
            try rollup.finalize(lane, batch) {} catch {}
        }
    }

    /// @dev Everyone withdraws what it can; a provider some of its bond, too.
    function moveMoney(uint256 seed) private {
        address[5] memory accounts = [alice, bob, deliverer, address(this), address(dapp)];
        address account = accounts[seed % 5];
        if (account == address(dapp)) {
            try dapp.withdraw() {} catch {}
            return;
        }
        VM.prank(account);
        try hub.withdraw() {} catch {}
        VM.prank(account);
        try rollup.withdrawBond(uint128((seed >> 8) % 2 ether)) {} catch {}
        if (seed % 5 < 2) addBond(account, uint128((seed >> 16) % 4 ether));
    }

    /// @dev Disputes the newest batch; it ends for the rival, or for nobody, by time.
    function disputeSome(uint256 seed) private {
        uint64 batches = rollup.batchCount(lane);
        if (batches == 0) return;
        bytes32 proposed = rollup.batchOf(lane, batches - 1).root;
        bytes32 rival = keccak256(abi.encode(seed));
        VM.prank(carol);
        try rollup.challenge{value: proposalBond}(lane, batches - 1, rival) returns (bytes32 id) {
            hubIsSolvent();
            rollupIsSolvent();
            bytes32 matchId = keccak256(abi.encode(bytes32("gavel.match"), id, proposed, rival));
            VM.warp(state(matchId).deadline + 1);
            game.timeout(matchId);
            VM.warp(block.timestamp + BATCH_WINDOW + 1);
            game.conclude(id);
            ++decided;
        } catch {}
    }

    function refundSome(uint256 seed) private {
        if (ids.length == 0) return;
        if (seed % 5 == 0) VM.warp(block.timestamp + REFUND_DELAY);
        try hub.refund(ids[seed % ids.length]) {
            ++refunded;
        } catch {}
    }

    function hubIsSolvent() private view {
        address[5] memory accounts = [alice, bob, deliverer, address(this), address(dapp)];
        uint256 owed = hub.credit(carol);
        for (uint256 i; i < accounts.length; ++i) {
            owed += hub.credit(accounts[i]);
        }
        for (uint256 i; i < ids.length; ++i) {
            (IHub.Request memory stored,) = hub.receipt(ids[i]);
            if (!stored.settled && stored.state != RequestState.Refunded) owed += stored.fee;
        }
        equal(address(hub).balance, owed, "the hub holds its credits and living fees");
    }

    function rollupIsSolvent() private view {
        address[6] memory accounts = [alice, bob, carol, watcher, deliverer, address(this)];
        (uint256 balances, uint256 locks) = (0, 0);
        for (uint256 i; i < accounts.length; ++i) {
            (uint256 balance, uint256 locked) = bondOf(accounts[i]);
            require(locked <= balance, "more is locked than held");
            (balances, locks) = (balances + balance, locks + locked);
        }
        uint256 open;
        uint64 batches = rollup.batchCount(lane);
        for (uint64 batch; batch < batches; ++batch) {
            if (rollup.batchOf(lane, batch).state == BatchState.Proposed) ++open;
        }
        equal(address(rollup).balance, balances, "the rollup holds its accounts' bonds");
        equal(locks, open * proposalBond, "each open batch locks a bond");
    }

    receive() external payable {}
}
