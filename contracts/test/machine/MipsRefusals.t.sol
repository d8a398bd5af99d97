// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IMipsStep} from "../../src/interfaces/IMipsStep.sol";
import {Tags} from "../../src/libraries/Tags.sol";
import {Tree} from "../dispute/Tree.sol";
import {VM} from "../Vm.sol";

/// @dev What a step refuses to read. Whole runs are compared with the machine in Rust elsewhere; here is one load.
contract MipsRefusalsTest {
    uint8 private constant IMAGE_DEPTH = 1;
    /// @dev `lw $8, 0($9)`, little-endian in its leaf.
    bytes32 private constant LOAD = hex"0000288d";
    bytes32 private constant BESIDE = "beside";
    /// @dev Its first word is 0x04030201.
    bytes32 private constant DATA = hex"01020304";
    uint256 private constant R8 = 16 + 4 * 7;
    uint256 private constant R9 = 16 + 4 * 8;
    uint256 private constant EXIT = 140;

    IMipsStep private machine;
    bytes32 private image = Tree.node(LOAD, BESIDE);

    function setUp() public {
        machine = IMipsStep(VM.deployCode("MipsStep.sol:MipsStep", ""));
    }

    /// @dev The leaf leftmost in a tree of `depth`, zero beside it.
    function leftmost(bytes32 leaf, uint256 depth) private pure returns (bytes32 root) {
        root = leaf;
        for (uint256 height; height < depth; ++height) {
            root = Tree.node(root, Tree.zero(height));
        }
    }

    /// @dev Window 1 holds the data, the windows after it nothing.
    function inputs() private pure returns (bytes32 root) {
        root = Tree.node(Tree.zero(23), leftmost(DATA, 23));
        for (uint256 height = 24; height < 27; ++height) {
            root = Tree.node(root, Tree.zero(height));
        }
    }

    function registers(uint32 base) private pure returns (bytes memory packed) {
        packed = new bytes(152);
        put(packed, 4, 4);
        put(packed, R9, base);
    }

    function put(bytes memory packed, uint256 place, uint32 value) private pure {
        for (uint256 i; i < 4; ++i) {
            packed[place + i] = bytes4(value)[i];
        }
    }

    function state(bytes32 workRoot, bytes memory packed) private pure returns (bytes32) {
        return keccak256(abi.encode(Tags.MACHINE, workRoot, keccak256(bytes.concat(Tags.REGISTERS, packed))));
    }

    function fetchOf(bytes32 leaf) private pure returns (bytes memory) {
        return abi.encodePacked(leaf, uint64(1), BESIDE);
    }

    /// @dev A load of the data's first word from the window that `base` names.
    function proofOf(bytes32 workRoot, uint32 base) private pure returns (bytes memory) {
        return bytes.concat(workRoot, registers(base), fetchOf(LOAD), abi.encodePacked(DATA, uint64(0)));
    }

    function refused(bytes memory proof, bytes memory reason) private {
        VM.expectRevert(reason);
        machine.step(image, IMAGE_DEPTH, inputs(), proof);
    }

    function loads(bytes32 workRoot, uint32 base) private view {
        (bytes32 got, bytes32 next) = machine.step(image, IMAGE_DEPTH, inputs(), proofOf(workRoot, base));
        bytes memory packed = registers(base);
        require(got == state(workRoot, packed), "state before");
        put(packed, 0, 4);
        put(packed, 4, 8);
        put(packed, R8, 0x04030201);
        packed[151] = 0x01;
        require(next == state(workRoot, packed), "state after");
    }

    function testALoadFromTheInputs() public view {
        loads("work", 0x10000000);
    }

    function testALoadFromWork() public view {
        loads(leftmost(DATA, 17), 0xF0000000);
    }

    function testAnotherImage() public {
        bytes memory nop = bytes.concat(bytes32("work"), registers(0), fetchOf(0));
        refused(nop, abi.encodeWithSelector(IMipsStep.WrongImageRoot.selector, Tree.node(0, BESIDE), image));
    }

    function testOtherInputs() public {
        bytes memory proof = bytes.concat(bytes32("work"), registers(0x20000000), fetchOf(LOAD));
        proof = bytes.concat(proof, abi.encodePacked(DATA, uint64(0)));
        // The same leaf in window 2 leads to another root.
        bytes32 got = Tree.node(leftmost(DATA, 23), Tree.zero(23));
        got = Tree.node(Tree.zero(24), got);
        got = Tree.node(Tree.node(got, Tree.zero(25)), Tree.zero(26));
        refused(proof, abi.encodeWithSelector(IMipsStep.WrongInputsRoot.selector, got, inputs()));
    }

    function testOtherWork() public {
        bytes memory reason =
            abi.encodeWithSelector(IMipsStep.WrongWorkRoot.selector, leftmost(DATA, 17), bytes32("work"));
        refused(proofOf("work", 0xF0000000), reason);
    }

    function testAProofCutAnywhere() public {
        bytes memory whole = proofOf("work", 0x10000000);
        for (uint256 length; length < whole.length; ++length) {
            bytes memory cut = new bytes(length);
            for (uint256 i; i < length; ++i) {
                cut[i] = whole[i];
            }
            uint256 needed = length < 184 ? 184 : length < 224 ? 224 : length < 256 ? 256 : 296;
            refused(cut, abi.encodeWithSelector(IMipsStep.ProofTooShort.selector, length, needed));
        }
    }

    function testAByteTooMany() public {
        bytes memory proof = bytes.concat(proofOf("work", 0x10000000), bytes1(0));
        refused(proof, abi.encodeWithSelector(IMipsStep.ProofTooLong.selector, 297, 296));
    }

    function testAnExitedMachineReadsNothing() public {
        bytes memory packed = registers(0);
        put(packed, EXIT, 1);
        bytes memory proof = bytes.concat(bytes32("work"), packed);
        (bytes32 got, bytes32 next) = machine.step(image, IMAGE_DEPTH, inputs(), proof);
        require(got == next && got == state("work", packed), "moved");
        proof = bytes.concat(proof, fetchOf(LOAD));
        refused(proof, abi.encodeWithSelector(IMipsStep.ProofTooLong.selector, 256, 184));
    }

    function testAnImageLargerThanItsWindow() public {
        bytes memory proof = proofOf("work", 0x10000000);
        VM.expectRevert(abi.encodeWithSelector(IMipsStep.ImageTooDeep.selector, 24, 23));
        machine.step(image, 24, inputs(), proof);
    }
}
