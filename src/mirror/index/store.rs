//! The index's file: made for its owner alone, recognised, made anew where it is another mirror's, older or damaged.
//! A database of another program that lies in its place is left alone, and the index is off.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};

use super::segment;
use crate::files;
use crate::mirror::{MirrorError, Reader, open};

/// `drns`: marks our indexes.
const APPLICATION_ID: i64 = 0x6472_6e73;
/// Another version is made anew, never migrated.
const VERSION: i64 = 3;
const TABLES: &str = "
    CREATE TABLE _meta (key TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE _known (
        kind TEXT PRIMARY KEY NOT NULL,
        rowid_known INTEGER NOT NULL,
        page_known INTEGER NOT NULL,
        history_known INTEGER NOT NULL,
        schema_known INTEGER NOT NULL,
        text_known INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE _vocabulary (
        no INTEGER PRIMARY KEY NOT NULL, kind TEXT NOT NULL, sum INTEGER NOT NULL, text BLOB NOT NULL
    );
    CREATE INDEX _vocabulary_kind ON _vocabulary (kind);
    CREATE TABLE _postings (
        no INTEGER PRIMARY KEY NOT NULL,
        rows INTEGER NOT NULL,
        sum INTEGER NOT NULL,
        places BLOB NOT NULL,
        rowids BLOB NOT NULL,
        postings BLOB NOT NULL
    );
    CREATE TABLE _sample (
        no INTEGER NOT NULL, kind TEXT NOT NULL, row INTEGER NOT NULL, id BLOB NOT NULL
    );
    CREATE INDEX _sample_no ON _sample (no);
    CREATE INDEX _sample_kind ON _sample (kind);
";

/// The index's path.
pub(super) fn path(mirror: &Path) -> PathBuf {
    let mut path = mirror.to_owned().into_os_string();
    path.push(".search");
    path.into()
}

/// The mirror that an index is of: its device and when it was made.
fn identity(reader: &Reader) -> Result<String, MirrorError> {
    let part = |key| open::meta(&reader.connection, key).map_err(|e| reader.error(e));
    Ok(format!("{} {}", part("device")?.unwrap_or_default(), part("created")?.unwrap_or_default()))
}

/// A reading connection; none where there is no index of this mirror.
pub(super) fn read(reader: &Reader) -> Option<Connection> {
    let path = path(&reader.path);
    if !path.is_file() {
        return None;
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(&path, flags).ok()?;
    connection.busy_timeout(Duration::from_millis(200)).ok()?;
    connection.pragma_update(None, "query_only", true).ok()?;
    let ours = is_of(&connection, &identity(reader).ok()?).ok()?;
    ours.then_some(connection)
}

fn is_of(connection: &Connection, identity: &str) -> rusqlite::Result<bool> {
    let number = |pragma: &str| connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    if number("application_id")? != APPLICATION_ID || number("user_version")? != VERSION {
        return Ok(false);
    }
    let mirror: Option<String> = connection
        .query_row("SELECT value FROM _meta WHERE key = 'mirror'", [], |row| row.get(0))
        .optional()?;
    Ok(mirror.as_deref() == Some(identity))
}

/// A writing connection to an index that is sound and this mirror's; made anew where it is not.
pub(super) fn write(reader: &Reader) -> Result<Connection, MirrorError> {
    let path = path(&reader.path);
    open::a_file_or_nothing(&path)?;
    let identity = identity(reader)?;
    match connect(&path).and_then(|connection| Ok((sound(&connection, &identity)?, connection))) {
        Ok((Sound::Yes, connection)) => return Ok(connection),
        Ok((Sound::Foreign, _)) => return Err(MirrorError::Foreign { path }),
        Ok((Sound::No, connection)) => drop(connection),
        Err(e) if busy(&e) => return Err(MirrorError::sqlite("cannot open", &path, e)),
        Err(_) => {}
    }
    for end in ["", "-wal", "-shm"] {
        let mut part = path.clone().into_os_string();
        part.push(end);
        match std::fs::remove_file(&part) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                return Err(MirrorError::io("cannot replace", &path, &e));
            }
            _ => {}
        }
    }
    files::private()
        .write(true)
        .create_new(true)
        .open(&path)
        .map_err(|e| MirrorError::io("cannot create", &path, &e))?;
    create(&path, &identity).map_err(|e| MirrorError::sqlite("cannot create", &path, e))
}

fn busy(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked};
    matches!(error.sqlite_error_code(), Some(DatabaseBusy | DatabaseLocked))
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_secs(2))?;
    Ok(connection)
}

