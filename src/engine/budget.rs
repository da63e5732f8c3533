//! The request budget: what the token has left, and why nothing is sent just now. Pure.

use std::collections::VecDeque;
use std::time::Duration;

/// Requests an hour that the service documents for one token.
pub const AN_HOUR: u64 = 36_000;

const HOUR: Duration = Duration::from_hours(1);
const SLOT: Duration = Duration::from_secs(10);

/// What was asked of the service, beside what it allows, and what holds the next request up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Budget {
    /// Requests in the last second.
    pub last_second: u64,
    /// The limit for it; 0 = none.
    pub per_second: u32,
    /// Requests in the last hour, this engine's only; to ten seconds.
    pub last_hour: u64,
    /// The documented limit for it.
    pub per_hour: u64,
    /// Why no further request is sent now; none where one could be, or nothing is left to send.
    pub wait: Option<Wait>,
}

/// Why a request waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    /// The reason.
    pub reason: Reason,
    /// How much longer, where time alone ends it.
    pub left: Option<Duration>,
}

/// What holds a request up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The rate: this second is used up.
    Pacing,
    /// A 429 or a `Retry-After`: everything stands still.
    TooMany,
    /// An exchange failed, and its next try is not due.
    Retry,
    /// Keys are held back by hand, and no session starts before they are accepted.
    Held,
    /// Too many keys are pending: they go first.
    OutboxFull,
    /// Paused, or waiting for the next step.
    Paused,
    /// As much is in flight as may be.
    InFlight,
}

/// How many requests left in the last hour, in slots of ten seconds.
#[derive(Debug, Clone, Default)]
pub(super) struct Hour {
    /// Slots by number, oldest first; only those with requests.
    slots: VecDeque<(u64, u64)>,
    sum: u64,
}

impl Hour {
    /// A request leaves.
    pub(super) fn sent(&mut self, now: Duration) {
        let slot = now.as_secs() / SLOT.as_secs();
        while let Some((first, count)) = self.slots.front()
            && *first + HOUR.as_secs() / SLOT.as_secs() < slot
        {
            self.sum -= count;
            self.slots.pop_front();
        }
        self.sum += 1;
        match self.slots.back_mut() {
            Some((last, count)) if *last == slot => *count += 1,
            _ => self.slots.push_back((slot, 1)),
        }
    }

    /// How many left in the hour before `now`.
    pub(super) fn count(&self, now: Duration) -> u64 {
        let oldest = (now.as_secs() / SLOT.as_secs()).saturating_sub(HOUR.as_secs() / SLOT.as_secs());
        let gone: u64 =
            self.slots.iter().take_while(|(slot, _)| *slot < oldest).map(|(_, count)| count).sum();
        self.sum - gone
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_is_counted_to_ten_seconds_and_stays_small() {
        let mut hour = Hour::default();
        for second in 0..20_000 {
            let now = Duration::from_secs(second);
            hour.sent(now);
            let exact = (second + 1).min(HOUR.as_secs());
            let counted = hour.count(now);
            assert!(counted >= exact && counted <= exact + SLOT.as_secs(), "{second}: {counted} for {exact}");
            assert!(hour.slots.len() <= 362);
        }
        assert_eq!(hour.count(Duration::from_secs(20_000) + HOUR + SLOT), 0);
    }
}
