//! One session as it is drained: its queues, the workers that share it, the pages on their way into the mirror.
//!
//! Promise: a queue is drained by a 204 and by nothing else. `count_left` only limits how many takes are in flight, so
//! that four workers do not each spend a request on the same 204; once it was wrong it is not believed again. Workers
//! beyond those who were asked for (`crew`) take only where it says that there is something for them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use super::crew::Crew;
use super::io::{Cost, PageFacts, Ticket};
use super::retries::Tries;
use crate::engine::backoff;
use crate::mirror::{Receipt, SessionNo};
use crate::protocol::{QueueName, Session, SessionId};

/// Empty pages of one queue in a row, after which the session counts as failed: never as drained.
const EMPTIES: u32 = 20;
/// Pages of one queue in a row that are the same as one before in this session, after which the session counts as
/// failed. What an earlier session brought may all come again, and a page may come twice: so often is a queue that
/// repeats itself.
const ECHOES: u32 = 20;
/// Pages on their way into the mirror, above which no further page is taken: what waits is written in one transaction
/// and one sync, so that a mirror that falls behind gets quicker. Twice as many as the mirror takes into one: while one
/// transaction is synced the next is made.
const AHEAD_PAGES: usize = 128;
/// The same in bytes.
const AHEAD_BYTES: u64 = 64 * 1024 * 1024;

/// A session that is being drained.
#[derive(Debug)]
pub(super) struct Drain {
    pub(super) id: SessionId,
    pub(super) no: SessionNo,
    pub(super) queues: Vec<Queue>,
    pub(super) workers: Vec<Worker>,
    /// How many of them there should be.
    pub(super) crew: Crew,
    /// Pages that arrived and are not durable yet.
    pub(super) applying: HashMap<Ticket, Arrived>,
    /// Pages that arrived in step mode and wait for the next step.
    pub(super) waiting: BTreeMap<Ticket, Arrived>,
    /// The take that a step asked for last.
    pub(super) stepped: Option<Ticket>,
    /// The service forgot the session, or it was given up: why.
    pub(super) lost: Option<String>,
    /// Given up because of empty pages, or of pages that come again and again: why.
    pub(super) failed: Option<String>,
    /// The pages of this session in which nothing was new, by their fingerprints.
    echoes: HashSet<u64>,
    /// Instructions that changed the mirror.
    pub(super) changed: u64,
    pub(super) failed_objects: u64,
    /// Takes whose page may be lost until the next session.
    pub(super) lost_pages: u64,
    /// Requests sent again before this session.
    pub(super) retries_before: u64,
}

/// A queue of the session.
#[derive(Debug)]
pub(super) struct Queue {
    pub(super) name: QueueName,
    pub(super) announced: Option<u64>,
    pages: Option<u64>,
    pub(super) done: u64,
    pub(super) left: Option<u64>,
    /// Takes after this one were asked for when `left` was known.
    left_since: Ticket,
    pub(super) drained: bool,
    /// The longest page seen.
    page: u64,
    /// Empty pages in a row.
    empties: u32,
    empty_until: Duration,
    /// Pages in a row that had come before.
    echoes: u32,
    /// `count_left` said less than came.
    guide_wrong: bool,
}

/// One of those who take pages.
#[derive(Debug, Default)]
pub(super) struct Worker {
    pub(super) work: Work,
    pub(super) tries: Tries,
    /// Its pages that are being applied.
    pub(super) applying: usize,
}

/// What a worker does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Work {
    #[default]
    Idle,
    /// A page is on its way.
    Taking { ticket: Ticket, queue: usize },
    /// Its last try failed; the next one is not before its tries' time.
    Waiting { queue: usize },
}

/// A page that arrived and is not durable yet.
#[derive(Debug)]
pub(super) struct Arrived {
    pub(super) worker: usize,
    pub(super) queue: usize,
    pub(super) facts: PageFacts,
    pub(super) cost: Cost,
}

impl Drain {
    pub(super) fn new(session: &Session, workers: usize, retries_before: u64) -> Self {
        let queues = session.queues.iter().map(|queue| Queue {
            name: queue.name.clone(),
            announced: queue.total_count,
            pages: queue.pages,
            done: 0,
            left: None,
            left_since: 0,
            drained: false,
            page: 0,
            empties: 0,
            empty_until: Duration::ZERO,
            echoes: 0,
            guide_wrong: false,
        });
        Self {
            id: session.id.clone(),
            no: 0,
            queues: queues.collect(),
            workers: (0..workers.max(1)).map(|_| Worker::default()).collect(),
            crew: Crew::new(workers),
            applying: HashMap::new(),
            waiting: BTreeMap::new(),
            stepped: None,
            lost: None,
            failed: None,
            echoes: HashSet::new(),
            changed: 0,
            failed_objects: 0,
            lost_pages: 0,
            retries_before,
        }
    }

