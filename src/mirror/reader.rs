//! Reading a mirror: status, types, rows by keyset, records, read-only SQL. Connections of its own; blocks, so call it
//! from a thread that may wait. Works while a synchronization writes, and in a read-only folder.

mod guard;
mod refused;
mod status;
mod window;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, Row as SqlRow};
use serde::Serialize;

use super::open::{self, Found};
use super::{MirrorError, Outbox, SessionNo, as_of, lock, names};
use crate::protocol::{DeviceUuid, RecordId};
use guard::Scratch;
pub(super) use window::row as window_row;

/// A read-only connection to a mirror.
#[derive(Debug)]
pub struct Reader {
    pub(super) path: PathBuf,
    pub(super) connection: Connection,
    /// Opened with `immutable=1`: nobody can write there, and no WAL can be read.
    immutable: bool,
    /// The session after which its tables are.
    as_of: Option<SessionNo>,
}

/// Stops what a [`Reader`] is doing, from any thread.
pub struct Interrupter(rusqlite::InterruptHandle);

impl Interrupter {
    /// The running statement ends with an error; without one nothing happens.
    pub fn interrupt(&self) {
        self.0.interrupt();
    }
}

impl std::fmt::Debug for Interrupter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Interrupter")
    }
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
    /// Pages that were acknowledged and are not in it any more, as far as that is known.
    pub lost_pages: u64,
    /// The file's size with its WAL, in bytes.
    pub bytes: u64,
    /// When the service last said that there is nothing more, RFC 3339 UTC; none where that was never noted.
    pub converged: Option<String>,
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
        Self::open_with(path, Scratch::Memory, None)
    }

    /// The same for statements that people write: a large sort takes no memory, and an interruption is heard in its
    /// midst.
    ///
    /// # Errors
    /// [`MirrorError`] where there is none, or it is none.
    pub fn open_for_statements(path: &Path) -> Result<Self, MirrorError> {
        Self::open_with(path, Scratch::Files, None)
    }

    /// The same, with the types' tables as they were after a session, for [`Reader::query`] alone:
    /// nothing else can be read there.
    ///
    /// # Errors
    /// [`MirrorError::Query`] where that cannot be told; else as [`Reader::open`].
    pub fn open_as_of(path: &Path, session: SessionNo) -> Result<Self, MirrorError> {
        Self::open_with(path, Scratch::Files, Some(session))
    }

    fn open_with(path: &Path, scratch: Scratch, as_of: Option<SessionNo>) -> Result<Self, MirrorError> {
        let missing = || MirrorError::Missing { path: path.to_owned() };
        if !path.exists() {
            return Err(missing());
        }
        let path = lock::canonical(path)?;
        open::a_file_or_nothing(&path)?;
        let (connection, found, immutable) = match Self::connect(&path, false, scratch, as_of) {
            Ok((connection, found)) => (connection, found, false),
            // A read-only folder has no place for the WAL's index, and nobody who could write.
            Err(MirrorError::ReadOnly { .. }) => {
                let (connection, found) = Self::connect(&path, true, scratch, as_of)?;
                (connection, found, true)
            }
            Err(error) => return Err(error),
        };
        if found == Found::Empty {
            return Err(missing());
        }
        Ok(Self { path, connection, immutable, as_of })
    }

    /// The connection is a writing one to SQLite, because only such a one removes its WAL when it closes last; that
    /// nothing is written through it is the guard's work.
    fn connect(
        path: &Path,
        immutable: bool,
        scratch: Scratch,
        as_of: Option<SessionNo>,
    ) -> Result<(Connection, Found), MirrorError> {
        let say = |e| MirrorError::sqlite("cannot read", path, e);
        let mut connection = if immutable {
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
            Connection::open_with_flags(immutable_uri(path), flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)
        } else {
            let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            Connection::open_with_flags(path, flags)
        }
        .map_err(say)?;
        connection.busy_timeout(Duration::from_secs(10)).map_err(say)?;
        let found = open::recognise(&connection, path)?;
        guard::sort_in(&connection, scratch).map_err(say)?;
        if let (Some(session), Found::Mirror(_)) = (as_of, &found) {
            as_of::shadow(&connection, session, say)?;
        }
        guard::close(&mut connection, as_of.is_some()).map_err(say)?;
        Ok((connection, found))
    }

    /// The canonical path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the mirror lies in a read-only folder, so that it cannot change.
    pub fn immutable(&self) -> bool {
        self.immutable
    }

    /// A handle that stops a running query from another thread.
    pub fn interrupter(&self) -> Interrupter {
        Interrupter(self.connection.get_interrupt_handle())
    }

    /// Runs one read-only statement and hands over its columns, then each row, until `row` answers false.
    /// Nothing can be written, attached or loaded through it.
    ///
    /// # Errors
    /// [`MirrorError::Query`] with SQLite's words, or ours where the statement may not run.
    pub fn query(
        &self,
        sql: &str,
        columns: &mut dyn FnMut(&[String]),
        row: &mut dyn FnMut(Vec<Value>) -> bool,
    ) -> Result<(), MirrorError> {
        let say = |e: rusqlite::Error| self.query_error(e);
        let mut statement = self.connection.prepare(sql).map_err(say)?;
        if statement.column_count() == 0 {
            return Err(MirrorError::Query { reason: "there is no statement that answers with rows".into() });
        }
        // VACUUM INTO passes the authorizer when it is prepared; this stops it before it runs.
        if !statement.readonly() {
            return Err(MirrorError::Query { reason: refused::ONLY_READ.into() });
        }
        let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
        columns(&names);
        let mut rows = statement.raw_query();
        while let Some(found) = rows.next().map_err(say)? {
            if weight(found, names.len()).map_err(say)? > LARGEST_ROW {
                let most = crate::text::bytes(LARGEST_ROW);
                return Err(MirrorError::Query {
                    reason: format!("a row has more than {most}; ask for less of it"),
                });
            }
            let values =
                (0..names.len()).map(|i| found.get_ref(i).map(Value::from)).collect::<Result<_, _>>();
            if !row(values.map_err(say)?) {
                break;
            }
        }
        Ok(())
    }

    pub(super) fn error(&self, error: rusqlite::Error) -> MirrorError {
        MirrorError::sqlite("cannot read", &self.path, error)
    }
}

