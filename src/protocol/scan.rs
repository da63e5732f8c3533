//! One pass over JSON text that checks it and says where its parts lie. No tree, no copy, no panic.
//!
//! Promise: what it takes is JSON. It does not take all of it: at the first thing out of the ordinary (nesting beyond
//! [`DEEPEST`], anything that is no JSON) it gives up with `None`, and whoever asked has a slower reader decide and say
//! what was wrong. So it needs no errors, and nothing depends on what it refuses.

use std::ops::Range;

/// Objects and arrays inside each other that are looked into.
const DEEPEST: u32 = 64;

/// A place in a text that is being read.
#[derive(Debug)]
pub(super) struct Scan<'a> {
    text: &'a str,
    at: usize,
    depth: u32,
}

impl<'a> Scan<'a> {
    /// At the beginning of a text, white space passed over.
    pub(super) fn new(text: &'a str) -> Self {
        let mut scan = Self { text, at: 0, depth: 0 };
        scan.space();
        scan
    }

    /// The text from where to where.
    pub(super) fn text(&self, part: Range<usize>) -> &'a str {
        &self.text[part]
    }

    /// Where it is.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// The next byte, not passed over.
    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Whether nothing but white space is left.
    pub(super) fn ends(mut self) -> bool {
        self.space();
        self.at == self.text.len()
    }

    /// An object. `member` is called at each value with where the inside of its name lies, and reads that value.
    pub(super) fn object(
        &mut self,
        mut member: impl FnMut(&mut Self, Range<usize>) -> Option<()>,
    ) -> Option<()> {
        self.list(b'{', b'}', |scan| {
            let name = scan.string()?;
            scan.space();
            scan.byte(b':')?;
            scan.space();
            member(scan, name)
        })
    }

    /// An array. `element` is called at each value and reads it.
    pub(super) fn array(&mut self, element: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.list(b'[', b']', element)
    }

    /// Any value: from where to where.
    pub(super) fn value(&mut self) -> Option<Range<usize>> {
        let begin = self.at;
        match self.peek()? {
            b'"' => _ = self.string()?,
            b'{' => self.object(|scan, _| scan.value().map(drop))?,
            b'[' => self.array(|scan| scan.value().map(drop))?,
            b't' => self.word(b"true")?,
            b'f' => self.word(b"false")?,
            b'n' => self.word(b"null")?,
            _ => self.number()?,
        }
        Some(begin..self.at)
    }

    fn list(&mut self, open: u8, close: u8, mut each: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.byte(open)?;
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        self.space();
        if self.peek()? == close {
            self.at += 1;
        } else {
            loop {
                each(self)?;
                self.space();
                match self.next()? {
                    b',' => self.space(),
                    end if end == close => break,
                    _ => return None,
                }
            }
        }
        self.depth -= 1;
        Some(())
    }

    /// A string: where its inside lies.
    fn string(&mut self) -> Option<Range<usize>> {
        self.byte(b'"')?;
        let begin = self.at;
        loop {
            self.at += plain(&self.text.as_bytes()[self.at..]);
            match self.next()? {
                b'"' => return Some(begin..self.at - 1),
                b'\\' => self.escape()?,
                _ => return None,
            }
        }
    }

    /// What stands behind a backslash. Half a surrogate pair is no Unicode and is JSON.
    fn escape(&mut self) -> Option<()> {
        match self.next()? {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(()),
            b'u' => (0..4).try_for_each(|_| self.next()?.is_ascii_hexdigit().then_some(())),
            _ => None,
        }
    }

    fn number(&mut self) -> Option<()> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.next()? {
            b'0' => {}
            b'1'..=b'9' => self.digits(),
            _ => return None,
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.some_digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.some_digits()?;
        }
        Some(())
    }

    fn some_digits(&mut self) -> Option<()> {
        self.next()?.is_ascii_digit().then(|| self.digits())
    }

    fn digits(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
    }

    fn word(&mut self, word: &[u8]) -> Option<()> {
        self.text.as_bytes()[self.at..].starts_with(word).then(|| self.at += word.len())
    }

    fn byte(&mut self, byte: u8) -> Option<()> {
        (self.next()? == byte).then_some(())
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\t' | b'\r')) {
            self.at += 1;
        }
    }
}

