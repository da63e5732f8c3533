//! The way of the cells to the terminal: crossterm's, made steady. It never asks the terminal anything (an answer would
//! come as input), and a grapheme of several characters, whose width programs and terminals see differently, cannot
//! shift what stands behind it: its cells are blanked first, and what follows is placed anew. So is what stands behind
//! right-to-left letters, for a terminal that turns such a run round on its own. A frame is sent as one
//! synchronized update, and a frame in which nothing has changed is not sent at all.

use std::io::{self, Write};
use std::iter::once;

use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use unicode_width::UnicodeWidthStr;

/// A synchronized update (mode 2026): no half frame is seen. Terminals that do not know it read over it.
const FRAME_BEGINS: &[u8] = b"\x1b[?2026h";
const FRAME_ENDS: &[u8] = b"\x1b[?2026l";

/// A backend that writes to `W`.
pub(super) struct Steady<W: Write> {
    inner: CrosstermBackend<W>,
    shown: Shown,
    /// A frame was begun and not ended.
    begun: bool,
    /// Anything was sent since it was asked last.
    sent: bool,
}

/// What stands in the cells: a grapheme that a terminal draws wider than it is spills into the next one, which is then
/// drawn again.
#[derive(Default)]
struct Shown {
    size: Size,
    cells: Vec<Cell>,
}

impl Shown {
    fn clear(&mut self, size: Size) {
        self.size = size;
        self.cells.clear();
        self.cells.resize(usize::from(size.width) * usize::from(size.height), Cell::default());
    }

    fn at(&self, x: u16, y: u16) -> Option<usize> {
        let inside = x < self.size.width && y < self.size.height;
        inside.then(|| usize::from(y) * usize::from(self.size.width) + usize::from(x))
    }

    /// A wide grapheme leaves nothing of its own in the cells that it covers, and nothing of what was there.
    fn insert(&mut self, x: u16, y: u16, cell: &Cell) {
        if let Some(at) = self.at(x, y) {
            self.cells[at].clone_from(cell);
        }
        for covered in 1..cell.symbol().width() as u16 {
            if let Some(at) = self.at(x.saturating_add(covered), y) {
                self.cells[at].clone_from(cell);
                self.cells[at].set_symbol(" ");
            }
        }
    }

    fn get(&self, x: u16, y: u16) -> Option<&Cell> {
        self.at(x, y).map(|at| &self.cells[at])
    }
}

impl<W: Write> Steady<W> {
    pub(super) fn new(out: W) -> Self {
        Self { inner: CrosstermBackend::new(out), shown: Shown::default(), begun: false, sent: false }
    }

    /// Whether anything was sent since this was asked last.
    pub(super) fn sent(&mut self) -> bool {
        std::mem::take(&mut self.sent)
    }

    /// What follows is shown all at once, by a terminal that can.
    fn begin(&mut self) -> io::Result<()> {
        if self.begun {
            return Ok(());
        }
        (self.begun, self.sent) = (true, true);
        self.inner.write_all(FRAME_BEGINS)
    }

    /// Blanks all of the contested graphemes that are about to go: a terminal may have put parts of one where no cell
    /// changes.
    fn wipe(&mut self, content: &[(u16, u16, &Cell)]) -> io::Result<()> {
        for (x, y, cell) in content {
            let Some(width) =
                self.shown.get(*x, *y).map(Cell::symbol).filter(|s| contested(s)).map(str::width)
            else {
                continue;
            };
            let mut blank = (*cell).clone();
            blank.set_symbol(" ");
            self.inner.draw((*x..*x + width as u16).map(|x| (x, *y, &blank)))?;
        }
        Ok(())
    }
}

/// Whether terminals disagree on its width: combining marks, joined emoji, conjuncts.
fn contested(symbol: &str) -> bool {
    !symbol.is_ascii() && symbol.chars().nth(1).is_some()
}

/// Whether a grapheme is written from right to left: Hebrew, Arabic, Syriac, Thaana, N'Ko and what lies beside them.
fn leftwards(symbol: &str) -> bool {
    let first = symbol.chars().next().map_or(0, u32::from);
    matches!(first, 0x0590..=0x08ff | 0xfb1d..=0xfdff | 0xfe70..=0xfeff | 0x1_0800..=0x1_0fff | 0x1_e800..=0x1_efff)
}

