// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {BytesRoot} from "../../src/libraries/BytesRoot.sol";
import {Tree} from "../dispute/Tree.sol";

/// @dev Calls the library through calldata.
contract BytesCaller {
    function rootOfBytes(bytes calldata data, uint8 depth) external pure returns (bytes32) {
        return BytesRoot.rootOfBytes(data, depth);
    }

    /// @dev Over memory that has been written before: the padding must not come from there.
    function rootAfterDirt(bytes calldata data, uint8 depth) external pure returns (bytes32) {
        assembly {
            let free := mload(0x40)
            for { let i := 0 } lt(i, 4096) { i := add(i, 32) } { mstore(add(free, i), not(0)) }
        }
        return BytesRoot.rootOfBytes(data, depth);
    }
}

contract BytesRootTest {
    BytesCaller private immutable CALLER = new BytesCaller();

    /// @dev Byte by byte into a whole tree.
    function plainRoot(bytes memory data, uint8 depth) private pure returns (bytes32) {
        bytes32[] memory leaves = new bytes32[](uint256(1) << depth);
        for (uint256 i; i < data.length; ++i) {
            leaves[i / 32] |= bytes32(data[i]) >> (8 * (i % 32));
        }
        return Tree.root(leaves);
    }

    function testEqualsThePlainTwin(bytes memory data, uint256 seed) public view {
        uint8 depth = uint8(seed % 5);
        uint256 capacity = uint256(32) << depth;
        if (data.length > capacity) {
            assembly {
                mstore(data, capacity)
            }
        }
        bytes32 expected = plainRoot(data, depth);
        require(CALLER.rootOfBytes(data, depth) == expected, "root");
        require(CALLER.rootAfterDirt(data, depth) == expected, "root over used memory");
    }

    function testEveryLengthOfASmallTree() public view {
        for (uint256 length; length <= 128; ++length) {
            bytes memory data = new bytes(length);
            for (uint256 i; i < length; ++i) {
                data[i] = bytes1(uint8(i + 1));
            }
            require(CALLER.rootOfBytes(data, 2) == plainRoot(data, 2), "root");
        }
    }

    function testAByteTooMany() public view {
        bytes memory call = abi.encodeCall(CALLER.rootOfBytes, (new bytes(129), 2));
        (bool ok, bytes memory reason) = address(CALLER).staticcall(call);
        require(!ok, "accepted");
        bytes memory expected = abi.encodeWithSelector(BytesRoot.BytesTooLong.selector, 129, 128);
        require(keccak256(reason) == keccak256(expected), "another refusal");
    }

    /// @dev Zero bytes at the end are leaves like those past the end: the length is part of what commits to them.
    function testTrailingZerosDoNotShow() public view {
        require(CALLER.rootOfBytes("a", 3) == CALLER.rootOfBytes(hex"6100", 3), "root");
    }
}
