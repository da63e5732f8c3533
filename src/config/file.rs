//! The configuration's file: TOML, settings at the top and in `[profile.NAME]`, every value with its line.
//!
//! Promises: a mistake anywhere in it is told with file and line and the nearest right word, and nothing of a file with
//! a mistake counts; a token has no place in it, and none that stands there is repeated; a file that others could have
//! written is not believed, and no more than 256 KiB of it are read.

mod access;
mod keys;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::Color;
use super::values::profile_name;
use crate::client::ConfigError;
use crate::protocol::DeviceUuid;
use crate::text::notation::{self, Broken};
use crate::text::visible;

pub use keys::KEYS;

/// The table that holds the profiles.
const PROFILES: &str = "profile";
/// The setting that names the profile where nobody does.
const DEFAULT_PROFILE: &str = "default_profile";
/// Mistakes that are told at once: more are no help.
const TOLD: usize = 2;

/// A value and the line that it stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed<T> {
    /// What stands there.
    pub value: T,
    /// From 1.
    pub line: usize,
}

/// Where a file says that the token is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenPlace {
    /// `token_file = "…"`
    File(PathBuf),
    /// `token_command = "…"`
    Command(String),
    /// `token_keyring = true`
    Keyring,
}

/// The settings of the top level or of a profile; none where the file says nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Section {
    /// The service.
    pub base_url: Option<Placed<String>>,
    /// The mirror's file.
    pub mirror: Option<Placed<PathBuf>>,
    /// The device that a new mirror is.
    pub device: Option<Placed<DeviceUuid>>,
    /// Where the token is.
    pub token: Option<Placed<TokenPlace>>,
    /// Requests a second.
    pub rate: Option<Placed<u32>>,
    /// Exchanges for pages at one time.
    pub workers: Option<Placed<usize>>,
    /// Keys a pack.
    pub ack_pack: Option<Placed<usize>>,
    /// The age at which a pack leaves.
    pub ack_interval: Option<Placed<Duration>>,
    /// Bytes of the largest body.
    pub max_page: Option<Placed<u64>>,
    /// Tries of one exchange.
    pub tries: Option<Placed<u32>>,
    /// The console's theme.
    pub theme: Option<Placed<String>>,
    /// When there are colours.
    pub color: Option<Placed<Color>>,
    /// The time between two runs of `sync --watch`.
    pub watch: Option<Placed<Duration>>,
    /// Whether the terminal's title tells of a run.
    pub title: Option<Placed<bool>>,
    /// Whether the bell tells of a long run's end.
    pub bell: Option<Placed<bool>>,
}

/// A file without a mistake.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct File {
    /// Where it lies.
    pub path: PathBuf,
    /// What holds for every profile that says nothing else.
    pub top: Section,
    /// The profile where nobody names one.
    pub default_profile: Option<Placed<String>>,
    /// The profiles by name.
    pub profiles: BTreeMap<String, Section>,
}

/// Something wrong in a line.
struct Mistake {
    line: usize,
    /// The character in it, where the file is no TOML there.
    column: Option<usize>,
    what: String,
}

impl File {
    /// Reads the file; none where there is none.
    ///
    /// # Errors
    /// [`ConfigError`] with what is wrong with the file, or in which of its lines.
    pub fn load(path: &Path, home: Option<&Path>) -> Result<Option<Self>, ConfigError> {
        match access::read(path)? {
            Some(text) => Self::parse(path, &text, home).map(Some),
            None => Ok(None),
        }
    }

    /// Reads the file's text. Its paths begin at its folder, or with `~/` at `home`.
    ///
    /// # Errors
    /// [`ConfigError`] with the first mistakes.
    pub fn parse(path: &Path, text: &str, home: Option<&Path>) -> Result<Self, ConfigError> {
        let mut reading = Reading {
            file: Self { path: path.to_owned(), ..Self::default() },
            mistakes: Vec::new(),
            text,
            home,
        };
        reading.read();
        reading.mistakes.sort_by_key(|mistake| mistake.line);
        if reading.mistakes.is_empty() { Ok(reading.file) } else { Err(told(path, &reading.mistakes)) }
    }

    /// The file and a line of it, in a word.
    pub fn place(&self, line: usize) -> String {
        let name = self.path.file_name().unwrap_or(self.path.as_os_str());
        format!("{}:{line}", visible(&name.to_string_lossy()))
    }
}

/// A text on its way to a [`File`].
struct Reading<'a> {
    file: File,
    mistakes: Vec<Mistake>,
    text: &'a str,
    home: Option<&'a Path>,
}

