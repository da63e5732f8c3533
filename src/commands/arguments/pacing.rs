//! The options of whatever asks the service for much: how fast, in what portions, how patiently.

use std::time::Duration;

use clap::Args;

use super::number;
use crate::config::{duration, size};

/// How fast, in what portions and how patiently.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Pacing")]
pub(in crate::commands) struct Pacing {
    /// Requests in any second, all together; 0 = no limit [default: 10]
    #[arg(long, value_name = "N", value_parser = number::<u32>, allow_negative_numbers = true)]
    pub(in crate::commands) rate: Option<u32>,
    /// Pages in flight at one time [default: 4; up to 16 where answers are slow, unless it is 1]
    #[arg(long, value_name = "N", value_parser = number::<usize>, allow_negative_numbers = true)]
    pub(in crate::commands) workers: Option<usize>,
    /// Keys an acknowledgement pack [default: 2000; up to 10000 where more have piled up]
    #[arg(long, value_name = "KEYS", value_parser = number::<usize>, allow_negative_numbers = true)]
    pub(in crate::commands) ack_pack: Option<usize>,
    /// The age at which a pack leaves, full or not [default: 5s]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(in crate::commands) ack_interval: Option<Duration>,
    /// The largest answer that is accepted, decompressed [default: 128MiB]
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub(in crate::commands) max_page: Option<u64>,
    /// Tries of one request before the service counts as unreachable [default: 8]
    #[arg(long, value_name = "N", value_parser = number::<u32>, allow_negative_numbers = true)]
    pub(in crate::commands) tries: Option<u32>,
    /// The same, not counting the first
    #[arg(long, value_name = "N", hide = true, conflicts_with = "tries")]
    retries: Option<u32>,
}

impl Pacing {
    /// These options, and those of `other` where these say nothing.
    pub(in crate::commands) fn or(self, other: Self) -> Self {
        Self {
            rate: self.rate.or(other.rate),
            workers: self.workers.or(other.workers),
            ack_pack: self.ack_pack.or(other.ack_pack),
            ack_interval: self.ack_interval.or(other.ack_interval),
            max_page: self.max_page.or(other.max_page),
            tries: self.tries().or(other.tries()),
            retries: None,
        }
    }

    /// Tries of one request, however they were counted.
    pub(in crate::commands) fn tries(&self) -> Option<u32> {
        self.tries.or_else(|| self.retries.map(|retries| retries.saturating_add(1)))
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::super::{Arguments, Task};
    use super::*;

    #[test]
    fn pacing_before_and_behind_sync_is_the_same() {
        let one = Arguments::try_parse_from(["drainboard", "sync", "--rate", "3"]).unwrap();
        let Some(Task::Sync(sync)) = one.command else { panic!("sync") };
        let two = Arguments::try_parse_from(["drainboard", "--rate", "3", "sync"]).unwrap();
        assert_eq!(sync.pacing.rate, Some(3));
        assert_eq!(sync.pacing.or(Pacing::default()), two.pacing);
    }
}
