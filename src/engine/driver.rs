//! The loop: reports, commands and the clock go into the flow; its outputs become tasks, events and snapshots.
//!
//! Promise: `RunEnded` is the last event of a run, the mirror is closed by then, and the engine can run again; whatever
//! dies on the way, the run ends and says so.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use jiff::Timestamp;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::event::{Event, EventKind, Mode, Outcome, RunEnd, Snapshot};
use super::flow::{Config, Flow, Input, Output};
use super::jobs::{Jobs, Report, words};
use super::pacing::Pacer;
use super::watchers::Watchers;
use super::{Command, Settings};
use crate::mirror::Mirror;

/// Packs' worth of pending keys above which no page is taken.
const OUTBOX_PACKS: u64 = 20;
/// What is remembered of before an engine began, so that its clock has times for it.
const BEFORE: Duration = Duration::from_secs(5);
/// Reports taken in before outputs go out and watchers are served.
const BATCH: usize = 64;

/// An engine between runs.
pub(super) struct Driver {
    settings: Arc<Settings>,
    commands: mpsc::Receiver<Command>,
    watchers: Watchers,
    pacer: Pacer,
    origin: Instant,
    armed: Armed,
}

/// What was asked for without a run and waits for the next one.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Armed {
    /// Its acks are held.
    pub(super) hold: bool,
    /// Its first pack's answer is lost.
    pub(super) drop: bool,
}

/// One run while it lasts.
struct Run {
    flow: Flow,
    jobs: Jobs,
    wake: Option<Duration>,
    over: bool,
}

impl Driver {
    pub(super) fn new(
        settings: Settings,
        commands: mpsc::Receiver<Command>,
        events: mpsc::Sender<Event>,
        snapshot: watch::Sender<Arc<Snapshot>>,
    ) -> Self {
        let pacer = Pacer::new(settings.rate);
        let watchers = Watchers::new(events, snapshot);
        let origin = Instant::now();
        let origin = origin.checked_sub(BEFORE).unwrap_or(origin);
        Self { settings: Arc::new(settings), commands, watchers, pacer, origin, armed: Armed::default() }
    }

    /// Runs what is asked for until nobody can ask any more.
    pub(super) async fn live(mut self) {
        while let Some(command) = self.commands.recv().await {
            let (mode, paused) = match command {
                Command::Start(mode) => (mode, false),
                Command::Step => (Mode::Full, true),
                Command::SetRate(rate) => {
                    self.pacer.set_rate(rate);
                    Arc::make_mut(&mut self.settings).rate = rate;
                    continue;
                }
                Command::HoldAcks(hold) => {
                    self.hold(hold).await;
                    continue;
                }
                Command::DropPack => {
                    self.armed.drop = !self.armed.drop && !self.settings.peek;
                    self.watchers.armed(self.now(), self.armed);
                    continue;
                }
                Command::NewDevice => {
                    self.new_device().await;
                    continue;
                }
                _ => continue,
            };
            let run = AssertUnwindSafe(self.run(mode, paused)).catch_unwind().await;
            if let Err(panic) = run {
                self.died(&words(panic.as_ref()));
            }
        }
    }

    /// Holds or releases without a run, in the mirror alone; where nothing is pending, the next run holds what comes.
    async fn hold(&mut self, hold: bool) {
        if self.settings.peek {
            return;
        }
        if !self.settings.mirror.exists() {
            self.armed.hold = hold;
            return self.watchers.armed(self.now(), self.armed);
        }
        let settings = Arc::clone(&self.settings);
        let opening = tokio::task::spawn_blocking(move || Mirror::open(&settings.mirror, &settings.identity));
        let held = async {
            let mirror = opening.await.map_err(|died| died.to_string())?.map_err(|e| e.to_string())?;
            let outbox = mirror.hold(hold).await.map_err(|e| e.to_string())?;
            mirror.close().await.map_err(|e| e.to_string()).map(|()| outbox)
        };
        match held.await {
            Ok(outbox) => {
                self.armed.hold = hold && outbox.held == 0;
                self.watchers.held(self.now(), outbox);
                self.watchers.armed(self.now(), self.armed);
            }
            Err(why) => self.cannot(&why),
        }
    }

    /// Becomes a new device without a run.
    async fn new_device(&mut self) {
        if !self.settings.mirror.exists() || self.settings.peek {
            return;
        }
        if let Some(device) = self.settings.identity.device {
            let why = format!(
                "the device is given as {device}, so the mirror stays it: leave out --device-uuid and \
                 BASECRM_DEVICE_UUID first"
            );
            return self.cannot(&why);
        }
        let settings = Arc::clone(&self.settings);
        let renewing =
            tokio::task::spawn_blocking(move || Mirror::renew(&settings.mirror, &settings.identity));
        match renewing.await {
            Ok(Ok(renewed)) => {
                self.armed.hold = false;
                self.watchers.renewed(self.now(), renewed);
            }
            Ok(Err(why)) => self.cannot(&why.to_string()),
            Err(died) => self.cannot(&died.to_string()),
        }
    }

    /// Something that was asked for without a run cannot be done.
    fn cannot(&mut self, why: &str) {
        self.watchers.could_not(crate::text::visible(why).into_owned());
    }

    /// The loop itself died: the tasks are gone with it, and what was committed is safe.
    fn died(&mut self, why: &str) {
        self.pacer = Pacer::new(self.settings.rate);
        let error = Some(format!("the engine died ({why}); nothing committed is lost"));
        let outcome = Outcome { converged: false, end: RunEnd::Internal, error };
        self.watchers.tell(EventKind::RunEnded { outcome }, Arc::default());
        self.watchers.finish_dead(self.origin.elapsed());
    }

