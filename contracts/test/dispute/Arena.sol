// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IReferee} from "../../src/interfaces/IReferee.sol";
import {
    CommitmentView,
    Context,
    ITournament,
    Kind,
    MatchView,
    Stage,
    TournamentView
} from "../../src/interfaces/ITournament.sol";
import {Tags} from "../../src/libraries/Tags.sol";
import {KindRules, Rules} from "../../src/types/Rules.sol";
import {VM} from "../Vm.sol";
import {ToyHost, ToyStep} from "./Toys.sol";
import {Tree} from "./Tree.sol";

/// @dev A tournament contract with small clocks, three players, and the walk of a descent from two whole trees.
abstract contract Arena {
    uint256 internal constant START = 1_000_000;
    uint32 internal constant BATCH_WINDOW = 100;
    uint32 internal constant EXECUTION_WINDOW = 200;
    uint32 internal constant MACHINE_WINDOW = 150;
    uint32 internal constant BATCH_ALLOWANCE = 1000;
    uint32 internal constant EXECUTION_ALLOWANCE = 600;
    uint32 internal constant MACHINE_ALLOWANCE = 500;
    uint32 internal constant EFFORT = 30;
    uint32 internal constant OPEN = 50;
    uint48 internal constant FEE_CAP = 100 gwei;
    uint8 internal constant BATCH_DEPTH = 3;

    address internal alice = address(0xA11CE);
    address internal bob = address(0xB0B);
    address internal carol = address(0xCA201);
    address internal treasury = address(0x73EA);

    ITournament internal game;
    ToyHost internal host;
    IReferee internal referee;

    function setUp() public virtual {
        deploy(toyRules(2, 1));
    }

    function toyRules(uint8 radix, uint8 tileRadix) internal view returns (Rules memory) {
        return Rules({
            batch: KindRules(radix, 10, BATCH_WINDOW, BATCH_ALLOWANCE, EFFORT),
            execution: KindRules(radix, 12, EXECUTION_WINDOW, EXECUTION_ALLOWANCE, EFFORT),
            machine: KindRules(radix, 12, MACHINE_WINDOW, MACHINE_ALLOWANCE, EFFORT),
            tileRadix: tileRadix,
            open: OPEN,
            feeCap: FEE_CAP,
            treasury: treasury
        });
    }

    function deploy(Rules memory rules) internal {
        VM.warp(START);
        VM.fee(1 gwei);
        host = new ToyHost();
        referee = IReferee(VM.deployCode("Referee.sol:Referee", ""));
        bytes memory arguments = abi.encode(rules, host, referee, new ToyStep());
        game = ITournament(VM.deployCode("Tournament.sol:Tournament", arguments));
        host.attach(game);
        VM.deal(alice, 1e6 ether);
        VM.deal(bob, 1e6 ether);
        VM.deal(carol, 1e6 ether);
        VM.deal(address(this), 1e6 ether);
    }

    // Tournaments

    function batchContext(uint8 depth, uint64 count) internal pure returns (Context memory context) {
        context.kind = Kind.Batch;
        context.depth = depth;
        context.count = count;
        context.first = 40;
        context.lane = 7;
        context.round = 1;
    }

    function openBatch(Context memory context, bytes32 root) internal returns (bytes32) {
        return host.open{value: game.bond(Kind.Batch)}(context, root, alice);
    }

    function joinBatch(bytes32 id, bytes32 root, address joiner) internal {
        uint256 bond = game.bond(Kind.Batch);
        VM.prank(joiner);
        game.joinBatch{value: bond}(id, root);
    }

    /// @dev A batch match between alice (side 0) and bob (side 1).
    function batchMatch(bytes32[] memory leaves0, bytes32[] memory leaves1, uint64 count)
        internal
        returns (bytes32 id, bytes32 matchId)
    {
        id = openBatch(batchContext(uint8(Tree.depthOf(leaves0)), count), Tree.root(leaves0));
        joinBatch(id, Tree.root(leaves1), bob);
        matchId = matchOf(id, leaves0, leaves1);
    }

    function matchOf(bytes32 id, bytes32[] memory leaves0, bytes32[] memory leaves1) internal pure returns (bytes32) {
        return keccak256(abi.encode(Tags.MATCH, id, Tree.root(leaves0), Tree.root(leaves1)));
    }

    function state(bytes32 matchId) internal view returns (MatchView memory) {
        return game.matchState(matchId);
    }

    // Moves

    struct Move {
        bytes32[] otherTail;
        bytes32[] own;
        bytes32[] next;
    }

    function radixOf(MatchView memory view_) internal view returns (uint256) {
        Rules memory rules = game.rules();
        if (view_.stage == Stage.TileDescent) return rules.tileRadix;
        Kind kind = game.tournament(view_.tournament).context.kind;
        if (kind == Kind.Batch) return rules.batch.radix;
        return kind == Kind.Execution ? rules.execution.radix : rules.machine.radix;
    }

    /// @dev The one valid content of the move that is due, from both sides' whole trees.
    function moveDue(bytes32 matchId, bytes32[] memory leaves0, bytes32[] memory leaves1)
        internal
        view
        returns (Move memory move)
    {
        MatchView memory seen = state(matchId);
        uint256 radix = radixOf(seen);
        (bytes32[] memory mine, bytes32[] memory others) = seen.turn == 0 ? (leaves0, leaves1) : (leaves1, leaves0);
        uint256 width = min(radix, seen.height);
        if (!seen.listed) {
            move.next = Tree.list(mine, seen.height, seen.position, width);
            return move;
        }
        move.own = Tree.list(mine, seen.height, seen.position, width);
        bytes32[] memory other = Tree.list(others, seen.height, seen.position, width);
        uint256 place;
        while (move.own[place] == other[place]) ++place;
        move.otherTail = new bytes32[](other.length - place);
        for (uint256 i; i < move.otherTail.length; ++i) {
            move.otherTail[i] = other[place + i];
        }
        uint256 left = seen.height - width;
        if (left > 0) move.next = Tree.list(mine, left, (uint256(seen.position) << width) + place, min(radix, left));
    }

    function play(bytes32 matchId, Move memory move) internal {
        game.advance(matchId, move.otherTail, move.own, move.next);
    }

    /// @dev Plays a whole descent, each side's moves by its own account.
    function walk(bytes32 matchId, bytes32[] memory leaves0, bytes32[] memory leaves1) internal {
        Stage stage = state(matchId).stage;
        while (state(matchId).stage == stage && (stage == Stage.Descent || stage == Stage.TileDescent)) {
            Move memory move = moveDue(matchId, leaves0, leaves1);
            VM.prank(state(matchId).turn == 0 ? alice : bob);
            play(matchId, move);
        }
    }

    // Checks

    function min(uint256 a, uint256 b) internal pure returns (uint256) {
        return a < b ? a : b;
    }

    function equal(uint256 got, uint256 expected, string memory what) internal pure {
        require(got == expected, string.concat(what, ": ", text(got), ", expected ", text(expected)));
    }

    function equal(bytes32 got, bytes32 expected, string memory what) internal pure {
        require(got == expected, what);
    }

    function inStage(bytes32 matchId, Stage stage) internal view {
        equal(uint256(state(matchId).stage), uint256(stage), "stage");
    }

    /// @dev Both commitments of a match: who is out. What a rule has decided is settled first.
    function outcome(bytes32 matchId, bool out0, bool out1) internal {
        MatchView memory seen = state(matchId);
        if (seen.stage == Stage.Decided) game.settle(matchId);
        inStage(matchId, Stage.Over);
        require(game.commitment(seen.tournament, seen.root0).eliminated == out0, "side 0");
        require(game.commitment(seen.tournament, seen.root1).eliminated == out1, "side 1");
    }

    function text(uint256 value) internal pure returns (string memory) {
        if (value == 0) return "0";
        bytes memory digits;
        while (value > 0) {
            digits = bytes.concat(bytes1(uint8(48 + value % 10)), digits);
            value /= 10;
        }
        return string(digits);
    }
}
