//! `cargo xtask matrix`: every lie and role on every model as a whole dispute, each played by `gavel demo --json`.

mod table;

use crate::run;
use anyhow::{Result, bail};
use gavel_fixtures::random::RandomModel;
use serde_json::{Value, json};
use std::{
    fs::File,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

/// Real model files, below the models folder.
const FILES: [&str; 4] = [
    "stories260K-F32",
    "stories260K-Q8_0",
    "stories260K-F16",
    "ts656k-Q4_0",
];
/// What is asked of them; the embedded model has a question of its own.
const PROMPT: &str = "Once upon a time";
/// The lies, with a place that each of these requests has.
const LIES: [(&str, u64); 8] = [
    ("none", 0),
    ("result", 0),
    ("tokenizer", 2),
    ("token", 1),
    ("node", 17),
    ("tile", 3),
    ("machine", 1000),
    ("silent", 2),
];
/// Tokens generated on the file with random weights.
const LONG_ANSWER: u32 = 64;

/// Options.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only models whose name contains this
    #[arg(long)]
    only: Option<String>,
    /// Tokens generated at most
    #[arg(long, default_value_t = 12)]
    max_tokens: u32,
    /// Seed of the first dispute; the next has the next one
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Build with optimisation
    #[arg(long)]
    release: bool,
    /// Play with this binary instead of building one
    #[arg(long, value_name = "FILE", conflicts_with = "release")]
    gavel: Option<PathBuf>,
    /// Print one object instead of tables in Markdown
    #[arg(long)]
    json: bool,
}

/// A model and what is asked of it.
struct Model {
    name: String,
    /// The embedded one has none.
    file: Option<PathBuf>,
    max_tokens: u32,
    lies: Vec<(&'static str, u64)>,
}

/// Plays everything and prints the tables.
///
/// # Errors
/// When a story does not end as it must, or the binary can't be built.
pub(crate) fn matrix(args: &Args) -> Result<()> {
    let start = Instant::now();
    let gavel = match &args.gavel {
        Some(file) => file.clone(),
        None => run::gavel(args.release)?,
    };
    let folder = tempfile::tempdir()?;
    let mut rows = Vec::new();
    for model in models(args, folder.path())? {
        for (lie, at) in &model.lies {
            for challenger_lies in [false, true] {
                if *lie == "none" && challenger_lies {
                    continue;
                }
                let seed = args.seed + rows.len() as u64;
                rows.push(play(&gavel, &model, lie, *at, challenger_lies, seed)?);
            }
        }
    }
    let seconds = start.elapsed().as_secs();
    if args.json {
        println!("{}", json!({ "seconds": seconds, "disputes": rows }));
    } else {
        println!("{}", table::disputes(&rows));
        println!("{}", table::levels(&rows));
    }
    let wrong = rows.iter().filter(|row| row["right"] != true).count();
    eprintln!("{} stories in {seconds} s, {wrong} ended wrong", rows.len());
    if wrong > 0 {
        bail!("{wrong} stories did not end as they must");
    }
    Ok(())
}

/// The embedded model, the real files that there are, and a file with random weights made in `folder`.
fn models(args: &Args, folder: &Path) -> Result<Vec<Model>> {
    let model = |name: &str, file| Model {
        name: name.into(),
        file,
        max_tokens: args.max_tokens,
        lies: LIES.to_vec(),
    };
    let wanted = |name: &str| args.only.as_deref().is_none_or(|only| name.contains(only));
    let mut models = Vec::new();
    if wanted("embedded") {
        models.push(model("embedded", None));
    }
    for name in FILES.into_iter().filter(|name| wanted(name)) {
        if let Some(file) = gavel_fixtures::model(&format!("llama/{name}.gguf")) {
            models.push(model(name, Some(file)));
        }
    }
    if wanted("random-288x6") {
        let file = folder.join("random.gguf");
        RandomModel::STORIES15M.write(&File::create(&file)?)?;
        models.push(Model {
            max_tokens: LONG_ANSWER,
            lies: LIES
                .into_iter()
                .filter(|(lie, _)| matches!(*lie, "node" | "machine"))
                .collect(),
            ..model("random-288x6", Some(file))
        });
    }
    Ok(models)
}

/// One story: what `gavel demo` reports, and whether it ended as it must.
fn play(
    gavel: &Path,
    model: &Model,
    lie: &str,
    at: u64,
    challenger_lies: bool,
    seed: u64,
) -> Result<Value> {
    let mut command = Command::new(gavel);
    command.args(["demo", "--json", "--lie", lie]);
    command.args(["--at", &at.to_string(), "--seed", &seed.to_string()]);
    command.args(["--max-tokens", &model.max_tokens.to_string()]);
    if let Some(file) = &model.file {
        command.arg("--model").arg(file).args(["--prompt", PROMPT]);
    }
    if challenger_lies {
        command.arg("--challenger-lies");
    }
    let output = command.stderr(Stdio::piped()).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let report = text
        .lines()
        .last()
        .and_then(|line| serde_json::from_str(line).ok());
    if !output.status.success() {
        eprintln!("{command:?}\n{}", String::from_utf8_lossy(&output.stderr));
    }
    eprintln!(
        "{}, {lie}, challenger lies: {challenger_lies}: {}",
        model.name, output.status
    );
    Ok(json!({
        "model": model.name,
        "lie": lie,
        "at": at,
        "seed": seed,
        "liar": match (lie, challenger_lies) {
            ("none", _) => "nobody",
            (_, true) => "challenger",
            (_, false) => "provider",
        },
        "right": output.status.success(),
        "report": report.unwrap_or(Value::Null),
    }))
}
