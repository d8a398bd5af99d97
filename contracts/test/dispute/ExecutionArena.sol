// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Context, ITournament, Kind, MatchView, Stage} from "../../src/interfaces/ITournament.sol";
import {Tags} from "../../src/libraries/Tags.sol";
import {
    ExecutionEnd,
    FirstSlots,
    MachineEnd,
    NodeOpening,
    OpenedInput,
    TableEntry,
    TileOpening
} from "../../src/types/Opening.sol";
import {Sampling} from "../../src/libraries/Sampling.sol";
import {ProgramHeader} from "../../src/types/Program.sol";
import {Proof} from "../../src/types/Proof.sol";
import {Params, RequestPreimage} from "../../src/types/Request.sol";
import {VM} from "../Vm.sol";
import {Arena} from "./Arena.sol";
import {Tree} from "./Tree.sol";

/// @dev A program of three nodes over six slots, executions of four steps of eight leaves, a liar that invents the output
/// tensor from some leaf on, and everything that the two sides have to prove.
abstract contract ExecutionArena is Arena {
    uint32 internal constant WEIGHT = 1 << 31;
    uint8 internal constant SLOT_DEPTH = 2;
    uint8 internal constant NODE_DEPTH = 3;
    uint8 internal constant STEP_DEPTH = 2;
    uint8 internal constant TRACE_DEPTH = 3;
    uint8 internal constant OUTPUT_DEPTH = 5;
    uint256 internal constant LEAVES = 32;
    uint32 internal constant ENTRY = 0x400;
    /// @dev The place of the disputed request in the batch and in the inbox.
    uint64 internal constant PLACE = 2;
    uint64 internal constant INDEX = 42;

    /// @dev What node 1 is; tests of malformed records change it.
    uint32[] internal node1Inputs = [4, WEIGHT, 2];
    uint32 internal node1Output = 2;
    uint32 internal node1Count = 3;
    bool internal node1Runs = true;
    /// @dev How many of a node's table entries its opening gives.
    uint256 internal entriesGiven = 99;
    uint8 internal slot5Depth = 3;
    uint8 internal outputDepth = OUTPUT_DEPTH;
    uint8 internal weight0Depth = 3;
    uint32 internal nodeCount = 3;
    /// @dev The phase that the second step writes: 4 is done.
    uint32 internal lastPhase = 4;

    // The program

    function words(uint32[] memory values) internal pure returns (bytes32[8] memory leaves) {
        bytes memory packed = new bytes(256);
        for (uint256 i; i < values.length; ++i) {
            for (uint256 j; j < 4; ++j) {
                packed[4 * i + j] = bytes1(uint8(values[i] >> (8 * j)));
            }
        }
        leaves = abi.decode(packed, (bytes32[8]));
    }

    function list(bytes32[8] memory leaves) internal pure returns (bytes32[] memory copy) {
        copy = new bytes32[](8);
        for (uint256 i; i < 8; ++i) {
            copy[i] = leaves[i];
        }
    }

    function root(bytes32[8] memory leaves) internal pure returns (bytes32) {
        return Tree.root(list(leaves));
    }

    function record(uint256 k) internal view returns (bytes32[8] memory) {
        uint32[] memory fields = new uint32[](16);
        (fields[0], fields[1]) = (uint32(k + 1), 0xF);
        if (k == 0) {
            (fields[2], fields[3], fields[4], fields[5]) = (4, 2, 0, WEIGHT);
        } else if (k == 1) {
            (fields[2], fields[3]) = (node1Output, node1Count);
            for (uint256 i; i < node1Inputs.length; ++i) {
                fields[4 + i] = node1Inputs[i];
            }
        } else {
            (fields[2], fields[3], fields[4]) = (1, 1, 1);
        }
        return words(fields);
    }

    function graph() internal view returns (bytes32[] memory roots) {
        roots = new bytes32[](8);
        for (uint256 k; k < 8; ++k) {
            roots[k] = k < 3 ? root(record(k)) : Tree.zero(3);
        }
    }

    function slotDepth(uint256 slot) internal view returns (uint8) {
        if (slot == 2) return outputDepth;
        if (slot == 5) return slot5Depth;
        return slot == 4 ? 4 : 3;
    }

    function exists(uint256 slot) internal pure returns (bool) {
        return slot < 3 || slot == 4 || slot == 5;
    }

    function info(bytes32 tensor, uint8 depth) internal pure returns (bytes32) {
        return keccak256(abi.encode(Tags.TENSOR, tensor, depth, 5));
    }

    function slotTable() internal view returns (bytes32[] memory table) {
        table = new bytes32[](8);
        for (uint256 i; i < 8; ++i) {
            if (exists(i)) table[i] = info(Tree.zero(slotDepth(i)), slotDepth(i));
        }
    }

    function weightTable() internal view returns (bytes32[] memory table) {
        table = new bytes32[](2);
        (table[0], table[1]) = (info("w0", weight0Depth), info("w1", 24));
    }

    function template() internal view returns (bytes32[] memory slots) {
        slots = new bytes32[](4);
        for (uint256 i; i < 3; ++i) {
            slots[i] = Tree.zero(slotDepth(i));
        }
    }

    function scratch() internal view returns (bytes32[] memory slots) {
        slots = new bytes32[](4);
        (slots[0], slots[1]) = (Tree.zero(4), Tree.zero(slot5Depth));
    }

    function header() internal view returns (ProgramHeader memory made) {
        made.weightsRoot = Tree.root(weightTable());
        made.graphRoot = Tree.root(graph());
        made.slotsRoot = Tree.root(slotTable());
        made.templateRoot = Tree.root(template());
        made.scratchRoot = Tree.root(scratch());
        made.imageRoot = "image";
        made.entry = ENTRY;
        made.imageDepth = 9;
        made.nodeCount = nodeCount;
        made.weightCount = 2;
        made.persistentCount = 3;
        made.scratchCount = 2;
        (made.promptSlot, made.controlSlot, made.outputSlot) = (0, 1, 2);
        (made.promptDepth, made.outputDepth) = (3, outputDepth);
        (made.weightDepth, made.slotDepth) = (1, SLOT_DEPTH);
        (made.nodeDepth, made.stepDepth, made.traceDepth) = (NODE_DEPTH, STEP_DEPTH, TRACE_DEPTH);
        made.maxPromptBytes = 256;
    }

    // The request and its executions

    function request() internal view returns (RequestPreimage memory made) {
        made.lane = 7;
        made.index = INDEX;
        made.programId = header().programId();
        made.requester = carol;
        made.promptRoot = "prompt";
        made.promptLength = 20;
        made.params = Params({
            maxTokens: 9,
            temperature: 700,
            topK: 40,
            topP: 950,
            minP: 50,
            repetitionPenalty: 1100,
            frequencyPenalty: -700,
            presencePenalty: 250,
            seed: 0x1122334455667788,
            stop: [Sampling.stopText("User:"), Sampling.stopText("\n"), bytes32(0), bytes32(0)]
        });
    }

    function controlBefore(uint256 step) internal view returns (bytes32[8] memory) {
        uint32[] memory fields = new uint32[](64);
        (fields[2], fields[5], fields[8], fields[9]) = (20, 9, 700, 950);
        (fields[10], fields[11]) = (0x55667788, 0x11223344);
        (fields[12], fields[13], fields[14], fields[15], fields[16]) = (40, 50, 1100, 0xFFFFFD44, 250);
        // The stop texts: "User:" and a line's end, with their lengths.
        (fields[32], fields[33], fields[39]) = (0x72657355, 0x3A, 5 << 24);
        (fields[40], fields[47]) = (0x0A, 1 << 24);
        if (step > 0) fields[0] = 2;
        if (step > 1) (fields[0], fields[4], fields[6], fields[7]) = (lastPhase, 3, 1, 5);
        return words(fields);
    }

    /// @dev The control slot that env_k holds where leaf `leaf` is contested.
    function controlAt(uint256 leaf) internal view returns (bytes32[8] memory) {
        uint256 step = leaf / 8 > 2 ? 2 : leaf / 8;
        return controlBefore(leaf % 8 > 2 && step < 2 ? step + 1 : step);
    }

    function tensor(uint256 leaf) internal view returns (bytes32[] memory) {
        return Tree.made(uint256(1) << outputDepth, 8, bytes32(leaf));
    }

    /// @dev The right tensor with one leaf of its third chunk changed (or of its only one).
    function lie(uint256 leaf) internal view returns (bytes32[] memory) {
        return Tree.with(tensor(leaf), outputDepth == 3 ? 5 : 19, "lie");
    }

    function firstEnv() internal view returns (bytes32[] memory env) {
        env = new bytes32[](8);
        (env[0], env[1], env[2]) = ("prompt", root(controlBefore(0)), Tree.zero(outputDepth));
        (env[4], env[5]) = (Tree.zero(4), Tree.zero(slot5Depth));
    }

    /// @dev The slots' roots after every leaf.
    function honestEnvs() internal view returns (bytes32[][] memory envs) {
        envs = new bytes32[][](LEAVES);
        bytes32[] memory env = firstEnv();
        for (uint256 leaf; leaf < LEAVES; ++leaf) {
            (uint256 step, uint256 k) = (leaf / 8, leaf % 8);
            if (k == 7) (env[4], env[5]) = (Tree.zero(4), Tree.zero(slot5Depth));
            else if (step < 2 && k == 0) env[4] = keccak256(abi.encode("slot 4", leaf));
            else if (step < 2 && k == 1 && node1Runs) env[2] = Tree.root(tensor(leaf));
            else if (step < 2 && k == 2) env[1] = root(controlBefore(step + 1));
            envs[leaf] = Tree.with(env, 99, 0);
        }
    }

    /// @dev Another output tensor from `from` on.
    function lyingEnvs(uint256 from) internal view returns (bytes32[][] memory envs) {
        return inventedEnvs(from, Tree.root(lie(from)));
    }

    function inventedEnvs(uint256 from, bytes32 invented) internal view returns (bytes32[][] memory envs) {
        envs = honestEnvs();
        for (uint256 leaf = from; leaf < LEAVES; ++leaf) {
            envs[leaf][2] = invented;
        }
    }

    function rootsOf(bytes32[][] memory envs) internal pure returns (bytes32[] memory roots) {
        roots = new bytes32[](envs.length);
        for (uint256 i; i < envs.length; ++i) {
            roots[i] = Tree.root(envs[i]);
        }
    }

    function half(bytes32[] memory env, bool upper) internal pure returns (bytes32[] memory slots) {
        slots = new bytes32[](4);
        for (uint256 i; i < 4; ++i) {
            slots[i] = env[upper ? 4 + i : i];
        }
    }

    function resultOf(bytes32[][] memory envs) internal view returns (bytes32) {
        bytes32 id = request().requestId(host.hubAddress());
        if (lastPhase < 4) return keccak256(abi.encode(Tags.RESULT, id, 7, 0, 0, Tree.zero(outputDepth)));
        return keccak256(abi.encode(Tags.RESULT, id, 1, 3, 5, envs[LEAVES - 1][2]));
    }

    // Proofs

    function firstSlots() internal view returns (FirstSlots memory made) {
        bytes32[] memory slots = template();
        made.promptOld = slots[0];
        made.prompt = Tree.proof(slots, 0, 0);
        slots[0] = "prompt";
        made.controlOld = slots[1];
        made.control = Tree.proof(slots, 1, 0);
    }

    function executionEnd(bytes32[][] memory envs) internal view returns (ExecutionEnd memory made) {
        bytes32[] memory persistent = half(envs[LEAVES - 1], false);
        made.header = header();
        made.leaf = Tree.proof(rootsOf(envs), LEAVES - 1, 0);
        made.persistentRoot = Tree.root(persistent);
        made.control = controlBefore(2);
        made.controlPath = Tree.proof(persistent, 1, 0);
        made.outputRoot = persistent[2];
        made.outputPath = Tree.proof(persistent, 2, 0);
    }

    /// @dev The env before a leaf.
    function agreedEnv(bytes32[][] memory envs, uint256 leaf) internal view returns (bytes32[] memory) {
        return leaf == 0 ? firstEnv() : envs[leaf - 1];
    }

    function nodeOpening(bytes32[][] memory envs, uint256 leaf) internal view returns (NodeOpening memory made) {
        bytes32[] memory env = agreedEnv(envs, leaf);
        uint256 k = leaf % 8;
        if (k == 7) {
            made.persistentRoot = Tree.root(half(env, false));
            made.scratchRoot = Tree.root(half(env, true));
            return made;
        }
        made.control = controlAt(leaf);
        made.controlPath = Tree.proof(env, 1, 0);
        if (leaf / 8 > 1 || k >= nodeCount) return made;
        made.record = record(k);
        made.recordPath = Tree.proof(graph(), k, 3);
        made.tables = tablesOf(k);
    }

    function entry(uint32 code) internal view returns (TableEntry memory made) {
        uint256 index = code & ~WEIGHT;
        made.dtype = 5;
        if (code & WEIGHT != 0) {
            made.root = index == 0 ? bytes32("w0") : bytes32("w1");
            made.depth = index == 0 ? weight0Depth : 24;
            made.path = Tree.proof(weightTable(), index, 0);
        } else {
            made.depth = slotDepth(index);
            made.root = Tree.zero(made.depth);
            made.path = Tree.proof(slotTable(), index, 0);
        }
    }

    /// @dev Inputs in order, then the output.
    function operands(uint256 k) internal view returns (uint32[] memory codes) {
        if (k == 1) {
            codes = new uint32[](node1Inputs.length + 1);
            for (uint256 i; i < node1Inputs.length; ++i) {
                codes[i] = node1Inputs[i];
            }
            codes[node1Inputs.length] = node1Output;
        } else {
            codes = new uint32[](k == 0 ? 3 : 2);
            if (k == 0) (codes[1], codes[2]) = (WEIGHT, 4);
            else (codes[0], codes[1]) = (1, 1);
        }
    }

    function tablesOf(uint256 k) internal view returns (TableEntry[] memory tables) {
        uint32[] memory codes = operands(k);
        tables = new TableEntry[](min(codes.length, entriesGiven));
        for (uint256 i; i < tables.length; ++i) {
            tables[i] = entry(codes[i]);
        }
    }

    function tileOpening(bytes32[][] memory envs, uint256 leaf, uint256 tile)
        internal
        view
        returns (TileOpening memory made)
    {
        bytes32[] memory env = agreedEnv(envs, leaf);
        made.recordRoot = root(record(1));
        made.controlRoot = root(controlAt(leaf));
        made.inputs = new OpenedInput[](3);
        made.slotRoots = new bytes32[](3);
        made.slotPaths = new Proof[](3);
        made.inputs[0] = OpenedInput(4, 4, 0);
        made.inputs[1] = OpenedInput(WEIGHT, weight0Depth, "w0");
        made.inputs[2] = OpenedInput(2, outputDepth, 0);
        (made.slotRoots[0], made.slotPaths[0]) = (env[4], Tree.proof(env, 4, 0));
        (made.slotRoots[2], made.slotPaths[2]) = (env[2], Tree.proof(env, 2, 0));
        bytes32[] memory chunks = chunksOf(oldTensor(leaf));
        made.oldChunk = chunks[tile];
        made.chunkPath = Tree.proof(chunks, tile, 3);
    }

    /// @dev The output tensor before leaf 1 or 9.
    function oldTensor(uint256 leaf) internal view returns (bytes32[] memory) {
        return leaf < 8 ? new bytes32[](uint256(1) << outputDepth) : tensor(1);
    }

    function chunksOf(bytes32[] memory leaves) internal pure returns (bytes32[] memory chunks) {
        chunks = new bytes32[](leaves.length / 8);
        for (uint256 i; i < chunks.length; ++i) {
            chunks[i] = Tree.sub(leaves, 3, i);
        }
    }

    // Stages

    function setRequest() internal returns (bytes32 id) {
        id = request().requestId(host.hubAddress());
        host.setRequest(INDEX, id);
    }

    function batchLeaves(bytes32 result) internal pure returns (bytes32[] memory) {
        return Tree.with(Tree.made(8, 8, 0), PLACE, result);
    }

    /// @dev Up to a batch match that is sealed at the request's place.
    function sealedBatch(bytes32[][] memory envs0, bytes32[][] memory envs1)
        internal
        returns (bytes32 id, bytes32 matchId)
    {
        setRequest();
        bytes32[] memory leaves0 = batchLeaves(resultOf(envs0));
        bytes32[] memory leaves1 = batchLeaves(resultOf(envs1));
        (id, matchId) = batchMatch(leaves0, leaves1, 5);
        walk(matchId, leaves0, leaves1);
    }

    /// @dev Up to an execution tournament that nobody has joined.
    function execution(bytes32[][] memory envs0, bytes32[][] memory envs1)
        internal
        returns (bytes32 outer, bytes32 inner)
    {
        (, outer) = sealedBatch(envs0, envs1);
        VM.prank(carol);
        game.openBatchMatch(outer, header(), request(), firstSlots());
        inner = state(outer).inner;
    }

    function joinExecution(bytes32 id, bytes32[][] memory envs, address joiner) internal {
        uint256 bond = game.bond(Kind.Execution);
        bytes32 root_ = Tree.root(rootsOf(envs));
        ExecutionEnd memory end = executionEnd(envs);
        VM.prank(joiner);
        game.joinExecution{value: bond}(id, root_, end);
    }

    /// @dev Up to an execution match that is at its leaf; the seal is owed where there is one.
    function executionAtLeaf(bytes32[][] memory envs0, bytes32[][] memory envs1)
        internal
        returns (bytes32 outer, bytes32 matchId)
    {
        bytes32 inner;
        (outer, inner) = execution(envs0, envs1);
        joinExecution(inner, envs0, alice);
        joinExecution(inner, envs1, bob);
        (bytes32[] memory leaves0, bytes32[] memory leaves1) = (rootsOf(envs0), rootsOf(envs1));
        matchId = matchOf(inner, leaves0, leaves1);
        walk(matchId, leaves0, leaves1);
    }

    function sealAt(bytes32 matchId, bytes32[] memory leaves) internal {
        uint256 position = state(matchId).position;
        Proof memory proof = Tree.proof(leaves, position - 1, 0);
        bytes32 agreed = leaves[position - 1];
        VM.prank(state(matchId).turn == 0 ? alice : bob);
        game.seal(matchId, agreed, proof.mask, proof.siblings);
    }

    /// @dev Up to an execution match that is sealed at its leaf.
    function sealedExecution(bytes32[][] memory envs0, bytes32[][] memory envs1)
        internal
        returns (bytes32 outer, bytes32 matchId)
    {
        (outer, matchId) = executionAtLeaf(envs0, envs1);
        if (state(matchId).stage == Stage.Seal) sealAt(matchId, rootsOf(envs0));
    }

    function revealDue(bytes32 matchId, bytes32[][] memory envs0, bytes32[][] memory envs1, uint256 leaf) internal {
        bool first = state(matchId).turn == 0;
        bytes32[] memory env = first ? envs0[leaf] : envs1[leaf];
        bytes32[] memory agreed = agreedEnv(envs0, leaf);
        Proof memory path = Tree.proof(env, 2, 0);
        VM.prank(first ? alice : bob);
        game.reveal(matchId, agreed[2], env[2], path.mask, path.siblings);
    }

    /// @dev Up to a tile that is sealed; leaf 1 or 9.
    function sealedTile(uint256 leaf) internal returns (bytes32 outer, bytes32 matchId) {
        (bytes32[][] memory envs0, bytes32[][] memory envs1) = (honestEnvs(), lyingEnvs(leaf));
        (outer, matchId) = sealedExecution(envs0, envs1);
        VM.prank(carol);
        game.openNode(matchId, header(), nodeOpening(envs0, leaf));
        revealDue(matchId, envs0, envs1, leaf);
        revealDue(matchId, envs0, envs1, leaf);
        if (state(matchId).stage == Stage.TileDescent) walk(matchId, chunksOf(tensor(leaf)), chunksOf(lie(leaf)));
    }

    // Machine runs

    function registers(uint32 exit) internal pure returns (bytes memory) {
        return abi.encodePacked(bytes32("regs"), new bytes(108), exit, uint64(1000));
    }

    function raise(bytes32 from, uint256 depth, uint256 to) internal pure returns (bytes32 raised) {
        raised = from;
        for (uint256 level = depth; level < to; ++level) {
            raised = Tree.node(raised, Tree.zero(level));
        }
    }

    function machineState(bytes32 work, bytes memory packed) internal pure returns (bytes32) {
        return keccak256(abi.encode(Tags.MACHINE, work, keccak256(abi.encodePacked(Tags.REGISTERS, packed))));
    }

    /// @dev Eight states; those from `from` on depend on the seed, the last has the chunk in place.
    function machineTrace(uint256 from, bytes32 seed, bytes32 chunk, uint32 exit)
        internal
        pure
        returns (bytes32[] memory)
    {
        return Tree.with(Tree.made(8, from, seed), 7, machineState(raise(chunk, 3, 17), registers(exit)));
    }

    function machineEnd(bytes32[] memory trace, bytes32 chunk, uint32 exit)
        internal
        pure
        returns (MachineEnd memory made)
    {
        made.leaf = Tree.proof(trace, 7, 0);
        made.workRoot = raise(chunk, 3, 17);
        made.registers = registers(exit);
        made.chunk = chunk;
    }

    function joinMachine(bytes32 id, bytes32[] memory trace, bytes32 chunk, uint32 exit, address joiner) internal {
        uint256 bond = game.bond(Kind.Machine);
        MachineEnd memory end = machineEnd(trace, chunk, exit);
        VM.prank(joiner);
        game.joinMachine{value: bond}(id, Tree.root(trace), end);
    }

    /// @dev The two contested chunks of a tile sealed at a leaf.
    function contestedChunks(uint256 leaf) internal view returns (bytes32 right, bytes32 wrong, uint256 tile) {
        tile = outputDepth == 3 ? 0 : 2;
        (right, wrong) = (chunksOf(tensor(leaf))[tile], chunksOf(lie(leaf))[tile]);
    }

    /// @dev Up to a machine match that is sealed at state `from`, its inner tournament's outer match first.
    function sealedMachine(uint256 leaf, uint256 from)
        internal
        returns (bytes32 batch, bytes32 outer, bytes32 matchId, bytes32[] memory honest)
    {
        (batch, outer) = sealedTile(leaf);
        (bytes32 right, bytes32 wrong, uint256 tile) = contestedChunks(leaf);
        VM.prank(carol);
        game.openTile(outer, header(), tileOpening(honestEnvs(), leaf, tile));
        bytes32 inner = state(outer).inner;
        honest = machineTrace(from, "honest", right, 1);
        bytes32[] memory liar = machineTrace(from, "liar", wrong, 1);
        joinMachine(inner, honest, right, 1, alice);
        joinMachine(inner, liar, wrong, 1, bob);
        matchId = matchOf(inner, honest, liar);
        walk(matchId, honest, liar);
        if (state(matchId).stage == Stage.Seal) sealAt(matchId, honest);
    }
}
