//! A small language for disputes: `game().proposed_by(..).honest(..).attacks(..).play()`.

use crate::{
    data::Data,
    referee::{Referee, Times},
    world::Shape,
};
use gavel_dispute::{
    Action, ActionKind, BatchState, Board, Kind, Knowledge, Stage,
    clocks::{Pace, Seconds, Timestamp, delay_bound},
    decide,
    rules::Radices,
};
use gavel_primitives::{Depth, Hash};

/// When the batch is proposed.
pub(crate) const START: Timestamp = 1_000;

/// A shape with something at every level.
pub(crate) fn shape() -> Shape {
    Shape {
        batch: 2,
        count: 3,
        step: 1,
        node: 2,
        tensor: 5,
        machine: 2,
        radices: radices(2),
    }
}

pub(crate) fn radices(radix: Depth) -> Radices {
    Radices {
        batch: radix,
        execution: radix,
        tile: radix,
        machine: radix,
    }
}

/// Allowances exceed windows by what an honest player needs for all its moves.
pub(crate) fn times() -> Times {
    Times {
        window: [300, 200, 100],
        allowance: [500, 400, 300],
        effort: 60,
        open: 120,
    }
}

/// How a player uses its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tempo {
    /// Looks at the board every so many seconds and does all that is due.
    Every(Seconds),
    /// Does everything in the last second in time.
    LastSecond,
}

pub(crate) struct Player {
    knowledge: Box<dyn Knowledge>,
    honest: bool,
    tempo: Tempo,
    /// Looks at nothing before.
    from: Timestamp,
    /// Transactions that it still sends.
    moves_left: usize,
    /// Which kinds of actions it takes.
    takes: fn(ActionKind) -> bool,
}

impl Player {
    fn new(knowledge: impl Knowledge + 'static, honest: bool) -> Self {
        Player {
            knowledge: Box::new(knowledge),
            honest,
            tempo: Tempo::Every(1),
            from: START,
            moves_left: usize::MAX,
            takes: |_| true,
        }
    }

    pub(crate) fn honest(knowledge: impl Knowledge + 'static) -> Self {
        Player::new(knowledge, true)
    }

    pub(crate) fn liar(knowledge: impl Knowledge + 'static) -> Self {
        Player::new(knowledge, false)
    }

    pub(crate) fn tempo(mut self, tempo: Tempo) -> Self {
        self.tempo = tempo;
        self
    }

    /// Appears `delay` seconds after the proposal.
    pub(crate) fn late(mut self, delay: Seconds) -> Self {
        self.from = START + delay;
        self
    }

    pub(crate) fn silent_after(mut self, moves: usize) -> Self {
        self.moves_left = moves;
        self
    }

    pub(crate) fn takes_only(mut self, takes: fn(ActionKind) -> bool) -> Self {
        self.takes = takes;
        self
    }

    fn ready(&self, board: &Board, action: &Action) -> bool {
        if board.now < self.from || self.moves_left == 0 || !(self.takes)(action.kind()) {
            return false;
        }
        match self.tempo {
            Tempo::Every(period) => board.now.is_multiple_of(period),
            Tempo::LastSecond => last_second(board, action).is_none_or(|last| board.now >= last),
        }
    }
}

/// The last second in which an action is in time, if it has one.
fn last_second(board: &Board, action: &Action) -> Option<Timestamp> {
    match action {
        Action::Settle { .. } | Action::Timeout { .. } => None,
        Action::Challenge { .. } => Some(board.batches[0].closes),
        Action::JoinBatch { tournament, .. }
        | Action::JoinExecution { tournament, .. }
        | Action::JoinMachine { tournament, .. } => Some(board.tournaments[tournament].join_closes),
        _ => Some(board.matches[&action.match_id()?].deadline),
    }
}

/// A dispute to be played.
pub(crate) struct Game {
    shape: Shape,
    times: Times,
    proposed: Hash,
    players: Vec<Player>,
}

/// How it went.
#[derive(Debug)]
pub(crate) struct Report {
    /// The root that is final; none if the batch is void.
    pub(crate) result: Option<Hash>,
    pub(crate) seconds: Seconds,
    /// Every transaction that was accepted, with whether an honest player sent it.
    pub(crate) moves: Vec<(ActionKind, bool)>,
    /// Roots in the largest tournament.
    pub(crate) largest: u64,
}

impl Report {
    pub(crate) fn count(&self, kind: ActionKind) -> usize {
        self.moves.iter().filter(|(k, _)| *k == kind).count()
    }

