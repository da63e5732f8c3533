//! Sorting a million rows in bounded memory: a key of 24 bytes and a handle of 8 each, in runs that are sorted while
//! the scan goes on and merged at its end.
//!
//! The order is SQLite's own for the same column: missing and null, then numbers (booleans are 0 and 1), then text by
//! its bytes. Numbers compare exactly up to 64 bits, else as doubles. Rows that are equal come by id.

use super::json;

/// Rows in a run: sorting one takes a few milliseconds, so a stop is never far.
const RUN: usize = 65_536;
/// Bytes of a text in a key. Longer ones that agree so far are compared further by [`Sorted::ties`].
const TEXT: usize = 22;
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
            Some(raw) => Self::text(json::decoded(raw).get(from..).unwrap_or_default()),
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
        let x: f64 = text.parse().unwrap_or(0.0);
        // Where an integer rounds to the same double, its own digits decide.
        Self::with_class(1, rising(x), (x as i64 as u64) ^ (1 << 63))
    }

    fn with_class(class: u64, high: u64, low: u64) -> Self {
        Self([class << 56 | high >> 8, high << 56 | low >> 8, low << 56])
    }

    fn text(text: &[u8]) -> Self {
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

    fn goes_on(self, descending: bool) -> bool {
        let plain = self.directed(descending).0;
        plain[0] >> 56 == 2 && plain[2] & 0xff == LONGER
    }
}

/// A double's bits, so that they rise with it. -0 is 0.
fn rising(x: f64) -> u64 {
    let bits = (x + 0.0).to_bits();
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    key: SortKey,
    handle: i64,
}

/// Collects rows and sorts them.
#[derive(Debug)]
pub(super) struct Sorter {
    runs: Vec<Vec<Entry>>,
    descending: bool,
    /// Handles are ids, so that they break ties; else rows come in the order of their ids already.
    by_id: bool,
}

/// Handles in their order, and where longer texts must still be compared.
#[derive(Debug, Default)]
pub(super) struct Sorted {
    pub(super) handles: Vec<i64>,
    /// Ranges of rows whose texts agree in the bytes of a key and go on.
    pub(super) ties: Vec<std::ops::Range<usize>>,
}

impl Sorter {
    pub(super) fn new(descending: bool, by_id: bool) -> Self {
        Self { runs: Vec::new(), descending, by_id }
    }

    /// Takes a row.
    pub(super) fn push(&mut self, key: SortKey, handle: i64) {
        if self.runs.last().is_none_or(|run| run.len() == RUN) {
            self.sort_last();
            self.runs.push(Vec::with_capacity(RUN));
        }
        if let Some(run) = self.runs.last_mut() {
            run.push(Entry { key: key.directed(self.descending), handle });
        }
    }

    pub(super) fn len(&self) -> usize {
        self.runs.last().map_or(0, |last| (self.runs.len() - 1) * RUN + last.len())
    }

    fn sort_last(&mut self) {
        let Some(run) = self.runs.last_mut() else { return };
        if self.by_id {
            run.sort_unstable_by_key(|entry| (entry.key, entry.handle));
        } else {
            run.sort_by_key(|entry| entry.key); // stable: the order of ids stays
        }
    }

    /// Merges the runs; none where `go_on` says no.
    pub(super) fn finish(mut self, mut go_on: impl FnMut() -> bool) -> Option<Sorted> {
        self.sort_last();
        let mut sorted = Sorted { handles: Vec::with_capacity(self.len()), ties: Vec::new() };
        let mut heads = std::collections::BinaryHeap::with_capacity(self.runs.len());
        let head = |run: usize, at: usize, runs: &[Vec<Entry>]| {
            let entry = runs.get(run)?.get(at)?;
            // Without ids, an earlier run has the smaller ones.
            let tie = if self.by_id { entry.handle } else { run as i64 };
            Some(std::cmp::Reverse((entry.key, tie, run, at)))
        };
        heads.extend((0..self.runs.len()).filter_map(|run| head(run, 0, &self.runs)));
        let (mut last, mut first) = (None, 0);
        while let Some(mut top) = heads.peek_mut() {
            let std::cmp::Reverse((key, _, run, at)) = *top;
            if last != Some(key) {
                sorted.tie(last, first, self.descending);
                (last, first) = (Some(key), sorted.handles.len());
            }
            sorted.handles.push(self.runs[run][at].handle);
            match head(run, at + 1, &self.runs) {
                Some(next) => *top = next,
                None => drop(std::collections::binary_heap::PeekMut::pop(top)),
            }
            if sorted.handles.len().is_multiple_of(16_384) && !go_on() {
                return None;
            }
        }
        sorted.tie(last, first, self.descending);
        Some(sorted)
    }
}

