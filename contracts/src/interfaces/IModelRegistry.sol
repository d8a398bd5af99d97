// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {ProgramHeader} from "../types/Program.sol";
import {ITournament} from "./ITournament.sol";

/// @title Registry of programs
/// @notice Program headers, their lineage, and where their weights can be fetched.
interface IModelRegistry {
    /// @notice What requests, batches and deliveries need of a program.
    struct Program {
        address registrant;
        uint64 registeredAt;
        uint32 maxPromptBytes;
        uint32 context;
        uint32 maxOutputBytes;
        uint8 promptDepth;
        uint8 outputDepth;
        bytes32 parent;
    }

    /// @notice A program was registered.
    event ModelRegistered(
        bytes32 indexed programId,
        address indexed registrant,
        bytes32 indexed parent,
        string name,
        string uri,
        ProgramHeader header
    );

    /// @notice The program is registered already.
    error AlreadyRegistered(bytes32 programId);
    /// @notice The program that a new version names as its parent is not registered.
    error UnknownParent(bytes32 parent);
    /// @notice The guest image is none that the tournaments were built for.
    error UnknownImage(bytes32 got, bytes32 expected);
    /// @notice A field of the header exceeds what bonds, clocks and openings were computed for.
    error FieldOutOfRange(bytes32 field, uint256 got, uint256 limit);
    /// @notice The layouts have another version.
    error AbiVersion(uint32 got, uint32 expected);

    /// @notice Registers a program under the hash of its header.
    /// @param header The header.
    /// @param parent The program that it is a new version of; zero for none.
    /// @param name A name for people.
    /// @param uri Where the model file can be fetched.
    /// @return id The program id.
    function register(ProgramHeader calldata header, bytes32 parent, string calldata name, string calldata uri)
        external
        returns (bytes32 id);

    /// @notice A registered program; all zero if there is none.
    function program(bytes32 programId) external view returns (Program memory);

    /// @notice The root of the one guest image that programs may use.
    function imageRoot() external view returns (bytes32);

    /// @notice Where disputes over the programs are decided; its rules bound the depths of their traces.
    function tournaments() external view returns (ITournament);
}
