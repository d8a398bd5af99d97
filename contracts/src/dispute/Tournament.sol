// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IBatchHost} from "../interfaces/IBatchHost.sol";
import {IMipsStep} from "../interfaces/IMipsStep.sol";
import {IReferee, MachineStart, NodeQuestion, NodeVerdict, TileQuestion} from "../interfaces/IReferee.sol";
import {
    CommitmentView,
    Context,
    ITournament,
    Kind,
    MatchView,
    Reason,
    Stage,
    Tag,
    TournamentView
} from "../interfaces/ITournament.sol";
import {ExecutionEnd, FirstSlots, MachineEnd, NodeOpening, TileOpening} from "../types/Opening.sol";
import {ProgramHeader} from "../types/Program.sol";
import {RequestPreimage} from "../types/Request.sol";
import {Rules} from "../types/Rules.sol";
import {Bonds} from "./Bonds.sol";
import {Brackets} from "./Brackets.sol";
import {Span} from "./Clocks.sol";
import {Consult, Question} from "./Consult.sol";
import {Costs} from "./Costs.sol";
import {Descent} from "./Descent.sol";
import {RuleCheck} from "./RuleCheck.sol";
import {Commitment, Games, MatchState, Opened, Outcome, Progress, TournamentState} from "./State.sol";
import {Turns} from "./Turns.sol";
import {Views} from "./Views.sol";

