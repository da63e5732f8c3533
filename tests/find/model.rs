//! A naive Browse over parsed JSON, and the random records that both are given.

use std::cmp::Ordering;
use std::fmt::Write as _;

use drainboard::mirror::filter::{Filter, Op, Term, Test};
use drainboard::mirror::{Mirror, Reader};
use drainboard::protocol::RecordId;
use fastrand::Rng;
use serde_json::Value;

use crate::kit::{self, Instruction, Scratch};

/// The record's id, revision and data.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) id: RecordId,
    pub(crate) revision: Option<i64>,
    pub(crate) data: Value,
}

const WORDS: &[&str] = &[
    "Hanako",
    "ABE",
    "阿部 花子",
    "花",
    "New York",
    "york",
    "Åsa",
    "åsa",
    "O'Neil",
    "José",
    "JOSE\u{301}",
    "jose",
    "Łódź lodz",
    "Thế",
    "a@b.example",
    "x\"y\\z\n",
    "İ",
    "\u{212a}",
    "ΟΔΟΣ",
    "12",
    "1.50",
    "2026-11-23T07:48:23Z",
    "",
    " ",
    "💥",
    "[1]",
    "{\"budget\": 12}",
    "\"q",
    "true",
    "-0",
    "common prefix of more than twenty-two bytes A",
    "common prefix of more than twenty-two bytes B",
    "common prefix of more than twenty-two bytes B, and on and on",
];

const NUMBERS: &[&str] =
    &["1.5", "1.50", "-0.5", "1e1", "9007199254740993", "18446744073709551615", "-0.0", "0", "1", "12"];

fn value(rng: &mut Rng) -> Value {
    match rng.u8(..12) {
        0 => Value::Null,
        1 => Value::from(rng.i64(-3..20)),
        2 => serde_json::from_str(NUMBERS[rng.usize(..NUMBERS.len())]).unwrap(),
        3 => Value::from(rng.bool()),
        4 => serde_json::json!([WORDS[rng.usize(..WORDS.len())], rng.u8(..3)]),
        5 => serde_json::json!({"inner": WORDS[rng.usize(..WORDS.len())]}),
        _ => Value::from(WORDS[rng.usize(..WORDS.len())]),
    }
}

/// A record's data; with texts for ids now and then where asked.
pub(crate) fn record(rng: &mut Rng, id: i64, texts: bool) -> Value {
    let id = if texts && id % 5 == 0 { Value::from(format!("t{id}")) } else { Value::from(id) };
    let mut data = serde_json::json!({"id": id});
    for field in ["name", "city", "value"] {
        if rng.u8(..5) > 0 {
            data[field] = value(rng);
        }
    }
    match rng.u8(..8) {
        0 => data["custom_fields"] = value(rng),
        1..5 => data["custom_fields"] = serde_json::json!({"budget": value(rng)}),
        _ => {}
    }
    data
}

/// A JSON text of the value: spaced and escaped now this way, now that.
pub(crate) fn written(rng: &mut Rng, data: &Value) -> String {
    let text = if rng.bool() { data.to_string() } else { serde_json::to_string_pretty(data).unwrap() };
    if rng.bool() {
        return text;
    }
    let mut escaped = String::new();
    for c in text.chars() {
        if c.is_ascii() {
            escaped.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(escaped, "\\u{unit:04x}"); // a String takes everything
            }
        }
    }
    escaped
}

/// A mirror with these records of type `thing`, and what a naive reader knows of them.
pub(crate) async fn fill(scratch: &Scratch, rng: &mut Rng, count: i64, texts: bool) -> Vec<Record> {
    let mut records = Vec::new();
    let mut items = Vec::new();
    let mut ids: Vec<i64> = (1..=count).map(|i| i * 3).collect();
    rng.shuffle(&mut ids);
    for id in ids {
        let data = record(rng, id, texts);
        let revision = rng.i64(1..9);
        let text = written(rng, &data);
        items.push(kit::item("thing", "created", &format!("k{id}"), revision, &text));
        let id = RecordId::from_json(&data["id"].to_string()).unwrap();
        records.push(Record { id, revision: Some(revision), data });
    }
    apply(&scratch.open(), &items).await;
    records.sort_by(|a, b| a.id.cmp(&b.id));
    records
}

/// Applies a session of one page and closes the mirror.
pub(crate) async fn apply(mirror: &Mirror, items: &[Instruction]) {
    let session = mirror.begin_session(&kit::session()).await.unwrap();
    mirror.apply(session, kit::page(items)).await.unwrap();
}

/// A random filter's text.
pub(crate) fn filter(rng: &mut Rng) -> String {
    let mut text = String::new();
    for no in 0..rng.u8(0..4) {
        if no > 0 && rng.u8(..3) == 0 {
            text.push_str("OR ");
        }
        if rng.u8(..4) == 0 {
            text.push('-');
        }
        text.push_str(&term(rng));
        text.push(' ');
    }
    text
}

/// A part of a word, in quotes.
fn part(rng: &mut Rng) -> String {
    let word = WORDS[rng.usize(..WORDS.len())];
    let chars: Vec<char> = word.chars().collect();
    let from = rng.usize(..=chars.len());
    let part: String = chars[from..rng.usize(from..=chars.len())].iter().collect();
    let part = if rng.bool() { part } else { part.to_uppercase() };
    format!("\"{}\"", part.replace('\\', "\\\\").replace('"', "\\\""))
}

