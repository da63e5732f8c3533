//! The README's pictures: what a terminal shows of the running program, as SVG. After a change of the console:
//! `DRAINBOARD_PICTURE=1 cargo test --test picture`

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a helper of tests fails by panicking")]

#[path = "terminal/pty.rs"]
#[expect(dead_code, reason = "the terminal's tests use all of it")]
mod pty;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use pty::{Terminal, program};
use vt100::{Cell, Color, Screen};

const COLUMNS: u16 = 116;
const ROWS: u16 = 32;
/// A cell at 14 pixels; with more height the bars would have gaps.
const CELL: (f64, f64) = (8.4, 16.3);
const MARGIN: f64 = 14.0;
const BACKGROUND: &str = "#0d1117";
const TEXT: &str = "#d5dbe3";

const COMMAND: &str = "DRAINBOARD_PICTURE=1 cargo test --test picture";

/// A picture's file, and what it says to who cannot see it.
type Picture = (&'static str, &'static str);
const DRAINING: Picture = ("console.svg", "drainboard in the middle of a synchronization");
const BROWSING: Picture = ("browse.svg", "drainboard's browser over the mirror: types, rows, a record");

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("assets").join(name)
}

#[test]
fn the_pictures_are_there_and_the_readme_says_how_they_are_made() {
    if std::env::var_os("DRAINBOARD_PICTURE").is_some() {
        draw();
    }
    let readme = include_str!("../README.md");
    assert!(readme.contains(COMMAND));
    for (name, words) in [DRAINING, BROWSING] {
        let picture = std::fs::read_to_string(file(name)).unwrap();
        assert!(picture.starts_with("<svg ") && picture.ends_with("</svg>\n") && picture.contains(words));
        assert!(readme.contains(&format!("(assets/{name})")), "{name} is not in the README");
    }
}

/// Runs the demo as the README says, and takes the pictures.
fn draw() {
    let mut command = program(&["demo"]);
    command.env("COLORTERM", "truecolor");
    let mut terminal = Terminal::start(command, COLUMNS, ROWS);
    terminal.until("more than half of it", |screen| {
        let done = screen.split_once(" of ~12,").and_then(|(before, _)| before.rsplit(' ').next());
        done.and_then(|n| n.replace(',', "").parse::<u32>().ok()).is_some_and(|n| n > 6_400)
    });
    take(&terminal, DRAINING);
    terminal.press(b"P");
    terminal.see("✓ up to date");
    terminal.press(b"2");
    terminal.see("owner_id");
    terminal.press(b"/title:CEO rev>400\r");
    terminal.settle(Duration::from_millis(700));
    take(&terminal, BROWSING);
    terminal.quit();
}

fn take(terminal: &Terminal, (name, words): Picture) {
    std::fs::write(file(name), svg(terminal.screen.screen(), words)).unwrap();
}

fn hex(color: Color) -> Option<String> {
    let named = match color {
        Color::Default => return None,
        Color::Rgb(r, g, b) => return Some(format!("#{r:02x}{g:02x}{b:02x}")),
        Color::Idx(0) => "#484f58",
        Color::Idx(1 | 9) => "#ff7b72",
        Color::Idx(2) => "#56d364",
        Color::Idx(10) => "#7ee787",
        Color::Idx(3 | 11) => "#e3b341",
        Color::Idx(4 | 12) => "#6cb6ff",
        Color::Idx(5 | 13) => "#d2a8ff",
        Color::Idx(6 | 14) => "#4fc9d8",
        Color::Idx(7 | 8) => "#6e7886",
        Color::Idx(15) => "#ffffff",
        Color::Idx(_) => TEXT,
    };
    Some(named.to_owned())
}

/// Foreground, background where there is one, bold and dim.
type Look = (String, Option<String>, bool, bool);

fn look(cell: &Cell) -> Look {
    let (mut fg, mut bg) = (hex(cell.fgcolor()).unwrap_or_else(|| TEXT.to_owned()), hex(cell.bgcolor()));
    if cell.inverse() {
        (fg, bg) = (bg.unwrap_or_else(|| BACKGROUND.to_owned()), Some(fg));
    }
    (fg, bg, cell.bold(), cell.dim())
}

/// Whether a cell's width may differ from font to font: then it stands alone, so that it cannot shift what follows.
fn is_alone(cell: &Cell) -> bool {
    let plain = |c: char| c < '\u{590}' || ('\u{2000}'..'\u{2e80}').contains(&c);
    cell.is_wide() || !cell.contents().chars().all(plain)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn svg(screen: &Screen, words: &str) -> String {
    let (rows, columns) = screen.size();
    let (rows, columns) = (rows.get(), columns.get());
    let width = f64::from(columns) * CELL.0 + 2.0 * MARGIN;
    let height = f64::from(rows) * CELL.1 + 2.0 * MARGIN;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.1} {height:.1}\" width=\"{width:.0}\" \
         height=\"{height:.0}\" role=\"img\" aria-label=\"{words}\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{BACKGROUND}\"/>\n<g transform=\"translate({MARGIN},{MARGIN})\" \
         font-family=\"ui-monospace,'JetBrains Mono','DejaVu Sans Mono',monospace\" font-size=\"14\">\n"
    );
    for y in 0..rows {
        let mut x = 0;
        while x < columns {
            let style = look(screen.cell(y, x).unwrap());
            let (start, mut text) = (x, String::new());
            while let Some(cell) = screen.cell(y, x).filter(|cell| look(cell) == style) {
                if is_alone(cell) && x > start {
                    break;
                }
                text.push_str(if cell.has_contents() { cell.contents() } else { " " });
                x += if cell.is_wide() { 2 } else { 1 };
                if is_alone(cell) {
                    break;
                }
            }
            run(&mut out, (start, y), x - start, &text, &style);
        }
    }
    out.push_str("</g>\n</svg>\n");
    out
}

fn run(out: &mut String, (x, y): (u16, u16), columns: u16, text: &str, style: &Look) {
    let (fg, bg, bold, dim) = style;
    let mut left = f64::from(x) * CELL.0;
    let top = f64::from(y) * CELL.1;
    if let Some(bg) = bg {
        let width = f64::from(columns) * CELL.0;
        writeln!(
            out,
            "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{}\" fill=\"{bg}\"/>",
            CELL.1
        )
        .unwrap();
    }
    let lead = text.len() - text.trim_start_matches(' ').len();
    let trail = text.len() - text.trim_end_matches(' ').len();
    let (lead, trail) = (lead as u16, trail as u16);
    let text = text.trim_matches(' ');
    if text.is_empty() {
        return;
    }
    left += f64::from(lead) * CELL.0;
    let (length, base) = (f64::from(columns - lead - trail) * CELL.0, top + 12.9);
    let weight = if *bold { " font-weight=\"bold\"" } else { "" };
    let opacity = if *dim { " opacity=\".6\"" } else { "" };
    writeln!(
        out,
        "<text xml:space=\"preserve\" x=\"{left:.1}\" y=\"{base:.1}\" textLength=\"{length:.1}\" \
         lengthAdjust=\"spacing\" fill=\"{fg}\"{weight}{opacity}>{}</text>",
        escaped(text)
    )
    .unwrap();
}