    /// Whether the session may be asked for more.
    pub(super) fn open(&self) -> bool {
        self.lost.is_none() && self.failed.is_none() && self.queues.iter().any(|queue| !queue.drained)
    }

    pub(super) fn taking(&self) -> usize {
        self.workers.iter().filter(|worker| matches!(worker.work, Work::Taking { .. })).count()
    }

    /// Whether the mirror has fallen behind, so that the next page has to wait.
    pub(super) fn ahead(&self) -> bool {
        let bytes: u64 = self.applying.values().map(|page| page.cost.bytes).sum();
        self.applying.len() >= AHEAD_PAGES || bytes >= AHEAD_BYTES
    }

    /// The next take: which worker, which queue. `eager` looks past all waits; `gentle` sends nobody while somebody
    /// waits for a next try. A worker that is not there yet is the one behind the last; `rate` says how many may be.
    pub(super) fn next_take(
        &self,
        now: Duration,
        eager: bool,
        gentle: bool,
        rate: usize,
    ) -> Option<(usize, usize)> {
        if !self.open() || self.ahead() {
            return None;
        }
        let waiting = |worker: &Worker| matches!(worker.work, Work::Waiting { .. });
        let numbered = || self.workers.iter().enumerate();
        let first =
            numbered().filter(|(_, worker)| waiting(worker)).min_by_key(|(_, worker)| worker.tries.at);
        if let Some((number, worker)) = first
            && let Work::Waiting { queue } = worker.work
        {
            if eager || worker.tries.due(now) {
                return Some((number, queue));
            }
            if gentle {
                return None;
            }
        }
        let idle = numbered().find(|(_, worker)| worker.work == Work::Idle).map(|(number, _)| number);
        // Whoever is one too many for what was asked for helps where all goes well, and spends nothing on a guess.
        let more = self.taking() >= self.crew.asked();
        if more && (eager || first.is_some() || self.taking() >= self.crew.size(rate)) {
            return None;
        }
        let number = idle.or_else(|| more.then_some(self.workers.len()))?;
        let ready = |queue: usize| eager || self.queues[queue].empty_until <= now;
        let room = |q: usize| self.queues[q].takes().map_or(!more, |takes| self.busy(q) < takes);
        let open = (0..self.queues.len()).filter(|q| !self.queues[*q].drained && ready(*q) && room(*q));
        open.min_by_key(|queue| self.busy(*queue)).map(|queue| (number, queue))
    }

    /// Takes of this queue that are in flight or wait for their next try.
    fn busy(&self, queue: usize) -> u64 {
        let at = |worker: &&Worker| match worker.work {
            Work::Taking { queue: its, .. } | Work::Waiting { queue: its } => its == queue,
            Work::Idle => false,
        };
        self.workers.iter().filter(at).count() as u64
    }

    /// Takes an exchange out of flight: its worker and its queue.
    pub(super) fn put_down(&mut self, ticket: Ticket) -> Option<(usize, usize)> {
        let its = |worker: &Worker| match worker.work {
            Work::Taking { ticket: own, queue } if own == ticket => Some(queue),
            _ => None,
        };
        let (worker, queue) = self
            .workers
            .iter()
            .enumerate()
            .find_map(|(number, worker)| its(worker).map(|queue| (number, queue)))?;
        // A failed worker keeps its place at the queue until it is told to wait or to leave.
        self.workers[worker].work = Work::Waiting { queue };
        Some((worker, queue))
    }

    /// A worker's take failed and comes again; `page_lost`: the service may have taken the page off the queue.
    pub(super) fn failed_take(&mut self, worker: usize, page_lost: bool) {
        self.lost_pages += u64::from(page_lost);
        if let Work::Waiting { queue } = self.workers[worker].work
            && self.queues[queue].drained
        {
            self.rest(worker);
        }
    }

    /// A worker has nothing to do any more, and its failures are forgotten.
    pub(super) fn rest(&mut self, worker: usize) {
        self.workers[worker].work = Work::Idle;
        self.workers[worker].tries = Tries::default();
    }

