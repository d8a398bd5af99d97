// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IModelRegistry} from "../../src/interfaces/IModelRegistry.sol";
import {Tags} from "../../src/libraries/Tags.sol";
import {ProgramHeader} from "../../src/types/Program.sol";
import {ToyTournaments} from "../dispute/Toys.sol";
import {VM} from "../Vm.sol";

contract ModelRegistryTest {
    IModelRegistry private registry;
    ToyTournaments private tournaments;

    function setUp() public {
        VM.warp(1_000_000);
        deploy(32, 36);
    }

    function deploy(uint8 execution, uint8 machine) private {
        tournaments = new ToyTournaments(execution, machine);
        bytes memory arguments = abi.encode(bytes32("image"), tournaments);
        registry = IModelRegistry(VM.deployCode("ModelRegistry.sol:ModelRegistry", arguments));
    }

    /// @dev A header with every field at its bound.
    function widest() private pure returns (ProgramHeader memory header) {
        header.imageRoot = "image";
        header.imageDepth = 16;
        header.slotDepth = 10;
        header.weightDepth = 16;
        header.nodeDepth = 14;
        header.stepDepth = 18;
        header.traceDepth = 36;
        (header.promptDepth, header.outputDepth) = (12, 12);
        (header.maxPromptBytes, header.maxOutputBytes) = (131_072, 131_072);
        header.nodeCount = 16_383;
        header.weightCount = 65_536;
        (header.persistentCount, header.scratchCount) = (1024, 1024);
        (header.promptSlot, header.controlSlot, header.outputSlot) = (1021, 1022, 1023);
        header.context = 262_142;
        header.abiVersion = 1;
    }

    function accepted(ProgramHeader memory header) private returns (bytes32) {
        return registry.register(header, 0, "name", "uri");
    }

    function refused(ProgramHeader memory header, bytes32 field, uint256 got, uint256 limit) private {
        VM.expectRevert(abi.encodeWithSelector(IModelRegistry.FieldOutOfRange.selector, field, got, limit));
        registry.register(header, 0, "name", "uri");
    }

    function testTheBoundsThemselvesAreTaken() public {
        bytes32 id = accepted(widest());
        require(id == keccak256(abi.encode(Tags.PROGRAM, widest())), "id");
        IModelRegistry.Program memory program = registry.program(id);
        require(program.registrant == address(this) && program.registeredAt == 1_000_000, "registrant");
        require(program.maxPromptBytes == 131_072 && program.maxOutputBytes == 131_072, "bytes");
        require(program.promptDepth == 12 && program.outputDepth == 12, "depths");
        require(program.context == 262_142 && program.parent == 0, "context");
        require(registry.imageRoot() == "image", "image");
        require(address(registry.tournaments()) == address(tournaments), "tournaments");
    }

    function testImageDepth() public {
        ProgramHeader memory header = widest();
        header.imageDepth = 17;
        refused(header, "imageDepth", 17, 16);
    }

    function testSlotDepth() public {
        ProgramHeader memory header = widest();
        header.slotDepth = 11;
        refused(header, "slotDepth", 11, 10);
    }

    function testWeightDepth() public {
        ProgramHeader memory header = widest();
        header.weightDepth = 17;
        refused(header, "weightDepth", 17, 16);
    }

    function testNodeDepth() public {
        ProgramHeader memory header = widest();
        header.nodeDepth = 15;
        refused(header, "nodeDepth", 15, 14);
    }

    function testStepDepth() public {
        ProgramHeader memory header = widest();
        header.stepDepth = 19;
        refused(header, "stepDepth", 19, 18);
    }

    function testTraceDepth() public {
        ProgramHeader memory header = widest();
        header.traceDepth = 37;
        refused(header, "traceDepth", 37, 36);
    }

    /// @dev An execution's tree has the depth of the steps and of the nodes together.
    function testExecutionDepth() public {
        deploy(20, 36);
        ProgramHeader memory header = widest();
        (header.stepDepth, header.nodeDepth, header.context) = (18, 3, 1000);
        header.nodeCount = 7;
        refused(header, "executionDepth", 21, 20);
        (header.stepDepth, header.nodeDepth) = (17, 4);
        refused(header, "executionDepth", 21, 20);
        header.stepDepth = 16;
        accepted(header);
    }

    function testTraceDepthOfOtherTournaments() public {
        deploy(32, 30);
        ProgramHeader memory header = widest();
        header.traceDepth = 31;
        refused(header, "traceDepth", 31, 30);
        header.traceDepth = 30;
        accepted(header);
        // Tournaments that open deeper ones take no deeper program.
        deploy(32, 48);
        header.traceDepth = 37;
        refused(header, "traceDepth", 37, 36);
    }

    function testPromptDepth() public {
        ProgramHeader memory header = widest();
        header.promptDepth = 13;
        refused(header, "promptDepth", 13, 12);
    }

    function testOutputDepth() public {
        ProgramHeader memory header = widest();
        header.outputDepth = 13;
        refused(header, "outputDepth", 13, 12);
    }

    function testPromptBytes() public {
        ProgramHeader memory header = widest();
        header.promptDepth = 3;
        header.maxPromptBytes = 257;
        refused(header, "maxPromptBytes", 257, 256);
        header.maxPromptBytes = 256;
        accepted(header);
    }

    function testOutputBytes() public {
        ProgramHeader memory header = widest();
        header.outputDepth = 3;
        header.maxOutputBytes = 257;
        refused(header, "maxOutputBytes", 257, 256);
        header.maxOutputBytes = 256;
        accepted(header);
    }

    /// @dev The last leaf of a step is no node.
    function testNodeCount() public {
        ProgramHeader memory header = widest();
        header.nodeDepth = 3;
        header.nodeCount = 8;
        refused(header, "nodeCount", 8, 7);
        header.nodeCount = 7;
        accepted(header);
    }

    function testWeightCount() public {
        ProgramHeader memory header = widest();
        header.weightDepth = 2;
        header.weightCount = 5;
        refused(header, "weightCount", 5, 4);
        header.weightCount = 4;
        accepted(header);
    }

    function testPersistentCount() public {
        ProgramHeader memory header = widest();
        header.persistentCount = 1025;
        refused(header, "persistentCount", 1025, 1024);
    }

    function testScratchCount() public {
        ProgramHeader memory header = widest();
        header.scratchCount = 1025;
        refused(header, "scratchCount", 1025, 1024);
    }

    function testContext() public {
        ProgramHeader memory header = widest();
        header.stepDepth = 4;
        header.context = 15;
        refused(header, "context", 17, 16);
        header.context = type(uint32).max;
        refused(header, "context", uint256(type(uint32).max) + 2, 16);
        header.context = 14;
        accepted(header);
    }

    function testPromptSlot() public {
        ProgramHeader memory header = widest();
        header.promptSlot = 1024;
        refused(header, "promptSlot", 1024, 1024);
    }

    function testControlSlot() public {
        ProgramHeader memory header = widest();
        header.controlSlot = 1024;
        refused(header, "controlSlot", 1024, 1024);
    }

    function testOutputSlot() public {
        ProgramHeader memory header = widest();
        header.outputSlot = 1024;
        refused(header, "outputSlot", 1024, 1024);
        header.persistentCount = 1000;
        header.outputSlot = 0;
        refused(header, "promptSlot", 1021, 1000);
    }

    function testAnotherVersionOfTheLayouts() public {
        ProgramHeader memory header = widest();
        header.abiVersion = 2;
        VM.expectRevert(abi.encodeWithSelector(IModelRegistry.AbiVersion.selector, 2, 1));
        accepted(header);
    }

    function testAnUnknownImage() public {
        ProgramHeader memory header = widest();
        header.imageRoot = "other";
        VM.expectRevert(
            abi.encodeWithSelector(IModelRegistry.UnknownImage.selector, bytes32("other"), bytes32("image"))
        );
        accepted(header);
    }

    function testTheFirstRegistrationStands() public {
        bytes32 id = accepted(widest());
        VM.warp(2_000_000);
        VM.prank(address(0xBEEF));
        VM.expectRevert(abi.encodeWithSelector(IModelRegistry.AlreadyRegistered.selector, id));
        registry.register(widest(), 0, "mine", "uri");
        require(registry.program(id).registrant == address(this), "registrant");
        require(registry.program(id).registeredAt == 1_000_000, "time");
    }

    function testLineage() public {
        bytes32 parent = accepted(widest());
        ProgramHeader memory header = widest();
        header.weightsRoot = "tuned";
        VM.expectRevert(abi.encodeWithSelector(IModelRegistry.UnknownParent.selector, bytes32("none")));
        registry.register(header, "none", "name", "uri");
        bytes32 id = registry.register(header, parent, "name", "uri");
        require(registry.program(id).parent == parent, "parent");
    }
}
