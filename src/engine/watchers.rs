//! The watchers' side: events go out with `try_send`, snapshots are coalesced. Nobody is ever waited for.
//!
//! Promise: a run's end is told once, and nothing of the run comes behind it: by its last event, or, where the channel
//! is full, by a snapshot that says that this event will not come.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{mpsc, watch};

use super::driver::Armed;
use super::event::{Event, EventKind, Outcome, Phase, Snapshot, Totals};
use crate::mirror::{Outbox, Renewed};

/// Snapshots are at least this far apart, but for the last one.
const COALESCE: Duration = Duration::from_millis(15);
/// While nothing happens in a run, its times and its rate still go on.
const REFRESH: Duration = Duration::from_millis(250);

/// Publishes what happens.
pub(super) struct Watchers {
    events: mpsc::Sender<Event>,
    snapshot: watch::Sender<Arc<Snapshot>>,
    missed: u64,
    /// When the last snapshot went out, and whether something happened since.
    published: Option<Duration>,
    dirty: bool,
    outcome: Option<Outcome>,
    end_missed: bool,
    /// The run's last event: it goes out after the last snapshot, so that whoever hears of the end can read it.
    last: Option<Event>,
}

impl Watchers {
    pub(super) fn new(events: mpsc::Sender<Event>, snapshot: watch::Sender<Arc<Snapshot>>) -> Self {
        Self {
            events,
            snapshot,
            missed: 0,
            published: None,
            dirty: false,
            outcome: None,
            end_missed: false,
            last: None,
        }
    }

    /// A run begins: what is published next goes out at once.
    pub(super) fn run_begins(&mut self) {
        self.published = None;
        self.outcome = None;
        self.end_missed = false;
    }

    /// Sends an event, or counts it as missed.
    pub(super) fn tell(&mut self, kind: EventKind, totals: Arc<Totals>) {
        let ended = match &kind {
            EventKind::RunEnded { outcome } => Some(outcome.clone()),
            _ => None,
        };
        let event = Event { at: Timestamp::now(), kind, totals };
        if ended.is_some() {
            self.outcome = ended;
            self.last = Some(event);
        } else {
            self.send(event);
        }
    }

    fn send(&mut self, event: Event) {
        self.missed += u64::from(self.events.try_send(event).is_err());
    }

    /// Something changed; the snapshot may go out now or a little later.
    pub(super) fn changed(&mut self) {
        self.dirty = true;
    }

    /// When the next snapshot has to go out.
    pub(super) fn due(&self) -> Duration {
        self.published.map_or(Duration::ZERO, |at| at + if self.dirty { COALESCE } else { REFRESH })
    }

    /// Publishes, if it is time.
    pub(super) fn publish_when_due(&mut self, now: Duration, make: impl FnOnce() -> Snapshot) {
        if self.due() <= now {
            self.publish(now, make());
        }
    }

    fn publish(&mut self, now: Duration, snapshot: Snapshot) {
        self.dirty = false;
        self.published = Some(now);
        let (missed, outcome, end_missed) = (self.missed, self.outcome.clone(), self.end_missed);
        self.snapshot.send_replace(Arc::new(Snapshot { missed, outcome, end_missed, ..snapshot }));
    }

    /// The run is over: its last snapshot, then its last event. Its place in the channel is taken first, so that the
    /// snapshot knows whether the event will come.
    pub(super) fn finish(&mut self, now: Duration, snapshot: Snapshot) {
        let Some(last) = self.last.take() else { return self.publish(now, snapshot) };
        let events = self.events.clone();
        let place = events.try_reserve().ok();
        self.end_missed = place.is_none();
        self.missed += u64::from(self.end_missed);
        self.publish(now, snapshot);
        if let Some(place) = place {
            place.send(last);
        }
    }

    /// Keys were held or released without a run.
    pub(super) fn held(&mut self, now: Duration, outbox: Outbox) {
        let mut latest = Snapshot::clone(&self.snapshot.borrow());
        latest.holding = outbox.held > 0;
        latest.held = outbox.held;
        Arc::make_mut(&mut latest.totals).pending_acks = outbox.pending;
        self.publish(now, latest);
    }

    /// Something was asked for that waits for the next run.
    pub(super) fn armed(&mut self, now: Duration, armed: Armed) {
        let mut latest = Snapshot::clone(&self.snapshot.borrow());
        latest.holding = armed.hold || latest.held > 0;
        latest.dropping = armed.drop;
        self.publish(now, latest);
    }

    /// The mirror became a new device without a run: its outbox is empty, and nothing is held.
    pub(super) fn renewed(&mut self, now: Duration, renewed: Renewed) {
        let mut latest = Snapshot::clone(&self.snapshot.borrow());
        (latest.device, latest.holding, latest.held) = (Some(renewed.device), false, 0);
        Arc::make_mut(&mut latest.totals).pending_acks = 0;
        let Renewed { device, former, dropped: dropped_acks } = renewed;
        let totals = Arc::clone(&latest.totals);
        self.tell(EventKind::DeviceReplaced { device, former, dropped_acks }, totals);
        self.publish(now, latest);
    }

    /// What was asked for without a run could not be done: no run has ended by that, and the last one's snapshot stands.
    pub(super) fn could_not(&mut self, error: String) {
        let totals = Arc::clone(&self.snapshot.borrow().totals);
        self.tell(EventKind::CommandFailed { error }, totals);
    }

    /// The same as [`Self::finish`] for a run that died: its last known state, idle.
    pub(super) fn finish_dead(&mut self, now: Duration) {
        let last = Snapshot::clone(&self.snapshot.borrow());
        self.finish(
            now,
            Snapshot { phase: Phase::Idle, wait: None, next_step: None, workers: Vec::new(), ..last },
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::event::RunEnd;

    /// Two runs, the first into a channel that nobody reads: its end is in the snapshot alone, the second's in both.
    #[test]
    fn an_end_comes_as_an_event_or_is_said_to_be_missed() {
        let (events, mut heard) = mpsc::channel(2);
        let (snapshot, seen) = watch::channel(Arc::default());
        let mut watchers = Watchers::new(events, snapshot);
        let mut run = |room: &mut mpsc::Receiver<Event>, end, quiet| {
            watchers.run_begins();
            for _ in 0..if quiet { 0 } else { 3 } {
                watchers.tell(EventKind::Paused, Arc::default());
            }
            let outcome = Outcome { converged: false, end, error: None };
            watchers.tell(EventKind::RunEnded { outcome }, Arc::default());
            watchers.finish(Duration::ZERO, Snapshot::default());
            let snapshot = Arc::clone(&seen.borrow());
            let mut ends = Vec::new();
            while let Ok(event) = room.try_recv() {
                if let EventKind::RunEnded { outcome } = event.kind {
                    ends.push(outcome.end);
                }
            }
            (snapshot.outcome.as_ref().map(|outcome| outcome.end), snapshot.missed, snapshot.end_missed, ends)
        };
        assert_eq!(run(&mut heard, RunEnd::Stopped, false), (Some(RunEnd::Stopped), 2, true, vec![]));
        let second = (Some(RunEnd::NoProgress), 2, false, vec![RunEnd::NoProgress]);
        assert_eq!(run(&mut heard, RunEnd::NoProgress, true), second);
    }
}
