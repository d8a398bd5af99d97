//! What a player does about claims that it can't judge: nothing, and everything else as always.

use crate::{
    data::{Data, Lie},
    language::{Game, Player, START, shape, times},
    referee::Referee,
};
use gavel_dispute::{
    Action, ActionKind, Board, CantTell, Claim, Context, Kind, Knowledge, Opening, Subject, Trace,
    Verdict, decide, judge,
    payload::{BatchOpening, NodeOpening, Reveal, StepProof, TileOpening},
};
use std::sync::Arc;

/// Asked before a question is answered: it may have no answer, or panic.
type Look = fn(&Context) -> Result<(), CantTell>;

/// Nothing is odd.
const FINE: Look = |_| Ok(());

/// Knows everything, but what `claims` and `steps` say of questions about claims and steps.
struct Odd {
    data: Data,
    claims: Look,
    steps: Look,
}

impl Odd {
    /// Has no claim where `claims` says so.
    fn blind(data: &Data, claims: Look) -> Self {
        Odd {
            data: data.clone(),
            claims,
            steps: FINE,
        }
    }
}

fn no_answer_if(odd: bool) -> Result<(), CantTell> {
    match odd {
        true => Err(CantTell::StillComputing),
        false => Ok(()),
    }
}

impl Knowledge for Odd {
    fn claim(&self, tournament: &Context) -> Result<Claim, CantTell> {
        (self.claims)(tournament)?;
        self.data.claim(tournament)
    }

    fn open_batch(&self, batch: &Context, position: u64) -> Result<BatchOpening, CantTell> {
        self.data.open_batch(batch, position)
    }

    fn open_node(
        &self,
        execution: &Context,
        position: u64,
    ) -> Result<Opening<NodeOpening>, CantTell> {
        self.data.open_node(execution, position)
    }

    fn reveal(&self, execution: &Context, position: u64) -> Result<Reveal, CantTell> {
        self.data.reveal(execution, position)
    }

    fn tensor(&self, execution: &Context, position: u64) -> Result<Arc<dyn Trace>, CantTell> {
        self.data.tensor(execution, position)
    }

    fn open_tile(
        &self,
        execution: &Context,
        position: u64,
        tile: u64,
    ) -> Result<TileOpening, CantTell> {
        self.data.open_tile(execution, position, tile)
    }

    fn step(&self, machine: &Context, position: u64) -> Result<Opening<StepProof>, CantTell> {
        (self.steps)(machine)?;
        self.data.step(machine, position)
    }
}

fn deep_lie(truth: &Data) -> Data {
    truth.with(Lie::Execution {
        request: 0,
        leaf: 0,
        tile: 1,
        instruction: 1,
        seed: 2,
    })
}

#[test]
fn a_player_that_can_not_judge_a_batch_leaves_it_alone_and_says_so() {
    let truth = Data::truth(&shape());
    let lying = deep_lie(&truth);
    let blind = Odd::blind(&truth, |context| no_answer_if(context.kind == Kind::Batch));
    let referee = Referee::new(shape(), times(), START, lying.batch_root());
    let decision = decide(&referee.board(), &blind);
    assert_eq!(decision.actions, []);
    assert_eq!(decision.doubts.len(), 1);
    assert_eq!(
        decision.doubts[0].about,
        Subject::Batch { lane: 0, batch: 0 }
    );
    assert_eq!(decision.doubts[0].reason, CantTell::StillComputing);
    let report = Game::proposed(&shape(), &lying)
        .player(Player::honest(blind))
        .play();
    assert!(report.moves.is_empty());
}

/// The board with an odd batch before the one that there is.
fn with_odd_batch(mut board: Board, change: fn(&mut Context)) -> Board {
    let mut odd = board.batches[0].clone();
    odd.number = 1;
    change(&mut odd.context);
    board.batches.insert(0, odd);
    board
}

#[test]
fn a_doubt_about_one_batch_does_not_hinder_another() {
    let truth = Data::truth(&shape());
    let lying = deep_lie(&truth);
    let referee = Referee::new(shape(), times(), START, lying.batch_root());
    let board = with_odd_batch(referee.board(), |context| context.kind = Kind::Machine);
    let blind = Odd::blind(&truth, |context| {
        no_answer_if(context.kind == Kind::Machine)
    });
    let decision = decide(&board, &blind);
    assert_eq!(decision.doubts.len(), 1);
    assert_eq!(
        decision.actions,
        [Action::Challenge {
            lane: 0,
            batch: 0,
            root: truth.batch_root()
        }]
    );
}

#[test]
fn a_panic_about_one_batch_does_not_hinder_another() {
    let truth = Data::truth(&shape());
    let lying = deep_lie(&truth);
    let referee = Referee::new(shape(), times(), START, lying.batch_root());
    let board = with_odd_batch(referee.board(), |context| context.round = 9);
    let panicking = Odd {
        data: truth.clone(),
        claims: |context| {
            assert!(context.round != 9, "an odd claim");
            Ok(())
        },
        steps: FINE,
    };
    let decision = decide(&board, &panicking);
    assert_eq!(decision.doubts.len(), 1);
    assert_eq!(
        decision.doubts[0].about,
        Subject::Batch { lane: 0, batch: 1 }
    );
    assert_eq!(
        decision.doubts[0].reason,
        CantTell::Failed {
            cause: "panic: an odd claim".into()
        }
    );
    assert_eq!(
        decision.actions,
        [Action::Challenge {
            lane: 0,
            batch: 0,
            root: truth.batch_root()
        }]
    );
}

/// The machine match is lost for want of the step, by both; nothing stops before, and the outer matches end.
#[test]
fn a_player_that_panics_inside_still_plays_the_outer_levels() {
    let truth = Data::truth(&shape());
    let lying = deep_lie(&truth);
    let panicking = |data: &Data| Odd {
        data: data.clone(),
        claims: FINE,
        steps: |_| panic!("an odd step"),
    };
    let report = Game::proposed(&shape(), &lying)
        .player(Player::honest(panicking(&truth)))
        .player(Player::liar(panicking(&lying)))
        .play();
    assert_eq!(report.result, None);
    for kind in [
        ActionKind::OpenTile,
        ActionKind::Timeout,
        ActionKind::Settle,
    ] {
        assert!(
            report.moves.iter().any(|(made, _)| *made == kind),
            "{kind:?}"
        );
    }
}

#[test]
fn a_verdict_has_three_values() {
    let truth = Data::truth(&shape());
    let batch = Referee::new(shape(), times(), START, truth.batch_root())
        .batch
        .context;
    let wrong = deep_lie(&truth).batch_root();
    let correct = truth.batch_root();
    assert_eq!(judge(&truth, &batch, correct), Verdict::Right);
    assert_eq!(judge(&truth, &batch, wrong), Verdict::Wrong { correct });
    let blind = Odd::blind(&truth, |context| no_answer_if(context.kind == Kind::Batch));
    assert_eq!(
        judge(&blind, &batch, correct),
        Verdict::CantTell(CantTell::StillComputing)
    );
}

#[test]
fn a_player_blind_inside_still_plays_the_outer_levels() {
    let truth = Data::truth(&shape());
    let lying = deep_lie(&truth);
    let blind = Odd::blind(&truth, |context| {
        no_answer_if(context.kind == Kind::Execution)
    });
    // The liar wins inside by default; the point is that nothing stops before.
    let report = Game::proposed(&shape(), &lying)
        .player(Player::honest(blind))
        .player(Player::liar(lying.clone()))
        .play();
    assert_eq!(report.result, Some(lying.batch_root()));
}
