//! What the system does for the terminal: raw mode, its size, and writes that wait for nobody's lock. The twin for
//! systems that are no Unix is in `elsewhere`.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;

use rustix::termios::{
    Action, OptionalActions, QueueSelector, Termios, tcflow, tcflush, tcgetattr, tcgetwinsize, tcsetattr,
};

/// How the terminal was before.
pub(super) struct Mode(Termios);

/// Where frames go.
pub(super) type Out = File;

/// A handle of our own: nobody else's lock on the standard output is ever waited for.
pub(super) fn out() -> io::Result<Out> {
    Ok(File::from(rustix::stdio::stdout().try_clone_to_owned()?))
}

/// How the terminal is now.
pub(super) fn mode() -> io::Result<Mode> {
    Ok(Mode(tcgetattr(rustix::stdio::stdin())?))
}

/// Raw mode: every key comes as it is.
pub(super) fn make_raw(before: &Mode) -> io::Result<()> {
    let mut raw = before.0.clone();
    raw.make_raw();
    Ok(tcsetattr(rustix::stdio::stdin(), OptionalActions::Now, &raw)?)
}

/// As it was before; cannot block.
pub(super) fn restore(before: &Mode) {
    let _ = tcsetattr(rustix::stdio::stdin(), OptionalActions::Now, &before.0); // it may be gone
}

/// A terminal that stopped reading has no room for the last words: what it has not read is of no use now. Held and let
/// go, the write that waits for room finds it.
pub(super) fn make_room() {
    let out = rustix::stdio::stdout();
    let _ = tcflush(out, QueueSelector::OFlush);
    let _ = tcflow(out, Action::OOff).and_then(|()| tcflow(out, Action::OOn));
}

/// Writes at once, past every buffer.
pub(super) fn write_all(mut bytes: &[u8]) -> io::Result<()> {
    let out = rustix::stdio::stdout();
    while !bytes.is_empty() {
        match rustix::io::write(out.as_fd(), bytes) {
            Ok(n) => bytes = &bytes[n..],
            Err(rustix::io::Errno::INTR) => {}
            Err(e) => return Err(e.into()),
        }
    }
    Ok(())
}

/// Columns and rows, as the terminal says now.
pub(super) fn size() -> (u16, u16) {
    tcgetwinsize(rustix::stdio::stdout()).map_or((80, 24), |s| (s.ws_col, s.ws_row))
}
