//! A line that screens 4 to 6 ask for: opened, typed, taken or dropped.

use std::path::PathBuf;

use super::super::action::Action;
use super::super::message::{Effect, WireRequest};
use super::super::model::Model;
use super::super::model::naming::{For, Naming};
use super::super::rows;
use super::{act, history, saved, sql, wire};

/// Asks.
pub(super) fn ask(model: &mut Model, what: For, text: &str) -> Vec<Effect> {
    model.naming = Some(Naming::new(what, text));
    Vec::new()
}

/// A file's name with the time in it: nothing of that name is there yet.
pub(super) fn timely(model: &Model, stem: &str, ending: &str) -> String {
    let now = model.now.to_zoned(model.zone.clone());
    format!("{stem}-{}.{ending}", now.strftime("%Y%m%d-%H%M%S"))
}

/// Takes typed or pasted text.
pub(super) fn insert(model: &mut Model, text: &str) -> Vec<Effect> {
    let Some(naming) = &mut model.naming else { return Vec::new() };
    if !naming.line.insert(text) {
        act::full(model);
    }
    written(model);
    Vec::new()
}

/// Does an action while something is asked for; none where it is nothing special here.
pub(super) fn act(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    match action {
        Action::Text(edit) => {
            model.naming.as_mut()?.line.edit(edit);
            written(model);
        }
        Action::Accept => return Some(accept(model)),
        Action::Back => {
            let dropped = model.naming.take()?;
            if dropped.what == For::Search {
                wire::look_for(model, "");
            }
        }
        Action::NextPane | Action::PreviousPane => {}
        _ => return None,
    }
    Some(Vec::new())
}

/// The text has changed: what can be shown of it is shown at once.
fn written(model: &mut Model) {
    let Some(naming) = &mut model.naming else { return };
    naming.error = None;
    if naming.what == For::Search {
        let text = naming.line.text().to_owned();
        wire::look_for(model, &text);
    }
}

/// Takes what was typed, or says why not.
fn accept(model: &mut Model) -> Vec<Effect> {
    let Some(naming) = &mut model.naming else { return Vec::new() };
    let text = naming.line.text().trim().to_owned();
    let what = naming.what;
    let done = match what {
        For::Search => Ok(wire::found(model)),
        For::Recording | For::Rows if text.is_empty() => Err("a file needs a name".to_owned()),
        For::Rows => rows::is_csv(text.as_ref())
            .and_then(|_| sql::export(model, PathBuf::from(text)))
            .map_err(str::to_owned),
        For::Statement => saved::keep(model, &text),
        For::Kind => Ok(history::only(model, &text)),
        For::Recording => Ok(vec![Effect::Wire(WireRequest::Record(PathBuf::from(text)))]),
    };
    match done {
        Ok(effects) => {
            model.naming = None;
            effects
        }
        Err(why) => {
            if let Some(naming) = &mut model.naming {
                naming.error = Some(why);
            }
            Vec::new()
        }
    }
}
