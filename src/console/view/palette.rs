//! The palette over a screen: a line to search in, the actions found with their keys.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::{Clear, Widget};

use super::super::cells;
use super::super::model::Model;
use super::help::{block, centred};
use super::paint::{gap, line, line_right, s};
use super::typed;

/// Columns of the actions' names.
const NAME: usize = 18;

pub(super) fn draw(model: &Model, buf: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    let body = super::body(area);
    let outer = centred(body, if area.width < 100 { area.width } else { 84 }, body.height.min(24));
    Clear.render(outer, buf);
    block(model, "Commands").render(outer, buf);
    let inner = Rect {
        x: outer.x + 2,
        y: outer.y + 1,
        width: outer.width.saturating_sub(4),
        height: outer.height.saturating_sub(2),
    };
    line(buf, inner, 0, vec![s("› ", theme.accent)]);
    typed::draw(
        &model.palette.line,
        true,
        theme,
        buf,
        Rect { x: inner.x + 2, width: inner.width - 12, ..inner },
    );
    let found = model.palette.found(model.scopes(), model.demo);
    let height = usize::from(inner.height).saturating_sub(2);
    let chosen = model.palette.chosen.min(found.len().saturating_sub(1));
    let at = if found.is_empty() { 0 } else { chosen + 1 };
    line_right(buf, inner, 0, vec![s(format!("{at} of {}", found.len()), theme.dim)]);
    let list = Rect { y: inner.y + 2, height: inner.height.saturating_sub(2), ..inner };
    if found.is_empty() {
        line(buf, list, 0, vec![s("no action has these letters in this order", theme.dim)]);
    }
    let top = (chosen + 1).saturating_sub(height);
    for (row, entry) in found.iter().skip(top).take(height).enumerate() {
        let here = top + row == chosen;
        let keys = model.keymap.keys_in(model.scopes(), entry.action);
        let keys = cells::fit(&keys.join("  "), 18).into_owned();
        let help = usize::from(list.width).saturating_sub(NAME + 2 + cells::width(&keys) + 2);
        line(
            buf,
            list,
            row,
            vec![
                s(cells::left(entry.name, NAME), theme.text),
                gap(2),
                s(cells::left(entry.help, help), theme.dim),
                gap(2),
                s(keys, theme.key),
            ],
        );
        if here {
            buf.set_style(Rect { y: list.y + row as u16, height: 1, ..list }, theme.selected);
        }
    }
}
