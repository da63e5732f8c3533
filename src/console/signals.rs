//! Signals, as messages. One that asks to leave is obeyed in time even when the drawing hangs in a terminal that
//! stopped reading.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use signal_hook::consts::{
    SIGALRM, SIGCONT, SIGHUP, SIGINT, SIGPROF, SIGQUIT, SIGTERM, SIGTSTP, SIGUSR1, SIGUSR2, SIGVTALRM,
    SIGWINCH, SIGXCPU,
};
use signal_hook::iterator::{Handle, Signals};

use super::inbox::Inbox;
use super::message::Message;
use super::terminal;

/// How long the loop may take to obey; with what giving back takes it stays within 300 ms.
const PATIENCE: Duration = Duration::from_millis(100);

/// What ends a program that does nothing about it, and is no fault of its own: the terminal is given back first.
const FATAL: [i32; 9] = [SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGXCPU];

/// The thread that takes signals; dropping it ends the thread.
pub(super) struct Watch(Handle);

impl Watch {
    /// Begins to take signals.
    pub(super) fn start(inbox: &Arc<Inbox>) -> io::Result<Self> {
        let mut signals = Signals::new(FATAL.iter().chain(&[SIGUSR1, SIGWINCH, SIGCONT, SIGTSTP]))?;
        let handle = signals.handle();
        let inbox = Arc::clone(inbox);
        std::thread::Builder::new().name("signals".into()).spawn(move || {
            for signal in signals.forever() {
                match signal {
                    SIGWINCH => {
                        let (columns, rows) = terminal::size();
                        inbox.push(Message::Resized(columns, rows));
                    }
                    SIGCONT => inbox.push(Message::Continued),
                    SIGTSTP => inbox.push(Message::Stopped),
                    SIGUSR1 => inbox.push(Message::Nudged),
                    fatal => obey(&inbox, fatal),
                }
            }
        })?;
        Ok(Self(handle))
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.close();
    }
}

fn obey(inbox: &Arc<Inbox>, signal: i32) {
    inbox.push(Message::Signal(signal));
    std::thread::sleep(PATIENCE);
    if inbox.leaving() || inbox.closed() {
        return;
    }
    // The loop hangs in a write. What cannot block is done; the rest gets a moment.
    let done = std::thread::spawn(terminal::give_back);
    for _ in 0..36 {
        if done.is_finished() {
            break;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    std::process::exit(128 + signal);
}

/// Stops this process as SIGTSTP does by default; returns when it is continued.
pub(super) fn stop() {
    let _ = signal_hook::low_level::emulate_default_handler(SIGTSTP);
}
