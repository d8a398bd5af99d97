// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Context, ITournament, Kind, Stage} from "../../src/interfaces/ITournament.sol";
import {Tags} from "../../src/libraries/Tags.sol";
import {VM} from "../Vm.sol";
import {ExecutionArena} from "../dispute/ExecutionArena.sol";
import {Tree} from "../dispute/Tree.sol";

/// @dev Attacks that make a game unresolvable or too dear to resolve; docs/threat-model.md names the tests.
contract BrickingAttacksTest is ExecutionArena {
    bytes32[] private leaves0 = Tree.made(8, 3, "a");
    bytes32[] private leaves1 = Tree.made(8, 3, "b");

    function over() private returns (bytes32 id, bytes32 matchId, bytes memory move) {
        (id, matchId) = batchMatch(leaves0, leaves1, 8);
        Move memory due = moveDue(matchId, leaves0, leaves1);
        move = abi.encodeCall(ITournament.advance, (matchId, due.otherTail, due.own, due.next));
        VM.warp(state(matchId).deadline + 1);
        game.timeout(matchId);
        game.conclude(id);
        require(game.tournament(id).over, "over");
    }

    /// @dev Whatever is tried after the end is refused or does nothing, and leaves the outcome and the money as they were.
    function testNothingHappensAfterTheEnd() public {
        (bytes32 id, bytes32 matchId, bytes memory move) = over();
        bytes32 seen = keccak256(abi.encode(game.tournament(id), state(matchId), game.credit(bob)));
        bytes32[] memory none = new bytes32[](0);
        attempt(move);
        attempt(abi.encodeCall(ITournament.seal, (matchId, "x", 0, none)));
        attempt(abi.encodeCall(ITournament.openBatchMatch, (matchId, header(), request(), firstSlots())));
        attempt(abi.encodeCall(ITournament.openNode, (matchId, header(), nodeOpening(honestEnvs(), 9))));
        attempt(abi.encodeCall(ITournament.reveal, (matchId, "x", "y", 0, none)));
        attempt(abi.encodeCall(ITournament.openTile, (matchId, header(), tileOpening(honestEnvs(), 9, 2))));
        attempt(abi.encodeCall(ITournament.step, (matchId, abi.encode("x", "y"))));
        attempt(abi.encodeCall(ITournament.settle, (matchId)));
        // Another calldata than the call that ended it, so that it is no repetition.
        attempt(bytes.concat(abi.encodeCall(ITournament.timeout, (matchId)), hex"00"));
        attempt(abi.encodeCall(ITournament.conclude, (id)));
        attempt(abi.encodeCall(ITournament.notifyHost, (id)));
        equal(keccak256(abi.encode(game.tournament(id), state(matchId), game.credit(bob))), seen, "something changed");
        uint256 bond = game.bond(Kind.Batch);
        VM.expectRevert();
        game.joinBatch{value: bond}(id, "late");
        equal(host.heard(), 1, "heard once");
    }

    /// @dev Refused or not, it must not matter.
    function attempt(bytes memory call) private {
        (bool ok,) = address(game).call(call);
        ok;
    }

    /// @dev Who waits, and the matches that live, as the spec pairs them: side 0 never moves, so that side 1 goes on.
    bytes32 private _waiting;
    bytes32[2][] private _living;

    function enqueue(bytes32 root_) private {
        if (_waiting == 0) {
            _waiting = root_;
        } else {
            _living.push([_waiting, root_]);
            _waiting = 0;
        }
    }

    /// @dev A tournament with `rivals` that never move, to its end; the dearest call of each kind.
    function gasOf(uint256 rivals) private returns (uint256 join, uint256 timeout, uint256 concluding) {
        deploy(toyRules(2, 1));
        _waiting = "first";
        bytes32 id = openBatch(batchContext(3, 8), "first");
        uint256 bond = game.bond(Kind.Batch);
        for (uint256 i = 1; i <= rivals; ++i) {
            uint256 before = gasleft();
            game.joinBatch{value: bond}(id, bytes32(i));
            join = max(join, before - gasleft());
            enqueue(bytes32(i));
        }
        while (_living.length > 0) {
            bytes32[2] memory roots = _living[_living.length - 1];
            _living.pop();
            VM.warp(block.timestamp + BATCH_ALLOWANCE + 1);
            bytes32 matchId = keccak256(abi.encode(Tags.MATCH, id, roots[0], roots[1]));
            uint256 before = gasleft();
            game.timeout(matchId);
            timeout = max(timeout, before - gasleft());
            enqueue(roots[1]);
        }
        uint256 left = gasleft();
        game.conclude(id);
        concluding = left - gasleft();
        equal(game.tournament(id).winner, _waiting, "winner");
    }

    function max(uint256 a, uint256 b) private pure returns (uint256) {
        return a > b ? a : b;
    }

    /// @dev No call walks over children: with ten times as many rivals none costs more.
    function testNoCallGrowsWithTheNumberOfRivals() public {
        (uint256 join, uint256 timeout, uint256 concluding) = gasOf(4);
        (uint256 joinMany, uint256 timeoutMany, uint256 concludingMany) = gasOf(40);
        require(joinMany <= join + join / 10, "joining");
        require(timeoutMany <= timeout + timeout / 10, "ending by time");
        require(concludingMany <= concluding + concluding / 10, "concluding");
    }

    /// @dev An inner tournament's id follows from its context alone, so bytes after the arguments make no other game, and
    /// an opening said again in other bytes opens nothing.
    function testExtraCalldataMakesNoSecondGame() public {
        (, bytes32 matchId) = sealedBatch(honestEnvs(), lyingEnvs(9));
        bytes memory opening = abi.encodeCall(ITournament.openBatchMatch, (matchId, header(), request(), firstSlots()));
        uint256 before = VM.snapshotState();
        (bool ok,) = address(game).call(opening);
        require(ok, "opened");
        bytes32 inner = state(matchId).inner;
        VM.revertToState(before);
        (ok,) = address(game).call(bytes.concat(opening, hex"0102"));
        require(ok, "opened with more");
        equal(state(matchId).inner, inner, "another game");
        bytes memory reason;
        (ok, reason) = address(game).call(bytes.concat(opening, hex"03"));
        require(!ok && bytes4(reason) == ITournament.WrongStage.selector, "opened twice");
    }

    /// @dev The same batch is another tournament on another chain and in another contract.
    function testAnotherChainOrContractHasOtherTournaments() public {
        Context memory context = batchContext(3, 8);
        uint256 before = VM.snapshotState();
        bytes32 here = openBatch(context, "root");
        VM.revertToState(before);
        VM.chainId(block.chainid + 1);
        require(openBatch(context, "root") != here, "chain");
        VM.revertToState(before);
        address first = address(game);
        deploy(toyRules(2, 1));
        require(address(game) != first && openBatch(context, "root") != here, "contract");
    }
}
