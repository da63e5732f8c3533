//! What a device acknowledged, as one bit a number of the account's change sequence. Pure: no SQL, no lock.
//!
//! Promise: asking what is missing costs what is missing (and a look at each full chunk), and what one pack changes is
//! a few chunks, so that a ledger of five million acknowledged records is some twelve hundred rows and no more.

use std::collections::BTreeSet;

/// Numbers of the sequence in one chunk.
pub(super) const CHUNK: u64 = 4096;
const WORDS: usize = (CHUNK / 64) as usize;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
enum Chunk {
    #[default]
    Empty,
    Full,
    Bits(Box<[u64; WORDS]>),
}

impl Chunk {
    fn word(&self, at: usize) -> u64 {
        match self {
            Self::Empty => 0,
            Self::Full => u64::MAX,
            Self::Bits(words) => words[at],
        }
    }

    fn words(&mut self) -> &mut [u64; WORDS] {
        if !matches!(self, Self::Bits(_)) {
            *self = Self::Bits(Box::new([self.word(0); WORDS]));
        }
        match self {
            Self::Bits(words) => words,
            Self::Empty | Self::Full => unreachable!("made bits above"),
        }
    }
}

/// A set of numbers of the change sequence. Numbers start at 1 in use; 0 is never a member of one.
#[derive(Debug, Clone, Default)]
pub(super) struct SeqSet {
    chunks: Vec<Chunk>,
    dirty: BTreeSet<u64>,
}

impl SeqSet {
    /// Adds a number; whether it was new.
    pub(super) fn insert(&mut self, seq: u64) -> bool {
        self.change(seq, true)
    }

    /// Takes a number out; whether it was there.
    pub(super) fn remove(&mut self, seq: u64) -> bool {
        self.change(seq, false)
    }

    fn change(&mut self, seq: u64, member: bool) -> bool {
        if self.contains(seq) == member {
            return false;
        }
        let (chunk, bit) = ((seq / CHUNK) as usize, seq % CHUNK);
        if self.chunks.len() <= chunk {
            self.chunks.resize(chunk + 1, Chunk::Empty);
        }
        let words = self.chunks[chunk].words();
        words[(bit / 64) as usize] ^= 1 << (bit % 64);
        if member && words.iter().all(|word| *word == u64::MAX) {
            self.chunks[chunk] = Chunk::Full;
        }
        self.dirty.insert(chunk as u64);
        true
    }

    /// Whether a number is in the set.
    pub(super) fn contains(&self, seq: u64) -> bool {
        self.word((seq / 64) as usize) >> (seq % 64) & 1 == 1
    }

    fn word(&self, at: usize) -> u64 {
        self.chunks.get(at / WORDS).map_or(0, |chunk| chunk.word(at % WORDS))
    }

    /// The chunks that changed since this was last asked, each with what is to be stored: nothing for a full one.
    pub(super) fn take_dirty(&mut self) -> Vec<(u64, Vec<u8>)> {
        std::mem::take(&mut self.dirty)
            .into_iter()
            .map(|at| {
                let bytes = match &self.chunks[at as usize] {
                    Chunk::Full => Vec::new(),
                    chunk => (0..WORDS).flat_map(|i| chunk.word(i).to_le_bytes()).collect(),
                };
                (at, bytes)
            })
            .collect()
    }

    /// Puts back a chunk as it was stored. Bytes of another length are an empty chunk: then things come twice, and
    /// nothing is lost.
    pub(super) fn load(&mut self, at: u64, bytes: &[u8]) {
        let at = at as usize;
        if self.chunks.len() <= at {
            self.chunks.resize(at + 1, Chunk::Empty);
        }
        if bytes.is_empty() {
            self.chunks[at] = Chunk::Full;
            return;
        }
        let words = self.chunks[at].words();
        for (word, bytes) in words.iter_mut().zip(bytes.chunks_exact(8)) {
            *word = bytes.try_into().map_or(0, u64::from_le_bytes);
        }
    }

    /// Makes a copy that will be stored whole.
    pub(super) fn all_dirty(&mut self) {
        self.dirty.extend(0..self.chunks.len() as u64);
    }
}

/// What lies in neither set, in rising order: what a device may be owed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Gaps<'a> {
    acked: &'a SeqSet,
    vacated: &'a SeqSet,
}

impl<'a> Gaps<'a> {
    /// The numbers that are neither acknowledged nor vacated (a former state's).
    pub(super) fn new(acked: &'a SeqSet, vacated: &'a SeqSet) -> Self {
        Self { acked, vacated }
    }

