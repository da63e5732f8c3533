//! From nothing to a synchronized account in three answers, and to the demo with one key; with the real program, in a
//! home where nothing is, against a service on this machine.

use std::fs;
use std::path::Path;

use portable_pty::CommandBuilder;

use super::process::Served;
use super::pty::{Terminal, program};

/// The program of somebody who has configured nothing.
pub(crate) fn nobody(home: &Path, arguments: &[&str]) -> CommandBuilder {
    let path = std::env::var("PATH").unwrap();
    let mut command = program(arguments);
    command.env_clear();
    command.env("PATH", path);
    command.env("HOME", home);
    command.env("TMPDIR", home);
    command.env("TERM", "xterm-256color");
    // No way to the keyring of whoever runs this.
    command.env("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}", home.join("no-bus").display()));
    command
}

fn contains(hay: &[u8], needle: &str) -> bool {
    super::pty::places(hay, needle.as_bytes()).next().is_some()
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn three_answers_lead_to_a_synchronized_account() {
    // A 503 that passes is none of the user's business.
    let served = Served::start(&["--items", "300", "--fault", "503 page"]);
    let home = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::start(nobody(home.path(), &["--rate", "0"]), 80, 24);
    terminal.see("connect an account");
    terminal.press(b"c");
    terminal.see("answer 1 of 3");
    terminal.press(format!("\x15{}\r", served.url).as_bytes());
    terminal.see("typed here");
    terminal.press(b"\r");
    // A wrong one first: it is told, and can be corrected.
    terminal.see("it is not shown");
    terminal.press("x".repeat(64).as_bytes());
    terminal.see("64 characters");
    terminal.press(b"\r");
    terminal.see("answer 3 of 3");
    terminal.press(b"\r");
    terminal.see("the service does not accept the token from answer 2");
    let configuration = home.path().join(".config/drainboard/config.toml");
    assert!(!configuration.exists(), "written before the service took the token");
    terminal.press(format!("\x15{}\r", served.token).as_bytes());
    terminal.see("answer 3 of 3");
    terminal.press(b"\r");
    // The console says where things are, and synchronizes without another word.
    terminal.see("the token is in ~/.config/drainboard/token");
    terminal.press(b"\x1b");
    terminal.until("the notice is seen", |screen| !screen.contains("the token is in"));
    terminal.see("✓ up to date");
    terminal.quit();

    let written = fs::read_to_string(&configuration).unwrap();
    assert!(written.contains(&format!("base_url = \"{}\"\n", served.url)), "{written}");
    assert!(!written.contains(&served.token) && !contains(&terminal.raw, &served.token), "the token");
    let token = home.path().join(".config/drainboard/token");
    assert_eq!(fs::read_to_string(&token).unwrap(), served.token);
    assert_eq!((mode(&configuration), mode(&token)), (0o600, 0o600));
    assert!(home.path().join(".local/share/drainboard/default/mirror.db").exists());

    // The next time there is nothing to be asked.
    let mut again = Terminal::start(nobody(home.path(), &["--sync"]), 80, 24);
    again.see("✓ up to date");
    again.quit();
}

#[test]
fn a_service_that_is_not_there_is_told_and_a_question_can_be_given_up() {
    // Takes a connection and never answers.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = format!("http://{}", listener.local_addr().unwrap());
    let home = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::start(nobody(home.path(), &[]), 60, 15);
    terminal.see("connect an account");
    terminal.press(format!("c\x15{silent}\r").as_bytes());
    terminal.see("typed here");
    // The second source: a command.
    terminal.press(b"j\r");
    terminal.see("whose first line is the token");
    terminal.press(b"printf some-; echo token-or-other\r");
    terminal.see("answer 3 of 3");
    terminal.press(b"\r");
    terminal.see("asking the service");
    terminal.press(b"\x1b");
    terminal.see("answer 3 of 3");
    drop(listener);
    terminal.press(b"\r");
    terminal.see("answer 1 of 3");
    terminal.until("what is wrong", |screen| screen.contains('✖'));
    terminal.press(b"\x1b");
    terminal.see("see the demo");
    terminal.quit();
    assert!(!home.path().join(".config").exists(), "something was written");
}

#[test]
fn a_mirror_that_no_run_could_use_is_told_at_its_answer_and_nothing_is_written() {
    let served = Served::start(&["--items", "10"]);
    let home = tempfile::tempdir().unwrap();
    let text = home.path().join("notes.txt");
    fs::write(&text, "no database, and long enough to be looked at as one").unwrap();
    let mut terminal = Terminal::start(nobody(home.path(), &[]), 100, 30);
    // With the arrows and Enter.
    terminal.see("connect an account");
    terminal.press(b"\x1b[B\r");
    terminal.see("answer 1 of 3");
    terminal.press(format!("\x15{}\r\r{}\r\x15~/notes.txt\r", served.url, served.token).as_bytes());
    terminal.see("is no database");
    terminal.see("answer 3 of 3");
    assert!(!home.path().join(".config").exists(), "something was written");
    terminal.press(b"\x15~/new/sell.db\r");
    terminal.see("the token is in ~/.config/drainboard/token");
    terminal.see("✓ up to date");
    terminal.press(b"q");
    assert_eq!(terminal.ended(), 0);
    assert!(home.path().join("new/sell.db").exists());
}

#[test]
fn one_key_leads_to_the_demo() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::start(nobody(home.path(), &[]), 80, 24);
    terminal.see("see the demo");
    terminal.press(b"d");
    terminal.see("● draining");
    terminal.press(b"\x03");
    assert_eq!(terminal.ended(), 130);
    let left: Vec<_> = fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.is_empty(), "the demo left {left:?}");
}

#[test]
fn what_is_configured_is_not_asked_for() {
    let home = tempfile::tempdir().unwrap();
    let mut command = nobody(home.path(), &[]);
    command.env("BASECRM_ACCESS_TOKEN", "s3cret");
    let mut terminal = Terminal::start(command, 80, 24);
    terminal.see("No mirror yet");
    terminal.quit();
    let folder = home.path().join(".config/drainboard");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("config.toml"), "").unwrap();
    let mut terminal = Terminal::start(nobody(home.path(), &[]), 80, 24);
    terminal.see("No mirror yet");
    terminal.quit();
}
