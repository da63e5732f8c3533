//! Which columns a table begins with: what tells rows apart goes before what is the same in all of them or is seldom
//! there at all. What names a row comes first; then one of each kind in turn (who to write to, an amount, who or what
//! it belongs to, a time, a state), so that a narrow table has one of each.

use std::collections::{BTreeMap, HashMap};

use super::super::{Kind, cell, when};
use super::{Column, Look, WIDEST};
use crate::console::cells;
use crate::mirror::refs;
use crate::protocol::record::each_field;
use crate::text::visible;

/// Columns chosen at the most.
const COLUMNS: usize = 8;
/// Fields that are offered, and as many inside objects.
const FIELDS: usize = 1_000;
/// Rows looked at.
const SAMPLE: usize = 60;
/// So few rows say nothing about what is the same in all of them.
const FEW: usize = 5;
/// Different values that are counted of a field.
const DIFFERENT: usize = 24;
/// A text that is longer than this in most rows is read in the record.
const LONG: usize = 48;
/// The field of the address to write to; a deal's drop box is none.
const ADDRESS: &str = "email";
/// Of several fields of one kind these are of more interest, best first; the others keep their order.
const FIRST: [&str; 9] = [
    "owner_id",
    "user_id",
    "stage_id",
    "status",
    "customer_status",
    "title",
    "value",
    "updated_at",
    "due_date",
];

/// What a field of the first rows is like.
#[derive(Default)]
struct Seen {
    field: String,
    /// Rows that have a value.
    filled: usize,
    numbers: usize,
    /// Texts that are decimal numbers.
    decimals: usize,
    times: usize,
    addresses: usize,
    links: usize,
    flags: usize,
    nested: usize,
    /// The columns of a terminal that each of the values takes.
    widths: Vec<usize>,
    different: Vec<String>,
}

/// What a column is to whoever looks through rows, the most telling first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Worth {
    /// It names the row.
    Name,
    /// One of each kind in turn: the turn, and the kind.
    Turn(usize, Sort),
    /// The same in all rows.
    Same,
    /// In few rows, or too long for a cell.
    Dull,
    /// Nothing, or what no cell can show.
    None,
}

/// Kinds of columns, in the order of a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Sort {
    Address,
    Number,
    Reference,
    Time,
    State,
    Other,
}

/// The columns to show and the others, both most telling first; fields inside objects last.
pub(super) fn choose<'a>(rows: impl Iterator<Item = &'a str>) -> (Vec<Column>, Vec<Column>) {
    let rows: Vec<&str> = rows.take(SAMPLE).collect();
    let mut namings: BTreeMap<&[&str], usize> = BTreeMap::new();
    for data in &rows {
        if let Some((fields, _)) = refs::naming(data) {
            *namings.entry(fields).or_default() += 1;
        }
    }
    let (seen, inside) = look(rows.iter().copied());
    let fields: Vec<String> = seen.iter().chain(&inside).map(|s| s.field.clone()).collect();
    let names = namings.into_iter().max_by_key(|(_, rows)| *rows).map_or(&[][..], |(fields, _)| fields);
    let mut ranked = rank(seen, names, rows.len());
    ranked.sort_by_key(|(worth, at, _)| (*worth, *at));
    let some = ranked.iter().filter(|(worth, ..)| *worth < Worth::Dull).count().min(COLUMNS);
    let mut shown: Vec<Column> = ranked.into_iter().map(|(.., seen)| seen.column()).collect();
    let mut hidden = shown.split_off(some);
    hidden.extend(inside.into_iter().map(|seen| seen.column_inside(&fields)));
    (shown, hidden)
}

/// Columns for the fields of rows that are not known yet.
pub(super) fn others<'a>(rows: impl Iterator<Item = &'a str>, known: &[String]) -> Vec<Column> {
    let (seen, inside) = look(rows);
    let fields: Vec<String> =
        known.iter().cloned().chain(seen.iter().chain(&inside).map(|s| s.field.clone())).collect();
    let new = |seen: &Seen| !known.contains(&seen.field);
    let seen = seen.into_iter().filter(new).map(Seen::column);
    seen.chain(inside.into_iter().filter(new).map(|seen| seen.column_inside(&fields))).collect()
}

