//! Text for people: the one door between what a service says and a terminal, and how numbers are written.
//!
//! Promise: nothing that went through [`visible`] can move a cursor, change a colour, reorder a line or hide. It is
//! for table cells, names of types and columns, error messages, titles and logs; not for `--json` and exports, whose
//! bytes stay exact.

pub mod notation;

use std::borrow::Cow;
use std::cmp::Ordering;
use std::time::Duration;

use unicode_width::UnicodeWidthChar;

/// How a type is called: visible, and said where it has no name.
pub fn type_name(name: &str) -> Cow<'_, str> {
    if name.is_empty() { Cow::Borrowed("(no name)") } else { visible(name) }
}

/// Marks that one character bears: more than any script stacks. The rest of a pile is one U+FFFD.
const MARKS: usize = 8;

/// Shows control characters as symbols: C0 as control pictures, the rest (C1, bidi marks, zero-width and format
/// characters, blanks that look like nothing, tags, line separators, variation selectors without a character before
/// them) as U+FFFD. Borrowed where there is nothing to show.
pub fn visible(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|b| (b' '..=b'~').contains(&b)) {
        return Cow::Borrowed(text);
    }
    let mut door = Door::default();
    if text.chars().all(|c| door.shown(c) == Some(c)) {
        return Cow::Borrowed(text);
    }
    let mut door = Door::default();
    Cow::Owned(text.chars().filter_map(|c| door.shown(c)).collect())
}

/// What depends on the characters before.
#[derive(Default)]
struct Door {
    /// What marks and selectors belong to; none at the beginning and behind a space.
    base: Option<char>,
    /// Marks on it so far.
    marks: usize,
    /// The character before was a selector.
    selected: bool,
}

impl Door {
    /// What is shown for a character; none for what a sign before it stands for already.
    fn shown(&mut self, c: char) -> Option<char> {
        let selected = std::mem::take(&mut self.selected);
        if is_selector(c) {
            // The supplement's are for ideographs, of which names have variants.
            let fits = |base: char| {
                c < SUPPLEMENT
                    || matches!(base, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
            };
            self.selected = true;
            return Some(if !selected && self.base.is_some_and(fits) { c } else { HIDDEN });
        }
        if let Some(symbol) = symbol(c) {
            (self.base, self.marks) = (Some(symbol), 0);
            return Some(symbol);
        }
        if c != JOINER && c.width() == Some(0) {
            self.marks += 1;
            return match self.marks.cmp(&(MARKS + 1)) {
                Ordering::Less => Some(c),
                Ordering::Equal => Some(HIDDEN),
                Ordering::Greater => None,
            };
        }
        (self.base, self.marks) = ((!c.is_whitespace()).then_some(c), 0);
        Some(c)
    }
}

/// What stands for what cannot be seen.
const HIDDEN: char = '\u{fffd}';
/// Joins emoji, and letters of some scripts.
const JOINER: char = '\u{200d}';
/// The first of the selectors for variants of ideographs.
const SUPPLEMENT: char = '\u{e0100}';

/// Whether a character chooses how the one before it looks.
fn is_selector(c: char) -> bool {
    matches!(c, '\u{fe00}'..='\u{fe0f}' | SUPPLEMENT..='\u{e01ef}')
}

/// What stands for a character that must not reach a terminal wherever it stands; none for one that may.
pub fn symbol(c: char) -> Option<char> {
    match c {
        '\0'..='\x1f' => char::from_u32(0x2400 + c as u32),
        '\x7f' => Some('\u{2421}'),
        '\u{80}'..='\u{9f}'
        | '\u{ad}'
        | '\u{34f}'
        | '\u{61c}'
        | '\u{115f}'..='\u{1160}'
        | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{2800}'
        | '\u{3164}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e00ff}'
        | '\u{e01f0}'..='\u{e0fff}' => Some(HIDDEN),
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

/// A span of time in one or two units: `118 ms`, `1.1 s`, `2 min 05 s`, `3 h 20 min`, `12 d 4 h`; a second one that would
/// be nought is left out.
pub fn span(time: Duration) -> String {
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;
    let s = time.as_secs();
    let (much, unit, rest) = match s {
        0 => return format!("{} ms", time.as_millis()),
        1..MINUTE => return format!("{:.1} s", time.as_secs_f64()),
        MINUTE..HOUR => (s / MINUTE, "min", Some(s % MINUTE).filter(|s| *s > 0).map(|s| format!("{s:02} s"))),
        HOUR..DAY => {
            (s / HOUR, "h", Some(s % HOUR / MINUTE).filter(|m| *m > 0).map(|m| format!("{m:02} min")))
        }
        _ => (s / DAY, "d", Some(s % DAY / HOUR).filter(|h| *h > 0).map(|h| format!("{h} h"))),
    };
    match rest {
        Some(rest) => format!("{much} {unit} {rest}"),
        None => format!("{much} {unit}"),
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
    fn what_cannot_be_seen_is_shown() {
        for c in [
            '\u{34f}',
            '\u{115f}',
            '\u{1160}',
            '\u{3164}',
            '\u{ffa0}',
            '\u{2800}',
            '\u{200b}',
            '\u{e0041}',
            '\u{e0100}',
            '\u{fe0f}',
        ] {
            assert_eq!(visible(&format!("a {c}b")), "a \u{fffd}b", "{c:?}");
        }
        assert_eq!(visible("\u{fe0f}"), "\u{fffd}");
        assert_eq!(visible("a\u{fe0f}\u{fe0e}\u{e0101}"), "a\u{fe0f}\u{fffd}\u{fffd}");
        // Emoji, flags, the variant of an ideograph, scripts that stack and join.
        for text in [
            "👩\u{200d}💻",
            "❤\u{fe0f}",
            "1\u{fe0f}\u{20e3}",
            "🇸🇪",
            "👍🏽",
            "🏳\u{fe0f}\u{200d}🌈",
            "葛\u{e0100}城",
            "e\u{301}\u{323}",
            "क्ष्म्य",
            "ශ්\u{200d}රී",
            "한국",
            "\u{1112}\u{1161}\u{11ab}",
            "بِسْمِ",
        ] {
            assert_eq!(visible(text), text);
        }
    }

    #[test]
    fn a_character_bears_few_marks() {
        let pile = |n: usize| format!("z{}go", "\u{301}".repeat(n));
        assert_eq!(visible(&pile(MARKS)), pile(MARKS));
        for n in [MARKS + 1, 40] {
            assert_eq!(visible(&pile(n)), pile(MARKS).replace('g', "\u{fffd}g"));
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
        assert_eq!(span(Duration::from_mins(2)), "2 min");
    }
}
