//! Screen 6: the sessions; what one of them replaced and deleted; a record before and after.
//!
//! ```text
//!     no  started          took  pages   + created  ~ updated  - deleted  stale  end
//! ▸   41  19 Nov 17:31:02  0:09     25       2,000        400         71      0  ✓ drained
//! ```

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Span;

use super::super::action::Action;
use super::super::cells;
use super::super::model::history::{List, Pane};
use super::super::model::{Model, since};
use super::paint::{gap, inner, line, line_right, rule, s};
use crate::mirror::changes::{FieldChange, Touched};
use crate::mirror::reader::SessionRow;
use crate::text::{clock, grouped, visible};

/// Lines about the session under the cursor.
const DETAIL: u16 = 3;

/// Where things are: a list, and a change at its right or in its place.
struct Layout {
    list: Option<Rect>,
    change: Option<Rect>,
}

fn layout(model: &Model, body: Rect) -> Layout {
    let history = &model.history;
    let below = Rect { y: body.y + 2, height: body.height.saturating_sub(2), ..body };
    match history.pane {
        Pane::Sessions => {
            Layout { list: Some(Rect { height: body.height.saturating_sub(DETAIL), ..body }), change: None }
        }
        _ if body.width >= 100 => {
            let list = 38;
            Layout {
                list: Some(Rect { width: list, ..below }),
                change: Some(Rect { x: below.x + list + 1, width: below.width - list - 1, ..below }),
            }
        }
        Pane::Changes => Layout { list: Some(below), change: None },
        Pane::Change => Layout { list: None, change: Some(below) },
    }
}

/// Rows of the list that has the focus.
pub(super) fn height(model: &Model, body: Rect) -> usize {
    let at = layout(model, body);
    let area = at.list.or(at.change).unwrap_or(body);
    usize::from(area.height).saturating_sub(1).max(1)
}

/// The keys that matter now.
pub(super) fn footer(model: &Model) -> Vec<(Action, Option<&'static str>)> {
    let a = |action| (action, None);
    match model.history.pane {
        Pane::Sessions => {
            vec![
                (Action::OpenSession, Some("what it changed")),
                a(Action::PageDown),
                a(Action::Top),
                a(Action::Bottom),
            ]
        }
        Pane::Changes => {
            vec![
                (Action::OpenSession, Some("the change")),
                a(Action::PageDown),
                a(Action::Top),
                (Action::Back, Some("sessions")),
            ]
        }
        Pane::Change => vec![a(Action::Down), a(Action::PageDown), (Action::Back, Some("the list"))],
    }
}

pub(super) fn draw(model: &Model, buf: &mut Buffer, body: Rect) {
    let theme = &model.theme;
    let history = &model.history;
    let at = layout(model, body);
    if let (Some(error), true) = (&history.error, history.sessions.rows.is_empty()) {
        line(buf, body, 1, vec![gap(2), s(format!("✖ {}", visible(error)), theme.failed)]);
        return;
    }
    match &history.opened {
        None => {
            if let Some(area) = at.list {
                sessions(model, buf, area);
            }
            let detail =
                Rect { y: body.bottom().saturating_sub(DETAIL), height: DETAIL.min(body.height), ..body };
            if let Some(session) = history.sessions.current() {
                rule(buf, detail, 0, theme);
                about(model, session, buf, detail);
            }
        }
        Some((session, list)) => {
            let mut head =
                vec![gap(1), s(format!("session {}", session.no), theme.accent.patch(theme.heading)), gap(2)];
            head.extend(counts(model, session));
            line(buf, body, 0, head);
            rule(buf, body, 1, theme);
            if let Some(area) = at.list {
                changes(model, session, list, buf, area);
            }
            if let (Some(_), Some(area)) = (at.list, at.change) {
                for row in 0..usize::from(area.height) {
                    line(buf, Rect { x: area.x - 1, width: 1, ..area }, row, vec![s("│", theme.rule)]);
                }
            }
            if let Some(area) = at.change {
                change(model, buf, area);
            }
        }
    }
}

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
fn ended(model: &Model, session: &SessionRow) -> (&'static str, String, Style) {
    let theme = &model.theme;
    match session.end.as_deref() {
        None => ("●", "running".to_owned(), theme.accent),
        Some("drained") => ("✓", "drained".to_owned(), theme.sent),
        Some("stopped") => ("○", "stopped".to_owned(), theme.pending),
        Some("lost") => ("▲", "lost".to_owned(), theme.pending),
        Some(other) => ("✖", visible(other).into_owned(), theme.failed),
    }
}

