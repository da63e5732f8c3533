//! Screen 4: every request, newest first, with its time as a waterfall; and the one that is looked at.
//!
//! ```text
//!  / status:429                                        3 of 86 requests · 1.20 MiB of 16.0 MiB
//!      #  time          request                            status      size     time
//!     86  12:04:11.204  GET  /v2/sync/29f2aeeb…/queues/main   200  1.20 KiB   118 ms        ╌╌╌━
//! ```

mod detail;
mod list;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::super::action::Action;
use super::super::model::Model;
use super::super::model::naming::For;
use super::super::model::wire::Pane;
use super::paint::{divider, gap, line, s};

/// Where things stand.
pub(super) struct Layout {
    list: Option<Rect>,
    detail: Option<Rect>,
    /// The row below the exchange that says what is looked for.
    search: Option<Rect>,
}

impl Layout {
    /// Rows of the list.
    pub(super) fn rows(&self) -> usize {
        self.list.map_or(0, |area| usize::from(area.height).saturating_sub(2))
    }

    /// Rows of the exchange.
    pub(super) fn lines(&self) -> usize {
        self.detail.map_or(0, |area| area.height.into())
    }
}

/// What lies at a place: the pane, and the row of the list or the line of the exchange, counted from the first shown.
pub(super) fn spot(model: &Model, body: Rect, place: (u16, u16)) -> Option<(Pane, Option<usize>)> {
    let at = layout(model, body);
    let place = Position::from(place);
    if let Some(area) = at.list.filter(|area| area.contains(place)) {
        return Some((Pane::List, usize::from(place.y - area.y).checked_sub(2)));
    }
    let area = at.detail.filter(|area| area.contains(place))?;
    Some((Pane::Detail, Some(usize::from(place.y - area.y))))
}

pub(super) fn layout(model: &Model, body: Rect) -> Layout {
    let mut at = panes(body, model.wire.pane);
    let asked = model.naming.as_ref().is_some_and(|naming| naming.what == For::Search);
    if let Some(detail) = at.detail.as_mut().filter(|_| asked || !model.wire.search.is_empty()) {
        detail.height = detail.height.saturating_sub(1);
        at.search = Some(Rect { y: detail.bottom(), height: 1, ..*detail });
    }
    at
}

fn panes(body: Rect, pane: Pane) -> Layout {
    let open = pane == Pane::Detail;
    let search = None;
    if body.width >= 150 || (body.width >= 120 && open) {
        let width = (body.width * 11 / 20).max(64);
        let list = Rect { width, ..body };
        let detail = Rect { x: list.right() + 2, width: body.width.saturating_sub(width + 2), ..body };
        return Layout { list: Some(list), detail: Some(detail), search };
    }
    let (list, detail) = if open { (None, Some(body)) } else { (Some(body), None) };
    Layout { list, detail, search }
}

pub(super) fn draw(model: &Model, buf: &mut Buffer, body: Rect) {
    let at = layout(model, body);
    if let Some(area) = at.list {
        list::draw(model, buf, area);
    }
    if let Some(area) = at.detail {
        if at.list.is_some() {
            divider(buf, Rect { x: area.x.saturating_sub(2), width: 1, ..body }, &model.theme);
        }
        match &model.wire.detail {
            Some(detail) => detail::draw(model, buf, area, detail),
            None => line(buf, area, 0, vec![gap(1), s("no request is chosen", model.theme.dim)]),
        }
    }
    if let (Some(area), Some(detail)) = (at.search, &model.wire.detail) {
        detail::search(model, buf, area, detail);
    }
}

/// The keys that matter now.
pub(super) fn footer(model: &Model) -> Vec<(Action, Option<&'static str>)> {
    let a = |action| (action, None);
    if model.wire.typing {
        return vec![(Action::Accept, Some("apply")), (Action::Back, Some("no filter"))];
    }
    let recording = if model.wire.recorded.is_some() { Some("stop recording") } else { None };
    match model.wire.pane {
        Pane::List if model.serving.is_some() => {
            let mut keys = vec![a(Action::WireOpen), a(Action::WireFilter), a(Action::Connect)];
            if model.demo {
                keys.extend([a(Action::Bend), a(Action::Edit)]);
            }
            keys.extend([a(Action::WireCurl), (Action::WireRecord, recording)]);
            keys
        }
        Pane::List => vec![
            a(Action::WireOpen),
            a(Action::WireFilter),
            a(Action::WireCurl),
            a(Action::WireExport),
            (Action::WireRecord, recording),
        ],
        Pane::Detail => vec![
            a(Action::WireFold),
            a(Action::WireFoldAll),
            a(Action::WireSearch),
            if model.wire.search.is_empty() { a(Action::WireCurl) } else { a(Action::WireNextHit) },
            a(Action::Whole),
            (Action::Back, Some("list")),
        ],
    }
}
