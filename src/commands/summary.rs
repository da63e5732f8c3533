//! What a run came to: the last line of `sync --json` (a contract: users' scripts read it), and the same for people.

use std::io::{self, Write};
use std::time::Duration;

use serde::Serialize;

use crate::engine::Totals;
use crate::text::{counted, grouped, span, visible};

/// The summary line, its fields in this order.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Summary {
    event: &'static str,
    /// Whether `start` answered 204: nothing else is convergence.
    pub(super) converged: bool,
    /// Sessions opened.
    pub(super) sessions: u64,
    /// Pages committed.
    pub(super) pages: u64,
    /// Instructions committed; created, updated and deleted are these as the service named them.
    pub(super) instructions: u64,
    created: u64,
    updated: u64,
    deleted: u64,
    stale: u64,
    acked: u64,
    /// Keys of committed instructions that the service has not accepted yet.
    pub(super) pending_acks: u64,
    failed_objects: u64,
    retries: u64,
    /// How long the run took, to the millisecond.
    seconds: f64,
    /// Keys that the service refused for good, this run or an earlier one: the mirror keeps them with the answers.
    refused: u64,
    /// What ended the run, where something did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<String>,
}

impl Summary {
    /// The summary of a run with these totals.
    pub(super) fn new(converged: bool, totals: &Totals, took: Duration, error: Option<String>) -> Self {
        Self {
            event: "summary",
            converged,
            sessions: totals.sessions,
            pages: totals.pages,
            instructions: totals.instructions,
            created: totals.created,
            updated: totals.updated,
            deleted: totals.deleted,
            stale: totals.stale,
            acked: totals.acked,
            pending_acks: totals.pending_acks,
            failed_objects: totals.failed_objects,
            retries: totals.retries,
            seconds: took.as_millis() as f64 / 1000.0,
            refused: totals.refused_keys,
            error,
        }
    }

    /// The summary of a run that never began.
    pub(super) fn of_nothing(error: String, pending_acks: u64) -> Self {
        let totals = Totals { pending_acks, ..Totals::default() };
        Self::new(false, &totals, Duration::ZERO, Some(error))
    }

    /// What Prometheus is told of the run: names without `drainboard_`, what they are, values.
    pub(super) fn figures(&self) -> [(&'static str, &'static str, f64); 10] {
        let number = |n: u64| n as f64;
        [
            (
                "converged",
                "Whether the last run ended with nothing left.",
                f64::from(u8::from(self.converged)),
            ),
            ("duration_seconds", "How long the last run took.", self.seconds),
            ("instructions", "Instructions that the last run committed.", number(self.instructions)),
            ("sessions", "Sessions that the last run opened.", number(self.sessions)),
            ("acknowledged_keys", "Keys that the service accepted in the last run.", number(self.acked)),
            ("pending_acks", "Keys that wait to be acknowledged.", number(self.pending_acks)),
            (
                "refused_keys",
                "Keys that the service refused for good, as the mirror holds them.",
                number(self.refused),
            ),
            (
                "failed_objects",
                "Objects that the service could not deliver in the last run.",
                number(self.failed_objects),
            ),
            (
                "stale_instructions",
                "Instructions of the last run that were older than the mirror.",
                number(self.stale),
            ),
            ("retries", "Requests that the last run sent again.", number(self.retries)),
        ]
    }

    /// Writes it as one line of JSON.
    ///
    /// # Errors
    /// Where the stream cannot be written.
    pub(super) fn write_json(&self, out: &mut impl Write) -> io::Result<()> {
        serde_json::to_writer(&mut *out, self)?;
        out.write_all(b"\n")
    }

    /// Writes it for people. `headline` says in a few words how the run ended.
    ///
    /// # Errors
    /// Where the stream cannot be written.
    pub(super) fn write_plain(&self, headline: &str, out: &mut impl Write) -> io::Result<()> {
        let took = Duration::from_secs_f64(self.seconds);
        let rate = if self.seconds > 0.0 { self.instructions as f64 / self.seconds } else { 0.0 };
        write!(out, "{}: ", visible(headline))?;
        match self.instructions {
            0 => writeln!(out, "nothing came, {}", span(took))?,
            n => writeln!(
                out,
                "{}, {}, {} in {} ({} a second)",
                counted(n, "instruction"),
                counted(self.pages, "page"),
                counted(self.sessions, "session"),
                span(took),
                grouped(rate as u64)
            )?,
        }
        if self.instructions > 0 {
            write!(out, "  created {}", grouped(self.created))?;
            write!(out, ", updated {}, deleted {}", grouped(self.updated), grouped(self.deleted))?;
            writeln!(out, ", stale {}", grouped(self.stale))?;
        }
        write!(out, "  acknowledged {}, pending {}", grouped(self.acked), grouped(self.pending_acks))?;
        if self.refused > 0 {
            write!(out, ", refused for good {} (`drainboard doctor` says more)", grouped(self.refused))?;
        }
        write!(out, ", failed objects {}, retries {}", grouped(self.failed_objects), grouped(self.retries))?;
        writeln!(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_the_contract() {
        let totals = Totals {
            sessions: 2,
            pages: 25,
            instructions: 2471,
            created: 2400,
            updated: 60,
            deleted: 11,
            stale: 3,
            acked: 2471,
            refused_keys: 5,
            failed_objects: 1,
            retries: 4,
            ..Totals::default()
        };
        let mut out = Vec::new();
        let summary = Summary::new(true, &totals, Duration::from_micros(2_345_678), None);
        summary.write_json(&mut out).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "{\"event\":\"summary\",\"converged\":true,\"sessions\":2,\"pages\":25,\"instructions\":2471,\
             \"created\":2400,\"updated\":60,\"deleted\":11,\"stale\":3,\"acked\":2471,\"pending_acks\":0,\
             \"failed_objects\":1,\"retries\":4,\"seconds\":2.345,\"refused\":5}\n"
        );
    }

    #[test]
    fn a_failure_names_its_error() {
        let mut out = Vec::new();
        Summary::of_nothing("no token".into(), 7).write_json(&mut out).unwrap();
        let line = String::from_utf8(out).unwrap();
        assert!(line.contains("\"converged\":false") && line.contains("\"pending_acks\":7"), "{line}");
        assert!(line.ends_with("\"error\":\"no token\"}\n"), "{line}");
    }

    #[test]
    fn people_read_numbers_with_separators() {
        let totals = Totals { sessions: 1, pages: 1, instructions: 12_480, ..Totals::default() };
        let mut out = Vec::new();
        let summary = Summary::new(true, &totals, Duration::from_secs(2), None);
        summary.write_plain("up to date", &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(
            text.starts_with("up to date: 12,480 instructions, 1 page, 1 session in 2.0 s (6,240 a s"),
            "{text}"
        );
        assert!(!text.contains("refused"), "{text}");
        let summary = Summary::new(true, &Totals { refused_keys: 2, ..totals }, Duration::from_secs(2), None);
        let mut out = Vec::new();
        summary.write_plain("up to date", &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains("pending 0, refused for good 2 (`drainboard doctor`"), "{text}");
    }
}
