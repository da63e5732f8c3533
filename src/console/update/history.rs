//! What the actions do on the History screen.

use super::super::action::Action;
use super::super::message::{Effect, Request};
use super::super::model::acks::{Detail, Opened};
use super::super::model::history::{Pane, reference};
use super::super::model::naming::For;
use super::super::model::{Model, Screen, browse};
use super::super::view;
use super::{act, naming, wire};
use crate::client::tap::filter::Sought;
use crate::mirror::deeds::{Event, Wanted};
use crate::mirror::refs::Reference;

/// The screen is shown, or the mirror has changed: the newest sessions again.
pub(super) fn shown(model: &mut Model) -> Vec<Effect> {
    [Some(model.history.again()), model.history.retry()].into_iter().flatten().map(Effect::Read).collect()
}

/// Does an action; none where it is nothing special here.
pub(super) fn act(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    let request = match action {
        Action::OpenSession if model.history.pane == Pane::Change => return Some(to_record(model)),
        Action::OpenSession | Action::Right => model.history.open(),
        Action::HistoryEvent => model.history.next_event(),
        Action::HistoryKind if model.history.opened.is_some() => {
            let kind = model.history.opened.as_ref().and_then(|opened| opened.wanted.kind.clone());
            return Some(naming::ask(model, For::Kind, &kind.unwrap_or_default()));
        }
        Action::HistoryRequest => return Some(to_request(model)),
        Action::HistoryPage => return Some(to_page(model)),
        Action::Back if model.history.pane == Pane::Changes && quiet(model) && model.history.narrowed() => {
            model.history.want(Wanted::default())
        }
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
        Action::Back if quiet(model) && model.history.close() => None,
        _ => return None,
    };
    follow(model);
    Some(act::read(request))
}

/// An error waits to be seen first.
fn quiet(model: &Model) -> bool {
    model.notices.is_empty()
}

/// Only what was done to a type; an empty name is all of them.
pub(super) fn only(model: &mut Model, kind: &str) -> Vec<Effect> {
    let Some(opened) = &model.history.opened else { return Vec::new() };
    let kind = (!kind.is_empty()).then(|| kind.to_owned());
    let wanted = Wanted { kind, ..opened.wanted.clone() };
    act::read(model.history.want(wanted))
}

/// To the record in Browse; the way back there leads to what was shown before.
fn to_record(model: &mut Model) -> Vec<Effect> {
    let Some(deed) = model.history.deed().cloned() else { return Vec::new() };
    let Some(of) = reference(&deed) else { return act::refuse(model, "it has no id: it is in _unkeyed") };
    if deed.event == Event::Deleted {
        let key = model.keymap.key_of(Action::Dead).unwrap_or_default();
        return act::refuse(model, &format!("it is deleted: {key} in Browse shows the deleted records"));
    }
    follow_to(model, &of)
}

/// Shows a record in Browse.
pub(super) fn follow_to(model: &mut Model, of: &Reference) -> Vec<Effect> {
    model.screen = Screen::Browse;
    model.browse.pane = browse::Pane::Rows;
    act::read(model.browse.follow(of))
}

/// To the request that brought the entry's page, where the ring still has it.
fn to_request(model: &mut Model) -> Vec<Effect> {
    match model.history.deed().map(|deed| deed.page) {
        Some(Some(page)) => wire::find(Sought::Page(page)),
        Some(None) => act::refuse(model, "which page brought it is not known any more"),
        None => act::refuse(model, "open a session first"),
    }
}

/// To the keys and records of the entry's page.
fn to_page(model: &mut Model) -> Vec<Effect> {
    let Some(page) = model.history.deed().and_then(|deed| deed.page) else {
        return act::refuse(model, "its page is not known");
    };
    let mut effects = act::show(model, Screen::Acks);
    let of = Opened::Page(page);
    model.acks.detail = Some(Detail::new(of.clone()));
    effects.push(Effect::Read(Request::Opened(of)));
    effects
}

/// A click: chooses; the second opens.
pub(super) fn press(model: &mut Model, place: (u16, u16), twice: bool) -> Vec<Effect> {
    let Some((pane, row)) = view::history_spot(model, place) else { return Vec::new() };
    let height = view::history_height(model);
    model.history.pane = pane;
    let Some(row) = row else { return Vec::new() };
    let Some(by) = model.history.away(row, height) else { return Vec::new() };
    let mut effects = act::read(model.history.step(by));
    if twice {
        effects.extend(model.history.open().map(Effect::Read));
    }
    follow(model);
    effects
}

/// The wheel moves what is under it.
pub(super) fn wheel(model: &mut Model, place: (u16, u16), by: isize) -> Vec<Effect> {
    match view::history_spot(model, place) {
        Some((Pane::Change, _)) => {
            scroll(model, by);
            Vec::new()
        }
        Some(_) => {
            let requests = model.history.step(by);
            follow(model);
            act::read(requests)
        }
        None => Vec::new(),
    }
}

fn scroll(model: &mut Model, by: isize) {
    let most = view::change_overflow(model);
    model.history.scroll = model.history.scroll.min(most).saturating_add_signed(by).min(most);
}

/// Moves what has the focus.
pub(super) fn steps(model: &mut Model, by: isize) -> Vec<Effect> {
    if model.history.pane == Pane::Change {
        scroll(model, by);
        return Vec::new();
    }
    let requests = model.history.step(by);
    follow(model);
    act::read(requests)
}

/// Keeps the cursor on the screen.
fn follow(model: &mut Model) {
    let height = view::history_height(model);
    model.history.follow(height);
}
