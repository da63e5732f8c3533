//! A walk over JSON that was checked when it came: where its parts lie, found by quotes and brackets alone.
//!
//! No tree, no validation, no recursion, no panic: on what is no JSON it stops early. It reads bytes, since a database
//! may hold what is no UTF-8; what it finds in a text begins and ends between characters.

use std::borrow::Cow;
use std::ops::Range;

use memchr::{memchr, memchr2};

/// The top-level fields of an object, in their order, duplicates included. Of what is no object there are none.
pub fn fields(json: &[u8]) -> Fields<'_> {
    let open = space(json, 0);
    let at = if json.get(open) == Some(&b'{') { space(json, open + 1) } else { json.len() };
    Fields { json, at }
}

/// See [`fields`].
#[derive(Debug, Clone)]
pub struct Fields<'a> {
    json: &'a [u8],
    /// Where the next field's name opens.
    at: usize,
}

/// Where a field lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The name's inside, its quotes left out, its escapes as they are.
    pub name: Range<usize>,
    /// The value.
    pub value: Range<usize>,
}

impl Iterator for Fields<'_> {
    type Item = Field;

    fn next(&mut self) -> Option<Field> {
        let json = self.json;
        if json.get(self.at) != Some(&b'"') {
            return None;
        }
        let end = string_end(json, self.at);
        let name = self.at + 1..end.saturating_sub(1).max(self.at + 1);
        let colon = space(json, end);
        if json.get(colon) != Some(&b':') {
            return None;
        }
        let value = space(json, colon + 1);
        let value = value..value_end(json, value);
        let comma = space(json, value.end);
        self.at = if json.get(comma) == Some(&b',') { space(json, comma + 1) } else { json.len() };
        Some(Field { name, value })
    }
}

/// A name as it reads, borrowed where it has no escapes; none where it is no Unicode (a lone surrogate).
pub fn name(inner: &str) -> Option<Cow<'_, str>> {
    if memchr(b'\\', inner.as_bytes()).is_none() {
        return Some(Cow::Borrowed(inner));
    }
    unescaped(inner).map(Cow::Owned)
}

/// A text as it reads, from its JSON: borrowed where it has no escapes. What is no Unicode (a lone surrogate), and what
/// is no string, is its JSON text.
pub fn text(raw: &str) -> Cow<'_, str> {
    let inner = raw.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inner.and_then(name).unwrap_or(Cow::Borrowed(raw))
}

/// What the inside of a string reads as; none where it is no Unicode, or an escape is none. A parser takes six times as
/// long, most of it for a string that has to grow.
fn unescaped(inner: &str) -> Option<String> {
    let mut read = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = memchr(b'\\', rest.as_bytes()) {
        read.push_str(&rest[..at]);
        let (sign, behind) = match *rest.as_bytes().get(at + 1)? {
            sign @ (b'"' | b'\\' | b'/') => (char::from(sign), at + 2),
            b'b' => ('\u{8}', at + 2),
            b'f' => ('\u{c}', at + 2),
            b'n' => ('\n', at + 2),
            b'r' => ('\r', at + 2),
            b't' => ('\t', at + 2),
            b'u' => unicode(rest, at)?,
            _ => return None,
        };
        read.push(sign);
        rest = &rest[behind..];
    }
    read.push_str(rest);
    Some(read)
}

/// The character whose `\u` stands at `at`, both halves of it where there are two, and where it ends.
fn unicode(text: &str, at: usize) -> Option<(char, usize)> {
    let unit = |at: usize| {
        let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
        let hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        hex.then(|| u16::from_str_radix(digits, 16).ok())?
    };
    let first = unit(at)?;
    let units = [first, unit(at + 6).unwrap_or_default()];
    let sign = char::decode_utf16(units).next()?.ok()?;
    Some((sign, at + 6 * sign.len_utf16()))
}

/// Where the next byte is that is no white space.
pub fn space(json: &[u8], mut at: usize) -> usize {
    while matches!(json.get(at), Some(b' ' | b'\n' | b'\t' | b'\r')) {
        at += 1;
    }
    at
}

/// Behind the closing quote of the string that opens at `at`.
pub fn string_end(json: &[u8], at: usize) -> usize {
    let mut at = at + 1;
    while let Some(next) = json.get(at..).and_then(|rest| memchr2(b'"', b'\\', rest)) {
        at += next;
        if json[at] == b'"' {
            return at + 1;
        }
        at += 2;
    }
    json.len()
}

