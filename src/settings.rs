//! Settings of the daemons: defaults, then a TOML file, then the environment, then flags.

use crate::{
    chain::DEFAULT_RPC,
    deployment_file,
    model::{Backend, ModelArgs},
    usage::Usage,
};
use figment::{
    Figment,
    providers::{Env, Format, Serialized, Toml},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// What a settings file may hold. One file serves both daemons.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// The node's JSON-RPC over HTTP.
    pub(crate) rpc: String,
    /// The rollup's addresses.
    pub(crate) deployment: PathBuf,
    /// File with the hexadecimal private key.
    pub(crate) private_key_file: Option<PathBuf>,
    /// GGUF file; the embedded model if there is none.
    pub(crate) model: Option<PathBuf>,
    /// Who computes; if it isn't given, sandboxes for the sequencer and native code for the verifier.
    pub(crate) backend: Option<Backend>,
    /// Threads; as many as there are processors if it isn't given.
    pub(crate) threads: Option<u16>,
    /// Where the sequencer keeps its data.
    pub(crate) data_dir: PathBuf,
    /// The sequencer's own.
    pub(crate) sequencer: gavel_sequencer::Config,
    /// The verifier's own.
    pub(crate) verifier: VerifierSettings,
}

/// What a verifier alone has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VerifierSettings {
    /// The lane that it attests to.
    pub(crate) lane: u64,
    /// Milliseconds between passes.
    pub(crate) poll_ms: u64,
    /// Says what it would do, and sends nothing.
    pub(crate) watch_only: bool,
    /// The API of a provider that is asked which tokens its answers have; a right one is re-checked in one pass.
    pub(crate) drafts: Option<String>,
    /// Seconds after which a transaction that is not included is sent again with higher fees.
    pub(crate) patience_s: u64,
    /// Most wei per gas that are ever offered.
    pub(crate) max_fee_wei: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            rpc: DEFAULT_RPC.into(),
            deployment: deployment_file::DEFAULT.into(),
            private_key_file: None,
            model: None,
            backend: None,
            threads: None,
            data_dir: "gavel-data".into(),
            sequencer: gavel_sequencer::Config {
                api: Some(gavel_sequencer::ApiConfig::default()),
                ..gavel_sequencer::Config::default()
            },
            verifier: VerifierSettings {
                lane: 0,
                poll_ms: 1_000,
                watch_only: false,
                drafts: None,
                patience_s: 45,
                max_fee_wei: 500_000_000_000,
            },
        }
    }
}

/// Flags that both daemons have. What is not given is left to environment, file and defaults.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct DaemonArgs {
    /// TOML file with settings; the environment (GAVEL_RPC, GAVEL_SEQUENCER_POLL_MS, ...) and flags win over it.
    #[arg(long, value_name = "FILE.toml", env = "GAVEL_CONFIG")]
    config: Option<PathBuf>,
    /// The node's JSON-RPC over HTTP.
    #[arg(long, value_name = "URL")]
    rpc: Option<String>,
    /// The rollup's addresses, as `gavel deploy` and `gavel devnet` write them.
    #[arg(long, value_name = "FILE")]
    deployment: Option<PathBuf>,
    /// File with the hexadecimal private key of the account that acts and pays; without it GAVEL_PRIVATE_KEY holds the key.
    #[arg(long, value_name = "FILE")]
    private_key_file: Option<PathBuf>,
    /// GGUF file; the embedded model if there is none.
    #[arg(long, value_name = "FILE.gguf")]
    model: Option<PathBuf>,
    /// Who computes.
    #[arg(long, value_enum)]
    backend: Option<Backend>,
    /// Threads; as many as there are processors if it isn't given.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,
}

/// Variables that are settings of both daemons.
const SHARED: [&str; 7] = [
    "rpc",
    "deployment",
    "private_key_file",
    "model",
    "backend",
    "threads",
    "data_dir",
];

