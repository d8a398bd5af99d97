//! How many sentences a second an encoder makes vectors of:
//!
//!     cargo run --package gavel-engine --example sentences -- FOLDER TEXTS [THREADS]
//!
//! FOLDER has the model's files, TEXTS a sentence a line. Sentences are computed one after the other, each on all threads. Package
//! gavel-engine and what it computes with are optimised in every profile.

use gavel_engine::{Engine, Native, StateError};
use gavel_formats::{ImageInfo, Limits, ModelFile, import};
use gavel_primitives::{Hash, Params};
use std::{env, error::Error, fs, path::Path, sync::Arc, time::Instant};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [folder, texts, rest @ ..] = arguments.as_slice() else {
        return Err("give a model's folder and a file of sentences".into());
    };
    let threads = rest.first().map_or(Ok(1), |threads| threads.parse())?;
    let image = ImageInfo {
        root: Hash::ZERO,
        entry: 0,
        depth: 11,
    };
    let file = ModelFile::open(Path::new(folder))?;
    let start = Instant::now();
    let program = import(&file, &Limits::default(), image)?;
    println!("imported in {:.2} s", start.elapsed().as_secs_f64());
    let engine = Engine::new(Arc::new(program), Box::new(Native));
    let texts = fs::read_to_string(texts)?;
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()?;
    Ok(pool.install(|| measure(&engine, &texts))?)
}

/// Computes all sentences twice, and prints the faster round.
fn measure(engine: &Engine, texts: &str) -> Result<(), StateError> {
    let (mut best, mut tokens) = (f64::INFINITY, 0);
    for _ in 0..2 {
        let start = Instant::now();
        tokens = 0;
        for text in texts.lines() {
            let outcome = engine.answer(text.as_bytes(), &Params::greedy(0), |_| {})?;
            tokens += outcome.prompt_tokens.len();
        }
        best = best.min(start.elapsed().as_secs_f64());
    }
    let sentences = texts.lines().count() as f64;
    println!(
        "{:.1} sentences/s, {:.0} tokens/s",
        sentences / best,
        tokens as f64 / best
    );
    Ok(())
}
