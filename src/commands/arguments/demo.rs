//! `drainboard demo` as it is written.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser as _, ValueHint};

use super::{Arguments, Task, number};
use crate::config::duration;

pub(super) const EXAMPLES: &str = "\
A service with a demo account runs on this machine and is drained into a mirror,
both in a temporary folder. No configuration and no environment is read: a demo
can touch nobody's mirror or token. Where stdout is no terminal, the same
synchronization runs headless and ends with a summary.

Examples:
  drainboard demo
  drainboard demo --items 200000 | cat   headless, at full speed
  drainboard demo --keep /tmp/demo       the mirror stays: /tmp/demo/mirror.db";

/// `drainboard demo`
#[derive(Debug, Args)]
pub(in crate::commands) struct Demo {
    /// Records of the demo account
    #[arg(long, value_name = "N", default_value_t = 12_000, value_parser = number::<u64>, allow_negative_numbers = true)]
    pub(in crate::commands) items: u64,
    /// The seed that the account is made from
    #[arg(long, value_name = "SEED", default_value_t = 1, value_parser = number::<u64>, allow_negative_numbers = true)]
    pub(in crate::commands) seed: u64,
    /// Work in this folder and keep it: the account, and the mirror as mirror.db
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(in crate::commands) keep: Option<PathBuf>,
    /// Requests a second; 0 = no limit [default: 10 in the console, 0 headless]
    #[arg(long, value_name = "N", value_parser = number::<u32>, allow_negative_numbers = true)]
    pub(in crate::commands) rate: Option<u32>,
    /// How long each answer takes [default: 120ms in the console, 0s headless]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(in crate::commands) latency: Option<Duration>,
}

impl Demo {
    /// The demo without options.
    pub(in crate::commands) fn usual() -> Self {
        match Arguments::try_parse_from(["drainboard", "demo"]).map(|arguments| arguments.command) {
            Ok(Some(Task::Demo(demo))) => demo,
            _ => unreachable!("`drainboard demo` is a command line"),
        }
    }
}
