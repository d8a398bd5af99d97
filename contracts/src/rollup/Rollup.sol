// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IBatchHost} from "../interfaces/IBatchHost.sol";
import {IHub} from "../interfaces/IHub.sol";
import {BatchState, IRollup} from "../interfaces/IRollup.sol";
import {Context, ITournament, Kind} from "../interfaces/ITournament.sol";

/// @title The rollup
/// @notice What it does is said in {IRollup}.
contract Rollup is IRollup {
    /// @notice The constants of a rollup.
    struct Config {
        /// Seconds in which a batch can be disputed.
        uint64 window;
        /// Depth of a batch's tree.
        uint8 batchDepth;
        /// What a proposal locks, in wei.
        uint128 proposalBond;
        /// What an attesting watcher must have free, in wei.
        uint128 attestationBond;
        /// Most that the summed limits of a batch may be.
        uint128 maxLimits;
    }

    /// @notice Where requests are made.
    IHub public immutable hub;
    /// @inheritdoc IRollup
    ITournament public immutable tournaments;
    /// @inheritdoc IRollup
    uint64 public immutable window;
    /// @inheritdoc IRollup
    uint8 public immutable batchDepth;
    /// @inheritdoc IRollup
    uint128 public immutable proposalBond;
    /// @notice What an attesting watcher must have free, in wei.
    uint128 public immutable attestationBond;
    /// @notice Most that the summed limits of a batch may be.
    uint128 public immutable maxLimits;

    mapping(address owner => Account) internal _accounts;
    mapping(uint64 lane => Batch[]) internal _batches;
    mapping(bytes32 tournament => uint256) internal _disputed;

    /// @inheritdoc IRollup
    mapping(uint64 lane => uint64) public nextRequest;
    /// @inheritdoc IRollup
    mapping(uint64 lane => bool) public isOpen;

    /// @param hub_ Where requests are made.
    /// @param tournaments_ Where disputes are decided.
    /// @param config The constants.
    constructor(IHub hub_, ITournament tournaments_, Config memory config) {
        hub = hub_;
        tournaments = tournaments_;
        window = config.window;
        batchDepth = config.batchDepth;
        proposalBond = config.proposalBond;
        attestationBond = config.attestationBond;
        maxLimits = config.maxLimits;
        _demandDisputable(config);
    }

    /// @inheritdoc IRollup
    function addBond() external payable {
        // INVARIANT: a bond is credited whole
        if (msg.value > type(uint128).max) revert BondTooLarge(msg.value, type(uint128).max);
        _accounts[msg.sender].balance += uint128(msg.value);
        emit BondAdded(msg.sender, msg.value);
    }

    /// @inheritdoc IRollup
    function withdrawBond(uint128 amount) external {
        Account storage own = _accounts[msg.sender];
        // INVARIANT: locked bonds can't be withdrawn
        if (own.balance - own.locked < amount) revert BondTooSmall(own.balance - own.locked, amount);
        // INVARIANT: a bond is paid out once
        own.balance -= amount;
        emit BondWithdrawn(msg.sender, amount);
        (bool sent,) = msg.sender.call{value: amount}("");
        if (!sent) revert WithdrawalRefused(msg.sender);
    }

    /// @inheritdoc IRollup
    function attest(uint64 lane) external {
        address owner = hub.laneOf(lane).owner;
        // INVARIANT: a lane opens only when a bonded watcher other than its owner holds its program
        if (msg.sender == owner) revert OwnerCannotAttest(owner);
        // INVARIANT: who attests is bonded
        _requireFree(_accounts[msg.sender], attestationBond);
        isOpen[lane] = true;
        emit Attested(lane, msg.sender);
    }

    /// @inheritdoc IRollup
    function propose(uint64 lane, uint64 first, uint64 count, bytes32 root) external returns (uint64 batch) {
        // INVARIANT: a proposal begins where the last one ended
        if (first != nextRequest[lane]) revert WrongFirst(first, nextRequest[lane]);
        _checkRange(lane, first, count);
        nextRequest[lane] = first + count;
        batch = uint64(_batches[lane].length);
        _batches[lane].push();
        Batch storage fresh = _batches[lane][batch];
        fresh.first = first;
        fresh.count = count;
        _post(lane, batch, fresh, root);
    }

    /// @inheritdoc IRollup
    function repropose(uint64 lane, uint64 batch, bytes32 root) external {
        Batch storage again = _batch(lane, batch);
        // INVARIANT: a void batch's range is proposed again exactly
        if (again.state != BatchState.Void) revert WrongBatchState(lane, batch, again.state);
        ++again.round;
        _post(lane, batch, again, root);
    }

    /// @inheritdoc IRollup
    function challenge(uint64 lane, uint64 batch, bytes32 root) external payable returns (bytes32 tournament) {
        Batch storage disputed = _batch(lane, batch);
        // INVARIANT: a round is disputed once
        if (disputed.state != BatchState.Proposed) revert WrongBatchState(lane, batch, disputed.state);
        uint256 closes = disputed.proposedAt + window;
        // INVARIANT: a batch can be disputed within its window alone
        if (block.timestamp > closes) revert WindowClosed(block.timestamp, closes);
        // INVARIANT: a dispute has two sides
        if (root == disputed.root) revert SameRoot(root);
        disputed.state = BatchState.Disputed;
        tournament = _open(lane, disputed);
        disputed.tournament = tournament;
        _disputed[tournament] = uint256(lane) << 64 | batch;
        emit Challenged(lane, batch, tournament, msg.sender, root);
        tournaments.joinBatchFor{value: msg.value}(tournament, root, msg.sender);
    }

    /// @inheritdoc IRollup
    function finalize(uint64 lane, uint64 batch) external {
        Batch storage ending = _batch(lane, batch);
        // INVARIANT: a bond is unlocked once, and never for a batch in dispute
        if (ending.state != BatchState.Proposed) revert WrongBatchState(lane, batch, ending.state);
        uint256 closes = ending.proposedAt + window;
        // INVARIANT: a batch without a rival is final only after its window
        if (block.timestamp <= closes) revert WindowOpen(block.timestamp, closes);
        _accounts[ending.provider].locked -= proposalBond;
        _finish(lane, batch, ending);
    }

    /// @inheritdoc IBatchHost
    function onBatchDecided(bytes32 tournament, bytes32 winner) external {
        // INVARIANT: disputes are decided by tournaments alone
        if (msg.sender != address(tournaments)) revert NotTournament(msg.sender);
        (uint64 lane, uint64 number) = (uint64(_disputed[tournament] >> 64), uint64(_disputed[tournament]));
        Batch storage decided = _batches[lane][number];
        // INVARIANT: one outcome per batch round
        if (decided.state != BatchState.Disputed || decided.tournament != tournament) {
            revert WrongBatchState(lane, number, decided.state);
        }
        if (winner == 0) {
            decided.state = BatchState.Void;
            decided.voidedAt = uint64(block.timestamp);
            emit Voided(lane, number, decided.round);
            return;
        }
        if (winner != decided.root) {
            decided.root = winner;
            decided.provider = tournaments.joinerOf(tournament, winner);
        }
        _finish(lane, number, decided);
    }

    /// @inheritdoc IBatchHost
    function requestAt(uint64 lane, uint64 index) external view returns (bytes32) {
        return hub.requestAt(lane, index);
    }

    /// @inheritdoc IBatchHost
    function hubAddress() external view returns (address) {
        return address(hub);
    }

    /// @inheritdoc IRollup
    function batchOf(uint64 lane, uint64 batch) external view returns (Batch memory) {
        if (batch >= _batches[lane].length) return _none();
        return _batches[lane][batch];
    }

    /// @inheritdoc IRollup
    function batchCount(uint64 lane) external view returns (uint64) {
        return uint64(_batches[lane].length);
    }

    /// @inheritdoc IRollup
    function batchHolding(uint64 lane, uint64 index) external view returns (bool found, uint64 batch) {
        if (index >= nextRequest[lane]) return (false, 0);
        Batch[] storage all = _batches[lane];
        (uint256 low, uint256 high) = (0, all.length - 1);
        while (low < high) {
            uint256 middle = (low + high + 1) / 2;
            if (all[middle].first <= index) low = middle;
            else high = middle - 1;
        }
        return (true, uint64(low));
    }

    /// @inheritdoc IRollup
    function account(address owner) external view returns (Account memory) {
        return _accounts[owner];
    }

    /// @dev Refuses constants with which a batch could be proposed but not disputed.
    function _demandDisputable(Config memory config) private view {
        // INVARIANT: the tournaments' host is this rollup
        if (tournaments.host() != address(this)) revert WrongHost(tournaments.host(), address(this));
        uint256 bond = tournaments.bond(Kind.Batch);
        // INVARIANT: a proposal's bond is what its tournament takes
        if (config.proposalBond != bond) revert WrongProposalBond(config.proposalBond, bond);
        uint8 deepest = tournaments.rules().batch.maxDepth;
        // INVARIANT: a batch's tree is one that tournaments take
        if (config.batchDepth > deepest) revert BatchTooDeep(config.batchDepth, deepest);
    }

    /// @dev Posts a root for a range under a bond of its own.
    function _post(uint64 lane, uint64 number, Batch storage batch, bytes32 root) private {
        // INVARIANT: a root is not the mark for none
        if (root == 0) revert EmptyRoot();
        Account storage provider = _accounts[msg.sender];
        // INVARIANT: each proposal locks a bond of its own
        _requireFree(provider, proposalBond);
        provider.locked += proposalBond;
        batch.root = root;
        batch.provider = msg.sender;
        batch.proposedAt = uint64(block.timestamp);
        batch.state = BatchState.Proposed;
        batch.tournament = 0;
        emit Proposed(lane, number, msg.sender, batch.round, batch.first, batch.count, root);
    }

    /// @dev Moves the proposer's bond into a tournament over its batch.
    function _open(uint64 lane, Batch storage batch) private returns (bytes32) {
        Account storage provider = _accounts[batch.provider];
        provider.balance -= proposalBond;
        provider.locked -= proposalBond;
        Context memory context;
        context.kind = Kind.Batch;
        context.programId = hub.laneOf(lane).programId;
        context.depth = batchDepth;
        context.lane = lane;
        context.first = batch.first;
        context.count = batch.count;
        context.round = batch.round;
        // INVARIANT: the accumulator is read from the hub
        context.accumulator = hub.accumulatorAt(lane, batch.first + batch.count);
        return tournaments.openBatch{value: proposalBond}(context, batch.root, batch.provider);
    }

    function _finish(uint64 lane, uint64 number, Batch storage batch) private {
        batch.state = BatchState.Final;
        emit Finalized(lane, number, batch.root, batch.provider);
    }

    function _checkRange(uint64 lane, uint64 first, uint64 count) private view {
        uint64 inbox = hub.laneOf(lane).length - first;
        uint64 limit = uint64(1) << batchDepth;
        if (inbox < limit) limit = inbox;
        // INVARIANT: a count is at least 1, fits the tree, and does not pass the inbox
        if (count == 0 || count > limit) revert WrongCount(count, limit);
        uint256 limits = hub.limitsBefore(lane, first + count) - hub.limitsBefore(lane, first);
        // INVARIANT: a batch's summed limits stay within the lane's bound; one request alone always fits
        if (count > 1 && limits > maxLimits) revert LimitsExceeded(limits, maxLimits);
    }

    function _requireFree(Account storage own, uint128 needed) private view {
        if (own.balance - own.locked < needed) revert BondTooSmall(own.balance - own.locked, needed);
    }

    function _batch(uint64 lane, uint64 batch) private view returns (Batch storage) {
        if (batch >= _batches[lane].length) revert WrongBatchState(lane, batch, BatchState.None);
        return _batches[lane][batch];
    }

    function _none() private pure returns (Batch memory none) {}
}
