//! What reaches the model ([`Message`]) and what the model asks for ([`Effect`]). Plain data.

use std::path::PathBuf;
use std::sync::Arc;

use super::Left;
use super::key::Key;
use super::model::browse::Page;
use super::model::browse::tree::{About, Pointing};
use crate::engine::{Command, Event, Snapshot};
use crate::mirror::find::{Place, Query};
use crate::mirror::index;
use crate::mirror::reader::{Kind, Status};
use crate::mirror::refs::Reference;

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
    /// The reader's answer.
    Read(Answer),
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
    /// Put a text on the clipboard; `what` it is.
    Copy {
        /// In a word or two.
        what: String,
        /// The text.
        text: String,
    },
    /// Let someone edit the demo account.
    DemoEdit,
    /// Switch the demo service's pace.
    DemoPace,
    /// Draw everything anew.
    Redraw,
    /// Claim the terminal again.
    Reclaim,
    /// Give the terminal back and stop, until continued.
    Suspend,
    /// Leave the console.
    Leave(Left),
}

/// A question to the mirror. Of each kind only the newest is answered.
#[derive(Debug, Clone, PartialEq)]
pub enum Request {
    /// Device, sessions, counts.
    Status,
    /// The types with their counts.
    Kinds,
    /// A page of a view; the view is made where it is not there. A newer one ends the making of an older one.
    Page {
        /// The number that the answer repeats: an answer that is no longer waited for is dropped.
        ticket: u64,
        /// What to show.
        query: Query,
        /// Where the page begins.
        place: Place,
        /// How many rows at the most.
        limit: usize,
        /// Make the view again: the mirror has changed.
        anew: bool,
    },
    /// What is to be known of a record beside what it says.
    About {
        /// The record.
        of: Reference,
        /// Its revision.
        revision: Option<i64>,
        /// The record itself, JSON.
        data: String,
    },
    /// Who points to a record.
    Pointing {
        /// To this one.
        to: Reference,
    },
    /// Stop the search for who points to a record.
    NoPointing,
    /// Write a view to a file.
    Export(Export),
    /// Stop the export.
    NoExport,
}

/// A view to be written to a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Export {
    /// What.
    pub query: Query,
    /// The file; its ending says the form.
    pub path: PathBuf,
    /// The fields, where the form has columns.
    pub columns: Vec<String>,
    /// Rows, about.
    pub of: u64,
}

/// The mirror's answer.
#[derive(Debug, Clone)]
pub enum Answer {
    /// Device, sessions, counts; none where there is no mirror yet.
    Status(Result<Option<Box<Status>>, String>),
    /// The types; none where there is no mirror yet.
    Kinds(Result<Vec<Kind>, String>),
    /// A page of a view.
    Page {
        /// Of the request.
        ticket: u64,
        /// The page.
        page: Result<Page, String>,
    },
    /// How far the making of a view is: rows seen, of how many, and how many of them are in it.
    Scanned {
        /// Of the request.
        ticket: u64,
        /// Rows seen, of how many, hits.
        progress: (u64, u64, u64),
    },
    /// The numbers of rows are known now.
    Ranked,
    /// What is known of a record.
    About(Box<About>),
    /// Who points to a record.
    Pointing(Pointing),
    /// How far an export is: rows written, of how many.
    Exporting(u64, u64),
    /// What became of an export, in a line.
    Exported(Result<String, String>),
    /// How far the search index is.
    Index(index::State),
}
