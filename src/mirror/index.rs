//! The search index: which rows may contain a text, in a file of its own beside the mirror (`<mirror>.search`).
//!
//! It holds tokens of all values of all records (`tokens`) in segments of 16,384 rows (`segment`); a search goes
//! through the segments' vocabularies, so it finds parts of words, numbers and pairs of ideographs alike. What it names
//! is always checked against the row, and rows that it does not know yet are named too: an answer is the same with an
//! index, with half of one and without. It can be deleted at any time.
//!
//! [`Indexer`] keeps it up to date from a thread of low priority. It reads the mirror with a connection of its own, in
//! short transactions, and writes only its own file, so it never holds the drain up. What changed it finds by rowid
//! (new rows) and in `_history` (replaced ones), never by a scan. What a deleted record said stays until its segment
//! is made anew, and is never shown. Where another program renumbered the rows (VACUUM), the index is not used and made
//! anew.

mod build;
mod pass;
mod segment;
mod store;
mod tokens;

use std::cell::Cell;

use memchr::memmem::Finder;
use rusqlite::{Connection, OptionalExtension, params};

use super::find::{News, Tell};
use super::{MirrorError, Reader};

pub use build::{Indexer, State};

/// Rows that an index may not know yet before a scan is the quicker way.
const UNKNOWN: i64 = 100_000;

/// A reading connection to an index.
#[derive(Debug)]
pub struct Index {
    connection: Connection,
    /// A damaged index answers no more; the next [`Indexer`] makes it anew.
    broken: Cell<bool>,
}

/// Texts of which a row has one, each by the patterns that are all there then.
type Alternatives = Vec<Vec<Vec<u8>>>;

/// What the index knows of a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Known {
    /// All rows up to this rowid …
    rowid: i64,
    /// … that came with pages up to this one.
    page: i64,
    /// Replaced rows up to this entry of the history.
    history: i64,
    /// The mirror's schema then.
    schema: Schema,
}

/// What tells a VACUUM, which may renumber rows: it raises the number of the schema and leaves its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Schema {
    number: i64,
    /// A sum over its text.
    text: i64,
}

impl Index {
    /// Opens the index of a mirror; none where there is none, or it is another mirror's, or no index.
    pub fn open(reader: &Reader) -> Option<Self> {
        let connection = store::read(reader)?;
        Some(Self { connection, broken: Cell::new(false) })
    }

    /// The rowids, rising, of all rows of a type that may contain one of each list of these folded texts; none where
    /// reading all rows is the better way, or they are more than `most`.
    pub(super) fn candidates(
        &self,
        reader: &Reader,
        kind: &str,
        texts: &[Vec<&str>],
        most: u64,
        tell: Tell<'_>,
    ) -> Result<Option<Vec<i64>>, MirrorError> {
        // A list with a text that says too little cannot be looked up.
        let patterns: Vec<Alternatives> = texts
            .iter()
            .map(|list| list.iter().map(|text| tokens::patterns(text)).collect::<Alternatives>())
            .filter(|list| !list.is_empty() && list.iter().all(|patterns| !patterns.is_empty()))
            .collect();
        if patterns.is_empty() || self.broken.get() {
            return Ok(None);
        }
        // What the index knows is read before what the mirror has: a row that comes between is named twice, never
        // missed.
        let found = self.lookup(reader, kind, &patterns, most, tell);
        if matches!(found, Err(MirrorError::Stopped)) {
            return Err(MirrorError::Stopped);
        }
        let Ok(found) = found else {
            self.broken.set(true);
            return Ok(None);
        };
        let Some((known, mut rows)) = found else { return Ok(None) };
        let Some(table) = reader.table(kind)? else { return Ok(None) };
        if renumbered(reader, &self.connection, kind, &table, known)? {
            return Ok(None);
        }
        let Some(unknown) = unknown_rows(reader, kind, known, tell)? else { return Ok(None) };
        rows.extend(unknown);
        rows.sort_unstable();
        rows.dedup();
        Ok(Some(rows).filter(|rows| rows.len() as u64 <= most))
    }

