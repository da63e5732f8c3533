//! What a session did to a record, and what happened to it at all: from `_history`, the rows and the tombstones.
//!
//! `_history` keeps what an instruction replaced or deleted, with the session that did it and the one that had brought
//! the state. So a record's states are its entries there, oldest first, and then its row; each state came with one
//! session and went with another. What a session brought and never replaced again (a first download) is in the rows
//! alone.

use std::collections::{HashMap, HashSet};

use rusqlite::params;
use rusqlite::types::ToSql;

use super::apply::Key;
use super::find::json;
use super::reader::{self, From, text, window_row};
use super::{MirrorError, PageNo, Reader, SessionNo};
use crate::protocol::RecordId;

/// One state of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// Its revision, where the service sent one.
    pub revision: Option<i64>,
    /// The JSON as received; none where the record is deleted.
    pub data: Option<String>,
    /// The session that brought it.
    pub session: SessionNo,
}

/// What a session did to a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The record's type.
    pub kind: String,
    /// The record's id.
    pub id: RecordId,
    /// What it was before the session; none where the mirror did not have it.
    pub before: Option<State>,
    /// What it was after the session; without data where the session deleted it.
    pub after: State,
    /// The fields in which the two differ, as [`diff`] has them.
    pub fields: Vec<FieldChange>,
}

impl Change {
    /// A change from one state to another. It costs what the record has, so it is made once and not for each look.
    pub fn new(kind: &str, id: RecordId, before: Option<State>, after: State) -> Self {
        let fields = diff(before.as_ref().and_then(|state| state.data.as_deref()), after.data.as_deref());
        Self { kind: kind.to_owned(), id, before, after, fields }
    }
}

/// How a field differs. Values are raw JSON, as received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldChange {
    /// The field; `outer.inner` inside an object.
    pub field: String,
    /// Its value before; none where it was not there.
    pub before: Option<String>,
    /// Its value after; none where it is no more.
    pub after: Option<String>,
}

/// A deleted record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tombstone {
    /// Its type.
    pub kind: String,
    /// Its id.
    pub id: RecordId,
    /// The revision of the delete, where one is known.
    pub revision: Option<i64>,
    /// The session that deleted it.
    pub session: SessionNo,
    /// The page that carried the delete.
    pub page: PageNo,
    /// What it was when it was deleted; none where the mirror never had it.
    pub last: Option<State>,
}

/// Tombstones of a type, always in the ascending order of their ids.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tombstones {
    /// The tombstones.
    pub rows: Vec<Tombstone>,
    /// Whether there are some before the first.
    pub more_above: bool,
    /// Whether there are some behind the last.
    pub more_below: bool,
}

/// The fields in which two records differ: those of `before` in their order, then the new ones. Objects are compared
/// field by field, one level deep; values by their JSON text, so `1.0` and `1.00` differ, and spaces do not.
pub fn diff(before: Option<&str>, after: Option<&str>) -> Vec<FieldChange> {
    let (old, new) = (flat(before), flat(after));
    // A record has as many fields as somebody likes, so none is looked for in a list.
    let mut rest: HashMap<&str, &str> = new.iter().map(|(field, raw)| (&**field, &**raw)).collect();
    let mut changes = Vec::new();
    for (field, value) in &old {
        let now = rest.remove(&**field);
        if now.map(compact) != Some(compact(value)) {
            let (before, after) = (Some(value.clone()), now.map(ToOwned::to_owned));
            changes.push(FieldChange { field: field.clone(), before, after });
        }
    }
    let added = new.iter().filter(|(field, _)| rest.contains_key(&**field));
    changes.extend(added.map(|(field, value)| {
        let (field, after) = (field.clone(), Some(value.clone()));
        FieldChange { field, before: None, after }
    }));
    changes
}

/// Fields and their raw values, objects opened one level; the first of two fields of one name.
fn flat(data: Option<&str>) -> Vec<(String, String)> {
    let (mut list, mut known) = (Vec::new(), HashSet::new());
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    json::fields(data.unwrap_or_default().as_bytes(), |field, raw| {
        let field = text(field);
        let mut inner = Vec::new();
        json::fields(raw, |name, raw| {
            inner.push((format!("{field}.{}", text(name)), text(raw)));
            true
        });
        if inner.is_empty() {
            inner.push((field, text(raw)));
        }
        for (field, value) in inner {
            if known.insert(field.clone()) {
                list.push((field, value));
            }
        }
        true
    });
    list
}

/// JSON without the spaces between its parts.
fn compact(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let (mut quoted, mut escaped) = (false, false);
    for c in raw.chars() {
        if quoted {
            quoted = escaped || c != '"';
            escaped = c == '\\' && !escaped;
        } else if c.is_ascii_whitespace() {
            continue;
        } else {
            quoted = c == '"';
        }
        out.push(c);
    }
    out
}

