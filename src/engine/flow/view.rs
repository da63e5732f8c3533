//! The flow as a snapshot: what it does, what it waits for, what the next step would do. Reads, never decides.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::acks::Stand;
use super::drain::Work;
use super::{Action, Flow, Next, Stage};
use crate::engine::budget::{AN_HOUR, Budget, Reason, Wait};
use crate::engine::event::{Phase, QueueView, SessionView, Snapshot, WaitView, WorkerView};
use crate::text;

impl Flow {
    /// The newest state; `at` is what the clock on the wall says now.
    pub fn snapshot(&self, now: Duration, at: Timestamp) -> Snapshot {
        let [p50_ms, p95_ms] = self.meter.percentiles([50, 95]);
        Snapshot {
            phase: self.phase(),
            totals: Arc::clone(self.meter.totals()),
            started: self.started_at,
            elapsed: now.saturating_sub(self.began),
            device: self.device,
            session: self.session_view(),
            packs: self.acks.views(now),
            workers: self.worker_views(now),
            wait: self.wait_view(now, at),
            next_step: self.next_step(),
            looked_at: self.looked_at().filter(|_| self.stepping()).map(|(_, page)| page.facts.instructions),
            request_rate: self.pacer.in_last_second(now) as f64,
            rate_limit: self.config.rate,
            budget: self.budget(now),
            holding: self.acks.hold.asked() || self.acks.held > 0,
            held: if self.acks.hold.wanted { self.acks.pending } else { self.acks.held },
            dropping: self.acks.hold.dropping,
            p50_ms,
            p95_ms,
            missed: 0,
            outcome: None,
            end_missed: false,
        }
    }

    /// What the flow is doing.
    pub fn phase(&self) -> Phase {
        if self.stage == Stage::Over {
            return Phase::Idle;
        }
        if self.leaving.is_some() {
            return Phase::Stopping;
        }
        if self.control.paused {
            let going = self.in_flight() || self.control.step || self.acks.by_hand;
            return if going { Phase::Pausing } else { Phase::Paused };
        }
        match &self.stage {
            Stage::Opening => Phase::Opening,
            Stage::Flushing(_) if self.after_session => Phase::Acknowledging,
            Stage::Flushing(_) => Phase::Flushing,
            Stage::Starting | Stage::Beginning => Phase::Starting,
            Stage::Draining | Stage::Ending(_) if self.acks.full => Phase::OutboxFull,
            Stage::Draining | Stage::Ending(_) => Phase::Draining,
            Stage::WayOut | Stage::Closing | Stage::Over => Phase::Stopping,
        }
    }

    fn session_view(&self) -> Option<SessionView> {
        let drain = self.drain.as_ref().filter(|drain| drain.no > 0);
        let Some(drain) = drain else { return self.last_session.clone() };
        let queues = drain.queues.iter().map(|queue| QueueView {
            name: queue.name.to_string(),
            announced: queue.announced,
            done: queue.done,
            left: queue.left,
            drained: queue.drained,
            grew: drain.grew(queue),
        });
        Some(SessionView { no: drain.no, short: drain.id.short(), queues: queues.collect() })
    }

    /// Keeps the session's view for the time after its end.
    pub(super) fn keep_view(&mut self) {
        self.last_session = self.session_view();
    }

    fn worker_views(&self, now: Duration) -> Vec<WorkerView> {
        let Some(drain) = &self.drain else { return vec![WorkerView::Idle; self.config.workers] };
        let rate = self.pacer.allowed(now);
        let paced = drain.next_take(now, false, self.gentle, rate);
        let paced = paced.filter(|_| self.pacer.ready_at(now) > now);
        let view = |(number, worker): (usize, &super::drain::Worker)| match worker.work {
            Work::Taking { .. } => WorkerView::Taking,
            Work::Waiting { .. } => WorkerView::Retrying,
            Work::Idle if worker.applying > 0 => WorkerView::Applying,
            Work::Idle if paced.is_some_and(|(next, _)| number >= next) && !self.control.paused => {
                WorkerView::Paced
            }
            Work::Idle => WorkerView::Idle,
        };
        drain.workers.iter().enumerate().map(view).collect()
    }

