//! A filter made ready for one type: its fields resolved, its texts folded, its numbers read. Then it judges records.
//! Pure; what needs the mirror to resolve is done by [`resolve`](super::resolve).

use std::cmp::Ordering;
use std::collections::HashSet;

use rusqlite::types::ValueRef;

use super::dangling::Dangling;
use super::fold::Needle;
use super::json;
use super::number::Number;
use crate::mirror::filter::Op;

/// A filter made ready. All terms must hold.
#[derive(Debug, Default)]
pub(in crate::mirror) struct Matcher {
    pub(super) terms: Vec<Ready>,
    /// Fields inside objects that must have a value.
    pub(super) inside: Vec<Vec<String>>,
}

/// A term made ready.
#[derive(Debug)]
pub(super) struct Ready {
    pub(super) negated: bool,
    pub(super) test: Test,
    /// The number of its leaf among those of all terms, in their order: of several the first one's.
    pub(super) no: usize,
}

#[derive(Debug)]
pub(super) enum Test {
    Anywhere(Needle),
    Field(Subject, Check),
    /// A reference to what is not here.
    Dangling(Dangling),
    /// One of these.
    Any(Vec<Ready>),
}

/// Where a value is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::mirror) enum Subject {
    /// The record's identity.
    Id,
    /// Its revision.
    Revision,
    /// A field, and fields in it.
    Path(Vec<String>),
}

/// What must hold for a value; where it is nested, for one of its leaves.
#[derive(Debug)]
pub(super) enum Check {
    /// Missing, null or empty.
    Missing,
    Contains(Needle),
    /// `=`, `!=` and the comparisons.
    Compare(Op, String, Option<Number>),
    /// One of these texts: the ids that a name stands for.
    OneOf(HashSet<Vec<u8>>),
}

/// A record as a scan sees it.
#[derive(Debug, Clone, Copy)]
pub(in crate::mirror) struct Seen<'a> {
    /// The id as text.
    pub(in crate::mirror) id: &'a [u8],
    pub(in crate::mirror) revision: Option<i64>,
    pub(in crate::mirror) data: &'a [u8],
}

impl Matcher {
    /// Whether it holds for every record.
    pub(in crate::mirror) fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// What it tests, alternatives one by one.
    fn leaves(&self) -> Vec<&Test> {
        fn walk<'t>(test: &'t Test, out: &mut Vec<&'t Test>) {
            match test {
                Test::Any(terms) => terms.iter().for_each(|term| walk(&term.test, out)),
                leaf => out.push(leaf),
            }
        }
        let mut out = Vec::new();
        self.terms.iter().for_each(|term| walk(&term.test, &mut out));
        out
    }

    /// The fields that it looks at, leaf by leaf; none for one that only the whole record answers.
    pub(super) fn fields(&self) -> impl Iterator<Item = Option<&str>> {
        self.leaves().into_iter().map(|leaf| match leaf {
            Test::Field(Subject::Path(path), _) => path.first().map(String::as_str),
            Test::Dangling(judge) => Some(judge.field()),
            _ => None,
        })
    }

    /// What of a record it looks at beside its fields.
    pub(super) fn wants(&self) -> Wants {
        let leaves = self.leaves();
        let any = |is: fn(&Test) -> bool| leaves.iter().any(|leaf| is(leaf));
        Wants {
            id: any(|leaf| matches!(leaf, Test::Field(Subject::Id, _))),
            revision: any(|leaf| matches!(leaf, Test::Field(Subject::Revision, _))),
            all: any(|leaf| matches!(leaf, Test::Anywhere(_))),
        }
    }

    /// Whether all terms hold, as far as columns can tell: none where they cannot. `cell` has the value of the column
    /// that a leaf's field has, if it has one.
    pub(super) fn holds_by_cells<'c>(
        &self,
        seen: Seen<'_>,
        cell: &dyn Fn(usize) -> Option<ValueRef<'c>>,
        scratch: &mut String,
    ) -> Option<bool> {
        let mut answer = Some(true);
        for term in &self.terms {
            match term.holds_by_cells(seen, cell, scratch) {
                Some(false) => return Some(false),
                Some(true) => {}
                None => answer = None,
            }
        }
        answer
    }

    /// Whether all terms hold. `scratch` is only memory.
    pub(in crate::mirror) fn holds(&self, seen: Seen<'_>, scratch: &mut String) -> bool {
        self.terms.iter().all(|term| term.holds(seen, scratch))
    }

    /// Texts of which every record must contain one of each list in some value, folded: what an index can look for.
    pub(in crate::mirror) fn texts(&self) -> Vec<Vec<&str>> {
        self.terms.iter().filter_map(Ready::texts).collect()
    }
}

