//! The documented limits: so many requests in any second, and 36,000 in any hour, for one token.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use tokio::time::Instant;

use crate::protocol::DOCUMENTED_HOURLY;

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_hours(1);

/// Who asked when.
#[derive(Debug, Default)]
pub(super) struct Limiter {
    rate: Option<u32>,
    asked: HashMap<String, VecDeque<Instant>>,
}

impl Limiter {
    /// Changes the limit; none = no limit. What was asked before counts no more.
    pub(super) fn set(&mut self, rate: Option<u32>) {
        self.rate = rate;
        self.asked.clear();
    }

    /// Whether a request may pass now. One that may not does not count.
    pub(super) fn admit(&mut self, token: &str, now: Instant) -> bool {
        let Some(rate) = self.rate else { return true };
        if !self.asked.contains_key(token) {
            self.asked.insert(token.to_owned(), VecDeque::new());
        }
        let Some(asked) = self.asked.get_mut(token) else { return true };
        while asked.front().is_some_and(|at| now.duration_since(*at) >= HOUR) {
            asked.pop_front();
        }
        let lately = asked.iter().rev().take_while(|at| now.duration_since(**at) < SECOND).count();
        let admitted = lately < rate as usize && asked.len() < DOCUMENTED_HOURLY as usize;
        if admitted {
            asked.push_back(now);
        }
        admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_second_and_any_hour_are_bounded() {
        let mut limiter = Limiter::default();
        let start = Instant::now();
        assert!((0..1_000).all(|_| limiter.admit("a", start)), "no limit unless asked for");
        limiter.set(Some(10));
        assert!((0..10).all(|_| limiter.admit("a", start)));
        assert!(!limiter.admit("a", start + Duration::from_millis(999)));
        assert!(limiter.admit("b", start), "another token has its own");
        assert!(limiter.admit("a", start + SECOND));
        let mut passed = 11;
        for at in 1..3_600_u64 {
            for part in 0..20 {
                let now = start + Duration::from_millis(at * 1_000 + part * 50);
                passed += u64::from(limiter.admit("a", now));
            }
        }
        assert!(passed <= 36_000, "{passed}");
        limiter.set(Some(100));
        let admitted = (0..3_600_u64 * 20)
            .filter(|at| limiter.admit("a", start + HOUR * 2 + Duration::from_millis(at * 50)))
            .count();
        assert_eq!(admitted, 36_000);
    }
}
