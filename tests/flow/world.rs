//! A world around the flow: virtual time, its own scheduler, a service and a mirror that fail as they are told. After
//! every step it holds the promises; a broken one is a panic that names the seed.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::time::Duration;

use drainboard::client::Operation;
use drainboard::engine::Command;
use drainboard::engine::event::{EventKind, Mode, Outcome, Phase, Totals};
use drainboard::engine::flow::{Config, Flow, Input, Job, Output, PackFacts, Ticket};
use drainboard::engine::pacing::Pacer;
use drainboard::mirror::{PackNo, SessionEnd};
use drainboard::protocol::DeviceUuid;

use crate::model::{Key, Mirror, Service};
use crate::shrink::Mishaps;
use crate::wire::failure;

/// Steps of a run at most: ten times what the longest of a schedule takes.
const RUN: u64 = 40_000;

/// What becomes of an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Well,
    /// The service never sees the request.
    LostBefore,
    /// The service does its part; the answer is lost.
    LostAfter,
    Status(u16),
    /// 429 with or without a `Retry-After`, in seconds.
    Limited(Option<u64>),
    /// The service forgets the session first.
    Expired,
    /// The page that this queue answered with last, once more: the service never sees the request.
    Again,
    /// A page without items, although the queue has some.
    Empty,
    /// The page is taken and too large.
    TooLarge,
    /// No answer for that many seconds, then lost.
    Stalled(u64),
}

/// What of the checked promises is broken on purpose, to see the checker see it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Mutant {
    #[default]
    None,
    /// A page counts as committed before it is durable, and then is not.
    AckBeforeCommit,
    /// The flow is told that the outbox of an earlier run is empty.
    ForgetOutbox,
    /// The flow paces nothing.
    NoPacing,
    /// An empty page counts as the end.
    EmptyIsEnd,
    /// A pack that is answered with anything at all counts as accepted.
    AnyAnswerAccepts,
    /// A drained queue counts as convergence.
    DrainedIsAll,
    /// Packs that were in flight when the process died count as accepted.
    LosePacks,
    /// An older revision takes the place of a newer one.
    NoGuard,
    /// The same, but for the instructions of one page.
    LaterPageWins,
    /// A pack that is answered with 200 counts as accepted.
    OkAccepts,
    /// The flow's timer never rings.
    NoTimer,
    /// The flow's clock is behind.
    LateClock,
    /// The flow does not hear how long the service asked to wait.
    NoRetryAfter,
    /// The flow goes on by itself after a pause.
    ForgetPause,
    /// The flow does not hear that acks are held.
    ForgetHold,
    /// A queue that is drained brings something new for ever.
    NeverDry,
    /// A session is left after each page.
    PageIsSession,
    /// That there is nothing to do counts as a failure.
    NeverUpToDate,
}

#[derive(Debug, Clone)]
pub(crate) enum Request {
    Start,
    Take(Ticket, u32, usize),
    Acknowledge(Vec<Key>),
}

pub(crate) enum Due {
    /// A request reaches the service.
    Arrive(u64, Request, Fate),
    /// An input reaches the flow; an exchange's number, where it can still be given up.
    Input(Option<u64>, Input),
    /// A page becomes durable.
    Durable(Ticket),
    Timer,
}

pub(crate) type Fates = Box<dyn FnMut(Operation, u64, &mut fastrand::Rng) -> Fate>;