/// @title All tournaments of one rollup
/// @notice The game's moves; the rules are in the libraries beside it, docs/spec/dispute.md is their definition.
contract Tournament is ITournament {
    using Bonds for Games;
    using Brackets for Games;
    using Descent for MatchState;
    using Consult for IReferee;
    using Turns for Progress;
    using Views for Games;

    /// @dev Gas that the host gets to hear of an outcome.
    uint256 private constant HOST_GAS = 500_000;
    /// @dev What must be left so that the host can get it: EIP-150 keeps one part in 64.
    uint256 private constant GAS_TO_TELL = HOST_GAS + HOST_GAS / 63 + 20_000;

    /// @inheritdoc ITournament
    address public immutable host;
    IReferee public immutable referee;
    IMipsStep public immutable mipsStep;

    /// @dev Static words among the arguments of the functions that the referee is asked with.
    uint256 private constant JOIN_WORDS = 2;
    uint256 private constant SEAL_WORDS = 3;
    uint256 private constant REVEAL_WORDS = 4;
    uint256 private constant OPEN_WORDS = 1 + 26;
    uint256 private constant OPEN_BATCH_WORDS = 1 + 26 + 10;

    Games private _games;

    /// @param rules_ The constants.
    /// @param host_ The rollup; its address may be computed before it is deployed.
    constructor(Rules memory rules_, address host_, IReferee referee_, IMipsStep mipsStep_) {
        RuleCheck.demand(rules_);
        if (host_ == address(0)) revert ZeroValue();
        (host, referee, mipsStep) = (host_, referee_, mipsStep_);
        _games.rules = rules_;
        for (uint256 kind; kind < 3; ++kind) {
            // Half of a bond goes to the treasury, so that it is twice what it must repay.
            _games.bonds[kind] = 2 * Costs.worst(Kind(kind), rules_) * rules_.feeCap;
        }
    }

    /// @inheritdoc ITournament
    function openBatch(Context calldata context, bytes32 proposedRoot, address proposer)
        external
        payable
        returns (bytes32 id)
    {
        _demandHost();
        if (context.kind != Kind.Batch) revert WrongKind(context.kind, Kind.Batch);
        id = _games.open(context, Span.wrap(0));
        _join(id, proposedRoot, proposer, Tag.None);
    }

    /// @inheritdoc ITournament
    function joinBatch(bytes32 id, bytes32 root) external payable {
        _joinBatch(id, root, msg.sender);
    }

    /// @inheritdoc ITournament
    function joinBatchFor(bytes32 id, bytes32 root, address joiner) external payable {
        _demandHost();
        _joinBatch(id, root, joiner);
    }

    /// @inheritdoc ITournament
    function joinExecution(bytes32 id, bytes32 root, ExecutionEnd calldata) external payable {
        if (_hasJoined(id, root, Kind.Execution, msg.sender)) return;
        Context storage context = _games.tournaments[id].context;
        bytes memory call =
            abi.encodeWithSelector(IReferee.executionEnd.selector, context.depth, context.programId, context.requestId);
        _join(id, root, msg.sender, _tag(context, _askWord(call, JOIN_WORDS)));
    }

    /// @inheritdoc ITournament
    function joinMachine(bytes32 id, bytes32 root, MachineEnd calldata) external payable {
        if (_hasJoined(id, root, Kind.Machine, msg.sender)) return;
        Context storage context = _games.tournaments[id].context;
        bytes memory call = abi.encodeWithSelector(IReferee.machineEnd.selector, context.depth, context.oldChunk);
        _join(id, root, msg.sender, _tag(context, _askWord(call, JOIN_WORDS)));
    }

    /// @inheritdoc ITournament
    function advance(bytes32 matchId, bytes32[] calldata otherTail, bytes32[] calldata own, bytes32[] calldata next)
        external
    {
        (MatchState storage self, Progress memory progress, bool repeated) = _load(matchId);
        if (repeated) return;
        if (progress.stage != Stage.TileDescent) progress.demand(Stage.Descent);
        progress.stop();
        uint8 side = progress.turn;
        if (progress.listed) {
            self.descend(progress, otherTail, own, next);
        } else {
            // INVARIANT: a descent's first move lists and does nothing else
            if (otherTail.length + own.length != 0) revert WrongListLength(otherTail.length + own.length, 0);
            self.list(progress, next);
        }
        emit Advanced(matchId, side, progress.position, progress.height, next);
        progress.flip();
        if (progress.height > 0) progress.start();
        else if (progress.stage == Stage.Descent) _games.arrive(matchId, self, progress);
        else _arriveAtTile(self, progress);
        self.progress = progress;
        _games.note(matchId, side, Costs.advance(progress.radix));
    }

    /// @inheritdoc ITournament
    function seal(bytes32 matchId, bytes32 agreed, uint256, bytes32[] calldata) external {
        (MatchState storage self, Progress memory progress, bool repeated) = _load(matchId);
        if (repeated) return;
        progress.demand(Stage.Seal);
        progress.stop();
        uint8 depth = _games.tournaments[self.tournament].context.depth;
        bytes memory call = abi.encodeWithSelector(IReferee.leafRoot.selector, progress.position - 1, depth);
        bytes32 root = _askWord(call, SEAL_WORDS);
        // INVARIANT: the agreed leaf is the one before the contested, under either root
        if (root != self.roots[0] && root != self.roots[1]) {
            revert AgreedMismatch(root, self.roots[0], self.roots[1]);
        }
        _games.note(matchId, progress.turn, Costs.SEAL);
        progress.flip();
        _games.seal(matchId, self, progress, agreed);
        self.progress = progress;
    }

    /// @inheritdoc ITournament
    function openBatchMatch(
        bytes32 matchId,
        ProgramHeader calldata header,
        RequestPreimage calldata request,
        FirstSlots calldata
    ) external {
        (MatchState storage self, Progress memory progress, bool repeated) = _load(matchId);
        if (repeated) return;
        progress.demand(Stage.Sealed);
        progress.deadline.demandInTime();
        Context storage batch = _contextOf(self, Kind.Batch);
        // INVARIANT: past the count the correct leaf is 0
        if (progress.position >= batch.count) return _games.decide(matchId, self, progress, 0, Costs.OPEN_BATCH);

        _games.note(matchId, Bonds.NEUTRAL, Costs.OPEN_BATCH);
        bytes32 id = request.requestId(IBatchHost(host).hubAddress());
        bytes32 expected = IBatchHost(host).requestAt(batch.lane, batch.first + progress.position);
        // INVARIANT: the request is the one at the contested place of the inbox
        if (id != expected) revert RequestMismatch(id, expected);
        Context memory context;
        context.kind = Kind.Execution;
        context.programId = request.programId;
        context.requestId = id;
        context.position = progress.position;
        context.depth = header.stepDepth + header.nodeDepth;
        context.start = _askWord(abi.encodeWithSelector(IReferee.firstEnv.selector), OPEN_BATCH_WORDS);
        _games.openInner(matchId, self, progress, context);
    }

    /// @inheritdoc ITournament
    function openNode(bytes32 matchId, ProgramHeader calldata, NodeOpening calldata) external {
        (MatchState storage self, Progress memory progress, bool repeated) = _load(matchId);
        if (repeated) return;
        progress.demand(Stage.Sealed);
        progress.deadline.demandInTime();
        Context storage execution = _contextOf(self, Kind.Execution);
        NodeQuestion memory question = NodeQuestion(execution.programId, self.agreed, progress.position);
        bytes memory answer = _ask(abi.encodeWithSelector(IReferee.node.selector, question), OPEN_WORDS);
        NodeVerdict memory verdict = abi.decode(answer, (NodeVerdict));
        if (verdict.decided) return _games.decide(matchId, self, progress, verdict.correct, Costs.OPEN_NODE);

        _games.note(matchId, Bonds.NEUTRAL, Costs.OPEN_NODE);
        self.opened = Opened(progress.position, verdict.outputSlot, verdict.outputDepth, verdict.slotDepth);
        self.link = verdict.opened;
        progress.stage = Stage.Reveal;
        progress.listed = false;
        progress.start();
        self.progress = progress;
        emit NodeOpened(matchId, verdict.outputSlot, verdict.outputDepth);
    }

    /// @inheritdoc ITournament
    function reveal(bytes32 matchId, bytes32 tensorOld, bytes32 tensorSide, uint256, bytes32[] calldata) external {
        (MatchState storage self, Progress memory progress, bool repeated) = _load(matchId);
        if (repeated) return;
        progress.demand(Stage.Reveal);
        progress.stop();
        (uint8 side, Opened memory opened) = (progress.turn, self.opened);
        _demandInEnvs(opened, self.agreed, self.nodes[side]);
        self.nodes[side] = tensorSide;
        emit Revealed(matchId, side, tensorOld, tensorSide);
        progress.flip();
        if (progress.listed) {
            _startTileDescent(self, progress, opened.outputDepth);
        } else {
            // Both sides show the same old tensor: its path in the agreed env is unique.
            self.tensorOld = tensorOld;
            progress.listed = true;
            progress.start();
        }
        self.progress = progress;
        _games.note(matchId, side, Costs.REVEAL);
    }

    /// @inheritdoc ITournament
    function openTile(bytes32 matchId, ProgramHeader calldata, TileOpening calldata) external {
        (MatchState storage self, Progress memory progress, bool repeated) = _load(matchId);
        if (repeated) return;
        progress.demand(Stage.TileSealed);
        progress.deadline.demandInTime();
        _games.note(matchId, Bonds.NEUTRAL, Costs.OPEN_TILE);
        Context storage execution = _contextOf(self, Kind.Execution);
        Opened memory opened = self.opened;
        TileQuestion memory question = TileQuestion({
            programId: execution.programId,
            agreed: self.agreed,
            opened: self.link,
            tensorOld: self.tensorOld,
            outputDepth: opened.outputDepth,
            tile: progress.position
        });
        bytes memory answer = _ask(abi.encodeWithSelector(IReferee.tile.selector, question), OPEN_WORDS);
        MachineStart memory first = abi.decode(answer, (MachineStart));
        Context memory context;
        context.kind = Kind.Machine;
        context.programId = execution.programId;
        context.requestId = execution.requestId;
        context.position = opened.leaf;
        context.tile = progress.position;
        context.depth = first.traceDepth;
        context.start = first.start;
        context.oldChunk = first.oldChunk;
        context.inputsRoot = first.inputsRoot;
        context.imageRoot = first.imageRoot;
        context.imageDepth = first.imageDepth;
        _games.openInner(matchId, self, progress, context);
    }

    /// @inheritdoc ITournament
    function step(bytes32 matchId, bytes calldata proof) external {
        (MatchState storage self, Progress memory progress, bool repeated) = _load(matchId);
        if (repeated) return;
        progress.demand(Stage.Sealed);
        progress.deadline.demandInTime();
        Context storage machine = _contextOf(self, Kind.Machine);
        (bytes32 preState, bytes32 postState) =
            mipsStep.step(machine.imageRoot, machine.imageDepth, machine.inputsRoot, proof);
        // INVARIANT: the instruction is executed in the agreed state
        if (preState != self.agreed) revert StateMismatch(preState, self.agreed);
        _games.decide(matchId, self, progress, postState, Costs.STEP);
    }

    /// @inheritdoc ITournament
    function settle(bytes32 matchId) external {
        (MatchState storage self, Progress memory progress, bool repeated) = _load(matchId);
        if (repeated) return;
        _games.note(matchId, Bonds.NEUTRAL, Costs.SETTLE);
        if (progress.stage == Stage.Decided) return _games.enforce(matchId, self, progress);
        progress.demand(Stage.Inner);
        TournamentState storage inner = _games.tournaments[self.link];
        if (!inner.over) _games.conclude(self.link);
        bytes32 root = inner.waiting;
        // An inner tournament without a winner eliminates both.
        Outcome memory outcome = Outcome(Bonds.NONE, Reason.Inner);
        if (root != 0) {
            Commitment storage won = inner.commitments[root];
            // INVARIANT: the inner winner's tag decides the outer match
            outcome.winner = won.tag == Tag.A ? 0 : 1;
            // An outer loser's bond also pays inner makers whom no inner loser paid: a winner without a match.
            _games.noteJoin(matchId, outcome.winner, inner.context.kind, won);
        }
        _games.end(matchId, progress, outcome);
    }

    /// @inheritdoc ITournament
    function timeout(bytes32 matchId) external {
        (, Progress memory progress, bool repeated) = _load(matchId);
        if (repeated) return;
        // A sealed match that nobody opens in time is lost by both.
        Outcome memory outcome = Outcome(Bonds.NONE, Reason.Unopened);
        if (progress.isRunning()) (outcome.winner, outcome.reason) = (1 - progress.turn, Reason.Clock);
        // INVARIANT: nobody is out by time while an inner tournament lives or a rule has decided
        else if (!progress.isSealed()) revert WrongStage(progress.stage, Stage.Descent);
        progress.deadline.demandPassed();
        _games.note(matchId, Bonds.NEUTRAL, Costs.TIMEOUT);
        _games.end(matchId, progress, outcome);
    }

    /// @inheritdoc ITournament
    function conclude(bytes32 id) external {
        // INVARIANT: nothing happens to a tournament after its end
        if (_games.tournaments[id].over) return;
        _games.conclude(id);
        if (_games.tournaments[id].context.kind == Kind.Batch) _tell(id);
    }

    /// @inheritdoc ITournament
    function notifyHost(bytes32 id) external {
        TournamentState storage self = _games.tournaments[id];
        // INVARIANT: the host hears of an outcome once
        if (!self.over || self.told || self.context.kind != Kind.Batch) revert NothingToTell(id);
        _tell(id);
    }

    /// @inheritdoc ITournament
    function claim(bytes32 matchId, address maker) external {
        _games.claim(matchId, maker);
    }

    /// @inheritdoc ITournament
    function withdraw(address account) external {
        _games.withdraw(account);
    }

    /// @inheritdoc ITournament
    function tournament(bytes32 id) external view returns (TournamentView memory) {
        return _games.tournamentView(id);
    }

    /// @inheritdoc ITournament
    function commitment(bytes32 id, bytes32 root) external view returns (CommitmentView memory) {
        return _games.commitmentView(id, root);
    }

    /// @inheritdoc ITournament
    function joinerOf(bytes32 id, bytes32 root) external view returns (address) {
        return _games.tournaments[id].commitments[root].joiner;
    }

    /// @inheritdoc ITournament
    function matchState(bytes32 matchId) external view returns (MatchView memory) {
        return _games.matchView(matchId);
    }

    /// @inheritdoc ITournament
    function bond(Kind kind) external view returns (uint256) {
        return _games.bonds[uint256(kind)];
    }

    /// @inheritdoc ITournament
    function credit(address account) external view returns (uint256) {
        return _games.credits[account];
    }

    /// @inheritdoc ITournament
    function claimable(bytes32 matchId, address maker) external view returns (uint256 part) {
        (part,) = Bonds.share(_games.ledgers[matchId], maker);
    }

    /// @inheritdoc ITournament
    function rules() external view returns (Rules memory) {
        return _games.rules;
    }

    function _demandHost() private view {
        // INVARIANT: batch tournaments are the host's alone to open, and to fill for others
        if (msg.sender != host) revert NotHost(msg.sender);
    }

    function _joinBatch(bytes32 id, bytes32 root, address joiner) private {
        if (_hasJoined(id, root, Kind.Batch, joiner)) return;
        _join(id, root, joiner, Tag.None);
    }

    function _join(bytes32 id, bytes32 root, address joiner, Tag tag) private {
        Commitment memory joining;
        (joining.joiner, joining.tag) = (joiner, tag);
        _games.join(id, root, joining);
    }

    /// @dev A root joins a tournament at most once: who joins it again gets the value back as a credit.
    function _hasJoined(bytes32 id, bytes32 root, Kind kind, address payer) private returns (bool joined) {
        TournamentState storage self = _games.tournaments[id];
        if (!Brackets.exists(self)) revert NoTournament(id);
        if (self.context.kind != kind) revert WrongKind(self.context.kind, kind);
        // INVARIANT: a root joins a tournament at most once
        joined = self.commitments[root].joiner != address(0);
        if (joined) _games.credit(payer, msg.value);
    }

    /// @dev The tag is computed from the proven end, never passed in.
    function _tag(Context storage context, bytes32 end) private view returns (Tag) {
        if (end == context.endA) return Tag.A;
        // INVARIANT: no commitment whose end is not contested ever joins
        if (end != context.endB) revert EndNotContested(end, context.endA, context.endB);
        return Tag.B;
    }

    /// @dev The common beginning of moves: what the match holds, and whether this call repeats the last.
    function _load(bytes32 matchId)
        private
        view
        returns (MatchState storage self, Progress memory progress, bool repeated)
    {
        self = _games.matches[matchId];
        progress = self.progress;
        repeated = progress.repeats();
    }

    function _ask(bytes memory call, uint256 words) private view returns (bytes memory) {
        return referee.ask(Question(call, words));
    }

    function _askWord(bytes memory call, uint256 words) private view returns (bytes32) {
        return abi.decode(_ask(call, words), (bytes32));
    }

    function _contextOf(MatchState storage self, Kind kind) private view returns (Context storage context) {
        context = _games.tournaments[self.tournament].context;
        // INVARIANT: a match is opened by the rules of its own kind
        if (context.kind != kind) revert WrongKind(context.kind, kind);
    }

    /// @dev The revealed tensors are in the output slot of both envs.
    function _demandInEnvs(Opened memory opened, bytes32 agreed, bytes32 contested) private view {
        bytes memory call = abi.encodeWithSelector(IReferee.envRoots.selector, opened.outputSlot, opened.slotDepth + 1);
        (bytes32 envOld, bytes32 envSide) = abi.decode(_ask(call, REVEAL_WORDS), (bytes32, bytes32));
        // INVARIANT: root(path, T_old) is the agreed env
        if (envOld != agreed) revert EnvMismatch(envOld, agreed);
        // INVARIANT: root(path, T_side) is the side's env
        if (envSide != contested) revert EnvMismatch(envSide, contested);
    }

    /// @dev The tensors' roots are in the nodes; the descent ends at chunks.
    function _startTileDescent(MatchState storage self, Progress memory progress, uint8 outputDepth) private view {
        progress.stage = Stage.TileDescent;
        progress.listed = false;
        progress.position = 0;
        progress.height = outputDepth - 3;
        progress.radix = _games.rules.tileRadix;
        if (progress.height > 0) progress.start();
        else _arriveAtTile(self, progress);
    }

    /// @dev Tiles have no agreed value: the last move is the seal.
    function _arriveAtTile(MatchState storage self, Progress memory progress) private view {
        progress.awaitOpening(Stage.TileSealed, _games.tournaments[self.tournament].joinCloses, _games.rules.open);
    }

    /// @dev Whatever the host does, the outcome stands; what it refused it can be told again.
    function _tell(bytes32 id) private {
        // INVARIANT: nobody can keep the news from the host by giving too little gas
        if (gasleft() < GAS_TO_TELL) revert TooLittleGas(gasleft(), GAS_TO_TELL);
        TournamentState storage self = _games.tournaments[id];
        self.told = true;
        bytes memory news = abi.encodeCall(IBatchHost.onBatchDecided, (id, self.waiting));
        (bool heard,) = host.call{gas: HOST_GAS}(news);
        if (!heard) {
            self.told = false;
            emit HostRefused(id);
        }
    }
}
