//! Rows of CSV. An empty text is `""` and nothing at all is nothing, which no writer of whole records can tell apart:
//! so the quoting is done here.

use std::io::{self, Write};

use super::cell::Cell;
use crate::spreadsheet::Formulas;

/// Writes the header.
pub(super) fn header<'a>(
    names: impl Iterator<Item = &'a str>,
    formulas: Formulas,
    out: &mut impl Write,
) -> io::Result<()> {
    for (at, name) in names.enumerate() {
        separate(at, out)?;
        field(&formulas.text(name.as_bytes().into()), out)?;
    }
    out.write_all(b"\n")
}

/// Writes a row.
pub(super) fn row(cells: &[Cell<'_>], formulas: Formulas, out: &mut impl Write) -> io::Result<()> {
    for (at, cell) in cells.iter().enumerate() {
        separate(at, out)?;
        match cell {
            Cell::Null => {}
            Cell::Text(text) => field(&formulas.text(text.as_bytes().into()), out)?,
            other => field(other.words().as_bytes(), out)?,
        }
    }
    out.write_all(b"\n")
}

fn separate(at: usize, out: &mut impl Write) -> io::Result<()> {
    if at > 0 { out.write_all(b",") } else { Ok(()) }
}

/// Quoted where it must be: empty, or with a quote, a comma or a line break in it.
fn field(text: &[u8], out: &mut impl Write) -> io::Result<()> {
    if !text.is_empty() && !text.iter().any(|b| matches!(b, b'"' | b',' | b'\n' | b'\r')) {
        return out.write_all(text);
    }
    out.write_all(b"\"")?;
    for (at, part) in text.split(|b| *b == b'"').enumerate() {
        if at > 0 {
            out.write_all(b"\"\"")?;
        }
        out.write_all(part)?;
    }
    out.write_all(b"\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_and_an_empty_text_are_two() {
        let mut out = Vec::new();
        let cells = [
            Cell::Null,
            Cell::text(""),
            Cell::text("a \"b\", c\nd"),
            Cell::text("=1"),
            Cell::integer(-1),
            Cell::Boolean(true),
            Cell::Nested(r#"["x"]"#),
            Cell::Null,
        ];
        row(&cells, Formulas::Exact, &mut out).unwrap();
        row(&cells[3..5], Formulas::Disarmed, &mut out).unwrap();
        header(["id", "+x"].into_iter(), Formulas::Disarmed, &mut out).unwrap();
        let expected = ",\"\",\"a \"\"b\"\", c\nd\",=1,-1,true,\"[\"\"x\"\"]\",\n'=1,-1\nid,'+x\n".as_bytes();
        assert_eq!(out, expected, "{}", String::from_utf8_lossy(&out));
    }
}
