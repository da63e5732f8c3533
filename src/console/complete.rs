//! Completion of SQL: keywords, tables and columns that begin like the word before the cursor. Pure: no parser, but a
//! look at the words, which is right nearly always and never in the way.

mod words;

use super::edit::Turn;
use words::{KEYWORDS, quoted, words};

/// A table with its columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its columns.
    pub columns: Vec<String>,
}

/// Something that the word may become.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// What is written, quoted where it must be.
    pub text: String,
    /// What it is: `keyword`, `table`, or the table of a column.
    pub what: String,
}

/// The candidates for the word before the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// What stands before the word.
    pub before: String,
    /// The word as it was typed.
    pub word: String,
    /// The candidates, likeliest first; never empty.
    pub candidates: Vec<Candidate>,
    /// Which one stands in the line; none while only their common beginning does.
    pub chosen: Option<usize>,
}

/// Candidates that are offered at the most.
const MOST: usize = 200;

/// Words behind which a table is named.
const TABLE_AFTER: [&str; 3] = ["from", "join", "into"];

/// What the word at the end of `before` may become; `after` is the rest of the line. None where nothing fits.
pub fn complete(before: &str, after: &str, tables: &[Table]) -> Option<Completion> {
    let (head, word) = split(before)?;
    let prefix = word.trim_start_matches('"').to_lowercase();
    let fits = |name: &str| name.to_lowercase().starts_with(&prefix);
    let mut found: Vec<Candidate> = Vec::new();
    let mut add = |text: String, what: &str| {
        if found.len() < MOST && !found.iter().any(|c| c.text == text) {
            found.push(Candidate { text, what: what.to_owned() });
        }
    };
    let named = named(&format!("{before}{after}"), tables);
    if let Some(owner) = qualifier(head) {
        let table = named.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(&owner)).map(|(_, t)| *t);
        let table = table.or_else(|| tables.iter().find(|t| t.name.eq_ignore_ascii_case(&owner)))?;
        for column in table.columns.iter().filter(|c| fits(c)) {
            add(quoted(column), &table.name);
        }
    } else if names_a_table(head) {
        for table in tables.iter().filter(|t| fits(&t.name)) {
            add(quoted(&table.name), "table");
        }
    } else {
        if word.is_empty() && head.trim().is_empty() {
            add("SELECT".to_owned(), "keyword");
        }
        for (_, table) in &named {
            for column in table.columns.iter().filter(|c| fits(c)) {
                add(quoted(column), &table.name);
            }
        }
        if !word.starts_with('"') && (!word.is_empty() || named.is_empty()) {
            for keyword in KEYWORDS.iter().filter(|k| fits(k)) {
                add((*keyword).to_owned(), "keyword");
            }
        }
        for table in tables.iter().filter(|t| fits(&t.name)) {
            add(quoted(&table.name), "table");
        }
        // Before FROM is written no table is named: then every column may be meant.
        if named.is_empty() && !word.is_empty() {
            for table in tables {
                for column in table.columns.iter().filter(|c| fits(c)) {
                    add(quoted(column), &table.name);
                }
            }
        }
    }
    let candidates = found;
    (!candidates.is_empty()).then(|| Completion {
        before: head.to_owned(),
        word: word.to_owned(),
        candidates,
        chosen: None,
    })
}

impl Completion {
    /// What stands before the cursor now.
    pub fn line(&self) -> String {
        let word = match self.chosen.and_then(|at| self.candidates.get(at)) {
            Some(candidate) => candidate.text.clone(),
            None => self.common(),
        };
        format!("{}{word}", self.before)
    }

    /// What was there before the completion.
    pub fn undone(&self) -> String {
        format!("{}{}", self.before, self.word)
    }

    /// To the next candidate, or the one before.
    pub fn turn(&mut self, turn: Turn) {
        let count = self.candidates.len();
        self.chosen = Some(match (self.chosen, turn) {
            (None, Turn::Next) => 0,
            (None, Turn::Before) => count - 1,
            (Some(at), Turn::Next) => (at + 1) % count,
            (Some(at), Turn::Before) => (at + count - 1) % count,
        });
    }

    /// Whether the common beginning of all candidates says more than the word does.
    pub fn grows(&self) -> bool {
        self.common().chars().count() > self.word.chars().count()
    }

    /// The common beginning of all candidates, in the typed word's own letters where it says no more.
    fn common(&self) -> String {
        let first = &self.candidates[0].text;
        let length = self.candidates[1..].iter().fold(first.chars().count(), |length, candidate| {
            let pairs = first.chars().zip(candidate.text.chars());
            length.min(pairs.take_while(|(a, b)| a.eq_ignore_ascii_case(b)).count())
        });
        if length <= self.word.chars().count() {
            self.word.clone()
        } else {
            first.chars().take(length).collect()
        }
    }
}

/// Before the word, and the word; none within a string.
fn split(before: &str) -> Option<(&str, &str)> {
    // Quotes toggle; a doubled one toggles twice.
    let (mut string, mut name) = (false, None);
    for (at, c) in before.char_indices() {
        match c {
            '\'' if name.is_none() => string = !string,
            '"' if !string => name = if name.is_some() { None } else { Some(at) },
            _ => {}
        }
    }
    if string {
        return None;
    }
    let start = name.unwrap_or_else(|| {
        let word = before.char_indices().rev().take_while(|(_, c)| c.is_alphanumeric() || *c == '_');
        word.last().map_or(before.len(), |(at, _)| at)
    });
    Some(before.split_at(start))
}

