//! What is asked for in a line: a filter, an id, a percentage, a file.

use std::path::PathBuf;

use super::super::super::action::Action;
use super::super::super::message::Effect;
use super::super::super::model::browse::Pane;
use super::super::super::model::prompt::Ask;
use super::super::super::model::{Model, Screen};
use super::super::super::rows;
use super::super::act::{self, read};
use super::{clear, record, search};
use crate::mirror::filter::Filter;
use crate::mirror::find::Place;
use crate::protocol::RecordId;

/// Whether typed text goes to the prompt.
pub(in crate::console::update) fn takes_text(model: &Model) -> bool {
    model.screen == Screen::Browse && model.browse.prompt.is_some()
}

/// Takes typed or pasted text.
pub(in crate::console::update) fn insert(model: &mut Model, text: &str) -> Vec<Effect> {
    let whole = model.browse.prompt.as_mut().is_none_or(|prompt| prompt.line.insert(text));
    if !whole {
        act::full(model);
    }
    written(model)
}

/// While the prompt is open.
pub(super) fn asking(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    match action {
        Action::Text(edit) => {
            model.browse.prompt.as_mut()?.line.edit(edit);
            Some(written(model))
        }
        Action::Up | Action::Down if model.browse.prompt.as_ref()?.ask == Ask::Filter => {
            let browse = &mut model.browse;
            browse.prompt.as_mut()?.recall(&browse.filters, action == Action::Up);
            Some(written(model))
        }
        Action::Accept => Some(accept(model)),
        Action::Back => Some(cancel(model)),
        Action::NextPane | Action::PreviousPane => Some(Vec::new()),
        _ => None,
    }
}

/// The prompt's text has changed: what can be said of it is said at once.
fn written(model: &mut Model) -> Vec<Effect> {
    let Some(prompt) = model.browse.prompt.as_mut() else { return Vec::new() };
    prompt.error = None;
    let text = prompt.line.text().to_owned();
    match prompt.ask {
        Ask::Filter => {}
        Ask::Find | Ask::Search => {
            model.browse.finding = text;
            return Vec::new();
        }
        Ask::Column => {
            let columns = &model.browse.table.columns;
            let found = columns.find(&text, 0).filter(|_| model.browse.choosing.is_some());
            if found.is_some() {
                model.browse.choosing = found;
            } else {
                prompt.error = Some("no column is called so".to_owned());
            }
            return Vec::new();
        }
        Ask::Id | Ask::Percent | Ask::Export => return Vec::new(),
    }
    match Filter::parse(&text) {
        Ok(filter) => read(model.browse.filter(&text, filter)),
        Err(error) => {
            prompt.error = Some(error.to_string());
            Vec::new()
        }
    }
}

/// Takes what was written, or says why not.
fn accept(model: &mut Model) -> Vec<Effect> {
    let dead = model.browse.is_dead();
    let Some(prompt) = model.browse.prompt.as_mut() else { return Vec::new() };
    if prompt.error.is_some() && prompt.ask == Ask::Filter {
        return Vec::new();
    }
    let text = prompt.line.text().trim().to_owned();
    let place = match prompt.ask {
        Ask::Filter => {
            model.browse.prompt = None;
            model.browse.remember_filter(&text);
            return Vec::new();
        }
        Ask::Column => None,
        Ask::Search => {
            model.browse.prompt = None;
            return search::begin(model);
        }
        Ask::Find => {
            model.browse.prompt = None;
            model.browse.search = None;
            return if text.is_empty() { Vec::new() } else { record::find(model, false) };
        }
        Ask::Percent if dead => {
            prompt.error = Some("deleted records are found by id".to_owned());
            return Vec::new();
        }
        Ask::Export if text.is_empty() => {
            prompt.error = Some("a file needs a name".to_owned());
            return Vec::new();
        }
        Ask::Export => {
            if let Err(why) = rows::is_csv(text.as_ref()) {
                prompt.error = Some(why.to_owned());
                return Vec::new();
            }
            model.browse.prompt = None;
            return read(model.browse.export(PathBuf::from(text)));
        }
        Ask::Id if text.is_empty() => None,
        Ask::Id => Some(Place::At(RecordId::from_json(&text).unwrap_or(RecordId::Text(text.clone())))),
        Ask::Percent => match text.trim_end_matches('%').trim().parse::<f64>() {
            Ok(percent) if (0.0..=100.0).contains(&percent) => Some(Place::Percent(percent)),
            _ => {
                prompt.error = Some("a number from 0 to 100".to_owned());
                return Vec::new();
            }
        },
    };
    model.browse.prompt = None;
    let Some(place) = place else { return Vec::new() };
    if model.browse.pane == Pane::Kinds {
        model.browse.pane = Pane::Rows;
    }
    read(model.browse.go(place))
}

/// Drops what was written. A filter goes altogether.
fn cancel(model: &mut Model) -> Vec<Effect> {
    let Some(prompt) = model.browse.prompt.take() else { return Vec::new() };
    match prompt.ask {
        Ask::Filter => clear(model),
        Ask::Find | Ask::Search => search::end(model),
        _ => Vec::new(),
    }
}
