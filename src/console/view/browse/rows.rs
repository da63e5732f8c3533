//! The table of screen 2.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::super::paint::{gap, line, line_right, s};
use super::{Spot, foot, head};
use crate::console::cells;
use crate::console::model::Model;
use crate::console::model::browse::{Entry, Pane};
use crate::console::record::Column;
use crate::mirror::find::SortBy;
use crate::text::visible;

/// Where the columns are.
struct Grid<'a> {
    id: usize,
    columns: Vec<(usize, &'a Column, usize)>,
}

/// The rows that are on the screen.
fn entries(model: &Model, area: Rect) -> Vec<&Entry> {
    let table = &model.browse.table;
    let height = usize::from(area.height).saturating_sub(2);
    table.rows.iter().skip(table.window(height)).take(height).collect()
}

fn grid<'a>(model: &'a Model, area: Rect, entries: &[&Entry]) -> Grid<'a> {
    // As wide as the widest id on the screen, within reason.
    let widest = entries.iter().map(|e| cells::width(&visible(&e.row.id.to_string()))).max();
    let id = widest.unwrap_or(2).clamp(6, 20);
    let room = usize::from(area.width).saturating_sub(id + 4);
    let cursor = model.browse.lens().at.checked_sub(1);
    Grid { id, columns: model.browse.table.columns.lay_out(room, cursor) }
}

/// What lies at a place of the table.
pub(super) fn spot(model: &Model, area: Rect, column: u16, row: usize) -> Option<Spot> {
    let entries = entries(model, area);
    if row == 0 {
        let grid = grid(model, area, &entries);
        let mut right = usize::from(area.x) + 1 + grid.id + 1;
        if usize::from(column) <= right {
            return Some(Spot::Heading(0));
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
    let grid = grid(model, area, &entries);
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
        let mut spans = vec![
            s(if here { "▸" } else { " " }, theme.accent),
            s(cells::right(&visible(&entry.row.id.to_string()), grid.id), dim),
            s("  ", style),
        ];
        for (n, (at, column, width)) in grid.columns.iter().enumerate() {
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
        let filtered = model.browse.applied().is_some_and(|q| !q.filter.is_empty());
        let text = match (table.loaded && !table.waits(), filtered) {
            (true, true) => "no row is like that",
            (true, false) => "no rows",
            (false, _) => "reading …",
        };
        line(buf, area, 1, vec![gap(2), s(text, theme.dim)]);
    }
    foot::position(model, buf, area);
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
    for (n, (at, column, width)) in grid.columns.iter().enumerate() {
        if n > 0 {
            spans.push(gap(2));
        }
        let sign = lens.sign(&SortBy::Field(column.field.clone()));
        let room = width.saturating_sub(cells::width(sign));
        let text = format!("{}{sign}", cells::fit(&column.heading, room));
        let fill = gap(width.saturating_sub(cells::width(&text)));
        let text = s(text, marked(at + 1, style));
        spans.extend(if column.number { [fill, text] } else { [text, fill] });
    }
    line(buf, area, 0, spans);
    let last = grid.columns.last().map_or(0, |(at, ..)| at + 1);
    let more = model.browse.table.columns.len().saturating_sub(last);
    let used: usize = 1 + grid.id + grid.columns.iter().map(|c| c.2 + 2).sum::<usize>();
    let sign = format!("›{more}");
    if more > 0 && used + cells::width(&sign) < usize::from(area.width) {
        line_right(buf, area, 0, vec![s(sign, model.theme.dim)]);
    }
}
