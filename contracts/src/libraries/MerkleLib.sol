// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @title Merkle trees of 32-byte leaves
/// @notice One tree, one hash, one proof format. Depth and index always come from the context, never from a proof.
/// @dev The twin of `protocol/primitives/src/{merkle,proof}.rs`.
library MerkleLib {
    /// @notice The proof has another number of siblings than its mask has bits.
    /// @param got Siblings given.
    /// @param expected Bits of the mask.
    error ProofWrongLength(uint256 got, uint256 expected);

    /// @notice A sibling that equals the zero tree of its depth was written out, or the mask has bits past the depth.
    /// @param level Level of the sibling, counted from the proven node.
    error ProofNotCanonical(uint256 level);

    /// @notice The context's index does not lie in the tree.
    /// @param index The index.
    /// @param levels Levels of the climb; the index must be below `2^levels`.
    error IndexOutsideTree(uint256 index, uint256 levels);

    /// @notice The parent of two nodes: `keccak(left || right)`.
    function node(bytes32 left, bytes32 right) internal pure returns (bytes32 parent) {
        // Both words fit the scratch space, so that a tree costs no memory.
        assembly ("memory-safe") {
            mstore(0x00, left)
            mstore(0x20, right)
            parent := keccak256(0x00, 0x40)
        }
    }

    /// @notice The root of a tree of `depth` whose leaves are all zero.
    function zeroRoot(uint8 depth) internal pure returns (bytes32 root) {
        unchecked {
            for (uint256 level; level < depth; ++level) {
                root = node(root, root);
            }
        }
    }

    /// @notice Places a tree of depth `from` leftmost in an otherwise zero tree of depth `to`; `from <= to`.
    function raise(bytes32 root, uint8 from, uint8 to) internal pure returns (bytes32 raised) {
        // INVARIANT: a tree fits the tree that it is placed in
        if (from > to) revert IndexOutsideTree(from, to);
        bytes32 zero = zeroRoot(from);
        raised = root;
        unchecked {
            for (uint256 level = from; level < to; ++level) {
                raised = node(raised, zero);
                zero = node(zero, zero);
            }
        }
    }

    /// @notice The root that a compact proof gives for the node `leaf` at `index`.
    /// @param leaf The proven node: a leaf (`base` 0), or the root of a subtree of depth `base`.
    /// @param index Its place among the nodes of its height.
    /// @param levels Levels from the node up to the root: the tree's depth less `base`.
    /// @param base Height of the proven node; its sibling at level k is compared with the zero tree of depth `base + k`.
    /// @param mask Bit k: the sibling at level k is in `siblings`; else it is the zero tree of its depth.
    /// @param siblings The written siblings, lowest first.
    function rootOf(bytes32 leaf, uint256 index, uint8 levels, uint8 base, uint256 mask, bytes32[] calldata siblings)
        internal
        pure
        returns (bytes32 root)
    {
        // INVARIANT: an index lies in the tree that its context names
        if (index >> levels != 0) revert IndexOutsideTree(index, levels);
        // INVARIANT: a mask has no bit past the depth
        if (mask >> levels != 0) revert ProofNotCanonical(levels);
        // INVARIANT: a proof has exactly the siblings that its mask names
        if (siblings.length != bitCount(mask)) revert ProofWrongLength(siblings.length, bitCount(mask));
        bytes32 zero = zeroRoot(base);
        uint256 written;
        root = leaf;
        unchecked {
            for (uint256 level; level < levels; ++level) {
                bytes32 sibling = zero;
                if ((mask >> level) & 1 == 1) {
                    sibling = siblings[written++];
                    // INVARIANT: a sibling that equals the zero tree of its depth is left out
                    if (sibling == zero) revert ProofNotCanonical(level);
                }
                root = (index >> level) & 1 == 0 ? node(root, sibling) : node(sibling, root);
                zero = node(zero, zero);
            }
        }
    }

    /// @notice The number of bits that are set.
    function bitCount(uint256 mask) internal pure returns (uint256 count) {
        unchecked {
            // Each round clears the lowest bit.
            for (uint256 rest = mask; rest != 0; rest &= rest - 1) {
                ++count;
            }
        }
    }
}
