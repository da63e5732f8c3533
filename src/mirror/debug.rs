//! Looking into the outbox: packs and what became of them, what comes again if it crashes now, what is stuck and why.
//!
//! Everything is bounded and by keyset. Keys are read from their pages' rows, so those of accepted packs are gone with
//! their rows; a pack still says which pages they were from, and a page which records it brought.

use rusqlite::{OptionalExtension, Row as SqlRow, params};

use super::names;
use super::ranges::Ranges;
use super::reader::{optional_id, text};
use super::{MirrorError, Outbox, PackNo, PageNo, Reader, SessionNo};
use crate::protocol::RecordId;

/// Rows of one table that [`Reader::page_records`] looks back on.
const LOOK_BACK: usize = 50_000;
/// Fields without a column that are named for a type.
const FIELDS: usize = 50;

/// A settled pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackRow {
    /// Its number.
    pub no: PackNo,
    /// `accepted`, `refused` or `failed`.
    pub state: String,
    /// Its keys.
    pub keys: u64,
    /// How often it was tried.
    pub tries: u64,
    /// The HTTP status, where one said something of the keys.
    pub status: Option<u16>,
    /// What the service said or what happened, in a line.
    pub answer: Option<String>,
    /// When it was settled, RFC 3339 UTC.
    pub at: String,
    /// Which keys of which pages: page, first, behind the last.
    pub slices: Vec<(PageNo, u32, u32)>,
}

/// A page whose keys are not all accepted: it comes again if the mirror is lost, and its keys if it crashes now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingPage {
    /// Its number.
    pub page: PageNo,
    /// The session that brought it.
    pub session: SessionNo,
    /// Its keys.
    pub keys: u64,
    /// Of these, not accepted and not refused.
    pub pending: u64,
    /// Whether they are held back by hand.
    pub held: bool,
}

/// A key that the service refused for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedKey {
    /// Its place in the order of refusals.
    pub no: i64,
    /// The key.
    pub key: String,
    /// The page that it came on.
    pub page: PageNo,
    /// The session that brought it.
    pub session: SessionNo,
    /// The pack in which it stood alone.
    pub pack: PackNo,
    /// The HTTP status.
    pub status: u16,
    /// What the service said.
    pub answer: String,
    /// When, RFC 3339 UTC.
    pub at: String,
}

/// A record that a page brought, as far as the mirror can still tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRecord {
    /// Its type.
    pub kind: String,
    /// Its identity; none for an instruction without one.
    pub id: Option<RecordId>,
    /// What the page did to it.
    pub change: Brought,
}

/// What a page did to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Brought {
    /// It is new with this page.
    Created,
    /// It replaced another state.
    Updated,
    /// It was deleted.
    Deleted,
    /// An instruction without an id was kept.
    Unkeyed,
}

/// What a page brought.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PageRecords {
    /// The records, by type.
    pub records: Vec<PageRecord>,
    /// Whether these are all; not where the page is too long ago or brought more than was asked for.
    pub complete: bool,
}

/// What is stuck or set aside, counted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stuck {
    /// What waits in the outbox, is refused, is held.
    pub outbox: Outbox,
    /// The last settled pack, where it failed: why the pending keys are still here.
    pub failing: Option<PackRow>,
    /// Objects that the service could not deliver in the last session.
    pub failed_objects: u64,
    /// Instructions without an id.
    pub unkeyed: u64,
    /// Types with fields that have no column.
    pub left_out: Vec<LeftOut>,
}

/// Fields of a type that have no column; their values are in `data`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The type.
    pub kind: String,
    /// The first fields.
    pub fields: Vec<String>,
    /// How many more there are.
    pub more: usize,
}

impl Reader {
    /// Settled packs before number `before` (none: from the newest), newest first. The mirror remembers the last 1,000.
    ///
    /// # Errors
    /// [`MirrorError`] where it cannot be read.
    pub fn packs(&self, before: Option<PackNo>, limit: usize) -> Result<Vec<PackRow>, MirrorError> {
        self.list(
            "SELECT no, state, keys, tries, status, answer, at, slices FROM _pack WHERE no < ?1 ORDER BY no DESC LIMIT ?2",
            before.unwrap_or(i64::MAX),
            limit,
            pack,
        )
    }

