//! The request budget: what was sent of what is allowed, and why the next request waits.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::super::cells;
use super::super::model::Model;
use super::paint::{gap, line, s};
use crate::engine::budget::{Reason, Wait};
use crate::text::{grouped, span};

/// What the next request waits for, in a word or two, and how it is meant; none where it waits for nothing.
fn words(model: &Model, wait: Option<Wait>) -> Option<(String, Style)> {
    let theme = &model.theme;
    let wait = wait.filter(|_| model.running())?;
    let (word, style) = match wait.reason {
        Reason::Pacing => ("the rate", theme.text),
        Reason::TooMany => ("429", theme.pending),
        Reason::Retry => ("the next try", theme.pending),
        Reason::Held => ("held acks", theme.pending),
        Reason::OutboxFull => ("full outbox", theme.pending),
        Reason::Paused => ("you: paused", theme.pending),
        Reason::InFlight => ("answers", theme.text),
    };
    let left = wait.left.map(|left| left.saturating_sub(model.snapshot_age()));
    let text = match left {
        // Tenths of a second are steadier to look at than milliseconds.
        Some(left) if left.as_millis() < 1_000 => format!("{word}, {:.1} s", left.as_secs_f64()),
        Some(left) => format!("{word}, {}", span(left)),
        None => word.to_owned(),
    };
    Some((text, style))
}

fn second(model: &Model) -> String {
    let budget = &model.snapshot.budget;
    let now = if model.running() { budget.last_second } else { 0 };
    match budget.per_second {
        0 => grouped(now),
        n => format!("{} of {n}", grouped(now)),
    }
}

/// As a block of four rows.
pub(super) fn block(model: &Model, buf: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    let budget = &model.snapshot.budget;
    line(buf, area, 0, vec![s("Request budget", theme.heading)]);
    let (label, (wait, style)) = match words(model, budget.wait) {
        Some(words) => ("waits for", words),
        None if model.running() => ("next request", ("at once".to_owned(), theme.sent)),
        None => ("next request", ("with a run".to_owned(), theme.dim)),
    };
    let hour = format!("{} of {}", grouped(budget.last_hour), grouped(budget.per_hour));
    let rows =
        [("this second", second(model), theme.value), ("this hour", hour, theme.value), (label, wait, style)];
    for (row, (label, value, style)) in rows.into_iter().enumerate() {
        let spans = vec![s(cells::left(label, 12), theme.dim), s(cells::right(&value, 15), style)];
        line(buf, area, row + 1, spans);
    }
}

/// As one line.
pub(super) fn row(model: &Model, buf: &mut Buffer, area: Rect, row: usize) {
    let theme = &model.theme;
    let budget = &model.snapshot.budget;
    let (label, (wait, style)) = match words(model, budget.wait) {
        Some(words) => ("the next request waits for  ", words),
        None if model.running() => ("the next request goes  ", ("at once".to_owned(), theme.sent)),
        None => ("the next request comes  ", ("with a run".to_owned(), theme.dim)),
    };
    let hour = cells::right(&grouped(budget.last_hour), 6);
    let spans = vec![
        gap(1),
        s(cells::left("budget", 15), theme.dim),
        gap(1),
        s(hour, theme.value),
        s(format!(" of {} this hour", grouped(budget.per_hour)), theme.dim),
        gap(4),
        s(label, theme.dim),
        s(wait, style),
    ];
    line(buf, area, row, spans);
}
