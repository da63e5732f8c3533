//! What a session did as one list, in pieces of any size; what came to nothing, with its reason.

use drainboard::mirror::Reader;
use drainboard::mirror::deeds::{Deed, Event, Wanted};
use drainboard::mirror::notes::About;
use drainboard::protocol::{FailedObject, RecordId};

use crate::kit::{self, Scratch};
use crate::model;

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
