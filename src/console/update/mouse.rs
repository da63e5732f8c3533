//! The mouse: a click is for what lies over the screen or at its edge, then for the screen that knows what lies there;
//! the wheel moves what is under it.

use std::time::Duration;

use super::super::action::Action;
use super::super::message::{Effect, Mouse, MouseKind};
use super::super::model::{Model, Overlay, Screen, since};
use super::super::view::{self, Target};
use super::{acks, act, browse, history, sql, welcome, wire};

/// Two clicks within this time are a double-click.
const DOUBLE: Duration = Duration::from_millis(400);
/// Lines that a notch of the wheel moves.
const NOTCH: isize = 3;

/// Takes what the mouse did.
pub(super) fn on_mouse(model: &mut Model, mouse: Mouse) -> Vec<Effect> {
    let by = match mouse.kind {
        MouseKind::WheelUp => -NOTCH,
        MouseKind::WheelDown => NOTCH,
        _ => 0,
    };
    let place = (mouse.column, mouse.row);
    if mouse.kind == MouseKind::Press
        && let Some(target) = view::target(model, place)
    {
        return press(model, target, place);
    }
    if model.welcome.is_some() && model.overlay.is_none() {
        return Vec::new();
    }
    let covered = model.overlay.is_some() || model.naming.is_some();
    match (model.screen, by) {
        (_, 0) if covered => Vec::new(),
        (_, by) if covered => act::steps(model, by),
        (Screen::Browse, 0) => browse::mouse(model, mouse),
        (Screen::Browse, by) => browse::wheel(model, mouse, by),
        (Screen::Acks, 1.. | ..=-1) => acks::wheel(model, place, by),
        (Screen::Wire, 1.. | ..=-1) => wire::wheel(model, place, by),
        (Screen::History, 1.. | ..=-1) => history::wheel(model, place, by),
        (_, 1.. | ..=-1) => act::steps(model, by),
        _ if mouse.kind != MouseKind::Press => Vec::new(),
        (screen, _) => {
            let twice = twice(model, place);
            match screen {
                Screen::Acks => acks::press(model, place, twice),
                Screen::Wire => wire::press(model, place, twice),
                Screen::Sql => sql::press(model, place, twice),
                Screen::History => history::press(model, place, twice),
                Screen::Sync | Screen::Browse => Vec::new(),
            }
        }
    }
}

/// A click on what no screen takes for itself: a list's row is chosen, the second click does it.
fn press(model: &mut Model, target: Target, place: (u16, u16)) -> Vec<Effect> {
    match target {
        Target::Do(action) => act::act(model, action),
        Target::Row(row) => {
            let twice = twice(model, place);
            let (at, does) = match model.overlay {
                Some(Overlay::Bend) => (&mut model.bend.at, Action::BendMore),
                Some(Overlay::Saved) => (&mut model.sql.saved.chosen, Action::Choose),
                Some(Overlay::Palette) => (&mut model.palette.chosen, Action::Choose),
                None => return welcome::press(model, row, twice),
                _ => match &mut model.serving {
                    Some(serving) => (&mut serving.at, Action::CopyToken),
                    None => return Vec::new(),
                },
            };
            *at = row;
            if twice { act::act(model, does) } else { Vec::new() }
        }
        Target::Over => Vec::new(),
        Target::Beside => {
            model.overlay = None;
            Vec::new()
        }
    }
}

/// Whether this click is the second one of two.
pub(super) fn twice(model: &mut Model, here: (u16, u16)) -> bool {
    let twice = model.click.is_some_and(|(at, place)| place == here && since(at, model.now) <= DOUBLE);
    model.click = (!twice).then_some((model.now, here));
    twice
}