/// The fields of rows, and those inside their objects, in the order in which they are met. The id has a column of its
/// own.
fn look<'a>(rows: impl Iterator<Item = &'a str>) -> (Vec<Seen>, Vec<Seen>) {
    let (mut seen, mut inside) = (Met::default(), Met::default());
    for data in rows {
        each_field(data, |name, raw| {
            if name != "id" {
                seen.take(name, raw);
            }
            if raw.starts_with('{') {
                each_field(raw, |inner, raw| inside.take(&format!("{name}.{inner}"), raw));
            }
        });
    }
    (seen.all, inside.all)
}

/// Fields in the order in which they are met.
#[derive(Default)]
struct Met {
    all: Vec<Seen>,
    places: HashMap<String, usize>,
}

impl Met {
    fn take(&mut self, field: &str, raw: &str) {
        let at = match self.places.get(field) {
            Some(at) => *at,
            None if self.all.len() >= FIELDS => return,
            None => {
                self.places.insert(field.to_owned(), self.all.len());
                self.all.push(Seen { field: field.to_owned(), ..Seen::default() });
                self.all.len() - 1
            }
        };
        self.all[at].take(raw);
    }
}

/// Each field with its worth and its place among those of the same.
fn rank(seen: Vec<Seen>, names: &[&str], rows: usize) -> Vec<(Worth, usize, Seen)> {
    let interest = |s: &Seen| FIRST.iter().position(|f| *f == s.field).unwrap_or(FIRST.len());
    let mut seen: Vec<(usize, Seen)> = seen.into_iter().enumerate().collect();
    seen.sort_by_key(|(at, s)| (interest(s), *at));
    let mut turns: BTreeMap<Sort, usize> = BTreeMap::new();
    let mut ranked = Vec::with_capacity(seen.len());
    for (at, s) in seen {
        let worth = match names.iter().position(|name| *name == s.field) {
            Some(_) => Worth::Name,
            // Parts of the name, again.
            None if names == ["name"] && matches!(&*s.field, "first_name" | "last_name" | "display_name") => {
                Worth::Dull
            }
            None if s.filled == 0 || s.nested > 0 => Worth::None,
            None if s.is_dull(rows) => Worth::Dull,
            None if rows >= FEW && s.different.len() == 1 => Worth::Same,
            None => {
                let sort = s.sort();
                let turn = turns.entry(sort).or_default();
                *turn += 1;
                Worth::Turn(*turn, sort)
            }
        };
        ranked.push((worth, at, s));
    }
    ranked
}

impl Seen {
    fn take(&mut self, raw: &str) {
        let text = cell(raw);
        self.nested += usize::from(raw.starts_with(['{', '[']));
        if text.is_empty() {
            return;
        }
        let kind = Kind::of(raw);
        self.filled += 1;
        self.numbers += usize::from(kind == Kind::Number);
        self.flags += usize::from(kind == Kind::Word);
        if kind == Kind::Text {
            self.decimals += usize::from(is_decimal(&text));
            self.times += usize::from(when::is_time(&text));
            self.addresses += usize::from(text.contains('@') && !text.contains(' '));
            self.links += usize::from(text.starts_with("http://") || text.starts_with("https://"));
        }
        self.widths.push(cells::width(&text));
        if self.different.len() < DIFFERENT && !self.different.contains(&text) {
            self.different.push(text);
        }
    }

    fn all(&self, count: usize) -> bool {
        self.filled > 0 && count == self.filled
    }

    fn look(&self) -> Look {
        match () {
            () if self.all(self.numbers + self.decimals) => Look::Number,
            () if self.all(self.times) => Look::Time,
            () => Look::Text,
        }
    }

    fn is_dull(&self, rows: usize) -> bool {
        let seldom = self.filled * 5 < rows;
        seldom || self.links * 2 > self.filled || self.usual_width() > LONG
    }

