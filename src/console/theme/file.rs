//! Theme files: TOML to styles.
//!
//! Promise: a mistake is told with file and line and costs that one line; what was there before stands.

use ratatui::style::{Color, Modifier, Style};
use toml::de::{DeTable, DeValue};

use super::super::keymap::Mistake;
use super::{Theme, colour};
use crate::text::notation;

/// The key that is no meaning: the theme beneath.
pub(super) const BASE: &str = "base";

const NAMED: [&str; 16] = [
    "black",
    "red",
    "green",
    "yellow",
    "blue",
    "magenta",
    "cyan",
    "white",
    "bright-black",
    "bright-red",
    "bright-green",
    "bright-yellow",
    "bright-blue",
    "bright-magenta",
    "bright-cyan",
    "bright-white",
];

/// Lays a file's text over a theme and tells its mistakes, in the order of their lines.
pub(super) fn lay_over(theme: &mut Theme, file: &str, text: &str) -> Vec<Mistake> {
    let (root, errors) = DeTable::parse_recoverable(text);
    let mut mistakes = Vec::new();
    let mut mistake = |at: usize, what: String| {
        let line = line_of(text, at);
        mistakes.push(Mistake { file: file.to_owned(), line, what });
    };
    // What the parser guessed in a line that it could not read is not believed.
    let mut broken = Vec::new();
    for error in errors {
        let at = error.span().map_or(0, |s| s.start);
        if !broken.contains(&line_of(text, at)) {
            broken.push(line_of(text, at));
            mistake(
                at,
                format!("{}; this line is left out", notation::broken(text, at, error.message()).what),
            );
        }
    }
    for (name, value) in root.get_ref() {
        let (at, name) = (name.span().start, name.get_ref().as_ref());
        if name == BASE || broken.contains(&line_of(text, at)) {
            continue;
        }
        let Some(style) = theme.style_mut(name) else {
            mistake(at, format!("`{name}` is no meaning; there are {}", Theme::NAMES.join(", ")));
            continue;
        };
        match read(value.get_ref()) {
            Ok(read) => *style = read,
            Err(what) => mistake(at, format!("`{name}`: {what}; the default stands")),
        }
    }
    mistakes.sort_by_key(|m| m.line);
    mistakes
}

/// The name of the theme that a file wants to lie over, with its line; none where it does not say.
pub(super) fn base(text: &str) -> Option<(String, usize)> {
    let (root, _) = DeTable::parse_recoverable(text);
    let (key, value) = root.get_ref().iter().find(|(name, _)| name.get_ref().as_ref() == BASE)?;
    let name = value.get_ref().as_str().unwrap_or_default().to_owned();
    Some((name, line_of(text, key.span().start)))
}

fn line_of(text: &str, at: usize) -> usize {
    1 + text.bytes().take(at).filter(|b| *b == b'\n').count()
}

fn read(value: &DeValue<'_>) -> Result<Style, String> {
    let DeValue::Table(table) = value else { return Ok(Style::new().fg(read_colour(value)?)) };
    let mut style = Style::new();
    for (key, value) in table {
        let value = value.get_ref();
        let modifier = match key.get_ref().as_ref() {
            "fg" => {
                style = style.fg(read_colour(value)?);
                continue;
            }
            "bg" => {
                style = style.bg(read_colour(value)?);
                continue;
            }
            "bold" => Modifier::BOLD,
            "dim" => Modifier::DIM,
            "italic" => Modifier::ITALIC,
            "underline" => Modifier::UNDERLINED,
            "reverse" => Modifier::REVERSED,
            other => {
                return Err(format!("`{other}` is none of fg, bg, bold, dim, italic, underline, reverse"));
            }
        };
        match value {
            DeValue::Boolean(true) => style = style.add_modifier(modifier),
            DeValue::Boolean(false) => {}
            _ => return Err(format!("`{}` is true or false", key.get_ref())),
        }
    }
    Ok(style)
}

fn read_colour(value: &DeValue<'_>) -> Result<Color, String> {
    if let DeValue::Integer(n) = value {
        let n = n.as_str().parse::<u8>().map_err(|_| format!("{} is not in 0-255", n.as_str()))?;
        return Ok(colour::own(usize::from(n)).unwrap_or(Color::Indexed(n)));
    }
    let Some(text) = value.as_str() else { return Err("a colour is a text or a number".to_owned()) };
    if text == "default" {
        return Ok(Color::Reset);
    }
    if let Some(own) = NAMED.iter().position(|n| *n == text).and_then(colour::own) {
        return Ok(own);
    }
    let digits = text.strip_prefix('#').filter(|d| d.len() == 6 && d.bytes().all(|b| b.is_ascii_hexdigit()));
    match digits.and_then(|d| u32::from_str_radix(d, 16).ok()) {
        Some(n) => Ok(Color::Rgb((n >> 16) as u8, (n >> 8) as u8, n as u8)),
        None => Err(format!("`{text}` is no colour: #rrggbb, a name as bright-red, 0-255 or default")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_is_told_with_its_line_and_costs_that_line_only() {
        let text = "base = \"dark\"\naccent = \"#ff8000\"\nnothing = \"red\"\ndim = \"reddish\"\nrule = { fgg = 1 }\n\
                    key = { fg = 208, bold = true, dim = false }\nvalue = red\nsent = 300\nstale = { bold = 1 }\n";
        let mut theme = Theme::default();
        let before = theme.clone();
        let told: Vec<_> = lay_over(&mut theme, "my.toml", text).iter().map(ToString::to_string).collect();
        let lines: Vec<_> = told.iter().map(|m| m.split(':').nth(1).unwrap_or_default()).collect();
        assert_eq!(lines, ["3", "4", "5", "7", "8", "9"], "{told:#?}");
        assert!(
            told[0].starts_with("my.toml:3: `nothing` is no meaning; there are screen, text"),
            "{told:#?}"
        );
        assert_eq!(theme.accent, Style::new().fg(Color::Rgb(255, 128, 0)));
        assert_eq!(theme.key, Style::new().fg(Color::Indexed(208)).add_modifier(Modifier::BOLD));
        assert_eq!((theme.dim, theme.rule, theme.value), (before.dim, before.rule, before.value));
        assert_eq!(base(text), Some(("dark".to_owned(), 1)));
    }
}
