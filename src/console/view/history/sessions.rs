//! The sessions of screen 6: a row each, and the one under the cursor whole.

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Span;

use super::super::super::cells;
use super::super::super::model::{Model, since};
use super::super::paint::{gap, line, s};
use crate::mirror::SessionEnd;
use crate::mirror::reader::SessionRow;
use crate::text::{clock, grouped, visible};

/// A time in the zone of whoever looks; as it stands where it is none.
fn local(model: &Model, text: &str, format: &str) -> String {
    match text.parse::<Timestamp>() {
        Ok(at) => at.to_zoned(model.zone.clone()).strftime(format).to_string(),
        Err(_) => visible(text).into_owned(),
    }
}

/// How long a session took, or takes.
fn took(model: &Model, session: &SessionRow) -> String {
    let start = session.started.parse::<Timestamp>().ok();
    let end = match &session.ended {
        Some(end) => end.parse::<Timestamp>().ok(),
        None => Some(model.now),
    };
    match (start, end) {
        (Some(start), Some(end)) => clock(since(start, end)),
        _ => "–".to_owned(),
    }
}

/// How a session ended: a sign, a word and its colour.
fn ended(model: &Model, session: &SessionRow) -> (&'static str, &'static str, Style) {
    let theme = &model.theme;
    let (sign, style) = match session.end {
        None => ("●", theme.accent),
        Some(SessionEnd::Drained) => ("✓", theme.sent),
        Some(SessionEnd::Stopped) => ("○", theme.pending),
        Some(SessionEnd::Lost) => ("▲", theme.pending),
        Some(SessionEnd::Failed | SessionEnd::Crashed) => ("✖", theme.failed),
    };
    (sign, session.end.map_or("running", SessionEnd::as_str), style)
}

/// What a row has, by the width of the screen: the wider, the more.
struct Columns {
    width: usize,
    /// Failed objects and retries, and signs beside the words.
    more: bool,
    /// The service's id, and the error.
    id: bool,
    /// How times are written, and the columns that they take.
    time: (&'static str, usize),
    /// The columns of what was created, updated and deleted.
    numbers: [usize; 3],
}

impl Columns {
    fn of(width: usize) -> Self {
        // With all columns the end's last letter is in the 107th.
        let (more, id) = (width >= 107, width >= 130);
        let time = if more { ("%d %b %H:%M:%S", 15) } else { ("%d %b %H:%M", 12) };
        Self { width, more, id, time, numbers: if more { [11; 3] } else { [9, 8, 8] } }
    }
}

fn heading(model: &Model, columns: &Columns) -> Vec<Span<'static>> {
    let theme = &model.theme;
    let wide = columns.time.1;
    let times = format!("{:>5}  {:<wide$} {:>8} {:>6}", "no", "started", "took", "pages");
    let mut head = vec![gap(1), s(times, theme.heading)];
    let words = if columns.more {
        ["+ created", "~ updated", "- deleted"]
    } else {
        ["created", "updated", "deleted"]
    };
    let styles = [theme.created, theme.updated, theme.deleted];
    head.extend((0..3).map(|n| s(cells::right(words[n], columns.numbers[n]), styles[n])));
    head.push(s(format!("{:>7}", "stale"), theme.stale));
    if columns.more {
        head.push(s(format!("{:>8}{:>8}", "failed", "retries"), theme.heading));
    }
    head.push(s("  end", theme.heading));
    if columns.id {
        head.push(s("         session   error", theme.heading));
    }
    head
}

