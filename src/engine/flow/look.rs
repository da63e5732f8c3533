//! Pages that wait to be looked at. In step mode a page that was taken is not committed before the next step: whole,
//! instruction by instruction, or not at all.
//!
//! Promise: a page waits only while somebody steps. Whoever goes on or stops commits it; only a skip leaves it out, and
//! then its keys were never the outbox's, so that the next session brings it again.

use super::drain::Arrived;
use super::io::{Cost, Output, PageFacts, Ticket};
use super::{Action, Flow, Stage};
use crate::engine::event::EventKind;

impl Flow {
    /// Whether nothing happens but what is asked for.
    pub(super) fn stepping(&self) -> bool {
        self.control.paused && self.leaving.is_none()
    }

    /// The page that waits, if one does.
    pub(super) fn looked_at(&self) -> Option<(Ticket, &Arrived)> {
        self.drain.as_ref()?.waiting.iter().next().map(|(ticket, page)| (*ticket, page))
    }

    /// The page that the next step commits; none where the next step is another.
    pub(in crate::engine) fn commits_next(&self) -> Option<Ticket> {
        let waits =
            self.looked_at().filter(|_| self.stepping() && self.next_action(true) == Some(Action::Commit));
        waits.map(|(ticket, _)| ticket)
    }

    /// A page that a step brought waits for the next one; any other is committed.
    pub(super) fn page_came(&mut self, ticket: Ticket, page: Arrived) {
        let waits = self.stepping() && page.facts.instructions > 0;
        let Some(drain) = &mut self.drain else { return };
        if !(waits && drain.stepped == Some(ticket)) {
            return self.commit(ticket, page);
        }
        let queue = drain.queues[page.queue].name.clone();
        let (instructions, elapsed_ms) = (page.facts.instructions, page.cost.elapsed.as_millis() as u64);
        drain.waiting.insert(ticket, page);
        self.emit(EventKind::PageTaken { queue, instructions, elapsed_ms });
    }

    fn commit(&mut self, ticket: Ticket, page: Arrived) {
        let Some(drain) = &mut self.drain else { return };
        let session = drain.no;
        drain.workers[page.worker].applying += 1;
        drain.applying.insert(ticket, page);
        self.out.push(Output::Apply { ticket, session });
    }

    /// Nobody looks any more: what waited is committed.
    pub(super) fn look_no_longer(&mut self) {
        if self.stepping() {
            return;
        }
        let waiting = self.drain.as_mut().map(|drain| std::mem::take(&mut drain.waiting));
        for (ticket, page) in waiting.into_iter().flatten() {
            self.commit(ticket, page);
        }
    }

    /// A step: commits the page that waits.
    pub(super) fn commit_page(&mut self) {
        let next = self.drain.as_mut().and_then(|drain| drain.waiting.pop_first());
        if let Some((ticket, page)) = next {
            self.commit(ticket, page);
        }
    }

    /// Commits the first instruction of the page that waits, and its key with it; the others wait on.
    pub(super) fn commit_one(&mut self) {
        if !self.stepping() || self.in_flight() {
            return;
        }
        let part = self.tickets + 1;
        let Some(drain) = &mut self.drain else { return };
        let Some(mut waiting) = drain.waiting.first_entry() else { return };
        self.control.told = false;
        if waiting.get().facts.instructions == 1 {
            return self.commit_page();
        }
        let (ticket, page) = (*waiting.key(), waiting.get_mut());
        page.facts.instructions -= 1;
        let facts = PageFacts { instructions: 1, count_left: page.facts.count_left, ..PageFacts::default() };
        let first = Arrived { worker: page.worker, queue: page.queue, facts, cost: Cost::default() };
        self.tickets = part;
        self.out.push(Output::Split { ticket, part });
        self.commit(part, first);
    }

    /// Leaves the page that waits out.
    pub(super) fn skip_page(&mut self) {
        if !self.stepping() {
            return;
        }
        let Some(drain) = &mut self.drain else { return };
        let Some((ticket, page)) = drain.waiting.pop_first() else { return };
        drain.lost_pages += 1;
        let queue = drain.queues[page.queue].name.clone();
        self.control.told = false;
        self.out.push(Output::Forget(ticket));
        self.emit(EventKind::PageSkipped { queue, instructions: page.facts.instructions });
    }

    /// Gives the session up as if the service had forgotten it: what it did not bring comes in the next one.
    pub(super) fn give_session_up(&mut self) {
        if self.leaving.is_none() && self.stage == Stage::Draining {
            self.control.told = false;
            self.session_lost("given up by hand".to_owned());
        }
    }
}
