//! What the records are called that the rows on the screen refer to. A name is shown and nothing else: what is copied,
//! filtered, sorted and exported stays the id. Names are asked for a screen around the window, so that a page down
//! finds them there; what is known is bounded, and asked again where the rows came again.

use std::collections::HashMap;

use super::super::super::record::Look;
use super::{Browse, Entry, Request};
use crate::mirror::refs::{self, Reference};
use crate::text::visible;

/// Rows above and below the top of the window whose references are asked for.
const ABOVE: usize = 60;
const BELOW: usize = 120;
/// Names asked for at a time.
const ASKED: usize = 600;
/// Names kept.
const KEPT: usize = 4_000;

/// Names, and how old they are.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    known: HashMap<Reference, Name>,
    /// How often rows came again or anew: a name of an earlier time is shown, and asked again.
    time: u64,
    /// An answer is on its way.
    waits: bool,
}

#[derive(Debug, Clone)]
struct Name {
    /// Visible; none where the mirror does not have the record, or it has no name.
    text: Option<String>,
    time: u64,
}

impl Browse {
    /// What the record is called that a field of a row refers to; none where that is not known.
    pub fn called(&self, entry: &Entry, field: &str) -> Option<&str> {
        self.names.known.get(&self.refers(entry, field)?)?.text.as_deref()
    }

    /// Whether a field of the shown type refers to records.
    pub(super) fn is_reference(&self, field: &str) -> bool {
        let Some(seen) = &self.applied else { return false };
        refs::is_reference(&seen.query.kind, field, |kind| self.has_kind(kind))
    }

    fn has_kind(&self, name: &str) -> bool {
        self.kinds.iter().flatten().any(|kind| kind.name == name)
    }

    /// The one record that a field of a row refers to.
    fn refers(&self, entry: &Entry, field: &str) -> Option<Reference> {
        let kind = &self.applied.as_ref()?.query.kind;
        let mut to = refs::pointed(kind, field, &entry.row.data, |kind| self.has_kind(kind));
        to.pop().filter(|_| to.is_empty())
    }

    /// What the rows around the window refer to in the columns that are shown.
    fn around(&self) -> impl Iterator<Item = Reference> {
        let columns = (0..self.table.columns.len()).filter_map(|at| self.table.columns.get(at));
        let fields: Vec<&str> =
            columns.filter(|c| c.look == Look::Reference).map(|c| c.field.as_str()).collect();
        let from = self.table.top.saturating_sub(ABOVE);
        let rows = if fields.is_empty() { 0 } else { self.table.top - from + BELOW };
        let rows = self.table.rows.iter().skip(from).take(rows);
        rows.flat_map(move |entry| fields.clone().into_iter().filter_map(|field| self.refers(entry, field)))
    }

    /// Asks for the names that are not known.
    pub(super) fn wonder_names(&mut self) -> Option<Request> {
        let names = &self.names;
        if names.waits {
            return None;
        }
        let mut of: Vec<Reference> = Vec::new();
        let mut met = std::collections::HashSet::new();
        for to in self.around() {
            let known = names.known.get(&to).is_some_and(|name| name.time == names.time);
            if !known && of.len() < ASKED && met.insert(to.clone()) {
                of.push(to);
            }
        }
        self.names.waits = !of.is_empty();
        self.names.waits.then_some(Request::Names { of })
    }

    /// Rows came: what was known may be of an earlier time.
    pub(super) fn doubt_names(&mut self) {
        self.names.time += 1;
    }

    /// Takes names that were asked for.
    pub fn take_names(&mut self, names: Vec<(Reference, Option<String>)>) {
        self.names.waits = false;
        if self.names.known.len() + names.len() > KEPT {
            let around: std::collections::HashSet<Reference> = self.around().collect();
            self.names.known.retain(|to, _| around.contains(to));
        }
        let time = self.names.time;
        for (to, name) in names {
            let text = name.map(|name| visible(&name).into_owned());
            self.names.known.insert(to, Name { text, time });
        }
    }
}