fn sessions(model: &Model, buf: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    let list = &model.history.sessions;
    let width = usize::from(area.width);
    // The wider, the more: failed objects and retries, the service's id, the error.
    let (more, id) = (width >= 100, width >= 130);
    let numbers = if more { [11; 3] } else { [9, 8, 8] };
    let words =
        if more { ["+ created", "~ updated", "- deleted"] } else { ["created", "updated", "deleted"] };
    let (format, wide) = if more { ("%d %b %H:%M:%S", 15) } else { ("%d %b %H:%M", 12) };
    let times = format!("{:>5}  {:<wide$} {:>8} {:>6}", "no", "started", "took", "pages");
    let mut head = vec![gap(1), s(times, theme.heading)];
    let styles = [theme.created, theme.updated, theme.deleted];
    head.extend((0..3).map(|n| s(cells::right(words[n], numbers[n]), styles[n])));
    head.push(s(format!("{:>7}", "stale"), theme.stale));
    if more {
        head.push(s(format!("{:>8}{:>8}", "failed", "retries"), theme.heading));
    }
    head.push(s("  end", theme.heading));
    if id {
        head.push(s("         session   error", theme.heading));
    }
    line(buf, area, 0, head);
    if list.rows.is_empty() {
        let text = if list.loaded { "no session yet: a synchronization makes one" } else { "reading …" };
        line(buf, area, 1, vec![gap(2), s(text, theme.dim)]);
    }
    let height = usize::from(area.height).saturating_sub(1);
    let top = list.window(height);
    for (row, session) in list.rows.iter().enumerate().skip(top).take(height) {
        let here = row == list.cursor;
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
        spans.push(count(session.created, numbers[0], theme.created));
        spans.push(count(session.updated, numbers[1], theme.updated));
        spans.push(count(session.deleted, numbers[2], theme.deleted));
        spans.push(count(session.stale, 7, theme.pending));
        if more {
            spans.push(count(session.failed_objects, 8, theme.failed));
            spans.push(count(session.retries, 8, theme.pending));
        }
        let (sign, word, style) = ended(model, session);
        spans.push(s(format!("  {sign} {}", cells::left(&word, 8)), style));
        if id {
            let id: String = session.id.chars().take(8).collect();
            spans.push(s(format!("  {}", cells::left(&visible(&id), 8)), theme.dim));
            let room =
                width.saturating_sub(spans.iter().map(|s| cells::width(&s.content)).sum::<usize>() + 3);
            let error = session.error.as_deref().map(visible).unwrap_or_default();
            spans.push(s(format!("  {}", cells::fit(&error, room)), theme.failed));
        }
        let y = row - top + 1;
        line(buf, area, y, spans);
        if here {
            let bar =
                Rect { x: area.x + 1, y: area.y + y as u16, width: area.width.saturating_sub(1), height: 1 };
            buf.set_style(bar, theme.selected);
        }
    }
}

