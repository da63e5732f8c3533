//! A record's JSON read as bytes: top-level fields, leaves, decoded text. No tree, no validation, no panic.
//!
//! The mirror checked every record when its page came, so this only needs to walk; on what is no JSON it stops early.

use std::borrow::Cow;

use memchr::memchr;

use crate::protocol::walk::{self, scalar_end, space, string_end};

/// Calls `field` with each top-level field's name and its raw value, in their order, until it answers false.
pub(in crate::mirror) fn fields<'a>(data: &'a [u8], mut field: impl FnMut(&[u8], &'a [u8]) -> bool) {
    for found in walk::fields(data) {
        let name = &data[found.name];
        let name = if memchr(b'\\', name).is_some() { unescaped(name) } else { Cow::Borrowed(name) };
        if !field(&name, &data[found.value]) {
            return;
        }
    }
}

/// The raw value at a path of field names. The first of two fields of one name counts, as with SQLite.
pub(in crate::mirror) fn find<'a>(data: &'a [u8], path: &[String]) -> Option<&'a [u8]> {
    let mut value = data;
    for name in path {
        let mut found = None;
        fields(value, |field, raw| {
            if field == name.as_bytes() {
                found = Some(raw);
            }
            found.is_none()
        });
        value = found?;
    }
    Some(value)
}

/// Calls `leaf` with each raw value that is neither an object nor an array nor null, until it answers true; says
/// whether it did. Names of fields are no leaves.
pub(in crate::mirror) fn any_leaf<'a>(raw: &'a [u8], mut leaf: impl FnMut(&'a [u8]) -> bool) -> bool {
    let mut at = 0;
    while let Some(byte) = raw.get(at) {
        match byte {
            b'"' => {
                let end = string_end(raw, at);
                let behind = space(raw, end);
                if raw.get(behind) == Some(&b':') {
                    at = behind + 1;
                    continue;
                }
                if leaf(&raw[at..end]) {
                    return true;
                }
                at = end;
            }
            b'{' | b'}' | b'[' | b']' | b',' | b':' | b' ' | b'\t' | b'\n' | b'\r' => at += 1,
            _ => {
                let end = scalar_end(raw, at);
                if &raw[at..end] != b"null" && leaf(&raw[at..end]) {
                    return true;
                }
                at = end;
            }
        }
    }
    false
}

/// What a leaf says: a string's decoded text, or the JSON text of a number, a boolean, a nested value.
pub(in crate::mirror) fn decoded(raw: &[u8]) -> Cow<'_, [u8]> {
    match raw {
        [b'"', inner @ .., b'"'] if memchr(b'\\', inner).is_some() => unescaped(inner),
        [b'"', inner @ .., b'"'] => Cow::Borrowed(inner),
        _ => Cow::Borrowed(raw),
    }
}

/// The same as text.
pub(in crate::mirror) fn text(raw: &[u8]) -> String {
    String::from_utf8_lossy(&decoded(raw)).into_owned()
}

/// A string's inside without its escapes; a lone surrogate becomes U+FFFD.
fn unescaped(inner: &[u8]) -> Cow<'_, [u8]> {
    let mut out = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = memchr(b'\\', rest) {
        out.extend_from_slice(&rest[..at]);
        let Some(&escape) = rest.get(at + 1) else { return Cow::Owned(out) };
        rest = &rest[at + 2..];
        let plain = match escape {
            b'n' => b'\n',
            b't' => b'\t',
            b'r' => b'\r',
            b'b' => 8,
            b'f' => 12,
            b'u' => {
                let (c, used) = unit(rest);
                out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                rest = &rest[used..];
                continue;
            }
            other => other,
        };
        out.push(plain);
    }
    out.extend_from_slice(rest);
    Cow::Owned(out)
}

/// The character behind `\u`, and how many bytes it took.
fn unit(rest: &[u8]) -> (char, usize) {
    let hex = |at: usize| {
        let digits = rest.get(at..at + 4).and_then(|d| std::str::from_utf8(d).ok())?;
        u32::from_str_radix(digits, 16).ok()
    };
    let Some(high) = hex(0) else { return (char::REPLACEMENT_CHARACTER, rest.len().min(4)) };
    if (0xd800..0xdc00).contains(&high)
        && rest.get(4..6) == Some(b"\\u")
        && let Some(low) = hex(6).filter(|low| (0xdc00..0xe000).contains(low))
    {
        let c = 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00);
        return (char::from_u32(c).unwrap_or(char::REPLACEMENT_CHARACTER), 10);
    }
    (char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER), 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_and_leaves_are_those_of_a_real_parser() {
        let data = br#" { "id" : 1, "a\n": [1, {"k": "v\"", "n": null}, true], "a\n": 2, "e": "" } "#;
        let mut seen = Vec::new();
        fields(data, |name, raw| {
            seen.push((
                String::from_utf8_lossy(name).into_owned(),
                String::from_utf8_lossy(raw).into_owned(),
            ));
            true
        });
        let expected =
            [("id", "1"), ("a\n", r#"[1, {"k": "v\"", "n": null}, true]"#), ("a\n", "2"), ("e", "\"\"")];
        assert_eq!(seen, expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
        let mut leaves = Vec::new();
        any_leaf(data, |raw| {
            leaves.push(text(raw));
            false
        });
        assert_eq!(leaves, ["1", "1", "v\"", "true", "2", ""]);
        assert_eq!(find(data, &["a\n".to_owned()]).map(<[u8]>::len), Some(34));
    }

    #[test]
    fn escapes_are_decoded() {
        assert_eq!(text(br#""\u00e9\ud83d\udca5\/\ud800x""#), "é💥/\u{fffd}x");
        assert_eq!(text(b"1.10"), "1.10");
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig {
            failure_persistence: None,
            rng_seed: proptest::test_runner::RngSeed::Fixed(include!("../../../tests/seed/given.rs")),
            ..Default::default()
        })]

        #[test]
        fn junk_ends_the_walk_and_nothing_else(junk in r#"[{}\[\]",:\\u0-9a ]{0,40}"#) {
            fields(junk.as_bytes(), |_, raw| { let _ = text(raw); true });
            any_leaf(junk.as_bytes(), |raw| { let _ = text(raw); false });
        }
    }
}
