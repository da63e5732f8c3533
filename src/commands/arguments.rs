//! The command line as clap sees it: names, help and examples. Parsing alone; what an option means is decided in
//! `config` (settings) and in each subcommand's file.
//!
//! Environment names are written in the help and read in `config`, so that `demo` and `serve` can ignore them.

mod common;
mod config;
mod demo;
mod doctor;
mod export;
mod pacing;
mod query;
mod reading;
mod serve;
mod status;
mod sync;
mod token;
mod verify;

use std::str::FromStr;

use clap::{Args, Parser, Subcommand};

pub(super) use common::Common;
pub(super) use config::Config;
pub(super) use demo::Demo;
pub(super) use doctor::Doctor;
pub(super) use export::{Export, Form};
pub(super) use pacing::Pacing;
pub(super) use query::Query;
pub(super) use reading::{definitions, parse};
pub(super) use serve::{Examination, Serve};
pub(super) use status::Status;
pub(super) use sync::{Pause, Sync};
pub(super) use token::{NO_TOKEN_OPTION, TokenTask, token_is_written};
pub(super) use verify::Verify;

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
  130  interrupted (SIGINT): committed work stays, unsent keys go first then
  143  terminated (SIGTERM, SIGHUP); the same holds
  The console, left by key, ends with 0 whatever became of its runs: it has
  shown them, and they can be run again in it. Scripts use `drainboard sync`.

Files:
  ~/.local/share/drainboard/PROFILE/mirror.db  the mirror, unless --mirror says
  ~/.config/drainboard/config.toml             settings, see `drainboard config`
  ~/.config/drainboard/keymap.toml             keys laid over the built-in
  ~/.config/drainboard/themes/NAME.toml        colours laid over the built-in
  ~/.local/state/drainboard/statements.sql     the console's SQL statements
  ~/.local/state/drainboard/browse.json        columns and order of its tables";

const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  source <(drainboard completions bash)     in ~/.bashrc
  drainboard completions zsh > ~/.zfunc/_drainboard
  drainboard completions fish > ~/.config/fish/completions/drainboard.fish";

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
    /// See it work: the console on a demo account, no set-up
    #[command(after_help = demo::EXAMPLES)]
    Demo(Demo),
    /// Synchronize without the console, until nothing is left
    #[command(after_help = sync::EXAMPLES)]
    Sync(Sync),
    /// Prove that the mirror is the account's copy, byte by byte
    #[command(after_help = verify::EXAMPLES)]
    Verify(Verify),
    /// Check configuration, token, service, clock and mirror
    #[command(after_help = doctor::EXAMPLES)]
    Doctor(Doctor),
    /// Show every setting and who said it; write a file to begin with
    #[command(after_help = config::EXAMPLES)]
    Config(Config),
    /// Run the Sync service alone, for developers of Sync clients
    #[command(after_help = serve::EXAMPLES)]
    Serve(Serve),
    /// Ask the mirror in SQL, read-only
    #[command(after_help = query::EXAMPLES)]
    Query(Query),
    /// Write the mirror as CSV, NDJSON or Parquet; prove it later
    #[command(after_help = export::EXAMPLES)]
    Export(Export),
    /// Show device, records, last sessions and pending acks
    #[command(after_help = status::EXAMPLES)]
    Status(Status),
    /// Keep the token in the system's keyring, or tell where it is
    #[command(subcommand, after_help = token::EXAMPLES)]
    Token(TokenTask),
    /// Print a completion script for a shell
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    #[command(after_help = "Example:\n  drainboard man | man -l -")]
    Man,
}

/// A number that is no less than 0.
fn number<N: FromStr>(text: &str) -> Result<N, String> {
    text.parse().map_err(|_| "a whole number is wanted, 0 or more, like 10".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_definitions_hold_together() {
        Arguments::command().debug_assert();
    }

    /// A terminal of 80 columns breaks none of the lines that were laid out by hand.
    #[test]
    fn the_help_fits_a_narrow_terminal() {
        fn look(command: &clap::Command) {
            let note = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(note.lines().all(|line| line.chars().count() <= 80), "{note}");
            let names = command.get_subcommands().map(|command| command.get_name().len());
            let indent = names.max().unwrap_or(0) + 4;
            for command in command.get_subcommands() {
                let about = command.get_about().map(ToString::to_string).unwrap_or_default();
                assert!(indent + about.chars().count() <= 80, "{about}");
                look(command);
            }
        }
        look(&Arguments::command());
    }

    #[test]
    fn every_exit_status_is_in_the_help() {
        let help = Arguments::command().render_long_help().to_string();
        for status in ["0 ", "1 ", "2 ", "3 ", "4 ", "5 ", "130", "143"] {
            assert!(help.lines().any(|line| line.trim_start().starts_with(status)), "{status} in\n{help}");
        }
    }
}
