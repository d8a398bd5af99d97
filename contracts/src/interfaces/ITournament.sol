// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {ExecutionEnd, FirstSlots, MachineEnd, NodeOpening, TileOpening} from "../types/Opening.sol";
import {ProgramHeader} from "../types/Program.sol";
import {RequestPreimage} from "../types/Request.sol";
import {Rules} from "../types/Rules.sol";

/// @notice The three tournaments.
enum Kind {
    Batch,
    Execution,
    Machine
}

/// @notice Everything that a tournament decides about; its hash is its id.
struct Context {
    Kind kind;
    /// Depth of the commitment's tree.
    uint8 depth;
    /// Machine: depth of the guest image's tree.
    uint8 imageDepth;
    /// Leaf of the parent's descent (execution: of the batch tree; machine: of the execution tree).
    uint64 position;
    /// Machine: the tile index, position of the parent's tile descent.
    uint64 tile;
    /// Batch: lane, first request, count, proposal round, inbox accumulator over the range.
    uint64 lane;
    uint64 first;
    uint64 count;
    uint64 round;
    bytes32 accumulator;
    /// Batch: the lane's program. Execution and machine: the program that runs.
    bytes32 programId;
    /// Execution and machine; zero for a batch.
    bytes32 requestId;
    bytes32 parentTournament;
    bytes32 parentMatch;
    /// env_0, M_0, or zero.
    bytes32 start;
    /// r_0 or q_0.
    bytes32 endA;
    /// r_1 or q_1.
    bytes32 endB;
    /// Machine: the old chunk's root.
    bytes32 oldChunk;
    /// Machine: root over the machine's windows.
    bytes32 inputsRoot;
    /// Machine: the guest image.
    bytes32 imageRoot;
}

/// @notice Where a match is.
enum Stage {
    None,
    Descent,
    Seal,
    Sealed,
    Reveal,
    TileDescent,
    TileSealed,
    Inner,
    /// A leaf rule has decided it: nothing runs, and `settle` ends it.
    Decided,
    Over
}

/// @notice Which contested end a commitment proved.
enum Tag {
    None,
    A,
    B
}

/// @notice How a match ended.
enum Reason {
    /// A leaf rule gave the correct leaf.
    Rule,
    /// A side's clock ran out.
    Clock,
    /// Nobody opened it in time: both sides are out.
    Unopened,
    /// Its inner tournament decided.
    Inner
}

/// @notice A tournament as players see it.
struct TournamentView {
    Context context;
    /// Zero if there is no such tournament.
    uint40 openedAt;
    /// The last second in which a commitment may join.
    uint40 joinCloses;
    /// Seconds on the clock of a commitment that joins at once; also the cap of a clock.
    uint32 allowance;
    /// Matches that are not over.
    uint32 liveMatches;
    /// Root that waits for a rival; zero if none.
    bytes32 waiting;
    /// Root that won; zero if none did or it is not over.
    bytes32 winner;
    bool over;
}

/// @notice A commitment as players see it.
struct CommitmentView {
    /// Zero if the root has not joined.
    address joiner;
    Tag tag;
    bool eliminated;
    /// Seconds on its clock outside matches; while it is in a match the match has it.
    uint32 clock;
}

/// @notice A match as players see it.
struct MatchView {
    bytes32 tournament;
    bytes32 root0;
    bytes32 root1;
    /// The sides' nodes at `height` and `position`: at height 0 the contested leaves (tile descent: chunks); in stage
    /// Reveal a side that has revealed shows its tensor's root.
    bytes32 node0;
    bytes32 node1;
    /// Levels left of the descent.
    uint8 height;
    /// Place of the nodes among those of their height, in the tree of the present descent.
    uint64 position;
    /// Place of the contested leaf in the commitment's tree, once it is known.
    uint64 leaf;
    Stage stage;
    /// Side to move, 0 or 1, in the stages with a clock.
    uint8 turn;
    /// Whether the side that is not to move has listed its node's descendants.
    bool listed;
    /// The last second in time: of the side to move, or of the opening.
    uint40 deadline;
    /// Seconds on the sides' clocks when the present move began.
    uint32 clock0;
    uint32 clock1;
    /// The agreed leaf, once sealed and until it is decided; the start at position 0; zero for a batch.
    bytes32 agreed;
    /// Output slot of the opened node.
    uint32 outputSlot;
    /// Depth of its tree.
    uint8 outputDepth;
    /// Root of the output slot in the agreed env, once a side has revealed.
    bytes32 tensorOld;
    /// The inner tournament in stage Inner; zero else.
    bytes32 inner;
    /// In stage Decided the winning side, 2 if both are out; zero else.
    uint8 winner;
}

