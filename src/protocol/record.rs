//! A record's identity and its top-level fields, read from the JSON as received without building a tree.

use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};

use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// A record's `data.id`: an integer of 64 bits, or else the text that came.
///
/// `12` and `"12"` are two records, and so are 2^53 and 2^53+1: nothing here passes through a float. What is an
/// integer beyond 64 bits, a fraction, a boolean or nested is identified by its JSON text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RecordId {
    /// An integer that fits 64 bits, written in the usual way.
    Int(i64),
    /// Anything else: a string's value, or the JSON text of what is no string.
    Text(String),
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(id) => id.fmt(f),
            Self::Text(id) => f.write_str(id),
        }
    }
}

impl RecordId {
    /// The identity that a raw JSON value gives; `null` gives none.
    pub fn from_json(raw: &str) -> Option<Self> {
        let raw = raw.trim();
        if raw == "null" {
            return None;
        }
        if raw.starts_with('"') {
            // A lone surrogate is no Rust string: such an id is its JSON text.
            return Some(Self::Text(serde_json::from_str(raw).unwrap_or_else(|_| raw.to_owned())));
        }
        match raw.parse::<i64>() {
            Ok(id) if itoa_is(id, raw) => Some(Self::Int(id)),
            _ => Some(Self::Text(raw.to_owned())),
        }
    }
}

/// Whether `raw` is the plain way to write `id` (`-0` and `+1` are not).
fn itoa_is(id: i64, raw: &str) -> bool {
    match raw.strip_prefix('-') {
        Some(digits) => id < 0 && !digits.starts_with('0'),
        None => id == 0 || !raw.starts_with(['0', '+']),
    }
}

/// What one pass over a record's `data` tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scan {
    /// The record's identity; none where `data` has no `id`, `"id": null`, or is no object.
    pub id: Option<RecordId>,
    /// A hash of the top-level field names in their order: records of one shape share it. It is made anew in each
    /// process, so it is a cache key and never stored.
    pub shape: u64,
}

/// Reads a record's identity and shape in one pass. The first `id` counts if it is there twice (as SQLite does).
pub fn scan(data: &str) -> Scan {
    let mut hasher = std::hash::DefaultHasher::new();
    let mut id = None;
    each_field(data, |name, value| {
        name.hash(&mut hasher);
        if id.is_none() && name == "id" {
            id = Some(RecordId::from_json(value));
        }
    });
    Scan { id: id.flatten(), shape: hasher.finish() }
}

/// Calls `field` with each top-level field's name and raw JSON value, in the order they came, duplicates included.
/// Where `data` is no object there are none. A field whose name is no Unicode (a lone surrogate) is passed over.
pub fn each_field<'a>(data: &'a str, field: impl FnMut(&str, &'a str)) {
    let mut json = serde_json::Deserializer::from_str(data);
    // The only error left is "no object": the text was checked as JSON when the page was parsed.
    let _ = json.deserialize_any(Fields(field));
}

struct Fields<F>(F);

impl<'de, F: FnMut(&str, &'de str)> Visitor<'de> for Fields<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a record")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key_seed(Name)? {
            let value: &'de RawValue = map.next_value()?;
            if let Some(name) = name {
                (self.0)(&name, value.get());
            }
        }
        Ok(())
    }
}

/// A field name, borrowed where it has no escapes; none where it is no Unicode. It is asked for as bytes, because a
/// lone surrogate is an error in a string and would end the walk.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Option<Cow<'de, str>>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_bytes(self)
    }
}

impl<'de> Visitor<'de> for Name {
    type Value = Option<Cow<'de, str>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field name")
    }

    fn visit_borrowed_bytes<E>(self, name: &'de [u8]) -> Result<Self::Value, E> {
        Ok(std::str::from_utf8(name).ok().map(Cow::Borrowed))
    }

    fn visit_bytes<E>(self, name: &[u8]) -> Result<Self::Value, E> {
        Ok(std::str::from_utf8(name).ok().map(|name| Cow::Owned(name.to_owned())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_never_rounded_or_merged() {
        let cases = [
            ("12", Some(RecordId::Int(12))),
            ("-7", Some(RecordId::Int(-7))),
            ("0", Some(RecordId::Int(0))),
            ("-0", Some(RecordId::Text("-0".into()))),
            ("\"12\"", Some(RecordId::Text("12".into()))),
            ("9007199254740992", Some(RecordId::Int(9_007_199_254_740_992))),
            ("9007199254740993", Some(RecordId::Int(9_007_199_254_740_993))),
            ("9223372036854775808", Some(RecordId::Text("9223372036854775808".into()))),
            ("1.0", Some(RecordId::Text("1.0".into()))),
            ("true", Some(RecordId::Text("true".into()))),
            (r#""\ud800""#, Some(RecordId::Text(r#""\ud800""#.into()))),
            ("null", None),
        ];
        for (raw, id) in cases {
            assert_eq!(RecordId::from_json(raw), id, "{raw}");
        }
    }

    #[test]
    fn a_scan_takes_the_first_id_and_knows_a_shape_again() {
        let one = scan(r#"{"id": 1, "name": "a", "id": 2}"#);
        let two = scan(r#"{"id": 9, "name": {"deep": [1]}, "id": null}"#);
        assert_eq!(one.id, Some(RecordId::Int(1)));
        assert_eq!(two.id, Some(RecordId::Int(9)));
        assert_eq!(one.shape, two.shape);
        assert_ne!(one.shape, scan(r#"{"name": "a", "id": 1}"#).shape);
        assert_eq!(scan(r#"{"\ud800": 1, "id": 5}"#).id, Some(RecordId::Int(5)));
        assert_eq!(scan("[1]").id, None);
        assert_eq!(scan("{}").id, None);
    }

    #[test]
    fn fields_come_raw_and_in_order() {
        let mut seen = Vec::new();
        each_field(r#"{"a\n": 1.10, "b": [ 1 ], "a\n": "x"}"#, |name, raw| {
            seen.push((name.to_owned(), raw.to_owned()));
        });
        let expected = [("a\n", "1.10"), ("b", "[ 1 ]"), ("a\n", "\"x\"")];
        assert_eq!(seen, expected.map(|(n, v)| (n.to_owned(), v.to_owned())));
    }
}