/// The largest row that a statement may answer with, in bytes: room for two of the largest values.
const LARGEST_ROW: u64 = 512 << 20;

/// The bytes of a row's texts and blobs.
fn weight(row: &SqlRow<'_>, columns: usize) -> rusqlite::Result<u64> {
    (0..columns).try_fold(0, |sum, at| {
        Ok(sum
            + match row.get_ref(at)? {
                ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes.len() as u64,
                _ => 0,
            })
    })
}

impl std::convert::From<ValueRef<'_>> for Value {
    fn from(value: ValueRef<'_>) -> Self {
        match value {
            ValueRef::Null => Self::Null,
            ValueRef::Integer(n) => Self::Integer(n),
            ValueRef::Real(x) => Self::Real(x),
            ValueRef::Text(text) => Self::Text(String::from_utf8_lossy(text).into_owned()),
            ValueRef::Blob(bytes) => Self::Blob(bytes.to_vec()),
        }
    }
}

/// `file:` and the path, escaped, with `immutable=1`.
fn immutable_uri(path: &Path) -> String {
    let mut uri = String::from("file:");
    for byte in path.as_os_str().as_encoded_bytes() {
        if byte.is_ascii_alphanumeric() || b"/.-_".contains(byte) {
            uri.push(char::from(*byte));
        } else {
            let _ = write!(uri, "%{byte:02X}"); // a String takes everything
        }
    }
    uri.push_str("?immutable=1");
    uri
}

/// An id as it lies in a table.
pub(super) fn record_id(value: ValueRef<'_>) -> rusqlite::Result<RecordId> {
    Ok(match value {
        ValueRef::Integer(id) => RecordId::Int(id),
        ValueRef::Text(id) | ValueRef::Blob(id) => RecordId::Text(String::from_utf8_lossy(id).into_owned()),
        ValueRef::Real(id) => RecordId::Text(id.to_string()),
        ValueRef::Null => return Err(rusqlite::Error::InvalidQuery),
    })
}

/// A text column, whatever bytes it has.
pub(super) fn text(row: &SqlRow<'_>, index: usize) -> rusqlite::Result<String> {
    Ok(match row.get_ref(index)? {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        ValueRef::Integer(n) => n.to_string(),
        ValueRef::Real(x) => x.to_string(),
        ValueRef::Null => String::new(),
    })
}

/// An id that may be none.
pub(super) fn optional_id(row: &SqlRow<'_>, index: usize) -> rusqlite::Result<Option<RecordId>> {
    match row.get_ref(index)? {
        ValueRef::Null => Ok(None),
        id => record_id(id).map(Some),
    }
}
