//! The Wire list's conditions: `status:429 op:ack time>200 size>10000 text`. Pure.
//!
//! All terms must hold. A comparison is `:`, `=`, `>`, `<`, `>=` or `<=`; a `-` before a term turns it round; `"` keeps
//! blanks together; what is no term is looked for in method, URL, failure and bodies, without regard to case (ASCII). A
//! size may be in KiB or MiB (`1k`, `2m`), a time in seconds (`2s`).

use super::{Exchange, State};
use crate::client::Operation;

/// A parsed condition.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    terms: Vec<(bool, Term)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Term {
    Number(Field, Vec<std::cmp::Ordering>, u64),
    /// `status:4xx`
    Class(u16),
    Operation(Operation),
    Failed,
    Text(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Status,
    Milliseconds,
    Size,
    Try,
    Page,
    Pack,
    Number,
}

/// A request that somebody is led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sought {
    /// That brought this page.
    Page(i64),
    /// That sent this pack.
    Pack(i64),
    /// Of this kind, however it went.
    Operation(Operation),
    /// Of this kind, that failed; with this status where it had one.
    FailedOf(Operation, Option<u16>),
    /// That brought a page, which may not be committed yet.
    Taken,
    /// That failed.
    Failed,
}

impl From<Sought> for Filter {
    fn from(sought: Sought) -> Self {
        let is = |field, value| Term::Number(field, vec![std::cmp::Ordering::Equal], value);
        let terms = match sought {
            Sought::Page(no) => vec![is(Field::Page, no as u64)],
            Sought::Pack(no) => vec![is(Field::Pack, no as u64)],
            Sought::Operation(operation) => vec![Term::Operation(operation)],
            Sought::FailedOf(operation, status) => {
                let status = status.map(|status| is(Field::Status, u64::from(status)));
                [Term::Failed, Term::Operation(operation)].into_iter().chain(status).collect()
            }
            Sought::Taken => vec![Term::Operation(Operation::Take), is(Field::Status, 200)],
            Sought::Failed => vec![Term::Failed],
        };
        Self { terms: terms.into_iter().map(|term| (true, term)).collect() }
    }
}

impl Filter {
    /// Reads a condition; an empty one lets everything pass.
    ///
    /// # Errors
    /// What is wrong with which term, in a line.
    pub fn parse(text: &str) -> Result<Self, String> {
        let terms = words(text).map(|(minus, word, quoted)| {
            let term = if quoted { Term::Text(word.to_ascii_lowercase()) } else { term(&word)? };
            Ok((!minus, term))
        });
        Ok(Self { terms: terms.collect::<Result<_, String>>()? })
    }

    /// Whether an exchange passes.
    pub fn passes(&self, exchange: &Exchange) -> bool {
        self.terms.iter().all(|(wanted, term)| term.holds(exchange) == *wanted)
    }
}

impl Term {
    fn holds(&self, exchange: &Exchange) -> bool {
        match self {
            Self::Number(field, orders, wanted) => {
                field.of(exchange).is_some_and(|value| orders.contains(&value.cmp(wanted)))
            }
            Self::Class(class) => exchange.status().is_some_and(|status| status / 100 == *class),
            Self::Operation(operation) => exchange.operation == *operation,
            Self::Failed => matches!(exchange.state, State::Failed(_) | State::GivenUp),
            Self::Text(text) => {
                let failure = if let State::Failed(why) = &exchange.state { why.as_str() } else { "" };
                let answer = exchange.response.as_ref().map_or(&[][..], |response| &response.body.kept);
                let places = [exchange.method.as_bytes(), exchange.url.as_bytes(), failure.as_bytes()];
                places
                    .iter()
                    .chain(&[&exchange.body.kept[..], answer])
                    .any(|place| contains(place, text.as_bytes()))
            }
        }
    }
}

impl Field {
    /// A number of this field, in its unit or a larger one that is named.
    fn number(self, text: &str) -> Option<u64> {
        let units: &[(&str, u64)] = match self {
            Self::Size => &[("kib", 1 << 10), ("mib", 1 << 20), ("k", 1 << 10), ("m", 1 << 20), ("b", 1)],
            Self::Milliseconds => &[("ms", 1), ("s", 1_000)],
            _ => &[],
        };
        let text = text.to_ascii_lowercase();
        let named = units.iter().find_map(|(unit, times)| Some((text.strip_suffix(unit)?, *times)));
        let (digits, times) = named.unwrap_or((&text, 1));
        digits.parse::<u64>().ok()?.checked_mul(times)
    }

