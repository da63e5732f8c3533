//! A segment: which tokens some rows have. Written once, read by scanning its vocabulary. Pure: bytes in, bytes out.
//!
//! The vocabulary is every token once, with separators: a search for a part of a token is a search in bytes, faster
//! than any tree. The postings of each token follow in the same order: their length, then the rows as rising
//! differences, all of them variable-length numbers. Every 64th token's place is kept, so that a hit need not count
//! from the start.

use memchr::{memchr, memmem};

use super::tokens::SEPARATOR;

/// Rows in a segment, at most: it is made in about 12 MiB.
pub(super) const ROWS: usize = 16_384;
/// Tokens between two kept places.
const STEP: usize = 64;

/// A segment being made.
#[derive(Debug, Default)]
pub(super) struct Maker {
    rowids: Vec<i64>,
    /// Separator, token, separator, token … separator.
    vocabulary: Vec<u8>,
    /// Where each token begins and ends.
    terms: Vec<(u32, u32)>,
    /// The last row that has the token, from 1.
    last: Vec<u32>,
    /// Open addressing: the number of a term, from 1.
    slots: Vec<u32>,
    /// Each (token, row), rows rising.
    pairs: Vec<(u32, u16)>,
}

/// A segment's parts.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) rowids: Vec<u8>,
    pub(super) vocabulary: Vec<u8>,
    pub(super) places: Vec<u8>,
    pub(super) postings: Vec<u8>,
}

impl Maker {
    /// Begins a row; its tokens follow.
    pub(super) fn row(&mut self, rowid: i64) {
        self.rowids.push(rowid);
    }

    pub(super) fn rows(&self) -> usize {
        self.rowids.len()
    }

    /// Adds a token of the row that was begun last.
    pub(super) fn token(&mut self, token: &str) {
        let term = self.term(token.as_bytes());
        let row = self.rowids.len() as u32;
        if self.last[term as usize] != row {
            self.last[term as usize] = row;
            self.pairs.push((term, (row - 1) as u16));
        }
    }

    fn term(&mut self, token: &[u8]) -> u32 {
        if self.terms.len() * 2 >= self.slots.len() {
            self.grow();
        }
        let mask = self.slots.len() - 1;
        let mut slot = hash(token) as usize & mask;
        while self.slots[slot] != 0 {
            let term = self.slots[slot] - 1;
            let (from, to) = self.terms[term as usize];
            if &self.vocabulary[from as usize..to as usize] == token {
                return term;
            }
            slot = (slot + 1) & mask;
        }
        if self.vocabulary.is_empty() {
            self.vocabulary.push(SEPARATOR);
        }
        let from = self.vocabulary.len() as u32;
        self.vocabulary.extend_from_slice(token);
        self.terms.push((from, self.vocabulary.len() as u32));
        self.vocabulary.push(SEPARATOR);
        self.last.push(0);
        self.slots[slot] = self.terms.len() as u32;
        self.terms.len() as u32 - 1
    }

    fn grow(&mut self) {
        let size = (self.slots.len() * 2).max(1_024);
        self.slots.clear();
        self.slots.resize(size, 0);
        for (term, (from, to)) in self.terms.iter().enumerate() {
            let mut slot = hash(&self.vocabulary[*from as usize..*to as usize]) as usize & (size - 1);
            while self.slots[slot] != 0 {
                slot = (slot + 1) & (size - 1);
            }
            self.slots[slot] = term as u32 + 1;
        }
    }

