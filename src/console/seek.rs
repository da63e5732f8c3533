//! Finding a text in another one without regard to case. Pure.

use std::ops::Range;

/// Where `wanted` stands in `text`, in order, never overlapping. `wanted` is in lower case; an empty one stands
/// nowhere.
pub fn all(text: &str, wanted: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    for (at, _) in text.char_indices() {
        if at >= from
            && let Some(end) = here(text, at, wanted)
        {
            found.push(at..end);
            from = end;
        }
    }
    found
}

/// Whether `wanted` stands anywhere in `text`.
pub fn holds(text: &str, wanted: &str) -> bool {
    text.char_indices().any(|(at, _)| here(text, at, wanted).is_some())
}

/// Where `wanted` ends that begins at `at`.
fn here(text: &str, at: usize, wanted: &str) -> Option<usize> {
    let mut wanted = wanted.chars().peekable();
    wanted.peek()?;
    for (offset, c) in text[at..].char_indices() {
        if wanted.peek().is_none() {
            return Some(at + offset);
        }
        // A letter may have two in lower case.
        for lower in c.to_lowercase() {
            if wanted.next() != Some(lower) {
                return None;
            }
        }
    }
    wanted.peek().is_none().then_some(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_does_not_matter_and_hits_do_not_overlap() {
        assert_eq!(all("Åsa åSA", "åsa"), [0..4, 5..9]);
        assert_eq!(all("aaaa", "aa"), [0..2, 2..4]);
        assert!(all("abc", "").is_empty() && all("ab", "abc").is_empty());
        assert!(holds("x \u{130}b", "b") && !holds("", "b"));
    }
}