    fn sort(&self) -> Sort {
        match () {
            () if self.field.ends_with("_id") => Sort::Reference,
            () if self.field == ADDRESS && self.addresses * 2 > self.filled => Sort::Address,
            () if self.look() == Look::Number => Sort::Number,
            () if self.look() == Look::Time => Sort::Time,
            () if self.different.len() * 3 <= self.filled && !self.all(self.flags) => Sort::State,
            () => Sort::Other,
        }
    }

    /// What nine of ten values fit into.
    fn usual_width(&self) -> usize {
        let mut widths = self.widths.clone();
        widths.sort_unstable();
        widths.get(widths.len().saturating_sub(1) * 9 / 10).copied().unwrap_or(0)
    }

    /// The column of a field inside an object: headed by its own name, where none of these fields is called so too.
    fn column_inside(self, fields: &[String]) -> Column {
        let field = self.field.clone();
        let own = |field: &str| field.split_once('.').map_or(field, |(_, own)| own).to_owned();
        let alike = fields.iter().filter(|other| own(other) == own(&field)).count();
        let mut column = self.column();
        if alike <= 1 {
            let own = own(&field);
            column.heading = visible(&own).into_owned();
        }
        column
    }

    fn column(self) -> Column {
        let heading = visible(&self.field).into_owned();
        let look = self.look();
        let values = match look {
            // No digit of a number is left out.
            Look::Number => self.widths.iter().copied().max().unwrap_or(0),
            Look::Time => when::WIDTH,
            Look::Text | Look::Reference => self.usual_width(),
        };
        let width = values.max(cells::width(&heading)).min(WIDEST);
        Column { field: self.field, heading, width, look, fixed: false }
    }
}

/// Whether a text is an amount: digits with a point among them.
fn is_decimal(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    text.strip_prefix('-')
        .unwrap_or(text)
        .split_once('.')
        .is_some_and(|(whole, part)| digits(whole) && digits(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(rows: &[String]) -> Vec<String> {
        choose(rows.iter().map(String::as_str)).0.into_iter().map(|c| c.field).collect()
    }

    #[test]
    fn what_says_something_goes_before_what_does_not() {
        let row = |n: usize| {
            format!(
                r#"{{"id":{n},"creator_id":1{n},"owner_id":2{n},"flag":false,"first_name":"A{n}","name":"A {n}",
                    "state":"{}","fax":null,"web":"https://example.com/{n}","email":"a{n}@b.c","zip":"1{n}",
                    "tags":[],"made":"2024-01-0{}T00:00:00Z","worth":"{n}.50","text":"{}",
                    "updated_at":"2024-02-0{}T00:00:00Z"}}"#,
                ["new", "old"][n % 2],
                n % 9 + 1,
                "long ".repeat(20),
                n % 9 + 1,
            )
        };
        let rows: Vec<String> = (0..30).map(row).collect();
        assert_eq!(
            shown(&rows),
            ["name", "email", "worth", "owner_id", "updated_at", "state", "zip", "creator_id"]
        );
    }

    #[test]
    fn a_row_is_named_by_whatever_names_it() {
        let rows =
            [r#"{"id":1,"status":"New","first_name":"Ada","last_name":"L","email":"a@b.c"}"#.to_owned()];
        assert_eq!(shown(&rows), ["first_name", "last_name", "email", "status"]);
        // What is the same everywhere comes last; what is nowhere does not come.
        let row = |n: usize| format!(r#"{{"id":{n},"flag":true,"empty":null,"city":"{n}"}}"#);
        assert_eq!(shown(&(0..9).map(row).collect::<Vec<_>>()), ["city", "flag"]);
    }

    #[test]
    fn a_few_long_values_make_no_column_wide() {
        let mut rows = vec![r#"{"name":"short"}"#.to_owned(); 20];
        rows.push(format!(r#"{{"name":"{}"}}"#, "x".repeat(200)));
        let (columns, _) = choose(rows.iter().map(String::as_str));
        assert_eq!(columns[0].width, 5);
        let (columns, _) = choose([r#"{"n":1}"#, r#"{"n":-12345678.25}"#].into_iter());
        assert_eq!((columns[0].width, columns[0].look), (12, Look::Number));
    }
}
