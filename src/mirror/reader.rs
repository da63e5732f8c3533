//! Reading a mirror: status, types, rows by keyset, records, read-only SQL. Connections of its own; blocks, so call it
//! from a thread that may wait. Works while a synchronization writes, and in a read-only folder.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{MirrorError, Outbox, SessionNo};
use crate::protocol::{DeviceUuid, RecordId};

/// A read-only connection to a mirror.
#[derive(Debug)]
pub struct Reader {
    _path: PathBuf,
}

/// A resource type in the mirror.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Kind {
    /// `meta.type` as received.
    pub name: String,
    /// Its table; nearly always the same.
    pub table: String,
    /// Rows now, from a counter that each transaction keeps: never a scan.
    pub rows: u64,
}

/// A column of a type's table that holds a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Column {
    /// The column's name in SQL.
    pub name: String,
    /// The field that it shows.
    pub field: String,
}

/// Where a window of rows begins. Rows come in the order of their id: integers first, then texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum From {
    /// At the first row.
    Top,
    /// At the last rows.
    Bottom,
    /// With the first row whose id is this or follows it.
    At(RecordId),
    /// Behind this id.
    After(RecordId),
    /// Before this id (the window ends there).
    Before(RecordId),
}

/// A window of rows, always in ascending order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Window {
    /// The rows.
    pub rows: Vec<Row>,
    /// Whether there are rows before the first.
    pub more_above: bool,
    /// Whether there are rows behind the last.
    pub more_below: bool,
}

/// A record as it lies in the mirror.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its identity.
    pub id: RecordId,
    /// Its revision, where the service sent one.
    pub revision: Option<i64>,
    /// The JSON as received.
    pub data: String,
    /// The session that brought this state.
    pub session: SessionNo,
}

/// What `status` tells.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Status {
    /// The device that the mirror is.
    pub device: DeviceUuid,
    /// The origin it was synchronized from.
    pub host: String,
    /// The account's name and id as text, where an `account` record came.
    pub account: Option<String>,
    /// The schema's version.
    pub schema: i64,
    /// What waits to be acknowledged.
    pub outbox: Outbox,
    /// Rows a type, largest first.
    pub kinds: Vec<Kind>,
    /// The last sessions, newest first.
    pub sessions: Vec<SessionRow>,
    /// Tombstones and instructions without an id, counted.
    pub tombstones: u64,
    /// Instructions without an id.
    pub unkeyed: u64,
    /// The file's size with its WAL, in bytes.
    pub bytes: u64,
}

/// A session in the history.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SessionRow {
    /// Its number.
    pub no: SessionNo,
    /// The service's id.
    pub id: String,
    /// When it began, RFC 3339 UTC.
    pub started: String,
    /// When it ended; none while it runs.
    pub ended: Option<String>,
    /// How it ended: a [`super::SessionEnd`] in snake case; none while it runs.
    pub end: Option<String>,
    /// Pages committed.
    pub pages: u64,
    /// Instructions committed.
    pub instructions: u64,
    /// Of these, created.
    pub created: u64,
    /// Of these, updated.
    pub updated: u64,
    /// Of these, deleted.
    pub deleted: u64,
    /// Of these, stale.
    pub stale: u64,
    /// Objects that the service could not deliver.
    pub failed_objects: u64,
    /// Retries.
    pub retries: u64,
    /// What ended it, where something did.
    pub error: Option<String>,
}

/// A value of a query's answer. Text may be no UTF-8 in SQLite; then it is shown with replacements.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// NULL.
    Null,
    /// An integer.
    Integer(i64),
    /// A double.
    Real(f64),
    /// Text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

impl Reader {
    /// Opens a mirror for reading; `immutable=1` where the folder is read-only.
    ///
    /// # Errors
    /// [`MirrorError`] where there is none, or it is none.
    pub fn open(path: &Path) -> Result<Self, MirrorError> {
        Ok(Self { _path: path.to_owned() })
    }

    /// Device, sessions, counts, pending acks. Does not depend on the mirror's size.
    ///
    /// # Errors
    /// [`MirrorError`] where it cannot be read.
    pub fn status(&self) -> Result<Status, MirrorError> {
        todo!()
    }

    /// The types, largest first.
    ///
    /// # Errors
    /// [`MirrorError`] where it cannot be read.
    pub fn kinds(&self) -> Result<Vec<Kind>, MirrorError> {
        todo!()
    }

    /// The field columns of a type, in the order they were met.
    ///
    /// # Errors
    /// [`MirrorError`] where it cannot be read.
    pub fn columns(&self, _kind: &str) -> Result<Vec<Column>, MirrorError> {
        todo!()
    }

    /// A window of at most `limit` rows of a type, in time independent of where it lies.
    ///
    /// # Errors
    /// [`MirrorError`] where it cannot be read.
    pub fn window(&self, _kind: &str, _from: &From, _limit: usize) -> Result<Window, MirrorError> {
        todo!()
    }

    /// One record.
    ///
    /// # Errors
    /// [`MirrorError`] where it cannot be read.
    pub fn record(&self, _kind: &str, _id: &RecordId) -> Result<Option<Row>, MirrorError> {
        todo!()
    }

    /// Runs one read-only statement and hands over its columns, then each row, until `row` answers false.
    /// Nothing can be written, attached or loaded through it.
    ///
    /// # Errors
    /// [`MirrorError`] with SQLite's words.
    pub fn query(
        &self,
        _sql: &str,
        _columns: &mut dyn FnMut(&[String]),
        _row: &mut dyn FnMut(Vec<Value>) -> bool,
    ) -> Result<(), MirrorError> {
        todo!()
    }
}
