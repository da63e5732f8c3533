//! The drawing: `&Model` to cells, and nothing else. The frame around every screen is here.
//!
//! ```text
//!  drainboard  acme · api.getbase.com         device 6dadcec8  ● draining       session 29f2aeeb  0:09
//!  1 Sync   2 Browse                                                        a remark, or the first error
//! ─────────────────────────────────────────────────────────────────────────────────────────────────────
//!  the screen
//! ─────────────────────────────────────────────────────────────────────────────────────────────────────
//!  s sync   p pause   . step   a send acks   x stop   ? help
//! ```

mod acks;
mod bend;
mod browse;
mod budget;
mod device;
mod grid;
mod help;
mod history;
mod idle;
mod log;
mod naming;
mod notice;
mod paint;
mod palette;
mod saved;
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

use super::action::{Action, Scope};
use super::model::history::Pane as HistoryPane;
use super::model::wire::Pane as WirePane;
use super::model::{Model, Overlay, Screen};
use super::{Manner, cells};
use crate::engine::{Phase, RunEnd};
use crate::text::{clock, grouped, visible};
use paint::{gap, hint, line, line_right, rule, s};

pub use acks::Spot as AcksSpot;
pub use browse::Spot;
pub use sql::Spot as SqlSpot;

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
        return welcome::draw(model, screen, buf, area);
    }
    if model.welcome.is_some() || area.width < LEAST.0 || area.height < LEAST.1 {
        too_small(buf, area, if model.welcome.is_some() { welcome::LEAST } else { LEAST });
        return;
    }
    let theme = &model.theme;
    header(model, buf, Rect { height: 1, ..area });
    tabs(model, buf, Rect { y: area.y + 1, height: 1, ..area });
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
    footer(model, buf, Rect { y: area.height - 1, height: 1, ..area });
    match model.overlay {
        Some(Overlay::Help(at)) => help::draw(model, buf, area, at),
        Some(Overlay::Bend) => bend::draw(model, buf, area),
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

/// Rows of screen 2's table.
pub fn rows_on_screen(model: &Model) -> usize {
    browse::layout(body(area_of(model)), &model.browse).rows_height()
}

/// How many lines of the record do not fit.
pub fn record_overflow(model: &Model) -> usize {
    browse::overflow(model, body(area_of(model)))
}

/// How far the record must be scrolled for its cursor to be seen.
pub fn record_scroll(model: &Model) -> usize {
    browse::scroll(model, body(area_of(model)))
}

/// How many lines of what is shown of a step of a record's story do not fit, and how many do.
pub fn story_room(model: &Model) -> (usize, usize) {
    browse::story_room(model, body(area_of(model)))
}

/// What lies at a place of screen 2.
pub fn spot(model: &Model, column: u16, row: u16) -> Option<Spot> {
    browse::spot(model, body(area_of(model)), column, row)
}

/// Lines of the pane of screen 1 that has the focus.
pub fn pane_lines(model: &Model) -> usize {
    sync::pane_lines(model)
}

/// The height of the pane of screen 1 that has the focus.
pub fn pane_height(model: &Model) -> usize {
    sync::layout(model, body(area_of(model))).height(model.pane)
}

/// Rows of screen 4's list that are on the screen.
pub fn wire_rows(model: &Model) -> usize {
    wire::layout(model, body(area_of(model))).rows()
}

/// Lines of screen 4's exchange that are on the screen; 0 where it is not shown.
pub fn wire_lines(model: &Model) -> usize {
    wire::layout(model, body(area_of(model))).lines()
}

/// What lies at a place of screen 4: a pane, and the row in it from the first shown.
pub fn wire_spot(model: &Model, place: (u16, u16)) -> Option<(WirePane, Option<usize>)> {
    wire::spot(model, body(area_of(model)), place)
}

/// The cell at a place of screen 5, by row and column; or its statement.
pub fn sql_spot(model: &Model, place: (u16, u16)) -> Option<SqlSpot> {
    sql::spot(model, body(area_of(model)), place)
}

/// Rows of screen 3's list or detail, all of them and those on the screen.
pub fn acks_room(model: &Model) -> (usize, usize) {
    acks::room(model, body(area_of(model)))
}

/// What lies at a place of screen 3.
pub fn acks_spot(model: &Model, place: (u16, u16)) -> Option<AcksSpot> {
    acks::spot(model, body(area_of(model)), place)
}

/// Rows and columns that screen 5 has for its grid.
pub fn sql_room(model: &Model) -> (usize, usize) {
    sql::room(model, body(area_of(model)))
}

/// What lies at a place of screen 6: a pane, and the row of its list from the first shown.
pub fn history_spot(model: &Model, place: (u16, u16)) -> Option<(HistoryPane, Option<usize>)> {
    history::spot(model, body(area_of(model)), place)
}

/// Rows of the list of screen 6 that has the focus.
pub fn history_height(model: &Model) -> usize {
    history::height(model, body(area_of(model)))
}

/// How many lines of screen 6's change do not fit.
pub fn change_overflow(model: &Model) -> usize {
    history::overflow(model, body(area_of(model)))
}

/// Lines of the value that is shown in full, all of them and those on the screen.
pub fn whole_room(model: &Model) -> (usize, usize) {
    whole::room(model, area_of(model))
}

/// Lines of the help.
pub fn help_lines(model: &Model) -> usize {
    help::lines(model).len()
}

/// Lines of the help that are on the screen.
pub fn help_height(model: &Model) -> usize {
    help::inner(model, area_of(model)).height.into()
}

fn too_small(buf: &mut Buffer, area: Rect, (w, h): (u16, u16)) {
    let text = format!("need {w}x{h}, have {}x{}", area.width, area.height);
    let text = cells::fit(&text, area.width.into()).into_owned();
    let column = (usize::from(area.width) - cells::width(&text)) / 2;
    paint::line_at(buf, area, usize::from(area.height) / 2, column, vec![s(text, Style::new())]);
}

fn header(model: &Model, buf: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    let (glyph, word, style) = phase(model);
    let mut right = Vec::new();
    if let Some(device) = model.snapshot.device.filter(|_| area.width >= 100) {
        right.extend([s("device ", theme.dim), s(device.short(), theme.text), gap(2)]);
    }
    // What this console does not do is said everywhere.
    match model.manner {
        Manner::Plain => {}
        Manner::Peek => right.extend([s("■ peek: no acks", theme.pending), gap(2)]),
        Manner::ReadOnly => right.extend([s("■ read-only", theme.pending), gap(2)]),
    }
    // Held acks are said everywhere: nothing new starts before they are released.
    if let Some(held) = model.held() {
        right.extend([s(format!("■ {} acks held", grouped(held)), theme.pending), gap(2)]);
    } else if model.snapshot.dropping && model.running() {
        right.extend([s("■ next pack is lost", theme.pending), gap(2)]);
    }
    if model.wire.recorded.is_some() {
        right.extend([s("● rec", theme.failed), gap(2)]);
    }
    // The word has the width of the longest one, so that nothing beside it moves.
    right.extend([s(format!("{glyph} "), style), s(cells::left(word, 13), style)]);
    let session = model.snapshot.session.as_ref();
    if let Some(session) = session.filter(|_| area.width >= 100 || model.every.left(model.now).is_none()) {
        right.extend([gap(2), s("session ", theme.dim), s(cells::left(&session.short, 8), theme.text)]);
    }
    if let Some(left) = model.every.left(model.now).filter(|_| !model.running()) {
        right.extend([gap(2), s("again in ", theme.dim), s(cells::right(&clock(left), 5), theme.value)]);
    } else if model.has_run() {
        right.extend([gap(1), s(cells::right(&clock(model.elapsed()), 7), theme.value)]);
    }
    right.push(gap(1));
    let taken = line_right(buf, area, 0, right);
    let room = usize::from(area.width).saturating_sub(taken + 13 + 2);
    let place = if model.host.is_empty() || model.host == model.title {
        model.title.clone()
    } else {
        format!("{} · {}", model.title, model.host)
    };
    let place = if cells::width(&place) > room { model.title.clone() } else { place };
    let left = vec![
        gap(1),
        s("drainboard", theme.accent.patch(theme.heading)),
        gap(2),
        s(cells::fit(&place, room), theme.dim),
    ];
    line(buf, Rect { width: area.width - taken as u16, ..area }, 0, left);
}

/// The phase as glyph, word and style. What was asked for and what is confirmed have different words.
fn phase(model: &Model) -> (&'static str, &'static str, Style) {
    let theme = &model.theme;
    let snapshot = &model.snapshot;
    if !model.engine_alive {
        return ("✖", "engine ended", theme.failed);
    }
    match snapshot.phase {
        Phase::Idle => match &snapshot.outcome {
            None => ("○", "idle", theme.dim),
            Some(o) if o.converged => ("✓", "up to date", theme.sent),
            Some(o) => match o.end {
                RunEnd::Stopped => ("○", "stopped", theme.pending),
                RunEnd::SingleSession | RunEnd::Converged => ("✓", "session done", theme.sent),
                RunEnd::NoProgress => ("▲", "no progress", theme.pending),
                _ => ("✖", "failed", theme.failed),
            },
        },
        Phase::Pausing => ("◌", "pausing", theme.pending),
        Phase::Paused => ("‖", "paused", theme.pending),
        Phase::Stopping => ("◌", "stopping", theme.pending),
        _ if snapshot.wait.is_some() => ("▲", "waiting", theme.pending),
        Phase::Opening => ("◌", "opening", theme.accent),
        Phase::Flushing => ("●", "flushing acks", theme.pending),
        Phase::Starting => ("◌", "starting", theme.accent),
        Phase::Draining => ("●", "draining", theme.accent),
        Phase::OutboxFull => ("▲", "outbox full", theme.pending),
        Phase::Acknowledging => ("●", "acknowledging", theme.accent),
    }
}

fn tabs(model: &Model, buf: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    let mut spans = vec![gap(1)];
    let mut used = 1;
    let screens = [
        (Screen::Sync, Action::ShowSync),
        (Screen::Browse, Action::ShowBrowse),
        (Screen::Acks, Action::ShowAcks),
        (Screen::Wire, Action::ShowWire),
        (Screen::Sql, Action::ShowSql),
        (Screen::History, Action::ShowHistory),
    ];
    for (screen, action) in screens {
        let key = model.keymap.key_of(action).unwrap_or_default();
        let word = action.entry().short;
        let style = if screen == model.screen { theme.accent.patch(theme.heading) } else { theme.dim };
        used += cells::width(&key) + cells::width(word) + 4;
        spans.extend([s(format!("{key} "), style), s(word, style), gap(3)]);
    }
    line(buf, area, 0, spans);
    let room = usize::from(area.width).saturating_sub(used + 1);
    // A remark that goes may lie over the tabs for its while: a file's place that is cut is none.
    let room = if model.toast.is_some() { usize::from(area.width).saturating_sub(4) } else { room };
    let mut remark = remark(model, room.saturating_sub(2));
    remark.insert(0, gap(2));
    remark.push(gap(1));
    line_right(buf, area, 0, remark);
}

/// What is said at the right of the tabs: a remark that goes, or else the first thing that waits to be seen.
fn remark(model: &Model, room: usize) -> Vec<ratatui::text::Span<'static>> {
    let theme = &model.theme;
    if let Some((text, _)) = &model.toast {
        return vec![s(cells::fit(&visible(text), room), theme.pending)];
    }
    let short = model.notices.first().filter(|_| notice::long(model).is_none());
    if let Some(notice) = short.filter(|_| model.screen != Screen::Sync || !model.has_run()) {
        let key = model.keymap.key_of(Action::Back).unwrap_or_default();
        let (mark, style) = if notice.error { ("✖ ", theme.failed) } else { ("▲ ", theme.pending) };
        let hint = format!("   {key} seen");
        let text = visible(&notice.text).into_owned();
        let text = cells::fit(&text, room.saturating_sub(2 + cells::width(&hint))).into_owned();
        return vec![s(mark, style), s(text, style), s(hint, theme.dim)];
    }
    if let Some(step) = model.snapshot.next_step.as_ref().filter(|_| model.screen != Screen::Sync) {
        return vec![s(cells::fit(&format!("‖ next: {}", visible(step)), room), theme.pending)];
    }
    if model.snapshot.missed > 0 {
        let n = crate::text::grouped(model.snapshot.missed);
        return vec![s(cells::fit(&format!("{n} events not shown, none uncounted"), room), theme.dim)];
    }
    Vec::new()
}

