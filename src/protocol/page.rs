//! A page of instructions, as a queue hands it out: read once, its `data` borrowed byte for byte from the body.
//!
//! Two readers: `quick` takes a page as the service sends it, in one pass; `wire` takes whatever is a page. Where the
//! first gives up, the second decides; where it does not, they agree.

mod quick;
mod wire;

use std::borrow::Cow;
use std::collections::HashMap;
use std::num::IntErrorKind;
use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::places::{Fields, Place, Places};
use super::record::{self, RecordId};
use super::shape::word;
use super::{BodyError, utf8};

/// The most instructions in a page; a hundred are usual. Beyond that a body within its bound could fill the memory.
const INSTRUCTIONS: usize = 1 << 20;

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
    /// The record's JSON, exactly the bytes that came; `null` too where none came.
    pub data: &'a str,
    /// Created, updated or deleted.
    pub event: EventType,
    /// Opaque; none where the service sent none: such an item can be kept and never acknowledged.
    pub ack_key: Option<&'a str>,
    /// The record's revision; none where the service sent none (then nobody can know whether it is stale).
    pub revision: Option<i64>,
    /// The record's identity; none where `data` has no id.
    pub id: Option<&'a RecordId>,
    places: Option<&'a [Place]>,
}

impl<'a> Item<'a> {
    /// Where the top-level fields of `data` lie in it.
    pub fn fields(&self) -> Fields<'a> {
        Fields::of(self.data, self.places)
    }
}

/// A page: the body and where its instructions lie in it. `Send`, owned, and cheap to hand on.
#[derive(Debug)]
pub struct Page {
    body: Arc<String>,
    kinds: Vec<String>,
    spans: Vec<Span>,
    places: Places,
    /// How many instructions are left in the queue, as the service guesses.
    pub count_left: Option<u64>,
    /// What could not be delivered this time.
    pub failed: Vec<FailedObject>,
}

#[derive(Debug)]
struct Span {
    kind: usize,
    data: Option<Range<usize>>,
    /// Which of the page's fields are the record's.
    fields: Option<Range<usize>>,
    event: EventType,
    ack_key: Option<Text>,
    revision: Option<i64>,
    id: Option<RecordId>,
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
    /// A page is an object whose `items` are objects, a million (2^20) at most, none with a member twice in its
    /// envelope: nobody could know which is meant. An item that is odd inside (no key, no type, another shape of
    /// `meta`) is kept with what it has, so that it cannot hold up the others.
    ///
    /// # Errors
    /// [`BodyError`] where the body is not a page: then nothing is known of the queue.
    pub fn parse(body: Vec<u8>) -> Result<Self, BodyError> {
        Self::of(Arc::new(utf8(body)?))
    }

    /// The same for a text that others look at, too.
    ///
    /// # Errors
    /// [`BodyError`] where the body is not a page.
    pub fn of(body: Arc<String>) -> Result<Self, BodyError> {
        let Read { items, places, meta } = quick::read(&body).map_or_else(|| wire::read(&body), Ok)?;
        let mut kinds = Kinds::default();
        let spans = items.into_iter().map(|item| span(&body, item, &mut kinds, &places)).collect();
        let (count_left, failed) = meta.map(wire::guide).unwrap_or_default();
        Ok(Self { kinds: kinds.names, spans, places, count_left, failed, body })
    }

    /// The types of its instructions, each once.
    pub fn kinds(&self) -> &[String] {
        &self.kinds
    }

    /// The instructions, in the order they came.
    pub fn items(&self) -> impl ExactSizeIterator<Item = Item<'_>> {
        self.spans.iter().map(|span| Item {
            kind: &self.kinds[span.kind],
            data: span.data.as_ref().map_or("null", |data| &self.body[data.clone()]),
            event: span.event,
            ack_key: span.ack_key.as_ref().map(|key| match key {
                Text::In(range) => &self.body[range.clone()],
                Text::Copy(key) => key.as_str(),
            }),
            revision: span.revision,
            id: span.id.as_ref(),
            places: span.fields.clone().map(|found| self.places.get(found)),
        })
    }

    /// Cuts the first instruction off: a page of its own, with nothing else that came beside it. Empty where there is
    /// none.
    pub fn split_first(&mut self) -> Self {
        let first = self.spans.drain(..self.spans.len().min(1)).collect();
        Self {
            body: self.body.clone(),
            kinds: self.kinds.clone(),
            spans: first,
            places: self.places.clone(),
            count_left: self.count_left,
            failed: Vec::new(),
        }
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

/// What a reader found in a body.
#[derive(Debug, PartialEq)]
struct Read<'a> {
    items: Vec<Parts<'a>>,
    places: Places,
    meta: Option<&'a str>,
}

/// An instruction's parts, as they stand in the body: JSON, none where they are missing or `null`.
#[derive(Debug, PartialEq)]
struct Parts<'a> {
    data: Option<&'a str>,
    /// Which of the page's fields are the record's.
    fields: Option<Range<usize>>,
    kind: Option<&'a str>,
    event_type: Option<&'a str>,
    ack_key: Option<&'a str>,
    revision: Option<&'a str>,
}

/// The type names of a page, each once.
#[derive(Default)]
struct Kinds {
    names: Vec<String>,
    index: HashMap<String, usize>,
}

impl Kinds {
    fn number(&mut self, name: &str) -> usize {
        if let Some(number) = self.index.get(name) {
            return *number;
        }
        let number = self.names.len();
        self.names.push(name.to_owned());
        self.index.insert(name.to_owned(), number);
        number
    }
}

fn span(body: &str, item: Parts<'_>, kinds: &mut Kinds, places: &Places) -> Span {
    let found = item.fields.clone().map(|found| places.get(found));
    Span {
        kind: kinds.number(&word(item.kind).unwrap_or_default()),
        data: item.data.map(|data| locate(body, data)),
        event: EventType::from_wire(&word(item.event_type).unwrap_or_default()),
        ack_key: word(item.ack_key).map(|key| match key {
            Cow::Borrowed(key) => Text::In(locate(body, key)),
            Cow::Owned(key) => Text::Copy(key),
        }),
        revision: item.revision.and_then(revision),
        id: item.data.and_then(|data| record::id_among(data, Fields::of(data, found))),
        fields: item.fields,
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
    match raw.trim_matches('"').parse::<i64>() {
        Ok(n) => Some(n),
        Err(e) if *e.kind() == IntErrorKind::PosOverflow => Some(i64::MAX),
        Err(e) if *e.kind() == IntErrorKind::NegOverflow => Some(i64::MIN),
        Err(_) => None,
    }
}
