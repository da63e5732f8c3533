//! Orphans: counted and found as a naive reader of the same records counts and finds them.

use std::collections::{BTreeMap, BTreeSet};

use drainboard::mirror::MirrorError;
use drainboard::mirror::filter::Filter;
use drainboard::mirror::find::{Place, Query, Sort};
use drainboard::mirror::orphans::Orphans;
use drainboard::mirror::{Mirror, Reader, SessionEnd};
use drainboard::protocol::RecordId;
use fastrand::Rng;
use serde_json::{Value, json};

use crate::kit::{Instruction, Scratch, item, page, rng, session};

/// The references that the records of these tests have, and where each points.
const FIELDS: [(&str, &str, &str); 6] = [
    ("note", "contact_id", "contact"),
    ("note", "owner_id", "user"),
    ("note", "associated_deal_ids", "deal"),
    ("deal", "contact_id", "contact"),
    ("contact", "parent_organization_id", "contact"),
    ("contact", "owner_id", "user"),
];
const EVERY: [&str; 4] = ["note", "deal", "contact", "user"];

/// An id as some record may have it, or none.
fn id(rng: &mut Rng, most: i64) -> Value {
    match rng.u8(..10) {
        0 => Value::Null,
        1 => json!(""),
        2 => json!(format!("{}", rng.i64(0..most))),
        3 => serde_json::from_str(["9007199254740993", "18446744073709551615", "0", "1"][rng.usize(..4)])
            .unwrap(),
        4 => json!(rng.bool()),
        _ => json!(rng.i64(0..most)),
    }
}

fn record(rng: &mut Rng, kind: &str, own: &Value, most: i64) -> Value {
    let mut data = json!({"id": own, "name": (if rng.bool() { "Ada" } else { "Bo" })});
    for (of, field, _) in FIELDS {
        if of == kind && rng.u8(..4) > 0 {
            data[field] = if field.ends_with("ids") {
                (0..rng.usize(..4)).map(|_| id(rng, most)).collect()
            } else {
                id(rng, most)
            };
        }
    }
    if kind == "note" {
        data["resource_id"] = id(rng, most);
        if rng.u8(..5) > 0 {
            data["resource_type"] = Value::from(["contact", "deal", "ufo"][rng.usize(..3)]);
        }
    }
    data
}

/// By type, field and target: the ids of the records that point to nothing.
type Model = BTreeMap<(String, String, String), Vec<RecordId>>;

/// The ids that a value names, as the mirror tells ids apart.
fn named(value: &Value) -> Vec<RecordId> {
    match value {
        Value::Array(all) => all.iter().flat_map(named).collect(),
        Value::Bool(_) | Value::Null => Vec::new(),
        Value::String(text) if text.is_empty() => Vec::new(),
        other => RecordId::from_json(&other.to_string()).into_iter().collect(),
    }
}

fn model(all: &[(String, Value)]) -> Model {
    let own = |data: &Value| RecordId::from_json(&data["id"].to_string()).unwrap();
    let here: BTreeSet<(String, RecordId)> =
        all.iter().map(|(kind, data)| (kind.clone(), own(data))).collect();
    let mut model = Model::new();
    for (kind, data) in all {
        let mut look = |field: &str, to: &str| {
            if named(&data[field]).into_iter().any(|id| !here.contains(&(to.to_owned(), id))) {
                let key = (kind.clone(), field.to_owned(), to.to_owned());
                model.entry(key).or_default().push(own(data));
            }
        };
        for (of, field, to) in FIELDS {
            if of == kind {
                look(field, to);
            }
        }
        if let Some(to) = data["resource_type"].as_str().filter(|to| EVERY.contains(to)) {
            look("resource_id", to);
        }
    }
    for ids in model.values_mut() {
        ids.sort();
    }
    model
}

fn instruction(kind: &str, data: &Value) -> Instruction {
    item(kind, "created", &format!("{kind}-{}", data["id"]), 1, &data.to_string())
}

