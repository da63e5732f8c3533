//! Pause, resume, step, stop: what was asked, and when it is true.

use std::time::Duration;

use super::{Flow, Leaving, Stage};
use crate::engine::Command;
use crate::engine::event::{EventKind, Outcome, RunEnd};
use crate::mirror::SessionEnd;

/// What is in flight at a stop may take this long; with closing the mirror the stop is done within two seconds.
const GRACE: Duration = Duration::from_millis(1_200);

/// Whether the flow may act.
#[derive(Debug, Default)]
pub(super) struct Control {
    /// Nothing new is sent, but for what a step allows.
    pub(super) paused: bool,
    /// One action is allowed.
    pub(super) step: bool,
    /// Whether the watchers know that nothing is in flight.
    pub(super) told: bool,
}

impl Flow {
    pub(super) fn on_command(&mut self, command: Command) {
        match command {
            Command::Start(_) | Command::NewDevice => {} // not within a run
            Command::Stop => self.stop(),
            Command::SetRate(rate) => {
                self.config.rate = rate;
                self.pacer.set_rate(rate);
            }
            Command::HoldAcks(hold) => self.hold_acks(hold),
            _ if self.leaving.is_some() => {}
            Command::Pause => {
                self.control.paused = true;
                self.control.step = false;
                self.acks.by_hand = false;
            }
            Command::Resume => {
                if self.control.paused {
                    self.control = Control::default();
                    self.emit(EventKind::Resumed);
                }
            }
            Command::Step => {
                self.control = Control { paused: true, step: true, told: false };
                self.acks.by_hand = false;
            }
            Command::SendAcks => {
                let any = self.acks.deliverable() > 0 && !self.config.peek;
                self.acks.flush = any;
                self.acks.by_hand = any;
                self.control.told &= !any;
            }
            Command::TryNow => self.cut_waits(),
            Command::StepOne => self.commit_one(),
            Command::SkipPage => self.skip_page(),
            Command::GiveUp => self.give_session_up(),
            Command::DropPack => self.acks.hold.dropping = !self.acks.hold.dropping && !self.config.peek,
        }
    }

    /// The first stop lets what is in flight come home, the second one does not wait.
    fn stop(&mut self) {
        if let Some(leaving) = &mut self.leaving {
            leaving.cut_at = self.now;
            return;
        }
        let outcome = Outcome { converged: false, end: RunEnd::Stopped, error: None };
        self.leave_with(outcome, GRACE, true);
    }

    /// The run cannot go on.
    pub(super) fn fail(&mut self, end: RunEnd, error: String) {
        let outcome = Outcome { converged: false, end, error: Some(error) };
        match &mut self.leaving {
            None => self.leave_with(outcome, GRACE, end == RunEnd::Rejected),
            Some(leaving) => {
                let worse = matches!(end, RunEnd::Mirror | RunEnd::Internal);
                if worse && !matches!(leaving.outcome.end, RunEnd::Mirror | RunEnd::Internal) {
                    leaving.outcome = outcome;
                }
            }
        }
        if matches!(end, RunEnd::Mirror | RunEnd::Internal)
            && let Some(leaving) = &mut self.leaving
        {
            leaving.cut_at = self.now;
            leaving.flush = false;
        }
    }

    /// Starts to end the run: what is in flight has `grace`, and with `flush` the outbox is tried once.
    pub(super) fn leave_with(&mut self, outcome: Outcome, grace: Duration, flush: bool) {
        let flush = flush && !self.config.peek;
        let end = if outcome.end == RunEnd::Stopped { SessionEnd::Stopped } else { SessionEnd::Failed };
        self.leaving = Some(Leaving { outcome, end, cut_at: self.now + grace, flush, abandoned: false });
    }

    /// One step on the way out; whether anything moved.
    pub(super) fn leave(&mut self) -> bool {
        let Some(leaving) = &self.leaving else { return false };
        if matches!(self.stage, Stage::Closing | Stage::Over) {
            return false;
        }
        let (cut, flush) = (self.now >= leaving.cut_at, leaving.flush);
        let exchanging = self.exchanges() > 0 || self.stage == Stage::Opening;
        if cut && exchanging {
            self.abandon();
        }
        let flush = flush && !cut && self.acks.deliverable() > 0;
        if exchanging || self.applying() || self.local() || self.acks.busy() || flush {
            return false;
        }
        self.way_out()
    }

    /// Nothing is in flight: puts the pack back, ends the session, closes the mirror.
    fn way_out(&mut self) -> bool {
        use super::acks::Stand;
        use super::io::Output;
        use crate::mirror::Settlement;

        if matches!(self.acks.stand, Stand::Ready(_)) {
            self.settle(Settlement::Failed { reason: "not sent: the run ended".to_owned() });
        } else if self.drain.is_some() {
            let (end, error) = self
                .leaving
                .as_ref()
                .map_or((SessionEnd::Failed, None), |l| (l.end, l.outcome.error.clone()));
            self.end_session(end, error);
        } else {
            self.stage = Stage::Closing;
            self.out.push(Output::Close);
        }
        true
    }

    /// Tells the watchers once that a pause is true.
    pub(super) fn tell_pause(&mut self) {
        let control = &self.control;
        let untold = control.paused && !control.step && !control.told && !self.acks.by_hand;
        if untold && self.leaving.is_none() && self.stage != Stage::Over && !self.in_flight() {
            self.control.told = true;
            self.emit(EventKind::Paused);
        }
    }
}
