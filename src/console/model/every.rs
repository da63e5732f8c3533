//! Synchronizing by itself, every so often: the pause that was chosen and when the next run begins.

use std::time::Duration;

use jiff::Timestamp;

use super::since;

/// The pauses to choose from, in minutes.
const MINUTES: [u64; 4] = [1, 5, 15, 60];

/// The switch. Off at first; it is not kept between runs of the console.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Every {
    /// Which of the pauses; none is off.
    chosen: Option<usize>,
    /// When the next run begins; none while one is on, or where it is off.
    due: Option<Timestamp>,
}

impl Every {
    /// Turns it on, to a longer pause, or off behind the longest.
    pub fn turn(&mut self, now: Timestamp, running: bool) {
        let next = self.chosen.map_or(0, |at| at + 1);
        self.chosen = (next < MINUTES.len()).then_some(next);
        self.due = None;
        if !running {
            self.wait(now);
        }
    }

    /// Turns it off.
    pub fn off(&mut self) {
        *self = Self::default();
    }

    /// The time between the end of a run and the next one; none where it is off.
    pub fn pause(&self) -> Option<Duration> {
        self.chosen.map(|at| Duration::from_secs(60 * MINUTES[at]))
    }

    /// A run has ended, or none is on: counts from now.
    pub fn wait(&mut self, now: Timestamp) {
        self.due = self.pause().map(|pause| now + pause);
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
