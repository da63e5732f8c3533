//! The flow's jobs as tasks: opening, exchanges, what the mirror writes. Every job reports exactly once.
//!
//! Promise: nothing here waits for a watcher or holds a lock; parsing happens on the task that took the page; a task
//! that dies reports its death; an exchange that is given up reports what it already has, if it has something.

use std::collections::HashMap;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::Settings;
use super::flow::{Cost, Input, Job, PackFacts, PageFacts, Ticket};
use crate::client::{Answer, Client, Failure, Started, Taken};
use crate::mirror::{Mirror, MirrorError, Pack, PackNo, SessionEnd, SessionNo, Settlement};
use crate::protocol::{EventType, Page, QueueName, Session, SessionId};
use crate::text;

/// What a task hands back: an input for the flow, and what the flow itself has no use for.
pub(super) struct Report {
    pub(super) input: Input,
    pub(super) cargo: Cargo,
}

/// What stays with the driver.
pub(super) enum Cargo {
    None,
    /// A page, and the exchange that brought it where a tap records.
    Page(Ticket, Page, Option<u64>),
    Pack(Arc<Pack>),
    Tools(Mirror, Client),
}

/// The running tasks and what they work with.
pub(super) struct Jobs {
    settings: Arc<Settings>,
    reports: mpsc::UnboundedSender<Report>,
    tasks: JoinSet<()>,
    cancel: CancellationToken,
    tools: Option<(Mirror, Client)>,
    pages: HashMap<Ticket, (Page, Option<u64>)>,
    pack: Option<Arc<Pack>>,
}

impl Jobs {
    pub(super) fn new(settings: Arc<Settings>) -> (Self, mpsc::UnboundedReceiver<Report>) {
        let (reports, inbox) = mpsc::unbounded_channel();
        let jobs = Self {
            settings,
            reports,
            tasks: JoinSet::new(),
            cancel: CancellationToken::new(),
            tools: None,
            pages: HashMap::new(),
            pack: None,
        };
        (jobs, inbox)
    }

    /// Keeps what a report brought.
    pub(super) fn keep(&mut self, cargo: Cargo) {
        match cargo {
            Cargo::None => {}
            Cargo::Page(ticket, page, exchange) => drop(self.pages.insert(ticket, (page, exchange))),
            Cargo::Pack(pack) => self.pack = Some(pack),
            Cargo::Tools(mirror, client) => self.tools = Some((mirror, client)),
        }
        while self.tasks.try_join_next().is_some() {} // finished tasks are only freed here
    }

    /// Gives up all exchanges and the opening.
    pub(super) fn abandon(&self) {
        self.cancel.cancel();
    }

    /// Runs a job that nobody gives up.
    fn run(&mut self, job: Job, work: impl Future<Output = Report> + Send + 'static) {
        let reports = self.reports.clone();
        self.tasks.spawn(async move {
            let report = AssertUnwindSafe(work).catch_unwind().await;
            let report = report.unwrap_or_else(|panic| Input::Died(job, words(panic.as_ref())).into());
            let _ = reports.send(report); // nobody listens when the run is over
        });
    }

    /// Runs a job that may be given up; what is complete by then still counts.
    fn exchange(&mut self, job: Job, work: impl Future<Output = Report> + Send + 'static) {
        let cancel = self.cancel.clone();
        self.run(job, async move {
            tokio::select! {
                biased;
                report = work => report,
                () = cancel.cancelled() => Input::Abandoned(job).into(),
            }
        });
    }

    /// Reports a job that cannot even begin, because what it works with is not here: a defect, and an answer all the
    /// same, without which the flow would wait for ever.
    fn cannot(&self, job: Job, missing: &str) {
        let _ = self.reports.send(Input::Died(job, format!("{job:?} without {missing}")).into());
    }

    /// The mirror and the client, from the opening's answer to the close; without them the job is reported.
    fn tools(&self, job: Job) -> Option<(Mirror, Client)> {
        if self.tools.is_none() {
            self.cannot(job, "an open mirror");
        }
        self.tools.clone()
    }

    /// Runs a job of the mirror.
    fn write<F>(&mut self, job: Job, work: impl FnOnce(Mirror) -> F)
    where
        F: Future<Output = Result<Report, MirrorError>> + Send + 'static,
    {
        let Some((mirror, _)) = self.tools(job) else { return };
        let work = work(mirror);
        self.run(job, async move { work.await.unwrap_or_else(|error| mirror_failed(job, &error)) });
    }