pub(crate) struct World {
    pub(crate) seed: u64,
    pub(crate) rng: fastrand::Rng,
    pub(crate) now: Duration,
    pub(crate) service: Service,
    pub(crate) mirror: Mirror,
    pub(crate) config: Config,
    pub(crate) fates: Fates,
    pub(crate) mutant: Mutant,
    /// The least and the most that half an exchange or a commit takes, in milliseconds.
    pub(crate) quick: u64,
    pub(crate) slow: u64,
    /// How honest `count_left` is: 0 = exact, 1 = absent, 2 = anything.
    pub(crate) guide: u32,
    pub(crate) flow: Option<Flow>,
    pacer: Pacer,
    due: BTreeMap<(Duration, u64), Due>,
    pub(crate) pages: HashMap<Ticket, Vec<Key>>,
    /// Those of them that were asked to be committed.
    applying: HashSet<Ticket>,
    /// What each queue of a session answered last.
    pub(crate) cache: HashMap<(u32, usize), Vec<Key>>,
    /// What comes again, or in an older revision, on some later page.
    pub(crate) stragglers: Vec<Key>,
    /// Every key that came so: the service's doing.
    pub(crate) strayed: BTreeSet<Key>,
    /// What the clock on the wall says; it goes where it likes.
    pub(crate) wall: jiff::Timestamp,
    /// What goes wrong in this schedule, in its order, but for what is left out of it.
    pub(crate) mishaps: Mishaps,
    /// Pages that may be left out.
    skips: u32,
    /// The process dies after so many more outputs.
    pub(crate) doom: Option<u32>,
    pack: Option<(PackNo, Vec<Key>)>,
    pub(crate) exchanges: BTreeMap<u64, Job>,
    serial: u64,
    sent: VecDeque<Duration>,
    /// The service's number of the session that the flow is in.
    session: Option<u32>,
    /// Counts of requests by operation.
    pub(crate) requests: HashMap<Operation, u64>,
    pub(crate) drained_answers: u64,
    halted_until: Duration,
    /// Requests that may still leave while paused; none = not paused.
    pub(crate) quota: Option<u32>,
    stopping: bool,
    pub(crate) events: Vec<EventKind>,
    pub(crate) outcome: Option<Outcome>,
    pub(crate) trace: u64,
    pub(crate) steps: u64,
}

impl World {
    pub(crate) fn new(seed: u64, records: u32, page: usize) -> Self {
        let service = Service::new(records, page);
        let config = Config {
            rate: 10,
            workers: 4,
            ack_pack: 100,
            ack_most: 0,
            ack_interval: Duration::from_secs(5),
            outbox_cap: 2_000,
            tries: 8,
            peek: false,
            seed,
        };
        Self {
            seed,
            rng: fastrand::Rng::with_seed(seed),
            now: Duration::ZERO,
            service,
            mirror: Mirror::default(),
            config,
            fates: Box::new(|_, _, _| Fate::Well),
            mutant: Mutant::None,
            quick: 0,
            slow: 120,
            guide: 0,
            flow: None,
            pacer: Pacer::new(10),
            due: BTreeMap::new(),
            pages: HashMap::new(),
            applying: HashSet::new(),
            cache: HashMap::new(),
            stragglers: Vec::new(),
            strayed: BTreeSet::new(),
            wall: jiff::Timestamp::UNIX_EPOCH,
            mishaps: Mishaps::default(),
            skips: 0,
            doom: None,
            pack: None,
            exchanges: BTreeMap::new(),
            serial: 0,
            sent: VecDeque::new(),
            session: None,
            requests: HashMap::new(),
            drained_answers: 0,
            halted_until: Duration::ZERO,
            quota: None,
            stopping: false,
            events: Vec::new(),
            outcome: None,
            trace: 0,
            steps: 0,
        }
    }

    pub(crate) fn fates(
        mut self,
        fates: impl FnMut(Operation, u64, &mut fastrand::Rng) -> Fate + 'static,
    ) -> Self {
        self.fates = Box::new(fates);
        self
    }

    #[track_caller]
    pub(crate) fn hold(&self, promise: bool, what: &str) {
        let Self { seed, steps, now, .. } = self;
        let flow = self.flow.as_ref().map(|flow| flow.snapshot(self.now, self.wall));
        assert!(
            promise,
            "{what} (seed {seed}, step {steps}, at {now:?}, last events {:?}, {flow:?})",
            self.tail()
        );
    }

    fn tail(&self) -> &[EventKind] {
        &self.events[self.events.len().saturating_sub(6)..]
    }

    /// Begins a run.
    pub(crate) fn begin(&mut self, mode: Mode, paused: bool) {
        let rate = if self.mutant == Mutant::NoPacing { 0 } else { self.config.rate };
        let pacer = std::mem::replace(&mut self.pacer, Pacer::new(rate));
        let pacer = if self.sent.is_empty() { Pacer::new(rate) } else { pacer };
        let config = Config { seed: self.rng.u64(..), ..self.config.clone() };
        let mut flow = Flow::new(config, mode, paused, pacer);
        self.outcome = None;
        self.quota = paused.then_some(0);
        self.stopping = false;
        self.halted_until = Duration::ZERO; // to begin is to try now
        let outputs = flow.begin(self.now, self.wall);
        self.flow = Some(flow);
        self.carry_out(outputs);
    }

