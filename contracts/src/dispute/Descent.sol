// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {ITournament} from "../interfaces/ITournament.sol";
import {MerkleLib} from "../libraries/MerkleLib.sol";
import {MatchState, Progress} from "./State.sol";

/// @title Walking down two trees to their first different leaf
/// @notice Every move has exactly one valid content for a given root.
library Descent {
    /// @notice The first move of a descent: the mover lists its node's descendants.
    function list(MatchState storage self, Progress memory progress, bytes32[] calldata next) internal view {
        _demandListed(next, _width(progress), self.nodes[progress.turn]);
        progress.listed = true;
    }

    /// @notice Any other move: both lists are shown, both nodes step down to the first place that differs.
    function descend(
        MatchState storage self,
        Progress memory progress,
        bytes32[] calldata otherTail,
        bytes32[] calldata own,
        bytes32[] calldata next
    ) internal {
        uint256 width = _width(progress);
        uint256 size = uint256(1) << width;
        if (own.length != size) revert ITournament.WrongListLength(own.length, size);
        // INVARIANT: the sides part somewhere in the list
        if (otherTail.length == 0 || otherTail.length > size) {
            revert ITournament.WrongListLength(otherTail.length, size);
        }
        uint256 place = size - otherTail.length;
        _demandLists(self, progress.turn, otherTail, own, place);
        // INVARIANT: the place is the first that differs
        if (own[place] == otherTail[0]) revert ITournament.NotDifferent(place);

        self.nodes[progress.turn] = own[place];
        self.nodes[1 - progress.turn] = otherTail[0];
        // The place is below 2^width, and the tree is at most 48 deep.
        progress.position = uint48(uint256(progress.position) << width | place);
        progress.height -= uint8(width);
        if (progress.height > 0) _demandListed(next, _width(progress), own[place]);
        // INVARIANT: the last move of a descent reveals exactly the levels that remain
        else if (next.length != 0) revert ITournament.WrongListLength(next.length, 0);
    }

    /// @dev Levels of the next move: the radix, or what remains.
    function _width(Progress memory progress) private pure returns (uint256) {
        return progress.radix < progress.height ? progress.radix : progress.height;
    }

    /// @dev `next` are the descendants of `expected`, `width` levels down.
    function _demandListed(bytes32[] calldata next, uint256 width, bytes32 expected) private pure {
        if (next.length != uint256(1) << width) revert ITournament.WrongListLength(next.length, uint256(1) << width);
        bytes32 got = _root(next, next, next.length);
        // INVARIANT: a move reveals descendants of the mover's node, checked by hashing
        if (got != expected) revert ITournament.NextNodeMismatch(got, expected);
    }

    /// @dev `own` is under the mover's node, and `own[0..place) ++ otherTail` under the other's.
    function _demandLists(
        MatchState storage self,
        uint8 turn,
        bytes32[] calldata otherTail,
        bytes32[] calldata own,
        uint256 place
    ) private view {
        bytes32 got = _root(own, own, own.length);
        bytes32 expected = self.nodes[turn];
        // INVARIANT: the mover's list is of its own node
        if (got != expected) revert ITournament.OwnNodeMismatch(got, expected);
        got = _root(own, otherTail, place);
        expected = self.nodes[1 - turn];
        // INVARIANT: the other side's list is what it listed
        if (got != expected) revert ITournament.OtherNodeMismatch(got, expected);
    }

    /// @dev The root over `head[0..place) ++ tail`, where the lengths make a power of two; `place = head.length` takes
    /// the head alone.
    function _root(bytes32[] calldata head, bytes32[] calldata tail, uint256 place) private pure returns (bytes32) {
        bytes32[] memory level = new bytes32[](head.length);
        for (uint256 i; i < head.length; ++i) {
            level[i] = i < place ? head[i] : tail[i - place];
        }
        for (uint256 width = level.length / 2; width > 0; width /= 2) {
            for (uint256 i; i < width; ++i) {
                level[i] = MerkleLib.node(level[2 * i], level[2 * i + 1]);
            }
        }
        return level[0];
    }
}