    /// The segment. What was collected is forgotten, the memory kept.
    pub(super) fn finish(&mut self) -> Segment {
        let mut segment = Segment { vocabulary: self.vocabulary.clone(), ..Segment::default() };
        let mut before = 0;
        for rowid in &self.rowids {
            // A difference may be negative where rows were given in no order: zigzag.
            let step = rowid.wrapping_sub(before);
            put(&mut segment.rowids, ((step << 1) ^ (step >> 63)) as u64);
            before = *rowid;
        }
        // Counted, then placed: the pairs come by row, so each token's rows rise.
        let mut ends = vec![0_u32; self.terms.len() + 1];
        for (term, _) in &self.pairs {
            ends[*term as usize + 1] += 1;
        }
        for term in 1..ends.len() {
            ends[term] += ends[term - 1];
        }
        let mut rows = vec![0_u16; self.pairs.len()];
        let mut next = ends.clone();
        for (term, row) in &self.pairs {
            let at = &mut next[*term as usize];
            rows[*at as usize] = *row;
            *at += 1;
        }
        let mut one = Vec::new();
        for (term, (from, _)) in self.terms.iter().enumerate() {
            if term.is_multiple_of(STEP) {
                segment.places.extend_from_slice(&from.to_le_bytes());
                segment.places.extend_from_slice(&(segment.postings.len() as u32).to_le_bytes());
            }
            one.clear();
            let mut before = 0;
            for row in &rows[ends[term] as usize..ends[term + 1] as usize] {
                put(&mut one, u64::from(row - before));
                before = *row;
            }
            put(&mut segment.postings, one.len() as u64);
            segment.postings.extend_from_slice(&one);
        }
        self.rowids.clear();
        self.vocabulary.clear();
        self.terms.clear();
        self.last.clear();
        self.pairs.clear();
        self.slots.fill(0);
        segment
    }
}

/// A set of a segment's rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rows(Vec<u64>);

impl Rows {
    fn none() -> Self {
        Self(vec![0; ROWS / 64])
    }

    fn add(&mut self, row: u64) {
        if let Some(word) = self.0.get_mut(usize::try_from(row / 64).unwrap_or(usize::MAX)) {
            *word |= 1 << (row % 64);
        }
    }

    fn keep(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(mine, theirs)| *mine &= theirs);
    }

    fn join(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(mine, theirs)| *mine |= theirs);
    }

    pub(super) fn has(&self, row: usize) -> bool {
        self.0.get(row / 64).is_some_and(|word| word >> (row % 64) & 1 == 1)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }
}

/// The rows that are in all of these sets; none where there is no set.
pub(super) fn all(sets: impl Iterator<Item = Rows>) -> Rows {
    let both = |mut rows: Rows, more: Rows| {
        rows.keep(&more);
        rows
    };
    sets.reduce(both).unwrap_or_else(Rows::none)
}

/// The rows that are in one of these sets.
pub(super) fn any(sets: impl Iterator<Item = Rows>) -> Rows {
    sets.fold(Rows::none(), |mut rows, more| {
        rows.join(&more);
        rows
    })
}

/// Where in a vocabulary the pattern is, one place a token: a token may be a megabyte of the same letter, and each
/// further place in it would cost a walk through it.
pub(super) fn hits(vocabulary: &[u8], pattern: &memmem::Finder<'_>) -> Vec<usize> {
    let (mut hits, mut from) = (Vec::new(), 0);
    while let Some(at) = vocabulary.get(from..).and_then(|rest| pattern.find(rest)) {
        hits.push(from + at);
        // The separator behind the token is also the one before the next.
        let inside = from + at + 1;
        let Some(end) = vocabulary.get(inside..).and_then(|rest| memchr(SEPARATOR, rest)) else { break };
        from = inside + end;
    }
    hits
}

/// The rows that have the tokens at these places of the vocabulary (rising). Junk gives some rows, never a panic.
pub(super) fn rows(vocabulary: &[u8], places: &[u8], postings: &[u8], hits: &[usize]) -> Rows {
    let mut rows = Rows::none();
    let kept: Vec<(usize, usize)> = places
        .chunks_exact(8)
        .map(|place| {
            let number = |at: usize| {
                u32::from_le_bytes([place[at], place[at + 1], place[at + 2], place[at + 3]]) as usize
            };
            (number(0), number(4))
        })
        .collect();
    // Where the token begins that was looked at last, and its postings.
    let (mut term, mut at) = (1, 0);
    let mut done = None;
    for hit in hits {
        // A pattern may begin with the separator before its token.
        let hit = hit + usize::from(vocabulary.get(*hit) == Some(&SEPARATOR));
        let near =
            kept.partition_point(|(from, _)| *from <= hit).checked_sub(1).map_or((1, 0), |slot| kept[slot]);
        if near.0 > term {
            (term, at) = near;
        }
        while let Some(end) =
            vocabulary.get(term..).and_then(|rest| memchr(SEPARATOR, rest)).map(|end| term + end)
            && end < hit
        {
            let Some(length) = take(postings, &mut at) else { return rows };
            at = at.saturating_add(length as usize);
            term = end + 1;
        }
        if done == Some(term) {
            continue;
        }
        done = Some(term);
        let mut from = at;
        let Some(length) = take(postings, &mut from) else { return rows };
        let end = from.saturating_add(length as usize).min(postings.len());
        let mut row = 0_u64;
        while from < end {
            let Some(step) = take(&postings[..end], &mut from) else { break };
            row = row.wrapping_add(step);
            rows.add(row);
        }
    }
    rows
}

