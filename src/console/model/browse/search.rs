//! What is looked for among the rows of the view: the next row that has it is asked for, and the cursor goes there when
//! the answer comes. One question at a time; it is about the view that is shown when it is asked.

use super::super::super::message::{self, Request, Spotted};
use super::{Browse, Pane};
use crate::mirror::find::{From, Place, Query, SortBy};
use crate::protocol::RecordId;

/// A search among the rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Search {
    /// What is looked for.
    pub text: String,
    /// What is known by now.
    pub state: State,
    /// Whether the rows before were looked at last.
    pub back: bool,
    /// The view that it was looked for in.
    query: Query,
    ticket: u64,
}

/// How far it is.
#[derive(Debug, Clone, PartialEq)]
pub enum State {
    /// An answer is on its way: rows seen, of how many, and how many of them have it, once that is told.
    Looking(Option<(u64, u64, u64)>),
    /// The last row that was found.
    At {
        /// The record.
        id: RecordId,
        /// Its number among the hits, from 0.
        no: u64,
        /// How many there are.
        of: u64,
        /// The place in the record: its names, NUL between them; none before it is looked for.
        place: Option<String>,
    },
    /// No row has it.
    Nowhere,
    /// The mirror could not be read.
    Failed,
}

impl Search {
    /// Whether an answer is on its way.
    pub fn looks(&self) -> bool {
        matches!(self.state, State::Looking(_))
    }
}

impl Browse {
    /// Looks for a text from the row under the cursor on, that row included.
    pub fn search(&mut self, text: &str) -> Option<Request> {
        text.clone_into(&mut self.finding);
        self.seek(text.to_owned(), true, false)
    }

    /// To the next row that has it, or the one before; none while an answer is on its way.
    pub fn search_on(&mut self, back: bool) -> Option<Request> {
        let search = self.search.as_ref().filter(|search| !search.looks())?;
        let text = search.text.clone();
        text.clone_into(&mut self.finding);
        // In another view the row under the cursor may be the first.
        let same = self.applied.as_ref().is_some_and(|seen| seen.query == search.query);
        self.seek(text, !same, back)
    }

    fn seek(&mut self, text: String, with: bool, back: bool) -> Option<Request> {
        let seen = self.applied.as_ref().filter(|seen| !seen.dead)?;
        let query = seen.query.clone();
        let id = self.current().map(|entry| entry.row.id.clone());
        // Rows by id are always new; a list is what it was when it was made.
        let listed = !query.filter.is_empty() || query.sort.by != SortBy::Id;
        let edition = self.edition + if listed { 0 } else { self.tally(&query.kind) };
        self.tickets += 1;
        let ticket = self.tickets;
        let state = State::Looking(None);
        self.search = Some(Search { text: text.clone(), state, back, query: query.clone(), ticket });
        let from = From { id, with, back };
        Some(Request::Search(message::Search { ticket, query, text, edition, from }))
    }

    /// Takes how far the search is.
    pub fn take_looked(&mut self, ticket: u64, progress: (u64, u64, u64)) {
        if let Some(search) = self.looking(ticket) {
            search.state = State::Looking(Some(progress));
        }
    }

    /// Takes the row that was found: the cursor goes there. Says whether that is round an end of the view.
    pub fn take_spotted(
        &mut self,
        ticket: u64,
        found: Option<Spotted>,
        height: usize,
    ) -> (Option<Request>, bool) {
        let Some(search) = self.looking(ticket) else { return (None, false) };
        let Some(Spotted { hit, of }) = found else {
            search.state = State::Nowhere;
            return (None, false);
        };
        search.state = State::At { id: hit.id.clone(), no: hit.no, of, place: None };
        let there = search.query.clone();
        if self.applied.as_ref().is_none_or(|seen| seen.query != there) {
            return (None, false);
        }
        if self.pane == Pane::Kinds {
            self.pane = Pane::Rows;
        }
        let near = self.table.rows.iter().position(|entry| entry.row.id == hit.id);
        let request = match near {
            Some(at) => self.move_row(at as isize - self.table.cursor as isize, height),
            None => self.go(Place::At(hit.id)),
        };
        (request, hit.round)
    }

    /// Takes that the mirror could not be read.
    pub fn take_no_search(&mut self, ticket: u64) -> bool {
        let Some(search) = self.looking(ticket) else { return false };
        search.state = State::Failed;
        true
    }

    /// The search that waits for this answer.
    fn looking(&mut self, ticket: u64) -> Option<&mut Search> {
        self.search.as_mut().filter(|search| search.looks() && search.ticket == ticket)
    }

    /// The search, where it was among the rows that are shown.
    pub fn searched(&self) -> Option<&Search> {
        let seen = self.applied.as_ref()?;
        self.search.as_ref().filter(|search| search.query == seen.query)
    }

    /// Nothing is looked for any more.
    pub fn end_search(&mut self) -> Option<Request> {
        self.finding.clear();
        self.search.take().map(|_| Request::NoSearch)
    }
}
