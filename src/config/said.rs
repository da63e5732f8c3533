//! The settings that are more than a value in a layer: which profile, which mirror, which device, whose token, and numbers
//! within their bounds.
//!
//! Promise: each is looked for in the order of the layers, and what cannot be so is told with the option's or the
//! variable's name and what to write instead.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::environment::{lookup, words};
use super::layers::{self, Layers, Origin, Said, Taken, flag};
use super::token::{self, Entry, TokenSource, looks_like_a_token};
use super::values::{profile_name, within};
use super::{DEVICE_VAR, MIRROR_VAR, PROFILE, PROFILE_VAR, Surroundings, TOKEN_COMMAND_VAR, TOKEN_VAR};
use crate::client::ConfigError;
use crate::protocol::DeviceUuid;
use crate::text::visible;

/// What a variable says.
pub(super) fn variable(around: Surroundings<'_>, name: &'static str) -> Result<Said<String>, ConfigError> {
    Ok(words(around, name)?.map(|text| (text, Origin::Variable(name))))
}

/// The mirror's file.
pub(super) fn mirror(
    flag: Option<PathBuf>,
    profile: &str,
    taken: &mut Taken<'_>,
    layers: Layers<'_>,
    around: Surroundings<'_>,
) -> Result<PathBuf, ConfigError> {
    let variable =
        || lookup(around, MIRROR_VAR).map(|file| (PathBuf::from(file), Origin::Variable(MIRROR_VAR)));
    let said = layers::flag(flag, "--mirror").or_else(variable).or_else(|| layers.of_file(|s| &s.mirror));
    let (file, origin) = match said {
        Some(said) => said,
        None => (around.folders.ok_or_else(homeless)?.mirror(profile), Origin::Default),
    };
    if file.as_os_str().is_empty() {
        return Err(ConfigError("--mirror is empty; name a file".to_owned()));
    }
    taken.note("mirror", json!(visible(&file.to_string_lossy())), origin);
    Ok(file)
}

/// The token's source: an option's, the environment's, else the file's; the keyring's where nobody says anything.
pub(super) fn token(
    named: token::Named,
    entry: Option<&Entry>,
    taken: &mut Taken<'_>,
    layers: Layers<'_>,
    around: Surroundings<'_>,
) -> Result<TokenSource, ConfigError> {
    let written = match &named {
        token::Named { file: Some(_), .. } => Some(Origin::Flag("--token-file")),
        token::Named { command: Some(_), .. } => Some(Origin::Flag("--token-command")),
        token::Named { keyring: true, .. } => Some(Origin::Flag("--token-keyring")),
        _ => None,
    };
    let mut source = TokenSource::find(named, entry.cloned(), around)?;
    let mut origin = match (&source, written) {
        (_, Some(origin)) => origin,
        (TokenSource::Environment(_) | TokenSource::Unreadable, None) => Origin::Variable(TOKEN_VAR),
        (TokenSource::Command { .. }, None) => Origin::Variable(TOKEN_COMMAND_VAR),
        (_, None) => Origin::Default,
    };
    if !source.is_there()
        && let Some((place, line)) = layers.of_file(|s| &s.token)
    {
        (source, origin) = (TokenSource::of_file(place, entry)?, line);
    }
    let value = match &source {
        TokenSource::File { path, .. } => json!(format!("the file {}", visible(&path.to_string_lossy()))),
        TokenSource::Command { words, .. } if looks_like_a_token(words) => json!("a command (not shown)"),
        TokenSource::Command { words, .. } => json!(format!("the command {}", visible(words))),
        TokenSource::Keyring { entry, named: true, .. } => json!(entry.to_string()),
        TokenSource::Keyring { entry, named: false, .. } => json!(format!("{entry}, if it has one")),
        TokenSource::Environment(_) | TokenSource::Unreadable => json!("the variable's value (not shown)"),
        TokenSource::Missing => Value::Null,
    };
    taken.note("token", value, origin);
    Ok(source)
}

/// The device that a new mirror is to be.
pub(super) fn device(
    flag: Option<String>,
    around: Surroundings<'_>,
) -> Result<Said<DeviceUuid>, ConfigError> {
    let (text, name, origin) = match flag {
        Some(text) => (text, "--device-uuid", Origin::Flag("--device-uuid")),
        None => match words(around, DEVICE_VAR)? {
            Some(text) => (text, DEVICE_VAR, Origin::Variable(DEVICE_VAR)),
            None => return Ok(None),
        },
    };
    text.trim().parse().map(|device| Some((device, origin))).map_err(|_| {
        let shown: String = text.chars().take(60).collect();
        ConfigError(format!(
            "{name} is \"{}\", which is no UUID; write one like 4f0c6f0e-6d5e-4a7e-9d6c-0a5f6d1b2c3d, or leave it out \
             and the mirror gets its own",
            visible(&shown)
        ))
    })
}

/// The profile, and who named it.
pub(super) fn profile(
    flag: Option<String>,
    around: Surroundings<'_>,
) -> Result<(String, Origin), ConfigError> {
    let of_file = || {
        let named = around.file.and_then(|file| file.default_profile.as_ref())?;
        Some((named.value.clone(), Origin::File(named.line)))
    };
    let said = layers::flag(flag, "--profile").or(variable(around, PROFILE_VAR)?).or_else(of_file);
    let (name, origin) = said.unwrap_or_else(|| (PROFILE.to_owned(), Origin::Default));
    profile_name(&name, naming(origin))?;
    Ok((name, origin))
}

/// Who names a profile, for messages.
pub(super) fn naming(origin: Origin) -> &'static str {
    match origin {
        Origin::Flag(name) | Origin::Variable(name) => name,
        Origin::File(_) | Origin::Default => "default_profile",
    }
}

/// A flag's number, which is at least 1.
pub(super) fn counted<N>(value: Option<N>, name: &'static str, most: N) -> Result<Said<N>, ConfigError>
where
    N: Copy + PartialOrd + From<u8> + std::fmt::Display,
{
    let value = value.map(|n| within(name, n, most)).transpose()?;
    Ok(flag(value, name))
}

fn homeless() -> ConfigError {
    ConfigError(format!(
        "no home folder is known for the mirror; name its file with --mirror or {MIRROR_VAR}"
    ))
}
