//! What the actions do in the palette.

use super::super::action::{Action, Entry};
use super::super::message::Effect;
use super::super::model::{Model, Overlay};
use super::super::palette::Palette;
use super::act;

/// Opens it, empty.
pub(super) fn open(model: &mut Model) -> Vec<Effect> {
    model.palette = Palette::default();
    model.overlay = Some(Overlay::Palette);
    Vec::new()
}

/// Takes typed or pasted text.
pub(super) fn insert(model: &mut Model, text: &str) {
    model.palette.line.insert(text);
    model.palette.chosen = 0;
}

/// The actions that it shows.
pub(super) fn found(model: &Model) -> Vec<&'static Entry> {
    model.palette.found(model.scopes(), |action| model.offers(action))
}

/// Does an action; none where it is nothing special here.
pub(super) fn act(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    let count = found(model).len();
    let page = 10;
    let by = match action {
        Action::Choose => {
            model.overlay = None;
            let chosen = found(model).get(model.palette.chosen).map(|e| e.action);
            return Some(chosen.map_or_else(Vec::new, |action| act::act(model, action)));
        }
        Action::Text(edit) => {
            model.palette.line.edit(edit);
            model.palette.chosen = 0;
            return Some(Vec::new());
        }
        Action::Palette => {
            model.overlay = None;
            return Some(Vec::new());
        }
        Action::Up => -1,
        Action::Down => 1,
        Action::PageUp => -page,
        Action::PageDown => page,
        _ => return None,
    };
    model.palette.chosen = model.palette.chosen.saturating_add_signed(by).min(count.saturating_sub(1));
    Some(Vec::new())
}
