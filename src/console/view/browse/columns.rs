//! The list of the columns, over the table.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Span;
use ratatui::widgets::{Block, BorderType, Clear, Widget};

use super::super::paint::{line, s};
use crate::console::cells;
use crate::console::model::Model;

/// Draws it.
pub(super) fn choose(model: &Model, buf: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    let Some(chosen) = model.browse.choosing else { return };
    let all: Vec<_> = model.browse.table.columns.all().collect();
    let height = (all.len() as u16 + 2).min(area.height);
    let outer = Rect { x: area.x + 2, y: area.y, width: 36.min(area.width.saturating_sub(2)), height };
    Clear.render(outer, buf);
    Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(theme.rule)
        .title(Span::styled(" Columns ", theme.accent.patch(theme.heading)))
        .render(outer, buf);
    let inner = Rect { x: outer.x + 1, y: outer.y + 1, width: outer.width - 2, height: outer.height - 2 };
    let lines = usize::from(inner.height);
    let top = (chosen + 1).saturating_sub(lines);
    for (row, (at, (column, shown))) in all.iter().enumerate().skip(top).take(lines).enumerate() {
        let style = match (at == chosen, shown) {
            (true, _) => theme.selected,
            (false, true) => theme.text,
            (false, false) => theme.dim,
        };
        let mark = if *shown { " ✓ " } else { "   " };
        let width = usize::from(inner.width).saturating_sub(3);
        line(buf, inner, row, vec![s(mark, style), s(cells::left(&column.heading, width), style)]);
    }
}
