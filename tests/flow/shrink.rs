//! A schedule that breaks a promise, made shorter: whatever went wrong in it is left out piece by piece, as long as it still
//! breaks the same one.

use std::any::Any;
use std::cell::Cell;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

use crate::world::World;

/// Schedules that are tried for a shorter one.
const TRIES: usize = 300;

/// What a schedule is to do without.
#[derive(Debug, Clone)]
pub(crate) struct Less {
    /// What does not go wrong, by its number in the schedule.
    pub(crate) mishaps: BTreeSet<usize>,
    /// Records at most.
    pub(crate) records: u32,
    /// Steps at most before nothing fails any more.
    pub(crate) steps: u64,
    /// One worker and one queue.
    pub(crate) alone: bool,
}

impl Default for Less {
    fn default() -> Self {
        Self { mishaps: BTreeSet::new(), records: u32::MAX, steps: u64::MAX, alone: false }
    }
}

/// What goes wrong in a schedule.
#[derive(Debug, Default)]
pub(crate) struct Mishaps {
    without: BTreeSet<usize>,
    count: usize,
    /// What did go wrong: its number and words for it.
    pub(crate) told: Vec<(usize, String)>,
}

impl Mishaps {
    pub(crate) fn without(left_out: &BTreeSet<usize>) -> Self {
        Self { without: left_out.clone(), ..Self::default() }
    }

    /// Whether the next one happens; it is told in these words.
    pub(crate) fn happens(&mut self, words: impl FnOnce() -> String) -> bool {
        let number = self.count;
        self.count += 1;
        let happens = !self.without.contains(&number);
        if happens {
            self.told.push((number, words()));
        }
        happens
    }
}

/// A schedule that broke a promise.
pub(crate) struct Failed {
    less: Less,
    said: String,
    pub(crate) mishaps: Vec<(usize, String)>,
}

thread_local! {
    /// Whether this thread is trying what may fail, and wants no words of it.
    static TRYING: Cell<bool> = const { Cell::new(false) };
}

/// Lives through a schedule; how many steps that took.
pub(crate) fn attempt(world: &mut World, live: impl FnOnce(&mut World)) -> Result<u64, Failed> {
    let lived = catch_unwind(AssertUnwindSafe(|| live(world)));
    lived.map(|()| world.steps).map_err(|panic| Failed {
        less: Less::default(),
        said: words(panic.as_ref()),
        mishaps: std::mem::take(&mut world.mishaps.told),
    })
}

fn words(panic: &(dyn Any + Send)) -> String {
    let said = panic.downcast_ref::<String>().cloned();
    said.or_else(|| panic.downcast_ref::<&str>().map(|said| (*said).to_owned())).unwrap_or_default()
}

/// The promise that is broken, without what was around it.
fn promise(said: &str) -> &str {
    said.split(" (seed ").next().unwrap_or_default()
}

/// The shortest schedule that still breaks the same promise, in words. `run` lives through one anew.
pub(crate) fn shortest(failed: Failed, run: impl Fn(&Less) -> Result<u64, Failed>) -> String {
    static QUIET: Once = Once::new();
    QUIET.call_once(|| {
        let loud = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !TRYING.get() {
                loud(info);
            }
        }));
    });
    let (first, broken) = (failed.mishaps.len(), promise(&failed.said).to_owned());
    let mut best = failed;
    let mut tries = 0;
    TRYING.set(true);
    let mut try_it = |best: &mut Failed, change: &dyn Fn(&mut Less)| {
        let mut less = best.less.clone();
        change(&mut less);
        tries += 1;
        let shorter = (tries <= TRIES).then(|| run(&less).err()).flatten();
        let shorter = shorter.filter(|failed| promise(&failed.said) == broken);
        if let Some(failed) = shorter {
            *best = Failed { less, ..failed };
            return true;
        }
        false
    };
    try_it(&mut best, &|less| less.alone = true);
    for records in [1, 5, 20, 80] {
        if try_it(&mut best, &|less| less.records = records) {
            break;
        }
    }
    for steps in [20, 60, 200, 600, 1_500] {
        if try_it(&mut best, &|less| less.steps = steps) {
            break;
        }
    }
    // All at once, halves, quarters, down to one by one.
    let mut piece = best.mishaps.len();
    while piece > 0 {
        let mut at = 0;
        while at < best.mishaps.len() {
            let numbers: Vec<usize> =
                best.mishaps.iter().skip(at).take(piece).map(|mishap| mishap.0).collect();
            if !try_it(&mut best, &|less| less.mishaps.extend(&numbers)) {
                at += piece;
            }
        }
        piece /= 2;
    }
    TRYING.set(false);
    let mut told = format!(
        "{}\nof {first} things that went wrong these are enough, with {:?}:",
        best.said,
        Sizes(&best.less)
    );
    for (number, words) in &best.mishaps {
        let _ = write!(told, "\n  {number}: {words}");
    }
    told
}

/// What of a schedule's sizes is less.
struct Sizes<'a>(&'a Less);

impl std::fmt::Debug for Sizes<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Less { records, steps, alone, .. } = self.0;
        write!(f, "at most {records} records, {steps} steps, alone: {alone}")
    }
}
