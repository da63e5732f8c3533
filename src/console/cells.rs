//! Text in cells of a terminal: measured, cut and padded on grapheme borders. Text comes here visible already.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// How many columns a text takes.
pub fn width(text: &str) -> usize {
    text.graphemes(true).map(UnicodeWidthStr::width).sum()
}

/// The text where it fits, else its beginning and `…`.
pub fn fit(text: &str, columns: usize) -> Cow<'_, str> {
    if text.len() <= columns && text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let (mut used, mut cut) = (0, 0);
    for (at, grapheme) in text.grapheme_indices(true) {
        let w = grapheme.width();
        if used + w > columns {
            return match columns {
                0 => Cow::Borrowed(""),
                _ => Cow::Owned(format!("{}…", &text[..cut])),
            };
        }
        used += w;
        if used < columns {
            cut = at + grapheme.len();
        }
    }
    Cow::Borrowed(text)
}

/// Cut or filled to exactly so many columns, to the left.
pub fn left(text: &str, columns: usize) -> String {
    let text = fit(text, columns);
    let fill = columns.saturating_sub(width(&text));
    format!("{text}{:fill$}", "")
}

/// Cut or filled to exactly so many columns, to the right.
pub fn right(text: &str, columns: usize) -> String {
    let text = fit(text, columns);
    let fill = columns.saturating_sub(width(&text));
    format!("{:fill$}{text}", "")
}

/// A count in so many columns: `1,204,331`, or `1.20M` where that does not fit.
pub fn count(n: u64, columns: usize) -> String {
    let full = crate::text::grouped(n);
    if full.len() <= columns {
        return full;
    }
    let (value, unit) = match n {
        0..1_000_000 => (n as f64 / 1e3, 'k'),
        1_000_000..1_000_000_000 => (n as f64 / 1e6, 'M'),
        _ => (n as f64 / 1e9, 'G'),
    };
    let long = format!("{value:.2}{unit}");
    if long.len() <= columns { long } else { format!("{value:.0}{unit}") }
}

/// Breaks a text into lines of at most so many columns, at spaces where there are some.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(1);
    let mut lines = Vec::new();
    let (mut line, mut used) = (String::new(), 0);
    for word in text.split_inclusive(' ') {
        let w = width(word.trim_end());
        if used + w > columns && used > 0 {
            lines.push(std::mem::take(&mut line).trim_end().to_owned());
            used = 0;
        }
        if w <= columns {
            line.push_str(word);
            used += width(word);
            continue;
        }
        for grapheme in word.graphemes(true) {
            let w = grapheme.width();
            if used + w > columns && used > 0 {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            line.push_str(grapheme);
            used += w;
        }
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line.trim_end().to_owned());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_between_graphemes_and_fills_its_columns() {
        assert_eq!(fit("阿部 花子", 9), "阿部 花子");
        assert_eq!(fit("阿部 花子", 8), "阿部 花…");
        assert_eq!(fit("阿部 花子", 4), "阿…");
        assert_eq!(fit("e\u{301}e\u{301}e\u{301}", 2), "e\u{301}…");
        assert_eq!(fit("👩‍💻👩‍💻", 3), "👩‍💻…");
        assert_eq!(fit("abc", 0), "");
        for text in ["", "a", "阿部 花子", "مرحبا بالعالم", "👩‍💻👩‍💻 x", "e\u{301}e\u{301}", "plain text"]
        {
            for columns in 0..15 {
                assert_eq!(width(&left(text, columns)), columns, "{text:?} {columns}");
                assert_eq!(width(&right(text, columns)), columns, "{text:?} {columns}");
            }
        }
    }

    #[test]
    fn counts_fit() {
        assert_eq!(count(1_204_331, 9), "1,204,331");
        assert_eq!(count(1_204_331, 7), "1.20M");
        assert_eq!(count(12_480, 4), "12k");
    }

    #[test]
    fn wrapping_loses_nothing_but_spaces() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("", 3), [""]);
        assert_eq!(wrap("阿部花子", 3), ["阿", "部", "花", "子"]);
    }
}
