//! The rows of a statement, as far as they are kept, and where one is among them. Columns keep the width that the first
//! rows gave them, so that nothing jumps while more come.

use super::super::cells;
use crate::text::visible;

/// The widest a column asks to be.
const WIDEST: usize = 40;
/// The narrowest and the widest that somebody can make it.
const NARROWEST: usize = 4;
const BROADEST: usize = 200;
/// Rows that decide about the columns' widths.
const SAMPLE: usize = 200;
/// Characters of a value that a cell on the screen looks at.
pub const SHOWN: usize = 400;
/// Columns between two columns.
pub const GAP: usize = 2;

/// A value of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// What it is.
    pub kind: CellKind,
    /// As text, exact; not visible yet.
    pub text: Box<str>,
    /// Whether the text is only the beginning.
    pub cut: bool,
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellKind {
    /// NULL.
    Null,
    /// An integer or a double.
    Number,
    /// Text.
    Text,
    /// Bytes, as hexadecimal digits.
    Blob,
}

impl Cell {
    /// The beginning, in a line, visible.
    pub fn shown(&self) -> String {
        let text: String = self.text.chars().take(SHOWN).collect();
        visible(&text).into_owned()
    }
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name, visible.
    pub name: String,
    /// The columns of a terminal that it takes.
    pub width: usize,
    /// Whether its values are numbers: then they stand to the right.
    pub number: bool,
}

/// The rows and the cursor.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grid {
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows.
    pub rows: Vec<Vec<Cell>>,
    /// The cursor's row.
    pub row: usize,
    /// The cursor's column.
    pub column: usize,
    /// The first row on the screen, at the last step.
    top: usize,
    /// The first column on the screen, at the last step.
    left: usize,
}

impl Grid {
    /// An empty grid of these columns.
    pub fn new(names: &[String]) -> Self {
        let column = |name: &String| {
            let name: String = name.chars().take(SHOWN).collect();
            let name = visible(&name).into_owned();
            Column { width: cells::width(&name).clamp(4, WIDEST), name, number: true }
        };
        Self { columns: names.iter().map(column).collect(), ..Self::default() }
    }

    /// Takes more rows.
    pub fn extend(&mut self, rows: Vec<Vec<Cell>>) {
        let sample = SAMPLE.saturating_sub(self.rows.len());
        for row in rows.iter().take(sample) {
            for (column, cell) in self.columns.iter_mut().zip(row) {
                if cell.kind == CellKind::Null {
                    continue;
                }
                column.number &= cell.kind == CellKind::Number;
                if column.width < WIDEST {
                    column.width = column.width.max(cells::width(&cell.shown())).min(WIDEST);
                }
            }
        }
        self.rows.extend(rows);
    }

    /// Makes the cursor's column wider or narrower; it keeps at least what shows that there is something.
    pub fn widen(&mut self, by: isize) {
        if let Some(column) = self.columns.get_mut(self.column) {
            column.width = column.width.saturating_add_signed(by).clamp(NARROWEST, BROADEST);
        }
    }

    /// The value under the cursor, with its column.
    pub fn current(&self) -> Option<(&Column, &Cell)> {
        Some((self.columns.get(self.column)?, self.rows.get(self.row)?.get(self.column)?))
    }

    /// Columns of a terminal that the rows' numbers take.
    pub fn numbers(&self) -> usize {
        crate::text::grouped(self.rows.len() as u64).len().max(3)
    }

    /// The columns that are on the screen from `left` on, each with the width it gets where `room` is there. The last
    /// may be cut.
    pub fn lay_out(&self, left: usize, room: usize) -> Vec<(usize, usize)> {
        let mut out = Vec::new();
        let mut free = room;
        for (at, column) in self.columns.iter().enumerate().skip(left) {
            let gap = if out.is_empty() { 0 } else { GAP };
            if free < gap + column.width.min(8) {
                break;
            }
            let width = column.width.min(free - gap);
            free -= gap + width;
            out.push((at, width));
        }
        if out.is_empty() && left < self.columns.len() {
            out.push((left, room));
        }
        out
    }

