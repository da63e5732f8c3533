//! A value in full, over the screen that had no room for it.

use super::super::cells;
use crate::text::visible;

/// A value and how far it is scrolled.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Whole {
    /// What it is: a column, a field, a header.
    pub title: String,
    /// The value, exact; not visible yet.
    pub text: String,
    /// Whether the console has no more of it than this.
    pub cut: bool,
    /// The first line on the screen.
    pub scroll: usize,
}

impl Whole {
    /// Its lines where so many columns are there: broken where the value is, and where it is too wide.
    pub fn lines(&self, columns: usize) -> Vec<String> {
        self.text
            .split('\n')
            .flat_map(|line| cells::wrap(&visible(line.strip_suffix('\r').unwrap_or(line)), columns))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_value_is_lost_and_nothing_of_it_is_sent() {
        let text = format!("one\r\n\u{1b}[2J{}\n\nend", "x".repeat(25));
        let whole = Whole { text, ..Whole::default() };
        assert_eq!(whole.lines(10), ["one", "␛[2Jxxxxxx", "xxxxxxxxxx", "xxxxxxxxx", "", "end"]);
        assert_eq!(Whole::default().lines(0), [""]);
    }
}
