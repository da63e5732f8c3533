//! `drainboard query` as it is written.

use clap::Args;

pub(super) const EXAMPLES: &str = "\
Examples:
  drainboard query 'SELECT count(*) FROM contact'
  drainboard query --csv 'SELECT id, name, email FROM contact' > contacts.csv
  drainboard query --json 'SELECT id, data FROM deal' | jq -r .data
  drainboard query --as-of 3 'SELECT stage_id, count(*) FROM deal GROUP BY 1'

One table a type (contact, deal, note …), one column a field, beside id,
revision and data (the JSON as received). NULL is NULL in the table, empty in
CSV and null in JSON; bytes are written in hexadecimal.

As of a session the tables of the types are as they were after it (_page is NULL
where a row has changed since); nothing else can be read then. What the mirror
cannot tell any more is refused.

A spreadsheet runs a text that begins with = + - @ (in full width too), TAB, CR,
LF or NUL as a formula, quoted or not. --csv-safe writes a ' before such texts
and column names. It costs exactness: \"+48 22 123\" becomes \"'+48 22 123\" for
whoever reads the file. Numbers stay as they are. Without it, and with --json,
every value is exact.";

/// `drainboard query`
#[derive(Debug, Args)]
pub(in crate::commands) struct Query {
    /// One statement that reads
    pub(in crate::commands) sql: String,
    /// Comma-separated, with a header
    #[arg(long, conflicts_with = "json")]
    pub(in crate::commands) csv: bool,
    /// CSV for a spreadsheet: texts that begin like a formula get a ' before them (see below)
    #[arg(long, requires = "csv")]
    pub(in crate::commands) csv_safe: bool,
    /// One JSON object a line
    #[arg(long)]
    pub(in crate::commands) json: bool,
    /// The tables as they were after this session (`drainboard status` and screen 6 list them)
    #[arg(long, value_name = "SESSION")]
    pub(in crate::commands) as_of: Option<i64>,
}