/// What a session did, in words.
fn counts(model: &Model, session: &SessionRow) -> Vec<Span<'static>> {
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
fn about(model: &Model, session: &SessionRow, buf: &mut Buffer, area: Rect) {
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

/// What a session replaced and deleted.
fn changes(model: &Model, session: &SessionRow, list: &List<Touched>, buf: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    let focus = model.history.pane == Pane::Changes;
    let head = if focus { theme.accent.patch(theme.heading) } else { theme.heading };
    line(buf, area, 0, vec![gap(3), s("record", head)]);
    line_right(buf, area, 0, vec![s("page", theme.heading), gap(1)]);
    if list.rows.is_empty() {
        let text = match (list.loaded, session.created) {
            (false, _) => "reading …",
            (true, 1..) => "new records only, none replaced",
            (true, 0) => "none replaced, none deleted",
        };
        line(buf, area, 1, vec![gap(1), s(text, theme.dim)]);
    }
    let height = usize::from(area.height).saturating_sub(1);
    let top = list.window(height);
    for (row, touched) in list.rows.iter().enumerate().skip(top).take(height) {
        let here = row == list.cursor;
        let (sign, style) =
            if touched.event == "deleted" { ("-", theme.deleted) } else { ("~", theme.updated) };
        let page = touched.page.to_string();
        let name = visible(&format!("{} {}", touched.kind, touched.id)).into_owned();
        let room = usize::from(area.width).saturating_sub(page.len() + 6);
        let y = row - top + 1;
        line(
            buf,
            area,
            y,
            vec![
                s(if here { "▸" } else { " " }, theme.accent),
                s(format!("{sign} "), style),
                s(cells::left(&name, room), theme.text),
                gap(1),
                s(page, theme.dim),
            ],
        );
        if here {
            let style = if focus { theme.selected } else { theme.marked };
            let bar =
                Rect { x: area.x + 1, y: area.y + y as u16, width: area.width.saturating_sub(2), height: 1 };
            buf.set_style(bar, style);
        }
    }
}

/// The change under the cursor, as lines of a width.
fn lines(model: &Model, width: usize) -> Vec<Vec<Span<'static>>> {
    let theme = &model.theme;
    let Some((change, fields)) = &model.history.change else { return Vec::new() };
    let gone = change.after.data.is_none();
    let mut out = Vec::new();
    if fields.is_empty() {
        out.push(vec![s("the same fields with the same values", theme.dim)]);
    }
    let name = fields
        .iter()
        .map(|f| cells::width(&visible(&f.field)))
        .max()
        .unwrap_or(0)
        .clamp(4, (width / 3).max(4));
    let room = width.saturating_sub(name + 4).max(8);
    for field in fields {
        let mut first = true;
        let mut side = |sign: &'static str, value: &str, style: Style| {
            for (n, text) in cells::wrap(&plain(value), room).into_iter().enumerate() {
                let label = if std::mem::take(&mut first) {
                    visible(&field.field).into_owned()
                } else {
                    String::new()
                };
                let sign = if n == 0 { sign } else { " " };
                out.push(vec![
                    s(cells::left(&label, name), theme.dim),
                    s(format!("  {sign} "), style),
                    s(text, style),
                ]);
            }
        };
        let FieldChange { before, after, .. } = field;
        if let Some(before) = before {
            side("-", before, theme.deleted);
        }
        if let (Some(after), false) = (after, gone) {
            side("+", after, theme.created);
        }
    }
    out
}

/// A value as people read it: text decoded, the rest as it came.
fn plain(raw: &str) -> String {
    let text = serde_json::from_str::<String>(raw).unwrap_or_else(|_| raw.to_owned());
    visible(&text.chars().take(4_000).collect::<String>()).into_owned()
}

/// How many lines of the change do not fit.
pub(super) fn overflow(model: &Model, body: Rect) -> usize {
    let Some(area) = layout(model, body).change.map(inner) else { return 0 };
    lines(model, area.width.into()).len().saturating_sub(area.height.into())
}

fn change(model: &Model, buf: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    let Some((change, fields)) = &model.history.change else { return };
    let inner = inner(area);
    let head =
        if model.history.pane == Pane::Change { theme.accent.patch(theme.heading) } else { theme.heading };
    let title = visible(&format!("{} {}", change.kind, change.id)).into_owned();
    let (word, style) = match (&change.after.data, &change.before) {
        (None, _) => ("deleted", theme.deleted),
        (_, None) => ("created", theme.created),
        _ => ("updated", theme.updated),
    };
    let revision = |state: Option<i64>| state.map_or_else(|| "–".to_owned(), |r| r.to_string());
    let before = revision(change.before.as_ref().and_then(|s| s.revision));
    let fields = match fields.len() {
        1 => "1 field".to_owned(),
        n => format!("{n} fields"),
    };
    let tail = format!("rev {before} → {}  {fields}", revision(change.after.revision));
    let top = Rect { x: inner.x, width: inner.width + 1, ..area };
    let taken = line_right(buf, top, 0, vec![s(tail, theme.dim), gap(1)]);
    let room = usize::from(inner.width).saturating_sub(taken + 10);
    line(buf, top, 0, vec![s(cells::fit(&title, room).into_owned(), head), gap(1), s(word, style)]);
    let lines = lines(model, inner.width.into());
    let height = usize::from(inner.height);
    let from = model.history.scroll.min(lines.len().saturating_sub(height));
    let below = lines.len().saturating_sub(from + height);
    for (row, spans) in lines.into_iter().skip(from).take(height).enumerate() {
        if below > 0 && row + 1 == height {
            line(buf, inner, row, vec![s(format!("… {} more", grouped(below as u64 + 1)), theme.dim)]);
        } else {
            line(buf, inner, row, spans);
        }
    }
}
