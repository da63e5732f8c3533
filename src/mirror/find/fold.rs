//! Text without its case and its accents, and the search for it: in whole records by bytes first, then in decoded
//! values. Pure.
//!
//! Case is folded one character at a time (Unicode's lower case, and ς as σ), and so are accents, so that a part of a
//! text folds to a part of the folded text. A text that is looked for with an accent is meant so: then accents stay. The
//! search in raw bytes may say yes too often and never says no wrongly.

use memchr::{memchr, memchr_iter, memchr2, memmem};

use super::accents;

/// A text in lower case.
pub fn without_case(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    fold_case(text.as_bytes(), &mut out);
    out
}

/// A text in lower case and without accents.
pub fn without_accents(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    fold_into(text.as_bytes(), &mut out);
    out
}

/// Adds the text in lower case and without accents to `out`.
pub(in crate::mirror) fn fold_into(text: &[u8], out: &mut String) {
    if let Some(plain) = text.is_ascii().then(|| std::str::from_utf8(text).unwrap_or_default()) {
        let from = out.len();
        out.push_str(plain);
        out[from..].make_ascii_lowercase();
        return;
    }
    each_lower(text, |c| out.extend(if c.is_ascii() { Some(c) } else { accents::plain(c) }));
}

fn fold_case(text: &[u8], out: &mut String) {
    each_lower(text, |c| out.push(c));
}

/// Calls `letter` with each character in lower case.
fn each_lower(text: &[u8], mut letter: impl FnMut(char)) {
    let mut plain = |text: &str| {
        for c in text.chars() {
            match c {
                '\0'..='\x7f' => letter(c.to_ascii_lowercase()),
                'ς' => letter('σ'),
                c => c.to_lowercase().for_each(|c| letter(if c == 'ς' { 'σ' } else { c })),
            }
        }
    };
    match std::str::from_utf8(text) {
        Ok(text) => plain(text),
        Err(_) => plain(&String::from_utf8_lossy(text)),
    }
}

/// A text to be found in whatever case, and with whatever accents where it has none itself.
#[derive(Debug)]
pub(in crate::mirror) struct Needle {
    /// Folded.
    text: String,
    /// The same without accents.
    plain: String,
    /// The longest part that looks the same in raw bytes but for the case of ASCII letters; may be empty.
    piece: Vec<u8>,
    /// The rarest byte of the piece.
    rare: usize,
    /// Whether the piece has an ASCII letter.
    letters: bool,
    /// Where accents stay: characters outside ASCII whose lower case has an ASCII letter of the piece.
    strange: Vec<&'static [u8]>,
}

impl Needle {
    pub(in crate::mirror) fn new(text: &str) -> Self {
        let (text, plain) = (without_case(text), without_accents(text));
        let mut piece = String::new();
        for run in text.split(|c: char| !looks_the_same(c)) {
            if run.len() > piece.len() {
                run.clone_into(&mut piece);
            }
        }
        let piece = piece.into_bytes();
        let rare = (0..piece.len()).min_by_key(|i| commonness(piece[*i])).unwrap_or(0);
        let letters = piece.iter().any(u8::is_ascii_lowercase);
        let mut strange: Vec<&'static [u8]> = Vec::new();
        if piece.contains(&b'k') {
            strange.push("\u{212a}".as_bytes());
        }
        if piece.contains(&b'i') {
            strange.push("\u{130}".as_bytes());
        }
        Self { text, plain, piece, rare, letters, strange }
    }

    /// The text without case and accents: what an index has of it.
    pub(in crate::mirror) fn indexed(&self) -> &str {
        &self.plain
    }

    /// Whether it was written with accents, and is meant so.
    fn accented(&self) -> bool {
        self.plain != self.text
    }

    /// False only where no value in these raw bytes can contain the text.
    pub(in crate::mirror) fn may_be_in(&self, raw: &[u8]) -> bool {
        self.piece.is_empty() || self.piece_in(raw) || memchr(b'\\', raw).is_some() || self.hides_in(raw)
    }

