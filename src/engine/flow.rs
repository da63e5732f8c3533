//! The flow: what to do next. A pure state machine: no I/O, no clock, no randomness but a seed.
//!
//! [`Input`]s go in with the time, [`Output`]s come out; each output that is a job is answered by exactly one input. A
//! simulator can therefore run it through any schedule of faults, and the console's *step* is one output handed out.
//!
//! ```text
//! Opening ─▶ Flushing ─▶ Starting ─▶ Beginning ─▶ Draining ─▶ Ending ─▶ Flushing ─▶ Starting … 204 ─▶ Closing ─▶ Over
//!            (outbox)     (201)                   (pages)               (outbox)
//! ```
//!
//! Inputs come in by `intake`. Decisions by group: `session` (start to end), `drain` (queues and workers), `crew` (how
//! many workers), `acks` (packs), `hold` (acks held and lost on purpose), `retries` (failures and halts), `control`
//! (pause, step, stop), `view` (the snapshot).

mod acks;
mod control;
mod crew;
mod drain;
mod hold;
mod intake;
pub mod io;
mod look;
mod retries;
mod session;
mod view;

use std::time::Duration;

use jiff::Timestamp;

use self::acks::{Acks, Stand};
use self::control::Control;
use self::drain::Drain;
use self::retries::{Halt, Tries};
use self::session::Causes;
use super::event::{EventKind, Mode, Outcome, SessionView};
use super::meter::Meter;
use super::pacing::Pacer;
use crate::mirror::SessionEnd;
use crate::protocol::DeviceUuid;

pub use io::{Cost, Input, Job, Output, PackFacts, PageFacts, Ticket};

/// What a flow goes by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Requests in any second; 0 = no limit. For the snapshot: the [`Pacer`] holds it.
    pub rate: u32,
    /// Takes at one time; up to sixteen where answers are slow, unless it is one.
    pub workers: usize,
    /// Keys at which a pack leaves.
    pub ack_pack: usize,
    /// Keys that a pack takes where more have piled up; less than `ack_pack` is as many.
    pub ack_most: usize,
    /// The age at which a pack leaves.
    pub ack_interval: Duration,
    /// Pending keys above which no page is taken.
    pub outbox_cap: u64,
    /// Tries of one exchange.
    pub tries: u32,
    /// One session, nothing acknowledged.
    pub peek: bool,
    /// Where the jitter comes from.
    pub seed: u64,
}

/// One run.
#[derive(Debug)]
pub struct Flow {
    config: Config,
    mode: Mode,
    rng: fastrand::Rng,
    pacer: Pacer,
    now: Duration,
    began: Duration,
    started_at: Option<Timestamp>,
    device: Option<DeviceUuid>,
    stage: Stage,
    leaving: Option<Leaving>,
    control: Control,
    /// The start exchange is in flight.
    starting: bool,
    start_tries: Tries,
    session_cost: Cost,
    drain: Option<Drain>,
    last_session: Option<SessionView>,
    after_session: bool,
    acks: Acks,
    causes: Causes,
    halt: Option<Halt>,
    /// One exchange at a time: nobody knows yet, or not again yet, that the service lets us in.
    gentle: bool,
    too_large: u32,
    last_take: Option<Duration>,
    tickets: Ticket,
    meter: Meter,
    wake: Option<Duration>,
    out: Vec<Output>,
}

/// How far the run has come.
#[derive(Debug, Clone, PartialEq)]
enum Stage {
    Opening,
    /// The outbox has to be empty before what is next.
    Flushing(Next),
    Starting,
    Beginning,
    Draining,
    Ending(SessionEnd),
    /// What the run was at is over, and the way out goes on from here: see `control`.
    WayOut,
    Closing,
    Over,
}

#[derive(Debug, Clone, PartialEq)]
enum Next {
    Start,
    Finish(Outcome),
}

/// The run ends: how, and what may still come home.
#[derive(Debug)]
struct Leaving {
    outcome: Outcome,
    end: SessionEnd,
    /// Exchanges are given up at this time.
    cut_at: Duration,
    flush: bool,
    abandoned: bool,
}

/// What could be done next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    Start,
    Acknowledge,
    /// Commit the page that waits to be looked at: no request, but a step.
    Commit,
    /// By this worker, from this queue.
    Take(usize, usize),
}

impl Flow {
    /// A run that begins now, paused or not. The pacer is that of earlier runs: a rate knows no runs. The first outputs
    /// come from [`Flow::begin`].
    pub fn new(mut config: Config, mode: Mode, paused: bool, pacer: Pacer) -> Self {
        config.workers = config.workers.max(1);
        config.ack_pack = config.ack_pack.max(1);
        Self {
            rng: fastrand::Rng::with_seed(config.seed),
            acks: Acks::new(config.ack_pack, config.ack_most),
            config,
            mode,
            pacer,
            now: Duration::ZERO,
            began: Duration::ZERO,
            started_at: None,
            device: None,
            stage: Stage::Opening,
            leaving: None,
            control: Control { paused, ..Control::default() },
            starting: false,
            start_tries: Tries::default(),
            session_cost: Cost::default(),
            drain: None,
            last_session: None,
            after_session: false,
            causes: Causes::default(),
            halt: None,
            gentle: true,
            too_large: 0,
            last_take: None,
            tickets: 0,
            meter: Meter::default(),
            wake: None,
            out: Vec::new(),
        }
    }

    /// The first outputs. `at` is what the clock on the wall says.
    pub fn begin(&mut self, now: Duration, at: Timestamp) -> Vec<Output> {
        (self.now, self.began, self.started_at) = (now, now, Some(at));
        self.out.push(Output::Open);
        std::mem::take(&mut self.out)
    }

