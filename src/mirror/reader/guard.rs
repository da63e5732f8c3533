//! What keeps a reading connection from writing: an allow-list that SQLite asks for each part of each statement,
//! `query_only`, and limits. Once closed, the guard stays for the connection's life.

use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;
use rusqlite::{Connection, Result};

/// The longest value, in bytes: twice the bound on a page's body, so that every record can be read.
const LONGEST_VALUE: i32 = 256 << 20;

/// The most memory that SQLite may take while anybody's statements run, in bytes.
const HEAP: i64 = 1 << 30;

/// Pragmas that only tell. Those in the first list may have an argument (the name of a table, a number of errors).
const ASKING: [&str; 10] = [
    "table_info",
    "table_xinfo",
    "table_list",
    "index_list",
    "index_info",
    "index_xinfo",
    "foreign_key_list",
    "foreign_key_check",
    "integrity_check",
    "quick_check",
];
const TELLING: [&str; 15] = [
    "application_id",
    "collation_list",
    "compile_options",
    "data_version",
    "database_list",
    "encoding",
    "freelist_count",
    "function_list",
    "journal_mode",
    "module_list",
    "page_count",
    "page_size",
    "pragma_list",
    "schema_version",
    "user_version",
];
/// Functions that reach beyond the database, if some build has them.
const REACHING: [&str; 5] = ["load_extension", "fts3_tokenizer", "readfile", "writefile", "edit"];

/// Where SQLite sorts what is too much for its cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scratch {
    /// In memory: for statements of our own, whose size is known.
    Memory,
    /// In temporary files, which SQLite removes as it makes them: for statements of anybody. In memory a sort takes
    /// what it takes, and nobody can stop it in its midst.
    Files,
}

/// Closes the guard.
pub(super) fn close(connection: &mut Connection, scratch: Scratch) -> Result<()> {
    connection.pragma_update(None, "query_only", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    let store = if scratch == Scratch::Memory { "memory" } else { "file" };
    connection.pragma_update(None, "temp_store", store)?;
    if scratch == Scratch::Files {
        // For all of SQLite in this process: a statement of anybody fails before the machine does.
        connection.pragma_update(None, "hard_heap_limit", HEAP)?;
    }
    connection.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
    connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, LONGEST_VALUE)?;
    connection.authorizer(Some(authorize))
}

fn authorize(asked: AuthContext<'_>) -> Authorization {
    let allowed = match asked.action {
        AuthAction::Select | AuthAction::Read { .. } | AuthAction::Recursive => true,
        AuthAction::Function { function_name } => !listed(&REACHING, function_name),
        AuthAction::Pragma { pragma_name, pragma_value } => {
            listed(&ASKING, pragma_name) || (pragma_value.is_none() && listed(&TELLING, pragma_name))
        }
        _ => false,
    };
    if allowed { Authorization::Allow } else { Authorization::Deny }
}

fn listed(list: &[&str], name: &str) -> bool {
    list.iter().any(|listed| listed.eq_ignore_ascii_case(name))
}
