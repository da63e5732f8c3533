//! When something changes by itself: a clock, a countdown, a remark that goes. The drawing sleeps until then.
//!
//! Promise: what nobody sees wakes nobody more often than it must.

use std::time::Duration;

use super::{Model, Screen, Welcome, since};
use crate::engine::Phase;

/// A clock's second.
const SECOND: Duration = Duration::from_secs(1);
/// A run that is watched: its rate and its times move.
const MOVING: Duration = Duration::from_millis(250);
/// A statement's time that is watched.
const STATEMENT: Duration = Duration::from_millis(100);
/// A statement that was told to stop is told again.
const STOP_AGAIN: Duration = Duration::from_millis(20);
/// What has passed already is looked at so soon, and not at once for ever.
const SOONEST: Duration = Duration::from_millis(10);
/// The mirror is asked anew so long after the engine has committed.
const ANEW: Duration = Duration::from_millis(500);

impl Model {
    /// How long until something changes by itself; none: nothing will.
    pub fn next_tick(&self) -> Option<Duration> {
        [
            self.of_the_run(),
            self.of_the_statement(),
            self.serving.as_ref().and_then(|serving| serving.next_look(self.focused)),
            // How long it has waited is seen to grow.
            (self.serving.is_some() && self.focused && self.wire.waits()).then_some(MOVING),
            self.of_the_countdown(),
            self.welcome.as_ref().is_some_and(Welcome::waits).then_some(SECOND),
            self.toast.as_ref().map(|remark| since(self.now, remark.until).max(SOONEST)),
            self.stale.then_some(ANEW),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    fn of_the_run(&self) -> Option<Duration> {
        self.running().then(|| match self.snapshot.phase {
            Phase::Paused => SECOND,
            _ if !self.focused => SECOND,
            _ => MOVING,
        })
    }

    fn of_the_statement(&self) -> Option<Duration> {
        let stopping = self.sql.busy()?;
        Some(match (stopping, self.focused && self.screen == Screen::Sql) {
            (true, _) => STOP_AGAIN,
            (false, true) => STATEMENT,
            (false, false) => SECOND,
        })
    }

    /// A countdown that is seen moves every second.
    fn of_the_countdown(&self) -> Option<Duration> {
        let left = self.every.left(self.now).filter(|_| !self.running())?;
        let step = if self.focused { left.min(SECOND) } else { left };
        Some(step.max(SOONEST))
    }
}
