//! Accounts from elsewhere: a mirror's rows or NDJSON become an account that can be served again.
//!
//! Promise: `data` goes out as it came in, byte for byte, with its type's name, its revision (or none) and, where it
//! has no id, its event and its ack key. The one exception: an instruction that came without an ack key gets one, since
//! it would come again for ever. The source is read once and never written; where it came from is not remembered.

mod mirror;
mod ndjson;

use std::collections::HashMap;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::ServiceError;
use super::store::Filled;
use super::{demo, store};
use crate::protocol::record;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// Nothing yet, or an account of our own.
    Account,
    /// A mirror.
    Mirror,
    /// Not a database, so it must be NDJSON; or a folder of such files.
    Ndjson,
}

impl Source {
    /// Looks what `path` is.
    pub(super) fn of(path: &Path) -> Result<Self, ServiceError> {
        let cannot = |e: std::io::Error| problem(path, &e.to_string());
        match std::fs::metadata(path) {
            Ok(found) if found.is_dir() && !ndjson::files(path)?.is_empty() => return Ok(Self::Ndjson),
            Ok(found) if found.is_dir() => {
                return Err(problem(path, "it is a directory, and no export as NDJSON is in it"));
            }
            Ok(found) if found.is_file() && found.len() == 0 => return Ok(Self::Account),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Self::Account),
            Ok(found) if !found.is_file() => return Err(problem(path, "it is no regular file")),
            found => found.map_err(cannot)?,
        };
        let mut head = [0; 16];
        let read = File::open(path).and_then(|mut file| file.read(&mut head)).map_err(cannot)?;
        if !head[..read].starts_with(b"SQLite format 3\0") {
            return Ok(Self::Ndjson);
        }
        let connection = mirror::open(path)?;
        let (mark, version) = store::marks(&connection).map_err(|e| problem(path, &e.to_string()))?;
        match mark {
            store::APPLICATION_ID => Ok(Self::Account),
            mirror::APPLICATION_ID if version > mirror::NEWEST => Err(problem(
                path,
                &format!(
                    "the mirror was made by a newer version (schema {version}, this one knows {})",
                    mirror::NEWEST
                ),
            )),
            mirror::APPLICATION_ID => Ok(Self::Mirror),
            _ => Err(problem(
                path,
                "it is another program's database; --account takes a mirror, NDJSON or a service's own file",
            )),
        }
    }

    /// Fills an empty account from `path`.
    pub(super) fn fill(self, file: &Transaction<'_>, path: &Path, seed: u64) -> Filled {
        demo::name_kinds(file)?;
        let mut importer = Importer { file, seq: 0, kinds: HashMap::new(), unkeyed: 0 };
        match self {
            Self::Mirror => mirror::read(&mut importer, path)?,
            Self::Ndjson => ndjson::read(&mut importer, path)?,
            Self::Account => {}
        }
        let mut insert = file.prepare("INSERT INTO setting (name, value) VALUES (?1, ?2)")?;
        for (name, value) in [("seed", seed as i64), ("items", importer.seq), ("edits", 0), ("taken_over", 1)]
        {
            insert.execute(params![name, value])?;
        }
        file.execute_batch(
            "INSERT INTO tally (kind, owner, live)
             SELECT kind, coalesce(owner, 0), count(*) FROM record WHERE deleted = 0 GROUP BY 1, 2",
        )?;
        Ok(())
    }
}

/// Whether an account that is there was taken over.
pub(super) fn is_taken_over(path: &Path) -> bool {
    let taken_over = || -> rusqlite::Result<bool> {
        let file = Connection::open_with_flags(path, rusqlite::OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        file.query_row("SELECT EXISTS (SELECT 1 FROM setting WHERE name = 'taken_over')", [], |row| {
            row.get(0)
        })
    };
    taken_over().unwrap_or(false)
}

/// One record or instruction from elsewhere.
#[derive(Debug)]
struct Incoming<'a> {
    kind: &'a str,
    data: &'a str,
    revision: Option<i64>,
    /// None where it is known not to be there.
    id: Option<Value>,
    event: Option<&'a str>,
    ack_key: Option<&'a str>,
}

