//! What is told outside of the screen: the terminal's title while a run takes long, its bell at the end.
//!
//! Promise: a title has words and numbers of our own only, nothing that a service or a file said.

use std::time::Duration;

use super::Model;
use crate::engine::{Phase, RunEnd};

/// What may be told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tells {
    /// The title tells of a run.
    pub title: bool,
    /// The bell tells of a long run's end.
    pub bell: bool,
}

impl Tells {
    /// What is told where nobody says anything.
    pub const USUAL: Self = Self { title: true, bell: false };
}

/// What has been told.
#[derive(Debug, Clone, Default)]
pub struct Telling {
    /// What may be.
    pub tells: Tells,
    /// The title that is shown; none before the first.
    pub title: Option<String>,
}

/// A run that is shorter is not worth a title.
const WORTH: Duration = Duration::from_secs(2);
/// A run that took longer has somebody who went away meanwhile.
pub const LONG: Duration = Duration::from_secs(10);

/// The title that fits now; none where the terminal's own is left alone.
pub fn title(model: &Model) -> Option<String> {
    if !model.telling.tells.title {
        return None;
    }
    if model.running() {
        let worth = model.telling.title.is_some() || model.elapsed() >= WORTH;
        return worth.then(|| format!("drainboard: {}", doing(model)));
    }
    model.telling.title.as_ref()?;
    let end = match &model.snapshot.outcome {
        Some(outcome) if outcome.converged => "up to date",
        Some(outcome) if matches!(outcome.end, RunEnd::Stopped | RunEnd::SingleSession) => "stopped",
        _ => "failed",
    };
    Some(format!("drainboard: {end}"))
}

fn doing(model: &Model) -> String {
    let snapshot = &model.snapshot;
    match snapshot.phase {
        Phase::Paused | Phase::Pausing => "paused".to_owned(),
        Phase::Stopping => "stopping".to_owned(),
        _ if snapshot.wait.is_some() => "waiting".to_owned(),
        Phase::Acknowledging | Phase::Flushing | Phase::OutboxFull => "acknowledging".to_owned(),
        _ => match share(model) {
            Some(percent) => format!("draining {percent} %"),
            None => "draining".to_owned(),
        },
    }
}

/// How far the session is, in percent, as far as the service has said how much there is; 100 only at the end.
fn share(model: &Model) -> Option<u64> {
    let queues = &model.snapshot.session.as_ref()?.queues;
    let mut done = 0;
    let mut all = 0;
    for queue in queues {
        let left = queue.left.map(|left| queue.done + left);
        done += queue.done;
        all += if queue.drained { queue.done } else { queue.announced.max(left)?.max(queue.done) };
    }
    (all > 0).then(|| (done * 100 / all).min(99))
}
