//! The page decoder: it never panics; what it takes, a JSON reader of another kind reads the same; what it refuses is
//! no page; every `data` lies in the body, byte for byte.

use drainboard::protocol::record::{self, RecordId};
use drainboard::protocol::{EventType, Item, Page, Session, error::ErrorBody};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::driver::{Face, fuzz};

/// The words of the envelope.
pub(crate) const WORDS: &[&str] = &[
    "items",
    "data",
    "meta",
    "type",
    "sync",
    "event_type",
    "ack_key",
    "revision",
    "id",
    "null",
    "true",
    "[]",
    "{}",
    "created",
    "updated",
    "deleted",
    "count_left",
    "failed_objects",
    "contact",
    "Contact",
    "\"id\":1,",
    "\"data\":{\"id\":7},",
    "\"meta\":{\"type\":\"deal\",\"sync\":{\"event_type\":\"updated\",\"ack_key\":\"k\",\"revision\":3}}",
];

#[test]
fn pages() {
    let faces = fuzz("page", 12_000, WORDS, check);
    assert!(faces > 60, "only {faces} kinds of input: the mutations have gone dull");
}

fn check(input: &[u8]) -> Face {
    // The neighbours read the same bytes.
    let session = Session::parse(input.to_vec()).map(|session| session.queues.len());
    let error_body = ErrorBody::parse(input);
    let value: Option<Value> = serde_json::from_slice(input).ok();
    match Page::parse(input.to_vec()) {
        Ok(page) => {
            assert!(serde_json::from_slice::<&RawValue>(input).is_ok(), "a page that is no JSON");
            if let Some(value) = &value {
                assert_eq!(value["items"].as_array().map(Vec::len), Some(page.len()));
            }
            assert_eq!(page.items().len(), page.len());
            for (no, item) in page.items().enumerate() {
                check_item(&page, &item, value.as_ref().map(|value| &value["items"][no]));
            }
            let shape: Vec<_> = page
                .items()
                .take(3)
                .map(|item| {
                    (
                        item.event,
                        item.revision.is_some(),
                        item.id.is_some(),
                        item.ack_key.is_some(),
                        item.kind.len().min(3),
                    )
                })
                .collect();
            Face::of((page.len().min(4), page.count_left.is_some(), page.failed.len().min(3), shape))
        }
        Err(error) => {
            // The tree has the last of two equal members; a page with two of the envelope's is none.
            let mut items = 0;
            record::each_field(&String::from_utf8_lossy(input), |name, _| {
                items += u32::from(name == "items");
            });
            let twice = items > 1 || error.to_string().contains("duplicate field");
            let is_page = value.as_ref().is_some_and(is_page);
            assert!(twice || !is_page, "a page was refused: {error}");
            let words: String = error.to_string().chars().filter(|c| !c.is_ascii_digit()).take(70).collect();
            Face::of((
                words,
                session.ok(),
                value.is_some(),
                error_body.code.is_some(),
                error_body.logref.is_some(),
            ))
        }
    }
}

/// What makes a page, read the simple way.
fn is_page(value: &Value) -> bool {
    value.is_object() && value["items"].as_array().is_some_and(|items| items.iter().all(Value::is_object))
}

fn check_item(page: &Page, item: &Item<'_>, value: Option<&Value>) {
    let (body, data) = (page.body().as_bytes().as_ptr_range(), item.data.as_bytes().as_ptr_range());
    assert!(
        (body.start <= data.start && data.end <= body.end) || item.data == "null",
        "{} is not of the body",
        item.data
    );
    assert!(serde_json::from_str::<&RawValue>(item.data).is_ok(), "data is no JSON: {}", item.data);
    let mut fields = 0;
    record::each_field(item.data, |_, raw| {
        assert!(serde_json::from_str::<&RawValue>(raw).is_ok(), "a field is no JSON: {raw}");
        fields += 1;
    });
    let Some(value) = value else { return };
    let data = value.get("data").unwrap_or(&Value::Null);
    assert_eq!(&serde_json::from_str::<Value>(item.data).unwrap(), data);
    assert!(fields >= data.as_object().map_or(0, serde_json::Map::len));
    let meta = &value["meta"];
    assert_eq!(item.kind, meta["type"].as_str().unwrap_or_default());
    let sync = &meta["sync"];
    assert_eq!(item.ack_key, sync["ack_key"].as_str());
    let event = match sync["event_type"].as_str() {
        Some("created") => EventType::Created,
        Some("updated") => EventType::Updated,
        Some("deleted") => EventType::Deleted,
        _ => EventType::Other,
    };
    assert_eq!(item.event, event);
    if let Some(revision) = sync["revision"].as_i64() {
        assert_eq!(item.revision, Some(revision));
    }
    // Of two ids the tree has the last one and the record the first: only where there is one they must agree.
    if item.data.matches("id").count() == 1 {
        let expected = match &data["id"] {
            Value::Null => None,
            Value::String(id) => Some(RecordId::Text(id.clone())),
            id => id.as_i64().map(RecordId::Int).or_else(|| item.id.cloned()),
        };
        if item.id != Some(&RecordId::Text("-0".into())) && !item.data.contains('\\') {
            assert_eq!(item.id, expected.as_ref());
        }
    }
}
