//! Screen 6: the sessions; what one of them did; a record before and after.
//!
//! ```text
//!     no  started          took  pages   + created  ~ updated  - deleted  stale  end
//! ▸   41  19 Nov 17:31:02  0:09     25       2,000        400         71      0  ✓ drained
//! ```

mod change;
mod changes;
mod sessions;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::super::action::Action;
use super::super::cells;
use super::super::model::Model;
use super::super::model::history::{Opened, Pane};
use super::paint::{divider, gap, inner, line, line_right, rule, s};
use crate::text::visible;

/// Lines about the session under the cursor.
const DETAIL: u16 = 3;

/// Where things are: a list, and a change at its right or in its place.
struct Layout {
    list: Option<Rect>,
    change: Option<Rect>,
}

fn layout(model: &Model, body: Rect) -> Layout {
    let history = &model.history;
    let below = Rect { y: body.y + 2, height: body.height.saturating_sub(2), ..body };
    match history.pane {
        Pane::Sessions => {
            Layout { list: Some(Rect { height: body.height.saturating_sub(DETAIL), ..body }), change: None }
        }
        _ if body.width >= 100 => {
            let list = 38;
            Layout {
                list: Some(Rect { width: list, ..below }),
                change: Some(Rect { x: below.x + list + 1, width: below.width - list - 1, ..below }),
            }
        }
        Pane::Changes => Layout { list: Some(below), change: None },
        Pane::Change => Layout { list: None, change: Some(below) },
    }
}

/// The pages and packs of a session, in words.
fn inside(opened: &Opened) -> String {
    let span = |one: &str, first: i64, last: i64| {
        if first == last { format!("{one} {first}") } else { format!("{one}s {first}–{last}") }
    };
    let pages = opened.inside.pages.map(|(first, last)| span("page", first, last));
    let packs = opened.inside.packs.last().zip(opened.inside.packs.first());
    let packs = packs.map(|(first, last)| span("pack", first.no, last.no));
    pages.into_iter().chain(packs).collect::<Vec<_>>().join(" · ")
}

/// How many lines of the change do not fit.
pub(super) fn overflow(model: &Model, body: Rect) -> usize {
    let Some(area) = layout(model, body).change else { return 0 };
    change::count(model, area).saturating_sub(inner(area).height.into())
}

/// What lies at a place: the pane, and the row of its list from the first shown.
pub(super) fn spot(model: &Model, body: Rect, place: (u16, u16)) -> Option<(Pane, Option<usize>)> {
    let at = layout(model, body);
    let place = Position::from(place);
    if let Some(area) = at.list.filter(|area| area.contains(place)) {
        let pane = if model.history.opened.is_some() { Pane::Changes } else { Pane::Sessions };
        return Some((pane, usize::from(place.y - area.y).checked_sub(1)));
    }
    at.change.filter(|area| area.contains(place)).map(|_| (Pane::Change, None))
}

/// Rows of the list that has the focus.
pub(super) fn height(model: &Model, body: Rect) -> usize {
    let at = layout(model, body);
    let area = at.list.or(at.change).unwrap_or(body);
    usize::from(area.height).saturating_sub(1).max(1)
}

/// The keys that matter now.
pub(super) fn footer(model: &Model) -> Vec<(Action, Option<&'static str>)> {
    let a = |action| (action, None);
    match model.history.pane {
        Pane::Sessions => {
            vec![(Action::OpenSession, Some("what it changed"))]
        }
        Pane::Changes => {
            vec![
                (Action::OpenSession, Some("the change")),
                a(Action::HistoryEvent),
                a(Action::HistoryKind),
                a(Action::HistoryRequest),
                (Action::Back, Some("sessions")),
            ]
        }
        Pane::Change => vec![
            (Action::OpenSession, Some("to the record")),
            a(Action::HistoryRequest),
            a(Action::HistoryPage),
            a(Action::PageDown),
            (Action::Back, Some("the list")),
        ],
    }
}

/// Why there is nothing to be seen, whole.
fn unread(model: &Model, why: &str, buf: &mut Buffer, area: Rect) {
    let room = usize::from(area.width).saturating_sub(4);
    for (row, text) in cells::wrap(&visible(why), room).into_iter().enumerate() {
        let sign = if row == 0 { "✖ " } else { "  " };
        line(buf, area, row, vec![gap(1), s(sign, model.theme.failed), s(text, model.theme.failed)]);
    }
}

pub(super) fn draw(model: &Model, buf: &mut Buffer, body: Rect) {
    let theme = &model.theme;
    let history = &model.history;
    let at = layout(model, body);
    if let (Some(error), true) = (&history.error, history.sessions.rows.is_empty()) {
        line(buf, body, 1, vec![gap(2), s(format!("✖ {}", visible(error)), theme.failed)]);
        return;
    }
    match &history.opened {
        None => {
            if let Some(area) = at.list {
                sessions::draw(model, buf, area);
            }
            let detail =
                Rect { y: body.bottom().saturating_sub(DETAIL), height: DETAIL.min(body.height), ..body };
            if let Some(session) = history.sessions.current() {
                rule(buf, detail, 0, theme);
                sessions::about(model, session, buf, detail);
            }
        }
        Some(opened) => {
            let session = &opened.session;
            let mut head =
                vec![gap(1), s(format!("session {}", session.no), theme.accent.patch(theme.heading)), gap(2)];
            head.extend(sessions::counts(model, session));
            let used: usize = head.iter().map(|span| cells::width(&span.content)).sum();
            line(buf, body, 0, head);
            let rest =
                Rect { x: body.x + used as u16, width: body.width.saturating_sub(used as u16), ..body };
            line_right(buf, rest, 0, vec![gap(2), s(inside(opened), theme.dim), gap(1)]);
            rule(buf, body, 1, theme);
            let below = Rect { y: body.y + 2, height: body.height.saturating_sub(2), ..body };
            match &opened.error {
                Some(why) if opened.list.rows.is_empty() => return unread(model, why, buf, below),
                Some(why) if history.change.is_none() => {
                    at.change.into_iter().for_each(|area| unread(model, why, buf, inner(area)));
                }
                _ => {}
            }
            if let Some(area) = at.list {
                changes::draw(model, opened, buf, area);
            }
            if let (Some(_), Some(area)) = (at.list, at.change) {
                divider(buf, Rect { x: area.x - 1, width: 1, ..area }, theme);
            }
            if let Some(area) = at.change {
                change::draw(model, buf, area);
            }
        }
    }
}
