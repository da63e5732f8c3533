//! What an input changes: each goes to its group, and a job that will not be done is taken out of flight.

use super::acks::Stand;
use super::io::{Input, Job, Output};
use super::{Flow, Next, Stage};
use crate::engine::event::{EventKind, Outcome, RunEnd};
use crate::mirror::Settlement;

impl Flow {
    pub(super) fn take_in(&mut self, input: Input) {
        match input {
            Input::Timer => {}
            Input::Command(command) => self.on_command(command),
            Input::Opened { device, outbox } => {
                self.device = Some(device);
                self.stage = Stage::Flushing(Next::Start);
                self.outbox_is(outbox);
                self.emit(EventKind::RunStarted { device, mode: self.mode, pending_acks: outbox.pending });
                self.hold_as_asked();
            }
            Input::Unusable(why) => {
                self.left_opening();
                self.fail(RunEnd::Usage, why);
            }
            Input::SessionOpened(session, cost) => self.on_session(session, cost),
            Input::UpToDate(cost) => self.on_up_to_date(cost),
            Input::SessionBegun(no) => self.on_begun(no),
            Input::PageArrived(ticket, facts, cost) => self.on_page(ticket, facts, cost),
            Input::QueueDrained(ticket, cost) => self.on_drained(ticket, cost),
            Input::Committed(ticket, receipt) => self.on_committed(ticket, &receipt),
            Input::SessionEnded => {
                self.keep_view();
                self.on_session_ended();
            }
            Input::PackReady(pack) => self.on_pack(pack),
            Input::NoPack(outbox) => self.on_no_pack(outbox),
            Input::PackAccepted(_) if self.acks.hold.dropping => self.on_dropped(),
            Input::PackAccepted(cost) => self.on_accepted(cost),
            Input::Settled(outbox) => self.on_settled(outbox),
            Input::Held(outbox) => self.on_held(outbox),
            Input::Failed(job, failure) => self.on_failed(job, &failure),
            Input::Abandoned(job) => self.gone(job),
            Input::MirrorFailed(job, why) => {
                self.gone(job);
                self.fail(RunEnd::Mirror, why);
                self.closed_badly(job);
            }
            Input::Died(job, why) => {
                self.gone(job);
                self.fail(
                    RunEnd::Internal,
                    format!("a task of the engine died ({why}); nothing committed is lost"),
                );
                self.closed_badly(job);
            }
            Input::Closed => self.over(),
        }
    }

    /// A job will not be done.
    fn gone(&mut self, job: Job) {
        match job {
            Job::Open => self.left_opening(),
            Job::Start => self.starting = false,
            Job::Take(ticket) => {
                if let Some(drain) = &mut self.drain
                    && let Some((worker, _)) = drain.put_down(ticket)
                {
                    drain.rest(worker);
                }
            }
            Job::Apply(ticket) => {
                if let Some(drain) = &mut self.drain
                    && let Some(page) = drain.applying.remove(&ticket)
                {
                    drain.workers[page.worker].applying -= 1;
                }
            }
            Job::BeginSession | Job::EndSession => {
                self.drain = None;
                self.stage = Stage::WayOut;
            }
            Job::Acknowledge => {
                let reason = "given up: the run ended before the answer came".to_owned();
                self.settle(Settlement::Failed { reason });
            }
            Job::NextPack | Job::Settle => self.acks.stand = Stand::None,
            Job::Hold => self.acks.hold.writing = None,
            Job::Close => {}
        }
    }

    fn left_opening(&mut self) {
        if self.stage == Stage::Opening {
            self.stage = Stage::WayOut;
        }
    }

    fn closed_badly(&mut self, job: Job) {
        if job == Job::Close {
            self.over();
        }
    }

    fn over(&mut self) {
        let stopped = Outcome { converged: false, end: RunEnd::Stopped, error: None };
        let outcome = self.leaving.take().map_or(stopped, |leaving| leaving.outcome);
        self.stage = Stage::Over;
        self.emit(EventKind::RunEnded { outcome });
        self.out.push(Output::Over);
    }
}