    pub(crate) fn honest_moves(&self) -> usize {
        self.moves.iter().filter(|(_, honest)| *honest).count()
    }
}

impl Game {
    /// A batch over `shape`, proposed as `proposed` holds it.
    pub(crate) fn proposed(shape: &Shape, proposed: &Data) -> Self {
        Game {
            shape: *shape,
            times: times(),
            proposed: proposed.batch_root(),
            players: Vec::new(),
        }
    }

    pub(crate) fn player(mut self, player: Player) -> Self {
        self.players.push(player);
        self
    }

    /// Plays until the batch is final or void.
    ///
    /// # Panics
    /// If an honest player's transaction is refused or repeated, or the game does not end.
    pub(crate) fn play(mut self) -> Report {
        let mut referee = Referee::new(self.shape, self.times, START, self.proposed);
        let mut moves = Vec::new();
        while !ended(&referee) {
            let before = moves.len();
            for player in &mut self.players {
                take_turn(player, &mut referee, &mut moves);
            }
            assert!(moves.len() < 20_000, "the game does not end");
            referee.now = match moves.len() - before {
                0 => self.next_event(&referee),
                _ => referee.now + 1,
            };
        }
        let sizes = referee.tournaments.values().map(|t| t.commitments.len());
        Report {
            result: match referee.batch.state {
                BatchState::Proposed => Some(self.proposed),
                _ => referee
                    .batch
                    .tournament
                    .and_then(|id| referee.tournaments[&id].winner),
            },
            seconds: referee.now - START,
            moves,
            largest: sizes.max().unwrap_or(1) as u64,
        }
    }

    /// The next second at which something can change by itself or somebody can act.
    fn next_event(&self, referee: &Referee) -> Timestamp {
        let now = referee.now;
        let live = |stage| !matches!(stage, Stage::Inner | Stage::Decided { .. } | Stage::Over);
        let matches = referee.matches.values().filter(|m| live(m.stage));
        let joins = referee.tournaments.values().map(|t| t.join_closes);
        let ends = matches.map(|m| m.deadline).chain(joins);
        let ends = ends.chain([referee.batch.closes]);
        let wakes = self.players.iter().map(|p| match p.tempo {
            Tempo::Every(period) if p.from <= now && p.moves_left > 0 && period > 1 => {
                (now / period + 1) * period
            }
            _ => p.from,
        });
        ends.flat_map(|end| [end, end + 1])
            .chain(wakes)
            .filter(|at| *at > now)
            .min()
            .expect("a live game has a deadline")
    }
}

fn ended(referee: &Referee) -> bool {
    match referee.batch.state {
        BatchState::Final | BatchState::Void => true,
        BatchState::Proposed => referee.now > referee.batch.closes,
        BatchState::Disputed => false,
    }
}

fn take_turn(player: &mut Player, referee: &mut Referee, moves: &mut Vec<(ActionKind, bool)>) {
    let board = referee.board();
    let actions = decide(&board, player.knowledge.as_ref()).actions;
    assert_eq!(
        actions,
        decide(&board, player.knowledge.as_ref()).actions,
        "deciding twice on one board"
    );
    let mut sent = Vec::new();
    for action in actions {
        if !player.ready(&board, &action) {
            continue;
        }
        match referee.submit(&action) {
            Ok(()) => {
                player.moves_left -= 1;
                moves.push((action.kind(), player.honest));
                sent.push(action);
            }
            Err(refusal) => assert!(!player.honest, "{refusal:?} for {action:?}"),
        }
    }
    let after = decide(&referee.board(), player.knowledge.as_ref()).actions;
    let repeated = after.iter().find(|action| sent.contains(action));
    assert_eq!(
        repeated, None,
        "an action is decided again after its effect"
    );
}

/// The bound of the specification for these times, with `reaction` seconds of the honest player
/// added to every span that it has to notice the end of.
pub(crate) fn bound(times: &Times, commitments: u64, reaction: Seconds) -> Seconds {
    // An inner allowance is at most the largest of its own floor and the allowances around it.
    let longest = times.allowance.iter().copied().max().expect("three kinds");
    [Kind::Machine, Kind::Execution, Kind::Batch]
        .iter()
        .fold(0, |inner, kind| {
            let pace = Pace {
                window: times.window[*kind as usize] + reaction,
                allowance: longest + reaction,
                open: times.open + reaction,
                seals: kind.seals(),
            };
            delay_bound(&pace, commitments, inner)
        })
}
