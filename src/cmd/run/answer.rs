//! An answer as it comes.

use super::interrupts::Interrupts;
use crate::model::ModelArgs;
use anyhow::Result;
use gavel_engine::{
    Capacity, ComingText, Engine, Heard, Outcome, Piece, Replied, Scores, Service, printed, replied,
};
use gavel_primitives::Params;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often an interrupt is looked for.
const LOOK: Duration = Duration::from_millis(50);

/// Who answers: a model, with what it has computed of a conversation so far.
pub(super) struct Desk {
    pub(super) engine: Arc<Engine>,
    service: Service,
    params: Params,
    interrupts: Interrupts,
    /// Nothing is streamed.
    pub(super) json: bool,
    /// How many tokens' scores are wanted beside the chosen one's; none if no scores are.
    pub(super) scored: Option<u32>,
}

/// An answer.
pub(super) struct Answered {
    /// None if it was interrupted.
    pub(super) outcome: Option<Outcome>,
    pub(super) tokens: Vec<u32>,
    /// Of each token, if they are wanted.
    pub(super) scores: Vec<Scores>,
    /// What was streamed.
    streamed: Vec<u8>,
    pub(super) seconds: f64,
    /// Generation alone: the tokens after the first, over the time that they took; 0 where there are none.
    pub(super) tokens_per_second: f64,
}

impl Answered {
    /// The answer's text, as far as it came.
    pub(super) fn text(&self) -> String {
        let bytes = match &self.outcome {
            Some(outcome) => &outcome.output,
            None => &self.streamed,
        };
        String::from_utf8_lossy(bytes).into_owned()
    }

    /// How it ended.
    pub(super) fn status(&self) -> String {
        match &self.outcome {
            Some(outcome) => format!("{:?}", outcome.status),
            None => "Interrupted".into(),
        }
    }
}

impl Desk {
    /// Makes a model ready.
    ///
    /// # Errors
    /// When the model can't be had.
    pub(super) fn open(
        model: &ModelArgs,
        params: Params,
        json: bool,
        scored: Option<u32>,
    ) -> Result<Self> {
        let engine = Arc::new(model.engine()?);
        let pool = model.pool()?;
        let capacity = pool.install(|| Capacity::fitting(&engine));
        Ok(Desk {
            service: Service::start(Arc::clone(&engine), Some(pool), capacity)?,
            engine,
            params,
            interrupts: Interrupts::listen()?,
            json,
            scored,
        })
    }

    /// The numbers of an answer, where the model is a classic network.
    pub(super) fn replied(&self, answered: &Answered) -> Option<Replied> {
        replied(self.engine.program(), answered.outcome.as_ref()?)
    }

    /// Answers a prompt, and streams the text.
    ///
    /// # Errors
    /// When the program refuses the prompt, or the computation fails.
    pub(super) fn answer(&self, prompt: &[u8]) -> Result<Answered> {
        self.interrupts.begin();
        let answered = self.listen(prompt);
        self.interrupts.end();
        answered
    }

    /// Text that came: kept, and streamed unless there is one object at the end.
    fn show(&self, text: &[u8], streamed: &mut Vec<u8>) {
        streamed.extend_from_slice(text);
        if !self.json {
            stream(text);
        }
    }

    fn listen(&self, prompt: &[u8]) -> Result<Answered> {
        let mut clock = Clock::start();
        let mut answering = self.service.ask_scored(prompt, &self.params, self.scored);
        let mut scores = Vec::new();
        let (mut tokens, mut streamed) = (Vec::new(), Vec::new());
        let mut coming = ComingText::new(&self.params);
        let outcome = loop {
            if self.interrupts.interrupted() {
                break None;
            }
            match answering.hear_within(LOOK) {
                Some(Heard::Token(Piece { token, scores: its })) => {
                    clock.token();
                    tokens.push(token);
                    scores.extend(its);
                    let text = printed(self.engine.program(), token).unwrap_or_default();
                    self.show(&coming.add(text), &mut streamed);
                }
                Some(Heard::Ended(outcome)) => {
                    self.show(&coming.finish(), &mut streamed);
                    break Some(outcome?);
                }
                None => {}
            }
        };
        Ok(Answered {
            outcome,
            tokens,
            scores,
            streamed,
            seconds: clock.seconds(),
            tokens_per_second: clock.tokens_per_second(),
        })
    }
}

/// Prints a token's text as it comes. A reader that went away ends the streaming, not the run.
fn stream(text: &[u8]) {
    let mut out = io::stdout().lock();
    if out.write_all(text).and_then(|()| out.flush()).is_err() {
        eprintln!("standard output is closed");
    }
}

/// When an answer's tokens came.
struct Clock {
    start: Instant,
    /// Of the first and the last token.
    tokens: Option<(Instant, Instant)>,
    count: u32,
}

impl Clock {
    fn start() -> Self {
        Clock {
            start: Instant::now(),
            tokens: None,
            count: 0,
        }
    }

    fn token(&mut self) {
        let now = Instant::now();
        let first = self.tokens.map_or(now, |(first, _)| first);
        self.tokens = Some((first, now));
        self.count += 1;
    }

    /// From the start until now.
    fn seconds(&self) -> f64 {
        self.start.elapsed().as_secs_f64()
    }

    fn tokens_per_second(&self) -> f64 {
        match self.tokens {
            Some((first, last)) if self.count > 1 => {
                f64::from(self.count - 1) / (last - first).as_secs_f64()
            }
            _ => 0.0,
        }
    }
}
