//! A line that the user writes: what is asked for, the text with its cursor, what is wrong with it.

use super::super::edit::Line;

/// What a prompt asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// Which rows to show.
    Filter,
    /// The record with this id.
    Id,
    /// The row at so many hundredths of the way.
    Percent,
    /// The file to write the view to.
    Export,
    /// What to look for in the record.
    Find,
    /// What to look for among the rows.
    Search,
    /// A column by its name.
    Column,
}

impl Ask {
    /// What stands before the text.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Filter => "/",
            Self::Id => "go to id",
            Self::Percent => "go to %",
            Self::Export => "write to",
            Self::Find => "find",
            Self::Search => "look for",
            Self::Column => "column",
        }
    }

    /// What an empty prompt says.
    pub fn hint(self) -> &'static str {
        match self {
            Self::Filter => "rev>8 word",
            Self::Id => "a record's id",
            Self::Percent => "0 to 100",
            Self::Export => "a file ending in .csv or .ndjson",
            Self::Find => "words in this record",
            Self::Search => "a text in any value of these rows",
            Self::Column => "a part of its name",
        }
    }
}

/// An open prompt.
#[derive(Debug, Clone)]
pub struct Prompt {
    /// What it asks for.
    pub ask: Ask,
    /// What is wrong with the text as it is.
    pub error: Option<String>,
    /// What is typed.
    pub line: Line,
    /// How far back the text was taken from what was written earlier; 0: it was not.
    back: usize,
    /// What was typed before that.
    draft: String,
}

impl Prompt {
    /// A prompt with a text to go on from.
    pub fn new(ask: Ask, text: &str) -> Self {
        let mut line = Line::default();
        line.set(text);
        Self { ask, error: None, line, back: 0, draft: String::new() }
    }

    /// Takes an earlier text in the place of what is typed, or a later one; at the end what was typed. `earlier`:
    /// oldest first.
    pub fn recall(&mut self, earlier: &[String], older: bool) {
        if self.back == 0 {
            self.line.text().clone_into(&mut self.draft);
        }
        let back = if older { (self.back + 1).min(earlier.len()) } else { self.back.saturating_sub(1) };
        if back == self.back {
            return;
        }
        self.back = back;
        let text = earlier.len().checked_sub(back).and_then(|at| earlier.get(at)).unwrap_or(&self.draft);
        self.line.set(text);
    }
}