    /// Whether raw bytes may have the text in letters that do not look like its own.
    fn hides_in(&self, raw: &[u8]) -> bool {
        if self.accented() {
            return self.strange.iter().any(|c| memmem::find(raw, c).is_some());
        }
        // Three bytes fold to one or more, accents that stand alone apart: what has one of those is looked at closely.
        let reach = self.text.len() * 3;
        let mut folded = String::new();
        let mut open: Option<(usize, usize)> = None;
        let mut from = 0;
        loop {
            let next = accents::next(raw, from, self.letters);
            if let Some(at) = next {
                let size = if raw[at] < 0xe0 { 2 } else { 3 };
                from = (at + size).min(raw.len());
                folded.clear();
                fold_into(&raw[at..from], &mut folded);
                if folded.is_empty() {
                    return true;
                }
                // A letter that the text has not hides nothing of it.
                if !self.text.contains(folded.as_str()) {
                    continue;
                }
            }
            // Letters that are near each other are looked at together.
            match (open, next) {
                (Some((first, last)), Some(at)) if at <= last + 2 * reach => open = Some((first, at)),
                (known, next) => {
                    if known.is_some_and(|(first, last)| self.is_around(raw, first, last, reach, &mut folded))
                    {
                        return true;
                    }
                    open = next.map(|at| (at, at));
                }
            }
            if next.is_none() {
                return false;
            }
        }
    }

    /// Whether the text is in raw bytes from so far before one place to so far behind another.
    fn is_around(&self, raw: &[u8], first: usize, last: usize, reach: usize, folded: &mut String) -> bool {
        // Between characters.
        let whole = |at: &usize| raw.get(*at).is_none_or(|byte| byte & 0xc0 != 0x80);
        let start = (first.saturating_sub(reach)..=first).find(whole).unwrap_or(first);
        let end = (last + reach..raw.len()).find(whole).unwrap_or(raw.len());
        folded.clear();
        fold_into(&raw[start..end], folded);
        memmem::find(folded.as_bytes(), self.text.as_bytes()).is_some()
    }

    /// Whether the decoded text contains it. `scratch` is only memory.
    pub(in crate::mirror) fn is_in(&self, text: &[u8], scratch: &mut String) -> bool {
        if self.piece.len() == self.text.len() && (text.is_ascii() || self.piece_in(text)) {
            return self.piece_in(text);
        }
        scratch.clear();
        if self.accented() {
            fold_case(text, scratch);
        } else {
            fold_into(text, scratch);
        }
        memmem::find(scratch.as_bytes(), self.text.as_bytes()).is_some()
    }

    /// Whether a text in this raw JSON contains it, names of fields apart; none where a look at the bytes does not
    /// tell.
    pub(in crate::mirror) fn is_in_a_text(&self, raw: &[u8]) -> Option<bool> {
        let whole = self.piece.len() == self.text.len() && !self.piece.is_empty();
        if !whole || memchr2(b'"', b'\\', &self.piece).is_some() || memchr(b'\\', raw).is_some() {
            return None;
        }
        let (mut counted, mut quotes) = (0, 0);
        while let Some(at) = self.position(raw, counted) {
            quotes += memchr_iter(b'"', &raw[counted..at]).count();
            if quotes % 2 == 0 {
                return None; // a number, a word, or what stands between values
            }
            let end = at + memchr(b'"', &raw[at..])?;
            let behind = raw[end + 1..].iter().find(|byte| !byte.is_ascii_whitespace());
            if behind != Some(&b':') {
                return Some(true);
            }
            (counted, quotes) = (end + 1, quotes + 1);
        }
        (!self.hides_in(raw)).then_some(false)
    }

    fn piece_in(&self, hay: &[u8]) -> bool {
        self.piece.is_empty() || self.position(hay, 0).is_some()
    }

    /// Where the piece is in bytes, from a place on.
    fn position(&self, hay: &[u8], from: usize) -> Option<usize> {
        let rare = *self.piece.get(self.rare)?;
        let (mut from, length) = (from + self.rare, self.piece.len());
        loop {
            let rest = hay.get(from..)?;
            let found = if rare.is_ascii_lowercase() {
                memchr2(rare, rare.to_ascii_uppercase(), rest)
            } else {
                memchr(rare, rest)
            };
            let at = from + found?;
            let start = at - self.rare;
            if hay.get(start..start + length).is_some_and(|part| part.eq_ignore_ascii_case(&self.piece)) {
                return Some(start);
            }
            from = at + 1;
        }
    }
}

/// Whether nothing but ASCII case can stand between this folded character and the raw bytes of the one it came from.
fn looks_the_same(c: char) -> bool {
    match c {
        // JSON may write these with an escape, and then the record has a backslash: that is looked for apart.
        '\0'..='\x7f' => true,
        '\u{307}' | 'σ' => false,
        c => !c.is_lowercase() && c.to_uppercase().eq(std::iter::once(c)),
    }
}

