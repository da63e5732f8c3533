//! The type of a column, chosen by all of its values. Pure.
//!
//! A column of numbers is `Integer` where each is an integer of 64 bits in its usual form, `Double` where each is a
//! double that says the same number again when it is written in decimal, and else text: no number is rounded. Null fits
//! all.

use super::cell::Cell;
use crate::mirror::find::equal_numbers;

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// INT64.
    Integer,
    /// DOUBLE.
    Double,
    /// BOOLEAN.
    Boolean,
    /// UTF-8; what is no text is its JSON text.
    Text,
}

impl Kind {
    /// Its word in the manifest.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Integer => "INT64",
            Self::Double => "DOUBLE",
            Self::Boolean => "BOOLEAN",
            Self::Text => "UTF8",
        }
    }
}

/// What the values seen so far could all be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Guess {
    empty: bool,
    /// Whether each of [`TYPED`] holds all of them.
    fits: [bool; 3],
}

/// The types beside text, the narrowest first.
const TYPED: [Kind; 3] = [Kind::Integer, Kind::Double, Kind::Boolean];

impl Guess {
    /// Before any value.
    pub(super) const NEW: Self = Self { empty: true, fits: [true; 3] };

    /// Sees a value.
    pub(super) fn see(&mut self, cell: &Cell<'_>) {
        let [integer, double, boolean] = self.fits;
        self.fits = match cell {
            Cell::Null => return,
            Cell::Boolean(_) => [false, false, boolean],
            Cell::Number(text) => [integer && is_integer(text), double && is_double(text), false],
            Cell::Text(_) | Cell::Nested(_) => [false; 3],
        };
        self.empty = false;
    }

    /// The narrowest type of all values; text where there were none.
    pub(super) fn kind(self) -> Kind {
        let narrowest = self.fits.iter().position(|fits| *fits).filter(|_| !self.empty);
        narrowest.map_or(Kind::Text, |at| TYPED[at])
    }
}

fn is_integer(text: &str) -> bool {
    text.parse::<i64>().is_ok_and(|n| n.to_string() == text)
}

fn is_double(text: &str) -> bool {
    text.parse::<f64>().is_ok_and(|x| x.is_finite() && equal_numbers(text, &format!("{x:e}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(raw: &[&str]) -> Kind {
        let mut guess = Guess::NEW;
        for raw in raw {
            guess.see(&Cell::from_json(raw));
        }
        guess.kind()
    }

    #[test]
    fn a_type_holds_every_value_exactly() {
        let cases: &[(&[&str], Kind)] = &[
            (&[], Kind::Text),
            (&["null"], Kind::Text),
            (&["1", "null", "-9223372036854775808"], Kind::Integer),
            (&["1", "1.10", "1e300", "-0.5"], Kind::Double),
            (&["9007199254740993", "0.5"], Kind::Text), // a double would round it
            (&["9223372036854775808"], Kind::Text),     // 2^63 is a double, which writes itself otherwise
            (&["9223372036854775809"], Kind::Text),
            (&["123456789012345678901234567890"], Kind::Text),
            (&["0.1", "0.10000000000000000001"], Kind::Text),
            (&["1e400"], Kind::Text),
            (&["-0"], Kind::Double),
            (&["true", "null", "false"], Kind::Boolean),
            (&["true", "1"], Kind::Text),
            (&["1", "\"1\""], Kind::Text),
            (&["[1]"], Kind::Text),
        ];
        for (raw, expected) in cases {
            assert_eq!(kind(raw), *expected, "{raw:?}");
        }
    }
}