impl Reader {
    /// What a session (the last one where none is named) did to a record; none where it did nothing to it.
    ///
    /// # Errors
    /// [`MirrorError`] where the mirror cannot be read.
    pub fn change(
        &self,
        kind: &str,
        id: &RecordId,
        session: Option<SessionNo>,
    ) -> Result<Option<Change>, MirrorError> {
        let session = match session {
            Some(session) => session,
            None => self.sessions(1)?.first().map_or(0, |last| last.no),
        };
        let states = self.states(kind, id)?;
        let Some(last) = states.iter().rposition(|state| state.session == session) else { return Ok(None) };
        let before =
            states.iter().position(|state| state.session == session).and_then(|first| first.checked_sub(1));
        let before = before.map(|at| states[at].clone()).filter(|state| state.data.is_some());
        Ok(Some(Change::new(kind, id.clone(), before, states[last].clone())))
    }

    /// Every state of a record that the mirror knows, oldest first, the present one last.
    ///
    /// # Errors
    /// [`MirrorError`] where the mirror cannot be read.
    pub fn states(&self, kind: &str, id: &RecordId) -> Result<Vec<State>, MirrorError> {
        let mut states: Vec<State> = Vec::new();
        let read = |states: &mut Vec<State>| {
            let mut old = self.connection.prepare_cached(
                "SELECT revision, data, event, brought_by, session FROM _history WHERE type = ?1 AND id = ?2 \
                 ORDER BY no",
            )?;
            let mut old = old.query(params![kind, Key(id)])?;
            while let Some(row) = old.next()? {
                let state = State { revision: row.get(0)?, data: Some(text(row, 1)?), session: row.get(3)? };
                states.push(state);
                if text(row, 2)? == "deleted" {
                    states.push(State { revision: None, data: None, session: row.get(4)? });
                }
            }
            Ok(())
        };
        read(&mut states).map_err(|e| self.error(e))?;
        if let Some(row) = self.record(kind, id)? {
            states.push(State { revision: row.revision, data: Some(row.data), session: row.session });
        } else if let Some(dead) = self.tombstone(kind, id)? {
            match states.last_mut() {
                Some(last) if last.data.is_none() => last.revision = dead.revision,
                _ => states.push(State { revision: dead.revision, data: None, session: dead.session }),
            }
        }
        Ok(states)
    }

    /// At most `limit` deleted records of a type, by keyset: a page costs the same wherever it lies. Ask for the next
    /// with [`From::After`] the last one's id, for the one above with [`From::Before`] the first one's.
    ///
    /// # Errors
    /// [`MirrorError`] where the mirror cannot be read.
    pub fn tombstones(&self, kind: &str, from: &From, limit: usize) -> Result<Tombstones, MirrorError> {
        let (than, id, backwards) = match from {
            From::Top => ("", None, false),
            From::Bottom => ("", None, true),
            From::At(id) => (">=", Some(id), false),
            From::After(id) => (">", Some(id), false),
            From::Before(id) => ("<", Some(id), true),
        };
        let condition = id.map_or(String::new(), |_| format!("AND t.id {than} ?2"));
        let direction = if backwards { "DESC" } else { "ASC" };
        let read = || {
            let fetch = limit.saturating_add(1).min(i64::MAX as usize);
            let mut rows =
                self.dead(kind, &condition, id, &format!("ORDER BY t.id {direction} LIMIT {fetch}"))?;
            let more = rows.len() > limit;
            rows.truncate(limit);
            if backwards {
                rows.reverse();
            }
            // On the side that was not read there is what is beyond the outermost row, or beyond the place itself.
            let other = match (if backwards { rows.last() } else { rows.first() }, id) {
                (Some(row), _) => self.dead_beyond(kind, if backwards { ">" } else { "<" }, &row.id)?,
                (None, Some(id)) => self.dead_beyond(kind, if backwards { ">=" } else { "<=" }, id)?,
                (None, None) => false,
            };
            let (more_above, more_below) = if backwards { (more, other) } else { (other, more) };
            Ok(Tombstones { rows, more_above, more_below })
        };
        read().map_err(|e| self.error(e))
    }

    /// How many records of a type are deleted. It counts them in the index, some 30 ms a million, so give it a worker.
    ///
    /// # Errors
    /// [`MirrorError`] where the mirror cannot be read.
    pub fn tombstone_count(&self, kind: &str) -> Result<u64, MirrorError> {
        self.connection
            .prepare_cached("SELECT count(*) FROM _tombstone WHERE type = ?1")
            .and_then(|mut count| count.query_row([kind], |row| row.get::<_, i64>(0)))
            .map(|count| count as u64)
            .map_err(|e| self.error(e))
    }

