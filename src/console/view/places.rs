//! What `update` asks of the picture, for the click and for the page's height: what lies where, how much room there is,
//! how much of it does not fit.
//!
//! Promise: the answer is that of the picture that [`super::view`] draws of the same model: both lay it out by the same
//! functions, each screen's beside its drawing, since where things lie depends on what is drawn.

use ratatui::layout::Position;

use super::super::action::Action;
use super::super::model::history::Pane as HistoryPane;
use super::super::model::wire::Pane as WirePane;
use super::super::model::{Model, Overlay};
use super::{
    LEAST, acks, area_of, bend, body, browse, device, edge, help, history, over, palette, saved, serving,
    sql, sync, welcome, whole, wire,
};

pub use acks::Spot as AcksSpot;
pub use browse::Spot;
pub use sql::Spot as SqlSpot;

/// What a click means that no screen takes for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// A screen's name, a key of the footer or of a question: what it does.
    Do(Action),
    /// A row of the list that lies over the screen.
    Row(usize),
    /// Somewhere else on what lies over the screen.
    Over,
    /// Beside what lies over the screen.
    Beside,
}

/// What lies at a place of the screen's edge, or of what lies over it; none where the screen itself is.
pub fn target(model: &Model, (column, row): (u16, u16)) -> Option<Target> {
    let (area, place) = (area_of(model), Position::new(column, row));
    if let (Some(screen), None) = (&model.welcome, model.overlay) {
        return welcome::target(model, screen, area, place);
    }
    if area.width < LEAST.0 || area.height < LEAST.1 {
        return None;
    }
    // The keys below belong to what lies over the screen as well.
    if row + 1 == area.height && model.welcome.is_none() {
        return edge::key_at(model, area, column).map(Target::Do);
    }
    let Some(overlay) = model.overlay else {
        return edge::tab_at(model, column).filter(|_| row == 1).map(Target::Do);
    };
    let at = match overlay {
        Overlay::Help(_) => over::Place::framed(help::outer(model, area)),
        Overlay::Bend => bend::place(model, area),
        Overlay::Connect => serving::place(model, model.serving.as_ref()?, area),
        Overlay::Palette => palette::place(model, area),
        Overlay::Whole => over::Place::framed(whole::outer(model, area)),
        Overlay::Saved => saved::place(model, area),
        Overlay::NewDevice => over::Place::framed(device::outer(area)),
        Overlay::AskQuit => {
            if let Some(answer) = help::answer_at(model, area, place) {
                return Some(Target::Do(answer));
            }
            over::Place::framed(help::question(area))
        }
    };
    Some(match at.row(place) {
        Some(row) => Target::Row(row),
        None if at.outer.contains(place) => Target::Over,
        None => Target::Beside,
    })
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
