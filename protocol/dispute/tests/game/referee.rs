//! The specification's referee, in memory, over the toy world: everything is checked by hashing, and
//! every refusal is named.

use crate::world::{
    Env, Shape, State, fresh_slot, inputs_of, mix, request_id, result, tensor_root,
};
use gavel_dispute::{
    Account, Action, BatchState, BatchView, Board, CommitmentView, Context, Kind, MatchId,
    MatchView, Side, Stage, Tag, TournamentId, TournamentView,
    clocks::{
        Seconds, Timestamp, after_victory, allowance_at_join, in_time, inner_allowance,
        opening_deadline,
    },
    payload::{ExecutionEnd, MachineEnd, NodeOpening, Reveal, StepProof, TileOpening},
    rules::{CHUNK_HEIGHT, ExecutionLeaf},
};
use gavel_primitives::{CompactProof, Depth, Hash, node, root_of_leaves};
use std::collections::BTreeMap;

/// Why a transaction has no effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    WrongStage,
    TooLate,
    TooEarly,
    WrongHash,
    WrongLength,
    NotDifferent,
    EndNotContested,
    NoSuchThing,
}

/// Times of the game, by kind.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    pub(crate) window: [Seconds; 3],
    pub(crate) allowance: [Seconds; 3],
    pub(crate) effort: Seconds,
    pub(crate) open: Seconds,
}

/// What the board does not show.
#[derive(Clone, Default)]
struct Hidden {
    revealed: usize,
    tensor_old: Hash,
}

pub(crate) struct Referee {
    pub(crate) shape: Shape,
    pub(crate) times: Times,
    pub(crate) now: Timestamp,
    pub(crate) batch: BatchView,
    pub(crate) tournaments: BTreeMap<TournamentId, TournamentView>,
    pub(crate) matches: BTreeMap<MatchId, MatchView>,
    hidden: BTreeMap<MatchId, Hidden>,
}

impl Referee {
    /// A batch was proposed just now.
    pub(crate) fn new(shape: Shape, times: Times, now: Timestamp, root: Hash) -> Self {
        let context = Context {
            depth: shape.batch,
            count: shape.count,
            ..Context::empty(Kind::Batch)
        };
        Referee {
            shape,
            times,
            now,
            batch: BatchView {
                number: 0,
                context,
                root,
                closes: now + times.window[0],
                state: BatchState::Proposed,
                tournament: None,
            },
            tournaments: BTreeMap::new(),
            matches: BTreeMap::new(),
            hidden: BTreeMap::new(),
        }
    }

    pub(crate) fn board(&self) -> Board {
        Board {
            account: Account([1; 20]),
            now: self.now,
            radices: self.shape.radices,
            batches: vec![self.batch.clone()],
            tournaments: self.tournaments.clone(),
            matches: self.matches.clone(),
            credit: 0,
        }
    }

    /// Executes one transaction; refused ones change nothing.
    pub(crate) fn submit(&mut self, action: &Action) -> Result<(), Refusal> {
        match action {
            Action::Challenge { root, .. } => self.challenge(*root),
            Action::JoinBatch { tournament, root } => self.join(*tournament, *root, None),
            Action::JoinExecution {
                tournament,
                root,
                end,
            } => {
                let tag = self.execution_end(*tournament, *root, end)?;
                self.join(*tournament, *root, Some(tag))
            }
            Action::JoinMachine {
                tournament,
                root,
                end,
            } => {
                let tag = self.machine_end(*tournament, *root, end)?;
                self.join(*tournament, *root, Some(tag))
            }
            Action::Advance {
                id,
                other_tail,
                own,
                next,
                ..
            } => self.advance(*id, other_tail, own, next),
            Action::Seal {
                id, agreed, path, ..
            } => self.seal(*id, *agreed, path),
            Action::OpenPadding { id } | Action::OpenBatch { id, .. } => self.open_batch(*id),
            Action::OpenNode { id, opening } => self.open_node(*id, opening),
            Action::Reveal { id, reveal, .. } => self.reveal(*id, reveal),
            Action::OpenTile { id, opening } => self.open_tile(*id, opening),
            Action::Step { id, proof } => self.step(*id, proof),
            Action::Settle { id } => self.settle(*id),
            Action::Timeout { id } => self.timeout(*id),
            Action::Conclude { tournament } => self.conclude(*tournament),
            Action::NotifyHost { .. } | Action::Claim { .. } | Action::Withdraw { .. } => {
                Err(Refusal::NoSuchThing)
            }
        }
    }

