//! The console in a terminal: every screen that shows what crosses the wire, its copies and its files; and its end.

use std::time::Duration;

use crate::den::{Den, Served};
use crate::echo;
use crate::pty::Terminal;
use crate::search::{plain_token, token};

/// Looks at everything that is about a request, copies it, and writes it to files.
fn look_around(terminal: &mut Terminal) {
    for keys in [
        "4", "R", "\r", "s", "\r", "\u{1b}", "\u{1b}", "4", "v", "z", "y", "E", "\u{1b}", "3", "\r", "v",
        "\u{1b}", "6", "\r", "\u{1b}", "1",
    ] {
        terminal.press(keys.as_bytes());
        terminal.read_for(Duration::from_millis(60));
    }
}

fn leave(den: &Den, mut terminal: Terminal) {
    terminal.press(b"\x03");
    while terminal.take(std::time::Instant::now() + Duration::from_secs(20)).is_ok() {}
    let _ = terminal.child.wait().unwrap();
    den.hear("the terminal's bytes", terminal.raw.clone());
    den.hear("the terminal's last screen", terminal.text());
}

#[test]
fn no_screen_copy_or_file_of_the_console_has_the_token() {
    let token = token();
    let (theirs, den) = (Den::new(&token), Den::new(&token));
    let served = Served::start(&theirs, &["--items", "300"]);
    let mut terminal = Terminal::start(den.console(&served.url, &["--rate", "0"]), 160, 50);
    terminal.see("No mirror yet");
    den.spy(terminal.pid().as_raw_nonzero().get().cast_unsigned());
    terminal.press(b"4R\r");
    terminal.see("● rec");
    terminal.press(b"1s");
    terminal.see("✓ up to date");
    look_around(&mut terminal);
    terminal.press(b"4y");
    terminal.see("$BASECRM_ACCESS_TOKEN for the token");
    terminal.press(b"E");
    terminal.see("exchanges in");
    terminal.press(b"2w\r");
    terminal.see(".csv");
    terminal.press(b"5SELECT * FROM _session\r");
    terminal.read_for(Duration::from_millis(300));
    den.spy(terminal.pid().as_raw_nonzero().get().cast_unsigned());
    leave(&den, terminal);
    served.stop().code(0);
    theirs.is_tight();
    den.is_tight();
    for end in [".har", ".csv", "mirror.db", "statements.sql"] {
        assert!(den.files().iter().any(|name| name.ends_with(end)), "no {end}: {:?}", den.files());
    }
}

#[test]
fn an_echo_is_on_no_screen() {
    let token = plain_token();
    for at in [0, 4, 8, 14] {
        let url = echo::serve(move |_, token| echo::place(token, at));
        let den = Den::new(&token);
        let mut terminal = Terminal::start(den.console(&url, &["--rate", "0", "--tries", "1"]), 160, 50);
        terminal.see("No mirror yet");
        terminal.press(b"4R\r");
        terminal.see("● rec");
        terminal.press(b"1s");
        terminal.read_for(Duration::from_millis(300));
        look_around(&mut terminal);
        leave(&den, terminal);
        assert!(den.files().iter().any(|name| name.contains(".har")), "{:?}", den.files());
        den.is_tight();
    }
}

#[test]
#[cfg(debug_assertions)]
fn a_panic_tells_everything_but_the_token() {
    let token = token();
    let (theirs, den) = (Den::new(&token), Den::new(&token));
    let served = Served::start(&theirs, &["--items", "100"]);
    for (thread, key) in [("view", ""), ("exchanges", "4"), ("forward", "")] {
        let mut command = den.console(&served.url, &["--sync"]);
        command.env("DRAINBOARD_PANIC", thread);
        let mut terminal = Terminal::start(command, 100, 30);
        terminal.until_all("the screen", |t| t.raw.windows(6).any(|w| w == b"?1049h"));
        terminal.press(key.as_bytes());
        let status = terminal.ended();
        assert!(status == 101 || status == 1, "{thread}: {status}");
        assert!(terminal.text().contains("DRAINBOARD_PANIC wants it") || !terminal.raw.is_empty());
        den.hear("the terminal's bytes", terminal.raw.clone());
        den.is_tight();
    }
}
