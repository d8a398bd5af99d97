// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IGavelConsumer} from "../../src/interfaces/IGavelConsumer.sol";
import {IHub, RequestState} from "../../src/interfaces/IHub.sol";
import {Sampling} from "../../src/libraries/Sampling.sol";
import {Status} from "../../src/types/Request.sol";
import {RollupArena} from "../rollup/RollupArena.sol";
import {VM} from "../Vm.sol";

contract Asker is IGavelConsumer {
    IHub public immutable hub;
    address private immutable owner = msg.sender;
    mapping(bytes32 => string) public answers;

    constructor(IHub hub_) {
        hub = hub_;
    }

    receive() external payable {}

    function ask(string calldata text) external payable returns (bytes32) {
        return hub.request{value: msg.value}(0, bytes(text), Sampling.greedy(48), 400_000);
    }

    function onGavelAnswer(bytes32 id, Status status, bytes calldata answer, bool isFinal) external {
        require(msg.sender == address(hub), "not the hub");
        if (isFinal && (status == Status.Stop || status == Status.Length)) answers[id] = string(answer);
    }

    function takeChange() external {
        hub.withdraw();
        (bool sent,) = owner.call{value: address(this).balance}("");
        require(sent, "refused");
    }
}

/// @dev The contract of docs/dapp-guide.md, word for word, does what the guide says.
contract GuideTest is RollupArena {
    Asker private asker;

    receive() external payable {}

    function ask(string memory text_) private returns (bytes32 id) {
        asker = new Asker(hub);
        uint256 quoted = hub.quote(lane, bytes(text_).length, 48, 400_000);
        return asker.ask{value: quoted}(text_);
    }

    function testTheGuidesContractKeepsTheFinalAnswer() public {
        bytes32 id = ask("what is this about?");
        uint64 batch = propose(0, 1);
        deliver(id);
        equal(bytes(asker.answers(id)).length, 0, "an answer that is not final is not kept");
        passWindow(batch);
        rollup.finalize(lane, batch);
        deliver(id);
        equal(keccak256(bytes(asker.answers(id))), keccak256(answerTo(id)), "answer");
        inState(id, RequestState.Delivered);
    }

    function testTheGuidesContractHasItsChangeAndItsRefunds() public {
        bytes32 id = ask("what is this about?");
        uint256 paid = hub.quote(lane, 19, 48, 400_000);
        VM.warp(START + REFUND_DELAY + 1);
        hub.refund(id);
        uint256 before = address(this).balance;
        asker.takeChange();
        equal(address(this).balance - before, paid, "refund");
    }

    function testTheGuidesContractHearsTheHubAlone() public {
        bytes32 id = ask("what is this about?");
        VM.expectRevert(bytes("not the hub"));
        asker.onGavelAnswer(id, Status.Stop, "forged", true);
    }
}
