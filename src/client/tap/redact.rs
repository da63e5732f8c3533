//! Takes the token out of what crosses the wire, before anybody keeps it. Pure.
//!
//! Promise: after [`Redactor::scrub`] the token is in the bytes in no form that decodes back to it by percent-decoding,
//! JSON's or HTML's escapes, any mixture of them included. Plain bytes are found by a vectorized search; since every
//! other form holds a `%`, a `\` or an `&`, only what is around those is looked at.

use std::borrow::Cow;
use std::ops::Range;

use memchr::memmem::Finder;
use secrecy::{ExposeSecret, SecretString};

/// What stands where the token was.
pub(in crate::client) const MARK: &str = "[token]";

/// Finds one token.
pub(in crate::client) struct Redactor {
    token: Vec<u8>,
    plain: Finder<'static>,
}

impl Redactor {
    pub(in crate::client) fn new(token: &SecretString) -> Self {
        Self::of(token.expose_secret().as_bytes())
    }

    /// The same for names of headers, which HTTP has in lower case.
    pub(in crate::client) fn lower(token: &SecretString) -> Self {
        Self::of(&token.expose_secret().as_bytes().to_ascii_lowercase())
    }

    fn of(token: &[u8]) -> Self {
        Self { token: token.to_vec(), plain: Finder::new(token).into_owned() }
    }

    /// The bytes with a mark for each token; borrowed where there is none.
    pub(in crate::client) fn scrub<'a>(&self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        let found = self.find(bytes);
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

    /// The same for text.
    pub(in crate::client) fn text(&self, text: &str) -> String {
        String::from_utf8_lossy(&self.scrub(text.as_bytes())).into_owned()
    }

    /// The first `cap` bytes, scrubbed. A token across the cut leaves nothing of itself.
    pub(in crate::client) fn scrub_head<'a>(&self, bytes: &'a [u8], cap: usize) -> Cow<'a, [u8]> {
        if bytes.len() <= cap {
            return self.scrub(bytes);
        }
        let longest = self.token.len() * LONGEST_FORM;
        let seen = &bytes[..bytes.len().min(cap + longest)];
        let cut = self.find(seen).into_iter().find(|token| token.start < cap && token.end > cap);
        self.scrub(&bytes[..cut.map_or(cap, |token| token.start)])
    }

    /// Where the token is, in order, never overlapping.
    fn find(&self, bytes: &[u8]) -> Vec<Range<usize>> {
        if self.token.is_empty() {
            return Vec::new();
        }
        let length = self.token.len();
        let mut found: Vec<_> = self.plain.find_iter(bytes).map(|at| at..at + length).collect();
        for at in memchr::memchr3_iter(b'%', b'\\', b'&', bytes) {
            found.extend(self.around(bytes, at));
        }
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

    /// The token whose first escaped character is at `at`: what is before that is plain.
    fn around(&self, bytes: &[u8], at: usize) -> Option<Range<usize>> {
        let forms = escaped(&bytes[at..]);
        if forms.iter().all(Option::is_none) {
            return None;
        }
        (0..self.token.len().min(at + 1)).find_map(|plain| {
            let here = forms.iter().flatten().any(|(c, _)| *c == self.token[plain]);
            if !here || !bytes[..at].ends_with(&self.token[..plain]) {
                return None;
            }
            self.rest(bytes, at, plain).map(|end| at - plain..end)
        })
    }

    /// Where the token ends whose character number `from` is at `at`; the longest of its readings.
    fn rest(&self, bytes: &[u8], at: usize, from: usize) -> Option<usize> {
        let mut ends = vec![at];
        for c in &self.token[from..] {
            let mut next = Vec::with_capacity(ends.len());
            for end in ends {
                if bytes.get(end) == Some(c) {
                    next.push(end + 1);
                }
                let forms = escaped(bytes.get(end..).unwrap_or_default());
                next.extend(
                    forms.iter().flatten().filter(|(form, _)| form == c).map(|(_, length)| end + length),
                );
            }
            next.sort_unstable();
            next.dedup();
            if next.is_empty() {
                return None;
            }
            ends = next;
        }
        ends.pop()
    }
}

/// The most bytes that one character takes in a form that [`escaped`] reads.
const LONGEST_FORM: usize = 12;

/// The character that an escape at the start of `bytes` stands for and the escape's length, in each way to read it.
fn escaped(bytes: &[u8]) -> [Option<(u8, usize)>; 2] {
    match bytes {
        [b'%', high, low, ..] => [hex(&[*high, *low]).map(|c| (c, 3)), None],
        // \u0041, with as many backslashes as the JSON in JSON has.
        [b'\\', ..] => {
            let slashes = bytes.iter().take(LONGEST_FORM - 5).take_while(|c| **c == b'\\').count();
            let four = match bytes.get(slashes..) {
                Some([b'u', b'0', b'0', high, low, ..]) => hex(&[*high, *low]).map(|c| (c, slashes + 5)),
                _ => None,
            };
            let one =
                bytes.get(slashes).filter(|c| matches!(c, b'"' | b'/' | b'\'')).map(|c| (*c, slashes + 1));
            [four.or(one), (slashes > 1).then_some((b'\\', 2))]
        }
        [b'&', ..] => [entity(bytes), None],
        _ => [None, None],
    }
}

/// An HTML entity of visible ASCII.
fn entity(bytes: &[u8]) -> Option<(u8, usize)> {
    let end = bytes.iter().take(LONGEST_FORM).position(|c| *c == b';')?;
    let name = &bytes[1..end];
    let c = match name {
        b"amp" => b'&',
        b"lt" => b'<',
        b"gt" => b'>',
        b"quot" => b'"',
        b"apos" => b'\'',
        [b'#', b'x' | b'X', digits @ ..] => hex(digits)?,
        [b'#', digits @ ..] => std::str::from_utf8(digits).ok()?.parse().ok()?,
        _ => return None,
    };
    Some((c, end + 1))
}

fn hex(digits: &[u8]) -> Option<u8> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

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

    #[test]
    fn headers_names_are_lower_case() {
        let lower = Redactor::lower(&SecretString::from("ToKeN-1"));
        assert_eq!(lower.text("x-token-1-y"), "x-[token]-y");
    }
}
