//! Which theme: what the user asks for, what the terminal says of itself, what lies in the user's folder.

use std::path::PathBuf;

use super::super::keymap::Mistake;
use super::{Depth, Theme, file};
use crate::text::{nearest, visible};

/// What is asked for and what the terminal offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// The theme's name; none, or `auto`: what suits the terminal.
    pub name: Option<String>,
    /// The colours that may be sent.
    pub depth: Depth,
    /// Whether the terminal's own background is light, where it says so.
    pub light: Option<bool>,
    /// The user's folder of themes, whether it exists or not.
    pub folder: Option<PathBuf>,
}

/// The theme that came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Looks {
    /// The theme, in the terminal's colours.
    pub theme: Theme,
    /// What is wrong in the user's file.
    pub mistakes: Vec<Mistake>,
}

impl Wish {
    /// Finds the theme.
    ///
    /// # Errors
    /// There is none of that name, or its file cannot be read; in a line or two that begin with the name, so that who
    /// calls can say before it where the name was said.
    pub fn looks(&self) -> Result<Looks, String> {
        let name = match self.name.as_deref() {
            None | Some("auto") => self.fitting(),
            Some(name) => name,
        };
        let mut mistakes = Vec::new();
        let mut theme = Theme::built_in(name);
        if let Some((path, text)) = self.users(name)? {
            let mut under = theme.take().unwrap_or_default();
            match file::base(&text).map(|(base, line)| (Theme::built_in(&base), base, line)) {
                Some((Some(base), ..)) => under = base,
                Some((None, base, line)) => mistakes.push(Mistake {
                    file: path.clone(),
                    line,
                    what: format!("`{base}` is no theme to lie over; there are {}", known()),
                }),
                None => {}
            }
            mistakes.extend(file::lay_over(&mut under, &path, &text));
            theme = Some(under);
        }
        let Some(theme) = theme else {
            let place = self.folder.as_ref().map(|f| format!(", and yours in {}", f.display()));
            let place = place.unwrap_or_default();
            let own = self.own();
            let built_in = Theme::BUILT_IN.map(|(name, _)| name);
            let near = nearest(name, built_in.into_iter().chain(own.iter().map(String::as_str)));
            let near = near.map_or(String::new(), |near| format!("did you mean {}? ", visible(near)));
            return Err(format!("{}: there is none; {near}there are {}{place}", visible(name), known()));
        };
        let theme = match self.depth {
            Depth::None => Theme::colourless(),
            depth => theme.reduced(depth),
        };
        Ok(Looks { theme, mistakes })
    }

    /// The terminal's own colours; where it has all of them, a theme with a ground of its own.
    fn fitting(&self) -> &'static str {
        match (self.depth, self.light) {
            (Depth::True, Some(true)) => "light",
            (Depth::True, _) => "dark",
            _ => "ansi",
        }
    }

    /// The names of the user's own themes.
    fn own(&self) -> Vec<String> {
        let files =
            self.folder.iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten().flatten();
        let names =
            files.filter_map(|file| file.file_name().to_str()?.strip_suffix(".toml").map(str::to_owned));
        names.collect()
    }

    /// The user's file of that name.
    fn users(&self, name: &str) -> Result<Option<(String, String)>, String> {
        let Some(folder) = &self.folder else { return Ok(None) };
        if name.is_empty() || name.contains(['/', '\\', '\0']) {
            return Ok(None);
        }
        let path = folder.join(format!("{name}.toml"));
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(Some((path.display().to_string(), text))),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(format!("{}: {} cannot be read: {e}", visible(name), path.display())),
        }
    }
}

