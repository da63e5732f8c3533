//! Colours by meaning. The default takes the terminal's own sixteen colours on its own background; without colour only
//! bold, dim, underline and reverse are left, and every colour is `Reset`, so that the terminal library writes none.

use ratatui::style::{Color, Modifier, Style};

/// A style for each meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theme {
    /// What is read: names, words.
    pub text: Style,
    /// What is looked at: numbers, values.
    pub value: Style,
    /// Labels, units, what can be ignored.
    pub dim: Style,
    /// Lines between things.
    pub rule: Style,
    /// The one accent: the program's name, the tab, the focus, the bar.
    pub accent: Style,
    /// The empty part of a bar.
    pub track: Style,
    /// Headings.
    pub heading: Style,
    /// The selected row of the pane with the focus.
    pub selected: Style,
    /// The selected row of another pane.
    pub marked: Style,
    /// A list that lies over something.
    pub menu: Style,
    /// Created.
    pub created: Style,
    /// Updated.
    pub updated: Style,
    /// Deleted.
    pub deleted: Style,
    /// Stale.
    pub stale: Style,
    /// Pending, waiting.
    pub pending: Style,
    /// Sent and accepted.
    pub sent: Style,
    /// Failed, refused.
    pub failed: Style,
    /// A key in footer and help.
    pub key: Style,
    /// Text in a record.
    pub string: Style,
    /// A number in a record.
    pub number: Style,
    /// `true`, `false`, `null` in a record.
    pub word: Style,
}

impl Default for Theme {
    /// The terminal's sixteen colours.
    fn default() -> Self {
        let plain = Style::new();
        let fg = |c: Color| plain.fg(c);
        Self {
            text: plain,
            value: plain,
            dim: fg(Color::DarkGray),
            rule: fg(Color::DarkGray),
            accent: fg(Color::Cyan),
            track: fg(Color::DarkGray),
            heading: plain.add_modifier(Modifier::BOLD),
            selected: plain.add_modifier(Modifier::REVERSED),
            marked: plain.add_modifier(Modifier::BOLD | Modifier::UNDERLINED),
            menu: plain.add_modifier(Modifier::UNDERLINED),
            created: fg(Color::Green),
            updated: fg(Color::Blue),
            deleted: fg(Color::Magenta),
            stale: fg(Color::DarkGray),
            pending: fg(Color::Yellow),
            sent: fg(Color::LightGreen),
            failed: fg(Color::Red).add_modifier(Modifier::BOLD),
            key: plain.add_modifier(Modifier::BOLD),
            string: plain,
            number: fg(Color::Cyan),
            word: fg(Color::Yellow),
        }
    }
}

impl Theme {
    /// Bold, dim, underlined and reversed only.
    pub fn colourless() -> Self {
        let plain = Style::new();
        let with = |m: Modifier| plain.add_modifier(m);
        Self {
            text: plain,
            value: plain,
            dim: with(Modifier::DIM),
            rule: with(Modifier::DIM),
            accent: with(Modifier::BOLD),
            track: with(Modifier::DIM),
            heading: with(Modifier::BOLD),
            selected: with(Modifier::REVERSED),
            marked: with(Modifier::BOLD | Modifier::UNDERLINED),
            menu: with(Modifier::UNDERLINED),
            created: plain,
            updated: plain,
            deleted: plain,
            stale: with(Modifier::DIM),
            pending: plain,
            sent: plain,
            failed: with(Modifier::BOLD),
            key: with(Modifier::BOLD),
            string: plain,
            number: plain,
            word: plain,
        }
    }
}
