//! Whatever a terminal sends, the keys behind it come through, and a paste is no keys.

use std::time::{Duration, Instant};

use super::pty::{PATIENCE, Terminal};

#[test]
fn what_is_unfinished_holds_back_nothing() {
    let unfinished: [&[u8]; 14] = [
        b"\x1b",
        b"\x1b[",
        b"\x1b[<",
        b"\x1b[<0;12",
        b"\x1b[1;",
        b"\x1b[M!",
        b"\x1bO",
        b"\x1b]0;x",
        b"\x1bPq",
        b"\x1b_x",
        b"\x1b[200~abc",
        b"\xe9",
        b"\xf0\x9f",
        b"\x1b[?",
    ];
    let mut terminal = Terminal::up_to_date();
    for unfinished in unfinished {
        terminal.press(unfinished);
        // Nothing can be seen of it, so there is nothing to wait for but the time it is given.
        terminal.read_for(Duration::from_millis(400));
        // On a busy machine the key may be read together with it all the same, and then it is a part of it.
        terminal.press_until(b"2", &format!("the key behind {unfinished:?}"), |s| s.contains("Types"));
        terminal.press_until(b"1", "screen 1 again", |s| !s.contains("Types"));
        // Drawing goes on while it is unfinished.
        terminal.press(unfinished);
        terminal.resize(40, 10);
        terminal.until("the drawing behind it", |s| s.contains("need 60x16, have 40x10"));
        terminal.resize(80, 24);
        terminal.until("the drawing behind it", |s| s.contains("up to date"));
        terminal.read_for(Duration::from_millis(400));
    }
    terminal.quit();
}

#[test]
fn a_long_paste_does_nothing() {
    let mut terminal = Terminal::up_to_date();
    let paste = ["\x1b[200~", &"sxq2\r".repeat(200_000), "\x1b[201~?"].concat();
    terminal.press(paste.as_bytes());
    terminal.until("the key behind it", |s| s.contains("On this screen"));
    terminal.press(b"qq");
    assert_eq!(terminal.ended(), 0);
}

#[test]
fn a_paste_lands_in_the_line_and_runs_nothing() {
    let mut terminal = Terminal::up_to_date();
    terminal.press(b"5");
    terminal.see("Read-only SQL");
    let paste = ["\x1b[200~", &"SELECT 1\r\n".repeat(100_000), "\x1b[201~"].concat();
    terminal.press(paste.as_bytes());
    terminal.see("the line is full");
    assert!(!terminal.text().contains("1 row"));
    terminal.press(b"\x15SELECT 41+1\r");
    terminal.see(" 42");
    terminal.press(b"\x03");
    assert_eq!(terminal.ended(), 130);
}

#[test]
fn a_key_held_down_behind_something_unfinished_comes_through() {
    let mut terminal = Terminal::up_to_date();
    terminal.press(b"2");
    terminal.see(" 1 of ");
    for unfinished in ["\x1b]0;x", "\x1bPq", "\x1b_x"] {
        terminal.press(b"g");
        terminal.press(b"g");
        terminal.see(" 1 of ");
        terminal.press(unfinished.as_bytes());
        let begun = Instant::now();
        // As a keyboard repeats: faster than an unfinished sequence is waited for.
        while terminal.text().contains(" 1 of ") {
            assert!(begun.elapsed() < PATIENCE, "{unfinished:?}");
            terminal.press(b"j");
            terminal.read_for(Duration::from_millis(20));
        }
    }
    terminal.quit();
}

/// Places of the cursor that are asked for beyond the size.
fn beyond(raw: &[u8], columns: u16, rows: u16) -> Vec<String> {
    let raw = String::from_utf8_lossy(raw).into_owned();
    let places = raw.split("\x1b[").skip(1).filter_map(|s| {
        let (place, _) = s.split_once('H')?;
        let (row, column) = place.split_once(';')?;
        Some((row.parse::<u16>().ok()?, column.parse::<u16>().ok()?))
    });
    places.filter(|(row, column)| *row > rows || *column > columns).map(|p| format!("{p:?}")).collect()
}

#[test]
fn a_storm_of_sizes_leaves_the_same_picture() {
    let mut terminal = Terminal::up_to_date();
    terminal.resize(120, 40);
    terminal.press(b"2");
    terminal.see("▸1600000011");
    // The last remark goes by itself.
    terminal.settle(Duration::from_secs(5));
    let before = terminal.text();
    let mut rng = fastrand::Rng::with_seed(7);
    for _ in 0..200 {
        terminal.resize(rng.u16(1..=300), rng.u16(1..=100));
        terminal.read_for(Duration::from_millis(rng.u64(0..8)));
    }
    for (columns, rows) in [(300, 100), (60, 16), (59, 15), (10, 3), (2, 1), (1, 50), (1, 1), (120, 40)] {
        terminal.resize(columns, rows);
        // Until it has heard of the size; what it drew before that may go beyond it.
        let deadline = Instant::now() + PATIENCE;
        loop {
            let since = terminal.raw.len();
            terminal.press(b"\x0c");
            terminal.until_all("a whole frame", |t| t.frames(since) > 0);
            terminal.settle(Duration::from_millis(150));
            let beyond = beyond(&terminal.raw[since..], columns, rows);
            if beyond.is_empty() {
                break;
            }
            assert!(Instant::now() < deadline, "{columns}x{rows}: {beyond:?}");
        }
    }
    terminal.until("the same picture", |screen| screen == before);
    terminal.quit();
}
