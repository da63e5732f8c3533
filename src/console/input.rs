//! The keyboard and the mouse, on a thread of their own: bytes to messages. Drawing never waits for it.

mod frames;
#[cfg(test)]
mod mutated;

use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use termina::event::{KeyCode, KeyEventKind, Modifiers, MouseButton, MouseEventKind};
use termina::{Event, Parser};

use super::inbox::Inbox;
use super::key::{Code, Key};
use super::message::{Message, Mouse, MouseKind};
use frames::{Frame, Frames};

/// How long a text of a terminal may take, even where something comes all the time: that may be a key that is held
/// down.
const ENDLESS: Duration = Duration::from_millis(250);

/// The thread that reads; dropping it ends the reading, so that what is typed later is the shell's.
#[derive(Debug)]
pub(super) struct Input {
    _stop: UnixStream,
}

impl Input {
    /// Begins to read the standard input, a terminal in raw mode.
    pub(super) fn start(inbox: &Arc<Inbox>) -> io::Result<Self> {
        let (stop, stopped) = UnixStream::pair()?;
        let inbox = Arc::clone(inbox);
        std::thread::Builder::new().name("input".into()).spawn(move || {
            if read(&stopped, &inbox).is_err() {
                // The terminal is gone: as if it had hung up.
                inbox.push(Message::Signal(signal_hook::consts::SIGHUP));
            }
        })?;
        Ok(Self { _stop: stop })
    }
}

fn read(stopped: &UnixStream, inbox: &Inbox) -> io::Result<()> {
    let stdin = rustix::stdio::stdin();
    let mut frames = Frames::default();
    let mut buffer = [0; 16 * 1024];
    let mut out = Vec::new();
    // Since when something that may have no end has not ended.
    let mut endless: Option<Instant> = None;
    loop {
        let (ready, stop) = wait(stopped, frames.patience())?;
        if stop {
            return Ok(());
        }
        if ready {
            match rustix::io::read(stdin, &mut buffer) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(n) => {
                    if endless.is_some_and(|since| since.elapsed() > ENDLESS) {
                        frames.give_up(&mut out);
                    }
                    frames.feed(&buffer[..n], &mut out);
                }
                Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => {}
                Err(e) => return Err(e.into()),
            }
        } else if frames.patience().is_some() {
            frames.give_up(&mut out);
        }
        endless = if frames.endless() { endless.or_else(|| Some(Instant::now())) } else { None };
        for frame in out.drain(..) {
            match frame {
                Frame::Paste(text) => inbox.push(Message::Paste(text)),
                Frame::Bytes(bytes) => decode(&bytes, inbox),
            }
        }
    }
}

/// Waits for input, or for the end. No wake-up otherwise, but the one that gives an unfinished sequence up.
fn wait(stopped: &UnixStream, patience: Option<Duration>) -> io::Result<(bool, bool)> {
    let stdin = rustix::stdio::stdin();
    let mut fds = [
        PollFd::from_borrowed_fd(stdin, PollFlags::IN),
        PollFd::from_borrowed_fd(stopped.as_fd(), PollFlags::IN),
    ];
    let timeout = patience.and_then(|p| Timespec::try_from(p).ok());
    match poll(&mut fds, timeout.as_ref()) {
        Ok(_) => Ok((!fds[0].revents().is_empty(), !fds[1].revents().is_empty())),
        Err(rustix::io::Errno::INTR) => Ok((false, false)),
        Err(e) => Err(e.into()),
    }
}

/// Reads a whole frame, with a parser of its own: what one cannot make sense of must not swallow the next.
fn decode(bytes: &[u8], inbox: &Inbox) {
    let mut parser = Parser::default();
    parser.parse(bytes, false);
    while let Some(event) = parser.pop() {
        if let Some(message) = translate(&event) {
            inbox.push(message);
        }
    }
}

fn translate(event: &Event) -> Option<Message> {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => {
            let code = code(key.code)?;
            let held = |m| key.modifiers.contains(m);
            let shift = held(Modifiers::SHIFT) || key.code == KeyCode::BackTab;
            let key = Key { code, ctrl: held(Modifiers::CONTROL), alt: held(Modifiers::ALT), shift };
            Some(Message::Key(key.normal()))
        }
        Event::Mouse(mouse) => {
            let kind = match mouse.kind {
                MouseEventKind::Down(MouseButton::Left) => MouseKind::Press,
                MouseEventKind::Drag(MouseButton::Left) => MouseKind::Drag,
                MouseEventKind::Up(MouseButton::Left) => MouseKind::Release,
                MouseEventKind::ScrollUp => MouseKind::WheelUp,
                MouseEventKind::ScrollDown => MouseKind::WheelDown,
                _ => return None,
            };
            Some(Message::Mouse(Mouse { kind, column: mouse.column, row: mouse.row }))
        }
        Event::FocusIn => Some(Message::Focus(true)),
        Event::FocusOut => Some(Message::Focus(false)),
        _ => None,
    }
}

fn code(code: KeyCode) -> Option<Code> {
    Some(match code {
        KeyCode::Char(c) => Code::Char(c),
        KeyCode::Enter => Code::Enter,
        KeyCode::Escape => Code::Esc,
        KeyCode::Tab | KeyCode::BackTab => Code::Tab,
        KeyCode::Backspace => Code::Backspace,
        KeyCode::Delete => Code::Delete,
        KeyCode::Insert => Code::Insert,
        KeyCode::Up => Code::Up,
        KeyCode::Down => Code::Down,
        KeyCode::Left => Code::Left,
        KeyCode::Right => Code::Right,
        KeyCode::Home => Code::Home,
        KeyCode::End => Code::End,
        KeyCode::PageUp => Code::PageUp,
        KeyCode::PageDown => Code::PageDown,
        KeyCode::Function(n) => Code::F(n),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(bytes: &[&[u8]]) -> Vec<String> {
        let inbox = Inbox::default();
        for frame in bytes {
            decode(frame, &inbox);
        }
        let messages = inbox.take();
        messages
            .iter()
            .map(|m| if let Message::Key(k) = m { k.to_string() } else { format!("{m:?}") })
            .collect()
    }

    #[test]
    fn keys_arrive_as_people_name_them() {
        let got = keys(&[
            b"q",
            b"G",
            b"?",
            b"\x03",
            b"\x1a",
            b"\r",
            b"\t",
            b"\x1b[Z",
            b"\x7f",
            b"\x1b",
            b"\x1b[5~",
            b"\x1b[1;5C",
            "é".as_bytes(),
            b" ",
            b"\x1b[H",
            b"\x1b[3~",
            b"\x1bOP",
            b"\x1b[999;99~",
            b"j",
        ]);
        let expected = [
            "q",
            "G",
            "?",
            "^C",
            "^Z",
            "↵",
            "Tab",
            "shift-Tab",
            "⌫",
            "Esc",
            "PgUp",
            "^→",
            "é",
            "space",
            "Home",
            "Del",
            "F1",
            "j",
        ];
        assert_eq!(got, expected);
    }
}