fn known() -> String {
    Theme::BUILT_IN.map(|(name, _)| name).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::style::{Color, Style};

    fn wish(name: Option<&str>, depth: Depth) -> Wish {
        Wish { name: name.map(str::to_owned), depth, light: None, folder: None }
    }

    #[test]
    fn what_suits_the_terminal_is_taken() {
        let of = |depth, light| Wish { light, ..wish(None, depth) }.fitting();
        assert_eq!(of(Depth::True, None), "dark");
        assert_eq!(of(Depth::True, Some(true)), "light");
        assert_eq!(of(Depth::Indexed, Some(true)), "ansi");
        assert_eq!(of(Depth::Sixteen, None), "ansi");
    }

    #[test]
    fn a_users_file_lies_over_what_it_names() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("mine.toml"), "base = \"light\"\naccent = \"#ff0000\"\n").unwrap();
        std::fs::write(folder.path().join("dark.toml"), "accent = \"red\"\n").unwrap();
        std::fs::write(folder.path().join("odd.toml"), "\nbase = \"dusk\"\naccnt = 1\n").unwrap();
        let of = |name| Wish { folder: Some(folder.path().into()), ..wish(Some(name), Depth::True) }.looks();
        let mine = of("mine").unwrap();
        assert_eq!(mine.mistakes, []);
        assert_eq!(mine.theme.accent, Style::new().fg(Color::Rgb(255, 0, 0)));
        assert_eq!(mine.theme.text, Theme::built_in("light").unwrap().text);
        let dark = of("dark").unwrap().theme;
        assert_eq!(dark.accent, Style::new().fg(Color::Red));
        assert_eq!(dark.text, Theme::built_in("dark").unwrap().text);
        let odd: Vec<_> = of("odd").unwrap().mistakes.iter().map(|m| m.line).collect();
        assert_eq!(odd, [2, 3]);
        let error = of("../mine").unwrap_err();
        assert!(error.contains("there are ansi, dark, light, and yours in"), "{error}");
        let error = of("mien").unwrap_err();
        assert!(error.contains("did you mean mine?"), "{error}");
    }

    #[test]
    fn no_colour_is_no_colour_whatever_the_theme() {
        for name in ["ansi", "dark", "light"] {
            assert_eq!(wish(Some(name), Depth::None).looks().unwrap().theme, Theme::colourless());
        }
    }

    #[test]
    fn what_is_drawn_can_be_read_in_every_theme_and_depth() {
        for name in ["ansi", "dark", "light"] {
            for depth in [Depth::Sixteen, Depth::Indexed, Depth::True] {
                let theme = wish(Some(name), depth).looks().unwrap().theme;
                let ground = theme.screen.bg.unwrap_or(Color::Reset);
                for (meaning, style) in theme.styles() {
                    let fg = style.fg.filter(|c| *c != Color::Reset).or(theme.screen.fg);
                    let bg = style.bg.unwrap_or(ground);
                    if let Some(fg) = fg {
                        assert!(
                            fg == Color::Reset || fg != bg,
                            "{name} {depth:?} {meaning}: {fg:?} on {bg:?}"
                        );
                    }
                }
                let Theme { created, updated, deleted, pending, sent, failed, accent, .. } = &theme;
                let meanings = [created, updated, deleted, pending, sent, failed, accent].map(|s| s.fg);
                for (i, colour) in meanings.iter().enumerate() {
                    assert!(!meanings[..i].contains(colour), "{name} {depth:?}: {colour:?} means two things");
                }
                let selected = theme.selected;
                assert_ne!(Style::new().bg(ground), selected, "{name} {depth:?}");
            }
        }
    }

    /// Of the themes with a ground of their own, as WCAG counts: text 4.5, what may be ignored 3.
    #[test]
    fn the_contrast_is_enough() {
        for name in ["dark", "light"] {
            let theme = Theme::built_in(name).unwrap();
            for (meaning, style) in theme.styles() {
                let fg = luminance(style.fg.or(theme.screen.fg));
                let bg = luminance(style.bg.or(theme.screen.bg));
                let contrast = (fg.max(bg) + 0.05) / (fg.min(bg) + 0.05);
                let least = if matches!(meaning, "rule" | "track") { 2.8 } else { 4.5 };
                assert!(contrast >= least, "{name} {meaning}: {contrast:.2}");
            }
        }
    }

    fn luminance(colour: Option<Color>) -> f64 {
        let Some(Color::Rgb(r, g, b)) = colour else { panic!("{colour:?} is not in 24 bits") };
        let linear = |c: u8| {
            let c = f64::from(c) / 255.0;
            if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
    }
}
