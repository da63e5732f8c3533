//! Screen 2: the types, their rows, the record under the cursor.
//!
//! ```text
//!  contact 312,408 │      id  name              email                     │ contact 4711        rev 9
//!  deal     98,112 │    4711  Åsa Lindqvist     asa@example.se            │ name    Åsa Lindqvist
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::Span;

use super::super::cells;
use super::super::model::browse::{Entry, Pane};
use super::super::model::{Mirrored, Model};
use super::super::record::{self, Field, Kind};
use super::paint::{gap, line, line_right, s};
use crate::text::{grouped, visible};

/// Where the panes are.
pub(super) struct Layout {
    kinds: Rect,
    rows: Option<Rect>,
    record: Option<Rect>,
}

impl Layout {
    /// Rows of the table that are on the screen.
    pub(super) fn rows_height(&self) -> usize {
        // A heading and a line that says where one is.
        let area = self.rows.or(self.record).unwrap_or(self.kinds);
        usize::from(area.height).saturating_sub(2).max(1)
    }
}

/// By size, and on narrow screens by focus: there the record takes the rows' place.
pub(super) fn layout(body: Rect, pane: Pane) -> Layout {
    let kinds = Rect { width: if body.width >= 150 { 28 } else { 24 }.min(body.width), ..body };
    let rest = Rect { x: kinds.right() + 1, width: body.width.saturating_sub(kinds.width + 1), ..body };
    if body.width < 110 {
        return match pane {
            Pane::Record => Layout { kinds, rows: None, record: Some(rest) },
            _ => Layout { kinds, rows: Some(rest), record: None },
        };
    }
    let record = (rest.width * 9 / 20).clamp(36, 84);
    Layout {
        kinds,
        rows: Some(Rect { width: rest.width - record - 1, ..rest }),
        record: Some(Rect { x: rest.right() - record, width: record, ..rest }),
    }
}

pub(super) fn draw(model: &Model, buf: &mut Buffer, body: Rect) {
    let theme = &model.theme;
    let browse = &model.browse;
    if browse.kinds.as_ref().is_none_or(Vec::is_empty) {
        let text = match (&browse.error, &model.status, &browse.kinds) {
            (Some(error), ..) => s(format!("✖ {}", visible(error)), theme.failed),
            (_, Mirrored::None, _) => s("no mirror yet: the first synchronization makes one", theme.dim),
            (_, _, Some(_)) => s("the mirror is empty: a synchronization fills it", theme.dim),
            _ => s("reading the mirror …", theme.dim),
        };
        line(buf, body, 1, vec![gap(2), text]);
        return;
    }
    let at = layout(body, browse.pane);
    kinds(model, buf, at.kinds);
    for pane in [at.rows, at.record].into_iter().flatten() {
        for row in 0..usize::from(body.height) {
            line(buf, Rect { x: pane.x - 1, width: 1, ..pane }, row, vec![s("│", theme.rule)]);
        }
    }
    if let Some(area) = at.rows {
        rows(model, buf, area);
    }
    if let Some(area) = at.record {
        record_pane(model, buf, area);
    }
}

fn head(model: &Model, pane: Pane) -> Style {
    let theme = &model.theme;
    if model.browse.pane == pane { theme.accent.patch(theme.heading) } else { theme.heading }
}

fn kinds(model: &Model, buf: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    let browse = &model.browse;
    let Some(kinds) = &browse.kinds else { return };
    let width = usize::from(area.width).saturating_sub(2);
    let number = 10;
    let head_style = head(model, Pane::Kinds);
    let total: u64 = kinds.iter().map(|k| k.rows).sum();
    line(
        buf,
        area,
        0,
        vec![
            gap(1),
            s(cells::left("Types", width - number), head_style),
            s(cells::right(&cells::count(total, number), number), theme.dim),
        ],
    );
    let height = usize::from(area.height).saturating_sub(1);
    let chosen = browse.kind_index().unwrap_or(0);
    let top = (chosen + 1).saturating_sub(height);
    for (row, (at, kind)) in kinds.iter().enumerate().skip(top).take(height).enumerate() {
        let style = match at == chosen {
            true if browse.pane == Pane::Kinds => theme.selected,
            true => theme.accent.add_modifier(Modifier::BOLD),
            false => theme.text,
        };
        let dim = if at == chosen { style } else { theme.dim };
        line(
            buf,
            area,
            row + 1,
            vec![
                s(if at == chosen { "▸" } else { " " }, if at == chosen { theme.accent } else { theme.text }),
                s(cells::left(&visible(&kind.name), width - number), style),
                s(cells::right(&cells::count(kind.rows, number), number), dim),
            ],
        );
    }
}

/// The columns of the id: as wide as the widest on the screen, within reason.
fn id_width(entries: &[&Entry]) -> usize {
    entries.iter().map(|e| cells::width(&visible(&e.row.id.to_string()))).max().unwrap_or(2).clamp(6, 20)
}