/// Behind the number or word that begins at `at`; it is one byte long at least.
pub fn scalar_end(json: &[u8], at: usize) -> usize {
    let is_end = |b: &u8| matches!(b, b',' | b'}' | b']' | b' ' | b'\n' | b'\t' | b'\r' | b'"' | b':');
    let length = json[at..].iter().position(is_end).unwrap_or(json.len() - at);
    (at + length.max(1)).min(json.len())
}

/// Behind the value that begins at `at`.
fn value_end(json: &[u8], at: usize) -> usize {
    match json.get(at) {
        None => at,
        Some(b'"') => string_end(json, at),
        Some(b'{' | b'[') => nested_end(json, at),
        Some(_) => scalar_end(json, at),
    }
}

fn nested_end(json: &[u8], mut at: usize) -> usize {
    let mut depth = 0_usize;
    while let Some(byte) = json.get(at) {
        match byte {
            b'"' => {
                at = string_end(json, at);
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
        at += 1;
    }
    json.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, Value};

    use super::*;

    fn read(json: &str) -> Vec<(String, &str)> {
        let read = |field: Field| {
            (name(&json[field.name]).unwrap_or(Cow::Borrowed("?")).into_owned(), &json[field.value])
        };
        fields(json.as_bytes()).map(read).collect()
    }

    #[test]
    fn fields_come_raw_and_in_order() {
        let json =
            r#" { "id" : 1, "a\n": [1, {"k": "v\"]", "n": null}, true], "a\n": 2 ,"\ud800":{}, "e": "" } "#;
        let expected = [
            ("id", "1"),
            ("a\n", r#"[1, {"k": "v\"]", "n": null}, true]"#),
            ("a\n", "2"),
            ("?", "{}"),
            ("e", r#""""#),
        ];
        assert_eq!(read(json), expected.map(|(n, v)| (n.to_owned(), v)));
        for none in ["", " ", "[1]", "{}", "\"a\"", "7", "{", "{\"", "{\"a", "{\"a\"", "{1:2}"] {
            assert!(read(none).is_empty(), "{none}");
        }
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".{0,8}".prop_map(Value::from),
            "[\\\\\"{}\\[\\],: é💥]{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::vec((".{0,6}", inner), 0..5)
                    .prop_map(|fields| Value::from(fields.into_iter().collect::<Map<_, _>>())),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            failure_persistence: None,
            cases: 1_000,
            rng_seed: proptest::test_runner::RngSeed::Fixed(include!("../../tests/seed/given.rs")),
            ..ProptestConfig::default()
        })]

        #[test]
        fn the_fields_are_those_of_a_real_parser(value in json(), pretty in any::<bool>()) {
            let text = if pretty { format!("{value:#}") } else { value.to_string() };
            let read: Vec<_> =
                read(&text).into_iter().map(|(name, raw)| (name, serde_json::from_str(raw).unwrap())).collect();
            let known = value.as_object().cloned().unwrap_or_default();
            prop_assert_eq!(read, known.into_iter().collect::<Vec<(String, Value)>>());
        }

        #[test]
        fn a_text_reads_as_with_a_real_parser(
            parts in prop::collection::vec(
                prop_oneof![
                    "[^\u{0}-\u{1f}\"\\\\]{0,4}",
                    prop::sample::select(vec![
                        r"\n", r"\r", r"\t", r"\b", r"\f", r"\/", r"\\", r#"\""#, r"\u0041", r"\u00E9", r"\ud83d", r"\uDC7b",
                        r"\u0000", r"\ud83d\udc7b", r"\uD8", r"\x", r"\u+041",
                    ]).prop_map(str::to_owned),
                ],
                0..6,
            ),
        ) {
            let inner = parts.concat();
            let raw = format!("\"{inner}\"");
            let read = serde_json::from_str::<String>(&raw).ok();
            prop_assert_eq!(name(&inner).map(Cow::into_owned), read.clone());
            prop_assert_eq!(text(&raw).into_owned(), read.unwrap_or_else(|| raw.clone()));
        }

        #[test]
        fn nothing_makes_it_panic(text in "[{}\\[\\]\":,\\\\ a1é]{0,40}") {
            for field in fields(text.as_bytes()) {
                let _ = (name(&text[field.name]), super::text(&text[field.value])); // between characters
            }
        }
    }
}
