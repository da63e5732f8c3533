//! A page in one pass: checked, and its instructions and their fields found on the way.
//!
//! Promise: what it reads, [`super::wire`] reads the same. It gives up where a page is not as the service sends it: an
//! envelope with a member twice, with a name that is written with escapes, or of another shape.

use std::ops::Range;

use super::super::places::Places;
use super::super::scan::Scan;
use super::super::walk::Field;
use super::{INSTRUCTIONS, Parts, Read};

/// Reads a page; none where it gives up.
pub(super) fn read(body: &str) -> Option<Read<'_>> {
    let mut scan = Scan::new(body);
    let (mut items, mut meta) = (None, None);
    let mut places = Places::default();
    scan.object(|scan, name| match scan.text(name) {
        "items" => once(&mut items, list(scan, &mut places)?),
        "meta" => once(&mut meta, scan.value()?),
        name => other(scan, name),
    })?;
    let meta = meta.map(|meta| scan.text(meta)).filter(|meta| *meta != "null");
    scan.ends().then_some(Read { items: items?, places, meta })
}

fn list<'a>(scan: &mut Scan<'a>, places: &mut Places) -> Option<Vec<Parts<'a>>> {
    let mut items = Vec::new();
    scan.array(|scan| {
        items.push(item(scan, places)?);
        (items.len() <= INSTRUCTIONS).then_some(())
    })?;
    Some(items)
}

fn item<'a>(scan: &mut Scan<'a>, places: &mut Places) -> Option<Parts<'a>> {
    let (mut data, mut fields, mut meta) = (None, None, None);
    scan.object(|scan, name| match scan.text(name) {
        "data" => {
            let (value, found) = record(scan, places)?;
            fields = found;
            once(&mut data, value)
        }
        "meta" => once(&mut meta, item_meta(scan)?),
        name => other(scan, name),
    })?;
    let ItemMeta { kind, sync } = meta.unwrap_or_default();
    let SyncMeta { event_type, ack_key, revision } = sync.unwrap_or_default();
    let text = |part: Option<Range<usize>>| part.map(|part| scan.text(part)).filter(|text| *text != "null");
    let data = text(data);
    Some(Parts {
        data,
        fields: data.and(fields),
        kind: text(kind),
        event_type: text(event_type),
        ack_key: text(ack_key),
        revision: text(revision),
    })
}

/// A record, and which of the page's fields are its own.
fn record(scan: &mut Scan<'_>, places: &mut Places) -> Option<(Range<usize>, Option<Range<usize>>)> {
    let mut record = places.record();
    if scan.peek()? != b'{' {
        return Some((scan.value()?, record.end(places)));
    }
    let begin = scan.at();
    scan.object(|scan, name| {
        let value = scan.value()?;
        let within = |part: Range<usize>| part.start - begin..part.end - begin;
        record.push(places, Field { name: within(name), value: within(value) });
        Some(())
    })?;
    Some((begin..scan.at(), record.end(places)))
}

#[derive(Default)]
struct ItemMeta {
    kind: Option<Range<usize>>,
    sync: Option<SyncMeta>,
}

#[derive(Default)]
struct SyncMeta {
    event_type: Option<Range<usize>>,
    ack_key: Option<Range<usize>>,
    revision: Option<Range<usize>>,
}

fn item_meta(scan: &mut Scan<'_>) -> Option<ItemMeta> {
    let mut meta = ItemMeta::default();
    scan.object(|scan, name| match scan.text(name) {
        "type" => once(&mut meta.kind, scan.value()?),
        "sync" => once(&mut meta.sync, item_sync(scan)?),
        name => other(scan, name),
    })?;
    Some(meta)
}

fn item_sync(scan: &mut Scan<'_>) -> Option<SyncMeta> {
    let mut sync = SyncMeta::default();
    scan.object(|scan, name| match scan.text(name) {
        "event_type" => once(&mut sync.event_type, scan.value()?),
        "ack_key" => once(&mut sync.ack_key, scan.value()?),
        "revision" => once(&mut sync.revision, scan.value()?),
        name => other(scan, name),
    })?;
    Some(sync)
}

/// Keeps a member that must not be there twice.
fn once<T>(member: &mut Option<T>, value: T) -> Option<()> {
    member.replace(value).is_none().then_some(())
}