    /// The keys of a pack that are still in the outbox, at most `limit`.
    ///
    /// # Errors
    /// [`MirrorError`] where it cannot be read.
    pub fn pack_keys(&self, no: PackNo, limit: usize) -> Result<Vec<String>, MirrorError> {
        let found = self.packs(Some(no.saturating_add(1)), 1)?;
        let Some(pack) = found.into_iter().next().filter(|pack| pack.no == no) else { return Ok(Vec::new()) };
        let mut keys = Vec::new();
        for (page, from, to) in pack.slices {
            let all = self.outbox_keys(page)?;
            let (from, to) = (from as usize, (to as usize).min(all.len()));
            keys.extend(all.into_iter().take(to).skip(from).take(limit - keys.len()));
            if keys.len() == limit {
                break;
            }
        }
        Ok(keys)
    }

    /// Pages with unaccepted keys behind page `after` (none: from the oldest), oldest first: the order in which they
    /// leave.
    ///
    /// # Errors
    /// [`MirrorError`] where it cannot be read.
    pub fn waiting(&self, after: Option<PageNo>, limit: usize) -> Result<Vec<WaitingPage>, MirrorError> {
        let held = if self.has_column("_outbox", "held")? { "held" } else { "0" };
        let sql = format!(
            "SELECT page, session, count, settled, {held} FROM _outbox WHERE page > ?1 ORDER BY page LIMIT ?2"
        );
        self.list(&sql, after.unwrap_or(i64::MIN), limit, |row| {
            let (count, settled): (u32, Option<String>) = (row.get(2)?, row.get(3)?);
            let settled = settled.map_or(0, |text| Ranges::from_json(&text).len());
            Ok(WaitingPage {
                page: row.get(0)?,
                session: row.get(1)?,
                keys: u64::from(count),
                pending: u64::from(count.saturating_sub(settled)),
                held: row.get(4)?,
            })
        })
    }

    /// A page's keys that are not accepted and not refused; none where all are.
    ///
    /// # Errors
    /// [`MirrorError`] where it cannot be read.
    pub fn waiting_keys(&self, page: PageNo) -> Result<Vec<String>, MirrorError> {
        let keys = self.outbox_keys(page)?;
        let settled: Option<Option<String>> = self
            .connection
            .prepare_cached("SELECT settled FROM _outbox WHERE page = ?1")
            .and_then(|mut row| row.query_row([page], |row| row.get(0)).optional())
            .map_err(|e| self.error(e))?;
        let settled = settled.flatten().map_or_else(Ranges::default, |text| Ranges::from_json(&text));
        let gaps = settled.gaps(keys.len() as u32).into_iter();
        Ok(gaps.flat_map(|gap| keys[gap.start as usize..gap.end as usize].iter().cloned()).collect())
    }

    /// Keys refused for good before `before` (none: from the newest), newest first.
    ///
    /// # Errors
    /// [`MirrorError`] where it cannot be read.
    pub fn refused(&self, before: Option<i64>, limit: usize) -> Result<Vec<RefusedKey>, MirrorError> {
        self.list(
            "SELECT no, ack_key, page, session, pack, status, answer, at FROM _refused WHERE no < ?1 ORDER BY no DESC LIMIT ?2",
            before.unwrap_or(i64::MAX),
            limit,
            |row| {
                Ok(RefusedKey {
                    no: row.get(0)?,
                    key: text(row, 1)?,
                    page: row.get(2)?,
                    session: row.get(3)?,
                    pack: row.get(4)?,
                    status: row.get(5)?,
                    answer: text(row, 6)?,
                    at: text(row, 7)?,
                })
            },
        )
    }

    /// What a page brought, at most `limit` records. Quick for pages of late, which are those in the outbox: rows are
    /// looked at from the newest back, and `_history`'s numbers grow with its pages.
    ///
    /// # Errors
    /// [`MirrorError`] where it cannot be read.
    pub fn page_records(&self, page: PageNo, limit: usize) -> Result<PageRecords, MirrorError> {
        let mut found = PageRecords { complete: true, ..PageRecords::default() };
        let mut replaced = std::collections::HashSet::new();
        self.back("SELECT page, type, id, event FROM _history ORDER BY no DESC", page, &mut found, |row| {
            let (kind, id) = (text(row, 1)?, optional_id(row, 2)?);
            let change = if text(row, 3)? == "deleted" { Brought::Deleted } else { Brought::Updated };
            replaced.extend(id.clone().map(|id| (kind.clone(), id)));
            Ok(PageRecord { kind, id, change })
        })?;
        for kind in self.kinds()? {
            let sql = format!("SELECT _page, id FROM {} ORDER BY rowid DESC", names::quoted(&kind.table));
            self.back(&sql, page, &mut found, |row| {
                let id = optional_id(row, 1)?;
                Ok(PageRecord { kind: kind.name.clone(), id, change: Brought::Created })
            })?;
        }
        self.back("SELECT _page, type FROM _unkeyed ORDER BY rowid DESC", page, &mut found, |row| {
            Ok(PageRecord { kind: text(row, 1)?, id: None, change: Brought::Unkeyed })
        })?;
        found.records.retain(|record| {
            let known =
                record.id.as_ref().is_some_and(|id| replaced.contains(&(record.kind.clone(), id.clone())));
            record.change != Brought::Created || !known
        });
        found.records.sort_by(|a, b| (&a.kind, a.change).cmp(&(&b.kind, b.change)));
        if found.records.len() > limit {
            found.records.truncate(limit);
            found.complete = false;
        }
        Ok(found)
    }

