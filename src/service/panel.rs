//! The panel that bends a running service: what a demo or a test sets live, beside its rate, latency and edits.

use super::fault::{Bends, Fault, Plan};
use super::{Service, ServiceError};
use crate::protocol::ACK_PATH;

impl Service {
    /// Answers every `n`th request with 429; 0 = none.
    pub fn limit_every(&self, n: u32) {
        self.inner.faults.limit_every(n);
    }

    /// Answers the next `times` requests with this status and does nothing.
    pub fn fail_next(&self, times: u32, status: u16) {
        self.plan(Fault::Instead(status, None), times, "");
    }

    /// Ends the connections of the next `times` requests without an answer, nothing done.
    pub fn reset_next(&self, times: u32) {
        self.plan(Fault::Reset, times, "");
    }

    /// Cuts the bodies of the next `times` pages in the middle; what they held has left the queue.
    pub fn cut_next(&self, times: u32) {
        self.plan(Fault::Cut, times, "/queues/");
    }

    /// Answers the next `times` takes with a page without items; the queue keeps what was to come.
    pub fn empty_next(&self, times: u32) {
        self.plan(Fault::Empty, times, "/queues/");
    }

    /// Takes the next `times` ack packs and answers 200 in the place of 202.
    pub fn mistake_acks(&self, times: u32) {
        self.plan(Fault::Ack200, times, ACK_PATH);
    }

    /// Loses the answers of the next `times` ack packs: their keys are taken, and the connection ends.
    pub fn lose_acks(&self, times: u32) {
        self.plan(Fault::Lost, times, ACK_PATH);
    }

    /// Ends all sessions, as if they had expired; how many there were. Blocks.
    ///
    /// # Errors
    /// [`ServiceError`] where the account cannot be written.
    pub fn expire_sessions(&self) -> Result<u64, ServiceError> {
        self.inner.account.expire_all()
    }

    /// What still will go wrong.
    pub fn bends(&self) -> Bends {
        self.inner.faults.bends()
    }

    /// Takes everything back that would still go wrong. Rate and latency stay.
    pub fn straighten(&self) {
        self.inner.faults.clear();
    }

    /// Where too many wait already, one more makes no difference.
    fn plan(&self, fault: Fault, times: u32, path: &str) {
        let _ = self.inner.faults.plan(Plan::next(fault, times, path));
    }
}
