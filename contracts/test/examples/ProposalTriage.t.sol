// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Hub} from "../../src/rollup/Hub.sol";
import {RequestState} from "../../src/interfaces/IHub.sol";
import {ProposalTriage} from "../../src/examples/ProposalTriage.sol";
import {Status} from "../../src/types/Request.sol";
import {VM} from "../Vm.sol";
import {RollupArena} from "../rollup/RollupArena.sol";

contract ProposalTriageTest is RollupArena {
    ProposalTriage private dapp;

    function setUp() public override {
        super.setUp();
        VM.prank(carol);
        dapp = new ProposalTriage(hub, lane, 512);
    }

    function askDapp() private returns (bytes32) {
        VM.prank(bob);
        return dapp.ask{value: 3 ether}("Grant 5 ETH to the docs team", 10);
    }

    function testTheAnswerArrivesInTheCallback() public {
        bytes32 id = askDapp();
        uint64 batch = propose(0, 1);
        deliver(id);
        equal(bytes(dapp.answers(id)).length, 0, "a preview is not kept");
        passWindow(batch);
        rollup.finalize(lane, batch);
        deliver(id);
        inState(id, RequestState.Delivered);
        equal(keccak256(bytes(dapp.answers(id))), keccak256(answerTo(id)), "answer");
    }

    function testTheLongestAnswerIsKeptWithTheGasThatIsAskedFor(uint16 answerBytes) public {
        answerBytes %= 2433;
        ProposalTriage keeper = new ProposalTriage(hub, lane, answerBytes);
        require(keeper.callbackGas() <= Hub(address(hub)).MAX_CALLBACK_GAS(), "gas");
        bytes memory answer = new bytes(answerBytes);
        for (uint256 i = 0; i < answer.length; i++) {
            answer[i] = bytes1(uint8(i % 255 + 1));
        }
        bytes32 id = keccak256("a request");
        uint256 gas_ = keeper.callbackGas();
        VM.prank(address(hub));
        keeper.onGavelAnswer{gas: gas_}(id, Status.Stop, answer, true);
        equal(keccak256(bytes(keeper.answers(id))), keccak256(answer), "answer");
    }

    function testOnlyTheHubAnswers() public {
        bytes32 id = askDapp();
        VM.expectRevert(abi.encodeWithSelector(ProposalTriage.NotHub.selector, bob));
        VM.prank(bob);
        dapp.onGavelAnswer(id, Status.Stop, "forged", true);
        equal(bytes(dapp.answers(id)).length, 0, "answer");
    }

    function testOnlyTheHubSendsMoney() public {
        VM.prank(bob);
        (bool sent, bytes memory reason) = address(dapp).call{value: 1}("");
        require(!sent, "sent");
        equal(keccak256(reason), keccak256(abi.encodeWithSelector(ProposalTriage.NotHub.selector, bob)), "error");
    }

    function testTheChangeIsTheDeployers() public {
        askDapp();
        uint256 change = hub.credit(address(dapp));
        require(change > 0, "no change");
        uint256 before = carol.balance;
        VM.prank(bob);
        dapp.collectChange();
        equal(carol.balance, before + change, "treasury");
        equal(hub.credit(address(dapp)), 0, "credit");
    }

    function testATreasuryThatRefuses() public {
        ProposalTriage stuck = new ProposalTriage(hub, lane, 512);
        stuck.ask{value: 3 ether}("Grant", 10);
        VM.expectRevert(abi.encodeWithSelector(ProposalTriage.ChangeRefused.selector, address(this)));
        stuck.collectChange();
    }
}
