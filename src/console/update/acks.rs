//! What the actions do on the Acks screen.

use super::super::action::Action;
use super::super::message::{Effect, Request};
use super::super::model::Model;
use super::super::model::acks::{Content, Detail, Opened, Pane};
use super::super::view;
use super::wire;
use crate::engine::{Command, Phase};

/// The screen is shown, or the outbox has changed.
pub(super) fn shown(model: &mut Model) -> Vec<Effect> {
    let mut effects = vec![Effect::Read(Request::Acks)];
    effects.extend(wire::list(model));
    effects
}

/// Does an action; none where it is nothing special here.
pub(super) fn act(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    Some(match action {
        Action::AcksOpen => open(model),
        Action::AcksHold if !model.running() && model.held().is_none() && model.pending() == 0 => {
            say(model, "no acks are pending: there is nothing to hold")
        }
        Action::AcksHold => command(model, Command::HoldAcks(model.held().is_none())),
        Action::AcksDrop if !model.running() => say(model, "no run is on: there is no next pack to lose"),
        Action::AcksDrop => command(model, Command::DropPack),
        Action::SendAcks => send(model),
        Action::AcksRequest => request(model),
        Action::NextPane | Action::Right => pane(model, false),
        Action::PreviousPane | Action::Left => pane(model, true),
        Action::Back if model.notices.is_empty() && model.acks.detail.is_some() => {
            model.acks.detail = None;
            Vec::new()
        }
        _ => return None,
    })
}

fn say(model: &mut Model, what: &str) -> Vec<Effect> {
    model.say(what);
    Vec::new()
}

fn command(model: &mut Model, command: Command) -> Vec<Effect> {
    if !model.engine_alive {
        return say(model, "the engine has ended: quit and start again");
    }
    let what = match command {
        Command::HoldAcks(true) => "holding the acks: the next session waits for their release",
        Command::HoldAcks(false) => "releasing the acks",
        _ => "the next pack's answer will count as lost",
    };
    model.say(what);
    vec![Effect::Command(command)]
}

fn send(model: &mut Model) -> Vec<Effect> {
    if !model.running() {
        return say(model, "no run is on: the pending acks go first in the next one");
    }
    if model.snapshot.phase == Phase::Stopping {
        return say(model, "the run is stopping already");
    }
    if model.held().is_some() {
        return say(model, "acks are held: release them first");
    }
    if model.snapshot.totals.pending_acks == 0 {
        return say(model, "no acks are pending");
    }
    vec![Effect::Command(Command::SendAcks)]
}

/// To the request of the pack that is chosen or open.
fn request(model: &mut Model) -> Vec<Effect> {
    let packs = model.packs();
    let pack = match model.acks.detail.as_ref().map(|detail| &detail.of) {
        Some(Opened::Pack(no)) => Some(*no),
        Some(Opened::Page(page)) => return wire::find(&format!("page:{page}")),
        Some(Opened::Filling) => None,
        None if model.acks.pane == Pane::Again => {
            let page = model.acks.book.waiting.get(model.acks.at).map(|page| page.page);
            return page.map_or_else(Vec::new, |page| wire::find(&format!("page:{page}")));
        }
        None if model.acks.pane == Pane::Stuck => return wire::find("is:failed"),
        None => packs.get(model.acks.chosen_row(&packs)).and_then(|pack| pack.no),
    };
    match pack {
        Some(no) => wire::find(&format!("pack:{no}")),
        None => say(model, "it was not sent yet"),
    }
}

fn open(model: &mut Model) -> Vec<Effect> {
    if model.acks.detail.is_some() {
        return Vec::new();
    }
    let packs = model.packs();
    let of = match model.acks.pane {
        Pane::Packs => {
            packs.get(model.acks.chosen_row(&packs)).map(|p| p.no.map_or(Opened::Filling, Opened::Pack))
        }
        Pane::Again => model.acks.book.waiting.get(model.acks.at).map(|page| Opened::Page(page.page)),
        Pane::Stuck => None,
    };
    let Some(of) = of else { return Vec::new() };
    model.acks.detail = Some(Detail { of: of.clone(), content: None, scroll: 0 });
    vec![Effect::Read(Request::Opened(of))]
}

/// Takes what was opened, where it still is.
pub(super) fn take(model: &mut Model, of: &Opened, content: Result<Content, String>) {
    if let Some(detail) = model.acks.detail.as_mut().filter(|detail| detail.of == *of) {
        detail.content = Some(content);
    }
}

fn pane(model: &mut Model, back: bool) -> Vec<Effect> {
    if model.acks.detail.is_none() {
        model.acks.pane = match (model.acks.pane, back) {
            (Pane::Packs, false) | (Pane::Stuck, true) => Pane::Again,
            (Pane::Again, false) | (Pane::Packs, true) => Pane::Stuck,
            (Pane::Stuck, false) | (Pane::Again, true) => Pane::Packs,
        };
    }
    Vec::new()
}

/// Moves what has the focus.
pub(super) fn steps(model: &mut Model, by: isize) -> Vec<Effect> {
    let (rows, height) = view::acks_room(model);
    if let Some(detail) = &mut model.acks.detail {
        detail.scroll = detail.scroll.saturating_add_signed(by).min(rows.saturating_sub(height));
        return Vec::new();
    }
    let packs = model.packs();
    model.acks.steps(by, &packs, rows, height);
    Vec::new()
}
