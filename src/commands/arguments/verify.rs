//! `drainboard verify` as it is written.

use clap::Args;

use super::Pacing;

pub(super) const EXAMPLES: &str = "\
Synchronizes the mirror, drains the account once more as a throw-away device
into a temporary mirror (TMPDIR says where), and compares the two: missing,
extra, stale and different records. What differs is looked at twice, so edits
meanwhile are no difference. Ends with 0 where nothing differs, with 1 where
something does. The throw-away device stays known to the service.

Examples:
  drainboard verify
  drainboard verify --json | jq .identical";

/// `drainboard verify`
#[derive(Debug, Args)]
pub(in crate::commands) struct Verify {
    /// The report as one line of JSON, with every difference
    #[arg(long)]
    pub(in crate::commands) json: bool,
    #[command(flatten)]
    pub(in crate::commands) pacing: Pacing,
}