/// The keys that matter now.
fn footer_actions(model: &Model) -> Vec<(Action, Option<&'static str>)> {
    let a = |action| (action, None);
    if model.overlay == Some(Overlay::AskQuit) {
        return vec![a(Action::Yes), a(Action::No)];
    }
    if model.overlay == Some(Overlay::NewDevice) {
        return vec![(Action::Accept, Some("become it")), (Action::Back, Some("go back"))];
    }
    if matches!(model.overlay, Some(Overlay::Help(_))) {
        return vec![a(Action::Down), a(Action::Up), (Action::Back, Some("close"))];
    }
    if model.overlay == Some(Overlay::Bend) {
        return bend::footer();
    }
    if model.overlay == Some(Overlay::Whole) {
        return whole::footer();
    }
    if model.overlay == Some(Overlay::Saved) {
        return saved::footer();
    }
    if model.naming.is_some() {
        return vec![a(Action::Accept), (Action::Back, Some("cancel"))];
    }
    if model.overlay == Some(Overlay::Palette) {
        return vec![a(Action::Choose), a(Action::Down), a(Action::Up), (Action::Back, Some("close"))];
    }
    let mut keys = match model.screen {
        Screen::Sync => sync::footer(model),
        Screen::Browse => browse::footer(model),
        Screen::Acks => acks::footer(model),
        Screen::Wire => wire::footer(model),
        Screen::Sql => sql::footer(model),
        Screen::History => history::footer(model),
    };
    // Where a line is typed plain keys are text: these would not do what they say.
    let typing = model.scopes().contains(&Scope::Text);
    if !typing {
        keys.push(a(Action::Palette));
        keys.push(a(Action::Help));
    }
    if keys.len() < 6 && !typing {
        keys.push(a(Action::Quit));
    }
    keys
}

fn footer(model: &Model, buf: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    let mut hints: Vec<_> = footer_actions(model)
        .into_iter()
        .filter_map(|(action, word)| {
            let word = word.unwrap_or(action.entry().short);
            // The key that works here; over a screen, that of what lies there.
            let here = model.keymap.keys_in(model.scopes(), action).into_iter().next();
            here.or_else(|| model.keymap.key_of(action))
                .map(|key| (cells::width(&key) + 1 + word.len(), hint(&key, word, theme), action))
        })
        .collect();
    // What does not fit goes, the help last of all.
    while hints.iter().map(|h| h.0 + 3).sum::<usize>() > usize::from(area.width) + 1 && hints.len() > 1 {
        let at = hints.len() - 1;
        hints.remove(if hints[at].2 == Action::Help { at - 1 } else { at });
    }
    let mut spans = vec![gap(1)];
    for (_, hint, _) in hints {
        spans.extend(hint);
        spans.push(gap(3));
    }
    line(buf, area, 0, spans);
    if !model.typed.is_empty() {
        let typed: Vec<_> = model.typed.iter().map(ToString::to_string).collect();
        line_right(buf, area, 0, vec![s(format!("{} …", typed.join(" ")), theme.accent), gap(1)]);
    }
}