    /// Something happened at `now`, a time since the engine's start that never goes back.
    pub fn handle(&mut self, now: Duration, input: Input) -> Vec<Output> {
        self.now = now.max(self.now);
        self.take_in(input);
        self.patience();
        self.advance();
        while let Some(action) = self.permitted() {
            match action {
                Action::Start => self.start(),
                Action::Acknowledge => self.acknowledge(),
                Action::Commit => self.commit_page(),
                Action::Take(worker, queue) => self.take(worker, queue),
            }
            self.control.step = false;
        }
        self.tell_pause();
        let wake = self.wake_at();
        if wake != self.wake {
            self.wake = wake;
            self.out.push(Output::WakeAt(wake));
        }
        std::mem::take(&mut self.out)
    }

    /// Totals so far.
    pub fn totals(&self) -> &std::sync::Arc<super::event::Totals> {
        self.meter.totals()
    }

    /// How long ago each request left that still counts for the rate.
    pub fn lately(&self) -> Vec<Duration> {
        self.pacer.lately(self.now).collect()
    }

    /// Gives the pacer back for the next run.
    pub fn into_pacer(self) -> Pacer {
        self.pacer
    }

    /// Moves the stage as far as it goes without a request.
    fn advance(&mut self) {
        self.look_no_longer();
        loop {
            let moved =
                if self.leaving.is_some() { self.leave() } else { self.flushed() || self.session_done() };
            if !(self.fetch_pack() || moved) {
                return;
            }
        }
    }

    /// The next request, if one may be sent now.
    fn permitted(&self) -> Option<Action> {
        let stepping = self.stepping();
        let allowed = !stepping || self.control.step || self.acks.by_hand;
        let alone = stepping || self.gentle;
        if !allowed || alone && self.exchanges() > 0 || stepping && self.in_flight() {
            return None;
        }
        if self.next_action(stepping) == Some(Action::Commit) {
            return Some(Action::Commit); // no request: no wait holds it up
        }
        if self.halted().is_some() || self.pacer.ready_at(self.now) > self.now {
            return None;
        }
        let action = self.next_action(stepping)?;
        (!stepping || self.control.step || action == Action::Acknowledge).then_some(action)
    }

    /// The next action in order: acks first, they are few and free the outbox. `eager` looks past the waits.
    fn next_action(&self, eager: bool) -> Option<Action> {
        let by_hand = self.acks.by_hand && !self.control.step;
        if self.stepping() && self.looked_at().is_some() && !by_hand {
            return Some(Action::Commit);
        }
        // While a hold or its release is being written nobody knows which of them the mirror is in.
        let ack = matches!(self.acks.stand, Stand::Ready(_))
            && self.acks.hold.writing.is_none()
            && (eager || self.acks.tries.due(self.now));
        if let Some(leaving) = &self.leaving {
            return (ack && leaving.flush).then_some(Action::Acknowledge);
        }
        if ack {
            return Some(Action::Acknowledge);
        }
        match self.stage {
            Stage::Starting if !self.starting && (eager || self.start_tries.due(self.now)) => {
                Some(Action::Start)
            }
            Stage::Draining if !self.acks.full => {
                let rate = self.pacer.allowed(self.now);
                let (worker, queue) = self.drain.as_ref()?.next_take(self.now, eager, self.gentle, rate)?;
                Some(Action::Take(worker, queue))
            }
            _ => None,
        }
    }

    /// Exchanges in flight.
    fn exchanges(&self) -> usize {
        let takes = self.drain.as_ref().map_or(0, Drain::taking);
        takes + usize::from(self.starting) + usize::from(self.acks.in_flight().is_some())
    }

    fn applying(&self) -> bool {
        self.drain.as_ref().is_some_and(|drain| !drain.applying.is_empty())
    }

    /// Whether the mirror writes something about the session or a hold, or is being opened or closed.
    fn local(&self) -> bool {
        self.acks.hold.writing.is_some()
            || matches!(self.stage, Stage::Opening | Stage::Beginning | Stage::Ending(_) | Stage::Closing)
    }

    /// Whether anything at all is under way.
    fn in_flight(&self) -> bool {
        self.exchanges() > 0 || self.applying() || self.local() || self.acks.busy()
    }

    /// When to look again without an input.
    fn wake_at(&self) -> Option<Duration> {
        if self.stage == Stage::Over {
            return None;
        }
        let mut at: Vec<Duration> =
            vec![self.pacer.ready_at(self.now), self.start_tries.at, self.acks.tries.at];
        at.extend(self.halt.as_ref().map(|halt| halt.until));
        at.extend(self.leaving.as_ref().map(|leaving| leaving.cut_at));
        at.extend(self.drain.iter().flat_map(Drain::waits).map(|(at, ..)| at));
        at.extend(self.patience_ends().into_iter().map(|(at, _)| at));
        let interval = self.config.ack_interval;
        if self.acks.stand == Stand::None && !self.config.peek {
            at.extend([false, true].iter().filter_map(|filling| self.acks.leaves_at(interval, *filling)));
        }
        at.into_iter().filter(|at| *at > self.now).min()
    }

    /// Counts a request that leaves now.
    fn request(&mut self, take: Option<Ticket>, again: bool) {
        self.pacer.sent(self.now, take);
        let totals = self.meter.count();
        totals.requests += 1;
        totals.retries += u64::from(again);
    }

    /// Counts an answer.
    fn answered(&mut self, cost: Cost, take: Option<Ticket>) {
        self.pacer.answered(self.now, take);
        self.meter.took(cost.elapsed);
        self.meter.count().bytes += cost.bytes;
    }

    fn emit(&mut self, kind: EventKind) {
        self.out.push(Output::Emit(kind, std::sync::Arc::clone(self.meter.totals())));
    }
}
