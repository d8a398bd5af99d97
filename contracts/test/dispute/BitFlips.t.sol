// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IReferee} from "../../src/interfaces/IReferee.sol";
import {ITournament, Kind} from "../../src/interfaces/ITournament.sol";
import {ExecutionEnd, FirstSlots, MachineEnd, NodeOpening, TileOpening} from "../../src/types/Opening.sol";
import {ProgramHeader} from "../../src/types/Program.sol";
import {Proof} from "../../src/types/Proof.sol";
import {RequestPreimage} from "../../src/types/Request.sol";
import {ExecutionArena} from "./ExecutionArena.sol";
import {Flips} from "./Flips.sol";
import {Tree} from "./Tree.sol";

/// @dev Every field of every proof that the game takes, with one bit flipped, is refused with the error of what it breaks.
contract BitFlipsTest is ExecutionArena {
    using Flips for bytes32;
    using Flips for Proof;
    using Flips for ProgramHeader;

    uint256 private seed;

    /// @dev The call is refused with this error; nothing else of it is looked at.
    function refused(bytes memory call, uint256 value, bytes4 expected, string memory field) private {
        (bool ok, bytes memory got) = address(game).call{value: value}(call);
        require(!ok, string.concat(field, ": taken"));
        require(bytes4(got) == expected, string.concat(field, ": another refusal"));
    }

    // Joining

    /// forge-config: default.fuzz.runs = 4
    /// forge-config: quick.fuzz.runs = 2
    function testEveryBitOfAnExecutionsEnd(uint256 seed_) public {
        seed = seed_;
        (, bytes32 inner) = execution(honestEnvs(), lyingEnvs(9));
        bytes32 root = Tree.root(rootsOf(honestEnvs()));
        ExecutionEnd memory end = executionEnd(honestEnvs());
        joining(inner.flipped(seed), root, end, ITournament.NoTournament.selector, "tournament");
        joining(inner, root.flipped(seed), end, IReferee.LastLeafMismatch.selector, "root");
        for (uint256 i; i < Flips.HEADER_WORDS; ++i) {
            end.header = header().flipped(i, seed);
            joining(inner, root, end, IReferee.ProgramMismatch.selector, "header");
        }
        end.header = header();
        end.persistentRoot = end.persistentRoot.flipped(seed);
        joining(inner, root, end, IReferee.LastLeafMismatch.selector, "persistentRoot");
        end = executionEnd(honestEnvs());
        for (uint256 i; i < 8; ++i) {
            end.control[i] = end.control[i].flipped(seed);
            joining(inner, root, end, IReferee.SlotMismatch.selector, "control");
            end.control[i] = end.control[i].flipped(seed);
        }
        end.outputRoot = end.outputRoot.flipped(seed);
        joining(inner, root, end, IReferee.SlotMismatch.selector, "outputRoot");
        end = executionEnd(honestEnvs());
        joiningPath(inner, root, end, end.leaf, STEP_DEPTH + NODE_DEPTH, IReferee.LastLeafMismatch.selector);
        joiningPath(inner, root, end, end.controlPath, SLOT_DEPTH, IReferee.SlotMismatch.selector);
        joiningPath(inner, root, end, end.outputPath, SLOT_DEPTH, IReferee.SlotMismatch.selector);
        // What was refused so often is right as it is.
        joinExecution(inner, honestEnvs(), alice);
    }

    function joiningPath(
        bytes32 id,
        bytes32 root,
        ExecutionEnd memory end,
        Proof memory path,
        uint256 depth,
        bytes4 wrong
    ) private {
        for (uint256 way; way < path.ways(); ++way) {
            path.toggle(way, depth, seed);
            joining(id, root, end, path.refusal(way, wrong), "path");
            path.toggle(way, depth, seed);
        }
    }

    function joining(bytes32 id, bytes32 root, ExecutionEnd memory end, bytes4 expected, string memory field) private {
        refused(abi.encodeCall(game.joinExecution, (id, root, end)), game.bond(Kind.Execution), expected, field);
    }

    /// forge-config: default.fuzz.runs = 4
    /// forge-config: quick.fuzz.runs = 2
    function testEveryBitOfAMachinesEnd(uint256 seed_) public {
        seed = seed_;
        (, bytes32 outer) = sealedTile(9);
        (bytes32 right,, uint256 tile) = contestedChunks(9);
        game.openTile(outer, header(), tileOpening(honestEnvs(), 9, tile));
        bytes32 inner = state(outer).inner;
        bytes32[] memory trace = machineTrace(0, "a", right, 1);
        bytes32 root = Tree.root(trace);
        MachineEnd memory end = machineEnd(trace, right, 1);
        running(inner.flipped(seed), root, end, ITournament.NoTournament.selector, "tournament");
        running(inner, root.flipped(seed), end, IReferee.LastLeafMismatch.selector, "root");
        end.workRoot = end.workRoot.flipped(seed);
        running(inner, root, end, IReferee.LastLeafMismatch.selector, "workRoot");
        end = machineEnd(trace, right, 1);
        for (uint256 i; i < end.registers.length; i += 4) {
            uint256 at = i + Flips.place(seed, "register", 4);
            bytes1 bit = bytes1(uint8(1 << Flips.place(seed, "bit", 8)));
            end.registers[at] ^= bit;
            running(inner, root, end, IReferee.LastLeafMismatch.selector, "registers");
            end.registers[at] ^= bit;
        }
        end.chunk = end.chunk.flipped(seed);
        running(inner, root, end, IReferee.ChunkMismatch.selector, "chunk");
        end = machineEnd(trace, right, 1);
        runningPath(inner, root, end, end.leaf, TRACE_DEPTH, IReferee.LastLeafMismatch.selector);
        runningPath(inner, root, end, end.chunkPath, 14, IReferee.ChunkMismatch.selector);
        joinMachine(inner, trace, right, 1, alice);
    }

    function runningPath(
        bytes32 id,
        bytes32 root,
        MachineEnd memory end,
        Proof memory path,
        uint256 depth,
        bytes4 wrong
    ) private {
        for (uint256 way; way < path.ways(); ++way) {
            path.toggle(way, depth, seed);
            running(id, root, end, path.refusal(way, wrong), "path");
            path.toggle(way, depth, seed);
        }
    }

    function running(bytes32 id, bytes32 root, MachineEnd memory end, bytes4 expected, string memory field) private {
        refused(abi.encodeCall(game.joinMachine, (id, root, end)), game.bond(Kind.Machine), expected, field);
    }

    // Openings

    /// forge-config: default.fuzz.runs = 4
    /// forge-config: quick.fuzz.runs = 2
    function testEveryBitOfABatchsOpening(uint256 seed_) public {
        seed = seed_;
        (, bytes32 matchId) = sealedBatch(honestEnvs(), lyingEnvs(9));
        (RequestPreimage memory asked, FirstSlots memory slots) = (request(), firstSlots());
        batch(matchId.flipped(seed), header(), asked, slots, ITournament.WrongStage.selector, "match");
        for (uint256 i; i < Flips.HEADER_WORDS; ++i) {
            batch(matchId, header().flipped(i, seed), asked, slots, IReferee.ProgramMismatch.selector, "header");
        }
        // Ten words, the narrowest of four bytes.
        for (uint256 i; i < 10; ++i) {
            bytes memory words = abi.encode(request());
            words[32 * i + 28 + Flips.place(seed, "byte", 4)] ^= bytes1(uint8(1 << Flips.place(seed, "bit", 8)));
            asked = abi.decode(words, (RequestPreimage));
            batch(matchId, header(), asked, slots, ITournament.RequestMismatch.selector, "request");
        }
        asked = request();
        slots.promptOld = slots.promptOld.flipped(seed);
        batch(matchId, header(), asked, slots, IReferee.SlotMismatch.selector, "promptOld");
        slots = firstSlots();
        slots.controlOld = slots.controlOld.flipped(seed);
        batch(matchId, header(), asked, slots, IReferee.SlotMismatch.selector, "controlOld");
        slots = firstSlots();
        Proof[2] memory paths = [slots.prompt, slots.control];
        for (uint256 i; i < 2; ++i) {
            for (uint256 way; way < paths[i].ways(); ++way) {
                paths[i].toggle(way, SLOT_DEPTH, seed);
                bytes4 expected = paths[i].refusal(way, IReferee.SlotMismatch.selector);
                batch(matchId, header(), asked, slots, expected, "path");
                paths[i].toggle(way, SLOT_DEPTH, seed);
            }
        }
        game.openBatchMatch(matchId, header(), asked, slots);
    }

    function batch(
        bytes32 matchId,
        ProgramHeader memory program,
        RequestPreimage memory asked,
        FirstSlots memory slots,
        bytes4 expected,
        string memory field
    ) private {
        refused(abi.encodeCall(game.openBatchMatch, (matchId, program, asked, slots)), 0, expected, field);
    }

    /// forge-config: default.fuzz.runs = 4
    /// forge-config: quick.fuzz.runs = 2
    function testEveryBitOfANodesOpening(uint256 seed_) public {
        seed = seed_;
        (, bytes32 matchId) = sealedExecution(honestEnvs(), lyingEnvs(9));
        NodeOpening memory opening = nodeOpening(honestEnvs(), 9);
        node(matchId.flipped(seed), header(), opening, ITournament.WrongStage.selector, "match");
        for (uint256 i; i < Flips.HEADER_WORDS; ++i) {
            node(matchId, header().flipped(i, seed), opening, IReferee.ProgramMismatch.selector, "header");
        }
        for (uint256 i; i < 8; ++i) {
            opening.control[i] = opening.control[i].flipped(seed);
            node(matchId, header(), opening, IReferee.SlotMismatch.selector, "control");
            opening.control[i] = opening.control[i].flipped(seed);
            opening.record[i] = opening.record[i].flipped(seed);
            node(matchId, header(), opening, IReferee.RecordMismatch.selector, "record");
            opening.record[i] = opening.record[i].flipped(seed);
        }
        nodePath(matchId, opening, opening.controlPath, SLOT_DEPTH + 1, IReferee.SlotMismatch.selector);
        nodePath(matchId, opening, opening.recordPath, NODE_DEPTH, IReferee.RecordMismatch.selector);
        for (uint256 i; i < opening.tables.length; ++i) {
            opening.tables[i].root = opening.tables[i].root.flipped(seed);
            node(matchId, header(), opening, IReferee.TableMismatch.selector, "table root");
            opening.tables[i].root = opening.tables[i].root.flipped(seed);
            opening.tables[i].depth ^= uint8(1 << Flips.place(seed, "depth", 8));
            node(matchId, header(), opening, IReferee.TableMismatch.selector, "table depth");
            opening.tables[i].depth ^= uint8(1 << Flips.place(seed, "depth", 8));
            opening.tables[i].dtype ^= uint32(1 << Flips.place(seed, "dtype", 32));
            node(matchId, header(), opening, IReferee.TableMismatch.selector, "table dtype");
            opening.tables[i].dtype ^= uint32(1 << Flips.place(seed, "dtype", 32));
            uint256 depth = i == 1 ? 1 : SLOT_DEPTH + 1;
            nodePath(matchId, opening, opening.tables[i].path, depth, IReferee.TableMismatch.selector);
        }
        game.openNode(matchId, header(), opening);
    }

    /// forge-config: default.fuzz.runs = 4
    /// forge-config: quick.fuzz.runs = 2
    function testEveryBitOfAStepsEnd(uint256 seed_) public {
        seed = seed_;
        (, bytes32 matchId) = sealedExecution(honestEnvs(), lyingEnvs(7));
        NodeOpening memory opening = nodeOpening(honestEnvs(), 7);
        opening.persistentRoot = opening.persistentRoot.flipped(seed);
        node(matchId, header(), opening, IReferee.EnvPartsMismatch.selector, "persistentRoot");
        opening = nodeOpening(honestEnvs(), 7);
        opening.scratchRoot = opening.scratchRoot.flipped(seed);
        node(matchId, header(), opening, IReferee.EnvPartsMismatch.selector, "scratchRoot");
        game.openNode(matchId, header(), nodeOpening(honestEnvs(), 7));
    }

    function nodePath(bytes32 matchId, NodeOpening memory opening, Proof memory path, uint256 depth, bytes4 wrong)
        private
    {
        for (uint256 way; way < path.ways(); ++way) {
            path.toggle(way, depth, seed);
            node(matchId, header(), opening, path.refusal(way, wrong), "path");
            path.toggle(way, depth, seed);
        }
    }

    function node(
        bytes32 matchId,
        ProgramHeader memory program,
        NodeOpening memory opening,
        bytes4 expected,
        string memory field
    ) private {
        refused(abi.encodeCall(game.openNode, (matchId, program, opening)), 0, expected, field);
    }

    /// forge-config: default.fuzz.runs = 4
    /// forge-config: quick.fuzz.runs = 2
    function testEveryBitOfATilesOpening(uint256 seed_) public {
        seed = seed_;
        (, bytes32 matchId) = sealedTile(9);
        TileOpening memory opening = tileOpening(honestEnvs(), 9, 2);
        tile(matchId.flipped(seed), header(), opening, ITournament.WrongStage.selector, "match");
        for (uint256 i; i < Flips.HEADER_WORDS; ++i) {
            tile(matchId, header().flipped(i, seed), opening, IReferee.ProgramMismatch.selector, "header");
        }
        opening.recordRoot = opening.recordRoot.flipped(seed);
        tile(matchId, header(), opening, IReferee.OpenedMismatch.selector, "recordRoot");
        opening = tileOpening(honestEnvs(), 9, 2);
        opening.controlRoot = opening.controlRoot.flipped(seed);
        tile(matchId, header(), opening, IReferee.OpenedMismatch.selector, "controlRoot");
        for (uint256 i; i < 3; ++i) {
            opening = tileOpening(honestEnvs(), 9, 2);
            opening.inputs[i].code ^= uint32(1 << Flips.place(seed, "code", 32));
            tile(matchId, header(), opening, IReferee.OpenedMismatch.selector, "input code");
            opening = tileOpening(honestEnvs(), 9, 2);
            opening.inputs[i].depth ^= uint8(1 << Flips.place(seed, "depth", 8));
            tile(matchId, header(), opening, IReferee.OpenedMismatch.selector, "input depth");
            opening = tileOpening(honestEnvs(), 9, 2);
            opening.inputs[i].root = opening.inputs[i].root.flipped(seed);
            tile(matchId, header(), opening, IReferee.OpenedMismatch.selector, "input root");
        }
        opening = tileOpening(honestEnvs(), 9, 2);
        // Input 1 is a weight: its root is its table's.
        for (uint256 i; i < 3; i += 2) {
            opening.slotRoots[i] = opening.slotRoots[i].flipped(seed);
            tile(matchId, header(), opening, IReferee.SlotMismatch.selector, "slot root");
            opening.slotRoots[i] = opening.slotRoots[i].flipped(seed);
            tilePath(matchId, opening, opening.slotPaths[i], SLOT_DEPTH + 1, IReferee.SlotMismatch.selector);
        }
        opening.oldChunk = opening.oldChunk.flipped(seed);
        tile(matchId, header(), opening, IReferee.ChunkMismatch.selector, "oldChunk");
        opening.oldChunk = opening.oldChunk.flipped(seed);
        tilePath(matchId, opening, opening.chunkPath, OUTPUT_DEPTH - 3, IReferee.ChunkMismatch.selector);
        game.openTile(matchId, header(), opening);
    }

    function tilePath(bytes32 matchId, TileOpening memory opening, Proof memory path, uint256 depth, bytes4 wrong)
        private
    {
        for (uint256 way; way < path.ways(); ++way) {
            path.toggle(way, depth, seed);
            tile(matchId, header(), opening, path.refusal(way, wrong), "path");
            path.toggle(way, depth, seed);
        }
    }

    function tile(
        bytes32 matchId,
        ProgramHeader memory program,
        TileOpening memory opening,
        bytes4 expected,
        string memory field
    ) private {
        refused(abi.encodeCall(game.openTile, (matchId, program, opening)), 0, expected, field);
    }

    // Seal and reveals

    /// forge-config: default.fuzz.runs = 4
    /// forge-config: quick.fuzz.runs = 2
    function testEveryBitOfASealAndAReveal(uint256 seed_) public {
        seed = seed_;
        (bytes32[][] memory envs0, bytes32[][] memory envs1) = (honestEnvs(), lyingEnvs(9));
        (, bytes32 matchId) = executionAtLeaf(envs0, envs1);
        bytes32[] memory leaves = rootsOf(envs0);
        Proof memory path = Tree.proof(leaves, 8, 0);
        bytes4 wrong = ITournament.AgreedMismatch.selector;
        sealing(matchId.flipped(seed), leaves[8], path, ITournament.WrongStage.selector, "match");
        sealing(matchId, leaves[8].flipped(seed), path, wrong, "agreed");
        for (uint256 way; way < path.ways(); ++way) {
            path.toggle(way, STEP_DEPTH + NODE_DEPTH, seed);
            sealing(matchId, leaves[8], path, path.refusal(way, wrong), "path");
            path.toggle(way, STEP_DEPTH + NODE_DEPTH, seed);
        }
        sealAt(matchId, leaves);

        game.openNode(matchId, header(), nodeOpening(envs0, 9));
        bytes32[] memory env = state(matchId).turn == 0 ? envs0[9] : envs1[9];
        (bytes32 tensorOld, bytes32 tensorSide) = (envs0[8][2], env[2]);
        path = Tree.proof(env, 2, 0);
        wrong = ITournament.EnvMismatch.selector;
        revealing(matchId.flipped(seed), tensorOld, tensorSide, path, ITournament.WrongStage.selector, "match");
        revealing(matchId, tensorOld.flipped(seed), tensorSide, path, wrong, "tensorOld");
        revealing(matchId, tensorOld, tensorSide.flipped(seed), path, wrong, "tensorSide");
        for (uint256 way; way < path.ways(); ++way) {
            path.toggle(way, SLOT_DEPTH + 1, seed);
            revealing(matchId, tensorOld, tensorSide, path, path.refusal(way, wrong), "path");
            path.toggle(way, SLOT_DEPTH + 1, seed);
        }
        revealDue(matchId, envs0, envs1, 9);
    }

    function sealing(bytes32 matchId, bytes32 agreed, Proof memory path, bytes4 expected, string memory field) private {
        refused(abi.encodeCall(game.seal, (matchId, agreed, path.mask, path.siblings)), 0, expected, field);
    }

    function revealing(
        bytes32 matchId,
        bytes32 tensorOld,
        bytes32 tensorSide,
        Proof memory path,
        bytes4 expected,
        string memory field
    ) private {
        bytes memory call = abi.encodeCall(game.reveal, (matchId, tensorOld, tensorSide, path.mask, path.siblings));
        refused(call, 0, expected, field);
    }
}
