// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IHub, RequestState} from "../../src/interfaces/IHub.sol";
import {BatchState, IRollup} from "../../src/interfaces/IRollup.sol";
import {Tree} from "../dispute/Tree.sol";
import {Receiver} from "../rollup/Receivers.sol";
import {RollupArena} from "../rollup/RollupArena.sol";
import {VM} from "../Vm.sol";

/// @dev A control of the test runner that no other test needs.
interface VmGasPrice {
    function txGasPrice(uint256 price) external;
}

/// @dev Attacks on oracles, tried on the hub; docs/threat-model.md names the tests.
contract OracleAttacksTest is RollupArena {
    /// @dev No list of servers: whoever locks the bond may answer, and the lane's owner is asked nothing.
    function testAnyBondedAccountMayPropose() public {
        bytes32 id = ask(requester);
        bytes32 root = Tree.root(honestLeaves(0, 1));
        VM.expectRevert(abi.encodeWithSelector(IRollup.BondTooSmall.selector, 0, proposalBond));
        VM.prank(carol);
        rollup.propose(lane, 0, 1, root);
        addBond(carol, proposalBond);
        VM.prank(carol);
        uint64 batch = rollup.propose(lane, 0, 1, root);
        passWindow(batch);
        VM.prank(bob);
        rollup.finalize(lane, batch);
        deliver(id);
        inState(id, RequestState.Delivered);
        require(hub.credit(carol) > 0, "who answered is paid");
    }

    /// @dev What a callback costs was fixed when it was bought; neither tips nor the base fee move it.
    function testTheCallbacksPriceIsTheQuotes() public {
        bytes32 cheap = ask(requester);
        bytes32 dear = ask(requester);
        proposeFinal(0, 2);
        uint256 expected = uint256(CALLBACK_GAS) * price().perCallbackGas;
        VM.fee(1);
        VmGasPrice(address(VM)).txGasPrice(1);
        deliver(cheap);
        equal(hub.credit(deliverer), expected, "cheap block");
        VM.fee(500 gwei);
        VmGasPrice(address(VM)).txGasPrice(9000 gwei);
        deliver(dear);
        equal(hub.credit(deliverer), 2 * expected, "dear block");
    }

    /// @dev Before the window's end nothing makes a batch final, pays for it or calls back as final.
    function testNoWayToAFinalAnswerBeforeTheWindow() public {
        Receiver dapp = new Receiver(hub);
        bytes32 id = dapp.ask{value: 3 ether}(lane, "what is this about?", params(), CALLBACK_GAS);
        uint64 batch = propose(0, 1);
        uint256 closes = START + WINDOW;
        VM.warp(closes);
        VM.expectRevert(abi.encodeWithSelector(IRollup.WindowOpen.selector, closes, closes));
        rollup.finalize(lane, batch);
        VM.expectRevert(abi.encodeWithSelector(IRollup.NotTournament.selector, alice));
        VM.prank(alice);
        rollup.onBatchDecided(0, "root");
        VM.expectRevert(abi.encodeWithSelector(IRollup.WrongBatchState.selector, lane, batch, BatchState.Proposed));
        rollup.repropose(lane, batch, "root");
        deliver(id);
        require(dapp.calls() == 1 && !dapp.lastFinal(), "said to be final");
        equal(hub.credit(alice) + hub.credit(deliverer), 0, "paid");
        VM.expectRevert(abi.encodeWithSelector(IRollup.BondTooSmall.selector, 2 * proposalBond, 2 * proposalBond + 1));
        VM.prank(alice);
        rollup.withdrawBond(2 * proposalBond + 1);
    }

    /// @dev The same question twice in one block, by one account: two ids, two answers, two payments.
    function testEqualRequestsOfABlockAreApart() public {
        bytes32 first = ask(requester);
        bytes32 second = ask(requester);
        require(first != second, "ids collide");
        proposeFinal(0, 2);
        deliver(first);
        inState(second, RequestState.Final);
        IHub.Delivery memory other = deliveryOf(first);
        VM.expectRevert(abi.encodeWithSelector(IHub.WrongRequest.selector, first, second));
        hub.deliver(second, other);
        deliver(second);
        inState(second, RequestState.Delivered);
    }

    /// @dev A prompt is taken whole or refused; the most that is taken is in the event and in the id.
    function testAPromptIsTakenWholeOrRefused(uint256 length) public {
        length = 1 + length % (2 * MAX_PROMPT);
        bytes memory prompt = new bytes(length);
        for (uint256 i; i < length; ++i) {
            prompt[i] = bytes1(uint8(i + 1));
        }
        uint256 fee = hub.quote(lane, length, params().maxTokens, CALLBACK_GAS);
        if (length > MAX_PROMPT) {
            VM.expectRevert(abi.encodeWithSelector(IHub.PromptTooLong.selector, length, MAX_PROMPT));
            hub.request{value: fee}(lane, prompt, params(), CALLBACK_GAS);
            return;
        }
        bytes32 id = hub.request{value: fee}(lane, prompt, params(), CALLBACK_GAS);
        (IHub.Request memory stored,) = hub.receipt(id);
        equal(stored.promptLength, length, "length");
    }
}
