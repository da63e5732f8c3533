//! What commands write and how they end: one buffered stdout, complaints on stderr, the exit status. The only place
//! that touches the two streams.
//!
//! Promises: a reader that goes away (`| head`) is the end and no error; colours obey `--color` and the environment;
//! nothing that a service said reaches stderr without having been made visible.

use std::env;
use std::fmt;
use std::io::{self, BufWriter, IsTerminal, StdoutLock, Write};
use std::path::Path;

use crate::config::Color;
use crate::console::theme::{Depth, Looks, Wish};
use crate::text;

/// Stdout, locked and buffered for the whole command.
pub(super) type Stdout = BufWriter<StdoutLock<'static>>;

/// Takes stdout. Call it once a command.
pub(super) fn stdout() -> Stdout {
    BufWriter::with_capacity(64 * 1024, io::stdout().lock())
}

/// Why a command ends without having done its work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    /// The process's exit status.
    pub(super) status: u8,
    /// What happened, to what, and what to do: one line or two.
    pub(super) message: String,
}

impl Failure {
    /// Something that has no status of its own: 1.
    pub(super) fn other(message: impl fmt::Display) -> Self {
        Self { status: 1, message: message.to_string() }
    }

    /// Wrong usage or configuration: 2.
    pub(super) fn usage(message: impl fmt::Display) -> Self {
        Self { status: 2, message: message.to_string() }
    }

    /// A mirror that cannot be used: 5.
    pub(super) fn mirror(message: impl fmt::Display) -> Self {
        Self { status: 5, message: message.to_string() }
    }
}

/// How a command ended: its exit status, or why it could not do its work.
pub(super) type Ending = Result<u8, Failure>;

/// A write to stdout that failed: the reader has gone (the quiet end, status 0), or the disk is full.
pub(super) fn written(result: io::Result<()>) -> Ending {
    match result {
        Ok(()) => Ok(0),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(0),
        Err(error) => Err(Failure::other(format!("cannot write to stdout: {error}"))),
    }
}

/// Writes `drainboard: …` on stderr, a line for each line of the message. A closed stderr is nobody's error.
pub(super) fn complain(message: &str) {
    let mut stderr = io::stderr().lock();
    for line in message.lines() {
        let _ = writeln!(stderr, "drainboard: {}", text::visible(line));
    }
}

/// Whether what a command writes on stdout may have colours.
pub(super) fn colored(choice: Color) -> bool {
    match choice {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => io::stdout().is_terminal() && !colors_refused(|name| env::var(name).ok()),
    }
}

/// The console's colours: the theme's name and the choice of colours, what the terminal says of itself, and the user's
/// themes, in the folder `themes` of `configuration`. `named`: what messages call the theme's setting. The console has
/// a terminal by then.
pub(super) fn looks(
    named: &str,
    theme: Option<&str>,
    color: Color,
    configuration: Option<&Path>,
) -> Result<Looks, Failure> {
    let environment = |name: &str| env::var(name).ok();
    let wish = Wish {
        name: theme.map(str::to_owned),
        depth: depth(color, environment),
        light: light(environment),
        folder: configuration.map(|folder| folder.join("themes")),
    };
    wish.looks().map_err(|what| Failure::usage(format!("{named} {what}")))
}

/// The colours that may be sent: none where they are refused, all where the terminal says that it has them.
fn depth(choice: Color, variable: impl Fn(&str) -> Option<String>) -> Depth {
    let says = |name: &str, what: &[&str]| variable(name).is_some_and(|v| what.iter().any(|w| v.contains(w)));
    match choice {
        Color::Never => Depth::None,
        Color::Auto if colors_refused(&variable) => Depth::None,
        _ if says("COLORTERM", &["truecolor", "24bit"]) => Depth::True,
        _ if says("TERM", &["256color"]) => Depth::Indexed,
        _ => Depth::Sixteen,
    }
}

/// Whether the terminal's background is light: the last of COLORFGBG's numbers, where there is one.
fn light(variable: impl Fn(&str) -> Option<String>) -> Option<bool> {
    let background = variable("COLORFGBG")?.rsplit(';').next()?.parse::<u8>().ok()?;
    (background < 16).then_some(matches!(background, 7 | 9..=15))
}

/// Whether the environment asks for no colours: NO_COLOR (not empty), CLICOLOR=0, TERM=dumb.
fn colors_refused(variable: impl Fn(&str) -> Option<String>) -> bool {
    variable("NO_COLOR").is_some_and(|value| !value.is_empty())
        || variable("CLICOLOR").is_some_and(|value| value == "0")
        || variable("TERM").is_some_and(|value| value == "dumb")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_that_goes_is_no_error() {
        assert_eq!(written(Err(io::ErrorKind::BrokenPipe.into())), Ok(0));
        assert_eq!(written(Err(io::ErrorKind::StorageFull.into())).unwrap_err().status, 1);
    }

    #[test]
    fn the_environment_can_refuse_colours() {
        let with = |name: &'static str, value: &'static str| {
            colors_refused(move |asked| (asked == name).then(|| value.to_owned()))
        };
        assert!(with("NO_COLOR", "1") && with("CLICOLOR", "0") && with("TERM", "dumb"));
        assert!(!with("NO_COLOR", "") && !with("CLICOLOR", "1") && !with("TERM", "xterm"));
    }

    fn variable<'a>(set: &'a [(&str, &str)]) -> impl Fn(&str) -> Option<String> + 'a {
        |asked| set.iter().find(|(name, _)| *name == asked).map(|(_, value)| (*value).to_owned())
    }

    #[test]
    fn only_colours_that_the_terminal_has_are_sent() {
        let of = |choice, set: &[(&str, &str)]| depth(choice, variable(set));
        let rich = [("COLORTERM", "truecolor"), ("TERM", "xterm-256color")];
        assert_eq!(of(Color::Auto, &rich), Depth::True);
        assert_eq!(of(Color::Auto, &rich[1..]), Depth::Indexed);
        assert_eq!(of(Color::Auto, &[("TERM", "xterm"), ("COLORTERM", "yes")]), Depth::Sixteen);
        assert_eq!(of(Color::Never, &rich), Depth::None);
        let refused = [("NO_COLOR", "1"), ("COLORTERM", "24bit")];
        assert_eq!(of(Color::Auto, &refused), Depth::None);
        assert_eq!(of(Color::Always, &refused), Depth::True);
    }

    #[test]
    fn a_light_terminal_says_so() {
        let of = |value| light(variable(&[("COLORFGBG", value)]));
        assert_eq!((of("0;15"), of("15;0"), of("0;default;15")), (Some(true), Some(false), Some(true)));
        assert_eq!((of("15;default"), of(""), of("0;99")), (None, None, None));
    }
}