    /// The tombstone of a record; none where it is not deleted, or the mirror never heard of it.
    ///
    /// # Errors
    /// [`MirrorError`] where the mirror cannot be read.
    pub fn tombstone(&self, kind: &str, id: &RecordId) -> Result<Option<Tombstone>, MirrorError> {
        let found = self.dead(kind, "AND t.id = ?2", Some(id), "").map_err(|e| self.error(e))?;
        Ok(found.into_iter().next())
    }

    /// Tombstones with what the newest entry of the history says of each.
    fn dead(
        &self,
        kind: &str,
        condition: &str,
        id: Option<&RecordId>,
        end: &str,
    ) -> rusqlite::Result<Vec<Tombstone>> {
        let sql = format!(
            "SELECT t.id, t.revision, t._session, t._page, h.revision, h.data, h.brought_by \
             FROM _tombstone t LEFT JOIN _history h \
             ON h.no = (SELECT max(no) FROM _history WHERE type = t.type AND id = t.id) \
             WHERE t.type = ?1 {condition} {end}"
        );
        let mut rows = self.connection.prepare_cached(&sql)?;
        let key = id.map(Key);
        let mut parameters: Vec<&dyn ToSql> = vec![&kind];
        parameters.extend(key.as_ref().map(|key| key as &dyn ToSql));
        rows.query_map(&*parameters, |row| {
            let last = match row.get::<_, Option<SessionNo>>(6)? {
                Some(session) => Some(State { revision: row.get(4)?, data: Some(text(row, 5)?), session }),
                None => None,
            };
            Ok(Tombstone {
                kind: kind.to_owned(),
                id: reader::record_id(row.get_ref(0)?)?,
                revision: row.get(1)?,
                session: row.get(2)?,
                page: row.get(3)?,
                last,
            })
        })?
        .collect()
    }

    fn dead_beyond(&self, kind: &str, than: &str, id: &RecordId) -> rusqlite::Result<bool> {
        self.connection
            .prepare_cached(&format!(
                "SELECT EXISTS (SELECT 1 FROM _tombstone WHERE type = ?1 AND id {than} ?2)"
            ))?
            .query_row(params![kind, Key(id)], |row| row.get(0))
    }

    /// Rows of a type that a session brought, in the order of their ids, behind one. It reads the type until it has
    /// `limit` of them, so give it a worker and a way to stop.
    ///
    /// # Errors
    /// [`MirrorError::Stopped`], or the mirror cannot be read.
    pub fn brought(
        &self,
        kind: &str,
        session: SessionNo,
        behind: Option<&RecordId>,
        limit: usize,
    ) -> Result<Vec<reader::Row>, MirrorError> {
        let Some(table) = self.table(kind)? else { return Ok(Vec::new()) };
        let condition = if behind.is_some() { "AND id > ?3" } else { "AND ?3 IS NULL" };
        let sql = format!(
            "SELECT id, revision, data, _session FROM {table} WHERE _session = ?1 {condition} ORDER BY id LIMIT ?2"
        );
        let read = || {
            let mut rows = self.connection.prepare_cached(&sql)?;
            rows.query_map(params![session, limit as i64, behind.map(Key)], window_row)?
                .collect::<rusqlite::Result<Vec<_>>>()
        };
        read().map_err(|e| self.error(e))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diff_names_what_changed_and_keeps_the_values_as_they_came() {
        let before = r#"{"id": 1, "name": "a", "v": 1.0, "tags": ["x", "y z"], "c": {"b": 1, "gone": true}, "old": null}"#;
        let after = r#"{"id":1,"name":"b","v":1.00,"tags":["x","y z"],"c":{"b":2},"new":[1]}"#;
        let changes: Vec<_> = diff(Some(before), Some(after))
            .into_iter()
            .map(|c| {
                format!("{}: {} -> {}", c.field, c.before.unwrap_or_default(), c.after.unwrap_or_default())
            })
            .collect();
        let expected = [
            "name: \"a\" -> \"b\"",
            "v: 1.0 -> 1.00",
            "c.b: 1 -> 2",
            "c.gone: true -> ",
            "old: null -> ",
            "new:  -> [1]",
        ];
        assert_eq!(changes, expected);
        assert_eq!(diff(None, Some("{\"a\": 1}")).len(), 1);
        // Of two fields of one name the first counts.
        assert_eq!(diff(Some(r#"{"a": 1, "a": 2}"#), Some(r#"{"a": 1}"#)), []);
        assert_eq!(diff(Some(r#"{"a": 1}"#), Some(r#"{"a": 2, "a": 1}"#)).len(), 1);
        assert_eq!(diff(Some(before), Some(before)), []);
        // Spaces inside a text count.
        assert_eq!(diff(Some(r#"{"a": ["x  y"]}"#), Some(r#"{"a": ["x y"]}"#)).len(), 1);
    }
}
