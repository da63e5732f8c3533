//! What keeps a file from being TOML, in words for who wrote it: the place, the key, what to write. Pure.
//!
//! Promise: a value is never repeated, nor a key that is longer than keys are: either may be a token in the wrong place.

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The line, from 1.
    pub line: usize,
    /// The character in it, from 1.
    pub column: usize,
    /// In words.
    pub what: String,
}

/// Keys are shorter than this.
const LONGEST: usize = 31;

/// What a parser said of `source` at the byte `at`, for people.
pub fn broken(source: &str, at: usize, message: &str) -> Broken {
    let at = source.floor_char_boundary(at);
    let (before, behind) = source.split_at(at);
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let end = behind.find('\n').map_or(source.len(), |newline| at + newline);
    Broken {
        line: 1 + before.matches('\n').count(),
        column: 1 + before[start..].chars().count(),
        what: words(&source[start..end], message),
    }
}

/// The key that a line sets, or the table that it begins.
fn key(line: &str) -> Option<&str> {
    let line = line.trim();
    let key = match line.split_once('=') {
        Some((key, _)) => key.trim(),
        None if line.starts_with('[') => line,
        None => return None,
    };
    (!key.is_empty() && key.chars().count() <= LONGEST && !key.chars().any(char::is_control)).then_some(key)
}

fn words(line: &str, message: &str) -> String {
    let key = key(line);
    let named = key.map_or_else(|| "a key".to_owned(), |key| format!("`{key}`"));
    // What else could stand there is the parser's language.
    let what = match message.split(", expected").next().unwrap_or_default() {
        "string values must be quoted" => {
            let value = line.split_once('=').map_or("", |(_, value)| value).trim();
            if line.chars().any(|c| c.is_control() && c != '\t' && c != '\r') {
                return format!("{named}: a character that cannot be seen stands in this line; take it out");
            }
            if value.is_empty() || value.starts_with('#') {
                return format!("{named} has no value; a setting is written KEY = VALUE");
            }
            let number = value.split_whitespace().next().unwrap_or_default();
            if number.len() < value.len() && number.parse::<f64>().is_ok() {
                return format!("{named}: {BEHIND}");
            }
            return format!("a text stands in quotes: {} = \"…\"", key.unwrap_or("KEY"));
        }
        duplicate if duplicate.starts_with("duplicate key") => {
            return format!("{named} stands there twice; keep one");
        }
        "key with no value" | "missing value" | "missing value for key" => {
            return format!("{named} has no value; a setting is written KEY = VALUE");
        }
        "unexpected key or value" => BEHIND.to_owned(),
        "invalid basic string" | "invalid literal string" => {
            "the quotes are not closed in this line, or a single \\ stands between them (it is written twice)"
                .to_owned()
        }
        other if other.starts_with("invalid type: ") || other.starts_with("invalid value: ") => {
            format!("{} is wanted there", wanted(message))
        }
        what => what.replace('\n', " "),
    };
    match key {
        Some(key) => format!("`{key}`: {what}"),
        None => what,
    }
}

const BEHIND: &str = "something stands behind the value; a setting is a line of its own";

/// What a reader of types expected, in words.
fn wanted(message: &str) -> &'static str {
    let (_, expected) = message.split_once(", expected ").unwrap_or_default();
    match expected.split_whitespace().next().unwrap_or_default() {
        "a" if expected.contains("string") => "a text in quotes",
        "a" if expected.contains("boolean") => "true or false, without quotes",
        "a" if expected.contains("sequence") => "a list in brackets",
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number, 0 or more,",
        "i32" | "i64" => "a whole number",
        "struct" => "a table, like { create = 5 },",
        _ => "a value of another kind",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_is_told_with_its_place_and_key() {
        let source = "rate = 1\ntheme = dark\n";
        let told = broken(source, 17, "string values must be quoted, expected literal string");
        assert_eq!((told.line, told.column), (2, 9));
        assert_eq!(told.what, "a text stands in quotes: theme = \"…\"");
        assert_eq!(broken("a = 1\na = 2", 6, "duplicate key").what, "`a` stands there twice; keep one");
        assert_eq!(broken("[p.x]\n[p.x]", 9, "duplicate key").what, "`[p.x]` stands there twice; keep one");
        assert_eq!(broken("a = \"x", 6, "unclosed\nthing").what, "`a`: unclosed thing");
    }

    #[test]
    fn what_to_write_instead_fits_the_value() {
        let told = |source: &str, message: &str| broken(source, source.len(), message).what;
        let quoted = "string values must be quoted, expected literal string";
        assert_eq!(told("rate =", quoted), "`rate` has no value; a setting is written KEY = VALUE");
        assert_eq!(told("rate = 5 6", quoted), format!("`rate`: {BEHIND}"));
        assert_eq!(told("watch = 5m", quoted), "a text stands in quotes: watch = \"…\"");
        assert!(told("rate = \0", quoted).starts_with("`rate`: a character that cannot be seen"));
        assert!(told("theme = \"dark", "invalid basic string, expected `\"`").contains("not closed"));
        assert_eq!(
            told("rate = -5", "invalid value: integer `-5`, expected u32"),
            "`rate`: a whole number, 0 or more, is wanted there"
        );
        assert_eq!(
            told("after = 3", "invalid type: integer `3`, expected a string"),
            "`after`: a text in quotes is wanted there"
        );
    }

    #[test]
    fn nothing_that_could_be_a_token_is_repeated() {
        let token = "0123456789abcdefghijklmnopqrstuvwxyz";
        for source in [format!("token = {token}"), token.to_owned(), format!("{token} = x")] {
            let told = broken(&source, source.len(), "string values must be quoted, expected literal string");
            assert!(!told.what.contains(token), "{told:?}");
        }
        // A place inside of a character, or behind the end, is none.
        assert_eq!(broken("κ", 1, "odd").column, 1);
        assert_eq!(broken("", 9, "odd").line, 1);
    }
}
