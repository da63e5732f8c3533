//! The record of screen 2: its lines, what they lead to, and copies of it.

use super::super::super::action::Action;
use super::super::super::message::Effect;
use super::super::super::model::Model;
use super::super::super::model::browse::tree::{Line, Link};
use super::super::super::model::browse::{Pane, tree};
use super::super::super::record;
use super::super::super::view;
use super::super::act;
use super::{read, say};

/// The lines of the record that is shown.
pub(super) fn lines(model: &Model) -> Vec<Line> {
    let browse = &model.browse;
    let Some(entry) = browse.current() else { return Vec::new() };
    tree::lines(&entry.row.data, &browse.folded, browse.about.as_ref(), browse.pointing.as_ref())
}

pub(super) fn follow(model: &mut Model) -> Vec<Effect> {
    let lines = lines(model);
    let Some(line) = lines.get(model.browse.line.min(lines.len().saturating_sub(1))) else {
        return Vec::new();
    };
    match &line.link {
        Some(Link::Record(to)) => read(model.browse.follow(to)),
        Some(Link::Missing(to)) => say(model, &format!("{} {} is not in the mirror", to.kind, to.id)),
        Some(Link::Pointing(from)) => {
            let Some(to) = model.browse.record() else { return Vec::new() };
            read(model.browse.follow_pointing(&to.id, from))
        }
        None if line.open.is_some() => {
            if !model.browse.folded.remove(&line.path) {
                model.browse.folded.insert(line.path.clone());
            }
            Vec::new()
        }
        None => say(model, "this leads nowhere"),
    }
}

/// Moves the cursor of the record.
pub(super) fn move_line(model: &mut Model, by: isize) {
    if model.browse.changes {
        let most = view::record_overflow(model);
        model.browse.scroll = model.browse.scroll.saturating_add_signed(by).min(most);
        return;
    }
    let most = lines(model).len().saturating_sub(1);
    model.browse.line = model.browse.line.min(most).saturating_add_signed(by).min(most);
    model.browse.scroll = view::record_scroll(model);
}
pub(super) fn copy(model: &mut Model, action: Action) -> Vec<Effect> {
    let Some(entry) = model.browse.current() else { return say(model, "there is nothing to copy") };
    let row = &entry.row;
    let (what, text) = match action {
        Action::CopyRecord => ("record", row.data.clone()),
        Action::CopyRow => {
            let fields = model.browse.table.columns.fields();
            let mut cells = vec![row.id.to_string()];
            cells.extend(record::exact(&row.data, &fields));
            ("row", record::csv_line(&cells))
        }
        Action::CopyCell if model.browse.pane == Pane::Record => {
            let lines = lines(model);
            let Some(line) = lines.get(model.browse.line.min(lines.len().saturating_sub(1))) else {
                return Vec::new();
            };
            let exact = record::at(&row.data, &line.path);
            ("value", exact.unwrap_or_else(|| line.value.clone()))
        }
        Action::CopyCell => {
            let column =
                model.browse.lens().at.checked_sub(1).and_then(|at| model.browse.table.columns.get(at));
            match column {
                Some(column) => {
                    ("value", record::exact(&row.data, std::slice::from_ref(&column.field)).concat())
                }
                None => ("id", row.id.to_string()),
            }
        }
        _ => return Vec::new(),
    };
    act::copy(model, what, text)
}
