// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IReferee, MachineStart, TileQuestion} from "../../src/interfaces/IReferee.sol";
import {BytesRoot} from "../../src/libraries/BytesRoot.sol";
import {FirstSlots, OpenedInput, TileOpening} from "../../src/types/Opening.sol";
import {ProgramHeader} from "../../src/types/Program.sol";
import {Proof} from "../../src/types/Proof.sol";
import {Params, RequestPreimage, Result, Status} from "../../src/types/Request.sol";
import {VM} from "../Vm.sol";

/// @dev Hashes, roots and first values against the vectors that a third implementation made; Rust reads the same file.
contract EncodingsTest {
    string private json;
    IReferee private referee;

    function setUp() public {
        json = VM.readFile("../mips-vm/vectors/encodings.json");
        referee = IReferee(VM.deployCode("Referee.sol:Referee", ""));
    }

    function rootOfBytes(bytes calldata data, uint8 depth) external pure returns (bytes32) {
        return BytesRoot.rootOfBytes(data, depth);
    }

    function testRootsOfBytes() public view {
        uint256 cases;
        for (; VM.keyExistsJson(json, place(".roots", cases, "")); ++cases) {
            bytes memory data = VM.parseJsonBytes(json, place(".roots", cases, ".data"));
            uint8 depth = uint8(number(place(".roots", cases, ".depth")));
            require(this.rootOfBytes(data, depth) == hash(place(".roots", cases, ".root")), "root");
        }
        require(cases == 12, "cases");
    }

    function testRequests() public {
        uint256 cases;
        for (; VM.keyExistsJson(json, place(".requests", cases, "")); ++cases) {
            string memory key = place(".requests", cases, "");
            RequestPreimage memory read = request(key);
            require(read.params.hashParams() == hash(string.concat(key, ".paramsHash")), "parameters");
            VM.chainId(number(string.concat(key, ".chainId")));
            address hub = VM.parseJsonAddress(json, string.concat(key, ".hub"));
            require(read.requestId(hub) == hash(string.concat(key, ".id")), "request id");
        }
        require(cases == 3, "cases");
    }

    function testResults() public view {
        uint256 cases;
        for (; VM.keyExistsJson(json, place(".results", cases, "")); ++cases) {
            Result memory read = Result({
                requestId: hash(place(".results", cases, ".requestId")),
                status: Status(number(place(".results", cases, ".status"))),
                tokensOut: uint32(number(place(".results", cases, ".tokensOut"))),
                outputLength: uint32(number(place(".results", cases, ".outputLength"))),
                outputRoot: hash(place(".results", cases, ".outputRoot"))
            });
            require(read.hashResult() == hash(place(".results", cases, ".hash")), "result");
        }
        require(cases == 8, "cases");
    }

    function testProgramIds() public view {
        require(header(".headers[0]").programId() == hash(".headers[0].id"), "every field another value");
        require(header(".headers[1]").programId() == hash(".headers[1].id"), "every field at its largest");
    }

    function testTheFirstEnv() public view {
        FirstSlots memory slots = FirstSlots({
            promptOld: hash(".first.promptOld"),
            prompt: proof(".first.promptPath"),
            controlOld: hash(".first.controlOld"),
            control: proof(".first.controlPath")
        });
        bytes32 env = referee.firstEnv(0, header(".first.header"), request(".first.request"), slots);
        require(env == hash(".first.env"), "env_0");
    }

    function testTheFirstMachineState() public view {
        OpenedInput[] memory inputs = new OpenedInput[](2);
        for (uint256 i; i < 2; ++i) {
            inputs[i] = OpenedInput({
                code: uint32(number(place(".first.inputs", i, ".code"))),
                depth: uint8(number(place(".first.inputs", i, ".depth"))),
                root: hash(place(".first.inputs", i, ".root"))
            });
        }
        TileOpening memory opening = TileOpening({
            recordRoot: hash(".first.recordRoot"),
            controlRoot: hash(".first.controlRoot"),
            inputs: inputs,
            slotRoots: new bytes32[](2),
            slotPaths: new Proof[](2),
            oldChunk: hash(".first.oldChunk"),
            chunkPath: proof(".first.chunkPath")
        });
        opening.slotRoots[0] = hash(".first.slotRoot");
        opening.slotPaths[0] = proof(".first.slotPath");
        TileQuestion memory question = TileQuestion({
            programId: hash(".first.header.id"),
            agreed: hash(".first.env"),
            opened: keccak256(abi.encode(opening.recordRoot, opening.controlRoot, inputs)),
            tensorOld: hash(".first.tensorOld"),
            outputDepth: uint8(number(".first.outputDepth")),
            tile: uint64(number(".first.tile"))
        });
        MachineStart memory first = referee.tile(question, 0, header(".first.header"), opening);
        require(first.inputsRoot == hash(".first.inputsRoot"), "inputs root");
        require(first.start == hash(".first.start"), "M_0");
        require(first.oldChunk == opening.oldChunk, "old chunk");
    }

    // Reading

    function request(string memory key) private view returns (RequestPreimage memory) {
        return RequestPreimage({
            lane: uint64(number(string.concat(key, ".lane"))),
            index: uint64(number(string.concat(key, ".index"))),
            programId: hash(string.concat(key, ".programId")),
            requester: VM.parseJsonAddress(json, string.concat(key, ".requester")),
            promptRoot: hash(string.concat(key, ".promptRoot")),
            promptLength: uint32(number(string.concat(key, ".promptLength"))),
            params: params(string.concat(key, ".params"))
        });
    }

    function params(string memory key) private view returns (Params memory read) {
        read.maxTokens = uint32(number(string.concat(key, ".maxTokens")));
        read.temperature = uint32(number(string.concat(key, ".temperature")));
        read.topK = uint32(number(string.concat(key, ".topK")));
        read.topP = uint32(number(string.concat(key, ".topP")));
        read.minP = uint32(number(string.concat(key, ".minP")));
        read.repetitionPenalty = uint32(number(string.concat(key, ".repetitionPenalty")));
        read.frequencyPenalty = int32(VM.parseJsonInt(json, string.concat(key, ".frequencyPenalty")));
        read.presencePenalty = int32(VM.parseJsonInt(json, string.concat(key, ".presencePenalty")));
        read.seed = uint64(number(string.concat(key, ".seed")));
        bytes32[] memory stop = VM.parseJsonBytes32Array(json, string.concat(key, ".stop"));
        require(stop.length == 4, "stop texts");
        for (uint256 i = 0; i < 4; ++i) {
            read.stop[i] = stop[i];
        }
    }

    function header(string memory key) private view returns (ProgramHeader memory) {
        string[6] memory roots = ["weightsRoot", "graphRoot", "slotsRoot", "templateRoot", "scratchRoot", "imageRoot"];
        string[20] memory numbers = [
            "entry",
            "imageDepth",
            "nodeCount",
            "weightCount",
            "persistentCount",
            "scratchCount",
            "promptSlot",
            "controlSlot",
            "outputSlot",
            "promptDepth",
            "outputDepth",
            "weightDepth",
            "slotDepth",
            "nodeDepth",
            "stepDepth",
            "traceDepth",
            "maxPromptBytes",
            "context",
            "maxOutputBytes",
            "abiVersion"
        ];
        bytes memory words;
        for (uint256 i; i < 6; ++i) {
            words = bytes.concat(words, hash(string.concat(key, ".", roots[i])));
        }
        for (uint256 i; i < 20; ++i) {
            words = bytes.concat(words, bytes32(number(string.concat(key, ".", numbers[i]))));
        }
        return abi.decode(words, (ProgramHeader));
    }

    function proof(string memory key) private view returns (Proof memory) {
        return
            Proof(number(string.concat(key, ".mask")), VM.parseJsonBytes32Array(json, string.concat(key, ".siblings")));
    }

    function number(string memory key) private view returns (uint256) {
        return VM.parseJsonUint(json, key);
    }

    function hash(string memory key) private view returns (bytes32) {
        return VM.parseJsonBytes32(json, key);
    }

    /// @dev The key of a field of a list's entry; lists have at most 100.
    function place(string memory list, uint256 number_, string memory field) private pure returns (string memory) {
        bytes memory digits = abi.encodePacked(uint8(48 + number_ / 10), uint8(48 + number_ % 10));
        string memory index = number_ < 10 ? string(abi.encodePacked(digits[1])) : string(digits);
        return string.concat(list, "[", index, "]", field);
    }
}
