//! The mouse: a click is for the screen that knows what lies there, the wheel moves what is under it.

use std::time::Duration;

use super::super::message::{Effect, Mouse, MouseKind};
use super::super::model::{Model, Screen, since};
use super::{acks, act, browse, history, sql, wire};

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
    if model.welcome.is_some() {
        return Vec::new();
    }
    let place = (mouse.column, mouse.row);
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

/// Whether this click is the second one of two.
pub(super) fn twice(model: &mut Model, here: (u16, u16)) -> bool {
    let twice = model.click.is_some_and(|(at, place)| place == here && since(at, model.now) <= DOUBLE);
    model.click = (!twice).then_some((model.now, here));
    twice
}
