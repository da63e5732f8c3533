//! What a spreadsheet would run: texts of a CSV file that begin like a formula (CWE-1236), and what disarms them. Pure.
//!
//! Quoting does not help: a spreadsheet takes the quotes away and evaluates what is left. A `'` before such a text
//! does, and it changes the text, `+48 22 …` too; so it is off unless somebody asks for it. Numbers stay numbers, by
//! the type that they have in SQL or JSON, negative ones too.

use std::borrow::Cow;

/// What a text must begin with to be taken for a formula, as OWASP lists it (ASVS 1.2.10, CSV Injection), in full width
/// too: where such characters are written spreadsheets read them like the others.
const BEGINNINGS: [&str; 12] = ["=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠"];

/// Whether texts that begin like a formula are disarmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Formulas {
    /// They stay as they are, byte for byte.
    #[default]
    Exact,
    /// They get a `'` before them.
    Disarmed,
}

impl Formulas {
    /// By a switch.
    pub fn disarmed(safe: bool) -> Self {
        if safe { Self::Disarmed } else { Self::Exact }
    }

    /// A cell that is text, or a column's name.
    pub fn text(self, text: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
        if self.disarms(&text) { Cow::Owned([b"'", text.as_ref()].concat()) } else { text }
    }

    /// The same for UTF-8.
    pub fn word(self, text: String) -> String {
        if self.disarms(text.as_bytes()) { format!("'{text}") } else { text }
    }

    fn disarms(self, text: &[u8]) -> bool {
        self == Self::Disarmed && BEGINNINGS.iter().any(|beginning| text.starts_with(beginning.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_like_a_formula_is_disarmed_where_that_is_wanted() {
        for text in [
            "=1+1",
            "+48 22 123",
            "-1",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "\n=1+1",
            "\0=1",
            "=",
            "＝1",
            "＋1",
            "－1",
            "＠f",
        ] {
            assert_eq!(Formulas::Disarmed.word(text.into()), format!("'{text}"));
            assert_eq!(Formulas::Disarmed.text(text.as_bytes().into()), format!("'{text}").as_bytes());
            assert_eq!(Formulas::Exact.word(text.into()), text);
            assert_eq!(Formulas::Exact.text(text.as_bytes().into()), text.as_bytes());
        }
        for text in ["", "a=1", "'=1", " =1", "1-1", "\u{e9}", "\u{ff41}", "\u{ff1c}1"] {
            assert_eq!(Formulas::Disarmed.word(text.into()), text);
            assert_eq!(Formulas::Disarmed.text(text.as_bytes().into()), text.as_bytes());
        }
    }
}
