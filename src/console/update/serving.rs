//! What happens to a console over a service: news from it, its clients' panel.

use super::super::action::Action;
use super::super::message::Effect;
use super::super::model::{Model, Overlay, since};
use super::super::serving::Standing;
use super::{act, wire};

/// What is asked when the console opens.
pub(super) fn opening(model: &mut Model) -> Vec<Effect> {
    look(model)
}

/// Something has happened.
pub(super) fn on_news(model: &mut Model) {
    if let Some(serving) = &mut model.serving {
        serving.stale = true;
    }
}

/// What is due by now.
pub(super) fn on_time(model: &mut Model) -> Vec<Effect> {
    let (now, focused) = (model.now, model.focused);
    let due = model.serving.as_ref().is_some_and(|serving| {
        let next = serving.next_look(focused);
        next.is_some_and(|next| serving.asked.is_none_or(|asked| since(asked, now) >= next))
    });
    if due { look(model) } else { Vec::new() }
}

/// Asks for the exchanges, and how the service stands.
fn look(model: &mut Model) -> Vec<Effect> {
    let now = model.now;
    if let Some(serving) = &mut model.serving {
        (serving.stale, serving.asked) = (false, Some(now));
    }
    let mut effects = wire::list(model);
    effects.push(Effect::Standing);
    effects
}

/// Takes how the service stands. Trouble is told once.
pub(super) fn on_standing(model: &mut Model, standing: Result<Standing, String>) {
    let Some(serving) = &mut model.serving else { return };
    match standing {
        Ok(standing) => (serving.standing, serving.trouble) = (Some(standing), None),
        Err(trouble) if serving.trouble.as_ref() == Some(&trouble) => {}
        Err(trouble) => {
            serving.trouble = Some(trouble.clone());
            model.fail(trouble);
        }
    }
}

/// Opens the clients' panel.
pub(super) fn open(model: &mut Model) -> Vec<Effect> {
    if model.serving.is_none() {
        return act::refuse(model, "only `drainboard serve --console` has clients");
    }
    model.overlay = Some(Overlay::Connect);
    vec![Effect::Standing]
}

/// Does an action in the clients' panel; none where it is nothing special here.
pub(super) fn act(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    let serving = model.serving.as_mut()?;
    let last = serving.entrances.len().saturating_sub(1);
    match action {
        Action::Up => serving.at = serving.at.saturating_sub(1),
        Action::Down => serving.at = (serving.at + 1).min(last),
        Action::Top | Action::PageUp => serving.at = 0,
        Action::Bottom | Action::PageDown => serving.at = last,
        Action::CopyToken => {
            let Some(entrance) = serving.entrances.get(serving.at) else { return Some(Vec::new()) };
            let what = format!("the token of {}", entrance.who);
            return Some(vec![Effect::CopyToken { what, entrance: serving.at }]);
        }
        Action::CopyAddress => {
            let text = serving.address.clone();
            return Some(act::copy(model, "the base URL", text));
        }
        Action::Connect => model.overlay = None,
        _ => return None,
    }
    Some(Vec::new())
}
