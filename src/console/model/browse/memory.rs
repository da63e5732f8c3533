//! What Browse remembers from one run to the next: each type's columns and order. Only what the user changed is kept;
//! a filter is for the run.

use std::path::PathBuf;

use super::super::super::message::Request;
use super::super::super::record::kept::{Kept, Shelf};
use super::{Browse, Lens};
use crate::mirror::find::Sort;

/// What is remembered, and where.
#[derive(Debug, Clone, Default)]
pub(super) struct Memory {
    /// The file; none remembers nothing.
    path: Option<PathBuf>,
    /// As it was when the run began.
    shelf: Shelf,
    /// What the user has changed since.
    changed: Shelf,
    /// Something is changed and not written down.
    owed: bool,
}

impl Browse {
    /// Begins with what the run before remembered; changes go to the file.
    pub fn remember(&mut self, path: PathBuf, shelf: Shelf) {
        self.memory = Memory { path: Some(path), shelf, ..Memory::default() };
    }

    /// What is to be written down, where something is.
    pub fn keep(&mut self) -> Option<Request> {
        let path = self.memory.path.clone().filter(|_| std::mem::take(&mut self.memory.owed))?;
        Some(Request::Keep { path, types: self.memory.changed.clone() })
    }

    /// The type is looked at as in the run before, where it was not yet in this one.
    pub(super) fn recall(&mut self, kind: &str) {
        if let Some(kept) = self.memory.shelf.get(kind).filter(|_| !self.lenses.contains_key(kind)) {
            self.lenses.insert(kind.to_owned(), Lens::again(kept));
        }
    }

    /// The type's rows are there: its columns become those of the run before.
    pub(super) fn arrange(&mut self) {
        if self.table.columns.is_empty() {
            return;
        }
        let lens = self.kind.as_ref().and_then(|kind| self.lenses.get_mut(kind));
        let Some(kept) = lens.and_then(|lens| lens.kept.take()) else { return };
        if kept.columns.is_none() {
            return;
        }
        let mut columns = self.table.columns.clone();
        columns.arrange(&kept);
        self.table.show(columns.clone());
        self.lens_mut().columns = Some(columns);
    }

    /// An order of the run before that the type cannot have any more is forgotten; whether it was that.
    pub(super) fn forget_order(&mut self) -> bool {
        let Some(kind) = self.kind.clone() else { return false };
        let kept = self.memory.shelf.get(&kind).map(|kept| Sort::from(kept.sort.clone()));
        let lens = self.lens_mut();
        if kept != Some(lens.sort.clone()) || lens.sort == Sort::default() || !lens.filter.is_empty() {
            return false;
        }
        lens.sort = Sort::default();
        self.memory.shelf.remove(&kind);
        true
    }

    /// The user has changed how the shown type is looked at.
    pub(super) fn looked(&mut self) {
        let Some(kind) = self.kind.clone() else { return };
        let lens = self.lens();
        let mut kept = Kept { sort: lens.sort.into(), ..Kept::default() };
        if let Some(columns) = &lens.columns {
            let (columns, frozen) = columns.kept();
            (kept.columns, kept.frozen) = (Some(columns), frozen);
        } else if let Some(earlier) = lens.kept {
            (kept.columns, kept.frozen) = (earlier.columns, earlier.frozen);
        }
        self.memory.owed |= self.memory.changed.get(&kind) != Some(&kept);
        self.memory.changed.insert(kind, kept);
    }
}
