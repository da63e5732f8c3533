//! The command line as clap sees it: names, help and examples. Parsing alone; what an option means is decided in
//! `config` (settings) and in each subcommand's file.
//!
//! Environment names are written in the help and read in `config`, so that `demo` and `serve` can ignore them.

mod config;
mod export;
mod serve;
mod sync;
mod token;

use std::ffi::OsString;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::builder::PossibleValue;
use clap::error::{ContextKind, ContextValue};
use clap::{ArgAction, Args, ColorChoice, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

pub(super) use config::Config;
pub(super) use export::{Export, Form};
pub(super) use serve::{Examination, Serve};
pub(super) use sync::{Pause, Sync};
pub(super) use token::{NO_TOKEN_OPTION, TokenTask, token_is_written};

use crate::config::{Color, duration, size};
use crate::text::nearest;

const ABOUT: &str =
    "Watch a device's queue drain from the Base CRM (Zendesk Sell) Sync API into a local SQLite mirror";

const EXAMPLES: &str = "\
Examples:
  drainboard demo                     see it work: no account, no set-up
  export BASECRM_ACCESS_TOKEN=…       a token with the sync scope
  drainboard --sync                   the console, starting at once
  drainboard sync --json | tail -1    headless, for scripts
  drainboard query \"SELECT name, email FROM contact WHERE city = 'NY'\"

Exit status:
  0    converged: nothing is left to synchronize (or the command did its work)
  1    another failure, or a run that ended without having converged
  2    wrong usage; also no token (BASECRM_ACCESS_TOKEN) or an unusable base URL
  3    refused by the service: wrong token (401), missing sync scope (403)
  4    the service is unreachable, or fails after the retries
  5    the mirror cannot be used: none, no database, read-only, newer, in use,
       disk full
  130  interrupted (SIGINT); committed work stays, unsent keys go first next time
  143  terminated (SIGTERM, SIGHUP); the same holds
  The console, left by key, ends with 0 whatever became of its runs: it has
  shown them, and they can be run again in it. Scripts use `drainboard sync`.

Files:
  ~/.local/share/drainboard/PROFILE/mirror.db   the mirror, unless --mirror says
  ~/.config/drainboard/config.toml              settings; `drainboard config --init` writes one
  ~/.config/drainboard/keymap.toml              keys laid over the built-in ones
  ~/.config/drainboard/themes/NAME.toml         colours laid over the built-in ones
  ~/.local/state/drainboard/statements.sql      the console's SQL statements
  ~/.local/state/drainboard/browse.json         columns and order of its tables";

/// The whole command line.
#[derive(Debug, Parser)]
#[command(name = "drainboard", version, about = ABOUT, after_help = EXAMPLES, max_term_width = 100)]
#[command(subcommand_help_heading = "Commands", disable_help_subcommand = true)]
pub(super) struct Arguments {
    /// Start a synchronization at once (the console alone starts idle)
    #[arg(long)]
    pub(super) sync: bool,
    #[command(flatten)]
    pub(super) manner: Manner,
    /// The console's CSV files and copied rows for a spreadsheet: texts that begin like a formula get a ' (and are
    /// changed)
    #[arg(long)]
    pub(super) csv_safe: bool,
    #[command(flatten)]
    pub(super) pacing: Pacing,
    #[command(flatten)]
    pub(super) common: Common,
    #[command(subcommand)]
    pub(super) command: Option<Task>,
}

/// What the console may do with its mirror.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Args)]
pub(super) struct Manner {
    /// Look at what would come: drain into a scratch mirror, acknowledge nothing
    #[arg(long, conflicts_with = "read_only")]
    pub(super) peek: bool,
    /// Look at what is there: synchronize nothing, change nothing
    #[arg(long, conflicts_with = "sync")]
    pub(super) read_only: bool,
}

/// What to do; the console where none is named.
#[derive(Debug, Subcommand)]
pub(super) enum Task {
    /// See it work: the console on a demo account, no set-up, no network
    #[command(after_help = DEMO_EXAMPLES)]
    Demo(Demo),
    /// Synchronize without the console, until the service has nothing more
    #[command(after_help = sync::EXAMPLES)]
    Sync(Sync),
    /// Prove that the mirror is the account's copy, record by record, byte by byte
    #[command(after_help = VERIFY_EXAMPLES)]
    Verify(Verify),
    /// Check configuration, token, service, clock and mirror, each with what to do
    #[command(after_help = DOCTOR_EXAMPLES)]
    Doctor(Doctor),
    /// Show every setting and where it came from; write a file to begin with
    #[command(after_help = config::EXAMPLES)]
    Config(Config),
    /// Run the Sync service alone, for developers of any Sync API client
    #[command(after_help = serve::EXAMPLES)]
    Serve(Serve),
    /// Ask the mirror in SQL, read-only
    #[command(after_help = QUERY_EXAMPLES)]
    Query(Query),
    /// Write the mirror to files that others read: CSV, NDJSON, Parquet; prove them later
    #[command(after_help = export::EXAMPLES)]
    Export(Export),
    /// Show the mirror's device, records, last sessions and pending acknowledgements
    #[command(after_help = STATUS_EXAMPLES)]
    Status(Status),
    /// Keep the token in the system's keyring, forget it, or tell where it comes from
    #[command(subcommand, after_help = token::EXAMPLES)]
    Token(TokenTask),
    /// Print a completion script for a shell
    #[command(
        after_help = "Example:\n  drainboard completions bash > ~/.local/share/bash-completion/completions/drainboard"
    )]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    #[command(after_help = "Example:\n  drainboard man | man -l -")]
    Man,
}

