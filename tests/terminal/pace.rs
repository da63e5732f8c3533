//! How often it draws, and what a terminal that does not read can hold up: nothing.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::pty::{PATIENCE, Terminal, demo, program, wakeups};

#[test]
fn idle_it_sends_nothing() {
    let mut terminal = Terminal::up_to_date();
    // The last remark goes by itself, late on a busy machine; then nothing changes any more.
    let deadline = Instant::now() + PATIENCE;
    loop {
        let switches = wakeups(terminal.pid());
        let sent = terminal.read_for(Duration::from_secs(5));
        // Less than before: a thread has ended meanwhile.
        let switches = wakeups(terminal.pid()).checked_sub(switches);
        if !sent && switches.is_some_and(|switches| switches <= 25) {
            break;
        }
        assert!(Instant::now() < deadline, "{switches:?} wake-ups in five seconds\n{}", terminal.text());
    }
    terminal.quit();
}

/// Has large frames drawn until the terminal, which nobody reads, takes no more; the program is on its own then.
fn unread(folder: &Path) -> Terminal {
    let mut command = demo(&["--keep", folder.to_str().unwrap()]);
    command.env("COLORTERM", "truecolor");
    let mut terminal = Terminal::start(command, 80, 24);
    terminal.take(Instant::now() + PATIENCE).unwrap();
    terminal.resize(300, 100);
    for _ in 0..10 {
        // A frame each. Nothing can be seen of them, so there is nothing to wait for but the time they take.
        terminal.press(b"\x0c");
        std::thread::sleep(Duration::from_millis(50));
    }
    terminal
}

#[test]
fn a_terminal_that_stops_reading_never_holds_the_drain() {
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = unread(folder.path());
    let deadline = Instant::now() + PATIENCE;
    loop {
        let mut status = Command::new(env!("CARGO_BIN_EXE_drainboard"));
        status.arg("--mirror").arg(folder.path().join("mirror.db")).args(["status", "--json"]);
        let status = String::from_utf8(status.output().unwrap().stdout).unwrap();
        if status.contains("\"end\":\"drained\"") {
            break;
        }
        assert!(Instant::now() < deadline, "the drain is held up: {status}");
    }
    terminal.until("what happened meanwhile", |s| s.contains("✓ up to date"));
    terminal.quit();
}

#[test]
fn a_terminal_that_stops_reading_holds_up_no_signal() {
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = unread(folder.path());
    terminal.signal(Signal::TERM);
    let deadline = Instant::now() + PATIENCE;
    let status = loop {
        if let Some(status) = terminal.child.try_wait().unwrap() {
            break status;
        }
        assert!(Instant::now() < deadline, "it waits for a terminal that does not read");
        std::thread::yield_now();
    };
    assert_eq!(status.exit_code(), 143);
    // Read late, it still finds what gives it back.
    assert_eq!(terminal.ended(), 143);
}

#[test]
fn at_full_speed_it_draws_thirty_times_a_second_at_most() {
    let begun = Instant::now();
    let mut terminal =
        Terminal::start(program(&["demo", "--items", "20000", "--rate", "0", "--latency", "0ms"]), 120, 40);
    // A key that moves something, again and again: what people do is drawn at the same pace.
    while !terminal.text().contains("✓ up to date") {
        assert!(begun.elapsed() < PATIENCE, "{}", terminal.text());
        terminal.press(b"\t");
        terminal.read_for(Duration::from_millis(5));
    }
    let frames = terminal.frames(0);
    let most = begun.elapsed().as_secs_f64() * 30.0 + 3.0;
    assert!(frames as f64 <= most, "{frames} frames in {:?}", begun.elapsed());
    terminal.quit();
}

#[test]
fn without_the_focus_it_draws_less() {
    let mut terminal = Terminal::start(program(&["demo", "--items", "60000"]), 120, 40);
    terminal.see("draining");
    let count = |terminal: &mut Terminal| {
        let since = terminal.raw.len();
        terminal.read_for(Duration::from_secs(3));
        terminal.frames(since)
    };
    // Four a second and one; a busy machine draws less for a while, and hands over late what was drawn before.
    let until = |terminal: &mut Terminal, few: bool| {
        let begun = Instant::now();
        loop {
            let frames = count(terminal);
            if (frames <= 13) == few {
                break;
            }
            assert!(begun.elapsed() < PATIENCE, "{frames} frames in three seconds, few: {few}");
        }
    };
    until(&mut terminal, false);
    terminal.press(b"\x1b[O");
    until(&mut terminal, true);
    // What somebody does is seen at once all the same.
    terminal.press(b"?");
    terminal.see("On this screen");
    terminal.press(b"\x1b[Iqqy");
    assert_eq!(terminal.ended(), 0);
}

#[test]
fn a_key_that_is_held_down_leaves_no_lag() {
    let mut terminal =
        Terminal::start(program(&["demo", "--items", "2000", "--rate", "0", "--latency", "0ms"]), 120, 40);
    terminal.see("✓ up to date");
    terminal.press(b"2");
    let mut lag = || {
        terminal.press(b"gg");
        terminal.see(" 1 of ");
        for _ in 0..90 {
            terminal.press(b"j");
            terminal.read_for(Duration::from_millis(33));
        }
        let released = Instant::now();
        terminal.see("91 of ");
        released.elapsed()
    };
    // A busy machine is behind now and then; a program that draws each key for itself is so each time.
    assert!((0..8).any(|_| lag() < Duration::from_secs(2)), "it is always behind");
    terminal.quit();
}
