//! Instructions a second over time, in half-second steps. Fed with totals, whenever they come.

use std::collections::VecDeque;

use jiff::Timestamp;

/// Steps that are kept: two and a half minutes.
const KEPT: usize = 300;
/// Milliseconds a step.
const STEP: i64 = 500;

/// How fast instructions were committed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Pace {
    /// Instructions in each finished step, oldest first.
    steps: VecDeque<u64>,
    /// The step in the making, in milliseconds of the epoch divided by [`STEP`].
    current: i64,
    /// The total at its beginning.
    base: u64,
    /// The newest total.
    total: u64,
}

impl Pace {
    /// Begins anew: a run began.
    pub fn restart(&mut self, now: Timestamp) {
        *self = Self { current: now.as_millisecond() / STEP, ..Self::default() };
    }

    /// Notes the total as of `now`.
    pub fn note(&mut self, now: Timestamp, total: u64) {
        let step = now.as_millisecond() / STEP;
        if self.current == 0 || total < self.base || step - self.current > KEPT as i64 {
            *self = Self { current: step, base: total, total, ..Self::default() };
            return;
        }
        while self.current < step {
            // What came since the last note came, as far as one can know, in the step that ends now.
            self.steps.push_back(self.total - self.base);
            self.base = self.total;
            self.current += 1;
        }
        self.total = total;
        while self.steps.len() > KEPT {
            self.steps.pop_front();
        }
    }

    /// Instructions a second up to each finished step, oldest first, the last `n`. Each is taken over two steps:
    /// requests go out in bursts of a second, and what is shown is the pace and no stutter.
    pub fn last(&self, n: usize) -> impl Iterator<Item = u64> {
        let skip = self.steps.len().saturating_sub(n);
        let before = std::iter::once(&0).chain(&self.steps);
        before.zip(&self.steps).skip(skip).map(|(a, b)| (a + b) * (500 / STEP as u64))
    }

    /// Instructions a second over the last `seconds`.
    pub fn rate(&self, seconds: usize) -> f64 {
        let n = (seconds * 1000 / STEP as usize).min(self.steps.len());
        if n == 0 {
            return 0.0;
        }
        let sum: u64 = self.steps.iter().rev().take(n).sum();
        sum as f64 * 1000.0 / (n as f64 * STEP as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millisecond(1_700_000_000_000 + ms).unwrap()
    }

    #[test]
    fn the_pace_is_a_second_however_often_it_is_fed() {
        let mut pace = Pace::default();
        for ms in (0..=5_000).step_by(100) {
            pace.note(at(ms), ms as u64 / 10);
        }
        assert!((pace.rate(3) - 100.0).abs() < 5.0, "{}", pace.rate(3));
        assert_eq!(pace.last(4).count(), 4);
        pace.note(at(7_000), 500);
        assert_eq!(pace.last(3).collect::<Vec<_>>(), [10, 0, 0]);
        pace.note(at(7_001), 3);
        assert!(pace.rate(3).abs() < f64::EPSILON);
    }
}
