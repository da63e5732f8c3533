//! What the words of a filter mean for a type: which field, in which object, or whose name.
//!
//! A field is looked for in this order: `rev` (or `revision`) and `id`; a top-level field of that exact name;
//! `field.field` inside an object; `<field>_id` where that refers to a type whose records have names; a field of that
//! name inside `custom_fields`, or else inside another object (`address`), of one of the first or last 500 records; the
//! only one of all these that is the same but for case. What is found nowhere is an error that names what is near, and so
//! is a condition that nothing can fulfil.

use std::collections::HashSet;

use super::dangling::Known;
use super::fold::Needle;
use super::matcher::{Check, Matcher, Ready, Subject, Test, compare};
use super::number::Number;
use super::scan::{self, Harvest, Hit, Scan, Source};
use super::{Tell, json};
use crate::mirror::filter::{Filter, MISSING, Op, Term, Test as Written};
use crate::mirror::{MirrorError, Reader, refs};

/// Records at either end that are asked for the fields inside their objects.
const ASKED: u32 = 500;
/// Names that an error offers.
const OFFERED: usize = 3;
/// The object whose fields go before those of the others.
const CUSTOM: &str = "custom_fields";

/// What a field's name stands for.
enum Meaning {
    Subject(Subject),
    /// The names of the records of a type that a field refers to.
    NameOf {
        field: String,
        kind: String,
    },
}

/// A filter that is being made ready.
struct Making<'k, 't> {
    kind: &'k str,
    /// What was read of other types.
    ids: Known,
    /// Fields inside objects that must have a value.
    inside: Vec<Vec<String>>,
    /// Leaves so far.
    leaves: usize,
    tell: Tell<'t>,
}

impl Reader {
    /// Makes a filter ready for a type. Names of other records are looked for in those, and `tell` hears how far that
    /// is.
    pub(in crate::mirror) fn matcher(
        &self,
        kind: &str,
        filter: &Filter,
        tell: Tell<'_>,
    ) -> Result<Matcher, MirrorError> {
        let mut making = Making { kind, ids: Known::new(), inside: Vec::new(), leaves: 0, tell };
        let terms = self.ready(&filter.terms, true, &mut making)?;
        Ok(Matcher { terms, inside: making.inside })
    }

    /// Makes terms ready. `all`: each of them must hold, and not only one.
    fn ready(
        &self,
        terms: &[Term],
        all: bool,
        making: &mut Making<'_, '_>,
    ) -> Result<Vec<Ready>, MirrorError> {
        let mut ready = Vec::with_capacity(terms.len());
        for Term { negated, test } in terms {
            let (negated, no) = (*negated, making.leaves);
            making.leaves += 1;
            let test = match test {
                Written::Anywhere(text) => Test::Anywhere(Needle::new(text)),
                Written::Field { field, op, value } => {
                    self.ready_field(field, *op, value, all && !negated, making)?
                }
                Written::Any(terms) => {
                    making.leaves = no;
                    Test::Any(self.ready(terms, false, making)?)
                }
            };
            ready.push(Ready { negated, test, no });
        }
        Ok(ready)
    }

    /// Makes a field's term ready; `must` says that every record that is found fulfils it.
    fn ready_field(
        &self,
        field: &str,
        op: Op,
        value: &str,
        must: bool,
        making: &mut Making<'_, '_>,
    ) -> Result<Test, MirrorError> {
        Ok(match self.meaning(making.kind, field)? {
            Meaning::Subject(subject) if op == Op::Contains && value == MISSING => {
                let judge = match &subject {
                    Subject::Path(path) if path.len() == 1 => {
                        self.dangling(making.kind, &path[0], &mut making.ids, making.tell)?
                    }
                    _ => None,
                };
                judge.map_or_else(|| Test::Field(subject, check(op, value)), Test::Dangling)
            }
            Meaning::Subject(subject) => {
                let check = check(op, value);
                if let (Subject::Revision, Check::Compare(_, text, None)) = (&subject, &check)
                    && !check.without_value()
                {
                    let text = crate::text::visible(text);
                    let reason = format!("{field} is a number, and \"{text}\" is none: {field}>8");
                    return Err(MirrorError::Query { reason });
                }
                if let Subject::Path(path) = &subject
                    && must
                    && path.len() > 1
                    && !check.without_value()
                {
                    making.inside.push(path.clone());
                }
                Test::Field(subject, check)
            }
            Meaning::NameOf { field: id, kind } => {
                let check = if value.is_empty() && op == Op::Contains {
                    Check::Missing
                } else {
                    Check::OneOf(self.named(&kind, op, value, making.tell)?)
                };
                let nobody = matches!(&check, Check::OneOf(ids) if ids.is_empty());
                if nobody && value.parse::<u64>().is_ok() {
                    let reason = format!(
                        "{field} goes by the name of a {kind}, and none is called {value}; by its id: {id}={value}"
                    );
                    return Err(MirrorError::Query { reason: crate::text::visible(&reason).into_owned() });
                }
                Test::Field(Subject::Path(vec![id]), check)
            }
        })
    }

