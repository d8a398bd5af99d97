//! Requests without an answer: what is defined, and what can't be told.

use crate::town::{ENGINE, PROVIDER, Town, expected, rest};
use gavel_chain::rollup::InboxRequest;
use gavel_engine::{Outcome, StateError};
use gavel_primitives::{Params, Status};
use gavel_program::Program;
use gavel_sequencer::{
    Answers, AnswersError, Config, Event, Sequencer, SequencerError, SqliteStore,
    store::RequestStore,
};
use std::{
    io,
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

/// Refuses what begins with "refuse", panics at "panic", fails twice at "fail", waits at "slow"; else the engine's answers.
struct Moody {
    program: Program,
    failures: AtomicU32,
    /// Whether those that are slow must wait.
    closed: Mutex<bool>,
    opened: Condvar,
}

impl Moody {
    fn with(program: Program) -> Arc<Self> {
        Arc::new(Moody {
            program,
            failures: AtomicU32::new(0),
            closed: Mutex::new(false),
            opened: Condvar::new(),
        })
    }

    fn close(&self, closed: bool) {
        *self.closed.lock().expect("nobody panicked with it") = closed;
        self.opened.notify_all();
    }
}

impl Answers for Moody {
    fn program(&self) -> &Program {
        &self.program
    }

    fn complete(&self, prompt: &[u8], params: &Params) -> Result<Outcome, AnswersError> {
        Ok(ENGINE.answer(prompt, params, |_| {})?)
    }

    fn answer(&self, asked: &InboxRequest) -> Result<Outcome, AnswersError> {
        if asked.prompt.starts_with(b"refuse") {
            return Err(StateError::PromptTooLong { got: 9, limit: 8 }.into());
        }
        assert!(!asked.prompt.starts_with(b"panic"), "a panic of the engine");
        if asked.prompt.starts_with(b"fail") && self.failures.fetch_add(1, Ordering::Relaxed) < 2 {
            return Err(AnswersError::Failed(Box::new(io::Error::other(
                "no memory",
            ))));
        }
        if asked.prompt.starts_with(b"slow") {
            let closed = self.closed.lock().expect("nobody panicked with it");
            drop(self.opened.wait_while(closed, |closed| *closed));
        }
        self.complete(&asked.prompt, &asked.request.params)
    }
}

async fn sequencer(town: &Town, answers: Arc<Moody>) -> (Sequencer, SqliteStore) {
    sequencer_that_waits(town, answers, 60_000).await
}

async fn sequencer_that_waits(
    town: &Town,
    answers: Arc<Moody>,
    answer_wait_ms: u64,
) -> (Sequencer, SqliteStore) {
    let store = SqliteStore::in_memory().await.expect("a database");
    let config = Config {
        answer_wait_ms,
        ..Config::default()
    };
    let made = Sequencer::new(config, town.link(), store.clone().into(), answers);
    (made.await.expect("everything fits together"), store)
}

fn honest() -> Arc<Moody> {
    Moody::with(Program::clone(ENGINE.program()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_request_has_a_defined_result_and_blocks_nobody() {
    let town = Town::start().await;
    let refused = town.ask("refuse this", 2).await;
    let next = town.ask("Question", 2).await;
    let (mut sequencer, store) = sequencer(&town, honest()).await;
    rest(&mut sequencer).await;
    assert_eq!(sequencer.ledger().batches()[0].count, 2);
    let answer = store.answer(refused).await.expect("read").expect("kept");
    assert_eq!(answer.result.status, Status::PromptTooLong);
    assert_eq!((answer.result.output_len, answer.answer.len()), (0, 0));
    // The hub takes both: early answers reached the callbacks.
    assert!(sequencer.ledger().entries().iter().all(|entry| entry.early));
    let answer = store.answer(next).await.expect("read").expect("kept");
    assert_eq!(answer.answer, expected("Question", 2).into_bytes());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_computation_is_tried_again() {
    let town = Town::start().await;
    let id = town.ask("fail twice", 2).await;
    let (mut sequencer, _) = sequencer(&town, honest()).await;
    let events = rest(&mut sequencer).await;
    let doubts = |event: &&Event| matches!(event, Event::CantTell { id: of, .. } if *of == id);
    assert_eq!(events.iter().filter(doubts).count(), 1, "said once");
    rest(&mut sequencer).await;
    assert_eq!(sequencer.ledger().batches()[0].count, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_computation_holds_up_neither_the_pass_nor_other_answers() {
    let town = Town::start().await;
    let slow = town.ask("slow", 2).await;
    let quick = town.ask("Question", 2).await;
    let answers = honest();
    let (mut sequencer, store) = sequencer_that_waits(&town, answers.clone(), 300).await;
    answers.close(true);
    for _ in 0..60 {
        sequencer.tick().await.expect("a pass");
        if store.answer(quick).await.expect("read").is_some() {
            break;
        }
    }
    assert!(store.answer(quick).await.expect("read").is_some());
    assert!(store.answer(slow).await.expect("read").is_none());
    let batches = sequencer.ledger().batches().len();
    assert_eq!(batches, 0, "the first one is not answered");
    answers.close(false);
    for _ in 0..60 {
        sequencer.tick().await.expect("a pass");
        if store.answer(slow).await.expect("read").is_some() {
            break;
        }
    }
    rest(&mut sequencer).await;
    assert_eq!(sequencer.ledger().batches()[0].count, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_proposed_past_a_request_that_can_t_be_computed() {
    let town = Town::start().await;
    town.ask("Question", 2).await;
    town.ask("panic", 2).await;
    town.ask("Another", 2).await;
    let (mut sequencer, store) = sequencer(&town, honest()).await;
    rest(&mut sequencer).await;
    assert_eq!(sequencer.ledger().batches().len(), 1);
    assert_eq!(sequencer.ledger().batches()[0].count, 1);
    let third = sequencer.ledger().entries()[2].asked.id;
    let kept = store.answer(third).await.expect("read");
    assert!(kept.is_some(), "the later one is answered all the same");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_whose_id_is_another_is_never_answered() {
    let town = Town::start().await;
    let id = town.ask("Question", 2).await;
    // A program whose prompt slot is read at another depth: the hub's id is not what this side computes.
    let mut program = Program::clone(ENGINE.program());
    program.header.prompt_depth += 1;
    let (mut sequencer, store) = sequencer(&town, Moody::with(program)).await;
    let events = rest(&mut sequencer).await;
    assert!(
        events
            .iter()
            .any(|event| matches!(event, Event::CantTell { id: of, .. } if *of == id))
    );
    assert!(store.answer(id).await.expect("read").is_none());
    assert_eq!(town.sent_by(PROVIDER).await, 1, "the bond alone");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_program_than_the_lane_s_does_not_start() {
    let town = Town::start().await;
    let mut program = Program::clone(ENGINE.program());
    program.id = gavel_primitives::keccak(b"another");
    let store = SqliteStore::in_memory().await.expect("a database");
    let made = Sequencer::new(
        Config::default(),
        town.link(),
        store.into(),
        Moody::with(program),
    );
    assert!(matches!(
        made.await.err(),
        Some(SequencerError::WrongProgram { lane: 0, .. })
    ));
}
