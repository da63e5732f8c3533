//! A view as a file: CSV or NDJSON.

use std::io::{self, Write};
use std::time::Instant;

use super::{Desk, dead};
use crate::console::inbox::TELL;
use crate::console::message::{Answer, Export, Message};
use crate::console::model::browse::Gone;
use crate::console::record::{self, one_line};
use crate::console::rows::{Form, Rows};
use crate::mirror::find::View;
use crate::mirror::reader::Row;
use crate::mirror::{MirrorError, Reader};
use crate::protocol::RecordId;
use crate::spreadsheet::Formulas;

/// Writes a view; says how many rows it has. Nothing is written over.
pub(super) fn write(
    desk: &Desk,
    reader: &Reader,
    number: u64,
    export: &Export,
) -> Result<io::Result<u64>, MirrorError> {
    let view = if export.dead {
        None
    } else {
        Some(reader.view(&export.query, None, &mut |_| desk.wanted(number))?)
    };
    let of = view.as_ref().and_then(View::hits).unwrap_or(export.of);
    let mut told = Instant::now();
    let mut heard = |rows: u64| {
        if told.elapsed() >= TELL {
            told = Instant::now();
            desk.inbox.push(Message::Read(Answer::Exporting(rows, of)));
        }
        desk.wanted(number)
    };
    let mut file = match begin(export, desk.formulas) {
        Ok(begun) => begun,
        Err(e) => return Ok(Err(e)),
    };
    let (mut rows, mut failed, mut going) = (0, None, true);
    let mut take = |row: &Row, gone: Option<&Gone>| {
        match write_row(file.form(), row, gone, &export.columns) {
            Ok(()) => rows += 1,
            Err(e) => failed = Some(e),
        }
        going = failed.is_none() && heard(rows);
        going
    };
    match &view {
        Some(view) => reader.each_row(view, &mut |row| take(&row, None))?,
        None => dead::each(reader, &export.query.kind, &mut |row, gone| take(&row, Some(&gone)))?,
    }
    match failed {
        Some(e) => Ok(Err(e)),
        None if !going && !desk.wanted(number) => Err(MirrorError::Stopped),
        None => Ok(file.end().map(|()| rows)),
    }
}

/// Begins the file, with its columns.
fn begin(export: &Export, formulas: Formulas) -> io::Result<Rows> {
    let mut file = Rows::begin(&export.path, formulas)?;
    let gone: &[&str] = if export.dead { &["deleted_by_session", "deleted_at"] } else { &[] };
    let heading = ["id", "revision"].iter().chain(gone).copied();
    file.heading(heading.chain(export.columns.iter().map(String::as_str)))?;
    Ok(file)
}

fn write_row(form: &mut Form, row: &Row, gone: Option<&Gone>, columns: &[String]) -> io::Result<()> {
    match form {
        Form::Csv(csv, formulas) => {
            let revision = row.revision.map_or_else(String::new, |r| r.to_string());
            let mut cells = vec![record::id_for_csv(&row.id, *formulas), revision];
            if let Some(gone) = gone {
                cells.extend([row.session.to_string(), gone.at.clone().unwrap_or_default()]);
            }
            cells.extend(record::for_csv(&row.data, columns, *formulas));
            csv.write_record(cells).map_err(io::Error::from)
        }
        Form::Lines(out) => {
            if let Some(gone) = gone {
                return obituary(row, gone, out);
            }
            // Line breaks between the parts of a record would be two lines.
            let line = one_line(&row.data);
            out.write_all(line.as_bytes())?;
            out.write_all(b"\n")
        }
    }
}

/// A deleted record as a line: how it went, and what it was, as received.
fn obituary(row: &Row, gone: &Gone, out: &mut impl Write) -> io::Result<()> {
    let id = match &row.id {
        RecordId::Int(id) => id.to_string(),
        RecordId::Text(id) => serde_json::to_string(id)?,
    };
    let revision = row.revision.map_or("null".to_owned(), |r| r.to_string());
    let at = serde_json::to_string(&gone.at)?;
    let data = if gone.known { one_line(&row.data) } else { "null".into() };
    writeln!(
        out,
        r#"{{"id":{id},"revision":{revision},"deleted_by_session":{},"deleted_at":{at},"data":{data}}}"#,
        row.session
    )
}
