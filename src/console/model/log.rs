//! What happened, in words: a ring of lines made from the engine's events. Newest last.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::client::Operation;
use crate::client::tap::filter::Sought;
use crate::engine::event::Totals;
use crate::engine::{Event, EventKind, Mode};
use crate::mirror::{Counts, SessionEnd};
use crate::text::{counted, grouped, span, type_name, visible};

/// Lines that are kept.
const KEPT: usize = 10_000;

/// The ring.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Log {
    lines: VecDeque<Line>,
    /// The counts behind the newest event: what the next page adds to them is its own.
    totals: Arc<Totals>,
}

/// A line.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// When.
    pub at: Timestamp,
    /// How it is meant.
    pub tone: Tone,
    /// What it is about: `page 78`, `pack 7`, `429`.
    pub subject: String,
    /// What happened.
    pub text: String,
    /// How long its exchange took, where it was one.
    pub took: Option<Duration>,
    /// A remark.
    pub note: String,
    /// What it brought, where it is a page.
    pub brought: Option<Brought>,
    /// Its request on the wire, where it has one.
    pub request: Option<Sought>,
}

/// What a page brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brought {
    /// Its instructions.
    pub counts: Counts,
    /// Of which types, the most first: `contact 68 · note 32`; empty where events that were lost hide it.
    pub types: String,
    /// Bytes of its body.
    pub bytes: u64,
    /// How long its commit took.
    pub commit: Duration,
}

/// How a line is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// As usual.
    Plain,
    /// Good news.
    Good,
    /// Something waits.
    Wait,
    /// Something is wrong.
    Bad,
}

impl Log {
    /// Adds an event, in words, and says these.
    pub fn take(&mut self, event: &Event) -> Line {
        let mut line = Line::of(event);
        let before = std::mem::replace(&mut self.totals, Arc::clone(&event.totals));
        if let (Some(brought), EventKind::PageCommitted { instructions, .. }) =
            (&mut line.brought, &event.kind)
        {
            brought.types = types(&before, &event.totals, *instructions);
        }
        self.push(line.clone());
        line
    }

    /// Adds a line.
    pub fn push(&mut self, line: Line) {
        self.lines.push_back(line);
        if self.lines.len() > KEPT {
            self.lines.pop_front();
        }
    }

    /// Lines from the newest, the first `skip` left out.
    pub fn newest(&self, skip: usize) -> impl Iterator<Item = &Line> {
        self.lines.iter().rev().skip(skip)
    }

    /// How many lines there are.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether nothing happened yet.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }
}

impl Line {
    /// A line of our own, about something that is no event of the engine.
    pub fn new(at: Timestamp, tone: Tone, subject: &str, text: impl Into<String>) -> Self {
        let text = visible(&text.into()).into_owned();
        Self {
            at,
            tone,
            subject: subject.to_owned(),
            text,
            took: None,
            note: String::new(),
            brought: None,
            request: None,
        }
    }

    /// An event in words. Nothing of the service passes unseen through [`visible`].
    pub fn of(event: &Event) -> Self {
        let (tone, subject, text) = words(&event.kind);
        let mut line = Self::new(event.at, tone, &subject, text);
        line.request = request(&event.kind);
        match &event.kind {
            EventKind::PageCommitted {
                elapsed_ms,
                failed_objects,
                instructions,
                counts,
                bytes,
                commit_us,
                ..
            } => {
                line.took = Some(Duration::from_millis(*elapsed_ms));
                let commit = Duration::from_micros(*commit_us);
                line.brought = Some(Brought { counts: *counts, types: String::new(), bytes: *bytes, commit });
                let stale = match counts.stale {
                    0 => String::new(),
                    n => format!("{} stale", grouped(n)),
                };
                line.note = match failed_objects.as_slice() {
                    [] if *instructions == 0 => "an empty page is no end".to_owned(),
                    [] => stale,
                    [one] => visible(&format!("failed: {} {}", one.kind, one.id)).into_owned(),
                    [first, ..] => {
                        let n = failed_objects.len();
                        visible(&format!("{n} failed: {} {}, …", first.kind, first.id)).into_owned()
                    }
                };
            }
            EventKind::PackAccepted { elapsed_ms, attempt, .. } => {
                line.took = Some(Duration::from_millis(*elapsed_ms));
                line.note = if *attempt > 1 { format!("{} try", ordinal(*attempt)) } else { String::new() };
            }
            EventKind::SessionOpened { elapsed_ms, .. }
            | EventKind::PageTaken { elapsed_ms, .. }
            | EventKind::UpToDate { elapsed_ms } => {
                line.took = Some(Duration::from_millis(*elapsed_ms));
            }
            EventKind::RetryScheduled { request_id: Some(id), .. } => {
                line.note = visible(&format!("request {id}")).into_owned();
            }
            _ => {}
        }
        line
    }
}