async fn apply(mirror: &Mirror, items: &[Instruction]) {
    let no = mirror.begin_session(&session()).await.unwrap();
    for items in items.chunks(2_000) {
        mirror.apply(no, page(items)).await.unwrap();
    }
    mirror.end_session(no, SessionEnd::Drained, 0, 0, None).await.unwrap();
}

fn orphans(reader: &Reader, first: usize) -> Orphans {
    reader.orphans(first, &mut |_| true).unwrap()
}

/// The ids of a view's rows, page by page.
fn ids(reader: &Reader, query: &Query) -> Vec<RecordId> {
    let view = reader.view(query, None, &mut |_| true).unwrap();
    let (mut ids, mut place) = (Vec::new(), Some(Place::Top));
    while let Some(at) = place {
        let sheet = reader.page(&view, &at, 7).unwrap();
        ids.extend(sheet.rows.into_iter().map(|row| row.id));
        place = sheet.below;
    }
    ids
}

#[tokio::test]
async fn orphans_are_those_of_a_naive_reader() {
    let mut rng = rng();
    for round in 0..12 {
        let most = rng.i64(3..60);
        let mut all: Vec<(String, Value)> = Vec::new();
        for kind in EVERY {
            for n in 0..most {
                let own = if rng.u8(..6) == 0 { json!(n.to_string()) } else { json!(n) };
                if rng.u8(..5) > 0 {
                    all.push((kind.to_owned(), record(&mut rng, kind, &own, most)));
                }
            }
        }
        // The big ids are there now and then, so that rounding would find them.
        if rng.bool() {
            all.push(("contact".into(), json!({"id": 9_007_199_254_740_992_i64})));
            all.push(("contact".into(), serde_json::from_str(r#"{"id": 18446744073709551614}"#).unwrap()));
        }
        // Each type is there, or nobody can tell; and so are the fields that are filtered by.
        all.extend(
            EVERY.map(|kind| (kind.to_owned(), json!({"id": 1_000, "contact_id": null, "name": null}))),
        );
        rng.shuffle(&mut all);
        let scratch = Scratch::new();
        let items: Vec<Instruction> = all.iter().map(|(kind, data)| instruction(kind, data)).collect();
        apply(&scratch.open(), &items).await;
        let reader = scratch.reader();

        let expected = model(&all);
        let found = orphans(&reader, 3);
        assert!(!found.may_come);
        let counted: Model = found
            .found
            .iter()
            .map(|o| ((o.kind.clone(), o.field.clone(), o.to.clone()), ids(&reader, &o.query())))
            .collect();
        assert_eq!(counted, expected, "round {round}");
        for orphaned in &found.found {
            let key = (orphaned.kind.clone(), orphaned.field.clone(), orphaned.to.clone());
            assert_eq!(orphaned.count, expected[&key].len() as u64);
            assert_eq!(orphaned.first, expected[&key][..expected[&key].len().min(3)]);
        }
        // The word in the company of others, sorted, and turned round.
        let filter = |text: &str| Query {
            kind: "note".into(),
            filter: Filter::parse(text).unwrap(),
            sort: Sort::default(),
        };
        let of = ("note".to_owned(), "contact_id".to_owned(), "contact".to_owned());
        let none = Vec::new();
        let missing = expected.get(&of).unwrap_or(&none);
        let called = |id: &RecordId, name: &str| {
            let same = |(kind, data): &&(String, Value)| {
                kind == "note" && RecordId::from_json(&data["id"].to_string()).as_ref() == Some(id)
            };
            all.iter().find(same).is_some_and(|(_, data)| data["name"] == name)
        };
        let adas: Vec<RecordId> = missing.iter().filter(|id| called(id, "Ada")).cloned().collect();
        assert_eq!(ids(&reader, &filter("contact_id:missing name:ada")), adas);
        assert_eq!(ids(&reader, &filter("ada contact_id:missing")), adas);
        let others: Vec<RecordId> = all
            .iter()
            .filter(|(kind, _)| kind == "note")
            .filter_map(|(_, data)| RecordId::from_json(&data["id"].to_string()))
            .filter(|id| !missing.contains(id))
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect();
        assert_eq!(ids(&reader, &filter("-contact_id:missing")), others);
        // Of what is no reference the word is a text like any other.
        assert_eq!(ids(&reader, &filter("name:missing")), []);
    }
}

#[tokio::test]
async fn a_large_type_is_counted_by_several_threads_tells_how_far_it_is_and_can_be_stopped() {
    let scratch = Scratch::new();
    let mirror = scratch.open();
    let note = |n: i64| instruction("note", &json!({"id": n, "contact_id": n % 1_000 + 2}));
    let mut items: Vec<Instruction> = (0..20_000).map(note).collect();
    items.extend((0..990).map(|n| instruction("contact", &json!({"id": n + 2}))));
    apply(&mirror, &items).await;
    let reader = scratch.reader();
    let mut told = (0, 0);
    let found = reader
        .orphans(2, &mut |news| {
            if let drainboard::mirror::find::News::Scanned { rows, of, .. } = news {
                assert!(rows <= of, "{rows} of {of}");
                told = (told.0.max(rows), of);
            }
            true
        })
        .unwrap();
    assert!(told.0 > 10_000 && told.1 == 20_000, "contacts refer to nothing and are not read: {told:?}");
    let [notes] = &found.found[..] else { panic!("{found:?}") };
    assert_eq!((notes.count, found.count()), (200, 200));
    assert_eq!(notes.first, [RecordId::Int(990), RecordId::Int(991)]);
    for allowed in [0, 1, 5] {
        let mut asked = 0;
        let stopped = reader.orphans(2, &mut |_| {
            asked += 1;
            asked <= allowed
        });
        assert!(matches!(stopped, Err(MirrorError::Stopped)), "{stopped:?}");
    }
}

#[tokio::test]
async fn what_may_still_come_is_said_and_a_type_that_never_came_and_what_nobody_can_tell_is_not_counted() {
    let scratch = Scratch::new();
    let mirror = scratch.open();
    let no = mirror.begin_session(&session()).await.unwrap();
    let note = instruction(
        "note",
        &json!({"id": 1, "contact_id": 7, "resource_id": 3, "resource_type": "x", "x_id": 5}),
    );
    mirror.apply(no, page(&[note])).await.unwrap();
    // No contact was ever heard of, which the documentation names; of an x nobody knows anything.
    let reader = scratch.reader();
    let before = orphans(&reader, 1);
    assert!(before.may_come && reader.still(&before).unwrap(), "{before:?}");
    let [absent] = &before.found[..] else { panic!("{before:?}") };
    assert_eq!(absent.to_string(), "1 note names a contact, and no contact ever came");
    assert_eq!(ids(&reader, &absent.query()), [RecordId::Int(1)]);
    apply(&mirror, &[instruction("task", &json!({"id": 2, "resource_id": 3, "resource_type": "lead"}))])
        .await;
    let named = orphans(&reader, 1);
    let lead = named.found.iter().find(|orphaned| orphaned.kind == "task").unwrap();
    assert_eq!((lead.to.as_str(), lead.never_came), ("lead", true), "{named:?}");
    apply(&mirror, &[item("task", "deleted", "done", 2, r#"{"id": 2}"#)]).await;
    let no = mirror.begin_session(&session()).await.unwrap();
    let before = orphans(&reader, 1);
    let contact = instruction("contact", &json!({"id": 8}));
    mirror.apply(no, page(&[contact])).await.unwrap();
    let found = orphans(&reader, 1);
    assert!(!reader.still(&before).unwrap() && reader.still(&found).unwrap());
    assert!(found.may_come && found.count() == 1 && !found.found[0].never_came, "{found:?}");
    mirror.apply(no, page(&[instruction("contact", &json!({"id": 7}))])).await.unwrap();
    mirror.end_session(no, SessionEnd::Drained, 0, 0, None).await.unwrap();
    let all = orphans(&reader, 1);
    assert!(all.found.is_empty() && !all.may_come, "{all:?}");
    // A contact that is deleted leaves its note behind.
    let gone = item("contact", "deleted", "gone", 2, r#"{"id": 7}"#);
    apply(&mirror, &[gone]).await;
    assert_eq!(orphans(&reader, 1).count(), 1);
}
