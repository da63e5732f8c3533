//! Screen 1: a run, while it is on and after it. Bars, what holds it up, its pace; the tables and the log below.
//!
//! ```text
//!  main     ████████████████████████████▌░░░░░░░░░░░░░░░░░   62%    7,740 of ~12,480   ETA 0:06
//!  acks     ██████████████████████████▊░░░░░░░░░░░░░░░░░░░   56%    7,000 sent · 740 pending
//!  ▲ 429 · next try in 3 s (2nd)                                                      t try now
//!  instructions/s  ▂▃▅▆▇▇▇▆▇▇▇▇▅▇▇▇▇▇█▇  812   requests  9.8/s of 10   p50 118 ms   p95 163 ms
//! ```

use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Span;

use super::super::action::Action;
use super::super::cells;
use super::super::model::{Model, SyncPane, log::ordinal, since};
use super::paint::{bar, gap, hint, line, line_right, percent, s};
use super::{log, metrics, notice, phase, tables};
use crate::engine::event::QueueView;
use crate::engine::{Outcome, Phase};
use crate::text::{clock, counted, grouped, visible};

/// Queues drawn at the most.
const QUEUES: usize = 3;

/// Where things stand, by size alone: nothing moves while a run goes on.
pub(super) struct Layout {
    head: Rect,
    metrics: Rect,
    tables: Rect,
    log: Rect,
}

impl Layout {
    /// The rows of a pane.
    pub(super) fn height(&self, pane: SyncPane) -> usize {
        match pane {
            SyncPane::Log => usize::from(self.log.height - u16::from(log::has_headings(self.log))),
            _ => usize::from(self.tables.height).saturating_sub(1),
        }
    }
}

pub(super) fn layout(model: &Model, body: Rect) -> Layout {
    let queues = model.snapshot.session.as_ref().map_or(1, |v| v.queues.len().clamp(1, QUEUES)) as u16;
    let gap = u16::from(body.height >= 19);
    let lines = if model.running() { 0 } else { error_lines(model, body.width).len().min(4) as u16 };
    let head = Rect { height: (queues + 2).max(1 + lines), ..body };
    let workers = body.height >= 30 && body.width < 150;
    let metrics = Rect { y: head.bottom(), height: 1 + 2 * u16::from(workers), ..body };
    let rest = body.bottom().saturating_sub(metrics.bottom() + 2 * gap);
    let rows = (rest / 2).clamp(4, 20);
    let tables = Rect { y: metrics.bottom() + gap, height: rows.min(rest), ..body };
    let log = Rect { y: tables.bottom() + gap, height: rest.saturating_sub(rows), ..body };
    Layout { head, metrics, tables, log }
}

/// What ended the run, in lines.
fn error_lines(model: &Model, width: u16) -> Vec<String> {
    let error = model.snapshot.outcome.as_ref().and_then(|o| o.error.as_deref()).unwrap_or_default();
    let room = usize::from(width).saturating_sub(4);
    error.lines().flat_map(|l| cells::wrap(&visible(l), room)).collect()
}

/// Lines of the pane with the focus.
pub(super) fn pane_lines(model: &Model) -> usize {
    match model.pane {
        SyncPane::Kinds => model.snapshot.totals.kinds.len() + 1,
        SyncPane::Packs => model.snapshot.packs.len(),
        SyncPane::Log => model.log.len(),
    }
}

pub(super) fn draw(model: &Model, buf: &mut Buffer, body: Rect) {
    let at = layout(model, body);
    match &model.snapshot.outcome {
        Some(outcome) if !model.running() => ended(model, buf, at.head, outcome),
        _ => progress(model, buf, at.head),
    }
    metrics::draw(model, buf, at.metrics);
    tables::draw(model, buf, at.tables);
    log::draw(model, buf, at.log);
}

/// The widths of a bar's line, by the width of the screen: bar, counts, remark.
fn columns(width: usize) -> (usize, usize, usize) {
    let (counts, remark) = match width {
        0..80 => (25, 0),
        80..100 => (24, 9),
        _ => (27, 12),
    };
    (width.saturating_sub(10 + 6 + 2 + counts + remark + 1), counts, remark)
}

fn progress(model: &Model, buf: &mut Buffer, area: Rect) {
    let queues = model.snapshot.session.as_ref().map_or(&[][..], |v| v.queues.as_slice());
    let rows = usize::from(area.height) - 2;
    for (row, queue) in queues.iter().take(rows).enumerate() {
        queue_line(model, buf, area, row, queue, queues.len() - row - 1, row + 1 == rows);
    }
    if queues.is_empty() {
        let (width, ..) = columns(area.width.into());
        let mut spans = vec![gap(1), s(cells::left("queue", 9), model.theme.dim)];
        spans.extend(bar(0.0, width, model.theme.accent, model.theme.track));
        let word = match model.snapshot.phase {
            Phase::Opening => "opening the mirror",
            Phase::Flushing => "kept acks go first",
            Phase::Starting => "asking for a session",
            _ => "",
        };
        spans.extend([gap(8), s(word, model.theme.dim)]);
        line(buf, area, 0, spans);
    }
    acks(model, buf, area, rows);
    state(model, buf, area, rows + 1);
}

