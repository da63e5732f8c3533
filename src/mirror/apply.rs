//! Puts a page's instructions into the mirror: plans each, then does it. Runs inside the writer's transaction and
//! never commits.
//!
//! The way of a first download is short: one statement an instruction, nothing allocated.

use std::hash::{DefaultHasher, Hash, Hasher};

use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension, Result, params};

use super::kinds::{Kind, Kinds, Row};
use super::notes;
use super::plan::{Change, Current, Incoming, plan};
use super::unkeyed::{self, Kept};
use super::{Counts, PageNo, SessionNo};
use crate::protocol::{EventType, Item, Page, RecordId};

/// Where a page's rows say they come from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Origin {
    pub(super) session: SessionNo,
    pub(super) page: PageNo,
}

/// What a page did.
#[derive(Debug, Default)]
pub(super) struct Applied {
    /// Counts a type, in the order met.
    pub(super) kinds: Vec<(String, Counts)>,
    /// Instructions that changed the mirror.
    pub(super) changed: u64,
    /// Where nothing was new: what the page is known by.
    pub(super) echo: Option<u64>,
    /// The page's ack keys as a JSON array, and how many.
    pub(super) keys: String,
    pub(super) key_count: u64,
    /// Tombstones gained or lost.
    pub(super) tombstones: i64,
    /// Instructions without an id that are new.
    pub(super) unkeyed: i64,
}

/// An id as SQLite stores it.
pub(super) struct Key<'a>(pub(super) &'a RecordId);

impl ToSql for Key<'_> {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            RecordId::Int(id) => ValueRef::Integer(*id),
            RecordId::Text(id) => ValueRef::Text(id.as_bytes()),
        }))
    }
}

/// Applies a page.
pub(super) fn page<'c>(
    connection: &'c Connection,
    kinds: &mut Kinds<'c>,
    page: &Page,
    origin: Origin,
) -> Result<Applied> {
    let mut applied = Applied::default();
    let mut keys: Vec<&str> = Vec::with_capacity(page.len());
    // Types come in runs, so the last one is nearly always the right one.
    let mut last: Option<(&str, usize, usize)> = None;
    let mut stale = Vec::new();
    for item in page.items() {
        let (index, slot) = match last {
            Some((name, index, slot)) if name == item.kind => (index, slot),
            _ => {
                // What will not be a row asks for no columns.
                let row = item.id.is_some() && item.event != EventType::Deleted;
                let like = if row { item.data } else { "null" };
                let found = (kinds.index(item.kind, like)?, applied.slot(item.kind));
                last = Some((item.kind, found.0, found.1));
                found
            }
        };
        let change = one(connection, kinds, index, &item, origin, &mut applied)?;
        applied.count(slot, item.event, change);
        if change == Change::Stale {
            stale.push(item);
        }
        keys.extend(item.ack_key);
    }
    notes::write(connection, kinds, &stale, page, origin)?;
    applied.echo = (applied.changed == 0 && !page.is_empty()).then(|| fingerprint(page));
    applied.key_count = keys.len() as u64;
    applied.keys = serde_json::to_string(&keys).unwrap_or_default(); // strings always serialize
    Ok(applied)
}

/// What tells a page's instructions from those of others, in this process.
fn fingerprint(page: &Page) -> u64 {
    let mut hasher = DefaultHasher::new();
    for item in page.items() {
        (item.kind, item.data, item.event, item.ack_key, item.revision).hash(&mut hasher);
    }
    hasher.finish()
}

impl Applied {
    fn slot(&mut self, kind: &str) -> usize {
        self.kinds.iter().position(|(name, _)| name == kind).unwrap_or_else(|| {
            self.kinds.push((kind.to_owned(), Counts::default()));
            self.kinds.len() - 1
        })
    }

    fn count(&mut self, slot: usize, event: EventType, change: Change) {
        let counts = &mut self.kinds[slot].1;
        match event {
            EventType::Created | EventType::Other => counts.created += 1,
            EventType::Updated => counts.updated += 1,
            EventType::Deleted => counts.deleted += 1,
        }
        match change {
            Change::Stale => counts.stale += 1,
            Change::Same => counts.same += 1,
            Change::DeleteAbsent { .. } => {
                counts.absent += 1;
                self.changed += 1;
            }
            _ => self.changed += 1,
        }
    }
}