/// The table or alias before the word's point.
fn qualifier(head: &str) -> Option<String> {
    words(head.strip_suffix('.')?).pop()
}

/// Whether a table is named where `head` ends.
fn names_a_table(head: &str) -> bool {
    let listed = head.trim_end().ends_with(',');
    let mut words = words(head);
    let last = words.pop().map(|w| w.to_lowercase()).unwrap_or_default();
    if !listed {
        return head.ends_with(char::is_whitespace) && TABLE_AFTER.contains(&last.as_str());
    }
    // `FROM a, |`: nothing but names since the FROM.
    let clause = ["from", "where", "select", "by", "on", "having", "join"];
    let since = words.iter().rev().map(|w| w.to_lowercase()).find(|w| clause.contains(&w.as_str()));
    since.is_some_and(|w| w == "from")
}

/// The tables that a statement names, each by its alias too.
fn named<'a>(sql: &str, tables: &'a [Table]) -> Vec<(String, &'a Table)> {
    let words = words(sql);
    let mut out: Vec<(String, &Table)> = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let Some(table) = tables.iter().find(|t| t.name.eq_ignore_ascii_case(word)) else { continue };
        let before = at.checked_sub(1).and_then(|at| words.get(at)).map(|w| w.to_lowercase());
        // A column may have a table's name: a table stands behind FROM or JOIN, or behind another one.
        let follows = before.is_some_and(|b| TABLE_AFTER.contains(&b.as_str()));
        if !follows && out.is_empty() {
            continue;
        }
        let mut next = words.get(at + 1);
        if next.is_some_and(|w| w.eq_ignore_ascii_case("as")) {
            next = words.get(at + 2);
        }
        let keyword = |w: &str| KEYWORDS.iter().any(|k| k.split(' ').any(|k| k.eq_ignore_ascii_case(w)));
        let alias = next.filter(|w| !keyword(w) && !tables.iter().any(|t| &t.name == *w));
        if !out.iter().any(|(_, t)| t.name == table.name) || alias.is_some() {
            out.push((alias.unwrap_or(word).clone(), table));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tables() -> Vec<Table> {
        let table = |name: &str, columns: &[&str]| Table {
            name: name.into(),
            columns: columns.iter().map(|c| (*c).to_owned()).collect(),
        };
        vec![
            table("contact", &["id", "name", "email", "created_at", "group", "Größe"]),
            table("deal", &["id", "name", "contact_id"]),
            table("_session", &["no", "id"]),
        ]
    }

    fn texts(before: &str, after: &str) -> Vec<String> {
        let found = complete(before, after, &tables());
        found.map(|c| c.candidates.into_iter().map(|c| c.text).collect()).unwrap_or_default()
    }

    #[test]
    fn tables_stand_behind_from_and_join() {
        assert_eq!(texts("SELECT * FROM ", ""), ["contact", "deal", "_session"]);
        assert_eq!(texts("SELECT * FROM co", ""), ["contact"]);
        assert_eq!(texts("SELECT * FROM contact, d", ""), ["deal"]);
        assert_eq!(texts("SELECT * FROM contact c JOIN _s", ""), ["_session"]);
    }

    #[test]
    fn columns_are_those_of_the_tables_that_are_named() {
        assert_eq!(texts("SELECT em", " FROM contact"), ["email"]);
        assert_eq!(texts("SELECT * FROM deal WHERE contact_", ""), ["contact_id"]);
        assert_eq!(texts("SELECT d.", " FROM contact c JOIN deal AS d"), ["id", "name", "contact_id"]);
        assert_eq!(texts("SELECT contact.em", ""), ["email"]);
        assert_eq!(texts("SELECT x.", ""), [""; 0]);
    }

    #[test]
    fn what_is_no_plain_word_is_quoted() {
        assert_eq!(texts("SELECT contact.g", ""), ["\"group\"", "\"Größe\""]);
        assert_eq!(texts("SELECT contact.\"g", ""), ["\"group\"", "\"Größe\""]);
    }

    #[test]
    fn a_string_is_left_alone() {
        assert_eq!(texts("SELECT * FROM contact WHERE name = 'co", ""), [""; 0]);
        assert!(texts("SELECT * FROM contact WHERE name = 'it''s' AND em", "").contains(&"email".to_owned()));
    }

    #[test]
    fn turning_comes_round_and_goes_back_to_what_was_typed() {
        let mut found = complete("sel", "", &tables()).unwrap();
        assert_eq!((found.line().as_str(), found.grows()), ("SELECT", true));
        found = complete("SELECT * FROM ", "", &tables()).unwrap();
        assert_eq!(found.line(), "SELECT * FROM ");
        let mut seen = Vec::new();
        for _ in 0..4 {
            found.turn(Turn::Next);
            seen.push(found.line());
        }
        assert_eq!(seen[0], seen[3]);
        found.turn(Turn::Before);
        assert_eq!(found.line(), "SELECT * FROM _session");
        assert_eq!(found.undone(), "SELECT * FROM ");
    }
}
