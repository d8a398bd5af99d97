// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {ITournament} from "../../src/interfaces/ITournament.sol";
import {VM} from "../Vm.sol";
import {ExecutionArena} from "./ExecutionArena.sol";
import {Tree} from "./Tree.sol";

contract HostTest is ExecutionArena {
    function open() private returns (bytes32 id) {
        id = openBatch(batchContext(3, 8), "root");
        VM.warp(START + BATCH_WINDOW + 1);
    }

    /// @dev One outcome per batch round.
    function testTheHostHearsOfAnOutcomeOnce() public {
        bytes32 id = open();
        game.conclude(id);
        equal(host.heard(), 1, "heard");
        equal(host.lastWinner(), "root", "winner");
        game.conclude(id);
        equal(host.heard(), 1, "heard once");
        VM.expectRevert(abi.encodeWithSelector(ITournament.NothingToTell.selector, id));
        game.notifyHost(id);
    }

    function testAHostThatRefusesHoldsUpNothing() public {
        bytes32 id = open();
        host.behave(true, false);
        game.conclude(id);
        require(game.tournament(id).over, "over");
        equal(game.tournament(id).winner, "root", "winner");
        game.withdraw(alice);
        equal(host.heard(), 0, "heard");
        host.behave(false, false);
        game.notifyHost(id);
        equal(host.heard(), 1, "heard later");
    }

    function testAHostThatBurnsItsGasHoldsUpNothing() public {
        bytes32 id = open();
        host.behave(false, true);
        game.conclude{gas: 2_000_000}(id);
        require(game.tournament(id).over, "over");
    }

    /// @dev Nobody can keep the news from the host by giving too little gas: the whole call is refused.
    function testTooLittleGasForTheHostIsRefused() public {
        bytes32 id = open();
        for (uint256 gasGiven = 100_000; gasGiven < 700_000; gasGiven += 50_000) {
            try game.conclude{gas: gasGiven}(id) {
                equal(host.heard(), 1, "concluded, so told");
                return;
            } catch {
                require(!game.tournament(id).over, "nothing happened");
            }
        }
        revert("never concluded");
    }

    function testOnlyBatchesThatAreOverAreTold() public {
        bytes32 id = openBatch(batchContext(3, 8), "root");
        VM.expectRevert(abi.encodeWithSelector(ITournament.NothingToTell.selector, id));
        game.notifyHost(id);
        VM.expectRevert(abi.encodeWithSelector(ITournament.NoTournament.selector, bytes32("none")));
        game.conclude("none");
        (, bytes32 inner) = execution(honestEnvs(), lyingEnvs(9));
        VM.warp(block.timestamp + EXECUTION_WINDOW + 1);
        game.conclude(inner);
        equal(host.heard(), 0, "heard");
        VM.expectRevert(abi.encodeWithSelector(ITournament.NothingToTell.selector, inner));
        game.notifyHost(inner);
    }
}