fn one<'c>(
    connection: &'c Connection,
    kinds: &mut Kinds<'c>,
    index: usize,
    item: &Item<'_>,
    origin: Origin,
    applied: &mut Applied,
) -> Result<Change> {
    let Some(id) = item.id else {
        return Ok(match unkeyed::keep(connection, item, origin)? {
            Kept::New => {
                applied.unkeyed += 1;
                Change::Insert { revision: item.revision }
            }
            Kept::Replaced => Change::Update { revision: item.revision },
            Kept::Same => Change::Same,
        });
    };
    let incoming = match item.event {
        EventType::Deleted => Incoming::Delete { revision: item.revision },
        _ => Incoming::State { revision: item.revision, data: item.data },
    };
    let kind = kinds.get(index);
    let row = |revision| Row { id, revision, item, origin };
    // Where there is no tombstone, `plan` says insert exactly where there is no row: one statement does both. What
    // was acknowledged before is `updated` and most likely there.
    let hopeful = matches!(item.event, EventType::Created | EventType::Other) && !kind.tombstones;
    if hopeful && kind.insert(connection, row(item.revision))? {
        kind.rows += 1;
        return Ok(Change::Insert { revision: item.revision });
    }
    let change = decide(connection, kind, id, incoming)?;
    match change {
        Change::Insert { revision } | Change::Revive { revision } => {
            if matches!(change, Change::Revive { .. }) {
                bury(connection, false, kind, id, None, origin)?;
                applied.tombstones -= 1;
            }
            kind.insert(connection, row(revision))?;
            kind.rows += 1;
        }
        Change::Update { revision } => {
            kind.keep.execute(params![Key(id), "updated", origin.session, origin.page])?;
            kind.update(connection, row(revision))?;
        }
        Change::Delete { revision } => {
            kind.keep.execute(params![Key(id), "deleted", origin.session, origin.page])?;
            kind.delete.execute([Key(id)])?;
            kind.rows -= 1;
            applied.tombstones += bury(connection, true, kind, id, revision, origin)?;
        }
        Change::DeleteAbsent { revision } => {
            applied.tombstones += bury(connection, true, kind, id, revision, origin)?;
        }
        Change::Same | Change::Stale => {}
    }
    Ok(change)
}

/// Looks up what the mirror has, and plans.
fn decide(
    connection: &Connection,
    kind: &mut Kind<'_>,
    id: &RecordId,
    incoming: Incoming<'_>,
) -> Result<Change> {
    let mut rows = kind.select.query([Key(id)])?;
    if let Some(row) = rows.next()? {
        // What we wrote was UTF-8; where somebody else wrote, it is simply other data.
        let data = row.get_ref(1)?.as_str().unwrap_or_default();
        return Ok(plan(incoming, Current::Row { revision: row.get(0)?, data }));
    }
    if !kind.tombstones {
        return Ok(plan(incoming, Current::Nothing));
    }
    let tombstone = connection
        .prepare_cached("SELECT revision FROM _tombstone WHERE type = ?1 AND id = ?2")?
        .query_row(params![kind.name, Key(id)], |row| row.get(0))
        .optional()?;
    Ok(plan(incoming, tombstone.map_or(Current::Nothing, |revision| Current::Tombstone { revision })))
}

/// Leaves or raises a tombstone, or removes it; says how many there are more.
fn bury(
    connection: &Connection,
    dead: bool,
    kind: &mut Kind<'_>,
    id: &RecordId,
    revision: Option<i64>,
    origin: Origin,
) -> Result<i64> {
    let removed = connection
        .prepare_cached("DELETE FROM _tombstone WHERE type = ?1 AND id = ?2")?
        .execute(params![kind.name, Key(id)])?;
    if !dead {
        return Ok(-(removed as i64));
    }
    connection
        .prepare_cached(
            "INSERT INTO _tombstone (type, id, revision, _session, _page) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![kind.name, Key(id), revision, origin.session, origin.page])?;
    kind.tombstones = true;
    Ok(1 - removed as i64)
}
