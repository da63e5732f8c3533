//! What the system does for the terminal, by crossterm: raw mode, the mouse, its size.

use std::io::{self, Write as _};

use crossterm::event::{DisableMouseCapture, EnableMouseCapture};
use crossterm::{execute, terminal};

/// How the terminal was before: crossterm remembers it.
pub(in super::super) struct Mode;

/// Where frames go.
pub(in super::super) type Out = io::Stdout;

/// The standard output, which writes whatever the console's code page is.
#[expect(clippy::unnecessary_wraps, reason = "its twin can fail")]
pub(in super::super) fn out() -> io::Result<Out> {
    Ok(io::stdout())
}

/// How the terminal is now.
#[expect(clippy::unnecessary_wraps, reason = "its twin can fail")]
pub(in super::super) fn mode() -> io::Result<Mode> {
    Ok(Mode)
}

/// Raw mode: every key comes as it is; escape sequences are obeyed.
pub(in super::super) fn make_raw(_: &Mode) -> io::Result<()> {
    #[cfg(windows)]
    if !crossterm::ansi_support::supports_ansi() {
        return Err(io::Error::other("this console knows no escape sequences; use Windows Terminal"));
    }
    terminal::enable_raw_mode()?;
    execute!(io::stdout(), EnableMouseCapture)
}

/// As it was before.
pub(in super::super) fn restore(_: &Mode) {
    // It may be gone.
    let _ = execute!(io::stdout(), DisableMouseCapture);
    let _ = terminal::disable_raw_mode();
}

/// Nothing waits here for a terminal that stopped reading.
pub(in super::super) fn make_room() {}

/// Writes at once.
pub(in super::super) fn write_all(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes).and_then(|()| out.flush())
}

/// Columns and rows, as the terminal says now.
pub(in super::super) fn size() -> (u16, u16) {
    terminal::size().unwrap_or((80, 24))
}
