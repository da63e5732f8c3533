//! The jobs that wait for the writer, and which of them is next.
//!
//! Promise: what the outbox is asked comes first, also into a transaction that is being made: an ack that waits behind
//! a hundred pages is late, keys pile up, and in the end everything waits for their packs. All else keeps its order,
//! and nothing overtakes a close.

use std::collections::VecDeque;

use tokio::sync::mpsc::Receiver;

use super::job::Job;

/// Jobs that are taken out of the channel ahead of their turn, so that an ack behind them is seen.
const SEEN: usize = 256;

/// What waits.
pub(super) struct Backlog {
    channel: Receiver<Job>,
    acks: VecDeque<Job>,
    others: VecDeque<Job>,
    closing: bool,
}

impl Backlog {
    pub(super) fn new(channel: Receiver<Job>) -> Self {
        Self { channel, acks: VecDeque::new(), others: VecDeque::new(), closing: false }
    }

    /// Waits until there is a job; false once nobody can ask any more.
    pub(super) fn wait(&mut self) -> bool {
        if self.acks.is_empty() && self.others.is_empty() {
            let Some(job) = self.channel.blocking_recv() else { return false };
            self.put(job);
        }
        true
    }

    /// The next job of those that wait by now.
    pub(super) fn next(&mut self) -> Option<Job> {
        while self.others.len() < SEEN {
            let Ok(job) = self.channel.try_recv() else { break };
            self.put(job);
        }
        self.acks.pop_front().or_else(|| self.others.pop_front())
    }

    fn put(&mut self, job: Job) {
        self.closing |= matches!(job, Job::Close { .. });
        let urgent = matches!(job, Job::NextPack { .. } | Job::Settle { .. }) && !self.closing;
        if urgent { self.acks.push_back(job) } else { self.others.push_back(job) }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::{mpsc, oneshot};

    use super::*;

    #[test]
    fn acks_come_first_and_the_rest_in_its_order() {
        let (jobs, channel) = mpsc::channel(8);
        let begin = |id: &str| Job::Begin { id: id.into(), reply: oneshot::channel().0 };
        let take = |max| Job::NextPack { max, reply: oneshot::channel().0 };
        for job in [begin("a"), begin("b"), take(1), take(2)] {
            assert!(jobs.try_send(job).is_ok());
        }
        let mut backlog = Backlog::new(channel);
        let mut said = Vec::new();
        let mut next = |backlog: &mut Backlog| {
            said.push(match backlog.next() {
                Some(Job::Begin { id, .. }) => id,
                Some(Job::NextPack { max, .. }) => max.to_string(),
                Some(Job::Close { .. }) => "close".into(),
                Some(_) => "another".into(),
                None => "none".into(),
            });
        };
        assert!(backlog.wait());
        for _ in 0..3 {
            next(&mut backlog);
        }
        for job in [begin("c"), take(3), Job::Close { reply: oneshot::channel().0 }, take(4)] {
            assert!(jobs.try_send(job).is_ok());
        }
        drop(jobs);
        for _ in 0..6 {
            next(&mut backlog);
        }
        assert_eq!(said, ["1", "2", "a", "3", "b", "c", "close", "4", "none"]);
        assert!(!backlog.wait());
    }
}
