//! What is remembered of how types are looked at, from one run to the next: columns, widths, order. The file's text,
//! read and written; pure.
//!
//! ```json
//! {"version":1,"types":{"contact":{"columns":[{"field":"name","width":24},{"field":"email"}],"frozen":1,
//!  "sort":{"by":{"field":"name"},"descending":true}}}}
//! ```
//!
//! The text is bounded: [`TYPES`] types of [`COLUMNS`] columns, [`BYTES`] in all. What is too much is not kept.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::mirror::find;

/// Types that are remembered.
pub const TYPES: usize = 500;
/// Columns of a type that are remembered.
pub const COLUMNS: usize = 200;
/// Bytes of the text.
pub const BYTES: usize = 1 << 20;

/// What is remembered, by type.
pub type Shelf = BTreeMap<String, Kept>;

/// How a type was looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// The columns that are shown, in their order; none where the user changed nothing in them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub columns: Option<Vec<Column>>,
    /// How many of them stay while the others are scrolled.
    #[serde(default)]
    pub frozen: usize,
    /// The order of the rows.
    #[serde(default)]
    pub sort: Sort,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// The field, as received.
    pub field: String,
    /// Its width, where the user has set it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<usize>,
}

/// The order of the rows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sort {
    by: By,
    #[serde(default)]
    descending: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum By {
    #[default]
    Id,
    Revision,
    Field(String),
}

impl From<find::Sort> for Sort {
    fn from(sort: find::Sort) -> Self {
        let by = match sort.by {
            find::SortBy::Id => By::Id,
            find::SortBy::Revision => By::Revision,
            find::SortBy::Field(field) => By::Field(field),
        };
        Self { by, descending: sort.descending }
    }
}

impl From<Sort> for find::Sort {
    fn from(sort: Sort) -> Self {
        let by = match sort.by {
            By::Id => find::SortBy::Id,
            By::Revision => find::SortBy::Revision,
            By::Field(field) => find::SortBy::Field(field),
        };
        Self { by, descending: sort.descending }
    }
}

#[derive(Serialize, Deserialize)]
struct File {
    version: u32,
    types: Shelf,
}

/// Reads the text.
///
/// # Errors
/// What is wrong with it, in a line.
pub fn read(text: &str) -> Result<Shelf, String> {
    let file: File = serde_json::from_str(text).map_err(|e| e.to_string())?;
    if file.version != 1 {
        return Err(format!("version {} is not known here", file.version));
    }
    Ok(file.types)
}

/// The text of `old` with `new` over it, within the bounds: what is new is kept first.
pub fn write(old: Shelf, new: &Shelf) -> String {
    let mut types = new.clone();
    let room = TYPES.saturating_sub(types.len());
    let older = old.into_iter().filter(|(kind, _)| !new.contains_key(kind));
    types.extend(older.take(room).collect::<Vec<_>>());
    for kept in types.values_mut() {
        if let Some(columns) = &mut kept.columns {
            columns.truncate(COLUMNS);
        }
    }
    let mut file = File { version: 1, types };
    loop {
        // Names, numbers and words always serialize.
        let text = serde_json::to_string(&file).unwrap_or_default();
        if text.len() <= BYTES || file.types.is_empty() {
            return text;
        }
        let old = file.types.keys().rev().find(|kind| !new.contains_key(*kind)).cloned();
        match old.or_else(|| file.types.keys().next_back().cloned()) {
            Some(kind) => drop(file.types.remove(&kind)),
            None => return text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(fields: &[&str]) -> Kept {
        let column = |f: &&str| Column { field: (*f).to_owned(), width: (f.len() > 3).then_some(9) };
        let sort = find::Sort { by: find::SortBy::Field("naïve\"name".into()), descending: true };
        Kept { columns: Some(fields.iter().map(column).collect()), frozen: 1, sort: sort.into() }
    }

    #[test]
    fn what_is_written_is_read_again_and_what_is_new_wins() {
        let one =
            Shelf::from([("contact".to_owned(), kept(&["name", "e"])), ("deal".to_owned(), kept(&["a"]))]);
        let two =
            Shelf::from([("deal".to_owned(), kept(&["b"])), ("odd \"type\"\n".to_owned(), Kept::default())]);
        let both = read(&write(one.clone(), &two)).unwrap();
        assert_eq!(both["contact"], one["contact"]);
        assert_eq!(both["deal"], two["deal"]);
        assert_eq!(both.len(), 3);
        let sort: find::Sort = both["deal"].sort.clone().into();
        assert_eq!(sort.by, find::SortBy::Field("naïve\"name".into()));
    }

    #[test]
    fn damage_is_told_and_the_text_is_bounded() {
        for text in
            ["", "{", "[]", r#"{"version":2,"types":{}}"#, r#"{"version":1,"types":{"a":{"frozen":-1}}}"#]
        {
            assert!(read(text).is_err(), "{text}");
        }
        let wide = "x".repeat(3_000);
        let many: Shelf = (0..TYPES * 2)
            .map(|n| (format!("type{n}"), kept(&vec![wide.as_str(); COLUMNS + 5])))
            .take(8)
            .collect();
        let new = Shelf::from([("zebra".to_owned(), kept(&["name"]))]);
        let text = write(many, &new);
        assert!(text.len() <= BYTES);
        let back = read(&text).unwrap();
        assert!(back.contains_key("zebra"));
        assert!(back.values().all(|k| k.columns.as_ref().is_none_or(|c| c.len() <= COLUMNS)));
        let thousand = (0..1_000).map(|n| (format!("type{n}"), Kept::default())).collect();
        assert_eq!(read(&write(thousand, &new)).unwrap().len(), TYPES);
    }
}