fn create(path: &Path, identity: &str) -> rusqlite::Result<Connection> {
    let mut connection = connect(path)?;
    connection.pragma_update(None, "page_size", 65_536)?;
    connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
    configure(&connection)?;
    let whole = connection.transaction()?;
    whole.execute_batch(TABLES)?;
    whole.execute("INSERT INTO _meta VALUES ('mirror', ?1)", [identity])?;
    whole.pragma_update(None, "application_id", APPLICATION_ID)?;
    whole.pragma_update(None, "user_version", VERSION)?;
    whole.commit()?;
    Ok(connection)
}

fn configure(connection: &Connection) -> rusqlite::Result<()> {
    // A power cut may cost the last segments, which are made again.
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update_and_check(None, "wal_autocheckpoint", 64, |_| Ok(()))?;
    connection.pragma_update_and_check(None, "journal_size_limit", 8 << 20, |_| Ok(()))
}

enum Sound {
    Yes,
    No,
    Foreign,
}

fn sound(connection: &Connection, identity: &str) -> rusqlite::Result<Sound> {
    let application = connection.pragma_query_value(None, "application_id", |row| row.get::<_, i64>(0))?;
    let objects: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if application != APPLICATION_ID && objects > 0 {
        return Ok(Sound::Foreign);
    }
    if !is_of(connection, identity)? {
        return Ok(Sound::No);
    }
    configure(connection)?;
    let mut parts = connection.prepare(
        "SELECT v.sum, v.text, p.sum, p.postings, p.places, p.rowids \
         FROM _vocabulary v LEFT JOIN _postings p ON p.no = v.no",
    )?;
    let mut parts = parts.query([])?;
    while let Some(row) = parts.next()? {
        let blob = |i: usize| row.get_ref(i).map(crate::mirror::find::scan::bytes);
        let postings = segment::sum(blob(3)?) ^ segment::sum(blob(4)?) ^ segment::sum(blob(5)?);
        if row.get::<_, i64>(0)? != segment::sum(blob(1)?) || row.get::<_, Option<i64>>(2)? != Some(postings)
        {
            return Ok(Sound::No);
        }
    }
    Ok(Sound::Yes)
}

/// Puts a segment and the ids of some of its rows. The caller's transaction holds it together with what is known then.
pub(super) fn put(
    index: &Connection,
    kind: &str,
    rows: usize,
    part: &segment::Segment,
    samples: &[(i64, Value)],
) -> rusqlite::Result<()> {
    index
        .prepare_cached("INSERT INTO _vocabulary (kind, sum, text) VALUES (?1, ?2, ?3)")?
        .execute(params![kind, segment::sum(&part.vocabulary), part.vocabulary])?;
    let no = index.last_insert_rowid();
    let sum = segment::sum(&part.postings) ^ segment::sum(&part.places) ^ segment::sum(&part.rowids);
    index
        .prepare_cached(
            "INSERT INTO _postings (no, rows, sum, places, rowids, postings) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![no, rows as i64, sum, part.places, part.rowids, part.postings])?;
    let mut sample =
        index.prepare_cached("INSERT INTO _sample (no, kind, row, id) VALUES (?1, ?2, ?3, ?4)")?;
    for (rowid, id) in samples {
        sample.execute(params![no, kind, rowid, id])?;
    }
    Ok(())
}

/// Removes a segment.
pub(super) fn remove(index: &Connection, no: i64) -> rusqlite::Result<()> {
    for table in ["_vocabulary", "_postings", "_sample"] {
        index.prepare_cached(&format!("DELETE FROM {table} WHERE no = ?1"))?.execute([no])?;
    }
    Ok(())
}

/// Forgets all of a type.
pub(super) fn forget(index: &Connection, kind: &str) -> rusqlite::Result<()> {
    let mut all = index.prepare("SELECT no FROM _vocabulary WHERE kind = ?1")?;
    let all: Vec<i64> = all.query_map([kind], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    all.into_iter().try_for_each(|no| remove(index, no))?;
    index.execute("DELETE FROM _known WHERE kind = ?1", [kind]).map(drop)
}
