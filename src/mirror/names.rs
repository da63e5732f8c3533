//! How the service's names become SQL names. Pure.
//!
//! Tables: a type's table has its exact name. A type that cannot be a table of its name (empty, longer than
//! [`LONGEST`] bytes, with NUL, starting with `_` or `sqlite_`, equal but for case to a type met before) lives in
//! `_kind_N`, where N is its number in `_type`.
//!
//! Columns: a field's column has its exact name; `id` is the id column itself. A field whose name clashes with ours
//! (`revision`, `data`, anything with a leading `_`, `ID`), with SQLite's (`rowid`, `oid`) or, but for case, with a
//! field met before gets the suffix `_field` (`_field2`, `_field3` … where that is taken). The bare name goes to the
//! lower-case field, also when it comes later. Names that are empty, hold NUL or are longer than [`LONGEST`] bytes get
//! no column.

/// The longest name that becomes a table or a column, in bytes. Every open reads all of them.
pub(super) const LONGEST: usize = 255;
/// New columns from one record, at most.
pub(super) const COLUMNS_A_RECORD: usize = 200;
/// Columns of fields in one table, at most (SQLite's own bound is 2,000).
pub(super) const COLUMNS_A_TABLE: usize = 1_000;

/// Whether a type can be a table of its own name; twins are the caller's to see.
pub(super) fn can_be_table(kind: &str) -> bool {
    usable(kind) && !kind.starts_with('_') && !starts_with_ignore_case(kind, "sqlite_")
}

/// Whether a field can have a column at all.
pub(super) fn can_be_column(field: &str) -> bool {
    usable(field)
}

fn usable(name: &str) -> bool {
    !name.is_empty() && name.len() <= LONGEST && !name.contains('\0')
}

fn starts_with_ignore_case(name: &str, prefix: &str) -> bool {
    name.as_bytes().get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
}

/// Whether a field's name is one of ours or SQLite's, so that its column needs a suffix.
pub(super) fn is_ours(field: &str) -> bool {
    field.starts_with('_')
        || ["id", "revision", "data", "rowid", "oid"].iter().any(|ours| field.eq_ignore_ascii_case(ours))
}

/// Whether `field` is the lower-case one among its twins (SQLite folds ASCII only).
pub(super) fn is_lower(field: &str) -> bool {
    !field.bytes().any(|b| b.is_ascii_uppercase())
}

/// The column for a field whose bare name is not free: the first suffix for which `taken` says no.
pub(super) fn suffixed(field: &str, taken: impl Fn(&str) -> bool) -> String {
    let mut name = format!("{field}_field");
    let mut n = 1;
    while taken(&name) {
        n += 1;
        name = format!("{field}_field{n}");
    }
    name
}

/// A name as an SQL identifier.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text as an SQL literal.
pub(super) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A type's table with columns of these names. No affinity on `id`: 12 and '12' are two, and so are 2^53 and 2^53 + 1.
pub(super) fn table_definition(table: &str, columns: &[String]) -> String {
    let columns: Vec<String> = columns.iter().map(|name| format!(", {}", quoted(name))).collect();
    let columns = columns.concat();
    format!(
        "CREATE TABLE {} (id BLOB PRIMARY KEY NOT NULL, revision INTEGER, data TEXT NOT NULL, \
         _session INTEGER NOT NULL, _page INTEGER NOT NULL{columns})",
        quoted(table)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_that_cannot_be_a_table_of_their_name() {
        for kind in ["contact", "loss_reason", "select", "a\"b", "Ünïcode 💥", "with space"] {
            assert!(can_be_table(kind), "{kind}");
        }
        for kind in ["", "_outbox", "sqlite_master", "SQLite_x", "a\0b", &"x".repeat(256)] {
            assert!(!can_be_table(kind), "{kind}");
        }
    }

    #[test]
    fn a_clash_gets_the_first_free_suffix() {
        assert!(is_ours("ID") && is_ours("Data") && is_ours("_x") && !is_ours("ident"));
        assert_eq!(suffixed("data", |_| false), "data_field");
        assert_eq!(suffixed("data", |name| name == "data_field"), "data_field2");
    }

    #[test]
    fn hostile_names_are_quoted() {
        assert_eq!(quoted("a\"b"), "\"a\"\"b\"");
        assert_eq!(literal("a'b"), "'a''b'");
    }
}
