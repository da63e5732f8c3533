//! A pseudo-terminal with the real program in it: what it wrote, and what a terminal shows of it.

use std::io::{Read, Write};
use std::num::NonZero;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};

/// How long anything may take on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(45);
/// What every frame that changes something begins with.
pub(crate) const FRAME: &[u8] = b"\x1b[?2026h";
/// What ends it.
const FRAME_ENDS: &[u8] = b"\x1b[?2026l";
/// How long a key that may be lost is waited for before it is pressed again.
const AGAIN: Duration = Duration::from_millis(500);

/// The program, with an environment that says nothing of colours.
pub(crate) fn program(arguments: &[&str]) -> CommandBuilder {
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_drainboard"));
    command.args(arguments);
    for name in ["NO_COLOR", "CLICOLOR", "COLORTERM", "COLORFGBG"] {
        command.env_remove(name);
    }
    command.env("TERM", "xterm-256color");
    command
}

/// The demo on a small account, as fast as it goes.
pub(crate) fn demo(arguments: &[&str]) -> CommandBuilder {
    let mut command = program(&["demo", "--items", "300", "--rate", "0", "--latency", "0ms"]);
    command.args(arguments);
    command
}

fn cells(n: u16) -> NonZero<u16> {
    NonZero::new(n).unwrap()
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}

/// The line discipline, in words.
fn termios(master: &dyn MasterPty) -> String {
    format!("{:?}", master.get_termios().unwrap())
}

/// Where `needle` begins in `hay`, each time.
pub(crate) fn places<'a>(hay: &'a [u8], needle: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    hay.windows(needle.len()).enumerate().filter(move |(_, w)| *w == needle).map(|(at, _)| at)
}

/// U+FFFD, which this terminal's emulator leaves out as if it had no width.
const REPLACED: [u8; 3] = [0xef, 0xbf, 0xbd];

/// The same text with another character of that width.
fn replaced(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let places: Vec<_> = places(&bytes, &REPLACED).collect();
    for at in places {
        bytes[at..at + 3].copy_from_slice("▯".as_bytes());
    }
    bytes
}

pub(crate) struct Terminal {
    pub(crate) master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    pub(crate) child: Box<dyn Child + Send + Sync>,
    bytes: Receiver<Vec<u8>>,
    pub(crate) screen: vt100::Parser,
    /// Everything that was written so far.
    pub(crate) raw: Vec<u8>,
    /// How much of it is on the screen.
    shown: usize,
    /// The line discipline before the program came.
    cooked: String,
}

impl Terminal {
    /// A terminal that keeps nothing for who does not read: a program that writes on is held up.
    pub(crate) fn start(command: CommandBuilder, columns: u16, rows: u16) -> Self {
        let pair = native_pty_system().openpty(size(columns, rows)).unwrap();
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
        let screen = vt100::Parser::new(cells(rows), cells(columns), 0);
        Self { master: pair.master, keys, child, bytes, screen, raw: Vec::new(), shown: 0, cooked }
    }

    pub(crate) fn up_to_date() -> Self {
        Self::up_to_date_with(demo(&[]))
    }

    pub(crate) fn up_to_date_with(command: CommandBuilder) -> Self {
        let mut terminal = Self::start(command, 80, 24);
        terminal.see("✓ up to date");
        terminal
    }

    pub(crate) fn press(&mut self, keys: &[u8]) {
        self.keys.write_all(keys).unwrap();
        self.keys.flush().unwrap();
    }

    /// What is to be seen: blanks at a line's end are not told from nothing.
    pub(crate) fn text(&self) -> String {
        let contents = self.screen.screen().contents();
        contents.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
    }

    /// Takes what was written next, if that is before the deadline.
    pub(crate) fn take(&mut self, deadline: Instant) -> Result<(), RecvTimeoutError> {
        let bytes = self.bytes.recv_timeout(deadline.saturating_duration_since(Instant::now()))?;
        self.raw.extend(bytes);
        // A character that was cut by the read waits for its rest.
        let mut end = self.raw.len();
        while end > self.shown && self.raw.len() - end < 2 && REPLACED.contains(&self.raw[end - 1]) {
            end -= 1;
        }
        let text: Vec<_> = self.raw[self.shown..end].to_vec();
        self.shown = end;
        self.screen.process(&replaced(&text));
        Ok(())
    }

    /// Takes what is written in that time; true where something was.
    pub(crate) fn read_for(&mut self, time: Duration) -> bool {
        let (before, until) = (self.raw.len(), Instant::now() + time);
        while self.take(until).is_ok() {}
        self.raw.len() > before
    }

    /// Reads on until the screen shows it.
    pub(crate) fn until(&mut self, what: &str, seen: impl Fn(&str) -> bool) {
        self.until_all(what, |terminal| seen(&terminal.text()));
    }

    /// Reads on until the screen shows these words.
    pub(crate) fn see(&mut self, words: &str) {
        self.until(words, |screen| screen.contains(words));
    }

    /// Reads on until these words are not on the screen.
    pub(crate) fn gone(&mut self, words: &str) {
        self.until(&format!("the end of {words}"), |screen| !screen.contains(words));
    }

