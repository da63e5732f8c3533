//! A line that is typed: its text, its cursor, and what the keys do to it. Moves and deletes by grapheme.
//!
//! Promise: it stays one line and within its bound, whatever is typed or pasted; control characters never get in.

use std::fmt;

use tui_input::{Input, InputRequest};

/// Which way through things that stand in a row: panes, candidates, statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// To the one behind; of statements the newer one.
    Next,
    /// To the one before; of statements the older one.
    Before,
}

/// The most bytes that a line holds.
pub const LONGEST: usize = 64 * 1024;

/// What a key does to a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Edit {
    /// A character to the left.
    Left,
    /// A character to the right.
    Right,
    /// A word to the left.
    WordLeft,
    /// A word to the right.
    WordRight,
    /// To the start.
    Start,
    /// To the end.
    End,
    /// Delete the character before.
    DeleteLeft,
    /// Delete the character here.
    DeleteRight,
    /// Delete the word before.
    DeleteWord,
    /// Delete to the start.
    DeleteStart,
    /// Delete to the end.
    DeleteEnd,
}

/// A line and its cursor.
#[derive(Clone, Default)]
pub struct Line(Input);

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (before, after) = self.halves();
        write!(f, "{before:?}|{after:?}")
    }
}

impl Line {
    /// The text.
    pub fn text(&self) -> &str {
        self.0.value()
    }

    /// The text before the cursor and the text from it on.
    pub fn halves(&self) -> (&str, &str) {
        let text = self.text();
        let at = text.char_indices().nth(self.0.cursor()).map_or(text.len(), |(at, _)| at);
        text.split_at(at)
    }

    /// Another text, with the cursor behind it.
    pub fn set(&mut self, text: &str) {
        self.0 = Input::new(text.to_owned());
    }

    /// Another text on both sides of the cursor.
    pub fn set_halves(&mut self, before: &str, after: &str) {
        self.0 = Input::new(format!("{before}{after}")).with_cursor(before.chars().count());
    }

    /// Types a text at the cursor: line breaks and tabs become spaces, other control characters are left out.
    /// False where it is cut because the line is full.
    pub fn insert(&mut self, text: &str) -> bool {
        let (before, after) = self.halves();
        let mut room = LONGEST.saturating_sub(self.text().len());
        let mut new = before.to_owned();
        let mut whole = true;
        // CR LF is one line break.
        for c in text.replace("\r\n", "\n").chars() {
            let c = match c {
                '\n' | '\r' | '\t' => ' ',
                c if c.is_control() => continue,
                c => c,
            };
            if c.len_utf8() > room {
                whole = false;
                break;
            }
            room -= c.len_utf8();
            new.push(c);
        }
        let after = after.to_owned();
        self.set_halves(&new, &after);
        whole
    }

    /// Does what a key says.
    pub fn edit(&mut self, edit: Edit) {
        let request = match edit {
            Edit::Left => InputRequest::GoToPrevChar,
            Edit::Right => InputRequest::GoToNextChar,
            Edit::WordLeft => InputRequest::GoToPrevWord,
            Edit::WordRight => InputRequest::GoToNextWord,
            Edit::Start => InputRequest::GoToStart,
            Edit::End => InputRequest::GoToEnd,
            Edit::DeleteLeft => InputRequest::DeletePrevChar,
            Edit::DeleteRight => InputRequest::DeleteNextChar,
            Edit::DeleteWord => InputRequest::DeletePrevWord,
            Edit::DeleteStart => InputRequest::DeleteFromStart,
            Edit::DeleteEnd => InputRequest::DeleteTillEnd,
        };
        self.0.handle(request);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paste_becomes_one_line_without_control_characters() {
        let mut line = Line::default();
        assert!(line.insert("SELECT 1\r\nFROM\tx\u{1b}[31m\n;"));
        assert_eq!(line.text(), "SELECT 1 FROM x[31m ;");
        line.edit(Edit::Start);
        line.insert("é");
        assert_eq!(line.halves(), ("é", "SELECT 1 FROM x[31m ;"));
    }

    #[test]
    fn a_line_has_a_bound_and_says_so() {
        let mut line = Line::default();
        assert!(!line.insert(&"é".repeat(LONGEST)));
        assert_eq!(line.text().len(), LONGEST);
        assert!(!line.insert("x"));
    }

    #[test]
    fn what_looks_like_one_character_is_deleted_as_one() {
        let mut line = Line::default();
        line.insert("a👩\u{200d}💻e\u{301}");
        line.edit(Edit::DeleteLeft);
        assert_eq!(line.text(), "a👩\u{200d}💻");
        line.edit(Edit::DeleteLeft);
        assert_eq!(line.text(), "a");
        line.edit(Edit::DeleteStart);
        line.edit(Edit::DeleteLeft);
        assert_eq!(line.text(), "");
    }
}
