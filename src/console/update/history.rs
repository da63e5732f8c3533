//! What the actions do on the History screen.

use super::super::action::Action;
use super::super::message::Effect;
use super::super::model::Model;
use super::super::model::history::Pane;
use super::super::view;

/// The screen is shown, or the mirror has changed: the newest sessions again.
pub(super) fn shown(model: &mut Model) -> Vec<Effect> {
    vec![Effect::Read(model.history.again())]
}

/// The size has changed. The lists' windows are found anew with each frame.
pub(super) fn settle(model: &mut Model) -> Vec<Effect> {
    let most = view::change_overflow(model);
    model.history.scroll = model.history.scroll.min(most);
    Vec::new()
}

/// Does an action; none where it is nothing special here.
pub(super) fn act(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    let request = match action {
        Action::OpenSession | Action::Right => model.history.open(),
        Action::NextPane if model.history.pane == Pane::Sessions => model.history.open(),
        Action::NextPane => {
            model.history.pane =
                if model.history.pane == Pane::Changes { Pane::Change } else { Pane::Changes };
            None
        }
        Action::Left | Action::PreviousPane => {
            model.history.close();
            None
        }
        Action::Back if model.notices.is_empty() && model.toast.is_none() && model.history.close() => None,
        _ => return None,
    };
    follow(model);
    Some(request.map(Effect::Read).into_iter().collect())
}

/// Moves what has the focus.
pub(super) fn steps(model: &mut Model, by: isize) -> Vec<Effect> {
    if model.history.pane == Pane::Change {
        let most = view::change_overflow(model);
        model.history.scroll = model.history.scroll.saturating_add_signed(by).min(most);
        return Vec::new();
    }
    let requests = model.history.step(by);
    follow(model);
    requests.into_iter().map(Effect::Read).collect()
}

/// Keeps the cursor on the screen.
fn follow(model: &mut Model) {
    let height = view::history_height(model);
    model.history.follow(height);
}
