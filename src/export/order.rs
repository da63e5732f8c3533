//! What is asked for, and which types that means. Pure.

use std::path::PathBuf;

use super::ExportError;
use crate::mirror::dump::Subject;
use crate::mirror::filter::Filter;
use crate::spreadsheet::Formulas;
use crate::text::{nearest, visible};

/// Names that an error lists.
const LISTED: usize = 12;

/// The form of the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Lossless, a record a line.
    Ndjson,
    /// For spreadsheets and importers.
    Csv,
    /// For DuckDB, pandas and their like: typed columns.
    #[cfg(feature = "parquet")]
    Parquet,
}

impl Format {
    /// Its word, which is the extension of its files too.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ndjson => "ndjson",
            Self::Csv => "csv",
            #[cfg(feature = "parquet")]
            Self::Parquet => "parquet",
        }
    }

    /// Whether its columns have types, so that all values must be known before the first is written.
    pub(super) fn has_types(self) -> bool {
        !matches!(self, Self::Ndjson | Self::Csv)
    }
}

/// What to export, and where to.
#[derive(Debug, Clone)]
pub struct Order {
    /// The form of the files.
    pub format: Format,
    /// The folder; made where it is missing.
    pub folder: PathBuf,
    /// Whether files that are there may be replaced.
    pub force: bool,
    /// Only these types; empty for all.
    pub types: Vec<String>,
    /// Only records that it lets through.
    pub filter: Filter,
    /// Whether the names of what ids point to stand beside them.
    pub resolve: bool,
    /// Whether texts that a spreadsheet would run are disarmed (CSV).
    pub formulas: Formulas,
    /// Records a file, at most; none for one file a type.
    pub batch: Option<u64>,
}

impl Order {
    /// Whether deleted records and instructions without an id are exported too: a filter chooses among records alone.
    pub(super) fn wants_all_of_a_type(&self) -> bool {
        self.filter.is_empty()
    }

    /// Whether a type is asked for.
    pub(super) fn wants(&self, kind: &str) -> bool {
        self.types.is_empty() || self.types.iter().any(|wanted| wanted == kind)
    }

    /// The types that are asked for, of those that there are.
    pub(super) fn choose(&self, subjects: Vec<Subject>) -> Result<Vec<Subject>, ExportError> {
        for wanted in &self.types {
            if !subjects.iter().any(|subject| subject.name == *wanted) {
                let names: Vec<&str> = subjects.iter().map(|subject| subject.name.as_str()).collect();
                return Err(ExportError::UnknownType {
                    name: visible(wanted).into_owned(),
                    hint: hint(wanted, &names),
                });
            }
        }
        Ok(subjects.into_iter().filter(|subject| self.wants(&subject.name)).collect())
    }
}

/// What to write in place of a name that is none.
fn hint(wanted: &str, names: &[&str]) -> String {
    let lower = wanted.to_lowercase();
    match nearest(&lower, names.iter().copied()) {
        Some(name) => format!("did you mean {}?", visible(name)),
        None if names.is_empty() => "it has none yet: `drainboard sync` fills it".to_owned(),
        None => {
            let more = if names.len() > LISTED { ", …" } else { "" };
            let listed: Vec<_> = names.iter().take(LISTED).map(|name| visible(name)).collect();
            format!("it has {}{more}", listed.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_type_names_the_nearest_or_all() {
        let names = ["contact", "deal", "loss_reason"];
        assert_eq!(hint("contacts", &names), "did you mean contact?");
        assert_eq!(hint("Deal", &names), "did you mean deal?");
        assert_eq!(hint("lossreason", &names), "did you mean loss_reason?");
        assert_eq!(hint("xyz", &names), "it has contact, deal, loss_reason");
        assert!(hint("xyz", &[]).contains("drainboard sync"));
    }
}
