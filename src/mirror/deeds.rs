//! What a session did, as one list: notes, updates and deletes, then what it brought anew. By keyset, never whole.
//!
//! Updates and deletes are in `_history`. What was created is in the rows that carry the session and, where a later
//! session replaced it, in `_history` as brought by it. A row's session is never older than its place in its table, so
//! the rows that a session brought lie behind the last row of an earlier one: that place is looked for from the end.

use rusqlite::{OptionalExtension, Row as SqlRow, params};

use super::debug::PackRow;
use super::notes::{About, Note};
use super::reader::{optional_id, text};
use super::{MirrorError, PageNo, Reader, SessionNo, names};
use crate::protocol::RecordId;

/// What happened to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Event {
    /// It is new.
    Created,
    /// It replaced another state.
    Updated,
    /// It was deleted.
    Deleted,
    /// The instruction was older than what the mirror has.
    Stale,
    /// The service could not deliver the object.
    Failed,
}

impl Event {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Created, Self::Updated, Self::Deleted, Self::Stale, Self::Failed];

    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Deleted => "deleted",
            Self::Stale => "stale",
            Self::Failed => "failed",
        }
    }
}

/// Which of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wanted {
    /// Only this.
    pub event: Option<Event>,
    /// Only of this type.
    pub kind: Option<String>,
}

impl Wanted {
    fn event(&self, event: Event) -> bool {
        self.event.is_none_or(|wanted| wanted == event)
    }
}

/// A place in the list: its part, and the place in that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct At(i64, i64);

/// The parts of the list; a type's own rows are behind them all, at its number.
const NOTES: i64 = 0;
const HISTORY: i64 = 1;
const ABSENT: i64 = 2;
const REPLACED: i64 = 3;
const ROWS: i64 = 4;

/// An entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deed {
    /// Its place: the list goes on behind it.
    pub at: At,
    /// The record's type.
    pub kind: String,
    /// The record's id; none where the instruction had none.
    pub id: Option<RecordId>,
    /// What happened.
    pub event: Event,
    /// The page that carried the instruction, where the mirror still knows.
    pub page: Option<PageNo>,
    /// Of a note: the instruction's revision.
    pub revision: Option<i64>,
    /// Of a note: why nothing came of it.
    pub why: Option<String>,
}

/// The pages of a session and the packs that carried their keys.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Inside {
    /// The first and the last page; none where it brought none.
    pub pages: Option<(PageNo, PageNo)>,
    /// The packs that the mirror remembers, newest first.
    pub packs: Vec<PackRow>,
}

/// Packs that the mirror remembers.
const PACKS: usize = 1_000;

impl Reader {
    /// What a session did behind a place, at most `limit` entries; a record may come more than once. Of an old session
    /// it may read much: give it a worker and a way to stop.
    ///
    /// # Errors
    /// [`MirrorError::Stopped`], or the mirror cannot be read.
    pub fn deeds(
        &self,
        session: SessionNo,
        wanted: &Wanted,
        behind: Option<At>,
        limit: usize,
    ) -> Result<Vec<Deed>, MirrorError> {
        let behind = behind.unwrap_or(At(NOTES, 0));
        let from = |part| if behind.0 == part { Some(behind.1) } else { (behind.0 < part).then_some(0) };
        let mut found = Vec::new();
        if let Some(after) = from(NOTES) {
            self.noted(session, wanted, after, limit, &mut found)?;
        }
        let mut part = |part: i64, sql: &str, events: &[Event]| {
            let room = limit - found.len();
            let any = events.iter().any(|event| wanted.event(*event));
            if let Some(after) = from(part).filter(|_| any && room > 0) {
                let event = wanted.event.map(Event::as_str);
                let row = |row: &SqlRow<'_>| deed(part, row);
                let read = || {
                    let mut rows = self.connection.prepare_cached(sql)?;
                    rows.query_map(params![session, after, wanted.kind, room as i64, event], row)?
                        .collect::<rusqlite::Result<Vec<_>>>()
                };
                found.extend(read().map_err(|e| self.error(e))?);
            }
            Ok::<(), MirrorError>(())
        };
        part(HISTORY, REPLACED_OR_DELETED, &[Event::Updated, Event::Deleted])?;
        part(ABSENT, DELETED_UNKNOWN, &[Event::Deleted])?;
        part(REPLACED, CREATED_AND_REPLACED, &[Event::Created])?;
        if wanted.event(Event::Created) {
            self.created(session, wanted, behind, limit, &mut found)?;
        }
        Ok(found)
    }

    /// Notes, newest first: their place counts down.
    fn noted(
        &self,
        session: SessionNo,
        wanted: &Wanted,
        after: i64,
        limit: usize,
        found: &mut Vec<Deed>,
    ) -> Result<(), MirrorError> {
        let about = match wanted.event {
            None => None,
            Some(Event::Stale) => Some(About::Stale),
            Some(Event::Failed) => Some(About::Failed),
            Some(_) => return Ok(()),
        };
        let before = (after < 0).then_some(-after);
        // A type is looked for among the few that there are.
        let all = self.notes(about, Some(session), before, usize::MAX)?;
        let fits = |note: &Note| wanted.kind.as_ref().is_none_or(|kind| *kind == note.kind);
        found.extend(all.into_iter().filter(fits).take(limit).map(|note| Deed {
            at: At(NOTES, -note.no),
            kind: note.kind,
            id: note.id,
            event: if note.about == About::Stale { Event::Stale } else { Event::Failed },
            page: Some(note.page),
            revision: note.revision,
            why: Some(note.why),
        }));
        Ok(())
    }

