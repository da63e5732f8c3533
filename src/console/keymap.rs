//! Keys to actions: `keymap.toml` as built in, with the user's file laid over it key by key.
//!
//! Promise: a mistake in the user's file is told with file and line and costs that one line; the default stands there.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use toml::de::{DeTable, DeValue};

use super::action::{ACTIONS, Action, Scope};
use super::key::Key;
use crate::text::visible;

/// The keymap that is built in.
pub const DEFAULT: &str = include_str!("../../keymap.toml");

/// What pressing a key came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hit {
    /// An action.
    Action(Action),
    /// The beginning of a sequence: the next key decides.
    More,
    /// Nothing.
    None,
}

/// A mistake in a keymap file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The file, as the user named it.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, and what was done about it.
    pub what: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", visible(&self.file), self.line, visible(&self.what))
    }
}

type Table = BTreeMap<Vec<Key>, Bound>;

/// An action with its key's place: keys are shown in the order of the file, a user's before the built-in ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bound {
    action: Action,
    place: (std::cmp::Reverse<u8>, usize),
}

/// The live keymap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keymap {
    tables: BTreeMap<Scope, Table>,
    /// Files laid over each other so far.
    files: u8,
}

impl Keymap {
    /// The built-in keymap.
    pub fn built_in() -> Self {
        let mut keymap = Self { tables: BTreeMap::new(), files: 0 };
        let mistakes = keymap.lay_over("keymap.toml", DEFAULT);
        debug_assert!(mistakes.is_empty(), "{mistakes:?}");
        keymap
    }

    /// The built-in keymap with the user's file over it. A file that is not there is no mistake.
    pub fn load(file: Option<&Path>) -> (Self, Vec<Mistake>) {
        let mut keymap = Self::built_in();
        let Some(file) = file else { return (keymap, Vec::new()) };
        let name = file.display().to_string();
        let mistakes = match std::fs::read_to_string(file) {
            Ok(text) => keymap.lay_over(&name, &text),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(e) => vec![Mistake { file: name, line: 1, what: format!("cannot be read: {e}") }],
        };
        (keymap, mistakes)
    }

    /// Lays a file's text over this keymap and tells its mistakes, in the order of their lines.
    pub fn lay_over(&mut self, file: &str, text: &str) -> Vec<Mistake> {
        let mut overlay = Overlay {
            keymap: self,
            file,
            text,
            new: BTreeMap::new(),
            mistakes: Vec::new(),
            broken: Vec::new(),
        };
        overlay.read();
        overlay.mistakes.sort_by_key(|m| m.line);
        overlay.mistakes
    }

    /// What `keys`, pressed one after the other, mean where `scopes` are looked at in this order.
    pub fn hit(&self, scopes: &[Scope], keys: &[Key]) -> Hit {
        for scope in scopes {
            let Some(table) = self.tables.get(scope) else { continue };
            if let Some(bound) = table.get(keys) {
                return Hit::Action(bound.action);
            }
            if table.keys().any(|k| k.len() > keys.len() && k.starts_with(keys)) {
                return Hit::More;
            }
        }
        Hit::None
    }

    /// The keys of an action where `scopes` are looked at, in the order of the keymap's file.
    pub fn keys_in(&self, scopes: &[Scope], action: Action) -> Vec<String> {
        self.keys_that(scopes, action, |_| true)
    }

    /// Those of them that fit.
    pub fn keys_that(&self, scopes: &[Scope], action: Action, fits: impl Fn(&[Key]) -> bool) -> Vec<String> {
        let tables = scopes.iter().filter_map(|scope| self.tables.get(scope));
        let bound = tables.flatten().filter(|(k, b)| b.action == action && fits(k));
        let mut keys: Vec<_> = bound.map(|(k, b)| (b.place, k)).collect();
        keys.sort();
        keys.into_iter().map(|(_, k)| spell(k)).collect()
    }

    /// The first key of an action, wherever it works; none where it has none.
    pub fn key_of(&self, action: Action) -> Option<String> {
        self.keys_in(&Scope::ALL, action).into_iter().next()
    }

    /// Every key of a scope with its action.
    pub fn bindings(&self, scope: Scope) -> impl Iterator<Item = (&[Key], Action)> {
        self.tables.get(&scope).into_iter().flatten().map(|(k, b)| (k.as_slice(), b.action))
    }
}

fn spell(keys: &[Key]) -> String {
    keys.iter().map(Key::to_string).collect::<Vec<_>>().join(" ")
}

/// One file on its way over a keymap.
struct Overlay<'a> {
    keymap: &'a mut Keymap,
    file: &'a str,
    text: &'a str,
    /// What this file has bound so far, with its line: two lines of one file must not fight.
    new: BTreeMap<Scope, BTreeMap<Vec<Key>, usize>>,
    mistakes: Vec<Mistake>,
    /// Lines that TOML itself could not read: what the parser guessed there is not believed.
    broken: Vec<usize>,
}

