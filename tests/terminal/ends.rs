//! However it ends or stops, the terminal is given back.

use portable_pty::CommandBuilder;
use rustix::process::{Signal, WaitOptions, waitpid};

use super::pty::{Terminal, demo, places, program};

#[test]
fn a_signal_ends_it_with_its_number() {
    let signals = [
        Signal::TERM,
        Signal::HUP,
        Signal::INT,
        Signal::QUIT,
        Signal::USR2,
        Signal::ALARM,
        Signal::VTALARM,
        Signal::PROF,
        Signal::XCPU,
    ];
    for signal in signals {
        let status = 128 + signal.as_raw().unsigned_abs();
        let mut terminal = Terminal::up_to_date();
        terminal.signal(signal);
        // How soon is measured by the benchmark: a machine that tests is busy.
        terminal.until_all("the other screen", |t| !t.screen.screen().alternate_screen());
        assert_eq!(terminal.ended(), status, "{signal:?}");
    }
}

#[test]
fn a_nudge_begins_the_next_run_and_ends_nothing() {
    let mut terminal = Terminal::up_to_date();
    terminal.signal(Signal::USR1);
    terminal.see("nothing runs");
    terminal.press(b"i");
    terminal.see("again in");
    terminal.signal(Signal::USR1);
    terminal.gone("again in");
    terminal.see("✓ up to date");
    terminal.quit();
}

#[test]
fn a_signal_ends_a_run_that_is_on() {
    let mut terminal = Terminal::start(program(&["demo", "--items", "5000", "--rate", "5"]), 80, 24);
    terminal.see("draining");
    terminal.signal(Signal::TERM);
    assert_eq!(terminal.ended(), 143);
}

/// A drain whose answers come late, so that leaving it takes a while.
fn slow() -> Terminal {
    let command = program(&["demo", "--items", "5000", "--rate", "5", "--latency", "3s"]);
    let mut terminal = Terminal::start(command, 80, 24);
    terminal.until("a request in flight", |s| s.contains("draining") || s.contains("starting"));
    terminal
}

#[test]
fn the_terminal_is_given_back_before_what_is_in_flight_is_finished() {
    let leaves: [(&[u8], u32); 2] = [(b"qy", 0), (b"\x03", 130)];
    for (keys, status) in leaves {
        let mut terminal = slow();
        terminal.press(keys);
        // The line stands on the other screen, and is written while the run is still on.
        terminal.see("finishing what is in flight");
        terminal.given_back();
        assert_eq!(terminal.ended(), status);
    }
    // Who does not wait for it says so as everywhere.
    let mut terminal = slow();
    terminal.press(b"qy");
    terminal.see("finishing what is in flight");
    terminal.press(b"\x03");
    assert_eq!(terminal.ended(), 130);
}

/// Waits until the program says that it stops, and has stopped.
fn stopped(terminal: &mut Terminal) {
    terminal.until_all("the other screen", |t| !t.screen.screen().alternate_screen());
    terminal.given_back();
    // It says so before it stops; a signal to go on before that would be lost.
    let (_, status) = waitpid(Some(terminal.pid()), WaitOptions::UNTRACED).unwrap().unwrap();
    assert!(status.stopped());
}

#[test]
fn it_stops_and_comes_back() {
    let mut terminal = Terminal::up_to_date();
    for by_key in [true, false] {
        if by_key {
            terminal.press(b"\x1a");
        } else {
            terminal.signal(Signal::TSTP);
        }
        stopped(&mut terminal);
        let before = terminal.raw.len();
        terminal.signal(Signal::CONT);
        terminal.see("up to date");
        let screen = terminal.screen.screen();
        assert!(screen.alternate_screen() && screen.hide_cursor() && screen.bracketed_paste());
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::ButtonMotion);
        assert!(places(&terminal.raw[before..], b"\x1b[?1004h").next().is_some(), "focus is reported");
        // Keys are keys again.
        terminal.press(b"?");
        terminal.see("On this screen");
        terminal.press(b"?");
        terminal.gone("On this screen");
    }
    terminal.press(b"\x03");
    assert_eq!(terminal.ended(), 130);
}

#[test]
fn stopped_it_ends_where_the_shell_ends_it() {
    let mut terminal = Terminal::up_to_date();
    terminal.press(b"\x1a");
    stopped(&mut terminal);
    // As a shell's `kill %1` does.
    terminal.signal(Signal::TERM);
    terminal.signal(Signal::CONT);
    assert_eq!(terminal.ended(), 143);
}

#[test]
fn a_panic_of_any_thread_gives_the_terminal_back() {
    // What brings the thread to where it panics.
    let threads: [(&str, &[u8]); 10] = [
        ("main", b""),
        ("view", b""),
        ("input", b"j"),
        ("signals", b""),
        ("forward", b""),
        ("reader", b""),
        ("pages", b"2"),
        ("sql", b"5"),
        ("exchanges", b"4"),
        ("demo", b"e"),
    ];
    for (thread, keys) in threads {
        let mut command = demo(&[]);
        command.env("DRAINBOARD_PANIC", thread);
        command.env("RUST_BACKTRACE", "0");
        let mut terminal = Terminal::start(command, 80, 24);
        terminal.until_all("the screen", |t| t.raw.windows(6).any(|w| w == b"?1049h"));
        terminal.press(keys);
        if thread == "signals" {
            terminal.resize(100, 30);
        }
        // A panic of the main thread ends the program itself; of another one, the console.
        let of_main = matches!(thread, "main" | "view");
        assert_eq!(terminal.ended(), if of_main { 101 } else { 1 }, "{thread}");
        let told = terminal.text();
        assert!(told.contains("DRAINBOARD_PANIC wants it"), "{thread}: {told}");
        assert!(of_main || told.contains("the console ended"), "{thread}: {told}");
    }
}

#[test]
fn a_panic_of_a_lever_gives_the_terminal_back() {
    let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
    command.args(["--exact", "child::console", "--ignored", "--nocapture"]);
    command.env("RUST_BACKTRACE", "0");
    let mut terminal = Terminal::start(command, 80, 24);
    terminal.until("the console", |s| s.contains("No mirror yet"));
    terminal.press(b"e");
    assert_eq!(terminal.ended(), 101);
    assert!(terminal.text().contains("the lever broke"), "{}", terminal.text());
}

#[test]
fn a_panic_in_a_task_of_the_engine_is_told() {
    let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
    command.args(["--exact", "child::console", "--ignored", "--nocapture"]);
    command.env("RUST_BACKTRACE", "0");
    let mut terminal = Terminal::start(command, 80, 24);
    terminal.until("the console", |s| s.contains("No mirror yet"));
    terminal.press(b"P");
    // Whole, with its place, where no line has room for it.
    terminal
        .until("what happened", |s| s.contains("a fault in drainboard itself") && s.contains("child.rs:"));
    assert!(terminal.screen.screen().alternate_screen());
    terminal.quit();
}
