// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IReferee, NodeQuestion, NodeVerdict} from "../interfaces/IReferee.sol";
import {MerkleLib} from "../libraries/MerkleLib.sol";
import {Tags} from "../libraries/Tags.sol";
import {NodeOpening, OpenedInput, TableEntry} from "../types/Opening.sol";
import {ProgramHeader} from "../types/Program.sol";
import {Control} from "./Control.sol";
import {FirstValues} from "./FirstValues.sol";
import {Leaves} from "./Leaves.sol";

/// @title The leaf rules of an execution
/// @notice Which case holds is proven by the opening; the opener chooses nothing.
library ExecutionRules {
    using Leaves for bytes32[8];

    /// @notice Words of a node record.
    uint256 internal constant OUTPUT = 2;
    uint256 internal constant INPUT_COUNT = 3;
    uint256 internal constant INPUTS = 4;
    /// @notice Most inputs of a node.
    uint256 internal constant MAX_INPUTS = 12;
    /// @notice Depths of tensors: a window holds the deepest, a chunk needs the shallowest output.
    uint8 internal constant MAX_DEPTH = 23;
    uint8 internal constant MIN_OUTPUT_DEPTH = 3;

    /// @notice The verdict on the contested leaf.
    function verdict(NodeQuestion calldata question, ProgramHeader calldata header, NodeOpening calldata opening)
        internal
        pure
        returns (NodeVerdict memory)
    {
        uint256 last = (uint256(1) << header.nodeDepth) - 1;
        uint256 k = question.leaf & last;
        // INVARIANT: the last leaf of a step is tested first, and whether done or not
        if (k == last) return _endOfStep(question.agreed, header.scratchRoot, opening);

        bytes32[8] memory control = opening.control;
        bytes32 controlRoot = control.root();
        _proveControl(question.agreed, header, controlRoot, opening);
        // INVARIANT: a done request, and a place past the nodes, keep the agreed env
        if (Control.isDone(control) || k >= header.nodeCount) return _decided(question.agreed);

        bytes32[8] memory record = opening.record;
        bytes32 recordRoot = record.root();
        bytes32 got = MerkleLib.rootOf(
            recordRoot, k, header.nodeDepth, Leaves.DEPTH, opening.recordPath.mask, opening.recordPath.siblings
        );
        // INVARIANT: D_k is the record at index k of the graph
        if (got != header.graphRoot) revert IReferee.RecordMismatch(got, header.graphRoot);
        (bool wellFormed, OpenedInput[] memory inputs, uint8 outputDepth) = _operands(header, record, opening.tables);
        // INVARIANT: a malformed node keeps the agreed env
        if (!wellFormed) return _decided(question.agreed);
        return NodeVerdict({
            decided: false,
            correct: 0,
            outputSlot: record.word(OUTPUT),
            outputDepth: outputDepth,
            slotDepth: header.slotDepth,
            opened: FirstValues.digest(recordRoot, controlRoot, inputs)
        });
    }

    /// @dev Scratch slots restart from zero.
    function _endOfStep(bytes32 agreed, bytes32 scratchRoot, NodeOpening calldata opening)
        private
        pure
        returns (NodeVerdict memory)
    {
        bytes32 env = MerkleLib.node(opening.persistentRoot, opening.scratchRoot);
        // INVARIANT: the agreed env is opened as node(P, X)
        if (env != agreed) revert IReferee.EnvPartsMismatch(env, agreed);
        return _decided(MerkleLib.node(opening.persistentRoot, scratchRoot));
    }

    function _decided(bytes32 correct) private pure returns (NodeVerdict memory result) {
        result.decided = true;
        result.correct = correct;
    }

    function _proveControl(
        bytes32 agreed,
        ProgramHeader calldata header,
        bytes32 controlRoot,
        NodeOpening calldata opening
    ) private pure {
        bytes32 got = MerkleLib.rootOf(
            controlRoot,
            header.controlSlot,
            header.slotDepth + 1,
            0,
            opening.controlPath.mask,
            opening.controlPath.siblings
        );
        // INVARIANT: the control slot is the agreed env's
        if (got != agreed) revert IReferee.SlotMismatch(header.controlSlot, got, agreed);
    }

    /// @dev Reads inputs and output of a record against the tables; entries are taken in order up to the first fault.
    function _operands(ProgramHeader calldata header, bytes32[8] memory record, TableEntry[] calldata tables)
        private
        pure
        returns (bool wellFormed, OpenedInput[] memory inputs, uint8 outputDepth)
    {
        uint256 count = record.word(INPUT_COUNT);
        uint256 used;
        // INVARIANT: a node has at most 12 inputs
        wellFormed = count <= MAX_INPUTS;
        inputs = new OpenedInput[](wellFormed ? count : 0);
        for (uint256 i; wellFormed && i < count; ++i) {
            uint32 code = record.word(INPUTS + i);
            wellFormed = _inTable(header, code);
            if (!wellFormed) break;
            _proveEntry(header, code, tables, used);
            TableEntry calldata entry = tables[used++];
            // INVARIANT: an input fits its window
            wellFormed = entry.depth <= MAX_DEPTH;
            bool weight = code & FirstValues.WEIGHT_BIT != 0;
            inputs[i] = OpenedInput({code: code, depth: entry.depth, root: weight ? entry.root : bytes32(0)});
        }
        uint32 output = record.word(OUTPUT);
        // INVARIANT: a node writes a slot that the program has
        wellFormed = wellFormed && output & FirstValues.WEIGHT_BIT == 0 && _inTable(header, output);
        if (wellFormed) {
            _proveEntry(header, output, tables, used);
            outputDepth = tables[used++].depth;
            // INVARIANT: an output holds a chunk and fits a window
            wellFormed = outputDepth >= MIN_OUTPUT_DEPTH && outputDepth <= MAX_DEPTH;
        }
        // INVARIANT: an opening has exactly the entries that the record wants
        if (tables.length != used) revert IReferee.WrongEntryCount(tables.length, used);
    }

    /// @dev Whether the header's counts have this operand; an index past the table's tree is in no table.
    function _inTable(ProgramHeader calldata header, uint32 code) private pure returns (bool) {
        if (code & FirstValues.WEIGHT_BIT != 0) {
            uint256 weight = code ^ FirstValues.WEIGHT_BIT;
            return weight < header.weightCount && weight >> header.weightDepth == 0;
        }
        uint256 half = uint256(1) << header.slotDepth;
        if (code < half) return code < header.persistentCount;
        return code - half < header.scratchCount && code - half < half;
    }

    /// @dev The entry at `place` is the table's for this operand.
    function _proveEntry(ProgramHeader calldata header, uint32 code, TableEntry[] calldata tables, uint256 place)
        private
        pure
    {
        if (place >= tables.length) revert IReferee.WrongEntryCount(tables.length, place + 1);
        TableEntry calldata entry = tables[place];
        bytes32 leaf = keccak256(abi.encode(Tags.TENSOR, entry.root, entry.depth, entry.dtype));
        bool weight = code & FirstValues.WEIGHT_BIT != 0;
        uint256 index = code & ~FirstValues.WEIGHT_BIT;
        uint8 depth = weight ? header.weightDepth : header.slotDepth + 1;
        bytes32 got = MerkleLib.rootOf(leaf, index, depth, 0, entry.path.mask, entry.path.siblings);
        bytes32 expected = weight ? header.weightsRoot : header.slotsRoot;
        // INVARIANT: all depths come from the program's slot and weight tables
        if (got != expected) revert IReferee.TableMismatch(place, got, expected);
    }
}