const BASE_URL_HELP: &str = "The service [env: DRAINBOARD_BASE_URL] [default: https://api.getbase.com]";

/// Options that every command understands.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Common options")]
pub(super) struct Common {
    /// The mirror's file [env: DRAINBOARD_MIRROR]
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) mirror: Option<PathBuf>,
    // No doc comment: rustdoc takes the address for a link.
    #[arg(long, global = true, value_name = "URL", help = BASE_URL_HELP)]
    pub(super) base_url: Option<String>,
    /// The device that a new mirror is [env: BASECRM_DEVICE_UUID] [default: a fresh one]
    #[arg(long, global = true, value_name = "UUID")]
    pub(super) device_uuid: Option<String>,
    /// The profile of the configuration's file, with a mirror of its own [env: DRAINBOARD_PROFILE]
    #[arg(long, global = true, value_name = "NAME")]
    pub(super) profile: Option<String>,
    /// A file whose content is the token [env: BASECRM_ACCESS_TOKEN holds the token itself]
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) token_file: Option<PathBuf>,
    /// A command for a shell whose first line is the token, like 'pass show sell' [env: DRAINBOARD_TOKEN_COMMAND]
    #[arg(long, global = true, value_name = "COMMAND", conflicts_with = "token_file")]
    pub(super) token_command: Option<String>,
    /// The keyring has the token, kept there by `drainboard token set` [default name: the profile's]
    #[arg(long, global = true, value_name = "NAME", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    #[arg(conflicts_with_all = ["token_file", "token_command"])]
    pub(super) token_keyring: Option<String>,
    /// Colours; auto obeys the terminal, NO_COLOR and TERM=dumb [default: auto]
    #[arg(long, global = true, value_name = "WHEN", value_enum)]
    pub(super) color: Option<Color>,
    /// The console's theme: auto, ansi, dark, light, or themes/NAME.toml beside keymap.toml [default: auto]
    #[arg(long, global = true, value_name = "NAME")]
    pub(super) theme: Option<String>,
    /// Say less: no progress
    #[arg(short, long, global = true, action = ArgAction::Count, conflicts_with = "verbose")]
    pub(super) quiet: u8,
    /// Say more: every event as a line on stderr, with `serve` every request
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(super) verbose: u8,
}