/// The rowids of a segment.
pub(super) fn rowids(bytes: &[u8]) -> Vec<i64> {
    let (mut at, mut rowid) = (0, 0_i64);
    let mut all = Vec::new();
    while let Some(step) = take(bytes, &mut at) {
        rowid = rowid.wrapping_add((step >> 1) as i64 ^ -((step & 1) as i64));
        all.push(rowid);
    }
    all
}

/// A sum that changes when bytes do: not against malice, against bad disks.
pub(super) fn sum(bytes: &[u8]) -> i64 {
    let mut chunks = bytes.chunks_exact(8);
    let mut sum = bytes.len() as u64;
    for chunk in &mut chunks {
        let word = chunk.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
        sum = sum.rotate_left(5) ^ word;
    }
    for byte in chunks.remainder() {
        sum = sum.rotate_left(5) ^ u64::from(*byte);
    }
    sum as i64
}

fn hash(bytes: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in bytes {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash ^ hash >> 29
}

fn put(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

fn take(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let mut n = 0;
    for shift in (0..64).step_by(7) {
        let byte = *bytes.get(*at)?;
        *at += 1;
        n |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(n);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_token_is_one_place() {
        let mut maker = Maker::default();
        let long = "w".repeat(2 << 20);
        for (rowid, token) in ["aw", &long, "wb", "ww"].into_iter().enumerate() {
            maker.row(rowid as i64);
            maker.token(token);
        }
        let segment = maker.finish();
        for (pattern, expected) in [("w", 0b1111), ("\0w", 0b1110), ("w\0", 0b1011), ("\0ww\0", 0b1000)] {
            let found = hits(&segment.vocabulary, &memmem::Finder::new(pattern));
            assert_eq!(found.len(), u32::count_ones(expected) as usize, "{pattern:?}");
            let found = rows(&segment.vocabulary, &segment.places, &segment.postings, &found);
            let found = (0..4).filter(|row| found.has(*row)).map(|row| 1_u32 << row).sum::<u32>();
            assert_eq!(found, expected, "{pattern:?}");
        }
    }

    #[test]
    fn a_segment_knows_who_has_what() {
        let mut maker = Maker::default();
        let mut rng = fastrand::Rng::with_seed(7);
        let rows_of: Vec<Vec<String>> =
            (0..3_000).map(|_| (0..rng.u8(..9)).map(|_| rng.u16(..2_000).to_string()).collect()).collect();
        for _ in 0..2 {
            for (i, tokens) in rows_of.iter().enumerate() {
                maker.row(i as i64 * 3 - 50);
                for token in tokens {
                    maker.token(token);
                }
            }
            let segment = maker.finish();
            let ids = rowids(&segment.rowids);
            assert_eq!((ids.len(), ids[0], ids[2_999]), (3_000, -50, 8_947));
            for pattern in ["\x001\x00", "17", "\x0019", "99\x00", "1999"] {
                let found = hits(&segment.vocabulary, &memmem::Finder::new(pattern));
                let found = rows(&segment.vocabulary, &segment.places, &segment.postings, &found);
                for (i, tokens) in rows_of.iter().enumerate() {
                    let has = tokens.iter().any(|token| format!("\0{token}\0").contains(pattern));
                    assert_eq!(found.has(i), has, "{pattern:?} {i}");
                }
            }
        }
    }
}