    fn challenge(&mut self, root: Hash) -> Result<(), Refusal> {
        if self.batch.state != BatchState::Proposed {
            return Err(Refusal::WrongStage);
        }
        if !in_time(self.now, self.batch.closes) {
            return Err(Refusal::TooLate);
        }
        let id = self.open_tournament(self.batch.context.clone(), 0);
        self.batch.state = BatchState::Disputed;
        self.batch.tournament = Some(id);
        self.join(id, self.batch.root, None)?;
        self.join(id, root, None)
    }

    fn open_tournament(&mut self, context: Context, allowance: Seconds) -> TournamentId {
        let kind = context.kind as usize;
        let id = TournamentId(mix(&format!("{context:?}"), &[]));
        let view = TournamentView {
            id,
            context,
            opened_at: self.now,
            join_closes: self.now + self.times.window[kind],
            allowance: allowance.max(self.times.allowance[kind]),
            commitments: Vec::new(),
            waiting: None,
            live_matches: 0,
            over: false,
            winner: None,
        };
        self.tournaments.insert(id, view);
        id
    }

    fn tournament(&self, id: TournamentId) -> Result<&TournamentView, Refusal> {
        self.tournaments.get(&id).ok_or(Refusal::NoSuchThing)
    }

    fn join(&mut self, id: TournamentId, root: Hash, tag: Option<Tag>) -> Result<(), Refusal> {
        let now = self.now;
        let view = self.tournaments.get_mut(&id).ok_or(Refusal::NoSuchThing)?;
        if !in_time(now, view.join_closes) {
            return Err(Refusal::TooLate);
        }
        if view.commitment(root).is_some() {
            return Ok(());
        }
        view.commitments.push(CommitmentView {
            root,
            joiner: Account::default(),
            tag,
            eliminated: false,
            clock: allowance_at_join(view.allowance, view.opened_at, now),
        });
        self.wait(id, root);
        Ok(())
    }

    /// Pairs a root with the one that waits, or lets it wait.
    fn wait(&mut self, id: TournamentId, root: Hash) {
        let view = self.tournaments.get_mut(&id).expect("it exists");
        let Some(first) = view.waiting.take() else {
            view.waiting = Some(root);
            return;
        };
        view.live_matches += 1;
        let clock = |root| view.commitment(root).expect("it joined").clock;
        let roots = [first, root];
        let view = MatchView {
            id: MatchId(mix("match", &[id.0, first, root])),
            tournament: id,
            roots,
            stage: Stage::Descent,
            turn: Side::Zero,
            nodes: roots,
            height: view.context.depth,
            position: 0,
            leaf: 0,
            listed: None,
            agreed: view.context.start,
            deadline: 0,
            clocks: roots.map(clock),
            inner: None,
            claimable: 0,
        };
        let id = view.id;
        self.hidden.insert(id, Hidden::default());
        self.matches.insert(id, view);
        match self.matches[&id].height {
            0 => self.at_leaf(id),
            _ => self.start_clock(id),
        }
    }

    fn kind(&self, id: MatchId) -> Kind {
        self.tournaments[&self.matches[&id].tournament].context.kind
    }

    /// The match, if it is in one of `stages` and not past its deadline.
    fn living(&self, id: MatchId, stages: &[Stage]) -> Result<&MatchView, Refusal> {
        let view = self.matches.get(&id).ok_or(Refusal::NoSuchThing)?;
        if !stages.contains(&view.stage) {
            return Err(Refusal::WrongStage);
        }
        if !in_time(self.now, view.deadline) {
            return Err(Refusal::TooLate);
        }
        Ok(view)
    }

    fn edit(&mut self, id: MatchId) -> &mut MatchView {
        self.matches.get_mut(&id).expect("it was looked up before")
    }

    fn stop_clock(&mut self, id: MatchId) {
        let now = self.now;
        let view = self.edit(id);
        view.clocks[view.turn.index()] = view.deadline - now;
    }

    fn start_clock(&mut self, id: MatchId) {
        let now = self.now;
        let view = self.edit(id);
        view.deadline = now + view.clocks[view.turn.index()];
    }

    fn pass_turn(&mut self, id: MatchId) {
        let view = self.edit(id);
        view.turn = view.turn.other();
    }

