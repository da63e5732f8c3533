//! Opening a mirror: is it one, whose is it, can it be written. Creates and migrates it.
//!
//! The database's file is touched through SQLite only, except that a missing one is made first (so that nobody else
//! can read it): closing a descriptor of it would drop SQLite's locks.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};

use super::checkpoint;
use super::durable;
use super::lock::{self, Lock};
use super::lost::{self, Note};
use super::place::{self, Place};
use super::{Identity, MirrorError};
use crate::files;
use crate::protocol::DeviceUuid;
use crate::protocol::host::is_loopback;

/// `drnb`: marks our files.
const APPLICATION_ID: i64 = 0x6472_6e62;
/// The newest schema that this program knows.
pub(super) const SCHEMA: i64 = 4;
/// What a new mirror has.
pub(super) const TABLES: &str = include_str!("../../assets/sql/mirror.sql");
/// What makes each schema version the next one: the first of them makes 1 to 2.
const MIGRATIONS: [&str; SCHEMA as usize - 1] = [
    "ALTER TABLE _outbox ADD COLUMN held INTEGER NOT NULL DEFAULT 0 CHECK (held IN (0, 1))",
    "CREATE TABLE _noted (no INTEGER PRIMARY KEY NOT NULL, note TEXT NOT NULL CHECK (note IN ('stale', 'failed')), \
     type TEXT NOT NULL, id BLOB, event TEXT, revision INTEGER, why TEXT NOT NULL, session INTEGER NOT NULL, \
     page INTEGER NOT NULL)",
    // A key that was refused again was another row each time.
    "DELETE FROM _refused WHERE no NOT IN (SELECT max(no) FROM _refused GROUP BY ack_key); \
     CREATE UNIQUE INDEX _refused_key ON _refused (ack_key); \
     UPDATE _total SET refused = (SELECT count(*) FROM _refused)",
];

/// Ends the sessions that a dead run left open: the last ones. It looks no further back than to one that ended.
const CRASHED: &str = "UPDATE _session SET end = 'crashed', ended = ?1 WHERE end IS NULL AND no > coalesce(\
    (SELECT no FROM _session WHERE end IS NOT NULL ORDER BY no DESC LIMIT 1), 0)";

/// A mirror that is open, locked and proven writable.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) connection: Connection,
    /// Its log, for syncing.
    pub(super) log: File,
    pub(super) lock: Lock,
    /// The canonical path.
    pub(super) path: PathBuf,
    /// Which file is there.
    pub(super) place: Place,
    pub(super) device: DeviceUuid,
}

/// Opens `path` for writing; waits at most `patience` for another program's write lock.
pub(super) fn open(path: &Path, identity: &Identity, patience: Duration) -> Result<Opened, MirrorError> {
    files::make_folder_of(path)
        .map_err(|e| MirrorError::io("cannot create", path.parent().unwrap_or(path), &e))?;
    let path = lock::canonical(path)?;
    a_file_or_nothing(&path)?;
    let mut lock = Lock::take(&path)?;
    place::one_name(&path)?;
    if !path.exists() {
        files::private()
            .write(true)
            .create_new(true)
            .open(&path)
            .map_err(|e| MirrorError::io("cannot create", &path, &e))?;
    }
    let place = Place::of(&path)?;
    let say = |e| MirrorError::sqlite("cannot open", &path, e);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(&path, flags).map_err(say)?;
    connection.busy_timeout(patience).map_err(say)?;
    let found = recognise(&connection, &path)?;
    if connection.is_readonly("main").map_err(say)? {
        return Err(MirrorError::ReadOnly { path, reason: "it is read-only".into() });
    }
    let note = ready(&mut connection, found, identity, &path, lock.noted())?;
    lock.note(note);
    let device = note.device;
    let log = durable::open_log(&path)?;
    place.is_held()?; // so that what is open is what is remembered
    Ok(Opened { connection, log, lock, path, place, device })
}

/// What a file turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// An empty file: a new mirror.
    Empty,
    /// A mirror of this schema version.
    Mirror(i64),
}

/// Tells a mirror from everything else.
pub(super) fn recognise(connection: &Connection, path: &Path) -> Result<Found, MirrorError> {
    let say = |e| MirrorError::sqlite("cannot read", path, e);
    let number = |pragma: &str| connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    let application = number("application_id").map_err(say)?;
    let schema = number("user_version").map_err(say)?;
    let objects: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(say)?;
    match (application, schema) {
        (0, 0) if objects == 0 => Ok(Found::Empty),
        (APPLICATION_ID, 1..=SCHEMA) => Ok(Found::Mirror(schema)),
        (APPLICATION_ID, found) if found > SCHEMA => {
            Err(MirrorError::Newer { path: path.to_owned(), found, known: SCHEMA })
        }
        _ => Err(MirrorError::Foreign { path: path.to_owned() }),
    }
}