    /// The process dies: what is not durable is gone, what is on the wire arrives, nobody hears the answers.
    pub(crate) fn crash(&mut self) {
        self.flow = None;
        self.pacer = Pacer::new(self.config.rate);
        self.sent.clear(); // a new process cannot know what the old one sent
        self.halted_until = Duration::ZERO;
        self.quota = None;
        let old = std::mem::take(&mut self.due);
        let arrivals = old.into_iter().filter(|(_, due)| matches!(due, Due::Arrive(..)));
        self.due = arrivals.collect();
        self.pages.clear();
        self.applying.clear();
        self.skips = 0;
        self.doom = None;
        self.exchanges.clear();
        self.pack = None;
        self.mirror.reopen();
    }

    /// One thing happens. False where nothing is left to happen.
    pub(crate) fn step(&mut self) -> bool {
        let Some(((at, _), due)) = self.due.pop_first() else { return false };
        self.now = self.now.max(at);
        self.steps += 1;
        match due {
            Due::Arrive(exchange, request, fate) => self.arrive(exchange, &request, fate),
            Due::Durable(ticket) => self.durable(ticket),
            Due::Timer => self.feed(Input::Timer),
            Due::Input(exchange, mut input) => {
                if let Some(exchange) = exchange {
                    self.exchanges.remove(&exchange);
                }
                if let Input::Failed(_, failure) = &mut input
                    && let Some(asked) = failure.retry_after
                {
                    self.halted_until = self.halted_until.max(self.now + asked);
                    if self.mutant == Mutant::NoRetryAfter {
                        failure.retry_after = None;
                    }
                }
                self.feed(input);
            }
        }
        true
    }

    /// Runs until the run is over.
    pub(crate) fn finish(&mut self) -> Outcome {
        for _ in 0..RUN {
            if let Some(outcome) = self.outcome.take() {
                return outcome;
            }
            let alive = self.step();
            self.hold(alive || self.outcome.is_some(), "nothing is left to happen and the run is not over");
        }
        self.hold(false, "the run does not end");
        unreachable!()
    }

    pub(crate) fn command(&mut self, command: Command) {
        self.stopping |= command == Command::Stop;
        self.skips += u32::from(command == Command::SkipPage);
        match command {
            _ if self.stopping => self.quota = None,
            Command::Resume | Command::Stop => self.quota = None,
            Command::Step => self.quota = Some(self.quota.map_or(1, |_| 1)),
            Command::SendAcks => self.quota = self.quota.map(|_| u32::MAX), // until the next `Paused`
            Command::TryNow => self.halted_until = Duration::ZERO,
            Command::HoldAcks(true) if self.mutant == Mutant::ForgetHold => return self.mirror.hold(true),
            Command::Pause
            | Command::Start(_)
            | Command::SetRate(_)
            | Command::HoldAcks(_)
            | Command::StepOne
            | Command::SkipPage
            | Command::GiveUp
            | Command::NewDevice
            | Command::DropPack => {}
        }
        self.feed(Input::Command(command));
    }

    pub(crate) fn feed(&mut self, input: Input) {
        self.note(&format!("{input:?}"));
        let Some(flow) = &mut self.flow else { return };
        let behind = Duration::from_secs(if self.mutant == Mutant::LateClock { 10 } else { 0 });
        let outputs = flow.handle(self.now.saturating_sub(behind), input);
        self.carry_out(outputs);
    }