impl<W: Write> Backend for Steady<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let content: Vec<(u16, u16, &Cell)> = content.collect();
        // Where nothing has changed, nothing is sent.
        if content.is_empty() {
            return Ok(());
        }
        self.begin()?;
        self.wipe(&content)?;
        let mut plain: Vec<(u16, u16, &Cell)> = Vec::new();
        let mut content = content.into_iter().peekable();
        while let Some((x, y, cell)) = content.next() {
            self.shown.insert(x, y, cell);
            if !contested(cell.symbol()) {
                // Each call places its first cell, wherever the terminal believes to be.
                let turns = plain.last().is_some_and(|last| leftwards(last.2.symbol()));
                if turns && !leftwards(cell.symbol()) {
                    self.inner.draw(plain.drain(..))?;
                }
                plain.push((x, y, cell));
                continue;
            }
            self.inner.draw(plain.drain(..))?;
            let mut blank = cell.clone();
            blank.set_symbol(" ");
            let behind = x + cell.symbol().width() as u16;
            self.inner.draw((x..behind).map(|x| (x, y, &blank)))?;
            self.inner.draw(once((x, y, cell)))?;
            if content.peek().is_none_or(|next| (next.0, next.1) != (behind, y))
                && let Some(next) = self.shown.get(behind, y)
            {
                self.inner.draw(once((behind, y, next)))?;
            }
        }
        if plain.is_empty() { Ok(()) } else { self.inner.draw(plain.into_iter()) }
    }

    /// The cursor is hidden once, when the terminal is claimed.
    fn hide_cursor(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// And shown again when it is given back: whatever comes after that is not ours to write.
    fn show_cursor(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(Position::ORIGIN)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.inner.set_cursor_position(position)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.clear_region(ClearType::All)
    }

    fn clear_region(&mut self, region: ClearType) -> io::Result<()> {
        self.begin()?;
        self.shown.clear(self.size()?);
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
        if std::mem::take(&mut self.begun) {
            self.inner.write_all(FRAME_ENDS)?;
        }
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
        steady.shown.clear(Size::new(20, 1));
        let empty = Buffer::empty(buffer.area);
        steady.draw(empty.diff(&buffer).into_iter()).unwrap();
        drop(steady);
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains("\x1b[1;3H  "), "blanked: {text:?}");
        assert!(text.contains("\x1b[1;3H👩\u{200d}💻"), "placed: {text:?}");
        assert!(text.contains("\x1b[1;5Hcd"), "what follows: {text:?}");
    }

    #[test]
    fn what_follows_right_to_left_letters_is_placed_anew() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 20, 1));
        buffer.set_string(0, 0, "a שלום 12 مصر|b", Style::new());
        let before = Buffer::filled(buffer.area, ratatui::buffer::Cell::new("x"));
        let mut out = Vec::new();
        let mut steady = Steady::new(&mut out);
        steady.shown.clear(Size::new(20, 1));
        steady.draw(before.diff(&buffer).into_iter()).unwrap();
        drop(steady);
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains("a שלום"), "a run is one piece: {text:?}");
        assert!(text.contains("\x1b[1;7H 12 مصر"), "what follows the first: {text:?}");
        assert!(text.contains("\x1b[1;14H|b"), "what follows the second: {text:?}");
    }

    #[test]
    fn what_a_wide_grapheme_covered_does_not_come_back() {
        let frames = ["aíb", "阿b", "e\u{301} b", "e\u{302} b"].map(|text| {
            let mut frame = Buffer::empty(Rect::new(0, 0, 20, 1));
            frame.set_string(0, 0, text, Style::new());
            frame
        });
        let mut out = Vec::new();
        let mut steady = Steady::new(&mut out);
        steady.shown.clear(Size::new(20, 1));
        steady.draw(Buffer::empty(frames[0].area).diff(&frames[0]).into_iter()).unwrap();
        // The last two frames as a differ that leaves out what a wide grapheme covered would have them.
        steady.draw(frames[0].diff(&frames[1]).into_iter()).unwrap();
        steady.draw(once((0, 0, &frames[2][(0, 0)]))).unwrap();
        steady.draw(frames[2].diff(&frames[3]).into_iter()).unwrap();
        drop(steady);
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text.matches('í').count(), 1, "{text:?}");
    }

    #[test]
    fn a_contested_grapheme_goes_with_all_its_cells() {
        let mut before = Buffer::empty(Rect::new(0, 0, 20, 1));
        before.set_string(0, 0, "👩\u{200d}💻", Style::new());
        let mut out = Vec::new();
        let mut steady = Steady::new(&mut out);
        steady.shown.clear(Size::new(20, 1));
        steady.draw(Buffer::empty(before.area).diff(&before).into_iter()).unwrap();
        // As a differ has it to which the covered cell was blank and stays so.
        steady.draw(once((0, 0, &Cell::default()))).unwrap();
        drop(steady);
        let text = String::from_utf8(out).unwrap();
        let behind = text.rsplit("💻").next().unwrap();
        assert!(behind.contains("\x1b[1;1H  "), "{text:?}");
    }

    #[test]
    fn what_a_grapheme_spills_over_is_drawn_again() {
        let mut before = Buffer::empty(Rect::new(0, 0, 20, 1));
        before.set_string(1, 0, "x", Style::new());
        let mut after = before.clone();
        after.set_string(0, 0, "e\u{301}", Style::new());
        let mut out = Vec::new();
        let mut steady = Steady::new(&mut out);
        steady.shown.clear(Size::new(20, 1));
        steady.draw(Buffer::empty(before.area).diff(&before).into_iter()).unwrap();
        steady.draw(before.diff(&after).into_iter()).unwrap();
        drop(steady);
        let text = String::from_utf8(out).unwrap();
        assert!(text.rfind("\x1b[1;2Hx") > text.rfind("e\u{301}"), "{text:?}");
    }
}
