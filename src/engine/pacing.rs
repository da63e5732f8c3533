//! At most so many requests in any second. Pure: the time comes in.
//!
//! Promise: of any `rate + 1` requests the last is at least a second and a guard after the first; the first `rate` go
//! at once. The guard is there because a request reaches the service a little later than it leaves here, and the
//! next one perhaps a little sooner.

use std::collections::VecDeque;
use std::time::Duration;

use super::budget::Hour;

const SECOND: Duration = Duration::from_secs(1);
const GUARD: Duration = Duration::from_millis(50);

/// The limiter: all requests of one token pass it.
#[derive(Debug, Clone, Default)]
pub struct Pacer {
    rate: usize,
    sent: VecDeque<Duration>,
    hour: Hour,
}

impl Pacer {
    /// At most `rate` requests in any second; 0 = no limit.
    pub fn new(rate: u32) -> Self {
        Self { rate: rate as usize, ..Self::default() }
    }

    /// From now on at most `rate` requests in any second, those of the last one counted; 0 = no limit.
    pub fn set_rate(&mut self, rate: u32) {
        self.rate = rate as usize;
    }

    /// The first moment, `now` or later, at which a request may leave.
    pub fn ready_at(&self, now: Duration) -> Duration {
        if self.rate == 0 || self.sent.len() < self.rate {
            return now;
        }
        (self.sent[self.sent.len() - self.rate] + SECOND + GUARD).max(now)
    }

    /// A request leaves.
    pub fn sent(&mut self, now: Duration) {
        while self.sent.front().is_some_and(|first| *first + SECOND + GUARD <= now) {
            self.sent.pop_front();
        }
        self.sent.push_back(now);
        self.hour.sent(now);
    }

    /// How many left in the hour before `now`, to ten seconds.
    pub fn in_last_hour(&self, now: Duration) -> u64 {
        self.hour.count(now)
    }

    /// How many left in the second before `now`.
    pub fn in_last_second(&self, now: Duration) -> usize {
        self.sent.iter().rev().take_while(|at| **at + SECOND > now).count()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn drive(rate: u32, gaps_ms: &[u64]) -> Vec<Duration> {
        let mut pacer = Pacer::new(rate);
        let mut now = Duration::ZERO;
        gaps_ms
            .iter()
            .map(|gap| {
                now = pacer.ready_at(now + Duration::from_millis(*gap));
                pacer.sent(now);
                now
            })
            .collect()
    }

    proptest! {
        #[test]
        fn no_sliding_second_holds_more_than_the_rate(rate in 1_u32..40, gaps in prop::collection::vec(0_u64..700, 1..300)) {
            let sent = drive(rate, &gaps);
            for pair in sent.windows(rate as usize + 1) {
                prop_assert!(pair[rate as usize] > pair[0] + SECOND);
            }
        }

        #[test]
        fn nobody_waits_longer_than_needed(rate in 1_u32..40, gaps in prop::collection::vec(0_u64..700, 1..300)) {
            let sent = drive(rate, &gaps);
            let rate = rate as usize;
            let mut wanted = Duration::ZERO;
            for (i, at) in sent.iter().enumerate() {
                wanted += Duration::from_millis(gaps[i]);
                let allowed = if i < rate { wanted } else { wanted.max(sent[i - rate] + SECOND + GUARD) };
                prop_assert_eq!(*at, allowed);
                wanted = *at;
            }
        }
    }

    #[test]
    fn a_new_rate_counts_what_was_sent_before() {
        let mut pacer = Pacer::new(0);
        for _ in 0..100 {
            pacer.sent(SECOND);
        }
        pacer.set_rate(10);
        assert!(pacer.ready_at(SECOND) > SECOND * 2);
        pacer.set_rate(0);
        assert_eq!(pacer.ready_at(SECOND), SECOND);
    }

    #[test]
    fn without_a_rate_all_go_at_once_and_are_counted() {
        let mut pacer = Pacer::new(0);
        for _ in 0..1_000 {
            assert_eq!(pacer.ready_at(SECOND), SECOND);
            pacer.sent(SECOND);
        }
        assert_eq!(pacer.in_last_second(SECOND + Duration::from_millis(999)), 1_000);
        assert_eq!(pacer.in_last_second(SECOND * 2), 0);
    }
}
