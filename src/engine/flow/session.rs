//! From `start` to the session's end, and what the next session is for.
//!
//! Promises: no start while keys are unaccepted (the stage before it is the outbox); converged is what `start` says
//! with 204; a page that arrived is always committed, unless somebody skips it by hand; a lost session is left by all
//! workers, and only by them.

use std::time::Duration;

use super::drain::{Arrived, Drain, Work, Worker};
use super::io::{Cost, Output, PageFacts, Ticket};
use super::retries::Tries;
use super::{Flow, Next, Stage};
use crate::engine::backoff;
use crate::engine::event::{EventKind, Mode, Outcome, RunEnd};
use crate::mirror::{Receipt, SessionEnd, SessionNo};
use crate::protocol::Session;
use crate::text;

/// Sessions in a row that may change nothing.
const FRUITLESS: u32 = 3;

/// Why sessions brought nothing, summed over those in a row.
#[derive(Debug, Default)]
pub(super) struct Causes {
    pub(super) sessions: u32,
    failed_objects: u64,
    lost_pages: u64,
    instructions: u64,
    trouble: Option<String>,
}

impl Flow {
    /// Sends `start`.
    pub(super) fn start(&mut self) {
        self.starting = true;
        self.start_tries.begin(self.now);
        self.request(None, self.start_tries.failures > 0);
        self.out.push(Output::Start);
    }

    pub(super) fn on_session(&mut self, session: Session, cost: Cost) {
        self.started(cost);
        if self.leaving.is_some() {
            return; // it expires by itself
        }
        self.drain = Some(Drain::new(&session, self.config.workers, self.meter.totals().retries));
        self.session_cost = cost;
        self.stage = Stage::Beginning;
        self.out.push(Output::BeginSession(session));
    }

    pub(super) fn on_up_to_date(&mut self, cost: Cost) {
        self.started(cost);
        self.emit(EventKind::UpToDate { elapsed_ms: cost.elapsed.as_millis() as u64 });
        let outcome = Outcome { converged: true, end: RunEnd::Converged, error: None };
        match &mut self.leaving {
            None => self.leave_with(outcome, Duration::ZERO, false),
            Some(leaving) if leaving.outcome.end == RunEnd::Stopped => leaving.outcome = outcome,
            Some(_) => {}
        }
    }

    fn started(&mut self, cost: Cost) {
        self.starting = false;
        self.start_tries = Tries::default();
        self.answered(cost, None);
    }

    pub(super) fn on_begun(&mut self, no: SessionNo) {
        let Some(drain) = &mut self.drain else { return };
        drain.no = no;
        let announced = drain.queues.iter().filter_map(|queue| queue.announced);
        let announced = announced.reduce(u64::saturating_add);
        let session = drain.id.clone();
        self.stage = Stage::Draining;
        self.meter.count().sessions += 1;
        let elapsed_ms = self.session_cost.elapsed.as_millis() as u64;
        self.emit(EventKind::SessionOpened { no, session, announced, elapsed_ms });
    }

    /// Asks for a page.
    pub(super) fn take(&mut self, worker: usize, queue: usize) {
        let (now, ticket, stepping) = (self.now, self.tickets + 1, self.stepping());
        self.tickets = ticket;
        let Some(drain) = &mut self.drain else { return };
        drain.stepped = stepping.then_some(ticket);
        if worker == drain.workers.len() {
            drain.workers.push(Worker::default());
        }
        let tries = &mut drain.workers[worker].tries;
        tries.begin(now);
        let again = tries.failures > 0;
        drain.workers[worker].work = Work::Taking { ticket, queue };
        let (session, queue) = (drain.id.clone(), drain.queues[queue].name.clone());
        self.request(Some(ticket), again);
        self.out.push(Output::Take { ticket, session, queue });
    }

    pub(super) fn on_page(&mut self, ticket: Ticket, facts: PageFacts, cost: Cost) {
        let (now, newest) = (self.now, self.tickets);
        self.took_well(ticket, cost);
        let Some(drain) = &mut self.drain else { return };
        let Some((worker, queue)) = drain.put_down(ticket) else { return };
        drain.crew.came(now.saturating_sub(drain.workers[worker].tries.began), cost.bytes);
        drain.rest(worker);
        drain.arrived(now, queue, ticket, newest, &facts);
        self.page_came(ticket, Arrived { worker, queue, facts, cost });
    }

    pub(super) fn on_drained(&mut self, ticket: Ticket, cost: Cost) {
        self.took_well(ticket, cost);
        let Some(drain) = &mut self.drain else { return };
        let Some((worker, queue)) = drain.put_down(ticket) else { return };
        drain.rest(worker);
        if drain.queues[queue].drained {
            return; // somebody else's 204 was first
        }
        drain.drained(queue);
        let queue = drain.queues[queue].name.clone();
        self.emit(EventKind::QueueDrained { queue });
    }

    fn took_well(&mut self, ticket: Ticket, cost: Cost) {
        self.answered(cost, Some(ticket));
        self.let_in();
        self.last_take = Some(self.now);
    }