/// How many bytes at the beginning are neither a quote nor a backslash nor a control character, looked at eight at a
/// time.
fn plain(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGH: u64 = ONES << 7;
    // The high bit of each byte that is zero; of bytes behind the first of them it may be set, too.
    let zero = |word: u64| word.wrapping_sub(ONES) & !word;
    let mut at = 0;
    while let Some(eight) = bytes[at..].first_chunk() {
        let word = u64::from_le_bytes(*eight);
        let control = word.wrapping_sub(ONES * 0x20) & !word;
        let quote = zero(word ^ (ONES * u64::from(b'"')));
        let backslash = zero(word ^ (ONES * u64::from(b'\\')));
        let stops = (control | quote | backslash) & HIGH;
        if stops != 0 {
            return at + stops.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    let stop = |byte: &u8| matches!(byte, 0..0x20 | b'"' | b'\\');
    at + bytes[at..].iter().position(stop).unwrap_or(bytes.len() - at)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::value::RawValue;

    use super::*;

    /// The value that is the whole text, where it is taken.
    fn taken(text: &str) -> Option<&str> {
        let mut scan = Scan::new(text);
        let value = scan.value()?;
        scan.ends().then(|| &text[value])
    }

    #[test]
    fn what_is_json_is_taken_and_nothing_else() {
        let json = [
            "0",
            "-0",
            "-12.50e+3",
            "1E9",
            "1e999",
            "true",
            "false",
            "null",
            "\"\"",
            "[]",
            "{}",
            "[ ]",
            "{ }",
            r#""é💥 \" \\ \/ \b\f\n\r\t \u00e9 \ud800""#,
            r#"{"a": [1, {"b": []}, "]"] , "a":{}}"#,
            "[1,2]",
            "\"a text of more than eight bytes\u{7f}\"",
        ];
        for text in json {
            assert_eq!(taken(text), Some(text));
            assert_eq!(taken(&format!(" \t\r\n{text} \n")), Some(text));
            for cut in (0..text.len()).filter(|cut| text.is_char_boundary(*cut)) {
                assert!(
                    taken(&text[..cut]).is_none_or(|part| part == text[..cut].trim()),
                    "{}",
                    &text[..cut]
                );
            }
        }
        let none = [
            "",
            " ",
            "-",
            "01",
            "+1",
            "1.",
            ".5",
            "1e",
            "1e+",
            "tru",
            "nul",
            "'a'",
            "\"\n\"",
            "\"\\x\"",
            "\"\\u12g4\"",
            "\"\\u12",
            "[1 2]",
            "[,]",
            "[1,]",
            "[1}",
            "{1:2}",
            "{\"a\"}",
            "{\"a\" 1}",
            "{\"a\":1,}",
            "{\"a\":1]",
            "1 2",
            "{}}",
            "\"12345678\u{1f}\"",
            "\"\0\"",
            "NaN",
            "\u{feff}1",
        ];
        for text in none {
            assert_eq!(taken(text), None, "{text:?}");
            assert!(serde_json::from_str::<&RawValue>(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn deep_nesting_is_left_to_others() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let deepest = nested(DEEPEST as usize);
        assert_eq!(taken(&deepest), Some(deepest.as_str()));
        assert_eq!(taken(&nested(DEEPEST as usize + 1)), None);
        assert_eq!(taken(&nested(1_000_000)), None);
        let wide = format!("[{}]", vec!["[[]]"; 1_000].join(","));
        assert_eq!(taken(&wide), Some(wide.as_str()));
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            failure_persistence: None,
            cases: 4_000,
            rng_seed: proptest::test_runner::RngSeed::Fixed(include!("../../tests/seed/given.rs")),
            ..ProptestConfig::default()
        })]

        #[test]
        fn it_takes_what_a_real_parser_takes(text in r#"[{}\[\]":,\\ /u0-2a-fE.+\-tn\n\x01]{0,24}"#) {
            let real = serde_json::from_str::<&RawValue>(&text).ok().map(RawValue::get);
            prop_assert_eq!(taken(&text), real);
        }

        #[test]
        fn a_string_ends_where_it_ends(inside in r"[ -~é💥\x00-\x1f]{0,40}") {
            let text = format!("\"{inside}\"");
            let real = serde_json::from_str::<&RawValue>(&text).ok().map(RawValue::get);
            prop_assert_eq!(taken(&text), real);
        }
    }
}
