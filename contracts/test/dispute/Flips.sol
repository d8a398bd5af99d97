// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {MerkleLib} from "../../src/libraries/MerkleLib.sol";
import {ProgramHeader} from "../../src/types/Program.sol";
import {Proof} from "../../src/types/Proof.sol";

/// @dev One flipped bit at a time, drawn from a seed.
library Flips {
    /// @dev Words of a header.
    uint256 internal constant HEADER_WORDS = 26;

    /// @dev A place below `bits`, drawn anew for every field.
    function place(uint256 seed, string memory field, uint256 bits) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, field))) % bits;
    }

    function flipped(bytes32 word, uint256 seed) internal pure returns (bytes32) {
        return word ^ bytes32(uint256(1) << place(seed, "word", 256));
    }

    /// @dev The header with a bit of its `field`-th word flipped, inside the narrowest type.
    function flipped(ProgramHeader memory header, uint256 field, uint256 seed)
        internal
        pure
        returns (ProgramHeader memory)
    {
        bytes memory words = abi.encode(header);
        words[32 * field + 31] ^= bytes1(uint8(1 << place(seed, "header", 8)));
        return abi.decode(words, (ProgramHeader));
    }

    /// @dev Ways to change a proof: each sibling, a bit of the mask within the depth, one past it.
    function ways(Proof memory path) internal pure returns (uint256) {
        return path.siblings.length + 2;
    }

    /// @dev Changes a proof; the same again changes it back.
    function toggle(Proof memory path, uint256 way, uint256 depth, uint256 seed) internal pure {
        uint256 siblings = path.siblings.length;
        if (way < siblings) path.siblings[way] = flipped(path.siblings[way], seed);
        else if (way == siblings) path.mask ^= uint256(1) << place(seed, "mask", depth);
        else path.mask ^= uint256(1) << (depth + place(seed, "past", 256 - depth));
    }

    /// @dev The refusal of that change, where a wrong sibling is refused with `wrong`.
    function refusal(Proof memory path, uint256 way, bytes4 wrong) internal pure returns (bytes4) {
        uint256 siblings = path.siblings.length;
        if (way < siblings) return wrong;
        return way == siblings ? MerkleLib.ProofWrongLength.selector : MerkleLib.ProofNotCanonical.selector;
    }
}
