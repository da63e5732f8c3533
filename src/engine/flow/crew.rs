//! How many take pages at one time. Pure.
//!
//! Promise: as many as were asked for, and more only where answers take so long that those could not keep the rate: one
//! answer after another, four of them that take a second each are four pages a second, whatever is allowed. Nobody is
//! added where one at a time was asked for, where there is no rate to keep, or where pages are so large that the
//! mirror would have to wait.

use std::time::Duration;

/// As many as this at the most, where fewer were asked for: ten requests a second, a second and a half each.
const MOST: usize = 16;
/// More than the mean of the answers needs: some take longer, and the rate knows no mean.
const SLACK: f64 = 1.5;
/// Of how many answers the mean is, about.
const ANSWERS: u32 = 8;
/// What all of them may bring at one time, in bytes; those who were asked for may always.
const AT_ONCE: u64 = 32 * 1024 * 1024;

/// Those who take pages of a session.
#[derive(Debug)]
pub(super) struct Crew {
    asked: usize,
    /// How long a page takes lately; none before the first.
    took: Option<Duration>,
    /// The largest page so far, in bytes.
    largest: u64,
}

impl Crew {
    pub(super) fn new(asked: usize) -> Self {
        Self { asked: asked.max(1), took: None, largest: 0 }
    }

    /// Those who were asked for.
    pub(super) fn asked(&self) -> usize {
        self.asked
    }

    /// A page came after so long. One that took very long, once, counts as twice the usual.
    pub(super) fn came(&mut self, took: Duration, bytes: u64) {
        self.largest = self.largest.max(bytes);
        self.took = Some(match self.took {
            None => took,
            Some(mean) => (mean * (ANSWERS - 1) + took.min(mean * 2)) / ANSWERS,
        });
    }

    /// How many may take at one time, at so many requests a second; 0 = no limit.
    pub(super) fn size(&self, rate: usize) -> usize {
        let (Some(took), 2.., 1..) = (self.took, self.asked, rate) else { return self.asked };
        let needed = (rate as f64 * took.as_secs_f64() * SLACK).ceil() as usize + 1;
        let hold = (AT_ONCE / self.largest.max(1)) as usize;
        needed.min(hold).clamp(self.asked, self.asked.max(MOST))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The size after a first page that took so long.
    fn size(asked: usize, ms: u64, bytes: u64, rate: usize) -> usize {
        let mut crew = Crew::new(asked);
        assert_eq!(crew.size(rate), asked, "nothing is known yet");
        crew.came(Duration::from_millis(ms), bytes);
        crew.size(rate)
    }

    #[test]
    fn it_grows_with_the_latency_and_only_where_there_is_a_rate_to_keep() {
        let grown = [0, 120, 200, 400, 1_000, 9_000].map(|ms| size(4, ms, 80_000, 10));
        assert_eq!(grown, [4, 4, 4, 7, 16, 16]);
        assert_eq!(size(4, 400, 80_000, 5), 4, "a smaller rate needs fewer");
        assert_eq!(size(4, 1_000, 80_000, 0), 4, "without a rate those who were asked for are the limit");
        assert_eq!(size(1, 1_000, 80_000, 10), 1, "one at a time is one at a time");
        assert_eq!(size(40, 9_000, 80_000, 10), 40, "more than that was asked for");
        assert_eq!((size(4, 1_000, 4 << 20, 10), size(4, 1_000, 99 << 20, 10)), (8, 4), "large pages");
    }

    #[test]
    fn one_late_answer_is_no_latency_and_a_line_that_got_quick_needs_fewer() {
        let mut crew = Crew::new(4);
        for _ in 0..20 {
            crew.came(Duration::from_millis(100), 1);
        }
        crew.came(Duration::from_secs(30), 1);
        assert_eq!(crew.size(10), 4);
        for _ in 0..30 {
            crew.came(Duration::from_secs(1), 1);
        }
        assert_eq!(crew.size(10), 16);
        for _ in 0..30 {
            crew.came(Duration::from_millis(100), 1);
        }
        assert_eq!(crew.size(10), 4);
    }
}
