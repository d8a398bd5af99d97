// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IBatchHost} from "../../src/interfaces/IBatchHost.sol";
import {Context, ITournament} from "../../src/interfaces/ITournament.sol";
import {Rules} from "../../src/types/Rules.sol";

/// @dev A machine whose proof is the step itself: the game is under test, not the machine.
contract ToyStep {
    function step(bytes32, uint8, bytes32, bytes calldata proof) external pure returns (bytes32, bytes32) {
        return abi.decode(proof, (bytes32, bytes32));
    }
}

/// @dev A rollup that opens what it is told to.
contract ToyHost is IBatchHost {
    ITournament public tournaments;
    address public hubAddress = address(0x1111);
    mapping(uint64 => bytes32) public requests;
    bool public refuses;
    bool public burns;
    uint256 public heard;
    bytes32 public lastTournament;
    bytes32 public lastWinner;

    function attach(ITournament tournaments_) external {
        tournaments = tournaments_;
    }

    function behave(bool refuses_, bool burns_) external {
        (refuses, burns) = (refuses_, burns_);
    }

    function setRequest(uint64 index, bytes32 id) external {
        requests[index] = id;
    }

    function requestAt(uint64, uint64 index) external view returns (bytes32) {
        return requests[index];
    }

    function open(Context calldata context, bytes32 root, address proposer) external payable returns (bytes32) {
        return tournaments.openBatch{value: msg.value}(context, root, proposer);
    }

    function joinFor(bytes32 id, bytes32 root, address joiner) external payable {
        tournaments.joinBatchFor{value: msg.value}(id, root, joiner);
    }

    function onBatchDecided(bytes32 tournament, bytes32 winner) external {
        require(!refuses, "refused");
        while (burns) {}
        ++heard;
        (lastTournament, lastWinner) = (tournament, winner);
    }
}

/// @dev An account that takes no money.
contract Miser {
    receive() external payable {
        revert("no");
    }
}

/// @dev An account that asks again while it is being paid.
contract Glutton {
    ITournament private immutable GAME;
    uint256 public paid;

    constructor(ITournament game) {
        GAME = game;
    }

    receive() external payable {
        ++paid;
        (bool again,) = address(GAME).call(abi.encodeCall(ITournament.withdraw, (address(this))));
        require(!again, "paid twice");
    }
}

/// @dev Tournaments that open trees up to these depths.
contract ToyTournaments {
    Rules private _rules;

    constructor(uint8 execution, uint8 machine) {
        (_rules.execution.maxDepth, _rules.machine.maxDepth) = (execution, machine);
    }

    function rules() external view returns (Rules memory) {
        return _rules;
    }
}
