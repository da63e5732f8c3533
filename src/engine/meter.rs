//! What a run cost so far: the fold of receipts and answers into [`Totals`], and how long exchanges take. Pure.
//!
//! Promise: counts are exact, because each receipt and each answer passes here once, whether or not anybody watches.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::event::Totals;
use crate::mirror::{Counts, Receipt};

/// Exchanges that the percentiles look back on.
const LOOK_BACK: usize = 100;

/// Totals and times of one run.
#[derive(Debug, Default)]
pub struct Meter {
    totals: Arc<Totals>,
    times: VecDeque<Duration>,
}

impl Meter {
    /// Everything so far. Cheap: shared until something counts on.
    pub fn totals(&self) -> &Arc<Totals> {
        &self.totals
    }

    /// The totals, to count on.
    pub fn count(&mut self) -> &mut Totals {
        Arc::make_mut(&mut self.totals)
    }

    /// An exchange took this long, well or not.
    pub fn took(&mut self, elapsed: Duration) {
        if self.times.len() == LOOK_BACK {
            self.times.pop_front();
        }
        self.times.push_back(elapsed);
    }

    /// A page is durable. Gives the sum of its counts.
    pub fn committed(&mut self, receipt: &Receipt, instructions: u64, failed_objects: u64) -> Counts {
        let totals = self.count();
        let mut sum = Counts::default();
        for (kind, counts) in &receipt.kinds {
            add(&mut sum, counts);
            match totals.kinds.get_mut(kind) {
                Some(known) => add(known, counts),
                None => {
                    totals.kinds.insert(kind.clone(), *counts);
                }
            }
        }
        totals.pages += 1;
        totals.instructions += instructions;
        totals.created += sum.created;
        totals.updated += sum.updated;
        totals.deleted += sum.deleted;
        totals.stale += sum.stale;
        totals.failed_objects += failed_objects;
        sum
    }

    /// The time below which `percent` of the last exchanges stayed, in milliseconds; none before the first.
    pub fn percentiles(&self, percents: [usize; 2]) -> [Option<u64>; 2] {
        let mut times: Vec<Duration> = self.times.iter().copied().collect();
        times.sort_unstable();
        percents.map(|percent| {
            let rank = (times.len() * percent).div_ceil(100).max(1);
            times.get(rank - 1).map(|time| time.as_millis() as u64)
        })
    }
}

fn add(sum: &mut Counts, more: &Counts) {
    sum.created += more.created;
    sum.updated += more.updated;
    sum.deleted += more.deleted;
    sum.stale += more.stale;
    sum.same += more.same;
    sum.absent += more.absent;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_are_the_sum_of_the_receipts() {
        let mut meter = Meter::default();
        let before = Arc::clone(meter.totals());
        for stale in [0, 2] {
            let contact = Counts { created: 3, updated: 1, stale, ..Counts::default() };
            let deal = Counts { deleted: 5, absent: 1, ..Counts::default() };
            let receipt = Receipt {
                kinds: vec![("contact".into(), contact), ("deal".into(), deal)],
                ..Receipt::default()
            };
            let sum = meter.committed(&receipt, 9, 1);
            assert_eq!((sum.created, sum.updated, sum.deleted, sum.stale, sum.absent), (3, 1, 5, stale, 1));
        }
        let totals = meter.totals();
        assert_eq!((totals.pages, totals.instructions, totals.failed_objects), (2, 18, 2));
        assert_eq!((totals.created, totals.updated, totals.deleted, totals.stale), (6, 2, 10, 2));
        assert_eq!(totals.kinds["contact"].created, 6);
        assert_eq!(totals.kinds["deal"].absent, 2);
        assert_eq!(*before, Totals::default(), "a shared total never changes under its reader");
    }

    #[test]
    fn percentiles_look_back_on_the_last_hundred() {
        let mut meter = Meter::default();
        assert_eq!(meter.percentiles([50, 95]), [None, None]);
        meter.took(Duration::from_millis(7));
        assert_eq!(meter.percentiles([50, 95]), [Some(7), Some(7)]);
        for ms in (1..=250).rev() {
            meter.took(Duration::from_millis(ms));
        }
        assert_eq!(meter.percentiles([50, 95]), [Some(50), Some(95)]);
    }
}
