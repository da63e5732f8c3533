//! The question before a new device, over a screen: what it means, and the line to type.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::super::cells;
use super::super::model::Model;
use super::over;
use super::paint::{line, s};
use super::typed;
use crate::text::grouped;

/// Where it stands.
pub(super) fn outer(area: Rect) -> Rect {
    over::centred(area, over::width(area), 13)
}

pub(super) fn draw(model: &Model, buf: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    let outer = outer(area);
    over::frame(model, buf, outer, "A new device");
    let inner = Rect { x: outer.x + 3, y: outer.y + 1, width: outer.width - 6, height: outer.height - 2 };
    let Some(device) = model.replacing.device else { return };
    line(buf, inner, 1, vec![s("device ", theme.dim), s(device.to_string(), theme.text)]);
    let pending = match model.pending() {
        0 => String::new(),
        n => format!(" The {} pending acks are dropped: they are the old device's.", grouped(n)),
    };
    let meaning = format!(
        "The mirror becomes a device that the service has never seen: everything is sent again. The records stay; what \
         was deleted in the account and is not synchronized yet stays too, so synchronize first.{pending}"
    );
    let mut row = 3;
    for text in cells::wrap(&meaning, inner.width.into()) {
        line(buf, inner, row, vec![s(text, theme.text)]);
        row += 1;
    }
    row += 1;
    let ask = "its first eight characters ";
    line(buf, inner, row, vec![s(ask, theme.dim)]);
    let at = cells::width(ask) as u16;
    let place = Rect { x: inner.x + at, y: inner.y + row as u16, width: inner.width - at, height: 1 };
    typed::draw(&model.replacing.line, true, theme, buf, place);
}
