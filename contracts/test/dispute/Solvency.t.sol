// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Context, ITournament, Kind, MatchView, Stage} from "../../src/interfaces/ITournament.sol";
import {Tags} from "../../src/libraries/Tags.sol";
import {FirstSlots} from "../../src/types/Opening.sol";
import {ProgramHeader} from "../../src/types/Program.sol";
import {RequestPreimage} from "../../src/types/Request.sol";
import {VM} from "../Vm.sol";
import {ExecutionArena} from "./ExecutionArena.sol";
import {Tree} from "./Tree.sol";

/// @dev Tournaments of up to six commitments, one of them honest, whose rivals move or stall by the seed. The batch is of
/// no request, so that the right tree is all zero and every match is decided by rule, by time or by nobody.
contract SolvencyTest is ExecutionArena {
    bytes32 private id;
    bytes32[][] private trees;
    bytes32[] private matches;
    address[] private accounts;

    /// @dev Balance = living bonds + unpaid credits, after every call; an honest commitment is never eliminated, and the
    /// tournament ends with it as the winner within the bound on the delay.
    /// forge-config: default.fuzz.runs = 64
    /// forge-config: quick.fuzz.runs = 16
    function testBalanceIsLivingBondsAndUnpaidCredits(uint256 seed) public {
        accounts = [alice, bob, carol, treasury];
        uint256 rivals = 1 + seed % 5;
        trees.push(new bytes32[](8));
        id = openBatch(batchContext(3, 0), root(0));
        for (uint256 i = 1; i <= rivals; ++i) {
            bytes32[] memory tree = Tree.made(8, (seed >> (8 * i)) % 4 * 2, bytes32(i));
            joinBatch(id, Tree.root(tree), accounts[i % 3]);
            trees.push(tree);
            solvent();
        }
        uint256 start = block.timestamp;
        for (uint256 round; game.tournament(id).liveMatches > 0; ++round) {
            require(round < 200, "no end");
            seed = uint256(keccak256(abi.encode(seed)));
            turn(seed);
            solvent();
        }
        // Each of the rivals' matches: both clocks and one opening deadline.
        require(block.timestamp - start <= rivals * (2 * BATCH_ALLOWANCE + BATCH_WINDOW + OPEN + 3), "the delay");
        if (block.timestamp <= START + BATCH_WINDOW) VM.warp(START + BATCH_WINDOW + 1);
        game.conclude(id);
        solvent();
        equal(game.tournament(id).winner, root(0), "the honest commitment wins");
        payAll();
        equal(address(game).balance, 0, "nothing stays");
    }

    function root(uint256 tree) private view returns (bytes32) {
        return Tree.root(trees[tree]);
    }

    /// @dev One thing happens in the first living match.
    function turn(uint256 seed) private {
        (bytes32 matchId, uint256 side0, uint256 side1) = living();
        MatchView memory seen = state(matchId);
        address maker = accounts[seed % 3];
        if (seen.stage == Stage.Decided) {
            VM.prank(maker);
            return game.settle(matchId);
        }
        if (seen.stage == Stage.Sealed) {
            // The honest side opens; two liars may leave their match unopened.
            if (side0 != 0 && side1 != 0 && (seed & 256 == 0 || block.timestamp > seen.deadline)) {
                late(matchId, seen.deadline, maker);
            } else {
                ProgramHeader memory none;
                RequestPreimage memory nothing;
                FirstSlots memory empty;
                VM.prank(maker);
                game.openBatchMatch(matchId, none, nothing, empty);
            }
            return;
        }
        bool honest = (seen.turn == 0 ? side0 : side1) == 0;
        if (!honest && seed & 768 == 0) return late(matchId, seen.deadline, maker);
        if (block.timestamp > seen.deadline) return late(matchId, seen.deadline, maker);
        // The honest side answers at once; the others take some of their time.
        if (!honest) VM.warp(block.timestamp + min((seed >> 16) % 300, seen.deadline - block.timestamp));
        Move memory move = moveDue(matchId, trees[side0], trees[side1]);
        VM.prank(maker);
        play(matchId, move);
    }

    function late(bytes32 matchId, uint40 deadline, address maker) private {
        if (block.timestamp <= deadline) VM.warp(deadline + 1);
        VM.prank(maker);
        game.timeout(matchId);
    }

    /// @dev A match that lives and the trees that play it: one that waits for the honest side, if there is one.
    function living() private returns (bytes32 matchId, uint256 side0, uint256 side1) {
        for (uint256 i; i < trees.length; ++i) {
            for (uint256 j; j < trees.length; ++j) {
                bytes32 found = keccak256(abi.encode(Tags.MATCH, id, root(i), root(j)));
                MatchView memory seen = state(found);
                if (seen.stage == Stage.None || seen.stage == Stage.Over) continue;
                remember(found);
                (matchId, side0, side1) = (found, i, j);
                bool plays = i == 0 || j == 0;
                if (plays && (seen.stage == Stage.Sealed || (seen.turn == 0 ? i : j) == 0)) return (found, i, j);
            }
        }
    }

    function remember(bytes32 matchId) private {
        for (uint256 i; i < matches.length; ++i) {
            if (matches[i] == matchId) return;
        }
        matches.push(matchId);
    }

    function solvent() private view {
        uint256 owed;
        bool over = game.tournament(id).over;
        for (uint256 i; i < trees.length; ++i) {
            if (!over && !game.commitment(id, root(i)).eliminated) owed += game.bond(Kind.Batch);
        }
        for (uint256 i; i < accounts.length; ++i) {
            owed += game.credit(accounts[i]);
            for (uint256 j; j < matches.length; ++j) {
                owed += game.claimable(matches[j], accounts[i]);
            }
        }
        equal(address(game).balance, owed, "balance");
    }

    function payAll() private {
        for (uint256 i; i < accounts.length; ++i) {
            for (uint256 j; j < matches.length; ++j) {
                if (game.claimable(matches[j], accounts[i]) > 0) game.claim(matches[j], accounts[i]);
            }
            if (game.credit(accounts[i]) > 0) game.withdraw(accounts[i]);
        }
    }
}
