//! What a watcher sees: [`Event`]s, the cumulative [`Totals`] and the latest [`Snapshot`]. Plain data, nothing else.
//!
//! Promise: one event a page or pack and never one an item; each carries the totals, so losing one loses a log line and
//! never a count. The newest snapshot is always there to read.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use super::budget::Budget;
use crate::client::Operation;
use crate::mirror::{Counts, PackNo, PageNo, SessionEnd, SessionNo};
use crate::protocol::{DeviceUuid, FailedObject, QueueName, SessionId};

/// Something that happened, in the past tense.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// What.
    #[serde(flatten)]
    pub kind: EventKind,
    /// Everything so far in this run, this event included.
    #[serde(skip)]
    pub totals: Arc<Totals>,
}

/// The closed list of what can happen. In JSON: one object a line, named by its field `event`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum EventKind {
    /// A run began: the mirror is open, locked and proven writable.
    RunStarted {
        /// The device.
        device: DeviceUuid,
        /// Full or single session.
        mode: Mode,
        /// Keys that an earlier run left in the outbox: they go first.
        pending_acks: u64,
    },
    /// `start` answered 201.
    SessionOpened {
        /// The mirror's number for it.
        no: SessionNo,
        /// The service's id.
        session: SessionId,
        /// Instructions announced over all queues: a guide and no promise.
        announced: Option<u64>,
        /// Milliseconds the exchange took.
        elapsed_ms: u64,
    },
    /// `start` answered 204.
    UpToDate {
        /// Milliseconds the exchange took.
        elapsed_ms: u64,
    },
    /// A page was applied and is durable.
    PageCommitted {
        /// The mirror's number for it.
        page: PageNo,
        /// The queue it came from.
        queue: QueueName,
        /// Its instructions; 0 for an empty page, which is no end.
        instructions: u64,
        /// Counts of this page.
        counts: Counts,
        /// What the service guesses is left.
        count_left: Option<u64>,
        /// What could not be delivered this time.
        failed_objects: Vec<FailedObject>,
        /// Bytes of the body.
        bytes: u64,
        /// Milliseconds the exchange took.
        elapsed_ms: u64,
        /// Microseconds the commit took.
        commit_us: u64,
        /// Which worker took it, from 1.
        worker: usize,
    },
    /// In step mode: a page was taken and waits for the next step.
    PageTaken {
        /// The queue it came from.
        queue: QueueName,
        /// Its instructions.
        instructions: u64,
        /// Milliseconds the exchange took.
        elapsed_ms: u64,
    },
    /// In step mode: a page was left out by hand; the next session brings it again.
    PageSkipped {
        /// The queue it came from.
        queue: QueueName,
        /// Its instructions.
        instructions: u64,
    },
    /// A queue answered 204.
    QueueDrained {
        /// The queue.
        queue: QueueName,
    },
    /// A pack left for the service.
    PackSent {
        /// The pack.
        pack: PackNo,
        /// Its keys.
        keys: u64,
        /// 1 for the first time.
        attempt: u32,
    },
    /// The service answered a pack with 202.
    PackAccepted {
        /// The pack.
        pack: PackNo,
        /// Its keys.
        keys: u64,
        /// Which try it was.
        attempt: u32,
        /// Milliseconds the exchange took.
        elapsed_ms: u64,
    },
    /// The service refused a pack; it comes again in halves, or its one key is kept as refused.
    PackRefused {
        /// The pack.
        pack: PackNo,
        /// Its keys.
        keys: u64,
        /// The HTTP status.
        status: u16,
        /// What the service said.
        answer: String,
    },
    /// An exchange failed and comes again.
    RetryScheduled {
        /// Which exchange.
        operation: Operation,
        /// The HTTP status, where one came.
        status: Option<u16>,
        /// What happened.
        reason: String,
        /// The service's name for the request.
        request_id: Option<String>,
        /// Milliseconds until the next try.
        wait_ms: u64,
        /// The number of the next try, from 2.
        attempt: u32,
    },
    /// The session ended.
    SessionEnded {
        /// The mirror's number for it.
        no: SessionNo,
        /// How.
        end: SessionEnd,
    },
    /// Without a run: the mirror became a new device.
    DeviceReplaced {
        /// The device it is now.
        device: DeviceUuid,
        /// The device it was.
        former: DeviceUuid,
        /// Keys of the former device that were pending and are dropped.
        dropped_acks: u64,
    },
    /// Without a run: what was asked for could not be done, and nothing changed.
    CommandFailed {
        /// What happened and what to do, in a line or two.
        error: String,
    },
    /// Paused: nothing is in flight any more.
    Paused,
    /// Going on.
    Resumed,
    /// The run is over; the engine is idle and the mirror closed.
    RunEnded {
        /// How.
        outcome: Outcome,
    },
}

