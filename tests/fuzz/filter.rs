//! The filter language: it never panics; what is read is written so that it is read as the same; what Browse makes of
//! it finds the rows that a naive reader finds.

use std::collections::BTreeSet;

use drainboard::mirror::filter::{Filter, Test};
use drainboard::mirror::find::{Query, Sort};
use drainboard::mirror::{MirrorError, Reader};
use drainboard::protocol::RecordId;
use fastrand::Rng;

use crate::driver::{Face, fuzz};
use crate::kit::Scratch;
use crate::model::{self, Record};

const WORDS: &[&str] = &[
    ":",
    "=",
    "!=",
    ">",
    ">=",
    "<",
    "<=",
    "-",
    "\"",
    "\\",
    " ",
    "name",
    "city",
    "value",
    "budget",
    "custom_fields.budget",
    "id",
    "rev",
    "york",
    "花",
    "12",
    "1.5",
    "name:",
    "-city:york",
    "value>1",
    "\"New York\"",
    "owner:x",
    "a.b.c:",
    ".:",
    "OR",
    " OR ",
    "(",
    "|",
    ")",
    "city:(york|花)",
];

#[test]
fn filters() {
    let scratch = Scratch::new();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let records = runtime.block_on(model::fill(&scratch, &mut Rng::with_seed(7), 40, true));
    let reader = scratch.reader();
    let faces =
        fuzz("filter", 3_000, WORDS, |input| check(&reader, &records, &String::from_utf8_lossy(input)));
    assert!(faces > 60, "only {faces} kinds of input: the mutations have gone dull");
}

fn check(reader: &Reader, records: &[Record], text: &str) -> Face {
    let filter = match Filter::parse(text) {
        Ok(filter) => filter,
        Err(error) => {
            assert!(error.at <= text.chars().count(), "the mistake is at {} of {text:?}", error.at);
            return Face::of(error.reason);
        }
    };
    let written = filter.to_string();
    assert_eq!(Filter::parse(&written).as_ref(), Ok(&filter), "written {written:?}");
    let query = Query { kind: "thing".into(), filter: filter.clone(), sort: Sort::default() };
    let view = match reader.view(&query, None, &mut |_| true) {
        Ok(view) => view,
        Err(MirrorError::Query { .. }) => return Face::of("no field"),
        Err(error) => panic!("{error}"),
    };
    let mut found = BTreeSet::new();
    reader
        .each_row(&view, &mut |row| {
            found.insert(row.id);
            true
        })
        .unwrap();
    if filter.terms.iter().all(|term| is_plain(&term.test)) {
        let expected: BTreeSet<RecordId> = records
            .iter()
            .filter(|record| model::holds(record, &filter))
            .map(|record| record.id.clone())
            .collect();
        assert_eq!(found, expected, "{written}");
    }
    let shape = filter.terms.iter().take(3).map(|term| match &term.test {
        Test::Anywhere(text) => (term.negated, None, text.len().min(2)),
        Test::Field { op, value, .. } => (term.negated, Some(op.sign()), value.len().min(2)),
        Test::Any(terms) => (term.negated, Some("OR"), terms.len().min(4)),
    });
    Face::of((shape.collect::<Vec<_>>(), found.len()))
}

/// Whether the naive reader knows this test: fields of its records, and numbers that a double holds.
fn is_plain(test: &Test) -> bool {
    let (field, value) = match test {
        Test::Anywhere(_) => return true,
        Test::Field { field, value, .. } => (field, value),
        Test::Any(terms) => return terms.iter().all(|term| is_plain(&term.test)),
    };
    let known =
        ["name", "city", "value", "budget", "custom_fields.budget", "id", "rev"].contains(&field.as_str());
    let number = value.trim_start().starts_with(|c: char| c.is_ascii_digit() || c == '-');
    let blanks = value.trim() != value;
    known
        && (!number
            || value.parse::<i64>().is_ok()
            || (!blanks && value.len() < 9 && !value.contains(['e', 'E'])))
}
