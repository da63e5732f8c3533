//! What the actions do on the Wire screen, and how the other screens get there.

use std::time::Duration;

use super::super::action::Action;
use super::super::edit;
use super::super::message::{Effect, WireAnswer, WireRequest};
use super::super::model::naming::For;
use super::super::model::wire::{Folding, Pane, Way};
use super::super::model::{Model, Screen, SyncPane, since};
use super::super::view;
use super::{act, naming, whole};
use crate::client::curl;
use crate::client::tap::filter::Sought;

/// How often the tap is looked at while a run is on.
const LOOK: Duration = Duration::from_millis(200);

/// Asks for the list.
pub(super) fn list(model: &mut Model) -> Vec<Effect> {
    model.wire.asked = Some(model.now);
    vec![Effect::Wire(WireRequest::List(model.wire.filter.meant.clone()))]
}

/// The list again, where the run may have sent something.
pub(super) fn on_time(model: &mut Model) -> Vec<Effect> {
    let shown = matches!(model.screen, Screen::Acks | Screen::Wire);
    let due = model.wire.asked.is_none_or(|asked| since(asked, model.now) >= LOOK);
    if shown && model.running() && due { list(model) } else { Vec::new() }
}

/// Asks for the newest exchange that passes; the answer leads to it.
pub(super) fn find(sought: Sought) -> Vec<Effect> {
    vec![Effect::Wire(WireRequest::Find(sought.into()))]
}

/// From screen 1: to the request of the page that waits in step mode, of the line that the log was moved to, or to the
/// last that failed.
pub(super) fn find_from_log(model: &Model) -> Vec<Effect> {
    let at = model.scroll[SyncPane::Log as usize];
    let waits = model.snapshot.looked_at.is_some();
    // While a page waits nothing else is taken: the newest is its.
    let other = if waits { Sought::Taken } else { Sought::Failed };
    let chosen = model.pane == SyncPane::Log && (at > 0 || !waits);
    let line = model.log.newest(at).next().filter(|_| chosen);
    find(line.and_then(|line| line.request).unwrap_or(other))
}

/// Does an action; none where it is nothing special here.
pub(super) fn act(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    if model.wire.typing {
        return typing(model, action);
    }
    let height = view::wire_lines(model);
    // An error waits to be seen first.
    let quiet = model.notices.is_empty();
    let detail = model.wire.pane == Pane::Detail;
    Some(match action {
        Action::WireOpen if detail => fold(model, Folding::Change),
        Action::WireFold | Action::WireFoldAll if !detail => Vec::new(),
        Action::WireOpen | Action::NextPane | Action::PreviousPane | Action::Right if !detail => open(model),
        Action::Right => fold(model, Folding::Unfold),
        Action::Left if detail => fold(model, Folding::Fold),
        Action::Left => Vec::new(),
        Action::WireFold => fold(model, Folding::Change),
        Action::WireFoldAll => {
            if let Some(detail) = &mut model.wire.detail {
                detail.fold_all(height);
            }
            Vec::new()
        }
        Action::NextPane | Action::PreviousPane => close(model),
        Action::Back if quiet && detail && !model.wire.search.is_empty() => {
            look_for(model, "");
            Vec::new()
        }
        Action::Back if quiet && detail => close(model),
        Action::Back if quiet && !model.wire.filter.typed.is_empty() => filter(model, ""),
        Action::WireSearch | Action::WireFilter if detail => {
            naming::ask(model, For::Search, &model.wire.search.clone())
        }
        Action::WireSearch | Action::WireExport if model.wire.exchange().is_none() => {
            act::refuse(model, "there is no request here")
        }
        Action::WireSearch => {
            let mut effects = open(model);
            effects.extend(naming::ask(model, For::Search, ""));
            effects
        }
        Action::WireNextHit => hit(model, Way::Next),
        Action::WireHitBefore => hit(model, Way::Before),
        Action::WireRecord if model.wire.recorded.is_some() => vec![Effect::Wire(WireRequest::StopRecording)],
        Action::WireRecord => naming::ask(model, For::Recording, &naming::timely(model, "drainboard", "har")),
        Action::Whole => in_full(model),
        Action::WireFilter if !model.wire.can_be_filtered() => act::refuse(model, "nothing was asked yet"),
        Action::WireFilter => {
            model.wire.pane = Pane::List;
            model.wire.line = edit::Line::default();
            let text = model.wire.filter.typed.clone();
            model.wire.line.set(&text);
            model.wire.typing = true;
            Vec::new()
        }
        Action::WireCurl => copy(model),
        Action::WireExport => vec![Effect::Wire(WireRequest::Export(model.wire.filter.meant.clone()))],
        _ => return None,
    })
}

