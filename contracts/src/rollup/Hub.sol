// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IGavelConsumer} from "../interfaces/IGavelConsumer.sol";
import {IHub, Price, RequestState} from "../interfaces/IHub.sol";
import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {BatchState, IRollup} from "../interfaces/IRollup.sol";
import {BytesRoot} from "../libraries/BytesRoot.sol";
import {MerkleLib} from "../libraries/MerkleLib.sol";
import {Sampling} from "../libraries/Sampling.sol";
import {Tags} from "../libraries/Tags.sol";
import {Params, RequestPreimage, Result, Status} from "../types/Request.sol";

/// @title The hub
/// @notice What it does is said in {IHub}.
contract Hub is IHub {
    /// @notice Most gas that a callback may ask for.
    uint32 public constant MAX_CALLBACK_GAS = 2_000_000;
    /// @notice Highest temperature, in thousandths.
    uint32 public constant MAX_TEMPERATURE = 100_000;
    /// @notice Highest repetition penalty, in thousandths.
    uint32 public constant MAX_REPETITION_PENALTY = 10_000;
    /// @notice Highest magnitude of frequency and presence penalty, in thousandths.
    int32 public constant MAX_PENALTY = 2000;
    /// @dev Gas for what follows a callback.
    uint256 internal constant AFTER_CALLBACK_GAS = 60_000;

    /// @notice Where programs are registered.
    IModelRegistry public immutable registry;
    /// @notice Where batches are proposed.
    IRollup public immutable rollup;
    /// @notice Seconds after which an unanswered request can be refunded.
    uint64 public immutable refundDelay;

    Lane[] internal _lanes;
    mapping(bytes32 requestId => Request) internal _requests;
    mapping(uint64 lane => mapping(uint64 index => bytes32)) internal _inbox;
    mapping(uint64 lane => mapping(uint64 length => bytes32)) internal _accumulators;
    mapping(uint64 lane => mapping(uint64 length => uint256)) internal _limits;

    /// @inheritdoc IHub
    mapping(address account => uint256) public credit;

    /// @param registry_ Where programs are registered.
    /// @param rollup_ Where batches are proposed.
    /// @param refundDelay_ Seconds after which an unanswered request can be refunded.
    constructor(IModelRegistry registry_, IRollup rollup_, uint64 refundDelay_) {
        registry = registry_;
        rollup = rollup_;
        refundDelay = refundDelay_;
        (address got, address expected) = (address(registry_.tournaments()), address(rollup_.tournaments()));
        // INVARIANT: programs fit the tournaments that decide about them
        if (got != expected) revert WrongRegistry(got, expected);
    }

    /// @inheritdoc IHub
    function createLane(bytes32 programId, Price calldata price) external returns (uint64 lane) {
        // INVARIANT: a lane runs a registered program
        if (registry.program(programId).registrant == address(0)) revert UnknownProgram(programId);
        lane = uint64(_lanes.length);
        _lanes.push(Lane({programId: programId, owner: msg.sender, length: 0, price: price}));
        emit LaneCreated(lane, programId, msg.sender, price);
    }

    /// @inheritdoc IHub
    function request(uint64 lane, bytes calldata prompt, Params calldata params, uint32 callbackGas)
        external
        payable
        returns (bytes32 id)
    {
        Lane storage inbox = _lane(lane);
        // INVARIANT: a lane takes requests only once a bonded watcher holds its program
        if (!rollup.isOpen(lane)) revert LaneClosed(lane);
        IModelRegistry.Program memory program = registry.program(inbox.programId);
        _checkRequest(program, prompt.length, params, callbackGas);
        uint256 fee = _quote(inbox.price, prompt.length, params.maxTokens, callbackGas);
        // INVARIANT: a request pays its quote
        if (msg.value < fee) revert Underpaid(msg.value, fee);
        credit[msg.sender] += msg.value - fee;

        uint64 index = inbox.length++;
        id = RequestPreimage({
            lane: lane,
            index: index,
            programId: inbox.programId,
            requester: msg.sender,
            promptRoot: BytesRoot.rootOfBytes(prompt, program.promptDepth),
            promptLength: uint32(prompt.length),
            params: params
        }).requestId(address(this));
        _append(lane, index, id, prompt.length + params.maxTokens);
        _requests[id] = Request({
            requester: msg.sender,
            createdAt: uint64(block.timestamp),
            callbackGas: callbackGas,
            lane: lane,
            index: index,
            promptLength: uint32(prompt.length),
            maxTokens: params.maxTokens,
            state: RequestState.Pending,
            settled: false,
            optimisticRound: 0,
            // Prices of 96 bits times limits below 2^22: a quote fits.
            fee: uint128(fee)
        });
        emit Requested(id, lane, index, msg.sender, prompt, params, callbackGas, fee);
    }

    /// @inheritdoc IHub
    function quote(uint64 lane, uint256 promptBytes, uint32 maxTokens, uint32 callbackGas)
        external
        view
        returns (uint256)
    {
        return _quote(_lane(lane).price, promptBytes, maxTokens, callbackGas);
    }

    /// @inheritdoc IHub
    function deliver(bytes32 id, Delivery calldata delivery) external {
        Request storage stored = _known(id);
        // INVARIANT: nothing is delivered after the final delivery or a refund
        if (stored.state == RequestState.Delivered || stored.state == RequestState.Refunded) {
            revert WrongState(id, stored.state);
        }
        IRollup.Batch memory batch = rollup.batchOf(stored.lane, delivery.batch);
        _checkDelivery(id, stored, batch, delivery);
        bool isFinal = batch.state == BatchState.Final;
        if (isFinal) {
            // INVARIANT: a request is paid for once
            if (!stored.settled) _settle(id, stored, batch.provider, delivery.result.tokensOut);
            // Set before the call: a receiver that comes back in finds it delivered.
            // INVARIANT: at most one final delivery per request
            stored.state = RequestState.Delivered;
        } else {
            // INVARIANT: an answer comes from a batch that is proposed or final
            if (batch.state != BatchState.Proposed) revert WrongState(id, _stateIn(batch.state));
            // INVARIANT: optimistic answers are given at most once per round
            if (stored.optimisticRound > batch.round) revert WrongState(id, RequestState.Proposed);
            stored.optimisticRound = batch.round + 1;
        }
        bool success = _callBack(stored.requester, stored.callbackGas, id, delivery, isFinal);
        // A failed final callback can be retried: the request stays final.
        if (isFinal && !success) stored.state = RequestState.Final;
        emit Answered(id, isFinal, success, delivery.result, delivery.answer);
    }

    /// @inheritdoc IHub
    function refund(bytes32 id) external {
        Request storage stored = _known(id);
        // INVARIANT: a fee is given back once, and never after the provider was paid from it
        if (stored.state != RequestState.Pending) revert WrongState(id, stored.state);
        uint256 since = stored.createdAt;
        (bool found, uint64 number) = rollup.batchHolding(stored.lane, stored.index);
        if (found) {
            IRollup.Batch memory batch = rollup.batchOf(stored.lane, number);
            // INVARIANT: a request in a living or final batch is not refundable
            if (batch.state != BatchState.Void) revert WrongState(id, _stateIn(batch.state));
            // INVARIANT: a void restarts the refund deadline
            since = batch.voidedAt;
        }
        // INVARIANT: a request is refundable only after the delay
        if (block.timestamp <= since + refundDelay) revert RefundNotDue(block.timestamp, since + refundDelay);
        stored.state = RequestState.Refunded;
        credit[stored.requester] += stored.fee;
        emit Refunded(id, stored.requester, stored.fee);
    }

    /// @inheritdoc IHub
    function withdraw() external {
        uint256 amount = credit[msg.sender];
        if (amount == 0) revert NothingToWithdraw(msg.sender);
        // INVARIANT: a credit is paid once
        credit[msg.sender] = 0;
        emit Withdrawn(msg.sender, amount);
        (bool sent,) = msg.sender.call{value: amount}("");
        if (!sent) revert WithdrawalRefused(msg.sender);
    }

    /// @inheritdoc IHub
    function receipt(bytes32 id) external view returns (Request memory stored, RequestState state) {
        stored = _known(id);
        state = stored.state;
        if (state != RequestState.Pending) return (stored, state);
        (bool found, uint64 number) = rollup.batchHolding(stored.lane, stored.index);
        if (found) state = _stateIn(rollup.batchOf(stored.lane, number).state);
    }

    /// @inheritdoc IHub
    function laneOf(uint64 lane) external view returns (Lane memory) {
        return _lane(lane);
    }

    /// @inheritdoc IHub
    function requestAt(uint64 lane, uint64 index) external view returns (bytes32) {
        return _inbox[lane][index];
    }

    /// @inheritdoc IHub
    function accumulatorAt(uint64 lane, uint64 length) external view returns (bytes32) {
        return _accumulators[lane][length];
    }

    /// @inheritdoc IHub
    function limitsBefore(uint64 lane, uint64 length) external view returns (uint256) {
        return _limits[lane][length];
    }

    function _append(uint64 lane, uint64 index, bytes32 id, uint256 limits) private {
        _inbox[lane][index] = id;
        _accumulators[lane][index + 1] = keccak256(abi.encode(Tags.INBOX, _accumulators[lane][index], id));
        _limits[lane][index + 1] = _limits[lane][index] + limits;
    }

    /// @dev Pays provider and deliverer for what was used and credits the rest to the requester.
    function _settle(bytes32 id, Request storage stored, address provider, uint32 tokensOut) private {
        stored.settled = true;
        Price storage price = _lanes[stored.lane].price;
        uint256 used = _quote(price, stored.promptLength, tokensOut, 0);
        uint256 callback = uint256(price.perCallbackGas) * stored.callbackGas;
        // INVARIANT: what is paid for a request never exceeds its fee
        if (used > stored.fee - callback) used = stored.fee - callback;
        uint256 rest = stored.fee - callback - used;
        credit[provider] += used;
        credit[msg.sender] += callback;
        credit[stored.requester] += rest;
        emit Settled(id, provider, used, rest);
    }

    /// @dev Calls the requester with exactly the gas that was bought; what it returns is not read.
    function _callBack(address to, uint32 gasLimit, bytes32 id, Delivery calldata delivery, bool isFinal)
        private
        returns (bool success)
    {
        bytes memory data =
            abi.encodeCall(IGavelConsumer.onGavelAnswer, (id, delivery.result.status, delivery.answer, isFinal));
        // EIP-150 keeps a 64th back: without this check a deliverer could starve the callback and call it failed.
        uint256 needed = uint256(gasLimit) + gasLimit / 32 + AFTER_CALLBACK_GAS;
        // INVARIANT: a callback gets the gas that was paid for
        if (gasleft() < needed) revert NotEnoughGas(gasleft(), needed);
        assembly ("memory-safe") {
            // No return data is copied: a receiver can't make the hub pay for it.
            success := call(gasLimit, to, 0, add(data, 0x20), mload(data), 0, 0)
        }
    }

    function _checkRequest(
        IModelRegistry.Program memory program,
        uint256 promptLength,
        Params calldata params,
        uint32 callbackGas
    ) private pure {
        // INVARIANT: a prompt has at least one byte
        if (promptLength == 0) revert EmptyPrompt();
        // INVARIANT: a prompt fits its program
        if (promptLength > program.maxPromptBytes) revert PromptTooLong(promptLength, program.maxPromptBytes);
        // INVARIANT: at least one token is asked for, and no more than the context holds
        if (params.maxTokens == 0 || params.maxTokens > program.context) {
            revert MaxTokensOutOfRange(params.maxTokens, program.context);
        }
        // INVARIANT: sampling parameters are within the sampler's bounds
        if (params.topP == 0 || params.topP > 1000 || params.temperature > MAX_TEMPERATURE) {
            revert SamplingOutOfRange(params.temperature, params.topP);
        }
        if (params.minP > 1000) revert MinPOutOfRange(params.minP);
        _checkPenalties(params);
        for (uint256 i = 0; i < params.stop.length; ++i) {
            // INVARIANT: a stop text is written in one way only
            if (!Sampling.isStopText(params.stop[i])) revert NoStopText(i, params.stop[i]);
        }
        // INVARIANT: a delivery with its callback fits a transaction
        if (callbackGas > MAX_CALLBACK_GAS) revert CallbackGasTooHigh(callbackGas, MAX_CALLBACK_GAS);
    }

    function _checkPenalties(Params calldata params) private pure {
        (uint32 repetition, int32 frequency, int32 presence) =
            (params.repetitionPenalty, params.frequencyPenalty, params.presencePenalty);
        bool fits =
            repetition != 0 && repetition <= MAX_REPETITION_PENALTY && _isPenalty(frequency) && _isPenalty(presence);
        // INVARIANT: penalties are within the sampler's bounds
        if (!fits) revert PenaltyOutOfRange(repetition, frequency, presence);
    }

    function _isPenalty(int32 value) private pure returns (bool) {
        return value >= -MAX_PENALTY && value <= MAX_PENALTY;
    }

    function _checkDelivery(bytes32 id, Request storage stored, IRollup.Batch memory batch, Delivery calldata delivery)
        private
        view
    {
        Result calldata result = delivery.result;
        // INVARIANT: a request is answered with its own result
        if (result.requestId != id) revert WrongRequest(result.requestId, id);
        // INVARIANT: a result's place is its request's place in the batch
        if (stored.index < batch.first || stored.index >= batch.first + batch.count) {
            revert NotInBatch(delivery.batch, stored.index);
        }
        bytes32 root = MerkleLib.rootOf(
            result.hashResult(), stored.index - batch.first, rollup.batchDepth(), 0, delivery.mask, delivery.siblings
        );
        // INVARIANT: an answer is delivered only as its batch says
        if (root != batch.root) revert WrongBatchRoot(root, batch.root);
        // INVARIANT: an answer is exactly as long as its result says
        if (delivery.answer.length != result.outputLength) {
            revert WrongAnswerLength(delivery.answer.length, result.outputLength);
        }
        uint8 depth = registry.program(_lanes[stored.lane].programId).outputDepth;
        bytes32 answerRoot = BytesRoot.rootOfBytes(delivery.answer, depth);
        // INVARIANT: the bytes handed out are those of the output slot
        if (answerRoot != result.outputRoot) revert WrongAnswer(answerRoot, result.outputRoot);
    }

    function _quote(Price storage price, uint256 promptBytes, uint32 tokens, uint32 callbackGas)
        private
        view
        returns (uint256)
    {
        return uint256(price.perRequest) + promptBytes * price.perPromptByte + uint256(tokens) * price.perToken
            + uint256(callbackGas) * price.perCallbackGas;
    }

    function _lane(uint64 lane) private view returns (Lane storage) {
        if (lane >= _lanes.length) revert UnknownLane(lane);
        return _lanes[lane];
    }

    function _known(bytes32 id) private view returns (Request storage stored) {
        stored = _requests[id];
        if (stored.state == RequestState.None) revert UnknownRequest(id);
    }

    function _stateIn(BatchState state) private pure returns (RequestState) {
        if (state == BatchState.Proposed) return RequestState.Proposed;
        if (state == BatchState.Disputed) return RequestState.Disputed;
        if (state == BatchState.Final) return RequestState.Final;
        return RequestState.Pending;
    }
}
