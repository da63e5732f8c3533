//! Edits: somebody works on the account, so that the next session has something to bring. Also who may look.
//!
//! A record is found by a random number of the change sequence, so that an edit costs the same whatever the account's
//! size. What is not touched by an edit stays the text that it was.

use std::collections::HashMap;

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::value::RawValue;

use super::access::{Access, Sight, token};
use super::account::{Account, last_seq};
use super::demo::{self, Kind};
use super::store::Store;
use super::{Edit, ServiceError};

/// What people create all day.
const CREATED: [Kind; 6] = [Kind::Lead, Kind::Contact, Kind::Deal, Kind::Note, Kind::Task, Kind::Call];
/// Tombstones that a search for a living record steps over, at most, before it takes another place.
const TRIES: usize = 32;

/// A record as edits see it.
struct Record {
    seq: i64,
    kind: i64,
    id: Value,
    owner: Option<i64>,
    revision: Option<i64>,
    prior: i64,
    data: String,
}

impl Record {
    /// The revision that follows, no smaller than the change's own number.
    fn next_revision(&self, seq: i64) -> i64 {
        seq.max(self.revision.unwrap_or(0).saturating_add(1))
    }
}

/// What an edit leaves of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// It is there.
    Living,
    /// A tombstone.
    Deleted,
}

/// An edit in the making.
struct Editor<'a> {
    file: &'a Connection,
    rng: fastrand::Rng,
    /// The last number of the sequence.
    last: u64,
    /// The numbers whose state is no more.
    vacated: Vec<u64>,
    names: &'a HashMap<i64, super::record::Kind>,
}

/// Edits the account; what was really done. For the writer.
pub(super) fn edit(account: &Account, file: &Connection, edit: Edit) -> rusqlite::Result<Edit> {
    let setting = |name: &str| {
        file.query_row("SELECT value FROM setting WHERE name = ?1", [name], |row| row.get::<_, i64>(0))
    };
    let (seed, items, edits) = (setting("seed")? as u64, setting("items")? as u64, setting("edits")?);
    file.execute("UPDATE setting SET value = value + 1 WHERE name = 'edits'", [])?;
    let mut editor = Editor {
        file,
        rng: fastrand::Rng::with_seed(seed ^ (edits as u64).wrapping_mul(0x2545_f491_4f6c_dd1d)),
        last: last_seq(file)?,
        vacated: Vec::new(),
        names: &account.kinds,
    };
    let mut done = Edit::default();
    let taken_over = taken_over(file)?;
    while done.create < edit.create {
        // An account from elsewhere is not the demo's: there a new record is made after one that is there.
        if !taken_over {
            editor.create(seed, items)?;
        } else if !editor.copy()? {
            break;
        }
        done.create += 1;
    }
    while done.update < edit.update && editor.update()? {
        done.update += 1;
    }
    while done.delete < edit.delete && editor.delete()? {
        done.delete += 1;
    }
    let mut state = account.state();
    state.last = editor.last;
    for seq in editor.vacated {
        state.vacated.insert(seq);
    }
    state.vacated.take_dirty();
    Ok(done)
}