    pub(super) fn on_committed(&mut self, ticket: Ticket, receipt: &Receipt) {
        let Some(drain) = &mut self.drain else { return };
        let Some(page) = drain.applying.remove(&ticket) else { return };
        drain.workers[page.worker].applying -= 1;
        drain.committed(page.queue, receipt);
        let queue = &mut drain.queues[page.queue];
        queue.done += page.facts.instructions;
        let name = queue.name.clone();
        let (instructions, failed) = (page.facts.instructions, page.facts.failed_objects.len() as u64);
        let counts = self.meter.committed(receipt, instructions, failed);
        self.keys_committed(receipt.keys);
        self.emit(EventKind::PageCommitted {
            page: receipt.page,
            queue: name,
            instructions,
            counts,
            count_left: page.facts.count_left,
            failed_objects: page.facts.failed_objects,
            bytes: page.cost.bytes,
            elapsed_ms: page.cost.elapsed.as_millis() as u64,
            commit_us: receipt.commit_micros,
            worker: page.worker + 1,
        });
    }

    /// A take was answered 404: all workers leave the session; what is in flight still comes home.
    pub(super) fn session_lost(&mut self, why: String) {
        let Some(drain) = &mut self.drain else { return };
        drain.lost.get_or_insert(why);
        for worker in 0..drain.workers.len() {
            if matches!(drain.workers[worker].work, Work::Waiting { .. }) {
                drain.rest(worker);
            }
        }
    }

    /// Ends the session once nothing is asked for and all pages are durable.
    pub(super) fn session_done(&mut self) -> bool {
        let Some(drain) = &self.drain else { return false };
        let draining = matches!(self.stage, Stage::Draining);
        let here = drain.applying.len() + drain.waiting.len();
        if !draining || drain.open() || drain.taking() > 0 || here > 0 {
            return false;
        }
        let (end, why) = match (&drain.lost, &drain.failed) {
            (Some(why), _) => (SessionEnd::Lost, Some(why.clone())),
            (_, Some(why)) => (SessionEnd::Failed, Some(why.clone())),
            _ => (SessionEnd::Drained, None),
        };
        self.end_session(end, why);
        true
    }

    /// Writes the session's end.
    pub(super) fn end_session(&mut self, end: SessionEnd, error: Option<String>) {
        let Some(drain) = &self.drain else { return };
        let (session, failed_objects) = (drain.no, drain.failed_objects);
        let retries = self.meter.totals().retries - drain.retries_before;
        self.stage = Stage::Ending(end);
        self.out.push(Output::EndSession { session, end, retries, failed_objects, error });
    }

    pub(super) fn on_session_ended(&mut self) {
        let (Stage::Ending(end), Some(drain)) = (&self.stage, self.drain.take()) else { return };
        let end = *end;
        self.emit(EventKind::SessionEnded { no: drain.no, end });
        if self.leaving.is_some() {
            self.stage = Stage::WayOut;
            return;
        }
        self.weigh(&drain, end);
        let next = self.after(&drain, end);
        self.after_session = true;
        self.stage = Stage::Flushing(next);
    }

    /// Whether the session brought the mirror forward.
    fn weigh(&mut self, drain: &Drain, end: SessionEnd) {
        if drain.changed > 0 {
            self.causes = Causes::default();
            return;
        }
        let causes = &mut self.causes;
        causes.sessions += 1;
        causes.failed_objects += drain.failed_objects;
        causes.lost_pages += drain.lost_pages;
        causes.instructions += drain.queues.iter().map(|queue| queue.done).sum::<u64>();
        causes.trouble = drain.lost.clone().or_else(|| drain.failed.clone()).or(causes.trouble.take());
        if end != SessionEnd::Drained || drain.failed_objects + drain.lost_pages > 0 {
            let jitter = self.rng.f64();
            self.start_tries.at = self.now + backoff::wait(self.causes.sessions, None, jitter);
            "the last session brought nothing new".clone_into(&mut self.start_tries.reason);
        }
    }

    fn after(&mut self, drain: &Drain, end: SessionEnd) -> Next {
        let outcome = |end, error| Next::Finish(Outcome { converged: false, end, error });
        if self.mode == Mode::Single || self.config.peek {
            let why = drain.lost.as_ref().or(drain.failed.as_ref());
            let error = (end != SessionEnd::Drained).then(|| {
                let why = why.map_or("it was cut", String::as_str);
                format!("the session was not drained: {why}; the next one brings the rest")
            });
            return outcome(RunEnd::SingleSession, error);
        }
        if self.causes.sessions >= FRUITLESS {
            return outcome(RunEnd::NoProgress, Some(self.causes.message()));
        }
        Next::Start
    }
}

impl Causes {
    fn message(&self) -> String {
        let cause = if let Some(trouble) = &self.trouble {
            format!("the sessions were cut: {trouble}")
        } else if self.failed_objects > 0 {
            let n = text::grouped(self.failed_objects);
            format!("{n} failed objects (the service cannot deliver them now); try again later")
        } else if self.lost_pages > 0 {
            let n = text::grouped(self.lost_pages);
            format!("{n} pages were lost on their way (failed or cut exchanges); try again later")
        } else if self.instructions > 0 {
            let n = text::grouped(self.instructions);
            format!("the service sent {n} instructions again that the mirror has: are the acks taken by it?")
        } else {
            "the service opens sessions and puts nothing into them".to_owned()
        };
        format!("three sessions in a row brought nothing new; likely cause: {cause}")
    }
}
