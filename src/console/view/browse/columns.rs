//! The list of the columns, over the table.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::super::over;
use super::super::paint::{line, s};
use super::Spot;
use crate::console::cells;
use crate::console::model::Model;
use crate::text::visible;

/// Where it lies.
fn frame(columns: usize, area: Rect) -> Rect {
    let height = (columns as u16).saturating_add(2).min(area.height.saturating_sub(1));
    Rect { x: area.x + 2, y: area.y, width: 36.min(area.width.saturating_sub(2)), height }
}

/// The first line on the screen.
fn top(chosen: usize, lines: usize) -> usize {
    (chosen + 1).saturating_sub(lines)
}

/// What lies at a place of the screen, where the list is there.
pub(super) fn spot(model: &Model, area: Rect, column: u16, row: u16) -> Option<Spot> {
    let chosen = model.browse.choosing?;
    let all = model.browse.table.columns.all().count();
    let outer = frame(all, area);
    if outer.width < 2 || outer.height < 2 || !outer.contains((column, row).into()) {
        return None;
    }
    let line = usize::from((row - outer.y).checked_sub(1)?) + top(chosen, usize::from(outer.height - 2));
    (line < all).then_some(Spot::Column(line))
}

/// Draws it.
pub(super) fn choose(model: &Model, buf: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    let Some(chosen) = model.browse.choosing else { return };
    let all: Vec<_> = model.browse.table.columns.all().collect();
    let frozen = model.browse.table.columns.frozen();
    let outer = frame(all.len(), area);
    over::frame(model, buf, outer, "Columns");
    let inner = Rect { x: outer.x + 1, y: outer.y + 1, width: outer.width - 2, height: outer.height - 2 };
    let lines = usize::from(inner.height);
    let top = top(chosen, lines);
    for (row, (at, (column, shown))) in all.iter().enumerate().skip(top).take(lines).enumerate() {
        let style = match (at == chosen, shown) {
            (true, _) => theme.selected,
            (false, true) => theme.text,
            (false, false) => theme.dim,
        };
        let mark = match (shown, at < frozen) {
            (true, true) => " ‖ ",
            (true, false) => " ✓ ",
            (false, _) => "   ",
        };
        let width = usize::from(inner.width).saturating_sub(3);
        // Of a field inside an object it is said in which.
        let name =
            if column.field.contains('.') { visible(&column.field) } else { column.heading.as_str().into() };
        line(buf, inner, row, vec![s(mark, style), s(cells::left(&name, width), style)]);
    }
}
