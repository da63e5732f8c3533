//! Acks held back by hand and packs lost on purpose, and what the next request waits for.
//!
//! Promises: while acks are held no pack is sent and no session starts; a release undoes it whole; a dropped pack is
//! exactly what a lost answer is: its keys stay pending and come again.

use std::time::Duration;

use super::Flow;
use super::acks::Stand;
use super::io::{Job, Output};
use super::{Leaving, Next, Stage};
use crate::client::{Failure, FailureKind, Operation, Verdict};
use crate::engine::budget::{AN_HOUR, Budget, Reason, Wait};
use crate::engine::event::RunEnd;
use crate::mirror::{Outbox, Settlement};

/// What somebody wants done with acks.
#[derive(Debug, Default)]
pub(super) struct Hold {
    /// Hold them all back, those to come too: asked for in this run.
    pub(super) wanted: bool,
    /// Asked for before the mirror was open.
    early: Option<bool>,
    /// What is being written into the mirror.
    pub(super) writing: Option<bool>,
    /// The next pack's answer counts as lost.
    pub(super) dropping: bool,
}

impl Hold {
    /// Whether acks are to be held, from the first word of it on.
    pub(super) fn asked(&self) -> bool {
        self.early.unwrap_or(self.wanted)
    }
}

impl Flow {
    /// Holds all acks back, or releases them, on the way out too: what was released still goes with the last packs. One
    /// write at a time: the newest wish is written when the last one is.
    pub(super) fn hold_acks(&mut self, hold: bool) {
        if self.config.peek {
            return;
        }
        if self.stage == Stage::Opening {
            self.acks.hold.early = Some(hold); // there is no mirror yet to write it into
            return;
        }
        if !self.hold_is_heard() {
            return;
        }
        self.acks.hold.wanted = hold;
        self.commits += 1; // what the outbox said before this is no longer the whole truth
        self.put_back_held();
        self.write_hold();
        self.outbox_changed();
    }

    /// The mirror is open: does what was asked for before that.
    pub(super) fn hold_as_asked(&mut self) {
        if let Some(hold) = self.acks.hold.early.take() {
            self.hold_acks(hold);
        }
    }

    /// Whether the mirror can still be told: it is open, sound, and the run's time is not up.
    fn hold_is_heard(&self) -> bool {
        let sound = |leaving: &Leaving| !matches!(leaving.outcome.end, RunEnd::Mirror | RunEnd::Internal);
        !matches!(self.stage, Stage::Closing | Stage::Over)
            && self.leaving.as_ref().is_none_or(|leaving| sound(leaving) && self.now < leaving.cut_at)
    }

    fn write_hold(&mut self) {
        let hold = &mut self.acks.hold;
        if hold.writing.is_none() {
            hold.writing = Some(hold.wanted);
            self.out.push(Output::Hold(hold.wanted));
        }
    }

    pub(super) fn on_held(&mut self, outbox: Outbox) {
        let written = self.acks.hold.writing.take();
        self.commits += 1;
        self.acks.held = outbox.held;
        if written != Some(self.acks.hold.wanted) && self.hold_is_heard() {
            self.write_hold();
        }
        self.outbox_changed();
    }

    /// A pack that was read and not sent when acks are held goes back.
    pub(super) fn put_back_held(&mut self) {
        if self.acks.hold.wanted && matches!(self.acks.stand, Stand::Ready(_)) {
            self.settle(Settlement::Failed { reason: "not sent: held back by hand".to_owned() });
        }
    }

    /// A pack was accepted whose answer counts as lost.
    pub(super) fn on_dropped(&mut self) {
        self.acks.hold.dropping = false;
        let lost = Failure {
            operation: Operation::Acknowledge,
            kind: FailureKind::Cut,
            verdict: Verdict::Retry,
            status: None,
            code: None,
            message: "ack: the answer was dropped on purpose; the keys stay pending and come again"
                .to_owned(),
            request_id: None,
            retry_after: None,
            elapsed: Duration::ZERO,
        };
        self.on_failed(Job::Acknowledge, &lost);
    }

    /// The request budget and what the next request waits for.
    pub(super) fn budget(&self, now: Duration) -> Budget {
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
}
