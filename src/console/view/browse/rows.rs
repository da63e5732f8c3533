//! The table of screen 2.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::super::paint::{gap, line, line_right, s};
use super::{Spot, foot, head, lit};
use crate::console::action::Action;
use crate::console::cells;
use crate::console::model::Model;
use crate::console::model::browse::{Entry, Pane};
use crate::console::record::{Column, Look, when};
use crate::mirror::find::SortBy;
use crate::text::visible;

/// The columns of a terminal that say how a record was deleted: by which session, and when.
const GONE: usize = 20;

/// Where the columns are.
struct Grid<'a> {
    id: usize,
    /// How a deleted record was deleted, with the gap behind it.
    gone: usize,
    columns: Vec<(usize, &'a Column, usize)>,
}

/// The rows that are on the screen.
fn entries(model: &Model, area: Rect) -> Vec<&Entry> {
    let table = &model.browse.table;
    let height = usize::from(area.height).saturating_sub(2);
    table.rows.iter().skip(table.window(height)).take(height).collect()
}

fn grid(model: &Model, area: Rect) -> Grid<'_> {
    let id = model.browse.table.id_width.clamp(6, 20);
    let gone = if model.browse.is_dead() { GONE + 2 } else { 0 };
    let room = usize::from(area.width).saturating_sub(id + gone + 4);
    let cursor = model.browse.lens().at.checked_sub(1);
    Grid { id, gone, columns: model.browse.table.columns.lay_out(room, cursor) }
}

/// What lies at a place of the table.
pub(super) fn spot(model: &Model, area: Rect, column: u16, row: usize) -> Option<Spot> {
    let entries = entries(model, area);
    if row == 0 {
        let grid = grid(model, area);
        let mut right = usize::from(area.x) + 1 + grid.id + 1;
        if usize::from(column) <= right {
            return Some(Spot::Heading(0));
        }
        right += grid.gone;
        if usize::from(column) <= right {
            return None;
        }
        for (at, _, width) in &grid.columns {
            right += 2 + width;
            if usize::from(column) <= right {
                return Some(Spot::Heading(at + 1));
            }
        }
        return None;
    }
    (row <= entries.len()).then_some(Spot::Row(row - 1))
}

pub(super) fn draw(model: &Model, buf: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    let table = &model.browse.table;
    let entries = entries(model, area);
    let grid = grid(model, area);
    let words = model.browse.words();
    heading(model, buf, area, &grid);
    let top = table.window(entries.len());
    for (row, entry) in entries.iter().enumerate() {
        let here = top + row == table.cursor;
        let style = match here {
            true if model.browse.pane == Pane::Rows => theme.selected,
            true => theme.marked,
            false => theme.text,
        };
        let dim = if here { style } else { theme.dim };
        let mut spans = vec![s(if here { "▸" } else { " " }, theme.accent)];
        let id = cells::right(&visible(&entry.row.id.to_string()), grid.id);
        spans.extend(lit(theme, id, dim, &words.in_field(&["id"])));
        spans.push(s("  ", style));
        if let Some(gone) = entry.gone.as_ref().filter(|_| grid.gone > 0) {
            let at = super::story::local(model, gone.at.as_deref());
            let text = format!("− {:>5}  {at}", entry.row.session);
            spans.extend([s(cells::left(&text, GONE), theme.deleted), s("  ", style)]);
        }
        for (n, (at, column, width)) in grid.columns.iter().enumerate() {
            if n > 0 {
                spans.push(s("  ", style));
            }
            let cell = cell(model, entry, *at, column);
            let text = match column.look {
                Look::Number => cells::right(&cell, *width),
                _ => cells::left(&cell, *width),
            };
            let path: Vec<&str> = column.field.split('.').collect();
            spans.extend(lit(theme, text, style, &words.in_field(&path)));
        }
        line(buf, area, row + 1, spans);
        if here && model.browse.pane == Pane::Rows {
            let bar = Rect { x: area.x + 1, y: area.y + 1 + row as u16, width: area.width - 1, height: 1 };
            buf.set_style(bar, theme.selected);
        }
    }
    if table.rows.is_empty() {
        let filtered = model.browse.applied().is_some_and(|q| !q.filter.is_empty());
        let unread = model.browse.prompt.as_ref().is_some_and(|prompt| prompt.error.is_some());
        let (text, key) = match (table.loaded && !table.waits(), filtered) {
            (true, _) if model.browse.is_dead() => ("nothing of this type was deleted", ""),
            // What is being written cannot be read yet: these are the rows of what could be.
            (true, true) if unread => ("no row was like the last filter that could be read", ""),
            (true, true) => ("no row is like that", " takes the filter away"),
            (true, false) => ("no rows", ""),
            (false, _) => ("reading …", ""),
        };
        let mut spans = vec![gap(2), s(text, theme.dim)];
        if let Some(back) = model.keymap.key_of(Action::Back).filter(|_| !key.is_empty()) {
            spans.extend([gap(3), s(back, theme.key), s(key, theme.dim)]);
        }
        line(buf, area, 1, spans);
    }
    foot::position(model, buf, area);
}

