// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IGavelConsumer} from "../../src/interfaces/IGavelConsumer.sol";
import {IHub} from "../../src/interfaces/IHub.sol";
import {Params, Status} from "../../src/types/Request.sol";

/// @dev Asks, and remembers what it is told.
contract Receiver is IGavelConsumer {
    IHub internal immutable HUB;
    uint256 public calls;
    uint256 public gasGiven;
    bytes32 public lastId;
    Status public lastStatus;
    bytes public lastAnswer;
    bool public lastFinal;

    constructor(IHub hub) {
        HUB = hub;
    }

    receive() external payable {}

    function ask(uint64 lane, bytes calldata prompt, Params calldata params, uint32 callbackGas)
        external
        payable
        returns (bytes32)
    {
        return HUB.request{value: msg.value}(lane, prompt, params, callbackGas);
    }

    function withdraw() external {
        HUB.withdraw();
    }

    function onGavelAnswer(bytes32 id, Status status, bytes calldata answer, bool isFinal) external virtual {
        // Measured first; what the dispatch before it takes is a few hundred units.
        gasGiven = gasleft();
        ++calls;
        (lastId, lastStatus, lastAnswer, lastFinal) = (id, status, answer, isFinal);
    }
}

/// @dev Refuses the answer until told otherwise, in one of several ways.
contract Mood is Receiver {
    enum Way {
        Accept,
        Refuse,
        Burn,
        Bomb
    }

    Way public way;

    constructor(IHub hub) Receiver(hub) {}

    function behave(Way way_) external {
        way = way_;
    }

    function onGavelAnswer(bytes32 id, Status, bytes calldata, bool isFinal) external override {
        if (way == Way.Refuse) revert("no");
        while (way == Way.Burn) {}
        if (way == Way.Bomb) {
            // As much return data as the gas is for.
            assembly {
                return(0, 600000)
            }
        }
        ++calls;
        (lastId, lastFinal) = (id, isFinal);
    }
}

/// @dev Calls the hub back out of its callback, and notes whether that worked.
contract Reenterer is Receiver {
    bytes public call;
    bool public entered;
    bytes public reason;

    constructor(IHub hub) Receiver(hub) {}

    function prepare(bytes calldata call_) external {
        call = call_;
    }

    function onGavelAnswer(bytes32, Status, bytes calldata, bool) external override {
        ++calls;
        (entered, reason) = address(HUB).call(call);
    }
}

/// @dev Withdraws again out of its withdrawal.
contract Grabber is Receiver {
    bool public grabbed;
    bool private _inside;

    constructor(IHub hub) Receiver(hub) {}

    function grab() external {
        HUB.withdraw();
    }

    fallback() external payable {
        if (_inside) return;
        _inside = true;
        (grabbed,) = address(HUB).call(abi.encodeCall(IHub.withdraw, ()));
    }
}

/// @dev Takes bonds back twice, if it is let.
contract BondGrabber {
    address private immutable ROLLUP;
    bytes private _again;
    bool public grabbed;

    constructor(address rollup) {
        ROLLUP = rollup;
    }

    function run(bytes calldata call, bytes calldata again) external payable {
        _again = again;
        (bool ok,) = ROLLUP.call{value: msg.value}(call);
        require(ok, "refused");
    }

    receive() external payable {
        if (_again.length == 0) return;
        bytes memory again = _again;
        delete _again;
        (grabbed,) = ROLLUP.call(again);
    }
}
