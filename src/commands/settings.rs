//! From options to settings: hands the flags and the configuration's file to `config`, and its answer to the engine.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use tempfile::TempDir;

use super::arguments::{Common, Pacing};
use super::folder;
use super::output::Failure;
use super::spent::Note;
use crate::client::{Door, Tap};
use crate::config::file::File;
use crate::config::{
    self, CONFIG_VAR, Config, Flags, Folders, MIRROR_VAR, Origin, PROFILE_VAR, Surroundings, TOKEN_VAR,
};
use crate::engine::{Settings, Spent};
use crate::mirror::{Identity, Reader};
use crate::protocol::DeviceUuid;

/// Everything that options, environment and configuration come to. The configuration is read, no token needed.
pub(super) fn resolve(common: &Common, pacing: &Pacing) -> Result<Config, Failure> {
    named_is_there()?;
    resolve_at(common, pacing, Door::Options)
}

/// The same for what was said at a door of its own, whose words the messages then use; and for who would write the
/// configuration's file where a name has none yet.
pub(super) fn resolve_at(common: &Common, pacing: &Pacing, door: Door) -> Result<Config, Failure> {
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
        theme: common.theme.clone(),
        color: common.color,
        watch: None,
        door,
    };
    layered(flags, &|name| env::var_os(name))
}

/// The same for commands that only read the mirror: what options and environment say of the service and the token is
/// not their matter.
pub(super) fn reading(common: &Common) -> Result<Config, Failure> {
    let flags = Flags {
        mirror: common.mirror.clone(),
        profile: common.profile.clone(),
        color: common.color,
        ..Flags::default()
    };
    let only_place =
        |name: &str| [MIRROR_VAR, PROFILE_VAR].contains(&name).then(|| env::var_os(name)).flatten();
    named_is_there()?;
    layered(flags, &only_place)
}

/// The mirror's file, for commands that only read it.
pub(super) fn mirror(common: &Common) -> Result<PathBuf, Failure> {
    reading(common).map(|config| config.mirror)
}

fn layered(flags: Flags, environment: &dyn Fn(&str) -> Option<OsString>) -> Result<Config, Failure> {
    let folders = Folders::of_user();
    let home = folders.as_ref().map(|folders| folders.home.as_path());
    let file = match configuration() {
        Some(path) => File::load(&path, home).map_err(Failure::usage)?,
        None => None,
    };
    let keyring = config::keyring();
    let around = Surroundings {
        env: environment,
        folders: folders.as_ref(),
        file: file.as_ref(),
        keyring: keyring.as_ref(),
    };
    Config::resolve(flags, around).map_err(Failure::usage)
}

/// Where the configuration's file is, or would be; none on a machine that has no home for this user.
pub(super) fn configuration() -> Option<PathBuf> {
    named().or_else(|| Folders::of_user().map(|folders| folders.configuration()))
}

/// The file that the environment names.
fn named() -> Option<PathBuf> {
    env::var_os(CONFIG_VAR).filter(|name| !name.is_empty()).map(PathBuf::from)
}

/// Fails where the environment names a file that is not there: a typo would take another mirror and another token.
pub(super) fn named_is_there() -> Result<(), Failure> {
    match named() {
        Some(path) if path.try_exists().is_ok_and(|there| !there) => Err(Failure::usage(format!(
            "{CONFIG_VAR} names {}, which is not there: name the right file, or let `drainboard config --init` write it",
            path.display()
        ))),
        // What cannot be looked at is told when it is read.
        _ => Ok(()),
    }
}

/// Who said a setting, in a word: `--rate`, `DRAINBOARD_MIRROR`, `config.toml:12`, `default`.
pub(super) fn origin(origin: Origin) -> String {
    match origin {
        Origin::Flag(name) | Origin::Variable(name) => name.to_owned(),
        Origin::File(line) => {
            let file = configuration().unwrap_or_default();
            format!("{}:{line}", file.file_name().unwrap_or_default().to_string_lossy())
        }
        Origin::Default => "default".to_owned(),
    }
}

/// The engine's settings. The token is read when a run begins.
pub(super) fn engine(config: Config) -> Settings {
    Settings {
        mirror: config.mirror.clone(),
        identity: Identity { host: config.origin(), device: config.device },
        rate: config.rate,
        workers: config.workers,
        ack_pack: config.ack_pack,
        ack_most: config.ack_most(),
        ack_interval: config.ack_interval,
        tries: config.tries,
        peek: false,
        spent: spent(&config),
        connect: Arc::new(move |device| config.client(device)),
    }
}

/// Where runs tell each other what they spent of the rate; nowhere for a user without a home.
fn spent(config: &Config) -> Option<Arc<dyn Spent>> {
    let file = Folders::of_user()?.spent();
    Some(Arc::new(Note { file, origin: config.origin() }))
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
pub(super) fn peek(settings: &mut Settings) -> Result<TempDir, Failure> {
    if settings.mirror.exists() {
        let status = Reader::open(&settings.mirror).and_then(|reader| reader.status());
        settings.identity.device = Some(status.map_err(Failure::mirror)?.device);
    }
    let scratch = folder::temporary("peek")?;
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

/// An origin without its scheme.
pub(super) fn host(origin: &str) -> String {
    origin.split_once("://").map_or(origin, |(_, host)| host).to_owned()
}