fn queue_line(
    model: &Model,
    buf: &mut Buffer,
    area: Rect,
    row: usize,
    queue: &QueueView,
    more: usize,
    last: bool,
) {
    let theme = &model.theme;
    let (width, counts, remark) = columns(area.width.into());
    // The announced number is a guess: what the last page said counts more once the queue grew.
    let whole = match (queue.announced, queue.left) {
        (Some(announced), Some(left)) if queue.grew && !queue.drained => {
            Some(announced.max(queue.done + left))
        }
        (Some(announced), _) => Some(announced.max(queue.done)),
        (None, left) => left.map(|l| queue.done + l),
    };
    let share = match whole {
        _ if queue.drained => 1.0,
        // Only 204 is the end.
        Some(whole) if whole > 0 => (queue.done as f64 / whole as f64).min(0.999),
        _ => 0.0,
    };
    let name = if last && more > 0 { format!("{} +{more}", queue.name) } else { queue.name.clone() };
    let mut spans = vec![gap(1), s(cells::left(&visible(&name), 9), theme.text)];
    spans.extend(bar(share, width, theme.accent, theme.track));
    let whole_text = whole.map_or_else(|| "?".to_owned(), grouped);
    let done = cells::right(&grouped(queue.done), cells::width(&whole_text));
    let sign = if queue.drained { " of " } else { " of ~" };
    let used = cells::width(&done) + cells::width(sign) + cells::width(&whole_text);
    spans.extend([
        gap(2),
        s(percent(share), theme.value),
        gap(2),
        s(done, theme.value),
        s(sign, theme.dim),
        s(whole_text, theme.dim),
        gap(counts.saturating_sub(used)),
    ]);
    if remark > 0 {
        let (text, style) = if queue.drained {
            ("drained".to_owned(), theme.sent)
        } else if queue.grew {
            ("grew".to_owned(), theme.pending)
        } else {
            (eta(model, whole.unwrap_or(0).saturating_sub(queue.done)), theme.dim)
        };
        spans.push(s(cells::right(&text, remark), style));
    }
    line(buf, area, row, spans);
}

fn eta(model: &Model, left: u64) -> String {
    let rate = model.pace.rate(10);
    if left == 0 || rate < 1.0 {
        return String::new();
    }
    format!("ETA {}", clock(Duration::from_secs_f64(left as f64 / rate)))
}

fn acks(model: &Model, buf: &mut Buffer, area: Rect, row: usize) {
    let theme = &model.theme;
    let t = &model.snapshot.totals;
    let (width, ..) = columns(area.width.into());
    let all = t.acked + t.pending_acks;
    let share = if all == 0 { 0.0 } else { t.acked as f64 / all as f64 };
    let mut spans = vec![gap(1), s(cells::left("acks", 9), theme.text)];
    spans.extend(bar(share, width, theme.sent, theme.track));
    spans.extend([gap(2), s(if all == 0 { "    ".to_owned() } else { percent(share) }, theme.value), gap(2)]);
    spans.extend([s(grouped(t.acked), theme.value), s(" sent", theme.sent)]);
    spans.extend([s(" · ", theme.dim), s(grouped(t.pending_acks), theme.value)]);
    spans.push(s(" pending", if t.pending_acks > 0 { theme.pending } else { theme.dim }));
    if t.refused_keys > 0 {
        spans
            .extend([s(" · ", theme.dim), s(format!("✖ {} refused", grouped(t.refused_keys)), theme.failed)]);
    }
    line(buf, area, row, spans);
}