impl Common {
    /// The options that choose whose data it is and where it lies, as far as they were given.
    pub(super) fn place(&self) -> Vec<&'static str> {
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

/// The commands that have a place of their own, and those that need none: they refuse what names another, or do nothing
/// with it, so their help is silent about it.
const PLACELESS: [&str; 4] = ["demo", "serve", "completions", "man"];
/// [`Common`]'s options that choose a place.
const PLACES: [&str; 7] =
    ["mirror", "base_url", "device_uuid", "profile", "token_file", "token_command", "token_keyring"];

/// Reads a command line. What is said of a mistake in it has colours as it asks for itself.
///
/// # Errors
/// What is wrong, or the help that was asked for, ready to be printed.
pub(super) fn parse(arguments: &[OsString]) -> Result<Arguments, clap::Error> {
    let mut command = Arguments::command().color(coloured(arguments));
    // The common options are each command's own from here on.
    command.build();
    let command = command.mut_subcommands(|command| {
        let silent = PLACELESS.contains(&command.get_name());
        command.mut_args(|arg| {
            let hidden = silent && PLACES.contains(&arg.get_id().as_str());
            if hidden { arg.hide(true) } else { arg }
        })
    });
    let parsed =
        command.try_get_matches_from(arguments).and_then(|matches| Arguments::from_arg_matches(&matches));
    parsed.map_err(with_a_suggestion)
}

/// The colours that a command line wishes for, also where the rest of it cannot be read.
fn coloured(arguments: &[OsString]) -> ColorChoice {
    let words: Vec<_> =
        arguments.iter().map(|word| word.to_string_lossy()).take_while(|word| word != "--").collect();
    let wish = words.iter().enumerate().find_map(|(at, word)| match word.strip_prefix("--color")? {
        "" => words.get(at + 1).map(AsRef::as_ref),
        rest => rest.strip_prefix('='),
    });
    match wish {
        Some("never") => ColorChoice::Never,
        Some("always") => ColorChoice::Always,
        _ => ColorChoice::Auto,
    }
}

/// Offers the nearest of the words that a value may be, where the parser sees none: `cvs` is far from `csv` to it.
fn with_a_suggestion(mut error: clap::Error) -> clap::Error {
    let near = match (error.get(ContextKind::InvalidValue), error.get(ContextKind::ValidValue)) {
        (Some(ContextValue::String(wrong)), Some(ContextValue::Strings(right)))
            if error.get(ContextKind::SuggestedValue).is_none() =>
        {
            nearest(wrong, right.iter().map(String::as_str)).map(str::to_owned)
        }
        _ => None,
    };
    if let Some(near) = near {
        error.insert(ContextKind::SuggestedValue, ContextValue::String(near));
    }
    error
}

/// A number that is no less than 0.
fn number<N: FromStr>(text: &str) -> Result<N, String> {
    text.parse().map_err(|_| "a whole number is wanted, 0 or more, like 10".to_owned())
}

impl ValueEnum for Color {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name()))
    }
}

/// How fast, in what portions and how patiently.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Pacing")]
pub(super) struct Pacing {
    /// Requests in any second, all together; 0 = no limit [default: 10]
    #[arg(long, value_name = "N", value_parser = number::<u32>, allow_negative_numbers = true)]
    pub(super) rate: Option<u32>,
    /// Pages in flight at one time [default: 4]
    #[arg(long, value_name = "N", value_parser = number::<usize>, allow_negative_numbers = true)]
    pub(super) workers: Option<usize>,
    /// Keys an acknowledgement pack [default: 2000; up to 10000 where more have piled up]
    #[arg(long, value_name = "KEYS", value_parser = number::<usize>, allow_negative_numbers = true)]
    pub(super) ack_pack: Option<usize>,
    /// The age at which a pack leaves, full or not [default: 5s]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(super) ack_interval: Option<Duration>,
    /// The largest answer that is accepted, decompressed [default: 128MiB]
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub(super) max_page: Option<u64>,
    /// Tries of one request before the service counts as unreachable [default: 8]
    #[arg(long, value_name = "N", value_parser = number::<u32>, allow_negative_numbers = true)]
    pub(super) tries: Option<u32>,
    /// The same, not counting the first
    #[arg(long, value_name = "N", hide = true, conflicts_with = "tries")]
    retries: Option<u32>,
}

impl Pacing {
    /// These options, and those of `other` where these say nothing.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            rate: self.rate.or(other.rate),
            workers: self.workers.or(other.workers),
            ack_pack: self.ack_pack.or(other.ack_pack),
            ack_interval: self.ack_interval.or(other.ack_interval),
            max_page: self.max_page.or(other.max_page),
            tries: self.tries().or(other.tries()),
            retries: None,
        }
    }

    /// Tries of one request, however they were counted.
    pub(super) fn tries(&self) -> Option<u32> {
        self.tries.or_else(|| self.retries.map(|retries| retries.saturating_add(1)))
    }
}

