//! What the actions of screen 2 do: panes, filter and order, columns, what Esc ends; the rest has a file each.

mod ask;
mod mouse;
mod record;
mod search;

pub(super) use record::follow_late;
pub(super) use search::on_spotted;

use super::super::action::{Action, Scope};
use super::super::message::{Effect, Request};
use super::super::model::browse::search::Search;
use super::super::model::browse::tree::Found;
use super::super::model::browse::{Page, Pane, Show};
use super::super::model::prompt::{Ask, Prompt};
use super::super::model::{Model, Screen};
use super::super::record::Column;
use super::super::record::exact;
use super::super::view;
use super::act::{read, refuse};
use crate::mirror::filter::Filter;
use crate::mirror::find::{Sort, SortBy};
use crate::text::visible;

pub(super) use ask::{insert, takes_text};
pub(super) use mouse::{mouse, wheel};

/// The screen is shown. Another program may have synchronized meanwhile.
pub(super) fn shown(model: &mut Model) -> Vec<Effect> {
    let mut effects = vec![Effect::Read(Request::Kinds)];
    effects.extend(read(model.browse.again(true)));
    effects
}

/// Takes a page, or why there is none.
pub(super) fn on_page(model: &mut Model, ticket: u64, page: Result<Page, String>) -> Option<Request> {
    match page {
        Ok(page) => {
            let height = view::rows_on_screen(model);
            let request = model.browse.take_page(ticket, page, height);
            if let Some(missed) = model.browse.missed.take() {
                model.say(format!("no record {missed} here: this is the one behind it"));
            }
            search::reveal(model);
            request
        }
        Err(error) => {
            let text = visible(&error).into_owned();
            let request = model.browse.take_failure(ticket, error);
            if request.is_some() {
                model.say(format!("{text}: in the order of ids again"));
            }
            request
        }
    }
}

/// Takes what became of an export.
pub(super) fn on_exported(model: &mut Model, result: Result<String, String>) {
    model.browse.export = None;
    match result {
        Ok(done) => model.say(done),
        Err(error) => {
            model.toast = None;
            model.fail(error);
        }
    }
}

/// Does an action; none where it is nothing special here.
pub(super) fn act(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    if model.browse.prompt.is_some() {
        return ask::asking(model, action);
    }
    let quiet = model.notices.is_empty();
    Some(match action {
        Action::NextPane => pane(model, false),
        Action::PreviousPane => pane(model, true),
        Action::Left if model.browse.pane != Pane::Kinds => pane(model, true),
        Action::Right if model.browse.pane != Pane::Record => pane(model, false),
        Action::Left | Action::Right => Vec::new(),
        Action::PageUp | Action::PageDown if tells(model) => {
            record::scroll_story(model, action == Action::PageDown);
            Vec::new()
        }
        Action::Top | Action::Bottom => jump(model, action == Action::Bottom),
        Action::Back => match stop(model) {
            Some(effects) => effects,
            None if quiet => leave(model),
            None => return None,
        },
        action if action.entry().scopes.contains(&Scope::Browse) => own(model, action),
        _ => return None,
    })
}

fn pane(model: &mut Model, back: bool) -> Vec<Effect> {
    model.browse.pane = match (model.browse.pane, back) {
        (Pane::Kinds, false) | (Pane::Record, true) => Pane::Rows,
        (Pane::Rows, false) | (Pane::Kinds, true) => Pane::Record,
        (Pane::Record, false) | (Pane::Rows, true) => Pane::Kinds,
    };
    Vec::new()
}

/// Moves what has the focus.
pub(super) fn steps(model: &mut Model, by: isize) -> Vec<Effect> {
    if model.browse.choosing.is_some() {
        move_choice(model, by);
        return Vec::new();
    }
    match model.browse.pane {
        Pane::Kinds => read(model.browse.move_kind(by)),
        Pane::Rows => {
            let height = view::rows_on_screen(model);
            read(model.browse.move_row(by, height))
        }
        Pane::Record => {
            record::move_line(model, by);
            Vec::new()
        }
    }
}

fn jump(model: &mut Model, bottom: bool) -> Vec<Effect> {
    if model.browse.pane == Pane::Rows && model.browse.choosing.is_none() {
        let height = view::rows_on_screen(model);
        return read(model.browse.jump(bottom, height));
    }
    steps(model, if bottom { isize::MAX } else { isize::MIN })
}