/// How much of a synchronization to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Sessions until `start` answers 204.
    Full,
    /// One session.
    Single,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outcome {
    /// Whether `start` answered 204: nothing else is convergence.
    pub converged: bool,
    /// Why it ended.
    pub end: RunEnd,
    /// What happened and what to do, in a line or two; none where all is well.
    pub error: Option<String>,
}

/// Why a run ended; each has its exit status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RunEnd {
    /// `start` answered 204.
    Converged,
    /// The one session that was asked for is drained.
    SingleSession,
    /// Three sessions in a row brought nothing new, failed or were cut.
    NoProgress,
    /// A body was too large three times, or the service calls our requests wrong.
    Rejected,
    /// No or unusable configuration: no token, a wrong URL.
    Usage,
    /// 401 or 403.
    Refused,
    /// Unreachable or failing after the retries, or keys that could not be delivered.
    Unreachable,
    /// The mirror cannot be used.
    Mirror,
    /// Stopped by hand.
    Stopped,
    /// A defect of ours: a task died.
    Internal,
}

impl RunEnd {
    /// The process's exit status. A stop by a signal is the caller's to tell (130, 143); by hand it is 1.
    pub fn exit_status(self) -> u8 {
        match self {
            Self::Converged => 0,
            Self::SingleSession | Self::NoProgress | Self::Rejected | Self::Stopped | Self::Internal => 1,
            Self::Usage => 2,
            Self::Refused => 3,
            Self::Unreachable => 4,
            Self::Mirror => 5,
        }
    }
}

/// Everything counted so far in this run. Counts are exact, whatever events were lost.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Totals {
    /// Sessions opened.
    pub sessions: u64,
    /// Pages committed.
    pub pages: u64,
    /// Instructions committed.
    pub instructions: u64,
    /// Of these, created (as the service named them).
    pub created: u64,
    /// Of these, updated.
    pub updated: u64,
    /// Of these, deleted.
    pub deleted: u64,
    /// Of these, older than what the mirror has.
    pub stale: u64,
    /// Keys accepted.
    pub acked: u64,
    /// Packs accepted.
    pub packs: u64,
    /// Keys in the outbox now.
    pub pending_acks: u64,
    /// Keys refused for good, as the mirror holds them.
    pub refused_keys: u64,
    /// Objects that could not be delivered, counted each time.
    pub failed_objects: u64,
    /// Requests sent.
    pub requests: u64,
    /// Requests sent again.
    pub retries: u64,
    /// Bytes received, after decompression.
    pub bytes: u64,
    /// The same a type, by name.
    pub kinds: BTreeMap<String, Counts>,
}

/// What the engine is doing. What was asked and what is confirmed are two states (`Pausing`, `Paused`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// No run.
    #[default]
    Idle,
    /// Opening the mirror.
    Opening,
    /// Keys of an earlier session or run go first; no session starts before they are accepted.
    Flushing,
    /// Waiting for `start`'s answer.
    Starting,
    /// Pages are taken and applied.
    Draining,
    /// The outbox is at its cap: pages wait until keys are accepted.
    OutboxFull,
    /// The queues are drained; the last packs are on their way.
    Acknowledging,
    /// Pause was asked for; something is still in flight.
    Pausing,
    /// Nothing is in flight, nothing will be until resume or step.
    Paused,
    /// Stop was asked for; committing what is in flight.
    Stopping,
}

