//! The columns of a type's table, and a record's values for them. Pure, but for the names that somebody looks up.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::cell::Cell;
use super::manifest::ColumnNote;
use super::order::Format;
use super::resolve::Names;
use super::typing::{Guess, Kind};
use crate::mirror::MirrorError;
use crate::mirror::dump::{Instruction, Subject};
use crate::protocol::record;

/// The column for the fields that have none.
const REST: &str = "_rest";
/// The column with the whole record, in forms whose types cannot say all.
pub(super) const DATA: &str = "_data";

/// Columns of fields in a table of instructions, at most; as many as a table of the mirror has.
pub(super) const FIELDS: usize = 1_000;
/// The longest name of a field that is a column's, in bytes; longer ones are shortened.
const LONGEST: usize = 255;

/// The columns of a table.
#[derive(Debug)]
pub(super) struct Layout {
    kind: String,
    /// Name and origin of each.
    columns: Vec<(String, From)>,
    /// The type of each, for forms that have types.
    kinds: Vec<Kind>,
    /// Where a field's value goes.
    places: HashMap<String, usize>,
    /// Where the fields without a column go.
    rest: Option<usize>,
}

/// Where a column's values come from.
#[derive(Debug, Clone, PartialEq, Eq)]
enum From {
    Id,
    Revision,
    Field(String),
    /// The name of what the field in that column points to.
    NameOf(usize),
    Rest,
    Data,
    /// What only some tables of ours have.
    Own(&'static str),
}

impl Layout {
    /// The columns for a type. Those of references have one for names beside them, where `names` are wanted.
    pub(super) fn of(subject: &Subject, names: Option<&Names<'_>>, format: Format) -> Self {
        let front = vec![("id".to_owned(), From::Id), ("revision".to_owned(), From::Revision)];
        let fields: Vec<_> =
            subject.columns.iter().map(|column| (column.name.clone(), column.field.clone())).collect();
        let mut layout = Self::new(&subject.name, front, &fields, names);
        layout.places.insert("id".to_owned(), 0);
        layout.behind(subject.more_fields, format.has_types());
        layout
    }

    /// The columns for a type's instructions; what only those have stands in front ([`Layout::say`]).
    pub(super) fn instructions(kind: &str, fields: &[String], more: bool, names: Option<&Names<'_>>) -> Self {
        let front: Vec<_> = [
            ("ack_key", From::Own("the instruction's key")),
            ("event_type", From::Own("what it says happened")),
            ("revision", From::Revision),
            ("session", From::Own("the session that brought it")),
        ]
        .map(|(name, from)| (name.to_owned(), from))
        .into();
        let mut taken: HashSet<String> = front.iter().map(|(name, _)| name.clone()).collect();
        let fields: Vec<_> =
            fields.iter().map(|field| (free(&fit(field), &mut taken), field.clone())).collect();
        let mut layout = Self::new(kind, front, &fields, names);
        layout.behind(more, true);
        layout
    }

