//! `drainboard sync` as it is written.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::Pacing;
use crate::config;

pub(super) const EXAMPLES: &str = "\
Progress goes to stderr, the summary to stdout. With --json each event is a line
on stdout, and the last line is the summary, on every exit.

Examples:
  drainboard sync                    everything, until the service has no more
  drainboard sync --json | tail -1   the summary as JSON
  drainboard sync --peek             what would come? acks nothing
  drainboard sync --watch 5m         again five minutes after each run
  drainboard sync --watch 5m --metrics /var/lib/node_exporter/drainboard.prom
  kill -USR1 PID                     a watch that waits synchronizes now

The pause between two runs of a watch varies by a tenth, so that many watchers
do not come at once. A watch survives a service that is unreachable or fails,
and ends where waiting mends nothing: no token, a wrong one, no scope, or a
mirror that cannot be used from the start. With --json a line {\"event\":\"round\"}
after each run's summary has its exit status and the time until the next one.
All lines and their fields are in assets/events.md in the sources.";

/// `drainboard sync`
#[derive(Debug, Args)]
pub(in crate::commands) struct Sync {
    /// Each event a line of JSON on stdout; the last line is the summary
    #[arg(long)]
    pub(in crate::commands) json: bool,
    /// Stop after one session; converged only if the service then has nothing
    #[arg(long)]
    pub(in crate::commands) single_session: bool,
    /// Drain one session into a scratch mirror and acknowledge nothing
    #[arg(long, conflicts_with_all = ["single_session", "watch"])]
    pub(in crate::commands) peek: bool,
    /// Synchronize again, about this long after each run; SIGUSR1 ends a wait [default: 5m]
    #[arg(long, value_name = "TIME", value_parser = watch, num_args = 0..=1, default_missing_value = USUAL)]
    pub(in crate::commands) watch: Option<Pause>,
    /// After each run write how it went to this file, for Prometheus (node_exporter's textfile format)
    #[arg(long, value_name = "FILE", conflicts_with = "peek")]
    pub(in crate::commands) metrics: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::commands) pacing: Pacing,
}

/// The pause of a watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::commands) enum Pause {
    /// As it is configured.
    Usual,
    /// As it was said.
    Of(Duration),
}

/// What stands for no time.
const USUAL: &str = "usual";

fn watch(text: &str) -> Result<Pause, String> {
    if text == USUAL { Ok(Pause::Usual) } else { config::pause(text).map(Pause::Of) }
}
