//! The terminal, claimed and given back: raw mode, alternate screen, cursor, mouse, paste, focus.
//!
//! Promise: whatever happens (the end, an error, a panic of a thread of the console, a stop), [`give_back`] undoes all
//! of it once, takes no lock that a drawing thread may hold, and never panics.

mod sgr;
mod steady;
mod title;

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError, TryLockError};
use std::time::Duration;

use crossterm::Command as _;
use crossterm::clipboard::CopyToClipboard;
use ratatui::Terminal;
use ratatui::layout::Rect;

use super::fault;
use super::model::Model;
pub(super) use super::tty::size;
use super::tty::{self, write_all};
use super::view::view;
use steady::Steady;

/// Alternate screen, no cursor; bracketed paste; focus; no reordering of right-to-left text by the terminal (ECMA-48
/// BDSM, explicit): it knows of no columns, and would let two of them change places.
const CLAIM: &[u8] = b"\x1b[?1049h\x1b[?25l\x1b[?2004h\x1b[?1004h\x1b[8l";
/// Buttons, drags and SGR reports.
const MOUSE: &[u8] = b"\x1b[?1000h\x1b[?1002h\x1b[?1006h";
/// The same undone.
const NO_MOUSE: &[u8] = b"\x1b[?1006l\x1b[?1002l\x1b[?1000l";
/// All of it undone, last first, colours off, and a frame that was cut off ended. The alternate screen is left empty:
/// what a multiplexer cut off from it when its window grew and shrank would stand on the other screen afterwards.
const RELEASE: &[u8] =
    b"\x1b[?2026l\x1b[8h\x1b[?1004l\x1b[?2004l\x1b[?1006l\x1b[?1002l\x1b[?1000l\x1b[0m\x1b[H\x1b[2J\x1b[?25h\x1b[?1049l";

/// How the terminal was before; there while it is claimed.
static BEFORE: Mutex<Option<tty::Mode>> = Mutex::new(None);
/// Held while anything is written, so that nobody gives the terminal back in the middle of it; then looked at whether
/// it is still ours.
static DRAWING: Mutex<()> = Mutex::new(());
/// Held while the terminal is given back.
static GIVING: Mutex<()> = Mutex::new(());
/// How many turns of waiting a frame has to itself before it is thought to hang.
const MOMENT: u32 = 4;
/// The user leaves the mouse to the terminal.
static MOUSE_LEFT: AtomicBool = AtomicBool::new(false);
/// A thread of the console has panicked: nothing is drawn any more.
static PANICKED: AtomicBool = AtomicBool::new(false);

/// The claimed terminal; given back when dropped.
pub(super) struct Screen {
    terminal: Terminal<Steady<Frames>>,
}

/// Frames on their way out, each in one write. What was never flushed is never written: a buffer that empties itself
/// when it goes would draw on a terminal that is not ours any more.
struct Frames {
    out: tty::Out,
    bytes: Vec<u8>,
}

impl Write for Frames {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let written = self.out.write_all(&sgr::plain(&self.bytes)).and_then(|()| self.out.flush());
        self.bytes.clear();
        written
    }
}

impl Screen {
    /// Claims the terminal.
    pub(super) fn claim() -> io::Result<Self> {
        let out = tty::out()?;
        claim()?;
        let terminal = Terminal::new(Steady::new(Frames { out, bytes: Vec::with_capacity(64 * 1024) }));
        match terminal {
            Ok(terminal) => {
                let mut screen = Self { terminal };
                screen.forget()?;
                Ok(screen)
            }
            Err(e) => {
                give_back();
                Err(e)
            }
        }
    }

    /// Claims it again, after a stop, and forgets what was drawn.
    pub(super) fn reclaim(&mut self) -> io::Result<()> {
        claim()?;
        self.forget()
    }

    /// Forgets what was drawn: the next frame is whole. It clears the screen, so it is drawing too.
    pub(super) fn forget(&mut self) -> io::Result<()> {
        let _drawing = DRAWING.lock().unwrap_or_else(PoisonError::into_inner);
        if panicked() || !claimed() {
            return Ok(());
        }
        let (columns, rows) = size();
        self.terminal.resize(Rect::new(0, 0, columns, rows))
    }

