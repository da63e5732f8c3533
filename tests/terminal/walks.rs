//! Ways through the screens as people go them.

use super::pty::{Terminal, demo, places};

#[test]
fn it_draws_helps_resizes_and_gives_the_terminal_back() {
    let mut terminal = Terminal::up_to_date();
    assert!(terminal.screen.screen().alternate_screen() && terminal.screen.screen().hide_cursor());
    terminal.press(b"?");
    terminal.until("the help", |s| s.contains("On this screen"));
    terminal.press(b"\x1b");
    terminal.until("no help", |s| !s.contains("On this screen"));
    terminal.press(b"2");
    terminal.until("the rows", |s| s.contains("Types") && s.contains("contact") && s.contains("1 of "));
    terminal.resize(40, 10);
    terminal.until("a word about the size", |s| s.contains("need 60x16, have 40x10"));
    terminal.resize(120, 40);
    terminal.until("the record beside the rows", |s| s.contains("rev "));
    terminal.quit();
}

#[test]
fn statements_run_stop_and_are_copied_and_the_palette_finds_its_way() {
    let mut terminal = Terminal::up_to_date();
    terminal.press(b"5");
    terminal.until("the tables", |s| s.contains("Tables and their columns") && s.contains("deal  "));
    // Text, a completion, a paste with a line break that runs nothing, then the key that runs it.
    terminal.press(b"sel\t count(*) AS many\x1b[200~\r\nFROM conta\x1b[201~\t");
    terminal.until("the statement", |s| s.contains("SELECT count(*) AS many FROM contact"));
    assert!(!terminal.text().contains("1 row"));
    terminal.press(b"\r");
    terminal.until("the answer", |s| s.contains("1 row ") && s.contains("many"));
    terminal
        .press(b"\x15WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n\r");
    terminal.until("a long statement", |s| s.contains("● running"));
    terminal.press(b"\x1b");
    terminal.until("its end", |s| s.contains("○ stopped"));
    terminal.press(b"\x15SELECT 'a' || char(27) || '[2Jb'\r");
    terminal.until("a hostile value, visible", |s| s.contains("a␛[2Jb"));
    // To the rows, and the cell into the clipboard, as it is.
    terminal.press(b"\x1b");
    terminal.until("the rows", |s| s.contains("in full"));
    terminal.press(b"y");
    terminal.until("the copy", |s| s.contains("copied"));
    assert!(String::from_utf8_lossy(&terminal.raw).contains("\x1b]52;c;YRtbMkpi"));
    terminal.press(b":hist");
    terminal.until("the palette", |s| s.contains("screen 6: the sessions") && s.contains("1 of "));
    terminal.press(b"\r");
    terminal.until("the history", |s| s.contains("✓ drained"));
    terminal.press(b"\r");
    terminal.see("pages 1–3");
    terminal.quit();
}

#[test]
fn a_click_shows_a_screen_presses_a_key_and_closes_what_is_open() {
    let mut terminal = Terminal::up_to_date();
    // Where a word stands, pressed and let go.
    let click = |terminal: &mut Terminal, word: &str| {
        let text = terminal.text();
        let found = text.lines().enumerate().find_map(|(row, line)| Some((row, line.find(word)?, line)));
        let (row, at, line) = found.unwrap_or_else(|| panic!("{word} is not on the screen\n{text}"));
        let (column, row) = (line[..at].chars().count() + 1, row + 1);
        terminal.press(format!("\x1b[<0;{column};{row}M\x1b[<0;{column};{row}m").as_bytes());
    };
    click(&mut terminal, "Browse");
    // The footer is whole once there are types.
    terminal.see("c columns");
    click(&mut terminal, "? help");
    terminal.see("╭ Keys");
    click(&mut terminal, "Sync");
    terminal.gone("╭ Keys");
    click(&mut terminal, "Sync");
    terminal.gone("/ filter");
    terminal.quit();
}