/// Makes the settings, the schema and the identity right, and proves that the file can be written. What was `noted`
/// beside it and is missing is written down; gives the device and the note to go on from.
fn ready(
    connection: &mut Connection,
    found: Found,
    identity: &Identity,
    path: &Path,
    noted: Option<Note>,
) -> Result<Note, MirrorError> {
    let say = |e| MirrorError::sqlite("cannot write", path, e);
    if found == Found::Empty {
        connection.pragma_update(None, "page_size", 16_384).map_err(say)?;
    }
    configure(connection).map_err(say)?;
    settle(connection).map_err(say)?;
    let transaction =
        connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).map_err(say)?;
    if found == Found::Empty {
        transaction.execute_batch(TABLES).map_err(say)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID).map_err(say)?;
    }
    if let Found::Mirror(schema) = found {
        for migration in MIGRATIONS.iter().skip(schema as usize - 1) {
            transaction.execute_batch(migration).map_err(say)?;
        }
    }
    transaction.pragma_update(None, "user_version", SCHEMA).map_err(say)?;
    let device = check_identity(&transaction, identity, path)?;
    let note = lost::keep(&transaction, device, noted).map_err(say)?;
    // The proof that the file can be written, also where nothing changed.
    transaction
        .execute("INSERT OR REPLACE INTO _meta (key, value) VALUES ('opened', ?1)", [super::now()])
        .map_err(say)?;
    transaction.execute(CRASHED, [super::now()]).map_err(say)?;
    transaction.commit().map_err(say)?;
    Ok(note)
}

fn configure(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
    // FULL: what is committed survives a power cut, so that an acknowledged key is never a lost record. The writer,
    // which has its commits synced by a thread of their own, asks for less.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "cache_size", -65_536)?;
    connection.pragma_update(None, "temp_store", "memory")?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "foreign_keys", false)?;
    // No limit to its size else: each time that the log begins anew the writer would cut it, and wait for the file
    // system.
    let pages = checkpoint::log_pages() as i64;
    connection.pragma_update_and_check(None, "wal_autocheckpoint", pages, |_| Ok(()))
}

/// Moves into the database what a dead run left in the WAL, before any of its keys is acknowledged. Where that run died
/// of a sync that failed, the system may hold its frames for clean and never write them; what is written here anew is
/// synced for certain. A reader of an older state may keep some of it back.
fn settle(connection: &Connection) -> rusqlite::Result<()> {
    connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))
}

fn check_identity(
    connection: &Connection,
    identity: &Identity,
    path: &Path,
) -> Result<DeviceUuid, MirrorError> {
    let say = |e| MirrorError::sqlite("cannot read", path, e);
    let put = |key: &str, value: &str| {
        connection
            .execute("INSERT OR REPLACE INTO _meta (key, value) VALUES (?1, ?2)", params![key, value])
            .map_err(say)
    };
    let known = belongs(connection, identity, path)?;
    let device = known.device.or(identity.device).unwrap_or_else(DeviceUuid::fresh);
    if known.device.is_none() {
        put("device", &device.to_string())?;
        put("created", &super::now())?;
    }
    if known.host.as_ref() != Some(&identity.host) {
        put("host", &identity.host)?;
    }
    Ok(device)
}

/// Whose a mirror is, as far as it knows.
struct Known {
    device: Option<DeviceUuid>,
    host: Option<String>,
}

/// Refuses a mirror of another device or of another host. A new one is nobody's yet.
fn belongs(connection: &Connection, identity: &Identity, path: &Path) -> Result<Known, MirrorError> {
    let say = |e| MirrorError::sqlite("cannot read", path, e);
    let corrupt = |reason: &str| MirrorError::Corrupt { path: path.to_owned(), reason: reason.into() };
    let device = match meta(connection, "device").map_err(say)? {
        Some(text) => Some(text.parse::<DeviceUuid>().map_err(|_| corrupt("its device is no UUID"))?),
        // As another device everything would come again, to what is here already.
        None if has_records(connection).map_err(say)? => return Err(corrupt("its device is missing")),
        None => None,
    };
    if let (Some(mirror), Some(asked)) = (device, identity.device)
        && mirror != asked
    {
        return Err(MirrorError::OtherDevice {
            path: path.to_owned(),
            mirror: mirror.to_string(),
            asked: asked.to_string(),
        });
    }
    let host = meta(connection, "host").map_err(say)?;
    if let Some(host) = &host
        && *host != identity.host
        && !(is_this_machine(host) && is_this_machine(&identity.host))
    {
        return Err(MirrorError::OtherHost {
            path: path.to_owned(),
            mirror: crate::text::visible(host).into_owned(),
            asked: crate::text::visible(&identity.host).into_owned(),
        });
    }
    Ok(Known { device, host })
}

