//! The way of the cells to the terminal: crossterm's, made steady. It never asks the terminal anything (an answer would
//! come as input), and a grapheme of several characters, whose width programs and terminals see differently, cannot
//! shift what stands behind it: its cells are blanked first, and what follows is placed anew.

use std::io::{self, Write};
use std::iter::once;

use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use unicode_width::UnicodeWidthStr;

/// A backend that writes to `W`.
pub(super) struct Steady<W: Write> {
    inner: CrosstermBackend<W>,
}

impl<W: Write> Steady<W> {
    pub(super) fn new(out: W) -> Self {
        Self { inner: CrosstermBackend::new(out) }
    }
}

/// Whether terminals disagree on its width: combining marks, joined emoji, conjuncts.
fn contested(symbol: &str) -> bool {
    !symbol.is_ascii() && symbol.chars().nth(1).is_some()
}

impl<W: Write> Backend for Steady<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let mut plain: Vec<(u16, u16, &Cell)> = Vec::new();
        for (x, y, cell) in content {
            if !contested(cell.symbol()) {
                plain.push((x, y, cell));
                continue;
            }
            self.inner.draw(plain.drain(..))?;
            let mut blank = cell.clone();
            blank.set_symbol(" ");
            let width = cell.symbol().width() as u16;
            self.inner.draw((x..x + width).map(|x| (x, y, &blank)))?;
            // Each call places its first cell, wherever the terminal believes to be.
            self.inner.draw(once((x, y, cell)))?;
        }
        if plain.is_empty() { Ok(()) } else { self.inner.draw(plain.into_iter()) }
    }

    /// The cursor is hidden once, when the terminal is claimed.
    fn hide_cursor(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.inner.show_cursor()
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(Position::ORIGIN)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.inner.set_cursor_position(position)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.inner.clear()
    }

    fn clear_region(&mut self, region: ClearType) -> io::Result<()> {
        self.inner.clear_region(region)
    }

    fn size(&self) -> io::Result<Size> {
        let (columns, rows) = super::size();
        Ok(Size::new(columns, rows))
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize { columns_rows: self.size()?, pixels: Size::ZERO })
    }

    fn flush(&mut self) -> io::Result<()> {
        Backend::flush(&mut self.inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    #[test]
    fn what_follows_a_contested_grapheme_is_placed_anew() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 20, 1));
        buffer.set_string(0, 0, "ab👩\u{200d}💻cd", Style::new());
        let mut out = Vec::new();
        let mut steady = Steady::new(&mut out);
        let empty = Buffer::empty(buffer.area);
        steady.draw(empty.diff(&buffer).into_iter()).unwrap();
        drop(steady);
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains("\x1b[1;3H  "), "blanked: {text:?}");
        assert!(text.contains("\x1b[1;3H👩\u{200d}💻"), "placed: {text:?}");
        assert!(text.contains("\x1b[1;5Hcd"), "what follows: {text:?}");
    }
}