    fn advance(
        &mut self,
        id: MatchId,
        other_tail: &[Hash],
        own: &[Hash],
        next: &[Hash],
    ) -> Result<(), Refusal> {
        let view = self.living(id, &[Stage::Descent, Stage::TileDescent])?;
        let radix = self.radix(id);
        let step = radix.min(view.height);
        let mover = view.turn.index();
        if view.listed.is_none() {
            check_list(next, step, view.nodes[mover])?;
        } else {
            let place = check_lists(
                own,
                other_tail,
                step,
                view.nodes[mover],
                view.nodes[1 - mover],
            )?;
            let height = view.height - step;
            match height {
                0 if !next.is_empty() => return Err(Refusal::WrongLength),
                0 => {}
                _ => check_list(next, radix.min(height), own[place])?,
            }
            let (mine, theirs) = (own[place], other_tail[0]);
            let view = self.edit(id);
            view.nodes[mover] = mine;
            view.nodes[1 - mover] = theirs;
            view.height = height;
            view.position = (view.position << step) | place as u64;
        }
        self.stop_clock(id);
        self.pass_turn(id);
        self.edit(id).listed = Some(next.to_vec());
        match self.matches[&id].height {
            0 => self.at_leaf(id),
            _ => self.start_clock(id),
        }
        Ok(())
    }

    fn radix(&self, id: MatchId) -> Depth {
        let radices = self.shape.radices;
        match (self.matches[&id].stage, self.kind(id)) {
            (Stage::TileDescent, _) => radices.tile,
            (_, Kind::Batch) => radices.batch,
            (_, Kind::Execution) => radices.execution,
            (_, Kind::Machine) => radices.machine,
        }
    }

    /// A descent has height 0.
    fn at_leaf(&mut self, id: MatchId) {
        let tile = self.matches[&id].stage == Stage::TileDescent;
        let batch = self.kind(id) == Kind::Batch;
        let view = self.edit(id);
        view.listed = None;
        if tile {
            return self.await_opening(id, Stage::TileSealed);
        }
        view.leaf = view.position;
        if batch || view.leaf == 0 {
            return self.await_opening(id, Stage::Sealed);
        }
        view.stage = Stage::Seal;
        self.start_clock(id);
    }

    fn await_opening(&mut self, id: MatchId, stage: Stage) {
        let join_closes = self.tournaments[&self.matches[&id].tournament].join_closes;
        let deadline = opening_deadline(self.now, join_closes, self.times.open);
        let view = self.edit(id);
        view.stage = stage;
        view.deadline = deadline;
    }

    fn seal(&mut self, id: MatchId, agreed: Hash, path: &CompactProof) -> Result<(), Refusal> {
        let view = self.living(id, &[Stage::Seal])?;
        let depth = self.tournaments[&view.tournament].context.depth;
        let root = climb(path, 0, depth, view.leaf - 1, agreed)?;
        if !view.roots.contains(&root) {
            return Err(Refusal::WrongHash);
        }
        self.stop_clock(id);
        self.pass_turn(id);
        self.edit(id).agreed = agreed;
        self.await_opening(id, Stage::Sealed);
        Ok(())
    }

    fn open_batch(&mut self, id: MatchId) -> Result<(), Refusal> {
        let view = self.living(id, &[Stage::Sealed])?;
        if self.kind(id) != Kind::Batch {
            return Err(Refusal::WrongStage);
        }
        if view.leaf >= self.shape.count {
            return self.decide_by(id, Hash::ZERO);
        }
        let context = Context {
            depth: self.shape.execution(),
            request_id: request_id(view.leaf),
            start: Env::first(&self.shape, view.leaf).hash(),
            ..self.inner_context(view, Kind::Execution)
        };
        self.open_inner(id, context)
    }

    fn inner_context(&self, view: &MatchView, kind: Kind) -> Context {
        Context {
            parent_tournament: view.tournament,
            parent_match: view.id,
            position: view.leaf,
            end_a: view.nodes[0],
            end_b: view.nodes[1],
            ..Context::empty(kind)
        }
    }

    fn open_inner(&mut self, id: MatchId, context: Context) -> Result<(), Refusal> {
        let floor = self.times.allowance[context.kind as usize];
        let allowance = inner_allowance(self.matches[&id].clocks, floor);
        let inner = self.open_tournament(context, allowance);
        let view = self.edit(id);
        view.stage = Stage::Inner;
        view.inner = Some(inner);
        Ok(())
    }

