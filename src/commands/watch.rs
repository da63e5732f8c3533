//! `sync --watch`: runs again and again, a pause after each end.
//!
//! Promises: two runs never overlap; the pause varies by a tenth, so that many watchers do not come at once; SIGUSR1
//! ends a pause (and one that came during a run makes the next one follow at once); a run that fails is told with its
//! exit status and does not end the watch, unless waiting mends nothing.

use std::time::Duration;

use serde::Serialize;

use super::headless::{self, Run, Voice};
use super::metrics::Metrics;
use super::output::Failure;
use super::signals::{Nudges, Signals};
use crate::engine::{Engine, Mode, RunEnd};
use crate::text::{counted, span};

/// The share of a pause by which it may be longer or shorter.
const JITTER: f64 = 0.1;

/// How to watch.
pub(super) struct Watch<'a> {
    pub(super) mode: Mode,
    /// The time between two runs, about.
    pub(super) pause: Duration,
    pub(super) voice: &'a Voice,
    pub(super) metrics: Option<&'a Metrics>,
}

/// The line of JSON behind each run's summary.
#[derive(Serialize)]
struct Round {
    event: &'static str,
    /// From 1.
    #[serde(rename = "round")]
    no: u64,
    /// What `drainboard sync` alone would have ended with.
    exit_status: u8,
    /// The time until the next round, unless SIGUSR1 shortens it.
    next_in_seconds: f64,
}

impl Watch<'_> {
    /// Runs until a signal, or something that no waiting mends. The last run is the caller's to tell.
    pub(super) async fn run(self, engine: &mut Engine, signals: &mut Signals) -> Result<Run, Failure> {
        let mut nudges = Nudges::listen().map_err(Failure::other)?;
        let mut chance = fastrand::Rng::new();
        for round in 1.. {
            let mut run = headless::run(engine, self.mode, self.voice, signals).await;
            if run.signal.is_some() || hopeless(run.end(), round) {
                return Ok(run);
            }
            let pause = jittered(self.pause, chance.f64());
            self.tell(&run, round, pause).await;
            tokio::select! {
                biased;
                signal = signals.next() => {
                    run.signal = Some(signal);
                    return Ok(run);
                }
                () = nudges.next() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
        unreachable!("rounds do not end")
    }

    async fn tell(&self, run: &Run, round: u64, pause: Duration) {
        let (voice, exit_status) = (self.voice, run.exit_status());
        if let Some(error) = self.metrics.and_then(|metrics| metrics.write(run).err()) {
            voice.say(&error);
        }
        let next_in_seconds = pause.as_millis() as f64 / 1000.0;
        match (&voice.lines, run.error()) {
            (Some(lines), _) => {
                lines.room().await.put(&run.summary());
                lines.room().await.put(&Round { event: "round", no: round, exit_status, next_in_seconds });
            }
            (None, Some(error)) => {
                voice.say(&format!("{error}; again in {} (status {exit_status})", span(pause)));
            }
            (None, None) => {
                let came = counted(run.summary().instructions, "instruction");
                let how = run.headline();
                voice.say(&format!("{how}, {came}; again in {}", span(pause)));
            }
        }
    }
}

/// Whether the next run can only end like this one: a mirror that was fine before may be so again, when whoever has it
/// lets go of it or the disk has room.
fn hopeless(end: RunEnd, round: u64) -> bool {
    match end {
        RunEnd::Usage | RunEnd::Refused | RunEnd::Internal => true,
        RunEnd::Mirror => round == 1,
        _ => false,
    }
}

/// The pause, a tenth longer or shorter at the most; `chance` is from 0 to 1.
fn jittered(pause: Duration, chance: f64) -> Duration {
    pause.mul_f64(1.0 - JITTER + 2.0 * JITTER * chance)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_varies_by_a_tenth() {
        let of = |chance| jittered(Duration::from_secs(100), chance).as_secs();
        assert_eq!((of(0.0), of(0.5), of(1.0)), (90, 100, 110));
        assert_eq!(jittered(Duration::ZERO, 0.7), Duration::ZERO);
    }

    #[test]
    fn waiting_mends_a_service_and_no_token() {
        for end in [RunEnd::Unreachable, RunEnd::NoProgress, RunEnd::SingleSession, RunEnd::Converged] {
            assert!(!hopeless(end, 1), "{end:?}");
        }
        for end in [RunEnd::Usage, RunEnd::Refused, RunEnd::Internal] {
            assert!(hopeless(end, 1) && hopeless(end, 9), "{end:?}");
        }
        assert!(hopeless(RunEnd::Mirror, 1) && !hopeless(RunEnd::Mirror, 2));
    }
}
