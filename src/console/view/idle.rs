//! Screen 1 before any run: the mirror as it is, and what to press. A mirror needs no token and no network to be seen.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Span;

use super::super::action::Action;
use super::super::cells;
use super::super::model::{Mirrored, Model};
use super::paint::{gap, line, line_at, s};
use crate::mirror::SessionEnd;
use crate::mirror::reader::{SessionRow, Status};
use crate::text::{bytes, grouped, type_name, visible};

pub(super) fn draw(model: &Model, buf: &mut Buffer, body: Rect) {
    let theme = &model.theme;
    let area = Rect { y: body.y + 1, height: body.height - 1, ..body };
    let used = match &model.status {
        Mirrored::Unknown => {
            line(buf, area, 0, vec![gap(2), s("reading the mirror …", theme.dim)]);
            2
        }
        Mirrored::None => {
            line(buf, area, 0, vec![gap(2), s("No mirror yet", theme.heading)]);
            let text = "The first synchronization makes one: a SQLite file with a table for each type.";
            paragraph(model, buf, area, 2, text);
            line(
                buf,
                area,
                4,
                vec![gap(2), s(cells::left("file", 10), theme.dim), fitted(model, area, &model.mirror)],
            );
            6
        }
        Mirrored::Failed(error) => {
            line(buf, area, 0, vec![gap(2), s("✖ the mirror cannot be read", theme.failed)]);
            paragraph(model, buf, area, 1, error) + 2
        }
        Mirrored::Some(status) => mirror(model, buf, area, status),
    };
    if used > 0 {
        keys(model, buf, area, used + 1);
    }
}

fn fitted(model: &Model, area: Rect, text: &str) -> Span<'static> {
    s(cells::fit(&visible(text), usize::from(area.width).saturating_sub(14)), model.theme.text)
}

/// Draws a text in as many lines as it takes and says how many.
fn paragraph(model: &Model, buf: &mut Buffer, area: Rect, row: usize, text: &str) -> usize {
    let room = usize::from(area.width).saturating_sub(4).min(96);
    let lines: Vec<_> = text.lines().flat_map(|l| cells::wrap(&visible(l), room)).collect();
    let count = lines.len();
    for (n, text) in lines.into_iter().enumerate() {
        line(buf, area, row + n, vec![gap(2), s(text, model.theme.text)]);
    }
    count
}

/// The mirror's facts at the left, its types at the right. Says how many rows the left takes.
fn mirror(model: &Model, buf: &mut Buffer, area: Rect, status: &Status) -> usize {
    let theme = &model.theme;
    let split = (area.width * 3 / 5).min(74);
    let facts = Rect { width: split - 2, ..area };
    let right = Rect { x: area.x + split, width: (area.width - split).min(44), ..area };
    line(buf, facts, 0, vec![gap(2), s("Mirror", theme.heading)]);
    let mut row = 2;
    let mut fact = |label: &str, value: Vec<Span<'static>>| {
        line(buf, facts, row, [vec![gap(2), s(cells::left(label, 11), theme.dim)], value].concat());
        row += 1;
    };
    let room = usize::from(facts.width).saturating_sub(14);
    let text = |t: &str| vec![s(cells::fit(&visible(t), room), theme.text)];
    fact("device", text(&status.device.to_string()));
    fact("host", text(&status.host));
    if let Some(account) = &status.account {
        fact("account", text(account));
    }
    fact("file", text(&model.mirror));
    fact("size", text(&bytes(status.bytes)));
    let outbox = &status.outbox;
    let mut acks = match outbox.pending {
        0 => vec![s("✓ none pending", theme.sent)],
        n if room < 40 => vec![s(format!("○ {} pending", grouped(n)), theme.pending)],
        n => vec![s(format!("○ {} pending", grouped(n)), theme.pending), s(": they go first", theme.dim)],
    };
    if outbox.refused > 0 {
        acks.push(s(format!(" · ✖ {} refused", grouped(outbox.refused)), theme.failed));
    }
    fact("acks", acks);
    match status.sessions.first() {
        None => fact("last sync", vec![s("never", theme.dim)]),
        Some(last) => {
            fact("last sync", vec![s(when(model, last), theme.text)]);
            fact("", how(model, last));
        }
    }
    types(model, buf, right, status);
    row
}

fn when(model: &Model, session: &SessionRow) -> String {
    session.started.parse::<jiff::Timestamp>().map_or_else(
        |_| visible(&session.started).into_owned(),
        |at| at.to_zoned(model.zone.clone()).strftime("%Y-%m-%d %H:%M").to_string(),
    )
}

fn how(model: &Model, session: &SessionRow) -> Vec<Span<'static>> {
    let theme = &model.theme;
    let style = match session.end {
        Some(SessionEnd::Drained) => theme.sent,
        Some(SessionEnd::Stopped | SessionEnd::Lost) | None => theme.pending,
        Some(SessionEnd::Failed | SessionEnd::Crashed) => theme.failed,
    };
    let word = session.end.map_or("not ended", SessionEnd::as_str);
    vec![s(word, style), s(format!(" · {} instructions", grouped(session.instructions)), theme.dim)]
}

fn types(model: &Model, buf: &mut Buffer, area: Rect, status: &Status) {
    let theme = &model.theme;
    let width = usize::from(area.width).saturating_sub(2);
    let number = 13.min(width / 2);
    let row_of = |name: &str, n: u64, style| {
        vec![
            s(cells::left(&type_name(name), width - number), style),
            s(cells::right(&cells::count(n, number), number), theme.value),
        ]
    };
    let total: u64 = status.kinds.iter().map(|k| k.rows).sum();
    line(buf, area, 0, row_of("Records", total, theme.heading));
    let rows = usize::from(area.height).saturating_sub(2);
    let fits = status.kinds.len() <= rows;
    let shown = if fits { status.kinds.len() } else { rows.saturating_sub(1) };
    for (row, kind) in status.kinds.iter().take(shown).enumerate() {
        line(buf, area, row + 2, row_of(&kind.name, kind.rows, theme.text));
    }
    if !fits {
        let rest: u64 = status.kinds[shown..].iter().map(|k| k.rows).sum();
        line(buf, area, shown + 2, row_of(&format!("…{} more", status.kinds.len() - shown), rest, theme.dim));
    }
}

/// What to press, in words.
fn keys(model: &Model, buf: &mut Buffer, area: Rect, row: usize) {
    let theme = &model.theme;
    let empty = !matches!(model.status, Mirrored::Some(_));
    let mut rows = vec![
        (Action::Sync, if empty { "drain the account into it" } else { "synchronize until nothing is left" }),
        (Action::Step, "the same, one action at a time"),
    ];
    if !empty {
        rows.push((Action::ShowBrowse, "look at the records"));
    }
    if model.demo {
        rows.push((Action::Edit, "let someone edit the account"));
    }
    rows.push((Action::Help, "all keys"));
    for (n, (action, what)) in rows.into_iter().enumerate() {
        let key = model.keymap.key_of(action).unwrap_or_default();
        let spans = vec![s(cells::left(&key, 11), theme.accent.patch(theme.key)), s(what, theme.text)];
        line_at(buf, area, row + n, 2, spans);
    }
}
