//! Takes the token out of what a service says and of what crosses the wire, before anybody keeps or shows it. Pure.
//!
//! Promise: after [`Redactor::scrub`] no sixteen characters of the token in a row are in the bytes in a form that decodes
//! back to them by percent-decoding, JSON's or HTML's escapes, any mixture of them included; nor what its Base64 (either
//! alphabet, wherever in a longer text the token stands) or its hexadecimal digits say of so many, escaped or not; all
//! without regard to case. In messages and short texts white space between them changes nothing. Plain bytes are found by
//! one search for all `forms`, which leaps over most of a text (`leaps`). Since every escape holds a `%`, a `\` or an `&`
//! (`escape`), only what is around those is looked at.

mod escape;
mod forms;
mod leaps;

use std::borrow::Cow;
use std::ops::Range;

use secrecy::{ExposeSecret, SecretString};

use escape::{LONGEST_FORM, blank, escaped};
use forms::Form;
use leaps::Leaps;

/// What stands where the token was.
pub(super) const MARK: &str = "[token]";

/// Bytes up to which a text of the wire is looked through a second time, without its white space. Pages are longer: there
/// it would cost more than all the rest of watching.
const SHORT: usize = 1024;

/// Finds one token. What it looks for is zeroed when it goes.
pub(super) struct Redactor {
    leaps: Leaps,
    /// The token, then its encodings.
    forms: Vec<Form>,
    /// The length of the shortest part that counts: what is shorter holds none, since an escape is never shorter than
    /// what it stands for.
    shortest: usize,
    /// Whether a byte stands in any of them: most escapes of a body stand for one that does not.
    letters: [bool; 256],
}

impl Redactor {
    pub(super) fn new(token: &SecretString) -> Self {
        Self::of(Form::all(token.expose_secret().as_bytes()))
    }

    fn of(mut forms: Vec<Form>) -> Self {
        forms.retain(|form| form.part > 0);
        let shortest = forms.iter().map(|form| form.part).min().unwrap_or(usize::MAX);
        let mut letters = [false; 256];
        for byte in forms.iter().flat_map(|form| form.bytes.iter()) {
            letters[usize::from(byte.to_ascii_lowercase())] = true;
            letters[usize::from(byte.to_ascii_uppercase())] = true;
        }
        Self { leaps: Leaps::over(&forms), forms, shortest, letters }
    }

