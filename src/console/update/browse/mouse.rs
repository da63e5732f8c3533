//! The mouse on screen 2: it points, opens, sorts, drags the divider; the wheel moves what is under it.

use super::super::super::action::Action;
use super::super::super::message::{Effect, Mouse, MouseKind};
use super::super::super::model::Model;
use super::super::super::model::browse::{Pane, Show};
use super::super::super::view::{self, Spot};
use super::super::act::read;
use super::super::mouse::twice;
use super::{move_choice, open, own, record};

/// A button, or a drag of the divider.
pub(in crate::console::update) fn mouse(model: &mut Model, mouse: Mouse) -> Vec<Effect> {
    let spot = view::spot(model, mouse.column, mouse.row);
    match mouse.kind {
        MouseKind::Release => model.browse.dragging = false,
        MouseKind::Drag if model.browse.dragging => model.browse.divider = Some(mouse.column),
        MouseKind::Press => {
            let twice = twice(model, (mouse.column, mouse.row));
            return press(model, spot, twice);
        }
        _ => {}
    }
    Vec::new()
}

fn press(model: &mut Model, spot: Option<Spot>, twice: bool) -> Vec<Effect> {
    let height = view::rows_on_screen(model);
    match spot {
        Some(Spot::Divider) => model.browse.dragging = true,
        Some(Spot::Kind(at)) => {
            model.browse.pane = if twice { Pane::Rows } else { Pane::Kinds };
            let by = at as isize - model.browse.kind_index().unwrap_or(0) as isize;
            return read(model.browse.move_kind(by));
        }
        Some(Spot::Row(row)) => {
            model.browse.pane = if twice { Pane::Record } else { Pane::Rows };
            return read(model.browse.point(row, height));
        }
        Some(Spot::Heading(at)) => {
            let by = at as isize - model.browse.lens().at as isize;
            model.browse.move_column(by);
            model.browse.pane = Pane::Rows;
            return own(model, Action::SortColumn);
        }
        Some(Spot::Line(line)) => {
            model.browse.pane = Pane::Record;
            if let (Show::Story, Some(story)) = (model.browse.show, &mut model.browse.story) {
                let by = line as isize - story.at as isize;
                story.step(by);
            } else {
                model.browse.line = line;
            }
            if twice {
                return open(model);
            }
        }
        Some(Spot::Column(at)) => {
            model.browse.choosing = Some(at);
            if twice {
                return open(model);
            }
        }
        None => {}
    }
    Vec::new()
}

/// The wheel moves what is under it.
pub(in crate::console::update) fn wheel(model: &mut Model, mouse: Mouse, by: isize) -> Vec<Effect> {
    let height = view::rows_on_screen(model);
    if model.browse.choosing.is_some() {
        move_choice(model, by);
        return Vec::new();
    }
    match view::spot(model, mouse.column, mouse.row) {
        Some(Spot::Kind(_)) => read(model.browse.move_kind(by.signum())),
        Some(Spot::Line(_)) => {
            record::move_line(model, by);
            Vec::new()
        }
        _ if model.browse.pane == Pane::Record && height == 0 => Vec::new(),
        Some(Spot::Divider | Spot::Column(_)) | None => Vec::new(),
        _ => read(model.browse.move_row(by, height)),
    }
}
