//! `drainboard query`: one read-only statement on the mirror, as a table, CSV or lines of JSON. Streams: memory does
//! not grow with the answer.

use std::io::{self, IsTerminal, Write};
use std::path::Path;

use super::arguments::Query;
use super::output::{self, Ending, Failure};
use super::table::Table;
use crate::config::Color;
use crate::console::values;
use crate::mirror::reader::Value;
use crate::mirror::{MirrorError, Reader};
use crate::spreadsheet::Formulas;

/// Runs the statement and writes its answer.
pub(super) fn run(query: &Query, mirror: &Path, color: Color) -> Ending {
    let opened = match query.as_of {
        None => Reader::open_for_statements(mirror),
        Some(session) => Reader::open_as_of(mirror, session),
    };
    let reader = opened.map_err(of_query)?;
    let mut sheet = Sheet::new(query, color);
    // The columns and the rows are two callbacks of one statement; both write to the same sheet.
    let sheet_cell = std::cell::RefCell::new(&mut sheet);
    reader
        .query(&query.sql, &mut |columns| sheet_cell.borrow_mut().columns(columns), &mut |row| {
            sheet_cell.borrow_mut().row(row)
        })
        .map_err(of_query)?;
    output::written(sheet.finish())
}

/// A statement that cannot run is a failure like any other; everything else is the mirror's.
fn of_query(error: MirrorError) -> Failure {
    match error {
        MirrorError::Query { reason } => Failure::other(format!("the query cannot run: {reason}")),
        error => Failure::mirror(error),
    }
}

/// The answer in one of its forms. The first error of the stream ends the writing and is kept.
struct Sheet {
    form: Form,
    result: io::Result<()>,
}

enum Form {
    Table(Table<output::Stdout>),
    Csv(Box<csv::Writer<output::Stdout>>, Formulas),
    Json { out: output::Stdout, names: Vec<String> },
}

impl Sheet {
    fn new(query: &Query, color: Color) -> Self {
        let out = output::stdout();
        let form = if query.csv {
            Form::Csv(Box::new(csv::Writer::from_writer(out)), Formulas::disarmed(query.csv_safe))
        } else if query.json {
            Form::Json { out, names: Vec::new() }
        } else {
            Form::Table(Table::new(out, output::colored(color), io::stdout().is_terminal()))
        };
        Self { form, result: Ok(()) }
    }

    fn columns(&mut self, columns: &[String]) {
        self.result = match &mut self.form {
            Form::Table(table) => {
                table.columns(columns);
                Ok(())
            }
            Form::Csv(..) if columns.is_empty() => Ok(()),
            Form::Csv(csv, formulas) => {
                let names = columns.iter().map(|name| formulas.word(name.clone()));
                csv.write_record(names.map(String::into_bytes)).map_err(io_error)
            }
            Form::Json { names, .. } => {
                *names = values::distinct(columns);
                Ok(())
            }
        };
    }

    /// Writes a row; false where the stream takes no more.
    fn row(&mut self, row: Vec<Value>) -> bool {
        if self.result.is_ok() {
            self.result = match &mut self.form {
                Form::Table(table) => table.row(row),
                Form::Csv(csv, formulas) => {
                    let cells = row.iter().map(|value| values::cell(value, *formulas));
                    csv.write_record(cells).map_err(io_error)
                }
                Form::Json { out, names } => values::write_object(names, &row, out),
            };
        }
        self.result.is_ok()
    }

    fn finish(self) -> io::Result<()> {
        self.result?;
        match self.form {
            Form::Table(table) => table.finish(),
            Form::Csv(mut csv, _) => csv.flush(),
            Form::Json { mut out, .. } => out.flush(),
        }
    }
}

fn io_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}
