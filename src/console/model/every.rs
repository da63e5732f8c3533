//! Synchronizing by itself, every so often: the pause that was chosen and when the next run begins.

use std::time::Duration;

use jiff::Timestamp;

use super::since;

/// The pauses to choose from, in minutes.
const MINUTES: [u64; 4] = [1, 5, 15, 60];
/// The shortest one that somebody can configure.
const SHORTEST: Duration = Duration::from_secs(1);

/// The switch. Off at first; it is not kept between runs of the console.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Every {
    /// The pause that is configured: the first choice.
    usual: Option<Duration>,
    /// Which of the pauses; none is off.
    chosen: Option<usize>,
    /// When the next run begins; none while one is on, or where it is off.
    due: Option<Timestamp>,
}

impl Every {
    /// Off, with a pause to begin with where one is configured.
    pub fn beginning_with(usual: Option<Duration>) -> Self {
        Self { usual: usual.map(|pause| pause.max(SHORTEST)), ..Self::default() }
    }

    /// What there is to choose from: the configured pause, then the others.
    fn pauses(&self) -> impl Iterator<Item = Duration> {
        let usual = self.usual;
        let others = MINUTES.into_iter().map(Duration::from_mins).filter(move |pause| Some(*pause) != usual);
        usual.into_iter().chain(others)
    }

    /// Turns it on, to the next pause, or off behind the last.
    pub fn turn(&mut self, now: Timestamp, running: bool) {
        let next = self.chosen.map_or(0, |at| at + 1);
        self.chosen = (next < self.pauses().count()).then_some(next);
        self.due = None;
        if !running {
            self.wait(now);
        }
    }

    /// Turns it off.
    pub fn off(&mut self) {
        *self = Self { usual: self.usual, ..Self::default() };
    }

    /// The time between the end of a run and the next one; none where it is off.
    pub fn pause(&self) -> Option<Duration> {
        self.chosen.and_then(|at| self.pauses().nth(at))
    }

    /// A run has ended, or none is on: counts from now.
    pub fn wait(&mut self, now: Timestamp) {
        self.due = self.pause().map(|pause| now + pause);
    }

    /// The next run, where one is coming, is to begin now.
    pub fn wait_no_longer(&mut self, now: Timestamp) {
        self.due = self.due.map(|due| due.min(now));
    }

    /// Whether a run is to begin; says so once.
    pub fn strike(&mut self, now: Timestamp) -> bool {
        self.due.take_if(|due| *due <= now).is_some()
    }

    /// A run has begun, whoever began it.
    pub fn began(&mut self) {
        self.due = None;
    }

    /// How long until the next run; none where none is coming.
    pub fn left(&self, now: Timestamp) -> Option<Duration> {
        self.due.map(|due| since(now, due))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pauses in seconds, one turn after the other, until it is off.
    fn turns(usual: Option<u64>) -> Vec<u64> {
        let mut every = Every::beginning_with(usual.map(Duration::from_secs));
        let next = std::iter::from_fn(|| {
            every.turn(Timestamp::UNIX_EPOCH, false);
            every.pause().map(|pause| pause.as_secs())
        });
        next.take(20).collect()
    }

    #[test]
    fn the_configured_pause_comes_first() {
        assert_eq!(turns(None), [60, 300, 900, 3_600]);
        assert_eq!(turns(Some(90)), [90, 60, 300, 900, 3_600]);
        assert_eq!(turns(Some(300)), [300, 60, 900, 3_600]);
        assert_eq!(turns(Some(0))[..2], [1, 60], "not without a pause");
        let mut every = Every::beginning_with(Some(Duration::from_secs(90)));
        every.off();
        every.turn(Timestamp::UNIX_EPOCH, false);
        assert_eq!(every.pause(), Some(Duration::from_secs(90)), "it is still the first after it was off");
    }
}
