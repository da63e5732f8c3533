//! A text that is looked for among the rows: asked for, found, and the row that has it shown at the place that has it.

use super::super::super::action::Action;
use super::super::super::message::{Effect, Request, Spotted};
use super::super::super::model::Model;
use super::super::super::model::browse::search::{Search, State};
use super::super::super::model::browse::{Pane, Show};
use super::super::super::view;
use super::super::act::{read, refuse};
use super::record;
use crate::text::visible;

/// Whether the keys for hits mean rows: in the record they mean its own places.
pub(super) fn goes_on(model: &Model) -> bool {
    model.browse.search.is_some() && model.browse.pane != Pane::Record
}

/// Looks for what was typed; for what was looked for before where nothing was.
pub(super) fn begin(model: &mut Model) -> Vec<Effect> {
    let browse = &mut model.browse;
    let text = browse.finding.trim().to_owned();
    if text.is_empty() {
        return end(model);
    }
    // It shows the rows.
    if browse.pane == Pane::Record {
        browse.pane = Pane::Rows;
    }
    read(browse.search(&text))
}

/// To the next row that has it, or the one before.
pub(super) fn next(model: &mut Model, back: bool) -> Vec<Effect> {
    if model.browse.search.as_ref().is_some_and(Search::looks) {
        let key = model.keymap.key_of(Action::Back).unwrap_or_default();
        return refuse(model, &format!("still looking; {key} stops"));
    }
    read(model.browse.search_on(back))
}

/// Takes the row that was found, or why none was.
pub(in crate::console::update) fn on_spotted(
    model: &mut Model,
    ticket: u64,
    found: Result<Option<Spotted>, String>,
) -> Option<Request> {
    let found = match found {
        Ok(found) => found,
        Err(error) => {
            if model.browse.take_no_search(ticket) {
                model.fail(visible(&error).into_owned());
            }
            return None;
        }
    };
    let height = view::rows_on_screen(model);
    let (request, round) = model.browse.take_spotted(ticket, found, height);
    if round {
        let back = model.browse.search.as_ref().is_some_and(|search| search.back);
        model.say(if back { "round from the last row" } else { "round from the first row" });
    }
    reveal(model);
    request
}

/// The row that was found is there: its record is shown at the first place that has the text.
pub(super) fn reveal(model: &mut Model) {
    let Some(here) = model.browse.current().map(|entry| entry.row.id.clone()) else { return };
    let words = model.browse.words();
    let new = |state: &State| matches!(state, State::At { id, place: None, .. } if *id == here);
    if model.browse.show != Show::Tree || !model.browse.search.as_ref().is_some_and(|s| new(&s.state)) {
        return;
    }
    let lines = record::lines(model);
    let hit = lines.iter().position(|line| line.says(&words));
    let path = hit.map(|at| lines[at].path.clone()).unwrap_or_default();
    model.browse.line = hit.unwrap_or(0);
    model.browse.scroll = view::record_scroll(model);
    if let Some(State::At { place, .. }) = model.browse.search.as_mut().map(|search| &mut search.state) {
        *place = Some(path);
    }
}

/// Nothing is looked for any more.
pub(super) fn end(model: &mut Model) -> Vec<Effect> {
    read(model.browse.end_search())
}
