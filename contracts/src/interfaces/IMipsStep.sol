// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @title One instruction of the machine
/// @notice Executes one step of the MIPS32 machine from a proof; `docs/spec/machine.md` is the definition of both.
interface IMipsStep {
    /// @notice The context names an image deeper than its window.
    /// @param got The context's depth.
    /// @param most The window's depth.
    error ImageTooDeep(uint256 got, uint256 most);

    /// @notice The proof ends before a field that its step needs.
    /// @param got Bytes given.
    /// @param expected Bytes up to the end of the field that is cut off.
    error ProofTooShort(uint256 got, uint256 expected);

    /// @notice Something follows the last field that the step needs.
    /// @param got Bytes given.
    /// @param expected Bytes of this step's proof.
    error ProofTooLong(uint256 got, uint256 expected);

    /// @notice A leaf of window 0 opens another tree than the context's image.
    /// @param got The root that the opening gives.
    /// @param expected The context's root.
    error WrongImageRoot(bytes32 got, bytes32 expected);

    /// @notice A leaf of windows 1 to 14 opens another tree than the context's inputs.
    /// @param got The root that the opening gives.
    /// @param expected The context's root.
    error WrongInputsRoot(bytes32 got, bytes32 expected);

    /// @notice A leaf of window 15 opens another tree than the state's work memory.
    /// @param got The root that the opening gives.
    /// @param expected The work root of the opened state.
    error WrongWorkRoot(bytes32 got, bytes32 expected);

    /// @notice Executes one step.
    /// @dev A proof with a sibling out of canonical form is refused with `MerkleLib.ProofNotCanonical`.
    /// @param imageRoot Root of the guest image.
    /// @param imageDepth Depth of its tree, at most 23.
    /// @param inputsRoot Root over windows 1 to 14.
    /// @param proof Work root, registers, and the leaves that the step reads, tightly packed.
    /// @return preState Hash of the state that the proof opens; the caller compares it with the agreed one.
    /// @return postState Hash of the state after the step.
    function step(bytes32 imageRoot, uint8 imageDepth, bytes32 inputsRoot, bytes calldata proof)
        external
        pure
        returns (bytes32 preState, bytes32 postState);
}
