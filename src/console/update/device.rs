//! Becoming a new device: asked for, typed, done. Nothing but the typed characters of the old one does it.

use super::super::action::Action;
use super::super::message::Effect;
use super::super::model::{Model, Overlay, Replacing};
use super::super::{Left, Manner};
use super::act::refuse;
use crate::engine::Command;

/// Asks.
pub(super) fn open(model: &mut Model) -> Vec<Effect> {
    if model.manner != Manner::Plain {
        return refuse(model, "not here: this console leaves the mirror as it is");
    }
    if model.running() {
        return refuse(model, "not while a run is on: stop it first");
    }
    let Some(device) = model.device() else {
        return refuse(model, "there is no mirror yet: the first synchronization makes it a device");
    };
    model.replacing = Replacing { device: Some(device), ..Replacing::default() };
    model.overlay = Some(Overlay::NewDevice);
    Vec::new()
}

/// Does an action; none where it is nothing special here.
pub(super) fn act(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    match action {
        Action::Text(edit) => model.replacing.line.edit(edit),
        Action::Accept if model.running() => return Some(refuse(model, "a run is on: stop it first")),
        Action::Accept if model.replacing.agreed() => {
            model.overlay = None;
            return Some(vec![Effect::Command(Command::NewDevice)]);
        }
        Action::Accept => {
            return Some(refuse(model, "these are not the device's first eight characters"));
        }
        // Leaving is always possible; whatever else a key means elsewhere, it means nothing here.
        Action::Interrupt | Action::Back | Action::Redraw | Action::Suspend => return None,
        Action::Quit => return Some(vec![Effect::Leave(Left::Quit)]),
        _ => {}
    }
    Some(Vec::new())
}
