//! The embedded model does what its card says, in our own engine, on the proposals that its training left out.

use crate::world;
use gavel_fixtures::workspace;
use gavel_primitives::Params;
use rayon::prelude::*;
use serde::Deserialize;
use std::fs;

/// `models/zoo/heldout.json`, written by `models/zoo/train/heldout.py`.
#[derive(Deserialize)]
struct HeldOut {
    another_seed: Vec<Proposal>,
    kept_out_wordings: Vec<Proposal>,
}

/// A proposal with the category that its generator meant.
#[derive(Deserialize)]
struct Proposal {
    prompt: String,
    category: String,
}

/// How many categories came out right.
struct Score {
    right: usize,
    of: usize,
}

impl Score {
    fn percent(&self) -> f64 {
        100.0 * self.right as f64 / self.of as f64
    }
}

fn held_out() -> HeldOut {
    let file = workspace().join("models/zoo/heldout.json");
    let text = fs::read_to_string(file).expect("the held-out proposals are committed");
    serde_json::from_str(&text).expect("the held-out proposals are JSON")
}

/// Asks for every proposal, greedily, and compares the categories.
fn score(proposals: &[Proposal]) -> Score {
    let engine = world::embedded();
    let params = Params::greedy(gavel_zoo::MAX_ANSWER_TOKENS);
    let is_right = |proposal: &&Proposal| {
        let answer = engine
            .answer(proposal.prompt.as_bytes(), &params, |_| {})
            .expect("a proposal is within the model's limit");
        let text = String::from_utf8_lossy(&answer.output);
        gavel_zoo::category(&text) == Some(proposal.category.as_str())
    };
    Score {
        right: proposals.par_iter().filter(is_right).count(),
        of: proposals.len(),
    }
}

/// Scores a set, prints the figure, and demands at least `floor` percent.
fn demand(set: &str, proposals: &[Proposal], floor: f64) {
    assert!(proposals.len() >= 100, "{set} is too small to say much");
    let score = score(proposals);
    eprintln!(
        "zoo: {set}: {:.1} % of the categories right ({} of {}, floor {floor} %)",
        score.percent(),
        score.right,
        score.of
    );
    assert!(score.percent() >= floor, "{set}: {} %", score.percent());
}

#[test]
fn categories_of_another_seed_are_right() {
    demand("another seed", &held_out().another_seed, 95.0);
}

#[test]
fn categories_of_wordings_kept_out_of_training_are_right() {
    demand(
        "wordings kept out of training",
        &held_out().kept_out_wordings,
        80.0,
    );
}
