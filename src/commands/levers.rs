//! What the console can do to a service of our own while it runs: its pace, its failures, its account.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;

use crate::console::{Demo, Lever, Pull};
use crate::engine::Command;
use crate::protocol::DOCUMENTED_RATE;
use crate::service::{Edit, Service};
use crate::text::counted;

/// The real service's latency, as far as anybody measured it.
const LATENCY: Duration = Duration::from_millis(120);

/// How fast the demo's service answers and its engine asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pace {
    /// Requests a second; 0 = no limit.
    pub(super) rate: u32,
    /// Added to each answer.
    pub(super) latency: Duration,
}

impl Pace {
    pub(super) const REAL: Self = Self { rate: DOCUMENTED_RATE, latency: LATENCY };
    pub(super) const NONE: Self = Self { rate: 0, latency: Duration::ZERO };

    pub(super) fn service_rate(self) -> Option<u32> {
        (self.rate > 0).then_some(self.rate)
    }
}

/// A service's levers.
pub(super) struct Levers {
    service: Service,
    /// The demo's engine, which keeps the service's pace; none where the clients are others'. Weak: the engine ends
    /// when the console lets go of it.
    commands: Option<mpsc::WeakSender<Command>>,
    pace: Mutex<Pace>,
    /// The pace at the beginning, where that is what straightening comes back to.
    began: Option<Pace>,
}

/// What can be pulled, in the panel's order.
const PANEL: [(What, &str, &str); 13] = [
    (What::Latency, "latency", "every answer comes so late"),
    (What::Rate, "rate limit", "the service's limit; its clients' stays"),
    (What::Limit, "429", "one 429 in so many requests"),
    (What::Fail, "503", "the next requests are errors"),
    (What::Reset, "reset", "the next connections break"),
    (What::Cut, "cut body", "the next pages end in the middle"),
    (What::Empty, "empty page", "the next page is a 200 without items"),
    (What::LoseAck, "lose ack answer", "the next packs' answers get lost"),
    (What::Ack200, "ack 200", "the next packs are answered 200, not 202"),
    (What::Expire, "expire session", "the service forgets its sessions"),
    (What::Edit, "edit account", "someone creates, updates, deletes"),
    (What::Pace, "pace", "like the real service's, or none"),
    (What::Straighten, "straighten", "take all of this back"),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Latency,
    Rate,
    Limit,
    Fail,
    Reset,
    Cut,
    Empty,
    LoseAck,
    Ack200,
    Expire,
    Edit,
    Pace,
    Straighten,
}

/// Milliseconds that the latency goes through.
const LATENCIES: [u64; 6] = [0, 20, 120, 500, 2_000, 5_000];
/// Requests a second that the limit goes through, from none to little.
const RATES: [u32; 5] = [0, 20, DOCUMENTED_RATE, 5, 1];
/// How often a 429 comes, from never to often.
const LIMITS: [u32; 5] = [0, 20, 10, 5, 2];

/// The value after `now` in its row, or the one before.
fn next<T: Copy + PartialEq>(row: &[T], now: T, pull: Pull) -> T {
    let at = row.iter().position(|value| *value == now).unwrap_or(0);
    match pull {
        Pull::More => row[(at + 1).min(row.len() - 1)],
        Pull::Less => row[at.saturating_sub(1)],
    }
}

impl Levers {
    /// The levers of a service whose client is the demo's engine.
    pub(super) fn new(service: Service, commands: mpsc::WeakSender<Command>, pace: Pace) -> Self {
        Self { service, commands: Some(commands), pace: Mutex::new(pace), began: None }
    }

    /// The levers of a service whose clients are others'.
    pub(super) fn alone(service: Service, pace: Pace) -> Self {
        Self { service, commands: None, pace: Mutex::new(pace), began: Some(pace) }
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self, what: What) -> (String, bool) {
        let (bends, pace) = (self.service.bends(), *self.pace());
        let coming = |n: u32| if n == 0 { ("–".to_owned(), true) } else { (format!("{n} to come"), false) };
        match what {
            What::Latency => (format!("{} ms", pace.latency.as_millis()), pace.latency <= LATENCY),
            What::Rate if pace.rate == 0 => ("no limit".to_owned(), true),
            What::Rate => (format!("{} a second", pace.rate), pace.rate >= DOCUMENTED_RATE),
            What::Limit if bends.limit_every == 0 => ("–".to_owned(), true),
            What::Limit => (format!("every {}th", bends.limit_every), false),
            What::Fail => coming(bends.failing),
            What::Reset => coming(bends.resets),
            What::Cut => coming(bends.cuts),
            What::Empty => coming(bends.empties),
            What::LoseAck => coming(bends.silent),
            What::Ack200 => coming(bends.mistaken),
            What::Expire | What::Edit | What::Straighten => ("now".to_owned(), true),
            What::Pace => (if pace == Pace::REAL { "real" } else { "own" }.to_owned(), true),
        }
    }