    async fn run(&mut self, mode: Mode, paused: bool) {
        let (jobs, mut inbox) = Jobs::new(Arc::clone(&self.settings));
        let mut pacer = std::mem::take(&mut self.pacer);
        // What this program's own runs tell is known here.
        if let Some(spent) = self.settings.spent()
            && pacer.in_last_second(self.now()) == 0
        {
            pacer.recall(self.now(), spent.recall());
        }
        let flow = Flow::new(config(&self.settings), mode, paused, pacer);
        let mut run = Run { flow, jobs, wake: None, over: false };
        self.watchers.run_begins();
        let first = run.flow.begin(self.now(), Timestamp::now());
        run.carry_out(first, &mut self.watchers);
        for (armed, command) in
            [(self.armed.hold, Command::HoldAcks(true)), (self.armed.drop, Command::DropPack)]
        {
            if armed {
                run.feed(self.now(), Input::Command(command), &mut self.watchers);
            }
        }
        let mut reports: Vec<Report> = Vec::with_capacity(BATCH);
        let mut listening = true;
        loop {
            let (run, now) = (&mut run, self.now());
            self.watchers.publish_when_due(now, || run.snapshot(now));
            let until = self.sleep_until(run.wake);
            tokio::select! {
                biased;
                command = self.commands.recv(), if listening => {
                    listening = command.is_some();
                    if let Some(Command::SetRate(rate)) = command {
                        // For the next run; this one's flow hears it below.
                        Arc::make_mut(&mut self.settings).rate = rate;
                    }
                    run.feed(self.now(), Input::Command(command.unwrap_or(Command::Stop)), &mut self.watchers);
                }
                _ = inbox.recv_many(&mut reports, BATCH) => {
                    for report in reports.drain(..) {
                        run.jobs.keep(report.cargo);
                        run.feed(self.now(), report.input, &mut self.watchers);
                    }
                }
                () = tokio::time::sleep_until(until) => self.tick(run),
            }
            if run.over {
                break;
            }
        }
        let now = self.now();
        let last = run.snapshot(now);
        // What came to nothing waits for the run after this one.
        self.armed = Armed { hold: last.holding && last.held == 0, drop: last.dropping };
        self.watchers.finish(now, last);
        self.pacer = run.flow.into_pacer();
    }

    /// The clock: a timer of the flow, or a snapshot that has waited long enough.
    fn tick(&mut self, run: &mut Run) {
        let now = self.now();
        if run.wake.is_some_and(|wake| wake <= now) {
            run.wake = None;
            run.feed(now, Input::Timer, &mut self.watchers);
        }
    }

    fn now(&self) -> Duration {
        self.origin.elapsed()
    }

    fn sleep_until(&self, wake: Option<Duration>) -> Instant {
        let due = self.watchers.due();
        self.origin + wake.map_or(due, |wake| wake.min(due))
    }
}

impl Run {
    /// The flow's state. What the flow does not look into is said here: which instruction of the page is the next.
    fn snapshot(&self, now: Duration) -> Snapshot {
        let mut snapshot = self.flow.snapshot(now, Timestamp::now());
        let first = self.flow.commits_next().and_then(|ticket| self.jobs.first_of(ticket));
        if let (Some(step), Some(first)) = (&mut snapshot.next_step, first) {
            step.push_str(&first);
        }
        snapshot
    }

    fn feed(&mut self, now: Duration, input: Input, watchers: &mut Watchers) {
        let outputs = self.flow.handle(now, input);
        watchers.changed();
        self.carry_out(outputs, watchers);
    }

    fn carry_out(&mut self, outputs: Vec<Output>, watchers: &mut Watchers) {
        for output in outputs {
            match output {
                Output::Open => self.jobs.open(),
                Output::Start => self.jobs.start(),
                Output::BeginSession(session) => self.jobs.begin_session(session),
                Output::Take { ticket, session, queue } => self.jobs.take(ticket, session, queue),
                Output::Apply { ticket, session } => self.jobs.apply(ticket, session),
                Output::Split { ticket, part } => self.jobs.split(ticket, part),
                Output::Forget(ticket) => self.jobs.forget(ticket),
                Output::EndSession { session, end, retries, failed_objects, error } => {
                    self.jobs.end_session(session, end, (retries, failed_objects), error);
                }
                Output::NextPack { max } => self.jobs.next_pack(max),
                Output::Acknowledge(pack) => self.jobs.acknowledge(pack),
                Output::Settle(pack, settlement) => self.jobs.settle(pack, settlement),
                Output::Hold(hold) => self.jobs.hold(hold),
                Output::Abandon => self.jobs.abandon(),
                Output::Emit(kind, totals) => watchers.tell(kind, totals),
                Output::WakeAt(at) => self.wake = at,
                Output::Close => self.jobs.close(&self.flow.lately()),
                Output::Over => self.over = true,
            }
        }
    }
}

fn config(settings: &Settings) -> Config {
    Config {
        rate: settings.rate,
        workers: settings.workers,
        ack_pack: settings.ack_pack,
        ack_most: settings.ack_most,
        ack_interval: settings.ack_interval,
        outbox_cap: OUTBOX_PACKS * settings.ack_most.max(settings.ack_pack).max(1) as u64,
        tries: settings.tries,
        peek: settings.peek,
        seed: fastrand::u64(..),
    }
}
