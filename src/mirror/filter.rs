//! The filter language of Browse, as text and as terms: pure, no SQL, no I/O. What it means is told here, once.
//!
//! ```text
//! city:"New York" owner:grace rev>8 -status:lost hanako
//! city:(Austin|New York) owner:grace OR owner:ada
//! ```
//!
//! Terms stand between spaces and all must hold. A term is
//! - `field:text`: the field contains the text, in whatever case; `field:` alone: it is missing, null or empty;
//! - `contact_id:missing`, for a field that refers to a record: that record is not in the mirror;
//! - `field=text`, `field!=text`: it is exactly that (numbers as numbers);
//! - `field>x`, `>=`, `<`, `<=`: compared as numbers where `x` is one, else as text (ISO times sort as text);
//! - `word` or `"two words"`: any value of the record contains it, in whatever case;
//! - `-` before any of these turns it round;
//! - `field:(one|two)`, with `=` and `!=` too: one of these texts, and none of them with `!=`;
//! - `term OR term`, in capitals: one of them. It binds its neighbours before the space does: of `a b OR c d` must hold
//!   `a`, one of `b` and `c`, and `d`.
//!
//! A text is found with whatever accents where it is written without (`jose` finds José), else with its own.
//!
//! A value with spaces stands in double quotes, and so do one that begins with `(` and the word `OR`; in them `\"` is a
//! quote and `\\` a backslash. A field is a top-level field's name, or that of one inside an object (`city` finds
//! `address.city`); `rev` is the revision, and `owner` finds `owner_id` by the name of what it points to. Where no field
//! is called so, the only one that is the same but for case is meant.

mod reader;

use std::fmt;

use reader::{OR, Reader};

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
    /// One of these holds.
    Any(Vec<Term>),
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
    /// [`FilterError`] for an unclosed quote or parenthesis, a comparison without a value, a sign too many, or an `OR`
    /// that lacks a side.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        Reader::new(text).filter()
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
        let minus = if self.negated { "-" } else { "" };
        match &self.test {
            Test::Anywhere(text) => write!(f, "{minus}{}", written(text, true)),
            Test::Field { field, op, value } => {
                let empty = value.is_empty() && *op != Op::Contains;
                // Behind `>` and `<` a value's own sign would be taken for theirs, and a parenthesis opens a group.
                let longer = op.orders() && value.starts_with(['<', '>', '=']) || value.starts_with('(');
                let value = if empty || longer { quoted(value) } else { written(value, false) };
                write!(f, "{minus}{}{}{value}", written(field, true), op.sign())
            }
            Test::Any(terms) => {
                if let Some((field, op, texts)) = one_field(terms) {
                    return write!(f, "{minus}{}{}({})", written(field, true), op.sign(), texts.join("|"));
                }
                for (i, term) in terms.iter().enumerate() {
                    if i > 0 {
                        // None of them is each of them turned round.
                        f.write_str(if self.negated { " " } else { " OR " })?;
                    }
                    let negated = term.negated != self.negated;
                    Term { negated, test: term.test.clone() }.fmt(f)?;
                }
                Ok(())
            }
        }
    }
}

/// The field, the sign and the texts of terms that differ in the text alone.
fn one_field(terms: &[Term]) -> Option<(&str, Op, Vec<String>)> {
    let Test::Field { field, op: op @ (Op::Contains | Op::Equal), .. } = &terms.first()?.test else {
        return None;
    };
    let text = |term: &Term| match &term.test {
        Test::Field { field: other, op: sign, value } if !term.negated && other == field && sign == op => {
            let quote = value.is_empty() || value.contains(['(', ')', '|']);
            Some(if quote { quoted(value) } else { written(value, false) })
        }
        _ => None,
    };
    Some((field, *op, terms.iter().map(text).collect::<Option<_>>()?))
}

/// A word as it must be written to be read as itself. A `bare` one could be taken for a sign or for `OR`.
fn written(text: &str, bare: bool) -> String {
    let signs = text.is_empty() || text == OR || text.starts_with('-') || text.chars().any(is_sign);
    let quotes = text.chars().any(|c| c.is_whitespace() || c == '"') || (bare && signs);
    if quotes { quoted(text) } else { text.to_owned() }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn is_sign(c: char) -> bool {
    matches!(c, ':' | '=' | '<' | '>' | '!')
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
    fn one_of_several_is_read_and_binds_before_the_space() {
        let plain = |test| Term { negated: false, test };
        let one = |terms: &[Test]| Test::Any(terms.iter().cloned().map(plain).collect());
        let city = |value| field("city", Op::Contains, value);
        let both = one(&[city("Austin"), city("New York")]);
        let cases = [
            ("city:(Austin| New York )", vec![plain(both.clone())]),
            ("city:(Austin|\"New York\")", vec![plain(both.clone())]),
            ("city:Austin OR city:\"New York\"", vec![plain(both.clone())]),
            ("-city:(Austin|New York)", vec![Term { negated: true, test: both.clone() }]),
            (
                "a!=(1|2)",
                vec![Term {
                    negated: true,
                    test: one(&[field("a", Op::Equal, "1"), field("a", Op::Equal, "2")]),
                }],
            ),
            ("city:(Austin)", vec![plain(city("Austin"))]),
            (
                "a b OR rev>8 OR city:(x|y) c",
                vec![
                    plain(Test::Anywhere("a".into())),
                    plain(one(&[
                        Test::Anywhere("b".into()),
                        field("rev", Op::Greater, "8"),
                        city("x"),
                        city("y"),
                    ])),
                    plain(Test::Anywhere("c".into())),
                ],
            ),
            // These are words and values as ever.
            ("\"OR\" or ORs", ["OR", "or", "ORs"].map(|word| plain(Test::Anywhere(word.into()))).to_vec()),
            ("(512)", vec![plain(Test::Anywhere("(512)".into()))]),
            ("a:b|c", vec![plain(field("a", Op::Contains, "b|c"))]),
            ("a:\"(b\"", vec![plain(field("a", Op::Contains, "(b"))]),
        ];
        for (text, terms) in cases {
            assert_eq!(Filter::parse(text).unwrap().terms, terms, "{text}");
        }
    }

    #[test]
    fn a_mistake_is_named_with_its_place() {
        for (text, at) in [
            ("a:\"b", 2),
            ("ä b>", 4),
            (":x", 0),
            ("a -", 3),
            ("\"", 0),
            ("rev>>8", 4),
            ("a<=>1", 3),
            ("OR a", 0),
            ("a OR", 4),
            ("a OR OR b", 5),
            ("ä:(a|b", 2),
            ("a:()", 3),
            ("a:(b||c)", 5),
            ("a:(\"b\" c)", 7),
            ("a:(b)c", 5),
            ("a>(1|2)", 2),
        ] {
            assert_eq!(Filter::parse(text).unwrap_err().at, at, "{text}");
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig {
            failure_persistence: None,
            rng_seed: proptest::test_runner::RngSeed::Fixed(include!("../../tests/seed/given.rs")),
            ..Default::default()
        })]

        #[test]
        fn what_is_written_is_read_again(text in "([-a b\"\\\\:=<>!é(|)]| OR |:[(]){0,24}") {
            if let Ok(filter) = Filter::parse(&text) {
                let written = filter.to_string();
                proptest::prop_assert_eq!(Filter::parse(&written).unwrap(), filter, "{} -> {}", text, written);
            }
        }
    }
}