/// The request of an event on the wire.
fn request(kind: &EventKind) -> Option<Sought> {
    match kind {
        EventKind::SessionOpened { .. } | EventKind::UpToDate { .. } => {
            Some(Sought::Operation(Operation::Start))
        }
        EventKind::PageCommitted { page, .. } => Some(Sought::Page(*page)),
        EventKind::PageTaken { .. } => Some(Sought::Operation(Operation::Take)),
        EventKind::PackSent { pack, .. }
        | EventKind::PackAccepted { pack, .. }
        | EventKind::PackRefused { pack, .. } => Some(Sought::Pack(*pack)),
        EventKind::RetryScheduled { operation, status, .. } => Some(Sought::FailedOf(*operation, *status)),
        _ => None,
    }
}

fn ms(n: u64) -> String {
    span(Duration::from_millis(n))
}

/// The types of a page with so many instructions, the most first, by the counts before it and behind it; empty where
/// these are not its own alone.
fn types(before: &Totals, behind: &Totals, instructions: u64) -> String {
    let all = |counts: &Counts| counts.created + counts.updated + counts.deleted;
    let mut more: Vec<(u64, &str)> = behind
        .kinds
        .iter()
        .map(|(kind, counts)| {
            let had = before.kinds.get(kind).map_or(0, all);
            (all(counts).saturating_sub(had), kind.as_str())
        })
        .filter(|(more, _)| *more > 0)
        .collect();
    if more.iter().map(|(more, _)| more).sum::<u64>() != instructions {
        return String::new();
    }
    more.sort_by(|one, other| other.0.cmp(&one.0).then(one.1.cmp(other.1)));
    let words: Vec<_> =
        more.iter().map(|(more, kind)| format!("{} {}", type_name(kind), grouped(*more))).collect();
    words.join(" · ")
}

fn words(kind: &EventKind) -> (Tone, String, String) {
    let s = ToOwned::to_owned;
    match kind {
        EventKind::RunStarted { mode, pending_acks, .. } => {
            let what = match mode {
                Mode::Full => "synchronizing until nothing is left",
                Mode::Single => "synchronizing one session",
            };
            let text = match pending_acks {
                0 => s(what),
                n => format!("{what}; {} kept acks go first", grouped(*n)),
            };
            (Tone::Plain, s("run"), text)
        }
        EventKind::SessionOpened { no, session, announced, .. } => {
            let about = announced.map_or_else(String::new, |n| format!(", ~{}", counted(n, "instruction")));
            (Tone::Plain, format!("session {no}"), format!("opened {}{about}", session.short()))
        }
        EventKind::UpToDate { .. } => (Tone::Good, s("start"), s("up to date: nothing is left")),
        EventKind::PageCommitted { page, instructions, .. } => {
            (Tone::Plain, format!("page {page}"), counted(*instructions, "instruction"))
        }
        EventKind::PageTaken { instructions, .. } => (
            Tone::Plain,
            s("page"),
            format!("{} taken, not committed yet", counted(*instructions, "instruction")),
        ),
        EventKind::PageSkipped { instructions, .. } => (
            Tone::Bad,
            s("page"),
            format!("{} instructions left out: they come again", grouped(*instructions)),
        ),
        EventKind::QueueDrained { queue } => (Tone::Good, format!("queue {queue}"), s("drained")),
        EventKind::PackSent { pack, keys, attempt } => {
            let again = if *attempt > 1 { format!(", {} try", ordinal(*attempt)) } else { String::new() };
            (Tone::Plain, format!("pack {pack}"), format!("{} in flight{again}", counted(*keys, "key")))
        }
        EventKind::PackAccepted { pack, keys, .. } => {
            (Tone::Good, format!("pack {pack}"), format!("{} accepted", counted(*keys, "key")))
        }
        EventKind::PackRefused { pack, keys, status, answer } => (
            Tone::Bad,
            format!("pack {pack}"),
            format!("{} refused, {status}: {answer}", counted(*keys, "key")),
        ),
        EventKind::RetryScheduled { operation, status, reason, wait_ms, attempt, .. } => {
            let subject = status.map_or_else(|| s(verb(*operation)), |s| s.to_string());
            let word = verb(*operation);
            // The subject says the exchange already.
            let said = reason.strip_prefix(word).and_then(|rest| rest.strip_prefix(": ")).unwrap_or(reason);
            let reason = if status.is_some() { word } else { said };
            (Tone::Wait, subject, format!("{reason}: again in {}, {} try", ms(*wait_ms), ordinal(*attempt)))
        }
        EventKind::SessionEnded { no, end } => {
            let (tone, text) = match end {
                SessionEnd::Drained => (Tone::Good, "drained"),
                SessionEnd::Lost => (Tone::Bad, "lost: a new one brings the rest"),
                SessionEnd::Stopped => (Tone::Plain, "stopped"),
                SessionEnd::Failed => (Tone::Bad, "failed"),
                SessionEnd::Crashed => (Tone::Bad, "an earlier process died in it"),
            };
            (tone, format!("session {no}"), s(text))
        }
        EventKind::DeviceReplaced { device, former, dropped_acks } => {
            let dropped = if *dropped_acks > 0 {
                format!(", {} pending acks dropped", grouped(*dropped_acks))
            } else {
                String::new()
            };
            let text = format!(
                "{} instead of {}: everything is sent again{dropped}",
                device.short(),
                former.short()
            );
            (Tone::Plain, s("new device"), text)
        }
        EventKind::CommandFailed { error } => (Tone::Bad, s("not done"), error.clone()),
        EventKind::Paused => (Tone::Plain, s("paused"), s("nothing is in flight")),
        EventKind::Resumed => (Tone::Plain, s("resumed"), String::new()),
        EventKind::RunEnded { outcome } => match (&outcome.error, outcome.converged) {
            (Some(error), _) => (Tone::Bad, s("run"), error.clone()),
            (None, true) => (Tone::Good, s("run"), s("converged")),
            (None, false) => (Tone::Plain, s("run"), s("ended")),
        },
    }
}