    /// The missing ones of a word, as bits, kept to `from..=upto`.
    fn word(self, at: usize, from: u64, upto: u64) -> u64 {
        let base = at as u64 * 64;
        let mut missing = !(self.acked.word(at) | self.vacated.word(at));
        if from > base {
            missing &= u64::MAX << (from - base);
        }
        if upto < base + 63 {
            missing &= u64::MAX >> (base + 63 - upto);
        }
        missing
    }

    /// The first `most` missing numbers of `from..=upto`, as inclusive runs.
    pub(super) fn first(self, from: u64, upto: u64, most: usize) -> Vec<(u64, u64)> {
        let mut runs: Vec<(u64, u64)> = Vec::new();
        let mut found = 0;
        if from > upto || most == 0 {
            return runs;
        }
        let (mut at, last) = ((from / 64) as usize, (upto / 64) as usize);
        while at <= last {
            if self.full(at) {
                at = (at / WORDS + 1) * WORDS;
                continue;
            }
            let mut missing = self.word(at, from, upto);
            while missing != 0 {
                let seq = at as u64 * 64 + u64::from(missing.trailing_zeros());
                missing &= missing - 1;
                match runs.last_mut() {
                    Some((_, end)) if *end + 1 == seq => *end = seq,
                    _ => runs.push((seq, seq)),
                }
                found += 1;
                if found == most {
                    return runs;
                }
            }
            at += 1;
        }
        runs
    }

    /// How many numbers of `from..=upto` are missing.
    pub(super) fn count(self, from: u64, upto: u64) -> u64 {
        if from > upto {
            return 0;
        }
        let (mut at, last, mut count) = ((from / 64) as usize, (upto / 64) as usize, 0);
        while at <= last {
            if self.full(at) {
                at = (at / WORDS + 1) * WORDS;
                continue;
            }
            count += u64::from(self.word(at, from, upto).count_ones());
            at += 1;
        }
        count
    }

    fn full(self, at: usize) -> bool {
        matches!(self.acked.chunks.get(at / WORDS), Some(Chunk::Full))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn flat(runs: &[(u64, u64)]) -> Vec<u64> {
        runs.iter().flat_map(|(a, b)| *a..=*b).collect()
    }

    #[test]
    fn agrees_with_a_plain_set_whatever_happens() {
        for seed in 0..24 {
            let mut rng = fastrand::Rng::with_seed(seed);
            let top = [70, 4096, 4097, 9_000][seed as usize % 4];
            let (mut set, mut model) = (SeqSet::default(), BTreeSet::new());
            let (mut vacated, mut gone) = (SeqSet::default(), BTreeSet::new());
            let mut stored = SeqSet::default();
            for step in 0..80 {
                let seq = rng.u64(1..=top);
                match rng.u8(0..10) {
                    0..5 => {
                        for seq in seq..=(seq + rng.u64(0..top / 4)).min(top) {
                            assert_eq!(set.insert(seq), model.insert(seq), "seed {seed} step {step}");
                        }
                    }
                    5..7 => assert_eq!(set.remove(seq), model.remove(&seq), "seed {seed} step {step}"),
                    7 => assert_eq!(vacated.insert(seq), gone.insert(seq)),
                    _ => {
                        for (at, bytes) in set.take_dirty() {
                            stored.load(at, &bytes);
                        }
                    }
                }
                let (from, upto) = (rng.u64(1..=top), rng.u64(1..=top));
                let missing: Vec<u64> =
                    (from..=upto).filter(|seq| !model.contains(seq) && !gone.contains(seq)).collect();
                let gaps = Gaps::new(&set, &vacated);
                assert_eq!(gaps.count(from, upto), missing.len() as u64, "seed {seed} step {step}");
                let most = rng.usize(0..200);
                let first = flat(&gaps.first(from, upto, most));
                assert_eq!(first, missing[..most.min(missing.len())], "seed {seed} step {step}");
            }
            for (at, bytes) in set.take_dirty() {
                stored.load(at, &bytes);
            }
            for seq in 1..=top {
                assert_eq!(stored.contains(seq), model.contains(&seq), "seed {seed} seq {seq}");
            }
        }
    }

    #[test]
    fn a_full_ledger_is_stored_as_nothing() {
        let mut set = SeqSet::default();
        for seq in 0..CHUNK * 3 {
            set.insert(seq);
        }
        assert_eq!(set.take_dirty(), vec![(0, vec![]), (1, vec![]), (2, vec![])]);
        assert!(set.take_dirty().is_empty());
        set.remove(CHUNK + 1);
        assert_eq!(set.take_dirty()[0].1.len(), 512);
    }
}
