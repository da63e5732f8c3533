//! The rows of a statement: numbered, aligned, NULL dim, the cursor on a cell.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::super::cells;
use super::super::model::grid::{Cell, CellKind, GAP, Grid};
use super::super::theme::Theme;
use super::paint::{gap, line, s};
use crate::text::grouped;

/// Columns that the cells have in an area.
pub(super) fn room(grid: &Grid, width: u16) -> usize {
    usize::from(width).saturating_sub(grid.numbers() + 4)
}

/// The column at so many cells from the left edge.
pub(super) fn column(grid: &Grid, area: Rect, x: usize) -> Option<usize> {
    let room = room(grid, area.width);
    let (_, left) = grid.window(usize::from(area.height).saturating_sub(1), room);
    let mut end = 1 + grid.numbers();
    grid.lay_out(left, room).into_iter().find_map(|(at, width)| {
        end += GAP + width;
        (x < end).then_some(at)
    })
}

/// Draws the heading and the rows.
pub(super) fn draw(grid: &Grid, focus: bool, theme: &Theme, buf: &mut Buffer, area: Rect) {
    let numbers = grid.numbers();
    let height = usize::from(area.height).saturating_sub(1);
    let (top, left) = grid.window(height, room(grid, area.width));
    let columns = grid.lay_out(left, room(grid, area.width));
    let mut heading =
        vec![gap(1), s(if left > 0 { cells::right("‹", numbers) } else { " ".repeat(numbers) }, theme.dim)];
    for (at, width) in &columns {
        let column = &grid.columns[*at];
        let name = if column.number {
            cells::right(&column.name, *width)
        } else {
            cells::left(&column.name, *width)
        };
        let style =
            if focus && *at == grid.column { theme.accent.patch(theme.heading) } else { theme.heading };
        heading.extend([gap(GAP), s(name, style)]);
    }
    if columns.last().is_some_and(|(at, _)| at + 1 < grid.columns.len()) {
        heading.push(s("›", theme.dim));
    }
    line(buf, area, 0, heading);
    for (row, values) in grid.rows.iter().enumerate().skip(top).take(height) {
        let here = row == grid.row;
        let mark = if here { s("▸", theme.accent) } else { gap(1) };
        let mut spans = vec![mark, s(cells::right(&grouped(row as u64 + 1), numbers), theme.dim)];
        let mut x = 1 + numbers;
        let mut cursor = None;
        for (at, width) in &columns {
            let Some(cell) = values.get(*at) else { continue };
            let (text, style) = shown(cell, grid.columns[*at].number, *width, theme);
            spans.extend([gap(GAP), s(text, style)]);
            if here && *at == grid.column {
                cursor = Some((x + GAP, *width));
            }
            x += GAP + width;
        }
        let y = row - top + 1;
        line(buf, area, y, spans);
        if let Some((x, width)) = cursor {
            let style = if focus { theme.selected } else { theme.marked };
            let cell = Rect { x: area.x + x as u16, y: area.y + y as u16, width: width as u16, height: 1 };
            buf.set_style(cell.intersection(area), style);
        }
    }
}

/// A cell's text and style.
fn shown(cell: &Cell, number: bool, width: usize, theme: &Theme) -> (String, Style) {
    let text = match cell.kind {
        CellKind::Null => "NULL".to_owned(),
        _ => cell.shown(),
    };
    let text = if number { cells::right(&text, width) } else { cells::left(&text, width) };
    (text, style(cell, theme))
}

/// A value's style, by what it is.
pub(super) fn style(cell: &Cell, theme: &Theme) -> Style {
    match cell.kind {
        CellKind::Null | CellKind::Blob => theme.dim,
        CellKind::Number => theme.number,
        CellKind::Text => theme.string,
    }
}