fn row(model: &Model, session: &SessionRow, here: bool, columns: &Columns) -> Vec<Span<'static>> {
    let theme = &model.theme;
    let (format, wide) = columns.time;
    let started = local(model, &session.started, format);
    let mut spans = vec![
        s(if here { "▸" } else { " " }, theme.accent),
        s(cells::right(&session.no.to_string(), 5), theme.value),
        gap(2),
        s(cells::left(&started, wide), theme.text),
        s(cells::right(&took(model, session), 9), theme.dim),
        s(cells::right(&cells::count(session.pages, 6), 7), theme.value),
    ];
    let count = |n: u64, width: usize, style: Style| {
        s(cells::right(&cells::count(n, width - 1), width), if n == 0 { theme.dim } else { style })
    };
    spans.push(count(session.created, columns.numbers[0], theme.created));
    spans.push(count(session.updated, columns.numbers[1], theme.updated));
    spans.push(count(session.deleted, columns.numbers[2], theme.deleted));
    spans.push(count(session.stale, 7, theme.pending));
    if columns.more {
        spans.push(count(session.failed_objects, 8, theme.failed));
        spans.push(count(session.retries, 8, theme.pending));
    }
    let (sign, word, style) = ended(model, session);
    spans.push(s(format!("  {sign} {}", cells::left(word, 8)), style));
    if columns.id {
        let id: String = session.id.chars().take(8).collect();
        spans.push(s(format!("  {}", cells::left(&visible(&id), 8)), theme.dim));
        let used: usize = spans.iter().map(|span| cells::width(&span.content)).sum();
        let error = session.error.as_deref().map(visible).unwrap_or_default();
        let error = cells::fit(&error, columns.width.saturating_sub(used + 3));
        spans.push(s(format!("  {error}"), theme.failed));
    }
    spans
}

pub(super) fn draw(model: &Model, buf: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    let list = &model.history.sessions;
    let columns = Columns::of(area.width.into());
    line(buf, area, 0, heading(model, &columns));
    if list.rows.is_empty() {
        let text = if list.loaded { "no session yet: a synchronization makes one" } else { "reading …" };
        line(buf, area, 1, vec![gap(2), s(text, theme.dim)]);
    }
    let height = usize::from(area.height).saturating_sub(1);
    let top = list.window(height);
    for (at, session) in list.rows.iter().enumerate().skip(top).take(height) {
        let here = at == list.cursor;
        let y = at - top + 1;
        line(buf, area, y, row(model, session, here, &columns));
        if here {
            let bar =
                Rect { x: area.x + 1, y: area.y + y as u16, width: area.width.saturating_sub(1), height: 1 };
            buf.set_style(bar, theme.selected);
        }
    }
}

/// What a session did, in words.
pub(super) fn counts(model: &Model, session: &SessionRow) -> Vec<Span<'static>> {
    let theme = &model.theme;
    let parts = [
        (session.created, "created", theme.created),
        (session.updated, "updated", theme.updated),
        (session.deleted, "deleted", theme.deleted),
        (session.stale, "stale", theme.pending),
        (session.failed_objects, "failed objects", theme.failed),
        (session.retries, "retries", theme.pending),
    ];
    let mut spans = vec![s(local(model, &session.started, "%d %b %Y %H:%M:%S"), theme.dim)];
    for (n, word, style) in parts {
        if n > 0 {
            spans.extend([gap(2), s(grouped(n), style), s(format!(" {word}"), theme.dim)]);
        }
    }
    spans
}

/// The session under the cursor, whole.
pub(super) fn about(model: &Model, session: &SessionRow, buf: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    let until = match &session.ended {
        Some(end) => local(model, end, "%H:%M:%S"),
        None => "now".to_owned(),
    };
    let times = format!("{} – {until}", local(model, &session.started, "%a %d %b %Y %H:%M:%S"));
    line(
        buf,
        area,
        1,
        vec![gap(1), s(visible(&session.id).into_owned(), theme.text), gap(2), s(times, theme.dim)],
    );
    let room = usize::from(area.width).saturating_sub(4);
    let last = if let Some(error) = &session.error {
        vec![gap(1), s(format!("✖ {}", cells::fit(&visible(error), room)), theme.failed)]
    } else {
        let facts = [
            (session.instructions, "instructions", theme.value),
            (session.failed_objects, "failed objects", theme.failed),
            (session.retries, "retries", theme.pending),
        ];
        let mut spans = Vec::new();
        for (n, word, style) in facts {
            let style = if n == 0 { theme.dim } else { style };
            let space = if spans.is_empty() { 1 } else { 2 };
            spans.extend([gap(space), s(grouped(n), style), s(format!(" {word}"), theme.dim)]);
        }
        spans
    };
    line(buf, area, 2, last);
}
