//! Speed on drawn tokens: batches of a prompt, then single steps.

use super::Timed;
use anyhow::{Context, Result, ensure};
use gavel_engine::Engine;
use gavel_engine::batch::session::{MOST_ROWS, Session};
use gavel_engine::batch::workshop::Row;
use gavel_primitives::Params;
use gavel_program::{Control, Op, Phase};
use std::time::Instant;

/// Reads `prompt` tokens, then generates `tokens` in a sequence of its own.
///
/// # Errors
/// Where the backend doesn't compute in batches, or the context is too short.
pub(super) fn measure(engine: &Engine, prompt: u32, tokens: u32) -> Result<Timed> {
    let context = engine.program().header.context;
    ensure!(
        prompt.max(tokens) <= context,
        "the context has {context} positions"
    );
    let session = engine.session();
    let mut session = session.context("this backend has no batches; measure with --prompt")?;
    let params = Params::greedy(tokens);
    let vocab = vocab(engine)?;
    let mut chosen = Vec::new();

    let start = Instant::now();
    let rows: Vec<Row> = rows(&mut session, prompt, vocab, &params);
    for batch in rows.chunks(MOST_ROWS) {
        session.forward(batch, &mut chosen);
    }
    let first = start.elapsed();
    session.close(rows[0].sequence);

    let mut row = Row {
        sequence: session.open(),
        head: true,
        ..rows[0]
    };
    row.control.phase = Phase::Generate as u32;
    let start = Instant::now();
    for position in 0..tokens {
        row.control.position = position;
        row.control.tokens_out = position;
        session.forward(&[row], &mut chosen);
        row.token = chosen[0];
    }
    Ok(Timed {
        prompt_tokens: prompt as usize,
        // The first one counts too: its step is timed.
        tokens: tokens as usize + 1,
        first,
        others: start.elapsed(),
        recheck: None,
    })
}

/// The rows of a prompt; the last one chooses a token.
fn rows(session: &mut Session<'_>, count: u32, vocab: u32, params: &Params) -> Vec<Row> {
    let sequence = session.open();
    let row = |position: u32| {
        let head = position + 1 == count;
        let mut control = Control::first(0, params);
        control.phase = if head {
            Phase::Generate
        } else {
            Phase::Prefill
        } as u32;
        control.position = position;
        control.prompt_tokens = count;
        Row {
            sequence,
            token: position.wrapping_mul(2_654_435_761) % vocab,
            head,
            control,
            scored: None,
        }
    };
    (0..count).map(row).collect()
}

/// Tokens of the model's vocabulary.
fn vocab(engine: &Engine) -> Result<u32> {
    let nodes = &engine.program().nodes;
    let found = nodes.iter().find_map(|node| match &node.op {
        Op::Embed(p) => Some(p.before + p.vocab + p.after),
        _ => None,
    });
    found.context("the model embeds no tokens")
}
