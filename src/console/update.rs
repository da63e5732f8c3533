//! What each message changes, and what is to be done about it. Pure: no I/O, no clock (the model's `now` is set before).

mod act;
mod browse;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use super::Left;
use super::action::Scope;
use super::key::Key;
use super::keymap::Hit;
use super::message::{Answer, Effect, Message, MouseKind, Request};
use super::model::browse::Pane;
use super::model::{Mirrored, Model, Notice, Overlay, Screen, log, since};
use super::view;
use crate::engine::{Command, Event, EventKind, Snapshot};

/// How often the mirror is asked anew while the engine commits.
const REFRESH: std::time::Duration = std::time::Duration::from_secs(1);

/// Changes the model and says what is to be done.
pub fn update(model: &mut Model, message: Message) -> Vec<Effect> {
    let mut effects = match message {
        Message::Key(key) => on_key(model, key),
        Message::Paste(text) => on_paste(model, &text),
        Message::Mouse(mouse) => {
            let browsing = model.screen == Screen::Browse && model.overlay.is_none();
            match mouse.kind {
                MouseKind::WheelUp if browsing => browse::wheel(model, mouse, -3),
                MouseKind::WheelDown if browsing => browse::wheel(model, mouse, 3),
                MouseKind::WheelUp => act::wheel(model, -3),
                MouseKind::WheelDown => act::wheel(model, 3),
                _ if browsing => browse::mouse(model, mouse),
                _ => Vec::new(),
            }
        }
        Message::Focus(focused) => {
            model.focused = focused;
            Vec::new()
        }
        Message::Resized(columns, rows) => {
            model.size = (columns, rows);
            let height = view::rows_on_screen(model);
            model.browse.resized(height);
            Vec::new()
        }
        Message::Snapshot(snapshot) => on_snapshot(model, snapshot),
        Message::Event(event) => on_event(model, &event),
        Message::EngineGone => {
            model.engine_alive = false;
            model.notices.push(Notice {
                error: true,
                text: "the engine has ended: quit and start again to synchronize".to_owned(),
            });
            Vec::new()
        }
        Message::Read(answer) => on_answer(model, answer),
        Message::Demo(result) => {
            model.demo_busy = false;
            let (tone, text) = match result {
                Ok(done) => (log::Tone::Plain, done),
                Err(error) => (log::Tone::Bad, error),
            };
            let line = log::Line::new(model.now, tone, "demo", text);
            model.say(line.text.clone());
            model.log.push(line);
            Vec::new()
        }
        Message::Signal(n) => vec![Effect::Command(Command::Stop), Effect::Leave(Left::Signal(n))],
        Message::Stopped => vec![Effect::Suspend],
        Message::Continued => vec![Effect::Reclaim],
        Message::Tick => Vec::new(),
    };
    on_time(model, &mut effects);
    if model.screen == Screen::Browse {
        effects.extend(model.browse.wonder().into_iter().map(Effect::Read));
    }
    effects
}

/// What is asked of the mirror when the console opens.
pub fn opening(model: &mut Model) -> Vec<Effect> {
    model.stale = false;
    vec![Effect::Read(Request::Status), Effect::Read(Request::Kinds)]
}

/// What is due by now.
fn on_time(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.running() {
        model.pace.note(model.now, model.snapshot.totals.instructions);
    }
    if model.toast.as_ref().is_some_and(|t| t.1 <= model.now) {
        model.toast = None;
    }
    if let Some((deadline, left)) = model.leaving
        && (deadline <= model.now || !model.running())
    {
        effects.push(Effect::Leave(left));
    }
    if model.stale && since(model.refreshed, model.now) >= REFRESH {
        (model.stale, model.refreshed) = (false, model.now);
        effects.push(Effect::Read(Request::Kinds));
        if !model.has_run() {
            effects.push(Effect::Read(Request::Status));
        }
        if model.screen == Screen::Browse {
            effects.extend(model.browse.again(false).map(Effect::Read));
        }
    }
}

fn on_key(model: &mut Model, key: Key) -> Vec<Effect> {
    model.typed.push(key.normal());
    let writes = model.screen == Screen::Browse && model.overlay.is_none() && model.browse.prompt.is_some();
    let scopes: &[Scope] = match (model.overlay, model.screen) {
        _ if writes => &[Scope::Prompt],
        (Some(Overlay::AskQuit), _) => &[Scope::Ask, Scope::Global],
        (Some(Overlay::Help(_)), _) => &[Scope::Global],
        (None, Screen::Sync) => &[Scope::Sync, Scope::Global],
        (None, Screen::Browse) => &[Scope::Browse, Scope::Global],
    };
    let mut hit = model.keymap.hit(scopes, &model.typed);
    if hit == Hit::None && model.typed.len() > 1 {
        // The sequence came to nothing: its last key may be one of its own.
        model.typed.drain(..model.typed.len() - 1);
        hit = model.keymap.hit(scopes, &model.typed);
    }
    match hit {
        Hit::More => Vec::new(),
        Hit::None => {
            model.typed.clear();
            if writes { on_text(model, key) } else { Vec::new() }
        }
        Hit::Action(action) => {
            model.typed.clear();
            act::act(model, action)
        }
    }
}

