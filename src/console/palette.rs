//! The palette: every action of the console, found by a few letters of its name or of what it does; those of other
//! screens too, which lead there.

use std::cmp::Reverse;

use super::action::{ACTIONS, Action, Entry, Scope};
use super::edit::Line;
use super::model::Stand;

/// What is typed and chosen.
#[derive(Debug, Clone, Default)]
pub struct Palette {
    /// What is searched.
    pub line: Line,
    /// Which of the found is chosen.
    pub chosen: usize,
}

/// An action that fits what is typed.
#[derive(Debug, Clone, Copy)]
pub struct Found {
    /// What is said of it.
    pub entry: &'static Entry,
    /// How it stands from here.
    pub stand: Stand,
}

impl Palette {
    /// The actions that fit what is typed, best first: what works here, then what belongs here and does nothing now,
    /// then those of other screens. `stand` knows how an action stands; none is no way to go there.
    pub fn found(&self, stand: impl Fn(Action) -> Option<Stand>) -> Vec<Found> {
        let wanted = self.line.text().trim().to_lowercase();
        let fits = |entry: &'static Entry| {
            let stand = stand(entry.action).filter(|_| offered(entry.action))?;
            Some((score(&wanted, entry)? - behind(stand), Found { entry, stand }))
        };
        let mut found: Vec<_> = ACTIONS.iter().filter_map(fits).collect();
        // Stable: what fits alike stays in the order of the table, what is everybody's behind the screen's own.
        let everywhere = |found: &Found| found.entry.scopes.contains(&Scope::Global);
        found.sort_by_key(|(score, found)| (Reverse(*score), everywhere(found)));
        found.into_iter().map(|(_, found)| found).collect()
    }
}

/// How much better an action must fit to stand before one that works here.
fn behind(stand: Stand) -> i64 {
    match stand {
        Stand::Works => 0,
        Stand::Idle => 10,
        Stand::Elsewhere(_) => 20,
    }
}

/// Whether the palette is a way to an action. To move a cursor nobody searches.
fn offered(action: Action) -> bool {
    use Action::{Bottom, Choose, Down, Left, No, PageDown, PageUp, Palette, Right, Text, Top, Up, Yes};
    let moves = matches!(action, Up | Down | Left | Right | PageUp | PageDown | Top | Bottom);
    !moves && !matches!(action, Palette | Choose | Yes | No | Text(_))
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
    use super::super::model::Model;
    use super::*;

    /// What is found from the Sync screen, where something waits to be done for each of its actions.
    fn busy(wanted: &str) -> Vec<&'static str> {
        let model = Model::new("demo", "host", jiff::Timestamp::UNIX_EPOCH);
        let stand = |action| match model.stand(action) {
            Some(Stand::Idle) => Some(Stand::Works),
            stand => stand,
        };
        let mut palette = Palette::default();
        palette.line.insert(wanted);
        palette.found(stand).iter().map(|found| found.entry.name).collect()
    }

    /// The same where nothing does.
    fn names(wanted: &str) -> Vec<&'static str> {
        let mut palette = Palette::default();
        palette.line.insert(wanted);
        let model = Model::new("demo", "host", jiff::Timestamp::UNIX_EPOCH);
        palette.found(|action| model.stand(action)).iter().map(|found| found.entry.name).collect()
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
            ("hold", "hold-acks"),
            ("curl", "copy-curl"),
        ] {
            let found = busy(wanted);
            assert_eq!(found.first(), Some(&first), "{wanted}: {found:?}");
        }
        assert_eq!(busy("zzzz"), [""; 0]);
    }

    #[test]
    fn with_nothing_typed_all_of_them_are_there_once() {
        let all = names("");
        let mut once = all.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), all.len());
        assert!(all.starts_with(&["sync"]) && all.contains(&"quit") && !all.contains(&"down"));
        // What works here, then what does nothing now, then what is elsewhere.
        let at = |name| all.iter().position(|other| *other == name).unwrap();
        assert!(at("quit") < at("pause") && at("pause") < at("filter-rows"), "{all:?}");
    }

    #[test]
    fn letters_side_by_side_and_at_the_start_of_words_count_more() {
        assert!(fit("st", "stop") > fit("st", "send acks this"));
        assert!(fit("sa", "send-acks") > fit("sa", "usual"));
        assert_eq!(fit("ba", "abc"), None);
        assert_eq!(fit("", "abc"), Some(0));
    }
}
