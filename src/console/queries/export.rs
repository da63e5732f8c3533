//! The rows of a statement as a file, CSV or JSON lines: streamed.

use std::io;
use std::path::Path;
use std::time::Instant;

use crate::console::inbox::TELL;
use crate::console::rows::{Form, Rows};
use crate::console::values;
use crate::mirror::reader::Value;
use crate::mirror::{MirrorError, Reader};
use crate::spreadsheet::Formulas;

/// Writes all rows of a statement to a new file, as CSV where its name ends so, else a JSON object a line; how many
/// there are. Until it is `stopped`: then nothing is left.
///
/// # Errors
/// The statement fails; or the file, within.
pub(super) fn write(
    reader: &Reader,
    sql: &str,
    path: &Path,
    formulas: Formulas,
    tell: &mut dyn FnMut(u64),
    stopped: &dyn Fn() -> bool,
) -> Result<io::Result<u64>, MirrorError> {
    let mut file = match Rows::begin(path, formulas) {
        Ok(begun) => begun,
        Err(e) => return Ok(Err(e)),
    };
    let mut names = Vec::new();
    let (mut rows, mut failed, mut told) = (0, None, Instant::now());
    let mut begun = false;
    let mut row = |names: &[String], values: Vec<Value>| {
        let done = if std::mem::replace(&mut begun, true) { Ok(()) } else { heading(&mut file, names) };
        if let Err(e) = done.and_then(|()| write_row(file.form(), names, &values)) {
            failed = Some(e);
        }
        rows += 1;
        if told.elapsed() >= TELL {
            told = Instant::now();
            tell(rows);
        }
        failed.is_none() && !stopped()
    };
    let heard = std::cell::RefCell::new(&mut names);
    reader.query(sql, &mut |columns| **heard.borrow_mut() = values::distinct(columns), &mut |values| {
        row(&heard.borrow(), values)
    })?;
    if let Some(e) = failed {
        return Ok(Err(e));
    }
    if stopped() {
        return Err(MirrorError::Stopped);
    }
    // A file without rows still says its columns.
    let ended = if begun { Ok(()) } else { heading(&mut file, &names) };
    Ok(ended.and_then(|()| file.end()).map(|()| rows))
}

fn heading(file: &mut Rows, names: &[String]) -> io::Result<()> {
    file.heading(names.iter().map(String::as_str))
}

fn write_row(form: &mut Form, names: &[String], row: &[Value]) -> io::Result<()> {
    match form {
        Form::Csv(csv, formulas) => {
            let cells = row.iter().map(|value| values::cell(value, *formulas));
            csv.write_record(cells).map_err(io::Error::from)
        }
        Form::Lines(out) => values::write_object(names, row, out),
    }
}
