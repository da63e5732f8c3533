//! `drainboard status` as it is written.

use std::time::Duration;

use clap::Args;

use crate::config::duration;

pub(super) const EXAMPLES: &str = "\
Examples:
  drainboard status
  drainboard status --json | jq .converged_seconds_ago
  drainboard status --max-age 1h || notify-send 'the mirror is old'";

/// `drainboard status`
#[derive(Debug, Args)]
pub(in crate::commands) struct Status {
    /// As one JSON object
    #[arg(long)]
    pub(in crate::commands) json: bool,
    /// End with 1 and one line where the mirror was last known to be up to date longer ago than this
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(in crate::commands) max_age: Option<Duration>,
}
