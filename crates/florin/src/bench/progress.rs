//! A bar on the terminal while a run works; nothing where standard error is none.

use indicatif::{ProgressBar, ProgressStyle};

/// Where a run is.
pub(super) struct Progress {
    bar: ProgressBar,
}

/// A part of a run whose steps are counted. It leaves the bar when it is dropped.
pub(super) struct Task<'run> {
    bar: &'run ProgressBar,
}

impl Progress {
    pub(super) fn new() -> Self {
        let style = "{elapsed_precise} {wide_bar:.green} {human_pos}/{human_len} {msg}";
        let style = ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar());
        Self { bar: ProgressBar::no_length().with_style(style) }
    }

    /// Begins a part of so many steps.
    pub(super) fn task(&self, what: &'static str, steps: u64) -> Task<'_> {
        self.bar.set_position(0);
        self.bar.set_length(steps);
        self.bar.set_message(what);
        Task { bar: &self.bar }
    }
}

impl Task<'_> {
    /// So many steps are done.
    pub(super) fn advance(&self, steps: usize) {
        self.bar.inc(u64::try_from(steps).unwrap_or(u64::MAX));
    }

    /// What is being done now.
    pub(super) fn says(&self, what: String) {
        self.bar.set_message(what);
    }
}

impl Drop for Task<'_> {
    fn drop(&mut self) {
        self.bar.set_message("");
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
