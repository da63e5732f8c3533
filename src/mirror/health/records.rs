//! Is each record what its `data` says? The data is JSON of that id, the revision a number or none, and the columns
//! that queries and filters go by show its fields.

use rusqlite::Row;
use rusqlite::types::ValueRef;
use serde::de::IgnoredAny;

use super::Fault;
use crate::mirror::cells::Cell;
use crate::mirror::layout::Layout;
use crate::mirror::names::quoted;
use crate::mirror::reader::{Kind, record_id};
use crate::mirror::{MirrorError, Reader};
use crate::protocol::{RecordId, record, walk};
use crate::text::{counted, visible};

/// What can be wrong with a record, in the order of reports.
const WRONG: [&str; 4] = [
    "whose data is no JSON",
    "whose data is of another id",
    "whose revision is no number",
    "whose columns do not show their data",
];

/// Columns of the statement before the fields'.
const FIXED: usize = 3;

/// Reads every record once.
pub(super) fn look(reader: &Reader, faults: &mut Vec<Fault>) -> Result<(), MirrorError> {
    for kind in reader.kinds()? {
        let found = of(reader, &kind)?;
        for (wrong, (count, first)) in WRONG.iter().zip(found) {
            if let Some(first) = first {
                let (records, first) = (counted(count, "record"), first.to_string());
                let kind = visible(&kind.name).into_owned();
                faults.push(Fault(format!("{kind}: {records} {wrong}, the first is {}", visible(&first))));
            }
        }
    }
    Ok(())
}

/// For each way to be wrong: how many records are, and the first of them.
fn of(reader: &Reader, kind: &Kind) -> Result<[(u64, Option<RecordId>); WRONG.len()], MirrorError> {
    let say = |e| reader.error(e);
    let columns = reader.columns(&kind.name)?;
    let fixed = ["id", "revision", "data"].map(str::to_owned);
    let list: Vec<_> = fixed.into_iter().chain(columns.iter().map(|column| quoted(&column.name))).collect();
    let sql = format!("SELECT {} FROM {}", list.join(", "), quoted(&kind.table));
    let mut rows = reader.connection.prepare(&sql).map_err(say)?;
    let mut rows = rows.query([]).map_err(say)?;
    let mut shown = Shown::new(columns.into_iter().map(|column| column.field).collect());
    let mut found: [(u64, Option<RecordId>); WRONG.len()] = Default::default();
    while let Some(row) = rows.next().map_err(say)? {
        let id = row.get_ref(0).and_then(record_id).map_err(say)?;
        if let Some(wrong) = wrong(row, &id, &mut shown).map_err(say)? {
            let (count, first) = &mut found[wrong];
            *count += 1;
            first.get_or_insert(id);
        }
    }
    Ok(found)
}

/// What is wrong with a row, as its place in [`WRONG`].
fn wrong(row: &Row<'_>, id: &RecordId, shown: &mut Shown) -> rusqlite::Result<Option<usize>> {
    let data = match row.get_ref(2)? {
        ValueRef::Text(data) => std::str::from_utf8(data).ok(),
        _ => None,
    };
    // However deep it is: nothing is built, and nothing is called for each level.
    let Some(data) = data.filter(|data| serde_json::from_str::<IgnoredAny>(data).is_ok()) else {
        return Ok(Some(0));
    };
    if record::id(data).as_ref() != Some(id) {
        return Ok(Some(1));
    }
    if !matches!(row.get_ref(1)?, ValueRef::Integer(_) | ValueRef::Null) {
        return Ok(Some(2));
    }
    Ok((!shown.by(row, data)?).then_some(3))
}

/// The columns of a type, beside the fields that they show.
struct Shown {
    fields: Vec<String>,
    layout: Layout,
    /// The columns that the record in hand has a field for.
    filled: Vec<bool>,
}

impl Shown {
    fn new(fields: Vec<String>) -> Self {
        Self { filled: vec![false; fields.len()], fields, layout: Layout::default() }
    }

    /// Whether the columns of a row are its data's: those of fields that it does not have are NULL.
    fn by(&mut self, row: &Row<'_>, data: &str) -> rusqlite::Result<bool> {
        let mut same = true;
        if !self.compare(row, data, &mut same)? {
            let fields = &self.fields;
            self.layout.learn(data, |field| fields.iter().position(|known| known == field));
            same = true;
            self.compare(row, data, &mut same)?;
        }
        for (column, filled) in self.filled.iter().enumerate() {
            same &= *filled || matches!(row.get_ref(FIXED + column)?, ValueRef::Null);
        }
        Ok(same)
    }

    /// False, half way, at a field that was never learnt.
    fn compare(&mut self, row: &Row<'_>, data: &str, same: &mut bool) -> rusqlite::Result<bool> {
        let Self { layout, filled, .. } = self;
        filled.fill(false);
        layout.each_cell(data, walk::fields(data.as_bytes()), |column, raw| {
            filled[column] = true;
            *same &= Cell::from_json(raw).is(row.get_ref(FIXED + column)?);
            Ok(())
        })
    }
}