#[test]
fn the_mouse_can_be_left_to_the_terminal() {
    let mut terminal = Terminal::up_to_date();
    assert_eq!(terminal.screen.screen().mouse_protocol_mode(), vt100::MouseProtocolMode::ButtonMotion);
    terminal.press(b"\x1bOQ");
    terminal.until("a word about it", |s| s.contains("the mouse is"));
    assert_eq!(terminal.screen.screen().mouse_protocol_mode(), vt100::MouseProtocolMode::None);
    terminal.press(b"\x1bOQ");
    terminal.until("a word about it", |s| s.contains("the mouse works"));
    assert_eq!(terminal.screen.screen().mouse_protocol_mode(), vt100::MouseProtocolMode::ButtonMotion);
    terminal.quit();
}

#[test]
fn packs_requests_and_faults_are_seen() {
    let mut terminal = Terminal::up_to_date();
    terminal.press(b"3");
    terminal.until("the packs", |s| s.contains("✓ sent") && s.contains("every ack is accepted"));
    terminal.press(b"w");
    terminal.until("a pack's request", |s| s.contains("POST  /v2/sync/ack") && s.contains("[token]"));
    terminal.press(b"\x1b");
    terminal.until("the list", |s| s.contains("took"));
    terminal.press(b"/op:start");
    terminal.until("the filter", |s| s.contains("2 of") && !s.contains("/queues/main"));
    terminal.press(b"\r1b");
    terminal.until("the levers", |s| s.contains("Bend the service") && s.contains("straighten"));
    terminal.press(b"jjj\r");
    terminal.until("a fault to come", |s| s.contains("3 to come"));
    terminal.press(b"\x1b");
    terminal.until("no levers", |s| !s.contains("Bend the service"));
    terminal.press(b"s4");
    terminal.until("the fault", |s| s.contains("✖ 503"));
    terminal.press(b"1t");
    terminal.until("up to date in spite of it", |s| s.contains("✓ up to date"));
    terminal.quit();
}

#[test]
fn it_filters_and_follows_references() {
    let mut terminal = Terminal::up_to_date();
    terminal.resize(160, 40);
    terminal.press(b"2");
    terminal.until("the names of references", |s| s.contains(" ↵") && s.contains("1 of "));
    // A filter that finds one record, and a mistake in it that is told.
    terminal.press(b"/id=1600000012");
    terminal.until("one row", |s| s.contains("1 of 1 in ") && s.contains("contact 1600000012"));
    terminal.press(b" rev>");
    terminal.until("what is wrong", |s| s.contains("(at character "));
    terminal.press(b"0\r");
    terminal.until("the row again", |s| !s.contains("(at character ") && s.contains("1 of 1 in "));
    // Its creator, who is a user; and back.
    terminal.press(b"\r");
    terminal.until("the record's keys", |s| s.contains("↵ follow"));
    terminal.press(b"G");
    terminal.until("who points to it", |s| s.contains("pointing here"));
    terminal.press(b"ggj\r");
    terminal.until("the user", |s| s.contains("‹ user 2000000"));
    terminal.press(b"\x7f");
    terminal.until("the contact again", |s| s.contains("contact 1600000012") && s.contains("1 of 1 in "));
    // Out of the record and of the filter; what is still being read is stopped first.
    terminal.press_until(b"\x1b", "all the rows", |screen| !screen.contains("1 of 1 in "));
    terminal.quit();
}

#[test]
fn a_terminal_without_a_clipboard_is_told_of() {
    let mut command = demo(&[]);
    command.env("TERM", "linux");
    let mut terminal = Terminal::up_to_date_with(command);
    terminal.press(b"2");
    terminal.see("▸1600000011");
    terminal.press(b"y");
    terminal.see("this terminal has no clipboard");
    assert_eq!(places(&terminal.raw, b"\x1b]52").count(), 0);
    terminal.quit();
}
