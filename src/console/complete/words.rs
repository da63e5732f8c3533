//! SQL's words: those that are offered, those that cannot be a name, and a statement taken apart into them. Pure.

/// Words of SQLite's language that a reading statement uses.
pub(super) const KEYWORDS: [&str; 78] = [
    "SELECT",
    "FROM",
    "WHERE",
    "ORDER BY",
    "GROUP BY",
    "LIMIT",
    "JOIN",
    "ON",
    "AND",
    "OR",
    "NOT",
    "AS",
    "IN",
    "IS",
    "NULL",
    "LIKE",
    "BETWEEN",
    "DISTINCT",
    "COUNT",
    "LEFT JOIN",
    "HAVING",
    "DESC",
    "ASC",
    "CASE",
    "WHEN",
    "THEN",
    "ELSE",
    "END",
    "WITH",
    "UNION",
    "UNION ALL",
    "EXCEPT",
    "INTERSECT",
    "EXISTS",
    "OFFSET",
    "USING",
    "CROSS JOIN",
    "INNER JOIN",
    "FULL JOIN",
    "RECURSIVE",
    "CAST",
    "COLLATE",
    "NOCASE",
    "GLOB",
    "REGEXP",
    "OVER",
    "PARTITION BY",
    "VALUES",
    "ISNULL",
    "NOTNULL",
    "NULLS FIRST",
    "NULLS LAST",
    "EXPLAIN QUERY PLAN",
    "EXPLAIN",
    "PRAGMA",
    "SUM",
    "AVG",
    "MIN",
    "MAX",
    "TOTAL",
    "GROUP_CONCAT",
    "COALESCE",
    "IFNULL",
    "NULLIF",
    "LENGTH",
    "LOWER",
    "UPPER",
    "SUBSTR",
    "TRIM",
    "REPLACE",
    "INSTR",
    "ROUND",
    "ABS",
    "DATE",
    "DATETIME",
    "STRFTIME",
    "JSON_EXTRACT",
    "JSON_EACH",
];
/// The words and quoted names of a statement, without its strings.
pub(super) fn words(sql: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut rest = sql.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\'' => {
                rest.by_ref().take_while(|c| *c != '\'').for_each(drop);
            }
            '"' => out.push(rest.by_ref().take_while(|c| *c != '"').collect()),
            c if c.is_alphanumeric() || c == '_' => {
                let mut word = String::from(c);
                while let Some(c) = rest.next_if(|c| c.is_alphanumeric() || *c == '_') {
                    word.push(c);
                }
                out.push(word);
            }
            _ => {}
        }
    }
    out
}

/// A name as SQL takes it: bare where it is a plain word and no keyword.
pub(super) fn quoted(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let keyword = RESERVED.iter().any(|k| k.eq_ignore_ascii_case(name));
    if plain && !keyword { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// Words that cannot be a bare name.
const RESERVED: [&str; 60] = [
    "add",
    "all",
    "alter",
    "and",
    "as",
    "autoincrement",
    "between",
    "case",
    "check",
    "collate",
    "commit",
    "constraint",
    "create",
    "default",
    "deferrable",
    "delete",
    "distinct",
    "drop",
    "else",
    "escape",
    "except",
    "exists",
    "foreign",
    "from",
    "group",
    "having",
    "in",
    "index",
    "insert",
    "intersect",
    "into",
    "is",
    "isnull",
    "join",
    "limit",
    "not",
    "notnull",
    "null",
    "on",
    "or",
    "order",
    "primary",
    "references",
    "returning",
    "select",
    "set",
    "table",
    "then",
    "to",
    "transaction",
    "union",
    "unique",
    "update",
    "using",
    "values",
    "when",
    "where",
    "cross",
    "left",
    "natural",
];
