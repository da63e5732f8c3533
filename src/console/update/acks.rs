//! What the actions do on the Acks screen.

use super::super::action::Action;
use super::super::edit::Turn;
use super::super::message::{Effect, Request};
use super::super::model::acks::{Book, Content, Detail, Followed, Opened, Pane, Remedy, Row, Trouble};
use super::super::model::{Mirrored, Model, Screen, sql};
use super::super::view::{self, AcksSpot};
use super::act::{self, refuse};
use super::{history, whole, wire};
use crate::client::tap::filter::Sought;
use crate::engine::{Command, Mode, Phase};
use crate::mirror::debug::Brought;
use crate::mirror::refs::Reference;

/// The screen is shown, or the outbox has changed.
pub(super) fn shown(model: &mut Model) -> Vec<Effect> {
    let mut effects = vec![Effect::Read(Request::Acks)];
    // While records come, references to what is still to come would lead nowhere.
    if !model.running() {
        if model.acks.followed == Followed::Not && !matches!(model.status, Mirrored::None) {
            model.acks.followed = Followed::Looking(0, 0);
        }
        effects.push(Effect::Read(Request::Orphans));
    }
    effects.extend(wire::list(model));
    effects
}

/// A run has begun: what is not here may come, and the search must not slow it down.
pub(super) fn began(model: &mut Model) -> Vec<Effect> {
    match &mut model.acks.followed {
        Followed::All(orphans) => orphans.may_come = true,
        Followed::Looking(..) => {
            model.acks.followed = Followed::Not;
            return vec![Effect::Read(Request::NoOrphans)];
        }
        Followed::Not | Followed::Failed(_) => {}
    }
    Vec::new()
}

/// Takes what the mirror says of the outbox.
pub(super) fn take_book(model: &mut Model, book: Result<Box<Book>, String>) {
    match book {
        Ok(book) => (model.acks.book, model.acks.error) = (*book, None),
        Err(error) => model.acks.error = Some(error),
    }
    steps(model, 0);
}

/// Takes where references lead, as far as it is known.
pub(super) fn take_orphans(model: &mut Model, mut followed: Followed) {
    match &mut followed {
        // What was found before stays to be seen until more is known.
        Followed::Looking(..) if matches!(model.acks.followed, Followed::All(_)) => return,
        // Of an empty queue the mirror knows, of convergence the run.
        Followed::All(orphans) => {
            let open = model.snapshot.outcome.as_ref().is_some_and(|outcome| !outcome.converged);
            orphans.may_come |= open || model.running();
        }
        _ => {}
    }
    model.acks.followed = followed;
    steps(model, 0);
}

/// Does an action; none where it is nothing special here.
pub(super) fn act(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    Some(match action {
        Action::AcksOpen => open(model),
        Action::AcksHold => command(model, Command::HoldAcks(model.held().is_none())),
        Action::AcksDrop => command(model, Command::DropPack),
        Action::AcksRequest => request(model),
        Action::Whole => in_full(model),
        Action::NextPane | Action::Right => pane(model, Turn::Next),
        Action::PreviousPane | Action::Left => pane(model, Turn::Before),
        Action::Back if model.notices.is_empty() && model.acks.detail.is_some() => {
            model.acks.detail = None;
            Vec::new()
        }
        _ => return None,
    })
}

fn command(model: &mut Model, command: Command) -> Vec<Effect> {
    if !model.engine_alive {
        return refuse(model, act::ENDED);
    }
    let what = match command {
        Command::HoldAcks(true) if !model.running() && model.pending() == 0 => {
            "the acks of the next run will be held"
        }
        Command::HoldAcks(true) => "holding the acks: the next session waits for their release",
        Command::HoldAcks(false) => "releasing the acks",
        _ if model.snapshot.dropping => "the next pack's answer will count",
        _ => "the next pack's answer will count as lost",
    };
    model.say(what);
    vec![Effect::Command(command)]
}

