//! Screen 2's state: the types, the rows around the cursor, the record under it, and how each type is looked at. What
//! it wants to know it asks for; nothing here waits.

mod answers;
mod lens;
mod look;
mod memory;
mod names;
pub mod rows;
pub mod search;
pub mod story;
pub mod tree;
mod way;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::message::Request;
use super::prompt::Prompt;
use crate::engine::Totals;
use crate::mirror::filter::Filter;
use crate::mirror::find::{Place, Query, Sort};
use crate::mirror::index;
use crate::mirror::reader::Kind;
use crate::mirror::refs::Reference;
use crate::protocol::RecordId;

pub use lens::Lens;
pub use rows::{CHUNK, Entry, Gone, Page, Table};
use rows::{Wait, Why};
use tree::{About, Found, Pointing};
use way::Spot;

/// Screen 2.
#[derive(Debug, Clone, Default)]
pub struct Browse {
    /// The types, largest first; none before the first answer.
    pub kinds: Option<Vec<Kind>>,
    /// Why the mirror cannot be read, or the filter not be answered.
    pub error: Option<String>,
    /// The type that is shown.
    pub kind: Option<String>,
    /// Where the keys go.
    pub pane: Pane,
    /// The rows of the type.
    pub table: Table,
    /// How the types are looked at, those that were ever looked at in another way.
    pub lenses: BTreeMap<String, Lens>,
    /// What is being written.
    pub prompt: Option<Prompt>,
    /// Filters that were written in this run, each once, the newest last.
    pub filters: Vec<String>,
    /// The line of the record that the cursor is on.
    pub line: usize,
    /// Lines of the record scrolled away.
    pub scroll: usize,
    /// Parts of records that are folded.
    pub folded: BTreeSet<String>,
    /// What is known of the record.
    pub about: Option<About>,
    /// Who points to the record.
    pub pointing: Option<Pointing>,
    /// What is shown of the record.
    pub show: Show,
    /// What happened to the record, where that is shown.
    pub story: Option<story::Story>,
    /// What is looked for, in the record or among the rows.
    pub finding: String,
    /// The search among the rows, where that is where it is looked for.
    pub search: Option<search::Search>,
    /// The deleted records of the type are shown, and not what it has.
    pub dead: bool,
    /// What the engine has counted, of this run.
    pub totals: Arc<Totals>,
    /// How far the search index is.
    pub index: index::State,
    /// An export that is going on: rows written, of how many.
    pub export: Option<(u64, u64)>,
    /// The list of the columns is open, with the cursor on one of them.
    pub choosing: Option<usize>,
    /// Where the user has put the divider before the record, as a column of the screen.
    pub divider: Option<u16>,
    /// The divider is being dragged.
    pub dragging: bool,
    /// The record that a jump was to go to, and did not find.
    pub missed: Option<RecordId>,
    /// The record that a jump goes to.
    sought: Option<RecordId>,
    /// What was asked about last.
    wondered: Option<(Reference, Option<i64>)>,
    /// The line of a record that is followed as soon as it is known where it leads.
    impatient: Option<(Reference, String)>,
    /// What the rows in the table are of.
    applied: Option<Seen>,
    /// What the rows that are waited for are of.
    asked: Option<Seen>,
    /// Instructions of the type that were counted when the view was made.
    made: u64,
    /// The way here, and the way forward again.
    behind: Vec<Spot>,
    ahead: Vec<Spot>,
    /// Whether the user has been here: until then the largest type is shown, whichever that is by now.
    chosen: bool,
    /// Tickets given out so far.
    tickets: u64,
    /// How often a view was asked for, or made again: what is looked for is found anew in each.
    edition: u64,
    /// What is remembered between runs, and where.
    memory: memory::Memory,
    /// What the records are called that the rows refer to.
    names: names::Names,
}

/// What is shown of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Show {
    /// The record, as a tree.
    #[default]
    Tree,
    /// What the last session changed in it.
    Changes,
    /// Everything that happened to it.
    Story,
}

/// What rows are of.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    query: Query,
    /// The deleted ones.
    dead: bool,
}

/// Screen 2's panes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pane {
    /// The types.
    Kinds,
    /// The rows.
    #[default]
    Rows,
    /// The record.
    Record,
}

impl Browse {
    /// Rows of the shown type, from its counter.
    pub fn count(&self) -> u64 {
        self.kind_index().and_then(|i| Some(self.kinds.as_ref()?.get(i)?.rows)).unwrap_or_default()
    }

    /// Where the shown type stands among the types.
    pub fn kind_index(&self) -> Option<usize> {
        let kind = self.kind.as_ref()?;
        self.kinds.as_ref()?.iter().position(|k| &k.name == kind)
    }

    /// What the rows in the table are of.
    pub fn applied(&self) -> Option<&Query> {
        self.applied.as_ref().map(|seen| &seen.query)
    }

    /// Whether the rows in the table are deleted records.
    pub fn is_dead(&self) -> bool {
        self.applied.as_ref().is_some_and(|seen| seen.dead)
    }

    /// Shows another type.
    pub fn show(&mut self, kind: &str) -> Request {
        self.show_at(kind, Place::Top)
    }

    fn show_at(&mut self, kind: &str, place: Place) -> Request {
        if self.kind.as_deref() != Some(kind) {
            self.kind = Some(kind.to_owned());
            self.table = Table::default();
        }
        self.recall(kind);
        if let Some(columns) = self.lens().columns {
            self.table.show(columns);
        }
        (self.scroll, self.line, self.error) = (0, 0, None);
        self.fresh(place)
    }