/// Looks for a text in the open exchange.
pub(super) fn look_for(model: &mut Model, text: &str) {
    let height = view::wire_lines(model);
    model.wire.look_for(text.trim(), height);
}

/// What was looked for is taken: says where it is nowhere.
pub(super) fn found(model: &mut Model) -> Vec<Effect> {
    if !model.wire.search.is_empty() && model.wire.detail.as_ref().is_some_and(|d| d.hits.is_empty()) {
        model.say("nothing here has it");
    }
    Vec::new()
}

fn hit(model: &mut Model, way: Way) -> Vec<Effect> {
    let key = model.keymap.key_of(Action::WireSearch).unwrap_or_default();
    if model.wire.pane == Pane::List || model.wire.search.is_empty() {
        return act::refuse(model, &format!("{key} looks for a text in a request first"));
    }
    let height = view::wire_lines(model);
    if model.wire.hit(way, height) { Vec::new() } else { act::refuse(model, "nothing here has it") }
}

/// The chosen line without its end cut off; in the list the whole URL.
fn in_full(model: &mut Model) -> Vec<Effect> {
    if model.wire.pane == Pane::List {
        let Some(exchange) = model.wire.exchange().cloned() else { return Vec::new() };
        return whole::open(model, exchange.method, exchange.url.clone(), false);
    }
    let Some(line) = model.wire.detail.as_ref().and_then(|detail| detail.line()).cloned() else {
        return Vec::new();
    };
    let title = if line.name.is_empty() { "the line" } else { &line.name };
    whole::open(
        model,
        title,
        if line.value.is_empty() { line.name.clone() } else { line.value.clone() },
        false,
    )
}

fn fold(model: &mut Model, wish: Folding) -> Vec<Effect> {
    let height = view::wire_lines(model);
    if let Some(detail) = &mut model.wire.detail {
        detail.fold(wish);
        detail.steps(0, height);
    }
    Vec::new()
}

/// The chosen request stays chosen while it is read, whatever comes.
fn open(model: &mut Model) -> Vec<Effect> {
    let Some(exchange) = model.wire.exchange().cloned() else { return Vec::new() };
    model.wire.chosen = Some(exchange.number);
    model.wire.pane = Pane::Detail;
    wanted(model)
}

fn close(model: &mut Model) -> Vec<Effect> {
    model.wire.pane = Pane::List;
    let height = view::wire_rows(model);
    model.wire.settle(height);
    Vec::new()
}

fn copy(model: &mut Model) -> Vec<Effect> {
    let Some(exchange) = model.wire.exchange().cloned() else {
        model.say("no request is chosen");
        return Vec::new();
    };
    let what = format!("request {} as curl, $BASECRM_ACCESS_TOKEN for the token", exchange.number);
    act::copy(model, what, curl::command(&exchange))
}

/// While the filter is typed.
fn typing(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    match action {
        Action::Text(edit) => {
            model.wire.line.edit(edit);
            Some(typed(model))
        }
        Action::Accept if model.wire.mistake.is_some() => Some(Vec::new()),
        Action::Accept => {
            model.wire.typing = false;
            Some(Vec::new())
        }
        Action::Back => {
            model.wire.typing = false;
            Some(filter(model, ""))
        }
        _ => None,
    }
}

/// Whether typed text goes to the filter.
pub(super) fn takes_text(model: &Model) -> bool {
    model.screen == Screen::Wire && model.wire.typing
}

/// Takes typed or pasted text.
pub(super) fn insert(model: &mut Model, text: &str) -> Vec<Effect> {
    model.wire.line.insert(text);
    typed(model)
}

fn typed(model: &mut Model) -> Vec<Effect> {
    let text = model.wire.line.text().to_owned();
    filter(model, &text)
}

/// Another filter; an unfinished one leaves the list as it is.
fn filter(model: &mut Model, text: &str) -> Vec<Effect> {
    if model.wire.set_filter(text) { list(model) } else { Vec::new() }
}