    fn open_node(&mut self, id: MatchId, opening: &NodeOpening) -> Result<(), Refusal> {
        let view = self.living(id, &[Stage::Sealed])?;
        if self.kind(id) != Kind::Execution {
            return Err(Refusal::WrongStage);
        }
        if node(&opening.persistent_root, &opening.scratch_root) != view.agreed {
            return Err(Refusal::WrongHash);
        }
        match self.shape.leaf_rule(view.leaf) {
            ExecutionLeaf::StepEnd => {
                let fresh = tensor_root(&fresh_slot(&self.shape));
                self.decide_by(id, node(&opening.persistent_root, &fresh))
            }
            ExecutionLeaf::Idle => self.decide_by(id, view.agreed),
            ExecutionLeaf::Tile => {
                self.edit(id).stage = Stage::Reveal;
                self.start_clock(id);
                Ok(())
            }
        }
    }

    fn reveal(&mut self, id: MatchId, reveal: &Reveal) -> Result<(), Refusal> {
        let view = self.living(id, &[Stage::Reveal])?;
        let mover = view.turn.index();
        let place = u64::from(!self.shape.writes_kept(view.leaf));
        if climb(&reveal.path, 0, 1, place, reveal.tensor_old)? != view.agreed
            || climb(&reveal.path, 0, 1, place, reveal.tensor)? != view.nodes[mover]
        {
            return Err(Refusal::WrongHash);
        }
        self.stop_clock(id);
        self.pass_turn(id);
        self.edit(id).nodes[mover] = reveal.tensor;
        let height = self.shape.tensor - CHUNK_HEIGHT;
        let hidden = self.hidden.get_mut(&id).expect("each match has one");
        hidden.tensor_old = reveal.tensor_old;
        hidden.revealed += 1;
        if hidden.revealed == 2 {
            let view = self.edit(id);
            (view.stage, view.height, view.position) = (Stage::TileDescent, height, 0);
            if height == 0 {
                self.at_leaf(id);
                return Ok(());
            }
        }
        self.start_clock(id);
        Ok(())
    }

    fn open_tile(&mut self, id: MatchId, opening: &TileOpening) -> Result<(), Refusal> {
        let view = self.living(id, &[Stage::TileSealed])?;
        let levels = self.shape.tensor - CHUNK_HEIGHT;
        let tensor = climb(
            &opening.chunk_path,
            0,
            levels,
            view.position,
            opening.old_chunk,
        )?;
        let [kept, fresh] = opening.slot_roots[..] else {
            return Err(Refusal::WrongLength);
        };
        if tensor != self.hidden[&id].tensor_old || node(&kept, &fresh) != view.agreed {
            return Err(Refusal::WrongHash);
        }
        let context = Context {
            depth: self.shape.machine,
            request_id: self.tournaments[&view.tournament].context.request_id,
            tile: view.position,
            start: State::first(opening.old_chunk).hash(),
            old_chunk: opening.old_chunk,
            inputs_root: inputs_of(kept, fresh, view.leaf, view.position),
            ..self.inner_context(view, Kind::Machine)
        };
        self.open_inner(id, context)
    }

    fn step(&mut self, id: MatchId, proof: &StepProof) -> Result<(), Refusal> {
        let view = self.living(id, &[Stage::Sealed])?;
        if self.kind(id) != Kind::Machine || proof.0.len() != 64 {
            return Err(Refusal::WrongStage);
        }
        let word = |at: usize| Hash(proof.0[at..at + 32].try_into().expect("32 bytes"));
        let state = State {
            chunk: word(0),
            rest: word(32),
        };
        if state.hash() != view.agreed {
            return Err(Refusal::WrongHash);
        }
        let inputs = self.tournaments[&view.tournament].context.inputs_root;
        self.decide_by(id, state.step(inputs).hash())
    }

    /// Every side unequal to the correct leaf is out.
    fn decide_by(&mut self, id: MatchId, correct: Hash) -> Result<(), Refusal> {
        let nodes = self.matches[&id].nodes;
        let winner = [Side::Zero, Side::One]
            .into_iter()
            .find(|side| nodes[side.index()] == correct);
        self.edit(id).stage = Stage::Decided { winner };
        Ok(())
    }

    fn end_match(&mut self, id: MatchId, winner: Option<usize>) {
        let view = self.edit(id);
        view.stage = Stage::Over;
        let (tournament, roots, clocks) = (view.tournament, view.roots, view.clocks);
        let effort = self.times.effort;
        let home = self.tournaments.get_mut(&tournament).expect("it exists");
        home.live_matches -= 1;
        let cap = home.allowance;
        for commitment in &mut home.commitments {
            match roots.iter().position(|r| *r == commitment.root) {
                Some(side) if Some(side) == winner => {
                    commitment.clock = after_victory(clocks[side], effort, cap);
                }
                Some(_) => commitment.eliminated = true,
                None => {}
            }
        }
        if let Some(side) = winner {
            self.wait(tournament, roots[side]);
        }
    }

