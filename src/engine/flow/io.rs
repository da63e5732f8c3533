//! What goes into the flow and what comes out: plain data, so that a simulator can speak it.

use std::sync::Arc;
use std::time::Duration;

use crate::client::Failure;
use crate::engine::Command;
use crate::engine::event::{EventKind, Totals};
use crate::mirror::{Outbox, PackNo, Receipt, SessionEnd, SessionNo, Settlement};
use crate::protocol::{DeviceUuid, FailedObject, QueueName, Session, SessionId};

/// One take, from asking for a page to its commit.
pub type Ticket = u64;

/// Something that was handed out and is answered by exactly one [`Input`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Job {
    /// Opening the mirror and making the client.
    Open,
    /// The start exchange.
    Start,
    /// Writing the session's beginning.
    BeginSession,
    /// A take exchange.
    Take(Ticket),
    /// Committing a page.
    Apply(Ticket),
    /// Writing the session's end.
    EndSession,
    /// Reading the next pack from the outbox.
    NextPack,
    /// The ack exchange.
    Acknowledge,
    /// Writing what became of a pack.
    Settle,
    /// Writing that keys are held back or released.
    Hold,
    /// Closing the mirror.
    Close,
}

/// What an answered exchange cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cost {
    /// Bytes of the body.
    pub bytes: u64,
    /// How long it took.
    pub elapsed: Duration,
}

/// What the flow needs to know of a page; the page itself stays with the driver.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PageFacts {
    /// Its instructions.
    pub instructions: u64,
    /// What the service guesses is left.
    pub count_left: Option<u64>,
    /// What could not be delivered.
    pub failed_objects: Vec<FailedObject>,
}

/// What the flow needs to know of a pack; its keys stay with the driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PackFacts {
    /// Its number.
    pub no: PackNo,
    /// How many keys.
    pub keys: u64,
    /// How often it was tried before.
    pub tries: u32,
}

/// Something that happened.
#[derive(Debug, Clone)]
pub enum Input {
    /// Somebody asks for something.
    Command(Command),
    /// The time that was asked for has come.
    Timer,
    /// The mirror is open and the client made.
    Opened {
        /// The device.
        device: DeviceUuid,
        /// What earlier runs left.
        outbox: Outbox,
    },
    /// The configuration cannot be used; why, in a line.
    Unusable(String),
    /// `start` answered 201.
    SessionOpened(Session, Cost),
    /// `start` answered 204.
    UpToDate(Cost),
    /// The session is in the history.
    SessionBegun(SessionNo),
    /// A queue answered 200. The driver keeps the page for [`Output::Apply`].
    PageArrived(Ticket, PageFacts, Cost),
    /// A queue answered 204.
    QueueDrained(Ticket, Cost),
    /// A page is durable.
    Committed(Ticket, Receipt),
    /// The session's end is in the history.
    SessionEnded,
    /// The next pack.
    PackReady(PackFacts),
    /// The outbox has nothing to send; what it holds.
    NoPack(Outbox),
    /// 202.
    PackAccepted(Cost),
    /// What became of the pack is in the mirror; what the outbox holds now.
    Settled(Outbox),
    /// Keys are held back or released; what the outbox holds now.
    Held(Outbox),
    /// An exchange failed.
    Failed(Job, Failure),
    /// An exchange was given up as [`Output::Abandon`] asked.
    Abandoned(Job),
    /// The mirror said no; why, in a line or two.
    MirrorFailed(Job, String),
    /// A task died: a defect of ours.
    Died(Job, String),
    /// The mirror is closed.
    Closed,
}

/// Something to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// Open the mirror and make the client.
    Open,
    /// Send `start`.
    Start,
    /// Write the session's beginning.
    BeginSession(Session),
    /// Take a page.
    Take {
        /// Names the take.
        ticket: Ticket,
        /// The session.
        session: SessionId,
        /// The queue.
        queue: QueueName,
    },
    /// Commit the page of this ticket.
    Apply {
        /// Names the page.
        ticket: Ticket,
        /// The session that it belongs to.
        session: SessionNo,
    },
    /// Cut the first instruction off the page of a ticket: it is the page of `part` from now on.
    Split {
        /// Names the page.
        ticket: Ticket,
        /// Names its first instruction.
        part: Ticket,
    },
    /// The page of this ticket will not be committed.
    Forget(Ticket),
    /// Write the session's end.
    EndSession {
        /// Which.
        session: SessionNo,
        /// How it ended.
        end: SessionEnd,
        /// Requests sent again in it.
        retries: u64,
        /// Objects that could not be delivered.
        failed_objects: u64,
        /// What ended it, where that was a failure.
        error: Option<String>,
    },
    /// Read the next pack.
    NextPack {
        /// Keys at most.
        max: usize,
    },
    /// Send this pack.
    Acknowledge(PackNo),
    /// Write what became of a pack.
    Settle(PackNo, Settlement),
    /// Hold all pending keys back, or release them. One at a time.
    Hold(bool),
    /// Give up all exchanges (and the opening) now; each answers with what it has or [`Input::Abandoned`].
    Abandon,
    /// Tell the watchers, with the totals as they were then.
    Emit(EventKind, Arc<Totals>),
    /// Send [`Input::Timer`] at this time since the start of the engine; replaces the last one.
    WakeAt(Option<Duration>),
    /// Close the mirror.
    Close,
    /// The run is over; nothing comes after this.
    Over,
}
