//! The record of screen 2: its lines, what they lead to, and copies of it.

use std::collections::BTreeSet;

use super::super::super::action::Action;
use super::super::super::message::Effect;
use super::super::super::model::Model;
use super::super::super::model::browse::tree::{Line, Link};
use super::super::super::model::browse::{Pane, Show, tree};
use super::super::super::record;
use super::super::super::view;
use super::super::act::{self, read, refuse};
use super::super::{whole, wire};
use super::marked;
use crate::client::tap::filter::Sought;
use crate::text::grouped;

/// The lines of the record that is shown.
pub(super) fn lines(model: &Model) -> Vec<Line> {
    let browse = &model.browse;
    let Some(entry) = browse.current() else { return Vec::new() };
    tree::lines(&entry.row.data, &browse.folded, browse.about.as_ref(), browse.pointing.as_ref())
}

/// The one that the cursor is on.
pub(super) fn line(model: &Model) -> Option<Line> {
    let mut lines = lines(model);
    let at = model.browse.line.min(lines.len().checked_sub(1)?);
    Some(lines.swap_remove(at))
}

/// The field whose value a line is, its own or one inside an object; none where it is a part of something else.
pub(super) fn field(model: &Model, line: &Line) -> Option<String> {
    let whole = line.open.is_none().then_some(line.path.as_str())?;
    match (line.depth, whole.split_once('\u{0}')) {
        (0, None) => Some(whole.to_owned()),
        (1, Some((outer, inner))) => {
            let raw = record::at(&model.browse.current()?.row.data, outer)?;
            raw.starts_with('{').then(|| format!("{outer}.{inner}"))
        }
        _ => None,
    }
}

/// To what the line leads to; or folds it.
pub(super) fn follow(model: &mut Model) -> Vec<Effect> {
    let Some(line) = line(model) else { return Vec::new() };
    match &line.link {
        Some(Link::Record(to)) => read(model.browse.follow(to)),
        Some(Link::Missing(to)) => refuse(model, &format!("{} {} is not in the mirror", to.kind, to.id)),
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
        None if model.browse.follow_soon(&line) => refuse(model, "looking where this leads…"),
        None => refuse(model, "this leads nowhere"),
    }
}

/// What the fields point to has come: follows the line that was pressed before that, where the cursor still is on it.
pub(in super::super) fn follow_late(model: &mut Model) -> Vec<Effect> {
    let Some(path) = model.browse.followed_late() else { return Vec::new() };
    let here = lines(model).get(model.browse.line).is_some_and(|line| line.path == path);
    if here { follow(model) } else { Vec::new() }
}

/// Moves the cursor of the record.
pub(super) fn move_line(model: &mut Model, by: isize) {
    if let (Show::Story, Some(story)) = (model.browse.show, &mut model.browse.story) {
        story.step(by);
        return;
    }
    if model.browse.show != Show::Tree {
        let most = view::record_overflow(model);
        model.browse.scroll = model.browse.scroll.saturating_add_signed(by).min(most);
        return;
    }
    let most = lines(model).len().saturating_sub(1);
    model.browse.line = model.browse.line.min(most).saturating_add_signed(by).min(most);
    model.browse.scroll = view::record_scroll(model);
}

/// Scrolls what is shown of a step by a page.
pub(super) fn scroll_story(model: &mut Model, down: bool) {
    let (most, page) = view::story_room(model);
    if let Some(story) = &mut model.browse.story {
        let by = page.saturating_sub(1).max(1) as isize;
        story.scroll = story.scroll.min(most).saturating_add_signed(if down { by } else { -by }).min(most);
    }
}

