//! The deleted records of a type, as pages for Browse and as rows for a file.

use super::story::Times;
use crate::console::model::browse::{Gone, Page};
use crate::mirror::changes::Tombstone;
use crate::mirror::find::{Place, Sheet};
use crate::mirror::reader::{From, Row};
use crate::mirror::{MirrorError, Reader};

/// Records that are read at a time for a file.
const CHUNK: usize = 256;

/// A page of them, by keyset. Places that are no keys (a row's number, a part of the way) lead to the top.
pub(super) fn page(reader: &Reader, kind: &str, place: &Place, limit: usize) -> Result<Page, MirrorError> {
    let from = match place {
        Place::Bottom => From::Bottom,
        Place::At(id) => From::At(id.clone()),
        Place::After(id) => From::After(id.clone()),
        Place::Before(id) => From::Before(id.clone()),
        Place::Top | Place::Row(_) | Place::Ending(_) | Place::Percent(_) => From::Top,
    };
    let hits = reader.tombstone_count(kind)?;
    let found = reader.tombstones(kind, &from, limit)?;
    let first = match from {
        From::Bottom => Some(hits.saturating_sub(found.rows.len() as u64)),
        _ if !found.more_above => Some(0),
        _ => None,
    };
    let above = found.rows.first().filter(|_| found.more_above).map(|t| Place::Before(t.id.clone()));
    let below = found.rows.last().filter(|_| found.more_below).map(|t| Place::After(t.id.clone()));
    let (mut rows, mut gone, mut times) = (Vec::new(), Vec::new(), Times::default());
    for tombstone in found.rows {
        let (row, how) = record(reader, tombstone, &mut times)?;
        rows.push(row);
        gone.push(how);
    }
    let sheet = Sheet { rows, first, exact: true, above, below };
    Ok(Page { sheet, hits: Some(hits), took: None, complete: true, gone })
}

/// Every one of them in the order of ids, until `row` answers false.
pub(super) fn each(
    reader: &Reader,
    kind: &str,
    row: &mut dyn FnMut(Row, Gone) -> bool,
) -> Result<(), MirrorError> {
    let mut from = From::Top;
    let mut times = Times::default();
    loop {
        let found = reader.tombstones(kind, &from, CHUNK)?;
        let Some(last) = found.rows.last().map(|t| t.id.clone()) else { return Ok(()) };
        for tombstone in found.rows {
            let (dead, how) = record(reader, tombstone, &mut times)?;
            if !row(dead, how) {
                return Ok(());
            }
        }
        if !found.more_below {
            return Ok(());
        }
        from = From::After(last);
    }
}

fn record(reader: &Reader, tombstone: Tombstone, times: &mut Times) -> Result<(Row, Gone), MirrorError> {
    let session = tombstone.session;
    let at = times.of(reader, session)?;
    let data = tombstone.last.and_then(|state| state.data);
    let gone = Gone { page: tombstone.page, at, known: data.is_some() };
    let data = data.unwrap_or_default();
    Ok((Row { id: tombstone.id, revision: tombstone.revision, data, session }, gone))
}
