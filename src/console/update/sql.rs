//! What the actions do on the SQL screen, and what becomes of text that is typed there.

use std::path::PathBuf;

use super::super::action::Action;
use super::super::edit::Turn;
use super::super::message::{Effect, SqlAnswer, SqlRequest};
use super::super::model::grid::{Cell, CellKind};
use super::super::model::naming::For;
use super::super::model::sql::{Pane, State};
use super::super::model::{Model, Screen};
use super::super::{record, view};
use super::{act, naming, saved, whole};

/// Whether what is typed is text for the statement.
pub(super) fn takes_text(model: &Model) -> bool {
    model.screen == Screen::Sql && model.sql.pane == Pane::Prompt
}

/// Takes typed or pasted text.
pub(super) fn insert(model: &mut Model, text: &str) {
    if !model.sql.insert(text) {
        act::full(model);
    }
}

/// The screen is shown: what can be completed may be more by now.
pub(super) fn shown() -> Vec<Effect> {
    vec![Effect::Sql(SqlRequest::Tables)]
}

/// Takes an answer.
pub(super) fn on_answer(model: &mut Model, answer: SqlAnswer) {
    if let SqlAnswer::Exported { ticket, result } = answer {
        model.sql.export = model.sql.export.filter(|export| export.ticket != ticket);
        return model.report("export", result);
    }
    if let Some(remark) = model.sql.take(answer) {
        model.say(remark);
    }
}

/// All rows of the last statement to a file.
pub(super) fn export(model: &mut Model, path: PathBuf) -> Result<Vec<Effect>, &'static str> {
    model.sql.export(path, model.now).map(|request| vec![Effect::Sql(request)])
}

fn ask_where(model: &mut Model) -> Vec<Effect> {
    if let Err(why) = model.sql.exportable() {
        return act::refuse(model, why);
    }
    let name = naming::timely(model, "rows", "csv");
    naming::ask(model, For::Rows, &name)
}

/// The value under the cursor, as far as the console has it.
fn in_full(model: &mut Model) -> Vec<Effect> {
    let Some((column, cell)) = model.sql.grid.current() else { return act::refuse(model, "no rows yet") };
    let (title, text, cut) = (column.name.clone(), cell.text.to_string(), cell.cut);
    whole::open(model, &title, text, cut)
}

/// A click: to the cell or the statement; the second shows the value in full.
pub(super) fn press(model: &mut Model, place: (u16, u16), twice: bool) -> Vec<Effect> {
    match view::sql_spot(model, place) {
        Some(view::SqlSpot::Prompt) => model.sql.pane = Pane::Prompt,
        Some(view::SqlSpot::Cell(row, column)) => {
            model.sql.pane = Pane::Results;
            let grid = &model.sql.grid;
            let by = (row as isize - grid.row as isize, column as isize - grid.column as isize);
            step(model, by.0, by.1);
            if twice {
                return in_full(model);
            }
        }
        Some(view::SqlSpot::Heading(column)) => {
            model.sql.pane = Pane::Results;
            step(model, 0, column as isize - model.sql.grid.column as isize);
        }
        None => {}
    }
    Vec::new()
}

/// Does an action; none where it is nothing special here.
pub(super) fn act(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    let nothing = Some(Vec::new());
    match action {
        Action::RunSql => match model.sql.run(model.now) {
            Ok(request) => Some(vec![Effect::Sql(request)]),
            Err(why) => {
                model.say(why);
                nothing
            }
        },
        Action::Complete | Action::CompleteBack => {
            let turn = if action == Action::Complete { Turn::Next } else { Turn::Before };
            if !model.sql.complete(turn) {
                model.say("nothing to complete here");
            }
            nothing
        }
        Action::Older | Action::Newer => {
            model.sql.recall(if action == Action::Older { Turn::Before } else { Turn::Next });
            nothing
        }
        Action::Text(edit) => {
            model.sql.edit(edit);
            nothing
        }
        Action::EditSql => {
            model.sql.pane = Pane::Prompt;
            nothing
        }
        Action::SqlExport => Some(ask_where(model)),
        Action::SqlSave => Some(saved::ask(model)),
        Action::SqlSaved => Some(saved::open(model)),
        Action::Whole => Some(in_full(model)),
        Action::Wider | Action::Narrower => {
            model.sql.grid.widen(if action == Action::Wider { 4 } else { -4 });
            step(model, 0, 0);
            nothing
        }
        Action::CopyCell => Some(copy(model, Copied::Cell)),
        Action::CopyRow => Some(copy(model, Copied::Row)),
        Action::NextPane | Action::PreviousPane => {
            model.sql.pane = match model.sql.pane {
                Pane::Prompt => Pane::Results,
                Pane::Results => Pane::Prompt,
            };
            nothing
        }
        Action::Left | Action::Right => {
            step(model, 0, if action == Action::Left { -1 } else { 1 });
            nothing
        }
        Action::Back => back(model),
        _ => None,
    }
}

/// Stops what runs; else from the statement to the rows. Errors that wait to be seen go first in the usual way.
fn back(model: &mut Model) -> Option<Vec<Effect>> {
    if let Some(request) = model.sql.stop() {
        return Some(vec![Effect::Sql(request)]);
    }
    if model.sql.uncomplete() {
        return Some(Vec::new());
    }
    if model.notices.is_empty() && model.sql.pane == Pane::Prompt {
        model.sql.pane = Pane::Results;
        return Some(Vec::new());
    }
    None
}

/// Moves the cursor by rows.
pub(super) fn steps(model: &mut Model, by: isize) -> Vec<Effect> {
    step(model, by, 0);
    Vec::new()
}

fn step(model: &mut Model, rows: isize, columns: isize) {
    let (height, room) = view::sql_room(model);
    model.sql.grid.step(rows, columns, height, room);
}

/// What of the grid goes to the clipboard.
#[derive(Debug, Clone, Copy)]
enum Copied {
    /// The chosen cell, as it is.
    Cell,
    /// Its row, as CSV.
    Row,
}

fn copy(model: &mut Model, copied: Copied) -> Vec<Effect> {
    let grid = &model.sql.grid;
    let Some((column, cell)) = grid.current() else {
        model.say(match model.sql.state {
            State::Running { .. } => "no rows yet",
            _ => "nothing to copy",
        });
        return Vec::new();
    };
    let (text, what, cut) = match copied {
        Copied::Row => {
            let cells = &grid.rows[grid.row];
            let text = |cell: &Cell| match cell.kind {
                CellKind::Text => model.formulas.word(cell.text.to_string()),
                _ => cell.text.to_string(),
            };
            let texts: Vec<_> = cells.iter().map(text).collect();
            (record::csv_line(&texts), "the row".to_owned(), cells.iter().any(|c| c.cut))
        }
        Copied::Cell => (cell.text.to_string(), column.name.clone(), cell.cut),
    };
    let what = if cut { format!("{what}, the beginning") } else { what };
    act::copy(model, what, text)
}
