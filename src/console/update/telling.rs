//! The terminal's title and bell: told when what they say changes.

use super::super::message::Effect;
use super::super::model::Model;
use super::super::model::telling::{LONG, title};

/// Another title, where another one fits now.
pub(super) fn on_time(model: &mut Model) -> Option<Effect> {
    let title = title(model)?;
    if model.telling.title.as_ref() == Some(&title) {
        return None;
    }
    model.telling.title = Some(title.clone());
    Some(Effect::Title(title))
}

/// A run has ended: the bell, where it took long.
pub(super) fn ended(model: &Model) -> Option<Effect> {
    (model.telling.tells.bell && model.elapsed() > LONG).then_some(Effect::Bell)
}