impl Editor<'_> {
    fn next(&mut self) -> i64 {
        self.last += 1;
        self.last as i64
    }

    fn create(&mut self, seed: u64, items: u64) -> rusqlite::Result<()> {
        let kind = CREATED[self.rng.usize(0..CREATED.len())];
        let first = demo::another(seed, items, kind, 0).0;
        let top: Option<i64> = self
            .file
            .prepare_cached(
                "SELECT id FROM record WHERE kind = ?1 AND typeof(id) = 'integer' ORDER BY id DESC LIMIT 1",
            )?
            .query_row([kind as i64], |row| row.get(0))
            .optional()?;
        let at = top.map_or(0, |top| (top - first + 1).max(0) as u64);
        let (id, owner, data) = demo::another(seed, items, kind, at);
        let seq = self.next();
        self.insert(
            &Record { seq, kind: kind as i64, id: id.into(), owner, revision: Some(seq), prior: 0, data },
            State::Living,
        )
    }

    /// Creates a record like another one; false where there is none.
    fn copy(&mut self) -> rusqlite::Result<bool> {
        let Some(record) = self.find()? else { return Ok(false) };
        // Beyond this a number is no longer exact everywhere.
        let top: Option<i64> = self
            .file
            .prepare_cached(
                "SELECT max(id) FROM record WHERE kind = ?1 AND id < 9007199254740991 AND typeof(id) = 'integer'",
            )?
            .query_row([record.kind], |row| row.get(0))?;
        let id = top.unwrap_or(0) + 1;
        let seq = self.next();
        let data = rewrite(&record.data, &[("id", id.to_string()), ("updated_at", clock(seq))]);
        let revision = Some(record.next_revision(seq));
        self.insert(&Record { seq, id: id.into(), revision, prior: 0, data, ..record }, State::Living)?;
        Ok(true)
    }

    /// Updates a record; false where there is none.
    fn update(&mut self) -> rusqlite::Result<bool> {
        let Some(mut record) = self.find()? else { return Ok(false) };
        self.remove(&record)?;
        let seq = self.next();
        let kind = self.names.get(&record.kind).map_or("", |kind| kind.name.as_str());
        let (data, owner) = self.change(kind, &record, seq)?;
        record = Record {
            prior: record.seq,
            seq,
            revision: Some(record.next_revision(seq)),
            owner: owner.or(record.owner),
            data,
            ..record
        };
        self.insert(&record, State::Living)?;
        Ok(true)
    }

    /// Deletes a record; false where there is none.
    fn delete(&mut self) -> rusqlite::Result<bool> {
        let Some(record) = self.find()? else { return Ok(false) };
        self.remove(&record)?;
        let seq = self.next();
        let data = match &record.id {
            Value::Integer(id) => format!(r#"{{"id":{id}}}"#),
            Value::Text(id) => serde_json::json!({ "id": id }).to_string(),
            _ => "{}".to_owned(),
        };
        let revision = Some(record.next_revision(seq));
        self.insert(&Record { prior: record.seq, seq, revision, data, ..record }, State::Deleted)?;
        Ok(true)
    }

    /// A living record that people edit, whichever.
    fn find(&mut self) -> rusqlite::Result<Option<Record>> {
        let mut statement = self.file.prepare_cached(
            "SELECT seq, kind, id, owner, revision, prior, data, deleted FROM record WHERE seq >= ?1 ORDER BY seq",
        )?;
        // What an account is made of comes first and stays; if chance finds nothing, a look from the start does.
        for attempt in 0..TRIES {
            let whole = attempt + 1 == TRIES;
            let from = if whole || self.last == 0 { 1 } else { self.rng.u64(1..=self.last) };
            let mut rows = statement.query([from as i64])?;
            let mut seen = 0;
            while let Some(row) = rows.next()? {
                let kind: i64 = row.get(1)?;
                let id: Value = row.get(2)?;
                if !row.get::<_, bool>(7)? && editable(kind) && !matches!(id, Value::Blob(_)) {
                    return Ok(Some(Record {
                        seq: row.get(0)?,
                        kind,
                        id,
                        owner: row.get(3)?,
                        revision: row.get(4)?,
                        prior: row.get(5)?,
                        data: row.get(6)?,
                    }));
                }
                seen += 1;
                if seen == TRIES && !whole {
                    break;
                }
            }
        }
        Ok(None)
    }

    fn remove(&mut self, record: &Record) -> rusqlite::Result<()> {
        self.file.prepare_cached("DELETE FROM record WHERE seq = ?1")?.execute([record.seq])?;
        self.file
            .prepare_cached(
                "INSERT INTO former (seq, kind, id, owner, prior, deleted) VALUES (?1, ?2, ?3, ?4, ?5, 0)",
            )?
            .execute(params![record.seq, record.kind, record.id, record.owner, record.prior])?;
        self.count(record, -1)?;
        self.vacated.push(record.seq as u64);
        Ok(())
    }

    fn insert(&mut self, record: &Record, state: State) -> rusqlite::Result<()> {
        self.file
            .prepare_cached(
                "INSERT INTO record (seq, kind, id, owner, revision, prior, deleted, data)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute(params![
                record.seq,
                record.kind,
                record.id,
                record.owner,
                record.revision,
                record.prior,
                state == State::Deleted,
                record.data
            ])?;
        match state {
            State::Living => self.count(record, 1),
            State::Deleted => Ok(()),
        }
    }

    fn count(&self, record: &Record, by: i64) -> rusqlite::Result<()> {
        let key = (record.kind, record.owner.unwrap_or(0));
        let changed = self
            .file
            .prepare_cached("UPDATE tally SET live = live + ?3 WHERE kind = ?1 AND owner = ?2")?
            .execute(params![key.0, key.1, by])?;
        if changed == 0 {
            self.file
                .prepare_cached("INSERT INTO tally (kind, owner, live) VALUES (?1, ?2, ?3)")?
                .execute(params![key.0, key.1, by])?;
        }
        Ok(())
    }

    /// A record's text after somebody worked on it, and its new owner where it has one.
    fn change(&mut self, kind: &str, record: &Record, seq: i64) -> rusqlite::Result<(String, Option<i64>)> {
        let mut changes: Vec<(&str, String)> = Vec::new();
        let n = self.rng.u32(0..10_000);
        let mut owner = None;
        match kind {
            "deal" => changes.push(("value", format!(r#""{}.{:02}""#, 100 + n * 7, n % 100))),
            "task" => changes.push(("content", format!(r#""Send the quote again ({n})""#))),
            "note" => changes
                .push(("content", format!(r#""Spoke again today ({n}). ✔ Ciąg dalszy nastąpi — 続く""#))),
            "call" => changes.push(("summary", format!(r#""Called back, {n} seconds. 👍""#))),
            "lead" | "contact" => changes.push(("phone", format!(r#""+1 555 01{n:04}""#))),
            _ => {}
        }
        if matches!(kind, "lead" | "contact" | "deal") && self.rng.u8(0..20) == 0 {
            owner = self.another_user()?;
            changes.extend(owner.map(|owner| ("owner_id", owner.to_string())));
        }
        changes.push(("updated_at", clock(seq)));
        Ok((rewrite(&record.data, &changes), owner))
    }

    /// A user whom a record may be given to; none where the one that chance named is not there.
    fn another_user(&mut self) -> rusqlite::Result<Option<i64>> {
        let user = demo::user(self.rng.u64(0..12));
        self.file
            .prepare_cached("SELECT id FROM record WHERE kind = ?1 AND id = ?2 AND deleted = 0")?
            .query_row(params![Kind::User as i64, user], |row| row.get(0))
            .optional()
    }
}

/// Whether people edit records of this type all day. What an account is made of stays, and so does what has no id.
fn editable(kind: i64) -> bool {
    let fixed = kind < Kind::Lead as i64;
    !fixed && kind != Kind::AssociatedContact as i64 && kind != Kind::Collaboration as i64
}

/// The account's clock as JSON: it goes on with each change, from the end of 2026's October.
fn clock(seq: i64) -> String {
    let moment = jiff::Timestamp::from_second(1_793_491_200 + seq.rem_euclid(10_000_000)).unwrap_or_default();
    format!(r#""{moment}""#)
}

/// Whether the account's records came from a mirror or NDJSON.
fn taken_over(file: &Connection) -> rusqlite::Result<bool> {
    file.query_row("SELECT EXISTS (SELECT 1 FROM setting WHERE name = 'taken_over')", [], |row| row.get(0))
}

/// Puts other values into an object's top-level fields, and leaves all else as it was written.
fn rewrite(data: &str, changes: &[(&str, String)]) -> String {
    let Ok(fields) = serde_json::from_str::<HashMap<String, &RawValue>>(data) else {
        return data.to_owned();
    };
    let mut spots: Vec<(usize, usize, &str)> = Vec::new();
    let mut added = String::new();
    for (name, value) in changes {
        if let Some(old) = fields.get(*name) {
            let start = old.get().as_ptr() as usize - data.as_ptr() as usize;
            spots.push((start, start + old.get().len(), value));
        } else {
            added.extend([",\"", name, "\":", value.as_str()]);
        }
    }
    spots.sort_unstable_by_key(|spot| spot.0);
    let mut out = String::with_capacity(data.len() + 64);
    let mut at = 0;
    for (start, end, value) in spots {
        out.push_str(&data[at..start]);
        out.push_str(value);
        at = end;
    }
    let end = data.rfind('}').unwrap_or(data.len()).max(at);
    out.push_str(&data[at..end]);
    out.push_str(if fields.is_empty() { added.trim_start_matches(',') } else { &added });
    out.push_str(&data[end..]);
    out
}

/// The tokens of an account: its administrator's, a user's who sees only what is theirs, one without the scope.
pub(super) fn accesses(store: &Store, given: Option<String>) -> Result<Vec<Access>, ServiceError> {
    let (seed, sights, users) = store.read(|file| {
        let seed: i64 =
            file.query_row("SELECT value FROM setting WHERE name = 'seed'", [], |row| row.get(0))?;
        let sights = file
            .prepare("SELECT user, everything FROM sight")?
            .query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, bool>(1)?)))?
            .collect::<rusqlite::Result<HashMap<_, _>>>()?;
        Ok((seed as u64, sights, users(file)?))
    })?;
    let access = |at: u64, token: String, usual: fn(i64) -> Sight| {
        let user = users.get(at as usize).copied().unwrap_or_else(|| demo::user(at));
        let sight = match sights.get(&user) {
            Some(true) => Sight::Everything,
            Some(false) => Sight::Own(user),
            None => usual(user),
        };
        Access { token, user, sight, sync: true }
    };
    let everything = |_| Sight::Everything;
    Ok(vec![
        access(0, given.unwrap_or_else(|| token(seed, 1)), everything),
        access(1, token(seed, 2), Sight::Own),
        Access { sync: false, ..access(2, token(seed, 3), everything) },
    ])
}

/// The users that the tokens of an account from elsewhere belong to; none for one of our own.
fn users(file: &Connection) -> rusqlite::Result<Vec<i64>> {
    if !taken_over(file)? {
        return Ok(Vec::new());
    }
    file.prepare(
        "SELECT id FROM record WHERE kind = ?1 AND typeof(id) = 'integer' AND id > 0 AND deleted = 0 ORDER BY id LIMIT 3",
    )?
    .query_map([Kind::User as i64], |row| row.get(0))?
    .collect()
}

/// Notes what a user sees. For the writer.
pub(super) fn set_sight(file: &Connection, user: i64, everything: bool) -> rusqlite::Result<()> {
    file.execute(
        "INSERT OR REPLACE INTO sight (user, everything) VALUES (?1, ?2)",
        params![user, everything],
    )?;
    Ok(())
}
