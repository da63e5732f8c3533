//! Colours by meaning. A theme is a TOML file of the program's own or the user's, made for the colours that the
//! terminal has. Without colour only bold, dim, underline and reverse are left, and every colour is `Reset`, so that
//! none is sent.

mod choice;
mod colour;
mod file;

use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier, Style};

pub use choice::{Looks, Wish};
pub use colour::Depth;

/// Declares the styles once: as fields, and by name for the files.
macro_rules! styles {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// A style for each meaning.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct Theme {
            $($(#[$doc])* pub $name: Style,)*
        }

        impl Theme {
            /// The names of the meanings, as theme files have them.
            pub const NAMES: &[&str] = &[$(stringify!($name),)*];

            /// Every meaning with its style, in the order of [`Theme::NAMES`].
            pub fn styles(&self) -> impl Iterator<Item = (&'static str, Style)> {
                [$((stringify!($name), self.$name),)*].into_iter()
            }

            fn style_mut(&mut self, name: &str) -> Option<&mut Style> {
                match name {
                    $(stringify!($name) => Some(&mut self.$name),)*
                    _ => None,
                }
            }

            fn each(self, change: impl Fn(Style) -> Style) -> Self {
                Self { $($name: change(self.$name),)* }
            }

            fn plain() -> Self {
                Self { $($name: Style::new(),)* }
            }
        }
    };
}

styles! {
    /// What has no style of its own, and the background.
    screen,
    /// What is read: names, words.
    text,
    /// What is looked at: numbers, values.
    value,
    /// Labels, units, what can be ignored.
    dim,
    /// Lines between things.
    rule,
    /// The one accent: the program's name, the tab, the focus, the bar.
    accent,
    /// The empty part of a bar.
    track,
    /// Headings.
    heading,
    /// The selected row of the pane with the focus.
    selected,
    /// The selected row of another pane.
    marked,
    /// A list that lies over something.
    menu,
    /// Created.
    created,
    /// Updated.
    updated,
    /// Deleted.
    deleted,
    /// Stale.
    stale,
    /// Pending, waiting.
    pending,
    /// Sent and accepted.
    sent,
    /// Failed, refused.
    failed,
    /// A key in footer and help.
    key,
    /// Text in a record.
    string,
    /// A number in a record.
    number,
    /// `true`, `false`, `null` in a record.
    word,
}

impl Default for Theme {
    /// The terminal's sixteen colours.
    fn default() -> Self {
        Self::built_in("ansi").unwrap_or_else(Self::colourless)
    }
}

impl Theme {
    /// The built-in themes with their files.
    const BUILT_IN: [(&str, &str); 3] = [
        ("ansi", include_str!("../../assets/themes/ansi.toml")),
        ("dark", include_str!("../../assets/themes/dark.toml")),
        ("light", include_str!("../../assets/themes/light.toml")),
    ];

    /// A built-in theme, in all its colours: `ansi`, `dark`, `light`.
    pub fn built_in(name: &str) -> Option<Self> {
        let (name, text) = Self::BUILT_IN.into_iter().find(|(known, _)| *known == name)?;
        let mut theme = Self::plain();
        let mistakes = file::lay_over(&mut theme, name, text);
        debug_assert!(mistakes.is_empty(), "{mistakes:?}");
        Some(theme)
    }

    /// Bold, dim, underlined and reversed only.
    pub fn colourless() -> Self {
        let with = |m: Modifier| Style::new().add_modifier(m);
        Self {
            dim: with(Modifier::DIM),
            rule: with(Modifier::DIM),
            accent: with(Modifier::BOLD),
            track: with(Modifier::DIM),
            heading: with(Modifier::BOLD),
            selected: with(Modifier::REVERSED),
            marked: with(Modifier::BOLD | Modifier::UNDERLINED),
            menu: with(Modifier::UNDERLINED),
            stale: with(Modifier::DIM),
            failed: with(Modifier::BOLD),
            key: with(Modifier::BOLD),
            ..Self::plain()
        }
    }

    /// This theme in the colours that a terminal has.
    pub fn reduced(self, depth: Depth) -> Self {
        match depth {
            Depth::True => self,
            Depth::Sixteen => self.clone().each(|style| depth.style(style)).apart(&self),
            depth => self.each(|style| depth.style(style)),
        }
    }

    /// Meanings that lie side by side and had a colour each in `rich` have one each again.
    fn apart(mut self, rich: &Self) -> Self {
        // The accent too: its bar and that of what is sent stand one above the other.
        let meanings =
            |t: &Self| [t.created, t.updated, t.deleted, t.pending, t.failed, t.accent, t.sent].map(|s| s.fg);
        let (had, got) = (meanings(rich), meanings(&self));
        let last = got.len() - 1;
        let collides = (0..last).any(|i| got[i] == got[last] && had[i] != had[last]);
        if let (true, Some(sent)) = (collides, got[last]) {
            self.sent.fg = Some(colour::beside(sent, &got));
        }
        self
    }

    /// Lays the ground under what was drawn: what has no colour of its own gets the screen's.
    pub fn ground(&self, buf: &mut Buffer) {
        let fg = self.screen.fg.filter(|c| *c != Color::Reset);
        let bg = self.screen.bg.filter(|c| *c != Color::Reset);
        if fg.is_none() && bg.is_none() {
            return;
        }
        for cell in &mut buf.content {
            if cell.fg == Color::Reset {
                cell.fg = fg.unwrap_or(Color::Reset);
            }
            if cell.bg == Color::Reset {
                cell.bg = bg.unwrap_or(Color::Reset);
            }
        }
    }
}