    fn wait_view(&self, now: Duration, at: Timestamp) -> Option<WaitView> {
        let view = |until: Duration, reason: &str, attempt| {
            let until = at.checked_add(until.saturating_sub(now)).unwrap_or(at);
            Some(WaitView { until, reason: reason.to_owned(), attempt })
        };
        if let Some(halt) = self.halt.as_ref().filter(|halt| halt.until > now) {
            return view(halt.until, &halt.reason, halt.attempt);
        }
        if self.in_flight() || self.leaving.is_some() {
            return None;
        }
        let (until, reason, attempt) =
            self.waits().filter(|(until, ..)| *until > now).min_by_key(|(until, ..)| *until)?;
        view(until, reason, attempt)
    }

    /// The waits for a next try that hold the run up once nothing is in flight.
    pub(super) fn waits(&self) -> impl Iterator<Item = (Duration, &str, u32)> {
        let start = (self.stage == Stage::Starting).then_some(&self.start_tries);
        let ack = matches!(self.acks.stand, Stand::Ready(_)).then_some(&self.acks.tries);
        let tries = start.into_iter().chain(ack);
        let drain = self.drain.iter().flat_map(super::drain::Drain::waits);
        tries.map(|tries| (tries.at, tries.reason.as_str(), tries.failures + 1)).chain(drain)
    }

    /// The request budget and what the next request waits for.
    fn budget(&self, now: Duration) -> Budget {
        Budget {
            last_second: self.pacer.in_last_second(now) as u64,
            per_second: self.pacer.allowed(now) as u32,
            last_hour: self.pacer.in_last_hour(now),
            per_hour: AN_HOUR,
            wait: self.what_holds_up(now),
        }
    }

    /// What holds the next request up, the strongest reason first.
    fn what_holds_up(&self, now: Duration) -> Option<Wait> {
        let ends = |reason, at: Duration| Some(Wait { reason, left: Some(at.saturating_sub(now)) });
        let until_then = |reason| Some(Wait { reason, left: None });
        if matches!(self.stage, Stage::Opening | Stage::Closing | Stage::Over) || self.leaving.is_some() {
            return None;
        }
        if self.control.paused && !self.control.step && !self.acks.by_hand {
            return until_then(Reason::Paused);
        }
        if let Some(halt) = self.halt.as_ref().filter(|halt| halt.until > now) {
            return ends(Reason::TooMany, halt.until);
        }
        let kept = self.acks.pending > 0 && self.acks.deliverable() == 0;
        if matches!(self.stage, Stage::Flushing(Next::Start)) && kept && self.acks.in_flight().is_none() {
            return until_then(Reason::Held);
        }
        let ready = self.pacer.ready_at(now);
        if self.next_action(false).is_some() && ready > now {
            return ends(Reason::Pacing, ready);
        }
        if self.next_action(false).is_some() || self.exchanges() > 0 && self.gentle {
            return (self.exchanges() > 0).then_some(Wait { reason: Reason::InFlight, left: None });
        }
        if matches!(self.stage, Stage::Draining) && self.acks.full {
            return until_then(Reason::OutboxFull);
        }
        let retry = self.waits().map(|(at, ..)| at).filter(|at| *at > now).min();
        if let Some(at) = retry {
            return ends(Reason::Retry, at);
        }
        (self.exchanges() > 0).then_some(Wait { reason: Reason::InFlight, left: None })
    }

    /// What the next step will do, in words; none where nobody steps.
    fn next_step(&self) -> Option<String> {
        if !self.control.paused || self.leaving.is_some() {
            return None;
        }
        let again =
            |failures: u32| if failures > 0 { format!(" (try {})", failures + 1) } else { String::new() };
        Some(match self.next_action(true) {
            Some(Action::Start) => format!("start a session{}", again(self.start_tries.failures)),
            Some(Action::Acknowledge) => {
                let Stand::Ready(pack) = self.acks.stand else { return None };
                let keys = text::counted(pack.keys, "key");
                format!("acknowledge pack {} ({keys}){}", pack.no, again(pack.tries))
            }
            Some(Action::Commit) => {
                let (_, page) = self.looked_at()?;
                let queue = &self.drain.as_ref()?.queues[page.queue].name;
                let n = page.facts.instructions;
                format!("commit the page of {queue}, {}", text::counted(n, "instruction"))
            }
            Some(Action::Take(worker, queue)) => {
                let drain = self.drain.as_ref()?;
                format!(
                    "take a page of {}{}",
                    drain.queues[queue].name,
                    again(drain.workers[worker].tries.failures)
                )
            }
            None => return None,
        })
    }
}
