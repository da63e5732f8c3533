//! The layers over each other, and where each value came from.
//!
//! Promise: a flag beats the environment, that the profile, that the file's top level, that the default; and what
//! `drainboard config` shows is what was taken.

use serde_json::Value;

use super::file::{File, Placed, Section};

/// The layer that a value came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// An option, by its name.
    Flag(&'static str),
    /// A variable, by its name.
    Variable(&'static str),
    /// The configuration's file, by its line.
    File(usize),
    /// Nobody said anything.
    Default,
}

/// A setting as it came out.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    /// Its name in the file.
    pub name: &'static str,
    /// What it is; null where there is none.
    pub value: Value,
    /// Who said so.
    pub origin: Origin,
}

/// What the file says, the profile's own before the top level's.
#[derive(Clone, Copy)]
pub(super) struct Layers<'a> {
    pub(super) file: Option<&'a File>,
    pub(super) profile: Option<&'a Section>,
}

/// The layers, and the settings that were taken from them so far.
pub(super) struct Taken<'a> {
    layers: Layers<'a>,
    pub(super) settings: Vec<Setting>,
}

/// A value and who said it.
pub(super) type Said<T> = Option<(T, Origin)>;

impl Layers<'_> {
    /// What the file says of something.
    pub(super) fn of_file<T: Clone>(&self, which: impl Fn(&Section) -> &Option<Placed<T>>) -> Said<T> {
        let top = self.file.map(|file| &file.top);
        let placed = [self.profile, top].into_iter().flatten().find_map(|section| which(section).as_ref())?;
        Some((placed.value.clone(), Origin::File(placed.line)))
    }
}

impl<'a> Taken<'a> {
    pub(super) fn new(layers: Layers<'a>) -> Self {
        Self { layers, settings: Vec::new() }
    }

    /// Takes a setting: what is said above the file, else what the file says, else the default.
    pub(super) fn take<T: Clone>(
        &mut self,
        name: &'static str,
        said: Said<T>,
        which: impl Fn(&Section) -> &Option<Placed<T>>,
        default: T,
        shown: impl Fn(&T) -> Value,
    ) -> T {
        let (value, origin) =
            said.or_else(|| self.layers.of_file(which)).unwrap_or((default, Origin::Default));
        self.note(name, shown(&value), origin);
        value
    }

    /// Writes down what was taken otherwise.
    pub(super) fn note(&mut self, name: &'static str, value: Value, origin: Origin) {
        self.settings.push(Setting { name, value, origin });
    }
}

/// What an option said.
pub(super) fn flag<T>(value: Option<T>, name: &'static str) -> Said<T> {
    value.map(|value| (value, Origin::Flag(name)))
}
