//! What the writer can be asked, and the answers that wait for its commits to be durable.

use std::path::Path;

use tokio::sync::oneshot;

use super::{MirrorError, Outbox, Pack, PackNo, Receipt, SessionEnd, SessionNo, Settlement};
use crate::protocol::Page;

/// Where an answer goes.
pub(super) type Reply<T> = oneshot::Sender<Result<T, MirrorError>>;

/// What the writer can be asked.
pub(super) enum Job {
    Begin {
        id: String,
        reply: Reply<SessionNo>,
    },
    End {
        session: SessionNo,
        end: SessionEnd,
        retries: u64,
        failed: u64,
        error: Option<String>,
        reply: Reply<()>,
    },
    Apply {
        session: SessionNo,
        page: Box<Page>,
        reply: Reply<Receipt>,
    },
    NextPack {
        max: usize,
        reply: Reply<Option<Pack>>,
    },
    Settle {
        pack: PackNo,
        settlement: Settlement,
        reply: Reply<Outbox>,
    },
    Hold {
        hold: bool,
        reply: Reply<Outbox>,
    },
    Outbox {
        reply: Reply<Outbox>,
    },
    Converged {
        reply: Reply<()>,
    },
    Close {
        reply: Reply<()>,
    },
}

/// An answer that waits for its commit to be durable.
#[derive(Debug)]
pub(super) enum Answer {
    Session(Reply<SessionNo>, SessionNo),
    Done(Reply<()>),
    Receipt(Reply<Receipt>, Receipt),
    Pack(Reply<Option<Pack>>, Option<Pack>),
    Outbox(Reply<Outbox>, Outbox),
}

/// Splits a result into what to answer after the commit and what failed; a failure is answered at once.
pub(super) fn answer<T>(
    result: Result<T, MirrorError>,
    reply: Reply<T>,
    wrap: impl FnOnce(Reply<T>, T) -> Answer,
) -> (Option<Answer>, Option<MirrorError>) {
    match result {
        Ok(value) => (Some(wrap(reply, value)), None),
        Err(error) => {
            refuse(reply, &error);
            (None, Some(error))
        }
    }
}

/// What a closed mirror answers.
pub(super) fn closed(path: &Path) -> MirrorError {
    MirrorError::Broken { path: path.to_owned(), reason: "it was closed".into() }
}

impl Job {
    /// Bytes of the page that it brings.
    pub(super) fn bytes(&self) -> usize {
        if let Self::Apply { page, .. } = self { page.bytes() } else { 0 }
    }

    /// Whether it needs a transaction.
    pub(super) fn writes(&self) -> bool {
        match self {
            Self::Begin { .. }
            | Self::End { .. }
            | Self::Apply { .. }
            | Self::Settle { .. }
            | Self::Hold { .. }
            | Self::Converged { .. } => true,
            Self::NextPack { .. } | Self::Outbox { .. } | Self::Close { .. } => false,
        }
    }

    /// Answers that it will not be done.
    pub(super) fn refuse(self, error: &MirrorError) {
        match self {
            Self::Begin { reply, .. } => refuse(reply, error),
            Self::End { reply, .. } | Self::Converged { reply } | Self::Close { reply } => {
                refuse(reply, error);
            }
            Self::Apply { reply, .. } => refuse(reply, error),
            Self::NextPack { reply, .. } => refuse(reply, error),
            Self::Settle { reply, .. } | Self::Hold { reply, .. } | Self::Outbox { reply } => {
                refuse(reply, error);
            }
        }
    }
}

impl Answer {
    /// Answers, where all went well with what a page's commit took, in microseconds, else with what failed. The number
    /// of a pack that nobody waited for any more.
    pub(super) fn give(self, fate: Result<u64, &MirrorError>) -> Option<PackNo> {
        let fate = fate.map_err(MirrorError::again);
        match self {
            Self::Session(reply, no) => drop(reply.send(fate.map(|_| no))),
            Self::Done(reply) => drop(reply.send(fate.map(drop))),
            Self::Outbox(reply, outbox) => drop(reply.send(fate.map(|_| outbox))),
            Self::Receipt(reply, receipt) => {
                drop(reply.send(fate.map(|commit_micros| Receipt { commit_micros, ..receipt })));
            }
            Self::Pack(reply, pack) => {
                if let Err(Ok(Some(pack))) = reply.send(fate.map(|_| pack)) {
                    return Some(pack.no);
                }
            }
        }
        None
    }
}

/// Answers with a failure; whoever asked may be gone.
fn refuse<T>(reply: Reply<T>, error: &MirrorError) {
    let _ = reply.send(Err(error.again()));
}
