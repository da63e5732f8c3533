//! The drawing: `&Model` to cells, and nothing else. Which screen is drawn and what lies over it is decided here; the frame
//! around every screen is in `edge`, and what `update` asks of the picture in `places`.

mod acks;
mod bend;
mod browse;
mod budget;
mod device;
mod edge;
mod grid;
mod help;
mod hints;
mod history;
mod idle;
mod log;
mod metrics;
mod naming;
mod notice;
mod over;
mod paint;
mod palette;
mod phase;
mod places;
mod saved;
mod serving;
mod sql;
mod sync;
mod tables;
mod typed;
mod welcome;
mod whole;
mod wire;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::action::Action;
use super::cells;
use super::model::{Model, Overlay, Screen};
use paint::{rule, s};

pub use places::*;

/// The smallest terminal that is drawn on.
pub const LEAST: (u16, u16) = (60, 16);

/// Draws the model.
pub fn view(model: &Model, frame: &mut Frame) {
    let area = frame.area();
    let buf = frame.buffer_mut();
    draw(model, buf, area);
    model.theme.ground(buf);
}

fn draw(model: &Model, buf: &mut Buffer, area: Rect) {
    if let Some(screen) = &model.welcome
        && area.width >= welcome::LEAST.0
        && area.height >= welcome::LEAST.1
    {
        welcome::draw(model, screen, buf, area);
        if let Some(Overlay::Help(at)) = model.overlay {
            help::draw(model, buf, area, at);
        }
        return;
    }
    if model.welcome.is_some() || area.width < LEAST.0 || area.height < LEAST.1 {
        return too_small(model, buf, area);
    }
    let theme = &model.theme;
    edge::header(model, buf, Rect { height: 1, ..area });
    edge::tabs(model, buf, Rect { y: area.y + 1, height: 1, ..area });
    rule(buf, area, 2, theme);
    let body = body(area);
    match model.screen {
        Screen::Sync if model.has_run() => sync::draw(model, buf, body),
        Screen::Sync => idle::draw(model, buf, body),
        Screen::Browse => browse::draw(model, buf, body),
        Screen::Acks => acks::draw(model, buf, body),
        Screen::Wire => wire::draw(model, buf, body),
        Screen::Sql => sql::draw(model, buf, body),
        Screen::History => history::draw(model, buf, body),
    }
    if let Some(asked) = &model.naming {
        naming::draw(model, asked, buf, body);
    }
    notice::draw(model, buf, body);
    rule(buf, area, usize::from(area.height) - 2, theme);
    edge::footer(model, buf, Rect { y: area.height - 1, height: 1, ..area });
    match model.overlay {
        Some(Overlay::Help(at)) => help::draw(model, buf, area, at),
        Some(Overlay::Bend) => bend::draw(model, buf, area),
        Some(Overlay::Connect) => {
            if let Some(watched) = &model.serving {
                serving::draw(model, watched, buf, area);
            }
        }
        Some(Overlay::Palette) => palette::draw(model, buf, area),
        Some(Overlay::Whole) => whole::draw(model, buf, area),
        Some(Overlay::Saved) => saved::draw(model, buf, area),
        Some(Overlay::AskQuit) => help::ask_quit(model, buf, area),
        Some(Overlay::NewDevice) => device::draw(model, buf, area),
        None => {}
    }
}

/// What is left for a screen.
fn body(area: Rect) -> Rect {
    Rect { y: area.y + 3, height: area.height.saturating_sub(5), ..area }
}

fn area_of(model: &Model) -> Rect {
    Rect::new(0, 0, model.size.0, model.size.1)
}

/// A line that says so; above it what keys would answer blindly, or how the run stands.
fn too_small(model: &Model, buf: &mut Buffer, area: Rect) {
    let (w, h) = if model.welcome.is_some() { welcome::LEAST } else { LEAST };
    let size = format!("need {w}x{h}, have {}x{}", area.width, area.height);
    let key = |action| model.keymap.key_of(action).unwrap_or_default();
    let first = if model.overlay == Some(Overlay::AskQuit) {
        let question = format!("stop and quit? {} yes, {} no", key(Action::Yes), key(Action::No));
        Some((question, model.theme.pending))
    } else if model.running() {
        let (glyph, word, style) = phase::phase(model);
        Some((format!("{glyph} {word}"), style))
    } else {
        None
    };
    let from = usize::from(area.height.saturating_sub(1)) / 2;
    for (row, (text, style)) in first.into_iter().chain([(size, Style::new())]).enumerate() {
        let text = cells::fit(&text, area.width.into()).into_owned();
        let column = (usize::from(area.width) - cells::width(&text)) / 2;
        paint::line_at(buf, area, from + row, column, vec![s(text, style)]);
    }
}
