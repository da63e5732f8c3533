//! Rows as a file: CSV or a line of JSON each, as its name ends. Whole or not there at all.

use std::io::{self, BufWriter};
use std::path::Path;

use crate::files::Draft;
use crate::spreadsheet::Formulas;

/// Endings of files with a JSON value a line.
const LINES: [&str; 3] = ["ndjson", "jsonl", "json"];

/// Whether a file of this name gets CSV; else it gets lines of JSON.
///
/// # Errors
/// What to write instead, where the name says neither.
pub(super) fn is_csv(place: &Path) -> Result<bool, &'static str> {
    let ending = place.extension().unwrap_or_default();
    let is = |known: &str| ending.eq_ignore_ascii_case(known);
    match is("csv") {
        false if !LINES.into_iter().any(is) => {
            Err("the name says no form: end it with .csv, or .ndjson, .jsonl, .json for a line of JSON each")
        }
        csv => Ok(csv),
    }
}

/// A file of rows that is being written. Dropped before its end, nothing of it is left.
pub(super) struct Rows {
    form: Form,
}

/// How rows are written.
pub(super) enum Form {
    /// Cells; texts that a spreadsheet would run are treated so.
    Csv(Box<csv::Writer<BufWriter<Draft>>>, Formulas),
    /// A JSON value a line.
    Lines(BufWriter<Draft>),
}

impl Rows {
    /// Begins a file for a place where nothing is.
    ///
    /// # Errors
    /// An I/O error; [`io::ErrorKind::AlreadyExists`] where something is there, [`io::ErrorKind::InvalidInput`] where
    /// the name does not say the form.
    pub(super) fn begin(place: &Path, formulas: Formulas) -> io::Result<Self> {
        let csv = is_csv(place).map_err(|why| io::Error::new(io::ErrorKind::InvalidInput, why))?;
        let out = BufWriter::new(Draft::begin(place)?);
        let form =
            if csv { Form::Csv(Box::new(csv::Writer::from_writer(out)), formulas) } else { Form::Lines(out) };
        Ok(Self { form })
    }

    /// The columns' names, where the form has a place for them.
    ///
    /// # Errors
    /// An I/O error.
    pub(super) fn heading<'a>(&mut self, names: impl IntoIterator<Item = &'a str>) -> io::Result<()> {
        match &mut self.form {
            Form::Csv(csv, formulas) => csv
                .write_record(names.into_iter().map(|name| formulas.word(name.to_owned())))
                .map_err(io::Error::from),
            Form::Lines(_) => Ok(()),
        }
    }

    /// Where the next row goes.
    pub(super) fn form(&mut self) -> &mut Form {
        &mut self.form
    }

    /// Moves the file to its place, durably.
    ///
    /// # Errors
    /// An I/O error; then nothing of it is left.
    pub(super) fn end(self) -> io::Result<()> {
        let out = match self.form {
            Form::Csv(csv, _) => csv.into_inner().map_err(|e| io::Error::other(e.to_string()))?,
            Form::Lines(out) => out,
        };
        out.into_inner().map_err(io::IntoInnerError::into_error)?.place()
    }
}