    /// Why a filter finds nothing, where it asks for a field inside an object that no record has that was looked at.
    pub(super) fn why_nothing(&self, kind: &str, matcher: &Matcher) -> Result<(), MirrorError> {
        if matcher.inside.is_empty() {
            return Ok(());
        }
        let inner = self.inner_fields(kind)?;
        let known =
            |path: &Vec<String>| inner.iter().any(|(outer, name)| [outer, name].into_iter().eq(&path[..2]));
        match matcher.inside.iter().find(|path| !known(path)) {
            None => Ok(()),
            Some(path) => {
                let names: Vec<String> =
                    inner.iter().map(|(outer, name)| format!("{outer}.{name}")).collect();
                Err(unknown(kind, &path.join("."), names.iter()))
            }
        }
    }

    /// The path of a field to sort by.
    pub(super) fn path_of(&self, kind: &str, field: &str) -> Result<Vec<String>, MirrorError> {
        Ok(match self.meaning(kind, field)? {
            Meaning::Subject(Subject::Path(path)) => path,
            Meaning::Subject(_) => vec![field.to_owned()],
            Meaning::NameOf { field, .. } => vec![field],
        })
    }

    fn meaning(&self, kind: &str, field: &str) -> Result<Meaning, MirrorError> {
        match field {
            "rev" | "revision" => return Ok(Meaning::Subject(Subject::Revision)),
            "id" => return Ok(Meaning::Subject(Subject::Id)),
            _ => {}
        }
        let fields: Vec<String> = self.fields(kind)?;
        let has = |name: &str| fields.iter().any(|field| field == name);
        let path = |names: &[&str]| {
            Meaning::Subject(Subject::Path(names.iter().map(|name| (*name).to_owned()).collect()))
        };
        if has(field) {
            return Ok(path(&[field]));
        }
        if let Some((first, rest)) = field.split_once('.').filter(|(first, _)| has(first)) {
            // A name with a dot of its own is one name.
            let dotted = |(outer, name): &(String, String)| outer == first && name == rest;
            if rest.contains('.') && self.inner_fields(kind)?.iter().any(dotted) {
                return Ok(path(&[first, rest]));
            }
            return Ok(path(&[&[first], &*rest.split('.').collect::<Vec<_>>()].concat()));
        }
        let id = format!("{field}_id");
        if has(&id) {
            let kinds = self.kinds()?;
            let exists = |name: &str| kinds.iter().any(|kind| kind.name == name);
            return Ok(match refs::target(kind, &id, None, exists) {
                Some(kind) => Meaning::NameOf { field: id, kind },
                None => path(&[&id]),
            });
        }
        let inner = self.inner_fields(kind)?;
        let found = inner.iter().filter(|(_, name)| name == field);
        if let Some((outer, _)) = found.min_by_key(|(outer, _)| outer != CUSTOM) {
            return Ok(path(&[outer, field]));
        }
        let names = fields.iter().chain(inner.iter().map(|(_, name)| name));
        let by_name = fields.iter().filter_map(|field| field.strip_suffix("_id"));
        let all = names.clone().map(String::as_str).chain(by_name).chain(["id", "rev", "revision"]);
        let mut alike: Vec<&str> = all.filter(|name| name.to_lowercase() == field.to_lowercase()).collect();
        alike.sort_unstable();
        alike.dedup();
        match alike[..] {
            [only] if only != field => self.meaning(kind, only),
            _ => Err(unknown(kind, field, names)),
        }
    }

    /// The top-level fields of a type, those without a column included.
    pub(in crate::mirror) fn fields(&self, kind: &str) -> Result<Vec<String>, MirrorError> {
        let mut fields: Vec<String> = self.columns(kind)?.into_iter().map(|column| column.field).collect();
        fields.extend(self.fields_left_out(kind)?);
        Ok(fields)
    }

    /// The fields of a type that have no column, as far as they are listed.
    pub(super) fn fields_left_out(&self, kind: &str) -> Result<Vec<String>, MirrorError> {
        let list: Option<String> = self
            .connection
            .prepare_cached("SELECT left_out FROM _type WHERE name = ?1")
            .and_then(|mut found| found.query_row([kind], |row| row.get(0)))
            .map_err(|e| self.error(e))?;
        Ok(list.and_then(|list| serde_json::from_str::<Vec<String>>(&list).ok()).unwrap_or_default())
    }

