//! The work: one pass over each type, all from one state of the mirror.

use std::cell::RefCell;

use super::cell::Cell;
use super::form::{Row, Sheet};
use super::layout::Layout;
use super::manifest::{Asked, FileNote, Holds, Manifest, SessionNote, Source};
use super::ndjson::Line;
use super::order::{Format, Order};
use super::resolve::Names;
use super::staging::Staging;
use super::typing::{Guess, Kind};
use super::{ExportError, files};
use crate::mirror::dump::{Entry, Subject};
use crate::mirror::find::News;
use crate::mirror::reader::SessionRow;
use crate::mirror::{MirrorError, Reader, SessionEnd};
use crate::spreadsheet::Formulas;
use crate::text::visible;

/// Rows of files of ours between two words on progress.
const STEP: u64 = 1_024;

/// How far an export is.
#[derive(Debug, Clone, Copy)]
pub struct Step<'a> {
    /// What is written: a type, as received.
    pub what: &'a str,
    /// Records read so far, all types.
    pub rows: u64,
    /// Of so many, about.
    pub of: u64,
}

/// Exports. `tell` hears how far it is, and answers false to stop it: then the folder is as it was.
///
/// # Errors
/// [`ExportError`].
pub fn run(
    reader: &Reader,
    order: &Order,
    tell: &mut dyn FnMut(Step<'_>) -> bool,
) -> Result<Manifest, ExportError> {
    let (staging, manifest) = reader.at_one_moment(|| {
        let chosen = order.choose(reader.subjects()?)?;
        let mut staging = Staging::open(&order.folder, order.force)?;
        let names = if order.resolve { Some(Names::of(reader)?) } else { None };
        let passes = if order.format.has_types() { 2 } else { 1 };
        let of = chosen.iter().map(|subject| subject.rows * passes).sum();
        let mut work =
            Work { reader, order, staging: &mut staging, names, tell, done: 0, of, files: Vec::new() };
        for subject in &chosen {
            work.records(subject)?;
        }
        if order.wants_all_of_a_type() {
            work.deleted()?;
            work.unkeyed()?;
        }
        let files = work.files;
        Ok::<_, ExportError>((staging, Manifest::new(asked(order), source(reader)?, files)))
    })?;
    if !tell(Step { what: "", rows: 0, of: 0 }) {
        return Err(ExportError::Stopped);
    }
    staging.commit(&manifest.text())?;
    Ok(manifest)
}

struct Work<'a> {
    reader: &'a Reader,
    order: &'a Order,
    staging: &'a mut Staging,
    names: Option<Names<'a>>,
    tell: &'a mut dyn FnMut(Step<'_>) -> bool,
    /// Records of the types before.
    done: u64,
    of: u64,
    files: Vec<FileNote>,
}

