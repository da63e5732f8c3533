//! `drainboard token` as clap sees it, and what is said where somebody writes the token itself.

use std::ffi::OsString;

use clap::Subcommand;

use crate::config::looks_like_a_token;

/// Why there is no option for the token itself.
pub(in crate::commands) const NO_TOKEN_OPTION: &str = "\
there is no option that takes the token: every user of this machine could read it in the list of processes.
Use BASECRM_ACCESS_TOKEN, --token-file FILE, --token-command COMMAND or `drainboard token set`, which asks for it; if
that was a real token, make a new one.";

/// Whether the mistake is an option that would take the token itself, or a token where none belongs.
pub(in crate::commands) fn token_is_written(error: &clap::Error) -> bool {
    use clap::error::{ContextKind, ContextValue, ErrorKind};
    if error
        .context()
        .any(|(_, value)| matches!(value, ContextValue::String(text) if looks_like_a_token(text)))
    {
        return true;
    }
    let Some(ContextValue::String(argument)) = error.get(ContextKind::InvalidArg) else { return false };
    let name = argument.trim_start_matches('-').split(['=', ' ']).next().unwrap_or_default();
    let tokens =
        ["token", "access-token", "api-token", "api-key", "bearer", "password", "auth", "authorization"];
    error.kind() == ErrorKind::UnknownArgument && argument.starts_with("--") && tokens.contains(&name)
}

pub(in crate::commands) const EXAMPLES: &str = "\
The keyring (Secret Service on Linux, Keychain on macOS) keeps it under the
service \"drainboard\" and the profile's name; for another base URL than the usual
one, under PROFILE@URL. It is looked for there last, after the options and the
environment; --token-keyring makes it the first. `set` asks for the token
without showing it, or reads it from a pipe, and never from an argument.

Examples:
  drainboard token set
  pass show sell | drainboard token set --profile work
  drainboard token where";

/// `drainboard token`
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub(in crate::commands) enum TokenTask {
    /// Ask for the token and keep it in the keyring
    Set {
        /// Nothing: here somebody may write the token itself
        #[arg(hide = true)]
        written: Vec<OsString>,
    },
    /// Take the token out of the keyring
    Forget,
    /// Tell which source a run would take the token from, and not the token
    Where,
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::super::Arguments;
    use super::*;

    #[test]
    fn a_token_has_no_place_in_an_argument() {
        let mistake = |words: &[&str]| Arguments::try_parse_from(words).map(|_| ()).unwrap_err();
        let token = "0123456789abcdef".repeat(4);
        for words in [
            &["drainboard", &token][..],
            &["drainboard", "--token-keyring", &token],
            &["drainboard", "token", "forget", &token],
            &["drainboard", "--token", "s3cret"],
            &["drainboard", "sync", "--token=s3cret"],
            &["drainboard", "doctor", "--access-token", "s3cret"],
        ] {
            assert!(token_is_written(&mistake(words)), "{words:?}");
        }
        assert!(!token_is_written(&mistake(&["drainboard", "--tokn", "x"])));
        assert!(!token_is_written(&mistake(&["drainboard", "--workers", "x"])));
    }
}
