//! Questions to the SQL thread, and its answers.

use std::path::PathBuf;
use std::time::Duration;

use super::super::complete;
use super::super::model::grid::Cell;
use super::super::model::saved::Kept;

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
    /// Write all rows of a statement to a new file.
    Export {
        /// The number that the answers repeat; [`SqlRequest::Cancel`] stops it.
        ticket: u64,
        /// The statement.
        sql: String,
        /// The file; its ending says the form.
        path: PathBuf,
    },
    /// Keep a statement; one of the same name goes.
    Save(Kept),
    /// Forget the statement of that name.
    Forget(String),
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
    /// Rows of an export that are written so far.
    Written {
        /// Of the request.
        ticket: u64,
        /// How many.
        rows: u64,
    },
    /// What became of an export, in a line.
    Exported {
        /// Of the request.
        ticket: u64,
        /// Where the file is, or why there is none.
        result: Result<String, String>,
    },
    /// The saved statements, by name.
    Saved(Vec<Kept>),
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