/// What of a record is looked at beside its fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wants {
    pub(super) id: bool,
    pub(super) revision: bool,
    /// All of it.
    pub(super) all: bool,
}

impl Ready {
    fn holds(&self, seen: Seen<'_>, scratch: &mut String) -> bool {
        self.test.holds(seen, scratch) != self.negated
    }

    fn holds_by_cells<'c>(
        &self,
        seen: Seen<'_>,
        cell: &dyn Fn(usize) -> Option<ValueRef<'c>>,
        scratch: &mut String,
    ) -> Option<bool> {
        let is = match &self.test {
            Test::Anywhere(_) => None,
            Test::Dangling(judge) => cell(self.no).and_then(|cell| judge.by_cells(cell, None)),
            Test::Field(Subject::Path(path), check) => {
                cell(self.no).and_then(|cell| check.cell(cell, path.get(1..).unwrap_or_default(), scratch))
            }
            test @ Test::Field(..) => Some(test.holds(seen, scratch)),
            Test::Any(terms) => {
                let mut answer = Some(false);
                for term in terms {
                    match term.holds_by_cells(seen, cell, scratch) {
                        Some(true) => return Some(!self.negated),
                        Some(false) => {}
                        None => answer = None,
                    }
                }
                answer
            }
        };
        is.map(|is| is != self.negated)
    }

    /// The texts of which a record must contain one; none where it may hold without any.
    fn texts(&self) -> Option<Vec<&str>> {
        match &self.test {
            _ if self.negated => None,
            Test::Anywhere(needle) | Test::Field(Subject::Path(_), Check::Contains(needle)) => {
                Some(vec![needle.indexed()])
            }
            Test::Field(..) | Test::Dangling(_) => None,
            Test::Any(terms) => {
                let texts: Option<Vec<_>> = terms.iter().map(Self::texts).collect();
                texts.map(|texts| texts.concat())
            }
        }
    }
}

impl Test {
    fn holds(&self, seen: Seen<'_>, scratch: &mut String) -> bool {
        match self {
            Self::Anywhere(needle) => {
                let slowly = || json::any_leaf(seen.data, |leaf| needle.is_in(&json::decoded(leaf), scratch));
                needle.may_be_in(seen.data) && needle.is_in_a_text(seen.data).unwrap_or_else(slowly)
            }
            Self::Dangling(judge) => judge.holds(seen.data),
            Self::Any(terms) => terms.iter().any(|term| term.holds(seen, scratch)),
            Self::Field(Subject::Id, check) => check.leaf(seen.id, scratch),
            Self::Field(Subject::Revision, check) => match seen.revision {
                Some(revision) => check.leaf(revision.to_string().as_bytes(), scratch),
                None => check.without_value(),
            },
            Self::Field(Subject::Path(path), check) => {
                if let Check::Contains(needle) = check
                    && !needle.may_be_in(seen.data)
                {
                    return false;
                }
                check.value(json::find(seen.data, path), scratch)
            }
        }
    }
}