    /// Folds what happens into a number, so that two runs can be compared.
    fn note(&mut self, what: &str) {
        for byte in what.bytes() {
            self.trace = (self.trace ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn carry_out(&mut self, outputs: Vec<Output>) {
        for output in outputs {
            self.note(&format!("{output:?}"));
            self.carry(output);
            match &mut self.doom {
                Some(0) => return self.crash(),
                Some(outputs) => *outputs -= 1,
                None => {}
            }
        }
    }

    fn carry(&mut self, output: Output) {
        match output {
            Output::Open => {
                let mut outbox = self.mirror.outbox();
                if self.mutant == Mutant::ForgetOutbox {
                    outbox.pending = 0;
                }
                let device = DeviceUuid("6b1f0000-0000-4000-8000-000000000000".parse().unwrap());
                self.soon(Input::Opened { device, outbox });
            }
            Output::Start => {
                let pending = self.mirror.outbox().pending;
                self.hold(pending == 0 || self.config.peek, "a start left while keys are unaccepted");
                self.send(Job::Start, Request::Start);
            }
            Output::Take { ticket, session, queue } => {
                let (session, queue) = (session.0.parse().unwrap(), queue.0.parse().unwrap());
                self.send(Job::Take(ticket), Request::Take(ticket, session, queue));
            }
            Output::Acknowledge(no) => {
                let (own, keys) = self.pack.clone().unwrap();
                self.hold(own == no && !self.config.peek, "a pack left that was not taken out");
                let durable = keys.iter().all(|key| self.mirror.seen.contains(key));
                self.hold(durable, "a key left before it was durable");
                self.hold(!self.mirror.holding, "a pack left while acks are held");
                self.send(Job::Acknowledge, Request::Acknowledge(keys));
            }
            Output::BeginSession(_) => {
                let session = self.mirror.begin_session();
                self.soon(Input::SessionBegun(session));
            }
            Output::Split { ticket, part } => {
                let first = self.pages.get_mut(&ticket).unwrap().remove(0);
                self.pages.insert(part, vec![first]);
            }
            Output::Forget(ticket) => {
                self.hold(self.skips > 0, "a page was left out that nobody skipped");
                self.skips -= 1;
                self.pages.remove(&ticket).unwrap();
            }
            Output::Apply { ticket, .. } => {
                self.applying.insert(ticket);
                if self.mutant == Mutant::AckBeforeCommit {
                    let keys = &self.pages[&ticket];
                    self.mirror.put(keys);
                    let receipt = drainboard::mirror::Receipt {
                        keys: keys.len() as u64,
                        changed: 1,
                        ..Default::default()
                    };
                    self.soon(Input::Committed(ticket, receipt));
                } else {
                    self.at(1, Due::Durable(ticket));
                }
            }
            Output::EndSession { .. } => self.soon(Input::SessionEnded),
            Output::NextPack { max } => {
                let taken = self.mirror.next_pack(max);
                let input = match &taken {
                    None => Input::NoPack(self.mirror.outbox()),
                    Some((no, keys)) => {
                        Input::PackReady(PackFacts { no: *no, keys: keys.len() as u64, tries: 0 })
                    }
                };
                self.pack = taken;
                self.soon(input);
            }
            Output::Settle(no, settlement) => {
                let outbox = self.mirror.settle(no, &settlement);
                self.soon(Input::Settled(outbox));
            }
            Output::Hold(hold) => {
                self.mirror.hold(hold);
                self.soon(Input::Held(self.mirror.outbox()));
            }
            Output::Abandon => self.abandon(),
            Output::Emit(kind, totals) => self.emitted(kind, &totals),
            Output::WakeAt(at) => {
                self.due.retain(|_, due| !matches!(due, Due::Timer));
                if let Some(at) = at.filter(|_| self.mutant != Mutant::NoTimer) {
                    self.hold(at > self.now, "a timer in the past never rests");
                    self.schedule(at, Due::Timer);
                }
            }
            Output::Close => self.soon(Input::Closed),
            Output::Over => {
                let left = self.exchanges.len() + self.pages.len();
                self.hold(left == 0, "the run ended with something in flight");
                self.hold(self.outcome.is_some(), "the run ended without its last event");
                self.mirror.reopen();
                self.due.retain(|_, due| matches!(due, Due::Arrive(..)));
                self.pacer = self.flow.take().unwrap().into_pacer();
            }
        }
    }

    fn emitted(&mut self, kind: EventKind, totals: &Totals) {
        self.hold(self.outcome.is_none(), "an event after the last one");
        match &kind {
            EventKind::RunEnded { outcome } => {
                let refused = self.mirror.outbox().refused;
                self.hold(
                    totals.refused_keys == refused,
                    "the run counts other refused keys than the mirror",
                );
                self.outcome = Some(outcome.clone());
            }
            EventKind::SessionOpened { session, .. } => self.session = session.0.parse().ok(),
            EventKind::SessionEnded { end: SessionEnd::Drained, .. } => {
                let drained = self.session.is_none_or(|no| self.service.is_drained(no));
                self.hold(drained, "a session counts as drained and something is left in its queues");
            }
            EventKind::Paused => {
                self.hold(
                    self.exchanges.is_empty() && self.applying.is_empty(),
                    "paused with something in flight",
                );
                self.quota = Some(0);
                if self.mutant == Mutant::ForgetPause {
                    self.soon(Input::Command(Command::Resume));
                }
            }
            _ => {}
        }
        self.events.push(kind);
    }

    fn send(&mut self, job: Job, request: Request) {
        let window = self.sent.iter().rev().take_while(|at| **at + Duration::from_secs(1) > self.now).count();
        let rate = self.config.rate as usize;
        self.hold(rate == 0 || window < rate, "more requests in a sliding second than the rate");
        self.hold(
            self.now >= self.halted_until,
            "a request left before the time that the service asked to wait",
        );
        // A run on its way out, whatever ended it, sends the packs that it has, paused or not.
        let leaving = |flow: &Flow| flow.snapshot(self.now, self.wall).phase == Phase::Stopping;
        if job == Job::Acknowledge && self.quota.is_some() && self.flow.as_ref().is_some_and(leaving) {
            self.quota = None;
        }
        if let Some(quota) = self.quota {
            self.hold(quota > 0, "a request left in a pause");
            self.quota = Some(quota - 1);
        }
        self.sent.push_back(self.now);
        let operation = match job {
            Job::Start => Operation::Start,
            Job::Acknowledge => Operation::Acknowledge,
            _ => Operation::Take,
        };
        let count = self.requests.entry(operation).or_default();
        *count += 1;
        let mut fate = (self.fates)(operation, *count, &mut self.rng);
        if fate != Fate::Well && !self.mishaps.happens(|| format!("{operation:?} {count}: {fate:?}")) {
            fate = Fate::Well;
        }
        self.serial += 1;
        let exchange = self.serial;
        self.exchanges.insert(exchange, job);
        if fate == Fate::LostBefore {
            return self.answer(exchange, Input::Failed(job, failure(job, fate)));
        }
        self.at(2, Due::Arrive(exchange, request, fate));
    }

    fn durable(&mut self, ticket: Ticket) {
        self.applying.remove(&ticket);
        let keys = self.pages.remove(&ticket).unwrap_or_default();
        let receipt = self.mirror.apply(&keys);
        self.hold(keys.iter().all(|(id, _)| self.mirror.is_newest(*id)), "a revision went back");
        self.soon(Input::Committed(ticket, receipt));
    }

    /// Exchanges whose answer is not on its last metre are given up.
    fn abandon(&mut self) {
        let given_up = std::mem::take(&mut self.exchanges);
        self.due.retain(|_, due| !matches!(due, Due::Input(Some(_), _)));
        for (_, job) in given_up {
            if let Job::Take(ticket) = job {
                self.pages.remove(&ticket);
            }
            self.soon(Input::Abandoned(job));
        }
    }

    pub(crate) fn delay(&mut self) -> Duration {
        Duration::from_millis(self.rng.u64(self.quick..=self.slow))
    }

    fn soon(&mut self, input: Input) {
        let at = self.now + Duration::from_micros(self.rng.u64(0..2_000));
        self.schedule(at, Due::Input(None, input));
    }

    fn at(&mut self, parts: u32, due: Due) {
        let at = self.now + self.delay() / parts;
        self.schedule(at, due);
    }

    pub(crate) fn answer(&mut self, exchange: u64, input: Input) {
        let at = self.now + self.delay();
        self.schedule(at, Due::Input(Some(exchange), input));
    }

    pub(crate) fn schedule(&mut self, at: Duration, due: Due) {
        self.serial += 1;
        self.due.insert((at, self.serial), due);
    }
}