fn rows(model: &Model, buf: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    let table = &model.browse.table;
    let height = usize::from(area.height).saturating_sub(2);
    let entries: Vec<_> = table.rows.iter().skip(table.top).take(height).collect();
    let id = id_width(&entries);
    let room = usize::from(area.width).saturating_sub(id + 4);
    let columns = table.columns.lay_out(room);
    let mut heading = vec![gap(1), s(cells::right("id", id), head(model, Pane::Rows)), gap(2)];
    for (n, (_, column, width)) in columns.iter().enumerate() {
        if n > 0 {
            heading.push(gap(2));
        }
        let text = if column.number {
            cells::right(&column.heading, *width)
        } else {
            cells::left(&column.heading, *width)
        };
        heading.push(s(text, head(model, Pane::Rows)));
    }
    line(buf, area, 0, heading);
    for (row, entry) in entries.iter().enumerate() {
        let here = table.top + row == table.cursor;
        let style = match here {
            true if model.browse.pane == Pane::Rows => theme.selected,
            true => theme.marked,
            false => theme.text,
        };
        let dim = if here { style } else { theme.dim };
        let mut spans = vec![
            s(if here { "▸" } else { " " }, theme.accent),
            s(cells::right(&visible(&entry.row.id.to_string()), id), dim),
            s("  ", style),
        ];
        for (n, (at, column, width)) in columns.iter().enumerate() {
            if n > 0 {
                spans.push(s("  ", style));
            }
            let cell = entry.cells.get(*at).map_or("", String::as_str);
            let text = if column.number { cells::right(cell, *width) } else { cells::left(cell, *width) };
            spans.push(s(text, style));
        }
        line(buf, area, row + 1, spans);
        if here && model.browse.pane == Pane::Rows {
            let bar = Rect { x: area.x + 1, y: area.y + 1 + row as u16, width: area.width - 1, height: 1 };
            buf.set_style(bar, theme.selected);
        }
    }
    if table.rows.is_empty() {
        let text = if table.loaded { "no rows" } else { "reading …" };
        line(buf, area, 1, vec![gap(2), s(text, theme.dim)]);
    }
    position(model, buf, area);
}

/// Where one is: `4,711 of 312,408`.
fn position(model: &Model, buf: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    let table = &model.browse.table;
    let count = model.browse.count().max(table.first.unwrap_or(0) + table.rows.len() as u64);
    let whole = grouped(count);
    let here = match table.first {
        _ if table.rows.is_empty() => String::new(),
        Some(first) => cells::right(&grouped(first + table.cursor as u64 + 1), whole.len()),
        None => "…".to_owned(),
    };
    let row = usize::from(area.height) - 1;
    let spans = vec![s(here, theme.value), s(" of ", theme.dim), s(whole, theme.value), gap(1)];
    line_right(buf, area, row, spans);
    let error = model.browse.error.as_deref();
    let busy = table.waits() && !table.loaded;
    let left = match (error, busy) {
        (Some(error), _) => s(format!("✖ {}", visible(error)), theme.failed),
        (None, true) => s("reading …", theme.dim),
        (None, false) => gap(0),
    };
    line(buf, Rect { width: area.width.saturating_sub(32), ..area }, row, vec![gap(1), left]);
}

/// The record's lines for a width.
fn record_lines(model: &Model, entry: &Entry, width: usize) -> Vec<Vec<Span<'static>>> {
    let theme = &model.theme;
    let fields = record::fields(&entry.row.data);
    let lead = |f: &Field| f.depth * 2 + cells::width(&f.name);
    let names = fields.iter().map(lead).max().unwrap_or(0).clamp(4, (width / 2).min(26));
    let room = width.saturating_sub(names + 2).max(8);
    let mut out = Vec::new();
    for field in &fields {
        let name = cells::left(&format!("{}{}", "  ".repeat(field.depth), field.name), names);
        let style = match field.kind {
            Kind::Text => theme.string,
            Kind::Number => theme.number,
            Kind::Word | Kind::Nest => theme.word,
        };
        for (n, text) in cells::wrap(&field.value, room).into_iter().enumerate() {
            let name = if n == 0 { name.clone() } else { " ".repeat(names) };
            out.push(vec![s(name, theme.dim), gap(2), s(text, style)]);
        }
    }
    out
}

fn record_inner(area: Rect) -> Rect {
    Rect {
        x: area.x + 1,
        y: area.y + 1,
        width: area.width.saturating_sub(2),
        height: area.height.saturating_sub(1),
    }
}

/// How many lines of the record do not fit on the screen.
pub(super) fn record_overflow(model: &Model, body: Rect) -> usize {
    let Some(area) = layout(body, model.browse.pane).record.map(record_inner) else { return 0 };
    let Some(entry) = model.browse.current() else { return 0 };
    record_lines(model, entry, area.width.into()).len().saturating_sub(area.height.into())
}

fn record_pane(model: &Model, buf: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    let Some(entry) = model.browse.current() else { return };
    let inner = record_inner(area);
    let kind = model.browse.kind.as_deref().unwrap_or_default();
    let revision = entry.row.revision.map_or_else(|| "no revision".to_owned(), |r| format!("rev {r}"));
    let tail =
        vec![s(revision, theme.dim), s(format!(" · session {}", entry.row.session), theme.dim), gap(1)];
    let top = Rect { x: inner.x, width: inner.width + 1, ..area };
    let taken = line_right(buf, top, 0, tail);
    let title = visible(&format!("{kind} {}", entry.row.id)).into_owned();
    let room = usize::from(inner.width).saturating_sub(taken + 1);
    line(buf, top, 0, vec![s(cells::fit(&title, room), head(model, Pane::Record))]);
    let lines = record_lines(model, entry, inner.width.into());
    let height = usize::from(inner.height);
    let from = model.browse.scroll.min(lines.len().saturating_sub(height));
    let below = lines.len().saturating_sub(from + height);
    for (row, spans) in lines.into_iter().skip(from).take(height).enumerate() {
        if below > 0 && row + 1 == height {
            line(buf, inner, row, vec![s(format!("… {} more", grouped(below as u64 + 1)), theme.dim)]);
        } else {
            line(buf, inner, row, spans);
        }
    }
}
