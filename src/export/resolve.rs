//! Names beside ids: what a record is called that a field points to. Looked up in the mirror, and remembered.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::cell::Cell;
use crate::mirror::refs::{self, Reference};
use crate::mirror::{MirrorError, Reader};

/// Names that are remembered, at most; then all are forgotten.
const REMEMBERED: usize = 200_000;

/// Looks names up.
pub(super) struct Names<'r> {
    reader: &'r Reader,
    kinds: HashSet<String>,
    known: HashMap<Reference, Option<String>>,
}

impl<'r> Names<'r> {
    /// Of the records of a mirror.
    pub(super) fn of(reader: &'r Reader) -> Result<Self, MirrorError> {
        let kinds = reader.kinds()?.into_iter().map(|kind| kind.name).collect();
        Ok(Self { reader, kinds, known: HashMap::new() })
    }

    /// Whether a field of a type refers to records.
    pub(super) fn points(&self, kind: &str, field: &str) -> bool {
        refs::is_reference(kind, field, |name| self.kinds.contains(name))
    }

    /// The name of what a field's raw value points to; of several ids a JSON array of names. Nothing where no name is
    /// known.
    pub(super) fn cell<'d>(
        &mut self,
        kind: &str,
        field: &str,
        raw: &str,
        data: &str,
    ) -> Result<Cell<'d>, MirrorError> {
        let Some(target) = refs::target(kind, field, Some(data), |name| self.kinds.contains(name)) else {
            return Ok(Cell::Null);
        };
        let mut names = Vec::new();
        for id in refs::ids(raw) {
            names.push(self.name(Reference { kind: target.clone(), id })?);
        }
        let text = |text: String| Cell::Text(Cow::Owned(text));
        if raw.starts_with('[') && names.iter().any(Option::is_some) {
            return Ok(text(serde_json::Value::from(names).to_string()));
        }
        Ok(names.pop().flatten().map_or(Cell::Null, text))
    }

    fn name(&mut self, reference: Reference) -> Result<Option<String>, MirrorError> {
        if let Some(name) = self.known.get(&reference) {
            return Ok(name.clone());
        }
        let name = self.reader.name_of(&reference)?;
        if self.known.len() >= REMEMBERED {
            self.known.clear();
        }
        self.known.insert(reference, name.clone());
        Ok(name)
    }
}
