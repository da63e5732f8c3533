//! The report of an examination: a line a scenario, written as it comes or shown on a board, and the exit status.

use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::json;

use super::super::output;
use super::End;
use crate::service::conformance::{Exit, Outcome, Scenario, Verdict};
use crate::text;

/// What was found so far, and how it is written.
#[derive(Default)]
pub(in super::super) struct Report {
    json: bool,
    passed: usize,
    failed: usize,
    untouched: usize,
    /// Where it is shown while it grows; none writes it line by line.
    board: Option<Arc<Board>>,
}

impl Report {
    /// A report that is written as it comes.
    pub(super) fn written(json: bool) -> Self {
        Self { json, ..Self::default() }
    }

    /// A report that somebody looks at.
    pub(in super::super) fn shown(board: &Arc<Board>) -> Self {
        Self { board: Some(Arc::clone(board)), ..Self::default() }
    }

    /// Says what is up now, and that it is the `number`th of `all`.
    pub(in super::super) fn up(&self, scenario: &'static Scenario, number: usize, all: usize) {
        match &self.board {
            Some(board) => board.change(|shown| shown.up = Some(Up { scenario, number, all })),
            None if self.json => {}
            None => print(&format!("… {:<15} {}", scenario.name, scenario.about)),
        }
    }

    pub(super) fn line(&mut self, scenario: &Scenario, verdict: &Verdict, end: &End) {
        let (mark, word, count) = match verdict.outcome {
            Outcome::Passed => ('✓', "passed", &mut self.passed),
            Outcome::Failed => ('✗', "failed", &mut self.failed),
            Outcome::Untouched => ('–', "untouched", &mut self.untouched),
        };
        *count += 1;
        if self.json {
            let line = json!({
                "scenario": scenario.name, "about": scenario.about, "outcome": word, "says": verdict.says,
                "requests": verdict.requests, "exit_status": end.status, "deadline": end.late, "last_line": end.words,
            });
            return self.say(line.to_string());
        }
        let passed = verdict.outcome == Outcome::Passed;
        let ended = match &end.exit {
            _ if end.late => "; ended at the deadline".to_owned(),
            // Where that is wrong, the verdict says so.
            Exit::Ill(how) | Exit::AsUsual(how) if passed && !scenario.refuses() => {
                format!("; ended with {how}")
            }
            _ => String::new(),
        };
        self.say(
            text::visible(&format!("{mark} {:<15} {}{ended}", scenario.name, verdict.says)).into_owned(),
        );
        if (!passed || !ended.is_empty()) && !end.words.is_empty() {
            let words: String = end.words.chars().take(120).collect();
            let more = if words.len() < end.words.len() { " …" } else { "" };
            self.say(text::visible(&format!("{:18}its last line: {words}{more}", "")).into_owned());
        }
    }

    fn say(&self, line: String) {
        match &self.board {
            Some(board) => board.change(|shown| {
                shown.passed = self.passed;
                shown.lines.push(line);
            }),
            None => print(&line),
        }
    }

    /// The last line, and the exit status.
    pub(super) fn end(&self) -> u8 {
        let all = self.passed + self.failed + self.untouched;
        if self.json {
            let summary = json!({"passed": self.passed, "failed": self.failed, "untouched": self.untouched});
            self.say(json!({"summary": summary}).to_string());
        } else {
            self.say(format!("{} of {all} scenarios passed", self.passed));
        }
        if let Some(board) = &self.board {
            board.change(|shown| shown.over = true);
        }
        u8::from(self.passed < all || all == 0)
    }
}

/// A report while it grows, for who looks at it.
pub(in super::super) struct Board {
    shown: Mutex<Shown>,
    changed: Box<dyn Fn() + Send + Sync>,
}

/// What a board shows.
#[derive(Clone, Default)]
pub(in super::super) struct Shown {
    /// The scenario that is up.
    pub(in super::super) up: Option<Up>,
    /// Scenarios that were passed.
    pub(in super::super) passed: usize,
    /// The report's lines so far.
    pub(in super::super) lines: Vec<String>,
    /// Whether the last line is written.
    pub(in super::super) over: bool,
}

/// A scenario that is up.
#[derive(Clone, Copy)]
pub(in super::super) struct Up {
    pub(in super::super) scenario: &'static Scenario,
    /// From 1.
    pub(in super::super) number: usize,
    pub(in super::super) all: usize,
}

impl Board {
    /// An empty one; `changed` is called when it is no longer as it was.
    pub(in super::super) fn new(changed: impl Fn() + Send + Sync + 'static) -> Self {
        Self { shown: Mutex::default(), changed: Box::new(changed) }
    }

    fn change(&self, change: impl FnOnce(&mut Shown)) {
        change(&mut self.shown.lock().unwrap_or_else(PoisonError::into_inner));
        (self.changed)();
    }

    /// What it shows now.
    pub(in super::super) fn shown(&self) -> Shown {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A line on stdout. Somebody may have stopped reading: the exit status still tells.
pub(in super::super) fn print(line: &str) {
    let mut out = output::stdout();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}
