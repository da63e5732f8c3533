//! Screen 3: the ack packs; what comes again if it crashes now; what is stuck and why.
//!
//! ```text
//!  Ack packs     keys  state        tries     took  request  answer     │ If it crashes now
//!   –             740  ○ filling              1.1 s                      │ 1,740 keys of 18 pages …
//!   #7          1,000  ● in flight      1    204 ms      #84             │ Stuck, and why
//!   #6          1,000  ✓ sent           1    131 ms      #72             │ ✓ nothing
//! ```

mod again;
mod detail;
mod packs;
mod stuck;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::Span;

use super::super::action::Action;
use super::super::model::acks::{Pane, Row};
use super::super::model::{Model, window};
use super::paint::{chosen, divider, s};

/// Where things stand.
struct Layout {
    packs: Rect,
    again: Rect,
    stuck: Rect,
    detail: Option<Rect>,
}

impl Layout {
    /// Rows of the list that has the focus.
    fn rows(&self, pane: Pane) -> usize {
        let (area, head) = match pane {
            Pane::Packs => (self.packs, 1),
            Pane::Again => (self.again, AGAIN),
            Pane::Stuck => (self.stuck, 1),
        };
        usize::from(area.height).saturating_sub(head)
    }

    /// Lines of what was opened.
    fn lines(&self) -> usize {
        self.detail.map_or(0, |area| usize::from(area.height).saturating_sub(1))
    }
}

/// The lines above the pages that come again.
const AGAIN: usize = 4;

fn layout(model: &Model, body: Rect) -> Layout {
    let open = model.acks.detail.is_some();
    if body.width >= 110 {
        let width = (body.width * 11 / 20).max(62);
        let packs = Rect { width, ..body };
        let right = Rect { x: packs.right() + 2, width: body.width.saturating_sub(width + 2), ..body };
        let again = Rect { height: right.height / 2, ..right };
        let stuck =
            Rect { y: again.bottom() + 1, height: right.height.saturating_sub(again.height + 1), ..right };
        return Layout { packs, again, stuck, detail: open.then_some(right) };
    }
    let packs = Rect { height: body.height / 2, ..body };
    let below = Rect { y: packs.bottom() + 1, height: body.height.saturating_sub(packs.height + 1), ..body };
    let again = Rect { width: (body.width / 2).saturating_sub(1), ..below };
    let stuck = Rect { x: again.right() + 2, width: body.width.saturating_sub(again.width + 2), ..below };
    Layout { packs, again, stuck, detail: open.then_some(body) }
}

/// Rows of what has the focus: all of them, and those on the screen.
pub(super) fn room(model: &Model, body: Rect) -> (usize, usize) {
    let at = layout(model, body);
    match at.detail {
        Some(_) => (model.acks.detail.as_ref().map_or(0, |detail| detail.rows().len()), at.lines()),
        None => (list_lines(model), at.rows(model.acks.pane)),
    }
}

/// Rows of the list that has the focus, those off the screen included.
fn list_lines(model: &Model) -> usize {
    match model.acks.pane {
        Pane::Packs => model.packs().len(),
        Pane::Again => model.acks.book.waiting.len(),
        Pane::Stuck => model.acks.troubles().len(),
    }
}

/// What lies at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spot {
    /// A row of a list.
    Row(Pane, usize),
    /// A list where it has no row.
    Pane(Pane),
    /// A line of what was opened.
    Line(usize),
}

pub(super) fn spot(model: &Model, body: Rect, place: (u16, u16)) -> Option<Spot> {
    let at = layout(model, body);
    let place = Position::from(place);
    if let (Some(area), Some(detail)) = (at.detail.filter(|area| area.contains(place)), &model.acks.detail) {
        let row = usize::from(place.y - area.y).checked_sub(1)?;
        let height = at.lines();
        return Some(Spot::Line(window(detail.top, detail.at, height, detail.rows().len()) + row));
    }
    let panes = [(Pane::Packs, at.packs), (Pane::Again, at.again), (Pane::Stuck, at.stuck)];
    let (pane, area) = panes.into_iter().find(|(_, area)| area.contains(place))?;
    let row = usize::from(place.y - area.y);
    let rows = at.rows(pane);
    let found = match pane {
        Pane::Packs => {
            let packs = model.packs();
            let from = window(
                model.acks.top[Pane::Packs as usize],
                model.acks.chosen_row(&packs),
                rows,
                packs.len(),
            );
            row.checked_sub(1).map(|row| from + row).filter(|row| *row < packs.len())
        }
        Pane::Again => {
            let waiting = model.acks.book.waiting.len();
            let from = window(model.acks.top[Pane::Again as usize], model.acks.at, rows, waiting);
            row.checked_sub(AGAIN).map(|row| from + row).filter(|row| *row < waiting)
        }
        Pane::Stuck => row.checked_sub(1).and_then(|row| stuck::at(model, area, row)),
    };
    Some(found.map_or(Spot::Pane(pane), |row| Spot::Row(pane, row)))
}

pub(super) fn draw(model: &Model, buf: &mut Buffer, body: Rect) {
    let at = layout(model, body);
    let beside = at.again.x > at.packs.x && at.again.y == at.packs.y;
    if let (Some(area), false) = (at.detail, beside) {
        if let Some(detail) = &model.acks.detail {
            detail::draw(model, buf, area, detail);
        }
        return;
    }
    packs::draw(model, buf, at.packs);
    let edge = if beside {
        Rect { x: at.packs.right(), width: 1, ..body }
    } else {
        Rect { x: at.again.right(), width: 1, ..at.again }
    };
    divider(buf, edge, &model.theme);
    if let (Some(detail), Some(area)) = (&model.acks.detail, at.detail) {
        detail::draw(model, buf, area, detail);
    } else {
        again::draw(model, buf, at.again);
        stuck::draw(model, buf, at.stuck);
    }
}

fn heading(model: &Model, pane: Pane, text: impl Into<String>) -> Span<'static> {
    let theme = &model.theme;
    let focus = model.acks.pane == pane && model.acks.detail.is_none();
    s(text, if focus { theme.accent.patch(theme.heading) } else { theme.heading })
}

/// Marks the chosen row of a list.
fn mark(model: &Model, pane: Pane, here: bool, spans: Vec<Span<'static>>, width: u16) -> Vec<Span<'static>> {
    if !here {
        return spans;
    }
    let focus = model.acks.pane == pane && model.acks.detail.is_none();
    if !focus && pane != Pane::Packs {
        return spans;
    }
    let style = if focus { model.theme.selected } else { model.theme.marked };
    chosen(spans, width, style)
}

/// The keys that matter now.
pub(super) fn footer(model: &Model) -> Vec<(Action, Option<&'static str>)> {
    let a = |action| (action, None);
    if model.acks.detail.is_some() {
        let record = matches!(
            model.acks.detail.as_ref().and_then(|detail| detail.rows().get(detail.at).copied()),
            Some(Row::Record(_))
        );
        return vec![
            if record { (Action::AcksOpen, Some("to the record")) } else { a(Action::Down) },
            a(Action::PageDown),
            a(Action::AcksRequest),
            (Action::Back, Some("close")),
        ];
    }
    let hold = if model.held().is_some() { Some("release") } else { None };
    let open = if model.acks.pane == Pane::Stuck { Some("do what helps") } else { None };
    vec![
        (Action::AcksOpen, open),
        (Action::AcksHold, hold),
        a(Action::AcksDrop),
        a(Action::SendAcks),
        a(Action::AcksRequest),
        a(Action::NextPane),
    ]
}
