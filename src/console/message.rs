//! What reaches the model ([`Message`]) and what the model asks for ([`Effect`]). Plain data; the talk with the mirror,
//! with the SQL thread and with the wire tap has a file each.

mod mirror;
mod sql;
mod welcome;
mod wire;

use std::sync::Arc;

use super::key::Key;
use super::serving::Standing;
use super::{Left, Lever, Pull};
use crate::engine::{Command, Event, Snapshot};

pub use mirror::{Answer, Export, Request, Search, Spotted};
pub use sql::{SqlAnswer, SqlEnd, SqlRequest};
pub use welcome::{WelcomeAnswer, WelcomeRequest};
pub use wire::{WireAnswer, WireRequest};

/// Something that reached the console.
#[derive(Debug, Clone)]
pub enum Message {
    /// A key.
    Key(Key),
    /// Pasted text: never keys.
    Paste(String),
    /// The mouse.
    Mouse(Mouse),
    /// The terminal's window got or lost the focus.
    Focus(bool),
    /// The terminal's size changed (or may have).
    Resized(u16, u16),
    /// The engine's newest state.
    Snapshot(Arc<Snapshot>),
    /// An event of the engine.
    Event(Event),
    /// So many events were lost on the way here: the drawing was held up.
    Missed(u64),
    /// The engine is gone: its channels are closed.
    EngineGone,
    /// A task of the engine panicked; what it said. The engine goes on, its run ends.
    Panicked(String),
    /// The reader's answer.
    Read(Answer),
    /// What the SQL thread has to say.
    Sql(SqlAnswer),
    /// What the wire tap holds.
    Wire(WireAnswer),
    /// What became of connecting an account.
    Welcome(WelcomeAnswer),
    /// How the demo's levers stand.
    Levers(Vec<Lever>),
    /// What the demo's lever did, or why it did not.
    Demo(Result<String, String>),
    /// The service that is watched has exchanged something, or has changed.
    News,
    /// How the service stands that is watched.
    Standing(Result<Standing, String>),
    /// A signal that asks to leave, by number.
    Signal(i32),
    /// SIGUSR1: whatever waits is not to wait any longer, as `sync --watch` takes it.
    Nudged,
    /// SIGTSTP: stop, with the terminal given back before.
    Stopped,
    /// SIGCONT: whoever had the terminal meanwhile may have changed it.
    Continued,
    /// Time has passed; nothing else happened.
    Tick,
}

impl Message {
    /// Whether somebody did something and waits to see it.
    pub fn is_human(&self) -> bool {
        matches!(self, Self::Key(_) | Self::Paste(_) | Self::Mouse(_) | Self::Focus(_) | Self::Resized(..))
    }

    /// Whether nobody waits for it: what people press while a terminal hangs, and what a later one of its kind says
    /// again.
    pub fn may_be_lost(&self) -> bool {
        match self {
            Self::Key(_) | Self::Paste(_) | Self::Mouse(_) | Self::News | Self::Tick => true,
            _ => self.is_progress(),
        }
    }

    /// Whether it is what somebody asked for.
    pub fn is_answer(&self) -> bool {
        matches!(
            self,
            Self::Read(_)
                | Self::Sql(_)
                | Self::Wire(_)
                | Self::Levers(_)
                | Self::Demo(_)
                | Self::Welcome(_)
                | Self::Standing(_)
        )
    }

    /// Whether a later one of its kind says it again, and more.
    fn is_progress(&self) -> bool {
        match self {
            Self::Read(answer) => answer.is_progress(),
            Self::Sql(answer) => matches!(answer, SqlAnswer::Written { .. }),
            _ => false,
        }
    }
}

/// What the mouse did, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mouse {
    /// What.
    pub kind: MouseKind,
    /// Column, from 0.
    pub column: u16,
    /// Row, from 0.
    pub row: u16,
}

/// What the mouse did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MouseKind {
    /// The left button went down.
    Press,
    /// Moved with the left button down.
    Drag,
    /// The left button went up.
    Release,
    /// The wheel went up.
    WheelUp,
    /// The wheel went down.
    WheelDown,
}

/// Something to be done outside of the model.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Tell the engine.
    Command(Command),
    /// Ask the mirror; the answer comes as [`Message::Read`].
    Read(Request),
    /// Ask the SQL thread; its answers come as [`Message::Sql`].
    Sql(SqlRequest),
    /// Put a text into the terminal's clipboard.
    Copy {
        /// What it is, in a word or two, for the remark.
        what: String,
        /// The text.
        text: String,
    },
    /// Let someone edit the demo account.
    DemoEdit,
    /// Switch the demo service's pace.
    DemoPace,
    /// Ask the wire tap; its answers come as [`Message::Wire`].
    Wire(WireRequest),
    /// Ask whoever connects an account; the answers come as [`Message::Welcome`].
    Welcome(WelcomeRequest),
    /// Show this title of the terminal.
    Title(String),
    /// Ring the terminal's bell.
    Bell,
    /// Ask how the demo's levers stand.
    Levers,
    /// Move a lever of the demo.
    Pull {
        /// Its number.
        lever: usize,
        /// Which way.
        pull: Pull,
    },
    /// Ask how the service stands that is watched.
    Standing,
    /// Put a token of the service into the terminal's clipboard.
    CopyToken {
        /// What it is, for the remark.
        what: String,
        /// The number of the entrance that it opens.
        entrance: usize,
    },
    /// Draw everything anew.
    Redraw,
    /// Take the mouse, or leave it to the terminal.
    Mouse(bool),
    /// Claim the terminal again.
    Reclaim,
    /// Give the terminal back and stop, until continued.
    Suspend,
    /// Leave the console: the terminal is given back at once, then a run that is on is stopped.
    Leave(Left),
}
