// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IHub, Price, RequestState} from "../../src/interfaces/IHub.sol";
import {Tags} from "../../src/libraries/Tags.sol";
import {Sampling} from "../../src/libraries/Sampling.sol";
import {Params} from "../../src/types/Request.sol";
import {VM} from "../Vm.sol";
import {RollupArena} from "./RollupArena.sol";

contract HubRequestTest is RollupArena {
    bytes private constant PROMPT = "a prompt of more than thirty-two bytes";

    function testARequestIsStoredAndQueued() public {
        bytes32 first = ask(requester, PROMPT);
        bytes32 second = ask(requester, PROMPT);
        require(first != second, "requests of a block collide");
        Params memory asked = params();
        bytes32 hashed = hashOf(asked);
        bytes32 root = plainRoot(PROMPT, 2);
        bytes32 expected = keccak256(
            abi.encode(
                Tags.REQUEST, block.chainid, hub, lane, uint256(1), program, requester, root, PROMPT.length, hashed
            )
        );
        equal(second, expected, "request id");
        equal(hub.requestAt(lane, 0), first, "place 0");
        equal(hub.requestAt(lane, 1), second, "place 1");
        equal(hub.requestAt(lane, 2), 0, "place 2");
        bytes32 accumulator = keccak256(abi.encode(Tags.INBOX, bytes32(0), first));
        equal(hub.accumulatorAt(lane, 1), accumulator, "accumulator after 1");
        equal(hub.accumulatorAt(lane, 2), keccak256(abi.encode(Tags.INBOX, accumulator, second)), "after 2");
        equal(hub.limitsBefore(lane, 2), 2 * (PROMPT.length + asked.maxTokens), "limits");
        equal(hub.laneOf(lane).length, 2, "length");
    }

    /// @dev Field by field, in two parts since the compiler's stack holds no more at a time.
    function hashOf(Params memory asked) private pure returns (bytes32) {
        bytes memory filters = abi.encode(asked.maxTokens, asked.temperature, asked.topK, asked.topP, asked.minP);
        bytes memory penalties =
            abi.encode(asked.repetitionPenalty, asked.frequencyPenalty, asked.presencePenalty, asked.seed);
        return keccak256(bytes.concat(Tags.PARAMS, filters, penalties, abi.encode(asked.stop)));
    }

    function testTheReceipt() public {
        bytes32 id = ask(requester, PROMPT);
        (IHub.Request memory stored, RequestState now_) = hub.receipt(id);
        equal(uint256(now_), uint256(RequestState.Pending), "state");
        require(stored.requester == requester, "requester");
        equal(stored.createdAt, START, "created");
        equal(stored.callbackGas, CALLBACK_GAS, "callback gas");
        equal(stored.promptLength, PROMPT.length, "prompt length");
        equal(stored.maxTokens, params().maxTokens, "max tokens");
        equal(stored.fee, 1 ether + PROMPT.length * 1e15 + 10 * 1e16 + uint256(CALLBACK_GAS) * 1e9, "fee");
        VM.expectRevert(abi.encodeWithSelector(IHub.UnknownRequest.selector, bytes32("none")));
        hub.receipt("none");
    }

    function testEachFieldMakesAnotherId(uint256 seed) public {
        bytes32 base = idAt(lane, PROMPT, params(), requester);
        Params memory other = params();
        uint256 field = seed % 13;
        if (field == 0) ++other.maxTokens;
        else if (field == 1) ++other.temperature;
        else if (field == 2) ++other.topK;
        else if (field == 3) ++other.topP;
        else if (field == 4) ++other.minP;
        else if (field == 5) ++other.repetitionPenalty;
        else if (field == 6) ++other.frequencyPenalty;
        else if (field == 7) --other.presencePenalty;
        else if (field == 8) ++other.seed;
        else other.stop[field - 9] = Sampling.stopText("x");
        require(idAt(lane, PROMPT, other, requester) != base, "parameters");
        require(idAt(lane, bytes.concat(PROMPT, bytes1(0)), params(), requester) != base, "a zero byte more");
        require(idAt(lane, PROMPT, params(), bob) != base, "requester");
        VM.chainId(block.chainid + 1);
        require(idAt(lane, PROMPT, params(), requester) != base, "chain");
    }

    /// @dev The id that a request would get, leaving nothing behind.
    function idAt(uint64 lane_, bytes memory prompt, Params memory asked, address from) private returns (bytes32 id) {
        uint256 snapshot = VM.snapshotState();
        VM.prank(from);
        id = hub.request{value: 3 ether}(lane_, prompt, asked, CALLBACK_GAS);
        VM.revertToState(snapshot);
    }

    function testQuote(uint64 bytes_, uint32 tokens, uint32 gas_) public view {
        uint256 expected = 1 ether + uint256(bytes_) * 1e15 + uint256(tokens) * 1e16 + uint256(gas_) * 1e9;
        equal(hub.quote(lane, bytes_, tokens, gas_), expected, "quote");
    }

    function testPricesAtTheirLimitsDoNotOverflow() public {
        uint96 most = type(uint96).max;
        uint64 dear = hub.createLane(program, Price(most, most, most, most));
        VM.prank(watcher);
        rollup.attest(dear);
        uint256 fee = hub.quote(dear, MAX_PROMPT, CONTEXT, 2_000_000);
        VM.deal(requester, fee);
        Params memory asked = params();
        asked.maxTokens = CONTEXT;
        VM.prank(requester);
        bytes32 id = hub.request{value: fee}(dear, new bytes(MAX_PROMPT), asked, 2_000_000);
        (IHub.Request memory stored,) = hub.receipt(id);
        equal(stored.fee, fee, "fee");
    }

    function testWhatIsPaidTooMuchIsCredited() public {
        uint256 fee = hub.quote(lane, PROMPT.length, 10, CALLBACK_GAS);
        VM.prank(requester);
        hub.request{value: fee + 5}(lane, PROMPT, params(), CALLBACK_GAS);
        equal(hub.credit(requester), 5, "credit");
        VM.prank(requester);
        hub.request{value: fee}(lane, PROMPT, params(), CALLBACK_GAS);
        equal(hub.credit(requester), 5, "credit after exact payment");
        equal(address(hub).balance, 2 * fee + 5, "balance");
    }

    function testAFreeLane() public {
        uint64 free = hub.createLane(program, Price(0, 0, 0, 0));
        VM.prank(watcher);
        rollup.attest(free);
        bytes32 id = hub.request(free, PROMPT, params(), CALLBACK_GAS);
        (IHub.Request memory stored,) = hub.receipt(id);
        equal(stored.fee, 0, "fee");
    }

    // Bad input: each its own error, and the next request is still taken.

    function refused(bytes memory prompt, Params memory asked, uint32 callbackGas, bytes memory reason) private {
        VM.expectRevert(reason);
        hub.request{value: 3 ether}(lane, prompt, asked, callbackGas);
        ask(requester);
        equal(hub.laneOf(lane).length, 1, "only the good request is queued");
    }

    function testAnEmptyPrompt() public {
        refused("", params(), 0, abi.encodeWithSelector(IHub.EmptyPrompt.selector));
    }

    function testALongPrompt() public {
        hub.request{value: 3 ether}(lane, new bytes(MAX_PROMPT), params(), 0);
        VM.expectRevert(abi.encodeWithSelector(IHub.PromptTooLong.selector, MAX_PROMPT + 1, MAX_PROMPT));
        hub.request{value: 3 ether}(lane, new bytes(MAX_PROMPT + 1), params(), 0);
        ask(requester);
    }

    function testNoTokens() public {
        Params memory asked = params();
        asked.maxTokens = 0;
        refused("x", asked, 0, abi.encodeWithSelector(IHub.MaxTokensOutOfRange.selector, 0, CONTEXT));
    }

    function testTooManyTokens() public {
        Params memory asked = params();
        asked.maxTokens = CONTEXT + 1;
        refused("x", asked, 0, abi.encodeWithSelector(IHub.MaxTokensOutOfRange.selector, CONTEXT + 1, CONTEXT));
    }

    function testAsManyTokensAsTheContext() public {
        Params memory asked = params();
        asked.maxTokens = CONTEXT;
        hub.request{value: 3 ether}(lane, "x", asked, 0);
        asked.maxTokens = type(uint32).max;
        VM.expectRevert(abi.encodeWithSelector(IHub.MaxTokensOutOfRange.selector, type(uint32).max, CONTEXT));
        hub.request{value: 3 ether}(lane, "x", asked, 0);
    }

    function testTopPZero() public {
        Params memory asked = params();
        asked.topP = 0;
        refused("x", asked, 0, abi.encodeWithSelector(IHub.SamplingOutOfRange.selector, 700, 0));
    }

    function testTopPAboveOne() public {
        Params memory asked = params();
        asked.topP = 1001;
        refused("x", asked, 0, abi.encodeWithSelector(IHub.SamplingOutOfRange.selector, 700, 1001));
    }

    function testTemperatureTooHigh() public {
        Params memory asked = params();
        asked.temperature = 100_001;
        refused("x", asked, 0, abi.encodeWithSelector(IHub.SamplingOutOfRange.selector, 100_001, 900));
    }

    function testMinP(uint32 minP) public {
        Params memory asked = params();
        asked.minP = minP;
        bytes memory reason = abi.encodeWithSelector(IHub.MinPOutOfRange.selector, minP);
        takenIf(minP <= 1000, asked, reason);
        asked.minP = 1001;
        takenIf(false, asked, abi.encodeWithSelector(IHub.MinPOutOfRange.selector, 1001));
    }

    function testAnyTopK(uint32 topK) public {
        Params memory asked = params();
        asked.topK = topK;
        takenIf(true, asked, "");
    }

    function testPenalties(uint16 repetition, int16 frequency, int16 presence) public {
        penalized(repetition, frequency, presence);
        penalized(uint32(repetition) % 12_000, frequency % 2500, presence % 2500);
        penalized(1, -2000, 2000);
        penalized(10_000, 2000, -2000);
        penalized(0, 0, 0);
        penalized(10_001, 0, 0);
        penalized(1000, 2001, 0);
        penalized(1000, -2001, 0);
        penalized(1000, 0, 2001);
        penalized(1000, 0, type(int32).min);
    }

    function penalized(uint32 repetition, int32 frequency, int32 presence) private {
        Params memory asked = params();
        (asked.repetitionPenalty, asked.frequencyPenalty, asked.presencePenalty) = (repetition, frequency, presence);
        bool fits = repetition > 0 && repetition < 10_001 && frequency > -2001 && frequency < 2001 && presence > -2001
            && presence < 2001;
        takenIf(fits, asked, abi.encodeWithSelector(IHub.PenaltyOutOfRange.selector, repetition, frequency, presence));
    }

    function testStopTexts(bytes32 entry, uint8 place, uint8 length) public {
        place %= 4;
        stopped(entry, place);
        // A text of that length, and the same with a byte behind it, before and after the length is right.
        bytes memory text = new bytes(length % 32);
        for (uint256 i = 0; i < text.length; ++i) {
            text[i] = entry[i];
        }
        bytes32 good = text.length == 0 ? bytes32(0) : Sampling.stopText(string(text));
        stopped(good, place);
        stopped(bytes32(uint256(good) + 1), place);
        stopped(good | bytes32(uint256(0x0100)), place);
    }

    function stopped(bytes32 entry, uint8 place) private {
        Params memory asked = params();
        asked.stop[place] = entry;
        uint256 length = uint8(entry[31]);
        bool fits = length < 32;
        for (uint256 i = length; i < 31; ++i) {
            if (entry[i] != 0) fits = false;
        }
        takenIf(fits, asked, abi.encodeWithSelector(IHub.NoStopText.selector, place, entry));
    }

    /// @dev Whether a request is taken, leaving nothing behind.
    function takenIf(bool fits, Params memory asked, bytes memory reason) private {
        uint256 snapshot = VM.snapshotState();
        if (!fits) VM.expectRevert(reason);
        hub.request{value: 3 ether}(lane, "x", asked, 0);
        VM.revertToState(snapshot);
    }

    function testSamplingAtItsLimits() public {
        Params memory asked = params();
        (asked.temperature, asked.topP, asked.seed) = (100_000, 1000, type(uint64).max);
        hub.request{value: 3 ether}(lane, "x", asked, 0);
        (asked.temperature, asked.topP) = (0, 1);
        hub.request{value: 3 ether}(lane, "x", asked, 0);
    }

    function testTooMuchCallbackGas() public {
        refused(
            "x", params(), 2_000_001, abi.encodeWithSelector(IHub.CallbackGasTooHigh.selector, 2_000_001, 2_000_000)
        );
        hub.request{value: 3 ether}(lane, "x", params(), 2_000_000);
    }

    function testUnderpaid() public {
        uint256 fee = hub.quote(lane, 1, 10, 0);
        VM.expectRevert(abi.encodeWithSelector(IHub.Underpaid.selector, fee - 1, fee));
        hub.request{value: fee - 1}(lane, "x", params(), 0);
        hub.request{value: fee}(lane, "x", params(), 0);
    }

    function testAnUnknownLane() public {
        VM.expectRevert(abi.encodeWithSelector(IHub.UnknownLane.selector, lane + 1));
        hub.request{value: 3 ether}(lane + 1, "x", params(), 0);
        VM.expectRevert(abi.encodeWithSelector(IHub.UnknownLane.selector, lane + 1));
        hub.quote(lane + 1, 1, 1, 1);
        VM.expectRevert(abi.encodeWithSelector(IHub.UnknownLane.selector, lane + 1));
        hub.laneOf(lane + 1);
    }

    function testAClosedLane() public {
        uint64 closed = hub.createLane(program, price());
        VM.expectRevert(abi.encodeWithSelector(IHub.LaneClosed.selector, closed));
        hub.request{value: 3 ether}(closed, "x", params(), 0);
        VM.prank(watcher);
        rollup.attest(closed);
        hub.request{value: 3 ether}(closed, "x", params(), 0);
    }

    function testALaneOfAnUnknownProgram() public {
        VM.expectRevert(abi.encodeWithSelector(IHub.UnknownProgram.selector, bytes32("none")));
        hub.createLane("none", price());
    }

    function testLanesAreApart() public {
        uint64 other = hub.createLane(program, price());
        equal(other, lane + 1, "number");
        VM.prank(watcher);
        rollup.attest(other);
        bytes32 here = ask(requester, PROMPT);
        bytes32 there = idAt(other, PROMPT, params(), requester);
        require(here != there, "ids of two lanes collide");
        equal(hub.laneOf(other).length, 0, "the other lane's length");
        require(hub.laneOf(other).owner == address(this), "owner");
        equal(hub.laneOf(other).programId, program, "program");
    }
}
