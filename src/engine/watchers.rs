//! The watchers' side: events go out with `try_send`, snapshots are coalesced. Nobody is ever waited for.

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
    /// The run's last event: it goes out after the last snapshot, so that whoever hears of the end can read it.
    last: Option<Event>,
}

impl Watchers {
    pub(super) fn new(events: mpsc::Sender<Event>, snapshot: watch::Sender<Arc<Snapshot>>) -> Self {
        Self { events, snapshot, missed: 0, published: None, dirty: false, outcome: None, last: None }
    }

    /// A run begins: what is published next goes out at once.
    pub(super) fn run_begins(&mut self) {
        self.published = None;
        self.outcome = None;
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

    fn send(&mut self, event: Event) -> bool {
        let sent = self.events.try_send(event).is_ok();
        self.missed += u64::from(!sent);
        sent
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
        let snapshot = Snapshot { missed: self.missed, outcome: self.outcome.clone(), ..snapshot };
        self.snapshot.send_replace(Arc::new(snapshot));
    }

    /// The run is over: its last snapshot, then its last event.
    pub(super) fn finish(&mut self, now: Duration, snapshot: Snapshot) {
        let last = self.last.take();
        self.publish(now, snapshot);
        if last.is_some_and(|event| !self.send(event)) {
            let latest = Snapshot::clone(&self.snapshot.borrow());
            self.publish(now, latest);
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

    /// The same for a run that died: its last known state, idle.
    pub(super) fn finish_dead(&mut self, now: Duration) {
        let last = Snapshot::clone(&self.snapshot.borrow());
        self.finish(
            now,
            Snapshot { phase: Phase::Idle, wait: None, next_step: None, workers: Vec::new(), ..last },
        );
    }
}
