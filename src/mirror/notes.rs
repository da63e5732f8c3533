//! What changed nothing and should be known all the same: stale instructions, objects that the service could not
//! deliver.
//!
//! Promise: the newest `NOTED` of each kind are kept, written in the transaction of the page that brought them; a page
//! without any costs nothing.

use rusqlite::{Connection, OptionalExtension, Result, params};

use super::apply::{Key, Origin};
use super::kinds::Kinds;
use super::reader::{self, text};
use super::{MirrorError, PageNo, Reader, SessionNo};
use crate::protocol::record::RecordId;
use crate::protocol::{FailedObject, Item, Page};

/// Notes of a kind that are kept.
pub(super) const NOTED: usize = 1_000;

/// What a note is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum About {
    /// An instruction that was older than what the mirror has.
    Stale,
    /// An object that the service could not deliver.
    Failed,
}

impl About {
    /// The word in the mirror.
    fn as_str(self) -> &'static str {
        match self {
            Self::Stale => "stale",
            Self::Failed => "failed",
        }
    }
}

/// A note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Its number: newer ones have higher ones.
    pub no: i64,
    /// What it is about.
    pub about: About,
    /// The resource type; empty where the service named none.
    pub kind: String,
    /// The record's id, where one is known.
    pub id: Option<RecordId>,
    /// What the instruction said had happened.
    pub event: Option<String>,
    /// The instruction's revision.
    pub revision: Option<i64>,
    /// Why nothing came of it, in a line.
    pub why: String,
    /// The session that brought it.
    pub session: SessionNo,
    /// The page that brought it.
    pub page: PageNo,
}

/// Writes a page's notes.
pub(super) fn write(
    connection: &Connection,
    kinds: &mut Kinds<'_>,
    stale: &[Item<'_>],
    page: &Page,
    origin: Origin,
) -> Result<()> {
    if !stale.is_empty() {
        for item in &stale[stale.len().saturating_sub(NOTED)..] {
            let why = why(connection, kinds, item)?;
            put(
                connection,
                About::Stale,
                (item.kind, item.id),
                (Some(item.event.as_str()), item.revision),
                &why,
                origin,
            )?;
        }
        trim(connection, About::Stale)?;
    }
    if !page.failed.is_empty() {
        for FailedObject { kind, id } in &page.failed[page.failed.len().saturating_sub(NOTED)..] {
            let id = RecordId::from_json(&id.to_string());
            let why = "the service could not deliver it; it comes again in a later session";
            put(connection, About::Failed, (kind, id.as_ref()), (None, None), why, origin)?;
        }
        trim(connection, About::Failed)?;
    }
    Ok(())
}

fn put(
    connection: &Connection,
    about: About,
    (kind, id): (&str, Option<&RecordId>),
    (event, revision): (Option<&str>, Option<i64>),
    why: &str,
    origin: Origin,
) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO _noted (note, type, id, event, revision, why, session, page) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            about.as_str(),
            kind,
            id.map(Key),
            event,
            revision,
            why,
            origin.session,
            origin.page
        ])?;
    Ok(())
}

/// The oldest go.
fn trim(connection: &Connection, about: About) -> Result<()> {
    connection
        .prepare_cached(
            "DELETE FROM _noted WHERE note = ?1 AND no <= \
             (SELECT no FROM _noted WHERE note = ?1 ORDER BY no DESC LIMIT 1 OFFSET ?2)",
        )?
        .execute(params![about.as_str(), NOTED as i64])?;
    Ok(())
}

/// What the mirror has that is newer.
fn why(connection: &Connection, kinds: &mut Kinds<'_>, item: &Item<'_>) -> Result<String> {
    let Some(id) = item.id else { return Ok(String::new()) };
    let index = kinds.index(item.kind, item.data)?;
    let row: Option<Option<i64>> =
        kinds.get(index).select.query_row([Key(id)], |row| row.get(0)).optional()?;
    if let Some(revision) = row {
        return Ok(revision.map_or_else(
            || "the mirror has a newer state".to_owned(),
            |revision| format!("the mirror has revision {revision}"),
        ));
    }
    let dead: Option<Option<i64>> = connection
        .prepare_cached("SELECT revision FROM _tombstone WHERE type = ?1 AND id = ?2")?
        .query_row(params![item.kind, Key(id)], |row| row.get(0))
        .optional()?;
    Ok(match dead.flatten() {
        Some(revision) => format!("it was deleted at revision {revision}"),
        None => "it was deleted".to_owned(),
    })
}

impl Reader {
    /// Notes before number `before` (none: from the newest), newest first; of one kind, or of one session, or all.
    ///
    /// # Errors
    /// [`MirrorError`] where the mirror cannot be read.
    pub fn notes(
        &self,
        about: Option<About>,
        session: Option<SessionNo>,
        before: Option<i64>,
        limit: usize,
    ) -> Result<Vec<Note>, MirrorError> {
        if !self.has_column("_noted", "no")? {
            return Ok(Vec::new()); // a mirror that nobody has opened for writing since notes are kept
        }
        let read = || {
            let mut rows = self.connection.prepare_cached(
                "SELECT no, note, type, id, event, revision, why, session, page FROM _noted \
                 WHERE no < ?1 AND (?2 IS NULL OR note = ?2) AND (?3 IS NULL OR session = ?3) \
                 ORDER BY no DESC LIMIT ?4",
            )?;
            rows.query_map(
                params![before.unwrap_or(i64::MAX), about.map(About::as_str), session, limit as i64],
                note,
            )?
            .collect::<Result<Vec<_>>>()
        };
        read().map_err(|e| self.error(e))
    }
}

fn note(row: &rusqlite::Row<'_>) -> Result<Note> {
    Ok(Note {
        no: row.get(0)?,
        about: if text(row, 1)? == "stale" { About::Stale } else { About::Failed },
        kind: text(row, 2)?,
        id: reader::optional_id(row, 3)?,
        event: row.get(4)?,
        revision: row.get(5)?,
        why: text(row, 6)?,
        session: row.get(7)?,
        page: row.get(8)?,
    })
}
