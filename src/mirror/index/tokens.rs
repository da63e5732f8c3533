//! Folded text into tokens, and a text that is looked for into patterns over them. Pure.
//!
//! A token is a run of letters and digits. Scripts that put no spaces between words (Han, kana, Hangul, Thai and their
//! neighbours) give each pair of characters that stand together, so that a part of a sentence is found. Whatever is
//! cut here is cut the same way in a text and in a part of it, but for the part's two ends.

/// How characters hang together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Word,
    Dense,
    Between,
}

fn class(c: char) -> Class {
    match c {
        'a'..='z' | '0'..='9' | 'A'..='Z' => Class::Word,
        '\0'..='\x7f' => Class::Between,
        '\u{e00}'..='\u{eff}'
        | '\u{1000}'..='\u{109f}'
        | '\u{1780}'..='\u{17ff}'
        | '\u{3040}'..='\u{30ff}'
        | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7af}'
        | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3ffff}' => Class::Dense,
        c if c.is_alphanumeric() => Class::Word,
        _ => Class::Between,
    }
}

/// Calls `run` with each maximal run of one class that is not between words.
fn runs<'a>(text: &'a str, mut run: impl FnMut(Class, &'a str, usize)) {
    let mut chars = text.char_indices().peekable();
    while let Some((from, c)) = chars.next() {
        let kind = class(c);
        let mut to = from + c.len_utf8();
        while let Some((at, c)) = chars.next_if(|(_, c)| class(*c) == kind) {
            to = at + c.len_utf8();
        }
        if kind != Class::Between {
            run(kind, &text[from..to], from);
        }
    }
}

/// Calls `pair` with each two characters that stand together; with the only one where there is one.
fn pairs<'a>(run: &'a str, mut pair: impl FnMut(&'a str)) {
    let mut from = 0;
    let mut before: Option<usize> = None;
    for (at, c) in run.char_indices() {
        let end = at + c.len_utf8();
        if before.is_some() {
            pair(&run[from..end]);
        }
        before = Some(at);
        from = at;
    }
    if before == Some(0) {
        pair(run);
    }
}

/// Calls `token` with each token of a folded text.
pub(super) fn tokens<'a>(text: &'a str, mut token: impl FnMut(&'a str)) {
    runs(text, |kind, run, _| match kind {
        Class::Dense => pairs(run, &mut token),
        _ => token(run),
    });
}

/// What stands around each token of a vocabulary.
pub(super) const SEPARATOR: u8 = 0;

/// Patterns that are in the vocabulary of every record that contains a folded text, the most telling first, at most
/// four. None where the text says too little to be looked up.
pub(super) fn patterns(text: &str) -> Vec<Vec<u8>> {
    let mut found: Vec<(usize, Vec<u8>)> = Vec::new();
    let mut add = |open_left: bool, token: &str, open_right: bool| {
        let mut pattern = Vec::with_capacity(token.len() + 2);
        if !open_left {
            pattern.push(SEPARATOR);
        }
        pattern.extend_from_slice(token.as_bytes());
        if !open_right {
            pattern.push(SEPARATOR);
        }
        if token.len() > 1 || !(open_left || open_right) {
            found.push((token.len(), pattern));
        }
    };
    runs(text, |kind, run, from| {
        let (left, right) = (from == 0, from + run.len() == text.len());
        match kind {
            Class::Dense if run.chars().nth(1).is_some() => pairs(run, |pair| add(false, pair, false)),
            Class::Dense if left || right => add(true, run, true),
            _ => add(left, run, right),
        }
    });
    found.sort_by_key(|(length, _)| std::cmp::Reverse(*length));
    found.truncate(4);
    found.into_iter().map(|(_, pattern)| pattern).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vocabulary(text: &str) -> Vec<u8> {
        let mut all = vec![SEPARATOR];
        tokens(text, |token| {
            all.extend_from_slice(token.as_bytes());
            all.push(SEPARATOR);
        });
        all
    }

    #[test]
    fn texts_are_cut_where_their_script_says() {
        let cut = |text: &str| String::from_utf8(vocabulary(text)).unwrap().replace('\0', "|");
        assert_eq!(cut("new york, 12.50"), "|new|york|12|50|");
        assert_eq!(cut("阿部花子abc 花"), "|阿部|部花|花子|abc|花|");
        assert_eq!(cut("💥 -"), "|");
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig {
            failure_persistence: None,
            cases: 2_000,
            rng_seed: proptest::test_runner::RngSeed::Fixed(include!("../../../tests/seed/given.rs")),
            ..Default::default()
        })]

        #[test]
        fn a_part_is_always_in_the_vocabulary(text in "[ab1. 花子阿💥é\u{e01}\u{e31}]{1,10}", from in 0usize..10, length in 1usize..6) {
            let part: String = text.chars().skip(from).take(length).collect();
            let vocabulary = vocabulary(&text);
            for pattern in patterns(&part) {
                proptest::prop_assert!(memchr::memmem::find(&vocabulary, &pattern).is_some(), "{:?} {:?} {:?}", text, part, pattern);
            }
        }
    }
}
