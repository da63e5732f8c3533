//! The work: one pass over each type, all from one state of the mirror.

use std::cell::RefCell;

use super::form::Row;
use super::layout::Layout;
use super::manifest::{Asked, FileNote, Holds, Manifest, SessionNote, Source};
use super::ndjson::Line;
use super::order::{Format, Order};
use super::resolve::Names;
use super::series::Series;
use super::staging::Staging;
use super::typing::Guess;
use super::{ExportError, files};
use crate::mirror::dump::{Entry, Subject};
use crate::mirror::find::News;
use crate::mirror::reader::SessionRow;
use crate::mirror::{MirrorError, Reader, SessionEnd};
use crate::spreadsheet::Formulas;
use crate::text::visible;

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
        let of = rows(&chosen, order);
        let mut work = Work::new(reader, order, "", &mut staging, tell)?;
        work.of = of;
        work.all(&chosen)?;
        let files = work.files;
        Ok::<_, ExportError>((
            staging,
            Manifest::new(asked(order, order.format.word()), source(reader)?, files),
        ))
    })?;
    finish(staging, &manifest, tell)?;
    Ok(manifest)
}

/// Gives the files their names, unless somebody stops it at the last moment.
pub(super) fn finish(
    staging: Staging,
    manifest: &Manifest,
    tell: &mut dyn FnMut(Step<'_>) -> bool,
) -> Result<(), ExportError> {
    let of = manifest.mirror.records;
    if !tell(Step { what: "", rows: of, of }) {
        return Err(ExportError::Stopped);
    }
    staging.commit(&manifest.text())
}

/// Records that are read for these types, each as often as the form needs.
pub(super) fn rows(chosen: &[Subject], order: &Order) -> u64 {
    let passes = if order.format.has_types() { 2 } else { 1 };
    chosen.iter().map(|subject| subject.rows * passes).sum()
}

/// The files of one form.
pub(super) struct Work<'a> {
    pub(super) reader: &'a Reader,
    pub(super) order: &'a Order,
    /// What the names of the files begin with: a folder and `/`, or nothing.
    pub(super) prefix: &'a str,
    pub(super) staging: &'a mut Staging,
    pub(super) names: Option<Names<'a>>,
    pub(super) tell: &'a mut dyn FnMut(Step<'_>) -> bool,
    /// Records read so far.
    pub(super) done: u64,
    /// Of so many.
    pub(super) of: u64,
    /// What was written.
    pub(super) files: Vec<FileNote>,
}

impl<'a> Work<'a> {
    /// Nothing is done yet.
    pub(super) fn new(
        reader: &'a Reader,
        order: &'a Order,
        prefix: &'a str,
        staging: &'a mut Staging,
        tell: &'a mut dyn FnMut(Step<'_>) -> bool,
    ) -> Result<Self, ExportError> {
        let names = if order.resolve { Some(Names::of(reader)?) } else { None };
        Ok(Self { reader, order, prefix, staging, names, tell, done: 0, of: 0, files: Vec::new() })
    }

    /// Everything of these types.
    pub(super) fn all(&mut self, chosen: &[Subject]) -> Result<(), ExportError> {
        for subject in chosen {
            self.records(subject)?;
        }
        if self.order.wants_all_of_a_type() {
            self.deleted()?;
            self.unkeyed()?;
        }
        Ok(())
    }

    /// The name of a file, without its extension.
    pub(super) fn stem(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    fn records(&mut self, subject: &Subject) -> Result<(), ExportError> {
        let layout = self.layout(subject)?;
        let stem = self.stem(&files::stem(subject));
        let mut series = Series::new(self.staging, self.order, &layout, stem, Holds::Records);
        let (done, of, tell) = (self.done, self.of, RefCell::new(&mut *self.tell));
        let mut names = self.names.as_mut();
        let wants_cells = self.order.format != Format::Ndjson || names.is_some();
        let mut heard = |news: News<'_>| {
            let rows = if let News::Scanned { rows, .. } = news { rows } else { 0 };
            (*tell.borrow_mut())(Step { what: &subject.name, rows: done + rows, of })
        };
        let mut take = |entry: Entry<'_>| {
            let cells = if wants_cells {
                layout.cells(entry.revision, entry.data, names.as_deref_mut())?
            } else {
                Vec::new()
            };
            let line = Line { kind: &subject.name, revision: entry.revision, event: None, data: entry.data };
            series.row(&Row { line, cells: &cells })
        };
        let passed = self.reader.each_record(subject, &self.order.filter, &mut heard, &mut take);
        passed.map_err(|error| of_filter(error, &subject.name))?;
        self.files.extend(series.end(&subject.name)?);
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
            let cells = layout.cells(entry.revision, entry.data, None)?;
            guesses.iter_mut().zip(&cells).for_each(|(guess, cell)| guess.see(cell));
            Ok(())
        };
        let passed = self.reader.each_record(subject, &self.order.filter, &mut heard, &mut take);
        passed.map_err(|error| of_filter(error, &subject.name))?;
        layout.decide(&guesses);
        self.done += subject.rows;
        Ok(layout)
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

pub(super) fn asked(order: &Order, form: &str) -> Asked {
    Asked {
        form: form.to_owned(),
        types: order.types.clone(),
        filter: (!order.filter.is_empty()).then(|| order.filter.to_string()),
        resolved: order.resolve,
        disarmed: order.formulas == Formulas::Disarmed,
    }
}

pub(super) fn source(reader: &Reader) -> Result<Source, MirrorError> {
    let status = reader.status()?;
    let note = |session: &SessionRow| SessionNote {
        no: session.no,
        started: session.started.clone(),
        ended: session.ended.clone(),
        end: session.end.map(|end| end.as_str().to_owned()),
    };
    let sessions = reader.sessions(usize::MAX)?;
    let drained = sessions.iter().find(|s| s.end == Some(SessionEnd::Drained));
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
