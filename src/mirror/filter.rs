//! The filter language of Browse, as text and as terms: pure, no SQL, no I/O. What it means is told here, once.
//!
//! ```text
//! city:"New York" owner:grace rev>8 -status:lost hanako
//! ```
//!
//! Terms stand between spaces and all must hold. A term is
//! - `field:text`: the field contains the text, in whatever case; `field:` alone: it is missing, null or empty;
//! - `contact_id:missing`, for a field that refers to a record: that record is not in the mirror;
//! - `field=text`, `field!=text`: it is exactly that (numbers as numbers);
//! - `field>x`, `>=`, `<`, `<=`: compared as numbers where `x` is one, else as text (ISO times sort as text);
//! - `word` or `"two words"`: any value of the record contains it, in whatever case;
//! - `-` before any of these turns it round.
//!
//! A value with spaces stands in double quotes; in them `\"` is a quote and `\\` a backslash. A field is a top-level
//! field's name, or that of one inside an object (`city` finds `address.city`); `rev` is the revision, and `owner`
//! finds `owner_id` by the name of what it points to. Where no field is called so, the only one that is the same but for
//! case is meant.

use std::fmt;

/// The word for a reference to what is not in the mirror.
pub const MISSING: &str = "missing";

/// A parsed filter: all terms must hold. Empty holds for every record.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// The terms, in the order they were written.
    pub terms: Vec<Term>,
}

/// One condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// Whether a `-` stands before it.
    pub negated: bool,
    /// What is tested.
    pub test: Test,
}

/// What a term tests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// Any value of the record contains the text.
    Anywhere(String),
    /// A field against a value.
    Field {
        /// The field as written.
        field: String,
        /// How they are compared.
        op: Op,
        /// The value as written, without quotes. Empty with [`Op::Contains`]: the field is missing or empty.
        value: String,
    },
}

/// How a field is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// `:`
    Contains,
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
}

impl Op {
    /// Longest first, so that `>=` is not read as `>`.
    const WRITTEN: [(&'static str, Self); 7] = [
        ("!=", Self::NotEqual),
        (">=", Self::GreaterOrEqual),
        ("<=", Self::LessOrEqual),
        (":", Self::Contains),
        ("=", Self::Equal),
        (">", Self::Greater),
        ("<", Self::Less),
    ];

    /// The sign as written.
    pub fn sign(self) -> &'static str {
        Self::WRITTEN.iter().find(|(_, op)| *op == self).map_or("", |(sign, _)| sign)
    }

    /// Whether it compares by size.
    fn orders(self) -> bool {
        matches!(self, Self::Greater | Self::GreaterOrEqual | Self::Less | Self::LessOrEqual)
    }

    fn at(text: &str) -> Option<(&'static str, Self)> {
        Self::WRITTEN.into_iter().find(|(sign, _)| text.starts_with(sign))
    }
}

/// A filter that cannot be read: where, in characters from 0, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason} (at character {})", at + 1)]
pub struct FilterError {
    /// The offset, in characters.
    pub at: usize,
    /// What is wrong and what to write instead.
    pub reason: &'static str,
}

impl Filter {
    /// Reads a filter.
    ///
    /// # Errors
    /// [`FilterError`] for an unclosed quote, a comparison without a value, or a sign too many.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        let mut reader = Reader { text, at: 0 };
        let mut terms = Vec::new();
        while reader.skip_spaces() {
            terms.push(reader.term()?);
        }
        Ok(Self { terms })
    }

    /// Whether it holds for every record.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, term) in self.terms.iter().enumerate() {
            if i > 0 {
                f.write_str(" ")?;
            }
            term.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.negated {
            f.write_str("-")?;
        }
        match &self.test {
            Test::Anywhere(text) => f.write_str(&written(text, true)),
            Test::Field { field, op, value } => {
                let empty = value.is_empty() && *op != Op::Contains;
                // Behind `>` and `<` a value's own sign would be taken for theirs.
                let longer = op.orders() && value.starts_with(['<', '>', '=']);
                let value = if empty { "\"\"".to_owned() } else { written(value, longer) };
                write!(f, "{}{}{value}", written(field, true), op.sign())
            }
        }
    }
}

