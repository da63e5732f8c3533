//! What the actions of screen 2 do: filter and order, columns, the way through the records, copies, the mouse.

use std::path::PathBuf;
use std::time::Duration;

use super::super::action::{Action, Scope};
use super::super::message::{Effect, Mouse, MouseKind, Request};
use super::super::model::browse::tree::{Found, Line, Link};
use super::super::model::browse::{Pane, tree};
use super::super::model::prompt::{Ask, Prompt};
use super::super::model::{Model, Screen, since};
use super::super::record;
use super::super::view::{self, Spot};
use super::act;
use crate::mirror::filter::Filter;
use crate::mirror::find::{Place, Sort, SortBy};
use crate::protocol::RecordId;

/// Two clicks within this time are a double-click.
const DOUBLE: Duration = Duration::from_millis(400);

/// The screen is shown. Another program may have synchronized meanwhile.
pub(super) fn shown(model: &mut Model) -> Vec<Effect> {
    let mut effects = vec![Effect::Read(Request::Kinds)];
    effects.extend(read(model.browse.again(true)));
    effects
}

/// Does an action; none where it is nothing special here.
pub(super) fn act(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    if model.browse.prompt.is_some() {
        return asking(model, action);
    }
    let quiet = model.notices.is_empty() && model.toast.is_none();
    Some(match action {
        Action::NextPane => pane(model, false),
        Action::PreviousPane => pane(model, true),
        Action::Left if model.browse.pane != Pane::Kinds => pane(model, true),
        Action::Right if model.browse.pane != Pane::Record => pane(model, false),
        Action::Left | Action::Right => Vec::new(),
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
            move_line(model, by);
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
        return say(model, "nothing is here yet");
    }
    let at = model.browse.lens().at;
    match action {
        Action::Open => return open(model),
        Action::Filter => {
            let text = model.browse.lens().text;
            model.browse.prompt = Some(Prompt::new(Ask::Filter, &text));
        }
        Action::FilterLike => return like(model),
        Action::GoToId => model.browse.prompt = Some(Prompt::new(Ask::Id, "")),
        Action::GoToPercent => model.browse.prompt = Some(Prompt::new(Ask::Percent, "")),
        Action::Export if model.browse.export.is_some() => return say(model, "an export is going on"),
        Action::Export => {
            let kind = model.browse.kind.clone().unwrap_or_default();
            let plain: String =
                kind.chars().map(|c| if c.is_alphanumeric() || c == '_' { c } else { '-' }).collect();
            model.browse.prompt = Some(Prompt::new(Ask::Export, &format!("{plain}.csv")));
        }
        Action::SortColumn => {
            let by = column(model, at);
            let sort = model.browse.lens().next(by);
            return read(model.browse.sort(sort));
        }
        Action::SortId => return read(model.browse.sort(Sort::default())),
        Action::ColumnBefore => model.browse.move_column(-1),
        Action::ColumnNext => model.browse.move_column(1),
        Action::Columns => {
            model.browse.choosing = if model.browse.choosing.is_some() { None } else { Some(0) }
        }
        Action::ColumnLeft => shift(model, -1),
        Action::ColumnRight => shift(model, 1),
        Action::Wider => model.browse.columns(|c, at| c.widen(at.wrapping_sub(1), 2)),
        Action::Narrower => model.browse.columns(|c, at| c.widen(at.wrapping_sub(1), -2)),
        Action::WayBack | Action::WayForward => {
            let request = model.browse.walk(action == Action::WayBack);
            if request.is_none() {
                return say(
                    model,
                    if action == Action::WayBack { "this is where you began" } else { "no way forward" },
                );
            }
            return read(request);
        }
        Action::Changes => {
            model.browse.changes = !model.browse.changes;
            (model.browse.scroll, model.browse.line) = (0, 0);
            if model.browse.changes {
                model.browse.pane = Pane::Record;
            }
        }
        _ => return copy(model, action),
    }
    Vec::new()
}

fn say(model: &mut Model, what: &str) -> Vec<Effect> {
    model.say(what);
    Vec::new()
}

fn read(request: Option<Request>) -> Vec<Effect> {
    request.map(Effect::Read).into_iter().collect()
}

/// Only rows that have the value of the marked cell, or of the record's line.
fn like(model: &mut Model) -> Vec<Effect> {
    let browse = &model.browse;
    let field = if browse.pane == Pane::Record {
        let lines = lines(model);
        let line = lines.get(model.browse.line.min(lines.len().saturating_sub(1)));
        line.filter(|l| l.depth == 0 && l.open.is_none()).map(|l| l.path.clone())
    } else {
        let at = browse.lens().at.checked_sub(1);
        Some(at.and_then(|at| browse.table.columns.get(at)).map_or("id".to_owned(), |c| c.field.clone()))
    };
    let (Some(field), Some(entry)) = (field, model.browse.current()) else {
        return say(model, "this value is no field of its own");
    };
    let value = record::exact(&entry.row.data, std::slice::from_ref(&field)).concat();
    read(model.browse.like(&field, &value))
}

/// What the marked column is sorted by.
fn column(model: &Model, at: usize) -> SortBy {
    let column = at.checked_sub(1).and_then(|at| model.browse.table.columns.get(at));
    column.map_or(SortBy::Id, |c| SortBy::Field(c.field.clone()))
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
        Pane::Record if model.browse.changes => {}
        Pane::Record => return follow(model),
    }
    Vec::new()
}