/// Passes over a member that nobody asks for, unless its name may read otherwise than it is written.
fn other(scan: &mut Scan<'_>, name: &str) -> Option<()> {
    if name.contains('\\') {
        return None;
    }
    scan.value().map(drop)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::wire;
    use super::*;

    /// Whether the quick reader took a page; where it did, both read the same.
    fn quick(body: &str) -> bool {
        let Some(read) = read(body) else { return false };
        assert_eq!(Ok(read), wire::read(body), "{body}");
        true
    }

    const ITEM: &str = r#"{"data": {"id": 1, "name": "a\"", "tags": [{}, null]}, "meta": {"type": "lead", "sync":
        {"event_type": "created", "ack_key": "k", "revision": 3}}}"#;

    #[test]
    fn a_page_as_the_service_sends_it_is_read_quickly() {
        let bodies = [
            format!(r#"{{"items": [{ITEM}, {ITEM}], "meta": {{"type": "collection", "count": 2}}}}"#),
            r#"{"items": []}"#.to_owned(),
            r#" {"meta":null,"other":[1e999],"items":[{},{"data":null,"more":0},{"data":[{"id":2}],"meta":{}},
                {"data":{},"meta":{"sync":{},"type":null}},{"data":"x","meta":{"sync":{"revision":null}}}]} "#
                .to_owned(),
        ];
        for body in bodies {
            assert!(quick(&body), "{body}");
        }
    }

    #[test]
    fn what_is_odd_is_left_to_the_other() {
        let odd = [
            r#"{"items": [], "items": []}"#,
            r#"{"items": [], "meta": 1, "meta": 1}"#,
            r#"{"it\u0065ms": []}"#,
            r#"{"items": [{"d\u0061ta": {"id": 1}}]}"#,
            r#"{"items": [{"data": 1, "data": 2}]}"#,
            r#"{"items": [{"meta": []}]}"#,
            r#"{"items": [{"meta": {"sync": 1}}]}"#,
            r#"{"items": [{"meta": {"sync": {"revision": 1, "revision": 1}}}]}"#,
            r#"{"items": [1]}"#,
            r#"{"items": {}}"#,
            r#"{"items": []} x"#,
            "{}",
            "[]",
            "",
        ];
        for body in odd {
            assert!(!quick(body), "{body}");
        }
        let many = format!(r#"{{"items": [{}]}}"#, vec!["{}"; INSTRUCTIONS + 1].join(","));
        assert!(!quick(&many));
    }

    /// Pages and what is nearly one: words of a page in any order.
    fn nearly() -> impl Strategy<Value = String> {
        let name = prop::sample::select(vec![
            "items",
            "meta",
            "data",
            "type",
            "sync",
            "event_type",
            "ack_key",
            "revision",
            "id",
            "it\\u0065ms",
            "é",
        ]);
        let leaf = prop::sample::select(vec![
            "null",
            "1",
            "1e999",
            "\"a\"",
            "\"\\ud800\"",
            "\"\\\\\"",
            "[]",
            "{}",
            "true",
        ]);
        leaf.prop_map(str::to_owned).prop_recursive(5, 40, 4, move |inner| {
            let member = (name.clone(), inner.clone()).prop_map(|(name, value)| format!("\"{name}\": {value}"));
            prop_oneof![
                3 => prop::collection::vec(member, 0..4).prop_map(|members| format!("{{{}}}", members.join(","))),
                1 => prop::collection::vec(inner, 0..3).prop_map(|elements| format!("[{}]", elements.join(" , "))),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            failure_persistence: None,
            cases: 4_000,
            rng_seed: proptest::test_runner::RngSeed::Fixed(include!("../../../tests/seed/given.rs")),
            ..ProptestConfig::default()
        })]

        #[test]
        fn where_it_reads_a_page_both_read_the_same(items in prop::collection::vec(nearly(), 0..3), meta in nearly()) {
            quick(&format!(r#"{{"items": [{}], "meta": {meta}}}"#, items.join(",")));
            quick(&meta);
        }

        #[test]
        fn so_do_they_where_a_byte_is_another(at in 0..ITEM.len(), byte in r#"[{}\[\]":,\\ 0-9a-z]"#) {
            let body = format!(r#"{{"items": [{}{byte}{}]}}"#, &ITEM[..at], &ITEM[at + 1..]);
            quick(&body);
        }
    }
}
