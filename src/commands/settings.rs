//! From options to settings: hands the flags to `config`, and its answer to the engine.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use super::arguments::{Common, Pacing};
use super::folder::Folder;
use super::output::Failure;
use crate::client::Tap;
use crate::config::{self, Config, Flags, Folders, MIRROR_VAR, Surroundings, TOKEN_VAR};
use crate::engine::Settings;
use crate::mirror::{Identity, Reader};
use crate::protocol::DeviceUuid;

/// Everything that options and environment come to. No file is read, no token needed.
pub(super) fn resolve(common: &Common, pacing: &Pacing) -> Result<Config, Failure> {
    let flags = Flags {
        mirror: common.mirror.clone(),
        base_url: common.base_url.clone(),
        device: common.device_uuid.clone(),
        profile: common.profile.clone(),
        token_file: common.token_file.clone(),
        token_command: common.token_command.clone(),
        token_keyring: common.token_keyring.clone(),
        rate: pacing.rate,
        workers: pacing.workers,
        ack_pack: pacing.ack_pack,
        ack_interval: pacing.ack_interval,
        max_page: pacing.max_page,
        tries: pacing.tries(),
    };
    let folders = Folders::of_user();
    let keyring = config::keyring();
    let around =
        Surroundings { env: &|name| env::var_os(name), folders: folders.as_ref(), keyring: keyring.as_ref() };
    Config::resolve(flags, around).map_err(Failure::usage)
}

/// The mirror's file, for commands that only read it: what is wrong with other settings is not their matter.
pub(super) fn mirror(common: &Common) -> Result<PathBuf, Failure> {
    let flags = Flags { mirror: common.mirror.clone(), profile: common.profile.clone(), ..Flags::default() };
    let folders = Folders::of_user();
    let only_mirror = |name: &str| if name == MIRROR_VAR { env::var_os(name) } else { None };
    let around = Surroundings { env: &only_mirror, folders: folders.as_ref(), keyring: None };
    Config::resolve(flags, around).map(|config| config.mirror).map_err(Failure::usage)
}

/// The engine's settings. The token is read when a run begins.
pub(super) fn engine(config: Config) -> Settings {
    Settings {
        mirror: config.mirror.clone(),
        identity: Identity { host: config.origin(), device: config.device },
        rate: config.rate,
        workers: config.workers,
        ack_pack: config.ack_pack,
        ack_interval: config.ack_interval,
        tries: config.tries,
        peek: false,
        connect: Arc::new(move |device| config.client(device)),
    }
}

/// The same; `tap` records what its clients send.
pub(super) fn tapped(config: Config, tap: Tap) -> Settings {
    let settings = engine(config);
    let connect = Arc::clone(&settings.connect);
    Settings { connect: Arc::new(move |device| Ok(connect(device)?.with_tap(tap.clone()))), ..settings }
}

/// Makes the engine peek: a scratch mirror, as the device that the real mirror is, so that what comes is what the
/// service would send to it. The scratch mirror goes with the folder.
///
/// # Errors
/// The real mirror cannot be read, or there is no room for a scratch one.
pub(super) fn peek(settings: &mut Settings) -> Result<Folder, Failure> {
    if settings.mirror.exists() {
        let status = Reader::open(&settings.mirror).and_then(|reader| reader.status());
        settings.identity.device = Some(status.map_err(Failure::mirror)?.device);
    }
    let scratch = Folder::open(None)?;
    settings.mirror = scratch.path().join("peek.db");
    settings.peek = true;
    Ok(scratch)
}

/// Finds out whether a run could begin, so that wrong usage is told before a mirror is made.
///
/// # Errors
/// No token, or one that cannot be used; exit status 2.
pub(super) fn check(config: &mut Config) -> Result<(), Failure> {
    // Nothing is drawn by those who ask this.
    config.token.aloud();
    let token = config.token.read_ahead().map_err(Failure::usage)?;
    config.client_with(token, DeviceUuid::fresh()).map(|_| ()).map_err(Failure::usage)
}

/// The token that the environment names for a service of our own; an empty one says nothing.
pub(super) fn token_of_environment() -> Result<Option<String>, Failure> {
    let token =
        env::var_os(TOKEN_VAR).filter(|token| !token.is_empty()).map(OsString::into_string).transpose();
    token.map_err(|_| Failure::usage(format!("{TOKEN_VAR} is no text; set it again or unset it")))
}
