//! What each message changes, and what is to be done about it. Pure: no I/O, no clock (the model's `now` is set
//! before).

mod acks;
mod act;
mod bend;
mod browse;
mod device;
mod every;
mod history;
mod mouse;
mod naming;
mod palette;
mod saved;
mod serving;
mod sql;
mod telling;
#[cfg(test)]
mod tests;
mod welcome;
mod whole;
mod wire;

use std::sync::Arc;

use super::key::{Code, Key};
use super::keymap::Hit;
use super::message::{Answer, Effect, Message, Request};
use super::model::{Mirrored, Model, Notice, Overlay, Screen, SyncPane, log, since};
use super::{Left, Manner};
use crate::engine::{Command, Event, EventKind, Snapshot};
use crate::mirror::reader::Status;
use crate::text::visible;

/// How often the mirror is asked anew while the engine commits.
const REFRESH: std::time::Duration = std::time::Duration::from_secs(1);

/// Changes the model and says what is to be done.
pub fn update(model: &mut Model, message: Message) -> Vec<Effect> {
    let mut effects = match message {
        Message::Key(key) => on_key(model, key),
        Message::Paste(text) => {
            // A paste is text and never keys.
            typed_text(model, &text).unwrap_or_else(|| {
                model.say("pasted text is not taken as keys");
                Vec::new()
            })
        }
        Message::Mouse(mouse) => mouse::on_mouse(model, mouse),
        Message::Focus(focused) => {
            model.focused = focused;
            Vec::new()
        }
        Message::Resized(columns, rows) => {
            model.size = (columns, rows);
            wire::resized(model)
        }
        Message::Snapshot(snapshot) => on_snapshot(model, snapshot),
        Message::Event(event) => on_event(model, &event),
        Message::Missed(events) => {
            model.missed += events;
            Vec::new()
        }
        Message::EngineGone => {
            model.engine_alive = false;
            model.fail("the engine has ended: quit and start again to synchronize");
            Vec::new()
        }
        Message::Panicked(what) => {
            let what = visible(&what);
            model.log.push(log::Line::new(model.now, log::Tone::Bad, "internal", what.to_string()));
            model.fail(format!("a fault in drainboard itself, please report it: {what}"));
            Vec::new()
        }
        Message::Read(answer) => on_answer(model, answer),
        Message::Sql(answer) => {
            sql::on_answer(model, answer);
            Vec::new()
        }
        Message::Wire(answer) => wire::on_answer(model, answer),
        Message::Welcome(answer) => welcome::on_answer(model, answer),
        Message::Levers(levers) => {
            model.bend.levers = levers;
            Vec::new()
        }
        Message::Demo(result) => bend::on_demo(model, result),
        Message::News => {
            serving::on_news(model);
            Vec::new()
        }
        Message::Standing(standing) => {
            serving::on_standing(model, standing);
            Vec::new()
        }
        Message::Signal(n) => vec![Effect::Leave(Left::Signal(n))],
        Message::Nudged => act::nudged(model),
        Message::Stopped => vec![Effect::Suspend],
        Message::Continued => vec![Effect::Reclaim],
        Message::Tick => Vec::new(),
    };
    on_time(model, &mut effects);
    effects.retain(|effect| !matches!(effect, Effect::Command(command) if forbidden(model, *command)));
    if model.screen == Screen::Browse {
        effects.extend(model.browse.wonder().into_iter().map(Effect::Read));
        effects.extend(model.browse.keep().map(Effect::Read));
    }
    effects
}

/// Whether a command is none for this console, wherever it comes from; says so.
fn forbidden(model: &mut Model, command: Command) -> bool {
    let why = match (model.manner, command) {
        (_, Command::Stop) | (Manner::Plain, _) => return false,
        (Manner::ReadOnly, _) => "read-only: start drainboard without --read-only for this",
        (Manner::Peek, Command::SendAcks | Command::HoldAcks(_) | Command::DropPack | Command::NewDevice) => {
            "a peek acknowledges nothing and changes no device"
        }
        (Manner::Peek, _) => return false,
    };
    model.say(why);
    true
}

