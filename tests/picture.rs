//! The README's picture: the console's own drawing as SVG, the same on every machine. After a change of the console:
//! `DRAINBOARD_PICTURE=1 cargo test --test picture`

#![expect(clippy::unwrap_used, reason = "a helper of tests fails by panicking")]

#[path = "console/models.rs"]
#[expect(dead_code, reason = "the other models are for other tests")]
mod models;

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use drainboard::console::message::Message;
use drainboard::console::update::update;
use drainboard::console::view::view;
use drainboard::engine::event::PackState;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

const COLUMNS: u16 = 116;
const ROWS: u16 = 32;
/// A cell at 14 pixels; with more height the bars would have gaps.
const CELL: (f64, f64) = (8.4, 16.3);
const MARGIN: f64 = 14.0;
const BACKGROUND: &str = "#0d1117";
const TEXT: &str = "#d5dbe3";

#[test]
fn the_picture_is_what_the_console_draws() {
    let mut model = models::draining();
    let mut snapshot = model.snapshot.as_ref().clone();
    snapshot.packs.retain(|p| !matches!(p.state, PackState::Refused | PackState::Failed));
    update(&mut model, Message::Snapshot(Arc::new(snapshot)));
    update(&mut model, Message::Resized(COLUMNS, ROWS));
    let mut terminal = Terminal::new(TestBackend::new(COLUMNS, ROWS)).unwrap();
    terminal.draw(|frame| view(&model, frame)).unwrap();
    let picture = svg(terminal.backend().buffer());
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/console.svg");
    if std::env::var_os("DRAINBOARD_PICTURE").is_some() {
        std::fs::write(&file, &picture).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(kept == picture, "assets/console.svg is old: DRAINBOARD_PICTURE=1 cargo test --test picture");
}

fn hex(color: Color) -> String {
    match color {
        Color::Black => "#484f58",
        Color::Red | Color::LightRed => "#ff7b72",
        Color::Green => "#56d364",
        Color::LightGreen => "#7ee787",
        Color::Yellow | Color::LightYellow => "#e3b341",
        Color::Blue | Color::LightBlue => "#6cb6ff",
        Color::Magenta | Color::LightMagenta => "#d2a8ff",
        Color::Cyan | Color::LightCyan => "#4fc9d8",
        Color::DarkGray | Color::Gray => "#6e7886",
        Color::White => "#ffffff",
        Color::Rgb(r, g, b) => return format!("#{r:02x}{g:02x}{b:02x}"),
        _ => TEXT,
    }
    .to_owned()
}

/// Foreground, background where there is one, bold and dim.
fn look(cell: &Cell) -> (String, Option<String>, bool, bool) {
    let (mut fg, mut bg) = (hex(cell.fg), (cell.bg != Color::Reset).then(|| hex(cell.bg)));
    if cell.modifier.contains(Modifier::REVERSED) {
        (fg, bg) = (bg.unwrap_or_else(|| BACKGROUND.to_owned()), Some(fg));
    }
    (fg, bg, cell.modifier.contains(Modifier::BOLD), cell.modifier.contains(Modifier::DIM))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn svg(buffer: &Buffer) -> String {
    let width = f64::from(buffer.area.width) * CELL.0 + 2.0 * MARGIN;
    let height = f64::from(buffer.area.height) * CELL.1 + 2.0 * MARGIN;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.1} {height:.1}\" width=\"{width:.0}\" \
         height=\"{height:.0}\" role=\"img\" aria-label=\"drainboard in the middle of a synchronization\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{BACKGROUND}\"/>\n<g transform=\"translate({MARGIN},{MARGIN})\" \
         font-family=\"ui-monospace,'JetBrains Mono','DejaVu Sans Mono',monospace\" font-size=\"14\">\n"
    );
    for y in 0..buffer.area.height {
        let mut x = 0;
        while x < buffer.area.width {
            // A run: cells of one look; a wide character stands alone, so that it cannot shift what follows.
            let (start, style) = (x, look(&buffer[(x, y)]));
            let mut text = String::new();
            while x < buffer.area.width && look(&buffer[(x, y)]) == style {
                let symbol = buffer[(x, y)].symbol();
                let wide = symbol.width() > 1;
                if wide && !text.is_empty() {
                    break;
                }
                text.push_str(symbol);
                x += (symbol.width() as u16).max(1);
                if wide {
                    break;
                }
            }
            run(&mut out, start, y, x - start, &text, &style);
        }
    }
    out.push_str("</g>\n</svg>\n");
    out
}

fn run(
    out: &mut String,
    x: u16,
    y: u16,
    columns: u16,
    text: &str,
    style: &(String, Option<String>, bool, bool),
) {
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
    let text = text.trim_matches(' ');
    if text.is_empty() {
        return;
    }
    left += lead as f64 * CELL.0;
    let (length, base) = (text.width() as f64 * CELL.0, top + 12.9);
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