const DEMO_EXAMPLES: &str = "\
A service with a demo account runs on this machine and is drained into a mirror,
both in a temporary folder. No configuration and no environment is read: a demo
can touch nobody's mirror or token. Where stdout is no terminal, the same
synchronization runs headless and ends with a summary.

Examples:
  drainboard demo
  drainboard demo --items 200000 | cat        headless, at full speed
  drainboard demo --keep /tmp/demo            the mirror stays: /tmp/demo/mirror.db";

/// `drainboard demo`
#[derive(Debug, Args)]
pub(super) struct Demo {
    /// Records of the demo account
    #[arg(long, value_name = "N", default_value_t = 12_000, value_parser = number::<u64>, allow_negative_numbers = true)]
    pub(super) items: u64,
    /// The seed that the account is made from
    #[arg(long, value_name = "SEED", default_value_t = 1, value_parser = number::<u64>, allow_negative_numbers = true)]
    pub(super) seed: u64,
    /// Work in this folder and keep it: the account, and the mirror as mirror.db
    #[arg(long, value_name = "DIR")]
    pub(super) keep: Option<PathBuf>,
    /// Requests a second; 0 = no limit [default: 10 in the console, 0 headless]
    #[arg(long, value_name = "N", value_parser = number::<u32>, allow_negative_numbers = true)]
    pub(super) rate: Option<u32>,
    /// How long each answer takes [default: 120ms in the console, 0s headless]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(super) latency: Option<Duration>,
}

impl Demo {
    /// The demo without options.
    pub(super) fn usual() -> Self {
        match Arguments::try_parse_from(["drainboard", "demo"]).map(|arguments| arguments.command) {
            Ok(Some(Task::Demo(demo))) => demo,
            _ => unreachable!("`drainboard demo` is a command line"),
        }
    }
}

const VERIFY_EXAMPLES: &str = "\
Synchronizes the mirror, drains the account once more as a throw-away device
into a temporary mirror (TMPDIR says where), and compares the two: missing,
extra, stale and different records. What differs is looked at twice, so edits
meanwhile are no difference. Ends with 0 where nothing differs, with 1 where
something does. The throw-away device stays known to the service.

Examples:
  drainboard verify
  drainboard verify --json | jq .identical";

/// `drainboard verify`
#[derive(Debug, Args)]
pub(super) struct Verify {
    /// The report as one line of JSON, with every difference
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) pacing: Pacing,
}

const DOCTOR_EXAMPLES: &str = "\
Changes nothing, here or there: the service is asked for one page of a session
that does not exist. Ends with 0, or with the status that a sync would end with.
assets/troubleshooting.md in the sources has a line on every message that there is.

Examples:
  drainboard doctor
  drainboard doctor --json | jq -r '.checks[] | select(.state != \"fine\").text'";

/// `drainboard doctor`
#[derive(Debug, Args)]
pub(super) struct Doctor {
    /// The findings as one line of JSON
    #[arg(long)]
    pub(super) json: bool,
}

const QUERY_EXAMPLES: &str = "\
Examples:
  drainboard query 'SELECT count(*) FROM contact'
  drainboard query --csv 'SELECT id, name, email FROM contact ORDER BY name' > contacts.csv
  drainboard query --json 'SELECT id, data FROM deal' | jq -r .data
  drainboard query --as-of 3 'SELECT stage_id, count(*) FROM deal GROUP BY 1'

One table a type (contact, deal, note …), one column a field, beside id, revision
and data (the JSON as received). NULL is NULL in the table, empty in CSV and null
in JSON; bytes are written in hexadecimal.

As of a session the tables of the types are as they were after it (_page is NULL
where a row has changed since); nothing else can be read then. What the mirror
cannot tell any more is refused.

A spreadsheet runs a text that begins with = + - @ TAB, CR or NUL as a formula,
quoted or not. --csv-safe writes a ' before such texts and column names. It costs
exactness: \"+48 22 123\" becomes \"'+48 22 123\" for whoever reads the file. Numbers
stay as they are. Without it, and with --json, every value is exact.";

