//! A line that is asked for, in the last row of the screen that asks.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::{Clear, Widget};

use super::super::cells;
use super::super::model::Model;
use super::super::model::naming::{For, Naming};
use super::paint::{gap, line, line_right, s};
use super::typed;
use crate::text::{grouped, visible};

pub(super) fn draw(model: &Model, naming: &Naming, buf: &mut Buffer, body: Rect) {
    let theme = &model.theme;
    let area = Rect { y: body.bottom().saturating_sub(1), height: 1.min(body.height), ..body };
    Clear.render(area, buf);
    let sign = naming.what.sign();
    let mut used = cells::width(sign) + 2;
    line(buf, area, 0, vec![gap(1), s(sign, theme.accent.patch(theme.heading))]);
    let right = match (&naming.error, naming.what) {
        (Some(error), _) => vec![s(visible(error).into_owned(), theme.failed), gap(1)],
        (None, For::Search) => {
            let hits = model.wire.detail.as_ref().map_or(0, |detail| detail.hits.len());
            let style = if hits == 0 { theme.pending } else { theme.dim };
            vec![s(format!("{} lines have it", grouped(hits as u64)), style), gap(1)]
        }
        _ => Vec::new(),
    };
    let taken = line_right(buf, area, 0, right);
    used += 1;
    let room = area.width.saturating_sub((used + taken) as u16);
    let place = Rect { x: area.x + used as u16 - 1, width: room, ..area };
    typed::draw(&naming.line, true, theme, buf, place);
    if naming.line.text().is_empty() {
        let hint = cells::fit(naming.what.hint(), usize::from(room).saturating_sub(4)).into_owned();
        line(
            buf,
            Rect { x: place.x + 2, width: room.saturating_sub(2), ..area },
            0,
            vec![s(hint, theme.dim)],
        );
    }
}
