//! A table for people, aligned by what characters take on a terminal. The first rows are held back to learn the
//! columns' widths; every later row is written at once.

use std::borrow::Cow;
use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

use crate::console::values;
use crate::mirror::reader::Value;
use crate::text::visible;

/// Rows that decide the widths.
const SAMPLE: usize = 256;
/// A cell is cut to this many columns on a terminal; elsewhere nothing is cut.
const WIDEST: usize = 60;

/// The table being written. Rows wider than the sample's lose their alignment and nothing else.
pub(super) struct Table<W: Write> {
    out: W,
    dim_nulls: bool,
    cut: bool,
    headers: Vec<String>,
    sample: Vec<Vec<Value>>,
    layout: Option<Vec<Layout>>,
    rows: u64,
}

/// A column's width, and the side it hugs.
#[derive(Clone, Copy)]
struct Layout {
    width: usize,
    right: bool,
}

impl<W: Write> Table<W> {
    /// A table without columns. `dim_nulls` needs colours, `cut` a reader who looks at a screen.
    pub(super) fn new(out: W, dim_nulls: bool, cut: bool) -> Self {
        Self { out, dim_nulls, cut, headers: Vec::new(), sample: Vec::new(), layout: None, rows: 0 }
    }

    /// Names the columns.
    pub(super) fn columns(&mut self, columns: &[String]) {
        self.headers = columns.iter().map(|name| visible(name).into_owned()).collect();
    }

    /// Adds a row.
    ///
    /// # Errors
    /// What the writer says.
    pub(super) fn row(&mut self, row: Vec<Value>) -> io::Result<()> {
        self.rows += 1;
        if let Some(layout) = self.layout.take() {
            let written = self.write_row(&row, &layout);
            self.layout = Some(layout);
            return written;
        }
        self.sample.push(row);
        if self.sample.len() == SAMPLE { self.begin() } else { Ok(()) }
    }

    /// Writes what is held back.
    ///
    /// # Errors
    /// What the writer says.
    pub(super) fn finish(mut self) -> io::Result<()> {
        if self.layout.is_none() && !self.headers.is_empty() {
            self.begin()?;
        }
        self.out.flush()
    }

    /// Fixes the layout, writes the header and the sample.
    fn begin(&mut self) -> io::Result<()> {
        let sample = std::mem::take(&mut self.sample);
        let layout: Vec<Layout> =
            (0..self.headers.len()).map(|column| self.measure(column, &sample)).collect();
        let last = layout.len() - 1;
        for (i, (header, column)) in self.headers.iter().zip(&layout).enumerate() {
            write_padded(&mut self.out, header, header.width(), *column, i == last)?;
        }
        for (i, column) in layout.iter().enumerate() {
            let end = if i == last { "\n" } else { "  " };
            write!(self.out, "{}{end}", "─".repeat(column.width))?;
        }
        for row in &sample {
            self.write_row(row, &layout)?;
        }
        self.layout = Some(layout);
        Ok(())
    }

    fn measure(&self, column: usize, sample: &[Vec<Value>]) -> Layout {
        let cells = sample.iter().filter_map(|row| row.get(column));
        let widest = cells.clone().map(|value| self.cell(value).width()).max().unwrap_or(0);
        let mut known = cells.filter(|value| **value != Value::Null).peekable();
        let right = known.peek().is_some() && known.all(|v| matches!(v, Value::Integer(_) | Value::Real(_)));
        Layout { width: widest.max(self.headers[column].width()), right }
    }

    fn write_row(&mut self, row: &[Value], layout: &[Layout]) -> io::Result<()> {
        for (i, (value, column)) in row.iter().zip(layout).enumerate() {
            let cell = self.cell(value);
            let width = cell.width();
            if self.dim_nulls && *value == Value::Null {
                let dim = format!("\x1b[2m{cell}\x1b[0m");
                write_padded(&mut self.out, &dim, width, *column, i + 1 == layout.len())?;
            } else {
                write_padded(&mut self.out, &cell, width, *column, i + 1 == layout.len())?;
            }
        }
        Ok(())
    }

    fn cell<'a>(&self, value: &'a Value) -> Cow<'a, str> {
        let text = match value {
            Value::Null => Cow::Borrowed("NULL"),
            Value::Integer(n) => n.to_string().into(),
            Value::Real(x) => values::real(*x).into(),
            Value::Text(text) => visible(text),
            Value::Blob(bytes) => format!("x'{}'", hex::encode(bytes)).into(),
        };
        if self.cut && text.width() > WIDEST { cut(&text).into() } else { text }
    }
}

/// The longest beginning that leaves room for the sign that something is missing.
fn cut(text: &str) -> String {
    use unicode_segmentation::UnicodeSegmentation;
    let mut width = 0;
    let kept: String = text
        .graphemes(true)
        .take_while(|grapheme| {
            width += grapheme.width();
            width < WIDEST
        })
        .collect();
    kept + "…"
}

/// Writes a cell and the blanks that align it; the last of a row ends the line and gets none behind it.
fn write_padded(
    out: &mut impl Write,
    cell: &str,
    width: usize,
    column: Layout,
    last: bool,
) -> io::Result<()> {
    let blanks = column.width.saturating_sub(width);
    if column.right {
        write!(out, "{:blanks$}{cell}", "")?;
    } else if last {
        write!(out, "{cell}")?;
    } else {
        write!(out, "{cell}{:blanks$}", "")?;
    }
    out.write_all(if last { b"\n" } else { b"  " })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(cut: bool, columns: &[&str], rows: Vec<Vec<Value>>) -> String {
        let mut out = Vec::new();
        let mut table = Table::new(&mut out, false, cut);
        table.columns(&columns.iter().map(|&name| name.to_owned()).collect::<Vec<_>>());
        for row in rows {
            table.row(row).unwrap();
        }
        table.finish().unwrap();
        String::from_utf8(out).unwrap()
    }

    fn text(value: &str) -> Value {
        Value::Text(value.into())
    }

    #[test]
    fn wide_characters_are_aligned_and_controls_visible() {
        let rows = vec![
            vec![Value::Integer(7), text("阿部 花子"), text("a\x1b[31m")],
            vec![Value::Integer(1204), text("Åsa"), Value::Null],
        ];
        assert_eq!(
            table(false, &["id", "name", "x"], rows),
            "  id  name       x\n────  ─────────  ──────\n   7  阿部 花子  a␛[31m\n1204  Åsa        NULL\n"
        );
    }

    #[test]
    fn only_a_screen_gets_cut_cells() {
        let long = "阿".repeat(100);
        let whole = table(false, &["x"], vec![vec![text(&long)]]);
        assert!(whole.contains(&long));
        let cut = table(true, &["x"], vec![vec![text(&long)]]);
        assert_eq!(cut.lines().last().map(UnicodeWidthStr::width), Some(59));
    }

    #[test]
    fn an_answer_without_rows_has_a_header_and_rows_behind_the_sample_come_too() {
        assert_eq!(table(false, &["a", "b"], Vec::new()), "a  b\n─  ─\n");
        let rows = (0..1000).map(|n| vec![Value::Integer(n)]).collect();
        assert_eq!(table(false, &["n"], rows).lines().count(), 1002);
    }
}