/// What is asked of the mirror when the console opens.
pub fn opening(model: &mut Model) -> Vec<Effect> {
    model.stale = false;
    let mut effects = match model.serving {
        Some(_) => serving::opening(model),
        None => vec![Effect::Read(Request::Status), Effect::Read(Request::Kinds)],
    };
    if model.demo {
        // The panel knows its levers before it is opened.
        effects.push(Effect::Levers);
    }
    effects
}

/// What is due by now.
fn on_time(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.running() {
        model.pace.note(model.now, model.snapshot.totals.instructions);
    }
    if model.toast.as_ref().is_some_and(|remark| remark.until <= model.now) {
        model.toast = None;
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
        match model.screen {
            Screen::History => effects.extend(history::shown(model)),
            Screen::Acks => effects.extend(acks::shown(model)),
            _ => {}
        }
    }
    effects.extend(every::on_time(model));
    effects.extend(wire::on_time(model));
    effects.extend(serving::on_time(model));
    effects.extend(bend::on_time(model));
    effects.extend(model.sql.insist().map(Effect::Sql));
    if !effects.iter().any(|effect| matches!(effect, Effect::Leave(_))) {
        effects.extend(telling::on_time(model));
    }
}

/// Gives typed or pasted text to the line that takes it. None where none does.
fn typed_text(model: &mut Model, text: &str) -> Option<Vec<Effect>> {
    if model.welcome.is_some() && model.overlay.is_none() {
        return welcome::insert(model, text);
    }
    match model.overlay {
        Some(Overlay::Palette) => palette::insert(model, text),
        Some(Overlay::Saved) => saved::insert(model, text),
        None if model.naming.is_some() => return Some(naming::insert(model, text)),
        Some(Overlay::NewDevice) => {
            model.replacing.line.insert(text);
        }
        None if sql::takes_text(model) => sql::insert(model, text),
        None if wire::takes_text(model) => return Some(wire::insert(model, text)),
        None if browse::takes_text(model) => return Some(browse::insert(model, text)),
        _ => return None,
    }
    Some(Vec::new())
}

fn on_key(model: &mut Model, key: Key) -> Vec<Effect> {
    let key = key.normal();
    // Where a line is typed plain characters are text.
    if let Code::Char(c) = key.code
        && model.is_text(key)
        && let Some(effects) = typed_text(model, c.encode_utf8(&mut [0; 4]))
    {
        model.typed.clear();
        return effects;
    }
    model.typed.push(key);
    let scopes = model.overlay.map_or_else(|| model.scopes(), Overlay::scopes);
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
            Vec::new()
        }
        Hit::Action(action) => {
            model.typed.clear();
            act::act(model, action)
        }
    }
}

fn on_snapshot(model: &mut Model, snapshot: Arc<Snapshot>) -> Vec<Effect> {
    let was = model.running();
    let outbox = |s: &Snapshot| (s.totals.acked, s.totals.pending_acks, s.totals.refused_keys, s.held);
    let settled = outbox(&snapshot) != outbox(&model.snapshot);
    if snapshot.totals.pages != model.snapshot.totals.pages || (settled && model.screen == Screen::Acks) {
        model.stale = true;
    }
    let new_run = snapshot.started != model.snapshot.started;
    model.browse.totals = Arc::clone(&snapshot.totals);
    model.acks.remember(&snapshot);
    (model.snapshot, model.snapshot_at) = (snapshot, model.now);
    let mut begun = Vec::new();
    if new_run {
        every::began(model);
        begun = acks::began(model);
        model.pace.restart(model.now);
        model.pace.note(model.now, 0);
    }
    if was && !model.running() {
        if model.overlay == Some(Overlay::AskQuit) {
            model.overlay = None;
            model.say("the run has ended by itself; nothing needs to be stopped to quit");
        }
        every::ended(model);
        let bell = telling::ended(model);
        // The last counts of a run are shown at once.
        model.stale = false;
        model.refreshed = model.now;
        let mut effects = opening(model);
        effects.extend(bell);
        effects.extend(model.browse.again(true).map(Effect::Read));
        match model.screen {
            Screen::Sql => effects.extend(sql::shown()),
            Screen::History => effects.extend(history::shown(model)),
            Screen::Acks => effects.extend(acks::shown(model)),
            Screen::Wire => effects.extend(wire::list(model)),
            _ => {}
        }
        return effects;
    }
    if !model.running() {
        // Acks were held or released without a run.
        let mut effects = vec![Effect::Read(Request::Status)];
        if model.screen == Screen::Acks {
            effects.extend(acks::shown(model));
        }
        return effects;
    }
    begun
}

