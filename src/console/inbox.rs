//! Where all threads put their messages and the loop takes them: keys at once, the engine's news once a frame.
//!
//! Promise: nobody who puts something in ever waits, and what is in is bounded: of snapshots the newest, of events the
//! last few thousand (the engine's totals are in the snapshot, so a lost event loses a log line; how many were lost is
//! told), of keys and of what tells progress the first few thousand. Signals, the engine's end and answers are few, and
//! never lost: somebody waits for them.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::fault;
use super::message::Message;
use crate::engine::{Event, Snapshot};

/// How often work that takes its time tells how far it is.
pub(super) const TELL: Duration = Duration::from_millis(100);

/// Events kept until the next frame.
const EVENTS: usize = 4_096;
/// Other messages kept; only a terminal that stopped reading lets them grow. What must arrive is kept beyond it.
const MESSAGES: usize = 4_096;

#[derive(Debug, Default)]
struct State {
    urgent: VecDeque<Message>,
    events: VecDeque<Event>,
    /// Events that had to go since the last look.
    missed: u64,
    snapshot: Option<Arc<Snapshot>>,
    leaving: bool,
    closed: bool,
}

impl State {
    fn news(&self) -> bool {
        self.snapshot.is_some() || !self.events.is_empty()
    }
}

/// The inbox.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    state: Mutex<State>,
    wake: Condvar,
}

impl Inbox {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a message in.
    pub(super) fn push(&self, message: Message) {
        // Every thread of the console comes by here.
        fault::provoke(std::thread::current().name());
        let mut state = self.lock();
        let wake = match message {
            Message::Snapshot(snapshot) => {
                let quiet = !state.news();
                state.snapshot = Some(snapshot);
                quiet
            }
            Message::Event(event) => {
                let quiet = !state.news();
                if state.events.len() >= EVENTS {
                    state.events.pop_front();
                    state.missed += 1;
                }
                state.events.push_back(event);
                quiet
            }
            other => {
                if state.urgent.len() < MESSAGES || !other.may_be_lost() {
                    state.urgent.push_back(other);
                }
                true
            }
        };
        drop(state);
        if wake {
            self.wake.notify_one();
        }
    }

    /// The loop has ended and the screen is given back; a run that is still on gets its time.
    pub(super) fn leave(&self) {
        self.lock().leaving = true;
    }

    /// Whether the loop has ended: then no write to the terminal can hang any more.
    #[cfg_attr(not(unix), expect(dead_code, reason = "who asks has a signal to obey"))]
    pub(super) fn leaving(&self) -> bool {
        self.lock().leaving
    }

    /// No more messages are taken; who feeds it may end.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.wake.notify_all();
    }

    /// Whether it is closed.
    pub(super) fn closed(&self) -> bool {
        self.lock().closed
    }

    /// Waits for a message until `deadline`; the engine's news count from `frame` on. Then everything there is, what
    /// people did first.
    pub(super) fn wait(&self, deadline: Option<Instant>, frame: Instant) -> Vec<Message> {
        let mut state = self.lock();
        loop {
            let now = Instant::now();
            if !state.urgent.is_empty()
                || (state.news() && now >= frame)
                || deadline.is_some_and(|d| d <= now)
            {
                return drain(&mut state);
            }
            let until = match (deadline, state.news()) {
                (Some(d), true) => Some(d.min(frame)),
                (None, true) => Some(frame),
                (d, false) => d,
            };
            state = match until {
                Some(until) => {
                    let left = until.saturating_duration_since(now);
                    self.wake.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.wake.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    /// What is there now.
    #[cfg(test)]
    pub(super) fn take(&self) -> Vec<Message> {
        drain(&mut self.lock())
    }
}

fn drain(state: &mut State) -> Vec<Message> {
    let mut out: Vec<_> = state.urgent.drain(..).collect();
    let missed = std::mem::take(&mut state.missed);
    out.extend((missed > 0).then_some(Message::Missed(missed)));
    out.extend(state.events.drain(..).map(Message::Event));
    out.extend(state.snapshot.take().map(Message::Snapshot));
    out
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::super::key::Key;
    use super::super::message::Answer;
    use super::*;
    use crate::engine::EventKind;

    #[test]
    fn what_is_lost_is_counted_and_what_somebody_waits_for_is_not_lost() {
        let inbox = Inbox::default();
        for _ in 0..MESSAGES + 10 {
            inbox.push(Message::Key(Key::char('j')));
            inbox.push(Message::Read(Answer::Scanned { ticket: 1, progress: (1, 2, 0) }));
        }
        let event = Event { at: Timestamp::UNIX_EPOCH, kind: EventKind::Resumed, totals: Arc::default() };
        for _ in 0..EVENTS + 10 {
            inbox.push(Message::Event(event.clone()));
        }
        inbox.push(Message::Read(Answer::Status(Ok(None))));
        inbox.push(Message::EngineGone);
        inbox.push(Message::Signal(15));
        let got = inbox.take();
        let count = |of: fn(&Message) -> bool| got.iter().filter(|message| of(message)).count();
        assert_eq!(count(Message::may_be_lost), MESSAGES);
        assert_eq!(count(|m| matches!(m, Message::Event(_))), EVENTS);
        assert_eq!(count(|m| matches!(m, Message::Missed(10))), 1);
        for needed in [
            |m: &Message| matches!(m, Message::Read(Answer::Status(_))),
            |m: &Message| matches!(m, Message::EngineGone),
            |m: &Message| matches!(m, Message::Signal(15)),
        ] {
            assert_eq!(count(needed), 1);
        }
        inbox.push(Message::Event(event));
        assert!(!inbox.take().iter().any(|m| matches!(m, Message::Missed(_))), "a loss is told once");
    }
}
