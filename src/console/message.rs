//! What reaches the model ([`Message`]) and what the model asks for ([`Effect`]). Plain data.

use std::sync::Arc;
use std::time::Duration;

use super::body;
use super::key::Key;
use super::model::acks::{Book, Content, Opened};
use super::model::grid::Cell;
use super::model::wire::Found;
use super::{Left, Lever, complete};
use crate::client::tap::Exchange;
use crate::client::tap::filter::Filter;
use crate::engine::{Command, Event, Snapshot};
use crate::mirror::SessionNo;
use crate::mirror::changes::{Change, Touched};
use crate::mirror::reader::{From, Kind, SessionRow, Status, Window};

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
    /// How the demo's levers stand.
    Levers(Vec<Lever>),
    /// What the demo's lever did, or why it did not.
    Demo(Result<String, String>),
    /// A signal that asks to leave, by number.
    Signal(i32),
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
    Copy(String),
    /// Let someone edit the demo account.
    DemoEdit,
    /// Switch the demo service's pace.
    DemoPace,
    /// Ask the wire tap; its answers come as [`Message::Wire`].
    Wire(WireRequest),
    /// Ask how the demo's levers stand.
    Levers,
    /// Move a lever of the demo up, or down again.
    Pull {
        /// Its number.
        lever: usize,
        /// Down.
        down: bool,
    },
    /// Draw everything anew.
    Redraw,
    /// Take the mouse, or leave it to the terminal.
    Mouse(bool),
    /// Claim the terminal again.
    Reclaim,
    /// Give the terminal back and stop, until continued.
    Suspend,
    /// Leave the console.
    Leave(Left),
}

/// A question to the mirror. Of each kind only the newest is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// Device, sessions, counts.
    Status,
    /// The types with their counts.
    Kinds,
    /// Packs, the outbox, what is stuck.
    Acks,
    /// The keys and records of a pack or a page.
    Opened(Opened),
    /// Sessions, newest first.
    Sessions {
        /// Those before this one; none for the newest.
        before: Option<SessionNo>,
        /// How many at the most.
        limit: usize,
    },
    /// What a session replaced and deleted.
    Touched {
        /// The session.
        session: SessionNo,
        /// Behind the entry of this number; 0 for the first.
        behind: i64,
        /// How many at the most.
        limit: usize,
    },
    /// What a session did to a record.
    Change {
        /// The session.
        session: SessionNo,
        /// The entry in its list.
        touched: Touched,
    },
    /// A window of rows.
    Window {
        /// The number that the answer repeats: an answer that is no longer waited for is dropped.
        ticket: u64,
        /// The type.
        kind: String,
        /// Where it begins.
        from: From,
        /// How many rows at the most.
        limit: usize,
    },
}

/// The mirror's answer.
#[derive(Debug, Clone)]
pub enum Answer {
    /// Device, sessions, counts; none where there is no mirror yet.
    Status(Result<Option<Box<Status>>, String>),
    /// The types; none where there is no mirror yet.
    Kinds(Result<Vec<Kind>, String>),
    /// Packs, the outbox, what is stuck; empty where there is no mirror yet.
    Acks(Result<Box<Book>, String>),
    /// The keys and records of a pack or a page.
    Opened {
        /// Of the request.
        of: Opened,
        /// What it holds.
        content: Result<Content, String>,
    },
    /// Sessions, newest first.
    Sessions {
        /// Of the request.
        before: Option<SessionNo>,
        /// The sessions, and whether there are more.
        sessions: Result<(Vec<SessionRow>, bool), String>,
    },
    /// What a session replaced and deleted.
    Touched {
        /// Of the request.
        session: SessionNo,
        /// Of the request.
        behind: i64,
        /// The entries, and whether there are more.
        touched: Result<(Vec<Touched>, bool), String>,
    },
    /// What a session did to a record; none where it is not known any more.
    Change {
        /// Of the request.
        touched: Touched,
        /// The change.
        change: Result<Option<Box<Change>>, String>,
    },
    /// A window of rows.
    Window {
        /// Of the request.
        ticket: u64,
        /// The type.
        kind: String,
        /// Where it was to begin.
        from: From,
        /// The rows.
        window: Result<Window, String>,
    },
}

/// What the SQL thread is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SqlRequest {
    /// Run a statement.
    Run {
        /// The number that the answers repeat.
        ticket: u64,
        /// The statement.
        sql: String,
    },
    /// Stop the statement of that number, whatever it is doing.
    Cancel(u64),
    /// The tables with their columns, for the completion.
    Tables,
}

/// What the SQL thread answers.
#[derive(Debug, Clone)]
pub enum SqlAnswer {
    /// The tables with their columns.
    Tables(Vec<complete::Table>),
    /// The statements of earlier days, oldest first.
    Statements(Vec<String>),
    /// The names of the columns.
    Columns {
        /// Of the request.
        ticket: u64,
        /// As SQLite names them.
        names: Vec<String>,
    },
    /// Some more rows.
    Rows {
        /// Of the request.
        ticket: u64,
        /// In the statement's order.
        rows: Vec<Vec<Cell>>,
    },
    /// No more rows will come.
    Ended {
        /// Of the request.
        ticket: u64,
        /// How.
        end: SqlEnd,
        /// How long it took.
        elapsed: Duration,
    },
    /// Something is wrong beside the statement.
    Trouble(String),
}

/// How a statement ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SqlEnd {
    /// All rows came.
    All,
    /// The console keeps no more rows than these.
    Cut,
    /// Somebody stopped it.
    Cancelled,
    /// It failed, in SQLite's words.
    Failed(String),
}

/// What the wire tap is asked.
#[derive(Debug, Clone, PartialEq)]
pub enum WireRequest {
    /// The newest exchanges that pass.
    List(Filter),
    /// An exchange, laid out.
    Show(Arc<Exchange>),
    /// The newest exchange that passes.
    Find(Filter),
    /// A file with all that pass.
    Export(Filter),
}

/// What the wire tap answers.
#[derive(Debug, Clone)]
pub enum WireAnswer {
    /// The newest exchanges that pass.
    List(Found),
    /// An exchange, laid out.
    Shown {
        /// Of the request.
        exchange: Arc<Exchange>,
        /// Its lines.
        lines: Arc<Vec<body::Line>>,
    },
    /// The number of the newest exchange that passes; none where none is kept.
    Found(Option<u64>),
    /// Where the file is, or why there is none.
    Exported(Result<String, String>),
}
