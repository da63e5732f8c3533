//! `drainboard export` as it is written.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};

pub(super) const EXAMPLES: &str = "\
One file a type (contact.csv, deal.csv …), all of one state of the mirror, and
manifest.json: counts, revisions, columns and checksums. The folder gets all
files or none; deleted records (_deleted) and instructions without an id
(_unkeyed.ndjson, TYPE.unkeyed.csv) have files of their own. The mirror is only
read; no token is needed.

Examples:
  drainboard export --format ndjson --output sell      lossless
  drainboard export --format csv --output sell --resolve
  drainboard export --format csv --output won --types deal --where 'value>1000'
  drainboard export --all --output exit-kit --resolve --batch 5000
  drainboard export --check sell                       is it still what it was?

ndjson  a line is {\"type\":\"contact\",\"revision\":7,\"data\":{…}}, data byte for byte
csv     id, revision and a column a field. Numbers keep their digits, arrays and
        nested objects are their JSON text, null is empty and an empty text \"\".
parquet the same columns, typed where a type holds every value exactly, else
        text; and _data, the record as received. Times in UTC are TIMESTAMP,
        amounts with a point DECIMAL (texts too), where all of a column write
        their digits alike

--all leaves Sell: ndjson/, csv/, mirror.db, and report.md with what is missing,
what was not fetched, in which order to import, and the days left. The copy of
the mirror is the same device: synchronize with one of the two and never with
both.

--where takes what the console's Browse takes: city:\"New York\" rev>8
-status:lost word; one of several is city:(Austin|Boston), or one OR other.
A spreadsheet runs a text that begins with = + - @ (in full width too), TAB, CR,
LF or NUL; --csv-safe writes a ' before it, and so changes it.";

/// `drainboard export`
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch that somebody writes or not")]
pub(in crate::commands) struct Export {
    /// The form of the files
    #[arg(long, value_enum, required_unless_present_any = ["check", "all"])]
    pub(in crate::commands) format: Option<Form>,
    /// The folder, made where it is missing, that only you can enter
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, required_unless_present = "check")]
    pub(in crate::commands) output: Option<PathBuf>,
    /// The exit kit: NDJSON, CSV, a copy of the mirror, and a report on what is complete
    #[arg(long, conflicts_with_all = ["format", "types", "filter"])]
    pub(in crate::commands) all: bool,
    /// Only these types
    #[arg(long, value_name = "TYPE,…", value_delimiter = ',')]
    pub(in crate::commands) types: Vec<String>,
    /// Only records that this filter lets through
    #[arg(long = "where", value_name = "FILTER", requires = "types")]
    pub(in crate::commands) filter: Option<String>,
    /// The names of owners, stages, contacts … beside their ids (owner_id_name)
    #[arg(long)]
    pub(in crate::commands) resolve: bool,
    /// Records a file, at most, for importers: contact.0001.csv, contact.0002.csv …
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(in crate::commands) batch: Option<u64>,
    /// CSV for a spreadsheet: texts that begin like a formula get a ' before them
    #[arg(long)]
    pub(in crate::commands) csv_safe: bool,
    /// Replace an earlier export, and files of the same names
    #[arg(long)]
    pub(in crate::commands) force: bool,
    /// Prove an export: are its files still what its manifest says?
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    #[arg(conflicts_with_all = ["format", "output", "types", "filter", "resolve", "batch", "csv_safe", "force", "all"])]
    pub(in crate::commands) check: Option<PathBuf>,
    /// The summary as one line of JSON
    #[arg(long)]
    pub(in crate::commands) json: bool,
}

/// The form of the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::commands) enum Form {
    // No doc comments on these: they would stretch the help page.
    Csv,
    Ndjson,
    Parquet,
}
