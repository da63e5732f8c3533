//! NDJSON as a source: one JSON object a line, in one file or in all `.ndjson` files of a folder (or of `ndjson` in
//! it).
//!
//! A line is `{"type":"contact","revision":7,"data":{…}}`, or an item of a page,
//! `{"data":{…},"meta":{"type":"contact","sync":{"event_type":"created","ack_key":"…","revision":7}}}`. Type and data
//! must be there. Where the line has a text `raw`, that is the data as it came: an export writes it where a line break
//! in `data` would have broken the line. What else a line has is passed over, and so are empty lines. Where a record
//! comes several times the highest revision counts, and the last of those; a `deleted` item takes its record away.

use std::borrow::Cow;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

use rusqlite::types::Value;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::super::ServiceError;
use super::super::store::Filled;
use super::{Importer, Incoming, problem};
use crate::protocol::RecordId;
use crate::protocol::record;

/// The longest line that is read, in bytes.
const LONGEST: u64 = 128 << 20;

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Cow<'a, str>>,
    revision: Option<i64>,
    #[serde(borrow, default, deserialize_with = "present")]
    data: Option<&'a RawValue>,
    #[serde(borrow)]
    raw: Option<Cow<'a, str>>,
    #[serde(borrow)]
    meta: Option<Meta<'a>>,
}

#[derive(Default, Deserialize)]
struct Meta<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow)]
    sync: Option<Sync<'a>>,
}

#[derive(Default, Deserialize)]
struct Sync<'a> {
    #[serde(borrow)]
    event_type: Option<Cow<'a, str>>,
    #[serde(borrow)]
    ack_key: Option<Cow<'a, str>>,
    revision: Option<i64>,
}

/// A value that is there, `null` too.
fn present<'a, D: Deserializer<'a>>(value: D) -> Result<Option<&'a RawValue>, D::Error> {
    <&RawValue>::deserialize(value).map(Some)
}

/// The files of a folder, by name; none where it has no such.
pub(super) fn files(folder: &Path) -> Result<Vec<PathBuf>, ServiceError> {
    for folder in [folder.to_owned(), folder.join("ndjson")] {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        let paths = entries.map(|entry| entry.map(|entry| entry.path()));
        let mut paths = paths.collect::<Result<Vec<_>, _>>().map_err(|e| problem(&folder, &e.to_string()))?;
        paths.retain(|path| path.extension().is_some_and(|is| is == "ndjson") && path.is_file());
        paths.sort();
        if !paths.is_empty() {
            return Ok(paths);
        }
    }
    Ok(Vec::new())
}

/// Reads a whole file, or all files of a folder.
pub(super) fn read(importer: &mut Importer<'_>, path: &Path) -> Filled {
    // Records may come again here, so each is looked for.
    importer.file.execute_batch("CREATE UNIQUE INDEX record_identity ON record (kind, id)")?;
    if !path.is_dir() {
        return read_file(importer, path);
    }
    files(path)?.iter().try_for_each(|path| read_file(importer, path))
}

fn read_file(importer: &mut Importer<'_>, path: &Path) -> Filled {
    let file = File::open(path).map_err(|e| problem(path, &e.to_string()))?;
    let mut reader = BufReader::with_capacity(1 << 18, file);
    let (mut line, mut number) = (Vec::new(), 0_u64);
    loop {
        line.clear();
        number += 1;
        let read = reader.by_ref().take(LONGEST).read_until(b'\n', &mut line);
        if read.map_err(|e| problem(path, &e.to_string()))? == 0 {
            return Ok(());
        }
        let wrong = |what: &str| {
            problem(
                path,
                &format!("line {number} {what} (it is neither a mirror nor NDJSON with type and data)"),
            )
        };
        if line.len() as u64 == LONGEST {
            return Err(wrong("is longer than 128 MiB").into());
        }
        let text = std::str::from_utf8(&line).map_err(|_| wrong("is no UTF-8"))?;
        let text = if number == 1 { text.trim_start_matches('\u{feff}') } else { text };
        if text.trim().is_empty() {
            continue;
        }
        let parsed: Line<'_> =
            serde_json::from_str(text).map_err(|e| wrong(&format!("is no such JSON object: {e}")))?;
        let meta = parsed.meta.unwrap_or_default();
        let sync = meta.sync.unwrap_or_default();
        let kind = parsed.kind.or(meta.kind).ok_or_else(|| wrong("names no type"))?;
        let data = parsed.data.ok_or_else(|| wrong("has no data"))?.get();
        let data = match &parsed.raw {
            None => data,
            Some(raw) if serde_json::from_str::<&RawValue>(raw).is_ok() => raw.trim(),
            Some(_) => return Err(wrong("has a raw text that is no JSON").into()),
        };
        let incoming = Incoming {
            kind: &kind,
            data,
            revision: parsed.revision.or(sync.revision),
            id: record::id(data).map(|id| match id {
                RecordId::Int(id) => Value::Integer(id),
                RecordId::Text(id) => Value::Text(id),
            }),
            event: sync.event_type.as_deref(),
            ack_key: sync.ack_key.as_deref(),
        };
        if incoming.id.is_some() { importer.merge(incoming) } else { importer.add(incoming) }?;
    }
}
