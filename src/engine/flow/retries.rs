//! When a failed exchange comes again, and when the run has to end. Also the halt: a 429 or a `Retry-After` is about
//! the token and not about one exchange, so it stops everything that sends.
//!
//! A take is the same exchange whoever sends it: while other takes succeed, a worker that fails does not count the
//! service as unreachable.

use std::time::Duration;

use super::Flow;
use super::acks::Stand;
use super::drain::Work;
use super::io::{Job, Output};
use crate::client::{Failure, FailureKind, Operation, Verdict};
use crate::engine::backoff;
use crate::engine::event::{EventKind, RunEnd};
use crate::mirror::Settlement;
use crate::text;

/// How long one exchange is tried: with closing the mirror the run ends within four minutes.
pub(super) const PATIENCE: Duration = Duration::from_secs(230);
/// Bodies over the bound in a run.
const TOO_LARGE: u32 = 3;

/// The tries of one exchange.
#[derive(Debug, Clone, Default)]
pub(super) struct Tries {
    /// Failures in a row.
    pub(super) failures: u32,
    /// When the first try began.
    since: Option<Duration>,
    /// When the running try began.
    pub(super) began: Duration,
    /// The next try is not before this.
    pub(super) at: Duration,
    /// What happened last, in a line.
    pub(super) reason: String,
}

impl Tries {
    pub(super) fn begin(&mut self, now: Duration) {
        self.since.get_or_insert(now);
        self.began = now;
    }

    pub(super) fn due(&self, now: Duration) -> bool {
        self.at <= now
    }

    /// When a running try is given up; the first try has the client's own bounds.
    pub(super) fn cut_at(&self) -> Option<Duration> {
        (self.failures > 0).then(|| self.since.unwrap_or(self.began) + PATIENCE)
    }
}

/// Everything stands still until this.
#[derive(Debug, Clone)]
pub(super) struct Halt {
    pub(super) until: Duration,
    pub(super) reason: String,
    pub(super) attempt: u32,
}

impl Flow {
    /// An exchange failed.
    pub(super) fn on_failed(&mut self, job: Job, failure: &Failure) {
        self.meter.took(failure.elapsed);
        if failure.status.is_some() {
            self.pacer.answered(self.now, if let Job::Take(ticket) = job { Some(ticket) } else { None });
        }
        if failure.status == Some(429) {
            self.pacer.limited(self.now);
        }
        let message = text::visible(&failure.message).into_owned();
        let worker = self.put_down(job, &message, failure);
        if self.leaving.is_some() {
            if job == Job::Acknowledge || limits(failure) {
                self.stop_flushing();
            }
            return;
        }
        match failure.verdict {
            Verdict::Retry => self.retry(job, worker, failure, message),
            Verdict::RetryTooLarge => self.too_large(job, worker, failure, message),
            Verdict::NewSession if matches!(job, Job::Take(_)) => self.session_lost(message),
            Verdict::Halve if job == Job::Acknowledge => {} // settled as refused; the mirror halves
            Verdict::Refused => self.fail(RunEnd::Refused, message),
            Verdict::WrongAddress | Verdict::NewSession => self.fail(RunEnd::Unreachable, message),
            Verdict::Rejected | Verdict::Halve => self.fail(RunEnd::Rejected, message),
        }
    }

    /// Takes the exchange out of flight; a pack is settled by what the failure says of its keys. Gives a take's worker.
    fn put_down(&mut self, job: Job, message: &str, failure: &Failure) -> Option<usize> {
        match job {
            Job::Start => self.starting = false,
            Job::Take(ticket) => return self.drain.as_mut()?.put_down(ticket).map(|(worker, _)| worker),
            Job::Acknowledge => {
                let settlement = if failure.verdict == Verdict::Halve {
                    let answer = message.to_owned();
                    Settlement::Refused { status: failure.status.unwrap_or_default(), answer }
                } else {
                    Settlement::Failed { reason: message.to_owned() }
                };
                if let Settlement::Refused { status, answer } = &settlement
                    && let Some(pack) = self.acks.in_flight()
                {
                    let (pack, keys) = (pack.no, pack.keys);
                    self.emit(EventKind::PackRefused { pack, keys, status: *status, answer: answer.clone() });
                    self.acks.tries = Tries::default();
                }
                self.settle(settlement);
            }
            _ => {}
        }
        None
    }

    fn too_large(&mut self, job: Job, worker: Option<usize>, failure: &Failure, message: String) {
        self.too_large += 1;
        if self.too_large < TOO_LARGE {
            return self.retry(job, worker, failure, message);
        }
        self.fail(RunEnd::Rejected, format!("{message} (tried {TOO_LARGE} times)"));
    }

