// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IHub, RequestState} from "../../src/interfaces/IHub.sol";
import {BytesRoot} from "../../src/libraries/BytesRoot.sol";
import {MerkleLib} from "../../src/libraries/MerkleLib.sol";
import {Status} from "../../src/types/Request.sol";
import {VM} from "../Vm.sol";
import {RollupArena} from "./RollupArena.sol";

/// @dev Each field of a delivery flipped in turn, against a batch of three requests.
contract HubProofsTest is RollupArena {
    bytes32 private id;
    bytes32 private other;
    uint64 private batch;

    function setUp() public override {
        super.setUp();
        ask(requester);
        id = ask(requester);
        other = ask(requester);
        batch = proposeFinal(0, 3);
    }

    function refused(IHub.Delivery memory delivery, bytes memory reason) private {
        uint256 provider = hub.credit(alice);
        VM.expectRevert(reason);
        hub.deliver(id, delivery);
        equal(hub.credit(alice), provider, "nothing is paid");
        inState(id, RequestState.Final);
    }

    /// @dev A changed result leads to another root, which the error names.
    function anotherRoot(IHub.Delivery memory delivery) private {
        bytes32[] memory path = delivery.siblings;
        bytes32 pair = MerkleLib.node(path[0], delivery.result.hashResult());
        bytes32 got = MerkleLib.node(pair, path[1]);
        bytes32 expected = rollup.batchOf(lane, batch).root;
        refused(delivery, abi.encodeWithSelector(IHub.WrongBatchRoot.selector, got, expected));
    }

    function testTheHonestDeliveryIsTaken() public {
        deliver(id);
        inState(id, RequestState.Delivered);
    }

    function testAnotherStatus() public {
        IHub.Delivery memory delivery = deliveryOf(id);
        delivery.result.status = Status.Length;
        anotherRoot(delivery);
    }

    function testAnotherTokenCount() public {
        IHub.Delivery memory delivery = deliveryOf(id);
        delivery.result.tokensOut ^= 1;
        anotherRoot(delivery);
    }

    function testAnotherLength() public {
        IHub.Delivery memory delivery = deliveryOf(id);
        ++delivery.result.outputLength;
        delivery.answer = bytes.concat(delivery.answer, bytes1(0));
        anotherRoot(delivery);
    }

    function testAnotherOutputRoot() public {
        IHub.Delivery memory delivery = deliveryOf(id);
        delivery.answer[3] ^= 0x01;
        delivery.result.outputRoot = plainRoot(delivery.answer, OUTPUT_DEPTH);
        anotherRoot(delivery);
    }

    function testAnotherSibling(uint256 bit) public {
        IHub.Delivery memory delivery = deliveryOf(id);
        uint256 place = (bit >> 8) % 2;
        delivery.siblings[place] ^= bytes32(uint256(1) << (bit % 256));
        anotherRoot(delivery);
    }

    function testAnotherRequestsResult() public {
        IHub.Delivery memory delivery = deliveryOf(other);
        refused(delivery, abi.encodeWithSelector(IHub.WrongRequest.selector, other, id));
    }

    function testAResultAtAnotherPlace() public {
        IHub.Delivery memory delivery = deliveryOf(other);
        delivery.result.requestId = id;
        bytes32 pair = MerkleLib.node(0, delivery.result.hashResult());
        bytes32 got = MerkleLib.node(pair, delivery.siblings[0]);
        bytes32 expected = rollup.batchOf(lane, batch).root;
        refused(delivery, abi.encodeWithSelector(IHub.WrongBatchRoot.selector, got, expected));
    }

    function testMaskAndSiblingsDisagree() public {
        IHub.Delivery memory delivery = deliveryOf(id);
        delivery.mask = 1;
        refused(delivery, abi.encodeWithSelector(MerkleLib.ProofWrongLength.selector, 2, 1));
        delivery.mask = 7;
        refused(delivery, abi.encodeWithSelector(MerkleLib.ProofNotCanonical.selector, 2));
    }

    function testAnotherBatch() public {
        IHub.Delivery memory delivery = deliveryOf(id);
        delivery.batch = batch + 1;
        refused(delivery, abi.encodeWithSelector(IHub.NotInBatch.selector, batch + 1, 1));
    }

    /// @dev A batch holds its requests and no others: before its first and past its last.
    function testABatchThatDoesNotHoldTheRequest() public {
        bytes32 late = ask(requester);
        uint64 second = proposeFinal(3, 1);
        IHub.Delivery memory delivery = deliveryOf(late);
        delivery.batch = batch;
        VM.expectRevert(abi.encodeWithSelector(IHub.NotInBatch.selector, batch, 3));
        hub.deliver(late, delivery);
        delivery = deliveryOf(id);
        delivery.batch = second;
        refused(delivery, abi.encodeWithSelector(IHub.NotInBatch.selector, second, 1));
    }

    function testAnswerOfAnotherLength() public {
        IHub.Delivery memory delivery = deliveryOf(id);
        uint256 length = delivery.answer.length;
        delivery.answer = bytes.concat(delivery.answer, bytes1(0));
        refused(delivery, abi.encodeWithSelector(IHub.WrongAnswerLength.selector, length + 1, length));
        delivery.answer = "";
        refused(delivery, abi.encodeWithSelector(IHub.WrongAnswerLength.selector, 0, length));
    }

    function testAnswerWithAFlippedBit(uint256 seed) public {
        IHub.Delivery memory delivery = deliveryOf(id);
        uint256 place = (seed >> 3) % delivery.answer.length;
        delivery.answer[place] ^= bytes1(uint8(1 << (seed % 8)));
        bytes32 got = plainRoot(delivery.answer, OUTPUT_DEPTH);
        refused(delivery, abi.encodeWithSelector(IHub.WrongAnswer.selector, got, delivery.result.outputRoot));
    }

    /// @dev An answer that claims more bytes than its slot has: a batch that says so was wrong, and is never handed out.
    function testAnAnswerLargerThanItsSlot() public {
        bytes32 late = ask(requester);
        bytes memory answer = new bytes((32 << OUTPUT_DEPTH) + 1);
        IHub.Delivery memory delivery;
        delivery.result = resultOf(late, "");
        delivery.result.outputLength = uint32(answer.length);
        delivery.answer = answer;
        bytes32 zero = MerkleLib.node(0, 0);
        bytes32 root = MerkleLib.node(MerkleLib.node(delivery.result.hashResult(), 0), zero);
        delivery.batch = proposeRoot(3, 1, root);
        VM.expectRevert(abi.encodeWithSelector(BytesRoot.BytesTooLong.selector, answer.length, answer.length - 1));
        hub.deliver(late, delivery);
    }

    function testAnUnknownRequest() public {
        IHub.Delivery memory delivery = deliveryOf(id);
        VM.expectRevert(abi.encodeWithSelector(IHub.UnknownRequest.selector, bytes32("none")));
        hub.deliver("none", delivery);
        VM.expectRevert(abi.encodeWithSelector(IHub.UnknownRequest.selector, bytes32("none")));
        hub.refund("none");
    }
}
