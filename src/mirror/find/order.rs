//! A value as it sorts, in 24 bytes, and rows collected with their keys in sorted runs (`merge` makes one list of
//! them).
//!
//! The order is SQLite's own for the same column: missing and null, then numbers (booleans are 0 and 1), then text by
//! its bytes. But a text that is a decimal and nothing else is a number, since the protocol writes amounts so, and a
//! filter compares them so. Numbers compare exactly up to 64 bits, else as doubles. Rows that are equal come by id.

use rusqlite::types::ValueRef;

use super::json;

/// Rows in a run: sorting one takes a few milliseconds, so a stop is never far.
pub(super) const RUN: usize = 65_536;
/// Bytes of a text in a key. Longer ones that agree so far are compared further by their next bytes.
pub(super) const TEXT: usize = 22;
/// The length that says that the text goes on.
const LONGER: u64 = TEXT as u64 + 1;

/// A value as it sorts. Ordered as three big-endian words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SortKey([u64; 3]);

impl SortKey {
    const NULL: Self = Self([0; 3]);

    /// The key of a raw JSON value; of a text, from a byte on.
    pub(super) fn of(raw: Option<&[u8]>, from: usize) -> Self {
        match raw {
            None | Some(b"null" | b"") => Self::NULL,
            Some(b"true") => Self::integer(1),
            Some(b"false") => Self::integer(0),
            Some(raw @ [b'-' | b'0'..=b'9', ..]) => Self::number(raw),
            Some(raw) => Self::text(&json::decoded(raw), from),
        }
    }

    /// The key of what a field's column holds; of a text, from a byte on.
    pub(super) fn of_cell(cell: ValueRef<'_>, from: usize) -> Self {
        match cell {
            ValueRef::Null => Self::NULL,
            ValueRef::Integer(n) => Self::integer(n),
            ValueRef::Real(x) => Self::real(x),
            ValueRef::Text(text) | ValueRef::Blob(text) => Self::text(text, from),
        }
    }

    /// The key of a whole number.
    pub(super) fn integer(n: i64) -> Self {
        Self::with_class(1, rising(n as f64), (n as u64) ^ (1 << 63))
    }

    fn number(raw: &[u8]) -> Self {
        let text = std::str::from_utf8(raw).unwrap_or_default();
        if let Ok(n) = text.parse::<i64>() {
            return Self::integer(n);
        }
        Self::real(text.parse().unwrap_or(0.0))
    }

    fn real(x: f64) -> Self {
        // Where an integer rounds to the same double, its own digits decide.
        Self::with_class(1, rising(x), (x as i64 as u64) ^ (1 << 63))
    }

    fn with_class(class: u64, high: u64, low: u64) -> Self {
        Self([class << 56 | high >> 8, high << 56 | low >> 8, low << 56])
    }

    fn text(text: &[u8], from: usize) -> Self {
        // What goes on is text to its end, whatever its rest looks like.
        if from == 0 && is_decimal(text) {
            return Self::number(text);
        }
        let text = text.get(from..).unwrap_or_default();
        let mut bytes = [0; 24];
        bytes[0] = 2;
        let taken = text.len().min(TEXT);
        bytes[1..=taken].copy_from_slice(&text[..taken]);
        bytes[23] = if text.len() > TEXT { LONGER as u8 } else { taken as u8 };
        let word =
            |i: usize| bytes[i * 8..i * 8 + 8].iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
        Self([word(0), word(1), word(2)])
    }

    /// Turned round where the order is descending; ids stay ascending.
    pub(super) fn directed(self, descending: bool) -> Self {
        if descending { Self(self.0.map(|word| !word)) } else { self }
    }

    /// Whether it is of a text that is longer than a key.
    pub(super) fn goes_on(self, descending: bool) -> bool {
        let plain = self.directed(descending).0;
        plain[0] >> 56 == 2 && plain[2] & 0xff == LONGER
    }
}

/// Whether a text is digits, with a sign and a fraction if any, and nothing else. Leading zeros are digits: in `02134`
/// and `10001` they keep the order.
fn is_decimal(text: &[u8]) -> bool {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    let whole = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    whole > 0
        && match &digits[whole..] {
            [] => true,
            [b'.', fraction @ ..] => !fraction.is_empty() && fraction.iter().all(u8::is_ascii_digit),
            _ => false,
        }
}