    fn retry(&mut self, job: Job, worker: Option<usize>, failure: &Failure, message: String) {
        let (now, jitter) = (self.now, self.rng.f64());
        let limited = limits(failure);
        let (allowed, last_take) = (self.config.tries.max(1), self.last_take);
        let Some(tries) = self.tries_of(job, worker) else { return };
        if job != Job::Start && job != Job::Acknowledge && last_take > tries.since {
            *tries = Tries { since: Some(tries.began), ..Tries::default() };
        }
        tries.failures += 1;
        let wait = backoff::wait(tries.failures, failure.retry_after, jitter);
        tries.at = now + wait;
        tries.reason.clone_from(&message);
        let attempt = tries.failures + 1;
        let spent = tries.at >= tries.since.unwrap_or(now) + PATIENCE;
        if tries.failures >= allowed || spent {
            let failures = tries.failures;
            return self.unreachable(failure, failures, wait, spent && failures < allowed, &message);
        }
        if let (Some(drain), Some(worker)) = (&mut self.drain, worker) {
            drain.failed_take(worker, failure.kind != FailureKind::Connect && !limited);
        }
        if limited {
            self.halt(now + wait, message.clone(), attempt);
        }
        self.emit(EventKind::RetryScheduled {
            operation: operation(job),
            status: failure.status,
            reason: message,
            request_id: failure.request_id.clone(),
            wait_ms: wait.as_millis() as u64,
            attempt,
        });
    }

    fn tries_of(&mut self, job: Job, worker: Option<usize>) -> Option<&mut Tries> {
        match job {
            Job::Start => Some(&mut self.start_tries),
            Job::Acknowledge => Some(&mut self.acks.tries),
            _ => self.drain.as_mut().zip(worker).map(|(drain, worker)| &mut drain.workers[worker].tries),
        }
    }

    fn unreachable(
        &mut self,
        failure: &Failure,
        failures: u32,
        wait: Duration,
        by_time: bool,
        message: &str,
    ) {
        let how = match failure.retry_after {
            Some(_) if by_time => format!("; the service asks to wait {}: try again then", text::span(wait)),
            _ => format!(" (after {})", text::counted(failures.into(), "try")),
        };
        let keys = match self.acks.pending {
            0 => String::new(),
            1 => "; 1 key waits in the outbox and goes first next time".to_owned(),
            n => format!("; {} keys wait in the outbox and go first next time", text::grouped(n)),
        };
        self.fail(RunEnd::Unreachable, format!("{message}{how}{keys}"));
    }

    fn halt(&mut self, until: Duration, reason: String, attempt: u32) {
        self.gentle = true;
        if self.halt.as_ref().is_none_or(|halt| halt.until < until) {
            self.halt = Some(Halt { until, reason, attempt });
        }
    }

    /// The service answered a page or a pack well; what was still on its way when a halt began says nothing.
    pub(super) fn let_in(&mut self) {
        self.gentle &= self.halted().is_some();
    }

    pub(super) fn halted(&self) -> Option<&Halt> {
        self.halt.as_ref().filter(|halt| halt.until > self.now)
    }

    /// [`crate::engine::Command::TryNow`].
    pub(super) fn cut_waits(&mut self) {
        self.halt = None;
        self.start_tries.at = self.now;
        self.acks.tries.at = self.now;
        if let Some(drain) = &mut self.drain {
            drain.cut_waits(self.now);
        }
    }

    /// A try that outlasts our patience ends the run: the service had its chances.
    pub(super) fn patience(&mut self) {
        let now = self.now;
        let lost = self.patience_ends().into_iter().find(|(at, _)| *at <= now);
        let Some((_, reason)) = lost else { return };
        let minutes = text::span(PATIENCE);
        self.fail(RunEnd::Unreachable, format!("{reason}; no answer to the tries of {minutes}"));
        if let Some(leaving) = &mut self.leaving {
            leaving.cut_at = now;
        }
    }

    /// When each running try is given up, and its last failure.
    pub(super) fn patience_ends(&self) -> Vec<(Duration, String)> {
        if self.leaving.is_some() {
            return Vec::new();
        }
        let start = self.starting.then_some(&self.start_tries);
        let ack = matches!(self.acks.stand, Stand::InFlight(..)).then_some(&self.acks.tries);
        let takes = self.drain.iter().flat_map(|drain| &drain.workers);
        let takes =
            takes.filter(|worker| matches!(worker.work, Work::Taking { .. })).map(|worker| &worker.tries);
        let running = start.into_iter().chain(ack).chain(takes);
        running.filter_map(|tries| tries.cut_at().map(|at| (at, tries.reason.clone()))).collect()
    }

    /// Hands out [`Output::Abandon`] once.
    pub(super) fn abandon(&mut self) {
        if let Some(leaving) = &mut self.leaving
            && !leaving.abandoned
        {
            leaving.abandoned = true;
            leaving.flush = false;
            self.out.push(Output::Abandon);
        }
    }
}

/// Whether the service asks everybody to wait.
fn limits(failure: &Failure) -> bool {
    failure.status == Some(429) || failure.retry_after.is_some()
}

fn operation(job: Job) -> Operation {
    match job {
        Job::Start => Operation::Start,
        Job::Acknowledge => Operation::Acknowledge,
        _ => Operation::Take,
    }
}
