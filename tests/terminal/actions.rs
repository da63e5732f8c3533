//! Every action of the table by its key in the real program: brought to where it works, pressed, and seen to do what it
//! promises. An action without a script fails here.

use drainboard::console::action::{ACTIONS, Scope};
use drainboard::console::key::{Code, Key};
use drainboard::console::keymap::Keymap;
use rustix::process::{Signal, WaitOptions, waitpid};

use super::pty::{Terminal, demo, places};
use super::scripts::{SCRIPTS, Script, Step};
use super::{serving, welcome};

/// What a terminal sends for a key.
fn bytes(key: Key) -> Vec<u8> {
    let with = |plain: &str, held: &str| if key.ctrl { held.to_owned() } else { plain.to_owned() };
    let text = match key.code {
        Code::Char(c) if key.ctrl => char::from(c as u8 & 0x1f).to_string(),
        Code::Char(c) => c.to_string(),
        Code::Enter => "\r".into(),
        Code::Esc => "\x1b".into(),
        Code::Tab if key.shift => "\x1b[Z".into(),
        Code::Tab => "\t".into(),
        Code::Backspace => "\x7f".into(),
        Code::Delete => "\x1b[3~".into(),
        Code::Insert => "\x1b[2~".into(),
        Code::Up => with("\x1b[A", "\x1b[1;5A"),
        Code::Down => with("\x1b[B", "\x1b[1;5B"),
        Code::Right => with("\x1b[C", "\x1b[1;5C"),
        Code::Left => with("\x1b[D", "\x1b[1;5D"),
        Code::Home => "\x1b[H".into(),
        Code::End => "\x1b[F".into(),
        Code::PageUp => "\x1b[5~".into(),
        Code::PageDown => "\x1b[6~".into(),
        Code::F(n @ 1..=4) => format!("\x1bO{}", char::from(b'O' + n)),
        Code::F(n) => panic!("F{n} has no bytes here yet"),
    };
    let escape: &[u8] = if key.alt { b"\x1b" } else { b"" };
    [escape, text.as_bytes()].concat()
}

/// All keys of an action in a scope.
fn keys(script: &Script) -> Vec<Vec<u8>> {
    let keymap = Keymap::built_in();
    let bound = keymap.bindings(script.scope).filter(|(_, action)| action.entry().name == script.action);
    bound.map(|(keys, _)| keys.iter().flat_map(|key| bytes(*key)).collect()).collect()
}

/// The screen with its colours.
fn looks(terminal: &Terminal) -> String {
    terminal.screen.screen().contents_formatted()
}

/// Plays a script with the action's key in a program of its own.
fn play(script: &Script, key: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    let (mut command, first) = match script.scope {
        Scope::Welcome => (welcome::nobody(folder.path(), &[]), "connect an account"),
        Scope::Serve | Scope::Connect => (serving::serving(&["--items", "300"]), "Nothing was asked yet"),
        _ => (demo(&[]), "✓ up to date"),
    };
    command.cwd(folder.path());
    let mut terminal = Terminal::start(command, 120, 40);
    terminal.see(first);
    let (mut pressed, mut before, mut ended) = (terminal.raw.len(), looks(&terminal), false);
    for step in script.flat() {
        match step {
            Step::First(_) => unreachable!("it is flat"),
            Step::Press => {
                (pressed, before) = (terminal.raw.len(), looks(&terminal));
                terminal.press(key);
            }
            Step::Keys(keys) => terminal.press(keys.as_bytes()),
            Step::See(words) => terminal.see(words),
            Step::Gone(words) => terminal.gone(words),
            Step::Changed => terminal.until_all("a change", |t| looks(t) != before),
            Step::Sent(bytes) => {
                let sent = |t: &Terminal| places(&t.raw[pressed..], bytes.as_bytes()).next().is_some();
                terminal.until_all(&format!("{bytes:?}"), sent);
            }
            Step::File(end) => {
                let files = std::fs::read_dir(folder.path()).unwrap();
                let names: Vec<_> = files.map(|file| file.unwrap().file_name()).collect();
                assert!(names.iter().any(|name| name.to_str().unwrap().ends_with(end)), "{names:?}");
            }
            Step::PressUntil(words) => {
                terminal.press_until(key, words, |screen| screen.contains(words));
            }
            Step::Stops => {
                terminal.until_all("the stop", |t| !t.screen.screen().alternate_screen());
                let (_, status) = waitpid(Some(terminal.pid()), WaitOptions::UNTRACED).unwrap().unwrap();
                assert!(status.stopped());
                terminal.given_back();
                terminal.signal(Signal::CONT);
                terminal.until_all("the return", |t| t.screen.screen().alternate_screen());
            }
            Step::Ends(status) => {
                assert_eq!(terminal.ended(), status);
                ended = true;
            }
        }
    }
    if !ended {
        // Whatever it did, the program is alive and leaves when asked to.
        terminal.press(b"\x03");
        assert_eq!(terminal.ended(), 130);
    }
}

/// Plays the scripts of some scopes.
#[expect(clippy::print_stdout, reason = "which script it was is seen where one fails")]
fn play_all(scopes: &[Scope]) {
    for script in SCRIPTS.iter().filter(|script| scopes.contains(&script.scope)) {
        let keys = keys(script);
        assert!(!keys.is_empty(), "{} has no key in [{}]", script.action, script.scope.name());
        println!("{} in [{}]", script.action, script.scope.name());
        play(script, &keys[0]);
    }
}

#[test]
fn every_action_has_a_script() {
    for entry in ACTIONS {
        let scripted = SCRIPTS.iter().any(|script| script.action == entry.name);
        assert!(scripted, "`{}` has no script: tests/terminal/scripts.rs needs one", entry.name);
    }
    for script in SCRIPTS {
        let entry = ACTIONS.iter().find(|entry| entry.name == script.action);
        assert!(entry.is_some(), "there is no action `{}`", script.action);
        let at = script.steps.iter().position(|s| matches!(s, Step::Press | Step::PressUntil(_)));
        let promises = |s: &Step| !matches!(s, Step::Press | Step::Keys(_));
        let seen = at.is_some_and(|at| script.steps[at..].iter().any(promises));
        assert!(seen, "the script of `{}` must press its key and see something", script.action);
    }
}

#[test]
fn the_keys_of_sync_and_its_panel() {
    play_all(&[Scope::Sync, Scope::Bend, Scope::Ask]);
}

#[test]
fn the_keys_of_a_service() {
    play_all(&[Scope::Serve, Scope::Connect]);
}

#[test]
fn the_keys_of_browse() {
    play_all(&[Scope::Browse]);
}

#[test]
fn the_keys_of_acks_wire_and_history() {
    play_all(&[Scope::Acks, Scope::Wire, Scope::History]);
}

#[test]
fn the_keys_of_sql_and_of_lines() {
    play_all(&[
        Scope::Sql,
        Scope::Prompt,
        Scope::Saved,
        Scope::Whole,
        Scope::Palette,
        Scope::Line,
        Scope::Text,
        Scope::Welcome,
    ]);
}

#[test]
fn the_keys_that_work_everywhere() {
    play_all(&[Scope::Global]);
}
