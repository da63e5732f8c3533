//! Whose the last numbers of the sequence are that were handed out, so that a key which comes back asks no file. Pure.
//!
//! Promise: what it says is so, since a number stands for the same record for ever; what it does not know is in the
//! file. It has room for so many and forgets: one number displaces that which is [`ROOM`] before or behind it.

/// Numbers that are remembered: more than a device has pending. Each has 24 bytes.
const ROOM: usize = 1 << 16;

/// A number of the sequence, and the type and the id of the record that it changed.
#[derive(Debug, Clone, Copy, Default)]
struct Entry {
    seq: u64,
    kind: i64,
    id: i64,
}

/// What was handed out lately.
#[derive(Debug, Default)]
pub(super) struct Made(Vec<Entry>);

impl Made {
    /// Remembers that a number is that record's. Numbers begin at 1.
    pub(super) fn note(&mut self, seq: u64, kind: i64, id: i64) {
        if self.0.is_empty() {
            self.0 = vec![Entry::default(); ROOM];
        }
        self.0[seq as usize % ROOM] = Entry { seq, kind, id };
    }

    /// The type and the id of the record of a number, if it is remembered.
    pub(super) fn record(&self, seq: u64) -> Option<(i64, i64)> {
        let entry = self.0.get(seq as usize % ROOM)?;
        (entry.seq == seq && seq != 0).then_some((entry.kind, entry.id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_remembered_until_another_has_its_place() {
        let mut made = Made::default();
        assert_eq!((made.record(0), made.record(7)), (None, None));
        made.note(7, 2, 55);
        assert_eq!(made.record(7), Some((2, 55)));
        assert_eq!((made.record(0), made.record(8)), (None, None));
        let far = 7 + ROOM as u64;
        assert_eq!(made.record(far), None);
        made.note(far, 3, 66);
        assert_eq!((made.record(7), made.record(far)), (None, Some((3, 66))));
    }
}
