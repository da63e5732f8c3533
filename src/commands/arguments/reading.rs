//! Reading a command line, and what is said of a mistake in one.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue};
use clap::{ColorChoice, Command, CommandFactory as _, FromArgMatches as _, ValueHint};

use super::Arguments;
use super::common::means_nothing;
use crate::text::nearest;

/// The command line as it is offered: the common options are each command's own, and hidden where they mean nothing; what
/// is no file and no word of a list is completed by nothing.
pub(in crate::commands) fn definitions() -> Command {
    let mut command = Arguments::command();
    command.build();
    offered(command, None)
}

/// The same of a part of it, below the subcommand of this name.
fn offered(command: Command, below: Option<&str>) -> Command {
    let command = command.mut_args(|arg| {
        let hidden =
            arg.is_global_set() && below.is_some_and(|name| means_nothing(arg.get_id().as_str(), name));
        let arg = if hidden { arg.hide(true) } else { arg };
        let words = arg.get_action().takes_values() && arg.get_value_hint() == ValueHint::Unknown;
        if words { arg.value_hint(ValueHint::Other) } else { arg }
    });
    command.mut_subcommands(|command| {
        let name = command.get_name().to_owned();
        offered(command, below.or(Some(&name)))
    })
}

/// Reads a command line. What is said of a mistake in it has colours as it asks for itself.
///
/// # Errors
/// What is wrong, or the help that was asked for, ready to be printed.
pub(in crate::commands) fn parse(arguments: &[OsString]) -> Result<Arguments, clap::Error> {
    let command = definitions().color(coloured(arguments));
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
    fn what_means_nothing_to_a_command_is_not_offered() {
        let places = ["--mirror", "--profile"];
        let service = ["--base-url", "--device-uuid", "--token-file", "--token-command", "--token-keyring"];
        for (command, has_places, has_service) in [
            ("demo", false, false),
            ("serve", false, false),
            ("man", false, false),
            ("query", true, false),
            ("status", true, false),
            ("sync", true, true),
            ("doctor", true, true),
        ] {
            let help = told(&[command, "--help"]);
            let offers =
                |option: &&str| help.contains(&format!("{option} ")) || help.contains(&format!("{option}["));
            assert_eq!(places.iter().all(offers), has_places, "{help}");
            assert_eq!(places.iter().any(offers), has_places, "{help}");
            assert_eq!(service.iter().all(offers), has_service, "{help}");
            assert_eq!(service.iter().any(offers), has_service, "{help}");
            assert_eq!(help.contains("--quiet"), command != "man", "{help}");
            assert!(!help.contains("--retries"), "{help}");
        }
        // Written all the same it is read, to be refused in words.
        let words = ["drainboard", "demo", "--mirror", "x"].map(OsString::from);
        assert_eq!(parse(&words).unwrap().common.place(), ["--mirror"]);
    }

    #[test]
    fn said_twice_is_said() {
        let words = ["drainboard", "-v", "sync", "-vv", "--verbose"].map(OsString::from);
        assert!(parse(&words).unwrap().common.verbose);
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
