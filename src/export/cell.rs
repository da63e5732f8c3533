//! A field's value as a table has it, from its raw JSON. Pure.

use std::borrow::Cow;

use crate::protocol::walk;

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cell<'a> {
    /// The field is missing, or null.
    Null,
    /// A text, unescaped; one that is no Unicode is its JSON text.
    Text(Cow<'a, str>),
    /// A number as it was written.
    Number(Cow<'a, str>),
    /// `true` or `false`.
    Boolean(bool),
    /// An array or an object: its JSON text.
    Nested(&'a str),
}

impl<'a> Cell<'a> {
    /// From raw JSON.
    pub(super) fn from_json(raw: &'a str) -> Self {
        match raw.as_bytes().first() {
            Some(b'"') => Self::Text(walk::text(raw)),
            Some(b'n') | None => Self::Null,
            Some(b't') => Self::Boolean(true),
            Some(b'f') => Self::Boolean(false),
            Some(b'-' | b'0'..=b'9') => Self::Number(Cow::Borrowed(raw)),
            _ => Self::Nested(raw),
        }
    }

    /// Its text, whatever it is; nothing for null.
    pub(super) fn words(&self) -> &str {
        match self {
            Self::Null => "",
            Self::Text(text) | Self::Number(text) => text,
            Self::Boolean(true) => "true",
            Self::Boolean(false) => "false",
            Self::Nested(text) => text,
        }
    }

    /// An integer of ours.
    pub(super) fn integer(n: i64) -> Self {
        Self::Number(Cow::Owned(n.to_string()))
    }

    /// A text of ours.
    pub(super) fn text(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_what_they_say() {
        let number = |text: &'static str| Cell::Number(Cow::Borrowed(text));
        let cases = [
            ("null", Cell::Null),
            ("true", Cell::Boolean(true)),
            ("1.10", number("1.10")),
            ("123456789012345678901234567890", number("123456789012345678901234567890")),
            ("\"\"", Cell::text("")),
            (r#""a\n\u0041""#, Cell::text("a\nA")),
            (r#""\ud800""#, Cell::text(r#""\ud800""#)),
            (r#"[1, "x"]"#, Cell::Nested(r#"[1, "x"]"#)),
        ];
        for (raw, cell) in cases {
            assert_eq!(Cell::from_json(raw), cell, "{raw}");
        }
    }
}
