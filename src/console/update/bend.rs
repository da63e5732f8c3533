//! What the actions do in the panel that bends the demo's service.

use std::time::Duration;

use super::super::Pull;
use super::super::action::Action;
use super::super::message::Effect;
use super::super::model::log::{Line, Tone};
use super::super::model::{Model, Overlay, since};
use super::act;

/// How often the levers are looked at while the panel is open: what was to go wrong has gone wrong meanwhile.
const LOOK: Duration = Duration::from_millis(500);

/// Opens the panel.
pub(super) fn open(model: &mut Model) -> Vec<Effect> {
    if !model.demo {
        return act::refuse(model, no_lever(model));
    }
    model.overlay = Some(Overlay::Bend);
    look(model)
}

/// Why there is no lever here.
pub(super) fn no_lever(model: &Model) -> &'static str {
    match model.serving {
        Some(_) => "what is served here cannot be bent: it is as it was written",
        None => "only the demo's service, and that of `serve --console`, can be bent and edited",
    }
}

fn look(model: &mut Model) -> Vec<Effect> {
    model.bend.asked = Some(model.now);
    vec![Effect::Levers]
}

/// The levers again, where they may have moved by themselves.
pub(super) fn on_time(model: &mut Model) -> Vec<Effect> {
    let due = model.bend.asked.is_none_or(|asked| since(asked, model.now) >= LOOK);
    let alive = model.running() || model.serving.is_some();
    if model.overlay == Some(Overlay::Bend) && alive && due { look(model) } else { Vec::new() }
}

/// Takes what the demo did.
pub(super) fn on_demo(model: &mut Model, result: Result<String, String>) -> Vec<Effect> {
    model.demo_busy = false;
    let (tone, text) = match result {
        Ok(done) => (Tone::Plain, done),
        Err(error) => (Tone::Bad, error),
    };
    super::serving::on_news(model);
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
        Action::BendMore => return Some(vec![Effect::Pull { lever: *at, pull: Pull::More }]),
        Action::BendLess => return Some(vec![Effect::Pull { lever: *at, pull: Pull::Less }]),
        _ => return None,
    }
    Some(Vec::new())
}