    /// What is stuck or set aside, and why.
    ///
    /// # Errors
    /// [`MirrorError`] where it cannot be read.
    pub fn stuck(&self) -> Result<Stuck, MirrorError> {
        let total = self
            .connection
            .query_row("SELECT pending, refused, unkeyed FROM _total", [], |row| {
                Ok([row.get::<_, i64>(0)? as u64, row.get::<_, i64>(1)? as u64, row.get::<_, i64>(2)? as u64])
            })
            .map_err(|e| self.error(e))?;
        let outbox = Outbox { pending: total[0], refused: total[1], held: self.held()? };
        let last = self.packs(None, 1)?.pop();
        let failing = last.filter(|pack| pack.state == "failed" && outbox.pending > 0);
        let failed_objects = self.sessions(1)?.first().map_or(0, |session| session.failed_objects);
        Ok(Stuck { outbox, failing, failed_objects, unkeyed: total[2], left_out: self.left_out()? })
    }

    fn left_out(&self) -> Result<Vec<LeftOut>, MirrorError> {
        let sql = "SELECT no, name, left_out FROM _type WHERE left_out IS NOT NULL AND no > ?1 ORDER BY no LIMIT ?2";
        self.list(sql, i64::MIN, 1_000, |row| {
            let mut fields: Vec<String> = serde_json::from_str(&text(row, 2)?).unwrap_or_default();
            let more = fields.len().saturating_sub(FIELDS);
            fields.truncate(FIELDS);
            Ok(LeftOut { kind: text(row, 1)?, fields, more })
        })
    }

    /// Walks back over rows, whose first column is their page, until the page or the budget is passed. A row's page is
    /// never older than its place: what lies behind one of an older page was there before the page came.
    fn back(
        &self,
        sql: &str,
        page: PageNo,
        found: &mut PageRecords,
        mut record: impl FnMut(&SqlRow<'_>) -> rusqlite::Result<PageRecord>,
    ) -> Result<(), MirrorError> {
        let mut walk = || {
            let mut statement = self.connection.prepare_cached(sql)?;
            let mut rows = statement.query([])?;
            for _ in 0..LOOK_BACK {
                let Some(row) = rows.next()? else { return Ok(true) };
                match row.get::<_, PageNo>(0)? {
                    its if its < page => return Ok(true),
                    its if its == page => found.records.push(record(row)?),
                    _ => {}
                }
            }
            Ok(false)
        };
        let complete = walk().map_err(|e| self.error(e))?;
        found.complete &= complete;
        Ok(())
    }

    /// All keys of a page in the outbox; none where it is not there.
    fn outbox_keys(&self, page: PageNo) -> Result<Vec<String>, MirrorError> {
        let keys: Option<String> = self
            .connection
            .prepare_cached("SELECT keys FROM _outbox WHERE page = ?1")
            .and_then(|mut row| row.query_row([page], |row| text(row, 0)).optional())
            .map_err(|e| self.error(e))?;
        Ok(keys.and_then(|keys| serde_json::from_str(&keys).ok()).unwrap_or_default())
    }

    fn list<T>(
        &self,
        sql: &str,
        from: i64,
        limit: usize,
        row: impl FnMut(&SqlRow<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, MirrorError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.connection
            .prepare_cached(sql)
            .and_then(|mut found| found.query_map(params![from, limit], row)?.collect())
            .map_err(|e| self.error(e))
    }
}

fn pack(row: &SqlRow<'_>) -> rusqlite::Result<PackRow> {
    Ok(PackRow {
        no: row.get(0)?,
        state: text(row, 1)?,
        keys: row.get::<_, i64>(2)? as u64,
        tries: row.get::<_, i64>(3)? as u64,
        status: row.get(4)?,
        answer: row.get(5)?,
        at: text(row, 6)?,
        slices: serde_json::from_str(&text(row, 7)?).unwrap_or_default(),
    })
}