/// The screen's own actions.
fn own(model: &mut Model, action: Action) -> Vec<Effect> {
    if model.browse.kind.is_none() {
        return refuse(model, "nothing is here yet");
    }
    match action {
        Action::Open => return open(model),
        Action::Filter if model.browse.choosing.is_some() => {
            model.browse.prompt = Some(Prompt::new(Ask::Column, ""));
        }
        Action::Filter | Action::FilterLike | Action::SortColumn if model.browse.is_dead() => {
            return refuse(model, "deleted records come by id, all of them");
        }
        Action::Filter => {
            let text = model.browse.lens().text;
            model.browse.prompt = Some(Prompt::new(Ask::Filter, &text));
        }
        Action::FilterLike => return like(model),
        Action::GoToId => model.browse.prompt = Some(Prompt::new(Ask::Id, "")),
        Action::GoToPercent => model.browse.prompt = Some(Prompt::new(Ask::Percent, "")),
        Action::Export if model.browse.export.is_some() => return refuse(model, "an export is going on"),
        Action::Export => {
            let kind = model.browse.kind.clone().unwrap_or_default();
            let plain: String =
                kind.chars().map(|c| if c.is_alphanumeric() || c == '_' { c } else { '-' }).collect();
            model.browse.prompt = Some(Prompt::new(Ask::Export, &format!("{plain}.csv")));
        }
        Action::SortColumn => {
            let by = marked(model).map_or(SortBy::Id, |c| SortBy::Field(c.field.clone()));
            let sort = model.browse.lens().next(by);
            return read(model.browse.sort(sort));
        }
        Action::SortId => return read(model.browse.sort(Sort::default())),
        Action::ColumnBefore => model.browse.move_column(-1),
        Action::ColumnNext => model.browse.move_column(1),
        Action::Columns if model.browse.choosing.take().is_some() => {}
        Action::Columns => {
            model.browse.offer_columns();
            model.browse.choosing = Some(0);
        }
        Action::ColumnLeft => shift(model, -1),
        Action::ColumnRight => shift(model, 1),
        Action::Wider => model.browse.columns(|c, at| c.widen(at.wrapping_sub(1), 2)),
        Action::Narrower => model.browse.columns(|c, at| c.widen(at.wrapping_sub(1), -2)),
        Action::WayBack | Action::WayForward => {
            let request = model.browse.walk(action == Action::WayBack);
            if request.is_none() {
                return refuse(
                    model,
                    if action == Action::WayBack { "this is where you began" } else { "no way forward" },
                );
            }
            return read(request);
        }
        Action::Changes => show(model, Show::Changes),
        Action::Story => show(model, Show::Story),
        Action::Dead => return bury(model),
        Action::Refresh => return read(model.browse.again(true)),
        Action::RecordRequest => return record::request(model),
        Action::SearchRows if model.browse.is_dead() => {
            return refuse(model, "deleted records are found by id");
        }
        Action::SearchRows => model.browse.prompt = Some(Prompt::new(Ask::Search, "")),
        Action::FindInRecord => model.browse.prompt = Some(Prompt::new(Ask::Find, "")),
        Action::FindNext | Action::FindPrevious if search::goes_on(model) => {
            return search::next(model, action == Action::FindPrevious);
        }
        Action::FindNext | Action::FindPrevious => {
            return record::find(model, action == Action::FindPrevious);
        }
        Action::Freeze => freeze(model),
        Action::Whole => return record::in_full(model),
        _ => return record::copy(model, action),
    }
    Vec::new()
}

/// What is shown of the record: this, or the record itself again.
fn show(model: &mut Model, show: Show) {
    let browse = &mut model.browse;
    browse.show = if browse.show == show { Show::Tree } else { show };
    (browse.scroll, browse.line) = (0, 0);
    if browse.show != Show::Tree {
        browse.pane = Pane::Record;
    }
}

/// Whether the keys go to a record's story.
fn tells(model: &Model) -> bool {
    model.browse.pane == Pane::Record && model.browse.show == Show::Story
}

/// The deleted records of the type, or what it has.
fn bury(model: &mut Model) -> Vec<Effect> {
    if model.browse.pane == Pane::Record {
        model.browse.pane = Pane::Rows;
    }
    model.browse.show = Show::Tree;
    let dead = !model.browse.dead;
    vec![Effect::Read(model.browse.bury(dead))]
}