impl Check {
    fn value(&self, raw: Option<&[u8]>, scratch: &mut String) -> bool {
        let Some(raw) = raw.filter(|raw| *raw != b"null") else { return self.without_value() };
        match self {
            Self::Missing => match raw {
                b"\"\"" => true,
                [b'[' | b'{', inner @ .., _] => inner.iter().all(u8::is_ascii_whitespace),
                _ => false,
            },
            Self::Compare(Op::NotEqual, text, number) => {
                !json::any_leaf(raw, |leaf| compare(Op::Equal, &json::decoded(leaf), text, number.as_ref()))
            }
            _ => json::any_leaf(raw, |leaf| self.leaf(&json::decoded(leaf), scratch)),
        }
    }

    /// The same for what a field's column holds, and the path inside it; none where the column does not say enough:
    /// 1 may be `true`, a double may be any of several decimals, `[1]` may be a text or an array.
    fn cell(&self, cell: ValueRef<'_>, inner: &[String], scratch: &mut String) -> Option<bool> {
        if !inner.is_empty() {
            let outside = self.without_value();
            return match cell {
                // A text that looks like an object is none, and has nothing inside.
                ValueRef::Text(text) if text.first() == Some(&b'{') => {
                    Some(outside).filter(|outside| self.value(json::find(text, inner), scratch) == *outside)
                }
                _ => Some(outside),
            };
        }
        match (cell, self) {
            (ValueRef::Null, _) => Some(self.without_value()),
            (ValueRef::Integer(n), _) => {
                let is = self.leaf(n.to_string().as_bytes(), scratch);
                let others: &[&[u8]] = match n {
                    0 => &[b"false", b"-0"],
                    1 => &[b"true"],
                    _ => &[],
                };
                others.iter().all(|other| self.leaf(other, scratch) == is).then_some(is)
            }
            (ValueRef::Real(_), Self::Missing) => Some(false),
            (ValueRef::Real(x), Self::Compare(op, text, Some(_))) => {
                // Rounding keeps the order, so doubles that differ are decimals that differ.
                let order = x.partial_cmp(&text.parse().ok()?)?;
                order.is_ne().then(|| fits(*op, order))
            }
            (ValueRef::Text(text), _) => match (text.first(), self) {
                (Some(b'[' | b'{' | b'"'), Self::Contains(needle)) if !needle.may_be_in(text) => Some(false),
                (Some(b'[' | b'{' | b'"'), _) => None,
                _ => Some(self.leaf(text, scratch)),
            },
            (ValueRef::Real(_) | ValueRef::Blob(_), _) => None,
        }
    }

    /// Missing and null: empty, different from everything, and nothing else.
    pub(super) fn without_value(&self) -> bool {
        matches!(self, Self::Missing | Self::Compare(Op::NotEqual, ..))
    }

    fn leaf(&self, value: &[u8], scratch: &mut String) -> bool {
        match self {
            Self::Missing => value.is_empty(),
            Self::Contains(needle) => needle.is_in(value, scratch),
            Self::Compare(op, text, number) => compare(*op, value, text, number.as_ref()),
            Self::OneOf(texts) => texts.contains(value),
        }
    }
}

/// As numbers where both are numbers, exactly; else as text, by bytes.
pub(super) fn compare(op: Op, value: &[u8], text: &str, number: Option<&Number>) -> bool {
    let order = match (number, number.and_then(|_| Number::parse(value))) {
        (Some(right), Some(left)) => left.cmp(right),
        _ => value.cmp(text.as_bytes()),
    };
    fits(op, order)
}

fn fits(op: Op, order: Ordering) -> bool {
    match op {
        Op::Equal => order.is_eq(),
        Op::NotEqual => order.is_ne(),
        Op::Greater => order.is_gt(),
        Op::GreaterOrEqual => order.is_ge(),
        Op::Less => order.is_lt(),
        Op::LessOrEqual => order.is_le(),
        Op::Contains => false, // is a `Check` of its own
    }
}
