//! The panel that bends the demo's service, over the lower part of a screen, so that what it does is seen above.
//!
//! ```text
//! ╭ Bend the service ───────────────────────────────────────────────╮
//! │ ▶ latency        ‹ 120 ms ›       each answer comes so late     │
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::super::action::Action;
use super::super::cells;
use super::super::model::Model;
use super::over::{self, Place};
use super::paint::{gap, line, s};
use crate::text::visible;

/// Where it stands.
pub(super) fn place(model: &Model, area: Rect) -> Place {
    let body = super::body(area);
    let levers = model.bend.levers.len();
    let height = (levers as u16 + 2).max(3).min(body.height);
    let width = body.width.min(92);
    let outer = Rect { x: body.x + (body.width - width), y: body.y + body.height - height, width, height };
    Place::listed(outer, over::inside(outer), model.bend.at, levers)
}

pub(super) fn draw(model: &Model, buf: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    let Place { outer, from, .. } = place(model, area);
    let inner = over::frame(model, buf, outer, "Bend the service");
    for (row, lever) in model.bend.levers.iter().skip(from).take(inner.height.into()).enumerate() {
        let chosen = from + row == model.bend.at;
        let mark = if chosen { s("▶ ", theme.accent) } else { gap(2) };
        let name = if chosen { theme.heading } else { theme.text };
        let state = if lever.straight { theme.dim } else { theme.pending };
        let room = usize::from(inner.width).saturating_sub(2 + 16 + 16);
        let spans = vec![
            mark,
            s(cells::left(lever.name, 16), name),
            s(cells::left(&visible(&lever.state), 16), state),
            s(cells::fit(lever.help, room), theme.dim),
        ];
        line(buf, inner, row, spans);
    }
}

/// The keys that matter now.
pub(super) fn footer() -> Vec<(Action, Option<&'static str>)> {
    let a = |action| (action, None);
    vec![
        a(Action::BendMore),
        a(Action::BendLess),
        a(Action::Down),
        a(Action::Up),
        (Action::Back, Some("close")),
    ]
}
