//! A table's columns: chosen by the first rows, then by the user. What does not fit is reached by moving among them.

use super::kept::{self, Kept};
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
    /// How many of the shown ones stay while the others are scrolled.
    frozen: usize,
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
        // The first one names the row.
        Self { frozen: shown.len().min(1), shown, hidden }
    }

    /// Shows the columns that are remembered, in their order. One that the first rows do not have is empty there.
    pub fn arrange(&mut self, kept: &Kept) {
        let Some(columns) = &kept.columns else { return };
        let mut all: Vec<Column> = self.shown.drain(..).chain(self.hidden.drain(..)).collect();
        for kept in columns.iter().take(kept::COLUMNS) {
            let known = all.iter().position(|c| c.field == kept.field).map(|at| all.remove(at));
            let mut column = known.unwrap_or_else(|| {
                let heading = visible(&kept.field).into_owned();
                let width = cells::width(&heading).clamp(NARROWEST, WIDEST);
                Column { field: kept.field.clone(), heading, width, number: false, fixed: false }
            });
            if let Some(width) = kept.width {
                (column.width, column.fixed) = (width.clamp(NARROWEST, BROADEST), true);
            }
            self.shown.push(column);
        }
        self.hidden = all;
        self.frozen = kept.frozen;
    }

    /// What is remembered of them.
    pub fn kept(&self) -> (Vec<kept::Column>, usize) {
        let kept = |c: &Column| kept::Column { field: c.field.clone(), width: c.fixed.then_some(c.width) };
        (self.shown.iter().map(kept).collect(), self.frozen())
    }

    /// How many of the shown ones stay while the others are scrolled.
    pub fn frozen(&self) -> usize {
        self.frozen.min(self.shown.len())
    }

    /// The first so many stay while the others are scrolled.
    pub fn freeze(&mut self, count: usize) {
        self.frozen = count.min(self.shown.len());
    }

    /// The first column from `from` on, round to it again, whose heading has the text in whatever case. Counted as in
    /// [`Columns::all`].
    pub fn find(&self, text: &str, from: usize) -> Option<usize> {
        let all: Vec<_> = self.all().map(|(column, _)| column.heading.to_lowercase()).collect();
        let text = text.to_lowercase();
        (0..all.len()).map(|n| (from + n) % all.len()).find(|at| all[*at].contains(&text))
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
            self.frozen -= usize::from(at < self.frozen);
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

    /// The columns with the width each gets where `room` is there, two apart: the frozen ones, then the others, begun
    /// so far to the right that the one at `cursor` is among them. A column that finds no room is left out.
    pub fn lay_out(&self, room: usize, cursor: Option<usize>) -> Vec<(usize, &Column, usize)> {
        let frozen = self.frozen();
        // On a frozen column the first ones are shown as they come.
        let (frozen, mut from) = if cursor.is_some_and(|at| at < frozen) { (0, 0) } else { (frozen, frozen) };
        let mut tight = false;
        loop {
            let out = self.lay_out_from(frozen, from, room, tight);
            let last = out.last().map(|(at, ..)| *at);
            match (cursor, last) {
                (Some(cursor), Some(last)) if cursor > last && cursor < self.shown.len() => match tight {
                    false => tight = true,
                    true if from < cursor => from += 1,
                    true => return out,
                },
                _ => return out,
            }
        }
    }

    /// `tight`: the frozen ones leave at least half of the room to the others.
    fn lay_out_from(
        &self,
        frozen: usize,
        from: usize,
        room: usize,
        tight: bool,
    ) -> Vec<(usize, &Column, usize)> {
        let mut out: Vec<(usize, &Column, usize)> = Vec::new();
        let mut left = room;
        let numbered = |at: usize| self.shown.get(at).map(|column| (at, column));
        let least = |column: &Column| {
            if column.width <= 20 || column.fixed { column.width } else { 18 }
        };
        let mut part = if tight { room / 2 } else { room };
        for (at, column) in (0..frozen).filter_map(numbered) {
            let gap = if out.is_empty() { 0 } else { 2 };
            let width = least(column).min(part.saturating_sub(gap));
            if width < least(column).min(NARROWEST + 3) {
                break;
            }
            part -= gap + width;
            left -= gap + width;
            out.push((at, column, width));
        }
        let begun = out.len();
        for (at, column) in (from..self.shown.len()).filter_map(numbered) {
            let gap = if out.is_empty() { 0 } else { 2 };
            let mut width = least(column);
            if left < gap + width {
                // One of them is shown, however narrow.
                if out.len() > begun || left < gap + NARROWEST {
                    break;
                }
                width = left - gap;
            }
            left -= gap + width;
            out.push((at, column, width));
        }
        for (_, column, width) in &mut out {
            let more = column.width.saturating_sub(*width).min(left);
            *width += more;
            left -= more;
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(widths: &[usize]) -> Columns {
        let column = |(n, width): (usize, &usize)| Column {
            field: format!("f{n}"),
            heading: format!("F{n}"),
            width: *width,
            number: false,
            fixed: true,
        };
        Columns { shown: widths.iter().enumerate().map(column).collect(), hidden: Vec::new(), frozen: 1 }
    }

    fn laid(columns: &Columns, room: usize, cursor: usize) -> Vec<usize> {
        columns.lay_out(room, Some(cursor)).iter().map(|c| c.0).collect()
    }

    #[test]
    fn frozen_columns_stay_while_the_others_are_scrolled() {
        let mut columns = columns(&[10; 8]);
        assert_eq!(laid(&columns, 40, 0), [0, 1, 2]);
        assert_eq!(laid(&columns, 40, 2), [0, 1, 2]);
        assert_eq!(laid(&columns, 40, 5), [0, 4, 5]);
        columns.freeze(2);
        assert_eq!(laid(&columns, 40, 7), [0, 1, 7]);
        columns.freeze(0);
        assert_eq!(laid(&columns, 40, 7), [5, 6, 7]);
        // What is hidden goes from the frozen ones.
        columns.freeze(2);
        columns.toggle(0);
        assert_eq!(columns.frozen(), 1);
    }

    #[test]
    fn the_cursors_column_is_there_and_nothing_leaves_the_room() {
        for widths in [vec![10; 8], vec![200, 3, 30], vec![30, 200, 200], vec![5], vec![]] {
            for frozen in 0..3 {
                let mut columns = columns(&widths);
                columns.freeze(frozen);
                for room in 0..90 {
                    for cursor in 0..widths.len() {
                        let out = columns.lay_out(room, Some(cursor));
                        let used: usize = out.iter().map(|c| c.2 + 2).sum();
                        assert!(used <= room + 2, "{widths:?} {frozen} {room} {cursor}");
                        let there = out.iter().any(|c| c.0 == cursor && c.2 > 0);
                        assert!(there || room < 16, "{widths:?} {frozen} {room} {cursor}: {out:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_remembered_is_shown_again_and_found_by_name() {
        let data = r#"{"id":1,"name":"a","email":"b","city":"c"}"#;
        let mut columns = Columns::choose([data].into_iter());
        columns.toggle(1);
        columns.shift(0, 1);
        columns.widen(0, 7);
        columns.freeze(2);
        let (kept, frozen) = columns.kept();
        let kept = Kept { columns: Some(kept), frozen, ..Kept::default() };
        let mut again = Columns::choose([data].into_iter());
        again.arrange(&kept);
        assert_eq!(again, columns);
        // A field that the first rows do not have is there all the same.
        let mut other = Columns::choose([r#"{"id":1,"zip":"1"}"#].into_iter());
        other.arrange(&kept);
        assert_eq!(other.fields(), ["city", "name"]);
        assert_eq!(other.all().count(), 3);
        assert_eq!((other.find("NAM", 0), other.find("z", 2), other.find("x", 0)), (Some(1), Some(2), None));
    }
}
