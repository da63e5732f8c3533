//! The command line: one file a subcommand, and the headless watchers of the engine's events. Owns clap.
//!
//! In reading order: `arguments` (what can be written), `settings` (what it comes to), then the subcommands: `demo`,
//! `sync`, `serve`, `query`, `export`, `status`, `config`, `window` (the console), `manual`. They share `headless` (one
//! run, watched), `summary`, `output` (the two streams and the exit status).

mod arguments;
mod config;
mod conformance;
mod connect;
mod demo;
mod doctor;
mod export;
mod folder;
mod headless;
mod levers;
mod lines;
mod listening;
mod manual;
mod metrics;
mod output;
mod privacy;
mod probe;
mod progress;
mod query;
mod serve;
mod settings;
mod signals;
mod spent;
mod status;
mod summary;
mod sync;
mod table;
mod token;
mod verify;
mod watch;
mod window;
mod words;

use std::ffi::OsString;
use std::process::ExitCode;

use tokio::runtime::Runtime;

use arguments::{Arguments, Manner, Pacing, Task};
use output::{Ending, Failure};

use crate::spreadsheet::Formulas;

/// Does what the command line says; the exit status is the contract's.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    privacy::close();
    signals::outlive_limits();
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let arguments = match arguments::parse(&arguments) {
        Ok(arguments) => arguments,
        Err(error) if arguments::token_is_written(&error) => {
            output::complain(arguments::NO_TOKEN_OPTION);
            return ExitCode::from(2);
        }
        Err(error) => {
            // Help for a reader that has gone is nobody's error.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    match dispatch(arguments) {
        Ok(status) => ExitCode::from(status),
        Err(failure) => {
            output::complain(&failure.message);
            ExitCode::from(failure.status)
        }
    }
}

fn dispatch(arguments: Arguments) -> Ending {
    let Arguments { sync, manner, csv_safe, pacing, common, command } = arguments;
    if command.is_some() && sync {
        return Err(Failure::usage(
            "--sync belongs to the console; `drainboard sync` synchronizes without it",
        ));
    }
    if command.is_some() && manner != Manner::default() {
        return Err(Failure::usage(
            "--peek and --read-only before a command belong to the console; `drainboard sync --peek` peeks without it",
        ));
    }
    if command.is_some() && csv_safe {
        return Err(Failure::usage(
            "--csv-safe before a command belongs to the console; `drainboard query --csv --csv-safe` has it too",
        ));
    }
    if !matches!(command, None | Some(Task::Sync(_) | Task::Verify(_) | Task::Config(_)))
        && pacing != Pacing::default()
    {
        return Err(Failure::usage("the options of pacing go behind the command that they are for"));
    }
    match command {
        None => window::run(sync, manner, Formulas::disarmed(csv_safe), &common, &pacing),
        Some(Task::Demo(demo)) => demo::run(&demo, &common),
        Some(Task::Sync(sync)) => {
            let pacing = sync.pacing.or(pacing);
            sync::run(&sync, &common, settings::resolve(&common, &pacing))
        }
        Some(Task::Verify(verify)) => {
            let pacing = verify.pacing.or(pacing);
            verify::run(&verify, &common, settings::resolve(&common, &pacing)?)
        }
        Some(Task::Doctor(doctor)) => {
            doctor::run(doctor.json, &common, &mut settings::resolve(&common, &Pacing::default()))
        }
        Some(Task::Serve(serve)) => serve::run(&serve, &common, settings::token_of_environment()?),
        Some(Task::Config(asked)) => {
            let pacing = asked.pacing.or(pacing);
            config::run(&asked, || settings::resolve(&common, &pacing))
        }
        Some(Task::Query(query)) => {
            let config = settings::reading(&common)?;
            query::run(&query, &config.mirror, config.color)
        }
        Some(Task::Export(export)) => export::run(&export, &common),
        Some(Task::Status(status)) => status::run(&status, &settings::mirror(&common)?),
        Some(Task::Token(task)) => token::run(&task, settings::resolve(&common, &Pacing::default())?),
        Some(Task::Completions { shell }) => manual::completions(shell),
        Some(Task::Man) => manual::man(),
    }
}

/// The runtime that a command's tasks live on.
fn runtime() -> Result<Runtime, Failure> {
    room_for_files().map_err(|error| {
        Failure::other(format!(
            "the system gives fewer than {FILES} more open files ({error}); raise the limit (`ulimit -n`)"
        ))
    })?;
    let made = tokio::runtime::Builder::new_multi_thread()
        .thread_name(crate::console::ENGINE_THREAD)
        .enable_all()
        .build();
    made.map_err(|error| Failure::other(format!("the system gives no threads: {error}")))
}

/// Files that a command has open at once, sockets included, where it has little to do.
const FILES: usize = 24;

/// Whether the system gives so many: the runtime takes its own for granted and dies without.
#[cfg(unix)]
fn room_for_files() -> std::io::Result<()> {
    (0..FILES).map(|_| std::fs::File::open("/dev/null")).collect::<std::io::Result<Vec<_>>>().map(drop)
}

/// Other systems have no such limit.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "its twin can fail")]
fn room_for_files() -> std::io::Result<()> {
    Ok(())
}
