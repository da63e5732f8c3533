//! A key as people write it and as a terminal sends it: one type, one spelling, no terminal library.

use std::fmt;

/// What was pressed, without modifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Code {
    /// A character; upper case is a character of its own, so shift is never noted beside one.
    Char(char),
    /// Return.
    Enter,
    /// Escape.
    Esc,
    /// Tab; with shift, the back tab.
    Tab,
    /// Backspace.
    Backspace,
    /// Delete.
    Delete,
    /// Insert.
    Insert,
    /// Arrow up.
    Up,
    /// Arrow down.
    Down,
    /// Arrow left.
    Left,
    /// Arrow right.
    Right,
    /// Home.
    Home,
    /// End.
    End,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
    /// A function key, from 1.
    F(u8),
}

/// A key with its modifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// What was pressed.
    pub code: Code,
    /// Control was held.
    pub ctrl: bool,
    /// Alt was held.
    pub alt: bool,
    /// Shift was held; never set for a character.
    pub shift: bool,
}

const NAMES: [(&str, Code); 22] = [
    ("enter", Code::Enter),
    ("esc", Code::Esc),
    ("tab", Code::Tab),
    ("backspace", Code::Backspace),
    ("delete", Code::Delete),
    ("insert", Code::Insert),
    ("up", Code::Up),
    ("down", Code::Down),
    ("left", Code::Left),
    ("right", Code::Right),
    ("home", Code::Home),
    ("end", Code::End),
    ("pageup", Code::PageUp),
    ("pagedown", Code::PageDown),
    ("space", Code::Char(' ')),
    ("minus", Code::Char('-')),
    ("return", Code::Enter),
    ("escape", Code::Esc),
    ("del", Code::Delete),
    ("ins", Code::Insert),
    ("pgup", Code::PageUp),
    ("pgdn", Code::PageDown),
];

impl Key {
    /// A key without modifiers.
    pub const fn plain(code: Code) -> Self {
        Self { code, ctrl: false, alt: false, shift: false }
    }

    /// A character.
    pub const fn char(c: char) -> Self {
        Self::plain(Code::Char(c))
    }

    /// A character with control.
    pub const fn ctrl(c: char) -> Self {
        Self { code: Code::Char(c), ctrl: true, alt: false, shift: false }
    }

    /// The one way to note a key: shift goes into a character, and control does not know upper from lower case.
    pub fn normal(mut self) -> Self {
        if let Code::Char(c) = self.code {
            let c = if self.shift { upper(c) } else { c };
            self.code = Code::Char(if self.ctrl { c.to_ascii_lowercase() } else { c });
            self.shift = false;
        }
        self
    }

    /// Parses `q`, `G`, `?`, `ctrl-c`, `shift-tab`, `pagedown`, `f1`, `space`.
    ///
    /// # Errors
    /// What is wrong with it, in a few words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut key = Self::plain(Code::Esc);
        let mut rest = text;
        loop {
            let lower = rest.to_ascii_lowercase();
            let (held, len) = match () {
                () if lower.starts_with("ctrl-") => (&mut key.ctrl, 5),
                () if lower.starts_with("alt-") => (&mut key.alt, 4),
                () if lower.starts_with("shift-") => (&mut key.shift, 6),
                () => break,
            };
            if *held {
                return Err(format!("`{text}` holds a modifier twice"));
            }
            *held = true;
            rest = &rest[len..];
        }
        key.code = code(rest).ok_or_else(|| format!("`{text}` is no key"))?;
        Ok(key.normal())
    }
}

fn upper(c: char) -> char {
    let mut all = c.to_uppercase();
    match (all.next(), all.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}

fn code(name: &str) -> Option<Code> {
    let mut chars = name.chars();
    if let (Some(c), None) = (chars.next(), chars.next()) {
        return (!c.is_control() && c != ' ').then_some(Code::Char(c));
    }
    let lower = name.to_ascii_lowercase();
    if let Some((_, code)) = NAMES.iter().find(|(n, _)| *n == lower) {
        return Some(*code);
    }
    let number: u8 = lower.strip_prefix('f')?.parse().ok()?;
    (1..=24).contains(&number).then_some(Code::F(number))
}

impl fmt::Display for Key {
    /// As screens show it: short, with arrows as arrows.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (held, mark) in [(self.ctrl, "^"), (self.alt, "alt-"), (self.shift, "shift-")] {
            if held {
                f.write_str(mark)?;
            }
        }
        match self.code {
            Code::Char(' ') => f.write_str("space"),
            Code::Char(c) if self.ctrl => write!(f, "{}", upper(c)),
            Code::Char(c) => write!(f, "{c}"),
            Code::F(n) => write!(f, "F{n}"),
            Code::Up => f.write_str("↑"),
            Code::Down => f.write_str("↓"),
            Code::Left => f.write_str("←"),
            Code::Right => f.write_str("→"),
            Code::Enter => f.write_str("↵"),
            Code::Esc => f.write_str("Esc"),
            Code::Tab => f.write_str("Tab"),
            Code::Backspace => f.write_str("⌫"),
            Code::Delete => f.write_str("Del"),
            Code::Insert => f.write_str("Ins"),
            Code::Home => f.write_str("Home"),
            Code::End => f.write_str("End"),
            Code::PageUp => f.write_str("PgUp"),
            Code::PageDown => f.write_str("PgDn"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_one_spelling() {
        assert_eq!(Key::parse("shift-g"), Ok(Key::char('G')));
        assert_eq!(Key::parse("G"), Ok(Key::char('G')));
        assert_eq!(Key::parse("ctrl-C"), Ok(Key::ctrl('c')));
        assert_eq!(Key::parse("-"), Ok(Key::char('-')));
        assert_eq!(Key::parse("ctrl--"), Ok(Key::ctrl('-')));
        assert_eq!(Key::parse("PgDn"), Ok(Key::plain(Code::PageDown)));
        assert_eq!(Key::parse("é"), Ok(Key::char('é')));
        assert_eq!(Key::parse("f12"), Ok(Key::plain(Code::F(12))));
        for wrong in ["", "ctrl-", "ctrl-ctrl-a", "nokey", "f99", " ", "\x1b"] {
            assert!(Key::parse(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_key_is_shown_short() {
        assert_eq!(Key::ctrl('c').to_string(), "^C");
        assert_eq!(Key::char(' ').to_string(), "space");
        assert_eq!(Key { shift: true, ..Key::plain(Code::Tab) }.to_string(), "shift-Tab");
    }
}