/// A word as it must be written to be read as itself. A `bare` one could be taken for a sign.
fn written(text: &str, bare: bool) -> String {
    let quoted = text.chars().any(|c| c.is_whitespace() || c == '"')
        || (bare && (text.is_empty() || text.starts_with('-') || text.chars().any(is_sign)));
    if quoted { format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")) } else { text.to_owned() }
}

fn is_sign(c: char) -> bool {
    matches!(c, ':' | '=' | '<' | '>' | '!')
}

struct Reader<'a> {
    text: &'a str,
    /// In bytes.
    at: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn error(&self, at: usize, reason: &'static str) -> FilterError {
        FilterError { at: self.text[..at].chars().count(), reason }
    }

    /// Moves to the next term; false at the end.
    fn skip_spaces(&mut self) -> bool {
        self.at = self.text.len() - self.rest().trim_start().len();
        self.at < self.text.len()
    }

    fn term(&mut self) -> Result<Term, FilterError> {
        let negated = self.rest().starts_with('-');
        if negated {
            self.at += 1;
        }
        let start = self.at;
        let name = self.word(is_sign)?;
        let Some((sign, op)) = Op::at(self.rest()) else {
            // A lone `!` is no sign: the word goes on behind it.
            let text = name + &self.word(|_| false)?;
            if text.is_empty() {
                return Err(self.error(start, "a word or a field is missing here"));
            }
            return Ok(Term { negated, test: Test::Anywhere(text) });
        };
        if name.is_empty() {
            return Err(self.error(start, "a field's name is missing here: city:\"New York\", rev>8"));
        }
        self.at += sign.len();
        let value_at = self.at;
        // No record holds such a value: it is a sign too many.
        if op.orders() && self.rest().starts_with(['<', '>', '=']) {
            return Err(self
                .error(value_at, "one sign too many: rev>8; a value that begins with one stands in quotes"));
        }
        let value = self.word(|_| false)?;
        if value_at == self.at && op != Op::Contains {
            return Err(self.error(value_at, "a value is missing here"));
        }
        Ok(Term { negated, test: Test::Field { field: name, op, value } })
    }

    /// A quoted or a bare word; a bare one ends at a space or where `stop` says.
    fn word(&mut self, stop: fn(char) -> bool) -> Result<String, FilterError> {
        if self.rest().starts_with('"') {
            return self.quoted();
        }
        let rest = self.rest();
        let end = rest.find(|c: char| c.is_whitespace() || stop(c)).unwrap_or(rest.len());
        let word = rest[..end].to_owned();
        self.at += end;
        Ok(word)
    }

    fn quoted(&mut self) -> Result<String, FilterError> {
        let open = self.at;
        let mut word = String::new();
        let mut chars = self.rest().char_indices().skip(1);
        while let Some((i, c)) = chars.next() {
            match c {
                '"' => {
                    self.at += i + 1;
                    return Ok(word);
                }
                '\\' => word.extend(chars.next().map(|(_, c)| c)),
                c => word.push(c),
            }
        }
        Err(self.error(open, "this quote is not closed"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(field: &str, op: Op, value: &str) -> Test {
        Test::Field { field: field.into(), op, value: value.into() }
    }

    #[test]
    fn each_kind_of_term_is_read() {
        let filter = Filter::parse(r#"city:"New York" owner:grace rev>8 -status:lost hanako"#).unwrap();
        let expected = [
            (false, field("city", Op::Contains, "New York")),
            (false, field("owner", Op::Contains, "grace")),
            (false, field("rev", Op::Greater, "8")),
            (true, field("status", Op::Contains, "lost")),
            (false, Test::Anywhere("hanako".into())),
        ];
        assert_eq!(filter.terms, expected.map(|(negated, test)| Term { negated, test }));
    }

    #[test]
    fn signs_are_read_longest_first_and_values_may_hold_them() {
        let cases = [
            ("a>=1", field("a", Op::GreaterOrEqual, "1")),
            ("a!=b", field("a", Op::NotEqual, "b")),
            ("a<=-1", field("a", Op::LessOrEqual, "-1")),
            ("at:12:30", field("at", Op::Contains, "12:30")),
            ("url=https://x/?a=b", field("url", Op::Equal, "https://x/?a=b")),
            (r#""My field":"say \"hi\" \\ ""#, field("My field", Op::Contains, "say \"hi\" \\ ")),
            ("email:", field("email", Op::Contains, "")),
            (r#""a:b""#, Test::Anywhere("a:b".into())),
            ("wow!", Test::Anywhere("wow!".into())),
        ];
        for (text, test) in cases {
            let filter = Filter::parse(text).unwrap();
            assert_eq!(filter.terms, [Term { negated: false, test }], "{text}");
        }
        assert!(Filter::parse("  ").unwrap().is_empty());
    }

    #[test]
    fn a_value_is_not_taken_for_a_part_of_the_sign() {
        for text in ["a>\"=5\"", "a<\"=\"", "a==5", "a:=5", "a!==5"] {
            assert_eq!(Filter::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_mistake_is_named_with_its_place() {
        for (text, at) in
            [("a:\"b", 2), ("ä b>", 4), (":x", 0), ("a -", 3), ("\"", 0), ("rev>>8", 4), ("a<=>1", 3)]
        {
            assert_eq!(Filter::parse(text).unwrap_err().at, at, "{text}");
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn what_is_written_is_read_again(text in "[-a b\"\\\\:=<>!é]{0,24}") {
            if let Ok(filter) = Filter::parse(&text) {
                let written = filter.to_string();
                proptest::prop_assert_eq!(Filter::parse(&written).unwrap(), filter, "{} -> {}", text, written);
            }
        }
    }
}