/// How common a byte is in records, roughly: the search jumps from one to the next.
fn commonness(byte: u8) -> u8 {
    match byte {
        b'q' | b'z' | b'x' | b'j' | b'k' | b'w' | b'v' => 0,
        0x80.. | b'b' | b'f' | b'g' | b'h' | b'p' | b'y' | b'@' => 1,
        b'm' | b'u' | b'l' | b'c' | b'd' => 2,
        b'a'..=b'z' => 3,
        b'0'..=b'9' | b'.' | b'-' => 4,
        _ => 5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_does_not_matter_in_any_script() {
        let mut scratch = String::new();
        for (text, part, is) in [
            ("Hanako ABE", "o ab", true),
            ("ÅSA LINDQVIST", "åsa l", true),
            ("阿部 花子", "花子", true),
            ("ΟΔΟΣ", "οδος", true),
            ("\u{212a}elvin", "kelvin", true),
            ("İstanbul", "istanbul", true),
            ("İstanbul", "İSTANBUL", true),
            ("Istanbul", "İstanbul", false),
            ("İstanbul", "stanbul", true),
            ("straße", "STRASSE", false),
            ("абв", "Б", true),
            ("abc", "abcd", false),
            ("aab", "ab", true),
        ] {
            let needle = Needle::new(part);
            assert_eq!(needle.is_in(text.as_bytes(), &mut scratch), is, "{part} in {text}");
            assert!(!is || needle.may_be_in(text.as_bytes()), "{part} in {text}");
        }
    }

    #[test]
    fn accents_do_not_matter_unless_they_are_looked_for() {
        let mut scratch = String::new();
        for (text, part, is) in [
            ("José Núñez", "jose nun", true),
            ("JOSE\u{301}", "jose", true),
            ("Łódź", "LODZ", true),
            ("Trần Thị Bưởi", "buoi", true),
            ("Ταΰγετος", "ταυγετος", true),
            ("Ёлкин", "елкин", true),
            ("Σørensen 花", "ørensen", true),
            ("が", "か", false),
            ("José", "josé", true),
            ("Jose", "josé", false),
            ("JOSÉ", "sé", true),
            ("Josè", "josé", false),
        ] {
            let needle = Needle::new(part);
            assert_eq!(needle.is_in(text.as_bytes(), &mut scratch), is, "{part} in {text}");
            let raw = format!("{{\"{}\": \"{text}\"}}", "a name of a field, and longer than that".repeat(3));
            assert!(!is || needle.may_be_in(raw.as_bytes()), "{part} in {text}");
            assert_ne!(needle.is_in_a_text(raw.as_bytes()), Some(!is), "{part} in {text}");
        }
        // What is near no accent is not looked at closely.
        assert!(!Needle::new("maple").may_be_in("{\"name\": \"Łódź, José\"}".as_bytes()));
    }

    #[test]
    fn names_of_fields_and_what_stands_between_values_are_no_texts() {
        for (raw, part, is) in [
            (r#"{"name": "x", "b": ["the name"]}"#, "NAME", Some(true)),
            (r#"{"name": "x", "b": "y"}"#, "name", Some(false)),
            (r#"{"a name" : "x", "b": {"names": 1}, "c": "nam"}"#, "name", Some(false)),
            (r#"{"a": "x", "b": 1200}"#, "20", None),
            (r#"{"a": "20", "b": 1200}"#, "20", Some(true)),
            (r#"{"a": "x", "b": "y"}"#, ", ", None),
            (r#"{"a": "x\n"}"#, "a", None),
            (r#"{"a": "x"}"#, "\"x", None),
            ("{\"a\": \"x\", \"b\": \"\u{212a}\"}", "k", None),
            (r#"{"a": "花 子"}"#, "花 子", Some(true)),
        ] {
            assert_eq!(Needle::new(part).is_in_a_text(raw.as_bytes()), is, "{part} in {raw}");
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig {
            failure_persistence: None,
            rng_seed: proptest::test_runner::RngSeed::Fixed(include!("../../../tests/seed/given.rs")),
            ..Default::default()
        })]

        #[test]
        fn the_search_in_bytes_never_says_no_wrongly(text in "[aAkKiIbeéÉİ\u{212a}\u{212b}σςΣό\u{307}花x ]{0,40}", part in "[aAkKibeéİσςΣο\u{307}花]{1,3}") {
            let wanted = without_case(&part);
            let (folded, exact) = (without_accents(&text), without_accents(&part) != wanted);
            let folded = if exact { without_case(&text) } else { folded };
            let needle = Needle::new(&part);
            proptest::prop_assert_eq!(needle.is_in(text.as_bytes(), &mut String::new()), folded.contains(&wanted));
            proptest::prop_assert!(!folded.contains(&wanted) || needle.may_be_in(text.as_bytes()));
        }
    }
}
