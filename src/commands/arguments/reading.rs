//! Reading a command line, and what is said of a mistake in one.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue};
use clap::{ColorChoice, CommandFactory as _, FromArgMatches as _};

use super::Arguments;
use super::common::{PLACELESS, PLACES};
use crate::text::nearest;

/// Reads a command line. What is said of a mistake in it has colours as it asks for itself.
///
/// # Errors
/// What is wrong, or the help that was asked for, ready to be printed.
pub(in crate::commands) fn parse(arguments: &[OsString]) -> Result<Arguments, clap::Error> {
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
