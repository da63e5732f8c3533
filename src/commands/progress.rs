//! The progress display of headless runs: a bar on stderr where that is a terminal, nothing anywhere else.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::words;
use crate::engine::Snapshot;
use crate::text::grouped;

/// A bar for the session that is being drained, with the acknowledgements beside it.
pub(super) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// A bar on stderr; it hides itself where stderr is no terminal.
    pub(super) fn new() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
        let style = ProgressStyle::with_template("{bar:24} {prefix}  {elapsed}  {wide_msg}")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        bar.set_style(style.progress_chars("█▉▊▋▌▍▎▏░"));
        bar.enable_steady_tick(Duration::from_millis(250));
        Self { bar }
    }

    /// Draws the newest state.
    pub(super) fn show(&self, snapshot: &Snapshot) {
        let queues = snapshot.session.as_ref().map(|session| session.queues.as_slice()).unwrap_or_default();
        let done: u64 = queues.iter().map(|queue| queue.done).sum();
        let announced: u64 = queues.iter().filter_map(|queue| queue.announced).sum();
        let left: u64 = queues.iter().filter_map(|queue| queue.left).sum();
        // What is announced is a guess, and the queue can grow: the bar never claims more than what is known.
        let guess = announced.max(done + left);
        self.bar.set_length(guess.max(1));
        self.bar.set_position(done);
        self.bar.set_prefix(format!("{} of ~{}", grouped(done), grouped(guess)));
        let totals = &snapshot.totals;
        self.bar.set_message(format!(
            "{} · acknowledged {}, pending {}",
            words::state(snapshot),
            grouped(totals.acked),
            grouped(totals.pending_acks)
        ));
    }

    /// Lets something else write on stderr without being drawn over.
    pub(super) fn aside(&self, write: impl FnOnce()) {
        self.bar.suspend(write);
    }

    /// Takes the bar away.
    pub(super) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}
