//! The real program in a real pseudo-terminal: what it draws, and that it gives the terminal back however it ends.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a helper of tests fails by panicking")]

use std::io::{Read, Write};
use std::num::NonZero;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

fn cells(n: u16) -> NonZero<u16> {
    NonZero::new(n).unwrap()
}

/// The demo on a small account, as fast as it goes, in a terminal of 256 colours.
fn demo(arguments: &[&str]) -> CommandBuilder {
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_drainboard"));
    command.args(["demo", "--items", "300", "--rate", "0", "--latency", "0ms"]);
    command.args(arguments);
    for name in ["NO_COLOR", "CLICOLOR", "COLORTERM", "COLORFGBG"] {
        command.env_remove(name);
    }
    command.env("TERM", "xterm-256color");
    command
}

/// The line discipline, in words.
fn termios(master: &dyn MasterPty) -> String {
    format!("{:?}", master.get_termios().unwrap())
}

struct Terminal {
    master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    bytes: Receiver<Vec<u8>>,
    screen: vt100::Parser,
    raw: Vec<u8>,
    /// The line discipline before the program came.
    cooked: String,
}

impl Terminal {
    /// A terminal that keeps nothing for who does not read: a program that writes on is held up.
    fn start(command: CommandBuilder) -> Self {
        let size = PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let cooked = termios(pair.master.as_ref());
        let child = pair.slave.spawn_command(command).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (sender, bytes) = sync_channel(0);
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(n @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..n].to_vec()).is_err() {
                    break;
                }
            }
        });
        let keys = pair.master.take_writer().unwrap();
        Self {
            master: pair.master,
            keys,
            child,
            bytes,
            screen: vt100::Parser::new(cells(24), cells(80), 0),
            raw: Vec::new(),
            cooked,
        }
    }

    fn up_to_date() -> Self {
        Self::up_to_date_with(demo(&[]))
    }

    fn up_to_date_with(command: CommandBuilder) -> Self {
        let mut terminal = Self::start(command);
        terminal.until("up to date", |s| s.contains("✓ up to date"));
        terminal
    }

    fn press(&mut self, keys: &[u8]) {
        self.keys.write_all(keys).unwrap();
        self.keys.flush().unwrap();
    }

    fn text(&self) -> String {
        self.screen.screen().contents()
    }

    fn take(&mut self, deadline: Instant) -> Result<(), RecvTimeoutError> {
        let bytes = self.bytes.recv_timeout(deadline.saturating_duration_since(Instant::now()))?;
        self.screen.process(&bytes);
        self.raw.extend(bytes);
        Ok(())
    }

    /// Reads on until the screen shows it.
    fn until(&mut self, what: &str, seen: impl Fn(&str) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !seen(&self.text()) {
            if let Err(e) = self.take(deadline) {
                panic!("waiting for {what}: {e}; the screen is\n{}", self.text());
            }
        }
    }

    fn resize(&mut self, columns: u16, rows: u16) {
        self.screen.screen_mut().set_size(cells(rows), cells(columns));
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        self.master.resize(size).unwrap();
    }

    fn pid(&self) -> Pid {
        self.child.process_id().and_then(|pid| Pid::from_raw(pid.cast_signed())).unwrap()
    }

    fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    /// Reads to the end and says the exit status; the terminal must be as it was.
    fn ended(&mut self) -> u32 {
        let deadline = Instant::now() + PATIENCE;
        while self.take(deadline).is_ok() {}
        assert!(Instant::now() < deadline, "it does not end; the screen is\n{}", self.text());
        self.given_back();
        self.child.wait().unwrap().exit_code()
    }

    fn given_back(&self) {
        let screen = self.screen.screen();
        assert!(!screen.alternate_screen(), "the alternate screen is left");
        assert!(!screen.hide_cursor(), "the cursor is shown");
        assert!(!screen.bracketed_paste(), "pastes are plain");
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
        assert_eq!(termios(self.master.as_ref()), self.cooked, "the line discipline is as before");
        let raw = String::from_utf8_lossy(&self.raw);
        for mode in [1000, 1002, 1004, 1006, 1049, 2004] {
            let (on, off) = (raw.rfind(&format!("\x1b[?{mode}h")), raw.rfind(&format!("\x1b[?{mode}l")));
            assert!(off > on, "mode {mode} is off");
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

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
    terminal.press(b"q");
    assert_eq!(terminal.ended(), 0);
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
    terminal.until("the rows", |s| s.contains("Y copy row"));
    terminal.press(b"y");
    terminal.until("the copy", |s| s.contains("copied"));
    assert!(String::from_utf8_lossy(&terminal.raw).contains("\x1b]52;c;YRtbMkpi"));
    terminal.press(b":hist");
    terminal.until("the palette", |s| s.contains("show-history") && s.contains("1 of "));
    terminal.press(b"\r");
    terminal.until("the history", |s| s.contains("✓ drained"));
    terminal.press(b"\r");
    terminal.until("a session", |s| s.contains("new records only"));
    terminal.press(b"q");
    assert_eq!(terminal.ended(), 0);
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
    terminal.press(b"q");
    assert_eq!(terminal.ended(), 0);
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
    terminal.press(b"q");
    assert_eq!(terminal.ended(), 0);
}

#[test]
fn it_filters_and_follows_references() {
    let mut terminal = Terminal::up_to_date();
    terminal.screen.screen_mut().set_size(cells(40), cells(160));
    terminal.master.resize(PtySize { rows: 40, cols: 160, pixel_width: 0, pixel_height: 0 }).unwrap();
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
    terminal.press(b"\x1b\x1b");
    terminal.until("all rows", |s| !s.contains("1 of 1 in "));
    terminal.press(b"q");
    assert_eq!(terminal.ended(), 0);
}

#[test]
fn a_signal_ends_it_with_its_number() {
    for (signal, status) in [(Signal::TERM, 143), (Signal::HUP, 129), (Signal::INT, 130)] {
        let mut terminal = Terminal::up_to_date();
        terminal.signal(signal);
        assert_eq!(terminal.ended(), status, "{signal:?}");
    }
}

#[test]
fn it_stops_and_comes_back() {
    let mut terminal = Terminal::up_to_date();
    terminal.press(b"\x1a");
    let deadline = Instant::now() + PATIENCE;
    while terminal.screen.screen().alternate_screen() {
        terminal.take(deadline).unwrap();
    }
    terminal.given_back();
    // It says so before it stops; a signal to go on before that would be lost.
    let (_, status) = waitpid(Some(terminal.pid()), WaitOptions::UNTRACED).unwrap().unwrap();
    assert!(status.stopped());
    terminal.signal(Signal::CONT);
    terminal.until("the screen again", |s| s.contains("up to date"));
    assert!(terminal.screen.screen().alternate_screen());
    terminal.press(b"\x03");
    assert_eq!(terminal.ended(), 130);
}

#[test]
fn what_is_unfinished_holds_back_nothing() {
    let unfinished: [&[u8]; 12] = [
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
    ];
    let mut terminal = Terminal::up_to_date();
    for unfinished in unfinished {
        terminal.press(unfinished);
        // Nothing can be seen of it, so there is nothing to wait for but the time it is given.
        let until = Instant::now() + Duration::from_millis(400);
        while terminal.take(until).is_ok() {}
        terminal.press(b"2");
        terminal.until(&format!("the key behind {unfinished:?}"), |s| s.contains("Types"));
        terminal.press(b"1");
        terminal.until("screen 1 again", |s| !s.contains("Types"));
        // Drawing goes on while it is unfinished.
        terminal.press(unfinished);
        terminal.resize(40, 10);
        terminal.until("the drawing behind it", |s| s.contains("need 60x16, have 40x10"));
        terminal.resize(80, 24);
        terminal.until("the drawing behind it", |s| s.contains("up to date"));
        let until = Instant::now() + Duration::from_millis(400);
        while terminal.take(until).is_ok() {}
    }
    terminal.press(b"q");
    assert_eq!(terminal.ended(), 0);
}

#[test]
fn idle_it_sends_nothing() {
    let mut terminal = Terminal::up_to_date();
    // The last remark goes by itself; then nothing changes any more.
    let deadline = Instant::now() + PATIENCE;
    while terminal.take(Instant::now() + Duration::from_secs(5)).is_ok() {
        assert!(Instant::now() < deadline, "it never rests; the screen is\n{}", terminal.text());
    }
    let switches = wakeups(terminal.pid());
    assert!(terminal.take(Instant::now() + Duration::from_secs(3)).is_err(), "{}", terminal.text());
    let switches = wakeups(terminal.pid()) - switches;
    assert!(switches <= 15, "{switches} wake-ups in three seconds");
    terminal.press(b"q");
    assert_eq!(terminal.ended(), 0);
}

/// How often the threads of a process have waited and gone on; 0 where the system does not say.
fn wakeups(pid: Pid) -> u64 {
    let Ok(threads) = std::fs::read_dir(format!("/proc/{}/task", pid.as_raw_nonzero())) else { return 0 };
    threads
        .flatten()
        .filter_map(|thread| std::fs::read_to_string(thread.path().join("status")).ok())
        .filter_map(|status| {
            let line = status.lines().find(|l| l.starts_with("voluntary_ctxt_switches"))?.to_owned();
            line.split_whitespace().last()?.parse::<u64>().ok()
        })
        .sum()
}

/// Has large frames drawn until the terminal, which nobody reads, takes no more; the program is on its own then.
fn unread(folder: &Path) -> Terminal {
    let mut command = demo(&["--keep", folder.to_str().unwrap()]);
    command.env("COLORTERM", "truecolor");
    let mut terminal = Terminal::start(command);
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
    terminal.press(b"q");
    assert_eq!(terminal.ended(), 0);
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
fn a_long_paste_does_nothing() {
    let mut terminal = Terminal::up_to_date();
    let paste = ["\x1b[200~", &"sxq2\r".repeat(200_000), "\x1b[201~?"].concat();
    terminal.press(paste.as_bytes());
    terminal.until("the key behind it", |s| s.contains("On this screen"));
    terminal.press(b"qq");
    assert_eq!(terminal.ended(), 0);
}

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
        terminal.press(b"q");
        assert_eq!(terminal.ended(), 0);
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
        terminal.press(b"q");
        assert_eq!(terminal.ended(), 0);
        let styles = sent_styles(&terminal);
        let depth = |kind| styles.iter().any(|n| n.windows(2).any(|n| n == [38, kind] || n == [48, kind]));
        let most = styles
            .iter()
            .flat_map(|n| n.windows(3).filter(|n| matches!(n[0], 38 | 48) && n[1] == 5).map(|n| n[2]))
            .max();
        (depth(2), most.unwrap_or(0))
    };
    let cases = [
        (plain, false, 1..16),
        (demo(&["--theme", "dark"]), false, 16..256),
        (demo(&[]), false, 1..16),
        (rich, true, 0..1),
    ];
    for (at, (command, rich, highest)) in cases.into_iter().enumerate() {
        let got = of(command);
        assert!(got.0 == rich && highest.contains(&got.1), "case {at}: {got:?}");
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

#[test]
fn a_panic_on_any_thread_gives_the_terminal_back() {
    let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
    command.args(["--exact", "child::console", "--ignored", "--nocapture"]);
    command.env("RUST_BACKTRACE", "0");
    let mut terminal = Terminal::start(command);
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
    let mut terminal = Terminal::start(command);
    terminal.until("the console", |s| s.contains("No mirror yet"));
    terminal.resize(160, 24);
    terminal.press(b"P");
    terminal.until("what happened", |s| s.contains("a fault in drainboard itself"));
    assert!(terminal.screen.screen().alternate_screen());
    terminal.press(b"q");
    assert_eq!(terminal.ended(), 0);
}

/// A console in this very program, run by the tests above in a terminal of its own: its demo's levers panic, one on a
/// thread of the console, one on the engine's.
mod child {
    use std::path::PathBuf;
    use std::sync::Arc;

    use drainboard::console::{Demo, Setup, run};
    use drainboard::engine::{Engine, Snapshot};

    struct Broken;

    impl Demo for Broken {
        fn edit(&self) -> Result<String, String> {
            panic!("the lever broke")
        }

        fn toggle_pace(&self) -> String {
            let task = || panic!("the task broke");
            let thread = std::thread::Builder::new().name(drainboard::console::ENGINE_THREAD.into());
            let _ = thread.spawn(task).unwrap().join();
            "broken".into()
        }
    }

    #[test]
    #[ignore = "needs a terminal; run by another test"]
    fn console() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (commands, _commands) = tokio::sync::mpsc::channel(1);
        let (_events, events) = tokio::sync::mpsc::channel(1);
        let (_snapshots, snapshot) = tokio::sync::watch::channel(Arc::new(Snapshot::default()));
        let task = runtime.spawn(async {});
        let left = run(Setup {
            manner: drainboard::console::Manner::Plain,
            engine: Engine { commands, events, snapshot, task },
            mirror: PathBuf::from("/nonexistent/mirror.db"),
            title: "broken".into(),
            host: String::new(),
            start: None,
            tap: drainboard::client::Tap::new(),
            demo: Some(Arc::new(Broken)),
            keymap: None,
            statements: None,
            browse: None,
            looks: drainboard::console::theme::Looks::default(),
        });
        std::process::exit(if left.is_err() { 101 } else { 0 });
    }
}
