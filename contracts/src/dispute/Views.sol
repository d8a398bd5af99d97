// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {CommitmentView, MatchView, Stage, TournamentView} from "../interfaces/ITournament.sol";
import {Span, Time} from "./Clocks.sol";
import {Commitment, Games, MatchState, Opened, Progress, TournamentState} from "./State.sol";
import {Verdict} from "./Verdict.sol";

/// @title The state as players see it
library Views {
    /// @notice A tournament.
    function tournamentView(Games storage games, bytes32 id) internal view returns (TournamentView memory shown) {
        TournamentState storage self = games.tournaments[id];
        shown.context = self.context;
        shown.openedAt = Time.unwrap(self.openedAt);
        shown.joinCloses = Time.unwrap(self.joinCloses);
        shown.allowance = Span.unwrap(self.allowance);
        shown.liveMatches = self.liveMatches;
        shown.over = self.over;
        if (self.over) shown.winner = self.waiting;
        else shown.waiting = self.waiting;
    }

    /// @notice A commitment.
    function commitmentView(Games storage games, bytes32 id, bytes32 root)
        internal
        view
        returns (CommitmentView memory)
    {
        Commitment memory self = games.tournaments[id].commitments[root];
        return CommitmentView(self.joiner, self.tag, self.eliminated, Span.unwrap(self.clock));
    }

    /// @notice A match.
    function matchView(Games storage games, bytes32 matchId) internal view returns (MatchView memory shown) {
        MatchState storage self = games.matches[matchId];
        Progress memory progress = self.progress;
        Opened memory opened = self.opened;
        shown.tournament = self.tournament;
        (shown.root0, shown.root1) = (self.roots[0], self.roots[1]);
        (shown.node0, shown.node1) = (self.nodes[0], self.nodes[1]);
        shown.height = progress.height;
        shown.position = progress.position;
        shown.leaf = opened.outputDepth == 0 ? progress.position : opened.leaf;
        shown.stage = progress.stage;
        shown.turn = progress.turn;
        shown.listed = progress.listed;
        shown.deadline = Time.unwrap(progress.deadline);
        shown.clock0 = Span.unwrap(progress.clock0);
        shown.clock1 = Span.unwrap(progress.clock1);
        shown.outputSlot = opened.outputSlot;
        shown.outputDepth = opened.outputDepth;
        shown.tensorOld = self.tensorOld;
        if (progress.stage == Stage.Inner) shown.inner = self.link;
        if (progress.stage == Stage.Decided) shown.winner = Verdict.wrap(self.agreed).winner();
        else if (progress.stage != Stage.Over) shown.agreed = self.agreed;
    }
}
