//! Acks held back by hand and packs lost on purpose.
//!
//! Promises: while acks are held no pack is sent and no session starts; a release undoes it whole; a dropped pack is
//! exactly what a lost answer is: its keys stay pending and come again.

use std::time::Duration;

use super::Flow;
use super::acks::Stand;
use super::io::{Job, Output};
use super::{Leaving, Stage};
use crate::client::{Failure, FailureKind, Operation, Verdict};
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
        self.acks.outbox_moved();
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
        self.acks.outbox_moved();
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
}