fn has_records(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row("SELECT EXISTS (SELECT 1 FROM _type)", [], |row| row.get(0))
}

/// Whether [`open`] would take the mirror that is at `path`. Nothing is changed, and nobody is kept out for longer than
/// it takes to ask; one that is being synchronized is not asked whether it can be written.
pub(super) fn trial(path: &Path, identity: &Identity, patience: Duration) -> Result<(), MirrorError> {
    let path = lock::canonical(path)?;
    a_file_or_nothing(&path)?;
    place::one_name(&path)?;
    let say = |e| MirrorError::sqlite("cannot open", &path, e);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(&path, flags).map_err(say)?;
    // What a dead run left in the WAL stays there for the next one.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map_err(say)?;
    connection.busy_timeout(patience).map_err(say)?;
    recognise(&connection, &path)?;
    if connection.is_readonly("main").map_err(say)? {
        return Err(MirrorError::ReadOnly { path, reason: "it is read-only".into() });
    }
    belongs(&connection, identity, &path)?;
    if lock::holder(&path).is_some() {
        return Ok(());
    }
    files::can_make_files(files::folder_of(&path))
        .map_err(|e| MirrorError::io("cannot write beside", &path, &e))?;
    let say = |e| MirrorError::sqlite("cannot write", &path, e);
    connection.execute_batch("BEGIN IMMEDIATE; ROLLBACK").map_err(say)
}

/// A text of `_meta`.
pub(super) fn meta(connection: &Connection, key: &str) -> rusqlite::Result<Option<String>> {
    connection.query_row("SELECT value FROM _meta WHERE key = ?1", [key], |row| row.get(0)).optional()
}

/// Whether an origin is this machine: the host is parsed, never looked up.
fn is_this_machine(origin: &str) -> bool {
    let authority = origin.split_once("://").map_or(origin, |(_, rest)| rest);
    let authority = authority.split(['/', '?', '#']).next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => authority.rsplit_once(':').map_or(authority, |(host, _)| host),
    };
    is_loopback(host)
}

/// Refuses what exists and is no regular file.
pub(super) fn a_file_or_nothing(path: &Path) -> Result<(), MirrorError> {
    match std::fs::metadata(path) {
        Ok(found) if found.is_dir() => {
            Err(MirrorError::NotAFile { path: path.to_owned(), what: "a directory" })
        }
        Ok(found) if !found.is_file() => {
            Err(MirrorError::NotAFile { path: path.to_owned(), what: "no regular file" })
        }
        Ok(_) => Ok(()),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(e) => Err(MirrorError::io("cannot open", path, &e)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_dead_run_left_open_is_ended_without_a_look_at_all_sessions() {
        let mut file = Connection::open_in_memory().unwrap();
        file.execute_batch(TABLES).unwrap();
        let mut steps = |sessions: i64| {
            let file = file.transaction().unwrap();
            let sql = "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?1) \
                       INSERT INTO _session (id, started, ended, end) \
                       SELECT n, '', iif(n > ?1 - 2, NULL, ''), iif(n > ?1 - 2, NULL, 'drained') FROM n";
            file.execute(sql, [sessions]).unwrap();
            let mut ending = file.prepare(CRASHED).unwrap();
            assert_eq!(ending.execute(["now"]).unwrap(), 2);
            ending.get_status(rusqlite::StatementStatus::VmStep)
        };
        let (few, many) = (steps(10), steps(10_000));
        assert!(many <= few + 10, "{few} steps among 10 sessions, {many} among 10,000");
    }

    #[test]
    fn loopback_is_decided_on_the_parsed_host() {
        for origin in ["http://127.0.0.1:8080", "http://localhost", "http://[::1]:1", "https://127.9.9.9"] {
            assert!(is_this_machine(origin), "{origin}");
        }
        for origin in
            ["https://api.getbase.com", "http://127.0.0.1.example.com", "http://localhost.example.com:80"]
        {
            assert!(!is_this_machine(origin), "{origin}");
        }
    }
}
