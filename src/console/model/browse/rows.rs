//! The rows around the cursor: a few hundred of a view are kept, whatever its length. What is missing is asked for
//! before the cursor gets there; steps that found no rows yet are made when they come.

use std::collections::VecDeque;
use std::time::Duration;

use super::super::super::cells;
use super::super::super::record::{self, Columns};
use super::super::window;
use crate::mirror::PageNo;
use crate::mirror::find::{Place, Sheet};
use crate::mirror::reader::Row;
use crate::text::visible;

/// Rows asked for at a time.
pub const CHUNK: usize = 200;
/// Rows kept at the most.
pub(super) const KEPT: usize = 800;
/// How near the edge of what is kept the next rows are asked for.
pub(super) const NEAR: usize = 100;

/// A page of a view, as it comes from the reader.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Page {
    /// Its rows and where they lie.
    pub sheet: Sheet,
    /// How many rows the view has; none where it has all of the type.
    pub hits: Option<u64>,
    /// How long it took to make the view, where this page had to wait for that.
    pub took: Option<Duration>,
    /// Whether the view is complete; else another page follows.
    pub complete: bool,
    /// How each of the rows was deleted, where they are deleted records.
    pub gone: Vec<Gone>,
}

/// A part of a view's rows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table {
    /// The columns shown, chosen from the first rows.
    pub columns: Columns,
    /// The rows that are kept, in order.
    pub rows: VecDeque<Entry>,
    /// The cursor's row, in `rows`.
    pub cursor: usize,
    /// The first row on the screen, in `rows`.
    pub top: usize,
    /// What to ask for the rows before these; none where there are none.
    pub above: Option<Place>,
    /// What to ask for the rows behind these; none where there are none.
    pub below: Option<Place>,
    /// The number of the first kept row, from 0, where it is known.
    pub first: Option<u64>,
    /// Whether that number is exact.
    pub exact: bool,
    /// How many rows the view has; none where it has all of the type.
    pub hits: Option<u64>,
    /// How long it took to make the view.
    pub took: Option<Duration>,
    /// How far the making of the view is: rows seen, of how many, and how many of them are in it.
    pub progress: Option<(u64, u64, u64)>,
    /// Whether an answer has come.
    pub loaded: bool,
    /// The columns of a terminal that the widest id so far takes: it does not shrink, so that nothing jumps.
    pub id_width: usize,
    pub(super) waiting: Option<Wait>,
    /// Steps that wait for rows.
    pub(super) owed: isize,
}

/// A row.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// As it came from the mirror.
    pub row: Row,
    /// Its cells, visible, one a column.
    pub cells: Vec<String>,
    /// How it was deleted, where it is.
    pub gone: Option<Gone>,
}

/// How a record was deleted. Its row says by which session, and what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gone {
    /// The page that carried the delete.
    pub page: PageNo,
    /// When the session began, RFC 3339 UTC.
    pub at: Option<String>,
    /// Whether it is known what the record was.
    pub known: bool,
}

/// A page that is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wait {
    pub(super) ticket: u64,
    pub(super) why: Why,
}

/// Why a page was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// Another view, or a jump; the cursor goes to the first row of the page, or to its last.
    Fresh { last: bool },
    /// The rows may have changed.
    Again,
    /// More above.
    Above,
    /// More below.
    Below,
}

impl Table {
    /// Whether rows are on their way.
    pub fn waits(&self) -> bool {
        self.waiting.is_some()
    }

    /// The row under the cursor.
    pub fn current(&self) -> Option<&Entry> {
        self.rows.get(self.cursor)
    }

    /// Takes a page that was asked for.
    pub(super) fn take(&mut self, why: Why, page: Page, height: usize) {
        self.loaded = true;
        let gone = page.gone;
        self.hits = page.hits;
        if page.took.is_some() || page.hits.is_none() {
            self.took = page.took;
        }
        match why {
            Why::Fresh { last } => self.replace(page.sheet, gone, last),
            Why::Again => self.renew(page.sheet, gone),
            Why::Above => self.before(page.sheet, gone),
            Why::Below => self.behind(page.sheet, gone),
        }
        let owed = std::mem::take(&mut self.owed);
        self.step(owed);
        self.follow(height);
    }