/// The lines of the record that is shown.
fn lines(model: &Model) -> Vec<Line> {
    let browse = &model.browse;
    let Some(entry) = browse.current() else { return Vec::new() };
    tree::lines(&entry.row.data, &browse.folded, browse.about.as_ref(), browse.pointing.as_ref())
}

fn follow(model: &mut Model) -> Vec<Effect> {
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
fn move_line(model: &mut Model, by: isize) {
    if model.browse.changes {
        let most = view::record_overflow(model);
        model.browse.scroll = model.browse.scroll.saturating_add_signed(by).min(most);
        return;
    }
    let most = lines(model).len().saturating_sub(1);
    model.browse.line = model.browse.line.min(most).saturating_add_signed(by).min(most);
    model.browse.scroll = view::record_scroll(model);
}

/// Moves the cursor in the list of the columns.
fn move_choice(model: &mut Model, by: isize) {
    let most = model.browse.table.columns.all().count().saturating_sub(1);
    if let Some(at) = &mut model.browse.choosing {
        *at = at.saturating_add_signed(by).min(most);
    }
}

fn copy(model: &mut Model, action: Action) -> Vec<Effect> {
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

/// Whether typed text goes to the prompt.
pub(super) fn takes_text(model: &Model) -> bool {
    model.screen == Screen::Browse && model.browse.prompt.is_some()
}

/// Takes typed or pasted text.
pub(super) fn insert(model: &mut Model, text: &str) -> Vec<Effect> {
    let whole = model.browse.prompt.as_mut().is_none_or(|prompt| prompt.line.insert(text));
    if !whole {
        model.say("the line is full: the rest was left out");
    }
    written(model)
}

/// While the prompt is open.
fn asking(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    match action {
        Action::Text(edit) => {
            model.browse.prompt.as_mut()?.line.edit(edit);
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
    if prompt.ask != Ask::Filter {
        return Vec::new();
    }
    let text = prompt.line.text().to_owned();
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
    let Some(prompt) = model.browse.prompt.as_mut() else { return Vec::new() };
    if prompt.error.is_some() && prompt.ask == Ask::Filter {
        return Vec::new();
    }
    let text = prompt.line.text().trim().to_owned();
    let place = match prompt.ask {
        Ask::Filter => None,
        Ask::Export if text.is_empty() => {
            prompt.error = Some("a file needs a name".to_owned());
            return Vec::new();
        }
        Ask::Export => {
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
    if prompt.ask == Ask::Filter { clear(model) } else { Vec::new() }
}

/// All rows again.
fn clear(model: &mut Model) -> Vec<Effect> {
    if model.browse.lens().text.is_empty() && model.browse.error.is_none() {
        return Vec::new();
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
    if browse.changes {
        browse.changes = false;
    } else if browse.pane == Pane::Record {
        browse.pane = Pane::Rows;
    } else if !browse.lens().filter.is_empty() || browse.error.is_some() {
        return clear(model);
    } else {
        model.screen = Screen::Sync;
    }
    Vec::new()
}

/// A button, or a drag of the divider.
pub(super) fn mouse(model: &mut Model, mouse: Mouse) -> Vec<Effect> {
    let spot = view::spot(model, mouse.column, mouse.row);
    match mouse.kind {
        MouseKind::Release => model.browse.dragging = false,
        MouseKind::Drag if model.browse.dragging => model.browse.divider = Some(mouse.column),
        MouseKind::Press => {
            let here = (mouse.column, mouse.row);
            let twice =
                model.click.is_some_and(|(at, place)| place == here && since(at, model.now) <= DOUBLE);
            model.click = (!twice).then_some((model.now, here));
            return press(model, spot, twice);
        }
        _ => {}
    }
    Vec::new()
}

fn press(model: &mut Model, spot: Option<Spot>, twice: bool) -> Vec<Effect> {
    let height = view::rows_on_screen(model);
    match spot {
        Some(Spot::Divider) => model.browse.dragging = true,
        Some(Spot::Kind(at)) => {
            model.browse.pane = if twice { Pane::Rows } else { Pane::Kinds };
            let by = at as isize - model.browse.kind_index().unwrap_or(0) as isize;
            return read(model.browse.move_kind(by));
        }
        Some(Spot::Row(row)) => {
            model.browse.pane = if twice { Pane::Record } else { Pane::Rows };
            return read(model.browse.point(row, height));
        }
        Some(Spot::Heading(at)) => {
            let by = at as isize - model.browse.lens().at as isize;
            model.browse.move_column(by);
            if twice {
                return own(model, Action::SortColumn);
            }
        }
        Some(Spot::Line(line)) => {
            model.browse.pane = Pane::Record;
            model.browse.line = line;
            if twice {
                return open(model);
            }
        }
        None => {}
    }
    Vec::new()
}

/// The wheel moves what is under it.
pub(super) fn wheel(model: &mut Model, mouse: Mouse, by: isize) -> Vec<Effect> {
    let height = view::rows_on_screen(model);
    if model.browse.choosing.is_some() {
        move_choice(model, by);
        return Vec::new();
    }
    match view::spot(model, mouse.column, mouse.row) {
        Some(Spot::Kind(_)) => read(model.browse.move_kind(by.signum())),
        Some(Spot::Line(_)) => {
            move_line(model, by);
            Vec::new()
        }
        _ if model.browse.pane == Pane::Record && height == 0 => Vec::new(),
        Some(Spot::Divider) | None => Vec::new(),
        _ => read(model.browse.move_row(by, height)),
    }
}
