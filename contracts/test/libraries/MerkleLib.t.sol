// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {MerkleLib} from "../../src/libraries/MerkleLib.sol";

/// @dev Calls the library through calldata, so that a revert can be caught.
contract MerkleCaller {
    function rootOf(bytes32 leaf, uint256 index, uint8 levels, uint8 base, uint256 mask, bytes32[] calldata siblings)
        external
        pure
        returns (bytes32)
    {
        return MerkleLib.rootOf(leaf, index, levels, base, mask, siblings);
    }

    function raise(bytes32 root, uint8 from, uint8 to) external pure returns (bytes32) {
        return MerkleLib.raise(root, from, to);
    }
}

contract MerkleLibTest {
    MerkleCaller private immutable CALLER = new MerkleCaller();

    function plainNode(bytes32 left, bytes32 right) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(left, right));
    }

    function testNodeEqualsThePlainTwin(bytes32 left, bytes32 right) public pure {
        require(MerkleLib.node(left, right) == plainNode(left, right), "node");
    }

    function testZeroRoots() public pure {
        require(MerkleLib.zeroRoot(0) == bytes32(0), "depth 0");
        // keccak256 of 64 zero bytes.
        require(MerkleLib.zeroRoot(1) == 0xad3228b676f7d3cd4284a5443f17f1962b36e491b30a40b2405849e597ba5fb5, "depth 1");
    }

    function testRaisePadsOnTheRight(bytes32 root) public view {
        bytes32 zero1 = plainNode(0, 0);
        bytes32 expected = plainNode(plainNode(root, zero1), plainNode(zero1, zero1));
        require(CALLER.raise(root, 1, 3) == expected, "raise");
        expectRevert(
            abi.encodeCall(CALLER.raise, (root, 3, 1)),
            abi.encodeWithSelector(MerkleLib.IndexOutsideTree.selector, 3, 1)
        );
    }

    /// @dev Four leaves, of which the second pair is zero; then the same at a height of 3.
    function testEveryPlaceOfASmallTree(bytes32 a, bytes32 b) public view {
        if (a == 0 || b == 0) return;
        bytes32 zero1 = plainNode(0, 0);
        bytes32 root = plainNode(plainNode(a, b), zero1);
        require(CALLER.rootOf(a, 0, 2, 0, 1, one(b)) == root, "place 0");
        require(CALLER.rootOf(b, 1, 2, 0, 1, one(a)) == root, "place 1");
        require(CALLER.rootOf(0, 2, 2, 0, 2, one(plainNode(a, b))) == root, "place 2");
        require(CALLER.rootOf(0, 3, 2, 0, 2, one(plainNode(a, b))) == root, "place 3");
        bytes32 zero3 = MerkleLib.zeroRoot(3);
        require(CALLER.rootOf(a, 1, 2, 3, 0, none()) == plainNode(plainNode(zero3, a), MerkleLib.zeroRoot(4)), "base");
    }

    function testRefusals(bytes32 a) public view {
        expectRevert(
            abi.encodeCall(CALLER.rootOf, (a, 4, 2, 0, 0, none())),
            abi.encodeWithSelector(MerkleLib.IndexOutsideTree.selector, 4, 2)
        );
        expectRevert(
            abi.encodeCall(CALLER.rootOf, (a, 0, 2, 0, 4, one(a))),
            abi.encodeWithSelector(MerkleLib.ProofNotCanonical.selector, 2)
        );
        expectRevert(
            abi.encodeCall(CALLER.rootOf, (a, 0, 2, 0, 1, none())),
            abi.encodeWithSelector(MerkleLib.ProofWrongLength.selector, 0, 1)
        );
        expectRevert(
            abi.encodeCall(CALLER.rootOf, (a, 0, 2, 0, 0, one(a))),
            abi.encodeWithSelector(MerkleLib.ProofWrongLength.selector, 1, 0)
        );
        expectRevert(
            abi.encodeCall(CALLER.rootOf, (a, 0, 2, 0, 1, one(0))),
            abi.encodeWithSelector(MerkleLib.ProofNotCanonical.selector, 0)
        );
        bytes32 zero1 = plainNode(0, 0);
        expectRevert(
            abi.encodeCall(CALLER.rootOf, (a, 0, 2, 0, 2, one(zero1))),
            abi.encodeWithSelector(MerkleLib.ProofNotCanonical.selector, 1)
        );
        expectRevert(
            abi.encodeCall(CALLER.rootOf, (a, 0, 2, 1, 1, one(zero1))),
            abi.encodeWithSelector(MerkleLib.ProofNotCanonical.selector, 0)
        );
    }

    function expectRevert(bytes memory call, bytes memory expected) private view {
        (bool ok, bytes memory reason) = address(CALLER).staticcall(call);
        require(!ok, "accepted");
        require(keccak256(reason) == keccak256(expected), "another refusal");
    }

    function one(bytes32 a) private pure returns (bytes32[] memory list) {
        list = new bytes32[](1);
        list[0] = a;
    }

    function none() private pure returns (bytes32[] memory) {
        return new bytes32[](0);
    }
}
