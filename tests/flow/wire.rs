//! The wire of the world: what the service answers, and how an answer fails.

use std::time::Duration;

use drainboard::client::{Failure, FailureKind, Operation, Verdict};
use drainboard::engine::flow::{Cost, Input, Job, PageFacts, Ticket};
use drainboard::protocol::{FailedObject, Queue, QueueName, Session, SessionId};

use crate::model::Key;
use crate::world::{Due, Fate, Mutant, Request, World};

impl World {
    /// The service does its part.
    pub(crate) fn arrive(&mut self, exchange: u64, request: &Request, fate: Fate) {
        let job = self.exchanges.get(&exchange).copied();
        let failed = |job: Job| Input::Failed(job, failure(job, fate));
        if matches!(fate, Fate::Status(_) | Fate::Limited(_)) {
            if let Some(job) = job {
                let takes = match self.mutant {
                    Mutant::AnyAnswerAccepts => true,
                    Mutant::OkAccepts => fate == Fate::Status(200),
                    _ => false,
                };
                let accepts = takes && job == Job::Acknowledge;
                let input = if accepts { Input::PackAccepted(Cost::default()) } else { failed(job) };
                self.answer(exchange, input);
            }
            return;
        }
        let input = match request {
            Request::Start => self.serve_start(fate),
            Request::Take(ticket, session, queue) => {
                self.serve_take(*ticket, *session, *queue, fate, job.is_some())
            }
            Request::Acknowledge(keys) => {
                let durable = keys.iter().all(|key| self.mirror.seen.contains(key));
                self.hold(durable, "a key was acknowledged that is not durable");
                match self.service.acknowledge(keys) {
                    Ok(()) => Input::PackAccepted(Cost::default()),
                    Err(status) => {
                        Input::Failed(Job::Acknowledge, failure(Job::Acknowledge, Fate::Status(status)))
                    }
                }
            }
        };
        let Some(job) = job else { return };
        let lost = matches!(fate, Fate::LostAfter | Fate::TooLarge | Fate::Stalled(_));
        if lost && let Job::Take(ticket) = job {
            self.pages.remove(&ticket);
        }
        let wait =
            if let Fate::Stalled(seconds) = fate { Duration::from_secs(seconds) } else { self.delay() };
        let at = self.now + wait;
        self.schedule(at, Due::Input(Some(exchange), if lost { failed(job) } else { input }));
    }

    fn serve_start(&mut self, fate: Fate) -> Input {
        if self.mutant == Mutant::DrainedIsAll && self.drained_answers > 0 {
            return Input::UpToDate(Cost::default());
        }
        let Some((no, lengths)) = self.service.start() else {
            return match self.mutant {
                Mutant::NeverUpToDate => Input::Failed(Job::Start, failure(Job::Start, Fate::Status(503))),
                _ => Input::UpToDate(Cost::default()),
            };
        };
        if fate == Fate::Expired {
            self.service.forget(no);
        }
        let queue = |(n, length): (usize, &u64)| Queue {
            name: QueueName(n.to_string()),
            pages: None,
            total_count: (self.guide == 0).then_some(*length),
        };
        let queues = lengths.iter().enumerate().map(queue).collect();
        Input::SessionOpened(Session { id: SessionId(no.to_string()), queues }, Cost::default())
    }

    fn serve_take(&mut self, ticket: Ticket, session: u32, queue: usize, fate: Fate, heard: bool) -> Input {
        if fate == Fate::Expired {
            self.service.forget(session);
        }
        if fate == Fate::Empty {
            if heard {
                self.pages.insert(ticket, Vec::new());
            }
            if self.mutant == Mutant::EmptyIsEnd {
                self.pages.remove(&ticket);
                return Input::QueueDrained(ticket, Cost::default());
            }
            return Input::PageArrived(ticket, PageFacts::default(), Cost::default());
        }
        if fate == Fate::Again
            && let Some(keys) = self.cache.get(&(session, queue)).cloned()
        {
            return self.page(ticket, keys, None, heard);
        }
        match self.service.take(session, queue) {
            Err(()) => Input::Failed(Job::Take(ticket), failure(Job::Take(ticket), Fate::Expired)),
            Ok(None) if self.mutant == Mutant::NeverDry => {
                self.page(ticket, vec![(1_000 + self.requests[&Operation::Take] as u32, 1)], None, heard)
            }
            Ok(None) => {
                self.drained_answers += 1;
                Input::QueueDrained(ticket, Cost::default())
            }
            Ok(Some((keys, left))) => {
                let again =
                    keys.iter().find(|key| self.mirror.seen.contains(key) && !self.may_come_again(**key));
                self.hold(again.is_none(), "something was downloaded again that was committed");
                let keys = self.odd(keys);
                let count_left = match self.guide {
                    0 => Some(left),
                    1 => None,
                    _ => Some(self.rng.u64(0..40)),
                };
                self.cache.insert((session, queue), keys.clone());
                if self.mutant == Mutant::PageIsSession {
                    self.service.forget(session);
                }
                self.page(ticket, keys, count_left, heard)
            }
        }
    }

