//! Keys with what they do, side by side in a line: where each of them stands, for who draws and for who points at it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::super::action::Action;
use super::super::cells;
use super::super::theme::Theme;
use super::paint::{hint, line_at};

/// Columns between two of them.
const GAP: u16 = 3;

/// A key with what it does, and its columns in the line.
pub(super) struct Hint {
    pub(super) action: Action,
    pub(super) key: String,
    pub(super) word: &'static str,
    pub(super) from: u16,
    /// Behind its last column.
    pub(super) to: u16,
}

/// Gives each its place, from a column on.
pub(super) fn lay_out(
    keys: impl IntoIterator<Item = (Action, String, &'static str)>,
    column: u16,
) -> Vec<Hint> {
    let mut from = column;
    let place = |(action, key, word): (Action, String, &'static str)| {
        let to = from + (cells::width(&key) + 1 + cells::width(word)) as u16;
        let hint = Hint { action, key, word, from, to };
        from = to + GAP;
        hint
    };
    keys.into_iter().map(place).collect()
}

/// Draws them in a row of an area.
pub(super) fn draw(hints: &[Hint], theme: &Theme, buf: &mut Buffer, area: Rect, row: usize) {
    for Hint { key, word, from, .. } in hints {
        line_at(buf, area, row, usize::from(*from), hint(key, word, theme));
    }
}

/// What the one at a column of the line does.
pub(super) fn at(hints: &[Hint], column: u16) -> Option<Action> {
    hints.iter().find(|hint| (hint.from..hint.to).contains(&column)).map(|hint| hint.action)
}
