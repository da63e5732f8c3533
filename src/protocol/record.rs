//! A record's identity and its top-level fields, read from the JSON as received without building a tree.

use std::fmt;

use super::walk;

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
            return Some(Self::Text(walk::text(raw).into_owned()));
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

/// The identity of a record, from its `data`: the first `id` counts if it is there twice (as SQLite does). None where
/// there is no `id`, where it is `null`, and where `data` is no object.
pub fn id(data: &str) -> Option<RecordId> {
    id_among(data, walk::fields(data.as_bytes()))
}

/// The same, where its fields are known.
pub(super) fn id_among(data: &str, mut fields: impl Iterator<Item = walk::Field>) -> Option<RecordId> {
    let is_id = |inner: &str| inner == "id" || walk::name(inner).is_some_and(|name| name == "id");
    let field = fields.find(|field| is_id(&data[field.name.clone()]))?;
    RecordId::from_json(&data[field.value])
}

/// Calls `field` with each top-level field's name and raw JSON value, in the order they came, duplicates included.
/// Where `data` is no object there are none. A field whose name is no Unicode (a lone surrogate) is passed over.
pub fn each_field<'a>(data: &'a str, mut field: impl FnMut(&str, &'a str)) {
    for found in walk::fields(data.as_bytes()) {
        if let Some(name) = walk::name(&data[found.name]) {
            field(&name, &data[found.value]);
        }
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
    fn the_first_id_counts() {
        let cases = [
            (r#"{"id": 1, "name": "a", "id": 2}"#, Some(1)),
            (r#"{"name": {"id": 7, "deep": [1]}, "id": 9}"#, Some(9)),
            (r#"{"\ud800": 1, "\u0069d": 5, "id": 6}"#, Some(5)),
            (r#"{"id": null, "id": 3}"#, None),
            ("[1]", None),
            ("{}", None),
        ];
        for (data, expected) in cases {
            assert_eq!(id(data), expected.map(RecordId::Int), "{data}");
        }
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
