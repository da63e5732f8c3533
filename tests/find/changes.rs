//! What a session changed: before and after, the list, the states of a record, its tombstone.

use drainboard::mirror::Reader;
use drainboard::mirror::changes::{Tombstone, Tombstones, diff};
use drainboard::mirror::reader::From;
use drainboard::protocol::RecordId;

use crate::kit::{self, Scratch};
use crate::model;

#[tokio::test]
async fn every_session_can_tell_what_it_changed() {
    let scratch = Scratch::new();
    let mirror = scratch.open();
    let contact = |event, revision, data: &str| kit::item("contact", event, "k", revision, data);
    model::apply(
        &mirror,
        &[
            contact("created", 1, r#"{"id": 1, "name": "a"}"#),
            contact("created", 1, r#"{"id": 2, "name": "x"}"#),
        ],
    )
    .await;
    model::apply(
        &mirror,
        &[
            contact("updated", 2, r#"{"id": 1, "name": "b"}"#),
            contact("updated", 3, r#"{"id": 1, "name": "c"}"#),
        ],
    )
    .await;
    model::apply(&mirror, &[contact("deleted", 4, r#"{"id": 1}"#), contact("created", 1, r#"{"id": "3"}"#)])
        .await;
    let reader = scratch.reader();
    let one = RecordId::Int(1);

    // A first download: nothing before.
    let change = reader.change("contact", &one, Some(1)).unwrap().unwrap();
    assert_eq!((change.before, change.after.revision), (None, Some(1)));
    // Two updates of one session are one change.
    let change = reader.change("contact", &one, Some(2)).unwrap().unwrap();
    let before = change.before.unwrap();
    let changes = diff(before.data.as_deref(), change.after.data.as_deref());
    assert_eq!(changes.len(), 1);
    assert_eq!((changes[0].before.as_deref(), changes[0].after.as_deref()), (Some("\"a\""), Some("\"c\"")));
    // The last session deleted it.
    let change = reader.change("contact", &one, None).unwrap().unwrap();
    assert_eq!(change.before.unwrap().revision, Some(3));
    assert_eq!((change.after.data, change.after.revision, change.after.session), (None, Some(4), 3));
    assert_eq!(reader.change("contact", &RecordId::Int(2), None).unwrap(), None);

    let states = reader.states("contact", &one).unwrap();
    assert_eq!(
        states.iter().map(|s| (s.revision, s.data.is_some())).collect::<Vec<_>>(),
        [(Some(1), true), (Some(2), true), (Some(3), true), (Some(4), false)]
    );
    let dead = reader.tombstone("contact", &one).unwrap().unwrap();
    assert_eq!((dead.revision, dead.session), (Some(4), 3));
    let last = dead.last.unwrap();
    assert_eq!(
        (last.revision, last.session, last.data),
        (Some(3), 2, Some(r#"{"id": 1, "name": "c"}"#.into()))
    );
    assert_eq!(reader.tombstone("contact", &RecordId::Int(2)).unwrap(), None);
}

/// All tombstones by pages, downwards and upwards, which must agree.
fn walk(reader: &Reader, limit: usize) -> Vec<Tombstone> {
    let mut down: Vec<Tombstone> = Vec::new();
    let mut from = From::Top;
    loop {
        let page = reader.tombstones("contact", &from, limit).unwrap();
        assert_eq!(page.more_above, !down.is_empty(), "{from:?}");
        down.extend(page.rows);
        if !page.more_below {
            break;
        }
        from = From::After(down.last().unwrap().id.clone());
    }
    let mut up: Vec<Tombstone> = Vec::new();
    let mut from = From::Bottom;
    loop {
        let page = reader.tombstones("contact", &from, limit).unwrap();
        assert_eq!(page.more_below, !up.is_empty(), "{from:?}");
        up.extend(page.rows.into_iter().rev());
        if !page.more_above {
            break;
        }
        from = From::Before(up.last().unwrap().id.clone());
    }
    up.reverse();
    assert_eq!(down, up);
    down
}

#[tokio::test]
async fn tombstones_come_by_pages_both_ways_with_what_the_records_were() {
    let scratch = Scratch::new();
    let mirror = scratch.open();
    let item = |kind: &str, event: &'static str, revision, id: &str| {
        kit::item(kind, event, "k", revision, &format!(r#"{{"id": {id}, "r": {revision}}}"#))
    };
    let ids: Vec<String> =
        (1..20).map(|id| if id % 4 == 0 { format!("\"{id}\"") } else { id.to_string() }).collect();
    let of = |event: &'static str, revision: i64, wanted: &dyn Fn(usize) -> bool| {
        let some = ids.iter().enumerate().filter(|(i, _)| wanted(*i));
        some.map(|(_, id)| item("contact", event, revision, id)).collect::<Vec<_>>()
    };
    // Some were never there, some changed before they went, one came back, one is another type's.
    model::apply(&mirror, &of("created", 1, &|i| i % 3 > 0)).await;
    model::apply(&mirror, &of("updated", 2, &|i| i % 3 == 1)).await;
    model::apply(&mirror, &of("deleted", 3, &|_| true)).await;
    model::apply(&mirror, &of("created", 4, &|i| i == 5)).await;
    model::apply(&mirror, &[item("deal", "deleted", 3, "7")]).await;
    let reader = scratch.reader();
    let mut expected: Vec<(RecordId, Option<i64>)> = ids
        .iter()
        .enumerate()
        .filter(|(i, _)| *i != 5)
        .map(|(i, id)| (RecordId::from_json(id).unwrap(), [None, Some(2), Some(1)][i % 3]))
        .collect();
    expected.sort();
    for limit in 1..22 {
        let found = walk(&reader, limit);
        let told: Vec<_> = found
            .iter()
            .map(|dead| (dead.id.clone(), dead.last.as_ref().and_then(|last| last.revision)))
            .collect();
        assert_eq!(told, expected, "{limit}");
        assert!(found.iter().all(|dead| (dead.revision, dead.session) == (Some(3), 3)));
    }
    assert_eq!(reader.tombstone_count("contact").unwrap(), 18);
    assert_eq!(reader.tombstone_count("nothing").unwrap(), 0);
    let at = reader.tombstones("contact", &From::At(RecordId::Int(6)), 1).unwrap();
    assert_eq!((at.rows[0].id.clone(), at.more_above, at.more_below), (RecordId::Int(7), true, true));
    let beyond = reader.tombstones("contact", &From::After(RecordId::Text("9".into())), 5).unwrap();
    assert_eq!((beyond.rows.len(), beyond.more_above, beyond.more_below), (0, true, false));
    assert_eq!(reader.tombstones("nothing", &From::Bottom, 5).unwrap(), Tombstones::default());
}