    /// Moves among the types.
    pub fn move_kind(&mut self, by: isize) -> Option<Request> {
        self.chosen = true;
        let kinds = self.kinds.as_ref()?;
        let at = self.kind_index()?.saturating_add_signed(by).min(kinds.len().saturating_sub(1));
        let name = kinds.get(at)?.name.clone();
        (self.kind.as_ref() != Some(&name)).then(|| self.show(&name))
    }

    /// Moves the cursor; `height` rows are on the screen.
    pub fn move_row(&mut self, by: isize, height: usize) -> Option<Request> {
        self.chosen = true;
        (self.scroll, self.line) = (0, 0);
        let moved = self.table.step(by);
        self.table.owed = if self.table.waits() { by - moved } else { 0 };
        self.table.follow(height);
        let request = self.more();
        if request.is_some() {
            self.table.owed = by - moved;
        }
        request
    }

    /// Puts the cursor on a row of the screen.
    pub fn point(&mut self, row: usize, height: usize) -> Option<Request> {
        let to = self.table.window(height) + row;
        if to >= self.table.rows.len() {
            return None;
        }
        self.move_row(to as isize - self.table.cursor as isize, height)
    }

    /// To the first or last row.
    pub fn jump(&mut self, bottom: bool, height: usize) -> Option<Request> {
        self.chosen = true;
        (self.scroll, self.line) = (0, 0);
        let table = &mut self.table;
        table.owed = 0;
        if bottom && table.below.is_none() {
            table.cursor = table.rows.len().saturating_sub(1);
            table.follow(height);
            return None;
        }
        if !bottom && table.above.is_none() {
            table.cursor = 0;
            table.follow(height);
            return None;
        }
        self.go(if bottom { Place::Bottom } else { Place::Top })
    }

    /// To another part of the rows that are shown.
    pub fn go(&mut self, place: Place) -> Option<Request> {
        self.chosen = true;
        (self.scroll, self.line) = (0, 0);
        let seen = self.applied.clone()?;
        let last = place == Place::Bottom;
        self.sought = if let Place::At(id) = &place { Some(id.clone()) } else { None };
        Some(self.request(seen, place, CHUNK, Why::Fresh { last }, false))
    }

    /// The row under the cursor.
    pub fn current(&self) -> Option<&Entry> {
        self.table.current()
    }

    /// The record under the cursor.
    pub fn record(&self) -> Option<Reference> {
        let kind = self.applied.as_ref()?.query.kind.clone();
        Some(Reference { kind, id: self.current()?.row.id.clone() })
    }

    /// The rows may have changed: the same part again. The cursor stays on its record. `anew`: a filtered or sorted
    /// view is made again, so that new rows are in it.
    pub fn again(&mut self, anew: bool) -> Option<Request> {
        if self.table.waiting.is_some_and(|w| w.why != Why::Again) {
            return None;
        }
        if anew {
            (self.about, self.wondered, self.pointing) = (None, None, None);
        }
        let seen = self.applied.clone().or_else(|| self.wish())?;
        let limit = self.table.rows.len().max(CHUNK);
        let place = self.table.same();
        Some(self.request(seen, place, limit, Why::Again, anew))
    }

    /// What is to be asked about the record under the cursor, and what the rows refer to, that is not known yet.
    pub fn wonder(&mut self) -> Vec<Request> {
        let mut out: Vec<Request> = self.wonder_names().into_iter().collect();
        let Some(of) = self.record() else { return out };
        let Some(entry) = self.current() else { return out };
        let key = (of.clone(), entry.row.revision);
        if self.wondered.as_ref() != Some(&key) {
            out.push(Request::About { of: of.clone(), revision: key.1, data: entry.row.data.clone() });
            if self.about.as_ref().is_some_and(|a| a.of != of) {
                self.about = None;
            }
            self.wondered = Some(key);
        }
        out.extend(self.wonder_what_happened());
        if let Some(old) = self.pointing.take_if(|p| p.to != of)
            && matches!(old.found, Found::Searching(_))
        {
            out.push(Request::NoPointing);
        }
        if self.pane == Pane::Record && self.pointing.is_none() {
            self.pointing = Some(Pointing { to: of.clone(), found: Found::Searching(0) });
            out.push(Request::Pointing { to: of });
        }
        out
    }

    /// Asks for more rows where the cursor comes near an edge.
    fn more(&mut self) -> Option<Request> {
        let (place, why) = self.table.wanted()?;
        let seen = self.applied.clone()?;
        Some(self.request(seen, place, CHUNK, why, false))
    }

    /// What is to be shown now.
    fn wish(&self) -> Option<Seen> {
        let kind = self.kind.clone()?;
        let query = if self.dead {
            // Deleted records come by id, all of them.
            Query { kind, filter: Filter::default(), sort: Sort::default() }
        } else {
            let lens = self.lens();
            Query { kind, filter: lens.filter, sort: lens.sort }
        };
        Some(Seen { query, dead: self.dead })
    }

    fn fresh(&mut self, place: Place) -> Request {
        let seen = self.wish().unwrap_or_else(|| Seen {
            query: Query { kind: String::new(), filter: Filter::default(), sort: Sort::default() },
            dead: false,
        });
        self.table.owed = 0;
        self.request(seen, place, CHUNK, Why::Fresh { last: false }, false)
    }

    fn request(&mut self, seen: Seen, place: Place, limit: usize, why: Why, anew: bool) -> Request {
        self.tickets += 1;
        self.table.waiting = Some(Wait { ticket: self.tickets, why });
        if anew || self.asked.as_ref() != Some(&seen) {
            self.made = self.tally(&seen.query.kind);
            self.edition += 1;
        }
        let (query, dead) = (seen.query.clone(), seen.dead);
        self.asked = Some(seen);
        Request::Page { ticket: self.tickets, query, place, limit, anew, dead }
    }
}

#[cfg(test)]
mod tests;
