// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IMipsStep} from "../interfaces/IMipsStep.sol";
import {Tags} from "../libraries/Tags.sol";
import {Exit} from "./Exit.sol";
import {Frame, FrameLib} from "./Frame.sol";
import {MipsExec} from "./MipsExec.sol";
import {Memory, MipsMemory} from "./MipsMemory.sol";
import {Registers, RegistersLib} from "./Registers.sol";

/// @title One instruction of the machine
/// @dev The twin of `mips-vm/machine/src/proof/verify.rs`.
contract MipsStep is IMipsStep {
    uint256 private constant HEAD_BYTES = 32 + RegistersLib.PACKED_BYTES;

    /// @inheritdoc IMipsStep
    function step(bytes32 imageRoot, uint8 imageDepth, bytes32 inputsRoot, bytes calldata proof)
        external
        pure
        returns (bytes32 preState, bytes32 postState)
    {
        // INVARIANT: an image lies in its window
        if (imageDepth > MipsMemory.WINDOW_DEPTH) revert ImageTooDeep(imageDepth, MipsMemory.WINDOW_DEPTH);
        // INVARIANT: a proof opens a whole state
        if (proof.length < HEAD_BYTES) revert ProofTooShort(proof.length, HEAD_BYTES);
        Memory memory m = Memory(imageRoot, imageDepth, inputsRoot, bytes32(proof[:32]), HEAD_BYTES);
        Registers r = RegistersLib.load(proof[32:HEAD_BYTES]);
        preState = stateHash(m.workRoot, r);
        advance(r, m, proof);
        // INVARIANT: a proof has nothing that its step doesn't need
        if (proof.length != m.readTo) revert ProofTooLong(proof.length, m.readTo);
        postState = stateHash(m.workRoot, r);
    }

    /// @dev An exited machine stays as it is; a halt changes the exit word alone.
    function advance(Registers r, Memory memory m, bytes calldata proof) private pure {
        if (r.exitWord() != 0) return;
        Exit exit = execute(r, m, proof);
        if (exit != Exit.Running) r.setExit(uint32(exit));
    }

    function execute(Registers r, Memory memory m, bytes calldata proof) private pure returns (Exit exit) {
        uint32 pc = r.pc();
        if (pc & 3 != 0 || !m.inImage(pc)) return Exit.Fetch;
        Frame memory f = FrameLib.enter(r, m.fetch(proof, pc));
        exit = MipsExec.execute(f, m, proof);
        if (exit == Exit.Running) f.finish();
    }

    function stateHash(bytes32 workRoot, Registers r) private pure returns (bytes32) {
        return keccak256(abi.encode(Tags.MACHINE, workRoot, r.hash()));
    }
}