    /// The same for several tokens at once.
    pub(super) fn of_all<'a>(tokens: impl IntoIterator<Item = &'a SecretString>) -> Self {
        Self::of(tokens.into_iter().flat_map(|token| Form::all(token.expose_secret().as_bytes())).collect())
    }

    /// The bytes with a mark for each token; borrowed where there is none.
    pub(super) fn scrub<'a>(&self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        let found = if bytes.len() <= SHORT { self.find_across(bytes) } else { self.find(bytes) };
        marked(bytes, &found)
    }

    /// The same for text that becomes a message.
    pub(super) fn text(&self, text: &str) -> String {
        String::from_utf8_lossy(&marked(text.as_bytes(), &self.find_across(text.as_bytes()))).into_owned()
    }

    /// Whether the token is there, in any of its forms.
    pub(super) fn finds(&self, text: &str) -> bool {
        !self.find_across(text.as_bytes()).is_empty()
    }

    /// The first `cap` bytes, scrubbed. A token across the cut leaves nothing of itself.
    pub(super) fn scrub_head<'a>(&self, bytes: &'a [u8], cap: usize) -> Cow<'a, [u8]> {
        if bytes.len() <= cap {
            return self.scrub(bytes);
        }
        let longest = self.forms.iter().map(|form| form.bytes.len()).max().unwrap_or(0) * LONGEST_FORM;
        let seen = &bytes[..bytes.len().min(cap + longest)];
        let mut found = self.find(seen);
        let cut = found.iter().find(|token| token.start < cap && token.end > cap);
        let end = cut.map_or(cap, |token| token.start);
        found.retain(|token| token.end <= end);
        marked(&bytes[..end], &found)
    }

    /// Where the token is in any of its forms, or a part of one, in order, never overlapping.
    fn find(&self, bytes: &[u8]) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        if bytes.len() < self.shortest {
            return found; // many a header
        }
        self.leaps.places(&self.forms, bytes, |form, from, at| {
            let before = shared(form.bytes[..from].iter().rev(), bytes[..at].iter().rev());
            let after = shared(form.bytes[from..].iter(), bytes[at..].iter());
            if before + after >= form.part {
                found.push(at - before..at + after);
            }
        });
        for at in memchr::memchr3_iter(b'%', b'\\', b'&', bytes) {
            let readings = escaped(&bytes[at..]);
            if readings.iter().flatten().any(|(c, _)| self.letters[usize::from(*c)]) {
                found.extend(self.forms.iter().filter_map(|form| around(form, bytes, at, &readings)));
            }
        }
        joined(found)
    }

    /// The same where white space may stand in the midst of it, as where a line was broken.
    fn find_across(&self, bytes: &[u8]) -> Vec<Range<usize>> {
        let mut found = self.find(bytes);
        if bytes.len() <= self.shortest {
            return found;
        }
        let mut solid = Vec::with_capacity(bytes.len());
        let mut places = Vec::with_capacity(bytes.len());
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            match blank(&bytes[at..]) {
                0 => {
                    solid.push(*byte);
                    places.push(at);
                    at += 1;
                }
                length => at += length,
            }
        }
        if solid.len() == bytes.len() {
            return found;
        }
        found.extend(
            self.find(&solid).into_iter().map(|token| places[token.start]..places[token.end - 1] + 1),
        );
        joined(found)
    }
}

/// In order, those that overlap as one.
fn joined(mut found: Vec<Range<usize>>) -> Vec<Range<usize>> {
    found.sort_unstable_by_key(|token| token.start);
    let mut joined: Vec<Range<usize>> = Vec::with_capacity(found.len());
    for token in found {
        match joined.last_mut() {
            Some(last) if token.start < last.end => last.end = last.end.max(token.end),
            _ => joined.push(token),
        }
    }
    joined
}

/// How many bytes two texts have in common, without regard to case: what only differs in it gives the token away.
fn shared<'a>(one: impl Iterator<Item = &'a u8>, other: impl Iterator<Item = &'a u8>) -> usize {
    one.zip(other).take_while(|(one, other)| one.eq_ignore_ascii_case(other)).count()
}

/// The bytes with a mark for each token that was found in them.
fn marked<'a>(bytes: &'a [u8], found: &[Range<usize>]) -> Cow<'a, [u8]> {
    if found.is_empty() {
        return Cow::Borrowed(bytes);
    }
    let mut out = Vec::with_capacity(bytes.len());
    let mut from = 0;
    for token in found {
        out.extend_from_slice(&bytes[from..token.start]);
        out.extend_from_slice(MARK.as_bytes());
        from = token.end;
    }
    out.extend_from_slice(&bytes[from..]);
    Cow::Owned(out)
}

/// The longest part of the token whose first escaped character is at `at`: what is before that is plain.
fn around(form: &Form, bytes: &[u8], at: usize, readings: &[Option<(u8, usize)>; 2]) -> Option<Range<usize>> {
    let Form { bytes: form, part } = form;
    let here = |c: &u8| readings.iter().flatten().any(|(read, _)| read.eq_ignore_ascii_case(c));
    let parts = (0..form.len()).filter(|from| here(&form[*from])).filter_map(|from| {
        let before = shared(form[..from].iter().rev(), bytes[..at].iter().rev());
        let (count, end) = ahead(form, bytes, at, from);
        (before + count >= *part).then(|| at - before..end)
    });
    parts.max_by_key(ExactSizeIterator::len)
}

