// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IHub, RequestState} from "../../src/interfaces/IHub.sol";
import {Status} from "../../src/types/Request.sol";
import {VM} from "../Vm.sol";
import {Mood, Receiver, Reenterer} from "./Receivers.sol";
import {RollupArena} from "./RollupArena.sol";

contract HubDeliveryTest is RollupArena {
    Receiver private dapp;
    Mood private moody;
    Reenterer private reenterer;

    function setUp() public override {
        super.setUp();
        dapp = new Receiver(hub);
        moody = new Mood(hub);
        reenterer = new Reenterer(hub);
    }

    function askFrom(Receiver from) private returns (bytes32) {
        return askFrom(from, CALLBACK_GAS);
    }

    function askFrom(Receiver from, uint32 callbackGas) private returns (bytes32) {
        return from.ask{value: 3 ether}(lane, "what is this about?", params(), callbackGas);
    }

    // Optimistic

    function testAProposedAnswerIsNotFinal() public {
        bytes32 id = askFrom(dapp);
        propose(0, 1);
        uint256 before = hub.credit(deliverer);
        deliver(id);
        equal(dapp.calls(), 1, "calls");
        equal(dapp.lastId(), id, "id");
        require(!dapp.lastFinal(), "said to be final");
        require(dapp.lastStatus() == Status.Stop, "status");
        equal(keccak256(dapp.lastAnswer()), keccak256(answerTo(id)), "answer");
        inState(id, RequestState.Proposed);
        equal(hub.credit(deliverer), before, "nothing is paid before it is final");
        equal(hub.credit(alice), 0, "provider");
    }

    function testAProposedAnswerIsGivenOnceARound() public {
        bytes32 id = askFrom(dapp);
        propose(0, 1);
        deliver(id);
        IHub.Delivery memory delivery = deliveryOf(id);
        expectWrongState(id, RequestState.Proposed);
        hub.deliver(id, delivery);
        equal(dapp.calls(), 1, "calls");
    }

    function testAFailedOptimisticCallbackIsNotRetried() public {
        moody.behave(Mood.Way.Refuse);
        bytes32 id = askFrom(moody);
        propose(0, 1);
        deliver(id);
        moody.behave(Mood.Way.Accept);
        IHub.Delivery memory delivery = deliveryOf(id);
        expectWrongState(id, RequestState.Proposed);
        hub.deliver(id, delivery);
    }

    // Final

    function testAFinalAnswerIsDeliveredOnce() public {
        bytes32 id = askFrom(dapp);
        proposeFinal(0, 1);
        inState(id, RequestState.Final);
        deliver(id);
        require(dapp.lastFinal(), "not said to be final");
        equal(keccak256(dapp.lastAnswer()), keccak256(answerTo(id)), "answer");
        inState(id, RequestState.Delivered);
        IHub.Delivery memory delivery = deliveryOf(id);
        expectWrongState(id, RequestState.Delivered);
        hub.deliver(id, delivery);
        equal(dapp.calls(), 1, "calls");
    }

    function testOptimisticThenFinal() public {
        bytes32 id = askFrom(dapp);
        uint64 batch = propose(0, 1);
        deliver(id);
        passWindow(batch);
        rollup.finalize(lane, batch);
        deliver(id);
        equal(dapp.calls(), 2, "calls");
        require(dapp.lastFinal(), "final");
    }

    function testEveryPlaceOfABatch() public {
        bytes32[4] memory ids;
        for (uint256 i; i < 4; ++i) {
            ids[i] = askFrom(dapp);
        }
        proposeFinal(0, 4);
        for (uint256 i; i < 4; ++i) {
            deliver(ids[3 - i]);
            equal(dapp.lastId(), ids[3 - i], "id");
        }
    }

    function testAnAccountWithoutCodeIsAnswered() public {
        bytes32 id = ask(requester);
        proposeFinal(0, 1);
        deliver(id);
        inState(id, RequestState.Delivered);
    }

    /// @dev A contract that asks while it is constructed, and one that is gone when the answer comes.
    function testAContractWithoutCodeAtItsCallback() public {
        bytes32 id = askFrom(dapp);
        proposeFinal(0, 1);
        VM.etch(address(dapp), "");
        deliver(id);
        inState(id, RequestState.Delivered);
    }

    // Callbacks that misbehave: the request stays final, is paid for once, and anyone may try again.

    function misbehave(Mood.Way way) private {
        moody.behave(way);
        bytes32 id = askFrom(moody);
        bytes32 next = askFrom(dapp);
        proposeFinal(0, 2);
        deliver(id);
        inState(id, RequestState.Final);
        (uint256 provider, uint256 paid, uint256 rest) =
            (hub.credit(alice), hub.credit(deliverer), hub.credit(address(moody)));
        require(provider > 0 && paid > 0 && rest > 0, "settled although the callback failed");
        deliver(id);
        inState(id, RequestState.Final);
        moody.behave(Mood.Way.Accept);
        deliver(id);
        inState(id, RequestState.Delivered);
        equal(moody.calls(), 1, "calls");
        equal(hub.credit(alice), provider, "provider is paid once");
        equal(hub.credit(deliverer), paid, "deliverer is paid once");
        equal(hub.credit(address(moody)), rest, "the rest is credited once");
        deliver(next);
        equal(dapp.calls(), 1, "the next request is answered");
    }

    function testACallbackThatReverts() public {
        misbehave(Mood.Way.Refuse);
    }

    function testACallbackThatBurnsAllGas() public {
        misbehave(Mood.Way.Burn);
    }

    /// @dev What it returns is not read: the hub pays no gas for copying it.
    function testACallbackThatReturnsABomb() public {
        moody.behave(Mood.Way.Bomb);
        bytes32 id = askFrom(moody, 2_000_000);
        proposeFinal(0, 1);
        IHub.Delivery memory delivery = deliveryOf(id);
        uint256 before = gasleft();
        hub.deliver(id, delivery);
        require(before - gasleft() < 1_000_000, "the hub read the bomb");
        inState(id, RequestState.Delivered);
    }

    /// @dev A callback never takes more than was bought, whatever the deliverer sends along.
    function testACallbackThatBurnsCostsWhatWasBought() public {
        moody.behave(Mood.Way.Burn);
        bytes32 id = askFrom(moody, 500_000);
        proposeFinal(0, 1);
        IHub.Delivery memory delivery = deliveryOf(id);
        uint256 before = gasleft();
        hub.deliver{gas: 20_000_000}(id, delivery);
        uint256 used = before - gasleft();
        require(used > 500_000 && used < 1_200_000, "gas of the callback");
    }

    /// @dev Whatever gas a deliverer sends: the callback gets all that was bought, or nothing happens.
    function testAStarvedDeliveryIsRefused(uint256 seed) public {
        uint256 given = 200_000 + seed % 1_500_000;
        bytes32 id = askFrom(dapp, 600_000);
        proposeFinal(0, 1);
        IHub.Delivery memory delivery = deliveryOf(id);
        (bool ok,) = address(hub).call{gas: given}(abi.encodeCall(IHub.deliver, (id, delivery)));
        if (ok) {
            require(dapp.gasGiven() > 590_000 && dapp.gasGiven() <= 600_000, "starved");
            inState(id, RequestState.Delivered);
        } else {
            inState(id, RequestState.Final);
            equal(dapp.calls(), 0, "calls");
        }
    }

    function testTooLittleGasHasItsError() public {
        bytes32 id = askFrom(dapp, 2_000_000);
        proposeFinal(0, 1);
        IHub.Delivery memory delivery = deliveryOf(id);
        (bool ok, bytes memory reason) = address(hub).call{gas: 2_100_000}(abi.encodeCall(IHub.deliver, (id, delivery)));
        require(!ok && bytes4(reason) == IHub.NotEnoughGas.selector, "error");
    }

    // Receivers that come back in

    function reenterWith(bytes32 id, bytes memory call, bytes memory expected) private {
        reenterer.prepare(call);
        deliver(id);
        equal(reenterer.calls(), 1, "calls");
        require(!reenterer.entered(), "came back in");
        equal(keccak256(reenterer.reason()), keccak256(expected), "refused otherwise");
    }

    function testReenteringAFinalDelivery() public {
        bytes32 id = askFrom(reenterer, 1_000_000);
        proposeFinal(0, 1);
        bytes memory expected = abi.encodeWithSelector(IHub.WrongState.selector, id, RequestState.Delivered);
        reenterWith(id, abi.encodeCall(IHub.deliver, (id, deliveryOf(id))), expected);
        inState(id, RequestState.Delivered);
    }

    function testReenteringAnOptimisticDelivery() public {
        bytes32 id = askFrom(reenterer, 1_000_000);
        propose(0, 1);
        bytes memory expected = abi.encodeWithSelector(IHub.WrongState.selector, id, RequestState.Proposed);
        reenterWith(id, abi.encodeCall(IHub.deliver, (id, deliveryOf(id))), expected);
    }

    function testReenteringWithARefund() public {
        bytes32 id = askFrom(reenterer, 1_000_000);
        proposeFinal(0, 1);
        VM.warp(START + 10 * REFUND_DELAY);
        bytes memory expected = abi.encodeWithSelector(IHub.WrongState.selector, id, RequestState.Delivered);
        reenterWith(id, abi.encodeCall(IHub.refund, (id)), expected);
    }

    /// @dev A receiver that withdraws in its callback gets the rest of its fee, once.
    function testWithdrawingInTheCallback() public {
        bytes32 id = askFrom(reenterer, 1_000_000);
        proposeFinal(0, 1);
        reenterer.prepare(abi.encodeCall(IHub.withdraw, ()));
        deliver(id);
        require(reenterer.entered(), "withdrawal");
        equal(hub.credit(address(reenterer)), 0, "credit");
        equal(address(hub).balance, hub.credit(alice) + hub.credit(deliverer), "balance");
        require(address(reenterer).balance > 0, "paid");
    }
}