    fn of(self, exchange: &Exchange) -> Option<u64> {
        match self {
            Self::Status => exchange.status().map(u64::from),
            Self::Milliseconds => exchange.elapsed.map(|time| time.as_millis() as u64),
            Self::Size => exchange.response.as_ref().map(|response| response.body.size),
            Self::Try => Some(u64::from(exchange.attempt)),
            Self::Page => exchange.label.page.map(|page| page as u64),
            Self::Pack => exchange.label.pack.map(|pack| pack as u64),
            Self::Number => Some(exchange.number),
        }
    }
}

fn term(word: &str) -> Result<Term, String> {
    use std::cmp::Ordering::{Equal, Greater, Less};
    let Some(at) = word.find([':', '=', '<', '>']) else { return Ok(Term::Text(word.to_ascii_lowercase())) };
    let (name, rest) = word.split_at(at);
    let (orders, value) = match rest.as_bytes() {
        [b'>', b'=', ..] => (vec![Greater, Equal], &rest[2..]),
        [b'<', b'=', ..] => (vec![Less, Equal], &rest[2..]),
        [b'>', ..] => (vec![Greater], &rest[1..]),
        [b'<', ..] => (vec![Less], &rest[1..]),
        _ => (vec![Equal], &rest[1..]),
    };
    let field = match name.to_ascii_lowercase().as_str() {
        "op" => return operation(value),
        "is" if value == "failed" => return Ok(Term::Failed),
        "status" => match value.strip_suffix("xx").and_then(|class| class.parse().ok()) {
            Some(class) => return Ok(Term::Class(class)),
            None => Field::Status,
        },
        "time" => Field::Milliseconds,
        "size" => Field::Size,
        "try" => Field::Try,
        "page" => Field::Page,
        "pack" => Field::Pack,
        "no" => Field::Number,
        // A URL and a time of day have a colon too.
        _ if value.starts_with("//") || !name.bytes().all(|b| b.is_ascii_alphabetic()) || name.is_empty() => {
            return Ok(Term::Text(word.to_ascii_lowercase()));
        }
        _ => return Err(format!("no field {name}: {FIELDS}; a text with a sign is quoted")),
    };
    let number = field.number(value).ok_or_else(|| format!("{name}: \"{value}\" is no whole number"))?;
    Ok(Term::Number(field, orders, number))
}

/// What a condition may be about.
const FIELDS: &str = "status, op, time, size, try, page, pack, no, is:failed";

fn operation(value: &str) -> Result<Term, String> {
    match value.to_ascii_lowercase().as_str() {
        "start" => Ok(Term::Operation(Operation::Start)),
        "take" | "page" | "queue" => Ok(Term::Operation(Operation::Take)),
        "ack" | "acknowledge" => Ok(Term::Operation(Operation::Acknowledge)),
        "other" => Ok(Term::Operation(Operation::Other)),
        _ => Err(format!("op: \"{value}\" is none of start, take, ack, other")),
    }
}

/// The words with their minus, and whether they were quoted.
fn words(text: &str) -> impl Iterator<Item = (bool, String, bool)> {
    let mut rest = text.trim_start();
    std::iter::from_fn(move || {
        let minus = rest.len() > 1 && rest.starts_with('-');
        let word = if minus { &rest[1..] } else { rest };
        let (end, skip, quoted) = match word.strip_prefix('"') {
            Some(inner) => inner.find('"').map_or((word.len(), 0, true), |at| (at + 1, 1, true)),
            None => (word.find(char::is_whitespace).unwrap_or(word.len()), 0, false),
        };
        let found = word[usize::from(quoted)..end].to_owned();
        rest = word[end + skip..].trim_start();
        (!found.is_empty() || quoted).then_some((minus, found, quoted))
    })
}

/// Whether `place` holds `text` (in lower case), without regard to ASCII case.
fn contains(place: &[u8], text: &[u8]) -> bool {
    let Some(first) = text.first() else { return true };
    let upper = first.to_ascii_uppercase();
    memchr::memchr2_iter(*first, upper, place)
        .any(|at| place.get(at..at + text.len()).is_some_and(|found| found.eq_ignore_ascii_case(text)))
}
