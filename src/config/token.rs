//! Where the token comes from: a file that nobody else can read, a command, the keyring, the environment; what is
//! written on the command line goes first, since it is meant; the keyring comes last where nobody named it.

mod command;
mod keyring;

use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use secrecy::SecretString;
use zeroize::Zeroizing;

use crate::client::{ConfigError, Door, Subject, check_token};
use crate::text::visible;

use super::environment::words;
use super::{Surroundings, TOKEN_COMMAND_VAR, TOKEN_VAR, TokenPlace};

pub use self::keyring::{Entry, Keyring, Trouble, keyring};

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

/// A token that was read ahead, for the next who reads.
type Ahead = Arc<Mutex<Option<SecretString>>>;

/// What the command line said of the token.
pub(super) struct Named {
    /// `--token-file FILE`
    pub(super) file: Option<PathBuf>,
    /// `--token-command COMMAND`
    pub(super) command: Option<String>,
    /// `--token-keyring`
    pub(super) keyring: bool,
    /// Where it was said.
    pub(super) door: Door,
}

/// Where the token comes from, in the order in which it is looked for. Nothing here shows it.
#[derive(Debug, Clone)]
pub enum TokenSource {
    /// `--token-file FILE`, read when a run begins.
    File {
        /// Where.
        path: PathBuf,
        /// The option or the setting.
        named: &'static str,
    },
    /// `--token-command COMMAND`, or the variable's, run when a run begins.
    Command {
        /// For a shell.
        words: String,
        /// The option or the variable.
        named: &'static str,
        /// Whether its stderr may go to ours.
        aloud: bool,
        /// What was read ahead.
        ahead: Ahead,
    },
    /// The keyring, asked when a run begins.
    Keyring {
        /// Where in it.
        entry: Entry,
        /// Whether it was named, and not only the last place to look at.
        named: bool,
        /// What was read ahead.
        ahead: Ahead,
    },
    /// The variable's value.
    Environment(SecretString),
    /// The variable holds what is no text.
    Unreadable,
    /// Nowhere.
    Missing,
}

impl TokenSource {
    /// The first of the sources that somebody named; `entry`: the keyring's, where there is one.
    pub(super) fn find(
        named: Named,
        entry: Option<Entry>,
        around: Surroundings<'_>,
    ) -> Result<Self, ConfigError> {
        if let Some(file) = named.file {
            return Ok(Self::File { path: file, named: named.door.calls(Subject::TokenFile) });
        }
        if let Some(words) = named.command {
            return Ok(Self::command(words, named.door.calls(Subject::TokenCommand)));
        }
        if named.keyring {
            let entry = entry.ok_or_else(|| {
                ConfigError(format!(
                    "--token-keyring: this program was built without the keyring; use {TOKEN_VAR}"
                ))
            })?;
            return Ok(Self::Keyring { entry, named: true, ahead: Arc::default() });
        }
        match (around.env)(TOKEN_VAR).map(OsString::into_string) {
            Some(Ok(value)) => return Ok(Self::Environment(SecretString::from(value))),
            Some(Err(_)) => return Ok(Self::Unreadable),
            None => {}
        }
        if let Some(words) = words(around, TOKEN_COMMAND_VAR)? {
            return Ok(Self::command(words, TOKEN_COMMAND_VAR));
        }
        Ok(match entry {
            Some(entry) => Self::Keyring { entry, named: false, ahead: Arc::default() },
            None => Self::Missing,
        })
    }

    /// The source that the configuration's file names; `entry`: the keyring's place, where there is one.
    pub(super) fn of_file(place: TokenPlace, entry: Option<&Entry>) -> Result<Self, ConfigError> {
        Ok(match place {
            TokenPlace::File(path) => Self::File { path, named: Door::File.calls(Subject::TokenFile) },
            TokenPlace::Command(words) => Self::command(words, Door::File.calls(Subject::TokenCommand)),
            TokenPlace::Keyring => {
                let entry = entry.cloned().ok_or_else(|| {
                    ConfigError(format!(
                        "token_keyring: this program was built without the keyring; use {TOKEN_VAR}"
                    ))
                })?;
                Self::Keyring { entry, named: true, ahead: Arc::default() }
            }
        })
    }

