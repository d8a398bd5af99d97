// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

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
        dapp = new ProposalTriage(hub, lane);
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
        ProposalTriage stuck = new ProposalTriage(hub, lane);
        stuck.ask{value: 3 ether}("Grant", 10);
        VM.expectRevert(abi.encodeWithSelector(ProposalTriage.ChangeRefused.selector, address(this)));
        stuck.collectChange();
    }
}
