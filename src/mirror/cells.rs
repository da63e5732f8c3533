//! What a field's column holds: the field's JSON as an SQL value, for conditions and sorting. Pure.
//!
//! Columns are filled when a row is written, not computed when it is read: SQLite computes virtual columns at every
//! write too, and a scan over them costs about five times a scan over these.

use std::borrow::Cow;

use rusqlite::Result;
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};

use crate::protocol::walk;

/// A field's value in SQL. Where a double or UTF-8 cannot say it exactly, `data` still does.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell<'a> {
    Null,
    Integer(i64),
    Real(f64),
    Text(Cow<'a, str>),
}

impl<'a> Cell<'a> {
    /// From raw JSON: texts are unescaped, `true` is 1, an object or array is its JSON text, an integer beyond 64 bits
    /// is a double, and a text that is no Unicode (a lone surrogate) is its JSON text.
    pub(super) fn from_json(raw: &'a str) -> Self {
        match raw.as_bytes().first() {
            Some(b'"') => Self::Text(walk::text(raw)),
            Some(b'n') => Self::Null,
            Some(b't') => Self::Integer(1),
            Some(b'f') => Self::Integer(0),
            Some(b'-' | b'0'..=b'9') => match raw.parse() {
                Ok(integer) => Self::Integer(integer),
                Err(_) => raw.parse().map_or(Self::Text(Cow::Borrowed(raw)), Self::Real),
            },
            _ => Self::Text(Cow::Borrowed(raw)),
        }
    }
}

impl Cell<'_> {
    /// Whether SQLite's value is this one.
    pub(super) fn is(&self, value: ValueRef<'_>) -> bool {
        match (self, value) {
            (Self::Null, ValueRef::Null) => true,
            (Self::Integer(n), ValueRef::Integer(value)) => *n == value,
            (Self::Real(x), ValueRef::Real(value)) => x.to_bits() == value.to_bits(),
            (Self::Text(text), ValueRef::Text(value)) => text.as_bytes() == value,
            _ => false,
        }
    }
}

impl ToSql for Cell<'_> {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(n) => ValueRef::Integer(*n),
            Self::Real(x) => ValueRef::Real(*x),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_becomes_sql() {
        let text = |text: &'static str| Cell::Text(Cow::Borrowed(text));
        let cases = [
            ("null", Cell::Null),
            ("true", Cell::Integer(1)),
            ("false", Cell::Integer(0)),
            ("-12", Cell::Integer(-12)),
            ("9223372036854775807", Cell::Integer(i64::MAX)),
            ("9223372036854775808", Cell::Real(9_223_372_036_854_775_808.0)),
            ("1.10", Cell::Real(1.1)),
            ("1e2", Cell::Real(100.0)),
            ("\"\"", text("")),
            ("\"NY\"", text("NY")),
            (r#""a\n\u0041""#, text("a\nA")),
            (r#""\ud800""#, text(r#""\ud800""#)),
            ("[1, 2]", text("[1, 2]")),
        ];
        for (raw, cell) in cases {
            assert_eq!(Cell::from_json(raw), cell, "{raw}");
        }
    }
}
