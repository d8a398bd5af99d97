//! Processes of the binary, and what they need: folders, keys, environment.

use alloy::{primitives::hex, signers::local::PrivateKeySigner};
use gavel_chain::Deployment;
use serde_json::Value;
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// How long a condition is waited for: far above what a busy machine takes.
const PATIENCE: Duration = Duration::from_secs(120);
/// How often it is looked at.
pub(crate) const LOOK: Duration = Duration::from_millis(20);

/// A folder with a rollup's addresses, keys and data directories.
pub(crate) struct Office {
    folder: TempDir,
    rpc: String,
}

impl Office {
    /// An empty folder for a node's clients.
    pub(crate) fn new(rpc: &str) -> Self {
        Office {
            folder: tempfile::tempdir().expect("a folder"),
            rpc: rpc.to_owned(),
        }
    }

    /// The same with the addresses of a rollup.
    pub(crate) fn of(rpc: &str, deployment: &Deployment) -> Self {
        let office = Office::new(rpc);
        let text = serde_json::to_string(deployment).expect("addresses are JSON");
        office.file("deployment.json", text);
        office
    }

    /// The same folder for a client of another node.
    pub(crate) fn at(self, rpc: &str) -> Self {
        Office {
            rpc: rpc.to_owned(),
            ..self
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, content).expect("a file can be written");
        path
    }

    /// A key's file.
    pub(crate) fn key(&self, name: &str, signer: &PrivateKeySigner) -> PathBuf {
        self.file(name, hex::encode_prefixed(signer.to_bytes()))
    }

    /// The binary in this folder, with nothing of the caller's environment that it would listen to.
    pub(crate) fn gavel(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gavel"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("GAVEL_") {
                command.env_remove(name);
            }
        }
        command
            .current_dir(self.folder.path())
            .env("GAVEL_RPC", &self.rpc)
            .stdin(Stdio::null())
            .args(args);
        command
    }

    /// The same with a key in the environment.
    pub(crate) fn as_account(&self, signer: &PrivateKeySigner, args: &[&str]) -> Command {
        let mut command = self.gavel(args);
        command.env("GAVEL_PRIVATE_KEY", hex::encode_prefixed(signer.to_bytes()));
        command
    }

    /// Starts a daemon; what it says goes to a file of that name.
    pub(crate) fn daemon(&self, name: &str, mut command: Command) -> Daemon {
        let log = self.path(&format!("{name}.log"));
        let mut options = File::options();
        let file = options.create(true).append(true).open(&log);
        let child = command
            .stdout(Stdio::null())
            .stderr(file.expect("a log can be written"))
            .spawn()
            .expect("the binary starts");
        Daemon { child, log }
    }
}

/// A running process, killed at the latest with the value.
pub(crate) struct Daemon {
    child: Child,
    log: PathBuf,
}

impl Daemon {
    /// A process that was started elsewhere.
    pub(crate) fn of(child: Child, log: PathBuf) -> Self {
        Daemon { child, log }
    }

    /// Fails if it has ended.
    pub(crate) fn must_live(&mut self) {
        let ended = self.child.try_wait().expect("it can be looked at");
        assert!(
            ended.is_none(),
            "it ended with {ended:?} and said\n{}",
            self.log()
        );
    }

    /// `kill -9`.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("it can be killed");
        let status = self.child.wait().expect("it ends");
        assert!(!status.success(), "it was killed, it did not end");
    }

    /// SIGTERM, and waits.
    pub(crate) fn stop(mut self) -> ExitStatus {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &pid]).status();
        assert!(sent.expect("kill runs").success());
        self.child.wait().expect("it ends")
    }

    /// Everything that it has said.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// The word that it has said after something else.
    pub(crate) fn after(&self, what: &str) -> String {
        let said = self.log();
        let (_, rest) = said.split_once(what).expect("it has said that");
        rest.split_whitespace().next().expect("a word").to_owned()
    }

    /// Waits until it has said something.
    pub(crate) async fn says(&mut self, what: &str) {
        let log = self.log.clone();
        let child = &mut self.child;
        until(what, async || {
            let said = fs::read_to_string(&log).unwrap_or_default();
            let ended = child.try_wait().expect("it can be looked at");
            assert!(
                said.contains(what) || ended.is_none(),
                "it ended with {ended:?} and said\n{said}"
            );
            said.contains(what)
        })
        .await;
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|ended| ended.is_none()) {
            self.child.kill().expect("it can be killed");
            self.child.wait().expect("it ends");
        }
        if std::thread::panicking() {
            eprintln!("== {}\n{}", self.log.display(), self.log());
        }
    }
}

/// Waits until a condition holds.
pub(crate) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let start = Instant::now();
    while !holds().await {
        assert!(start.elapsed() < PATIENCE, "waited too long: {what}");
        tokio::time::sleep(LOOK).await;
    }
}

/// Runs a command to its end.
pub(crate) fn output(mut command: Command) -> Output {
    command.output().expect("the binary starts")
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// What a command that succeeds prints.
#[track_caller]
pub(crate) fn printed(command: Command) -> String {
    let output = output(command);
    assert!(output.status.success(), "{}", stderr(&output));
    let text = String::from_utf8(output.stdout).expect("text");
    text.trim().to_owned()
}

/// The object on the last line of what a command that succeeds prints.
#[track_caller]
pub(crate) fn json(command: Command) -> Value {
    let text = printed(command);
    let last = text.lines().last().expect("a line");
    serde_json::from_str(last).expect("the last line is JSON")
}

/// A command that must fail with a code, saying all of this and printing nothing.
#[track_caller]
pub(crate) fn refused(command: Command, code: i32, says: &[&str]) {
    let shown = format!("{command:?}");
    let output = output(command);
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(code), "{shown}: {said}");
    for what in says {
        assert!(said.contains(what), "{shown}: {what:?} is not in {said}");
    }
    assert!(output.stdout.is_empty(), "{shown}");
}

/// Whether a path exists.
pub(crate) fn exists(path: &Path) -> bool {
    path.try_exists().expect("a look")
}