    /// Rows that the session brought anew, type by type.
    fn created(
        &self,
        session: SessionNo,
        wanted: &Wanted,
        behind: At,
        limit: usize,
        found: &mut Vec<Deed>,
    ) -> Result<(), MirrorError> {
        let read = |found: &mut Vec<Deed>| {
            let mut kinds =
                self.connection.prepare_cached("SELECT no, name, table_name FROM _type ORDER BY no")?;
            let kinds = kinds
                .query_map([], |row| Ok((row.get::<_, i64>(0)?, text(row, 1)?, text(row, 2)?)))?
                .collect::<rusqlite::Result<Vec<_>>>()?;
            for (no, kind, table) in kinds {
                let (part, room) = (ROWS + no, limit - found.len());
                if room == 0 {
                    break;
                }
                if part < behind.0 || wanted.kind.as_ref().is_some_and(|wanted| *wanted != kind) {
                    continue;
                }
                let table = names::quoted(&table);
                let after = if part == behind.0 { behind.1 } else { self.last_before(&table, session)? };
                let sql = format!(
                    "SELECT rowid, ?3, id, 'created', _page FROM {table} AS r WHERE rowid > ?2 AND _session = ?1 \
                     AND NOT EXISTS (SELECT 1 FROM _history WHERE type = ?3 AND id = r.id AND session = ?1 \
                     AND event = 'updated') ORDER BY rowid LIMIT ?4"
                );
                let mut rows = self.connection.prepare_cached(&sql)?;
                let rows =
                    rows.query_map(params![session, after, kind, room as i64], |row| deed(part, row))?;
                for row in rows {
                    found.push(row?);
                }
            }
            Ok(())
        };
        read(found).map_err(|e| self.error(e))
    }

    /// The place of a table's last row that an earlier session brought and no later one has replaced.
    fn last_before(&self, table: &str, session: SessionNo) -> rusqlite::Result<i64> {
        let earlier: bool = self
            .connection
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM _session WHERE no < ?1 AND instructions > 0)")?
            .query_row([session], |row| row.get(0))?;
        if !earlier {
            return Ok(0); // nobody was here before: nothing is to be looked for
        }
        let sql = format!("SELECT rowid FROM {table} WHERE _session < ?1 ORDER BY rowid DESC LIMIT 1");
        let found =
            self.connection.prepare_cached(&sql)?.query_row([session], |row| row.get(0)).optional()?;
        Ok(found.unwrap_or(0))
    }

    /// The pages that a session brought, and the packs of their keys.
    ///
    /// # Errors
    /// [`MirrorError`] where the mirror cannot be read.
    pub fn inside(&self, session: SessionNo) -> Result<Inside, MirrorError> {
        // Sessions come one after the other, and every page counts up.
        let (before, own): (i64, i64) = self
            .connection
            .prepare_cached(
                "SELECT coalesce(sum(pages) FILTER (WHERE no < ?1), 0), \
                 coalesce(sum(pages) FILTER (WHERE no = ?1), 0) FROM _session WHERE no <= ?1",
            )
            .and_then(|mut sum| sum.query_row([session], |row| Ok((row.get(0)?, row.get(1)?))))
            .map_err(|e| self.error(e))?;
        if own == 0 {
            return Ok(Inside::default());
        }
        let (first, last) = (before + 1, before + own);
        let mut packs = self.packs(None, PACKS)?;
        packs.retain(|pack| pack.slices.iter().any(|(page, ..)| (first..=last).contains(page)));
        Ok(Inside { pages: Some((first, last)), packs })
    }
}

/// Of session 1, behind place 2, of type 3 (or any), at most 4, of event 5 (or any).
const REPLACED_OR_DELETED: &str = "SELECT no, type, id, event, page FROM _history \
    WHERE session = ?1 AND no > ?2 AND (?3 IS NULL OR type = ?3) AND (?5 IS NULL OR event = ?5) \
    ORDER BY no LIMIT ?4";
/// Deletes of what the mirror never had, counted through: they have no number of their own, and are few.
const DELETED_UNKNOWN: &str = "SELECT n, type, id, 'deleted', _page FROM (\
    SELECT row_number() OVER (ORDER BY type, id) AS n, type, id, _page FROM _tombstone AS t WHERE _session = ?1 \
    AND NOT EXISTS (SELECT 1 FROM _history WHERE type = t.type AND id = t.id AND session = ?1 AND event = 'deleted')) \
    WHERE n > ?2 AND (?3 IS NULL OR type = ?3) AND ?5 IS ?5 ORDER BY n LIMIT ?4";
/// What the session brought anew and a later instruction replaced or deleted; the page is not known any more.
const CREATED_AND_REPLACED: &str = "SELECT no, type, id, 'created', NULL FROM _history AS h \
    WHERE brought_by = ?1 AND no > max(?2, coalesce((SELECT min(no) - 1 FROM _history WHERE session >= ?1), 0)) \
    AND (?3 IS NULL OR type = ?3) AND ?5 IS ?5 AND id IS NOT NULL \
    AND NOT EXISTS (SELECT 1 FROM _history WHERE type = h.type AND id = h.id AND session = ?1 AND event = 'updated' \
    AND no < h.no) ORDER BY no LIMIT ?4";

fn deed(part: i64, row: &SqlRow<'_>) -> rusqlite::Result<Deed> {
    let event = match text(row, 3)?.as_str() {
        "created" => Event::Created,
        "updated" => Event::Updated,
        _ => Event::Deleted,
    };
    Ok(Deed {
        at: At(part, row.get(0)?),
        kind: text(row, 1)?,
        id: optional_id(row, 2)?,
        event,
        page: row.get(4)?,
        revision: None,
        why: None,
    })
}