/// To the next line of the record with what is looked for, or the one before; round from its end to its beginning.
pub(super) fn find(model: &mut Model, back: bool) -> Vec<Effect> {
    let words = model.browse.words();
    if words.is_empty() {
        let key = model.keymap.key_of(Action::FindInRecord).unwrap_or_default();
        return refuse(model, &format!("nothing is looked for: {key} asks what"));
    }
    let browse = &mut model.browse;
    let Some(entry) = browse.current() else { return Vec::new() };
    let (about, pointing) = (browse.about.as_ref(), browse.pointing.as_ref());
    let here = browse.line;
    let shown = tree::lines(&entry.row.data, &browse.folded, about, pointing);
    let all = tree::lines(&entry.row.data, &BTreeSet::new(), about, pointing);
    let hits: Vec<usize> = (0..all.len()).filter(|at| all[*at].holds(&words)).collect();
    if hits.is_empty() {
        return refuse(model, "nothing in this record is like that");
    }
    // Where the cursor is, in the record without folds.
    let at = if browse.pane == Pane::Record {
        shown.get(here).and_then(|line| all.iter().position(|l| l.path == line.path))
    } else {
        None
    };
    let next = match (back, at) {
        (false, at) => hits.iter().position(|hit| at.is_none_or(|at| *hit > at)).unwrap_or(0),
        (true, at) => hits.iter().rposition(|hit| at.is_none_or(|at| *hit < at)).unwrap_or(hits.len() - 1),
    };
    let path = all[hits[next]].path.clone();
    let parts: Vec<&str> = path.split('\u{0}').collect();
    for depth in 1..parts.len() {
        browse.folded.remove(&parts[..depth].join("\u{0}"));
    }
    let lines = lines(model);
    let browse = &mut model.browse;
    (browse.pane, browse.show) = (Pane::Record, Show::Tree);
    browse.line = lines.iter().position(|l| l.path == path).unwrap_or(0);
    model.browse.scroll = view::record_scroll(model);
    let said = format!("{} of {}", grouped(next as u64 + 1), grouped(hits.len() as u64));
    refuse(model, &said)
}

/// To the request that brought the record, or the step of its story.
pub(super) fn request(model: &mut Model) -> Vec<Effect> {
    let browse = &model.browse;
    let Some(of) = browse.record() else { return refuse(model, "no record is chosen") };
    let origin = match &browse.story {
        Some(story) if browse.show == Show::Story => {
            story.current().map(|scene| (scene.step.session, scene.step.page))
        }
        _ => match browse.about.as_ref().filter(|about| about.of == of).and_then(|about| about.origin) {
            Some((session, page)) => Some((session, Some(page))),
            None => browse.current().map(|e| (e.row.session, e.gone.as_ref().map(|gone| gone.page))),
        },
    };
    match origin {
        Some((session, Some(page))) => {
            model.wire.unfound = Some(format!(
                "page {page} of session {session} brought it; that request is not kept any more"
            ));
            wire::find(Sought::Page(page))
        }
        Some((session, None)) => {
            refuse(model, &format!("session {session} brought it; on which page is not known any more"))
        }
        None => Vec::new(),
    }
}

pub(super) fn copy(model: &mut Model, action: Action) -> Vec<Effect> {
    let Some(entry) = model.browse.current() else { return refuse(model, "there is nothing to copy") };
    if entry.gone.as_ref().is_some_and(|gone| !gone.known) && action == Action::CopyRecord {
        return refuse(model, "what it was is not known");
    }
    let row = &entry.row;
    let (what, text) = match action {
        Action::CopyRecord => ("record", told(model).unwrap_or_else(|| row.data.clone())),
        Action::CopyRow => {
            let fields = model.browse.table.columns.fields();
            let mut cells = vec![record::id_for_csv(&row.id, model.formulas)];
            cells.extend(record::for_csv(&row.data, &fields, model.formulas));
            ("row", record::csv_line(&cells))
        }
        Action::CopyCell => match value(model) {
            Some((name, value)) if name == ID => (ID, value),
            Some((_, value)) => ("value", value),
            None => return Vec::new(),
        },
        _ => return Vec::new(),
    };
    act::copy(model, what, text)
}

/// The name of the id's own column.
const ID: &str = "id";

/// The value under the cursor, as received, and its field: of the record's line, or of the row's marked column.
fn value(model: &Model) -> Option<(String, String)> {
    let row = &model.browse.current()?.row;
    if model.browse.pane == Pane::Record {
        let line = line(model)?;
        return Some((line.name, record::at(&row.data, &line.path).unwrap_or(line.value)));
    }
    Some(match marked(model) {
        Some(column) => {
            let value = record::exact(&row.data, std::slice::from_ref(&column.field)).concat();
            (column.field.clone(), value)
        }
        None => (ID.to_owned(), row.id.to_string()),
    })
}

/// The value under the cursor from its beginning to its end.
pub(super) fn in_full(model: &mut Model) -> Vec<Effect> {
    if model.browse.pane == Pane::Record && model.browse.show != Show::Tree {
        return refuse(model, "choose a line of the record itself: Esc leads to it");
    }
    match value(model) {
        Some((name, value)) => whole::open(model, &name, value, false),
        None => refuse(model, "no record is chosen"),
    }
}

/// The record as it was after the step of its story that is looked at.
fn told(model: &Model) -> Option<String> {
    let story = model.browse.story.as_ref().filter(|_| model.browse.show == Show::Story)?;
    story.current()?.step.data.clone()
}