    /// A page came: what the service says is left, and whether the queue says nothing too long. `newest` is the last
    /// take that was asked for.
    pub(super) fn arrived(
        &mut self,
        now: Duration,
        queue: usize,
        ticket: Ticket,
        newest: Ticket,
        facts: &PageFacts,
    ) {
        let queue = &mut self.queues[queue];
        // Answers overtake each other: only one that was asked for later may say that more is left.
        let later = ticket > queue.left_since;
        queue.guide_wrong |= later && queue.left.is_some_and(|left| left < facts.instructions);
        queue.left = match (queue.left, facts.count_left) {
            (Some(known), Some(left)) if !later => Some(known.min(left)),
            (_, left) => left,
        };
        if later {
            queue.left_since = newest;
        }
        queue.page = queue.page.max(facts.instructions);
        queue.empties = if facts.instructions == 0 { queue.empties + 1 } else { 0 };
        queue.empty_until = now + backoff::empty(queue.empties);
        if queue.empties >= EMPTIES {
            self.failed =
                Some(format!("queue {} answered {EMPTIES} empty pages in a row and never 204", queue.name));
        }
        self.failed_objects += facts.failed_objects.len() as u64;
    }

    /// A page is durable: what it changed, and whether its queue repeats itself.
    pub(super) fn committed(&mut self, queue: usize, receipt: &Receipt) {
        self.changed += receipt.changed;
        let queue = &mut self.queues[queue];
        match receipt.echo {
            Some(page) if !self.echoes.insert(page) => queue.echoes += 1,
            Some(_) => queue.echoes = 0,
            None if receipt.changed > 0 => queue.echoes = 0,
            None => {} // an empty page says nothing
        }
        if queue.echoes >= ECHOES {
            self.failed = Some(format!(
                "queue {} repeats itself ({ECHOES} pages in a row had come before in this session); a cache in between?",
                queue.name
            ));
        }
    }

    /// A queue answered 204: nobody asks it again.
    pub(super) fn drained(&mut self, queue: usize) {
        self.queues[queue].drained = true;
        for worker in 0..self.workers.len() {
            if self.workers[worker].work == (Work::Waiting { queue }) {
                self.rest(worker);
            }
        }
    }

    pub(super) fn cut_waits(&mut self, now: Duration) {
        for worker in &mut self.workers {
            worker.tries.at = now;
        }
        for queue in &mut self.queues {
            queue.empty_until = now;
        }
    }

    /// Whether a queue has turned out longer than announced, and not by what may be counted twice: pages come out of
    /// order, so that for a while one of each worker is both done and said to be left.
    pub(super) fn grew(&self, queue: &Queue) -> bool {
        let Some(announced) = queue.announced else { return false };
        match queue.left {
            Some(left) if !queue.drained => {
                let twice = queue.page.saturating_mul(self.workers.len() as u64);
                queue.done.saturating_add(left) > announced.saturating_add(twice)
            }
            _ => queue.done > announced,
        }
    }

    /// The moments at which somebody may go on.
    pub(super) fn waits(&self) -> impl Iterator<Item = (Duration, &str, u32)> {
        let workers = self.workers.iter().filter(|worker| matches!(worker.work, Work::Waiting { .. }));
        let queues = self.queues.iter().filter(|queue| !queue.drained && queue.empties > 1);
        workers
            .map(|worker| (worker.tries.at, worker.tries.reason.as_str(), worker.tries.failures + 1))
            .chain(
                queues.map(|queue| (queue.empty_until, "the queue answered empty pages", queue.empties + 1)),
            )
    }
}

impl Queue {
    /// How many takes may be in flight; none where nobody knows.
    fn takes(&self) -> Option<u64> {
        if self.empties > 0 {
            return Some(1);
        }
        match (self.left, self.pages) {
            _ if self.guide_wrong => None,
            (Some(left), _) => Some(left.div_ceil(self.page.max(1)).max(1)),
            (None, Some(pages)) if self.page == 0 => Some(pages.max(1)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Four workers and pages of 50: 200 may be counted twice, and a queue of which more is left grew.
    #[test]
    fn a_queue_grew_by_what_cannot_be_counted_twice() {
        let name = QueueName("main".into());
        let queue = crate::protocol::Queue { name, pages: None, total_count: Some(1_000) };
        let session = Session { id: SessionId("s".into()), queues: vec![queue] };
        let mut drain = Drain::new(&session, 4, 0);
        let grew = |drain: &Drain| drain.grew(&drain.queues[0]);
        assert!(!grew(&drain), "nothing came yet");
        drain.queues[0].page = 50;
        for (done, left, expected) in [(300, 700, false), (300, 900, false), (300, 901, true)] {
            (drain.queues[0].done, drain.queues[0].left) = (done, Some(left));
            assert_eq!(grew(&drain), expected, "{done} + {left}");
        }
        drain.queues[0].drained = true;
        for (done, expected) in [(1_000, false), (1_001, true)] {
            drain.queues[0].done = done; // what it said last is left is no more
            assert_eq!(grew(&drain), expected, "{done} and drained");
        }
        drain.queues[0].announced = None;
        assert!(!grew(&drain));
    }
}
