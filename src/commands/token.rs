//! `drainboard token`: the token goes into the keyring, out of it, or one hears where it would come from.
//!
//! Promise: the token is typed unseen or comes through a pipe, never as an argument, and is never shown.

mod unseen;

use std::io::{self, IsTerminal, Write};

use super::arguments::{NO_TOKEN_OPTION, TokenTask};
use super::output::{self, Ending, Failure};
use crate::config::{Config, Entry, TokenSource, token_from};
use unseen::Typed;

/// Does one of the three.
pub(super) fn run(task: &TokenTask, config: Config) -> Ending {
    match task {
        TokenTask::Set { written } if !written.is_empty() => Err(Failure::usage(NO_TOKEN_OPTION)),
        TokenTask::Set { .. } => set(&config),
        TokenTask::Forget => forget(&config),
        TokenTask::Where => place(config),
    }
}

fn set(config: &Config) -> Ending {
    let entry = entry(config)?;
    let token = if io::stdin().is_terminal() {
        let prompt = format!("token for {entry}, not shown: ");
        match unseen::line(&prompt)
            .map_err(|e| Failure::other(format!("cannot ask in this terminal: {e}")))?
        {
            Typed::Line(line) => token_from(&line[..], "the terminal"),
            Typed::Left => return Ok(130),
        }
    } else {
        token_from(io::stdin().lock(), "the standard input")
    }
    .map_err(Failure::usage)?;
    entry.set(token).map_err(Failure::other)?;
    tell(&format!("the token is kept in {entry}"))?;
    if let Some(first) = first(&config.token) {
        output::complain(&format!("as long as there is {first}, the token comes from there"));
    }
    Ok(0)
}

fn forget(config: &Config) -> Ending {
    let entry = entry(config)?;
    let was = entry.forget().map_err(Failure::other)?;
    tell(&if was { format!("the token is taken out of {entry}") } else { format!("{entry} had no token") })
}

fn place(mut config: Config) -> Ending {
    // Nothing is drawn here.
    config.token.aloud();
    tell(&config.token.place().map_err(Failure::usage)?)
}

/// What comes before the keyring, in words.
fn first(source: &TokenSource) -> Option<String> {
    if matches!(source, TokenSource::Keyring { .. }) { None } else { source.place().ok() }
}

fn entry(config: &Config) -> Result<&Entry, Failure> {
    config.entry.as_ref().ok_or_else(|| Failure::usage("this program was built without the keyring"))
}

fn tell(line: &str) -> Ending {
    let mut out = output::stdout();
    let written = writeln!(out, "{line}").and_then(|()| out.flush());
    output::written(written)
}