    fn set(&self, pace: Pace) {
        *self.pace() = pace;
        self.service.set_rate(pace.service_rate());
        self.service.set_latency(pace.latency);
    }

    fn pull(&self, what: What, pull: Pull) -> Result<String, String> {
        let service = &self.service;
        let pace = *self.pace();
        let soon = |say: &str| Ok(say.to_owned());
        match what {
            What::Latency => {
                let ms = next(&LATENCIES, pace.latency.as_millis() as u64, pull);
                self.set(Pace { latency: Duration::from_millis(ms), ..pace });
                Ok(format!("every answer takes {ms} ms"))
            }
            What::Rate => {
                let rate = next(&RATES, pace.rate, pull);
                self.set(Pace { rate, ..pace });
                Ok(if rate == 0 {
                    "no limit".to_owned()
                } else {
                    format!("{rate} requests a second, then 429")
                })
            }
            What::Limit => {
                let n = next(&LIMITS, service.bends().limit_every, pull);
                service.limit_every(n);
                Ok(if n == 0 {
                    "no 429 on purpose".to_owned()
                } else {
                    format!("every {n}th request is a 429")
                })
            }
            What::Fail | What::Reset | What::Cut | What::Empty | What::LoseAck | What::Ack200
                if pull == Pull::Less =>
            {
                Err("what is on its way is taken back by straightening".to_owned())
            }
            What::Fail => {
                service.fail_next(3, 503);
                soon("the next 3 requests are answered with 503")
            }
            What::Reset => {
                service.reset_next(1);
                soon("the next connection ends without an answer")
            }
            What::Cut => {
                service.cut_next(1);
                soon("the next page ends in the middle")
            }
            What::Empty => {
                service.empty_next(1);
                soon("the next page has no items; what was to come stays in the queue")
            }
            What::Ack200 => {
                service.mistake_acks(1);
                soon("the next pack is taken and answered 200")
            }
            What::LoseAck => {
                service.lose_acks(1);
                soon("the next pack's answer is lost")
            }
            What::Expire => {
                let n = service.expire_sessions().map_err(|error| error.to_string())?;
                Ok(format!("{} expired", counted(n, "session")))
            }
            What::Edit => self.edit(),
            What::Pace => Ok(self.toggle_pace()),
            What::Straighten => {
                service.straighten();
                if let Some(began) = self.began {
                    self.set(began);
                    return soon("nothing goes wrong on purpose any more");
                }
                self.set(Pace { latency: pace.latency.min(LATENCY), ..pace });
                if pace.rate > 0 && pace.rate < DOCUMENTED_RATE {
                    self.set(Pace::REAL);
                }
                soon("nothing goes wrong on purpose any more")
            }
        }
    }
}

impl Demo for Levers {
    fn edit(&self) -> Result<String, String> {
        let done = self
            .service
            .edit(Edit { create: 5, update: 12, delete: 3 })
            .map_err(|error| error.to_string())?;
        Ok(format!(
            "the account was edited: {} created, {} updated, {} deleted",
            done.create, done.update, done.delete
        ))
    }

    fn toggle_pace(&self) -> String {
        let real = *self.pace() != Pace::REAL;
        let pace = if real { Pace::REAL } else { Pace::NONE };
        self.set(pace);
        if let Some(commands) = self.commands.as_ref().and_then(mpsc::WeakSender::upgrade) {
            // Where the engine has no room for it, it goes on at its old pace: slower, or stopped by the service's
            // limit.
            let _ = commands.try_send(Command::SetRate(pace.rate));
        }
        if real {
            format!("like the real service: {DOCUMENTED_RATE} requests a second, {} ms", LATENCY.as_millis())
        } else {
            "no limit, no latency".into()
        }
    }

    fn levers(&self) -> Vec<Lever> {
        let lever = |(what, name, help)| {
            let (state, straight) = self.state(what);
            Lever { name, state, straight, help }
        };
        PANEL.into_iter().map(lever).collect()
    }

    fn pull(&self, lever: usize, pull: Pull) -> Result<String, String> {
        let (what, ..) = PANEL.get(lever).ok_or("there is no such lever")?;
        Self::pull(self, *what, pull)
    }
}