/// What a cell shows: a time as seen from now, a reference by name, where that is known; else what is there.
fn cell<'a>(model: &'a Model, entry: &'a Entry, at: usize, column: &Column) -> Cow<'a, str> {
    let cell = entry.cells.get(at).map_or("", String::as_str);
    match column.look {
        Look::Time => when::seen(cell, model.now, &model.zone).map_or(Cow::Borrowed(cell), Cow::Owned),
        Look::Reference => Cow::Borrowed(model.browse.called(entry, &column.field).unwrap_or(cell)),
        Look::Text | Look::Number => Cow::Borrowed(cell),
    }
}

fn heading(model: &Model, buf: &mut Buffer, area: Rect, grid: &Grid<'_>) {
    let lens = model.browse.lens();
    let style = head(model, Pane::Rows);
    let marked = |at: usize, style: Style| {
        if model.browse.pane == Pane::Rows && lens.at == at {
            style.add_modifier(Modifier::UNDERLINED)
        } else {
            style
        }
    };
    let id = format!("id{}", lens.sign(&SortBy::Id));
    let mut spans =
        vec![gap(1), gap(grid.id.saturating_sub(cells::width(&id))), s(id, marked(0, style)), gap(2)];
    if grid.gone > 0 {
        spans.extend([s(cells::left("deleted by, at", GONE), style), gap(2)]);
    }
    let frozen = model.browse.table.columns.frozen();
    for (n, (at, column, width)) in grid.columns.iter().enumerate() {
        if n > 0 {
            // What is scrolled away lies here.
            let jump = *at > frozen && grid.columns[n - 1].0 + 1 < *at;
            spans.push(if jump { s("‹ ", model.theme.dim) } else { gap(2) });
        }
        let sign = lens.sign(&SortBy::Field(column.field.clone()));
        let room = width.saturating_sub(cells::width(sign));
        let text = format!("{}{sign}", cells::fit(&column.heading, room));
        let fill = gap(width.saturating_sub(cells::width(&text)));
        let text = s(text, marked(at + 1, style));
        spans.extend(if column.look == Look::Number { [fill, text] } else { [text, fill] });
    }
    line(buf, area, 0, spans);
    let last = grid.columns.last().map_or(0, |(at, ..)| at + 1);
    let more = model.browse.table.columns.len().saturating_sub(last);
    let used: usize = 1 + grid.id + grid.gone + grid.columns.iter().map(|c| c.2 + 2).sum::<usize>();
    let sign = format!("›{more}");
    if more > 0 && used + cells::width(&sign) < usize::from(area.width) {
        line_right(buf, area, 0, vec![s(sign, model.theme.dim)]);
    }
}
