//! Two mirrors of one account, record by record: is one the copy that it says it is?
//!
//! Both are read once, in the order of their ids, side by side: memory does not grow with them. What counts is the data
//! as received, byte for byte, and the revision.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use rusqlite::params;
use rusqlite::types::ValueRef;
use serde::Serialize;

use super::notes::{About, NOTED};
use super::reader::{Reader, record_id};
use super::{MirrorError, find::scan::bytes};
use crate::protocol::RecordId;

/// Differences that are listed; beyond them they are counted only.
const LISTED: usize = 100_000;
/// Records between two words on progress.
const STEP: u64 = 1_024;

/// What is wrong with a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Wrong {
    /// The fresh copy has it, the mirror does not.
    Missing,
    /// The mirror has it, the fresh copy does not.
    Extra,
    /// The mirror has an older revision.
    Stale,
    /// The mirror has a newer revision than there is: what changes next would be refused as older.
    Ahead,
    /// The same revision with other bytes.
    Different,
}

impl Wrong {
    /// All of them, in the order of reports.
    pub const ALL: [Self; 5] = [Self::Missing, Self::Extra, Self::Stale, Self::Ahead, Self::Different];
}

/// A record that is not the same in both.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    /// The type, as received.
    pub kind: String,
    /// The record.
    pub id: RecordId,
    /// What is wrong with it.
    pub wrong: Wrong,
}

/// What a comparison found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Comparison {
    /// Records that are in both and the same.
    pub same: u64,
    /// Bytes of data that are the same.
    pub bytes: u64,
    /// Types that either has.
    pub types: u64,
    /// Instructions without an id that the fresh copy has and the mirror does not.
    pub unkeyed: u64,
    /// Objects that the service could not deliver into the fresh copy, and has not delivered since: nobody can compare
    /// them.
    pub undelivered: u64,
    counts: [u64; Wrong::ALL.len()],
    listed: BTreeSet<Difference>,
}

impl Comparison {
    /// How many records are wrong in this way.
    pub fn count(&self, wrong: Wrong) -> u64 {
        self.counts[wrong as usize]
    }

    /// Whether nothing is wrong.
    pub fn identical(&self) -> bool {
        self.counts == [0; Wrong::ALL.len()] && self.unkeyed == 0
    }

    /// The records that are wrong, by type and id; the first 100,000 of each type at the most.
    pub fn differences(&self) -> impl Iterator<Item = &Difference> {
        self.listed.iter()
    }

    /// Leaves out what an earlier comparison did not find: an account that is edited while it is compared differs each
    /// time in something else. Where there was too much to list, all is kept.
    pub fn again(mut self, earlier: &Self) -> Self {
        let all_listed = |c: &Self| c.listed.len() as u64 == c.counts.iter().sum::<u64>();
        if all_listed(&self) && all_listed(earlier) {
            let known: BTreeSet<_> = earlier.listed.iter().map(|d| (&d.kind, &d.id)).collect();
            self.listed.retain(|d| known.contains(&(&d.kind, &d.id)));
            for wrong in Wrong::ALL {
                self.counts[wrong as usize] = self.listed.iter().filter(|d| d.wrong == wrong).count() as u64;
            }
        }
        self.unkeyed = self.unkeyed.min(earlier.unkeyed);
        self
    }

    fn note(&mut self, kind: &str, id: &RecordId, wrong: Wrong) {
        self.counts[wrong as usize] += 1;
        if self.listed.len() < LISTED {
            self.listed.insert(Difference { kind: kind.to_owned(), id: id.clone(), wrong });
        }
    }
}

/// Compares a mirror with a fresh copy of the same account. `go_on` hears how many records were looked at and how many
/// there are about, and stops it by false.
///
/// # Errors
/// [`MirrorError`] where one of them cannot be read; [`MirrorError::Stopped`].
pub fn compare(
    mine: &Reader,
    fresh: &Reader,
    go_on: &mut dyn FnMut(u64, u64) -> bool,
) -> Result<Comparison, MirrorError> {
    let mut found = Comparison::default();
    let mut kinds: BTreeSet<String> = BTreeSet::new();
    let mut rows = 0;
    for reader in [mine, fresh] {
        let known = reader.kinds()?;
        rows = rows.max(known.iter().map(|kind| kind.rows).sum());
        kinds.extend(known.into_iter().map(|kind| kind.name));
    }
    found.types = kinds.len() as u64;
    let mut seen = 0;
    for kind in &kinds {
        let tables = (mine.table(kind)?, fresh.table(kind)?);
        let (mut left, mut right) = (Side::new(mine, tables.0), Side::new(fresh, tables.1));
        records(&mut found, kind, &mut left, &mut right, &mut || {
            seen += 1;
            seen % STEP != 0 || go_on(seen, rows)
        })?;
    }
    found.unkeyed = unkeyed(mine, fresh)?;
    found.undelivered = undelivered(fresh)?;
    Ok(found)
}

/// Objects that could not be delivered and are not there, each once, whatever sessions named it. What has no id is not
/// told apart: as many as one session named. Where there were more than a mirror notes, at least as many as one session
/// counted.
fn undelivered(fresh: &Reader) -> Result<u64, MirrorError> {
    let notes = fresh.notes(Some(About::Failed), None, None, NOTED)?;
    let all_noted = notes.len() < NOTED;
    let (mut named, mut nameless) = (BTreeSet::new(), BTreeMap::<_, u64>::new());
    for note in notes {
        match note.id {
            Some(id) => drop(named.insert((note.kind, id))),
            None => *nameless.entry(note.session).or_default() += 1,
        }
    }
    let mut undelivered = nameless.into_values().max().unwrap_or(0);
    for (kind, id) in named {
        undelivered += u64::from(fresh.record(&kind, &id)?.is_none() && !deleted(fresh, &kind, &id)?);
    }
    if all_noted {
        return Ok(undelivered);
    }
    let sessions = fresh.sessions(usize::MAX)?.into_iter().map(|session| session.failed_objects);
    Ok(undelivered.max(sessions.max().unwrap_or(0)))
}

