// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IBatchHost} from "./IBatchHost.sol";
import {ITournament} from "./ITournament.sol";

/// @notice Where a batch is.
enum BatchState {
    None,
    Proposed,
    Disputed,
    Final,
    Void
}

/// @title The rollup
/// @notice Bonded providers propose the results of consecutive requests; after the window without a rival they are final.
interface IRollup is IBatchHost {
    /// @notice A batch.
    struct Batch {
        bytes32 root;
        bytes32 tournament;
        address provider;
        uint64 proposedAt;
        uint64 first;
        uint64 count;
        uint64 round;
        uint64 voidedAt;
        BatchState state;
    }

    /// @notice A provider's or watcher's money: what lies in locked bonds can't be withdrawn.
    struct Account {
        uint128 balance;
        uint128 locked;
    }

    /// @notice A bond was added.
    event BondAdded(address indexed account, uint256 amount);
    /// @notice A bond was withdrawn.
    event BondWithdrawn(address indexed account, uint256 amount);
    /// @notice A watcher attests to holding a lane's program.
    event Attested(uint64 indexed lane, address indexed watcher);
    /// @notice A batch was proposed; rounds past 0 repeat a void one.
    event Proposed(
        uint64 indexed lane,
        uint64 indexed batch,
        address indexed provider,
        uint64 round,
        uint64 first,
        uint64 count,
        bytes32 root
    );
    /// @notice A rival root joined: the batch is disputed.
    event Challenged(
        uint64 indexed lane, uint64 indexed batch, bytes32 indexed tournament, address challenger, bytes32 root
    );
    /// @notice A batch is final.
    event Finalized(uint64 indexed lane, uint64 indexed batch, bytes32 root, address provider);
    /// @notice A batch is void: its range is proposed again.
    event Voided(uint64 indexed lane, uint64 indexed batch, uint64 round);

    /// @notice The account's free balance is too small.
    error BondTooSmall(uint256 free, uint256 needed);
    /// @notice More was sent than an account holds.
    error BondTooLarge(uint256 got, uint256 limit);
    /// @notice At deployment: the tournaments report to another host.
    error WrongHost(address got, address expected);
    /// @notice At deployment: the proposal bond is not the tournaments'.
    error WrongProposalBond(uint256 got, uint256 expected);
    /// @notice At deployment: batches are deeper than tournaments take.
    error BatchTooDeep(uint8 got, uint8 most);
    /// @notice A batch must begin where the last one ended.
    error WrongFirst(uint64 got, uint64 expected);
    /// @notice The count is 0, above the tree, or past the inbox.
    error WrongCount(uint64 got, uint64 limit);
    /// @notice The summed limits exceed what a watcher re-checks in time.
    error LimitsExceeded(uint256 got, uint256 limit);
    /// @notice The root is zero.
    error EmptyRoot();
    /// @notice The batch is in no state for this.
    error WrongBatchState(uint64 lane, uint64 batch, BatchState state);
    /// @notice The window is still open.
    error WindowOpen(uint256 now_, uint256 closes);
    /// @notice The window has closed.
    error WindowClosed(uint256 now_, uint256 closed);
    /// @notice The rival's root is the proposed one.
    error SameRoot(bytes32 root);
    /// @notice The sender is not the tournament.
    error NotTournament(address sender);
    /// @notice A lane's owner can't attest to it.
    error OwnerCannotAttest(address owner);
    /// @notice The receiver refused the withdrawal.
    error WithdrawalRefused(address account);
    /// @notice No such lane; the hub's error, which comes through.
    error UnknownLane(uint64 lane);

    /// @notice Adds to the sender's bond.
    function addBond() external payable;
    /// @notice Pays out of the sender's free bond.
    function withdrawBond(uint128 amount) external;
    /// @notice A bonded watcher attests to holding the program of a lane, which opens the lane.
    function attest(uint64 lane) external;
    /// @notice Proposes the next batch of a lane.
    function propose(uint64 lane, uint64 first, uint64 count, bytes32 root) external returns (uint64 batch);
    /// @notice Proposes a void batch's range again.
    function repropose(uint64 lane, uint64 batch, bytes32 root) external;
    /// @notice Disputes a batch within its window; the value sent is the rival's bond. Later rivals join the tournament itself.
    function challenge(uint64 lane, uint64 batch, bytes32 root) external payable returns (bytes32 tournament);
    /// @notice Ends a batch whose window passed without a rival.
    function finalize(uint64 lane, uint64 batch) external;

    /// @notice A batch.
    function batchOf(uint64 lane, uint64 batch) external view returns (Batch memory);
    /// @notice Number of batches of a lane.
    function batchCount(uint64 lane) external view returns (uint64);
    /// @notice First request that no batch of the lane holds.
    function nextRequest(uint64 lane) external view returns (uint64);
    /// @notice The batch that holds a request of a lane; `found` is false if none does.
    function batchHolding(uint64 lane, uint64 index) external view returns (bool found, uint64 batch);
    /// @notice Whether a watcher has attested to a lane's program.
    function isOpen(uint64 lane) external view returns (bool);
    /// @notice An account's bond.
    function account(address owner) external view returns (Account memory);
    /// @notice Where disputes are decided.
    function tournaments() external view returns (ITournament);
    /// @notice Depth of a batch's tree.
    function batchDepth() external view returns (uint8);
    /// @notice Seconds in which a batch can be disputed.
    function window() external view returns (uint64);
    /// @notice What a proposal locks.
    function proposalBond() external view returns (uint128);
}