/// Sends the pending acks now.
pub(super) fn send(model: &mut Model) -> Vec<Effect> {
    if !model.engine_alive {
        return refuse(model, act::ENDED);
    }
    if !model.running() {
        return refuse(model, "no run is on: the pending acks go first in the next one");
    }
    if model.snapshot.phase == Phase::Stopping {
        return refuse(model, "the run is stopping already");
    }
    if model.held().is_some() {
        return refuse(model, "acks are held: release them first");
    }
    if model.snapshot.totals.pending_acks == 0 {
        return refuse(model, "no acks are pending");
    }
    vec![Effect::Command(Command::SendAcks)]
}

/// To the request of the pack that is chosen or open.
fn request(model: &mut Model) -> Vec<Effect> {
    let packs = model.packs();
    let pack = match model.acks.detail.as_ref().map(|detail| &detail.of) {
        Some(Opened::Pack(no)) => Some(*no),
        Some(Opened::Page(page)) => return wire::find(Sought::Page(*page)),
        Some(Opened::Filling) => None,
        None if model.acks.pane == Pane::Again => {
            let page = model.acks.book.waiting.get(model.acks.at).map(|page| page.page);
            return page.map_or_else(Vec::new, |page| wire::find(Sought::Page(page)));
        }
        None if model.acks.pane == Pane::Stuck => {
            let sought = trouble(model).and_then(|trouble| trouble.request);
            return wire::find(sought.unwrap_or(Sought::Failed));
        }
        None => packs.get(model.acks.chosen_row(&packs)).and_then(|pack| pack.no),
    };
    match pack {
        Some(no) => wire::find(Sought::Pack(no)),
        None => refuse(model, "it was not sent yet"),
    }
}