fn on_event(model: &mut Model, event: &Event) -> Vec<Effect> {
    let line = model.log.take(event);
    match &event.kind {
        EventKind::RunStarted { .. } => model.notices.retain(|n| !n.error),
        EventKind::PackRefused { .. } => {
            model.fail(format!("{}: {}", line.subject, line.text));
        }
        EventKind::CommandFailed { .. } => model.fail(line.text.clone()),
        _ => {}
    }
    // A pane that was scrolled back stays on the lines that are being read.
    let scrolled = &mut model.scroll[SyncPane::Log as usize];
    *scrolled += usize::from(*scrolled > 0);
    Vec::new()
}

/// What the mirror has lost is told once.
fn tell_lost(model: &mut Model, status: &Status) {
    let told = matches!(&model.status, Mirrored::Some(old) if old.lost_pages == status.lost_pages);
    if let Some(text) = status.lost().filter(|_| !told) {
        model.notices.push(Notice { error: true, text });
    }
}

fn on_answer(model: &mut Model, answer: Answer) -> Vec<Effect> {
    let mut more = None;
    match answer {
        Answer::Status(result) => {
            model.status = match result {
                Ok(Some(status)) => {
                    tell_lost(model, &status);
                    Mirrored::Some(status)
                }
                Ok(None) => Mirrored::None,
                Err(error) => Mirrored::Failed(error),
            };
        }
        Answer::Kinds(Ok(kinds)) => more = model.browse.take_kinds(kinds),
        Answer::Kinds(Err(error)) => model.browse.error = Some(error),
        Answer::Page { ticket, page } => more = browse::on_page(model, ticket, page),
        Answer::Scanned { ticket, progress } => model.browse.take_progress(ticket, progress),
        Answer::Looked { ticket, progress } => model.browse.take_looked(ticket, progress),
        Answer::Spotted { ticket, found } => more = browse::on_spotted(model, ticket, found),
        Answer::Ranked => more = model.browse.again(false),
        Answer::About(about) => {
            model.browse.take_about(*about);
            return browse::follow_late(model);
        }
        Answer::Names(names) => model.browse.take_names(names),
        Answer::Story { of, told } => model.browse.take_story(&of, told),
        Answer::Pointing(pointing) => model.browse.take_pointing(pointing),
        Answer::Exporting(rows, of) => {
            model.browse.export = model.browse.export.map(|_| (rows, of));
        }
        Answer::Exported(result) => browse::on_exported(model, result),
        Answer::NotKept(text) => model.notices.push(Notice { error: false, text }),
        Answer::Index(state) => model.browse.index = state,
        Answer::Acks(book) => acks::take_book(model, book),
        Answer::Orphans(followed) => acks::take_orphans(model, followed),
        Answer::Opened { of, content } => acks::take(model, &of, content),
        Answer::Sessions { before, sessions } => model.history.take_sessions(before, sessions),
        Answer::Deeds { session, wanted, behind, deeds, inside } => {
            more = model.history.take_deeds((session, &wanted, behind), deeds, inside);
        }
        Answer::Change { session, of, change } => model.history.take_change(session, &of, change),
    }
    act::read(more)
}
