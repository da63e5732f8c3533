//! A record's JSON for people: the cells of a row, the fields of a record. Values stay as received: a number keeps
//! its digits, a text is decoded, and all of it passes [`visible`].

mod columns;
pub mod kept;
pub mod when;
mod words;

use serde_json::value::RawValue;

use crate::protocol::RecordId;
use crate::protocol::record::each_field;
use crate::protocol::walk;
use crate::spreadsheet::Formulas;
use crate::text::visible;

pub use columns::{Column, Columns, Look};
pub use words::{Words, hits};

/// Levels of a record that are laid out; what is deeper is shown as it came.
const LEVELS: usize = 24;
/// Lines of a record that are laid out.
const LINES: usize = 20_000;
/// Characters of a value that a cell looks at.
const CELL: usize = 160;

/// The cells of a record, one a column.
pub fn cells(data: &str, columns: &Columns) -> Vec<String> {
    let fields: Vec<&str> = columns.shown().collect();
    pick(data, &fields).into_iter().map(|raw| raw.map_or_else(String::new, cell)).collect()
}

/// The raw values of fields, the first of one name. `object.field` is a field inside an object, where the record has
/// none of that whole name.
fn pick<'a>(data: &'a str, fields: &[&str]) -> Vec<Option<&'a str>> {
    let (mut found, mut inside) = (vec![None; fields.len()], vec![None; fields.len()]);
    each_field(data, |name, raw| {
        for (at, field) in fields.iter().enumerate() {
            match field.strip_prefix(name) {
                Some("") => {
                    found[at].get_or_insert(raw);
                }
                Some(inner) if inner.starts_with('.') && inside[at].is_none() => {
                    inside[at] = Some(if raw.starts_with('{') { pick(raw, &[&inner[1..]])[0] } else { None });
                }
                _ => {}
            }
        }
    });
    found.into_iter().zip(inside).map(|(outer, inner)| outer.or(inner.flatten())).collect()
}

/// A value in a line: text decoded, null empty, the rest as received.
fn cell(raw: &str) -> String {
    match Kind::of(raw) {
        Kind::Word if raw == "null" => String::new(),
        Kind::Text => {
            let text: String = walk::text(raw).into_owned().chars().take(CELL).collect();
            visible(&text).into_owned()
        }
        _ => visible(&raw.chars().take(CELL).collect::<String>()).into_owned(),
    }
}

/// The values of fields, whole: text decoded, null empty, the rest as received.
pub fn exact(data: &str, fields: &[String]) -> Vec<String> {
    for_csv(data, fields, Formulas::Exact)
}

/// The same as cells of CSV: texts that begin like a formula are disarmed where that is wanted.
pub fn for_csv(data: &str, fields: &[String], formulas: Formulas) -> Vec<String> {
    let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
    let text = |raw: &str| match Kind::of(raw) {
        Kind::Word if raw == "null" => String::new(),
        Kind::Text => formulas.word(walk::text(raw).into_owned()),
        _ => raw.to_owned(),
    };
    pick(data, &fields).into_iter().map(|raw| raw.map_or_else(String::new, text)).collect()
}

/// An id as a cell of CSV, in the same way.
pub fn id_for_csv(id: &RecordId, formulas: Formulas) -> String {
    match id {
        RecordId::Int(id) => id.to_string(),
        RecordId::Text(id) => formulas.word(id.clone()),
    }
}

/// Cells as a line of CSV, without its line break.
pub fn csv_line(cells: &[String]) -> String {
    let quoted = |cell: &String| {
        if cell.contains(['"', ',', '\n', '\r']) {
            format!("\"{}\"", cell.replace('"', "\"\""))
        } else {
            cell.clone()
        }
    };
    cells.iter().map(quoted).collect::<Vec<_>>().join(",")
}

/// The value at a place in a record, exactly: text decoded, the rest as received. A place is names, visible, with NUL
/// between them.
pub fn at(data: &str, place: &str) -> Option<String> {
    let mut here = data;
    for part in place.split('\u{0}') {
        let mut found = None;
        each_part(here, |name, raw| {
            if found.is_none() && visible(name) == part {
                found = Some(raw);
            }
        });
        here = found?;
    }
    Some(if Kind::of(here) == Kind::Text { walk::text(here).into_owned() } else { here.to_owned() })
}

/// A record in one line: what stands between its parts goes, its texts and numbers stay as received.
pub fn one_line(data: &str) -> std::borrow::Cow<'_, str> {
    // JSON has line breaks between its parts only; in texts they are escaped.
    if data.contains(['\n', '\r']) { data.replace(['\n', '\r'], " ").into() } else { data.into() }
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A text.
    Text,
    /// A number.
    Number,
    /// `true`, `false`, `null`.
    Word,
    /// An object or an array: its parts follow.
    Nest,
}

impl Kind {
    fn of(raw: &str) -> Self {
        match raw.as_bytes().first() {
            Some(b'"') => Self::Text,
            Some(b'{' | b'[') => Self::Nest,
            Some(b'-' | b'0'..=b'9') => Self::Number,
            _ => Self::Word,
        }
    }
}

/// A line of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// How deep it lies.
    pub depth: usize,
    /// The field's name or the item's number, visible.
    pub name: String,
    /// The value, visible; what a nest holds, in words.
    pub value: String,
    /// What it is.
    pub kind: Kind,
}

