//! Which column each field of a type goes to, found without hashing where records look like the one before. Pure.

use std::collections::HashMap;

use rusqlite::Result;

use crate::protocol::record;
use crate::protocol::walk::{self, Field};

/// Field names that are remembered, at most; one record may have more.
const NAMES: usize = 4_096;
/// Bytes of such names, at most.
const BYTES: usize = 1 << 20;

/// The fields met, in the order of the first records, each with its column where it has one.
#[derive(Debug, Default)]
pub(super) struct Layout {
    fields: Vec<Place>,
    by_name: HashMap<String, usize>,
    bytes: usize,
    /// For each column: the number of the record that filled it last.
    filled: Vec<u64>,
    record: u64,
}

/// A field met.
#[derive(Debug)]
struct Place {
    name: String,
    /// Whether the name has no backslash: then only what is written without escapes looks like it.
    plain: bool,
    column: Option<usize>,
}

impl Layout {
    /// Learns the fields of `data`; `column` says which column a field has.
    pub(super) fn learn(&mut self, data: &str, column: impl Fn(&str) -> Option<usize>) {
        if self.fields.len() > NAMES || self.bytes > BYTES {
            *self = Self { record: self.record, ..Self::default() };
        }
        record::each_field(data, |field, _| {
            if self.by_name.contains_key(field) {
                return;
            }
            let place = column(field);
            if let Some(place) = place {
                self.filled.resize(self.filled.len().max(place + 1), 0);
            }
            self.bytes += field.len();
            self.by_name.insert(field.to_owned(), self.fields.len());
            let plain = !field.contains('\\');
            self.fields.push(Place { name: field.to_owned(), plain, column: place });
        });
    }

    /// Calls `cell` with the column and the raw value of each of the `fields` of `data` that has a column: the first of
    /// two fields of one name counts. False, half way, at a field that was never learnt.
    pub(super) fn each_cell<'a>(
        &mut self,
        data: &'a str,
        fields: impl Iterator<Item = Field>,
        mut cell: impl FnMut(usize, &'a str) -> Result<()>,
    ) -> Result<bool> {
        self.record += 1;
        let mut expected = 0;
        for field in fields {
            let written = &data[field.name];
            let at = match self.fields.get(expected) {
                // Written without escapes it reads as it is written, and names are kept as they read.
                Some(Place { name, plain: true, .. }) if name == written => expected,
                _ => {
                    let Some(name) = walk::name(written) else { continue };
                    match self.by_name.get(name.as_ref()) {
                        Some(at) => *at,
                        None => return Ok(false),
                    }
                }
            };
            expected = at + 1;
            if let Some(place) = self.fields[at].column
                && self.filled[place] != self.record
            {
                self.filled[place] = self.record;
                cell(place, &data[field.value])?;
            }
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The columns that a record fills; none where it has to be learnt.
    fn cells(layout: &mut Layout, data: &str) -> Option<Vec<(usize, String)>> {
        let mut cells = Vec::new();
        let known = layout.each_cell(data, walk::fields(data.as_bytes()), |place, raw| {
            cells.push((place, raw.to_owned()));
            Ok(())
        });
        known.unwrap().then_some(cells)
    }

    #[test]
    fn each_field_finds_its_column_whatever_the_order() {
        let mut layout = Layout::default();
        let columns = ["a", "b", "c"];
        let column = |field: &str| columns.iter().position(|name| *name == field);
        let first = r#"{"id": 1, "a": 1, "b": 2}"#;
        assert_eq!(cells(&mut layout, first), None);
        layout.learn(first, column);
        let some = |cells: &[(usize, &str)]| {
            Some(cells.iter().map(|(place, raw)| (*place, (*raw).to_owned())).collect::<Vec<_>>())
        };
        assert_eq!(cells(&mut layout, first), some(&[(0, "1"), (1, "2")]));
        assert_eq!(cells(&mut layout, r#"{"b": 3, "a": 4, "id": 9}"#), some(&[(1, "3"), (0, "4")]));
        assert_eq!(cells(&mut layout, r#"{"b": 5}"#), some(&[(1, "5")]));
        assert_eq!(cells(&mut layout, r#"{"a": 6, "\u0061": 7, "a": 8}"#), some(&[(0, "6")]));
        assert_eq!(cells(&mut layout, r#"{"a": 6, "c": 7}"#), None);
        layout.learn(r#"{"c": 7, "ours": 0}"#, column);
        assert_eq!(cells(&mut layout, r#"{"ours": 1, "a": 6, "c": 7}"#), some(&[(0, "6"), (2, "7")]));
        assert_eq!(cells(&mut layout, r#"{"\ud800": 1, "a": 6}"#), some(&[(0, "6")]));
        assert_eq!(cells(&mut layout, "[1]"), some(&[]));
    }

    #[test]
    fn a_name_that_looks_like_an_escape_is_none() {
        let mut layout = Layout::default();
        // The first field reads as the second is written.
        let data = r#"{"\\u0061": 1, "\u0061": 2}"#;
        layout.learn(data, |field| [r"\u0061", "a"].iter().position(|name| *name == field));
        for _ in 0..2 {
            let read = cells(&mut layout, data).unwrap();
            assert_eq!(read, [(0, "1".to_owned()), (1, "2".to_owned())]);
        }
        assert_eq!(cells(&mut layout, r#"{"\u0061": 3}"#), Some(vec![(1, "3".to_owned())]));
    }

    #[test]
    fn endless_new_names_are_forgotten_again() {
        let mut layout = Layout::default();
        for n in 0..40 {
            let fields: Vec<String> = (0..1_000).map(|field| format!("\"f{n}_{field}\": 1")).collect();
            let data = format!("{{{}}}", fields.join(", "));
            layout.learn(&data, |_| None);
            assert_eq!(cells(&mut layout, &data), Some(Vec::new()));
            assert!(layout.fields.len() <= NAMES + 1_000 && layout.by_name.len() == layout.fields.len());
        }
    }
}
