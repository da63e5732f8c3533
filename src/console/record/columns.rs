//! A table's columns: chosen by the first rows, then by the user. What does not fit is reached by moving among them.

use super::{Kind, cell};
use crate::console::cells;
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
/// The narrowest a user can make one.
const NARROWEST: usize = 3;
/// The widest a user can make one.
const BROADEST: usize = 200;

/// The columns of a table, most telling first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Columns {
    shown: Vec<Column>,
    /// What else the first rows have.
    hidden: Vec<Column>,
}

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
    /// Whether the user has set the width.
    pub fixed: bool,
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
            .filter(|s| s.field != "id")
            .map(|s| {
                let twice = named && matches!(s.field.as_str(), "first_name" | "last_name" | "display_name");
                (s.filled > 0 && s.nested == 0 && !twice, s)
            })
            .enumerate()
            .collect();
        let telling = |s: &Seen| TELLING.iter().position(|t| *t == s.field).unwrap_or(usize::MAX);
        chosen.sort_by_key(|(at, (shown, s))| (!shown, telling(s), *at));
        let column = |s: Seen| {
            let heading = visible(&s.field).into_owned();
            let width = s.width.max(cells::width(&heading)).min(WIDEST);
            let number = s.filled > 0 && s.numbers == s.filled;
            Column { number, field: s.field, heading, width, fixed: false }
        };
        let some = chosen.iter().filter(|(_, (shown, _))| *shown).count().min(COLUMNS);
        let mut shown: Vec<_> = chosen.into_iter().map(|(_, (_, s))| column(s)).collect();
        let hidden = shown.split_off(some);
        Self { shown, hidden }
    }

    /// Whether there are none at all.
    pub fn is_empty(&self) -> bool {
        self.shown.is_empty() && self.hidden.is_empty()
    }

    /// How many are shown.
    pub fn len(&self) -> usize {
        self.shown.len()
    }

    /// A shown one.
    pub fn get(&self, at: usize) -> Option<&Column> {
        self.shown.get(at)
    }

    /// The fields of those that are shown.
    pub fn fields(&self) -> Vec<String> {
        self.shown.iter().map(|c| c.field.clone()).collect()
    }

    /// All of them, with whether they are shown; the shown ones first.
    pub fn all(&self) -> impl Iterator<Item = (&Column, bool)> {
        self.shown.iter().map(|c| (c, true)).chain(self.hidden.iter().map(|c| (c, false)))
    }

    /// Where the column of a field is shown.
    pub fn position(&self, field: &str) -> Option<usize> {
        self.shown.iter().position(|c| c.field == field)
    }

    /// Shows or hides one, counted as in [`Columns::all`].
    pub fn toggle(&mut self, at: usize) {
        if at < self.shown.len() {
            let column = self.shown.remove(at);
            self.hidden.insert(0, column);
        } else if at < self.shown.len() + self.hidden.len() {
            let column = self.hidden.remove(at - self.shown.len());
            self.shown.push(column);
        }
    }

    /// Moves a shown one; says where it is then.
    pub fn shift(&mut self, at: usize, by: isize) -> usize {
        let to = at.saturating_add_signed(by).min(self.shown.len().saturating_sub(1));
        if at < self.shown.len() {
            let column = self.shown.remove(at);
            self.shown.insert(to, column);
        }
        to
    }

    /// Makes a shown one wider or narrower.
    pub fn widen(&mut self, at: usize, by: isize) {
        if let Some(column) = self.shown.get_mut(at) {
            column.width = column.width.saturating_add_signed(by).clamp(NARROWEST, BROADEST);
            column.fixed = true;
        }
    }

    /// The columns with the width each gets where `room` is there, two apart, begun so far to the right that the one at
    /// `cursor` is among them. A column that finds no room is left out.
    pub fn lay_out(&self, room: usize, cursor: Option<usize>) -> Vec<(usize, &Column, usize)> {
        let mut from = 0;
        loop {
            let out = self.lay_out_from(from, room);
            let last = out.last().map(|(at, ..)| *at);
            match (cursor, last) {
                (Some(cursor), Some(last)) if cursor > last && cursor < self.shown.len() => from += 1,
                _ => return out,
            }
        }
    }

    fn lay_out_from(&self, from: usize, room: usize) -> Vec<(usize, &Column, usize)> {
        let mut out: Vec<(usize, &Column, usize)> = Vec::new();
        let mut left = room;
        for (at, column) in self.shown.iter().enumerate().skip(from) {
            let gap = if out.is_empty() { 0 } else { 2 };
            let least = if column.width <= 20 || column.fixed { column.width } else { 18 };
            if left < gap + least {
                break;
            }
            left -= gap + least;
            out.push((at, column, least));
        }
        if let (true, Some(only)) = (out.is_empty(), self.shown.get(from)) {
            return vec![(from, only, room)];
        }
        for (_, column, width) in &mut out {
            let more = (column.width - *width).min(left);
            *width += more;
            left -= more;
        }
        out
    }
}
