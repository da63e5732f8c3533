//! The files of one table, one or several in batches, and the word on progress while they are written.

use super::form::{Row, Sheet};
use super::layout::Layout;
use super::manifest::{FileNote, Holds};
use super::order::{Format, Order};
use super::run::Step;
use super::staging::Staging;
use super::{ExportError, files};

/// Rows of files of ours between two words on progress.
const STEP: u64 = 1_024;

/// Says now and then how far it is.
pub(super) struct Pulse<'a> {
    pub(super) tell: &'a mut dyn FnMut(Step<'_>) -> bool,
    pub(super) seen: u64,
    pub(super) done: u64,
    pub(super) of: u64,
}

impl Pulse<'_> {
    /// Asks every 1,024th time.
    pub(super) fn beat(&mut self, what: &str) -> Result<(), ExportError> {
        self.seen += 1;
        let asks = self.seen.is_multiple_of(STEP);
        if asks && !(self.tell)(Step { what, rows: self.done, of: self.of }) {
            return Err(ExportError::Stopped);
        }
        Ok(())
    }
}

/// The files of one table: one, or one for each batch.
pub(super) struct Series<'a> {
    staging: &'a mut Staging,
    order: &'a Order,
    layout: &'a Layout,
    stem: String,
    holds: Holds,
    open: Option<(Sheet<'a>, FileNote)>,
    files: Vec<FileNote>,
}

impl<'a> Series<'a> {
    /// Files called `stem` and what follows; none is made before the first row.
    pub(super) fn new(
        staging: &'a mut Staging,
        order: &'a Order,
        layout: &'a Layout,
        stem: String,
        holds: Holds,
    ) -> Self {
        Self { staging, order, layout, stem, holds, open: None, files: Vec::new() }
    }

    /// Writes a row.
    pub(super) fn row(&mut self, row: &Row<'_>) -> Result<(), ExportError> {
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
    pub(super) fn end(mut self, kind: &str) -> Result<Vec<FileNote>, ExportError> {
        if self.open.is_none() && self.files.is_empty() {
            self.begin()?;
        }
        self.close()?;
        for file in &mut self.files {
            file.kind = Some(kind.to_owned());
        }
        Ok(self.files)
    }

    /// All files; none where there were no rows.
    pub(super) fn end_if_any(mut self) -> Result<Vec<FileNote>, ExportError> {
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
