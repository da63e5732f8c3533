//! Where the token comes from: a file that nobody else can read, or the environment.

use std::ffi::OsString;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use secrecy::SecretString;

use crate::client::{ConfigError, check_token};
use crate::text::visible;

use super::{Surroundings, TOKEN_VAR};

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
    /// The variable's value.
    Environment(SecretString),
    /// The variable holds what is no text.
    Unreadable,
    /// Nowhere.
    Missing,
}

impl TokenSource {
    pub(super) fn find(file: Option<PathBuf>, around: Surroundings<'_>) -> Self {
        match (file, (around.env)(TOKEN_VAR).map(OsString::into_string)) {
            (Some(file), _) => Self::File(file),
            (None, Some(Ok(value))) => Self::Environment(SecretString::from(value)),
            (None, Some(Err(_))) => Self::Unreadable,
            (None, None) => Self::Missing,
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
                    "there is no token: set {TOKEN_VAR}, or put the token into a file and name it with --token-file"
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
    let mut text = String::new();
    file.take(LONGEST).read_to_string(&mut text).map_err(|e| wrong(&e))?;
    text.truncate(text.trim_end_matches(['\r', '\n']).len());
    Ok(SecretString::from(text))
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