    fn lookup(
        &self,
        reader: &Reader,
        kind: &str,
        patterns: &[Alternatives],
        most: u64,
        tell: Tell<'_>,
    ) -> Result<Option<(Known, Vec<i64>)>, MirrorError> {
        let damaged = |_| MirrorError::Query { reason: "the search index is damaged".into() };
        let whole = self.connection.unchecked_transaction().map_err(damaged)?;
        let Some(known) = known(&whole, kind).map_err(damaged)? else { return Ok(None) };
        let finders: Vec<Vec<Vec<Finder<'_>>>> = patterns
            .iter()
            .map(|list| list.iter().map(|all| all.iter().map(Finder::new).collect()).collect())
            .collect();
        let mut vocabularies =
            whole.prepare_cached("SELECT no, text FROM _vocabulary WHERE kind = ?1").map_err(damaged)?;
        let mut postings = whole
            .prepare_cached("SELECT places, postings, rowids FROM _postings WHERE no = ?1")
            .map_err(damaged)?;
        let mut segments = vocabularies.query([kind]).map_err(damaged)?;
        let mut found: Vec<i64> = Vec::new();
        while let Some(row) = segments.next().map_err(damaged)? {
            // A segment is searched in less than a millisecond.
            let news = News::Scanned { rows: 0, of: most, hits: 0 };
            if !tell(news) || reader.connection.is_interrupted() {
                return Err(MirrorError::Stopped);
            }
            if found.len() as u64 > most {
                return Ok(None);
            }
            let vocabulary = super::find::scan::bytes(row.get_ref(1).map_err(damaged)?);
            let Some(hits) = segment_hits(vocabulary, &finders) else { continue };
            let no: i64 = row.get(0).map_err(damaged)?;
            let mut parts = postings.query([no]).map_err(damaged)?;
            let Some(part) = parts.next().map_err(damaged)? else {
                return Err(damaged(rusqlite::Error::InvalidQuery));
            };
            let blob = |i: usize| part.get_ref(i).map(super::find::scan::bytes).map_err(damaged);
            let (places, lists) = (blob(0)?, blob(1)?);
            let of = |hits: &Vec<usize>| segment::rows(vocabulary, places, lists, hits);
            let rows = segment::all(
                hits.iter()
                    .map(|list| segment::any(list.iter().map(|hits| segment::all(hits.iter().map(of))))),
            );
            if !rows.is_empty() {
                let rowids = segment::rowids(blob(2)?);
                found
                    .extend(rowids.iter().enumerate().filter(|(i, _)| rows.has(*i)).map(|(_, rowid)| *rowid));
            }
        }
        Ok(Some((known, found)))
    }
}

/// Where in a segment's vocabulary the patterns are, of each list those alternatives that are there; none where a list
/// has none.
fn segment_hits(vocabulary: &[u8], finders: &[Vec<Vec<Finder<'_>>>]) -> Option<Vec<Vec<Vec<Vec<usize>>>>> {
    let there = |all: &Vec<Finder<'_>>| {
        let one = |finder| Some(segment::hits(vocabulary, finder)).filter(|hits| !hits.is_empty());
        all.iter().map(one).collect::<Option<Vec<_>>>()
    };
    let list = |list: &Vec<Vec<Finder<'_>>>| {
        Some(list.iter().filter_map(there).collect::<Vec<_>>()).filter(|list| !list.is_empty())
    };
    finders.iter().map(list).collect()
}

fn known(index: &Connection, kind: &str) -> rusqlite::Result<Option<Known>> {
    index
        .prepare_cached(
            "SELECT rowid_known, page_known, history_known, schema_known, text_known FROM _known WHERE kind = ?1",
        )?
        .query_row([kind], |row| {
            let schema = Schema { number: row.get(3)?, text: row.get(4)? };
            Ok(Known { rowid: row.get(0)?, page: row.get(1)?, history: row.get(2)?, schema })
        })
        .optional()
}

fn schema(mirror: &Connection) -> rusqlite::Result<Schema> {
    let mut parts = mirror.prepare_cached("SELECT coalesce(sql, name) FROM sqlite_schema")?;
    let mut parts = parts.query([])?;
    let mut text = 0_i64;
    while let Some(part) = parts.next()? {
        // In whatever order they lie.
        text = text.wrapping_add(segment::sum(super::find::scan::bytes(part.get_ref(0)?)));
    }
    Ok(Schema { number: schema_number(mirror)?, text })
}

fn schema_number(mirror: &Connection) -> rusqlite::Result<i64> {
    mirror.pragma_query_value(None, "schema_version", |row| row.get(0))
}

