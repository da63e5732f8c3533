//! What the actions do in the list of saved statements.

use super::super::action::Action;
use super::super::message::{Effect, SqlRequest};
use super::super::model::naming::{For, Naming};
use super::super::model::saved::{Kept, NAME};
use super::super::model::sql::Pane;
use super::super::model::{Model, Overlay};
use super::{act, naming, sql};

/// Opens the list.
pub(super) fn open(model: &mut Model) -> Vec<Effect> {
    model.sql.saved.line = crate::console::edit::Line::default();
    (model.sql.saved.chosen, model.sql.saved.doomed) = (0, None);
    model.overlay = Some(Overlay::Saved);
    Vec::new()
}

/// Takes typed or pasted text.
pub(super) fn insert(model: &mut Model, text: &str) {
    model.sql.saved.line.insert(text);
    (model.sql.saved.chosen, model.sql.saved.doomed) = (0, None);
}

/// Asks for a name to keep the statement under.
pub(super) fn ask(model: &mut Model) -> Vec<Effect> {
    let text = model.sql.line.text().trim().to_owned();
    if text.is_empty() {
        return act::refuse(model, "type a statement first");
    }
    let known = model.sql.saved.all.iter().find(|kept| kept.sql == text).map(|kept| kept.name.clone());
    naming::ask(model, For::Statement, &known.unwrap_or_default())
}

/// Keeps the statement under a name; one of that name only when it was said twice.
///
/// # Errors
/// Why not yet.
pub(super) fn keep(model: &mut Model, name: &str) -> Result<Vec<Effect>, String> {
    if name.is_empty() || name.chars().count() > NAME {
        return Err(format!("a name has 1 to {NAME} characters"));
    }
    let sql = model.sql.line.text().trim().to_owned();
    let other = model.sql.saved.all.iter().any(|kept| kept.name == name && kept.sql != sql);
    let said = format!("{name} is there already: once more replaces it");
    let told = |naming: &Naming| naming.error.as_deref() == Some(said.as_str());
    if other && !model.naming.as_ref().is_some_and(told) {
        return Err(said);
    }
    model.say(format!("saved as {name}"));
    Ok(vec![Effect::Sql(SqlRequest::Save(Kept { name: name.to_owned(), sql }))])
}

/// Does an action; none where it is nothing special here.
pub(super) fn act(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    match action {
        Action::Choose if take(model) => return sql::act(model, Action::RunSql),
        Action::Choose => {}
        Action::SavedEdit => {
            take(model);
        }
        Action::SavedForget => return Some(forget(model)),
        Action::SqlSaved => model.overlay = None,
        Action::Text(edit) => {
            model.sql.saved.line.edit(edit);
            (model.sql.saved.chosen, model.sql.saved.doomed) = (0, None);
        }
        Action::Up => model.sql.saved.steps(-1),
        Action::Down => model.sql.saved.steps(1),
        Action::PageUp => model.sql.saved.steps(-10),
        Action::PageDown => model.sql.saved.steps(10),
        _ => return None,
    }
    Some(Vec::new())
}

/// The chosen statement into the line; false where none is.
fn take(model: &mut Model) -> bool {
    let Some(kept) = model.sql.saved.current().cloned() else { return false };
    model.overlay = None;
    model.sql.completion = None;
    model.sql.line.set(&kept.sql);
    model.sql.pane = Pane::Prompt;
    true
}

/// The first time it asks, the second time it does it.
fn forget(model: &mut Model) -> Vec<Effect> {
    let Some(name) = model.sql.saved.current().map(|kept| kept.name.clone()) else { return Vec::new() };
    if model.sql.saved.doomed.as_ref() != Some(&name) {
        model.sql.saved.doomed = Some(name);
        return Vec::new();
    }
    model.sql.saved.doomed = None;
    vec![Effect::Sql(SqlRequest::Forget(name))]
}
