//! Questions to the wire tap, and its answers.

use std::path::PathBuf;
use std::sync::Arc;

use super::super::body;
use super::super::model::wire::Found;
use crate::client::tap::filter::Filter;
use crate::client::tap::{Exchange, Recorded};

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
    /// Record whole exchanges to this new file from now on.
    Record(PathBuf),
    /// End the recording.
    StopRecording,
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
    /// The recording has begun, or why it has not.
    Recording(Result<Recorded, String>),
    /// What the recording became, in a line.
    Recorded(Result<String, String>),
}
