//! What lies over a screen has a frame, and a list to search in looks the same wherever it opens.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::Span;
use ratatui::widgets::{Block, BorderType, Clear, Widget};

use super::super::edit::Line;
use super::super::model::Model;
use super::paint::{line, line_right, s};
use super::typed;

/// The columns of a frame in an area: slivers of the screen beside it are noise, so where little is left it takes all.
pub(super) fn width(area: Rect) -> u16 {
    beside(area, area.width.saturating_sub(84))
}

/// The same for a frame that leaves so many columns of the screen.
pub(super) fn beside(area: Rect, left: u16) -> u16 {
    if area.width < 100 { area.width } else { area.width - left }
}

/// A place in the middle of an area, no larger than that.
pub(super) fn centred(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height }
}

/// What is inside of a frame, a column free on both sides.
pub(super) fn inside(outer: Rect) -> Rect {
    Rect {
        x: outer.x + 2,
        y: outer.y + 1,
        width: outer.width.saturating_sub(4),
        height: outer.height.saturating_sub(2),
    }
}

/// Draws an empty frame over whatever is there; what is inside of it.
pub(super) fn frame(model: &Model, buf: &mut Buffer, outer: Rect, title: &str) -> Rect {
    let theme = &model.theme;
    Clear.render(outer, buf);
    Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(theme.rule)
        .title(Span::styled(format!(" {title} "), theme.accent.patch(theme.heading)))
        .render(outer, buf);
    inside(outer)
}

/// Where what lies over a screen stands, and the rows of the list in it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Place {
    /// Its frame.
    pub(super) outer: Rect,
    /// The list; empty where it has none.
    pub(super) list: Rect,
    /// The first row that is shown.
    pub(super) from: usize,
    /// All rows.
    pub(super) rows: usize,
}

impl Place {
    /// A frame without a list.
    pub(super) fn framed(outer: Rect) -> Self {
        Self { outer, ..Self::default() }
    }

    /// A frame with a list inside, whose cursor is seen.
    pub(super) fn listed(outer: Rect, list: Rect, chosen: usize, rows: usize) -> Self {
        let from = (chosen.min(rows.saturating_sub(1)) + 1).saturating_sub(list.height.into());
        Self { outer, list, from, rows }
    }

    /// The row of the list at a place of the screen.
    pub(super) fn row(&self, place: Position) -> Option<usize> {
        let row = self.from + usize::from(place.y.saturating_sub(self.list.y));
        (self.list.contains(place) && row < self.rows).then_some(row)
    }
}

/// Where a list stands that is searched, so wide.
pub(super) fn searched(area: Rect, width: u16, chosen: usize, found: usize) -> Place {
    let body = super::body(area);
    let outer = centred(body, width, body.height.min(24));
    let inner = inside(outer);
    let list = Rect { y: inner.y + 2, height: inner.height.saturating_sub(2), ..inner };
    Place::listed(outer, list, chosen, found)
}

/// A list that is searched by what is typed above it.
pub(super) struct Search<'a> {
    pub(super) title: &'a str,
    pub(super) line: &'a Line,
    /// How many were found.
    pub(super) found: usize,
    /// Which of them is chosen.
    pub(super) chosen: usize,
    /// What is said where none was.
    pub(super) none: String,
}

impl Search<'_> {
    /// Draws it over the screen, so wide; `row` gives what was found at a place, for so many columns.
    pub(super) fn draw(
        self,
        model: &Model,
        buf: &mut Buffer,
        area: Rect,
        width: u16,
        row: impl Fn(usize, usize) -> Vec<Span<'static>>,
    ) {
        let theme = &model.theme;
        let at = searched(area, width, self.chosen, self.found);
        let inner = frame(model, buf, at.outer, self.title);
        line(buf, inner, 0, vec![s("› ", theme.accent)]);
        let place = Rect { x: inner.x + 2, width: inner.width.saturating_sub(14), ..inner };
        typed::draw(self.line, true, theme, buf, place);
        let Place { list, from, .. } = at;
        if self.found == 0 {
            line_right(buf, inner, 0, vec![s("0 of 0", theme.dim)]);
            line(buf, list, 0, vec![s(self.none, theme.dim)]);
            return;
        }
        let chosen = self.chosen.min(self.found - 1);
        line_right(buf, inner, 0, vec![s(format!("{} of {}", chosen + 1, self.found), theme.dim)]);
        let height = usize::from(list.height);
        for at in from..self.found.min(from + height) {
            line(buf, list, at - from, row(at, list.width.into()));
        }
        let bar = Rect { y: list.y + chosen.saturating_sub(from) as u16, height: 1, ..list };
        buf.set_style(bar.intersection(list), theme.selected);
    }
}