impl Work<'_> {
    fn records(&mut self, subject: &Subject) -> Result<(), ExportError> {
        let layout = self.layout(subject)?;
        let stem = files::stem(subject);
        let mut series = Series::new(self.staging, self.order, &layout, stem, Holds::Records);
        let (done, of, tell) = (self.done, self.of, RefCell::new(&mut *self.tell));
        let mut names = self.names.as_mut();
        let wants_cells = self.order.format != Format::Ndjson || names.is_some();
        let mut heard = |news: News<'_>| {
            let rows = if let News::Scanned { rows, .. } = news { rows } else { 0 };
            (*tell.borrow_mut())(Step { what: &subject.name, rows: done + rows, of })
        };
        let mut take = |entry: Entry<'_>| {
            let cells = if wants_cells { layout.cells(&entry, names.as_deref_mut())? } else { Vec::new() };
            let line = Line { kind: &subject.name, revision: entry.revision, event: None, data: entry.data };
            series.row(&Row { line, cells: &cells })
        };
        let passed = self.reader.each_record(subject, &self.order.filter, &mut heard, &mut take);
        passed.map_err(|error| of_filter(error, &subject.name))?;
        self.files.extend(series.end(Some(&subject.name))?);
        self.done += subject.rows;
        Ok(())
    }

    /// The columns of a type. Where they have types, all records are read for those first.
    fn layout(&mut self, subject: &Subject) -> Result<Layout, ExportError> {
        let mut layout = Layout::of(subject, self.names.as_ref(), self.order.format);
        if !self.order.format.has_types() {
            return Ok(layout);
        }
        let mut guesses = vec![Guess::NEW; layout.width()];
        let (done, of) = (self.done, self.of);
        let mut heard = |news: News<'_>| {
            let rows = if let News::Scanned { rows, .. } = news { rows } else { 0 };
            (self.tell)(Step { what: &subject.name, rows: done + rows, of })
        };
        let mut take = |entry: Entry<'_>| -> Result<(), ExportError> {
            // Names are texts, whatever they are, so nobody looks them up for this.
            let cells = layout.cells(&entry, None)?;
            guesses.iter_mut().zip(&cells).for_each(|(guess, cell)| guess.see(cell));
            Ok(())
        };
        let passed = self.reader.each_record(subject, &self.order.filter, &mut heard, &mut take);
        passed.map_err(|error| of_filter(error, &subject.name))?;
        layout.decide(&guesses);
        self.done += subject.rows;
        Ok(layout)
    }

    /// The records that were deleted, with their last known state.
    fn deleted(&mut self) -> Result<(), ExportError> {
        let layout = Layout::own(&[
            ("type", "the type", Kind::Text),
            ("id", "the id", Kind::Text),
            ("revision", "the revision of the deletion", Kind::Integer),
            ("session", "the session that brought the deletion", Kind::Integer),
            ("data", "the JSON of the last state that the mirror had", Kind::Text),
        ]);
        let mut series =
            Series::new(self.staging, self.order, &layout, files::DELETED.to_owned(), Holds::Deleted);
        let mut pulse = Pulse { tell: self.tell, seen: 0, done: self.done, of: self.of };
        self.reader.each_deleted(&mut |deleted| {
            pulse.beat("deleted records")?;
            if !self.order.wants(&deleted.kind) {
                return Ok(());
            }
            let id = deleted.id.to_string();
            let cells = [
                Cell::text(&deleted.kind),
                match &deleted.id {
                    crate::protocol::RecordId::Int(id) => Cell::integer(*id),
                    crate::protocol::RecordId::Text(id) => Cell::text(id),
                },
                deleted.revision.map_or(Cell::Null, Cell::integer),
                Cell::integer(deleted.session),
                deleted.data.as_deref().map_or(Cell::Null, Cell::Nested),
            ];
            let bare = match &deleted.id {
                crate::protocol::RecordId::Int(_) => format!("{{\"id\":{id}}}"),
                crate::protocol::RecordId::Text(text) => serde_json::json!({ "id": text }).to_string(),
            };
            let line = Line {
                kind: &deleted.kind,
                revision: deleted.revision,
                event: Some(("deleted", None)),
                data: deleted.data.as_deref().unwrap_or(&bare),
            };
            series.row(&Row { line, cells: &cells })
        })?;
        self.files.extend(series.end_if_any()?);
        Ok(())
    }

    /// The instructions whose records have no id.
    fn unkeyed(&mut self) -> Result<(), ExportError> {
        let layout = Layout::own(&[
            ("type", "the type", Kind::Text),
            ("ack_key", "the instruction's key", Kind::Text),
            ("event_type", "what it says happened", Kind::Text),
            ("revision", "its revision", Kind::Integer),
            ("session", "the session that brought it", Kind::Integer),
            ("data", "the JSON as received", Kind::Text),
        ]);
        let mut series =
            Series::new(self.staging, self.order, &layout, files::UNKEYED.to_owned(), Holds::Unkeyed);
        let mut pulse = Pulse { tell: self.tell, seen: 0, done: self.done, of: self.of };
        self.reader.each_instruction(&mut |instruction| {
            pulse.beat("instructions without an id")?;
            if !self.order.wants(&instruction.kind) {
                return Ok(());
            }
            let key = instruction.ack_key.as_deref();
            let cells = [
                Cell::text(&instruction.kind),
                key.map_or(Cell::Null, Cell::text),
                Cell::text(&instruction.event),
                instruction.revision.map_or(Cell::Null, Cell::integer),
                Cell::integer(instruction.session),
                Cell::Nested(&instruction.data),
            ];
            let line = Line {
                kind: &instruction.kind,
                revision: instruction.revision,
                event: Some((&instruction.event, key)),
                data: &instruction.data,
            };
            series.row(&Row { line, cells: &cells })
        })?;
        self.files.extend(series.end_if_any()?);
        Ok(())
    }
}

/// Says now and then how far it is.
struct Pulse<'a> {
    tell: &'a mut dyn FnMut(Step<'_>) -> bool,
    seen: u64,
    done: u64,
    of: u64,
}

impl Pulse<'_> {
    fn beat(&mut self, what: &str) -> Result<(), ExportError> {
        self.seen += 1;
        let asks = self.seen.is_multiple_of(STEP);
        if asks && !(self.tell)(Step { what, rows: self.done, of: self.of }) {
            return Err(ExportError::Stopped);
        }
        Ok(())
    }
}

/// The files of one table: one, or one for each batch.
struct Series<'a> {
    staging: &'a mut Staging,
    order: &'a Order,
    layout: &'a Layout,
    stem: String,
    holds: Holds,
    open: Option<(Sheet<'a>, FileNote)>,
    files: Vec<FileNote>,
}

