//! What a run is made of: flags over environment over the configuration's file over defaults, resolved once, and where
//! the token comes from.
//!
//! Promises: a flag beats the environment, that the profile, that the file's top level, and what nobody says has a
//! default; a mistake names the option, or the file and its line, and what to write instead; the token is read when a
//! run needs it (an idle console needs none), comes from a file of the user's own, from a command, from the keyring or
//! from the environment, never from an argument or the configuration's file, and is in no message.
//!
//! Nothing here knows of the command line's parser: [`Flags`] is what any of them can fill.

mod environment;
pub mod file;
mod folders;
mod layers;
mod said;
mod token;
mod values;
mod writing;

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use crate::client::{self, Client, ClientConfig, ConfigError, Door, MAX_PAGE};
use crate::protocol::{DOCUMENTED_RATE, DeviceUuid};
use crate::text::visible;

use file::{File, TokenPlace};
use layers::{Layers, Taken, flag};
use said::counted;

pub use folders::Folders;
pub use layers::{Origin, Setting};
pub use token::{Entry, Keyring, Token, TokenSource, Trouble, keyring, looks_like_a_token, token_from};
pub use values::{duration, duration_text, pause, size, size_text};
pub use writing::{Answers, keep_token, template, token_file, write_new};

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

/// The environment's name for the configuration's file.
pub const CONFIG_VAR: &str = "DRAINBOARD_CONFIG";
/// The environment's name for the profile.
pub const PROFILE_VAR: &str = "DRAINBOARD_PROFILE";

/// The service, unless somebody says otherwise.
pub const BASE_URL: &str = "https://api.getbase.com";
/// The profile, unless somebody says otherwise.
pub const PROFILE: &str = "default";
/// Exchanges for pages at one time.
pub const WORKERS: usize = 4;
/// Keys a pack: two seconds' worth at the documented rate, so that one request in twenty is an ack and no more; the
/// body stays near a hundred kilobytes, and a service that takes less of it gets smaller ones (413).
pub const ACK_PACK: usize = 2000;
/// Keys that a pack takes where more have piled up, as they do without a rate.
pub const ACK_MOST: usize = 5 * ACK_PACK;
/// The age at which a pack leaves, full or not.
pub const ACK_INTERVAL: Duration = Duration::from_secs(5);
/// Tries of one exchange before the service counts as unreachable.
pub const TRIES: u32 = 8;
/// The time between two runs of `sync --watch`.
pub const WATCH: Duration = Duration::from_mins(5);

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
    /// `--theme NAME`
    pub theme: Option<String>,
    /// `--color WHEN`
    pub color: Option<Color>,
    /// `--watch TIME`
    pub watch: Option<Duration>,
    /// Where all of this was said: messages speak so.
    pub door: Door,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Color {
    /// Where the terminal has them and nobody refuses them.
    #[default]
    Auto,
    /// Whatever stdout is.
    Always,
    /// Nowhere.
    Never,
}

impl Color {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Always, Self::Never];

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Always => "always",
            Self::Never => "never",
        }
    }
}

/// The layers below the flags.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    /// Looks a variable up.
    pub env: &'a dyn Fn(&str) -> Option<OsString>,
    /// The user's folders; none on a machine that has no home for this user.
    pub folders: Option<&'a Folders>,
    /// The configuration's file, where there is one.
    pub file: Option<&'a File>,
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
    /// Keys at which a pack leaves.
    pub ack_pack: usize,
    /// The age at which a pack leaves, full or not.
    pub ack_interval: Duration,
    /// The largest body after decompression, in bytes.
    pub max_page: u64,
    /// Tries of one exchange before the service counts as unreachable.
    pub tries: u32,
    /// The console's theme; none = what suits the terminal.
    pub theme: Option<String>,
    /// When to use colours.
    pub color: Color,
    /// The time between two runs of `sync --watch`; the console begins with it too, where somebody said it.
    pub watch: Duration,
    /// Whether the terminal's title tells of a run.
    pub title: bool,
    /// Whether the terminal's bell tells of a long run's end.
    pub bell: bool,
    /// In whose words messages speak of these.
    pub door: Door,
    /// All of these as they were taken, each with who said so.
    pub settings: Vec<Setting>,
}

