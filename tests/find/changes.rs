//! What a session changed: before and after, the list, the states of a record, its tombstone.

use drainboard::mirror::changes::diff;
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

    let touched = reader.touched(2, 0, 1).unwrap();
    assert_eq!((touched.len(), touched[0].event.as_str(), &touched[0].id), (1, "updated", &one));
    assert_eq!(reader.touched(2, touched[0].no, 9).unwrap().len(), 1);
    assert_eq!((reader.touched_count(2).unwrap(), reader.touched_count(3).unwrap()), (2, 1));
    let states = reader.states("contact", &one).unwrap();
    assert_eq!(
        states.iter().map(|s| (s.revision, s.data.is_some())).collect::<Vec<_>>(),
        [(Some(1), true), (Some(2), true), (Some(3), true), (Some(4), false)]
    );
    let dead = reader.tombstones("contact", None, 9).unwrap();
    assert_eq!((dead.len(), &dead[0].id), (1, &one));
    assert_eq!(reader.tombstones("contact", Some(&one), 9).unwrap(), []);
    let brought = reader.brought("contact", 3, None, 9).unwrap();
    assert_eq!(brought.iter().map(|row| row.id.clone()).collect::<Vec<_>>(), [RecordId::Text("3".into())]);
}
