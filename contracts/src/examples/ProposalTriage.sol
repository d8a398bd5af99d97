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

    /// @notice Gas that the callback needs to store a short answer.
    uint32 public constant CALLBACK_GAS = 400_000;

    /// @notice The hub.
    IHub public immutable hub;
    /// @notice The lane of the model that is asked.
    uint64 public immutable lane;
    /// @notice Who deployed this, and gets what questions did not use.
    address public immutable treasury;
    /// @notice Final answers by request.
    mapping(bytes32 requestId => string) public answers;

    /// @param hub_ The hub.
    /// @param lane_ The lane of the model.
    constructor(IHub hub_, uint64 lane_) {
        hub = hub_;
        lane = lane_;
        treasury = msg.sender;
    }

    /// @notice Takes the change from the hub.
    receive() external payable {
        _demandHub();
    }

    /// @notice Asks about a text; send `hub.quote(...)`. What was sent too much, or is not used, is credited to this contract.
    function ask(string calldata text, uint32 maxTokens) external payable returns (bytes32 requestId) {
        return hub.request{value: msg.value}(lane, bytes(text), Sampling.greedy(maxTokens), CALLBACK_GAS);
    }

    /// @notice The same with other sampling parameters.
    function askWith(string calldata text, Params calldata params) external payable returns (bytes32 requestId) {
        return hub.request{value: msg.value}(lane, bytes(text), params, CALLBACK_GAS);
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