impl Config {
    /// Puts the layers together. Reads no file; the token is not looked at before [`Config::client`].
    ///
    /// # Errors
    /// [`ConfigError`] that names the option or the variable with the mistake.
    pub fn resolve(flags: Flags, around: Surroundings<'_>) -> Result<Self, ConfigError> {
        let (profile, named) = said::profile(flags.profile, around)?;
        let section = match around.file {
            Some(file) => file.profile(&profile, said::naming(named))?,
            None => None,
        };
        let layers = Layers { file: around.file, profile: section };
        let mut taken = Taken::new(layers);
        taken.note("profile", json!(profile), named);
        let said = flag(flags.base_url, "--base-url").or(said::variable(around, BASE_URL_VAR)?);
        let base_url =
            taken.take("base_url", said, |s| &s.base_url, BASE_URL.to_owned(), |url| json!(visible(url)));
        let origin = client::origin(&base_url, flags.door)?;
        let mirror = said::mirror(flags.mirror, &profile, &mut taken, layers, around)?;
        let said = said::device(flags.device, around)?.or_else(|| layers.of_file(|s| &s.device));
        let device = said.map(|(device, origin)| {
            taken.note("device_uuid", json!(device), origin);
            device
        });
        let entry = around
            .keyring
            .map(|keyring| token::entry(keyring, flags.token_keyring.as_deref(), &profile, &origin))
            .transpose()?;
        let named = token::Named {
            file: flags.token_file,
            command: flags.token_command,
            keyring: flags.token_keyring.is_some(),
            door: flags.door,
        };
        let token = said::token(named, entry.as_ref(), &mut taken, layers, around)?;
        let rate = flag(flags.rate, "--rate");
        let workers = counted(flags.workers, "--workers", MOST_WORKERS)?;
        let ack_pack = counted(flags.ack_pack, "--ack-pack", usize::MAX)?;
        let ack_interval = flag(flags.ack_interval, "--ack-interval");
        let max_page = counted(flags.max_page, "--max-page", u64::MAX)?;
        let tries = counted(flags.tries, "--tries", u32::MAX)?;
        let color = flag(flags.color, "--color");
        let theme = flag(flags.theme, "--theme").map(|(name, origin)| (Some(name), origin));
        let theme = theme.or_else(|| layers.of_file(|s| &s.theme).map(|(name, origin)| (Some(name), origin)));
        let time = |time: &Duration| json!(duration_text(*time));
        Ok(Self {
            mirror,
            keymap: around.folders.map(Folders::keymap),
            statements: around.folders.map(Folders::statements),
            browse: around.folders.map(Folders::browse),
            base_url,
            device,
            token,
            entry,
            rate: taken.take("rate", rate, |s| &s.rate, DOCUMENTED_RATE, |n| json!(n)),
            workers: taken.take("workers", workers, |s| &s.workers, WORKERS, |n| json!(n)),
            ack_pack: taken.take("ack_pack", ack_pack, |s| &s.ack_pack, ACK_PACK, |n| json!(n)),
            ack_interval: taken.take("ack_interval", ack_interval, |s| &s.ack_interval, ACK_INTERVAL, time),
            max_page: taken.take("max_page", max_page, |s| &s.max_page, MAX_PAGE, |n| json!(size_text(*n))),
            tries: taken.take("tries", tries, |s| &s.tries, TRIES, |n| json!(n)),
            theme: {
                let (theme, origin) = theme.unwrap_or((None, Origin::Default));
                taken.note("theme", json!(theme.as_deref().map_or("auto".into(), visible)), origin);
                theme
            },
            color: taken.take("color", color, |s| &s.color, Color::Auto, |color| json!(color.name())),
            watch: taken.take("watch", flag(flags.watch, "--watch"), |s| &s.watch, WATCH, time),
            title: taken.take("title", None, |s| &s.title, true, |on| json!(on)),
            bell: taken.take("bell", None, |s| &s.bell, false, |on| json!(on)),
            settings: taken.settings,
            door: flags.door,
            profile,
        })
    }

    /// Who said a setting, by its name in the file.
    pub fn origin_of(&self, name: &str) -> Origin {
        let found = self.settings.iter().find(|setting| setting.name == name);
        found.map_or(Origin::Default, |setting| setting.origin)
    }

    /// Keys that a pack takes where more have piled up: no more than a pack has, where somebody said how many that is.
    pub fn ack_most(&self) -> usize {
        if self.origin_of("ack_pack") == Origin::Default { ACK_MOST } else { self.ack_pack }
    }

    /// The base URL's origin (`https://api.getbase.com`): who a mirror's data belongs to.
    pub fn origin(&self) -> String {
        // Checked when resolved; the text as given is the second best.
        client::origin(&self.base_url, self.door).unwrap_or_else(|_| self.base_url.clone())
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
            door: self.door,
        })
    }
}

#[cfg(test)]
mod tests;
