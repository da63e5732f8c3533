//! What the mirror's tests share: a scratch mirror, pages from JSON, reading with plain SQL.

use std::path::{Path, PathBuf};

use drainboard::mirror::reader::Value;
use drainboard::mirror::{Identity, Mirror, Reader};
use drainboard::protocol::{Page, Session};
use serde_json::json;
use tempfile::TempDir;

/// A folder with a mirror's path in it.
pub(crate) struct Scratch {
    folder: TempDir,
}

impl Scratch {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("mirror.db")
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn open(&self) -> Mirror {
        Mirror::open(&self.path(), &identity()).unwrap()
    }

    pub(crate) fn reader(&self) -> Reader {
        Reader::open(&self.path()).unwrap()
    }

    pub(crate) fn rows(&self, sql: &str) -> Vec<Vec<Value>> {
        rows(&self.reader(), sql)
    }

    /// The first value of the first row.
    pub(crate) fn one(&self, sql: &str) -> Value {
        self.rows(sql).remove(0).remove(0)
    }
}

pub(crate) fn identity() -> Identity {
    Identity { host: "http://127.0.0.1:8080".into(), device: None }
}

pub(crate) fn session() -> Session {
    Session::parse(br#"{"data": {"id": "s-1", "queues": []}}"#.to_vec()).unwrap()
}

pub(crate) fn rows(reader: &Reader, sql: &str) -> Vec<Vec<Value>> {
    let mut rows = Vec::new();
    reader
        .query(sql, &mut |_| {}, &mut |row| {
            rows.push(row);
            true
        })
        .unwrap_or_else(|e| panic!("{sql}: {e}"));
    rows
}

/// An instruction as it comes on the wire.
#[derive(Debug, Clone)]
pub(crate) struct Instruction {
    pub(crate) kind: String,
    pub(crate) event: &'static str,
    pub(crate) key: Option<String>,
    pub(crate) revision: Option<i64>,
    pub(crate) data: String,
}

pub(crate) fn item(kind: &str, event: &'static str, key: &str, revision: i64, data: &str) -> Instruction {
    Instruction {
        kind: kind.into(),
        event,
        key: Some(key.into()),
        revision: Some(revision),
        data: data.into(),
    }
}

/// A page's body: `data` goes in as it is.
pub(crate) fn page(items: &[Instruction]) -> Page {
    let items: Vec<String> = items
        .iter()
        .map(|i| {
            let mut sync = json!({"event_type": i.event});
            if let Some(key) = &i.key {
                sync["ack_key"] = json!(key);
            }
            if let Some(revision) = i.revision {
                sync["revision"] = json!(revision);
            }
            format!(r#"{{"data": {}, "meta": {}}}"#, i.data, json!({"type": i.kind, "sync": sync}))
        })
        .collect();
    Page::parse(format!(r#"{{"items": [{}]}}"#, items.join(",")).into_bytes()).unwrap()
}

pub(crate) fn text(text: &str) -> Value {
    Value::Text(text.into())
}

/// The same each time, or `DRAINBOARD_SEED`; it is printed.
#[expect(clippy::print_stdout, reason = "a failure must name its seed")]
pub(crate) fn seed() -> u64 {
    include!("../seed/given.rs")
}

/// A generator from that seed.
pub(crate) fn rng() -> fastrand::Rng {
    fastrand::Rng::with_seed(seed())
}