/// A double's bits, so that they rise with it. -0 is 0.
fn rising(x: f64) -> u64 {
    let bits = (x + 0.0).to_bits();
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}

/// A row and its key, turned round where the order is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub(super) key: SortKey,
    pub(super) handle: i64,
}

/// How rows are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Direction {
    pub(super) descending: bool,
    /// Handles are ids, so that they break ties; else rows come in the order of their ids already.
    pub(super) by_id: bool,
}

/// Collects rows, in sorted runs of [`RUN`].
#[derive(Debug)]
pub(super) struct Sorter {
    entries: Vec<Entry>,
    direction: Direction,
}

/// Entries that an allocator gives back to the system at once when they go: more than 32 MiB, of which only what is
/// written to is ever memory.
const GIVEN_BACK: usize = (33 << 20) / size_of::<Entry>();

impl Sorter {
    /// For about so many rows.
    pub(super) fn new(direction: Direction, rows: usize) -> Self {
        let mut entries = Vec::new();
        let room = if rows > RUN { rows.max(GIVEN_BACK) } else { rows };
        // Where there is no such room it grows step by step.
        let _ = entries.try_reserve_exact(room);
        Self { entries, direction }
    }

    /// Takes a row.
    pub(super) fn push(&mut self, key: SortKey, handle: i64) {
        if self.entries.len().is_multiple_of(RUN) {
            self.sort_last();
        }
        self.entries.push(Entry { key: key.directed(self.direction.descending), handle });
    }

    fn sort_last(&mut self) {
        let Some(run) = self.entries.chunks_mut(RUN).last() else { return };
        if self.direction.by_id {
            run.sort_unstable_by_key(|entry| (entry.key, entry.handle));
        } else {
            run.sort_by_key(|entry| entry.key); // stable: the order of ids stays
        }
    }

    /// The rows, in runs that are all sorted.
    pub(super) fn finish(mut self) -> Vec<Entry> {
        self.sort_last();
        self.entries
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::types::ToSql;

    use super::*;

    #[test]
    fn the_order_is_sqlites_but_for_decimals() {
        let rising = [
            "null",
            "-1e300",
            "-2",
            "-1.5",
            "false",
            "0.5",
            "true",
            "\"1.25\"",
            "1.5",
            "\"02134\"",
            "\"9998.37\"",
            "\"10001\"",
            "\"9007199254740991\"",
            "9007199254740992",
            "\"9007199254740993\"",
            "1e300",
            "\"\"",
            "\"\\u0000\"",
            "\"-\"",
            "\".5\"",
            "\"1.\"",
            "\"1e5\"",
            "\"2026-11-20\"",
            "\"A\"",
            "\"a\"",
            "\"aa\"",
            "\"é\"",
            "\"花\"",
        ];
        let keys: Vec<_> = rising.iter().map(|raw| SortKey::of(Some(raw.as_bytes()), 0)).collect();
        assert!(keys.is_sorted_by(|a, b| a < b), "{keys:?}");
        assert_eq!(SortKey::of(None, 0), keys[0]);
        for raw in rising.iter().chain(&[
            "-0",
            "-0.0",
            "18446744073709551616",
            "1e400",
            "\"\\ud83d\\ude00\"",
            "[1, 2]",
        ]) {
            let cell = crate::mirror::cells::Cell::from_json(raw);
            let rusqlite::types::ToSqlOutput::Borrowed(cell) = cell.to_sql().unwrap() else {
                panic!("{raw}")
            };
            assert_eq!(SortKey::of_cell(cell, 0), SortKey::of(Some(raw.as_bytes()), 0), "{raw}");
        }
        for (a, b) in
            [("-0.0", "0"), ("\"-0\"", "0"), ("\"1.50\"", "1.5"), ("\"12.0\"", "12"), ("\"12\"", "12")]
        {
            assert_eq!(SortKey::of(Some(a.as_bytes()), 0), SortKey::of(Some(b.as_bytes()), 0), "{a} {b}");
        }
    }
}
