//! `drainboard doctor` as it is written.

use clap::Args;

pub(super) const EXAMPLES: &str = "\
Changes nothing, here or there: the service is asked for one page of a session
that does not exist. Ends with 0, or with the status that a sync would end with.
assets/troubleshooting.md in the sources has a line on every message that there
is.

Examples:
  drainboard doctor
  drainboard doctor --json | jq -r '.checks[] | select(.state != \"fine\").text'";

/// `drainboard doctor`
#[derive(Debug, Args)]
pub(in crate::commands) struct Doctor {
    /// The findings as one line of JSON
    #[arg(long)]
    pub(in crate::commands) json: bool,
}
