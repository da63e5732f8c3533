//! What a run is made of: flags over environment over defaults, resolved once, and where the token comes from.
//!
//! Promises: a flag beats the environment, and what neither says has a default; a mistake names the option and what to
//! write instead; the token is read when a run needs it (an idle console needs none), comes from a file of the user's
//! own, from a command, from the keyring or from the environment, never from an argument, and is in no message.
//!
//! Nothing here knows of the command line's parser: [`Flags`] is what any of them can fill.

mod folders;
mod token;

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::client::{self, Client, ClientConfig, ConfigError, MAX_PAGE};
use crate::protocol::{DOCUMENTED_RATE, DeviceUuid};
use crate::text::visible;

pub use folders::Folders;
pub use token::{Entry, Keyring, Token, TokenSource, Trouble, keyring, looks_like_a_token, token_from};

/// The environment's name for the mirror's file.
pub const MIRROR_VAR: &str = "DRAINBOARD_MIRROR";
/// The environment's name for the base URL.
pub const BASE_URL_VAR: &str = "DRAINBOARD_BASE_URL";
/// The environment's name for the device.
pub const DEVICE_VAR: &str = "BASECRM_DEVICE_UUID";
/// The environment's name for the token, the official libraries' own.
pub const TOKEN_VAR: &str = "BASECRM_ACCESS_TOKEN";
/// The environment's name for the command that writes the token.
pub const TOKEN_COMMAND_VAR: &str = "DRAINBOARD_TOKEN_COMMAND";

/// The service, unless somebody says otherwise.
pub const BASE_URL: &str = "https://api.getbase.com";
/// The profile, unless somebody says otherwise.
pub const PROFILE: &str = "default";
/// Exchanges for pages at one time.
pub const WORKERS: usize = 4;
/// Keys a pack.
pub const ACK_PACK: usize = 1000;
/// The age at which a pack leaves, full or not.
pub const ACK_INTERVAL: Duration = Duration::from_secs(5);
/// Tries of one exchange before the service counts as unreachable.
pub const TRIES: u32 = 8;

/// The most workers that make sense: a service that allows ten requests a second fills no more.
const MOST_WORKERS: usize = 256;

/// What the command line said; none where it said nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flags {
    /// `--mirror FILE`
    pub mirror: Option<PathBuf>,
    /// `--base-url URL`
    pub base_url: Option<String>,
    /// `--device-uuid UUID`
    pub device: Option<String>,
    /// `--profile NAME`
    pub profile: Option<String>,
    /// `--token-file FILE`
    pub token_file: Option<PathBuf>,
    /// `--token-command COMMAND`
    pub token_command: Option<String>,
    /// `--token-keyring[=NAME]`; empty = named after the profile
    pub token_keyring: Option<String>,
    /// `--rate R`, requests a second; 0 = no limit
    pub rate: Option<u32>,
    /// `--workers N`
    pub workers: Option<usize>,
    /// `--ack-pack KEYS`
    pub ack_pack: Option<usize>,
    /// `--ack-interval TIME`
    pub ack_interval: Option<Duration>,
    /// `--max-page BYTES`, after decompression
    pub max_page: Option<u64>,
    /// `--tries N`
    pub tries: Option<u32>,
}

/// The layers below the flags.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    /// Looks a variable up.
    pub env: &'a dyn Fn(&str) -> Option<OsString>,
    /// The user's folders; none on a machine that has no home for this user.
    pub folders: Option<&'a Folders>,
    /// The keyring; none where this program has none.
    pub keyring: Option<&'a Arc<dyn Keyring>>,
}

/// What a run is made of.
#[derive(Debug, Clone)]
pub struct Config {
    /// The account and device that this is about; names the default mirror.
    pub profile: String,
    /// The mirror's file.
    pub mirror: PathBuf,
    /// The key map's file, which may not exist; none on a machine without a home.
    pub keymap: Option<PathBuf>,
    /// The file that keeps the console's SQL statements, which may not exist; none on a machine without a home.
    pub statements: Option<PathBuf>,
    /// The file that keeps how Browse's types are looked at, which may not exist; none on a machine without a home.
    pub browse: Option<PathBuf>,
    /// The service's base URL, checked.
    pub base_url: String,
    /// The device to use for a new mirror; none = one made for it.
    pub device: Option<DeviceUuid>,
    /// Where the token comes from.
    pub token: TokenSource,
    /// Where the keyring keeps this profile's token, or would; none where this program has no keyring.
    pub entry: Option<Entry>,
    /// Requests a second; 0 = no limit.
    pub rate: u32,
    /// Exchanges for pages at one time.
    pub workers: usize,
    /// Keys a pack.
    pub ack_pack: usize,
    /// The age at which a pack leaves, full or not.
    pub ack_interval: Duration,
    /// The largest body after decompression, in bytes.
    pub max_page: u64,
    /// Tries of one exchange before the service counts as unreachable.
    pub tries: u32,
}