    fn execution_end(
        &self,
        id: TournamentId,
        root: Hash,
        end: &ExecutionEnd,
    ) -> Result<Tag, Refusal> {
        let context = &self.tournament(id)?.context;
        let fresh = tensor_root(&fresh_slot(&self.shape));
        let leaf = node(&end.persistent_root, &fresh);
        check_last_leaf(context, root, leaf, &end.leaf)?;
        let proven = result(context.request_id, end.persistent_root);
        context.tag_of(proven).ok_or(Refusal::EndNotContested)
    }

    fn machine_end(&self, id: TournamentId, root: Hash, end: &MachineEnd) -> Result<Tag, Refusal> {
        let context = &self.tournament(id)?.context;
        let state = State {
            chunk: end.chunk,
            rest: end.work_root,
        };
        check_last_leaf(context, root, state.hash(), &end.leaf)?;
        context.tag_of(end.chunk).ok_or(Refusal::EndNotContested)
    }

    fn settle(&mut self, id: MatchId) -> Result<(), Refusal> {
        let view = self.matches.get(&id).ok_or(Refusal::NoSuchThing)?;
        if let Stage::Decided { winner } = view.stage {
            self.end_match(id, winner.map(Side::index));
            return Ok(());
        }
        let (Stage::Inner, Some(inner)) = (view.stage, view.inner) else {
            return Err(Refusal::WrongStage);
        };
        if !self.tournament(inner)?.over {
            self.conclude(inner)?;
        }
        let inner = self.tournament(inner)?;
        let tag = inner.winner.and_then(|root| inner.commitment(root)?.tag);
        self.end_match(id, tag.map(|tag| tag as usize));
        Ok(())
    }

    fn timeout(&mut self, id: MatchId) -> Result<(), Refusal> {
        let view = self.matches.get(&id).ok_or(Refusal::NoSuchThing)?;
        if !view.stage.clock_runs() && !view.stage.awaits_opening() {
            return Err(Refusal::WrongStage);
        }
        if in_time(self.now, view.deadline) {
            return Err(Refusal::TooEarly);
        }
        let winner = view.stage.clock_runs().then(|| view.turn.other().index());
        self.end_match(id, winner);
        Ok(())
    }

    fn conclude(&mut self, id: TournamentId) -> Result<(), Refusal> {
        let now = self.now;
        let view = self.tournaments.get_mut(&id).ok_or(Refusal::NoSuchThing)?;
        if view.over {
            return Ok(());
        }
        if in_time(now, view.join_closes) || view.live_matches > 0 {
            return Err(Refusal::TooEarly);
        }
        view.over = true;
        view.winner = view.waiting.take();
        if view.context.kind == Kind::Batch {
            self.batch.state = match view.winner {
                Some(_) => BatchState::Final,
                None => BatchState::Void,
            };
        }
        Ok(())
    }
}

fn check_list(list: &[Hash], width: Depth, node: Hash) -> Result<(), Refusal> {
    if list.len() != 1 << width {
        return Err(Refusal::WrongLength);
    }
    match root_of_leaves(list, width) == node {
        true => Ok(()),
        false => Err(Refusal::WrongHash),
    }
}

/// The first place where the lists part.
fn check_lists(
    own: &[Hash],
    other_tail: &[Hash],
    width: Depth,
    own_node: Hash,
    other_node: Hash,
) -> Result<usize, Refusal> {
    let size = 1usize << width;
    if other_tail.is_empty() || other_tail.len() > size || own.len() != size {
        return Err(Refusal::WrongLength);
    }
    let place = size - other_tail.len();
    check_list(own, width, own_node)?;
    check_list(&[&own[..place], other_tail].concat(), width, other_node)?;
    match own[place] == other_tail[0] {
        true => Err(Refusal::NotDifferent),
        false => Ok(place),
    }
}

fn climb(
    path: &CompactProof,
    base: Depth,
    levels: Depth,
    index: u64,
    leaf: Hash,
) -> Result<Hash, Refusal> {
    let proof = path
        .expand(base, levels)
        .map_err(|_| Refusal::WrongLength)?;
    Ok(proof.root(index, leaf))
}

fn check_last_leaf(
    context: &Context,
    root: Hash,
    leaf: Hash,
    path: &CompactProof,
) -> Result<(), Refusal> {
    let last = (1u64 << context.depth) - 1;
    match climb(path, 0, context.depth, last, leaf)? == root {
        true => Ok(()),
        false => Err(Refusal::WrongHash),
    }
}
