//! A record's JSON for people: the columns of a table, the fields of a record. Values stay as received: a number keeps
//! its digits, a text is decoded, and all of it passes [`visible`].

use serde_json::value::RawValue;

use super::cells;
use crate::protocol::record::each_field;
use crate::text::visible;

/// Fields that tell most, best first.
const TELLING: [&str; 28] = [
    "name",
    "title",
    "subject",
    "display_name",
    "first_name",
    "last_name",
    "content",
    "summary",
    "email",
    "value",
    "currency",
    "organization_name",
    "status",
    "category",
    "type",
    "resource_type",
    "resource_id",
    "due_date",
    "phone",
    "mobile",
    "city",
    "owner_id",
    "creator_id",
    "contact_id",
    "stage_id",
    "role",
    "updated_at",
    "created_at",
];
/// Columns chosen at the most.
const COLUMNS: usize = 8;
/// Rows looked at to choose them.
const SAMPLE: usize = 60;
/// The widest a column asks to be.
const WIDEST: usize = 32;
/// Levels of a record that are laid out; what is deeper is shown as it came.
const LEVELS: usize = 24;
/// Lines of a record that are laid out.
const LINES: usize = 20_000;
/// Characters of a value that a cell looks at.
const CELL: usize = 160;

/// The columns of a table, most telling first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Columns(Vec<Column>);

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The field, as received.
    pub field: String,
    /// Its heading, visible.
    pub heading: String,
    /// The columns of a terminal that it would like.
    pub width: usize,
    /// Whether its values are numbers: then they stand to the right.
    pub number: bool,
}

#[derive(Default)]
struct Seen {
    field: String,
    filled: usize,
    numbers: usize,
    nested: usize,
    width: usize,
}

impl Columns {
    /// Chooses columns by the first rows.
    pub fn choose<'a>(rows: impl Iterator<Item = &'a str>) -> Self {
        let mut seen: Vec<Seen> = Vec::new();
        for data in rows.take(SAMPLE) {
            each_field(data, |name, raw| {
                let at = seen.iter().position(|s| s.field == name);
                let at = at.unwrap_or_else(|| {
                    seen.push(Seen { field: name.to_owned(), ..Seen::default() });
                    seen.len() - 1
                });
                let s = &mut seen[at];
                let text = cell(raw);
                s.filled += usize::from(!text.is_empty());
                s.numbers += usize::from(Kind::of(raw) == Kind::Number);
                s.nested += usize::from(raw.starts_with(['{', '[']));
                s.width = s.width.max(cells::width(&text));
            });
        }
        let named = seen.iter().any(|s| s.field == "name" && s.filled > 0);
        let mut chosen: Vec<_> = seen
            .into_iter()
            .filter(|s| s.field != "id" && s.filled > 0 && s.nested == 0)
            .filter(|s| !(named && matches!(s.field.as_str(), "first_name" | "last_name" | "display_name")))
            .enumerate()
            .collect();
        chosen.sort_by_key(|(at, s)| (TELLING.iter().position(|t| *t == s.field).unwrap_or(usize::MAX), *at));
        let column = |s: Seen| {
            let heading = visible(&s.field).into_owned();
            let width = s.width.max(cells::width(&heading)).min(WIDEST);
            Column { number: s.numbers == s.filled, field: s.field, heading, width }
        };
        Self(chosen.into_iter().take(COLUMNS).map(|(_, s)| column(s)).collect())
    }

    /// Whether none were chosen.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The columns with the width each gets where `room` is there, two apart. A column that finds no room is left out.
    pub fn lay_out(&self, room: usize) -> Vec<(usize, &Column, usize)> {
        let mut out: Vec<(usize, &Column, usize)> = Vec::new();
        let mut left = room;
        for (at, column) in self.0.iter().enumerate() {
            let gap = if out.is_empty() { 0 } else { 2 };
            let least = if column.width <= 20 { column.width } else { 18 };
            if left < gap + least {
                break;
            }
            left -= gap + least;
            out.push((at, column, least));
        }
        if let (true, Some(only)) = (out.is_empty(), self.0.first()) {
            return vec![(0, only, room)];
        }
        for (_, column, width) in &mut out {
            let more = (column.width - *width).min(left);
            *width += more;
            left -= more;
        }
        out
    }
}

/// The cells of a record, one a column.
pub fn cells(data: &str, columns: &Columns) -> Vec<String> {
    let mut out = vec![String::new(); columns.0.len()];
    let mut found = vec![false; columns.0.len()];
    each_field(data, |name, raw| {
        let Some(at) = columns.0.iter().position(|c| c.field == name) else { return };
        if !std::mem::replace(&mut found[at], true) {
            out[at] = cell(raw);
        }
    });
    out
}

/// A value in a line: text decoded, null empty, the rest as received.
fn cell(raw: &str) -> String {
    match Kind::of(raw) {
        Kind::Word if raw == "null" => String::new(),
        Kind::Text => {
            let text: String = decoded(raw).chars().take(CELL).collect();
            visible(&text).into_owned()
        }
        _ => visible(&raw.chars().take(CELL).collect::<String>()).into_owned(),
    }
}

fn decoded(raw: &str) -> String {
    // A lone surrogate is JSON and no Unicode: it is shown as it came.
    serde_json::from_str(raw).unwrap_or_else(|_| raw.to_owned())
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
    if raw.starts_with('[') {
        let items: Vec<&RawValue> = serde_json::from_str(raw).unwrap_or_default();
        for (n, item) in items.iter().enumerate() {
            push(out, depth, &(n + 1).to_string(), item.get());
        }
    } else {
        each_field(raw.trim_start(), |name, value| push(out, depth, name, value));
    }
}

fn push(out: &mut Vec<Field>, depth: usize, name: &str, raw: &str) {
    if out.len() >= LINES {
        return;
    }
    let kind = Kind::of(raw);
    let empty = matches!(raw, "{}" | "[]");
    let value = match kind {
        Kind::Text => visible(&decoded(raw)).into_owned(),
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
        let columns = Columns::choose(rows.into_iter());
        let names: Vec<_> = columns.0.iter().map(|c| c.field.as_str()).collect();
        assert_eq!(names, ["name", "email", "note"]);
        assert_eq!(cells(rows[0], &columns), ["Åsa", "a@b.c", "x"]);
        assert_eq!(columns.lay_out(8).len(), 1);
        assert_eq!(columns.lay_out(200).len(), 3);
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
