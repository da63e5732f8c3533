//! Questions to the mirror, and its answers: what screens 1 and 2 ask, then 3, then 6.

use std::path::PathBuf;

use super::super::model::acks::{Book, Content, Followed, Opened};
use super::super::model::browse::Page;
use super::super::model::browse::story::Told;
use super::super::model::browse::tree::{About, Pointing};
use super::super::record::kept::Shelf;
use crate::mirror::SessionNo;
use crate::mirror::changes::Change;
use crate::mirror::deeds::{At, Deed, Inside, Wanted};
use crate::mirror::find::{From, Hit, Place, Query};
use crate::mirror::index;
use crate::mirror::reader::{Kind, SessionRow, Status};
use crate::mirror::refs::Reference;

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
        /// The deleted records of the type, and not what it has.
        dead: bool,
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
    /// What records are called.
    Names {
        /// Which.
        of: Vec<Reference>,
    },
    /// What happened to a record.
    Story {
        /// The record.
        of: Reference,
    },
    /// The next row of a view that has a text.
    Search(Search),
    /// Stop looking for rows with a text.
    NoSearch,
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
    /// Remember how types are looked at: columns and order.
    Keep {
        /// The file.
        path: PathBuf,
        /// The types that were looked at in another way in this run.
        types: Shelf,
    },
    /// Packs, the outbox, what is stuck.
    Acks,
    /// Who points to what is not here.
    Orphans,
    /// Stop the search for who points to what is not here.
    NoOrphans,
    /// The keys and records of a pack or a page.
    Opened(Opened),
    /// Sessions, newest first.
    Sessions {
        /// Those before this one; none for the newest.
        before: Option<SessionNo>,
        /// How many at the most.
        limit: usize,
    },
    /// What a session did. A newer one ends an older one.
    Deeds {
        /// The session.
        session: SessionNo,
        /// Which of it.
        wanted: Wanted,
        /// Behind this entry; none for the first.
        behind: Option<At>,
        /// How many at the most.
        limit: usize,
    },
    /// What a session did to a record.
    Change {
        /// The session.
        session: SessionNo,
        /// The record.
        of: Reference,
    },
}

/// A text that is looked for among the rows of a view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// The number that the answer repeats: an answer that is no longer waited for is dropped.
    pub ticket: u64,
    /// The view.
    pub query: Query,
    /// The text.
    pub text: String,
    /// The state of the view that is shown: with another one the hits are found anew.
    pub edition: u64,
    /// From where, and which way.
    pub from: From,
}

/// A row that has what is looked for, and how many there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spotted {
    /// The row.
    pub hit: Hit,
    /// Rows of the view that have it.
    pub of: u64,
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
    /// The deleted records of the type, and not what it has.
    pub dead: bool,
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
    /// How far the search for rows with a text is: rows seen, of how many, and how many of them have it.
    Looked {
        /// Of the request.
        ticket: u64,
        /// Rows seen, of how many, hits.
        progress: (u64, u64, u64),
    },
    /// The row that has what is looked for; none where none has.
    Spotted {
        /// Of the request.
        ticket: u64,
        /// The row.
        found: Result<Option<Spotted>, String>,
    },
    /// The numbers of rows are known now.
    Ranked,
    /// What is known of a record.
    About(Box<About>),
    /// What records are called: all that were asked for; none where the mirror does not have one, or it has no name.
    Names(Vec<(Reference, Option<String>)>),
    /// What happened to a record.
    Story {
        /// Of the request.
        of: Reference,
        /// Its story.
        told: Result<Told, String>,
    },
    /// Who points to a record.
    Pointing(Pointing),
    /// How far an export is: rows written, of how many.
    Exporting(u64, u64),
    /// What became of an export, in a line.
    Exported(Result<String, String>),
    /// Why it cannot be remembered how types are looked at.
    NotKept(String),
    /// How far the search index is.
    Index(index::State),
    /// Packs, the outbox, what is stuck; empty where there is no mirror yet.
    Acks(Result<Box<Book>, String>),
    /// Who points to what is not here; none where there is no mirror yet.
    Orphans(Followed),
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
    /// What a session did.
    Deeds {
        /// Of the request.
        session: SessionNo,
        /// Of the request.
        wanted: Wanted,
        /// Of the request.
        behind: Option<At>,
        /// The entries, and whether there are more.
        deeds: Result<(Vec<Deed>, bool), String>,
        /// Its pages and packs, with the first entries.
        inside: Option<Inside>,
    },
    /// What a session did to a record; none where it is not known any more.
    Change {
        /// Of the request.
        session: SessionNo,
        /// Of the request.
        of: Reference,
        /// The change.
        change: Result<Option<Box<Change>>, String>,
    },
}

impl Answer {
    /// Whether it says only how far something is.
    pub fn is_progress(&self) -> bool {
        matches!(
            self,
            Self::Scanned { .. }
                | Self::Looked { .. }
                | Self::Exporting(..)
                | Self::Orphans(Followed::Looking(..))
        )
    }
}
