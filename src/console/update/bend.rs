//! What the actions do in the panel that bends the demo's service.

use std::time::Duration;

use super::super::action::Action;
use super::super::message::Effect;
use super::super::model::log::{Line, Tone};
use super::super::model::{Model, Overlay, since};

/// How often the levers are looked at while the panel is open: what was to go wrong has gone wrong meanwhile.
const LOOK: Duration = Duration::from_millis(500);

/// Opens the panel.
pub(super) fn open(model: &mut Model) -> Vec<Effect> {
    if !model.demo {
        model.say("only the demo's service can be bent");
        return Vec::new();
    }
    model.overlay = Some(Overlay::Bend);
    look(model)
}

fn look(model: &mut Model) -> Vec<Effect> {
    model.bend.asked = Some(model.now);
    vec![Effect::Levers]
}

/// The levers again, where they may have moved by themselves.
pub(super) fn on_time(model: &mut Model) -> Vec<Effect> {
    let due = model.bend.asked.is_none_or(|asked| since(asked, model.now) >= LOOK);
    if model.overlay == Some(Overlay::Bend) && model.running() && due { look(model) } else { Vec::new() }
}

/// Takes what the demo did.
pub(super) fn on_demo(model: &mut Model, result: Result<String, String>) -> Vec<Effect> {
    model.demo_busy = false;
    let (tone, text) = match result {
        Ok(done) => (Tone::Plain, done),
        Err(error) => (Tone::Bad, error),
    };
    let line = Line::new(model.now, tone, "demo", text);
    model.say(line.text.clone());
    model.log.push(line);
    if model.overlay == Some(Overlay::Bend) { vec![Effect::Levers] } else { Vec::new() }
}

/// Does an action; none where it is nothing special here.
pub(super) fn act(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    let last = model.bend.levers.len().saturating_sub(1);
    let at = &mut model.bend.at;
    match action {
        Action::Up => *at = at.saturating_sub(1),
        Action::Down => *at = (*at + 1).min(last),
        Action::Top | Action::PageUp => *at = 0,
        Action::Bottom | Action::PageDown => *at = last,
        Action::BendMore | Action::BendLess => {
            let (lever, down) = (*at, action == Action::BendLess);
            return Some(vec![Effect::Pull { lever, down }]);
        }
        _ => return None,
    }
    Some(Vec::new())
}