impl<'a> Series<'a> {
    fn new(
        staging: &'a mut Staging,
        order: &'a Order,
        layout: &'a Layout,
        stem: String,
        holds: Holds,
    ) -> Self {
        Self { staging, order, layout, stem, holds, open: None, files: Vec::new() }
    }

    fn row(&mut self, row: &Row<'_>) -> Result<(), ExportError> {
        if self.open.as_ref().is_some_and(|(_, note)| Some(note.rows) == self.order.batch) {
            self.close()?;
        }
        if self.open.is_none() {
            self.begin()?;
        }
        let Some((sheet, note)) = &mut self.open else { return Ok(()) };
        note.rows += 1;
        if let Some(revision) = row.line.revision {
            note.lowest_revision = Some(note.lowest_revision.map_or(revision, |low| low.min(revision)));
            note.highest_revision = Some(note.highest_revision.map_or(revision, |high| high.max(revision)));
        }
        let written = sheet.row(row);
        written.map_err(|e| {
            ExportError::io("write", &self.order.folder, &self.order.folder.join(&note.file), &e)
        })
    }

    /// All files; one without rows where there were none.
    fn end(mut self, kind: Option<&str>) -> Result<Vec<FileNote>, ExportError> {
        if self.open.is_none() && self.files.is_empty() {
            self.begin()?;
        }
        self.close()?;
        for file in &mut self.files {
            file.kind = kind.map(str::to_owned);
        }
        Ok(self.files)
    }

    /// All files; none where there were no rows.
    fn end_if_any(mut self) -> Result<Vec<FileNote>, ExportError> {
        self.close()?;
        Ok(self.files)
    }

    fn begin(&mut self) -> Result<(), ExportError> {
        let extension = self.order.format.word();
        let file = match self.order.batch {
            Some(_) => files::batch(&self.stem, self.files.len() as u64 + 1, extension),
            None => format!("{}.{extension}", self.stem),
        };
        let columns = if self.order.format == Format::Ndjson {
            Vec::new()
        } else {
            self.layout.notes(self.order.format)
        };
        let staged = self.staging.file()?;
        let sheet = Sheet::begin(staged, self.layout, self.order)
            .map_err(|e| ExportError::io("write", &self.order.folder, &self.order.folder.join(&file), &e))?;
        let note = FileNote {
            file,
            holds: self.holds,
            kind: None,
            rows: 0,
            bytes: 0,
            sha256: String::new(),
            lowest_revision: None,
            highest_revision: None,
            columns,
        };
        self.open = Some((sheet, note));
        Ok(())
    }

    fn close(&mut self) -> Result<(), ExportError> {
        let Some((sheet, mut note)) = self.open.take() else { return Ok(()) };
        let staged = sheet.end().map_err(|e| {
            ExportError::io("write", &self.order.folder, &self.order.folder.join(&note.file), &e)
        })?;
        let sealed = self.staging.keep(&note.file, staged)?;
        (note.bytes, note.sha256) = (sealed.bytes, sealed.sha256);
        self.files.push(note);
        Ok(())
    }
}

/// A filter that a type cannot answer is named with the type.
fn of_filter(error: ExportError, kind: &str) -> ExportError {
    match error {
        ExportError::Mirror(MirrorError::Query { reason }) => {
            ExportError::Filter { kind: visible(kind).into_owned(), reason }
        }
        error => error,
    }
}

fn asked(order: &Order) -> Asked {
    Asked {
        form: order.format.word().to_owned(),
        types: order.types.clone(),
        filter: (!order.filter.is_empty()).then(|| order.filter.to_string()),
        resolved: order.resolve,
        disarmed: order.formulas == Formulas::Disarmed,
    }
}

fn source(reader: &Reader) -> Result<Source, MirrorError> {
    let status = reader.status()?;
    let note = |session: &SessionRow| SessionNote {
        no: session.no,
        started: session.started.clone(),
        ended: session.ended.clone(),
        end: session.end.clone(),
    };
    let sessions = reader.sessions(usize::MAX)?;
    let drained = sessions.iter().find(|s| s.end.as_deref() == Some(SessionEnd::Drained.as_str()));
    Ok(Source {
        schema: status.schema,
        device: status.device.to_string(),
        host: status.host,
        account: status.account,
        sessions: sessions.first().map_or(0, |last| last.no),
        last_drained: drained.map(note),
        last: sessions.first().map(note),
        pending_acks: status.outbox.pending,
        records: status.kinds.iter().map(|kind| kind.rows).sum(),
        deleted: status.tombstones,
        unkeyed: status.unkeyed,
    })
}