    fn command(words: String, named: &'static str) -> Self {
        Self::Command { words, named, aloud: false, ahead: Arc::default() }
    }

    /// Where the token comes from, in words, without reading it where somebody named it; the keyring is asked whether
    /// it has one.
    ///
    /// # Errors
    /// [`ConfigError`] where it comes from nowhere.
    pub fn place(&self) -> Result<String, ConfigError> {
        Ok(match self {
            Self::File { path, named } => format!("{named} {}", visible(&path.to_string_lossy())),
            Self::Command { words, named, .. } => format!("{named} '{}'", visible(words)),
            Self::Environment(_) | Self::Unreadable => TOKEN_VAR.to_owned(),
            Self::Keyring { .. } | Self::Missing => self.read()?.source,
        })
    }

    /// Reads the token, to see whether there is one; command and keyring are not asked again for the next who reads.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn read_ahead(&self) -> Result<Token, ConfigError> {
        let token = self.read()?;
        if let Self::Command { ahead, .. } | Self::Keyring { ahead, .. } = self {
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
        !matches!(self, Self::Missing | Self::Keyring { named: false, .. })
    }

    /// Whether there is a token anywhere, a keyring that nobody named included; that one is asked, with little
    /// patience, and what it has is kept for the next who reads. Blocks.
    pub fn is_anywhere(&self) -> bool {
        let Self::Keyring { entry, named: false, ahead } = self else { return self.is_there() };
        let Ok(Some(bytes)) = entry.get(keyring::BLINK) else { return false };
        // What can be no token is told when it is read.
        if let Ok(value) = secret(&bytes, &entry.to_string()) {
            *ahead.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
        }
        true
    }

    /// Reads the token.
    ///
    /// # Errors
    /// [`ConfigError`] that says where a token is looked for, or what is wrong with this one, without showing it.
    pub fn read(&self) -> Result<Token, ConfigError> {
        let token = match self {
            Self::File { path, named } if looks_like_a_token(&path.to_string_lossy()) && !path.exists() => {
                return Err(misplaced(&format!(
                    "{named}: the name of a file that has the token in it is wanted"
                )));
            }
            Self::Command { words, named, .. } if looks_like_a_token(words) => {
                return Err(misplaced(&format!("{named}: a command that writes the token is wanted")));
            }
            Self::Command { words, named, aloud, ahead } => {
                let value = match taken(ahead) {
                    Some(value) => value,
                    None => secret(&command::first_line(words, named, *aloud)?, named)?,
                };
                Token { value, source: self.place()? }
            }
            Self::Keyring { entry, named, ahead } => {
                let value = match taken(ahead) {
                    Some(value) => value,
                    None => kept(entry, *named)?,
                };
                Token { value, source: entry.to_string() }
            }
            Self::File { path, .. } => {
                let source = self.place()?;
                Token { value: read_file(path, &source)?, source }
            }
            Self::Environment(value) => Token { value: value.clone(), source: TOKEN_VAR.to_owned() },
            Self::Unreadable => {
                return Err(ConfigError(format!("the token from {TOKEN_VAR} is no text; set it again")));
            }
            Self::Missing => return Err(missing("")),
        };
        check_token(&token.value, &token.source)?;
        Ok(token)
    }
}

