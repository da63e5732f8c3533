//! A value in full, over the screen.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::super::action::Action;
use super::super::cells;
use super::super::model::Model;
use super::over;
use super::paint::{line, line_right, s};
use crate::text::{bytes, grouped, visible};

/// Where it stands: as high as the value is, as far as there is room.
pub(super) fn outer(model: &Model, area: Rect) -> Rect {
    let body = super::body(area);
    let width = over::beside(area, 12);
    let lines = model.whole.lines(usize::from(width).saturating_sub(4)).len();
    over::centred(body, width, body.height.min(u16::try_from(lines + 3).unwrap_or(u16::MAX)))
}

/// The value's lines; below them is one about it.
fn inner(outer: Rect) -> Rect {
    let inside = over::inside(outer);
    Rect { height: inside.height.saturating_sub(1), ..inside }
}

/// Lines of the value, all of them and those on the screen.
pub(super) fn room(model: &Model, area: Rect) -> (usize, usize) {
    let inner = inner(outer(model, area));
    (model.whole.lines(inner.width.into()).len(), inner.height.into())
}

pub(super) fn draw(model: &Model, buf: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    let outer = outer(model, area);
    let inner = inner(outer);
    let title =
        cells::fit(&visible(&model.whole.title), usize::from(outer.width).saturating_sub(8)).into_owned();
    over::frame(model, buf, outer, &title);
    let lines = model.whole.lines(inner.width.into());
    let height = usize::from(inner.height);
    let from = model.whole.scroll.min(lines.len().saturating_sub(height));
    let all = lines.len();
    for (row, text) in lines.into_iter().skip(from).take(height).enumerate() {
        line(buf, inner, row, vec![s(text, theme.text)]);
    }
    let below = Rect { y: inner.bottom(), height: 1, ..inner };
    let size = bytes(model.whole.text.len() as u64);
    let size = if model.whole.cut { format!("the first {size}; a file has all of it") } else { size };
    line(buf, below, 0, vec![s(size, if model.whole.cut { theme.pending } else { theme.dim })]);
    if all > height {
        let text = format!("{}–{} of {}", from + 1, (from + height).min(all), grouped(all as u64));
        line_right(buf, below, 0, vec![s(text, theme.dim)]);
    }
}

/// The keys that matter now.
pub(super) fn footer() -> Vec<(Action, Option<&'static str>)> {
    let a = |action| (action, None);
    vec![
        a(Action::CopyCell),
        a(Action::Down),
        a(Action::PageDown),
        a(Action::Bottom),
        (Action::Back, Some("close")),
    ]
}
