//! A line that is typed: its text around the cursor, scrolled sideways where it is longer than its place.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use unicode_segmentation::UnicodeSegmentation;

use super::super::cells;
use super::super::edit::Line;
use super::super::theme::Theme;
use super::paint::{line, s};
use crate::text::visible;

/// Draws the line in the first row of `area`; the cursor is shown where keys go there.
pub(super) fn draw(typed: &Line, focus: bool, theme: &Theme, buf: &mut Buffer, area: Rect) {
    let width = usize::from(area.width);
    if width < 4 {
        return;
    }
    let (before, after) = typed.halves();
    let (before, after) = (visible(before), visible(after));
    // What is before the cursor, from its end back, as far as there is room; a mark says that there is more.
    let room = if after.is_empty() { width - 1 } else { (width * 3 / 4).min(width - 2) };
    let shown = tail(&before, room);
    let cut = shown.len() < before.len();
    let shown = if cut { tail(&before, room - 1) } else { shown };
    let used = cells::width(shown) + usize::from(cut);
    let mut rest = after.graphemes(true);
    let under = rest.next().unwrap_or(" ").to_owned();
    let behind = cells::fit(rest.as_str(), width.saturating_sub(used + cells::width(&under))).into_owned();
    let cursor = if focus { theme.text.add_modifier(Modifier::REVERSED) } else { theme.text };
    let text = if focus { theme.text } else { theme.dim };
    let mark = if cut { s("…", theme.dim) } else { s("", Style::new()) };
    line(buf, area, 0, vec![mark, s(shown.to_owned(), text), s(under, cursor), s(behind, text)]);
}

/// The end of a text that takes so many columns at the most.
fn tail(text: &str, columns: usize) -> &str {
    let mut used = 0;
    for (at, grapheme) in text.grapheme_indices(true).rev() {
        used += cells::width(grapheme);
        if used > columns {
            return &text[at + grapheme.len()..];
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cursor_is_seen_wherever_it_is() {
        let theme = Theme::default();
        for text in ["", "short", "阿部 花子 ".repeat(9).as_str(), "SELECT ".repeat(20).as_str()] {
            let mut typed = Line::default();
            typed.insert(text);
            for _ in 0..=typed.text().graphemes(true).count() {
                for width in [4, 5, 10, 33] {
                    let area = Rect::new(0, 0, width, 1);
                    let mut buf = Buffer::empty(area);
                    draw(&typed, true, &theme, &mut buf, area);
                    let seen =
                        buf.content().iter().filter(|c| c.modifier.contains(Modifier::REVERSED)).count();
                    assert!((1..=2).contains(&seen), "{typed:?} {width}: {buf:?}");
                }
                typed.edit(super::super::super::edit::Edit::Left);
            }
        }
    }
}
