//! What an instruction means for what the mirror has: a pure decision, no I/O. Promise 3 of the crate lives here.
//!
//! The rules, in words:
//! - A revision smaller than the one known (of the row, or of its tombstone) is stale and changes nothing.
//! - The same revision with the same data is the same. With other data it is applied: the service delivers the
//!   freshest state, and a record that comes into sight again comes with the revision that its delete had.
//! - Where either revision is missing nobody can compare, so the instruction is applied. The known revision stays as
//!   a floor: what is older than it stays stale.
//! - A delete leaves a tombstone, also of what was never there: its older update may still be on the way.

/// What the mirror has of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Current<'a> {
    /// Nothing.
    Nothing,
    /// A row.
    Row {
        /// Its revision, where one is known.
        revision: Option<i64>,
        /// Its JSON.
        data: &'a str,
    },
    /// A tombstone.
    Tombstone {
        /// The revision of the delete, where one is known.
        revision: Option<i64>,
    },
}

/// An instruction for a record that has an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Incoming<'a> {
    /// Created, updated, or a word that nobody knows.
    State {
        /// Its revision, where the service sent one.
        revision: Option<i64>,
        /// Its JSON.
        data: &'a str,
    },
    /// Deleted.
    Delete {
        /// Its revision, where the service sent one.
        revision: Option<i64>,
    },
}

/// What to do. Revisions are the ones to store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// Put a new row.
    Insert {
        /// The row's revision.
        revision: Option<i64>,
    },
    /// Put a new row and remove the tombstone.
    Revive {
        /// The row's revision.
        revision: Option<i64>,
    },
    /// Replace the row; what it was goes to the history.
    Update {
        /// The row's revision.
        revision: Option<i64>,
    },
    /// Remove the row, leave a tombstone; what it was goes to the history.
    Delete {
        /// The tombstone's revision.
        revision: Option<i64>,
    },
    /// There is no row to delete: leave or raise the tombstone.
    DeleteAbsent {
        /// The tombstone's revision.
        revision: Option<i64>,
    },
    /// The mirror has exactly this.
    Same,
    /// The mirror has something newer.
    Stale,
}

/// Decides.
pub(super) fn plan(incoming: Incoming<'_>, current: Current<'_>) -> Change {
    let (Incoming::State { revision: new, .. } | Incoming::Delete { revision: new }) = incoming;
    let known = match current {
        Current::Nothing => None,
        Current::Row { revision, .. } | Current::Tombstone { revision } => revision,
    };
    if matches!((new, known), (Some(new), Some(known)) if new < known) {
        return Change::Stale;
    }
    let revision = new.or(known);
    match (incoming, current) {
        (Incoming::State { .. }, Current::Nothing) => Change::Insert { revision },
        (Incoming::State { .. }, Current::Tombstone { .. }) => Change::Revive { revision },
        (Incoming::State { data, .. }, Current::Row { data: old, .. }) => {
            if revision == known && data == old { Change::Same } else { Change::Update { revision } }
        }
        (Incoming::Delete { .. }, Current::Row { .. }) => Change::Delete { revision },
        (Incoming::Delete { .. }, Current::Nothing) => Change::DeleteAbsent { revision },
        (Incoming::Delete { .. }, Current::Tombstone { .. }) => {
            if revision == known {
                Change::Same
            } else {
                Change::DeleteAbsent { revision }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(revision: Option<i64>, data: &str) -> Incoming<'_> {
        Incoming::State { revision, data }
    }
    fn delete<'a>(revision: Option<i64>) -> Incoming<'a> {
        Incoming::Delete { revision }
    }
    fn row(revision: Option<i64>, data: &str) -> Current<'_> {
        Current::Row { revision, data }
    }
    fn tombstone<'a>(revision: Option<i64>) -> Current<'a> {
        Current::Tombstone { revision }
    }

    #[test]
    fn every_case_of_the_table() {
        use Change::{Delete, DeleteAbsent, Insert, Revive, Same, Stale, Update};
        let cases = [
            // A state on nothing.
            (state(Some(3), "a"), Current::Nothing, Insert { revision: Some(3) }),
            (state(None, "a"), Current::Nothing, Insert { revision: None }),
            // A state on a row: newer, same, same revision with other data, older.
            (state(Some(4), "b"), row(Some(3), "a"), Update { revision: Some(4) }),
            (state(Some(4), "a"), row(Some(3), "a"), Update { revision: Some(4) }),
            (state(Some(3), "a"), row(Some(3), "a"), Same),
            (state(Some(3), "b"), row(Some(3), "a"), Update { revision: Some(3) }),
            (state(Some(2), "b"), row(Some(3), "a"), Stale),
            // Revisions that nobody can compare: applied, and the known one stays as a floor.
            (state(None, "b"), row(Some(3), "a"), Update { revision: Some(3) }),
            (state(None, "a"), row(Some(3), "a"), Same),
            (state(Some(1), "b"), row(None, "a"), Update { revision: Some(1) }),
            (state(Some(1), "a"), row(None, "a"), Update { revision: Some(1) }),
            (state(None, "a"), row(None, "a"), Same),
            (state(None, "b"), row(None, "a"), Update { revision: None }),
            // A state on a tombstone: only what is older stays dead.
            (state(Some(2), "a"), tombstone(Some(3)), Stale),
            (state(Some(3), "a"), tombstone(Some(3)), Revive { revision: Some(3) }),
            (state(Some(4), "a"), tombstone(Some(3)), Revive { revision: Some(4) }),
            (state(None, "a"), tombstone(Some(3)), Revive { revision: Some(3) }),
            (state(Some(1), "a"), tombstone(None), Revive { revision: Some(1) }),
            // A delete.
            (delete(Some(3)), Current::Nothing, DeleteAbsent { revision: Some(3) }),
            (delete(None), Current::Nothing, DeleteAbsent { revision: None }),
            (delete(Some(4)), row(Some(3), "a"), Delete { revision: Some(4) }),
            (delete(Some(3)), row(Some(3), "a"), Delete { revision: Some(3) }),
            (delete(Some(2)), row(Some(3), "a"), Stale),
            (delete(None), row(Some(3), "a"), Delete { revision: Some(3) }),
            (delete(Some(1)), row(None, "a"), Delete { revision: Some(1) }),
            (delete(Some(3)), tombstone(Some(3)), Same),
            (delete(None), tombstone(Some(3)), Same),
            (delete(Some(4)), tombstone(Some(3)), DeleteAbsent { revision: Some(4) }),
            (delete(Some(2)), tombstone(Some(3)), Stale),
        ];
        for (incoming, current, change) in cases {
            assert_eq!(plan(incoming, current), change, "{incoming:?} on {current:?}");
        }
    }
}
