//! What a session changed: before and after, the list, the states of a record, its tombstone.

use drainboard::mirror::Reader;
use drainboard::mirror::changes::{Tombstone, Tombstones, diff};
use drainboard::mirror::deeds::{Deed, Event, Wanted};
use drainboard::mirror::notes::About;
use drainboard::mirror::reader::From;
use drainboard::protocol::{FailedObject, RecordId};

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
    let brought = reader.brought("contact", 3, None, 9).unwrap();
    assert_eq!(brought.iter().map(|row| row.id.clone()).collect::<Vec<_>>(), [RecordId::Text("3".into())]);
}

/// The list of a session as words, in pieces of `limit`.
fn listed(reader: &Reader, session: i64, wanted: &Wanted, limit: usize) -> Vec<String> {
    let mut all: Vec<Deed> = Vec::new();
    loop {
        let behind = all.last().map(|deed| deed.at);
        let more = reader.deeds(session, wanted, behind, limit).unwrap();
        assert!(more.len() <= limit);
        if more.is_empty() {
            break;
        }
        all.extend(more);
    }
    let word = |deed: Deed| {
        let id = deed.id.map_or_else(|| "-".to_owned(), |id| id.to_string());
        format!(
            "{} {} {id}{}",
            deed.event.as_str(),
            deed.kind,
            deed.why.map_or_else(String::new, |w| format!(": {w}"))
        )
    };
    all.into_iter().map(word).collect()
}

#[tokio::test]
async fn a_session_lists_all_that_it_did_and_what_came_to_nothing() {
    let scratch = Scratch::new();
    let mirror = scratch.open();
    let item = |kind: &str, event, revision, data: &str| kit::item(kind, event, "k", revision, data);
    let first = [
        item("contact", "created", 1, r#"{"id": 1}"#),
        item("contact", "created", 5, r#"{"id": 2}"#),
        item("deal", "created", 1, r#"{"id": 1}"#),
        item("deal", "updated", 2, r#"{"id": 1, "x": 1}"#),
        item("contact", "created", 1, r#"{"id": "2"}"#),
    ];
    model::apply(&mirror, &first).await;
    let second = [
        item("contact", "updated", 2, r#"{"id": 1, "x": 1}"#),
        item("contact", "updated", 4, r#"{"id": 2, "x": 1}"#),
        item("contact", "created", 1, r#"{"id": 3}"#),
        item("contact", "deleted", 9, r#"{"id": 77}"#),
        item("deal", "deleted", 9, r#"{"id": 1}"#),
        item("deal", "updated", 3, r#"{"id": 1}"#),
    ];
    model::apply(&mirror, &second).await;
    model::apply(&mirror, &[item("contact", "deleted", 9, r#"{"id": 3}"#)]).await;
    let reader = scratch.reader();
    let all = Wanted::default();
    let expected: [&[&str]; 3] = [
        &["updated deal 1", "created contact 1", "created deal 1", "created contact 2", "created contact 2"],
        &[
            "stale deal 1: it was deleted at revision 9",
            "stale contact 2: the mirror has revision 5",
            "updated contact 1",
            "deleted deal 1",
            "deleted contact 77",
            "created contact 3",
        ],
        &["deleted contact 3"],
    ];
    for (session, expected) in (1..).zip(expected) {
        for limit in [1, 2, 3, 100] {
            let mut found = listed(&reader, session, &all, limit);
            if session == 1 {
                // Those that were replaced come first, by when that was.
                found[1..].sort();
                let mut expected = expected.to_vec();
                expected[1..].sort_unstable();
                assert_eq!(found, expected, "by {limit}");
            } else {
                assert_eq!(found, expected, "session {session} by {limit}");
            }
        }
        for event in Event::ALL {
            let wanted = Wanted { event: Some(event), kind: Some("contact".into()) };
            let start = format!("{} contact", event.as_str());
            let of: usize = expected.iter().filter(|word| word.starts_with(&start)).count();
            assert_eq!(listed(&reader, session, &wanted, 2).len(), of, "{session} {wanted:?}");
        }
    }
    let inside = reader.inside(2).unwrap();
    assert_eq!((inside.pages, inside.packs.len()), (Some((2, 2)), 0));
}

#[tokio::test]
async fn notes_are_bounded_and_a_page_without_any_writes_none() {
    let scratch = Scratch::new();
    let mirror = scratch.open();
    let item =
        |revision, id: usize| kit::item("note", "updated", "k", revision, &format!(r#"{{"id": {id}}}"#));
    model::apply(&mirror, &(0..1_200).map(|id| item(5, id)).collect::<Vec<_>>()).await;
    assert_eq!(scratch.reader().notes(None, None, None, 9).unwrap(), []);
    model::apply(&mirror, &(0..1_200).map(|id| item(4, id)).collect::<Vec<_>>()).await;
    model::apply(&mirror, &[item(3, 7)]).await;
    let notes = scratch.reader().notes(Some(About::Stale), None, None, usize::MAX).unwrap();
    assert_eq!(notes.len(), 1_000);
    assert_eq!((notes[0].revision, notes[0].session, &notes[0].id), (Some(3), 3, &Some(RecordId::Int(7))));
    assert_eq!(scratch.reader().notes(Some(About::Failed), None, None, 9).unwrap(), []);
    // What the service could not deliver, with the page that said so.
    let mut page = kit::page(&[item(6, 1)]);
    page.failed = vec![
        FailedObject { kind: "deal".into(), id: serde_json::json!(9) },
        FailedObject { kind: String::new(), id: serde_json::Value::Null },
    ];
    let session = mirror.begin_session(&kit::session()).await.unwrap();
    let receipt = mirror.apply(session, page).await.unwrap();
    let notes = scratch.reader().notes(Some(About::Failed), Some(session), None, 9).unwrap();
    let told: Vec<_> = notes.iter().map(|n| (n.kind.as_str(), n.id.clone(), n.page)).collect();
    assert_eq!(told, [("", None, receipt.page), ("deal", Some(RecordId::Int(9)), receipt.page)]);
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