/// Moves what has the focus.
pub(super) fn steps(model: &mut Model, by: isize) -> Vec<Effect> {
    if model.wire.pane == Pane::Detail {
        scroll(model, by);
        return Vec::new();
    }
    choose(model, by)
}

/// A click: chooses; the second opens, or folds.
pub(super) fn press(model: &mut Model, place: (u16, u16), twice: bool) -> Vec<Effect> {
    match view::wire_spot(model, place) {
        Some((Pane::List, Some(row))) => {
            let rows = view::wire_rows(model);
            let row = model.wire.first(rows) + row;
            if row >= model.wire.list.len() {
                return Vec::new();
            }
            model.wire.pane = Pane::List;
            let mut effects = steps(model, row as isize - model.wire.at() as isize);
            if twice {
                effects.extend(open(model));
            }
            effects
        }
        Some((Pane::Detail, Some(line))) => {
            let height = view::wire_lines(model);
            let Some(detail) = &mut model.wire.detail else { return Vec::new() };
            let line = detail.first(height) + line;
            if line >= detail.shown.len() {
                return Vec::new();
            }
            detail.at = line;
            model.wire.chosen = Some(detail.exchange.number);
            model.wire.pane = Pane::Detail;
            if twice { fold(model, Folding::Change) } else { Vec::new() }
        }
        _ => Vec::new(),
    }
}

/// The wheel moves what is under it.
pub(super) fn wheel(model: &mut Model, place: (u16, u16), by: isize) -> Vec<Effect> {
    match view::wire_spot(model, place) {
        Some((Pane::Detail, _)) => {
            scroll(model, by);
            Vec::new()
        }
        Some((Pane::List, _)) => choose(model, by),
        None => Vec::new(),
    }
}

fn scroll(model: &mut Model, by: isize) {
    let height = view::wire_lines(model);
    if let Some(detail) = &mut model.wire.detail {
        detail.steps(by, height);
    }
}

fn choose(model: &mut Model, by: isize) -> Vec<Effect> {
    let height = view::wire_rows(model);
    model.wire.steps(by, height);
    wanted(model)
}

/// The chosen request laid out, where there is a place to show it.
fn wanted(model: &Model) -> Vec<Effect> {
    if view::wire_lines(model) == 0 {
        return Vec::new();
    }
    model.wire.wanted().map(|exchange| Effect::Wire(WireRequest::Show(exchange))).into_iter().collect()
}

/// The size has changed: the chosen request may have a place beside the list now.
pub(super) fn resized(model: &Model) -> Vec<Effect> {
    if model.screen == Screen::Wire { wanted(model) } else { Vec::new() }
}

/// Takes an answer.
pub(super) fn on_answer(model: &mut Model, answer: WireAnswer) -> Vec<Effect> {
    match answer {
        WireAnswer::List(found) => {
            model.wire.take(found);
            if model.screen == Screen::Wire { wanted(model) } else { Vec::new() }
        }
        WireAnswer::Shown { exchange, lines } => {
            model.wire.show(exchange, lines);
            if model.screen == Screen::Wire { wanted(model) } else { Vec::new() }
        }
        WireAnswer::Found(None) => {
            let text = model.wire.unfound.take();
            model.say(text.unwrap_or_else(|| "its request is not kept, or there is none".to_owned()));
            Vec::new()
        }
        WireAnswer::Found(Some(number)) => {
            model.wire.unfound = None;
            model.overlay = None;
            model.screen = Screen::Wire;
            model.wire.set_filter("");
            (model.wire.typing, model.wire.pane, model.wire.chosen) = (false, Pane::Detail, Some(number));
            list(model)
        }
        WireAnswer::Recording(Ok(recorded)) => {
            let key = model.keymap.key_of(Action::WireRecord).unwrap_or_default();
            model.say(format!("recording to {}; {key} stops", recorded.path.display()));
            model.wire.recorded = Some(recorded);
            Vec::new()
        }
        WireAnswer::Recording(Err(text)) => {
            model.fail(text);
            Vec::new()
        }
        WireAnswer::Recorded(result) => {
            model.wire.recorded = None;
            model.report("recording", result);
            Vec::new()
        }
        WireAnswer::Exported(result) => {
            model.report("export", result);
            Vec::new()
        }
    }
}
