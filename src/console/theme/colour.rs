//! What colours a terminal has, and the nearest of them to a colour that it has not.

use ratatui::style::{Color, Style};

/// How many colours a terminal has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// None are wanted.
    None,
    /// Its own sixteen.
    Sixteen,
    /// 256: a cube of six and a ladder of greys behind the sixteen.
    Indexed,
    /// 24 bits.
    True,
}

/// The sixteen as xterm has them, for comparing; a terminal may show others.
const SIXTEEN: [(Color, [u8; 3]); 16] = [
    (Color::Black, [0, 0, 0]),
    (Color::Red, [205, 0, 0]),
    (Color::Green, [0, 205, 0]),
    (Color::Yellow, [205, 205, 0]),
    (Color::Blue, [0, 0, 238]),
    (Color::Magenta, [205, 0, 205]),
    (Color::Cyan, [0, 205, 205]),
    (Color::Gray, [229, 229, 229]),
    (Color::DarkGray, [127, 127, 127]),
    (Color::LightRed, [255, 0, 0]),
    (Color::LightGreen, [0, 255, 0]),
    (Color::LightYellow, [255, 255, 0]),
    (Color::LightBlue, [92, 92, 255]),
    (Color::LightMagenta, [255, 0, 255]),
    (Color::LightCyan, [0, 255, 255]),
    (Color::White, [255, 255, 255]),
];

/// The steps of the cube.
const CUBE: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// From how much colour on a colour is no grey.
const COLOURED: i32 = 72;
/// From how light on a colour is one of the bright ones.
const BRIGHT: i32 = 170;

impl Depth {
    /// A style in colours of this depth.
    pub(super) fn style(self, style: Style) -> Style {
        let reduce = |colour: Option<Color>| colour.map(|c| self.colour(c));
        Style { fg: reduce(style.fg), bg: reduce(style.bg), ..style }
    }

    /// The nearest colour of this depth.
    pub(super) fn colour(self, colour: Color) -> Color {
        match (self, colour) {
            (Self::None, _) => Color::Reset,
            (Self::Indexed, Color::Rgb(r, g, b)) => Color::Indexed(indexed([r, g, b])),
            (Self::Sixteen, Color::Rgb(r, g, b)) => sixteen([r, g, b]),
            (Self::Sixteen, Color::Indexed(n)) => match SIXTEEN.get(usize::from(n)) {
                Some((own, _)) => *own,
                None => sixteen(rgb(n)),
            },
            (_, colour) => colour,
        }
    }
}

/// One of the sixteen by its number.
pub(super) fn own(n: usize) -> Option<Color> {
    SIXTEEN.get(n).map(|(colour, _)| *colour)
}

/// The nearest of the sixteen to one of them, by hue, that none of `taken` is; where all hues are taken, the grey that
/// reads on light and on dark.
pub(super) fn beside(colour: Color, taken: &[Option<Color>]) -> Color {
    const RING: [usize; 6] = [1, 3, 2, 6, 4, 5];
    let Some(own) = SIXTEEN.iter().position(|(c, _)| *c == colour) else { return colour };
    let Some(at) = RING.iter().position(|n| *n == own % 8) else { return colour };
    let free = |step: usize| {
        let other = SIXTEEN[RING[(at + step) % RING.len()] + own / 8 * 8].0;
        (!taken.contains(&Some(other))).then_some(other)
    };
    [1, 5, 2, 4, 3].into_iter().find_map(free).unwrap_or(Color::DarkGray)
}

/// One of the sixteen. A colour keeps its hue, which is what it means; only greys go by what is nearest.
fn sixteen(rgb: [u8; 3]) -> Color {
    let [r, g, b] = rgb.map(i32::from);
    let (high, low) = (r.max(g).max(b), r.min(g).min(b));
    let chroma = high - low;
    if chroma >= COLOURED {
        let hue = match high {
            _ if high == r => (60 * (g - b) / chroma).rem_euclid(360),
            _ if high == g => 120 + 60 * (b - r) / chroma,
            _ => 240 + 60 * (r - g) / chroma,
        };
        let base = match hue {
            20..75 => 3,
            75..160 => 2,
            160..200 => 6,
            200..262 => 4,
            262..330 => 5,
            _ => 1,
        };
        return SIXTEEN[if i32::midpoint(high, low) >= BRIGHT { base + 8 } else { base }].0;
    }
    let nearest = SIXTEEN.iter().min_by_key(|(_, own)| distance(rgb, *own));
    nearest.map_or(Color::Reset, |(colour, _)| *colour)
}

/// The nearest of the cube and the ladder; the sixteen are the user's own and may be anything.
fn indexed(colour: [u8; 3]) -> u8 {
    (16..=255).min_by_key(|n| distance(colour, rgb(*n))).unwrap_or(16)
}

/// What a number from 16 on looks like.
fn rgb(n: u8) -> [u8; 3] {
    if n >= 232 {
        return [8 + 10 * (n - 232); 3];
    }
    let n = usize::from(n.saturating_sub(16));
    [CUBE[n / 36], CUBE[n / 6 % 6], CUBE[n % 6]]
}

/// How far apart two colours look: squared, weighted as eyes do (the "redmean").
fn distance(a: [u8; 3], b: [u8; 3]) -> i32 {
    let [r, g, b_] = [0, 1, 2].map(|i| i32::from(a[i]) - i32::from(b[i]));
    let red = i32::midpoint(a[0].into(), b[0].into());
    (((512 + red) * r * r) >> 8) + 4 * g * g + (((767 - red) * b_ * b_) >> 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_come_down_to_what_a_terminal_has() {
        assert_eq!(Depth::Indexed.colour(Color::Rgb(255, 0, 0)), Color::Indexed(196));
        assert_eq!(Depth::Indexed.colour(Color::Rgb(18, 18, 18)), Color::Indexed(233));
        assert_eq!(Depth::Sixteen.colour(Color::Rgb(250, 250, 247)), Color::White);
        assert_eq!(Depth::Sixteen.colour(Color::Indexed(196)), Color::Red);
        assert_eq!(Depth::Sixteen.colour(Color::Rgb(10, 108, 122)), Color::Cyan);
        assert_eq!(Depth::Sixteen.colour(Color::Rgb(255, 123, 114)), Color::LightRed);
        assert_eq!(Depth::Sixteen.colour(Color::Rgb(98, 107, 119)), Color::DarkGray);
        assert_eq!(Depth::Sixteen.colour(Color::Indexed(3)), Color::Yellow);
        assert_eq!(Depth::Sixteen.colour(Color::Cyan), Color::Cyan);
        assert_eq!(Depth::Indexed.colour(Color::Indexed(200)), Color::Indexed(200));
        assert_eq!(Depth::None.colour(Color::Cyan), Color::Reset);
        assert_eq!(Depth::True.colour(Color::Rgb(1, 2, 3)), Color::Rgb(1, 2, 3));
    }

    #[test]
    fn a_colour_that_is_taken_gives_way_to_its_neighbour() {
        let taken = [Color::Green, Color::Blue, Color::Red].map(Some);
        assert_eq!(beside(Color::Green, &taken), Color::Cyan);
        assert_eq!(beside(Color::Green, &[Color::Green, Color::Cyan].map(Some)), Color::Yellow);
        assert_eq!(beside(Color::LightGreen, &[Some(Color::LightGreen)]), Color::LightCyan);
        let hues = [1, 2, 3, 4, 5, 6].map(own);
        assert_eq!(beside(Color::Green, &hues), Color::DarkGray);
        assert_eq!(beside(Color::Black, &[Some(Color::Black)]), Color::Black);
    }
}
