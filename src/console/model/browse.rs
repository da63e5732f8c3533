//! Screen 2's state: the types, the rows around the cursor, the record under it. Rows come by keyset, never by number:
//! a few hundred around the cursor are kept, whatever the table's length.

use std::collections::VecDeque;

use super::super::message::Request;
use super::super::record::{self, Columns};
use crate::mirror::reader::{From, Kind, Row, Window};
use crate::protocol::RecordId;

/// Rows asked for at a time.
pub const CHUNK: usize = 200;
/// Rows kept at the most.
const KEPT: usize = 800;
/// How near the edge of what is kept the next rows are asked for.
const NEAR: usize = 100;

/// Screen 2.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Browse {
    /// The types, largest first; none before the first answer.
    pub kinds: Option<Vec<Kind>>,
    /// Why the mirror cannot be read.
    pub error: Option<String>,
    /// The type that is shown.
    pub kind: Option<String>,
    /// Where the keys go.
    pub pane: Pane,
    /// The rows of the type.
    pub table: Table,
    /// Lines of the record scrolled away.
    pub scroll: usize,
    /// Whether the user has been here: until then the largest type is shown, whichever that is by now.
    chosen: bool,
    /// Tickets given out so far.
    tickets: u64,
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

/// A part of a type's rows.
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
    /// There are rows before these.
    pub above: bool,
    /// There are rows behind these.
    pub below: bool,
    /// The number of the first kept row, from 0, where it is known.
    pub first: Option<u64>,
    /// Whether an answer has come.
    pub loaded: bool,
    waiting: Option<Wait>,
    /// Steps that wait for rows.
    owed: isize,
}

/// A row.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// As it came from the mirror.
    pub row: Row,
    /// Its cells, visible, one a column.
    pub cells: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Wait {
    ticket: u64,
    why: Why,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    /// Another type, or a jump.
    Fresh,
    /// The rows may have changed.
    Again,
    /// More at an edge.
    More,
}

impl Browse {
    /// Takes the types. The largest is shown until the user has chosen, and when the chosen one is gone.
    pub fn take_kinds(&mut self, kinds: Vec<Kind>) -> Option<Request> {
        let known = self.kind.as_ref().is_some_and(|k| kinds.iter().any(|n| &n.name == k));
        let largest = kinds.first().map(|k| k.name.clone());
        let stays = self.chosen || largest == self.kind;
        self.kinds = Some(kinds);
        self.error = None;
        if known && stays {
            return None;
        }
        if let Some(kind) = largest {
            return Some(self.show(&kind));
        }
        self.kind = None;
        self.table = Table::default();
        None
    }

    /// Rows of the shown type, from its counter.
    pub fn count(&self) -> u64 {
        self.kind_index().and_then(|i| Some(self.kinds.as_ref()?.get(i)?.rows)).unwrap_or_default()
    }

    /// Where the shown type stands among the types.
    pub fn kind_index(&self) -> Option<usize> {
        let kind = self.kind.as_ref()?;
        self.kinds.as_ref()?.iter().position(|k| &k.name == kind)
    }

    /// Shows another type.
    pub fn show(&mut self, kind: &str) -> Request {
        self.kind = Some(kind.to_owned());
        self.table = Table::default();
        self.scroll = 0;
        self.request(kind.to_owned(), From::Top, CHUNK, Why::Fresh)
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
        self.scroll = 0;
        let moved = self.table.step(by);
        self.table.owed = if self.table.waiting.is_some() { by - moved } else { 0 };
        self.table.follow(height);
        let request = self.more();
        if request.is_some() {
            self.table.owed = by - moved;
        }
        request
    }

    /// To the first or last row.
    pub fn jump(&mut self, bottom: bool, height: usize) -> Option<Request> {
        self.chosen = true;
        self.scroll = 0;
        let table = &mut self.table;
        table.owed = 0;
        if bottom && !table.below {
            table.cursor = table.rows.len().saturating_sub(1);
            table.follow(height);
            return None;
        }
        if !bottom && !table.above {
            table.cursor = 0;
            table.follow(height);
            return None;
        }
        let from = if bottom { From::Bottom } else { From::Top };
        let kind = self.kind.clone()?;
        Some(self.request(kind, from, CHUNK, Why::Fresh))
    }

    /// The row under the cursor.
    pub fn current(&self) -> Option<&Entry> {
        self.table.rows.get(self.table.cursor)
    }

    /// The rows may have changed: the same part again. The cursor stays on its record.
    pub fn again(&mut self) -> Option<Request> {
        if self.table.waiting.is_some_and(|w| w.why != Why::Again) {
            return None;
        }
        let kind = self.kind.clone()?;
        let limit = self.table.rows.len().max(CHUNK);
        let from = match self.table.rows.front() {
            Some(first) if self.table.above => From::At(first.row.id.clone()),
            _ => From::Top,
        };
        Some(self.request(kind, from, limit, Why::Again))
    }

