//! An error or a notice that is too long for its line: whole, over the lower rows of a screen, until it is seen.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::{Clear, Widget};

use super::super::action::Action;
use super::super::cells;
use super::super::model::{Model, Notice};
use super::super::theme::Theme;
use super::paint::{gap, hint, line, line_right, rule, s};
use crate::text::visible;

/// Columns beside the text: its mark, and the key that takes it away with what it says.
const BESIDE: usize = 28;
/// Lines that it may take.
const MOST: usize = 5;

/// The first notice, where no line of the screen has room for it.
pub(super) fn long(model: &Model) -> Option<&Notice> {
    let room = usize::from(model.size.0).saturating_sub(BESIDE);
    model.notices.first().filter(|notice| cells::width(&visible(&notice.text)) > room)
}

/// Its sign and style, the same everywhere.
pub(super) fn mark(notice: &Notice, theme: &Theme) -> (&'static str, Style) {
    if notice.error { ("✖", theme.failed) } else { ("▲", theme.pending) }
}

/// What the key does that takes it away.
pub(super) fn seen(model: &Model) -> String {
    match model.notices.len() {
        0 | 1 => "seen".to_owned(),
        n => format!("seen, {} more", n - 1),
    }
}

pub(super) fn draw(model: &Model, buf: &mut Buffer, body: Rect) {
    let (Some(notice), None) = (long(model), model.overlay) else { return };
    let theme = &model.theme;
    let (mark, style) = mark(notice, theme);
    let lines = cells::wrap(&visible(&notice.text), usize::from(body.width).saturating_sub(4));
    let height = (lines.len().min(MOST) + 2).min(body.height.into());
    let area = Rect { y: body.y + body.height - height as u16, height: height as u16, ..body };
    Clear.render(area, buf);
    rule(buf, area, 0, theme);
    for (row, text) in lines.into_iter().take(height.saturating_sub(2)).enumerate() {
        let lead = if row == 0 { s(format!(" {mark} "), style) } else { gap(3) };
        line(buf, area, row + 1, vec![lead, s(text, style)]);
    }
    let key = model.keymap.key_of(Action::Back).unwrap_or_default();
    line_right(buf, area, height - 1, [hint(&key, &seen(model), theme), vec![gap(1)]].concat());
}