    fn page(&mut self, ticket: Ticket, keys: Vec<Key>, count_left: Option<u64>, heard: bool) -> Input {
        let broken = self.service.broken.iter();
        let failed_objects =
            broken.map(|id| FailedObject { kind: "thing".into(), id: (*id).into() }).collect();
        let facts = PageFacts { instructions: keys.len() as u64, count_left, failed_objects };
        if heard {
            self.pages.insert(ticket, keys);
        }
        Input::PageArrived(ticket, facts, Cost::default())
    }

    /// Whether a key may come again although it was committed: it was refused, strayed, or is sent whatever was acknowledged.
    fn may_come_again(&self, key: Key) -> bool {
        let known = [&self.service.repeated, &self.mirror.refused, &self.strayed];
        self.config.peek || known.iter().any(|keys| keys.contains(&key))
    }

    /// Some pages bring something twice, and an older revision of a record behind the new one: on the same page, or on a
    /// later one, whoever takes it, in this session or another.
    fn odd(&mut self, mut keys: Vec<Key>) -> Vec<Key> {
        if self.rng.u32(0..1_000) < self.service.odd {
            let (id, rev) = keys[self.rng.usize(0..keys.len())];
            let again = [(id, rev), (id, rev.saturating_sub(1).max(1))];
            self.strayed.extend(again);
            if self.rng.bool() {
                keys.extend(again);
            } else {
                self.stragglers.extend(again);
            }
        } else if !self.stragglers.is_empty() && self.rng.u32(0..3) == 0 {
            let straggler = self.stragglers.swap_remove(self.rng.usize(0..self.stragglers.len()));
            keys.insert(self.rng.usize(0..=keys.len()), straggler);
        }
        keys
    }
}

pub(crate) fn failure(job: Job, fate: Fate) -> Failure {
    let operation = match job {
        Job::Start => Operation::Start,
        Job::Acknowledge => Operation::Acknowledge,
        _ => Operation::Take,
    };
    let (kind, verdict, status, message) = match fate {
        Fate::Status(status @ (401 | 403)) => {
            (FailureKind::Status, Verdict::Refused, Some(status), "refused")
        }
        Fate::Status(status @ (413 | 422)) if operation == Operation::Acknowledge => {
            (FailureKind::Status, Verdict::Halve, Some(status), "bad keys")
        }
        Fate::Status(status @ 400..500) => (FailureKind::Status, Verdict::Rejected, Some(status), "rejected"),
        Fate::Status(status) => (FailureKind::Status, Verdict::Retry, Some(status), "failing"),
        Fate::Limited(_) => (FailureKind::Status, Verdict::Retry, Some(429), "too many requests"),
        Fate::Expired => (FailureKind::Status, Verdict::NewSession, Some(404), "unknown session"),
        Fate::TooLarge => {
            (FailureKind::TooLarge, Verdict::RetryTooLarge, Some(200), "too large; --max-page allows more")
        }
        Fate::LostBefore => (FailureKind::Connect, Verdict::Retry, None, "no connection"),
        _ => (FailureKind::Cut, Verdict::Retry, None, "cut"),
    };
    let retry_after = if let Fate::Limited(asked) = fate { asked.map(Duration::from_secs) } else { None };
    Failure {
        operation,
        kind,
        verdict,
        status,
        code: None,
        message: message.to_owned(),
        request_id: None,
        retry_after,
        elapsed: Duration::ZERO,
    }
}
