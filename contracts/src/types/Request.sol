// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Tags} from "../libraries/Tags.sol";

/// @notice Sampling parameters and limits of a request, all integers.
struct Params {
    /// At most this many tokens are generated.
    uint32 maxTokens;
    /// Temperature in thousandths; 0 is greedy.
    uint32 temperature;
    /// The most probable tokens that are drawn from; 0 is all.
    uint32 topK;
    /// Top-p in thousandths, 1..1000; 1000 keeps every token.
    uint32 topP;
    /// Thousandths of the largest probability that a token needs to be drawn, 0..1000; 0 keeps every token.
    uint32 minP;
    /// What divides or multiplies the logits of tokens in prompt and answer, in thousandths, 1..10,000; 1000 leaves them.
    uint32 repetitionPenalty;
    /// Taken off a token's logit for each time that it is in the answer, in thousandths, -2000..2000.
    int32 frequencyPenalty;
    /// Taken off the logits of tokens in the answer, in thousandths, -2000..2000.
    int32 presencePenalty;
    /// Seed of the sampler.
    uint64 seed;
    /// Texts before which the answer ends, as `Sampling.stopText` writes them; zero is none.
    bytes32[4] stop;
}

/// @notice Everything that a request id commits to but the chain and the hub, which the hub adds.
struct RequestPreimage {
    uint64 lane;
    uint64 index;
    bytes32 programId;
    address requester;
    bytes32 promptRoot;
    uint32 promptLength;
    Params params;
}

/// @notice How a finished request ended; the codes are the control slot's.
enum Status {
    None,
    Stop,
    Length,
    ContextFull,
    PromptTooLong,
    EmptyPrompt,
    OutputFull,
    StepLimit
}

/// @notice What a batch says of one request: its hash is a leaf of the batch.
struct Result {
    bytes32 requestId;
    Status status;
    uint32 tokensOut;
    uint32 outputLength;
    bytes32 outputRoot;
}

/// @notice `H` of all fields in their order.
function hashParams(Params memory params) pure returns (bytes32) {
    return keccak256(abi.encode(Tags.PARAMS, params));
}

/// @notice The request id.
function requestId(RequestPreimage memory request, address hub) view returns (bytes32) {
    return keccak256(
        abi.encode(
            Tags.REQUEST,
            block.chainid,
            hub,
            request.lane,
            request.index,
            request.programId,
            request.requester,
            request.promptRoot,
            request.promptLength,
            hashParams(request.params)
        )
    );
}

/// @notice `H(request id, status, tokens out, output length, output root)`.
function hashResult(Result memory result) pure returns (bytes32) {
    return keccak256(abi.encode(Tags.RESULT, result));
}

using {hashParams} for Params global;
using {requestId} for RequestPreimage global;
using {hashResult} for Result global;