/// Whether rows that the index knows may have other rowids now, as after a VACUUM by another program. Where the
/// schema's text changed too, some rows of each segment are looked up: a record that was deleted and came again has a
/// rowid behind all that are known, or nearly always; else the index is made anew in vain.
fn renumbered(
    reader: &Reader,
    index: &Connection,
    kind: &str,
    table: &str,
    known: Known,
) -> Result<bool, MirrorError> {
    let mirror = &reader.connection;
    let moved = || {
        if schema_number(mirror)? == known.schema.number {
            return Ok(false);
        }
        if schema(mirror)?.text == known.schema.text {
            return Ok(true);
        }
        let mut now = mirror.prepare_cached(&format!("SELECT rowid FROM {table} WHERE id = ?1"))?;
        let mut samples = index.prepare_cached("SELECT row, id FROM _sample WHERE kind = ?1")?;
        let mut samples = samples.query([kind])?;
        while let Some(sample) = samples.next()? {
            let (then, id): (i64, rusqlite::types::Value) = (sample.get(0)?, sample.get(1)?);
            let now: Option<i64> = now.query_row([id], |row| row.get(0)).optional()?;
            if now.is_some_and(|now| now != then && now <= known.rowid) {
                return Ok(true);
            }
        }
        Ok(false)
    };
    moved().map_err(|e| reader.error(e))
}

/// The rows of a type that an index does not know, or knows as they were; none where they are many.
fn unknown_rows(
    reader: &Reader,
    kind: &str,
    known: Known,
    tell: Tell<'_>,
) -> Result<Option<Vec<i64>>, MirrorError> {
    let Some(table) = reader.table(kind)? else { return Ok(Some(Vec::new())) };
    let mut read = || {
        let connection = &reader.connection;
        let last: Option<i64> = connection
            .prepare_cached(&format!("SELECT max(rowid) FROM {table}"))?
            .query_row([], |row| row.get(0))?;
        let changes: Option<i64> =
            connection.prepare_cached("SELECT max(no) FROM _history")?.query_row([], |row| row.get(0))?;
        if last.unwrap_or(0) - known.rowid > UNKNOWN || changes.unwrap_or(0) - known.history > UNKNOWN {
            return Ok(Some(None));
        }
        let (mut rows, mut go_on) = (Vec::new(), true);
        each_unknown(connection, &table, kind, known, &mut |rowid| {
            rows.push(rowid);
            let news = News::Scanned { rows: 0, of: 0, hits: 0 };
            go_on = !rows.len().is_multiple_of(1_024) || tell(news);
            go_on
        })?;
        Ok(Some(rows).filter(|_| go_on).map(Some))
    };
    read().map_err(|e| reader.error(e))?.ok_or(MirrorError::Stopped)
}

/// Calls `row` with each row that is new or replaced since, some of them twice, until it answers false.
fn each_unknown(
    mirror: &Connection,
    table: &str,
    kind: &str,
    known: Known,
    row: &mut dyn FnMut(i64) -> bool,
) -> rusqlite::Result<()> {
    if !reborn(mirror, table, known, row)? {
        return Ok(());
    }
    let mut new =
        mirror.prepare_cached(&format!("SELECT rowid FROM {table} NOT INDEXED WHERE rowid > ?1"))?;
    let mut new = new.query([known.rowid])?;
    while let Some(found) = new.next()? {
        if !row(found.get(0)?) {
            return Ok(());
        }
    }
    replaced(mirror, table, kind, known, row)
}

/// SQLite gives the largest rowids again once their rows are deleted: such rows stand at the end of what was known, and
/// their pages say that they are new. Says whether to go on.
fn reborn(
    mirror: &Connection,
    table: &str,
    known: Known,
    row: &mut dyn FnMut(i64) -> bool,
) -> rusqlite::Result<bool> {
    let sql = format!("SELECT rowid, _page FROM {table} NOT INDEXED WHERE rowid <= ?1 ORDER BY rowid DESC");
    let mut last = mirror.prepare_cached(&sql)?;
    let mut last = last.query([known.rowid])?;
    while let Some(found) = last.next()? {
        if found.get::<_, i64>(1)? <= known.page {
            break;
        }
        if !row(found.get(0)?) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn replaced(
    mirror: &Connection,
    table: &str,
    kind: &str,
    known: Known,
    row: &mut dyn FnMut(i64) -> bool,
) -> rusqlite::Result<()> {
    let mut ids = mirror.prepare_cached("SELECT id FROM _history WHERE no > ?1 AND type = ?2")?;
    let mut find = mirror.prepare_cached(&format!("SELECT rowid FROM {table} WHERE id = ?1"))?;
    let mut ids = ids.query(params![known.history, kind])?;
    while let Some(found) = ids.next()? {
        let id: rusqlite::types::Value = found.get(0)?;
        if let Some(rowid) = find.query_row([id], |row| row.get(0)).optional()?
            && !row(rowid)
        {
            break;
        }
    }
    Ok(())
}
