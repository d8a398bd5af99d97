// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IReferee} from "../../src/interfaces/IReferee.sol";
import {ITournament, Stage} from "../../src/interfaces/ITournament.sol";
import {FirstSlots} from "../../src/types/Opening.sol";
import {ProgramHeader} from "../../src/types/Program.sol";
import {RequestPreimage} from "../../src/types/Request.sol";
import {VM} from "../Vm.sol";
import {ExecutionArena} from "./ExecutionArena.sol";
import {Tree} from "./Tree.sol";

contract BatchRulesTest is ExecutionArena {
    /// @dev i >= count: the correct leaf is 0.
    function testPastTheCountZeroIsRight() public {
        bytes32[] memory leaves0 = Tree.made(8, 8, 0);
        bytes32[] memory leaves1 = Tree.with(leaves0, 5, 0);
        openByRule(leaves0, leaves1, 5, true, false);
        openByRule(leaves1, leaves0, 4, false, true);
    }

    function testPastTheCountBothCanBeWrong() public {
        bytes32[] memory leaves0 = Tree.made(8, 8, 0);
        openByRule(leaves0, Tree.with(leaves0, 5, "x"), 5, true, true);
    }

    function openByRule(bytes32[] memory leaves0, bytes32[] memory leaves1, uint64 count, bool out0, bool out1)
        private
    {
        (, bytes32 matchId) = batchMatch(leaves0, leaves1, count);
        walk(matchId, leaves0, leaves1);
        ProgramHeader memory none;
        RequestPreimage memory nothing;
        FirstSlots memory empty;
        game.openBatchMatch(matchId, none, nothing, empty);
        outcome(matchId, out0, out1);
    }

    /// @dev Within the count a zero leaf is a claim like any other.
    function testWithinTheCountTheRequestIsOpened() public {
        setRequest();
        bytes32[] memory leaves0 = batchLeaves(resultOf(honestEnvs()));
        bytes32[] memory leaves1 = batchLeaves(0);
        (, bytes32 matchId) = batchMatch(leaves0, leaves1, 3);
        walk(matchId, leaves0, leaves1);
        game.openBatchMatch(matchId, header(), request(), firstSlots());
        inStage(matchId, Stage.Inner);
    }

    function testOnlyTheRequestAtThePlaceIsOpened() public {
        (, bytes32 matchId) = sealedBatch(honestEnvs(), lyingEnvs(9));
        bytes32 expected = request().requestId(host.hubAddress());
        RequestPreimage memory wrong = request();
        wrong.index += 1;
        refused(matchId, header(), wrong, firstSlots(), mismatch(wrong, expected));
        wrong = request();
        wrong.promptRoot = "another prompt";
        refused(matchId, header(), wrong, firstSlots(), mismatch(wrong, expected));
        wrong = request();
        wrong.params.seed += 1;
        refused(matchId, header(), wrong, firstSlots(), mismatch(wrong, expected));
        // The same request id at another place of the inbox does not help.
        host.setRequest(INDEX, 0);
        host.setRequest(INDEX + 1, expected);
        refused(matchId, header(), request(), firstSlots(), mismatch(request(), 0));
    }

    function testOnlyTheRequestsProgramIsOpened() public {
        (, bytes32 matchId) = sealedBatch(honestEnvs(), lyingEnvs(9));
        ProgramHeader memory other = header();
        other.templateRoot = "another template";
        bytes4 selector = IReferee.ProgramMismatch.selector;
        bytes memory reason = abi.encodeWithSelector(selector, other.programId(), header().programId());
        refused(matchId, other, request(), firstSlots(), reason);
    }

    function testTheSlotsAreReplacedInTheTemplate() public {
        (, bytes32 matchId) = sealedBatch(honestEnvs(), lyingEnvs(9));
        bytes4 selector = IReferee.SlotMismatch.selector;
        FirstSlots memory slots = firstSlots();
        slots.promptOld = "x";
        bytes32 got = Tree.root(Tree.with(template(), 0, "x"));
        refused(matchId, header(), request(), slots, abi.encodeWithSelector(selector, 0, got, Tree.root(template())));
        // The control slot is proven against the template with the prompt in place, not against the template.
        slots = firstSlots();
        slots.control = Tree.proof(template(), 1, 0);
        bytes32 prompted = Tree.root(Tree.with(template(), 0, "prompt"));
        refused(
            matchId, header(), request(), slots, abi.encodeWithSelector(selector, 1, Tree.root(template()), prompted)
        );
    }

    function testAPromptLongerThanItsSlotIsRefused() public {
        RequestPreimage memory long = request();
        long.promptLength = 257;
        VM.expectRevert(abi.encodeWithSelector(IReferee.PromptTooLong.selector, 257, 256));
        referee.firstEnv(0, header(), long, firstSlots());
    }

    function mismatch(RequestPreimage memory got, bytes32 expected) private view returns (bytes memory) {
        bytes4 selector = ITournament.RequestMismatch.selector;
        return abi.encodeWithSelector(selector, got.requestId(host.hubAddress()), expected);
    }

    function refused(
        bytes32 matchId,
        ProgramHeader memory program,
        RequestPreimage memory wanted,
        FirstSlots memory slots,
        bytes memory reason
    ) private {
        VM.expectRevert(reason);
        game.openBatchMatch(matchId, program, wanted, slots);
    }
}