    pub(super) fn open(&mut self) {
        let settings = Arc::clone(&self.settings);
        self.exchange(Job::Open, async move {
            let blocking = Arc::clone(&settings);
            let opened =
                tokio::task::spawn_blocking(move || Mirror::open(&blocking.mirror, &blocking.identity)).await;
            let mirror = match opened {
                Ok(Ok(mirror)) => mirror,
                Ok(Err(error)) => return mirror_failed(Job::Open, &error),
                Err(died) => return Input::Died(Job::Open, died.to_string()).into(),
            };
            let device = mirror.device();
            // The token may come from a command that asks a person.
            let connected = tokio::task::spawn_blocking(move || (settings.connect)(device)).await;
            let client = match connected {
                Ok(Ok(client)) => client,
                Ok(Err(error)) => return close_unused(mirror, Input::Unusable(error.to_string())).await,
                Err(died) => {
                    let said = died.try_into_panic().map_or_else(|e| e.to_string(), |panic| words(&*panic));
                    return close_unused(mirror, Input::Died(Job::Open, said)).await;
                }
            };
            match mirror.outbox().await {
                Ok(outbox) => {
                    Report { input: Input::Opened { device, outbox }, cargo: Cargo::Tools(mirror, client) }
                }
                Err(error) => mirror_failed(Job::Open, &error),
            }
        });
    }

    pub(super) fn start(&mut self) {
        let Some((mirror, client)) = self.tools(Job::Start) else { return };
        self.exchange(Job::Start, async move {
            match client.start().await {
                Ok(answer) => {
                    let cost = cost(&answer);
                    match answer.value {
                        Started::Session(session) => Input::SessionOpened(session, cost),
                        Started::UpToDate => {
                            if let Err(moved) = mirror.in_place() {
                                return mirror_failed(Job::Start, &moved);
                            }
                            // Without the note the mirror seems older than it is, which is the safe side.
                            let _ = mirror.converged().await;
                            Input::UpToDate(cost)
                        }
                    }
                }
                Err(failure) => Input::Failed(Job::Start, failure),
            }
            .into()
        });
    }

    pub(super) fn take(&mut self, ticket: Ticket, session: SessionId, queue: QueueName) {
        let job = Job::Take(ticket);
        let Some((_, client)) = self.tools(job) else { return };
        self.exchange(job, async move { taken(ticket, client.take(&session, &queue).await) });
    }

    pub(super) fn acknowledge(&mut self, no: PackNo) {
        let Some((mirror, client)) = self.tools(Job::Acknowledge) else { return };
        let Some(pack) = self.pack.clone().filter(|pack| pack.no == no) else {
            return self.cannot(Job::Acknowledge, "its pack");
        };
        self.exchange(Job::Acknowledge, async move {
            // What is acknowledged is never sent again, so it must be where somebody will look for it.
            if let Err(moved) = mirror.in_place() {
                return mirror_failed(Job::Acknowledge, &moved);
            }
            let client = client.for_pack(no, pack.keys.len() as u64, pack.tries + 1);
            match client.acknowledge(&pack.keys).await {
                Ok(answer) => Input::PackAccepted(cost(&answer)),
                Err(failure) => Input::Failed(Job::Acknowledge, failure),
            }
            .into()
        });
    }

    pub(super) fn begin_session(&mut self, session: Session) {
        self.write(Job::BeginSession, |mirror| async move {
            Ok(Input::SessionBegun(mirror.begin_session(&session).await?).into())
        });
    }

    pub(super) fn apply(&mut self, ticket: Ticket, session: SessionNo) {
        let job = Job::Apply(ticket);
        let Some((_, client)) = self.tools(job) else { return };
        let Some((page, exchange)) = self.pages.remove(&ticket) else { return self.cannot(job, "its page") };
        self.write(job, |mirror| async move {
            let receipt = mirror.apply(session, page).await?;
            client.brought_page(exchange, receipt.page);
            Ok(Input::Committed(ticket, receipt).into())
        });
    }

    /// The page's first instruction, to be said behind what is done with the page: `; first: ~ contact 1600000516`.
    pub(super) fn first_of(&self, ticket: Ticket) -> Option<String> {
        let first = self.pages.get(&ticket)?.0.items().next()?;
        let sign = match first.event {
            EventType::Created => '+',
            EventType::Updated | EventType::Other => '~',
            EventType::Deleted => '-',
        };
        let id = first.id.map_or_else(|| "without an id".to_owned(), ToString::to_string);
        Some(text::visible(&format!("; first: {sign} {} {id}", first.kind)).into_owned())
    }

    /// The first instruction of a page becomes a page of its own. No job: where there is no page, its commit says so.
    pub(super) fn split(&mut self, ticket: Ticket, part: Ticket) {
        let Some((page, exchange)) = self.pages.get_mut(&ticket) else { return };
        let first = (page.split_first(), *exchange);
        self.pages.insert(part, first);
    }

    /// A page will not be committed.
    pub(super) fn forget(&mut self, ticket: Ticket) {
        self.pages.remove(&ticket);
    }

    pub(super) fn end_session(
        &mut self,
        no: SessionNo,
        end: SessionEnd,
        counts: (u64, u64),
        error: Option<String>,
    ) {
        self.write(Job::EndSession, |mirror| async move {
            mirror.end_session(no, end, counts.0, counts.1, error).await?;
            Ok(Input::SessionEnded.into())
        });
    }