/// Puts records into an empty account.
struct Importer<'a> {
    file: &'a Connection,
    /// The last number of the sequence.
    seq: i64,
    kinds: HashMap<String, i64>,
    /// Numbers of our own for what has no id.
    unkeyed: i64,
}

impl Importer<'_> {
    /// The number of a type.
    fn kind(&mut self, name: &str) -> rusqlite::Result<i64> {
        if let Some(kind) = self.kinds.get(name) {
            return Ok(*kind);
        }
        self.file.execute("INSERT OR IGNORE INTO kind (name) VALUES (?1)", [name])?;
        let kind = self.file.query_row("SELECT kind FROM kind WHERE name = ?1", [name], |row| row.get(0))?;
        self.kinds.insert(name.to_owned(), kind);
        Ok(kind)
    }

    /// Adds what is not there yet.
    fn add(&mut self, incoming: Incoming<'_>) -> rusqlite::Result<()> {
        let kind = self.kind(incoming.kind)?;
        let deleted = incoming.id.is_some() && incoming.event == Some("deleted");
        let id = match incoming.id {
            Some(id) => id,
            None => self.nameless(incoming.ack_key, incoming.event)?,
        };
        self.seq += 1;
        self.file
            .prepare_cached(
                "INSERT INTO record (seq, kind, id, owner, revision, prior, deleted, data)
                 VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6, ?7)",
            )?
            .execute(params![
                self.seq,
                kind,
                id,
                owner(incoming.data),
                incoming.revision,
                deleted,
                incoming.data
            ])?;
        Ok(())
    }

    /// Adds a record, or another state of it: an older revision does not replace a newer one.
    fn merge(&mut self, incoming: Incoming<'_>) -> rusqlite::Result<()> {
        let kind = self.kind(incoming.kind)?;
        let there: Option<(i64, Option<i64>)> = self
            .file
            .prepare_cached("SELECT seq, revision FROM record WHERE kind = ?1 AND id = ?2")?
            .query_row(params![kind, incoming.id], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((seq, revision)) = there else { return self.add(incoming) };
        if revision.zip(incoming.revision).is_some_and(|(before, now)| now < before) {
            return Ok(());
        }
        self.file
            .prepare_cached(
                "UPDATE record SET data = ?2, revision = ?3, owner = ?4, deleted = ?5 WHERE seq = ?1",
            )?
            .execute(params![
                seq,
                incoming.data,
                incoming.revision,
                owner(incoming.data),
                incoming.event == Some("deleted")
            ])?;
        Ok(())
    }

    /// A number of our own for an instruction without an id; its key is kept where no other has it.
    fn nameless(&mut self, ack_key: Option<&str>, event: Option<&str>) -> rusqlite::Result<Value> {
        self.unkeyed += 1;
        let mut insert = self
            .file
            .prepare_cached("INSERT OR IGNORE INTO given (seq, ack_key, event) VALUES (?1, ?2, ?3)")?;
        if insert.execute(params![self.seq + 1, ack_key, event])? == 0 {
            insert.execute(params![self.seq + 1, None::<&str>, event])?;
        }
        Ok(Value::Blob(self.unkeyed.to_string().into_bytes()))
    }
}

/// Whose a record is, as far as its fields tell.
fn owner(data: &str) -> Option<i64> {
    let (mut owner, mut user) = (None, None);
    record::each_field(data, |name, raw| match name {
        "owner_id" => owner = raw.parse().ok(),
        "user_id" => user = raw.parse().ok(),
        _ => {}
    });
    owner.or(user)
}

/// What is wrong with a source.
fn problem(path: &Path, problem: &str) -> ServiceError {
    ServiceError(format!("The account {} cannot be used: {problem}.", path.display()))
}