/// @title Refereed tournaments over Merkle trees of traces
/// @notice Three kinds of tournament, one game: docs/spec/dispute.md is its definition. Anyone may make any move: a
/// move has exactly one valid content for a given root. Repeating a made move returns early.
interface ITournament {
    /// @notice A tournament is open.
    event TournamentOpened(bytes32 indexed tournament, Context context, uint40 joinCloses, uint32 allowance);
    /// @notice A root has joined; the tag is `None` in a batch tournament.
    event Joined(bytes32 indexed tournament, bytes32 root, address joiner, Tag tag);
    /// @notice Two commitments are paired; side 0 moves first.
    event MatchCreated(bytes32 indexed tournament, bytes32 indexed matchId, bytes32 root0, bytes32 root1);
    /// @notice Side `side` has moved; both nodes are now at `height` and `position`, and `next` are the descendants that it
    /// lists of its own, empty at the leaf.
    event Advanced(bytes32 indexed matchId, uint8 side, uint64 position, uint8 height, bytes32[] next);
    /// @notice The contested leaf is sealed: `agreed` is the leaf before it or the trace's start, zero in a batch.
    event SealedAt(bytes32 indexed matchId, uint64 position, bytes32 agreed);
    /// @notice The node at the contested leaf needs its tile descent: the reveals come first.
    event NodeOpened(bytes32 indexed matchId, uint32 outputSlot, uint8 outputDepth);
    /// @notice A side has shown the root of its output tensor.
    event Revealed(bytes32 indexed matchId, uint8 side, bytes32 tensorOld, bytes32 tensor);
    /// @notice An inner tournament decides the match.
    event InnerOpened(bytes32 indexed matchId, bytes32 indexed inner);
    /// @notice A leaf rule gave the correct leaf; `winner` is the winning side, 2 if none. `settle` ends the match.
    event LeafDecided(bytes32 indexed matchId, bytes32 correct, uint8 winner);
    /// @notice A match is over; `winner` is the winning side, 2 if none.
    event MatchOver(bytes32 indexed matchId, uint8 winner, Reason reason);
    /// @notice A tournament is over; `winner` is zero if none won.
    event TournamentOver(bytes32 indexed tournament, bytes32 winner);
    /// @notice The host refused the news; `notifyHost` tells it again.
    event HostRefused(bytes32 indexed tournament);
    /// @notice Money to be withdrawn.
    event Credited(address indexed account, uint256 amount);
    /// @notice Money was withdrawn.
    event Withdrawn(address indexed account, uint256 amount);

    /// @notice Only the host may call this.
    error NotHost(address sender);
    /// @notice An account or root is zero.
    error ZeroValue();
    /// @notice The constants of a tournament contract contradict each other.
    error RulesRefused(Kind kind);
    /// @notice A tree is deeper than the bonds and clocks are made for.
    error TooDeep(uint8 got, uint8 most);
    /// @notice There is already a tournament with this context.
    error TournamentExists(bytes32 tournament);
    /// @notice There is no such tournament.
    error NoTournament(bytes32 tournament);
    /// @notice The tournament is of another kind.
    error WrongKind(Kind got, Kind expected);
    /// @notice The value sent is not the bond.
    error WrongBond(uint256 got, uint256 expected);
    /// @notice The join window has passed.
    error JoinWindowOver(uint40 time, uint40 joinCloses);
    /// @notice The tournament's join window is open, or a match of it lives.
    error TournamentLive(bytes32 tournament, uint40 joinCloses, uint32 liveMatches);
    /// @notice The end that was proven is none of the contested ones.
    error EndNotContested(bytes32 got, bytes32 endA, bytes32 endB);
    /// @notice The match is in another stage.
    error WrongStage(Stage got, Stage expected);
    /// @notice The time to act is over.
    error TooLate(uint40 time, uint40 deadline);
    /// @notice The time to act is not over.
    error TooEarly(uint40 time, uint40 deadline);
    /// @notice A list has another length than the descent wants.
    error WrongListLength(uint256 got, uint256 expected);
    /// @notice The mover's list does not hash to its node.
    error OwnNodeMismatch(bytes32 got, bytes32 expected);
    /// @notice The other side's list does not hash to its node.
    error OtherNodeMismatch(bytes32 got, bytes32 expected);
    /// @notice The next list does not hash to the mover's node.
    error NextNodeMismatch(bytes32 got, bytes32 expected);
    /// @notice The place that the lists are said to part at holds the same on both sides.
    error NotDifferent(uint256 place);
    /// @notice The agreed leaf is under neither root.
    error AgreedMismatch(bytes32 got, bytes32 root0, bytes32 root1);
    /// @notice The request is not the one at this place of the inbox.
    error RequestMismatch(bytes32 got, bytes32 expected);
    /// @notice The tensor is not under the env.
    error EnvMismatch(bytes32 got, bytes32 expected);
    /// @notice The machine proof starts from another state than the agreed one.
    error StateMismatch(bytes32 got, bytes32 expected);
    /// @notice The inner tournament is not over.
    error InnerLive(bytes32 inner);
    /// @notice The match is not over.
    error MatchLive(bytes32 matchId);
    /// @notice Nothing is owed.
    error NothingOwed(address account);
    /// @notice The account refused the payment.
    error PaymentRefused(address account, uint256 amount);
    /// @notice Too little gas is left to tell the host.
    error TooLittleGas(uint256 got, uint256 expected);
    /// @notice The host has been told, or is none.
    error NothingToTell(bytes32 tournament);