fn verb(operation: Operation) -> &'static str {
    match operation {
        Operation::Start => "start",
        Operation::Take => "take",
        Operation::Acknowledge => "ack",
        Operation::Other => "ask",
    }
}

/// `1st`, `2nd`, `3rd`, `11th`.
pub fn ordinal(n: u32) -> String {
    let end = match (n % 10, n % 100) {
        (1, r) if r != 11 => "st",
        (2, r) if r != 12 => "nd",
        (3, r) if r != 13 => "rd",
        _ => "th",
    };
    format!("{n}{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinals() {
        let all: Vec<_> = [1, 2, 3, 4, 11, 12, 13, 21, 102, 111].into_iter().map(ordinal).collect();
        assert_eq!(all, ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "102nd", "111th"]);
    }

    #[test]
    fn a_try_that_follows_says_once_of_which_exchange() {
        let kind = |status| EventKind::RetryScheduled {
            operation: Operation::Acknowledge,
            status,
            reason: "ack: the answer was dropped".into(),
            request_id: None,
            wait_ms: 1_000,
            attempt: 2,
        };
        let line =
            |kind| Line::of(&Event { at: Timestamp::UNIX_EPOCH, kind, totals: std::sync::Arc::default() });
        let lost = line(kind(None));
        assert_eq!((&*lost.subject, &*lost.text), ("ack", "the answer was dropped: again in 1.0 s, 2nd try"));
        let refused = line(kind(Some(503)));
        assert_eq!((&*refused.subject, &*refused.text), ("503", "ack: again in 1.0 s, 2nd try"));
    }

    /// A page's event, and what all pages up to it brought.
    fn page(instructions: u64, so_far: &[(&str, u64)]) -> Event {
        let counts = |created| Counts { created, ..Counts::default() };
        let kinds = so_far.iter().map(|(kind, n)| ((*kind).to_owned(), counts(*n))).collect();
        let kind = EventKind::PageCommitted {
            page: 1,
            queue: crate::protocol::QueueName("main".into()),
            instructions,
            counts: counts(instructions),
            count_left: None,
            failed_objects: Vec::new(),
            bytes: 1,
            elapsed_ms: 1,
            commit_us: 1,
            worker: 1,
        };
        Event { at: Timestamp::UNIX_EPOCH, kind, totals: Arc::new(Totals { kinds, ..Totals::default() }) }
    }

    #[test]
    fn a_page_says_its_own_types_or_none() {
        let mut log = Log::default();
        let mut types = |event: &Event| log.take(event).brought.unwrap().types;
        assert_eq!(types(&page(3, &[("deal", 1), ("note", 2)])), "note 2 · deal 1");
        assert_eq!(types(&page(5, &[("deal", 6), ("note", 2)])), "deal 5");
        // An event between these two was lost: whose the rest is, nobody can say.
        assert_eq!(types(&page(5, &[("deal", 16), ("note", 2)])), "");
        assert_eq!(types(&page(2, &[("a\u{1b}", 2), ("deal", 16), ("note", 2)])), "a␛ 2");
        // Another run begins with nothing.
        assert_eq!(types(&page(4, &[("deal", 4)])), "");
        assert_eq!(types(&page(4, &[("deal", 8)])), "deal 4");
    }

    #[test]
    fn a_hostile_answer_is_only_text() {
        let kind =
            EventKind::PackRefused { pack: 1, keys: 1, status: 400, answer: "\x1b[2Jno\u{202e}".into() };
        let event = Event { at: Timestamp::UNIX_EPOCH, kind, totals: std::sync::Arc::default() };
        assert_eq!(Line::of(&event).text, "1 key refused, 400: ␛[2Jno\u{fffd}");
    }
}
