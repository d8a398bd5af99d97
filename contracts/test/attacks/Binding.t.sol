// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IReferee} from "../../src/interfaces/IReferee.sol";
import {ITournament, Kind} from "../../src/interfaces/ITournament.sol";
import {MerkleLib} from "../../src/libraries/MerkleLib.sol";
import {Tags} from "../../src/libraries/Tags.sol";
import {ExecutionEnd} from "../../src/types/Opening.sol";
import {Proof} from "../../src/types/Proof.sol";
import {VM} from "../Vm.sol";
import {ExecutionArena} from "../dispute/ExecutionArena.sol";
import {Tree} from "../dispute/Tree.sol";

/// @dev Attacks that prove one thing and mean another; docs/threat-model.md names the tests.
contract BindingAttacksTest is ExecutionArena {
    /// @dev The honest execution, but for what its last control slot says.
    function endingIn(uint32[4] memory said) private view returns (bytes32[][] memory envs, ExecutionEnd memory end) {
        uint32[] memory fields = new uint32[](12);
        (fields[0], fields[4], fields[6], fields[7]) = (said[0], said[1], said[2], said[3]);
        bytes32[8] memory control = words(fields);
        envs = honestEnvs();
        envs[LEAVES - 1][1] = root(control);
        end = executionEnd(envs);
        end.control = control;
    }

    /// @dev Status, tokens and length are the control slot's whole words, also where the status has no name.
    /// forge-config: default.fuzz.runs = 64
    /// forge-config: quick.fuzz.runs = 16
    function testAResultHasTheControlSlotsWholeWords(uint32 phase, uint32 tokens, uint32 status, uint32 length)
        public
        view
    {
        if (phase < 4) phase += 4;
        (bytes32[][] memory envs, ExecutionEnd memory end) = endingIn([phase, tokens, status, length]);
        bytes32 id = request().requestId(host.hubAddress());
        bytes32 got = referee.executionEnd(5, header().programId(), id, 0, Tree.root(rootsOf(envs)), end);
        bytes32 expected = keccak256(
            abi.encode(Tags.RESULT, id, uint256(status), uint256(tokens), uint256(length), envs[LEAVES - 1][2])
        );
        equal(got, expected, "result");
    }

    /// @dev The phase is compared whole: no cut of it makes an unfinished request look done or a done one unfinished.
    function testThePhaseIsComparedWhole() public view {
        bytes32 id = request().requestId(host.hubAddress());
        for (uint256 shift = 2; shift < 32; shift += 5) {
            uint32 phase = uint32(1) << uint32(shift);
            (bytes32[][] memory envs, ExecutionEnd memory end) = endingIn([phase, 1, 1, 1]);
            bytes32 got = referee.executionEnd(5, header().programId(), id, 0, Tree.root(rootsOf(envs)), end);
            bytes32 expected = keccak256(abi.encode(Tags.RESULT, id, 1, 1, 1, envs[LEAVES - 1][2]));
            equal(got, expected, "done");
        }
    }

    /// @dev One execution, two requests: its end is another result for each, so a proof for one does not join the other's.
    function testAnEndIsOneRequestsAlone() public view {
        bytes32[][] memory envs = honestEnvs();
        bytes32 root_ = Tree.root(rootsOf(envs));
        ExecutionEnd memory end = executionEnd(envs);
        bytes32 program = header().programId();
        bytes32 mine = referee.executionEnd(5, program, request().requestId(host.hubAddress()), 0, root_, end);
        equal(mine, resultOf(envs), "its own");
        require(referee.executionEnd(5, program, "another request", 0, root_, end) != mine, "replayed");
    }

    /// @dev The parent of two leaves, shown as the agreed leaf with the rest of its path, is refused: the depth is the context's.
    function testANodeIsNoLeaf() public {
        (, bytes32 matchId) = executionAtLeaf(honestEnvs(), lyingEnvs(9));
        bytes32[] memory leaves = rootsOf(honestEnvs());
        bytes32 parent = Tree.sub(leaves, 1, 4);
        Proof memory path = Tree.proof(leaves, 8, 0);
        bytes32[] memory rest = new bytes32[](path.siblings.length - 1);
        for (uint256 i; i < rest.length; ++i) {
            rest[i] = path.siblings[i + 1];
        }
        // Four siblings for four bits: the lowest or the highest level is then said to be zero.
        refusedSeal(matchId, parent, path.mask >> 1, rest, ITournament.AgreedMismatch.selector);
        refusedSeal(matchId, parent, path.mask & ~uint256(1), rest, ITournament.AgreedMismatch.selector);
        refusedSeal(matchId, parent, path.mask, rest, MerkleLib.ProofWrongLength.selector);
        // The honest path does it.
        game.seal(matchId, leaves[8], path.mask, path.siblings);
    }

    function refusedSeal(bytes32 matchId, bytes32 leaf, uint256 mask, bytes32[] memory siblings, bytes4 expected)
        private
    {
        bytes memory call = abi.encodeCall(ITournament.seal, (matchId, leaf, mask, siblings));
        (bool ok, bytes memory reason) = address(game).call(call);
        require(!ok && bytes4(reason) == expected, "sealed");
    }

    /// @dev A root of a shallower or deeper tree than the context's does not join with a proof of its own depth.
    function testARootOfAnotherDepthDoesNotJoin() public {
        (, bytes32 inner) = execution(honestEnvs(), lyingEnvs(9));
        bytes32[] memory leaves = rootsOf(honestEnvs());
        bytes32[] memory half_ = new bytes32[](LEAVES / 2);
        for (uint256 i; i < half_.length; ++i) {
            half_[i] = leaves[LEAVES / 2 + i];
        }
        ExecutionEnd memory end = executionEnd(honestEnvs());
        end.leaf = Tree.proof(half_, half_.length - 1, 0);
        refusedJoin(inner, Tree.root(half_), end, IReferee.LastLeafMismatch.selector);
        bytes32[] memory twice = new bytes32[](LEAVES * 2);
        for (uint256 i; i < twice.length; ++i) {
            twice[i] = leaves[i % LEAVES];
        }
        end.leaf = Tree.proof(twice, twice.length - 1, 0);
        refusedJoin(inner, Tree.root(twice), end, MerkleLib.ProofNotCanonical.selector);
    }

    function refusedJoin(bytes32 inner, bytes32 root_, ExecutionEnd memory end, bytes4 expected) private {
        uint256 bond = game.bond(Kind.Execution);
        bytes memory call = abi.encodeCall(ITournament.joinExecution, (inner, root_, end));
        (bool ok, bytes memory reason) = address(game).call{value: bond}(call);
        require(!ok && bytes4(reason) == expected, "joined");
    }
}
