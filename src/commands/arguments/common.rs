//! The options that every command understands: whose data, where it lies, how it looks, how much is said.

use std::path::PathBuf;

use clap::builder::PossibleValue;
use clap::{Args, ValueEnum, ValueHint};

use crate::config::Color;

const BASE_URL_HELP: &str = "The service [env: DRAINBOARD_BASE_URL] [default: https://api.getbase.com]";

/// Options that every command understands.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Common options")]
pub(in crate::commands) struct Common {
    /// The mirror's file [env: DRAINBOARD_MIRROR]
    #[arg(long, global = true, value_name = "FILE")]
    pub(in crate::commands) mirror: Option<PathBuf>,
    // No doc comment: rustdoc takes the address for a link.
    #[arg(long, global = true, value_name = "URL", help = BASE_URL_HELP, value_hint = ValueHint::Url)]
    pub(in crate::commands) base_url: Option<String>,
    /// The device that a new mirror is [env: BASECRM_DEVICE_UUID] [default: a fresh one]
    #[arg(long, global = true, value_name = "UUID")]
    pub(in crate::commands) device_uuid: Option<String>,
    /// The profile of the configuration's file, with a mirror of its own [env: DRAINBOARD_PROFILE]
    #[arg(long, global = true, value_name = "NAME", value_hint = ValueHint::Other)]
    pub(in crate::commands) profile: Option<String>,
    /// A file whose content is the token [env: BASECRM_ACCESS_TOKEN holds the token itself]
    #[arg(long, global = true, value_name = "FILE")]
    pub(in crate::commands) token_file: Option<PathBuf>,
    /// A command for a shell whose first line is the token, like 'pass show sell' [env: DRAINBOARD_TOKEN_COMMAND]
    #[arg(long, global = true, value_name = "COMMAND", value_hint = ValueHint::CommandString)]
    #[arg(conflicts_with = "token_file")]
    pub(in crate::commands) token_command: Option<String>,
    /// The keyring has the token, kept there by `drainboard token set` [default name: the profile's]
    #[arg(long, global = true, value_name = "NAME", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    #[arg(conflicts_with_all = ["token_file", "token_command"])]
    pub(in crate::commands) token_keyring: Option<String>,
    /// Colours; auto obeys the terminal, NO_COLOR and TERM=dumb [default: auto]
    #[arg(long, global = true, value_name = "WHEN", value_enum)]
    pub(in crate::commands) color: Option<Color>,
    /// The console's theme: auto, ansi, dark, light, or themes/NAME.toml beside keymap.toml [default: auto]
    #[arg(long, global = true, value_name = "NAME")]
    pub(in crate::commands) theme: Option<String>,
    /// Say less: no progress
    #[arg(short, long, global = true, overrides_with = "quiet", conflicts_with = "verbose")]
    pub(in crate::commands) quiet: bool,
    /// Say more: every event as a line on stderr, with `serve` every request
    #[arg(short, long, global = true, overrides_with = "verbose")]
    pub(in crate::commands) verbose: bool,
}

impl Common {
    /// The options that choose whose data it is and where it lies, as far as they were given.
    pub(in crate::commands) fn place(&self) -> Vec<&'static str> {
        [
            (self.mirror.is_some(), "--mirror"),
            (self.base_url.is_some(), "--base-url"),
            (self.device_uuid.is_some(), "--device-uuid"),
            (self.profile.is_some(), "--profile"),
            (self.token_file.is_some(), "--token-file"),
            (self.token_command.is_some(), "--token-command"),
            (self.token_keyring.is_some(), "--token-keyring"),
        ]
        .into_iter()
        .filter_map(|(given, name)| given.then_some(name))
        .collect()
    }
}

/// [`Common`]'s options that choose a service and a token for it.
const SERVICE: [&str; 5] = ["base_url", "device_uuid", "token_file", "token_command", "token_keyring"];
/// Those that choose whose mirror it is.
const MIRROR: [&str; 2] = ["mirror", "profile"];

/// Whether one of [`Common`]'s options does nothing for a command, or is refused by it: then its help is silent about it.
pub(super) fn means_nothing(option: &str, command: &str) -> bool {
    match command {
        // They have an account of their own, or need none.
        "demo" | "serve" => SERVICE.contains(&option) || MIRROR.contains(&option),
        "completions" | "man" => true,
        // They read the mirror, and nothing else.
        "query" | "export" | "status" => SERVICE.contains(&option) || option == "theme",
        "sync" | "verify" | "token" => option == "theme",
        _ => false,
    }
}

impl ValueEnum for Color {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name()))
    }
}
