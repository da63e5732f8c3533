//! The terminal's title while a run takes long, and its bell.

use super::pty::{Terminal, places, program};

/// A demo that takes some seconds.
const SLOW: [&str; 7] = ["demo", "--items", "300", "--rate", "3", "--latency", "0ms"];

fn sent(terminal: &Terminal, bytes: &[u8]) -> Vec<usize> {
    places(&terminal.raw, bytes).collect()
}

#[test]
fn a_long_run_is_told_in_the_title_and_the_old_one_comes_back() {
    let mut terminal = Terminal::start(program(&SLOW), 80, 24);
    terminal.until_all("a title", |t| !sent(t, b"\x1b]0;drainboard: draining").is_empty());
    terminal.until_all("the end in it", |t| !sent(t, b"\x1b]0;drainboard: up to date\x07").is_empty());
    terminal.quit();
    let kept = sent(&terminal, b"\x1b[22;0t");
    let back = sent(&terminal, b"\x1b]0;\x07\x1b[23;0t");
    assert_eq!((kept.len(), back.len()), (1, 1));
    assert!(kept[0] < sent(&terminal, b"\x1b]0;")[0] && back[0] > sent(&terminal, b"up to date\x07")[0]);
    // Nobody asked for a bell: what is left are the ends of titles.
    assert_eq!(sent(&terminal, b"\x07").len(), sent(&terminal, b"\x1b]0;").len());
}

#[test]
fn a_terminal_without_titles_gets_none() {
    let mut command = program(&SLOW);
    command.env("TERM", "dumb");
    let mut terminal = Terminal::start(command, 80, 24);
    terminal.see("✓ up to date");
    terminal.quit();
    assert_eq!((sent(&terminal, b"\x1b]0;"), sent(&terminal, b";0t")), (vec![], vec![]));
}