/// `drainboard query`
#[derive(Debug, Args)]
pub(super) struct Query {
    /// One statement that reads
    pub(super) sql: String,
    /// Comma-separated, with a header
    #[arg(long, conflicts_with = "json")]
    pub(super) csv: bool,
    /// CSV for a spreadsheet: texts that begin like a formula get a ' before them (see below)
    #[arg(long, requires = "csv")]
    pub(super) csv_safe: bool,
    /// One JSON object a line
    #[arg(long)]
    pub(super) json: bool,
    /// The tables as they were after this session (`drainboard status` and screen 6 list them)
    #[arg(long, value_name = "SESSION")]
    pub(super) as_of: Option<i64>,
}

const STATUS_EXAMPLES: &str = "\
Examples:
  drainboard status
  drainboard status --json | jq .converged_seconds_ago
  drainboard status --max-age 1h || notify-send 'the mirror is old'";

/// `drainboard status`
#[derive(Debug, Args)]
pub(super) struct Status {
    /// As one JSON object
    #[arg(long)]
    pub(super) json: bool,
    /// End with 1 and one line where the mirror was last known to be up to date longer ago than this
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(super) max_age: Option<Duration>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definitions_hold_together() {
        Arguments::command().debug_assert();
    }

    /// What is said of a command line that cannot be read.
    fn told(words: &[&str]) -> String {
        let words: Vec<OsString> = ["drainboard"].iter().chain(words).map(Into::into).collect();
        parse(&words).unwrap_err().render().to_string()
    }

    #[test]
    fn a_command_that_takes_no_place_offers_none() {
        for command in PLACELESS {
            let help = told(&[command, "--help"]);
            assert!(!help.contains("--mirror") && !help.contains("--token-command"), "{help}");
            assert!(help.contains("--quiet"), "{help}");
        }
        let help = told(&["sync", "--help"]);
        for option in PLACES {
            assert!(help.contains(&option.replace('_', "-")), "{option} in\n{help}");
        }
        // Written all the same it is read, to be refused in words.
        let words = ["drainboard", "demo", "--mirror", "x"].map(OsString::from);
        assert_eq!(parse(&words).unwrap().common.place(), ["--mirror"]);
    }

    #[test]
    fn a_mistake_is_told_so_that_it_can_be_mended() {
        assert!(told(&["export", "--format", "cvs", "--output", "x"]).contains("'csv'"));
        for wrong in ["x", "-1", "1.5"] {
            let told = told(&["sync", "--rate", wrong]);
            assert!(told.contains("a whole number is wanted, 0 or more, like 10"), "{told}");
        }
        assert!(told(&["serve", "--items", "-3"]).contains("a whole number"));
    }

    #[test]
    fn a_mistake_has_the_colours_that_were_asked_for() {
        let wish = |words: &[&str]| coloured(&words.iter().map(OsString::from).collect::<Vec<_>>());
        assert_eq!(wish(&["drainboard", "--color", "never", "sync", "--rat"]), ColorChoice::Never);
        assert_eq!(wish(&["drainboard", "sync", "--color=always"]), ColorChoice::Always);
        assert_eq!(wish(&["drainboard", "sync", "--colour"]), ColorChoice::Auto);
        assert_eq!(
            wish(&["drainboard", "serve", "--conformance", "--", "x", "--color=never"]),
            ColorChoice::Auto
        );
    }

    #[test]
    fn every_exit_status_is_in_the_help() {
        let help = Arguments::command().render_long_help().to_string();
        for status in ["0 ", "1 ", "2 ", "3 ", "4 ", "5 ", "130", "143"] {
            assert!(help.lines().any(|line| line.trim_start().starts_with(status)), "{status} in\n{help}");
        }
    }

    #[test]
    fn pacing_before_and_behind_sync_is_the_same() {
        let one = Arguments::try_parse_from(["drainboard", "sync", "--rate", "3"]).unwrap();
        let Some(Task::Sync(sync)) = one.command else { panic!("sync") };
        let two = Arguments::try_parse_from(["drainboard", "--rate", "3", "sync"]).unwrap();
        assert_eq!(sync.pacing.rate, Some(3));
        assert_eq!(sync.pacing.or(Pacing::default()), two.pacing);
    }
}
