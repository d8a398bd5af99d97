// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @title One instruction of the machine
/// @notice docs/spec/machine.md defines the step and the proof's layout.
interface IMipsStep {
    /// @notice Executes one instruction from a proof.
    /// @param imageRoot Root over the guest image.
    /// @param imageDepth Depth of the image's tree.
    /// @param inputsRoot Root over the machine's windows.
    /// @param proof State, instruction leaf and data leaf with their siblings.
    /// @return preState Hash of the state that the proof opens.
    /// @return postState Hash of its successor.
    function step(bytes32 imageRoot, uint8 imageDepth, bytes32 inputsRoot, bytes calldata proof)
        external
        pure
        returns (bytes32 preState, bytes32 postState);
}
