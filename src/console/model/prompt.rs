//! A line that the user writes: what is asked for, the text with its cursor, what is wrong with it.

use tui_input::{Input, InputRequest};

use super::super::key::{Code, Key};

/// Characters that a prompt takes; a longer paste is cut.
const LONGEST: usize = 2_000;

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
}

impl Ask {
    /// What stands before the text.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Filter => "/",
            Self::Id => "go to id",
            Self::Percent => "go to %",
            Self::Export => "write to",
        }
    }

    /// What an empty prompt says.
    pub fn hint(self) -> &'static str {
        match self {
            Self::Filter => "city:\"New York\" owner:grace rev>8 -status:lost word",
            Self::Id => "a record's id",
            Self::Percent => "0 to 100",
            Self::Export => "a file ending in .csv or .ndjson",
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
    input: Input,
}

impl Prompt {
    /// A prompt with a text to go on from.
    pub fn new(ask: Ask, text: &str) -> Self {
        Self { ask, error: None, input: Input::new(text.to_owned()) }
    }

    /// The text.
    pub fn text(&self) -> &str {
        self.input.value()
    }

    /// The cursor, in characters.
    pub fn cursor(&self) -> usize {
        self.input.cursor()
    }

    /// Takes a key that edits; says whether the text changed.
    pub fn edit(&mut self, key: Key) -> bool {
        let request = match (key.code, key.ctrl, key.alt) {
            (Code::Char(c), false, false) if self.text().chars().count() < LONGEST => {
                InputRequest::InsertChar(c)
            }
            (Code::Backspace, false, false) | (Code::Char('h'), true, false) => InputRequest::DeletePrevChar,
            (Code::Delete, false, false) | (Code::Char('d'), true, false) => InputRequest::DeleteNextChar,
            (Code::Backspace, ..) | (Code::Char('w'), true, false) => InputRequest::DeletePrevWord,
            (Code::Char('u'), true, false) => InputRequest::DeleteFromStart,
            (Code::Char('k'), true, false) => InputRequest::DeleteTillEnd,
            (Code::Char('y'), true, false) => InputRequest::Yank,
            (Code::Left, false, false) | (Code::Char('b'), true, false) => InputRequest::GoToPrevChar,
            (Code::Right, false, false) | (Code::Char('f'), true, false) => InputRequest::GoToNextChar,
            (Code::Left, ..) => InputRequest::GoToPrevWord,
            (Code::Right, ..) => InputRequest::GoToNextWord,
            (Code::Home, ..) | (Code::Char('a'), true, false) => InputRequest::GoToStart,
            (Code::End, ..) | (Code::Char('e'), true, false) => InputRequest::GoToEnd,
            _ => return false,
        };
        self.input.handle(request).is_some_and(|changed| changed.value)
    }

    /// Takes pasted text, its line breaks as spaces.
    pub fn paste(&mut self, text: &str) {
        let room = LONGEST.saturating_sub(self.text().chars().count());
        for c in text.trim_end_matches(['\n', '\r']).chars().take(room) {
            self.input.handle(InputRequest::InsertChar(if matches!(c, '\n' | '\r' | '\t') {
                ' '
            } else {
                c
            }));
        }
    }
}
