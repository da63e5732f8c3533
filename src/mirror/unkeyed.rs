//! Instructions without `data.id`: kept as instructions, since nobody can know which state they change.
//!
//! Promise: none is lost. The same instruction again is kept once; another text under the same ack key replaces the
//! earlier one, which goes to the history.

use rusqlite::{Connection, OptionalExtension, Result, params};

use super::apply::Origin;
use crate::protocol::Item;

/// What became of an instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    New,
    Replaced,
    Same,
}

/// Keeps an instruction.
pub(super) fn keep(connection: &Connection, item: &Item<'_>, origin: Origin) -> Result<Kept> {
    match item.ack_key {
        Some(key) => keyed(connection, item, key, origin),
        None => nameless(connection, item, origin),
    }
}

fn keyed(connection: &Connection, item: &Item<'_>, key: &str, origin: Origin) -> Result<Kept> {
    let event = item.event.as_str();
    let same: Option<bool> = connection
        .prepare_cached(
            "SELECT data = ?3 AND event_type = ?4 AND revision IS ?5 FROM _unkeyed WHERE type = ?1 AND ack_key = ?2",
        )?
        .query_row(params![item.kind, key, item.data, event, item.revision], |row| row.get(0))
        .optional()?;
    match same {
        Some(true) => Ok(Kept::Same),
        Some(false) => {
            connection
                .prepare_cached(
                    "INSERT INTO _history (type, id, revision, data, event, brought_by, session, page) \
                     SELECT type, NULL, revision, data, 'updated', _session, ?3, ?4 FROM _unkeyed \
                     WHERE type = ?1 AND ack_key = ?2",
                )?
                .execute(params![item.kind, key, origin.session, origin.page])?;
            connection
                .prepare_cached("DELETE FROM _unkeyed WHERE type = ?1 AND ack_key = ?2")?
                .execute(params![item.kind, key])?;
            put(connection, item, origin)?;
            Ok(Kept::Replaced)
        }
        None => {
            put(connection, item, origin)?;
            Ok(Kept::New)
        }
    }
}

fn nameless(connection: &Connection, item: &Item<'_>, origin: Origin) -> Result<Kept> {
    let known: bool = connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM _unkeyed WHERE type = ?1 AND ack_key IS NULL AND _fingerprint = ?2 \
             AND data = ?3 AND event_type = ?4 AND revision IS ?5)",
        )?
        .query_row(
            params![item.kind, fingerprint(item.data), item.data, item.event.as_str(), item.revision],
            |row| row.get(0),
        )?;
    if known {
        return Ok(Kept::Same);
    }
    put(connection, item, origin)?;
    Ok(Kept::New)
}

fn put(connection: &Connection, item: &Item<'_>, origin: Origin) -> Result<usize> {
    connection
        .prepare_cached(
            "INSERT INTO _unkeyed (type, ack_key, revision, event_type, data, _session, _page, _fingerprint) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            item.kind,
            item.ack_key,
            item.revision,
            item.event.as_str(),
            item.data,
            origin.session,
            origin.page,
            fingerprint(item.data)
        ])
}

/// FNV-1a: stored, so it must be the same for ever. Texts that share it are told apart by comparing them.
fn fingerprint(data: &str) -> i64 {
    let hash = data.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    hash as i64
}
