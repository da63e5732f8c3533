//! The async sync engine: commands in, events out. It drains a device's queue into the mirror and acknowledges.
//!
//! [`flow`](self) decides (pure: no I/O, no clock), the driver does (tokio). Promises 1, 2 and 4 of the crate are kept
//! here: a key leaves only after its page is durable; no session starts while keys are unaccepted; only 204 ends.
//! The engine never waits for a watcher: events go into a bounded channel with `try_send`, and a miss is counted.

pub mod backoff;
pub mod budget;
mod driver;
pub mod event;
pub mod flow;
mod jobs;
pub mod meter;
pub mod pacing;
mod watchers;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use crate::client::{Client, ConfigError};
use crate::mirror::Identity;
use crate::protocol::DeviceUuid;

pub use event::{Event, EventKind, Mode, Outcome, Phase, RunEnd, Snapshot, Totals};

/// What an engine can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// Begin a run; ignored while one runs.
    Start(Mode),
    /// Send nothing new; what is in flight is finished and committed.
    Pause,
    /// Go on, and leave step mode.
    Resume,
    /// Do exactly one action (one start, one page taken, one page committed, one pack), then be paused again. Without a
    /// run: begin one, paused, and show the first action.
    Step,
    /// In step mode: commit only the first instruction of the page that waits.
    StepOne,
    /// In step mode: leave the page that waits out; the next session brings it again.
    SkipPage,
    /// Give the session up as if the service had forgotten it: the next one brings the rest.
    GiveUp,
    /// Commit what is in flight, end the run.
    Stop,
    /// Send the pending acks now, whatever the pack's size and age.
    SendAcks,
    /// Cut a wait short: the next try of whatever waits happens now.
    TryNow,
    /// Hold the pending acks back, those of pages to come too, or release them. While they are held no pack is sent and
    /// no session starts: the run waits. Held keys survive a restart; a run that finds them ends, since it cannot
    /// deliver them. Without a run: done at once, in the mirror alone; where nothing is pending, the next run begins
    /// so.
    HoldAcks(bool),
    /// Treat the answer of the next pack as lost, in this run or the next: its keys stay pending and come again. Asked
    /// for once more: not any longer.
    DropPack,
    /// Become a device that the service has never seen: it sends everything again. Only without a run; the keys that
    /// are pending are the old device's and are dropped.
    NewDevice,
    /// From now on at most so many requests in any second, in this run and the next; 0 = no limit.
    SetRate(u32),
}

/// What a run spent of the rate, told to the next one on this machine: to the service's limit they are one.
pub trait Spent: Send + Sync {
    /// How long ago runs that are over sent something; blocks for an instant.
    fn recall(&self) -> Vec<Duration>;
    /// Tells how long ago each of the last requests left; blocks for an instant.
    fn tell(&self, ages: &[Duration]);
}

/// How a synchronization is done.
#[derive(Clone)]
pub struct Settings {
    /// The mirror's file.
    pub mirror: PathBuf,
    /// Whose data it is.
    pub identity: Identity,
    /// Makes the client for a device when a run begins; so an idle engine needs no token and no network.
    pub connect: Arc<dyn Fn(DeviceUuid) -> Result<Client, ConfigError> + Send + Sync>,
    /// Requests a second in any sliding second, all requests together; 0 = no limit.
    pub rate: u32,
    /// Exchanges for pages at one time; up to sixteen where answers take so long that the rate is not kept otherwise,
    /// unless it is one.
    pub workers: usize,
    /// Keys at which a pack leaves.
    pub ack_pack: usize,
    /// Keys that a pack takes where more have piled up; less than `ack_pack` is as many.
    pub ack_most: usize,
    /// The age at which a pack leaves, full or not.
    pub ack_interval: Duration,
    /// Tries of one exchange before the service counts as unreachable.
    pub tries: u32,
    /// Drain one session and acknowledge nothing (the mirror is a scratch one).
    pub peek: bool,
    /// What runs under a rate tell each other; none: nobody is told.
    pub spent: Option<Arc<dyn Spent>>,
}

impl Settings {
    /// What runs tell each other, if there is something to spend.
    fn spent(&self) -> Option<&dyn Spent> {
        self.spent.as_deref().filter(|_| self.rate > 0)
    }
}

/// A running engine. Dropping `commands` stops it as [`Command::Stop`] does.
#[derive(Debug)]
pub struct Engine {
    /// Commands in.
    pub commands: mpsc::Sender<Command>,
    /// Events out; when this is full, events are missed and counted.
    pub events: mpsc::Receiver<Event>,
    /// The newest snapshot.
    pub snapshot: watch::Receiver<Arc<Snapshot>>,
    /// Ends when the engine has.
    pub task: tokio::task::JoinHandle<()>,
}

/// Events that may wait for their watcher before the next ones are missed.
const EVENTS: usize = 4_096;
/// Commands that may wait for the engine.
const COMMANDS: usize = 64;

/// Starts an engine, idle, on the current tokio runtime.
pub fn spawn(settings: Settings) -> Engine {
    let (commands, asked) = mpsc::channel(COMMANDS);
    let (told, events) = mpsc::channel(EVENTS);
    let idle = Snapshot { rate_limit: settings.rate, ..Snapshot::default() };
    let (latest, snapshot) = watch::channel(Arc::new(idle));
    let task = tokio::spawn(driver::Driver::new(settings, asked, told, latest).live());
    Engine { commands, events, snapshot, task }
}
