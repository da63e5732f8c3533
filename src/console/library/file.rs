//! A view as a file: CSV or NDJSON, whole or not at all. It is written beside its place and moved there at the end.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::{Desk, dead};
use crate::console::message::{Answer, Export, Message};
use crate::console::model::browse::Gone;
use crate::console::record::{self, one_line};
use crate::mirror::find::View;
use crate::mirror::reader::Row;
use crate::mirror::{MirrorError, Reader};
use crate::protocol::RecordId;
use crate::spreadsheet::Formulas;

/// How often is told how far it is.
const TELL: Duration = Duration::from_millis(100);

/// A file that is removed where it is not kept.
struct Draft(PathBuf);

impl Drop for Draft {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0); // moved to its place, or worth nothing
    }
}

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
    let draft = match Form::begin(export, desk.formulas) {
        Ok(begun) => begun,
        Err(e) => return Ok(Err(e)),
    };
    let (draft, mut form) = draft;
    let (mut rows, mut failed, mut going) = (0, None, true);
    let mut take = |row: &Row, gone: Option<&Gone>| {
        match form.row(row, gone, &export.columns) {
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
        None => Ok(form.end().and_then(|()| place(&draft.0, &export.path)).map(|()| rows)),
    }
}

/// Moves the draft to its place, unless something is there.
fn place(draft: &Path, path: &Path) -> io::Result<()> {
    // A link and not a rename: a rename would replace what came there meanwhile.
    match std::fs::hard_link(draft, path) {
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Err(e),
        Err(_) if !path.exists() => std::fs::rename(draft, path),
        other => other,
    }
}

enum Form {
    Csv(Box<csv::Writer<BufWriter<File>>>, Formulas),
    Lines(BufWriter<File>),
}

impl Form {
    fn begin(export: &Export, formulas: Formulas) -> io::Result<(Draft, Self)> {
        if export.path.exists() {
            return Err(io::Error::new(
                io::ErrorKind::AlreadyExists,
                "it is there already; name another file",
            ));
        }
        let mut name = export.path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.part", std::process::id()));
        let draft = Draft(export.path.with_file_name(name));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let out = BufWriter::new(options.open(&draft.0)?);
        let csv = export.path.extension().is_some_and(|e| e.eq_ignore_ascii_case("csv"));
        if !csv {
            return Ok((draft, Self::Lines(out)));
        }
        let mut csv = csv::Writer::from_writer(out);
        let gone: &[&str] = if export.dead { &["deleted_by_session", "deleted_at"] } else { &[] };
        let heading = ["id", "revision"].iter().chain(gone).copied();
        let heading = heading.chain(export.columns.iter().map(String::as_str));
        csv.write_record(heading.map(|name| formulas.word(name.to_owned())))?;
        Ok((draft, Self::Csv(Box::new(csv), formulas)))
    }

    fn row(&mut self, row: &Row, gone: Option<&Gone>, columns: &[String]) -> io::Result<()> {
        match self {
            Self::Csv(csv, formulas) => {
                let revision = row.revision.map_or_else(String::new, |r| r.to_string());
                let mut cells = vec![record::id_for_csv(&row.id, *formulas), revision];
                if let Some(gone) = gone {
                    cells.extend([row.session.to_string(), gone.at.clone().unwrap_or_default()]);
                }
                cells.extend(record::for_csv(&row.data, columns, *formulas));
                csv.write_record(cells).map_err(io::Error::from)
            }
            Self::Lines(out) => {
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

    fn end(self) -> io::Result<()> {
        let out = match self {
            Self::Csv(csv, _) => csv.into_inner().map_err(|e| io::Error::other(e.to_string()))?,
            Self::Lines(out) => out,
        };
        out.into_inner()?.sync_all()
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