impl Overlay<'_> {
    fn read(&mut self) {
        let (root, errors) = DeTable::parse_recoverable(self.text);
        for error in errors {
            let at = error.span().map_or(0, |s| s.start);
            let line = self.line(at);
            if !self.broken.contains(&line) {
                self.broken.push(line);
                self.mistake(at, format!("{}; this line is left out", error.message().replace('\n', " ")));
            }
        }
        for (name, value) in root.get_ref() {
            let at = name.span().start;
            let scope = Scope::ALL.into_iter().find(|s| s.name() == name.get_ref().as_ref());
            match (scope, value.get_ref()) {
                (Some(scope), DeValue::Table(table)) => {
                    for (keys, action) in table {
                        self.binding(scope, keys.span().start, keys.get_ref(), action.get_ref());
                    }
                }
                (_, _) if self.broken.contains(&self.line(at)) => {}
                _ => {
                    let known = Scope::ALL.map(Scope::name).join("], [");
                    self.mistake(
                        at,
                        format!("`{}` is no place for keys; there are [{known}]", name.get_ref()),
                    );
                }
            }
        }
    }

    fn binding(&mut self, scope: Scope, at: usize, keys: &str, action: &DeValue<'_>) {
        if self.broken.contains(&self.line(at)) {
            return;
        }
        if let Err(what) = self.bind(scope, at, keys, action) {
            self.mistake(at, format!("{what}; the default stands"));
        }
    }

    fn bind(&mut self, scope: Scope, at: usize, keys: &str, action: &DeValue<'_>) -> Result<(), String> {
        let sequence = keys.split_whitespace().map(Key::parse).collect::<Result<Vec<_>, _>>()?;
        if sequence.is_empty() {
            return Err("an empty key".to_owned());
        }
        let Some(name) = action.as_str() else { return Err(format!("`{keys}` needs the name of an action")) };
        let line = self.line(at);
        let new = self.new.entry(scope).or_default();
        if let Some((other, l)) =
            new.iter().find(|(k, _)| k.starts_with(&sequence) || sequence.starts_with(k))
        {
            return Err(format!("`{keys}` collides with `{}` of line {l}", spell(other)));
        }
        let table = self.keymap.tables.entry(scope).or_default();
        if name == "none" {
            table.remove(&sequence);
        } else {
            let entry = Action::named(name).ok_or_else(|| unknown(name))?;
            if !entry.scopes.contains(&scope) && !entry.scopes.contains(&Scope::Global) {
                let known: Vec<_> = entry.scopes.iter().map(|s| s.name()).collect();
                return Err(format!("`{name}` works in [{}] only", known.join("] and [")));
            }
            // The user's key goes before a default that begins with it or that it begins with.
            table.retain(|k, _| !(k.starts_with(&sequence) || sequence.starts_with(k)));
            let place = (std::cmp::Reverse(self.keymap.files), at);
            table.insert(sequence.clone(), Bound { action: entry.action, place });
        }
        new.insert(sequence, line);
        Ok(())
    }

    fn line(&self, at: usize) -> usize {
        1 + self.text.char_indices().take_while(|(i, _)| *i < at).filter(|(_, c)| *c == '\n').count()
    }

    fn mistake(&mut self, at: usize, what: String) {
        let line = self.line(at);
        self.mistakes.push(Mistake { file: self.file.to_owned(), line, what });
    }
}

