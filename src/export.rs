//! The mirror as files that other programs read: one file a type, and a manifest that proves them.
//!
//! Promises:
//! - All files are of one state of the mirror, whatever a synchronization writes meanwhile.
//! - Values come from `data`, the JSON as received, and never through a column of the mirror: a number keeps its
//!   digits.
//! - A folder gets all files or none: each is written under a temporary name in it and synced; only when all are there
//!   they get their names, the manifest last. What is interrupted or finds the disk full leaves the folder as it was.
//! - Whatever a type is called, its file has a name that every system takes (`files` says the rule).
//! - Folders and files are their user's alone.
//!
//! # NDJSON
//! The lossless form. A line is `{"type":"contact","revision":7,"data":{…}}`, `data` byte for byte as received; without
//! a revision where the service sent none. `drainboard serve --account` makes the same account of it. A line break
//! between the tokens of `data` would break the line, so there a space stands for it, and the text as received follows
//! as a JSON string in `raw` (which `serve` takes). Deleted records (`_deleted.ndjson`, `data` as it was last known, or
//! only its id) and instructions without an id (`_unkeyed.ndjson`) are written as items of a page are. In tables the
//! latter have a file for each type, `TYPE.unkeyed.csv`, with a column a field and the record in `_data`.
//!
//! # CSV
//! UTF-8, commas, a header, lines ended by LF. The columns are `id`, `revision` and the fields, under the names that
//! their columns have in the mirror. Texts are unescaped, numbers keep their digits, booleans are `true` and `false`,
//! arrays and nested objects are their JSON text. A field that is missing or null is empty, an empty text is `""`.
//! Fields without a column in the mirror (more than a thousand, names that cannot be one) stand in `_rest`, a JSON
//! object; of two fields with one name the first counts. A text that is no Unicode (a lone surrogate) is its JSON text.
//!
//! # Parquet
//! The columns of CSV, with types: INT64, DOUBLE or BOOLEAN where that holds every value of the column exactly, else
//! UTF-8 strings: a number that no type holds exactly is a string. `_data` has the JSON as received. Null is null.
//!
//! In reading order: `error`, `order` (what is asked for), `files` (names), `cell` and `layout` (a record's values),
//! `resolve` (names beside ids), `typing` (a column's type), `form` with `csv`, `ndjson` and `parquet` (rows into
//! bytes), `staging` (all or nothing), `manifest`, `series` (a table's files), `run` and `others` (the work), `check`
//! (is an export still what its manifest says); `kit` (everything at once), its `report`, and `parents` (in which order
//! to import).

mod cell;
mod check;
mod csv;
pub mod error;
mod files;
mod form;
mod kit;
mod layout;
pub mod manifest;
mod ndjson;
mod order;
mod others;
mod parents;
#[cfg(feature = "parquet")]
mod parquet;
pub mod report;
mod resolve;
mod run;
mod series;
mod staging;
mod typing;

pub use check::{Checked, Fault, check};
pub use error::ExportError;
pub use kit::kit;
pub use manifest::Manifest;
pub use order::{Format, Order};
pub use parents::{ImportOrder, Reference};
pub use report::Report;
pub use run::{Step, run};

/// Removes what this process has staged in a folder: for an end that cannot wait until the export hears of it.
pub fn sweep(folder: &std::path::Path) {
    staging::sweep_own(folder);
}
