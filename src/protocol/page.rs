//! A page of instructions, as a queue hands it out: parsed once, its `data` borrowed byte for byte from the body.

use std::borrow::Cow;
use std::ops::Range;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::record::{self, RecordId};
use super::{BodyError, utf8};

/// What the service says happened to a record. A hint: `created` means that this device never acknowledged it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventType {
    /// This device never acknowledged the record.
    Created,
    /// The device acknowledged an earlier revision.
    Updated,
    /// The record is gone, or out of sight.
    Deleted,
    /// A word that nobody has heard of; applied like an update.
    Other,
}

impl EventType {
    /// The word on the wire; `other` for what has none.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Deleted => "deleted",
            Self::Other => "other",
        }
    }

    fn from_wire(word: &str) -> Self {
        match word {
            "created" => Self::Created,
            "updated" => Self::Updated,
            "deleted" => Self::Deleted,
            _ => Self::Other,
        }
    }
}

/// An object that the service could not deliver this time; it comes again in a later session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedObject {
    /// Its resource type, empty where the service names none.
    #[serde(default, rename = "type")]
    pub kind: String,
    /// Its id, as JSON text; `null` where there is none.
    #[serde(default)]
    pub id: serde_json::Value,
}

/// One instruction, borrowed from its page.
#[derive(Debug, Clone, Copy)]
pub struct Item<'a> {
    /// The resource type (`meta.type`), whatever it is; empty where there is none.
    pub kind: &'a str,
    /// The record's JSON, exactly the bytes that came.
    pub data: &'a str,
    /// Created, updated or deleted.
    pub event: EventType,
    /// Opaque; none where the service sent none: such an item can be kept and never acknowledged.
    pub ack_key: Option<&'a str>,
    /// The record's revision; none where the service sent none (then nobody can know whether it is stale).
    pub revision: Option<i64>,
    /// The record's identity; none where `data` has no id.
    pub id: Option<&'a RecordId>,
    /// See [`record::Scan::shape`].
    pub shape: u64,
}

/// A page: the body and where its instructions lie in it. `Send`, owned, and cheap to hand on.
#[derive(Debug)]
pub struct Page {
    body: String,
    kinds: Vec<String>,
    spans: Vec<Span>,
    /// How many instructions are left in the queue, as the service guesses.
    pub count_left: Option<u64>,
    /// What could not be delivered this time.
    pub failed: Vec<FailedObject>,
}

#[derive(Debug)]
struct Span {
    kind: usize,
    data: Range<usize>,
    event: EventType,
    ack_key: Option<Text>,
    revision: Option<i64>,
    id: Option<RecordId>,
    shape: u64,
}

/// A string of the body: where it lies, or a copy where it had escapes.
#[derive(Debug)]
enum Text {
    In(Range<usize>),
    Copy(String),
}

impl Page {
    /// Parses the body of a `200` from a queue.
    ///
    /// # Errors
    /// [`BodyError`] where the body is not a page: then nothing is known of the queue.
    pub fn parse(body: Vec<u8>) -> Result<Self, BodyError> {
        let body = utf8(body)?;
        let (kinds, spans, meta) = {
            let wire: Wire<'_> = serde_json::from_str(&body).map_err(|e| BodyError::json("page", &e))?;
            let mut kinds: Vec<String> = Vec::new();
            let spans = wire.items.iter().map(|item| span(&body, item, &mut kinds)).collect();
            (kinds, spans, wire.meta.unwrap_or_default())
        };
        Ok(Self { body, kinds, spans, count_left: meta.count_left, failed: meta.failed_objects })
    }

    /// The instructions, in the order they came.
    pub fn items(&self) -> impl ExactSizeIterator<Item = Item<'_>> {
        self.spans.iter().map(|span| Item {
            kind: &self.kinds[span.kind],
            data: &self.body[span.data.clone()],
            event: span.event,
            ack_key: span.ack_key.as_ref().map(|key| match key {
                Text::In(range) => &self.body[range.clone()],
                Text::Copy(key) => key.as_str(),
            }),
            revision: span.revision,
            id: span.id.as_ref(),
            shape: span.shape,
        })
    }

    /// How many instructions the page carries. Zero is no end: only a 204 is.
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether the page carries no instruction.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// The size of the body, in bytes after decompression.
    pub fn bytes(&self) -> usize {
        self.body.len()
    }

    /// The body as received.
    pub fn body(&self) -> &str {
        &self.body
    }
}

fn span(body: &str, item: &WireItem<'_>, kinds: &mut Vec<String>) -> Span {
    let data = item.data.map_or("", RawValue::get);
    let scan = record::scan(data);
    let meta = item.meta.as_ref();
    let sync = meta.and_then(|m| m.sync.as_ref());
    let name = meta.and_then(|m| m.kind.as_deref()).unwrap_or_default();
    let kind = kinds.iter().position(|k| k == name).unwrap_or_else(|| {
        kinds.push(name.to_owned());
        kinds.len() - 1
    });
    Span {
        kind,
        data: locate(body, data),
        event: EventType::from_wire(sync.and_then(|s| s.event_type.as_deref()).unwrap_or_default()),
        ack_key: sync.and_then(|s| s.ack_key.as_ref()).map(|key| match key {
            Cow::Borrowed(key) => Text::In(locate(body, key)),
            Cow::Owned(key) => Text::Copy(key.clone()),
        }),
        revision: sync.and_then(|s| s.revision).and_then(|raw| revision(raw.get())),
        id: scan.id,
        shape: scan.shape,
    }
}

/// Where a part of `body` lies in it; the empty range for what is no part.
fn locate(body: &str, part: &str) -> Range<usize> {
    let start = (part.as_ptr() as usize).wrapping_sub(body.as_ptr() as usize);
    let end = start.saturating_add(part.len());
    if end <= body.len() { start..end } else { 0..0 }
}

/// A revision, leniently: a number or its text; one beyond 64 bits is the largest there is.
fn revision(raw: &str) -> Option<i64> {
    let digits = raw.trim_matches('"');
    match digits.parse::<i128>() {
        Ok(n) => Some(i64::try_from(n).unwrap_or(if n < 0 { i64::MIN } else { i64::MAX })),
        Err(_) => None,
    }
}

#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(borrow)]
    items: Vec<WireItem<'a>>,
    #[serde(default)]
    meta: Option<WireMeta>,
}

#[derive(Default, Deserialize)]
struct WireMeta {
    #[serde(default, deserialize_with = "lenient")]
    count_left: Option<u64>,
    #[serde(default, deserialize_with = "lenient")]
    failed_objects: Vec<FailedObject>,
}

#[derive(Deserialize)]
struct WireItem<'a> {
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
    #[serde(borrow, default)]
    meta: Option<WireItemMeta<'a>>,
}

#[derive(Deserialize)]
struct WireItemMeta<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    sync: Option<WireSync<'a>>,
}

#[derive(Deserialize)]
struct WireSync<'a> {
    #[serde(borrow, default)]
    event_type: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    ack_key: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    revision: Option<&'a RawValue>,
}

/// What is a guide and no promise must not cost the page when it has another shape.
fn lenient<'de, D, T>(json: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either<T> {
        Right(T),
        Wrong(IgnoredAny),
    }
    Ok(match Either::<T>::deserialize(json)? {
        Either::Right(value) => value,
        Either::Wrong(_) => T::default(),
    })
}
