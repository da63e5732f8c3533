//! Events and states in a line of plain words, for `-v` and the progress display. Pure.

use std::fmt::Write;
use std::time::Duration;

use crate::engine::{EventKind, Mode, Phase, Snapshot};
use crate::mirror::SessionEnd;
use crate::text::{bytes, counted, grouped, span, visible};

/// What happened.
pub(super) fn event(kind: &EventKind) -> String {
    match kind {
        EventKind::RunStarted { device, mode, pending_acks } => {
            let what = match mode {
                Mode::Full => "full synchronization",
                Mode::Single => "a single session",
            };
            let first = match pending_acks {
                0 => String::new(),
                n => format!("; {} of an earlier run go first", counted(*n, "key")),
            };
            format!("{what}, device {}{first}", device.short())
        }
        EventKind::SessionOpened { no, session, announced, elapsed_ms } => {
            let guess = announced
                .map_or(String::new(), |n| format!(", about {} announced", counted(n, "instruction")));
            format!("session {no} ({}) opened{guess}, {elapsed_ms} ms", session.short())
        }
        EventKind::UpToDate { elapsed_ms } => format!("nothing to synchronize, {elapsed_ms} ms"),
        EventKind::PageCommitted { .. } => page(kind),
        EventKind::PageTaken { queue, instructions, .. } => {
            format!("page of {queue} taken, {instructions} instructions, not committed yet")
        }
        EventKind::PageSkipped { queue, instructions } => {
            format!("page of {queue} left out, {instructions} instructions")
        }
        EventKind::QueueDrained { queue } => format!("queue {queue} drained"),
        EventKind::PackSent { pack, keys, attempt } => {
            format!("pack {pack} sent, {}{}", counted(*keys, "key"), again(*attempt))
        }
        EventKind::PackAccepted { pack, keys, attempt, elapsed_ms } => {
            format!("pack {pack} accepted, {}, {elapsed_ms} ms{}", counted(*keys, "key"), again(*attempt))
        }
        EventKind::PackRefused { pack, keys, status, answer } => {
            format!("pack {pack} refused, {}: {status} {}", counted(*keys, "key"), visible(answer))
        }
        EventKind::RetryScheduled { reason, wait_ms, attempt, .. } => {
            format!("{}; try {attempt} in {}", visible(reason), span(Duration::from_millis(*wait_ms)))
        }
        EventKind::SessionEnded { no, end } => format!("session {no} {}", ended(*end)),
        EventKind::DeviceReplaced { device, former, dropped_acks } => {
            format!("device {} instead of {}, {dropped_acks} acks dropped", device.short(), former.short())
        }
        EventKind::CommandFailed { error } => visible(error).into_owned(),
        EventKind::Paused => "paused".into(),
        EventKind::Resumed => "going on".into(),
        EventKind::RunEnded { outcome } => {
            if outcome.converged {
                "converged".into()
            } else {
                "ended, not converged".into()
            }
        }
    }
}

fn page(kind: &EventKind) -> String {
    let EventKind::PageCommitted {
        page, instructions, counts, failed_objects, bytes: size, elapsed_ms, ..
    } = kind
    else {
        return String::new();
    };
    let mut line = format!(
        "page {page}: {} (+{} ~{} -{}), {}, {elapsed_ms} ms",
        counted(*instructions, "instruction"),
        counts.created,
        counts.updated,
        counts.deleted,
        bytes(*size)
    );
    if counts.stale > 0 {
        let _ = write!(line, ", {} stale", grouped(counts.stale));
    }
    if !failed_objects.is_empty() {
        let _ = write!(line, ", {}", counted(failed_objects.len() as u64, "failed object"));
    }
    line
}

fn again(attempt: u32) -> String {
    if attempt > 1 { format!(", try {attempt}") } else { String::new() }
}

fn ended(end: SessionEnd) -> &'static str {
    match end {
        SessionEnd::Drained => "drained",
        SessionEnd::Lost => "lost: the service does not know it any more",
        SessionEnd::Stopped => "stopped",
        SessionEnd::Failed => "failed",
        SessionEnd::Crashed => "crashed",
    }
}

/// What the engine is doing, for the progress display: the phase, or the wait that holds it up.
pub(super) fn state(snapshot: &Snapshot) -> String {
    if let Some(wait) = &snapshot.wait {
        return format!("waiting, try {}: {}", wait.attempt, visible(&wait.reason));
    }
    match snapshot.phase {
        Phase::Idle => "idle",
        Phase::Opening => "opening the mirror",
        Phase::Flushing => "sending the keys of an earlier run",
        Phase::Starting => "asking for a session",
        Phase::Draining => "draining",
        Phase::OutboxFull => "waiting for acknowledgements",
        Phase::Acknowledging => "acknowledging",
        Phase::Pausing => "pausing",
        Phase::Paused => "paused",
        Phase::Stopping => "stopping",
    }
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Operation;
    use crate::mirror::Counts;
    use crate::protocol::QueueName;

    #[test]
    fn what_a_service_says_is_made_visible() {
        let line = event(&EventKind::RetryScheduled {
            operation: Operation::Take,
            status: Some(503),
            reason: "503 \x1b[2J".into(),
            request_id: None,
            wait_ms: 1100,
            attempt: 2,
        });
        assert_eq!(line, "503 ␛[2J; try 2 in 1.1 s");
    }

    #[test]
    fn a_page_in_a_line() {
        let line = event(&EventKind::PageCommitted {
            page: 77,
            queue: QueueName("main".into()),
            instructions: 100,
            counts: Counts { created: 97, updated: 2, deleted: 1, stale: 2, ..Counts::default() },
            count_left: None,
            failed_objects: Vec::new(),
            bytes: 51_200,
            elapsed_ms: 121,
            commit_us: 900,
            worker: 1,
        });
        assert_eq!(line, "page 77: 100 instructions (+97 ~2 -1), 50.0 KiB, 121 ms, 2 stale");
    }
}