    /// Puts a text into the terminal's clipboard (OSC 52), which works over SSH. Whether the terminal has one, nobody
    /// says: one without drops it.
    ///
    /// # Errors
    /// Where it is known not to come to anything, in words.
    pub(super) fn copy(text: &str) -> io::Result<()> {
        if std::env::var_os("TERM").is_some_and(|t| t == "linux" || t == "dumb") {
            return Err(io::Error::other("this terminal has no clipboard"));
        }
        let _drawing = DRAWING.lock().unwrap_or_else(PoisonError::into_inner);
        if panicked() || !claimed() {
            return Ok(());
        }
        let mut sequence = String::new();
        CopyToClipboard::to_clipboard_from(text).write_ansi(&mut sequence).map_err(io::Error::other)?;
        write_all(sequence.as_bytes())
    }

    /// Draws a frame, unless the terminal is not ours any more. Whether there was anything new to be seen.
    pub(super) fn draw(&mut self, model: &Model) -> io::Result<bool> {
        let _drawing = DRAWING.lock().unwrap_or_else(PoisonError::into_inner);
        if panicked() || !claimed() {
            return Ok(false);
        }
        self.terminal.draw(|frame| {
            fault::provoke(Some("view"));
            view(model, frame);
        })?;
        Ok(self.terminal.backend_mut().sent())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

fn claim() -> io::Result<()> {
    let before = tty::mode()?;
    // Whoever gives it back meanwhile waits: what is claimed in two steps would be left half claimed.
    let _drawing = DRAWING.lock().unwrap_or_else(PoisonError::into_inner);
    tty::make_raw(&before)?;
    BEFORE.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(before);
    write_all(CLAIM)?;
    if MOUSE_LEFT.load(Ordering::SeqCst) { Ok(()) } else { write_all(MOUSE) }
}

/// Takes the mouse, or leaves it to the terminal, until told otherwise.
pub(super) fn take_mouse(on: bool) -> io::Result<()> {
    MOUSE_LEFT.store(!on, Ordering::SeqCst);
    let _drawing = DRAWING.lock().unwrap_or_else(PoisonError::into_inner);
    if !claimed() {
        return Ok(());
    }
    write_all(if on { MOUSE } else { NO_MOUSE })
}

/// Shows a title until the terminal is given back, where it has one.
pub(super) fn show_title(text: &str) -> io::Result<()> {
    let _drawing = DRAWING.lock().unwrap_or_else(PoisonError::into_inner);
    if panicked() || !claimed() {
        return Ok(());
    }
    title::shown(text).map_or(Ok(()), |bytes| write_all(&bytes))
}

/// Rings the bell.
pub(super) fn ring() -> io::Result<()> {
    let _drawing = DRAWING.lock().unwrap_or_else(PoisonError::into_inner);
    if panicked() || !claimed() { Ok(()) } else { title::bell() }
}

/// Gives the terminal back as it was. Harmless where it is not claimed.
pub(super) fn give_back() {
    // Who comes second waits: the process must not end between the first and its last words.
    let _giving = GIVING.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(before) = take_before() else { return };
    // First what cannot block.
    tty::restore(&before);
    // A frame on its way gets a moment to end; one that panicked or hangs does not hold us up. What it left may fill
    // the terminal to the brim, so there is room made once more when it has ended.
    for turn in 0..20 {
        match DRAWING.try_lock() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(5)),
            _ if turn < MOMENT => break,
            _ => {
                tty::make_room();
                break;
            }
        }
        if turn + 1 >= MOMENT {
            tty::make_room();
        }
    }
    let _ = write_all(title::back());
    let _ = write_all(RELEASE);
}

fn take_before() -> Option<tty::Mode> {
    BEFORE.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// A panic gives the terminal back first; then the earlier hook tells it, and `wake` ends the loop. One on a thread of
/// the engine, whose tasks are caught where they run, is only told to `wake` while the screen is ours.
pub(super) fn watch_panics(engine: &'static str, wake: impl Fn(Option<String>) + Send + Sync + 'static) {
    let earlier = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if std::thread::current().name() == Some(engine) && claimed() {
            wake(Some(told(info)));
            return;
        }
        PANICKED.store(true, Ordering::SeqCst);
        give_back();
        earlier(info);
        wake(None);
    }));
}

/// What a panic says, and where it happened.
fn told(info: &std::panic::PanicHookInfo<'_>) -> String {
    let text = info.payload_as_str().unwrap_or("no message");
    let place = info.location().map(|l| format!(" ({}:{})", l.file(), l.line())).unwrap_or_default();
    format!("{text}{place}")
}

/// Whether the terminal is ours.
pub(super) fn claimed() -> bool {
    BEFORE.lock().unwrap_or_else(PoisonError::into_inner).is_some()
}

/// Whether a thread of the console has panicked.
pub(super) fn panicked() -> bool {
    PANICKED.load(Ordering::SeqCst)
}
