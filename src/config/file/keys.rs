//! The settings that a file can hold: their names, what they take, and what is said of what they do not.

use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::de::DeValue;

use super::{Placed, Section, TokenPlace, short};
use crate::client::{self, ConfigError, Door};
use crate::config::looks_like_a_token;
use crate::config::token::holds_a_token;
use crate::config::values::{duration, pause, size, within};
use crate::config::{Color, MOST_WORKERS};
use crate::text::nearest;

/// The names of all settings, at the top or in a profile.
pub const KEYS: [&str; 17] = [
    "base_url",
    "mirror",
    "device_uuid",
    "token_file",
    "token_command",
    "token_keyring",
    "rate",
    "workers",
    "ack_pack",
    "ack_interval",
    "max_page",
    "tries",
    "theme",
    "color",
    "watch",
    "title",
    "bell",
];

/// Names that somebody may give to a token that stands in the file itself.
const TOKENS: [&str; 9] = [
    "token",
    "access_token",
    "api_token",
    "api_key",
    "bearer",
    "password",
    "secret",
    "auth",
    "authorization",
];

/// Where a value stands.
pub(super) struct At<'a> {
    /// The line, from 1.
    pub(super) line: usize,
    /// The file's folder, where its paths begin.
    pub(super) folder: &'a Path,
    /// The user's home.
    pub(super) home: Option<&'a Path>,
}

/// Puts a value into its place, or says what is wrong.
pub(super) fn put(section: &mut Section, key: &str, value: &DeValue<'_>, at: &At<'_>) -> Result<(), String> {
    let line = at.line;
    let taken = Value { key, value };
    let given_away = |text: &str| looks_like_a_token(text) || key == "token_command" && holds_a_token(text);
    if key.starts_with("token_") && value.as_str().is_some_and(given_away) {
        return Err(format!(
            "`{}`: what is there looks like the token itself (not shown here), which has no place in this file: make a new \
             one and keep it elsewhere",
            short(key)
        ));
    }
    match key {
        "base_url" => section.base_url = Some(Placed { value: taken.url()?, line }),
        "mirror" => section.mirror = Some(Placed { value: taken.path(at)?, line }),
        "device_uuid" => {
            let uuid = taken.text("a UUID in quotes")?.trim().parse().map_err(|_| {
                taken.wrong(
                    "no UUID; write one like \"4f0c6f0e-6d5e-4a7e-9d6c-0a5f6d1b2c3d\", or leave it out",
                )
            })?;
            section.device = Some(Placed { value: uuid, line });
        }
        "token_file" => token(section, TokenPlace::File(taken.path(at)?), line)?,
        "token_command" => {
            let words = taken.text("a command in quotes, like \"pass show sell\"")?;
            if words.trim().is_empty() {
                return Err("`token_command` is empty; write a command like \"pass show sell\"".to_owned());
            }
            token(section, TokenPlace::Command(words.to_owned()), line)?;
        }
        // `false` is what it is without the line.
        "token_keyring" if !taken.truth()? => {}
        "token_keyring" => token(section, TokenPlace::Keyring, line)?,
        "rate" => section.rate = Some(Placed { value: taken.number("10")?, line }),
        "workers" => section.workers = Some(Placed { value: taken.count("4", MOST_WORKERS)?, line }),
        "ack_pack" => section.ack_pack = Some(Placed { value: taken.count("1000", usize::MAX)?, line }),
        "ack_interval" => {
            section.ack_interval = Some(Placed { value: taken.time("\"5s\"", duration)?, line });
        }
        "max_page" => section.max_page = Some(Placed { value: taken.size()?, line }),
        "tries" => section.tries = Some(Placed { value: taken.count("8", u32::MAX)?, line }),
        "theme" => {
            section.theme =
                Some(Placed { value: taken.text("a name in quotes, like \"dark\"")?.to_owned(), line });
        }
        "color" => section.color = Some(Placed { value: taken.color()?, line }),
        "watch" => section.watch = Some(Placed { value: taken.time("\"5m\"", pause)?, line }),
        "title" => section.title = Some(Placed { value: taken.truth()?, line }),
        "bell" => section.bell = Some(Placed { value: taken.truth()?, line }),
        _ => return Err(unknown(key)),
    }
    Ok(())
}

/// A place for the token, the only one of its section.
fn token(section: &mut Section, place: TokenPlace, line: usize) -> Result<(), String> {
    if let Some(first) = &section.token {
        return Err(format!("the token has a place already, in line {}; keep one of the two", first.line));
    }
    section.token = Some(Placed { value: place, line });
    Ok(())
}

