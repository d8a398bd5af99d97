// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IGavelConsumer} from "../interfaces/IGavelConsumer.sol";
import {IHub} from "../interfaces/IHub.sol";
import {Sampling} from "../libraries/Sampling.sol";
import {Params, Status} from "../types/Request.sol";

/// @title An example dApp: asks a model what a DAO proposal is about
/// @notice Anyone pays for a question; the final answer is kept here, and the change belongs to who deployed it.
contract ProposalTriage is IGavelConsumer {
    /// @notice Only the hub answers.
    error NotHub(address sender);
    /// @notice The treasury refused the change.
    error ChangeRefused(address treasury);

    /// @notice A final answer arrived.
    event Triaged(bytes32 indexed requestId, Status status, string answer);
    /// @notice An answer that can still be disputed arrived.
    event Previewed(bytes32 indexed requestId, string answer);

    /// @notice Gas of a callback beside the words of its answer.
    uint256 private constant BASE_GAS = 100_000;
    /// @notice Gas to keep 32 bytes of an answer and to log them.
    uint256 private constant WORD_GAS = 25_000;

    /// @notice The hub.
    IHub public immutable hub;
    /// @notice The lane of the model that is asked.
    uint64 public immutable lane;
    /// @notice Gas of a callback that keeps the longest answer.
    uint32 public immutable callbackGas;
    /// @notice Who deployed this, and gets what questions did not use.
    address public immutable treasury;
    /// @notice Final answers by request.
    mapping(bytes32 requestId => string) public answers;

    /// @param hub_ The hub.
    /// @param lane_ The lane of the model.
    /// @param answerBytes Most bytes of an answer. The hub takes no callback of over 2 million gas: 2,432 bytes.
    constructor(IHub hub_, uint64 lane_, uint16 answerBytes) {
        hub = hub_;
        lane = lane_;
        // 2,048 words at most, so it fits.
        callbackGas = uint32(BASE_GAS + WORD_GAS * ((uint256(answerBytes) + 31) / 32));
        treasury = msg.sender;
    }

    /// @notice Takes the change from the hub.
    receive() external payable {
        _demandHub();
    }

    /// @notice Asks about a text; send `hub.quote(...)`. What was sent too much, or is not used, is credited to this contract.
    function ask(string calldata text, uint32 maxTokens) external payable returns (bytes32 requestId) {
        return hub.request{value: msg.value}(lane, bytes(text), Sampling.greedy(maxTokens), callbackGas);
    }

    /// @notice The same with other sampling parameters.
    function askWith(string calldata text, Params calldata params) external payable returns (bytes32 requestId) {
        return hub.request{value: msg.value}(lane, bytes(text), params, callbackGas);
    }

    /// @inheritdoc IGavelConsumer
    function onGavelAnswer(bytes32 requestId, Status status, bytes calldata answer, bool isFinal) external {
        _demandHub();
        if (!isFinal) {
            emit Previewed(requestId, string(answer));
            return;
        }
        answers[requestId] = string(answer);
        emit Triaged(requestId, status, string(answer));
    }

    /// @notice Sends the change, refunds included, to the treasury.
    function collectChange() external {
        hub.withdraw();
        (bool sent,) = treasury.call{value: address(this).balance}("");
        if (!sent) revert ChangeRefused(treasury);
    }

    function _demandHub() private view {
        // INVARIANT: the hub alone answers
        if (msg.sender != address(hub)) revert NotHub(msg.sender);
    }
}
