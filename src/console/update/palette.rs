//! What the actions do in the palette.

use super::super::action::Action;
use super::super::message::Effect;
use super::super::model::{Model, Overlay, Stand};
use super::super::palette::{Found, Palette};
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
pub(super) fn found(model: &Model) -> Vec<Found> {
    model.palette.found(|action| model.stand(action))
}

/// Does what was found; what belongs to another screen is done there.
fn run(model: &mut Model, found: Found) -> Vec<Effect> {
    let mut effects = match found.stand {
        Stand::Elsewhere(screen) => act::show(model, screen),
        Stand::Works | Stand::Idle => Vec::new(),
    };
    effects.extend(act::act(model, found.entry.action));
    effects
}

/// Does an action; none where it is nothing special here.
pub(super) fn act(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    let count = found(model).len();
    let page = 10;
    let by = match action {
        Action::Choose => {
            model.overlay = None;
            let chosen = found(model).get(model.palette.chosen).copied();
            return Some(chosen.map_or_else(Vec::new, |found| run(model, found)));
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