    /// Takes an answer; what nobody waits for any more is dropped.
    pub fn take_window(
        &mut self,
        ticket: u64,
        from: &From,
        window: Window,
        height: usize,
    ) -> Option<Request> {
        let wait = self.table.waiting.filter(|w| w.ticket == ticket)?;
        self.table.waiting = None;
        let count = self.count();
        let first = !self.table.loaded;
        self.table.loaded = true;
        if self.table.columns.is_empty() {
            self.table.columns = Columns::choose(window.rows.iter().map(|r| r.data.as_str()));
        }
        match wait.why {
            Why::Fresh => self.table.replace(from, window, count),
            Why::Again => self.table.renew(window),
            Why::More => self.table.extend(from, window),
        }
        if first {
            self.scroll = 0;
        }
        let owed = std::mem::take(&mut self.table.owed);
        self.table.step(owed);
        self.table.follow(height);
        self.more()
    }

    /// The reader failed.
    pub fn take_failure(&mut self, ticket: u64, error: String) {
        if self.table.waiting.is_some_and(|w| w.ticket == ticket) {
            self.table.waiting = None;
            self.error = Some(error);
        }
    }

    /// The size of the screen changed.
    pub fn resized(&mut self, height: usize) {
        self.table.follow(height);
    }

    /// Asks for more rows where the cursor comes near an edge.
    fn more(&mut self) -> Option<Request> {
        let table = &self.table;
        if table.waiting.is_some() || table.rows.is_empty() {
            return None;
        }
        let from = if table.below && table.cursor + NEAR >= table.rows.len() {
            From::After(table.rows.back()?.row.id.clone())
        } else if table.above && table.cursor < NEAR {
            From::Before(table.rows.front()?.row.id.clone())
        } else {
            return None;
        };
        let kind = self.kind.clone()?;
        Some(self.request(kind, from, CHUNK, Why::More))
    }

    fn request(&mut self, kind: String, from: From, limit: usize, why: Why) -> Request {
        self.tickets += 1;
        self.table.waiting = Some(Wait { ticket: self.tickets, why });
        Request::Window { ticket: self.tickets, kind, from, limit }
    }
}

impl Table {
    /// Whether rows are on their way.
    pub fn waits(&self) -> bool {
        self.waiting.is_some()
    }

    /// Moves the cursor as far as rows are there; says how far that was.
    fn step(&mut self, by: isize) -> isize {
        let last = self.rows.len().saturating_sub(1);
        let to = self.cursor.saturating_add_signed(by).min(last);
        let moved = to as isize - self.cursor as isize;
        self.cursor = to;
        moved
    }

    /// Keeps the cursor on the screen.
    fn follow(&mut self, height: usize) {
        let height = height.max(1);
        if self.cursor < self.top {
            self.top = self.cursor;
        }
        if self.cursor >= self.top + height {
            self.top = self.cursor + 1 - height;
        }
        self.top = self.top.min(self.rows.len().saturating_sub(height));
    }

    fn entries(&self, window: Vec<Row>) -> VecDeque<Entry> {
        window
            .into_iter()
            .map(|row| {
                let cells = record::cells(&row.data, &self.columns);
                Entry { row, cells }
            })
            .collect()
    }

    fn replace(&mut self, from: &From, window: Window, count: u64) {
        (self.above, self.below) = (window.more_above, window.more_below);
        self.rows = self.entries(window.rows);
        let len = self.rows.len();
        self.first = match from {
            _ if !self.above => Some(0),
            From::Bottom => Some(count.saturating_sub(len as u64)),
            _ => None,
        };
        self.cursor = if *from == From::Bottom { len.saturating_sub(1) } else { 0 };
        self.top = self.cursor;
    }

    fn renew(&mut self, window: Window) {
        let id = self.rows.get(self.cursor).map(|e| e.row.id.clone());
        let on_screen = self.cursor.saturating_sub(self.top);
        (self.above, self.below) = (window.more_above, window.more_below);
        self.rows = self.entries(window.rows);
        if !self.above {
            self.first = Some(0);
        }
        if let Some(at) = id.and_then(|id| self.rows.iter().position(|e| e.row.id == id)) {
            self.cursor = at;
        }
        self.cursor = self.cursor.min(self.rows.len().saturating_sub(1));
        self.top = self.cursor.saturating_sub(on_screen);
    }

    fn extend(&mut self, from: &From, window: Window) {
        let meets = |id: &RecordId, e: Option<&Entry>| e.is_some_and(|e| &e.row.id == id);
        match from {
            From::After(id) if meets(id, self.rows.back()) => {
                self.below = window.more_below;
                let mut new = self.entries(window.rows);
                self.rows.append(&mut new);
                let drop = self.rows.len().saturating_sub(KEPT).min(self.top);
                self.rows.drain(..drop);
                self.above |= drop > 0;
                self.cursor -= drop;
                self.top -= drop;
                self.first = self.first.map(|f| f + drop as u64);
            }
            From::Before(id) if meets(id, self.rows.front()) => {
                self.above = window.more_above;
                let mut new = self.entries(window.rows);
                let added = new.len();
                new.append(&mut self.rows);
                self.rows = new;
                self.cursor += added;
                self.top += added;
                self.first =
                    if self.above { self.first.map(|f| f.saturating_sub(added as u64)) } else { Some(0) };
                let keep = KEPT.max(self.cursor + NEAR);
                self.below |= self.rows.len() > keep;
                self.rows.truncate(keep);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
