// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IHub, Price, RequestState} from "../../src/interfaces/IHub.sol";
import {IModelRegistry} from "../../src/interfaces/IModelRegistry.sol";
import {IReferee} from "../../src/interfaces/IReferee.sol";
import {BatchState, IRollup} from "../../src/interfaces/IRollup.sol";
import {ITournament, Kind} from "../../src/interfaces/ITournament.sol";
import {Sampling} from "../../src/libraries/Sampling.sol";
import {ProgramHeader} from "../../src/types/Program.sol";
import {Proof} from "../../src/types/Proof.sol";
import {Params, Result, Status} from "../../src/types/Request.sol";
import {Rules} from "../../src/types/Rules.sol";
import {Arena} from "../dispute/Arena.sol";
import {ToyStep} from "../dispute/Toys.sol";
import {Tree} from "../dispute/Tree.sol";
import {VM} from "../Vm.sol";

/// @dev `Rollup.Config`, so that a change of the contract recompiles no test.
struct Config {
    uint64 window;
    uint8 batchDepth;
    uint128 proposalBond;
    uint128 attestationBond;
    uint128 maxLimits;
}

/// @dev A hub, a rollup and the real tournaments with small constants, one open lane, and what a provider computes.
abstract contract RollupArena is Arena {
    uint64 internal constant WINDOW = 100;
    uint64 internal constant REFUND_DELAY = 5000;
    uint128 internal constant ATTESTATION_BOND = 3 ether;
    uint128 internal constant MAX_LIMITS = 150;
    uint8 internal constant ROLLUP_DEPTH = 2;
    uint8 internal constant OUTPUT_DEPTH = 2;
    uint32 internal constant MAX_PROMPT = 100;
    uint32 internal constant CONTEXT = 60;
    uint32 internal constant CALLBACK_GAS = 400_000;
    /// @dev Tokens of every answer.
    uint32 internal constant TOKENS_OUT = 7;

    address internal watcher = address(0x3A7C);
    address internal deliverer = address(0xDE11);
    address internal requester = address(0x4E9);

    IModelRegistry internal registry;
    IHub internal hub;
    IRollup internal rollup;
    bytes32 internal program;
    uint64 internal lane;
    uint128 internal proposalBond;

    function setUp() public virtual override {
        VM.warp(START);
        VM.fee(1 gwei);
        deployAll();
        program = registry.register(header(), 0, "toy", "");
        lane = hub.createLane(program, price());
        address[6] memory players = [alice, bob, carol, watcher, deliverer, requester];
        for (uint256 i; i < players.length; ++i) {
            VM.deal(players[i], 1e6 ether);
        }
        addBond(watcher, ATTESTATION_BOND);
        VM.prank(watcher);
        rollup.attest(lane);
        addBond(alice, 3 * proposalBond);
    }

    /// @dev Tournament, rollup and hub know each other: their addresses follow from the deployer's nonce.
    function deployAll() private {
        referee = IReferee(VM.deployCode("Referee.sol:Referee", ""));
        address step = address(new ToyStep());
        uint256 nonce = VM.getNonce(address(this));
        address rollupAddress = VM.computeCreateAddress(address(this), nonce + 2);
        address hubAddress = VM.computeCreateAddress(address(this), nonce + 3);
        bytes memory arguments = abi.encode(toyRules(2, 1), rollupAddress, referee, step);
        game = ITournament(VM.deployCode("Tournament.sol:Tournament", arguments));
        proposalBond = uint128(game.bond(Kind.Batch));
        arguments = abi.encode(bytes32("image"), game);
        registry = IModelRegistry(VM.deployCode("ModelRegistry.sol:ModelRegistry", arguments));
        rollup = IRollup(VM.deployCode("Rollup.sol:Rollup", abi.encode(hubAddress, game, config())));
        hub = IHub(VM.deployCode("Hub.sol:Hub", abi.encode(registry, rollup, REFUND_DELAY)));
        require(address(rollup) == rollupAddress && address(hub) == hubAddress, "addresses");
    }

    function config() internal view returns (Config memory) {
        return Config(WINDOW, ROLLUP_DEPTH, proposalBond, ATTESTATION_BOND, MAX_LIMITS);
    }

    function price() internal pure returns (Price memory) {
        return Price({perRequest: 1 ether, perPromptByte: 1e15, perToken: 1e16, perCallbackGas: 1e9});
    }

    function header() internal pure returns (ProgramHeader memory toy) {
        toy.imageRoot = "image";
        toy.weightsRoot = "weights";
        toy.nodeCount = 3;
        toy.persistentCount = 3;
        toy.scratchCount = 1;
        toy.promptSlot = 0;
        toy.controlSlot = 1;
        toy.outputSlot = 2;
        toy.promptDepth = 2;
        toy.outputDepth = OUTPUT_DEPTH;
        toy.slotDepth = 2;
        toy.nodeDepth = 2;
        toy.stepDepth = 6;
        toy.traceDepth = 8;
        toy.maxPromptBytes = MAX_PROMPT;
        toy.context = CONTEXT;
        toy.maxOutputBytes = 128;
        toy.abiVersion = 1;
    }

    // What requesters do

    function params() internal pure returns (Params memory) {
        return Sampling.drawn(10, 700, 900, 5);
    }

    function ask(address from) internal returns (bytes32 id) {
        return ask(from, "what is this about?");
    }

    function ask(address from, bytes memory prompt) internal returns (bytes32 id) {
        uint256 fee = hub.quote(lane, prompt.length, params().maxTokens, CALLBACK_GAS);
        VM.prank(from);
        return hub.request{value: fee}(lane, prompt, params(), CALLBACK_GAS);
    }

    function askMany(uint256 count) internal {
        for (uint256 i; i < count; ++i) {
            ask(requester);
        }
    }

    // What providers do

    function addBond(address owner, uint128 amount) internal {
        VM.prank(owner);
        rollup.addBond{value: amount}();
    }

    function answerTo(bytes32 id) internal pure returns (bytes memory) {
        return abi.encodePacked("the answer to ", id, " in more than one leaf");
    }

    /// @dev The tree over a byte string, the plain way.
    function plainRoot(bytes memory data, uint256 depth) internal pure returns (bytes32) {
        bytes32[] memory leaves = new bytes32[](uint256(1) << depth);
        for (uint256 i; i < data.length; ++i) {
            leaves[i / 32] |= bytes32(data[i]) >> (8 * (i % 32));
        }
        return Tree.root(leaves);
    }

    function resultOf(bytes32 id, bytes memory answer) internal pure returns (Result memory) {
        return Result(id, Status.Stop, TOKENS_OUT, uint32(answer.length), plainRoot(answer, OUTPUT_DEPTH));
    }

    /// @dev The results of a range, honest but for `salt`: a liar's are other answers to the same requests.
    function leavesOf(uint64 first, uint64 count, bytes memory salt) internal view returns (bytes32[] memory leaves) {
        leaves = new bytes32[](uint256(1) << ROLLUP_DEPTH);
        for (uint64 i; i < count; ++i) {
            bytes32 id = hub.requestAt(lane, first + i);
            leaves[i] = resultOf(id, bytes.concat(answerTo(id), salt)).hashResult();
        }
    }

    function honestLeaves(uint64 first, uint64 count) internal view returns (bytes32[] memory) {
        return leavesOf(first, count, "");
    }

    function propose(uint64 first, uint64 count) internal returns (uint64 batch) {
        return proposeRoot(first, count, Tree.root(honestLeaves(first, count)));
    }

    function proposeRoot(uint64 first, uint64 count, bytes32 root) internal returns (uint64 batch) {
        VM.prank(alice);
        return rollup.propose(lane, first, count, root);
    }

    function passWindow(uint64 batch) internal {
        VM.warp(rollup.batchOf(lane, batch).proposedAt + WINDOW + 1);
    }

    function proposeFinal(uint64 first, uint64 count) internal returns (uint64 batch) {
        batch = propose(first, count);
        passWindow(batch);
        rollup.finalize(lane, batch);
    }

    // What deliverers do

    /// @dev The honest delivery of a request's answer, from the batch that holds it.
    function deliveryOf(bytes32 id) internal view returns (IHub.Delivery memory delivery) {
        (IHub.Request memory stored,) = hub.receipt(id);
        (, delivery.batch) = rollup.batchHolding(stored.lane, stored.index);
        IRollup.Batch memory batch = rollup.batchOf(lane, delivery.batch);
        delivery.answer = answerTo(id);
        delivery.result = resultOf(id, delivery.answer);
        Proof memory proof = Tree.proof(honestLeaves(batch.first, batch.count), stored.index - batch.first, 0);
        (delivery.mask, delivery.siblings) = (proof.mask, proof.siblings);
    }

    function deliver(bytes32 id) internal {
        IHub.Delivery memory delivery = deliveryOf(id);
        VM.prank(deliverer);
        hub.deliver(id, delivery);
    }

    // Checks

    function inState(bytes32 id, RequestState expected) internal view {
        (, RequestState state_) = hub.receipt(id);
        equal(uint256(state_), uint256(expected), "request state");
    }

    function inState(uint64 batch, BatchState expected) internal view {
        equal(uint256(rollup.batchOf(lane, batch).state), uint256(expected), "batch state");
    }

    function expectWrongState(bytes32 id, RequestState state_) internal {
        VM.expectRevert(abi.encodeWithSelector(IHub.WrongState.selector, id, state_));
    }

    function expectWrongBatch(uint64 batch, BatchState state_) internal {
        VM.expectRevert(abi.encodeWithSelector(IRollup.WrongBatchState.selector, lane, batch, state_));
    }

    function bondOf(address owner) internal view returns (uint256 balance, uint256 locked) {
        IRollup.Account memory account = rollup.account(owner);
        return (account.balance, account.locked);
    }
}