impl DaemonArgs {
    /// All settings; `flags` are the daemon's own, as paths such as `sequencer.lane`.
    ///
    /// # Errors
    /// [`Usage::Settings`] names the setting that is unknown or malformed, and where it comes from.
    pub(crate) fn settings(&self, flags: Flags) -> Result<Settings, Usage> {
        let mut figment = Figment::from(Serialized::defaults(Settings::default()));
        if let Some(file) = &self.config {
            figment = figment.merge(Toml::file_exact(file));
        }
        let section = |name: &'static str, prefix: &str| {
            Env::prefixed(prefix).map(move |key| format!("{name}.{}", lower(key.as_str())).into())
        };
        figment = figment
            .merge(Env::prefixed("GAVEL_").only(&SHARED))
            .merge(section("sequencer", "GAVEL_SEQUENCER_"))
            .merge(section("verifier", "GAVEL_VERIFIER_"));
        let flags = flags
            .with("rpc", self.rpc.clone())
            .with("deployment", text(self.deployment.as_deref()))
            .with("private_key_file", text(self.private_key_file.as_deref()))
            .with("model", text(self.model.as_deref()))
            .with("backend", self.backend.map(Backend::name))
            .with("threads", self.threads);
        for (path, value) in flags.0 {
            figment = figment.merge(Serialized::default(path, value));
        }
        Ok(figment.extract().map_err(Box::new)?)
    }
}

/// `API__LISTEN` is `api.listen`.
fn lower(key: &str) -> String {
    key.to_ascii_lowercase().replace("__", ".")
}

fn text(path: Option<&Path>) -> Option<String> {
    path.map(|path| path.to_string_lossy().into_owned())
}

/// Flags that were given, with the settings that they replace.
#[derive(Default)]
pub(crate) struct Flags(Vec<(&'static str, Value)>);

impl Flags {
    /// Adds a flag, if it was given.
    pub(crate) fn with(mut self, path: &'static str, value: Option<impl Into<Value>>) -> Self {
        self.0.extend(value.map(|value| (path, value.into())));
        self
    }

    /// Adds a switch, if it was set.
    pub(crate) fn switch(self, path: &'static str, is_set: bool) -> Self {
        self.with(path, is_set.then_some(true))
    }

    /// Takes a section away, if that was asked for.
    pub(crate) fn without(self, path: &'static str, is_set: bool) -> Self {
        self.with(path, is_set.then_some(Value::Null))
    }
}

impl Settings {
    /// Model and backend, which is `usual` if none was asked for.
    pub(crate) fn model(&self, usual: Backend) -> ModelArgs {
        ModelArgs {
            model: self.model.clone(),
            no_cache: false,
            backend: self.backend.unwrap_or(usual),
            threads: self.threads,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, io::Write};

    fn args(config: &Path) -> DaemonArgs {
        DaemonArgs {
            config: Some(config.into()),
            rpc: Some("http://flag".into()),
            deployment: None,
            private_key_file: None,
            model: None,
            backend: None,
            threads: None,
        }
    }

    fn file(text: &str) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(text.as_bytes()).expect("it can be written");
        file
    }

    #[test]
    fn a_file_replaces_defaults_and_flags_replace_the_file() {
        let file = file(
            r#"
            rpc = "http://file"
            threads = 3
            [sequencer]
            lane = 7
            max_fee_wei = 9
            [sequencer.api]
            per_minute = 5
            [[sequencer.api.keys]]
            name = "ann"
            key = "secret"
            [verifier]
            watch_only = true
            "#,
        );
        let flags = Flags::default().with("sequencer.lane", Some(8u64));
        let settings = args(file.path()).settings(flags).expect("good settings");
        assert_eq!(settings.rpc, "http://flag");
        assert_eq!((settings.threads, settings.sequencer.lane), (Some(3), 8));
        assert_eq!(settings.sequencer.max_fee_wei, 9);
        assert_eq!(settings.sequencer.poll_ms, 1_000);
        let api = settings.sequencer.api.expect("the API is on");
        assert_eq!((api.per_minute, api.keys.len()), (5, 1));
        assert_eq!(api.listen.port(), 8080);
        assert!(settings.verifier.watch_only);
    }

    #[test]
    fn the_api_can_be_taken_away() {
        let file = file("");
        let flags = Flags::default().without("sequencer.api", true);
        let settings = args(file.path()).settings(flags).expect("good settings");
        assert_eq!(settings.sequencer.api, None);
    }

    #[test]
    fn unknown_and_malformed_settings_are_named() {
        for (text, named) in [
            ("colour = 1", "colour"),
            ("[verifier]\npoll = 1", "poll"),
            ("[sequencer]\nlane = -1", "sequencer.lane"),
            ("backend = \"abacus\"", "backend"),
        ] {
            let file = file(text);
            let error = args(file.path()).settings(Flags::default());
            let error = error.expect_err(text).to_string();
            assert!(error.contains(named), "{text}: {error}");
        }
        let missing = args(Path::new("no-such-file.toml")).settings(Flags::default());
        let error = missing.expect_err("no file").to_string();
        assert!(error.contains("no-such-file.toml"), "{error}");
        assert!(!fs::exists("no-such-file.toml").expect("a look"));
    }
}