impl Sorted {
    fn tie(&mut self, key: Option<SortKey>, first: usize, descending: bool) {
        if key.is_some_and(|key| key.goes_on(descending)) && self.handles.len() > first + 1 {
            self.ties.push(first..self.handles.len());
        }
    }

    /// Compares texts that agree so far by their next bytes, until none is left. `key` gives a row's key from a byte on.
    pub(super) fn settle<E>(
        mut self,
        descending: bool,
        mut key: impl FnMut(i64, usize) -> Result<SortKey, E>,
    ) -> Result<Vec<i64>, E> {
        let mut open: Vec<_> = self.ties.drain(..).map(|range| (range, TEXT)).collect();
        while let Some((range, from)) = open.pop() {
            let mut rows = Vec::with_capacity(range.len());
            for handle in &self.handles[range.clone()] {
                rows.push((key(*handle, from)?.directed(descending), *handle));
            }
            rows.sort_by_key(|row| row.0); // stable: equal rows stay in the order of their ids
            let mut at = range.start;
            for same in rows.chunk_by(|a, b| a.0 == b.0) {
                for (_, handle) in same {
                    self.handles[at] = *handle;
                    at += 1;
                }
                if same.len() > 1 && same[0].0.goes_on(descending) {
                    open.push((at - same.len()..at, from + TEXT));
                }
            }
        }
        Ok(self.handles)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_sqlites() {
        let rising = [
            "null",
            "-1e300",
            "-2",
            "-1.5",
            "false",
            "0.5",
            "true",
            "9007199254740992",
            "9007199254740993",
            "1e300",
            "\"\"",
            "\"\\u0000\"",
            "\"1\"",
            "\"A\"",
            "\"a\"",
            "\"aa\"",
            "\"é\"",
            "\"花\"",
        ];
        let keys: Vec<_> = rising.iter().map(|raw| SortKey::of(Some(raw.as_bytes()), 0)).collect();
        assert!(keys.is_sorted_by(|a, b| a < b), "{keys:?}");
        assert_eq!(SortKey::of(None, 0), keys[0]);
        assert_eq!(SortKey::of(Some(b"-0.0"), 0), SortKey::of(Some(b"0"), 0));
    }

    #[test]
    fn texts_that_agree_for_long_are_compared_to_their_end() {
        let texts: Vec<String> =
            (0..300).map(|i| format!("{}{:03}", "x".repeat(i % 60), i * 7 % 300)).collect();
        for descending in [false, true] {
            let mut sorter = Sorter::new(descending, true);
            let raw: Vec<String> = texts.iter().map(|t| format!("\"{t}\"")).collect();
            for (i, raw) in raw.iter().enumerate() {
                sorter.push(SortKey::of(Some(raw.as_bytes()), 0), i as i64);
            }
            let sorted = sorter.finish(|| true).unwrap();
            let got = sorted
                .settle(descending, |i, from| {
                    Ok::<_, ()>(SortKey::of(Some(raw[i as usize].as_bytes()), from))
                })
                .unwrap();
            let mut naive: Vec<i64> = (0..300).collect();
            naive.sort_by(|a, b| {
                let order = texts[*a as usize].cmp(&texts[*b as usize]);
                if descending { order.reverse() } else { order }
            });
            assert_eq!(got, naive);
        }
    }
}