    /// Moves the cursor by rows and columns, and the window with it; `height` rows and `room` columns are on the
    /// screen.
    pub fn step(&mut self, rows: isize, columns: isize, height: usize, room: usize) {
        self.row = self.row.saturating_add_signed(rows).min(self.rows.len().saturating_sub(1));
        let last = self.columns.len().saturating_sub(1);
        self.column = self.column.saturating_add_signed(columns).min(last);
        self.follow(height, room);
    }

    /// The window is where the screen shows it.
    fn follow(&mut self, height: usize, room: usize) {
        (self.top, self.left) = self.window(height, room);
    }

    /// The first row and the first column that are shown where there is so much room: those of the last step, or as far
    /// from them as the cursor needs. A resize changes nothing for good.
    pub fn window(&self, height: usize, room: usize) -> (usize, usize) {
        let mut left = self.left.min(self.column);
        while left < self.column && !self.whole(left, room) {
            left += 1;
        }
        (super::window(self.top, self.row, height, self.rows.len()), left)
    }

    /// Whether the cursor's column is on the screen as wide as it asks to be.
    fn whole(&self, left: usize, room: usize) -> bool {
        let at = self.lay_out(left, room).into_iter().find(|(at, _)| *at == self.column);
        at.is_some_and(|(at, width)| width == self.columns[at].width)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Cell {
        Cell { kind: CellKind::Text, text: text.into(), cut: false }
    }

    fn number(text: &str) -> Cell {
        Cell { kind: CellKind::Number, ..self::text(text) }
    }

    fn null() -> Cell {
        Cell { kind: CellKind::Null, ..text("") }
    }

    fn grid() -> Grid {
        let mut grid = Grid::new(&["id".into(), "name".into(), "note".into()]);
        let row = |n: usize| vec![number(&n.to_string()), text("阿部 花子"), text(&"x".repeat(100))];
        grid.extend((0..50).map(row).collect());
        grid
    }

    #[test]
    fn widths_come_from_the_first_rows_and_stay() {
        let mut grid = grid();
        let widths: Vec<_> = grid.columns.iter().map(|c| c.width).collect();
        assert_eq!(widths, [4, 9, 40]);
        assert_eq!(grid.columns.iter().map(|c| c.number).collect::<Vec<_>>(), [true, false, false]);
        grid.extend((0..200).map(|_| vec![null(), null(), null()]).collect());
        grid.extend(vec![vec![text("a long text at last"), null(), null()]]);
        assert_eq!(grid.columns[0].width, 4);
        assert!(grid.columns[0].number, "NULL says nothing about a column");
    }

    #[test]
    fn the_cursor_stays_on_the_screen_in_both_directions() {
        let mut grid = grid();
        grid.step(1_000, 0, 10, 60);
        assert_eq!((grid.row, grid.top), (49, 40));
        grid.step(-15, 0, 10, 60);
        assert_eq!((grid.row, grid.top), (34, 34));
        assert_eq!(grid.lay_out(0, 30), [(0, 4), (1, 9), (2, 13)]);
        grid.step(0, 2, 10, 44);
        assert_eq!((grid.column, grid.left), (2, 2));
        grid.step(0, -9, 10, 44);
        assert_eq!((grid.column, grid.left), (0, 0));
        grid.step(isize::MIN, isize::MIN, 0, 0);
        grid.step(isize::MAX, isize::MAX, 0, 0);
        assert_eq!((grid.row, grid.column), (49, 2));
    }

    #[test]
    fn what_is_laid_out_fits() {
        let grid = grid();
        for room in 0..80 {
            for left in 0..4 {
                let columns = grid.lay_out(left, room);
                let used: usize =
                    columns.iter().map(|c| c.1).sum::<usize>() + GAP * columns.len().saturating_sub(1);
                assert!(used <= room, "{left} {room} {columns:?}");
            }
        }
    }
}