    /// @notice Opens a batch tournament with the proposer's root in it; the host sends the proposer's bond along.
    /// @param context The batch; `kind` is `Batch`, fields of inner tournaments are zero.
    /// @param proposedRoot The proposed batch root.
    /// @param proposer Who posted it.
    /// @return tournament The tournament's id.
    function openBatch(Context calldata context, bytes32 proposedRoot, address proposer)
        external
        payable
        returns (bytes32 tournament);

    /// @notice Joins a batch tournament with a rival root and a bond. A root that has joined already: the value is
    /// credited back and nothing else happens (so for all joins).
    function joinBatch(bytes32 tournament, bytes32 root) external payable;

    /// @notice As `joinBatch`, by the host for an account that sent it the bond.
    function joinBatchFor(bytes32 tournament, bytes32 root, address joiner) external payable;

    /// @notice Joins an execution tournament: the proof gives the end, and the end the tag.
    function joinExecution(bytes32 tournament, bytes32 root, ExecutionEnd calldata proof) external payable;

    /// @notice Joins a machine tournament: the proof gives the end, and the end the tag.
    function joinMachine(bytes32 tournament, bytes32 root, MachineEnd calldata proof) external payable;

    /// @notice Moves a descent on, in stages Descent and TileDescent. With h the height left, w = min(radix, h):
    /// @param matchId The match.
    /// @param otherTail The other side's listed descendants from the first that differs; empty on a descent's first move.
    /// @param own The 2^w descendants of the mover's node, w levels down; empty on a descent's first move.
    /// @param next First move: the 2^w descendants of the mover's node. Else the descendants of `own[i]`, min(radix, h - w)
    /// levels down, i the first place that differs; empty if h = w.
    function advance(bytes32 matchId, bytes32[] calldata otherTail, bytes32[] calldata own, bytes32[] calldata next)
        external;

    /// @notice Seals a match: the leaf before the contested one, proven under either side's root.
    function seal(bytes32 matchId, bytes32 agreed, uint256 mask, bytes32[] calldata siblings) external;

    /// @notice Opens a sealed batch match: decides it by rule past the count, else starts an execution tournament.
    /// @param matchId The match.
    /// @param header The request's program; not looked at past the count (so for all below).
    /// @param request The request at the contested place.
    /// @param slots Prompt and control slot in the program's template.
    function openBatchMatch(
        bytes32 matchId,
        ProgramHeader calldata header,
        RequestPreimage calldata request,
        FirstSlots calldata slots
    ) external;

    /// @notice Opens a sealed execution match: decides it by a rule or starts the reveals.
    function openNode(bytes32 matchId, ProgramHeader calldata header, NodeOpening calldata opening) external;

    /// @notice Shows the output tensor of the side to move in its env, and the old one in the agreed env, at one path.
    function reveal(bytes32 matchId, bytes32 tensorOld, bytes32 tensorSide, uint256 mask, bytes32[] calldata siblings)
        external;

    /// @notice Opens a sealed tile as a machine tournament.
    function openTile(bytes32 matchId, ProgramHeader calldata header, TileOpening calldata opening) external;

    /// @notice Executes the contested instruction of a sealed machine match, which decides it.
    /// @param proof As docs/spec/machine.md lays it out.
    function step(bytes32 matchId, bytes calldata proof) external;

    /// @notice Ends a match that a leaf rule has decided, or whose inner tournament is over or can be concluded now.
    function settle(bytes32 matchId) external;

    /// @notice Ends a match by time: the side to move is out, or both if the opening is overdue.
    function timeout(bytes32 matchId) external;

    /// @notice Ends a tournament: after the join window, when no match lives.
    function conclude(bytes32 tournament) external;

    /// @notice Tells the host again what it refused.
    function notifyHost(bytes32 tournament) external;

    /// @notice Credits a maker's share of what a match's loser pays.
    /// @param matchId A match that is over.
    /// @param maker Who made moves of the winning side, or opened or ended the match.
    function claim(bytes32 matchId, address maker) external;

    /// @notice Pays an account what it is credited.
    function withdraw(address account) external;

    /// @notice A tournament.
    function tournament(bytes32 id) external view returns (TournamentView memory);

    /// @notice A commitment of a tournament.
    function commitment(bytes32 id, bytes32 root) external view returns (CommitmentView memory);

    /// @notice Who joined with a root; zero if it has not joined.
    function joinerOf(bytes32 id, bytes32 root) external view returns (address);

    /// @notice A match.
    function matchState(bytes32 matchId) external view returns (MatchView memory);

    /// @notice The bond of a commitment, in wei.
    function bond(Kind kind) external view returns (uint256);

    /// @notice What an account may withdraw, in wei.
    function credit(address account) external view returns (uint256);

    /// @notice What `claim` would credit, in wei.
    function claimable(bytes32 matchId, address maker) external view returns (uint256);

    /// @notice The constants.
    function rules() external view returns (Rules memory);

    /// @notice The rollup whose batches are decided here.
    function host() external view returns (address);
}
