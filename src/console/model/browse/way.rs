//! The way through the records: along references, back, and forward again.

use super::super::super::message::Request;
use super::super::super::record::Kind;
use super::tree::Line;
use super::{Browse, Pane, Show};
use crate::mirror::filter::Filter;
use crate::mirror::find::{Place, Query, Sort};
use crate::mirror::refs::{Incoming, Reference};
use crate::protocol::RecordId;

/// Places that the way back keeps.
const WAY: usize = 100;

/// A place on the way.
#[derive(Debug, Clone)]
pub(super) struct Spot {
    kind: String,
    text: String,
    sort: Sort,
    id: Option<RecordId>,
    pane: Pane,
    line: usize,
    scroll: usize,
    dead: bool,
}

impl Browse {
    /// Shows a record; the way back leads here.
    pub fn follow(&mut self, to: &Reference) -> Option<Request> {
        self.leave();
        (self.dead, self.show) = (false, Show::Tree);
        self.kind_of(&to.kind);
        Some(self.show_at(&to.kind, Place::At(to.id.clone())))
    }

    /// Shows the records that point here through a field; the way back leads here.
    pub fn follow_pointing(&mut self, to: &RecordId, from: &Incoming) -> Option<Request> {
        use crate::mirror::filter::{Op, Term, Test};
        let test = Test::Field { field: from.field.clone(), op: Op::Equal, value: to.to_string() };
        let mut terms = vec![Term { negated: false, test }];
        // A list of ids is no number to compare with.
        if from.field.ends_with("_ids") {
            let Test::Field { op, .. } = &mut terms[0].test else { return None };
            *op = Op::Contains;
        }
        let typed = from.field.strip_suffix("_id").map(|stem| format!("{stem}_type"));
        if let Some(field) =
            typed.filter(|t| t == "resource_type" || t == "parent_type" || t == "trackable_type")
        {
            let value = self.kind.clone()?;
            terms.push(Term { negated: false, test: Test::Field { field, op: Op::Equal, value } });
        }
        let (kind, sort) = (from.kind.clone(), Sort::default());
        self.follow_query(Query { kind, filter: Filter { terms }, sort })
    }

    /// Shows what a filter lets through; the way back leads here.
    pub fn follow_query(&mut self, query: Query) -> Option<Request> {
        self.leave();
        (self.dead, self.show) = (false, Show::Tree);
        self.kind_of(&query.kind);
        let lens = self.lenses.entry(query.kind.clone()).or_default();
        lens.text = query.filter.to_string();
        (lens.filter, lens.sort) = (query.filter, query.sort);
        self.pane = Pane::Rows;
        Some(self.show_at(&query.kind, Place::Top))
    }

    /// All rows of a type, by id.
    fn kind_of(&mut self, kind: &str) {
        self.chosen = true;
        self.recall(kind);
        if let Some(lens) = self.lenses.get_mut(kind) {
            (lens.text, lens.filter, lens.sort) = Default::default();
        }
    }

    /// Where this line of the record leads is not known yet: it is followed when it is. False where it is known.
    pub fn follow_soon(&mut self, line: &Line) -> bool {
        let unknown = self.about.is_none() && line.kind != Kind::Nest && line.depth <= 1;
        if let Some(of) = self.record().filter(|_| unknown) {
            self.impatient = Some((of, line.path.clone()));
        }
        unknown
    }

    /// It is known by now: the line that was to be followed.
    pub fn followed_late(&mut self) -> Option<String> {
        let (of, path) = self.impatient.take()?;
        (self.pane == Pane::Record && self.record() == Some(of)).then_some(path)
    }

    fn spot(&self) -> Option<Spot> {
        let lens = self.lens();
        Some(Spot {
            kind: self.kind.clone()?,
            text: lens.text,
            sort: lens.sort,
            id: self.current().map(|e| e.row.id.clone()),
            pane: self.pane,
            line: self.line,
            scroll: self.scroll,
            dead: self.dead,
        })
    }

    fn leave(&mut self) {
        let spot = self.spot();
        self.behind.extend(spot);
        let more = self.behind.len().saturating_sub(WAY);
        self.behind.drain(..more);
        self.ahead.clear();
    }

    /// Back to where one came from, or forward again; none where the way ends.
    pub fn walk(&mut self, back: bool) -> Option<Request> {
        let spot = if back { self.behind.pop() } else { self.ahead.pop() }?;
        let here = self.spot();
        if back {
            self.ahead.extend(here);
        } else {
            self.behind.extend(here);
        }
        let lens = self.lenses.entry(spot.kind.clone()).or_default();
        lens.filter = Filter::parse(&spot.text).unwrap_or_default();
        (lens.text, lens.sort) = (spot.text, spot.sort);
        self.dead = spot.dead;
        let request = self.show_at(&spot.kind, spot.id.map_or(Place::Top, Place::At));
        (self.pane, self.line, self.scroll) = (spot.pane, spot.line, spot.scroll);
        Some(request)
    }

    /// Whether the way leads on: back, or forward again.
    pub fn leads(&self, back: bool) -> bool {
        !(if back { &self.behind } else { &self.ahead }).is_empty()
    }

    /// How many steps back there are.
    pub fn way(&self) -> usize {
        self.behind.len()
    }
}