fn open(model: &mut Model) -> Vec<Effect> {
    if model.acks.detail.is_some() {
        return to_record(model);
    }
    if model.acks.pane == Pane::Stuck {
        return remedy(model);
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
    model.acks.detail = Some(Detail::new(of.clone()));
    vec![Effect::Read(Request::Opened(of))]
}

/// The answer to the chosen pack, or the chosen line of what is open, without its end cut off.
fn in_full(model: &mut Model) -> Vec<Effect> {
    let shown = if let Some(detail) = &model.acks.detail {
        match detail.rows().get(detail.at) {
            Some(Row::Key(key)) => Some(("key".to_owned(), (*key).to_owned())),
            Some(Row::Record(record)) => record.id.as_ref().map(|id| (record.kind.clone(), id.to_string())),
            Some(Row::Failed(error)) => Some(("error".to_owned(), (*error).to_owned())),
            _ => None,
        }
    } else {
        let packs = model.packs();
        let pack = packs.get(model.acks.chosen_row(&packs)).filter(|pack| !pack.answer.is_empty());
        pack.map(|pack| (format!("pack {}", pack.no.unwrap_or_default()), pack.answer.clone()))
    };
    match shown {
        Some((title, text)) => whole::open(model, &title, text, false),
        None => refuse(model, "there is nothing more of it"),
    }
}

/// From the line of a record to the record in Browse.
fn to_record(model: &mut Model) -> Vec<Effect> {
    let Some(detail) = &model.acks.detail else { return Vec::new() };
    let Some(Row::Record(record)) = detail.rows().get(detail.at).copied() else {
        return refuse(model, "choose the line of a record: it leads to Browse");
    };
    let (change, id) = (record.change, record.id.clone());
    match id {
        None => refuse(model, "it has no id: it is in _unkeyed"),
        Some(_) if change == Brought::Deleted => refuse(model, "it is deleted: History has what it was"),
        Some(id) => {
            let of = Reference { kind: record.kind.clone(), id };
            history::follow_to(model, &of)
        }
    }
}

/// The chosen trouble.
fn trouble(model: &Model) -> Option<Trouble> {
    let mut troubles = model.acks.troubles();
    let chosen = model.acks.trouble.min(troubles.len().checked_sub(1)?);
    Some(troubles.swap_remove(chosen))
}

/// Does what helps against the chosen trouble.
fn remedy(model: &mut Model) -> Vec<Effect> {
    let Some(trouble) = trouble(model) else { return refuse(model, "nothing is stuck") };
    match &trouble.remedy {
        Some(Remedy::Release) => command(model, Command::HoldAcks(false)),
        Some(Remedy::Send) if model.running() => send(model),
        Some(Remedy::Send | Remedy::Session) => session(model),
        Some(Remedy::Request) => wire::find(trouble.request.unwrap_or(Sought::Failed)),
        Some(Remedy::Look(statement)) => look(model, statement),
        Some(Remedy::Show(query)) => {
            let query = query.as_ref().clone();
            (model.overlay, model.screen) = (None, Screen::Browse);
            act::read(model.browse.follow_query(query))
        }
        None => refuse(model, "nothing is to be done about it"),
    }
}

/// One more session; the pending acks go before it.
fn session(model: &mut Model) -> Vec<Effect> {
    if !model.engine_alive {
        return refuse(model, act::ENDED);
    }
    if model.running() {
        return refuse(model, "a run is on: it comes with a later session");
    }
    model.say("one more session");
    vec![Effect::Command(Command::Start(Mode::Single))]
}

/// Runs a statement on screen 5.
fn look(model: &mut Model, statement: &str) -> Vec<Effect> {
    let mut effects = act::show(model, Screen::Sql);
    model.sql.line.set(statement);
    match model.sql.run(model.now) {
        Ok(request) => effects.push(Effect::Sql(request)),
        Err(why) => model.say(why),
    }
    model.sql.pane = sql::Pane::Results;
    effects
}

/// A click: chooses; the second opens.
pub(super) fn press(model: &mut Model, place: (u16, u16), twice: bool) -> Vec<Effect> {
    match view::acks_spot(model, place) {
        Some(AcksSpot::Line(row)) => {
            let (rows, height) = view::acks_room(model);
            if let Some(detail) = model.acks.detail.as_mut().filter(|_| row < rows) {
                detail.steps(row as isize - detail.at as isize, rows, height);
            }
        }
        Some(AcksSpot::Row(pane, row)) => {
            model.acks.pane = pane;
            let packs = model.packs();
            let at = match pane {
                Pane::Packs => model.acks.chosen_row(&packs),
                Pane::Again => model.acks.at,
                Pane::Stuck => model.acks.trouble,
            };
            let (rows, height) = view::acks_room(model);
            if row >= rows {
                return Vec::new();
            }
            model.acks.steps(row as isize - at as isize, &packs, rows, height);
        }
        Some(AcksSpot::Pane(pane)) => {
            model.acks.pane = pane;
            return Vec::new();
        }
        None => return Vec::new(),
    }
    if twice { open(model) } else { Vec::new() }
}

/// The wheel moves what is under it.
pub(super) fn wheel(model: &mut Model, place: (u16, u16), by: isize) -> Vec<Effect> {
    match view::acks_spot(model, place) {
        Some(AcksSpot::Row(pane, _) | AcksSpot::Pane(pane)) => {
            let before = std::mem::replace(&mut model.acks.pane, pane);
            let effects = steps(model, by);
            model.acks.pane = before;
            effects
        }
        Some(AcksSpot::Line(_)) => steps(model, by),
        None => Vec::new(),
    }
}

/// Takes what was opened, where it still is.
pub(super) fn take(model: &mut Model, of: &Opened, content: Result<Content, String>) {
    if let Some(detail) = model.acks.detail.as_mut().filter(|detail| detail.of == *of) {
        detail.content = Some(content);
        // What is most looked for is a record: the first of them.
        detail.at = detail.rows().iter().position(|row| matches!(row, Row::Record(_))).unwrap_or(0);
    }
}

fn pane(model: &mut Model, turn: Turn) -> Vec<Effect> {
    if model.acks.detail.is_none() {
        model.acks.pane = match (model.acks.pane, turn) {
            (Pane::Packs, Turn::Next) | (Pane::Stuck, Turn::Before) => Pane::Again,
            (Pane::Again, Turn::Next) | (Pane::Packs, Turn::Before) => Pane::Stuck,
            (Pane::Stuck, Turn::Next) | (Pane::Again, Turn::Before) => Pane::Packs,
        };
    }
    Vec::new()
}

/// Moves what has the focus.
pub(super) fn steps(model: &mut Model, by: isize) -> Vec<Effect> {
    let (rows, height) = view::acks_room(model);
    if let Some(detail) = &mut model.acks.detail {
        detail.steps(by, rows, height);
        return Vec::new();
    }
    let packs = model.packs();
    model.acks.steps(by, &packs, rows, height);
    Vec::new()
}
