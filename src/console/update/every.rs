//! Synchronizing by itself: the switch, the start when it is time, and the end where no waiting helps.

use super::super::Manner;
use super::super::message::Effect;
use super::super::model::Model;
use super::act::refuse;
use crate::engine::{Command, Mode, RunEnd};
use crate::text::span;

/// Turns it on, to the next pause, or off.
pub(super) fn turn(model: &mut Model) -> Vec<Effect> {
    if model.manner != Manner::Plain {
        return refuse(model, "not here: this console leaves the mirror as it is");
    }
    let running = model.running();
    model.every.turn(model.now, running);
    model.say(match model.every.pause() {
        Some(pause) if running => format!("synchronizes again {} after each run", span(pause)),
        Some(pause) => format!("synchronizes in {}, and again so long after each run", span(pause)),
        None => "synchronizes when asked only".to_owned(),
    });
    Vec::new()
}

/// A run has begun.
pub(super) fn began(model: &mut Model) {
    model.every.began();
}

/// A run has ended: the next one comes, unless this one says that it would end the same way.
pub(super) fn ended(model: &mut Model) {
    let hopeless = matches!(
        model.snapshot.outcome.as_ref().map(|outcome| outcome.end),
        Some(RunEnd::Usage | RunEnd::Refused | RunEnd::Mirror | RunEnd::Internal)
    );
    if hopeless && model.every.pause().is_some() {
        model.every.off();
        model.say("does not synchronize by itself any more: the next run would end the same way");
    } else {
        model.every.wait(model.now);
    }
}

/// Begins the next run now, where one is coming.
pub(super) fn nudged(model: &mut Model) -> Option<Effect> {
    model.every.left(model.now)?;
    model.every.wait_no_longer(model.now);
    on_time(model)
}

/// Begins a run where it is time.
pub(super) fn on_time(model: &mut Model) -> Option<Effect> {
    if model.running() || !model.engine_alive {
        return None;
    }
    model.every.strike(model.now).then_some(Effect::Command(Command::Start(Mode::Full)))
}
