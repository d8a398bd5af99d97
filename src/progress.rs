//! Progress bars on standard error, where somebody is looking at it.

use indicatif::{ProgressBar, ProgressStyle};
use std::sync::OnceLock;

/// A bar over bytes that shows itself when the first ones are done.
pub(crate) struct Bytes {
    what: String,
    bar: OnceLock<ProgressBar>,
}

impl Bytes {
    /// A bar that isn't shown yet.
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Bytes {
            what: what.into(),
            bar: OnceLock::new(),
        }
    }

    /// So many bytes of all are done.
    pub(crate) fn set(&self, done: usize, all: usize) {
        let bar = self.bar.get_or_init(|| self.start(all as u64));
        bar.set_position(done as u64);
        if done == all {
            bar.finish_and_clear();
        }
    }

    fn start(&self, all: u64) -> ProgressBar {
        let template = "{msg} {wide_bar} {bytes}/{total_bytes} {eta}";
        let style = ProgressStyle::with_template(template);
        let bar = ProgressBar::new(all).with_message(self.what.clone());
        bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
    }
}
