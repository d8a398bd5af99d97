// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IMipsStep} from "../interfaces/IMipsStep.sol";
import {MerkleLib} from "../libraries/MerkleLib.sol";

/// @notice The trees of a step, and how far its proof has been read.
struct Memory {
    bytes32 imageRoot;
    uint8 imageDepth;
    bytes32 inputsRoot;
    /// Changed by a store.
    bytes32 workRoot;
    /// Offset of the next field in the proof.
    uint256 readTo;
}

using MipsMemory for Memory global;

/// @title Memory of a step
/// @notice Aligned words of the sixteen windows, each proven by its leaf under the root that its address names.
library MipsMemory {
    /// @notice Depth of an input window's tree, and the most that an image may have.
    uint8 internal constant WINDOW_DEPTH = 23;
    /// @notice Depth of the tree over windows 1 to 14.
    uint8 internal constant INPUTS_DEPTH = 27;
    /// @notice Depth of the work tree.
    uint8 internal constant WORK_DEPTH = 17;

    uint256 private constant LEAF_AND_MASK_BYTES = 40;

    /// @notice Whether `address_` lies in the image's tree.
    function inImage(Memory memory m, uint32 address_) internal pure returns (bool) {
        return uint256(address_) >> 5 >> m.imageDepth == 0;
    }

    /// @notice The word of the image at an aligned address inside its tree.
    function fetch(Memory memory m, bytes calldata proof, uint32 pc) internal pure returns (uint32) {
        return wordOf(openImage(m, proof, pc), pc);
    }

    /// @notice The word at an aligned address, if it is mapped.
    function load(Memory memory m, bytes calldata proof, uint32 address_)
        internal
        pure
        returns (bool mapped, uint32 word)
    {
        uint32 window = address_ >> 28;
        if (window == 0) {
            if (!inImage(m, address_)) return (false, 0);
            return (true, wordOf(openImage(m, proof, address_), address_));
        }
        if (window == 15) {
            if (!inWork(address_)) return (false, 0);
            (bytes32 leaf,,) = openWork(m, proof, address_);
            return (true, wordOf(leaf, address_));
        }
        return (true, wordOf(openInputs(m, proof, address_), address_));
    }

    /// @notice Replaces the bits under `mask` of the word at an aligned address, if it is writable.
    function store(Memory memory m, bytes calldata proof, uint32 address_, uint32 mask, uint32 value)
        internal
        pure
        returns (bool writable)
    {
        if (address_ >> 28 != 15 || !inWork(address_)) return false;
        (bytes32 leaf, uint256 siblingsMask, bytes32[] calldata siblings) = openWork(m, proof, address_);
        uint32 word = (wordOf(leaf, address_) & ~mask) | (value & mask);
        bytes32 changed = withWord(leaf, address_, word);
        m.workRoot = MerkleLib.rootOf(changed, workIndex(address_), WORK_DEPTH, 0, siblingsMask, siblings);
        return true;
    }

    function inWork(uint32 address_) private pure returns (bool) {
        return workIndex(address_) >> WORK_DEPTH == 0;
    }

    function workIndex(uint32 address_) private pure returns (uint256) {
        return (address_ & 0x0FFFFFFF) >> 5;
    }

    function openImage(Memory memory m, bytes calldata proof, uint32 address_) private pure returns (bytes32 leaf) {
        uint256 mask;
        bytes32[] calldata siblings;
        (leaf, mask, siblings) = opening(m, proof);
        bytes32 root = MerkleLib.rootOf(leaf, address_ >> 5, m.imageDepth, 0, mask, siblings);
        // INVARIANT: what is read from window 0 is in the image
        if (root != m.imageRoot) revert IMipsStep.WrongImageRoot(root, m.imageRoot);
    }

    function openInputs(Memory memory m, bytes calldata proof, uint32 address_) private pure returns (bytes32 leaf) {
        uint256 mask;
        bytes32[] calldata siblings;
        (leaf, mask, siblings) = opening(m, proof);
        bytes32 root = MerkleLib.rootOf(leaf, address_ >> 5, INPUTS_DEPTH, 0, mask, siblings);
        // INVARIANT: what is read from windows 1 to 14 is in the inputs
        if (root != m.inputsRoot) revert IMipsStep.WrongInputsRoot(root, m.inputsRoot);
    }

    function openWork(Memory memory m, bytes calldata proof, uint32 address_)
        private
        pure
        returns (bytes32 leaf, uint256 mask, bytes32[] calldata siblings)
    {
        (leaf, mask, siblings) = opening(m, proof);
        bytes32 root = MerkleLib.rootOf(leaf, workIndex(address_), WORK_DEPTH, 0, mask, siblings);
        // INVARIANT: what is read from window 15 is in the state's work memory
        if (root != m.workRoot) revert IMipsStep.WrongWorkRoot(root, m.workRoot);
    }

    /// @dev Reads the next leaf, its mask, and as many siblings as the mask has bits.
    function opening(Memory memory m, bytes calldata proof)
        private
        pure
        returns (bytes32 leaf, uint256 mask, bytes32[] calldata siblings)
    {
        uint256 start = m.readTo;
        uint256 first = start + LEAF_AND_MASK_BYTES;
        // INVARIANT: a proof has every field that its step needs
        if (proof.length < first) revert IMipsStep.ProofTooShort(proof.length, first);
        leaf = bytes32(proof[start:start + 32]);
        mask = uint64(bytes8(proof[start + 32:first]));
        uint256 count = MerkleLib.bitCount(mask);
        m.readTo = first + 32 * count;
        // INVARIANT: a proof has every sibling that its mask names
        if (proof.length < m.readTo) revert IMipsStep.ProofTooShort(proof.length, m.readTo);
        assembly ("memory-safe") {
            // A view of the proof: whole words, their end checked above.
            siblings.offset := add(proof.offset, first)
            siblings.length := count
        }
    }

    /// @dev How far the word at `address_` lies above the lowest bit of its leaf.
    function shiftOf(uint32 address_) private pure returns (uint256) {
        unchecked {
            return 224 - 8 * (uint256(address_) & 28);
        }
    }

    function wordOf(bytes32 leaf, uint32 address_) private pure returns (uint32) {
        return swapped(uint32(uint256(leaf) >> shiftOf(address_)));
    }

    function withWord(bytes32 leaf, uint32 address_, uint32 word) private pure returns (bytes32) {
        uint256 shift = shiftOf(address_);
        uint256 cleared = uint256(leaf) & ~(uint256(0xFFFFFFFF) << shift);
        return bytes32(cleared | (uint256(swapped(word)) << shift));
    }

    /// @dev Memory is little-endian, a leaf's bytes are in order.
    function swapped(uint32 word) private pure returns (uint32) {
        uint32 halves = ((word & 0x00FF00FF) << 8) | ((word >> 8) & 0x00FF00FF);
        return (halves << 16) | (halves >> 16);
    }
}
