//! A table's columns: chosen by the first rows, then by the user. What does not fit is reached by moving among them.

mod choice;

use super::kept::{self, Kept};
use crate::console::cells;
use crate::text::visible;

/// The widest a column asks to be.
const WIDEST: usize = 32;
/// What a column of text is content with where the room is small, and the first one, which names the row.
const ENOUGH: usize = 12;
const ENOUGH_TO_NAME: usize = 14;
/// So many columns are shown in a small room before any of them gets more of it.
const FEW: usize = 5;
/// What the names that ids stand for take: they come later than the rows, and then nothing moves.
const NAME: usize = 16;
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
    /// How its values are shown.
    pub look: Look,
    /// Whether the user has set the width.
    pub fixed: bool,
}

/// How values are shown. What they are stays: that is copied, filtered, sorted and exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Look {
    /// As they are.
    #[default]
    Text,
    /// To the right.
    Number,
    /// As seen from now.
    Time,
    /// By the name of the record that they refer to.
    Reference,
}

impl Columns {
    /// Chooses columns by the first rows. `refers` knows which fields refer to records.
    pub fn choose<'a>(rows: impl Iterator<Item = &'a str>, refers: impl Fn(&str) -> bool) -> Self {
        let (shown, hidden) = choice::choose(rows);
        // The first one names the row.
        let mut columns = Self { frozen: shown.len().min(1), shown, hidden };
        columns.refer(refers);
        columns
    }

    /// Fields that refer to records are shown by these records' names, and `owner_id` is headed `owner` where nothing
    /// else is called so. `refers` knows them; with the types of the mirror they become more.
    pub fn refer(&mut self, refers: impl Fn(&str) -> bool) {
        let fields: Vec<String> = self.all().map(|(column, _)| column.field.clone()).collect();
        for column in self.shown.iter_mut().chain(&mut self.hidden) {
            if column.look == Look::Reference || !refers(&column.field) {
                continue;
            }
            column.look = Look::Reference;
            if let Some(short) = column.field.strip_suffix("_id").filter(|s| !fields.iter().any(|f| f == s)) {
                column.heading = visible(short).into_owned();
            }
            if !column.fixed {
                column.width = NAME.max(cells::width(&column.heading).min(WIDEST));
            }
        }
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
                Column { field: kept.field.clone(), heading, width, look: Look::Text, fixed: false }
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

    /// The first column from `from` on, round to it again, whose field has the text in whatever case. Counted as in
    /// [`Columns::all`].
    pub fn find(&self, text: &str, from: usize) -> Option<usize> {
        let all: Vec<_> = self.all().map(|(column, _)| visible(&column.field).to_lowercase()).collect();
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

    /// Offers the other fields that rows have, those inside objects too.
    pub fn offer<'a>(&mut self, rows: impl Iterator<Item = &'a str>) {
        let known: Vec<String> = self.all().map(|(column, _)| column.field.clone()).collect();
        self.hidden.extend(choice::others(rows, &known));
    }

    /// The fields of those that are shown.
    pub fn shown(&self) -> impl Iterator<Item = &str> {
        self.shown.iter().map(|c| c.field.as_str())
    }

    /// The same to keep.
    pub fn fields(&self) -> Vec<String> {
        self.shown().map(str::to_owned).collect()
    }

    /// All of them, with whether they are shown; the shown ones first.
    pub fn all(&self) -> impl Iterator<Item = (&Column, bool)> {
        self.shown.iter().map(|c| (c, true)).chain(self.hidden.iter().map(|c| (c, false)))
    }

    /// Whether a field's values are there to be seen, its name being visible.
    pub fn shows(&self, name: &str) -> bool {
        name == "id" || self.shown.iter().any(|column| visible(&column.field) == name)
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
        let least = |at: usize, column: &Column| match (column.look, at) {
            _ if column.fixed => column.width,
            (Look::Number | Look::Time, _) => column.width,
            (_, 0) => column.width.min(ENOUGH_TO_NAME),
            _ => column.width.min(ENOUGH),
        };
        let mut part = if tight { room / 2 } else { room };
        for (at, column) in (0..frozen).filter_map(numbered) {
            let gap = if out.is_empty() { 0 } else { 2 };
            let width = least(at, column).min(part.saturating_sub(gap));
            if width < least(at, column).min(NARROWEST + 3) {
                break;
            }
            part -= gap + width;
            left -= gap + width;
            out.push((at, column, width));
        }
        let begun = out.len();
        for (at, column) in (from..self.shown.len()).filter_map(numbered) {
            let gap = if out.is_empty() { 0 } else { 2 };
            let mut width = least(at, column);
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
        // More columns than a few are shown only beside the others' whole values.
        let whole =
            |out: &[(usize, &Column, usize)]| out.iter().map(|(_, c, w)| c.width.saturating_sub(*w)).sum();
        while out.len() > FEW.max(begun + 1) && left < whole(&out) {
            left += out.pop().map_or(0, |(.., width)| width + 2);
        }
        // What is left goes round.
        let mut wants = true;
        while left > 0 && std::mem::take(&mut wants) {
            for (_, _, width) in out.iter_mut().filter(|(_, column, width)| *width < column.width) {
                let more = 1.min(left);
                (*width, left, wants) = (*width + more, left - more, true);
            }
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
            look: Look::Text,
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
        let mut columns = Columns::choose([data].into_iter(), |_| false);
        columns.toggle(1);
        columns.shift(0, 1);
        columns.widen(0, 7);
        columns.freeze(2);
        let (kept, frozen) = columns.kept();
        let kept = Kept { columns: Some(kept), frozen, ..Kept::default() };
        let mut again = Columns::choose([data].into_iter(), |_| false);
        again.arrange(&kept);
        assert_eq!(again, columns);
        // A field that the first rows do not have is there all the same.
        let mut other = Columns::choose([r#"{"id":1,"zip":"1"}"#].into_iter(), |_| false);
        other.arrange(&kept);
        assert_eq!(other.fields(), ["city", "name"]);
        assert_eq!(other.all().count(), 3);
        assert_eq!((other.find("NAM", 0), other.find("z", 2), other.find("x", 0)), (Some(1), Some(2), None));
    }
}
