//! A record as the account's file has it, without its data: its type, its id, its place in the change sequence.
//!
//! Promise: what an ack key says of a record reads back as that record's: no type's word is another's, and no id of one
//! form is one of another.

use std::collections::{HashMap, HashSet};

use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, Row};

use super::access::Sight;

/// A resource type, as pages and ack keys write it.
#[derive(Debug, Clone)]
pub(super) struct Kind {
    /// `meta.type`: `loss_reason`.
    pub(super) name: String,
    /// The same as JSON, with its quotes.
    pub(super) json: String,
    /// The first part of an ack key: `LossReason`.
    pub(super) word: String,
}

/// A record's id, as an ack key writes it: `12`, `"12"` in quotes where it is a text, `#12` where the record has none
/// and is known by a number of our own.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Id {
    Int(i64),
    Other(Box<str>),
}

impl Id {
    /// Reads what an ack key has of it.
    pub(super) fn from_key(text: &str) -> Self {
        text.parse().map_or_else(|_| Self::Other(text.into()), Self::Int)
    }

    /// Reads a column of `record`.
    pub(super) fn from_column(value: ValueRef<'_>) -> Self {
        match value {
            ValueRef::Integer(id) => Self::Int(id),
            ValueRef::Blob(number) => Self::Other(format!("#{}", String::from_utf8_lossy(number)).into()),
            other => Self::Other(
                serde_json::Value::from(other.as_str().unwrap_or_default()).to_string().into_boxed_str(),
            ),
        }
    }

    /// The same as a column of `record`.
    pub(super) fn column(&self) -> Value {
        match self {
            Self::Int(id) => (*id).into(),
            Self::Other(text) => match text.strip_prefix('#') {
                Some(number) => Value::Blob(number.into()),
                None => serde_json::from_str::<String>(text).unwrap_or_default().into(),
            },
        }
    }

    /// Whether the record itself says so.
    pub(super) fn is_its_own(&self) -> bool {
        !matches!(self, Self::Other(text) if text.starts_with('#'))
    }
}

impl std::fmt::Display for Id {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Int(id) => id.fmt(f),
            Self::Other(text) => f.write_str(text),
        }
    }
}

/// A record's identity within the account: its type and its id.
pub(super) type Identity = (i64, Id);

/// A row of `record`, without its data.
#[derive(Debug, Clone)]
pub(super) struct Head {
    pub(super) seq: u64,
    pub(super) kind: i64,
    pub(super) id: Id,
    pub(super) owner: Option<i64>,
    /// None where the account was taken over from elsewhere, and had none.
    pub(super) revision: Option<i64>,
    pub(super) prior: u64,
    pub(super) deleted: bool,
}

impl Head {
    /// The columns that [`Head::from_row`] reads, in its order.
    pub(super) const COLUMNS: &str = "seq, kind, id, owner, revision, prior, deleted";

    /// Reads a row that begins with [`Head::COLUMNS`].
    pub(super) fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            seq: row.get::<_, i64>(0)? as u64,
            kind: row.get(1)?,
            id: Id::from_column(row.get_ref(2)?),
            owner: row.get(3)?,
            revision: row.get(4)?,
            prior: row.get::<_, i64>(5)? as u64,
            deleted: row.get(6)?,
        })
    }

    /// Whether a user is to have it.
    pub(super) fn wanted(&self, sight: Sight) -> bool {
        !self.deleted && sight.sees(self.owner)
    }
}

/// The types, each with a word that no other has and no key that came with a record begins with.
pub(super) fn kinds(file: &Connection) -> rusqlite::Result<HashMap<i64, Kind>> {
    let mut words = HashSet::new();
    let mut kinds = HashMap::new();
    let mut statement = file.prepare("SELECT kind, name FROM kind ORDER BY kind")?;
    let mut taken =
        file.prepare("SELECT EXISTS (SELECT 1 FROM given WHERE ack_key >= ?1 AND ack_key < ?2)")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (kind, name): (i64, String) = (row.get(0)?, row.get(1)?);
        let mut word = camel(&name);
        if word.is_empty() || !word.bytes().all(|b| b.is_ascii_alphanumeric()) || words.contains(&word) {
            // No word of `camel` has an underscore.
            word = format!("Kind_{kind}");
        }
        // `.` is the sign after `-`.
        while taken.query_row([format!("{word}-"), format!("{word}.")], |row| row.get(0))? {
            word.push('_');
        }
        words.insert(word.clone());
        let json = serde_json::Value::from(name.as_str()).to_string();
        kinds.insert(kind, Kind { name, json, word });
    }
    Ok(kinds)
}

/// Whether some records came with ack keys of their own.
pub(super) fn given(file: &Connection) -> rusqlite::Result<bool> {
    file.query_row("SELECT EXISTS (SELECT 1 FROM given)", [], |row| row.get(0))
}

/// `loss_reason` as an ack key writes it: `LossReason`. What a type's name may not be is kept: a key is opaque.
fn camel(name: &str) -> String {
    name.split('_')
        .flat_map(|part| {
            let mut chars = part.chars();
            let first = chars.next().map(|c| c.to_ascii_uppercase());
            first.into_iter().chain(chars)
        })
        .filter(|c| *c != '-')
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_from_its_key_and_from_its_column() {
        let ids = [Id::Int(12), Id::Other("\"12\"".into()), Id::Other("#12".into())];
        for (at, id) in ids.iter().enumerate() {
            assert_eq!(Id::from_key(&id.to_string()), *id);
            assert_eq!(Id::from_column(ValueRef::from(&id.column())), *id);
            assert_eq!(id.is_its_own(), at < 2);
            assert!(ids.iter().skip(at + 1).all(|other| other != id && other.column() != id.column()));
        }
    }

    #[test]
    fn no_two_types_have_one_word() {
        let file = Connection::open_in_memory().unwrap();
        file.execute_batch(
            "CREATE TABLE kind (kind INTEGER PRIMARY KEY, name TEXT); CREATE TABLE given (ack_key TEXT);
             INSERT INTO kind VALUES (1, 'loss_reason'), (2, 'lossReason'), (3, 'LossReason'), (4, 'a b'), (5, 'deal');
             INSERT INTO given VALUES ('Deal-1-2');",
        )
        .unwrap();
        let kinds = kinds(&file).unwrap();
        let words: Vec<&str> = (1..=5).map(|kind| kinds[&kind].word.as_str()).collect();
        assert_eq!(words, ["LossReason", "Kind_2", "Kind_3", "Kind_4", "Deal_"]);
    }
}