/// A record's fields in the order received, nested ones indented.
pub fn fields(data: &str) -> Vec<Field> {
    let mut out = Vec::new();
    if data.trim_start().starts_with('{') {
        walk(data, 0, &mut out);
    } else {
        push(&mut out, 0, "", data);
    }
    out
}

fn walk(raw: &str, depth: usize, out: &mut Vec<Field>) {
    each_part(raw, |name, value| push(out, depth, name, value));
}

/// Calls `part` with each field of an object, or each item of an array and its number.
fn each_part<'a>(raw: &'a str, mut part: impl FnMut(&str, &'a str)) {
    if raw.starts_with('[') {
        let items: Vec<&RawValue> = serde_json::from_str(raw).unwrap_or_default();
        for (n, item) in items.iter().enumerate() {
            part(&(n + 1).to_string(), item.get());
        }
    } else {
        each_field(raw.trim_start(), part);
    }
}

fn push(out: &mut Vec<Field>, depth: usize, name: &str, raw: &str) {
    if out.len() >= LINES {
        return;
    }
    let kind = Kind::of(raw);
    let empty = matches!(raw, "{}" | "[]");
    let value = match kind {
        Kind::Text => visible(&walk::text(raw)).into_owned(),
        Kind::Nest if depth < LEVELS && !empty => String::new(),
        _ => visible(raw).into_owned(),
    };
    out.push(Field { depth, name: visible(name).into_owned(), value, kind });
    if kind == Kind::Nest && depth < LEVELS && !empty {
        walk(raw, depth + 1, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_the_telling_ones() {
        let rows = [
            r#"{"id":1,"custom":{"a":1},"note":"x","email":"a@b.c","name":"Åsa","first_name":"Å","empty":null}"#,
        ];
        let columns = Columns::choose(rows.into_iter(), |_| false);
        let names = columns.fields();
        assert_eq!(names, ["name", "email", "note"]);
        assert_eq!(cells(rows[0], &columns), ["Åsa", "a@b.c", "x"]);
        assert_eq!(columns.lay_out(8, None).len(), 1);
        assert_eq!(columns.lay_out(200, None).len(), 3);
    }

    #[test]
    fn fields_inside_objects_are_columns_for_whoever_wants_them() {
        let row = r#"{"id":1,"name":"a","custom_fields":{"Region":"North","No. of seats":4,"name":"b","o":{"k":1}},"tags":["x"]}"#;
        let mut columns = Columns::choose([row].into_iter(), |_| false);
        assert_eq!(columns.fields(), ["name"]);
        let offered = |columns: &Columns| -> Vec<_> {
            columns.all().skip(1).map(|(c, _)| (c.field.clone(), c.heading.clone())).collect()
        };
        let named = |field: &str, heading: &str| (field.to_owned(), heading.to_owned());
        assert_eq!(
            offered(&columns)[2..],
            [
                named("custom_fields.Region", "Region"),
                named("custom_fields.No. of seats", "No. of seats"),
                // Another field is called so.
                named("custom_fields.name", "custom_fields.name"),
                named("custom_fields.o", "o"),
            ]
        );
        for at in [6, 5, 5] {
            columns.toggle(at);
        }
        assert_eq!(cells(row, &columns), ["a", r#"{"k":1}"#, "4", "North"]);
        let fields = columns.fields();
        assert_eq!(exact(row, &fields[2..]), ["4", "North"]);
        // What the first rows do not have is offered once a row that is there has it.
        columns.offer([r#"{"id":2,"custom_fields":{"Region":"S","Floor":2}}"#].into_iter());
        assert_eq!(
            columns.all().last().map(|(c, shown)| (c.field.as_str(), shown)),
            Some(("custom_fields.Floor", false))
        );
        // A field of that whole name goes before one inside an object.
        let both = r#"{"a":{"b":1},"a.b":2}"#;
        assert_eq!(exact(both, &["a.b".to_owned()]), ["2"]);
        let twice = r#"{"a":{"c":1},"a":{"b":3},"d":[1],"e":{"f":{"g":5}}}"#;
        let fields = ["a.b", "a.c", "d.0", "e.f.g"].map(str::to_owned);
        assert_eq!(exact(twice, &fields), ["", "1", "", "5"]);
    }

    #[test]
    fn values_stay_as_received() {
        let data =
            r#"{"n":12345678901234567890123,"d":1.10,"t":"a\u001b\n","s":"\ud800","o":{"k":[1,{}]},"e":[]}"#;
        let lines: Vec<_> =
            fields(data).iter().map(|f| format!("{}{}={}", "  ".repeat(f.depth), f.name, f.value)).collect();
        assert_eq!(
            lines,
            [
                "n=12345678901234567890123",
                "d=1.10",
                "t=a␛␊",
                r#"s="\ud800""#,
                "o=",
                "  k=",
                "    1=1",
                "    2={}",
                "e=[]"
            ]
        );
    }

    #[test]
    fn a_deep_record_is_cut_and_not_followed_to_its_end() {
        let data = format!(r#"{{"a":{}1{}}}"#, "[".repeat(900), "]".repeat(900));
        assert!(fields(&data).len() <= LEVELS + 2);
    }
}
