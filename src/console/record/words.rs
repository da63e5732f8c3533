//! What a filter's words hit in a record's texts, for the eye: in whatever case, between graphemes. It shows what was
//! found and decides nothing; which rows are found is the mirror's affair.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use crate::mirror::filter::{Filter, Op, Term, Test};
use crate::mirror::find::{without_accents, without_case};
use crate::text::visible;

/// Words to be shown where they are hit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    /// In any value, folded.
    any: Vec<String>,
    /// In the values of a field: its name as written, and the word, folded.
    fields: Vec<(String, String)>,
}

impl Words {
    /// Those of a filter that a record has because it was found.
    pub fn of(filter: &Filter) -> Self {
        let mut words = Self::default();
        words.take(&filter.terms);
        words
    }

    fn take(&mut self, terms: &[Term]) {
        for term in terms.iter().filter(|term| !term.negated) {
            match &term.test {
                Test::Anywhere(text) => self.any.push(fold(text)),
                Test::Field { field, op: Op::Contains | Op::Equal, value } if !value.is_empty() => {
                    self.fields.push((visible(field).into_owned(), fold(value)));
                }
                Test::Field { .. } => {}
                Test::Any(terms) => self.take(terms),
            }
        }
    }

    /// One text, anywhere.
    pub fn anywhere(text: &str) -> Self {
        let text = fold(text);
        Self { any: if text.is_empty() { Vec::new() } else { vec![text] }, fields: Vec::new() }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.any.is_empty() && self.fields.is_empty()
    }

    /// The words that are looked for in a field's value, folded. `path` is the names that lead to it, the field's own
    /// last.
    pub fn in_field<'a>(&'a self, path: &[&str]) -> Vec<&'a str> {
        let named = |field: &str| {
            let mut names = path.iter();
            names.any(|name| *name == field) || path.join(".") == field || {
                // A reference is found by the name of what it points to.
                path.first().and_then(|top| top.strip_suffix("_id").or(top.strip_suffix("_ids")))
                    == Some(field)
            }
        };
        let fields = self.fields.iter().filter(|(field, _)| named(field)).map(|(_, word)| word);
        self.any.iter().chain(fields).map(String::as_str).collect()
    }
}

/// Where a text has one of the words (folded): byte ranges on the borders of graphemes, in order, apart from each
/// other.
pub fn hits(text: &str, words: &[&str]) -> Vec<Range<usize>> {
    if words.is_empty() || text.is_empty() {
        return Vec::new();
    }
    let mut found: Vec<Range<usize>> = Vec::new();
    // As the mirror finds them: a word with an accent is meant so.
    for accents in [true, false] {
        let mut words =
            words.iter().filter(|w| !w.is_empty() && (without_accents(w) != **w) == accents).peekable();
        if words.peek().is_none() {
            continue;
        }
        // The folded text, and for each of its bytes the grapheme that it came from.
        let (mut folded, mut from) = (String::new(), Vec::new());
        for (at, grapheme) in text.grapheme_indices(true) {
            let grapheme_folded = fold(grapheme);
            folded.push_str(&if accents { grapheme_folded } else { without_accents(&grapheme_folded) });
            from.resize(folded.len(), at..at + grapheme.len());
        }
        for word in words {
            for (at, part) in folded.match_indices(*word) {
                found.push(from[at].start..from[at + part.len() - 1].end);
            }
        }
    }
    found.sort_by_key(|range| (range.start, range.end));
    found.dedup_by(|next, kept| {
        let touches = next.start <= kept.end;
        if touches {
            kept.end = kept.end.max(next.end);
        }
        touches
    });
    found
}

/// Without case, as the mirror folds it.
fn fold(text: &str) -> String {
    without_case(&visible(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, words: &[&str]) -> String {
        let folded: Vec<String> = words.iter().map(|w| fold(w)).collect();
        let folded: Vec<&str> = folded.iter().map(String::as_str).collect();
        let (mut out, mut at) = (String::new(), 0);
        for hit in hits(text, &folded) {
            out.extend([&text[at..hit.start], "[", &text[hit.clone()], "]"]);
            at = hit.end;
        }
        out + &text[at..]
    }

    #[test]
    fn hits_lie_between_graphemes_in_any_case() {
        assert_eq!(shown("New York, NEW YORK", &["new"]), "[New] York, [NEW] YORK");
        assert_eq!(shown("Åsa åSA", &["ÅSA"]), "[Åsa] [åSA]");
        assert_eq!(shown("Zoe\u{301} e", &["e"]), "Zo[e\u{301}] [e]");
        assert_eq!(shown("aaaa", &["aa", "aaa"]), "[aaaa]");
        assert_eq!(shown("İstanbul", &["stan"]), "İ[stan]bul");
        assert_eq!(shown("José JOSE\u{301} jose", &["jose"]), "[José] [JOSE\u{301}] [jose]");
        assert_eq!(shown("José jose", &["josé"]), "[José] jose");
        assert_eq!(shown("Łódź é", &["odz", "é"]), "Ł[ódź] [é]");
        assert_eq!(shown("οδος ΟΔΟΣ", &["οδοσ"]), "[οδος] [ΟΔΟΣ]");
        assert_eq!(shown("阿部 花子", &["花"]), "阿部 [花]子");
        assert_eq!(shown("", &["a"]), "");
        assert_eq!(shown("abc", &[""]), "abc");
    }

    #[test]
    fn a_filters_words_are_looked_for_where_they_were_found() {
        let words = Words::of(
            &Filter::parse("city:\"New York\" -status:lost owner:grace rev>8 Hanako x=").unwrap_or_default(),
        );
        assert!(words.is_empty(), "a filter with a mistake has no words");
        let words =
            Words::of(&Filter::parse("city:\"New York\" -status:lost owner:grace rev>8 Hanako x:").unwrap());
        assert_eq!(words.in_field(&["address", "city"]), ["hanako", "new york"]);
        assert_eq!(words.in_field(&["city"]), ["hanako", "new york"]);
        assert_eq!(words.in_field(&["owner_id"]), ["hanako", "grace"]);
        assert_eq!(words.in_field(&["status"]), ["hanako"]);
        assert!(!words.is_empty() && Words::anywhere("").is_empty());
        let words = Words::of(&Filter::parse("city:(Austin|New York) a OR -b OR -city:(x|y)").unwrap());
        assert_eq!(words.in_field(&["city"]), ["a", "austin", "new york"]);
    }
}
