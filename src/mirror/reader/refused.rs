//! Why a statement cannot run, in words for whoever wrote it.

use super::super::MirrorError;
use super::Reader;
use crate::text::{nearest, visible};

/// What is said of a statement that would change something.
pub(super) const ONLY_READ: &str =
    "the mirror is only read here: no statement changes it, attaches a file or sets a pragma";

impl Reader {
    pub(super) fn query_error(&self, error: rusqlite::Error) -> MirrorError {
        use rusqlite::ErrorCode::{
            AuthorizationForStatementDenied, DatabaseCorrupt, NotADatabase, SystemIoFailure,
        };
        if let Some(DatabaseCorrupt | NotADatabase | SystemIoFailure) = error.sqlite_error_code() {
            return self.error(error);
        }
        // Where the authorizer refuses to write, the code says it and SQLite's words do not.
        if error.sqlite_error_code() == Some(AuthorizationForStatementDenied) && self.as_of.is_none() {
            return MirrorError::Query { reason: ONLY_READ.to_owned() };
        }
        let reason = match error {
            rusqlite::Error::MultipleStatement => "one statement at a time".to_owned(),
            // The statement itself is known to whoever wrote it; where in it, is not.
            rusqlite::Error::SqlInputError { msg, sql, offset, .. } => {
                let before = usize::try_from(offset).ok().and_then(|at| sql.get(..at));
                let place = before.map(|text| format!(" (at character {})", text.chars().count() + 1));
                self.told(&msg, &place.unwrap_or_default())
            }
            // What the guard of an earlier state lets nobody read.
            rusqlite::Error::SqliteFailure(_, Some(text))
                if self.as_of.is_some() && text.contains("prohibited") =>
            {
                "as of a session only the tables of the types can be read, by their plain names".to_owned()
            }
            // SQLite names no place for some mistakes: for a table that is not there, among others.
            rusqlite::Error::SqliteFailure(_, Some(text)) => self.told(&text, ""),
            other => visible(&other.to_string()).into_owned(),
        };
        MirrorError::Query { reason }
    }

    /// SQLite's words, where in the statement, and the name that may have been meant.
    fn told(&self, said: &str, place: &str) -> String {
        let near = self.near(said).map(|near| format!("; did you mean `{near}`?"));
        visible(&format!("{said}{place}{}", near.unwrap_or_default())).into_owned()
    }

    /// The name that somebody meant who wrote one that there is none of.
    fn near(&self, said: &str) -> Option<String> {
        let (what, name) = said.split_once(": ")?;
        let sql = match what {
            "no such column" => "SELECT name FROM _column UNION VALUES ('id'), ('revision'), ('data')",
            "no such table" => "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')",
            _ => return None,
        };
        // Where the catalogue cannot be read there is nothing to be offered.
        let mut statement = self.connection.prepare(sql).ok()?;
        let names = statement.query_map([], |row| row.get::<_, String>(0)).ok()?;
        let names: Vec<String> = names.filter_map(Result::ok).collect();
        let name = name.rsplit('.').next().unwrap_or(name);
        nearest(name, names.iter().map(String::as_str)).map(str::to_owned)
    }
}