/// What is said of a name that is no setting.
fn unknown(key: &str) -> String {
    let plain = key.to_ascii_lowercase().replace('-', "_");
    if TOKENS.contains(&plain.as_str()) {
        return format!(
            "`{}`: the token itself has no place in this file, which is copied, shown and backed up; use token_command = \
             \"pass show sell\", token_keyring = true or token_file = \"token\" (mode 0600), and make a new token if it was \
             shared",
            short(key)
        );
    }
    if plain == "profile" || plain == "default_profile" {
        return format!("`{plain}` stands at the top, before the first [profile.NAME]");
    }
    let words = KEYS.into_iter().chain([super::PROFILES, super::DEFAULT_PROFILE]);
    match nearest(&plain, words) {
        Some(near) if near == super::PROFILES => {
            format!("`{}` is no setting; did you mean [profile.NAME]?", short(key))
        }
        Some(near) => format!("`{}` is no setting; did you mean `{near}`?", short(key)),
        None => format!("`{}` is no setting; there are {}", short(key), KEYS.join(", ")),
    }
}

/// A value and the setting that it is for.
struct Value<'a> {
    key: &'a str,
    value: &'a DeValue<'a>,
}

impl<'a> Value<'a> {
    /// A text; `wanted` says what it should be.
    fn text(&self, wanted: &str) -> Result<&'a str, String> {
        self.value.as_str().ok_or_else(|| self.odd(wanted))
    }

    fn url(&self) -> Result<String, String> {
        let url = self.text("a URL in quotes, like \"https://api.getbase.com\"")?;
        client::origin(url, Door::File).map_err(|ConfigError(what)| format!("`{}`: {what}", self.key))?;
        Ok(url.to_owned())
    }

    /// A file, from the user's home or from the folder that the configuration is in.
    fn path(&self, at: &At<'_>) -> Result<PathBuf, String> {
        let text = self.text("a file's name in quotes")?;
        if text.is_empty() {
            return Err(format!("`{}` is empty; name a file", self.key));
        }
        match (text.strip_prefix("~/"), at.home) {
            (Some(rest), Some(home)) => Ok(home.join(rest)),
            (Some(_), None) => {
                Err(format!("`{}` begins with ~, but no home folder is known; write it in full", self.key))
            }
            (None, _) => Ok(at.folder.join(text)),
        }
    }

    fn integer<N: TryFrom<i128>>(&self, like: &str) -> Result<N, String> {
        let DeValue::Integer(number) = self.value else {
            return Err(self.odd(&format!("a whole number, like {like}")));
        };
        let number = i128::from_str_radix(number.as_str(), number.radix()).ok();
        number
            .and_then(|number| N::try_from(number).ok())
            .ok_or_else(|| self.wrong(&format!("out of bounds; write one like {like}")))
    }

    fn number(&self, like: &str) -> Result<u32, String> {
        self.integer(like)
    }

    /// A number that is at least 1.
    fn count<N>(&self, like: &str, most: N) -> Result<N, String>
    where
        N: Copy + PartialOrd + From<u8> + std::fmt::Display + TryFrom<i128>,
    {
        within(&format!("`{}`", self.key), self.integer(like)?, most).map_err(|ConfigError(what)| what)
    }

    /// A span of time, as `read` reads it.
    fn time(&self, like: &str, read: fn(&str) -> Result<Duration, String>) -> Result<Duration, String> {
        let wanted = format!("a span of time in quotes, like {like}");
        read(self.text(&wanted)?).map_err(|why| self.wrong(&format!("no time: {why}")))
    }

    fn size(&self) -> Result<u64, String> {
        if matches!(self.value, DeValue::Integer(_)) {
            return self.count("134217728", u64::MAX);
        }
        size(self.text("a size, like \"128MiB\"")?).map_err(|why| self.wrong(&format!("no size: {why}")))
    }

    fn truth(&self) -> Result<bool, String> {
        let DeValue::Boolean(truth) = self.value else {
            return Err(self.odd("true or false, without quotes"));
        };
        Ok(*truth)
    }

    fn color(&self) -> Result<Color, String> {
        let text = self.text("\"auto\", \"always\" or \"never\"")?;
        Color::ALL.into_iter().find(|color| color.name() == text).ok_or_else(|| {
            match nearest(text, Color::ALL.map(Color::name)) {
                Some(near) => self.wrong(&format!("none of its words; did you mean \"{near}\"?")),
                None => self.wrong("none of auto, always, never"),
            }
        })
    }

    /// Says that a value is of another kind. The value is not repeated: it may be anything.
    fn odd(&self, wanted: &str) -> String {
        let is = match self.value {
            DeValue::String(_) => "a text",
            DeValue::Integer(_) => "a whole number",
            DeValue::Float(_) => "a number with a point",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        format!("`{}` is {is}; it must be {wanted}", self.key)
    }

    /// Says that a value is none of its kind.
    fn wrong(&self, what: &str) -> String {
        match self.value {
            DeValue::String(text) => format!("`{}` is \"{}\", {what}", self.key, short(text)),
            DeValue::Integer(number) => format!("`{}` is {}, {what}", self.key, short(number.as_str())),
            _ => format!("`{}` is {what}", self.key),
        }
    }
}
