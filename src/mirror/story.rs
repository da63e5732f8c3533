//! A record's story: every instruction that changed it, oldest first, as far as the mirror knows.
//!
//! `_history` says of each state which session brought it, and of its end which instruction that was. So an entry's
//! page is where the *next* state came from; only the row and the tombstone know the page that brought themselves. Of
//! the first known state the page is not known, unless it is the row still.

use rusqlite::{OptionalExtension, params};

use super::apply::Key;
use super::reader::text;
use super::{MirrorError, PageNo, Reader, SessionNo};
use crate::protocol::RecordId;

/// Bytes of states that a story holds, the newest first.
const BYTES: usize = 8 << 20;

/// What an instruction did to a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What.
    pub event: Event,
    /// The session that brought the instruction.
    pub session: SessionNo,
    /// The page that carried it, where it is known.
    pub page: Option<PageNo>,
    /// The record's revision after it, where one is known.
    pub revision: Option<i64>,
    /// The record after it, JSON as received; none after a delete.
    pub data: Option<String>,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// The first state that is known.
    Came,
    /// It replaced another state.
    Updated,
    /// It was deleted.
    Deleted,
    /// It came back after a delete.
    Revived,
}

/// What happened to a record.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Story {
    /// Step by step, oldest first.
    pub steps: Vec<Step>,
    /// Older states that are in the mirror and not in here.
    pub left_out: u64,
}

/// An entry of `_history`: a state, and what ended it.
struct Entry {
    revision: Option<i64>,
    data: String,
    brought_by: SessionNo,
    deleted: bool,
    session: SessionNo,
    page: PageNo,
}

/// What the mirror has of the record now.
struct Present {
    session: SessionNo,
    page: PageNo,
    revision: Option<i64>,
    data: Option<String>,
}

impl Reader {
    /// What happened to a record, the newest `limit` states of it.
    ///
    /// # Errors
    /// [`MirrorError`] where the mirror cannot be read.
    pub fn story(&self, kind: &str, id: &RecordId, limit: usize) -> Result<Story, MirrorError> {
        let (entries, left_out) = self.entries(kind, id, limit).map_err(|e| self.error(e))?;
        let present = self.present(kind, id)?;
        Ok(Story { steps: steps(entries, present), left_out })
    }

    /// The session and the page that brought a record as it is, or its delete; none where the mirror has neither.
    ///
    /// # Errors
    /// [`MirrorError`] where the mirror cannot be read.
    pub fn origin(&self, kind: &str, id: &RecordId) -> Result<Option<(SessionNo, PageNo)>, MirrorError> {
        Ok(self.present(kind, id)?.map(|now| (now.session, now.page)))
    }

    fn entries(&self, kind: &str, id: &RecordId, limit: usize) -> rusqlite::Result<(Vec<Entry>, u64)> {
        let mut found = self.connection.prepare_cached(
            "SELECT revision, data, brought_by, event, session, page FROM _history \
             WHERE type = ?1 AND id = ?2 ORDER BY no DESC",
        )?;
        let mut rows = found.query(params![kind, Key(id)])?;
        let (mut entries, mut bytes, mut left_out) = (Vec::new(), 0, 0);
        while let Some(row) = rows.next()? {
            if entries.len() >= limit || bytes > BYTES {
                left_out += 1;
                continue;
            }
            let data = text(row, 1)?;
            bytes += data.len();
            entries.push(Entry {
                revision: row.get(0)?,
                data,
                brought_by: row.get(2)?,
                deleted: text(row, 3)? == "deleted",
                session: row.get(4)?,
                page: row.get(5)?,
            });
        }
        entries.reverse();
        Ok((entries, left_out))
    }

    fn present(&self, kind: &str, id: &RecordId) -> Result<Option<Present>, MirrorError> {
        if let Some(table) = self.table(kind)? {
            let sql = format!("SELECT _session, _page, revision, data FROM {table} WHERE id = ?1");
            let found = self.connection.prepare_cached(&sql).and_then(|mut row| {
                row.query_row([Key(id)], |row| {
                    let data = Some(text(row, 3)?);
                    Ok(Present { session: row.get(0)?, page: row.get(1)?, revision: row.get(2)?, data })
                })
                .optional()
            });
            if let Some(row) = found.map_err(|e| self.error(e))? {
                return Ok(Some(row));
            }
        }
        let dead = self
            .connection
            .prepare_cached("SELECT _session, _page, revision FROM _tombstone WHERE type = ?1 AND id = ?2")
            .and_then(|mut row| {
                row.query_row(params![kind, Key(id)], |row| {
                    Ok(Present { session: row.get(0)?, page: row.get(1)?, revision: row.get(2)?, data: None })
                })
                .optional()
            });
        dead.map_err(|e| self.error(e))
    }
}

/// Puts the states in a row: each came by what ended the one before.
fn steps(entries: Vec<Entry>, present: Option<Present>) -> Vec<Step> {
    let mut steps = Vec::with_capacity(entries.len() + 1);
    // What ended the state before: session, page, and whether it was a delete.
    let mut ended: Option<(SessionNo, PageNo, bool)> = None;
    for entry in entries {
        let came = match ended {
            None => (Event::Came, entry.brought_by, None),
            Some((session, page, false)) => (Event::Updated, session, Some(page)),
            Some((session, page, true)) => {
                steps.push(gone(session, page, None));
                (Event::Revived, entry.brought_by, None)
            }
        };
        let (event, session, page) = came;
        let data = Some(entry.data);
        steps.push(Step { event, session, page, revision: entry.revision, data });
        ended = Some((entry.session, entry.page, entry.deleted));
    }
    let Some(now) = present else {
        if let Some((session, page, true)) = ended {
            steps.push(gone(session, page, None));
        }
        return steps;
    };
    let event = match (&now.data, ended) {
        (None, _) => {
            // A delete that came again raised the tombstone; the first one is what happened.
            let (session, page) = ended.map_or((now.session, now.page), |(session, page, _)| (session, page));
            steps.push(gone(session, page, now.revision));
            return steps;
        }
        (Some(_), None) => Event::Came,
        (Some(_), Some((.., false))) => Event::Updated,
        (Some(_), Some((session, page, true))) => {
            steps.push(gone(session, page, None));
            Event::Revived
        }
    };
    let page = Some(now.page);
    steps.push(Step { event, session: now.session, page, revision: now.revision, data: now.data });
    steps
}

fn gone(session: SessionNo, page: PageNo, revision: Option<i64>) -> Step {
    Step { event: Event::Deleted, session, page: Some(page), revision, data: None }
}
