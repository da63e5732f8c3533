//! The palette: every action that means something here, found by a few letters of its name or of what it does.

use super::action::{ACTIONS, Action, Entry, Scope};
use super::edit::Line;

/// What is typed and chosen.
#[derive(Debug, Clone, Default)]
pub struct Palette {
    /// What is searched.
    pub line: Line,
    /// Which of the found is chosen.
    pub chosen: usize,
}

impl Palette {
    /// The actions that fit what is typed, best first; of these `scopes`, and of what is offered.
    pub fn found(&self, scopes: &[Scope], offers: impl Fn(Action) -> bool) -> Vec<&'static Entry> {
        let wanted = self.line.text().trim().to_lowercase();
        let mut found: Vec<_> = ACTIONS
            .iter()
            .filter(|e| e.scopes.iter().any(|s| scopes.contains(s)) && offered(e.action) && offers(e.action))
            .filter_map(|e| Some((score(&wanted, e)?, e)))
            .collect();
        // Stable: what fits alike stays in the order of the table, the screen's own actions first.
        let place = |e: &Entry| scopes.iter().position(|s| e.scopes.contains(s));
        found.sort_by_key(|(score, e)| (std::cmp::Reverse(*score), place(e)));
        found.into_iter().map(|(_, e)| e).collect()
    }
}

/// Whether the palette is a way to an action.
fn offered(action: Action) -> bool {
    !matches!(action, Action::Palette | Action::Choose | Action::Yes | Action::No | Action::Text(_))
}

/// How well an entry fits: by its name, its words in the footer, or what the help says of it.
fn score(wanted: &str, entry: &Entry) -> Option<i64> {
    let by_name = fit(wanted, entry.name).map(|s| s + 20);
    let by_short = fit(wanted, entry.short).map(|s| s + 20);
    // A sentence has all letters somewhere: there the words count as they are typed.
    let help = entry.help.to_lowercase();
    let by_help = help.contains(wanted).then(|| fit(wanted, &help)).flatten();
    by_name.max(by_short).max(by_help)
}

/// Whether the letters of `wanted` come in `text` in this order, and how well: at the start, at the start of words and
/// side by side count more, letters left out between them less. Spaces in `wanted` are ignored.
pub fn fit(wanted: &str, text: &str) -> Option<i64> {
    let text: Vec<char> = text.to_lowercase().chars().collect();
    let wanted: Vec<char> = wanted.chars().filter(|c| !c.is_whitespace()).collect();
    if wanted.is_empty() {
        return Some(0);
    }
    // Every place where the first letter stands may begin the best fit.
    (0..text.len()).filter(|at| text[*at] == wanted[0]).filter_map(|at| from(&wanted, &text, at)).max()
}

/// The score of the fit that begins at `start`.
fn from(wanted: &[char], text: &[char], start: usize) -> Option<i64> {
    let mut score = -(start as i64).min(10);
    let mut last = None;
    let mut at = start;
    for letter in wanted {
        at += text[at..].iter().position(|c| c == letter)?;
        let begins = at == 0 || !text[at - 1].is_alphanumeric();
        score += 10 + if begins { 15 } else { 0 };
        match last {
            Some(last) if last + 1 == at => score += 12,
            Some(last) => score -= ((at - last) as i64).min(8),
            None => {}
        }
        last = Some(at);
        at += 1;
    }
    // Of two that fit alike the shorter one was meant.
    Some(score - (text.len() as i64) / 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(wanted: &str) -> Vec<&'static str> {
        let mut palette = Palette::default();
        palette.line.insert(wanted);
        palette.found(&[Scope::Sync, Scope::Global], |_| true).iter().map(|e| e.name).collect()
    }

    #[test]
    fn what_was_meant_comes_first() {
        for (wanted, first) in [
            ("sync", "sync"),
            ("pau", "pause"),
            ("sa", "send-acks"),
            ("send acks", "send-acks"),
            ("brow", "show-browse"),
            ("hist", "show-history"),
            ("sql", "show-sql"),
            ("qu", "quit"),
            ("PGDN", "page-down"),
        ] {
            let found = names(wanted);
            if wanted == "PGDN" {
                assert!(found.contains(&first), "{wanted}: {found:?}");
            } else {
                assert_eq!(found.first(), Some(&first), "{wanted}: {found:?}");
            }
        }
        assert_eq!(names("zzzz"), [""; 0]);
    }

    #[test]
    fn with_nothing_typed_all_of_them_are_there_once() {
        let all = names("");
        let mut once = all.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), all.len());
        assert!(all.starts_with(&["sync"]) && all.contains(&"quit") && !all.contains(&"open"));
    }

    #[test]
    fn letters_side_by_side_and_at_the_start_of_words_count_more() {
        assert!(fit("st", "stop") > fit("st", "send acks this"));
        assert!(fit("sa", "send-acks") > fit("sa", "usual"));
        assert_eq!(fit("ba", "abc"), None);
        assert_eq!(fit("", "abc"), Some(0));
    }
}