/// The newest state, for whoever draws it. The latest wins; nobody needs to see each.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Snapshot {
    /// What the engine is doing.
    pub phase: Phase,
    /// Counts of the current run, or of the last one when idle.
    pub totals: Arc<Totals>,
    /// When the run began.
    pub started: Option<Timestamp>,
    /// How long the run has taken, or took.
    pub elapsed: Duration,
    /// The device, once known.
    pub device: Option<DeviceUuid>,
    /// The current session.
    pub session: Option<SessionView>,
    /// Ack packs: the filling one, the one in flight, and the last ones, newest first; at most 50.
    pub packs: Vec<PackView>,
    /// What each worker does, by number from 1.
    pub workers: Vec<WorkerView>,
    /// A wait that holds everything up: until when and why.
    pub wait: Option<WaitView>,
    /// In step mode: what the next step will do, in words.
    pub next_step: Option<String>,
    /// In step mode: the instructions of the page that was taken and waits for the next step.
    pub looked_at: Option<u64>,
    /// Requests sent in the last second.
    pub request_rate: f64,
    /// The limit, in requests a second; 0 = none.
    pub rate_limit: u32,
    /// The request budget, and why nothing is sent just now.
    pub budget: Budget,
    /// Whether acks are held back by hand.
    pub holding: bool,
    /// Pending keys that are held back by hand.
    pub held: u64,
    /// Whether the answer of the next pack will be treated as lost.
    pub dropping: bool,
    /// Median time of an exchange over the last hundred, in milliseconds.
    pub p50_ms: Option<u64>,
    /// 95th percentile of the same.
    pub p95_ms: Option<u64>,
    /// Events that found the channel full and were not delivered.
    pub missed: u64,
    /// How the last run ended.
    pub outcome: Option<Outcome>,
    /// Its [`EventKind::RunEnded`] found the channel full: no event of that run comes any more. Otherwise it is the
    /// run's last one, and still to come when this is the first snapshot of the end.
    pub end_missed: bool,
}

/// The session as far as it has come.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SessionView {
    /// The mirror's number for it.
    pub no: SessionNo,
    /// The service's id, short and visible.
    pub short: String,
    /// Its queues.
    pub queues: Vec<QueueView>,
}

/// A queue as far as it has come.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct QueueView {
    /// Its name, visible.
    pub name: String,
    /// What `start` announced.
    pub announced: Option<u64>,
    /// Instructions committed from it.
    pub done: u64,
    /// What the last page said is left.
    pub left: Option<u64>,
    /// Whether it answered 204.
    pub drained: bool,
    /// Whether it turned out longer than announced; what out-of-order pages count twice for a while is no growth.
    pub grew: bool,
}

/// An ack pack and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct PackView {
    /// Its number; none while it fills.
    pub no: Option<PackNo>,
    /// Its keys.
    pub keys: u64,
    /// Where it stands.
    pub state: PackState,
    /// Tries so far.
    pub tries: u32,
    /// Since when it is in this state (filling, in flight), or how long the exchange took (the others).
    pub time: Duration,
}

/// Where a pack stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PackState {
    /// Keys are gathering.
    Filling,
    /// Sent, no answer yet.
    InFlight,
    /// 202.
    Accepted,
    /// Refused as a whole; it comes again in halves, or its one key is kept.
    Refused,
    /// No answer or a wrong one; it comes again.
    Failed,
}

/// What a worker does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum WorkerView {
    /// Nothing to do, or not allowed to.
    #[default]
    Idle,
    /// Waiting for its turn under the rate.
    Paced,
    /// A page is on its way.
    Taking,
    /// Its page is being applied.
    Applying,
    /// Its exchange failed; waiting for the next try.
    Retrying,
}

/// A wait that holds everything up.
#[derive(Debug, Clone, PartialEq)]
pub struct WaitView {
    /// When it ends.
    pub until: Timestamp,
    /// Why, in words.
    pub reason: String,
    /// The number of the next try.
    pub attempt: u32,
}