/// The place of a profile's token in a keyring. Another service than the usual one has another place: nobody's token
/// goes where a base URL was only tried.
pub(super) fn entry(
    keyring: &Arc<dyn Keyring>,
    name: Option<&str>,
    profile: &str,
    origin: &str,
) -> Result<Entry, ConfigError> {
    let account = match name.filter(|name| !name.is_empty()) {
        Some(name) if looks_like_a_token(name) => {
            return Err(misplaced("--token-keyring: the name of an account is wanted"));
        }
        Some(name) => name.to_owned(),
        None if crate::client::origin(super::BASE_URL, Door::Options).is_ok_and(|usual| usual == origin) => {
            profile.to_owned()
        }
        None => format!("{profile}@{origin}"),
    };
    Ok(Entry::new(Arc::clone(keyring), account))
}

fn taken(ahead: &Ahead) -> Option<SecretString> {
    ahead.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// The token that the keyring has. That a machine has no keyring is nobody's mistake where nobody named it.
fn kept(entry: &Entry, named: bool) -> Result<SecretString, ConfigError> {
    let said = entry.get(if named { keyring::PATIENCE } else { keyring::GLANCE });
    match said {
        Ok(Some(bytes)) => secret(&bytes, &entry.to_string()),
        Ok(None) if named => {
            Err(ConfigError(format!("{entry} has no token: put it there with `drainboard token set`")))
        }
        Err(trouble) if named => Err(ConfigError(format!("{entry}: {trouble}; {OTHERWISE}"))),
        Ok(None) | Err(Trouble::Absent(_)) => Err(missing("")),
        Err(trouble) => Err(missing(&format!(" (looked for there too: {trouble})"))),
    }
}

/// The sources that need no keyring.
const OTHERWISE: &str = "use --token-file or --token-command";

/// There is no token, and why the last place to look at had none.
fn missing(why: &str) -> ConfigError {
    ConfigError(format!(
        "there is no token: set {TOKEN_VAR}, or put the token into a file and name it with --token-file, or let \
         --token-command fetch it, or keep it in the keyring with `drainboard token set`{why}"
    ))
}

/// A token from what somebody types or pipes, `source` in words; the line's end is none of it.
///
/// # Errors
/// [`ConfigError`] where it cannot be read, or can be no token; it is not shown.
pub fn token_from(reader: impl Read, source: &str) -> Result<SecretString, ConfigError> {
    let token = read_token(reader, source, &|e| ConfigError(format!("{source} cannot be read: {e}")))?;
    check_token(&token, source)?;
    Ok(token)
}

fn read_file(path: &Path, source: &str) -> Result<SecretString, ConfigError> {
    let wrong = |why: &dyn std::fmt::Display| ConfigError(format!("{source} cannot be read: {why}"));
    let file = File::open(path).map_err(|e| wrong(&format!("{e}; name a file that you can read")))?;
    let meta = file.metadata().map_err(|e| wrong(&e))?;
    if meta.is_dir() {
        return Err(wrong(&"it is a folder; name the file in it"));
    }
    private(&meta, path, source)?;
    read_token(file, source, &|e| wrong(&e))
}

fn read_token(
    from: impl Read,
    source: &str,
    wrong: &dyn Fn(std::io::Error) -> ConfigError,
) -> Result<SecretString, ConfigError> {
    // All its room at once: growing would leave copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(LONGEST as usize + 64));
    from.take(LONGEST).read_to_end(&mut bytes).map_err(wrong)?;
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
pub fn looks_like_a_token(text: &str) -> bool {
    text.len() >= 32
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && text.bytes().any(|byte| byte.is_ascii_digit())
}

/// Whether a command has the token in it, like `echo TOKEN`: a word of exactly the letters and digits that Sell's tokens
/// have. Anything shorter may be a key's fingerprint or a path's.
pub(super) fn holds_a_token(command: &str) -> bool {
    const LENGTH: usize = 64;
    let words = command.split(|c: char| !c.is_ascii_alphanumeric());
    words.into_iter().any(|word| word.len() == LENGTH && looks_like_a_token(word))
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
#[expect(clippy::unnecessary_wraps, reason = "its twin has something to refuse")]
fn private(_: &std::fs::Metadata, _: &Path, _: &str) -> Result<(), ConfigError> {
    Ok(())
}
