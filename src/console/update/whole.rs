//! What the actions do while a value is shown in full.

use super::super::action::Action;
use super::super::message::Effect;
use super::super::model::whole::Whole;
use super::super::model::{Model, Overlay};
use super::super::view;
use super::act;

/// Shows a value.
pub(super) fn open(model: &mut Model, title: &str, text: String, cut: bool) -> Vec<Effect> {
    model.whole = Whole { title: title.to_owned(), text, cut, scroll: 0 };
    model.overlay = Some(Overlay::Whole);
    Vec::new()
}

/// Does an action; none where it is nothing special here.
pub(super) fn act(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    let page = view::whole_room(model).1.max(2) as isize - 1;
    let by = match action {
        Action::Whole => {
            model.overlay = None;
            return Some(Vec::new());
        }
        Action::CopyCell => {
            let Whole { title, text, cut, .. } = model.whole.clone();
            let what = if cut { format!("{title}, the beginning") } else { title };
            return Some(act::copy(model, what, text));
        }
        Action::Up => -1,
        Action::Down => 1,
        Action::PageUp => -page,
        Action::PageDown => page,
        Action::Top => isize::MIN,
        Action::Bottom => isize::MAX,
        _ => return None,
    };
    steps(model, by);
    Some(Vec::new())
}

/// Scrolls.
pub(super) fn steps(model: &mut Model, by: isize) {
    let (lines, height) = view::whole_room(model);
    let most = lines.saturating_sub(height);
    model.whole.scroll = model.whole.scroll.min(most).saturating_add_signed(by).min(most);
}
