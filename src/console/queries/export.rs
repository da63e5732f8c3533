//! The rows of a statement as a file, CSV or JSON lines: streamed, whole or not at all.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::console::draft::Draft;
use crate::console::values;
use crate::mirror::reader::Value;
use crate::mirror::{MirrorError, Reader};
use crate::spreadsheet::Formulas;

/// How often is told how far it is.
const TELL: Duration = Duration::from_millis(100);

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
    let (draft, file) = match Draft::begin(path) {
        Ok(begun) => begun,
        Err(e) => return Ok(Err(e)),
    };
    let csv = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("csv"));
    let mut names = Vec::new();
    let mut form = Form::new(file, csv.then_some(formulas));
    let (mut rows, mut failed, mut told) = (0, None, Instant::now());
    let mut begun = false;
    let mut row = |names: &[String], values: Vec<Value>| {
        let done = if std::mem::replace(&mut begun, true) { Ok(()) } else { form.heading(names) };
        if let Err(e) = done.and_then(|()| form.row(names, &values)) {
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
    let ended = if begun { Ok(()) } else { form.heading(&names) };
    Ok(ended.and_then(|()| form.end()).and_then(|()| draft.place()).map(|()| rows))
}

/// How rows are written.
enum Form {
    Csv(Box<csv::Writer<BufWriter<File>>>, Formulas),
    Lines(BufWriter<File>),
}

impl Form {
    fn new(file: File, csv: Option<Formulas>) -> Self {
        let out = BufWriter::new(file);
        match csv {
            Some(formulas) => Self::Csv(Box::new(csv::Writer::from_writer(out)), formulas),
            None => Self::Lines(out),
        }
    }

    fn heading(&mut self, names: &[String]) -> io::Result<()> {
        match self {
            Self::Csv(csv, formulas) => csv
                .write_record(names.iter().map(|name| formulas.word(name.clone())))
                .map_err(io::Error::from),
            Self::Lines(_) => Ok(()),
        }
    }

    fn row(&mut self, names: &[String], row: &[Value]) -> io::Result<()> {
        match self {
            Self::Csv(csv, formulas) => {
                let cells = row.iter().map(|value| values::cell(value, *formulas));
                csv.write_record(cells).map_err(io::Error::from)
            }
            Self::Lines(out) => values::write_object(names, row, out),
        }
    }

    fn end(self) -> io::Result<()> {
        let out = match self {
            Self::Csv(csv, _) => csv.into_inner().map_err(|e| io::Error::other(e.to_string()))?,
            Self::Lines(out) => out,
        };
        let mut file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.flush()
    }
}
