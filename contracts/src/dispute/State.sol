// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Context, Reason, Stage, Tag} from "../interfaces/ITournament.sol";
import {Rules} from "../types/Rules.sol";
import {Span, Time} from "./Clocks.sol";

/// @notice A root that joined a tournament: one word.
struct Commitment {
    address joiner;
    Tag tag;
    bool eliminated;
    /// What is left outside matches; in a match the match keeps it.
    Span clock;
    /// Price at which joining is repaid; zero once it is accounted for.
    uint48 joinPrice;
}

/// @notice A tournament.
struct TournamentState {
    Context context;
    /// Zero: there is no such tournament.
    Time openedAt;
    /// The last second in which a commitment may join.
    Time joinCloses;
    Span allowance;
    uint32 liveMatches;
    bool over;
    /// The host has heard of the outcome.
    bool told;
    /// The commitment without a rival; once over, the winner.
    bytes32 waiting;
    mapping(bytes32 root => Commitment) commitments;
}

/// @notice What changes with every move: one word, read and written whole.
struct Progress {
    Stage stage;
    /// The side to move. In stages without a clock, who would be next.
    uint8 turn;
    /// The side not to move has listed its node's descendants; in stage Reveal: has revealed.
    bool listed;
    /// Levels left of the present descent.
    uint8 height;
    /// A move of the present descent goes down so many levels.
    uint8 radix;
    /// Place of the nodes among those of their height.
    uint48 position;
    /// The last second in time.
    Time deadline;
    /// What the sides' clocks had when the present move began.
    Span clock0;
    Span clock1;
    /// Fingerprint of the last call that did something, so that its repetition returns early.
    uint64 last;
}

/// @notice What a node's opening fixed for the stages after it.
struct Opened {
    /// The contested leaf of the execution.
    uint48 leaf;
    uint32 outputSlot;
    uint8 outputDepth;
    uint8 slotDepth;
}

/// @notice A match.
struct MatchState {
    bytes32 tournament;
    bytes32[2] roots;
    /// The sides' nodes at the present height; at height 0 the contested leaves, after the reveals tensors, then chunks.
    bytes32[2] nodes;
    Progress progress;
    /// The agreed leaf; in stage Decided and after it the `Verdict`, for which it is not needed any more.
    bytes32 agreed;
    Opened opened;
    bytes32 tensorOld;
    /// Digest of the opened node until its tile is opened; in stage Inner and after it the inner tournament.
    bytes32 link;
}

/// @notice How a match ends.
struct Outcome {
    /// The winning side; 2 if both are out.
    uint8 winner;
    Reason reason;
}

/// @notice Wei to be repaid, by what it was spent for.
struct Work {
    uint80 side0;
    uint80 side1;
    /// Opening and ending: a move of the side that wins by it.
    uint80 neutral;
}

/// @notice The money of a match.
struct Ledger {
    Work total;
    /// Zero while the match lives; then the winning side + 1, 3 if none won.
    uint8 outcome;
    /// Wei that the loser's bond pays and that is not claimed yet.
    uint120 left;
    /// Wei of work that is not claimed yet.
    uint120 owed;
    mapping(address maker => Work) makers;
}

/// @notice All that a tournament contract stores.
struct Games {
    Rules rules;
    /// Bond of each kind, in wei.
    uint256[3] bonds;
    mapping(bytes32 id => TournamentState) tournaments;
    mapping(bytes32 matchId => MatchState) matches;
    mapping(bytes32 matchId => Ledger) ledgers;
    mapping(address account => uint256) credits;
}