/// How many of the form's characters from number `from` on are at `at`, and where they end; by the longest of the
/// readings.
fn ahead(form: &[u8], bytes: &[u8], at: usize, from: usize) -> (usize, usize) {
    let mut ends = vec![at];
    let mut count = 0;
    for c in &form[from..] {
        let mut next = Vec::with_capacity(ends.len());
        for end in &ends {
            let rest = bytes.get(*end..).unwrap_or_default();
            if rest.first().is_some_and(|plain| plain.eq_ignore_ascii_case(c)) {
                next.push(end + 1);
            }
            let readings = escaped(rest);
            let same = readings.iter().flatten().filter(|(read, _)| read.eq_ignore_ascii_case(c));
            next.extend(same.map(|(_, length)| end + length));
        }
        next.sort_unstable();
        next.dedup();
        if next.is_empty() {
            break;
        }
        (ends, count) = (next, count + 1);
    }
    (count, ends.last().copied().unwrap_or(at))
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD_NO_PAD;
    use proptest::prelude::*;

    use super::*;

    fn redactor(token: &str) -> Redactor {
        Redactor::new(&SecretString::from(token))
    }

    /// A character in one of the forms that a service may echo it in.
    fn form(c: char, how: u8) -> String {
        let code = c as u32;
        match how {
            1 => format!("%{code:02X}"),
            2 => format!("%{code:02x}"),
            3 => format!("\\u{code:04x}"),
            4 => format!("\\\\u{code:04X}"),
            5 => format!("&#{code};"),
            6 => format!("&#x{code:x};"),
            7 if matches!(c, '"' | '/' | '\\') => format!("\\{c}"),
            8 if c == '&' => "&amp;".to_owned(),
            _ => c.to_string(),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            failure_persistence: None,
            rng_seed: proptest::test_runner::RngSeed::Fixed(include!("../../tests/seed/given.rs")),
            ..ProptestConfig::default()
        })]

        #[test]
        fn no_form_of_the_token_stays(
            token in "[!-~]{6,40}",
            hows in prop::collection::vec(0_u8..9, 40),
            before in "[ -~\\\\%&]{0,30}",
            after in "[ -~\\\\%&]{0,30}",
            escape in any::<bool>(),
        ) {
            let mut echo = String::new();
            for (c, how) in token.chars().zip(&hows) {
                let _ = write!(echo, "{}", form(c, if escape { *how } else { 0 }));
            }
            // A backslash before an escape that begins with one is another text: it escapes the backslash.
            let before = before.trim_end_matches('\\');
            let text = format!("{before}{echo}{after}");
            let clean = redactor(&token).text(&text);
            prop_assert!(!clean.contains(&echo), "{text:?} became {clean:?}");
            prop_assert!(clean.contains(MARK));
        }

        #[test]
        fn what_is_no_token_stays_as_it_is(text in "[ -~\\\\%&]{0,80}") {
            let clean = redactor("0123456789abcdef0123456789abcdef").text(&text);
            prop_assert_eq!(clean, text);
        }

        #[test]
        fn a_cut_leaves_no_part_of_the_token(before in 0_usize..60, cap in 1_usize..60) {
            let token = "0123456789";
            let body = format!("{}{token}{}", "x".repeat(before), "y".repeat(80));
            let head = redactor(token).scrub_head(body.as_bytes(), cap).into_owned();
            let head = String::from_utf8(head).expect("ASCII");
            prop_assert!(!head.contains(|c: char| c.is_ascii_digit()), "{head}");
            prop_assert!(head.len() <= cap.max(before.min(cap) + MARK.len()));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            failure_persistence: None,
            rng_seed: proptest::test_runner::RngSeed::Fixed(include!("../../tests/seed/given.rs")),
            ..ProptestConfig::default()
        })]

        #[test]
        fn no_encoding_of_the_token_stays(
            token in "[!-~]{12,70}",
            before in prop::collection::vec(any::<u8>(), 0..8),
            after in prop::collection::vec(any::<u8>(), 0..8),
            escape in any::<bool>(),
        ) {
            use base64::engine::general_purpose::{STANDARD, URL_SAFE};
            let text = [before.as_slice(), token.as_bytes(), after.as_slice()].concat();
            for mut encoded in [STANDARD.encode(&text), URL_SAFE.encode(&text)] {
                if escape {
                    encoded = encoded.replace('/', "\\/").replace('+', "%2B");
                }
                let clean = redactor(&token).text(&format!("token={encoded};"));
                // At most the two digits at each end that the neighbours share.
                let rest = clean.len() - MARK.len() - "token=;".len();
                let most = (before.len() + after.len()) * 2 + 8;
                prop_assert!(clean.contains(MARK) && rest <= most, "{encoded} became {clean}");
            }
            let hex = text.iter().fold(String::new(), |mut out, b| { let _ = write!(out, "{b:02X}"); out });
            prop_assert!(redactor(&token).text(&hex).contains(MARK), "{hex}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            failure_persistence: None,
            rng_seed: proptest::test_runner::RngSeed::Fixed(include!("../../tests/seed/given.rs")),
            ..ProptestConfig::default()
        })]

        #[test]
        fn no_part_of_the_token_stays(
            token in "[0-9a-zA-Z!-~]{64}",
            part in 16_usize..=64,
            from in 0_usize..=48,
            hows in prop::collection::vec(0_u8..9, 64),
            escape in any::<bool>(),
            upper in any::<bool>(),
            gaps in prop::collection::vec(prop::sample::select(vec!["", "", "", " ", "\n", "\r\n", "\t", "\\n"]), 64),
            broken in any::<bool>(),
        ) {
            let part = &token[from..(from + part).min(64)];
            let cased = if upper { part.to_ascii_uppercase() } else { part.to_owned() };
            let mut echo = String::new();
            for ((c, how), gap) in cased.chars().zip(&hows).zip(&gaps) {
                let gap = if broken && !echo.is_empty() { gap } else { "" };
                // Behind a backslash of the token's own an `n` is another escape.
                let how = if c == '\\' { 1 } else if escape { *how } else { 0 };
                let _ = write!(echo, "{gap}{}", form(c, how));
            }
            let clean = redactor(&token).text(&format!("the token «{echo}» is bad"));
            prop_assert!(clean == format!("the token «{MARK}» is bad"), "{echo:?} became {clean:?}");
        }
    }

    #[test]
    fn no_part_of_an_encoding_stays() {
        let token = "Zx81qPw0mLk27Ty5vBn34Rf6sDe98Gh1jUa0oCi7tXp2kMz4wQy6rNb3eVf5dHg8";
        let redactor = redactor(token);
        for encoded in
            [STANDARD_NO_PAD.encode(format!("user:{token}")), hex::encode(token), hex::encode_upper(token)]
        {
            for half in [&encoded[8..encoded.len() / 2 + 8], &encoded[encoded.len() / 2..]] {
                let clean = redactor.text(half);
                assert!(clean.contains(MARK) && clean.len() < MARK.len() + 12, "{half} became {clean}");
            }
        }
        // What is less says too little, and of a long page white space hides what it hides.
        assert_eq!(redactor.text(&token[..15]), &token[..15]);
        let long = format!("{}{}", " ".repeat(SHORT), &token[20..40]);
        assert_eq!(redactor.scrub(long.as_bytes()).len(), SHORT + MARK.len());
        assert_eq!(
            redactor.text("a token of sixteen characters or more"),
            "a token of sixteen characters or more"
        );
    }

    #[test]
    fn case_hides_nothing() {
        assert_eq!(redactor("ToKeN-1").text("x-token-1-y TOKEN-1"), "x-[token]-y [token]");
    }
}