fn term(rng: &mut Rng) -> String {
    let part = part(rng);
    let field = ["name", "city", "value", "budget", "custom_fields.budget", "id", "rev"][rng.usize(..7)];
    let op = [":", "=", "!=", ">", ">=", "<", "<="][rng.usize(..7)];
    let number = ["1.5", "1", "12", "9007199254740992", "2026", "-1"][rng.usize(..6)];
    let compares = field == "rev" && ![":", "!="].contains(&op);
    match rng.u8(..5) {
        0 if part != "\"\"" => part,
        // A revision is compared with numbers only: anything else is a mistake, and told.
        1 if compares && self::number(part.trim_matches('"')).is_none() => {
            format!("{field}{op}{number}")
        }
        1 => format!("{field}{op}{part}"),
        2 => format!("{field}{op}{number}"),
        3 if field != "rev" => {
            let texts: Vec<String> = (0..rng.u8(1..4)).map(|_| self::part(rng)).collect();
            format!("{field}{}({})", [":", "=", "!="][rng.usize(..3)], texts.join("|"))
        }
        _ => format!("{field}:"),
    }
}

fn fold(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).map(|c| if c == 'ς' { 'σ' } else { c }).collect()
}

/// The same without the accents that the words have.
fn bare(text: &str) -> String {
    let bare = |c| match c {
        '\u{300}'..='\u{36f}' => None,
        'å' => Some('a'),
        'é' | 'ế' => Some('e'),
        'ó' => Some('o'),
        'ł' => Some('l'),
        'ź' => Some('z'),
        c => Some(c),
    };
    fold(text).chars().filter_map(bare).collect()
}

/// Whether a text has another, with its accents where it is written with some.
fn contains(leaf: &str, text: &str) -> bool {
    let text = fold(text);
    if bare(&text) == text { bare(leaf).contains(&text) } else { fold(leaf).contains(&text) }
}

fn leaves(value: &Value, out: &mut Vec<String>) {
    match value {
        Value::Null => {}
        Value::String(text) => out.push(text.clone()),
        Value::Array(list) => list.iter().for_each(|value| leaves(value, out)),
        Value::Object(map) => map.values().for_each(|value| leaves(value, out)),
        other => out.push(other.to_string()),
    }
}

/// Whether a record is in a filter, the plain way.
pub(crate) fn holds(record: &Record, filter: &Filter) -> bool {
    filter.terms.iter().all(|term| term_holds(record, term))
}

fn term_holds(record: &Record, term: &Term) -> bool {
    let is = match &term.test {
        Test::Anywhere(text) => {
            let mut all = Vec::new();
            leaves(&record.data, &mut all);
            all.iter().any(|leaf| contains(leaf, text))
        }
        Test::Field { field, op, value } => field_holds(record, field, *op, value),
        Test::Any(terms) => terms.iter().any(|term| term_holds(record, term)),
    };
    is != term.negated
}

fn field_holds(record: &Record, field: &str, op: Op, text: &str) -> bool {
    let value = match field {
        "id" => Value::from(record.id.to_string()),
        "rev" => record.revision.map_or(Value::Null, Value::from),
        "budget" | "custom_fields.budget" => record.data["custom_fields"]["budget"].clone(),
        field => record.data[field].clone(),
    };
    let mut all = Vec::new();
    leaves(&value, &mut all);
    if op == Op::Contains && text.is_empty() {
        return value.is_null()
            || value.as_str() == Some("")
            || value == serde_json::json!([])
            || value == serde_json::json!({});
    }
    if op == Op::NotEqual {
        return !all.iter().any(|leaf| compare(leaf, text).is_eq());
    }
    all.iter().any(|leaf| match op {
        Op::Contains => contains(leaf, text),
        Op::Equal => compare(leaf, text).is_eq(),
        Op::Greater => compare(leaf, text).is_gt(),
        Op::GreaterOrEqual => compare(leaf, text).is_ge(),
        Op::Less => compare(leaf, text).is_lt(),
        Op::LessOrEqual => compare(leaf, text).is_le(),
        Op::NotEqual => unreachable!(),
    })
}

/// A text that is a number and nothing else, no blanks either.
fn number(text: &str) -> Option<serde_json::Number> {
    serde_json::from_str(text).ok().filter(|_| text.trim() == text)
}

fn compare(leaf: &str, text: &str) -> Ordering {
    match (number(leaf), number(text)) {
        (Some(a), Some(b)) => match (a.as_i64(), b.as_i64()) {
            (Some(a), Some(b)) => a.cmp(&b),
            _ => a.as_f64().partial_cmp(&b.as_f64()).unwrap(),
        },
        _ => leaf.cmp(text),
    }
}

/// What SQLite answers to a statement that selects ids.
pub(crate) fn ids(reader: &Reader, sql: &str) -> Vec<RecordId> {
    kit::rows(reader, sql)
        .into_iter()
        .map(|row| match &row[0] {
            drainboard::mirror::reader::Value::Integer(id) => RecordId::Int(*id),
            drainboard::mirror::reader::Value::Text(id) => RecordId::Text(id.clone()),
            other => panic!("no id: {other:?}"),
        })
        .collect()
}
