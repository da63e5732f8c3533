//! The keyboard and the mouse by crossterm, on a thread of their own.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crossterm::event::{
    self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEventKind,
};

use super::super::inbox::Inbox;
use super::super::key::{Code, Key};
use super::super::message::{Message, Mouse, MouseKind};

/// How long the reading goes on after its end, at most.
const TURN: Duration = Duration::from_millis(100);
/// As if the terminal had hung up: SIGHUP where there are signals.
const GONE: i32 = 1;

/// The thread that reads; dropping it ends the reading.
#[derive(Debug)]
pub(in super::super) struct Input(Arc<AtomicBool>);

impl Input {
    /// Begins to read the standard input, a terminal in raw mode.
    pub(in super::super) fn start(inbox: &Arc<Inbox>) -> io::Result<Self> {
        let over = Arc::new(AtomicBool::new(false));
        let (inbox, end) = (Arc::clone(inbox), Arc::clone(&over));
        std::thread::Builder::new().name("input".into()).spawn(move || {
            if read(&end, &inbox).is_err() {
                inbox.push(Message::Signal(GONE));
            }
        })?;
        Ok(Self(over))
    }
}

impl Drop for Input {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

fn read(over: &AtomicBool, inbox: &Inbox) -> io::Result<()> {
    while !over.load(Ordering::SeqCst) {
        if event::poll(TURN)?
            && let Some(message) = translate(event::read()?)
        {
            inbox.push(message);
        }
    }
    Ok(())
}

fn translate(event: Event) -> Option<Message> {
    Some(match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => Message::Key(pressed(key)?),
        Event::Mouse(mouse) => {
            let kind = match mouse.kind {
                MouseEventKind::Down(MouseButton::Left) => MouseKind::Press,
                MouseEventKind::Drag(MouseButton::Left) => MouseKind::Drag,
                MouseEventKind::Up(MouseButton::Left) => MouseKind::Release,
                MouseEventKind::ScrollUp => MouseKind::WheelUp,
                MouseEventKind::ScrollDown => MouseKind::WheelDown,
                _ => return None,
            };
            Message::Mouse(Mouse { kind, column: mouse.column, row: mouse.row })
        }
        Event::Paste(text) => Message::Paste(text),
        Event::Resize(columns, rows) => Message::Resized(columns, rows),
        Event::FocusGained => Message::Focus(true),
        Event::FocusLost => Message::Focus(false),
        Event::Key(_) => return None,
    })
}

fn pressed(key: KeyEvent) -> Option<Key> {
    let code = match key.code {
        KeyCode::Char(c) => Code::Char(c),
        KeyCode::Enter => Code::Enter,
        KeyCode::Esc => Code::Esc,
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
        KeyCode::F(n) => Code::F(n),
        _ => return None,
    };
    let held = |modifier| key.modifiers.contains(modifier);
    let shift = held(KeyModifiers::SHIFT) || key.code == KeyCode::BackTab;
    let key = Key { code, ctrl: held(KeyModifiers::CONTROL), alt: held(KeyModifiers::ALT), shift };
    Some(key.normal())
}