/// What holds the run up, or what waits to be seen. One line, always at the same place.
fn state(model: &Model, buf: &mut Buffer, area: Rect, row: usize) {
    let theme = &model.theme;
    let key = |a| model.keymap.key_of(a).unwrap_or_default();
    let notice = model.notices.first().filter(|_| notice::long(model).is_none());
    let (text, style, mut help): (String, _, Vec<Span<'static>>) = if let Some(notice) = notice {
        let (mark, style) = notice::mark(notice, theme);
        (
            format!("{mark} {}", visible(&notice.text)),
            style,
            hint(&key(Action::Back), &notice::seen(model), theme),
        )
    } else if model.snapshot.phase == Phase::Stopping {
        ("◌ stopping: what is in flight is committed".to_owned(), theme.pending, Vec::new())
    } else if let Some(wait) = &model.snapshot.wait {
        let left = since(model.now, wait.until);
        // Rounded up: a countdown that says 0 s has ended.
        let left = left.as_millis().div_ceil(1000);
        let reason = visible(&wait.reason).into_owned();
        let text = format!("▲ {reason} · next try in {left} s ({})", ordinal(wait.attempt));
        (text, theme.pending, hint(&key(Action::TryNow), "try now", theme))
    } else if let Some(step) = &model.snapshot.next_step {
        (format!("‖ next: {}", visible(step)), theme.pending, hint(&key(Action::Step), "do it", theme))
    } else if phase::waits_for_release(model) {
        let keys = [Action::ShowAcks, Action::AcksHold].map(key).join(" ");
        ("■ held: the run waits for your release".to_owned(), theme.pending, hint(&keys, "release", theme))
    } else if model.snapshot.phase == Phase::OutboxFull {
        ("▲ the outbox is full: pages wait until acks are accepted".to_owned(), theme.pending, Vec::new())
    } else if model.snapshot.phase == Phase::Paused {
        (
            "‖ paused: nothing is in flight".to_owned(),
            theme.pending,
            hint(&key(Action::Pause), "go on", theme),
        )
    } else {
        return;
    };
    help.push(gap(1));
    let taken = line_right(buf, area, row, help);
    let room = usize::from(area.width).saturating_sub(taken + 3);
    line(buf, area, row, vec![gap(1), s(cells::fit(&text, room), style)]);
}

/// The three lines of a run that is over.
fn ended(model: &Model, buf: &mut Buffer, area: Rect, outcome: &Outcome) {
    let theme = &model.theme;
    let t = &model.snapshot.totals;
    let (glyph, word, style) = phase::phase(model);
    let mut first = vec![gap(1), s(format!("{glyph} {word}"), style), gap(3)];
    if t.instructions == 0 && outcome.converged {
        first.push(s(format!("nothing new · {}", clock(model.elapsed())), theme.text));
    } else {
        let brought = format!("{} in {}", counted(t.instructions, "instruction"), clock(model.elapsed()));
        first.push(s(brought, theme.text));
        first.push(s(
            format!(" · {} · {}", counted(t.sessions, "session"), counted(t.pages, "page")),
            theme.dim,
        ));
        if t.failed_objects > 0 {
            let failed = format!(" · {} not delivered", counted(t.failed_objects, "object"));
            first.push(s(failed, theme.pending));
        }
    }
    line(buf, area, 0, first);
    let error = error_lines(model, area.width);
    for (row, text) in error.iter().take(usize::from(area.height) - 1).enumerate() {
        let style = if row == 0 { theme.failed } else { theme.text };
        line(buf, area, row + 1, vec![gap(3), s(text.clone(), style)]);
    }
    if !error.is_empty() {
        if t.pending_acks > 0 {
            let kept = format!("○ {} kept", counted(t.pending_acks, "ack"));
            line_right(buf, area, 0, vec![gap(2), s(kept, theme.pending), gap(1)]);
        }
        return;
    }
    let acks = if t.pending_acks > 0 {
        vec![s(format!("○ {} kept: they go first next time", counted(t.pending_acks, "ack")), theme.pending)]
    } else if t.acked > 0 {
        vec![s("✓ ", theme.sent), s(format!("{} accepted", counted(t.acked, "ack")), theme.dim)]
    } else {
        Vec::new()
    };
    line(buf, area, 1, [vec![gap(3)], acks].concat());
    if !model.notices.is_empty() {
        state(model, buf, area, 2);
    }
}

/// The keys that matter now.
pub(super) fn footer(model: &Model) -> Vec<(Action, Option<&'static str>)> {
    let a = |action| (action, None);
    if !model.running() {
        let mut keys = vec![a(Action::Sync), a(Action::Single), a(Action::Step)];
        if model.demo {
            keys.push(a(Action::Edit));
        }
        if model.snapshot.outcome.as_ref().is_some_and(|o| o.error.is_some()) {
            keys.push(a(Action::ShowRequest));
        }
        keys.push((Action::ShowBrowse, Some("browse")));
        return keys;
    }
    let mut keys = match model.snapshot.phase {
        Phase::Paused if model.snapshot.looked_at.is_some() => vec![
            (Action::Step, Some("commit")),
            a(Action::StepOne),
            a(Action::SkipPage),
            (Action::ShowRequest, Some("look")),
            (Action::Pause, Some("go on")),
        ],
        Phase::Paused | Phase::Pausing => {
            vec![(Action::Pause, Some("go on")), a(Action::Step), a(Action::SendAcks), a(Action::Stop)]
        }
        Phase::Stopping => Vec::new(),
        _ if model.snapshot.wait.is_some() => {
            vec![a(Action::TryNow), a(Action::ShowRequest), a(Action::Pause), a(Action::Stop)]
        }
        _ => vec![a(Action::Pause), a(Action::Step), a(Action::SendAcks), a(Action::Stop)],
    };
    if model.demo {
        keys.push(a(Action::Bend));
    }
    keys
}