impl Config {
    /// Puts the layers together. Reads no file; the token is not looked at before [`Config::client`].
    ///
    /// # Errors
    /// [`ConfigError`] that names the option or the variable with the mistake.
    pub fn resolve(flags: Flags, around: Surroundings<'_>) -> Result<Self, ConfigError> {
        let profile = profile(flags.profile)?;
        let base_url = match flags.base_url {
            Some(url) => url,
            None => words(around, BASE_URL_VAR)?.unwrap_or_else(|| BASE_URL.to_owned()),
        };
        let origin = client::origin(&base_url)?;
        let mirror = match flags.mirror.or_else(|| lookup(around, MIRROR_VAR).map(PathBuf::from)) {
            Some(file) => file,
            None => around.folders.ok_or_else(homeless)?.mirror(&profile),
        };
        if mirror.as_os_str().is_empty() {
            return Err(ConfigError("--mirror is empty; name a file".to_owned()));
        }
        let entry = around
            .keyring
            .map(|keyring| token::entry(keyring, flags.token_keyring.as_deref(), &profile, &origin))
            .transpose()?;
        let named = token::Named {
            file: flags.token_file,
            command: flags.token_command,
            keyring: flags.token_keyring.is_some(),
        };
        Ok(Self {
            mirror,
            keymap: around.folders.map(Folders::keymap),
            statements: around.folders.map(Folders::statements),
            browse: around.folders.map(Folders::browse),
            base_url,
            device: device(flags.device, around)?,
            token: TokenSource::find(named, entry.clone(), around)?,
            entry,
            rate: flags.rate.unwrap_or(DOCUMENTED_RATE),
            workers: within("--workers", flags.workers.unwrap_or(WORKERS), MOST_WORKERS)?,
            ack_pack: within("--ack-pack", flags.ack_pack.unwrap_or(ACK_PACK), usize::MAX)?,
            ack_interval: flags.ack_interval.unwrap_or(ACK_INTERVAL),
            max_page: within("--max-page", flags.max_page.unwrap_or(MAX_PAGE), u64::MAX)?,
            tries: within("--tries", flags.tries.unwrap_or(TRIES), u32::MAX)?,
            profile,
        })
    }

    /// The base URL's origin (`https://api.getbase.com`): who a mirror's data belongs to.
    pub fn origin(&self) -> String {
        // Checked when resolved; the text as given is the second best.
        client::origin(&self.base_url).unwrap_or_else(|_| self.base_url.clone())
    }

    /// Makes the client for a device. The token is read here, anew each time, so that a token put right counts.
    ///
    /// # Errors
    /// [`ConfigError`] where there is no token, or none that can be used.
    pub fn client(&self, device: DeviceUuid) -> Result<Client, ConfigError> {
        self.client_with(self.token.read()?, device)
    }

    /// The same with a token that was read already.
    ///
    /// # Errors
    /// [`ConfigError`] where the token or the base URL cannot be used.
    pub fn client_with(&self, token: Token, device: DeviceUuid) -> Result<Client, ConfigError> {
        let Token { value, source } = token;
        Client::new(ClientConfig {
            base_url: self.base_url.clone(),
            token: value,
            token_source: source,
            device,
            max_page: self.max_page,
        })
    }
}

/// A variable's value; an empty one says nothing.
fn lookup(around: Surroundings<'_>, name: &str) -> Option<OsString> {
    (around.env)(name).filter(|value| !value.is_empty())
}

/// A variable's value as text.
fn words(around: Surroundings<'_>, name: &str) -> Result<Option<String>, ConfigError> {
    let text = lookup(around, name).map(OsString::into_string).transpose();
    text.map_err(|_| ConfigError(format!("{name} is no UTF-8 text; set it again or unset it")))
}

fn device(flag: Option<String>, around: Surroundings<'_>) -> Result<Option<DeviceUuid>, ConfigError> {
    let (text, name) = match flag {
        Some(text) => (text, "--device-uuid"),
        None => match words(around, DEVICE_VAR)? {
            Some(text) => (text, DEVICE_VAR),
            None => return Ok(None),
        },
    };
    text.trim().parse().map(Some).map_err(|_| {
        let shown: String = text.chars().take(60).collect();
        ConfigError(format!(
            "{name} is \"{}\", which is no UUID; write one like 4f0c6f0e-6d5e-4a7e-9d6c-0a5f6d1b2c3d, or leave it out \
             and the mirror gets its own",
            visible(&shown)
        ))
    })
}

/// A profile's name is a folder's name.
fn profile(flag: Option<String>) -> Result<String, ConfigError> {
    let name = flag.unwrap_or_else(|| PROFILE.to_owned());
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || name.len() > 64 || name.starts_with(['.', '-']) || !name.chars().all(plain) {
        return Err(ConfigError(format!(
            "--profile \"{}\" cannot name a folder; use up to 64 letters, digits, - _ and . (not first)",
            visible(&name.chars().take(64).collect::<String>())
        )));
    }
    Ok(name)
}

fn within<N: Copy + PartialOrd + From<u8> + std::fmt::Display>(
    option: &str,
    n: N,
    most: N,
) -> Result<N, ConfigError> {
    if n < N::from(1) {
        Err(ConfigError(format!("{option} is {n}; it must be at least 1")))
    } else if n > most {
        Err(ConfigError(format!("{option} is {n}; it must be at most {most}")))
    } else {
        Ok(n)
    }
}

fn homeless() -> ConfigError {
    ConfigError(format!(
        "no home folder is known for the mirror; name its file with --mirror or {MIRROR_VAR}"
    ))
}

#[cfg(test)]
mod tests;