    /// Moves the cursor as far as rows are there; says how far that was.
    pub(super) fn step(&mut self, by: isize) -> isize {
        let last = self.rows.len().saturating_sub(1);
        let to = self.cursor.saturating_add_signed(by).min(last);
        let moved = to as isize - self.cursor as isize;
        self.cursor = to;
        moved
    }

    /// The first row on the screen, where so many are.
    pub fn window(&self, height: usize) -> usize {
        window(self.top, self.cursor, height, self.rows.len())
    }

    /// The window is where the screen shows it.
    pub(super) fn follow(&mut self, height: usize) {
        self.top = self.window(height);
    }

    /// What to ask for next, where the cursor comes near an edge.
    pub(super) fn wanted(&self) -> Option<(Place, Why)> {
        if self.waits() || self.rows.is_empty() {
            return None;
        }
        match (&self.above, &self.below) {
            (_, Some(below)) if self.cursor + NEAR >= self.rows.len() => Some((below.clone(), Why::Below)),
            (Some(above), _) if self.cursor < NEAR => Some((above.clone(), Why::Above)),
            _ => None,
        }
    }

    /// What to ask for to see the same rows again.
    pub(super) fn same(&self) -> Place {
        match (self.rows.front(), self.first) {
            (Some(entry), _) if entry.gone.is_some() => Place::At(entry.row.id.clone()),
            (_, Some(first)) if self.hits.is_some() => Place::Row(first),
            (Some(entry), _) if self.above.is_some() => Place::At(entry.row.id.clone()),
            _ => Place::Top,
        }
    }

    /// Other columns: the cells are made anew.
    pub(super) fn show(&mut self, columns: Columns) {
        for entry in &mut self.rows {
            entry.cells = record::cells(&entry.row.data, &columns);
        }
        self.columns = columns;
    }

    fn entries(&mut self, rows: Vec<Row>, gone: Vec<Gone>) -> VecDeque<Entry> {
        let mut gone = gone.into_iter();
        let mut entries = VecDeque::with_capacity(rows.len());
        for row in rows {
            let cells = record::cells(&row.data, &self.columns);
            self.id_width = self.id_width.max(cells::width(&visible(&row.id.to_string())));
            entries.push_back(Entry { row, cells, gone: gone.next() });
        }
        entries
    }

    fn replace(&mut self, sheet: Sheet, gone: Vec<Gone>, last: bool) {
        (self.first, self.exact) = (sheet.first, sheet.exact);
        (self.above, self.below) = (sheet.above, sheet.below);
        self.rows = self.entries(sheet.rows, gone);
        self.cursor = if last { self.rows.len().saturating_sub(1) } else { 0 };
        self.top = self.cursor;
    }

    fn renew(&mut self, sheet: Sheet, gone: Vec<Gone>) {
        let id = self.current().map(|e| e.row.id.clone());
        let (cursor, on_screen) = (self.cursor, self.cursor.saturating_sub(self.top));
        self.replace(sheet, gone, false);
        let same = id.and_then(|id| self.rows.iter().position(|e| e.row.id == id));
        self.cursor = same.unwrap_or(cursor).min(self.rows.len().saturating_sub(1));
        self.top = self.cursor.saturating_sub(on_screen);
    }

    fn behind(&mut self, sheet: Sheet, gone: Vec<Gone>) {
        self.below = sheet.below;
        let mut new = self.entries(sheet.rows, gone);
        self.rows.append(&mut new);
        let drop = self.rows.len().saturating_sub(KEPT).min(self.top);
        if drop == 0 {
            return;
        }
        self.rows.drain(..drop);
        self.above = self.rows.front().map(|e| Place::Before(e.row.id.clone()));
        self.cursor -= drop;
        self.top -= drop;
        self.first = self.first.map(|f| f + drop as u64);
    }

    fn before(&mut self, sheet: Sheet, gone: Vec<Gone>) {
        self.above = sheet.above;
        let mut new = self.entries(sheet.rows, gone);
        let added = new.len();
        new.append(&mut self.rows);
        self.rows = new;
        self.cursor += added;
        self.top += added;
        self.first = match (&self.above, self.first) {
            (None, _) => Some(0),
            (_, Some(first)) => Some(first.saturating_sub(added as u64)),
            (_, None) => sheet.first,
        };
        let keep = KEPT.max(self.cursor + NEAR);
        if self.rows.len() > keep {
            self.rows.truncate(keep);
            self.below = self.rows.back().map(|e| Place::After(e.row.id.clone()));
        }
    }
}