/// The columns up to the marked one stay while the others are scrolled; again: only the id does.
fn freeze(model: &mut Model) {
    let at = model.browse.lens().at;
    let mut frozen = 0;
    model.browse.columns(|c, _| {
        frozen = if c.frozen() == at { 0 } else { at };
        c.freeze(frozen);
    });
    let named: Vec<_> = (0..frozen).filter_map(|at| model.browse.table.columns.get(at)).collect();
    let names: Vec<_> = named.iter().map(|c| c.heading.as_str()).collect();
    let what = if names.is_empty() {
        "only the id stays".to_owned()
    } else {
        format!("id, {} stay", names.join(", "))
    };
    model.say(what);
}

/// Only rows that have the value of the marked cell, or of the record's line.
fn like(model: &mut Model) -> Vec<Effect> {
    let browse = &model.browse;
    let field = if browse.pane == Pane::Record {
        record::line(model).and_then(|line| record::field(model, &line))
    } else {
        Some(marked(model).map_or("id".to_owned(), |c| c.field.clone()))
    };
    let (Some(field), Some(entry)) = (field, model.browse.current()) else {
        return refuse(model, "this value is no field of its own");
    };
    let value = exact(&entry.row.data, std::slice::from_ref(&field)).concat();
    read(model.browse.like(&field, &value))
}

/// The marked column; none where that is the id's.
fn marked(model: &Model) -> Option<&Column> {
    model.browse.table.columns.get(model.browse.lens().at.checked_sub(1)?)
}

fn shift(model: &mut Model, by: isize) {
    if let Some(at) = model.browse.choosing {
        let mut to = at;
        model.browse.columns(|c, _| to = c.shift(at, by));
        model.browse.choosing = Some(if at < model.browse.table.columns.len() { to } else { at });
        return;
    }
    model.browse.columns(|c, at| {
        if let Some(from) = at.checked_sub(1) {
            *at = c.shift(from, by) + 1;
        }
    });
}

/// Enter: into the next pane, or what the line of the record leads to.
fn open(model: &mut Model) -> Vec<Effect> {
    if let Some(at) = model.browse.choosing {
        model.browse.columns(|c, _| c.toggle(at));
        return Vec::new();
    }
    match model.browse.pane {
        Pane::Kinds => model.browse.pane = Pane::Rows,
        Pane::Rows => model.browse.pane = Pane::Record,
        Pane::Record if model.browse.show == Show::Changes => {}
        Pane::Record if model.browse.show == Show::Story => {
            if let Some(story) = &mut model.browse.story {
                (story.whole, story.scroll) = (!story.whole, 0);
            }
        }
        Pane::Record => return record::follow(model),
    }
    Vec::new()
}

/// Moves the cursor in the list of the columns.
fn move_choice(model: &mut Model, by: isize) {
    let most = model.browse.table.columns.all().count().saturating_sub(1);
    if let Some(at) = &mut model.browse.choosing {
        *at = at.saturating_add_signed(by).min(most);
    }
}

/// All rows again.
fn clear(model: &mut Model) -> Vec<Effect> {
    if model.browse.lens().text.is_empty() && model.browse.error.is_none() {
        return Vec::new();
    }
    // What cannot be read with a filter may be its order's fault as well.
    if model.browse.lens().filter.is_empty() {
        return read(model.browse.sort(Sort::default()));
    }
    read(model.browse.filter("", Filter::default()))
}

/// Esc ends what is going on, closes what is open, takes the filter away: the first of these that there is.
fn stop(model: &mut Model) -> Option<Vec<Effect>> {
    let browse = &mut model.browse;
    if browse.choosing.take().is_some() {
        return Some(Vec::new());
    }
    if browse.makes() {
        return Some(read(browse.stop()));
    }
    if browse.search.as_ref().is_some_and(Search::looks) {
        return Some(search::end(model));
    }
    if browse.export.is_some() {
        return Some(vec![Effect::Read(Request::NoExport)]);
    }
    if let Some(pointing) = browse.pointing.as_mut().filter(|p| matches!(p.found, Found::Searching(_))) {
        pointing.found = Found::Stopped;
        return Some(vec![Effect::Read(Request::NoPointing)]);
    }
    None
}

/// And what Esc does when nothing is going on.
fn leave(model: &mut Model) -> Vec<Effect> {
    let browse = &mut model.browse;
    if browse.show != Show::Tree {
        browse.show = Show::Tree;
    } else if browse.pane == Pane::Record {
        browse.pane = Pane::Rows;
    } else if browse.dead {
        return vec![Effect::Read(browse.bury(false))];
    } else if browse.search.is_some() {
        return search::end(model);
    } else if !browse.lens().filter.is_empty() || browse.error.is_some() {
        return clear(model);
    } else {
        model.screen = Screen::Sync;
    }
    Vec::new()
}
