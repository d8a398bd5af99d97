//! Drops each check under an `// INVARIANT:` line of the contracts in turn; the tests must notice every one.
//!
//! The copy is compiled once, with every check switched by the block's coinbase: mutant k lives where the coinbase is
//! address k, so that a mutant costs a run of the tests and no compilation. `pure` becomes `view` for it.

mod places;

use crate::{node, run};
use anyhow::{Context, Result, bail};
use places::{Place, Switch};
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

/// A check that is dropped.
struct Mutant {
    /// Its number, and the coinbase under which it is dropped.
    number: usize,
    /// Path below contracts/src.
    file: String,
    place: Place,
}

/// What the sources hold.
#[derive(Default)]
struct Found {
    mutants: Vec<Mutant>,
    /// Invariants over which there is nothing to drop, with their files.
    unswitched: Vec<(String, Place)>,
}

/// Which tests a mutant is shown to.
enum Tests<'a> {
    All,
    /// Those of the files that match a path.
    Below(&'a str),
    /// Those of these names.
    Named(&'a [String]),
}

/// How many tests that noticed a mutant are tried on the next one of its file, at the price of one run.
const REMEMBERED: usize = 12;

/// The copy of contracts/ in which mutants live.
struct Arena {
    forge: PathBuf,
    /// Deleted with it.
    folder: tempfile::TempDir,
}

/// Runs all mutants, or those whose file or invariant contains `only`.
///
/// # Errors
/// When a mutant survives, or the tests fail without one.
pub(crate) fn mutate(only: Option<&str>, as_json: bool) -> Result<()> {
    let start = Instant::now();
    node::packages()?;
    let forge = node::foundry("forge").context("forge is not among the installed packages")?;
    let arena = Arena {
        forge,
        folder: tempfile::tempdir()?,
    };
    let Found {
        mutants,
        unswitched,
    } = arena.fill()?;
    eprintln!("{} mutants; compiling them all", mutants.len());
    // A coinbase that no mutant has: the copy itself passes.
    if let Some(test) = arena.notices(mutants.len() + 1, &Tests::All)? {
        bail!("{test} fails without a mutant: `FOUNDRY_PROFILE=quick forge test`");
    }
    eprintln!(
        "compiled, and the tests pass without a mutant: {:.0} s",
        start.elapsed().as_secs_f64()
    );
    let chosen: Vec<&Mutant> = mutants.iter().filter(|m| m.matches(only)).collect();
    let survivors = arena.survivors(&chosen)?;
    let seconds = start.elapsed().as_secs();
    if as_json {
        let report = report(&chosen, &survivors, &unswitched, seconds);
        println!("{}", serde_json::to_string(&report)?);
    }
    for (file, place) in &unswitched {
        eprintln!("no check: {file}:{}: {}", place.line, place.invariant);
    }
    let killed = chosen.len() - survivors.len();
    eprintln!("{killed} of {} mutants noticed, {seconds} s", chosen.len());
    for survivor in &survivors {
        eprintln!("survived: {}", survivor.title());
    }
    match survivors.len() {
        0 => Ok(()),
        count => bail!("{count} mutants survive"),
    }
}

impl Mutant {
    fn matches(&self, only: Option<&str>) -> bool {
        only.is_none_or(|part| self.file.contains(part) || self.place.invariant.contains(part))
    }

    fn title(&self) -> String {
        let Place {
            line, invariant, ..
        } = &self.place;
        format!("{}:{line}: {invariant}", self.file)
    }

    /// Where the tests of this file are, as far as a folder tells.
    fn nearest_tests(&self) -> String {
        let folder = self.file.split('/').next().unwrap_or_default();
        format!("test/{folder}/*")
    }

    fn as_json(&self) -> Value {
        json!({"file": self.file, "line": self.place.line, "invariant": self.place.invariant})
    }
}

impl Arena {
    fn contracts(&self) -> PathBuf {
        self.folder.path().join("contracts")
    }

    /// Copies what forge needs, with switched checks.
    fn fill(&self) -> Result<Found> {
        let contracts = run::root().join("contracts");
        self.copy_settings(&contracts)?;
        for file in files(&contracts.join("test"), "sol")? {
            let text = places::impure(&fs::read_to_string(&file)?);
            write(
                &self.contracts().join(file.strip_prefix(&contracts)?),
                &text,
            )?;
        }
        let mut found = Found::default();
        for file in files(&contracts.join("src"), "sol")? {
            let text = fs::read_to_string(&file)?;
            let name = file.strip_prefix(contracts.join("src"))?.to_string_lossy();
            let mut switched = vec![];
            for place in places::find(&text) {
                if place.switch == Switch::None {
                    found.unswitched.push((name.to_string(), place));
                    continue;
                }
                let mutant = Mutant {
                    number: found.mutants.len() + 1,
                    file: name.to_string(),
                    place,
                };
                switched.push((mutant.number, mutant.place.clone()));
                found.mutants.push(mutant);
            }
            let text = places::impure(&places::switch(&text, &switched));
            write(
                &self.contracts().join(file.strip_prefix(&contracts)?),
                &text,
            )?;
        }
        Ok(found)
    }

    /// The settings, the compiler, and the vectors that tests read.
    fn copy_settings(&self, contracts: &Path) -> Result<()> {
        fs::create_dir_all(self.contracts())?;
        for file in ["foundry.toml", "solc-wrapper.js"] {
            fs::copy(contracts.join(file), self.contracts().join(file))?;
        }
        let modules = contracts.join("node_modules").canonicalize()?;
        std::os::unix::fs::symlink(modules, self.contracts().join("node_modules"))?;
        let vectors = Path::new("mips-vm/vectors");
        fs::create_dir_all(self.folder.path().join(vectors))?;
        for file in files(&run::root().join(vectors), "json")? {
            let name = file.file_name().context("a file has a name")?;
            fs::copy(&file, self.folder.path().join(vectors).join(name))?;
        }
        Ok(())
    }

    fn survivors<'a>(&self, chosen: &[&'a Mutant]) -> Result<Vec<&'a Mutant>> {
        let mut survivors = vec![];
        let mut watchful = vec![];
        for (done, mutant) in chosen.iter().enumerate() {
            let start = Instant::now();
            if done == 0 || chosen[done - 1].file != mutant.file {
                watchful.clear();
            }
            let noticed = self.first_to_notice(mutant, &watchful)?;
            let verdict = noticed.as_deref().unwrap_or("SURVIVED");
            let seconds = start.elapsed().as_secs_f64();
            eprintln!(
                "[{}/{}] {seconds:.1} s {}: {verdict}",
                done + 1,
                chosen.len(),
                mutant.title()
            );
            match noticed {
                None => survivors.push(*mutant),
                Some(test) if test.starts_with("test") && !watchful.contains(&test) => {
                    watchful.insert(0, test);
                    watchful.truncate(REMEMBERED);
                }
                Some(_) => {}
            }
        }
        Ok(survivors)
    }

    /// A test that fails while the mutant lives: looked for among `watchful`, then near it, then everywhere.
    fn first_to_notice(&self, mutant: &Mutant, watchful: &[String]) -> Result<Option<String>> {
        let near = mutant.nearest_tests();
        let mut rounds = vec![Tests::Below(&near), Tests::All];
        if !watchful.is_empty() {
            rounds.insert(0, Tests::Named(watchful));
        }
        for tests in rounds {
            let noticed = self.notices(mutant.number, &tests)?;
            if noticed.is_some() {
                return Ok(noticed);
            }
        }
        Ok(None)
    }

    /// The name of a test that fails while the mutant of this number lives.
    fn notices(&self, number: usize, tests: &Tests) -> Result<Option<String>> {
        let mut command = Command::new(&self.forge);
        command
            .args(["test", "--use", "./solc-wrapper.js", "--fail-fast"])
            .args(["--block-coinbase", &format!("{number:#042x}")])
            .args(["--fuzz-seed", "1"])
            .env("FOUNDRY_PROFILE", "quick")
            .env("FOUNDRY_FUZZ_RUNS", "16")
            .current_dir(self.contracts());
        match tests {
            Tests::All => &mut command,
            Tests::Below(paths) => command.args(["--match-path", paths]),
            Tests::Named(names) => {
                command.args(["--match-test", &format!("^({})\\b", names.join("|"))])
            }
        };
        let output = command.output().context("forge could not be started")?;
        let said = String::from_utf8_lossy(&output.stdout);
        let noticed = said.lines().find_map(failed_test);
        // What fails without a failed test is a broken copy.
        if noticed.is_none() && !output.status.success() {
            bail!(
                "forge failed:\n{said}\n{}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
        Ok(noticed)
    }
}

/// The name of the test that this line of forge's says failed: `[FAIL: why] testName(uint256) (runs: ...)`.
fn failed_test(line: &str) -> Option<String> {
    let (_, named) = line.trim_start().strip_prefix("[FAIL")?.rsplit_once("] ")?;
    let (name, _) = named.split_once('(')?;
    Some(name.to_owned())
}

fn report(
    chosen: &[&Mutant],
    survivors: &[&Mutant],
    unswitched: &[(String, Place)],
    seconds: u64,
) -> Value {
    let values: Vec<Value> = unswitched
        .iter()
        .map(
            |(file, place)| json!({"file": file, "line": place.line, "invariant": place.invariant}),
        )
        .collect();
    json!({
        "mutants": chosen.len(),
        "noticed": chosen.len() - survivors.len(),
        "survivors": survivors.iter().map(|m| m.as_json()).collect::<Vec<_>>(),
        "no_check": values,
        "seconds": seconds,
    })
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::create_dir_all(path.parent().context("a file is in a folder")?)?;
    fs::write(path, text).with_context(|| format!("{} could not be written", path.display()))
}

/// All files with an extension below a folder, sorted.
fn files(folder: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let mut found = vec![];
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path, extension)?);
        } else if path.extension().is_some_and(|got| got == extension) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::failed_test;

    #[test]
    fn a_failed_test_is_named() {
        let plain = "[FAIL: stage: 3, expected 8] testAStep() (gas: 812)";
        assert_eq!(failed_test(plain).as_deref(), Some("testAStep"));
        let fuzzed =
            "\t[FAIL: no; counterexample: args=[1, [2]]] testAny(uint256) (runs: 3, μ: 9, ~: 9)";
        assert_eq!(failed_test(fuzzed).as_deref(), Some("testAny"));
        assert_eq!(failed_test("[PASS] testAStep() (gas: 812)"), None);
    }
}
