//! What is no record: those that were deleted, and instructions whose records have no id.
//!
//! In NDJSON all instructions stand in one file, as items of a page. In tables each type has a file of its own,
//! `TYPE.unkeyed.csv`, with a column a field: the roles of a deal's contacts come so, and nobody can import raw JSON.

use std::collections::HashMap;

use super::cell::Cell;
use super::form::Row;
use super::layout::{FIELDS, Layout};
use super::manifest::Holds;
use super::ndjson::Line;
use super::order::Format;
use super::run::Work;
use super::series::{Pulse, Series};
use super::typing::{Guess, Kind};
use super::{ExportError, files};
use crate::mirror::dump::Instruction;
use crate::protocol::{RecordId, record};

/// The fields of a type's instructions.
#[derive(Default)]
struct Fields {
    /// In the order they were met, [`FIELDS`] at most.
    names: Vec<String>,
    /// Whether there were more.
    more: bool,
}

impl Work<'_> {
    /// The records that were deleted, with their last known state.
    pub(super) fn deleted(&mut self) -> Result<(), ExportError> {
        let layout = Layout::own(&[
            ("type", "the type", Kind::Text),
            ("id", "the id", Kind::Text),
            ("revision", "the revision of the deletion", Kind::Integer),
            ("session", "the session that brought the deletion", Kind::Integer),
            ("data", "the JSON of the last state that the mirror had", Kind::Text),
        ]);
        let stem = self.stem(files::DELETED);
        let mut series = Series::new(self.staging, self.order, &layout, stem, Holds::Deleted);
        let mut pulse = Pulse { tell: self.tell, seen: 0, done: self.done, of: self.of };
        self.reader.each_deleted(&mut |deleted| {
            pulse.beat("deleted records")?;
            if !self.order.wants(&deleted.kind) {
                return Ok(());
            }
            let id = deleted.id.to_string();
            let cells = [
                Cell::text(&deleted.kind),
                Cell::text(&id),
                deleted.revision.map_or(Cell::Null, Cell::integer),
                Cell::integer(deleted.session),
                deleted.data.as_deref().map_or(Cell::Null, Cell::Nested),
            ];
            let bare = match &deleted.id {
                RecordId::Int(_) => format!("{{\"id\":{id}}}"),
                RecordId::Text(text) => serde_json::json!({ "id": text }).to_string(),
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
    pub(super) fn unkeyed(&mut self) -> Result<(), ExportError> {
        if self.order.format == Format::Ndjson { self.unkeyed_lines() } else { self.unkeyed_tables() }
    }

    fn unkeyed_lines(&mut self) -> Result<(), ExportError> {
        let (layout, stem) = (Layout::own(&[]), self.stem(files::UNKEYED));
        let mut series = Series::new(self.staging, self.order, &layout, stem, Holds::Unkeyed);
        let mut pulse = Pulse { tell: self.tell, seen: 0, done: self.done, of: self.of };
        self.reader.each_instruction(&mut |instruction| {
            pulse.beat("instructions without an id")?;
            if !self.order.wants(&instruction.kind) {
                return Ok(());
            }
            series.row(&Row { line: line(&instruction), cells: &[] })
        })?;
        self.files.extend(series.end_if_any()?);
        Ok(())
    }

    fn unkeyed_tables(&mut self) -> Result<(), ExportError> {
        let layouts = self.unkeyed_layouts()?;
        let mut pulse = Pulse { tell: self.tell, seen: 0, done: self.done, of: self.of };
        for (kind, (stem, layout)) in &layouts {
            let stem = format!("{}{stem}.{UNKEYED}", self.prefix);
            let mut series = Series::new(self.staging, self.order, layout, stem, Holds::Unkeyed);
            let mut names = self.names.as_mut();
            self.reader.each_instruction_of(kind, &mut |instruction| {
                pulse.beat("instructions without an id")?;
                let mut cells =
                    layout.cells(instruction.revision, &instruction.data, names.as_deref_mut())?;
                Layout::say(&mut cells, &instruction);
                series.row(&Row { line: line(&instruction), cells: &cells })
            })?;
            self.files.extend(series.end(kind)?);
        }
        Ok(())
    }

    /// The columns of each type that has instructions, under the names of their files, in the order of the types.
    fn unkeyed_layouts(&mut self) -> Result<Layouts, ExportError> {
        let mut fields: HashMap<String, Fields> = HashMap::new();
        let mut pulse = Pulse { tell: self.tell, seen: 0, done: self.done, of: self.of };
        self.reader.each_instruction(&mut |instruction| {
            pulse.beat("instructions without an id")?;
            if self.order.wants(&instruction.kind) {
                fields.entry(instruction.kind).or_default().meet(&instruction.data);
            }
            Ok::<_, ExportError>(())
        })?;
        let mut layouts = Layouts::new();
        for subject in self.reader.subjects()? {
            let Some(fields) = fields.remove(&subject.name) else { continue };
            let names = self.names.as_ref();
            let mut layout = Layout::instructions(&subject.name, &fields.names, fields.more, names);
            if self.order.format.has_types() {
                let mut guesses = vec![Guess::NEW; layout.width()];
                self.reader.each_instruction_of(&subject.name, &mut |instruction| {
                    let mut cells = layout.cells(instruction.revision, &instruction.data, None)?;
                    Layout::say(&mut cells, &instruction);
                    guesses.iter_mut().zip(&cells).for_each(|(guess, cell)| guess.see(cell));
                    Ok::<_, ExportError>(())
                })?;
                layout.decide(&guesses);
            }
            layouts.push((subject.name.clone(), (files::stem(&subject), layout)));
        }
        Ok(layouts)
    }
}

/// For each type the name of its file, and its columns.
type Layouts = Vec<(String, (String, Layout))>;

/// What stands behind the dot in the names of these files.
const UNKEYED: &str = "unkeyed";

impl Fields {
    fn meet(&mut self, data: &str) {
        record::each_field(data, |field, _| {
            if self.names.iter().any(|known| known == field) {
                return;
            }
            if self.names.len() < FIELDS {
                self.names.push(field.to_owned());
            } else {
                self.more = true;
            }
        });
    }
}

fn line(instruction: &Instruction) -> Line<'_> {
    Line {
        kind: &instruction.kind,
        revision: instruction.revision,
        event: Some((&instruction.event, instruction.ack_key.as_deref())),
        data: &instruction.data,
    }
}
