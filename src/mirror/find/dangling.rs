//! Whether a field points to a record that is not here: a judge that has the ids that are, 8 bytes each.
//!
//! An empty value points nowhere and is no reference. A field whose type another field names is judged only where that
//! names a type of the mirror or one that the API documents: of others nobody can tell. Of a documented type that never
//! came there is no id, so that every reference to it leads nowhere.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use rusqlite::types::ValueRef;

use super::{News, Tell, json};
use crate::mirror::refs::{self, Aim};
use crate::mirror::{MirrorError, Reader, reader};
use crate::protocol::RecordId;

/// Ids between two chances to stop.
const STEP: u64 = 8_192;

/// The ids of a type's records.
#[derive(Debug, Default)]
pub(in crate::mirror) struct Ids {
    /// Ascending.
    numbers: Vec<i64>,
    texts: HashSet<String>,
}

/// The ids of types, each read once.
pub(in crate::mirror) type Known = HashMap<String, Arc<Ids>>;

/// Judges one field.
#[derive(Debug)]
pub(in crate::mirror) struct Dangling {
    /// The field, as a path.
    field: [String; 1],
    /// The field that names the type; none where it is always the same.
    by: Option<[String; 1]>,
    /// The types that it may point to.
    to: Known,
}

impl Ids {
    fn has(&self, id: &RecordId) -> bool {
        match id {
            RecordId::Int(id) => self.numbers.binary_search(id).is_ok(),
            RecordId::Text(id) => self.texts.contains(id),
        }
    }
}

impl Dangling {
    /// The field that it judges.
    pub(in crate::mirror) fn field(&self) -> &str {
        &self.field[0]
    }

    /// The field that says to which type it points.
    pub(in crate::mirror) fn named_by(&self) -> Option<&str> {
        self.by.as_ref().map(|by| by[0].as_str())
    }

    /// Whether a record's field points to what is not here, by the field's column and, where somebody has it, by that
    /// of the field that names the type; none where only the record can tell.
    pub(in crate::mirror) fn by_cells(
        &self,
        cell: ValueRef<'_>,
        named: Option<ValueRef<'_>>,
    ) -> Option<bool> {
        let id = match cell {
            ValueRef::Null | ValueRef::Text([]) => return Some(false),
            // 0 and 1 may be `false` and `true`, a double may be any of several ids, `[1]` a text or a list.
            ValueRef::Integer(0 | 1)
            | ValueRef::Real(_)
            | ValueRef::Blob(_)
            | ValueRef::Text([b'[' | b'{' | b'"', ..]) => return None,
            ValueRef::Integer(id) => RecordId::Int(id),
            ValueRef::Text(id) => RecordId::Text(std::str::from_utf8(id).ok()?.to_owned()),
        };
        let ids = match (&self.by, named) {
            (None, _) => self.to.values().next(),
            (Some(_), Some(ValueRef::Null)) => None,
            (Some(_), Some(ValueRef::Text(name))) if !matches!(name.first(), Some(b'[' | b'{' | b'"')) => {
                self.to.get(std::str::from_utf8(name).ok()?)
            }
            (Some(_), _) => return None,
        };
        Some(ids.is_some_and(|ids| !ids.has(&id)))
    }

    /// Whether a record's field points to what is not here.
    pub(in crate::mirror) fn holds(&self, data: &[u8]) -> bool {
        self.of(data).is_some()
    }

    /// The type of what a record's field points to and is not here.
    pub(in crate::mirror) fn of(&self, data: &[u8]) -> Option<&str> {
        let raw = json::find(data, &self.field)?;
        let (kind, ids) = match &self.by {
            None => self.to.iter().next()?,
            Some(by) => self.to.get_key_value(&json::text(json::find(data, by)?))?,
        };
        let missing = json::any_leaf(raw, |leaf| {
            let id =
                std::str::from_utf8(leaf).ok().filter(|leaf| !matches!(*leaf, "\"\"" | "true" | "false"));
            id.and_then(RecordId::from_json).is_some_and(|id| !ids.has(&id))
        });
        missing.then_some(kind)
    }
}

impl Reader {
    /// A judge for a field; none where it is no reference to a type of the mirror, nor to one that should have come. `known` keeps the ids that were
    /// read, for the next judge.
    pub(in crate::mirror) fn dangling(
        &self,
        kind: &str,
        field: &str,
        known: &mut Known,
        tell: Tell<'_>,
    ) -> Result<Option<Dangling>, MirrorError> {
        let kinds = self.kinds()?;
        let exists = |name: &str| kinds.iter().any(|kind| kind.name == name);
        let (by, targets) = match refs::expected(kind, field, exists) {
            None => return Ok(None),
            Some(Aim::To(kind)) => (None, vec![kind]),
            Some(Aim::NamedBy(by)) => {
                let absent =
                    refs::DOCUMENTED.into_iter().filter(|name| refs::is_expected(name) && !exists(name));
                let here = kinds.iter().map(|kind| kind.name.clone());
                (Some([by.to_owned()]), here.chain(absent.map(str::to_owned)).collect())
            }
        };
        let mut to = Known::new();
        for target in targets {
            let ids = match known.get(&target) {
                Some(ids) => Arc::clone(ids),
                None => Arc::clone(known.entry(target.clone()).or_insert(Arc::new(self.ids(&target, tell)?))),
            };
            to.insert(target, ids);
        }
        Ok(Some(Dangling { field: [field.to_owned()], by, to }))
    }

    /// The ids of a type, from the index alone.
    fn ids(&self, kind: &str, tell: Tell<'_>) -> Result<Ids, MirrorError> {
        let mut ids = Ids::default();
        let Some(table) = self.table(kind)? else { return Ok(ids) };
        let say = |e| self.error(e);
        let of = self.rows_of(kind)?;
        let mut statement =
            self.connection.prepare(&format!("SELECT id FROM {table} ORDER BY id")).map_err(say)?;
        let mut rows = statement.query([]).map_err(say)?;
        let mut seen = 0_u64;
        while let Some(row) = rows.next().map_err(say)? {
            match reader::record_id(row.get_ref(0).map_err(say)?).map_err(say)? {
                RecordId::Int(id) => ids.numbers.push(id),
                RecordId::Text(id) => drop(ids.texts.insert(id)),
            }
            seen += 1;
            if seen.is_multiple_of(STEP) && !tell(News::Scanned { rows: 0, of, hits: 0 }) {
                return Err(MirrorError::Stopped);
            }
        }
        Ok(ids)
    }
}
