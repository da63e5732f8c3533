//! A line that screens 4 to 6 ask for: a file, a name, what to look for. One at a time, under the screen.

use super::super::edit::Line;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum For {
    /// The file that whole exchanges are recorded to.
    Recording,
    /// What to look for in the open exchange.
    Search,
    /// The file that the rows of the statement are written to.
    Rows,
    /// The name that the statement is kept under.
    Statement,
    /// The type whose changes are shown.
    Kind,
}

impl For {
    /// What stands before the text.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Recording => "record to",
            Self::Search => "look for",
            Self::Rows => "write rows to",
            Self::Statement => "save as",
            Self::Kind => "type",
        }
    }

    /// What an empty line says.
    pub fn hint(self) -> &'static str {
        match self {
            Self::Recording => "a new file ending in .har",
            Self::Search => "a text in names and values",
            Self::Rows => "a new file ending in .csv or .ndjson",
            Self::Statement => "a name",
            Self::Kind => "contact, deal …; nothing for all",
        }
    }
}

/// A line that is asked for.
#[derive(Debug, Clone)]
pub struct Naming {
    /// What it is for.
    pub what: For,
    /// What is typed.
    pub line: Line,
    /// What is wrong with it.
    pub error: Option<String>,
}

impl Naming {
    /// Asks, with a text to go on from.
    pub fn new(what: For, text: &str) -> Self {
        let mut line = Line::default();
        line.set(text);
        Self { what, line, error: None }
    }
}
