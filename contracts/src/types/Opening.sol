// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {ProgramHeader} from "./Program.sol";
import {Proof} from "./Proof.sol";

/// @notice Proves the end of an execution: its result.
struct ExecutionEnd {
    ProgramHeader header;
    /// The last leaf under the commitment's root; the leaf itself is `node(persistentRoot, X0)`.
    Proof leaf;
    /// P_end.
    bytes32 persistentRoot;
    /// The control slot's 256 bytes.
    bytes32[8] control;
    /// The control slot in P_end.
    Proof controlPath;
    /// The output slot's root; not looked at unless the control slot says done.
    bytes32 outputRoot;
    /// The output slot in P_end; not looked at unless the control slot says done.
    Proof outputPath;
}

/// @notice Proves the end of a machine's run: the tile's chunk.
struct MachineEnd {
    /// The last leaf under the commitment's root; the leaf itself is the hash of the state below.
    Proof leaf;
    bytes32 workRoot;
    /// The registers, packed: 152 bytes.
    bytes registers;
    /// The chunk in place; not looked at unless the machine exited with success.
    bytes32 chunk;
    /// The chunk's subtree under the work root, 14 levels; not looked at unless the machine exited with success.
    Proof chunkPath;
}

/// @notice Puts a request's two slots into the program's template P root.
struct FirstSlots {
    /// What the template holds in the prompt slot.
    bytes32 promptOld;
    /// The prompt slot under the template's root.
    Proof prompt;
    /// What the template holds in the control slot.
    bytes32 controlOld;
    /// The control slot under the template with the prompt in place.
    Proof control;
}

/// @notice An entry of a slot or weight table with its proof.
struct TableEntry {
    bytes32 root;
    uint8 depth;
    uint32 dtype;
    Proof path;
}

/// @notice Opens the node at an execution's contested leaf.
/// @dev Last node of a step: only `persistentRoot` and `scratchRoot` are looked at. Otherwise `control` decides first;
/// done, or a node past the count, ends the opening there, and `record` and `tables` stay empty.
struct NodeOpening {
    /// P of the agreed env, where the leaf ends a step.
    bytes32 persistentRoot;
    /// X of the agreed env, where the leaf ends a step.
    bytes32 scratchRoot;
    /// The control slot's 256 bytes under the agreed env.
    bytes32[8] control;
    Proof controlPath;
    /// The node record's 256 bytes under the graph's root.
    bytes32[8] record;
    Proof recordPath;
    /// The table entries of the inputs in order and then of the output, up to the first that is malformed: an index that
    /// its table does not have takes no entry, a depth out of bounds is the last entry.
    TableEntry[] tables;
}

/// @notice What `openNode` learned of an input: `root` is zero for a slot, whose root is proven in the env later.
struct OpenedInput {
    /// The record's word: bit 31 set for a weight.
    uint32 code;
    uint8 depth;
    bytes32 root;
}

/// @notice Opens the tile that a match came down to.
struct TileOpening {
    /// Root of the node record.
    bytes32 recordRoot;
    /// Root of the control slot as of env_k.
    bytes32 controlRoot;
    /// The inputs as `openNode` hashed them.
    OpenedInput[] inputs;
    /// One for each input: a slot's root in the agreed env; zero for a weight.
    bytes32[] slotRoots;
    /// One for each input: the slot's path under the agreed env; empty for a weight.
    Proof[] slotPaths;
    /// q_old.
    bytes32 oldChunk;
    /// The chunk's subtree under T_old.
    Proof chunkPath;
}