/// Whether it came, as a deletion.
fn deleted(reader: &Reader, kind: &str, id: &RecordId) -> Result<bool, MirrorError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM _tombstone WHERE type = ?1 AND id = ?2)";
    let found = reader.connection.query_row(sql, params![kind, super::apply::Key(id)], |row| row.get(0));
    found.map_err(|e| reader.error(e))
}

/// One type of one mirror, in the order of its ids, a chunk at a time.
struct Side<'r> {
    reader: &'r Reader,
    /// Quoted; none where the mirror does not have the type.
    table: Option<String>,
    chunk: std::vec::IntoIter<Record>,
    last: Option<RecordId>,
}

struct Record {
    id: RecordId,
    revision: Option<i64>,
    data: Vec<u8>,
}

impl<'r> Side<'r> {
    const CHUNK: i64 = 512;

    fn new(reader: &'r Reader, table: Option<String>) -> Self {
        Self { reader, table, chunk: Vec::new().into_iter(), last: None }
    }

    fn next(&mut self) -> Result<Option<Record>, MirrorError> {
        if let Some(record) = self.chunk.next() {
            return Ok(Some(record));
        }
        let Some(table) = &self.table else { return Ok(None) };
        let behind = if self.last.is_some() { "WHERE id > ?1" } else { "WHERE ?1 IS NULL" };
        let sql =
            format!("SELECT id, revision, data FROM {table} {behind} ORDER BY id LIMIT {}", Self::CHUNK);
        let chunk = self.reader.connection.prepare_cached(&sql).and_then(|mut statement| {
            let rows = statement.query_map([self.last.as_ref().map(super::apply::Key)], |row| {
                let revision = match row.get_ref(1)? {
                    ValueRef::Integer(revision) => Some(revision),
                    _ => None,
                };
                Ok(Record {
                    id: record_id(row.get_ref(0)?)?,
                    revision,
                    data: bytes(row.get_ref(2)?).to_vec(),
                })
            })?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        });
        let chunk = chunk.map_err(|e| self.reader.error(e))?;
        match chunk.last() {
            None => self.table = None,
            Some(last) => self.last = Some(last.id.clone()),
        }
        self.chunk = chunk.into_iter();
        Ok(self.chunk.next())
    }
}

fn records(
    found: &mut Comparison,
    kind: &str,
    mine: &mut Side<'_>,
    fresh: &mut Side<'_>,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<(), MirrorError> {
    use Ordering::{Equal, Greater, Less};
    let (mut left, mut right) = (mine.next()?, fresh.next()?);
    loop {
        let order = match (&left, &right) {
            (None, None) => return Ok(()),
            (Some(_), None) => Less,
            (None, Some(_)) => Greater,
            (Some(a), Some(b)) => a.id.cmp(&b.id),
        };
        match (order, &left, &right) {
            (Equal, Some(a), Some(b)) => match wrong(a, b) {
                None => {
                    found.same += 1;
                    found.bytes += a.data.len() as u64;
                }
                Some(wrong) => found.note(kind, &a.id, wrong),
            },
            (Less, Some(a), _) => found.note(kind, &a.id, Wrong::Extra),
            (Greater, _, Some(b)) => found.note(kind, &b.id, Wrong::Missing),
            _ => {}
        }
        if order != Greater {
            left = mine.next()?;
        }
        if order != Less {
            right = fresh.next()?;
        }
        if !go_on() {
            return Err(MirrorError::Stopped);
        }
    }
}

fn wrong(mine: &Record, fresh: &Record) -> Option<Wrong> {
    match mine.revision.cmp(&fresh.revision) {
        Ordering::Less => Some(Wrong::Stale),
        Ordering::Greater => Some(Wrong::Ahead),
        Ordering::Equal => (mine.data != fresh.data).then_some(Wrong::Different),
    }
}

/// Instructions without an id are no current state: the mirror keeps each that ever came, so it may have more. Counts
/// those of the fresh copy that the mirror does not have.
fn unkeyed(mine: &Reader, fresh: &Reader) -> Result<u64, MirrorError> {
    const SQL: &str =
        "SELECT DISTINCT type, data FROM _unkeyed WHERE event_type <> 'deleted' ORDER BY type, data";
    let (of_mine, of_fresh) = (|e| mine.error(e), |e| fresh.error(e));
    let mut left = mine.connection.prepare(SQL).map_err(of_mine)?;
    let mut left = left.query([]).map_err(of_mine)?;
    let mut right = fresh.connection.prepare(SQL).map_err(of_fresh)?;
    let mut right = right.query([]).map_err(of_fresh)?;
    let mut known = pair(left.next().map_err(of_mine)?).map_err(of_mine)?;
    let mut missing = 0;
    while let Some(wanted) = pair(right.next().map_err(of_fresh)?).map_err(of_fresh)? {
        while known.as_ref().is_some_and(|known| *known < wanted) {
            known = pair(left.next().map_err(of_mine)?).map_err(of_mine)?;
        }
        missing += u64::from(known.as_ref() != Some(&wanted));
    }
    Ok(missing)
}

fn pair(row: Option<&rusqlite::Row<'_>>) -> rusqlite::Result<Option<(Vec<u8>, Vec<u8>)>> {
    let column = |row: &rusqlite::Row<'_>, i| row.get_ref(i).map(|value| bytes(value).to_vec());
    row.map(|row| Ok((column(row, 0)?, column(row, 1)?))).transpose()
}