    /// Says what only instructions have.
    pub(super) fn say<'c>(cells: &mut [Cell<'c>], instruction: &'c Instruction) {
        if let [key, event, _, session, ..] = cells {
            *key = instruction.ack_key.as_deref().map_or(Cell::Null, Cell::text);
            *event = Cell::text(&instruction.event);
            *session = Cell::integer(instruction.session);
        }
    }

    fn new(
        kind: &str,
        front: Vec<(String, From)>,
        fields: &[(String, String)],
        names: Option<&Names<'_>>,
    ) -> Self {
        let mut columns = front;
        let mut places = HashMap::new();
        let own = columns.iter().map(|(name, _)| name.to_lowercase());
        let mut taken: HashSet<String> =
            own.chain(fields.iter().map(|(name, _)| name.to_lowercase())).collect();
        for (name, field) in fields {
            let at = columns.len();
            places.insert(field.clone(), at);
            columns.push((name.clone(), From::Field(field.clone())));
            if names.is_some_and(|names| names.points(kind, field)) {
                columns.push((free(&format!("{name}_name"), &mut taken), From::NameOf(at)));
            }
        }
        Self { kind: kind.to_owned(), columns, kinds: Vec::new(), places, rest: None }
    }

    /// Adds the columns behind the fields.
    fn behind(&mut self, rest: bool, data: bool) {
        if rest {
            self.rest = Some(self.columns.len());
            self.columns.push((REST.to_owned(), From::Rest));
        }
        if data {
            self.columns.push((DATA.to_owned(), From::Data));
        }
        self.kinds = vec![Kind::Text; self.columns.len()];
    }

    /// A table of ours with these columns; each with what it holds, and its type.
    pub(super) fn own(columns: &[(&'static str, &'static str, Kind)]) -> Self {
        let kinds = columns.iter().map(|(.., kind)| *kind).collect();
        let columns = columns.iter().map(|(name, from, _)| ((*name).to_owned(), From::Own(from))).collect();
        Self { kind: String::new(), columns, kinds, places: HashMap::new(), rest: None }
    }

    /// Chooses the types by what was seen of each column's values.
    pub(super) fn decide(&mut self, guesses: &[Guess]) {
        self.kinds = guesses.iter().map(|guess| guess.kind()).collect();
    }

    /// How many columns there are.
    pub(super) fn width(&self) -> usize {
        self.columns.len()
    }

    /// The type of the records; empty for tables of ours.
    #[cfg(feature = "parquet")]
    pub(super) fn kind(&self) -> &str {
        &self.kind
    }

    /// The columns with their types.
    #[cfg(feature = "parquet")]
    pub(super) fn typed(&self) -> impl Iterator<Item = (&str, Kind)> {
        self.names().zip(self.kinds.iter().copied())
    }

    /// The names of the columns.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|(name, _)| name.as_str())
    }

    /// The fields that have names beside them, with the cells of the names; nothing where there are no cells.
    pub(super) fn named<'c>(
        &'c self,
        cells: &'c [Cell<'c>],
    ) -> impl Iterator<Item = (&'c str, &'c Cell<'c>)> {
        self.columns.iter().zip(cells).filter_map(|((_, from), cell)| match from {
            From::NameOf(of) => match &self.columns[*of].1 {
                From::Field(field) => Some((field.as_str(), cell)),
                _ => None,
            },
            _ => None,
        })
    }

    /// What the manifest says of the columns.
    pub(super) fn notes(&self, format: Format) -> Vec<ColumnNote> {
        let note = |((name, from), kind): (&(String, From), &Kind)| ColumnNote {
            name: name.clone(),
            from: match from {
                From::Id => "data.id".to_owned(),
                From::Revision => "the revision of the instruction that brought the record".to_owned(),
                From::Field(field) => format!("data.{field}"),
                From::NameOf(at) => format!("the name of what {} points to", self.columns[*at].0),
                From::Rest => "the fields of data that have no column, a JSON object".to_owned(),
                From::Data => "data, the JSON as received".to_owned(),
                From::Own(what) => (*what).to_owned(),
            },
            kind: format.has_types().then(|| kind.word().into_owned()),
        };
        self.columns.iter().zip(&self.kinds).map(note).collect()
    }

    /// A record's values, one for each column.
    pub(super) fn cells<'d>(
        &self,
        revision: Option<i64>,
        data: &'d str,
        names: Option<&mut Names<'_>>,
    ) -> Result<Vec<Cell<'d>>, MirrorError> {
        let mut raw: Vec<Option<&'d str>> = vec![None; self.columns.len()];
        let mut rest = String::new();
        record::each_field(data, |field, value| match self.places.get(field) {
            Some(place) => {
                raw[*place].get_or_insert(value);
            }
            None if self.rest.is_some() => {
                rest.push(if rest.is_empty() { '{' } else { ',' });
                rest.push_str(&serde_json::Value::from(field).to_string());
                rest.push(':');
                rest.push_str(value);
            }
            None => {}
        });
        let mut names = names;
        let mut cells = Vec::with_capacity(self.columns.len());
        for (at, (_, from)) in self.columns.iter().enumerate() {
            cells.push(match from {
                From::Revision => revision.map_or(Cell::Null, Cell::integer),
                From::NameOf(of) => match (&mut names, raw[*of], &self.columns[*of].1) {
                    (Some(names), Some(raw), From::Field(field)) => {
                        names.cell(&self.kind, field, raw, data)?
                    }
                    _ => Cell::Null,
                },
                From::Rest if !rest.is_empty() => {
                    rest.push('}');
                    Cell::Text(Cow::Owned(std::mem::take(&mut rest)))
                }
                From::Data => Cell::Nested(data),
                _ => raw[at].map_or(Cell::Null, Cell::from_json),
            });
        }
        Ok(cells)
    }
}

/// A field's name as a column's: neither empty, endless, nor one of ours.
fn fit(field: &str) -> String {
    let end = (0..=LONGEST.min(field.len())).rev().find(|at| field.is_char_boundary(*at)).unwrap_or(0);
    match &field[..end] {
        "" => "empty_field".to_owned(),
        name if name.starts_with('_') => format!("{name}_field"),
        name => name.to_owned(),
    }
}

/// A name that no column has, but for case.
fn free(name: &str, taken: &mut HashSet<String>) -> String {
    let mut free = name.to_owned();
    let mut n = 1;
    while !taken.insert(free.to_lowercase()) {
        n += 1;
        free = format!("{name}{n}");
    }
    free
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mirror::reader::Column;

    fn subject(fields: &[(&str, &str)], more_fields: bool) -> Subject {
        let column = |(name, field): &(&str, &str)| Column { name: (*name).into(), field: (*field).into() };
        let columns = fields.iter().map(column).collect();
        Subject { no: 1, name: "contact".into(), table: "contact".into(), rows: 1, columns, more_fields }
    }

    #[test]
    fn values_stand_under_their_columns_and_nothing_is_left_out() {
        let subject = subject(&[("name", "name"), ("Name_field", "Name"), ("gone", "gone")], true);
        let layout = Layout::of(&subject, None, Format::Csv);
        let data = r#"{"Name": "B", "id": "x", "odd\u0000": [1], "name": 1.10, "name": 2, "": null}"#;
        let cells = layout.cells(Some(7), data, None).unwrap();
        let expected = [
            Cell::text("x"),
            Cell::integer(7),
            Cell::Number("1.10".into()),
            Cell::text("B"),
            Cell::Null,
            Cell::text(r#"{"odd\u0000":[1],"":null}"#),
        ];
        assert_eq!(cells, expected);
        assert_eq!(
            layout.names().collect::<Vec<_>>(),
            ["id", "revision", "name", "Name_field", "gone", "_rest"]
        );
    }

    #[test]
    fn a_name_for_names_is_free() {
        let mut taken = HashSet::from(["owner_id_name".to_owned()]);
        assert_eq!(free("owner_id_name", &mut taken), "owner_id_name2");
        assert_eq!(free("owner_id_name", &mut taken), "owner_id_name3");
    }
}
