//! Text for people: the one door between what a service says and a terminal, and how numbers are written.
//!
//! Promise: nothing that went through [`visible`] can move a cursor, change a colour, reorder a line or hide. It is
//! for table cells, names of types and columns, error messages, titles and logs; not for `--json` and exports, whose
//! bytes stay exact.

pub mod notation;

use std::borrow::Cow;
use std::time::Duration;

/// Shows control characters as symbols: C0 as control pictures, the rest (C1, bidi marks, zero-width and format
/// characters, tags, line separators) as U+FFFD. Borrowed where there is nothing to show.
pub fn visible(text: &str) -> Cow<'_, str> {
    if text.chars().any(|c| symbol(c).is_some()) {
        Cow::Owned(text.chars().map(|c| symbol(c).unwrap_or(c)).collect())
    } else {
        Cow::Borrowed(text)
    }
}

/// What stands for a character that must not reach a terminal; none for one that may.
pub fn symbol(c: char) -> Option<char> {
    match c {
        '\0'..='\x1f' => char::from_u32(0x2400 + c as u32),
        '\x7f' => Some('\u{2421}'),
        '\u{80}'..='\u{9f}'
        | '\u{ad}'
        | '\u{61c}'
        | '\u{180e}'
        | '\u{200b}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}' => Some('\u{fffd}'),
        _ => None,
    }
}

/// The word that somebody may have meant: the nearest of those that there are, where one is near.
pub fn nearest<'a>(word: &str, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // A letter or two, more where the word is long; or a part of a word for the whole of it.
    let near = (word.chars().count() / 3).max(1);
    let part = |other: &str| word.len() >= 3 && other.split(['_', '-']).any(|part| part == word);
    let far = |other: &str| if part(other) { 1 } else { strsim::osa_distance(word, other) };
    let ranked = words.into_iter().map(|other| (far(other), other)).filter(|(far, _)| *far <= near);
    ranked.min_by_key(|(far, _)| *far).map(|(_, other)| other)
}

/// A whole number with thousands separators: `1,204,331`.
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number with its noun: `1 page`, `1,204 pages`, `3 companies`, `2 addresses`.
pub fn counted(n: u64, noun: &str) -> String {
    let many = match noun.strip_suffix('y') {
        _ if n == 1 => return format!("1 {noun}"),
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{stem}ies"),
        _ if ["s", "x", "ch", "sh"].iter().any(|hiss| noun.ends_with(hiss)) => format!("{noun}es"),
        _ => format!("{noun}s"),
    };
    format!("{} {many}", grouped(n))
}

/// A size in bytes, to three digits: `1.20 MiB`.
pub fn bytes(n: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut value = n as f64;
    let mut unit = 0;
    while value >= 1000.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    match unit {
        0 => format!("{n} B"),
        _ if value < 10.0 => format!("{value:.2} {}", UNITS[unit]),
        _ if value < 100.0 => format!("{value:.1} {}", UNITS[unit]),
        _ => format!("{value:.0} {}", UNITS[unit]),
    }
}

/// A span of time as a clock shows it: `0:09`, `12:04`, `1:02:03`.
pub fn clock(time: Duration) -> String {
    let s = time.as_secs();
    let (h, m, s) = (s / 3600, s / 60 % 60, s % 60);
    if h > 0 { format!("{h}:{m:02}:{s:02}") } else { format!("{m}:{s:02}") }
}

/// A short span of time with its unit: `118 ms`, `1.1 s`, `2 min 05 s`.
pub fn span(time: Duration) -> String {
    let ms = time.as_millis();
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..60_000 => format!("{:.1} s", time.as_secs_f64()),
        _ => format!("{} min {:02} s", time.as_secs() / 60, time.as_secs() % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_drives_a_terminal_passes() {
        assert_eq!(visible("Åsa 阿部 👩‍💻"), "Åsa 阿部 👩‍💻");
        assert_eq!(visible("a\x1b[31m\r\n\u{9b}\u{202e}\u{7f}\0"), "a␛[31m␍␊\u{fffd}\u{fffd}␡␀");
        for c in (0..=0x0010_ffff).filter_map(char::from_u32) {
            if c.is_control() {
                assert!(symbol(c).is_some(), "{c:?}");
            }
        }
    }

    #[test]
    fn a_noun_has_the_number_of_its_things() {
        for (n, noun, text) in [
            (1, "page", "1 page"),
            (0, "page", "0 pages"),
            (1_204, "page", "1,204 pages"),
            (1, "try", "1 try"),
            (2, "try", "2 tries"),
            (2, "company", "2 companies"),
            (2, "key", "2 keys"),
            (2, "address", "2 addresses"),
            (2, "box", "2 boxes"),
            (2, "watch", "2 watches"),
            (2, "more object", "2 more objects"),
        ] {
            assert_eq!(counted(n, noun), text);
        }
    }

    #[test]
    fn numbers_are_written_one_way() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_204_331), "1,204,331");
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(1_258_291), "1.20 MiB");
        assert_eq!(clock(Duration::from_secs(9)), "0:09");
        assert_eq!(clock(Duration::from_secs(3723)), "1:02:03");
        assert_eq!(span(Duration::from_millis(118)), "118 ms");
        assert_eq!(span(Duration::from_secs(125)), "2 min 05 s");
    }
}