impl Reading<'_> {
    fn read(&mut self) {
        let (root, errors) = DeTable::parse_recoverable(self.text);
        for error in errors {
            let at = error.span().map_or(0, |span| span.start);
            let Broken { line, column, what } = notation::broken(self.text, at, error.message());
            // What the parser makes of the rest of such a line is no second mistake.
            if self.mistakes.iter().all(|mistake| mistake.line != line) {
                self.mistakes.push(Mistake { line, column: Some(column), what });
            }
        }
        let broken: Vec<usize> = self.mistakes.iter().map(|mistake| mistake.line).collect();
        let mut top = Section::default();
        for (name, value) in in_order(root.get_ref()) {
            let (line, name) = (self.line(name.span().start), name.get_ref().as_ref());
            match (name, value.get_ref()) {
                _ if broken.contains(&line) => {}
                (PROFILES, DeValue::Table(profiles)) => self.profiles(profiles, &broken),
                (PROFILES, _) => self.mistake(line, "`profile` is a table for each profile, like [profile.work]; default_profile = \"work\" names the usual one"),
                (DEFAULT_PROFILE, value) => self.default_profile(value, line),
                (name, value) => self.setting(&mut top, name, value, line),
            }
        }
        self.file.top = top;
        self.check_default();
    }

    fn profiles(&mut self, profiles: &DeTable<'_>, broken: &[usize]) {
        for (name, value) in in_order(profiles) {
            let (line, name) = (self.line(name.span().start), name.get_ref().as_ref());
            let DeValue::Table(settings) = value.get_ref() else {
                if !broken.contains(&line) {
                    self.mistake(
                        line,
                        format!(
                            "`{}` in [profile] is no table; a profile begins with [profile.NAME]",
                            short(name)
                        ),
                    );
                }
                continue;
            };
            if let Err(ConfigError(what)) = profile_name(name, "a profile") {
                self.mistake(line, what);
            }
            let mut section = Section::default();
            for (key, value) in in_order(settings) {
                let (line, key) = (self.line(key.span().start), key.get_ref().as_ref());
                if !broken.contains(&line) {
                    self.setting(&mut section, key, value.get_ref(), line);
                }
            }
            self.file.profiles.insert(name.to_owned(), section);
        }
    }

    fn setting(&mut self, section: &mut Section, key: &str, value: &DeValue<'_>, line: usize) {
        let folder = self.file.path.parent().unwrap_or(Path::new(""));
        if let Err(what) = keys::put(section, key, value, &keys::At { line, folder, home: self.home }) {
            self.mistake(line, what);
        }
    }

    fn default_profile(&mut self, value: &DeValue<'_>, line: usize) {
        match value.as_str().map(|name| (name, profile_name(name, DEFAULT_PROFILE))) {
            Some((name, Ok(()))) => self.file.default_profile = Some(Placed { value: name.to_owned(), line }),
            Some((_, Err(ConfigError(what)))) => self.mistake(line, what),
            None => self.mistake(line, "`default_profile` is a text, the name of a profile"),
        }
    }

    /// The usual profile is one that there is.
    fn check_default(&mut self) {
        let Some(named) = &self.file.default_profile else { return };
        if let Err(ConfigError(what)) = self.file.profile(&named.value, DEFAULT_PROFILE) {
            let line = named.line;
            self.mistake(line, what);
        }
    }

    fn mistake(&mut self, line: usize, what: impl Into<String>) {
        self.mistakes.push(Mistake { line, column: None, what: what.into() });
    }

    fn line(&self, at: usize) -> usize {
        1 + self.text.bytes().take(at).filter(|byte| *byte == b'\n').count()
    }
}

impl File {
    /// A profile's settings; none where the file has no profiles at all: then any name is one.
    ///
    /// # Errors
    /// There are profiles and none of that name; `named` is who named it.
    pub fn profile(&self, name: &str, named: &str) -> Result<Option<&Section>, ConfigError> {
        let section = self.profiles.get(name);
        if section.is_some() || self.profiles.is_empty() || name == super::PROFILE {
            return Ok(section);
        }
        let names = || self.profiles.keys().map(String::as_str);
        let near = match crate::text::nearest(name, names()) {
            Some(near) => format!("did you mean {near}?"),
            None => format!("there are {}", names().collect::<Vec<_>>().join(", ")),
        };
        Err(ConfigError(format!(
            "{named} {}: there is no [profile.{0}] in {}; {near}",
            short(name),
            visible(&self.path.to_string_lossy())
        )))
    }
}

/// A table's entries as they stand in the file.
fn in_order<'t, 'a>(table: &'t DeTable<'a>) -> Vec<(&'t Spanned<DeString<'a>>, &'t Spanned<DeValue<'a>>)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(name, _)| name.span().start);
    entries
}

/// The first mistakes, a line each.
fn told(path: &Path, mistakes: &[Mistake]) -> ConfigError {
    let path = path.to_string_lossy();
    let path = visible(&path);
    let mut text = String::new();
    for mistake in mistakes.iter().take(TOLD) {
        let newline = if text.is_empty() { "" } else { "\n" };
        let place = match mistake.column {
            Some(column) => format!("{}:{column} is no TOML", mistake.line),
            None => mistake.line.to_string(),
        };
        let _ = write!(text, "{newline}{path}:{place}: {}", visible(&mistake.what)); // a String takes everything
    }
    match mistakes.len().saturating_sub(TOLD) {
        0 => {}
        1 => text += " (and one more mistake)",
        more => {
            let _ = write!(text, " (and {more} more mistakes)"); // the same
        }
    }
    ConfigError(text)
}

/// What somebody wrote, as far as a message has room for it.
fn short(text: &str) -> String {
    const MOST: usize = 60;
    if super::token::looks_like_a_token(text) {
        return "… (not shown: it looks like a token)".to_owned();
    }
    let shown: String = text.chars().take(MOST).collect();
    let more = if shown.len() < text.len() { "…" } else { "" };
    format!("{}{more}", visible(&shown))
}