    /// Reads on until it is as wanted.
    pub(crate) fn until_all(&mut self, what: &str, seen: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !seen(self) {
            if let Err(e) = self.take(deadline) {
                panic!("waiting for {what}: {e}; the screen is\n{}", self.text());
            }
        }
    }

    /// Presses a key, again and again, until the screen shows it: for keys of which one may be lost, and of which more
    /// do no harm.
    pub(crate) fn press_until(&mut self, keys: &[u8], what: &str, seen: impl Fn(&str) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !seen(&self.text()) {
            assert!(Instant::now() < deadline, "waiting for {what}; the screen is\n{}", self.text());
            self.press(keys);
            let next = Instant::now() + AGAIN;
            while !seen(&self.text()) && self.take(next).is_ok() {}
        }
    }

    /// Reads until nothing was written for so long.
    pub(crate) fn settle(&mut self, quiet: Duration) {
        let deadline = Instant::now() + PATIENCE;
        while self.take(Instant::now() + quiet).is_ok() {
            assert!(Instant::now() < deadline, "it never rests; the screen is\n{}", self.text());
        }
    }

    pub(crate) fn resize(&mut self, columns: u16, rows: u16) {
        self.screen.screen_mut().set_size(cells(rows), cells(columns));
        self.master.resize(size(columns, rows)).unwrap();
    }

    /// Frames written since the place in `raw`.
    pub(crate) fn frames(&self, since: usize) -> usize {
        places(&self.raw[since..], FRAME).count()
    }

    /// Reads on until no frame is half there; where what was written of whole frames ends.
    pub(crate) fn whole_frame(&mut self) -> usize {
        self.until_all("a whole frame", |t| t.frames(0) == places(&t.raw, FRAME_ENDS).count());
        places(&self.raw, FRAME_ENDS).last().map_or(0, |at| at + FRAME_ENDS.len())
    }

    pub(crate) fn pid(&self) -> Pid {
        self.child.process_id().and_then(|pid| Pid::from_raw(pid.cast_signed())).unwrap()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    /// Reads to the end and says the exit status; the terminal must be as it was.
    pub(crate) fn ended(&mut self) -> u32 {
        let deadline = Instant::now() + PATIENCE;
        while self.take(deadline).is_ok() {}
        assert!(Instant::now() < deadline, "it does not end; the screen is\n{}", self.text());
        self.given_back();
        self.child.wait().unwrap().exit_code()
    }

    /// Leaves by key, while nothing runs: a success, and everything is given back.
    pub(crate) fn quit(&mut self) {
        self.press(b"q");
        assert_eq!(self.ended(), 0);
    }

    /// Whether all that was taken is given back: alternate screen, cursor, mouse, pastes, focus, the keyboard's
    /// protocol, synchronized updates, colours, the line discipline.
    pub(crate) fn given_back(&self) {
        let screen = self.screen.screen();
        assert!(!screen.alternate_screen(), "the alternate screen is left");
        assert!(!screen.hide_cursor(), "the cursor is shown");
        assert!(!screen.bracketed_paste(), "pastes are plain");
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
        assert_eq!(termios(self.master.as_ref()), self.cooked, "the line discipline is as before");
        let last = |what: &str| places(&self.raw, what.as_bytes()).last();
        for mode in [1000, 1002, 1003, 1004, 1006, 1049, 2004, 2026] {
            let (on, off) = (last(&format!("\x1b[?{mode}h")), last(&format!("\x1b[?{mode}l")));
            assert!(on.is_none() || off > on, "mode {mode} is off");
        }
        // Right-to-left text is reordered by nobody meanwhile, and by the terminal again afterwards.
        let (claimed, order) = (last("\x1b[?1049h"), last("\x1b[8l"));
        assert!(
            claimed.is_none() || (order.is_some() && last("\x1b[8h") > order),
            "the terminal reorders text again"
        );
        // The kitty protocol is a stack: as many pops as pushes.
        let count = |what: &str| places(&self.raw, what.as_bytes()).count();
        assert_eq!(count("\x1b[>1u"), count("\x1b[<1u"), "the keyboard's protocol");
        let after = last("\x1b[?1049l").map_or(0, |at| at + 8);
        assert!(!self.raw[after..].contains(&0x1b), "nothing is drawn afterwards: {:?}", &self.raw[after..]);
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

/// How often the threads of a process have waited and gone on; 0 where the system does not say.
pub(crate) fn wakeups(pid: Pid) -> u64 {
    let Ok(threads) = std::fs::read_dir(format!("/proc/{}/task", pid.as_raw_nonzero())) else { return 0 };
    threads.flatten().filter_map(|thread| status(&thread.path(), "voluntary_ctxt_switches")).sum()
}

/// A number of a process's or thread's `status`, on Linux.
pub(crate) fn status(folder: &Path, name: &str) -> Option<u64> {
    let status = std::fs::read_to_string(folder.join("status")).ok()?;
    let line = status.lines().find(|l| l.starts_with(name))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
