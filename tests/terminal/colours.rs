//! The colours that are sent: those that the terminal has, and none where none are wanted.

use std::process::Command;

use super::pty::{Terminal, demo};

/// Every number of every SGR sequence that was sent, sequence by sequence.
fn sent_styles(terminal: &Terminal) -> Vec<Vec<u32>> {
    let raw = String::from_utf8_lossy(&terminal.raw);
    let sequences = raw.split("\x1b[").skip(1).filter_map(|s| s.split_once('m'));
    sequences
        .filter(|(n, _)| n.chars().all(|c| c.is_ascii_digit() || c == ';'))
        .map(|(n, _)| n.split(';').map(|n| n.parse().unwrap_or(999)).collect())
        .collect()
}

#[test]
fn without_colour_no_colour_is_sent() {
    let mut refused = demo(&[]);
    refused.env("NO_COLOR", "1");
    refused.env("COLORTERM", "truecolor");
    for command in [refused, demo(&["--color", "never", "--theme", "light"])] {
        let mut terminal = Terminal::up_to_date_with(command);
        terminal.press(b"2");
        terminal.until("the rows", |s| s.contains("Types") && s.contains("1 of "));
        terminal.quit();
        let styles = sent_styles(&terminal);
        assert!(styles.contains(&vec![7]), "the selection is reversed");
        for numbers in styles {
            assert!(numbers.iter().all(|n| *n < 30 || matches!(n, 39 | 49 | 59)), "{numbers:?}");
        }
    }
}

#[test]
fn only_colours_that_the_terminal_offers_are_sent() {
    let mut plain = demo(&["--theme", "dark"]);
    plain.env("TERM", "xterm");
    let mut rich = demo(&[]);
    rich.env("COLORTERM", "truecolor");
    let of = |command| {
        let mut terminal = Terminal::up_to_date_with(command);
        terminal.quit();
        let styles = sent_styles(&terminal);
        let depth = |kind| styles.iter().any(|n| n.windows(2).any(|n| n == [38, kind] || n == [48, kind]));
        // The sixteen have numbers of their own; behind `38;5` they would blink where there are no more.
        let plain = styles.iter().filter(|n| !n.iter().any(|n| matches!(n, 38 | 48)));
        let own = plain.flatten().any(|n| matches!(n, 30..=37 | 90..=97));
        (depth(2), depth(5), own)
    };
    let cases = [
        (plain, (false, false, true)),
        (demo(&["--theme", "dark"]), (false, true, false)),
        (demo(&[]), (false, false, true)),
        (rich, (true, false, false)),
    ];
    for (at, (command, sent)) in cases.into_iter().enumerate() {
        assert_eq!(of(command), sent, "case {at}");
    }
}

#[test]
fn a_theme_that_is_not_there_is_wrong_usage() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_drainboard"));
    let output = command.args(["demo", "--theme", "dusk"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("--theme dusk: there is none; there are ansi, dark, light"), "{told}");
}
