//! The saved statements over a screen: a line to search in, names with the beginning of their text.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::{Clear, Widget};

use super::super::action::Action;
use super::super::cells;
use super::super::model::Model;
use super::help::{block, centred};
use super::paint::{gap, line, line_right, s};
use super::typed;
use crate::text::visible;

pub(super) fn draw(model: &Model, buf: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    let saved = &model.sql.saved;
    let body = super::body(area);
    let width = if area.width < 100 { area.width } else { area.width - 16 };
    let outer = centred(body, width, body.height.min(24));
    Clear.render(outer, buf);
    block(model, "Saved statements").render(outer, buf);
    let inner = Rect {
        x: outer.x + 2,
        y: outer.y + 1,
        width: outer.width.saturating_sub(4),
        height: outer.height.saturating_sub(2),
    };
    let found = saved.found();
    let chosen = saved.chosen.min(found.len().saturating_sub(1));
    line(buf, inner, 0, vec![s("› ", theme.accent)]);
    typed::draw(&saved.line, true, theme, buf, Rect { x: inner.x + 2, width: inner.width - 14, ..inner });
    let at = if found.is_empty() { 0 } else { chosen + 1 };
    line_right(buf, inner, 0, vec![s(format!("{at} of {}", found.len()), theme.dim)]);
    let list = Rect { y: inner.y + 2, height: inner.height.saturating_sub(2), ..inner };
    if found.is_empty() {
        let key = model.keymap.key_of(Action::SqlSave).unwrap_or_default();
        let text = if saved.all.is_empty() {
            format!("none yet: {key} saves the statement of the line under a name")
        } else {
            "none has this in its name or text".to_owned()
        };
        line(buf, list, 0, vec![s(text, theme.dim)]);
    }
    let names = found.iter().map(|kept| cells::width(&visible(&kept.name))).max().unwrap_or(0);
    let names = names.min(usize::from(inner.width) / 3);
    let room = usize::from(list.width).saturating_sub(names + 2);
    let height = usize::from(list.height);
    let top = (chosen + 1).saturating_sub(height);
    for (row, kept) in found.iter().skip(top).take(height).enumerate() {
        let name = s(cells::left(&visible(&kept.name), names), theme.text);
        let rest = if saved.doomed.as_ref() == Some(&kept.name) {
            let key = model.keymap.key_of(Action::SavedForget).unwrap_or_default();
            s(cells::left(&format!("{key} again forgets it"), room), theme.failed)
        } else {
            s(cells::left(&visible(&kept.sql), room), theme.dim)
        };
        line(buf, list, row, vec![name, gap(2), rest]);
        if top + row == chosen {
            buf.set_style(Rect { y: list.y + row as u16, height: 1, ..list }, theme.selected);
        }
    }
}

/// The keys that matter now.
pub(super) fn footer() -> Vec<(Action, Option<&'static str>)> {
    vec![
        (Action::Choose, None),
        (Action::SavedEdit, None),
        (Action::SavedForget, None),
        (Action::Down, None),
        (Action::Back, Some("close")),
    ]
}