/// Says that there is no such action, and which one may have been meant.
fn unknown(name: &str) -> String {
    let likely = ACTIONS.iter().find(|e| e.name.contains(name) || name.contains(e.name));
    match likely {
        Some(entry) => format!("`{name}` is no action (`{}`?)", entry.name),
        None => format!("`{name}` is no action; `?` in the console lists them"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::key::Code;

    #[test]
    fn every_action_is_bound_described_and_alone() {
        let mut keymap = Keymap { tables: BTreeMap::new(), files: 0 };
        assert_eq!(keymap.lay_over("keymap.toml", DEFAULT), []);
        for entry in ACTIONS {
            for scope in entry.scopes {
                let keys = keymap.keys_in(&[*scope], entry.action);
                assert!(!keys.is_empty(), "{} has no key in [{}]", entry.name, scope.name());
            }
            assert!(!entry.help.is_empty() && !entry.short.is_empty(), "{} is not described", entry.name);
            assert_eq!(entry.action.entry().name, entry.name, "{} is in the table twice", entry.name);
        }
    }

    /// Every stack of scopes that keys are looked for in: of the screens in their states, and of what lies over them.
    fn stacks() -> Vec<&'static [Scope]> {
        use crate::console::model::{Model, Naming, Overlay, Screen, Serving, Welcome, naming, sql, welcome};
        let fresh = || Model::new("demo", "host", jiff::Timestamp::UNIX_EPOCH);
        let mut models = Vec::new();
        for screen in [Screen::Sync, Screen::Browse, Screen::Acks, Screen::Wire, Screen::Sql, Screen::History]
        {
            models.push(Model { screen, ..fresh() });
        }
        let mut rows = Model { screen: Screen::Sql, ..fresh() };
        rows.sql.pane = sql::Pane::Results;
        let mut filter = Model { screen: Screen::Wire, ..fresh() };
        filter.wire.typing = true;
        let mut prompt = Model { screen: Screen::Browse, ..fresh() };
        let ask = crate::console::model::prompt::Ask::Filter;
        prompt.browse.prompt = Some(crate::console::model::prompt::Prompt::new(ask, ""));
        let served = Some(Serving::new("http://127.0.0.1:8080", Vec::new()));
        let serving = Model { screen: Screen::Wire, serving: served, ..fresh() };
        let what = naming::For::Search;
        let line = crate::console::edit::Line::default();
        let asked = Model { naming: Some(Naming { what, line, error: None }), ..fresh() };
        models.extend(vec![rows, filter, prompt, serving, asked]);
        for at in [
            welcome::At::Choosing,
            welcome::At::Service,
            welcome::At::Source,
            welcome::At::Place,
            welcome::At::Mirror,
            welcome::At::Testing,
        ] {
            models.push(Model { welcome: Some(Welcome { at, ..Welcome::default() }), ..fresh() });
        }
        let overlays = [
            Overlay::Help(0),
            Overlay::Bend,
            Overlay::Connect,
            Overlay::Palette,
            Overlay::Whole,
            Overlay::Saved,
            Overlay::AskQuit,
            Overlay::NewDevice,
        ];
        let of_screens = models.iter().map(Model::scopes);
        of_screens.chain(overlays.map(Overlay::scopes)).collect()
    }

    #[test]
    fn no_two_keys_collide_wherever_keys_are_looked_for() {
        use Action::{Bottom, Down, Left, NextPane, PageDown, PageUp, PreviousPane, Right, Top, Up};
        // A line that is typed and a lever have movements of their own; nothing else goes before what works everywhere.
        let moves = [Up, Down, Left, Right, PageUp, PageDown, Top, Bottom, NextPane, PreviousPane];
        let keymap = Keymap::built_in();
        let mut met = std::collections::BTreeSet::<Scope>::new();
        for stack in stacks() {
            met.extend(stack.iter().copied());
            for (n, upper) in stack.iter().enumerate() {
                for lower in &stack[n + 1..] {
                    for (own, _) in keymap.bindings(*upper) {
                        for (other, action) in keymap.bindings(*lower) {
                            let collide = own.starts_with(other) || other.starts_with(own);
                            let meant = *lower == Scope::Global && moves.contains(&action);
                            assert!(!collide || meant, "{upper:?} over {lower:?}: {}", spell(own));
                        }
                    }
                }
            }
        }
        assert_eq!(met.len(), Scope::ALL.len(), "a scope is in no stack");
    }

    #[test]
    fn the_users_file_goes_over_the_default_key_by_key() {
        let mut keymap = Keymap::built_in();
        assert_eq!(
            keymap.lay_over("k", "[sync]\nb = \"sync\"\ns = \"none\"\n[global]\n\"g t\" = \"bottom\"\n"),
            []
        );
        let scopes = [Scope::Sync, Scope::Global];
        assert_eq!(keymap.hit(&scopes, &[Key::char('b')]), Hit::Action(Action::Sync));
        assert_eq!(keymap.hit(&scopes, &[Key::char('s')]), Hit::None);
        assert_eq!(keymap.hit(&scopes, &[Key::char('g')]), Hit::More);
        assert_eq!(keymap.hit(&scopes, &[Key::char('g'), Key::char('t')]), Hit::Action(Action::Bottom));
        assert_eq!(keymap.hit(&scopes, &[Key::char('g'), Key::char('g')]), Hit::Action(Action::Top));
        assert_eq!(keymap.hit(&scopes, &[Key::plain(Code::F(9))]), Hit::None);
    }

    #[test]
    fn a_mistake_is_told_with_its_line_and_costs_that_line_only() {
        let text = "[sync]\nb = \"sync\"\nnokey = \"sync\"\nc = \"dance\"\nB = \"pause\"\nshift-b = \"stop\"\nd = 7\n\
                    [browse]\ns = \"sync\"\n[nowhere]\nx = \"sync\"\n[global]\nz = quit\ny = \"quit\"\n";
        let mut keymap = Keymap::built_in();
        let told: Vec<_> = keymap.lay_over("my.toml", text).iter().map(ToString::to_string).collect();
        let lines: Vec<_> =
            told.iter().map(|m| m.split(':').nth(1).unwrap().parse::<u32>().unwrap()).collect();
        assert_eq!(lines, [3, 4, 6, 7, 9, 10, 13], "{told:#?}");
        assert!(told[2].contains("collides with `B` of line 5"), "{told:#?}");
        let scopes = [Scope::Sync, Scope::Global];
        assert_eq!(keymap.hit(&scopes, &[Key::char('b')]), Hit::Action(Action::Sync));
        assert_eq!(keymap.hit(&scopes, &[Key::char('B')]), Hit::Action(Action::Pause));
        assert_eq!(keymap.hit(&scopes, &[Key::char('y')]), Hit::Action(Action::Quit));
        assert_eq!(keymap.hit(&scopes, &[Key::char('s')]), Hit::Action(Action::Sync));
    }
}