    /// The fields inside the objects of some records: the object's field, and theirs.
    fn inner_fields(&self, kind: &str) -> Result<Vec<(String, String)>, MirrorError> {
        let mut names: Vec<(String, String)> = Vec::new();
        let Some(table) = self.table(kind)? else { return Ok(names) };
        for direction in ["ASC", "DESC"] {
            let sql = format!("SELECT data FROM {table} ORDER BY id {direction} LIMIT {ASKED}");
            let ask = |names: &mut Vec<(String, String)>| {
                let mut statement = self.connection.prepare_cached(&sql)?;
                let mut rows = statement.query([])?;
                while let Some(row) = rows.next()? {
                    json::fields(scan::bytes(row.get_ref(0)?), |outer, raw| {
                        if raw.starts_with(b"{") {
                            json::fields(raw, |name, _| note(names, outer, name));
                        }
                        true
                    });
                }
                Ok(())
            };
            ask(&mut names).map_err(|e| self.error(e))?;
        }
        Ok(names)
    }

    /// The ids, as text, of the records of a type whose name satisfies a comparison.
    fn named(
        &self,
        kind: &str,
        op: Op,
        value: &str,
        tell: Tell<'_>,
    ) -> Result<HashSet<Vec<u8>>, MirrorError> {
        let Some(table) = self.table(kind)? else { return Ok(HashSet::new()) };
        let (needle, number) = (Needle::new(value), Number::parse(value.as_bytes()));
        let id = ["id".to_owned()];
        let take = |ids: &mut HashSet<Vec<u8>>, hit: Hit<'_>| {
            if op == Op::Contains && !needle.may_be_in(hit.data) && !value.contains(' ') {
                return false;
            }
            let Ok(data) = std::str::from_utf8(hit.data) else { return false };
            let name = refs::name(data).unwrap_or_default();
            let is = match op {
                Op::Contains => needle.is_in(name.as_bytes(), &mut String::new()),
                op => compare(op, name.as_bytes(), value, number.as_ref()),
            };
            if is && let Some(id) = json::find(hit.data, &id) {
                ids.insert(json::decoded(id).into_owned());
            }
            is
        };
        let scan = Scan { table: &table, sieve: None, columns: &[], data: true, of: self.rows_of(kind)? };
        let harvest = Harvest { new: &HashSet::new, take: &take };
        let parts = scan.run(self, &Source::All { in_order: false }, tell, &mut |_| Ok(()), &harvest)?;
        Ok(parts.into_iter().flatten().collect())
    }
}

/// Adds a name that is not there yet. True, for there may be more.
fn note(names: &mut Vec<(String, String)>, outer: &[u8], name: &[u8]) -> bool {
    let known = |(o, n): &(String, String)| o.as_bytes() == outer && n.as_bytes() == name;
    if !names.iter().any(known) {
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        names.push((text(outer), text(name)));
    }
    true
}

fn check(op: Op, value: &str) -> Check {
    match op {
        Op::Contains if value.is_empty() => Check::Missing,
        Op::Contains => Check::Contains(Needle::new(value)),
        op => Check::Compare(op, value.to_owned(), Number::parse(value.as_bytes())),
    }
}

fn unknown<'a>(kind: &str, field: &str, known: impl Iterator<Item = &'a String>) -> MirrorError {
    let low = field.to_lowercase();
    let mut near: Vec<(usize, &str)> =
        known.map(|name| (distance(&low, &name.to_lowercase()), name.as_str())).collect();
    near.sort_unstable();
    near.dedup();
    let close = |(d, name): &&(usize, &str)| *d <= field.chars().count().max(3) / 2 || name.contains(field);
    let offered: Vec<&str> = near.iter().filter(close).take(OFFERED).map(|(_, name)| *name).collect();
    let (visible, hint) = (crate::text::visible, offered.join(", "));
    let hint = if offered.is_empty() {
        "free text is written without a sign".to_owned()
    } else {
        format!("did you mean {}?", visible(&hint))
    };
    MirrorError::Query { reason: format!("{} has no field {}; {hint}", visible(kind), visible(field)) }
}

/// Edits between two names.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let edited = (diagonal + usize::from(x != *y)).min(row[j] + 1).min(row[j + 1] + 1);
            diagonal = std::mem::replace(&mut row[j + 1], edited);
        }
    }
    row[b.len()]
}
