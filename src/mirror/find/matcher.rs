//! A filter made ready for one type: its fields resolved, its texts folded, its numbers read. Then it judges records.
//! Pure; what needs the mirror to resolve is done by [`resolve`](super::resolve).

use std::collections::HashSet;

use super::fold::Needle;
use super::json;
use super::number::Number;
use crate::mirror::filter::Op;

/// A filter made ready. All terms must hold.
#[derive(Debug, Default)]
pub(in crate::mirror) struct Matcher {
    pub(super) terms: Vec<Ready>,
}

#[derive(Debug)]
pub(super) struct Ready {
    pub(super) negated: bool,
    pub(super) test: Test,
}

#[derive(Debug)]
pub(super) enum Test {
    Anywhere(Needle),
    Field(Subject, Check),
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

    /// Whether it looks at ids.
    pub(super) fn wants_id(&self) -> bool {
        self.terms.iter().any(|term| matches!(term.test, Test::Field(Subject::Id, _)))
    }

    /// Whether it looks at revisions.
    pub(super) fn wants_revision(&self) -> bool {
        self.terms.iter().any(|term| matches!(term.test, Test::Field(Subject::Revision, _)))
    }

    /// The matcher of one text anywhere.
    pub(in crate::mirror) fn anywhere(text: &str) -> Self {
        Self { terms: vec![Ready { negated: false, test: Test::Anywhere(Needle::new(text)) }] }
    }

    /// Whether all terms hold. `scratch` is only memory.
    pub(in crate::mirror) fn holds(&self, seen: Seen<'_>, scratch: &mut String) -> bool {
        self.terms.iter().all(|term| term.test.holds(seen, scratch) != term.negated)
    }

    /// Texts that every record must contain in some value, folded: what an index can look for.
    pub(in crate::mirror) fn texts(&self) -> Vec<&str> {
        let texts = self.terms.iter().filter(|term| !term.negated).filter_map(|term| match &term.test {
            Test::Anywhere(needle) | Test::Field(Subject::Path(_), Check::Contains(needle)) => {
                Some(needle.text())
            }
            Test::Field(..) => None,
        });
        texts.collect()
    }
}

impl Test {
    fn holds(&self, seen: Seen<'_>, scratch: &mut String) -> bool {
        match self {
            Self::Anywhere(needle) => {
                needle.may_be_in(seen.data)
                    && json::any_leaf(seen.data, |leaf| needle.is_in(&json::decoded(leaf), scratch))
            }
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

    /// Missing and null: empty, different from everything, and nothing else.
    fn without_value(&self) -> bool {
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
