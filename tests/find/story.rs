//! A record's story: what every instruction did to it, in order, with the page where it is known.

use drainboard::mirror::story::Event;
use drainboard::protocol::RecordId;

use crate::kit::{self, Scratch};
use crate::model;

#[tokio::test]
async fn a_record_tells_everything_that_happened_to_it() {
    let scratch = Scratch::new();
    let mirror = scratch.open();
    let contact = |event, revision, data: &str| kit::item("contact", event, "k", revision, data);
    let one = RecordId::Int(1);
    model::apply(&mirror, &[contact("created", 1, r#"{"id": 1, "name": "a"}"#)]).await;
    let story = scratch.reader().story("contact", &one, 100).unwrap();
    assert_eq!(story.steps.len(), 1);
    assert_eq!((story.steps[0].event, story.steps[0].session), (Event::Came, 1));
    assert!(story.steps[0].page.is_some(), "the row knows its page");

    model::apply(&mirror, &[contact("updated", 2, r#"{"id": 1, "name": "b"}"#)]).await;
    model::apply(&mirror, &[contact("deleted", 3, r#"{"id": 1}"#)]).await;
    model::apply(&mirror, &[contact("created", 4, r#"{"id": 1, "name": "c"}"#)]).await;
    model::apply(&mirror, &[contact("updated", 5, r#"{"id": 1, "name": "d"}"#)]).await;
    let reader = scratch.reader();
    let story = reader.story("contact", &one, 100).unwrap();
    let told: Vec<_> = story
        .steps
        .iter()
        .map(|s| (s.event, s.session, s.revision, s.data.is_some(), s.page.is_some()))
        .collect();
    assert_eq!(
        told,
        [
            (Event::Came, 1, Some(1), true, false),
            (Event::Updated, 2, Some(2), true, true),
            (Event::Deleted, 3, None, false, true),
            (Event::Revived, 4, Some(4), true, false),
            (Event::Updated, 5, Some(5), true, true),
        ]
    );
    let pages: Vec<_> = story.steps.iter().filter_map(|s| s.page).collect();
    assert!(pages.is_sorted() && story.steps.last().unwrap().page == pages.last().copied());
    assert_eq!(reader.origin("contact", &one).unwrap(), Some((5, *pages.last().unwrap())));

    // A bound leaves the oldest out, and says how many.
    let short = reader.story("contact", &one, 1).unwrap();
    assert_eq!((short.left_out, short.steps.len()), (2, 2));
    assert_eq!(short.steps[1], *story.steps.last().unwrap());

    model::apply(&mirror, &[contact("deleted", 6, r#"{"id": 1}"#), contact("deleted", 1, r#"{"id": 9}"#)])
        .await;
    let reader = scratch.reader();
    let story = reader.story("contact", &one, 100).unwrap();
    let last = story.steps.last().unwrap();
    assert_eq!((last.event, last.session, last.revision, &last.data), (Event::Deleted, 6, Some(6), &None));
    // What was never there has its delete alone; what nobody knows has nothing.
    let nine = reader.story("contact", &RecordId::Int(9), 100).unwrap();
    assert_eq!((nine.steps.len(), nine.steps[0].event), (1, Event::Deleted));
    assert!(reader.story("contact", &RecordId::Int(77), 100).unwrap().steps.is_empty());
    assert!(reader.story("nothing", &one, 100).unwrap().steps.is_empty());
    assert_eq!(reader.origin("nothing", &one).unwrap(), None);
}