    pub(super) fn next_pack(&mut self, max: usize) {
        self.write(Job::NextPack, |mirror| async move {
            let Some(pack) = mirror.next_pack(max).await? else {
                return Ok(Input::NoPack(mirror.outbox().await?).into());
            };
            let facts = PackFacts { no: pack.no, keys: pack.keys.len() as u64, tries: pack.tries };
            Ok(Report { input: Input::PackReady(facts), cargo: Cargo::Pack(Arc::new(pack)) })
        });
    }

    pub(super) fn settle(&mut self, pack: PackNo, settlement: Settlement) {
        self.pack = None;
        self.write(Job::Settle, |mirror| async move {
            Ok(Input::Settled(mirror.settle(pack, settlement).await?).into())
        });
    }

    pub(super) fn hold(&mut self, hold: bool) {
        self.write(Job::Hold, |mirror| async move { Ok(Input::Held(mirror.hold(hold).await?).into()) });
    }

    /// Closes the mirror, if it was opened.
    /// Closes the mirror; how long ago each of the last requests left is told to the next run.
    pub(super) fn close(&mut self, lately: &[Duration]) {
        let tools = self.tools.take();
        if let Some(spent) = self.settings.spent() {
            spent.tell(lately);
        }
        self.run(Job::Close, async move {
            let Some((mirror, _)) = tools else { return Input::Closed.into() };
            match mirror.close().await {
                Ok(()) => Input::Closed.into(),
                Err(error) => mirror_failed(Job::Close, &error),
            }
        });
    }
}

impl From<Input> for Report {
    fn from(input: Input) -> Self {
        Self { input, cargo: Cargo::None }
    }
}

fn taken(ticket: Ticket, answer: Result<Answer<Taken>, Failure>) -> Report {
    let answer = match answer {
        Ok(answer) => answer,
        Err(failure) => return Input::Failed(Job::Take(ticket), failure).into(),
    };
    let (cost, exchange) = (cost(&answer), answer.exchange);
    match answer.value {
        Taken::Drained => Input::QueueDrained(ticket, cost).into(),
        Taken::Page(page) => {
            let facts = PageFacts {
                instructions: page.len() as u64,
                count_left: page.count_left,
                failed_objects: page.failed.clone(),
            };
            Report {
                input: Input::PageArrived(ticket, facts, cost),
                cargo: Cargo::Page(ticket, page, exchange),
            }
        }
    }
}

fn cost<T>(answer: &Answer<T>) -> Cost {
    Cost { bytes: answer.bytes, elapsed: answer.elapsed }
}

fn mirror_failed(job: Job, error: &MirrorError) -> Report {
    Input::MirrorFailed(job, text::visible(&error.to_string()).into_owned()).into()
}

/// A mirror that was opened for nothing gives its lock back before anybody hears why.
async fn close_unused(mirror: Mirror, why: Input) -> Report {
    match mirror.close().await {
        Ok(()) => why.into(),
        Err(error) => mirror_failed(Job::Open, &error),
    }
}

/// What a panic said.
pub(super) fn words(panic: &(dyn std::any::Any + Send)) -> String {
    let said = panic.downcast_ref::<&str>().copied();
    let said = said.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text::visible(said.unwrap_or("no message")).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::ConfigError;
    use crate::mirror::Identity;

    fn jobs() -> (Jobs, mpsc::UnboundedReceiver<Report>) {
        let settings = Settings {
            mirror: "nowhere".into(),
            identity: Identity { host: String::new(), device: None },
            connect: Arc::new(|_| Err(ConfigError("none".into()))),
            rate: 0,
            workers: 1,
            ack_pack: 1,
            ack_most: 1,
            ack_interval: std::time::Duration::ZERO,
            tries: 1,
            peek: false,
            spent: None,
        };
        Jobs::new(Arc::new(settings))
    }

    /// Whatever is missing, each job is answered, once, and as the job that it is.
    #[tokio::test]
    async fn a_job_that_cannot_begin_is_reported() {
        let (mut jobs, mut inbox) = jobs();
        jobs.start();
        jobs.take(7, SessionId("s".into()), QueueName("main".into()));
        jobs.acknowledge(1);
        jobs.apply(8, 1); // a ticket that nobody knows
        jobs.end_session(1, SessionEnd::Drained, (0, 0), None);
        jobs.next_pack(1);
        jobs.settle(1, Settlement::Accepted);
        jobs.hold(true);
        let asked = [
            Job::Start,
            Job::Take(7),
            Job::Acknowledge,
            Job::Apply(8),
            Job::EndSession,
            Job::NextPack,
            Job::Settle,
            Job::Hold,
        ];
        for job in asked {
            let report = inbox.try_recv().map(|report| report.input);
            assert!(matches!(&report, Ok(Input::Died(died, _)) if *died == job), "{job:?}: {report:?}");
        }
        assert!(inbox.try_recv().is_err());
    }
}
