//! Where the token comes from: a file that nobody else can read, a command, or the environment; in that order, since
//! what is written on the command line is meant.

mod command;

use std::ffi::OsString;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use secrecy::SecretString;
use zeroize::Zeroizing;

use crate::client::{ConfigError, check_token};
use crate::text::visible;

use super::{Surroundings, TOKEN_COMMAND_VAR, TOKEN_VAR};

/// The most that is read of a token's file: somebody may name the wrong one.
const LONGEST: u64 = 64 * 1024;

/// A token and where it came from, in words.
#[derive(Debug, Clone)]
pub struct Token {
    /// The token; never shown.
    pub value: SecretString,
    /// `BASECRM_ACCESS_TOKEN`, `--token-file …`.
    pub source: String,
}

/// Where the token comes from, in the order in which it is looked for. Nothing here shows it.
#[derive(Debug, Clone)]
pub enum TokenSource {
    /// `--token-file FILE`, read when a run begins.
    File(PathBuf),
    /// `--token-command COMMAND`, or the variable's, run when a run begins.
    Command {
        /// For a shell.
        words: String,
        /// The option or the variable.
        named: &'static str,
        /// Whether its stderr may go to ours.
        aloud: bool,
        /// What was read ahead, for the next who reads.
        ahead: Arc<Mutex<Option<SecretString>>>,
    },
    /// The variable's value.
    Environment(SecretString),
    /// The variable holds what is no text.
    Unreadable,
    /// Nowhere.
    Missing,
}

impl TokenSource {
    pub(super) fn find(
        file: Option<PathBuf>,
        command: Option<String>,
        around: Surroundings<'_>,
    ) -> Result<Self, ConfigError> {
        if let Some(file) = file {
            return Ok(Self::File(file));
        }
        if let Some(words) = command {
            return Ok(Self::Command {
                words,
                named: "--token-command",
                aloud: false,
                ahead: Arc::default(),
            });
        }
        Ok(match (around.env)(TOKEN_VAR).map(OsString::into_string) {
            Some(Ok(value)) => Self::Environment(SecretString::from(value)),
            Some(Err(_)) => Self::Unreadable,
            None => match super::words(around, TOKEN_COMMAND_VAR)? {
                Some(words) => {
                    Self::Command { words, named: TOKEN_COMMAND_VAR, aloud: false, ahead: Arc::default() }
                }
                None => Self::Missing,
            },
        })
    }

    /// The source that the configuration's file names.
    pub(super) fn of_file(place: super::TokenPlace) -> Self {
        match place {
            super::TokenPlace::File(path) => Self::File(path),
            super::TokenPlace::Command(words) => {
                Self::Command { words, named: "token_command", aloud: false, ahead: Arc::default() }
            }
            // Refused where the file is read, until there is one.
            super::TokenPlace::Keyring => Self::Missing,
        }
    }

    /// Reads the token, to see whether there is one; a command is not run again for the next who reads.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn read_ahead(&self) -> Result<Token, ConfigError> {
        let token = self.read()?;
        if let Self::Command { ahead, .. } = self {
            *ahead.lock().unwrap_or_else(PoisonError::into_inner) = Some(token.value.clone());
        }
        Ok(token)
    }

    /// From now on a command's stderr goes to ours: for callers that draw nothing.
    pub fn aloud(&mut self) {
        if let Self::Command { aloud, .. } = self {
            *aloud = true;
        }
    }

    /// Whether somebody said where a token is; it may still be none that can be used.
    pub fn is_there(&self) -> bool {
        !matches!(self, Self::Missing)
    }

    /// Reads the token.
    ///
    /// # Errors
    /// [`ConfigError`] that says where a token is looked for, or what is wrong with this one, without showing it.
    pub fn read(&self) -> Result<Token, ConfigError> {
        let token = match self {
            Self::File(path) if looks_like_a_token(&path.to_string_lossy()) && !path.exists() => {
                return Err(misplaced("--token-file wants the name of a file that has the token in it"));
            }
            Self::Command { words, named, .. } if looks_like_a_token(words) => {
                return Err(misplaced(&format!("{named} wants a command that writes the token")));
            }
            Self::Command { words, named, aloud, ahead } => {
                let kept = ahead.lock().unwrap_or_else(PoisonError::into_inner).take();
                let value = match kept {
                    Some(value) => value,
                    None => secret(&command::first_line(words, named, *aloud)?, named)?,
                };
                Token { value, source: format!("{named} '{}'", visible(words)) }
            }
            Self::File(path) => {
                let source = format!("--token-file {}", visible(&path.to_string_lossy()));
                Token { value: read_file(path, &source)?, source }
            }
            Self::Environment(value) => Token { value: value.clone(), source: TOKEN_VAR.to_owned() },
            Self::Unreadable => {
                return Err(ConfigError(format!("the token from {TOKEN_VAR} is no text; set it again")));
            }
            Self::Missing => {
                return Err(ConfigError(format!(
                    "there is no token: set {TOKEN_VAR}, or put the token into a file and name it with --token-file, or let \
                     --token-command fetch it"
                )));
            }
        };
        check_token(&token.value, &token.source)?;
        Ok(token)
    }
}

fn read_file(path: &Path, source: &str) -> Result<SecretString, ConfigError> {
    let wrong = |why: &dyn std::fmt::Display| ConfigError(format!("{source} cannot be read: {why}"));
    let file = File::open(path).map_err(|e| wrong(&e))?;
    let meta = file.metadata().map_err(|e| wrong(&e))?;
    if meta.is_dir() {
        return Err(wrong(&"it is a folder; name the file in it"));
    }
    private(&meta, path, source)?;
    // All its room at once: growing would leave copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(LONGEST as usize + 64));
    file.take(LONGEST).read_to_end(&mut bytes).map_err(|e| wrong(&e))?;
    let end = bytes.iter().rposition(|byte| !matches!(byte, b'\r' | b'\n')).map_or(0, |last| last + 1);
    bytes.truncate(end);
    secret(&bytes, source)
}

/// The bytes as a token.
fn secret(bytes: &[u8], source: &str) -> Result<SecretString, ConfigError> {
    let text = std::str::from_utf8(bytes).map_err(|_| {
        ConfigError(format!("the token from {source} is no text; look at where it comes from"))
    })?;
    Ok(SecretString::from(Box::<str>::from(text)))
}

/// Whether somebody wrote the token itself where its source belongs: tokens have 64 letters and digits.
pub(super) fn looks_like_a_token(text: &str) -> bool {
    text.len() >= 32
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && text.bytes().any(|byte| byte.is_ascii_digit())
}

fn misplaced(wanted: &str) -> ConfigError {
    ConfigError(format!(
        "{wanted}; what is there looks like the token itself (not shown here). It may be in your shell's history and was \
         in the list of processes: make a new one"
    ))
}

/// Refuses a file that others than its owner can read or change.
#[cfg(unix)]
fn private(meta: &std::fs::Metadata, path: &Path, source: &str) -> Result<(), ConfigError> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = meta.permissions().mode() & 0o777;
    let (group, others) = (mode & 0o070, mode & 0o007);
    if (group, others) == (0, 0) {
        return Ok(());
    }
    let path = visible(&path.to_string_lossy()).into_owned();
    Err(ConfigError(format!("{source} is open to other users (mode {mode:04o}); run: chmod 600 '{path}'")))
}

/// Other platforms keep a user's files from others by their folder.
#[cfg(not(unix))]
fn private(_: &std::fs::Metadata, _: &Path, _: &str) -> Result<(), ConfigError> {
    Ok(())
}
