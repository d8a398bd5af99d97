// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IHub, RequestState} from "../../src/interfaces/IHub.sol";
import {BatchState} from "../../src/interfaces/IRollup.sol";
import {Result} from "../../src/types/Request.sol";
import {MerkleLib} from "../../src/libraries/MerkleLib.sol";
import {Miser} from "../dispute/Toys.sol";
import {Tree} from "../dispute/Tree.sol";
import {VM} from "../Vm.sol";
import {Grabber, Receiver} from "./Receivers.sol";
import {RollupArena} from "./RollupArena.sol";

contract HubMoneyTest is RollupArena {
    uint256 private constant PROMPT_BYTES = 19;

    // Settlement

    function testWhatIsUsedIsPaid() public {
        bytes32 id = ask(requester);
        proposeFinal(0, 1);
        deliver(id);
        uint256 used = 1 ether + PROMPT_BYTES * 1e15 + uint256(TOKENS_OUT) * 1e16;
        equal(hub.credit(alice), used, "provider");
        equal(hub.credit(deliverer), uint256(CALLBACK_GAS) * 1e9, "deliverer");
        equal(hub.credit(requester), 3 * 1e16, "the three tokens that were not used");
        equal(address(hub).balance, used + uint256(CALLBACK_GAS) * 1e9 + 3 * 1e16, "balance");
    }

    /// @dev A result that claims more tokens than were asked for, or 2^32 - 1: the fee is the most that is paid.
    function testAResultCannotTakeMoreThanTheFee(uint32 tokens) public {
        bytes32 id = ask(requester);
        (IHub.Request memory stored,) = hub.receipt(id);
        IHub.Delivery memory delivery;
        delivery.answer = "x";
        delivery.result = resultOf(id, delivery.answer);
        delivery.result.tokensOut = tokens;
        bytes32[] memory leaves = new bytes32[](4);
        leaves[0] = delivery.result.hashResult();
        uint64 batch = proposeRoot(0, 1, Tree.root(leaves));
        passWindow(batch);
        rollup.finalize(lane, batch);
        VM.prank(deliverer);
        hub.deliver(id, delivery);
        uint256 callback = uint256(CALLBACK_GAS) * 1e9;
        uint256 used = 1 ether + PROMPT_BYTES * 1e15 + uint256(tokens) * 1e16;
        uint256 most = stored.fee - callback;
        equal(hub.credit(alice), min(used, most), "provider");
        equal(hub.credit(deliverer), callback, "deliverer");
        equal(hub.credit(alice) + hub.credit(deliverer) + hub.credit(requester), stored.fee, "sum");
    }

    function testOneAccountInAllRoles() public {
        bytes32 id = ask(alice);
        proposeFinal(0, 1);
        IHub.Delivery memory delivery = deliveryOf(id);
        VM.prank(alice);
        hub.deliver(id, delivery);
        (IHub.Request memory stored,) = hub.receipt(id);
        equal(hub.credit(alice), stored.fee, "all of the fee");
    }

    // Refunds

    function testARefundIsDueOnlyAfterTheDelay() public {
        bytes32 id = ask(requester);
        (IHub.Request memory stored,) = hub.receipt(id);
        VM.warp(START + REFUND_DELAY);
        VM.expectRevert(abi.encodeWithSelector(IHub.RefundNotDue.selector, START + REFUND_DELAY, START + REFUND_DELAY));
        hub.refund(id);
        VM.warp(START + REFUND_DELAY + 1);
        hub.refund(id);
        inState(id, RequestState.Refunded);
        equal(hub.credit(requester), stored.fee, "credit");
        expectWrongState(id, RequestState.Refunded);
        hub.refund(id);
    }

    function testARequestInALivingOrFinalBatchIsNotRefundable() public {
        bytes32 id = ask(requester);
        VM.warp(START + REFUND_DELAY + 1);
        uint64 batch = propose(0, 1);
        expectWrongState(id, RequestState.Proposed);
        hub.refund(id);
        passWindow(batch);
        rollup.finalize(lane, batch);
        expectWrongState(id, RequestState.Final);
        hub.refund(id);
        deliver(id);
        expectWrongState(id, RequestState.Delivered);
        hub.refund(id);
    }

    /// @dev It keeps its place and its leaf, and is never paid or delivered; its neighbours are.
    function testARefundedRequestIsNeverPaidOrDelivered() public {
        Receiver dapp = new Receiver(hub);
        bytes32 id = dapp.ask{value: 3 ether}(lane, "late", params(), CALLBACK_GAS);
        bytes32 next = ask(requester);
        VM.warp(START + REFUND_DELAY + 1);
        hub.refund(id);
        uint256 refunded = hub.credit(address(dapp));
        uint64 batch = propose(0, 2);
        IHub.Delivery memory delivery = deliveryOf(id);
        expectWrongState(id, RequestState.Refunded);
        hub.deliver(id, delivery);
        passWindow(batch);
        rollup.finalize(lane, batch);
        delivery = deliveryOf(id);
        expectWrongState(id, RequestState.Refunded);
        hub.deliver(id, delivery);
        inState(id, RequestState.Refunded);
        equal(dapp.calls(), 0, "calls");
        equal(hub.credit(address(dapp)), refunded, "credit");
        equal(hub.credit(alice), 0, "provider");
        deliver(next);
        inState(next, RequestState.Delivered);
    }

    // Withdrawals

    function testACreditIsPaidOnce() public {
        bytes32 id = ask(requester);
        VM.warp(START + REFUND_DELAY + 1);
        hub.refund(id);
        uint256 credit = hub.credit(requester);
        uint256 before = requester.balance;
        VM.prank(requester);
        hub.withdraw();
        equal(requester.balance, before + credit, "paid");
        equal(address(hub).balance, 0, "balance");
        VM.expectRevert(abi.encodeWithSelector(IHub.NothingToWithdraw.selector, requester));
        VM.prank(requester);
        hub.withdraw();
    }

    function testWithdrawingInAWithdrawal() public {
        Grabber grabber = new Grabber(hub);
        grabber.ask{value: 5 ether}(lane, "x", params(), 0);
        ask(requester);
        uint256 credit = hub.credit(address(grabber));
        grabber.grab();
        require(!grabber.grabbed(), "withdrew twice");
        equal(address(grabber).balance, credit, "paid");
    }

    function testAReceiverThatRefusesKeepsItsCredit() public {
        Miser miser = new Miser();
        VM.deal(address(miser), 3 ether);
        VM.prank(address(miser));
        hub.request{value: 3 ether}(lane, "x", params(), 0);
        uint256 credit = hub.credit(address(miser));
        VM.expectRevert(abi.encodeWithSelector(IHub.WithdrawalRefused.selector, address(miser)));
        VM.prank(address(miser));
        hub.withdraw();
        equal(hub.credit(address(miser)), credit, "credit");
    }
}
