//! How the run stands, in a sign and a word: the same wherever it is said.

use ratatui::style::Style;

use super::super::model::Model;
use crate::engine::budget::Reason;
use crate::engine::{Phase, RunEnd};

/// The phase as glyph, word and style. What was asked for and what is confirmed have different words.
pub(super) fn phase(model: &Model) -> (&'static str, &'static str, Style) {
    let theme = &model.theme;
    let snapshot = &model.snapshot;
    if let Some(serving) = &model.serving {
        return match serving.trouble {
            None => ("●", "listening", theme.sent),
            Some(_) => ("✖", "in trouble", theme.failed),
        };
    }
    if !model.engine_alive {
        return ("✖", "engine ended", theme.failed);
    }
    match snapshot.phase {
        Phase::Idle => match &snapshot.outcome {
            None => ("○", "idle", theme.dim),
            Some(o) if o.converged => ("✓", "up to date", theme.sent),
            Some(o) => match o.end {
                RunEnd::Stopped => ("○", "stopped", theme.pending),
                RunEnd::SingleSession | RunEnd::Converged => ("✓", "session done", theme.sent),
                RunEnd::NoProgress => ("▲", "no progress", theme.pending),
                _ => ("✖", "failed", theme.failed),
            },
        },
        Phase::Pausing => ("◌", "pausing", theme.pending),
        Phase::Paused => ("‖", "paused", theme.pending),
        Phase::Stopping => ("◌", "stopping", theme.pending),
        _ if snapshot.wait.is_some() => ("▲", "waiting", theme.pending),
        Phase::Opening => ("◌", "opening", theme.accent),
        Phase::Starting => ("◌", "starting", theme.accent),
        Phase::Draining => ("●", "draining", theme.accent),
        Phase::OutboxFull => ("▲", "outbox full", theme.pending),
        Phase::Acknowledging | Phase::Flushing if waits_for_release(model) => ("■", "held", theme.pending),
        Phase::Flushing => ("●", "flushing acks", theme.pending),
        Phase::Acknowledging => ("●", "acknowledging", theme.accent),
    }
}

/// Whether nothing but a release of the held acks takes the run further.
pub(super) fn waits_for_release(model: &Model) -> bool {
    let wait = model.snapshot.budget.wait;
    model.running() && wait.is_some_and(|wait| wait.reason == Reason::Held)
}
