//! What the opened session did, a row each.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::super::super::cells;
use super::super::super::model::Model;
use super::super::super::model::history::{Opened, Pane};
use super::super::paint::{gap, line, line_right, s};
use crate::mirror::deeds::{Deed, Event};
use crate::text::{type_name, visible};

/// An event's sign and style, the same everywhere.
pub(super) fn sign(model: &Model, event: Event) -> (&'static str, Style) {
    let theme = &model.theme;
    match event {
        Event::Created => ("+", theme.created),
        Event::Updated => ("~", theme.updated),
        Event::Deleted => ("-", theme.deleted),
        Event::Stale => ("▲", theme.stale),
        Event::Failed => ("✖", theme.failed),
    }
}

/// A record's name in the list.
pub(super) fn name(deed: &Deed) -> String {
    let id = deed.id.as_ref().map_or_else(|| "without an id".to_owned(), ToString::to_string);
    visible(&format!("{} {id}", type_name(&deed.kind))).into_owned()
}

pub(super) fn draw(model: &Model, opened: &Opened, buf: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    let (list, wanted) = (&opened.list, &opened.wanted);
    let focus = model.history.pane == Pane::Changes;
    let head = if focus { theme.accent.patch(theme.heading) } else { theme.heading };
    let parts: Vec<_> =
        wanted.event.map(Event::as_str).into_iter().chain(wanted.kind.as_deref()).map(visible).collect();
    let room = usize::from(area.width).saturating_sub(12);
    let title = if parts.is_empty() { "record".to_owned() } else { format!("{} only", parts.join(" ")) };
    line(buf, area, 0, vec![gap(3), s(cells::fit(&title, room).into_owned(), head)]);
    line_right(buf, area, 0, vec![s("page", theme.heading), gap(1)]);
    if list.rows.is_empty() {
        let text = match (list.loaded, parts.is_empty()) {
            (false, _) => "reading …",
            (true, false) => "none",
            (true, true) => "nothing was created, updated or deleted",
        };
        line(buf, area, 1, vec![gap(1), s(text, theme.dim)]);
    }
    let height = usize::from(area.height).saturating_sub(1);
    let top = list.window(height);
    for (row, deed) in list.rows.iter().enumerate().skip(top).take(height) {
        let here = row == list.cursor;
        let (sign, style) = sign(model, deed.event);
        let page = deed.page.map_or_else(|| "–".to_owned(), |page| page.to_string());
        let room = usize::from(area.width).saturating_sub(cells::width(&page) + 6);
        let y = row - top + 1;
        line(
            buf,
            area,
            y,
            vec![
                s(if here { "▸" } else { " " }, theme.accent),
                s(format!("{sign} "), style),
                s(cells::left(&name(deed), room), theme.text),
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
