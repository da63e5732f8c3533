//! The saved statements of screen 5, and the list that one of them is chosen from.

use super::super::edit::Line;
use super::super::palette;

/// Statements that are kept.
pub const KEPT: usize = 200;
/// Characters of a name.
pub const NAME: usize = 80;

/// A statement with a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its name.
    pub name: String,
    /// The statement, in a line.
    pub sql: String,
}

/// The saved statements.
#[derive(Debug, Clone, Default)]
pub struct Saved {
    /// All of them, by name.
    pub all: Vec<Kept>,
    /// What is searched.
    pub line: Line,
    /// Which of the found is chosen.
    pub chosen: usize,
    /// The one that goes when the key is pressed again.
    pub doomed: Option<String>,
}

impl Saved {
    /// Those whose name or text fits what is typed, best first; without a word by name.
    pub fn found(&self) -> Vec<&Kept> {
        let wanted = self.line.text().trim().to_lowercase();
        let score = |kept: &Kept| {
            let by_name = palette::fit(&wanted, &kept.name).map(|score| score + 20);
            let by_text = kept.sql.to_lowercase().contains(&wanted).then_some(0);
            by_name.max(by_text)
        };
        let mut found: Vec<_> = self.all.iter().filter_map(|kept| Some((score(kept)?, kept))).collect();
        found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        found.into_iter().map(|(_, kept)| kept).collect()
    }

    /// The chosen one.
    pub fn current(&self) -> Option<&Kept> {
        let found = self.found();
        found.get(self.chosen.min(found.len().saturating_sub(1))).copied()
    }

    /// Moves the choice.
    pub fn steps(&mut self, by: isize) {
        let last = self.found().len().saturating_sub(1);
        self.chosen = self.chosen.min(last).saturating_add_signed(by).min(last);
        self.doomed = None;
    }
}
