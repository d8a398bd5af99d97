// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Context, ITournament, Kind, Reason, Stage} from "../interfaces/ITournament.sol";
import {Tags} from "../libraries/Tags.sol";
import {KindRules} from "../types/Rules.sol";
import {Bonds} from "./Bonds.sol";
import {Clocks, Span, Time} from "./Clocks.sol";
import {Costs} from "./Costs.sol";
import {Commitment, Games, MatchState, Outcome, Progress, TournamentState} from "./State.sol";
import {Turns} from "./Turns.sol";
import {Verdict, VerdictLib} from "./Verdict.sol";

/// @title Tournaments: opening, joining, pairing, elimination, end
library Brackets {
    using Turns for Progress;

    /// @notice The constants of a kind.
    function rulesOf(Games storage games, Kind kind) internal view returns (KindRules storage) {
        if (kind == Kind.Batch) return games.rules.batch;
        return kind == Kind.Execution ? games.rules.execution : games.rules.machine;
    }

    /// @notice Opens a tournament; its id hashes everything in its context.
    /// @param atLeast Allowance that the parents ask for; the kind's own is the least.
    function open(Games storage games, Context memory context, Span atLeast) internal returns (bytes32 id) {
        KindRules memory rules = rulesOf(games, context.kind);
        // INVARIANT: no tree is deeper than the bonds and clocks are made for
        if (context.depth > rules.maxDepth) revert ITournament.TooDeep(context.depth, rules.maxDepth);
        id = keccak256(abi.encode(Tags.TOURNAMENT, block.chainid, address(this), context));
        TournamentState storage self = games.tournaments[id];
        // INVARIANT: a context has one tournament
        if (exists(self)) revert ITournament.TournamentExists(id);
        self.context = context;
        self.openedAt = Clocks.current();
        self.joinCloses = Clocks.current().plus(Span.wrap(rules.joinWindow));
        self.allowance = atLeast.longer(Span.wrap(rules.allowance));
        emit ITournament.TournamentOpened(
            id, context, uint40(block.timestamp) + rules.joinWindow, Span.unwrap(self.allowance)
        );
    }

    /// @notice Whether the tournament has been opened.
    function exists(TournamentState storage self) internal view returns (bool) {
        return Time.unwrap(self.joinCloses) != 0;
    }

    /// @notice Adds a commitment of which the caller knows joiner and tag, and pairs it.
    function join(Games storage games, bytes32 id, bytes32 root, Commitment memory joining) internal {
        TournamentState storage self = games.tournaments[id];
        // INVARIANT: a bond has an owner, and a root is not the mark for none
        if (joining.joiner == address(0) || root == 0) revert ITournament.ZeroValue();
        uint256 bond = games.bonds[uint256(self.context.kind)];
        // INVARIANT: every living commitment has paid its bond
        if (msg.value != bond) revert ITournament.WrongBond(msg.value, bond);
        // INVARIANT: nobody joins after the join window
        if (block.timestamp > Time.unwrap(self.joinCloses)) {
            revert ITournament.JoinWindowOver(uint40(block.timestamp), Time.unwrap(self.joinCloses));
        }
        joining.clock = self.allowance.onJoining(self.openedAt);
        joining.joinPrice = Bonds.price(games);
        self.commitments[root] = joining;
        emit ITournament.Joined(id, root, joining.joiner, joining.tag);
        _enqueue(games, id, root);
    }

    /// @dev Waiting commitments are paired as soon as there are two.
    function _enqueue(Games storage games, bytes32 id, bytes32 root) private {
        TournamentState storage self = games.tournaments[id];
        bytes32 waiting = self.waiting;
        if (waiting == 0) {
            self.waiting = root;
        } else {
            self.waiting = 0;
            _pair(games, id, waiting, root);
        }
    }

    /// @dev The first to have waited is side 0, the joiner side 1; side 0 moves first.
    function _pair(Games storage games, bytes32 id, bytes32 root0, bytes32 root1) private {
        TournamentState storage tournament = games.tournaments[id];
        // Two roots meet once in a tournament, since one of them is out afterwards.
        bytes32 matchId = keccak256(abi.encode(Tags.MATCH, id, root0, root1));
        MatchState storage self = games.matches[matchId];
        (self.tournament, self.roots, self.nodes) = (id, [root0, root1], [root0, root1]);
        Progress memory progress;
        progress.stage = Stage.Descent;
        progress.height = tournament.context.depth;
        progress.radix = rulesOf(games, tournament.context.kind).radix;
        progress.clock0 = tournament.commitments[root0].clock;
        progress.clock1 = tournament.commitments[root1].clock;
        progress.start();
        ++tournament.liveMatches;
        emit ITournament.MatchCreated(id, matchId, root0, root1);
        // A tree of depth 0 is at its leaf at once.
        if (progress.height == 0) arrive(games, matchId, self, progress);
        self.progress = progress;
    }

    /// @notice The descent of the commitments' trees is at its leaf: the seal is owed, or the last move was the seal.
    function arrive(Games storage games, bytes32 matchId, MatchState storage self, Progress memory progress) internal {
        TournamentState storage tournament = games.tournaments[self.tournament];
        bool batch = tournament.context.kind == Kind.Batch;
        if (!batch && progress.position > 0) {
            progress.stage = Stage.Seal;
            progress.start();
            return;
        }
        // The agreed value before leaf 0 is the trace's start; a batch's leaves are independent.
        bytes32 agreed = batch ? bytes32(0) : tournament.context.start;
        seal(games, matchId, self, progress, agreed);
    }

    /// @notice The match is sealed: its opening deadline runs.
    function seal(
        Games storage games,
        bytes32 matchId,
        MatchState storage self,
        Progress memory progress,
        bytes32 agreed
    ) internal {
        self.agreed = agreed;
        progress.awaitOpening(Stage.Sealed, games.tournaments[self.tournament].joinCloses, games.rules.open);
        emit ITournament.SealedAt(matchId, progress.position, agreed);
    }

    /// @notice Starts the inner tournament that decides a match.
    function openInner(
        Games storage games,
        bytes32 matchId,
        MatchState storage self,
        Progress memory progress,
        Context memory context
    ) internal {
        context.parentTournament = self.tournament;
        context.parentMatch = matchId;
        context.endA = self.nodes[0];
        context.endB = self.nodes[1];
        bytes32 inner = open(games, context, progress.clock0.longer(progress.clock1));
        progress.stage = Stage.Inner;
        self.progress = progress;
        self.link = inner;
        emit ITournament.InnerOpened(matchId, inner);
    }

    /// @notice Decides a match by a leaf rule; ending it is a call of its own, so that proving a leaf stays cheap.
    /// @param units What the caller is owed for it.
    function decide(
        Games storage games,
        bytes32 matchId,
        MatchState storage self,
        Progress memory progress,
        bytes32 correct,
        uint256 units
    ) internal {
        uint8 winner = Bonds.NONE;
        // INVARIANT: every side unequal to the correct leaf is out, which may be both
        if (self.nodes[0] == correct) winner = 0;
        else if (self.nodes[1] == correct) winner = 1;
        self.agreed = Verdict.unwrap(VerdictLib.pack(winner, units * Bonds.price(games)));
        progress.stage = Stage.Decided;
        self.progress = progress;
        emit ITournament.LeafDecided(matchId, correct, winner);
    }

    /// @notice Ends a decided match, and notes the deciding call for its maker.
    function enforce(Games storage games, bytes32 matchId, MatchState storage self, Progress memory progress) internal {
        Verdict verdict = Verdict.wrap(self.agreed);
        Bonds.noteFor(games.ledgers[matchId], Bonds.NEUTRAL, verdict.maker(), verdict.owed());
        end(games, matchId, progress, Outcome(verdict.winner(), Reason.Rule));
    }

    /// @notice Ends a match: losers are out, the winner gains its effort and waits or is paired.
    function end(Games storage games, bytes32 matchId, Progress memory progress, Outcome memory outcome) internal {
        uint8 winner = outcome.winner;
        MatchState storage self = games.matches[matchId];
        TournamentState storage tournament = games.tournaments[self.tournament];
        Kind kind = tournament.context.kind;
        progress.stage = Stage.Over;
        self.progress = progress;
        --tournament.liveMatches;
        // INVARIANT: an eliminated root never comes back
        if (winner != 0) tournament.commitments[self.roots[0]].eliminated = true;
        if (winner != 1) tournament.commitments[self.roots[1]].eliminated = true;
        emit ITournament.MatchOver(matchId, winner, outcome.reason);
        if (winner != Bonds.NONE) {
            Commitment storage won = tournament.commitments[self.roots[winner]];
            Span clock = winner == 0 ? progress.clock0 : progress.clock1;
            won.clock = clock.onWinning(rulesOf(games, kind).matchEffort, tournament.allowance);
            noteJoin(games, matchId, winner, kind, won);
        }
        Bonds.settle(games, matchId, winner, games.bonds[uint256(kind)]);
        if (winner != Bonds.NONE) _enqueue(games, self.tournament, self.roots[winner]);
    }

    /// @notice Notes a winner's joining, once: it counts as one of its side's moves.
    function noteJoin(Games storage games, bytes32 matchId, uint8 side, Kind kind, Commitment storage won) internal {
        uint256 amount = won.joinPrice * Costs.join(kind);
        if (amount == 0) return;
        won.joinPrice = 0;
        Bonds.noteFor(games.ledgers[matchId], side, won.joiner, amount);
    }

    /// @notice Ends a tournament: the one commitment left wins; none left: no winner.
    function conclude(Games storage games, bytes32 id) internal {
        TournamentState storage self = games.tournaments[id];
        if (!exists(self)) revert ITournament.NoTournament(id);
        // INVARIANT: a tournament ends after its join window, when no match lives
        if (block.timestamp <= Time.unwrap(self.joinCloses) || self.liveMatches != 0) {
            revert ITournament.TournamentLive(id, Time.unwrap(self.joinCloses), self.liveMatches);
        }
        self.over = true;
        Kind kind = self.context.kind;
        bytes32 winner = self.waiting;
        emit ITournament.TournamentOver(id, winner);
        if (winner != 0) Bonds.credit(games, self.commitments[winner].joiner, games.bonds[uint256(kind)]);
        // An inner tournament's end is a move in its parent's match, whose losers pay it.
        if (kind != Kind.Batch) Bonds.note(games, self.context.parentMatch, Bonds.NEUTRAL, Costs.CONCLUDE);
    }
}