/// A key for the line that is being written. What goes on everywhere still does.
fn on_text(model: &mut Model, key: Key) -> Vec<Effect> {
    use super::action::Action::{Interrupt, Redraw, Suspend};
    if let Hit::Action(action @ (Interrupt | Redraw | Suspend)) = model.keymap.hit(&[Scope::Global], &[key]) {
        return act::act(model, action);
    }
    let changed = model.browse.prompt.as_mut().is_some_and(|prompt| prompt.edit(key));
    if changed { browse::written(model) } else { Vec::new() }
}

/// Pasted text is text and never keys.
fn on_paste(model: &mut Model, text: &str) -> Vec<Effect> {
    match model.browse.prompt.as_mut() {
        Some(prompt) if model.screen == Screen::Browse && model.overlay.is_none() => {
            prompt.paste(text);
            browse::written(model)
        }
        _ => {
            model.say("pasted text is not taken as keys");
            Vec::new()
        }
    }
}

fn on_snapshot(model: &mut Model, snapshot: Arc<Snapshot>) -> Vec<Effect> {
    let was = model.running();
    if snapshot.totals.pages != model.snapshot.totals.pages {
        model.stale = true;
    }
    let new_run = snapshot.started != model.snapshot.started;
    (model.snapshot, model.snapshot_at) = (snapshot, model.now);
    if new_run {
        model.pace.restart(model.now);
        model.pace.note(model.now, 0);
    }
    if was && !model.running() {
        // The last counts of a run are shown at once.
        model.stale = false;
        model.refreshed = model.now;
        let mut effects = opening(model);
        effects.extend(model.browse.again(true).map(Effect::Read));
        return effects;
    }
    Vec::new()
}

fn on_event(model: &mut Model, event: &Event) -> Vec<Effect> {
    let line = log::Line::of(event);
    match &event.kind {
        EventKind::RunStarted { .. } => model.notices.retain(|n| !n.error),
        EventKind::PackRefused { .. } => {
            let text = format!("{}: {}", line.subject, line.text);
            model.notices.push(Notice { error: true, text });
        }
        _ => {}
    }
    // A pane that was scrolled back stays on the lines that are being read.
    if model.scroll[2] > 0 {
        model.scroll[2] += 1;
    }
    model.log.push(line);
    Vec::new()
}

fn on_answer(model: &mut Model, answer: Answer) -> Vec<Effect> {
    let request = match answer {
        Answer::Status(result) => {
            model.status = match result {
                Ok(Some(status)) => Mirrored::Some(status),
                Ok(None) => Mirrored::None,
                Err(error) => Mirrored::Failed(error),
            };
            None
        }
        Answer::Kinds(Ok(kinds)) => model.browse.take_kinds(kinds),
        Answer::Kinds(Err(error)) => {
            model.browse.error = Some(error);
            None
        }
        Answer::Page { ticket, page: Ok(page) } => {
            let height = view::rows_on_screen(model);
            let request = model.browse.take_page(ticket, page, height);
            if let Some(missed) = model.browse.missed.take() {
                model.say(format!("no record {missed} here: this is the one behind it"));
            }
            request
        }
        Answer::Page { ticket, page: Err(error) } => {
            model.browse.take_failure(ticket, error);
            None
        }
        Answer::Scanned { ticket, progress } => {
            model.browse.take_progress(ticket, progress);
            None
        }
        Answer::Ranked => model.browse.again(false),
        Answer::About(about) => {
            model.browse.take_about(*about);
            None
        }
        Answer::Pointing(pointing) => {
            model.browse.take_pointing(pointing);
            None
        }
        Answer::Exporting(rows, of) => {
            if let Some(export) = &mut model.browse.export {
                *export = (rows, of);
            }
            None
        }
        Answer::Exported(result) => {
            model.browse.export = None;
            match result {
                Ok(done) => model.say(done),
                Err(text) => {
                    model.toast = None;
                    model.notices.push(Notice { error: true, text });
                }
            }
            None
        }
        Answer::Index(state) => {
            model.browse.index = state;
            None
        }
    };
    request.map(Effect::Read).into_iter().collect()
}

/// Moves among the panes of screen 2.
fn next(pane: Pane, back: bool) -> Pane {
    use Pane::{Kinds, Record, Rows};
    match (pane, back) {
        (Kinds, false) | (Record, true) => Rows,
        (Rows, false) | (Kinds, true) => Record,
        (Record, false) | (Rows, true) => Kinds,
    }
}
