// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Params, RequestPreimage, Result} from "../types/Request.sol";

/// @notice What the hub itself remembers of a request. Proposed, disputed and final follow from the rollup's batches.
enum RequestState {
    None,
    Pending,
    Proposed,
    Disputed,
    Final,
    Delivered,
    Refunded
}

/// @notice Prices of a lane, in wei.
struct Price {
    /// Every request.
    uint96 perRequest;
    /// Each byte of the prompt.
    uint96 perPromptByte;
    /// Each token generated.
    uint96 perToken;
    /// Each unit of callback gas.
    uint96 perCallbackGas;
}

/// @title The hub
/// @notice dApps ask here, and are answered from here.
interface IHub {
    /// @notice A lane: one model's inbox.
    struct Lane {
        bytes32 programId;
        address owner;
        uint64 length;
        Price price;
    }

    /// @notice A request as stored.
    struct Request {
        address requester;
        uint64 createdAt;
        uint32 callbackGas;
        uint64 lane;
        uint64 index;
        uint32 promptLength;
        uint32 maxTokens;
        RequestState state;
        bool settled;
        uint64 optimisticRound;
        uint128 fee;
    }

    /// @notice An answer with the proof that a batch says so.
    struct Delivery {
        /// The lane's batch that holds the request.
        uint64 batch;
        Result result;
        /// Proof of the result in the batch's tree.
        uint256 mask;
        bytes32[] siblings;
        bytes answer;
    }

    /// @notice A lane was made.
    event LaneCreated(uint64 indexed lane, bytes32 indexed programId, address indexed owner, Price price);
    /// @notice A request was made.
    event Requested(
        bytes32 indexed requestId,
        uint64 indexed lane,
        uint64 index,
        address indexed requester,
        bytes prompt,
        Params params,
        uint32 callbackGas,
        uint256 fee
    );
    /// @notice An answer was handed out; `success` says whether the requester's callback returned.
    event Answered(bytes32 indexed requestId, bool isFinal, bool success, Result result, bytes answer);
    /// @notice A final request was paid for.
    event Settled(bytes32 indexed requestId, address indexed provider, uint256 paid, uint256 refunded);
    /// @notice A request was refunded.
    event Refunded(bytes32 indexed requestId, address indexed requester, uint256 amount);
    /// @notice A credit was withdrawn.
    event Withdrawn(address indexed account, uint256 amount);

    /// @notice No such lane.
    error UnknownLane(uint64 lane);
    /// @notice At deployment: the registry was made for other tournaments than the rollup's.
    error WrongRegistry(address got, address expected);
    /// @notice No such program.
    error UnknownProgram(bytes32 programId);
    /// @notice No watcher other than the lane's owner has attested to holding the program's data.
    error LaneClosed(uint64 lane);
    /// @notice The prompt is empty.
    error EmptyPrompt();
    /// @notice The prompt is longer than the program takes.
    error PromptTooLong(uint256 got, uint256 limit);
    /// @notice `maxTokens` is 0 or above the program's context.
    error MaxTokensOutOfRange(uint256 got, uint256 limit);
    /// @notice `topP` is not in 1..1000, or `temperature` is above 100,000.
    error SamplingOutOfRange(uint32 temperature, uint32 topP);
    /// @notice `minP` is above 1000.
    error MinPOutOfRange(uint32 minP);
    /// @notice `repetitionPenalty` is not in 1..10,000, or one of the others not in -2000..2000.
    error PenaltyOutOfRange(uint32 repetition, int32 frequency, int32 presence);
    /// @notice An entry of `stop` is neither zero nor a stop text.
    error NoStopText(uint256 place, bytes32 entry);
    /// @notice The callback asks for more gas than the hub grants.
    error CallbackGasTooHigh(uint32 got, uint32 limit);
    /// @notice Less was sent than the quote.
    error Underpaid(uint256 got, uint256 quoted);
    /// @notice No such request.
    error UnknownRequest(bytes32 requestId);
    /// @notice The request is in no state for this.
    error WrongState(bytes32 requestId, RequestState state);
    /// @notice The result is of another request.
    error WrongRequest(bytes32 got, bytes32 expected);
    /// @notice The batch does not hold the request.
    error NotInBatch(uint64 batch, uint64 index);
    /// @notice The proof does not lead to the batch's root.
    error WrongBatchRoot(bytes32 got, bytes32 expected);
    /// @notice The answer's bytes are not those of the result.
    error WrongAnswer(bytes32 got, bytes32 expected);
    /// @notice The answer has another length than the result says.
    error WrongAnswerLength(uint256 got, uint256 expected);
    /// @notice Too little gas is left to grant the callback its share.
    error NotEnoughGas(uint256 got, uint256 needed);
    /// @notice The refund is not due yet.
    error RefundNotDue(uint256 now_, uint256 due);
    /// @notice There is nothing to withdraw.
    error NothingToWithdraw(address account);
    /// @notice The receiver refused the withdrawal.
    error WithdrawalRefused(address account);

    /// @notice Makes a lane for a registered program.
    function createLane(bytes32 programId, Price calldata price) external returns (uint64 lane);

    /// @notice Asks a lane's model. What is sent above the quote is credited to the sender.
    /// @param lane The lane.
    /// @param prompt The text.
    /// @param params Sampling parameters and limits.
    /// @param callbackGas Gas for the callback.
    /// @return requestId The request's id.
    function request(uint64 lane, bytes calldata prompt, Params calldata params, uint32 callbackGas)
        external
        payable
        returns (bytes32 requestId);

    /// @notice The most that a request costs, in wei.
    function quote(uint64 lane, uint256 promptBytes, uint32 maxTokens, uint32 callbackGas)
        external
        view
        returns (uint256);

    /// @notice Hands out an answer: as proposed (`isFinal` false, once per round) or final (until the callback has returned once).
    function deliver(bytes32 requestId, Delivery calldata delivery) external;

    /// @notice Gives the fee back when no answer came in time.
    function refund(bytes32 requestId) external;

    /// @notice Pays the sender's credit out.
    function withdraw() external;

    /// @notice The receipt of a request: what is stored, and its state now.
    function receipt(bytes32 requestId) external view returns (Request memory stored, RequestState state);

    /// @notice A lane.
    function laneOf(uint64 lane) external view returns (Lane memory);

    /// @notice Id of the request at a place of a lane's inbox; zero if there is none.
    function requestAt(uint64 lane, uint64 index) external view returns (bytes32);

    /// @notice The inbox accumulator after the first `length` requests.
    function accumulatorAt(uint64 lane, uint64 length) external view returns (bytes32);

    /// @notice Sum of the limits (prompt bytes and max tokens) of the first `length` requests.
    function limitsBefore(uint64 lane, uint64 length) external view returns (uint256);

    /// @notice What an account may withdraw.
    function credit(address account) external view returns (uint256);
}
