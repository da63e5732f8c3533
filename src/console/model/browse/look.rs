//! How the shown type is looked at: filter, order, columns, and the view as a file.

use super::super::super::message::{Export, Request};
use super::super::super::record::{Columns, Words};
use super::{Browse, Lens, Seen};
use crate::mirror::filter::Filter;
use crate::mirror::find::{Place, Sort, SortBy};

/// Filters that are remembered.
const FILTERS: usize = 100;

/// Fields that many types have, and a condition on each, the most telling first.
const EXAMPLES: [(&str, &str); 7] = [
    ("city", "city:\"New York\""),
    ("owner_id", "owner:grace"),
    ("status", "-status:lost"),
    ("value", "value>1000"),
    ("name", "name:ada"),
    ("resource_type", "resource_type:deal"),
    ("created_at", "created_at>2026"),
];

impl Browse {
    /// How the shown type is looked at.
    pub fn lens(&self) -> Lens {
        self.kind.as_ref().and_then(|kind| self.lenses.get(kind)).cloned().unwrap_or_default()
    }

    pub(super) fn lens_mut(&mut self) -> &mut Lens {
        self.lenses.entry(self.kind.clone().unwrap_or_default()).or_default()
    }

    /// Sets the filter of the type; the rows come anew.
    pub fn filter(&mut self, text: &str, filter: Filter) -> Option<Request> {
        let id = self.current().map(|e| e.row.id.clone());
        let place = match id {
            // The row that was looked at stays in sight when the filter goes.
            Some(id) if filter.is_empty() => Place::At(id),
            _ => Place::Top,
        };
        let same = self.lens().filter == filter;
        let lens = self.lens_mut();
        text.clone_into(&mut lens.text);
        lens.filter = filter;
        self.chosen = true;
        (!same || self.error.is_some()).then(|| self.fresh(place))
    }

    /// Remembers a filter that was written, for the arrow up.
    pub fn remember_filter(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        self.filters.retain(|known| known != text);
        self.filters.push(text.to_owned());
        if self.filters.len() > FILTERS {
            self.filters.remove(0);
        }
    }

    /// A filter to begin with, of fields that the type has.
    pub fn example(&self) -> String {
        let has = |field: &str| self.table.columns.all().any(|(column, _)| column.field == field);
        let known = EXAMPLES.iter().filter(|(field, _)| has(field)).take(3).map(|(_, term)| *term);
        known.chain(["rev>8", "word"]).collect::<Vec<_>>().join(" ")
    }

    /// The filter with one more term: this field has this value.
    pub fn like(&mut self, field: &str, value: &str) -> Option<Request> {
        use crate::mirror::filter::{Op, Term, Test};
        let op = if value.is_empty() { Op::Contains } else { Op::Equal };
        let test = Test::Field { field: field.to_owned(), op, value: value.to_owned() };
        let mut filter = self.lens().filter;
        let term = Term { negated: false, test };
        if !filter.terms.contains(&term) {
            filter.terms.push(term);
        }
        self.filter(&filter.to_string(), filter)
    }

    /// Sorts the type's rows.
    pub fn sort(&mut self, sort: Sort) -> Option<Request> {
        self.chosen = true;
        self.lens_mut().sort = sort;
        self.looked();
        self.kind.as_ref()?;
        Some(self.fresh(Place::Top))
    }

    /// What is looked for in the texts that are shown: what was asked for in the record, or the filter's words.
    pub fn words(&self) -> Words {
        match (self.finding.as_str(), self.applied()) {
            ("", Some(query)) => Words::of(&query.filter),
            (text, _) => Words::anywhere(text),
        }
    }

    /// Shows the type's deleted records, or what it has.
    pub fn bury(&mut self, dead: bool) -> Request {
        self.chosen = true;
        let id = self.current().map(|e| e.row.id.clone());
        self.dead = dead;
        let kind = self.kind.clone().unwrap_or_default();
        // Back where one was, as near as there is something.
        self.show_at(&kind, id.filter(|_| !dead).map_or(Place::Top, Place::At))
    }

    /// Instructions for the type since its rows were listed; none where the rows are no list and always new.
    pub fn changed_since(&self) -> Option<u64> {
        let seen = self.applied.as_ref().filter(|seen| !seen.dead)?;
        let listed = !seen.query.filter.is_empty() || seen.query.sort.by != SortBy::Id;
        let now = self.tally(&seen.query.kind);
        // A new run counts from nothing.
        let since = now.checked_sub(self.made).unwrap_or(now);
        (listed && since > 0 && !self.makes()).then_some(since)
    }

    /// Instructions for a type that changed something in this run.
    pub(super) fn tally(&self, kind: &str) -> u64 {
        let counts = self.totals.kinds.get(kind);
        counts.map_or(0, |c| (c.created + c.updated + c.deleted).saturating_sub(c.stale + c.same))
    }

    /// Whether a view is being made.
    pub fn makes(&self) -> bool {
        self.table.waits() && self.asked != self.applied || self.table.progress.is_some()
    }

    /// Stops the making of a view: back to what is shown, or, where nothing is, to all rows.
    pub fn stop(&mut self) -> Option<Request> {
        let kind = self.kind.clone()?;
        self.table.progress = None;
        if self.dead {
            return Some(self.bury(false));
        }
        let living = |a: &Seen| a.query.kind == kind && !a.dead;
        let earlier = self.applied.clone().filter(|a| living(a) && Some(a) != self.asked.as_ref());
        let lens = self.lens_mut();
        if let Some(Seen { query, .. }) = earlier {
            lens.text = query.filter.to_string();
            (lens.filter, lens.sort) = (query.filter, query.sort);
        } else {
            (lens.text, lens.filter, lens.sort) = Default::default();
        }
        self.looked();
        Some(self.fresh(Place::Top))
    }

    /// Other columns for the type; remembered.
    pub fn columns(&mut self, change: impl FnOnce(&mut Columns, &mut usize)) {
        let mut columns = self.table.columns.clone();
        let mut at = self.lens().at;
        change(&mut columns, &mut at);
        let at = at.min(columns.len());
        self.table.show(columns.clone());
        let lens = self.lens_mut();
        (lens.columns, lens.at) = (Some(columns), at);
        self.looked();
    }

    /// Offers columns for what the rows that are there have.
    pub fn offer_columns(&mut self) {
        let rows = self.table.rows.iter().map(|entry| entry.row.data.as_str());
        self.table.columns.offer(rows);
    }

    /// Moves among the columns: 0 is the id.
    pub fn move_column(&mut self, by: isize) {
        let most = self.table.columns.len();
        let lens = self.lens_mut();
        lens.at = lens.at.saturating_add_signed(by).min(most);
    }

    /// What is to be written where the view is exported to a file.
    pub fn export(&mut self, path: std::path::PathBuf) -> Option<Request> {
        let Seen { query, dead } = self.applied.clone()?;
        let of = self.table.hits.unwrap_or_else(|| self.count());
        self.export = Some((0, of));
        let columns = self.table.columns.fields();
        Some(Request::Export(Export { query, path, columns, of, dead }))
    }
}
