//! What the readers answer, taken: types, pages of rows and how far they are, what is known of the record.

use super::super::super::record::Columns;
use super::super::prompt::Ask;
use super::rows::Why;
use super::tree::{About, Pointing};
use super::{Browse, Page, Request, Table};
use crate::mirror::find::Place;
use crate::mirror::reader::Kind;

impl Browse {
    /// Takes the types. The largest is shown until the user has chosen, and when the chosen one is gone.
    pub fn take_kinds(&mut self, kinds: Vec<Kind>) -> Option<Request> {
        let known = self.kind.as_ref().is_some_and(|k| kinds.iter().any(|n| &n.name == k));
        let largest = kinds.first().map(|k| k.name.clone());
        let stays = self.chosen || largest == self.kind;
        self.kinds = Some(kinds);
        if known && stays {
            return None;
        }
        self.error = None;
        if let Some(kind) = largest {
            return Some(self.show(&kind));
        }
        self.kind = None;
        self.table = Table::default();
        None
    }

    /// Takes a page; what nobody waits for any more is dropped.
    pub fn take_page(&mut self, ticket: u64, page: Page, height: usize) -> Option<Request> {
        let wait = self.table.waiting.filter(|w| w.ticket == ticket)?;
        let complete = page.complete;
        if complete {
            self.table.waiting = None;
            self.table.progress = None;
            self.error = None;
        }
        self.applied = self.asked.clone();
        if self.table.columns.is_empty() {
            let rows = page.sheet.rows.iter().map(|row| row.data.as_str());
            self.table.columns = Columns::choose(rows, |field| self.is_reference(field));
        }
        self.table.take(wait.why, page, height);
        self.arrange();
        self.refer();
        if matches!(wait.why, Why::Fresh { .. } | Why::Again) {
            self.doubt_names();
        }
        let fresh = matches!(wait.why, Why::Fresh { .. });
        if let Some(sought) = self.sought.take_if(|_| fresh && complete) {
            let found = self.current().is_some_and(|e| e.row.id == sought);
            self.missed = (!found).then_some(sought);
        }
        if complete { self.more() } else { None }
    }

    /// With more types more fields refer to something.
    fn refer(&mut self) {
        let mut columns = std::mem::take(&mut self.table.columns);
        columns.refer(|field| self.is_reference(field));
        self.table.columns = columns;
    }

    /// Takes how far the making of a view is.
    pub fn take_progress(&mut self, ticket: u64, progress: (u64, u64, u64)) {
        if self.table.waiting.is_some_and(|w| w.ticket == ticket) {
            self.table.progress = Some(progress);
        }
    }

    /// The reader failed.
    pub fn take_failure(&mut self, ticket: u64, error: String) -> Option<Request> {
        if self.table.waiting.is_some_and(|w| w.ticket == ticket) {
            self.table.waiting = None;
            self.table.progress = None;
            if self.forget_order() {
                return Some(self.fresh(Place::Top));
            }
            self.table.loaded = true;
            if let Some(prompt) = self.prompt.as_mut().filter(|p| p.ask == Ask::Filter) {
                prompt.error = Some(error);
            } else {
                self.error = Some(error);
            }
        }
        None
    }

    /// Takes what is known of a record.
    pub fn take_about(&mut self, about: About) {
        if self.record().as_ref() == Some(&about.of) {
            self.about = Some(about);
        }
    }

    /// Takes who points to a record.
    pub fn take_pointing(&mut self, pointing: Pointing) {
        if let Some(waiting) = self.pointing.as_mut().filter(|p| p.to == pointing.to) {
            *waiting = pointing;
        }
    }
}
