//! A page read by a real parser: whatever is one, and what is wrong with what is none.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::BodyError;
use super::super::places::Places;
use super::super::shape::{Few, Loose, Object, word};
use super::{FailedObject, INSTRUCTIONS, Parts, Read};

/// Objects that failed which are read from a page; the rest of them is not counted.
const FAILED: usize = 10_000;

/// Reads a page.
///
/// # Errors
/// [`BodyError`] where the body is none.
pub(super) fn read(body: &str) -> Result<Read<'_>, BodyError> {
    let Object(wire): Object<Wire<'_>> =
        serde_json::from_str(body).map_err(|e| BodyError::json("page", &e))?;
    let mut places = Places::default();
    let items = wire.items.0.iter().map(|Object(item)| item.parts(&mut places)).collect();
    Ok(Read { items, places, meta: wire.meta.map(RawValue::get) })
}

impl<'a> WireItem<'a> {
    fn parts(&self, places: &mut Places) -> Parts<'a> {
        let text = |raw: Option<&'a RawValue>| raw.map(RawValue::get);
        let meta = self.meta.0.as_ref();
        let sync = meta.and_then(|meta| meta.sync.0.as_ref());
        let data = text(self.data);
        Parts {
            data,
            fields: data.and_then(|data| places.find(data)),
            kind: text(meta.and_then(|meta| meta.kind)),
            event_type: text(sync.and_then(|sync| sync.event_type)),
            ack_key: text(sync.and_then(|sync| sync.ack_key)),
            revision: text(sync.and_then(|sync| sync.revision)),
        }
    }
}

/// What a page's `meta` tells. It is a guide and no promise: another shape of it costs no page.
pub(super) fn guide(meta: &str) -> (Option<u64>, Vec<FailedObject>) {
    let Ok(Object(meta)) = serde_json::from_str::<Object<WireMeta<'_>>>(meta) else {
        return (None, Vec::new());
    };
    let count_left = meta.count_left.and_then(|n| n.get().parse().ok());
    let objects = meta.failed_objects.and_then(|raw| serde_json::from_str::<Guide<'_>>(raw.get()).ok());
    (count_left, objects.map(|few| few.0).unwrap_or_default().into_iter().map(failed).collect())
}

/// What a page says of failed objects.
type Guide<'a> = Few<&'a RawValue, FAILED, true>;

/// One that failed, whatever it looks like: that there is one counts.
fn failed(raw: &RawValue) -> FailedObject {
    // A value too deep for a tree names no object either.
    let value = |raw: &RawValue| serde_json::from_str(raw.get()).unwrap_or_default();
    match serde_json::from_str::<Object<WireFailed<'_>>>(raw.get()) {
        Ok(Object(object)) => FailedObject {
            kind: word(object.kind.map(RawValue::get)).unwrap_or_default().into_owned(),
            id: object.id.map(value).unwrap_or_default(),
        },
        Err(_) => FailedObject { kind: String::new(), id: value(raw) },
    }
}

#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(borrow)]
    items: Few<Object<WireItem<'a>>, INSTRUCTIONS>,
    #[serde(borrow, default)]
    meta: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct WireMeta<'a> {
    #[serde(borrow, default)]
    count_left: Option<&'a RawValue>,
    #[serde(borrow, default)]
    failed_objects: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct WireFailed<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Option<&'a RawValue>,
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct WireItem<'a> {
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
    #[serde(borrow, default)]
    meta: Loose<WireItemMeta<'a>>,
}

#[derive(Deserialize)]
struct WireItemMeta<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Option<&'a RawValue>,
    #[serde(borrow, default)]
    sync: Loose<WireSync<'a>>,
}

#[derive(Deserialize)]
struct WireSync<'a> {
    #[serde(borrow, default)]
    event_type: Option<&'a RawValue>,
    #[serde(borrow, default)]
    ack_key: Option<&'a RawValue>,
    #[serde(borrow, default)]
    revision: Option<&'a RawValue>,
}
