//! A set of positions as ranges: which keys of a page are settled. Pure.

use std::ops::Range;

/// Disjoint, sorted, never touching ranges.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Ranges(Vec<Range<u32>>);

impl Ranges {
    /// Reads what [`Ranges::to_json`] wrote; what is none gives an empty set, and keys are sent again.
    pub(super) fn from_json(text: &str) -> Self {
        let pairs: Vec<(u32, u32)> = serde_json::from_str(text).unwrap_or_default();
        let mut set = Self::default();
        for (from, to) in pairs {
            set.insert(from..to);
        }
        set
    }

    /// `[[from, to], …]`.
    pub(super) fn to_json(&self) -> String {
        let pairs: Vec<_> = self.0.iter().map(|range| (range.start, range.end)).collect();
        serde_json::to_string(&pairs).unwrap_or_default() // numbers always serialize
    }

    /// Adds a range.
    pub(super) fn insert(&mut self, mut range: Range<u32>) {
        if range.is_empty() {
            return;
        }
        self.0.retain(|other| {
            let apart = other.end < range.start || range.end < other.start;
            if !apart {
                range = range.start.min(other.start)..range.end.max(other.end);
            }
            apart
        });
        let at = self.0.partition_point(|other| other.start < range.start);
        self.0.insert(at, range);
    }

    /// How many positions are in the set.
    pub(super) fn len(&self) -> u32 {
        self.0.iter().map(|range| range.end - range.start).sum()
    }

    /// What of `0..end` is not in the set.
    pub(super) fn gaps(&self, end: u32) -> Vec<Range<u32>> {
        let mut gaps = Vec::new();
        let mut from = 0;
        for range in &self.0 {
            if from < range.start.min(end) {
                gaps.push(from..range.start.min(end));
            }
            from = from.max(range.end);
        }
        if from < end {
            gaps.push(from..end);
        }
        gaps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_merge_and_leave_gaps() {
        let mut set = Ranges::default();
        assert_eq!(set.gaps(3), vec![0..3]);
        set.insert(4..6);
        set.insert(0..1);
        set.insert(6..8);
        assert_eq!(set.to_json(), "[[0,1],[4,8]]");
        assert_eq!(set.gaps(10), vec![1..4, 8..10]);
        assert_eq!(set.gaps(5), vec![1..4]);
        set.insert(1..4);
        assert_eq!((set.to_json().as_str(), set.len()), ("[[0,8]]", 8));
        assert_eq!(Ranges::from_json(&set.to_json()), set);
        assert_eq!(Ranges::from_json("no"), Ranges::default());
    }
}
