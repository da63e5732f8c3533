//! Screen 2: the types, their rows, the record under the cursor.
//!
//! ```text
//!  contact 312,408 │      id  name              email                     │ contact 4711        rev 9
//!  deal     98,112 │    4711  Åsa Lindqvist     asa@example.se            │ name    Åsa Lindqvist
//! ```

mod columns;
mod foot;
mod record;
mod rows;
mod story;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::Span;

use super::super::action::Action;
use super::super::cells;
use super::super::model::browse::{Browse, Pane, Show};
use super::super::model::prompt::Ask;
use super::super::model::{Mirrored, Model};
use super::super::record::hits;
use super::super::theme::Theme;
use super::paint::{divider, gap, line, s};
use crate::text::{grouped, type_name, visible};

pub(super) use record::{overflow, scroll};
pub(super) use story::room as story_room;

/// What can be pointed at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spot {
    /// A type, by its number.
    Kind(usize),
    /// A column's heading; 0 is the id's.
    Heading(usize),
    /// A row of the table, from the top of the screen.
    Row(usize),
    /// A line of the record, by its number.
    Line(usize),
    /// The line before the record.
    Divider,
    /// A line in the list of the columns, by its number.
    Column(usize),
}

/// Where the panes are.
pub(super) struct Layout {
    kinds: Rect,
    rows: Option<Rect>,
    record: Option<Rect>,
}

impl Layout {
    /// Rows of the table that are on the screen.
    pub(super) fn rows_height(&self) -> usize {
        // A heading and a line that says where one is.
        let area = self.rows.or(self.record).unwrap_or(self.kinds);
        usize::from(area.height).saturating_sub(2).max(1)
    }
}

/// By size, and on narrow screens by focus: there the record takes the rows' place. The divider is the user's.
pub(super) fn layout(body: Rect, browse: &Browse) -> Layout {
    let kinds = Rect { width: kinds_width(body, browse), ..body };
    let rest = Rect { x: kinds.right() + 1, width: body.width.saturating_sub(kinds.width + 1), ..body };
    if body.width < 110 {
        return match browse.pane {
            Pane::Record => Layout { kinds, rows: None, record: Some(rest) },
            _ => Layout { kinds, rows: Some(rest), record: None },
        };
    }
    let record = match browse.divider {
        Some(column) => rest.right().saturating_sub(column + 1).clamp(20, rest.width.saturating_sub(30)),
        None => (rest.width * 2 / 5).saturating_sub(10).clamp(30, 72),
    };
    Layout {
        kinds,
        rows: Some(Rect { width: rest.width - record - 1, ..rest }),
        record: Some(Rect { x: rest.right() - record, width: record, ..rest }),
    }
}

/// As wide as the names with their counts want, within reason.
fn kinds_width(body: Rect, browse: &Browse) -> u16 {
    let kinds = browse.kinds.as_deref().unwrap_or_default();
    let total: u64 = kinds.iter().map(|k| k.rows).sum();
    let wish = kinds.iter().map(|k| cells::width(&visible(&k.name)) + grouped(k.rows).len());
    // The heading is a line as well; a mark before each, two columns between and one behind.
    let wish = wish.chain([5 + grouped(total).len()]).max().unwrap_or(0) + 4;
    let most = match body.width {
        0..150 => 19,
        _ => 34,
    };
    (wish as u16).clamp(16, most).min(body.width)
}

pub(super) fn draw(model: &Model, buf: &mut Buffer, body: Rect) {
    let theme = &model.theme;
    let browse = &model.browse;
    if browse.kinds.as_ref().is_none_or(Vec::is_empty) {
        let text = match (&browse.error, &model.status, &browse.kinds) {
            (Some(error), ..) => s(format!("✖ {}", visible(error)), theme.failed),
            (_, Mirrored::None, _) => s("no mirror yet: the first synchronization makes one", theme.dim),
            (_, _, Some(_)) => s("the mirror is empty: a synchronization fills it", theme.dim),
            _ => s("reading the mirror …", theme.dim),
        };
        line(buf, body, 1, vec![gap(2), text]);
        return;
    }
    let at = layout(body, browse);
    kinds(model, buf, at.kinds);
    for pane in [at.rows, at.record].into_iter().flatten() {
        divider(buf, Rect { x: pane.x - 1, width: 1, ..pane }, theme);
    }
    if let Some(area) = at.rows {
        rows::draw(model, buf, area);
        if model.browse.choosing.is_some() {
            columns::choose(model, buf, area);
        }
    }
    if let Some(area) = at.record {
        record::draw(model, buf, area);
    }
    if at.rows.is_none() {
        // The prompt and what is going on have their line on every screen.
        let area = Rect { y: body.bottom() - 1, height: 1, ..at.record.unwrap_or(body) };
        if browse.prompt.is_some() {
            foot::position(model, buf, area);
        }
    }
}

/// What lies at a place of the screen.
pub(super) fn spot(model: &Model, body: Rect, column: u16, row: u16) -> Option<Spot> {
    if !body.contains((column, row).into()) {
        return None;
    }
    let browse = &model.browse;
    let at = layout(body, browse);
    let line = usize::from(row - body.y);
    let kinds = browse.kinds.as_ref().map_or(0, Vec::len);
    if at.kinds.contains((column, row).into()) {
        let kind = (line + top_kind(model, at.kinds)).checked_sub(1)?;
        return (kind < kinds).then_some(Spot::Kind(kind));
    }
    if let Some(area) = at.rows.filter(|a| a.contains((column, row).into())) {
        if browse.choosing.is_some()
            && let Some(chosen) = columns::spot(model, area, column, row)
        {
            return Some(chosen);
        }
        return rows::spot(model, area, column, line);
    }
    if let Some(area) = at.record.filter(|a| a.contains((column, row).into())) {
        return record::spot(model, area, line);
    }
    let divider = at.record.filter(|_| at.rows.is_some()).map(|a| a.x - 1);
    (divider == Some(column)).then_some(Spot::Divider)
}

/// The first type on the screen.
fn top_kind(model: &Model, area: Rect) -> usize {
    let height = usize::from(area.height).saturating_sub(1);
    (model.browse.kind_index().unwrap_or(0) + 1).saturating_sub(height)
}

fn head(model: &Model, pane: Pane) -> Style {
    let theme = &model.theme;
    if model.browse.pane == pane { theme.accent.patch(theme.heading) } else { theme.heading }
}

/// A text in which hits stand out.
fn lit(theme: &Theme, text: String, style: Style, words: &[&str]) -> Vec<Span<'static>> {
    let found = hits(&text, words);
    if found.is_empty() {
        return vec![s(text, style)];
    }
    let bright = style.patch(theme.pending).add_modifier(Modifier::BOLD | Modifier::UNDERLINED);
    let (mut spans, mut at) = (Vec::new(), 0);
    for hit in found {
        spans.extend([s(&text[at..hit.start], style), s(&text[hit.clone()], bright)]);
        at = hit.end;
    }
    spans.push(s(&text[at..], style));
    spans
}

fn kinds(model: &Model, buf: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    let browse = &model.browse;
    let Some(kinds) = &browse.kinds else { return };
    let width = usize::from(area.width).saturating_sub(2);
    // A name gets what its count leaves.
    let parts = |name: &str, rows: u64| {
        // A large count is rounded where that saves a name.
        let whole = cells::width(name) + 1 + grouped(rows).len() <= width;
        let count = cells::count(rows, if whole { 11 } else { 6 });
        let room = width.saturating_sub(count.len() + 1);
        (cells::left(name, room), format!(" {count}"))
    };
    let head_style = head(model, Pane::Kinds);
    let total: u64 = kinds.iter().map(|k| k.rows).sum();
    let (name, count) = parts("Types", total);
    line(buf, area, 0, vec![gap(1), s(name, head_style), s(count, theme.dim)]);
    let height = usize::from(area.height).saturating_sub(1);
    let chosen = browse.kind_index().unwrap_or(0);
    let top = top_kind(model, area);
    for (row, (at, kind)) in kinds.iter().enumerate().skip(top).take(height).enumerate() {
        let style = match at == chosen {
            true if browse.pane == Pane::Kinds => theme.selected,
            true => theme.accent.add_modifier(Modifier::BOLD),
            false => theme.text,
        };
        let dim = if at == chosen { style } else { theme.dim };
        let (name, count) = parts(&type_name(&kind.name), kind.rows);
        line(
            buf,
            area,
            row + 1,
            vec![
                s(if at == chosen { "▸" } else { " " }, if at == chosen { theme.accent } else { theme.text }),
                s(name, style),
                s(count, dim),
            ],
        );
    }
}

/// The keys that matter now.
pub(super) fn footer(model: &Model) -> Vec<(Action, Option<&'static str>)> {
    let a = |action| (action, None);
    let browse = &model.browse;
    if browse.prompt.as_ref().is_some_and(|p| p.ask == Ask::Filter) {
        return vec![a(Action::Accept), (Action::Back, Some("no filter"))];
    }
    if browse.prompt.is_some() {
        return vec![a(Action::Accept), (Action::Back, Some("drop it"))];
    }
    if browse.choosing.is_some() {
        return vec![
            (Action::Open, Some("show or hide")),
            (Action::Filter, Some("find")),
            a(Action::ColumnLeft),
            a(Action::ColumnRight),
            (Action::Back, Some("close")),
        ];
    }
    let whole = browse.story.as_ref().is_some_and(|story| story.whole);
    match browse.pane {
        Pane::Record if browse.show == Show::Story => vec![
            (Action::Up, Some("older")),
            (Action::Down, Some("newer")),
            (Action::Open, Some(if whole { "what changed" } else { "as it was" })),
            (Action::Back, Some("back")),
            (Action::PageDown, Some("scroll")),
            a(Action::RecordRequest),
        ],
        Pane::Record if browse.show == Show::Changes => vec![
            a(Action::Down),
            a(Action::PageDown),
            (Action::Changes, Some("record")),
            a(Action::Story),
            a(Action::CopyRecord),
            (Action::Back, Some("back")),
        ],
        Pane::Record => vec![
            (Action::Open, Some("follow")),
            (Action::Back, Some("rows")),
            a(Action::WayBack),
            a(Action::Changes),
            a(Action::Story),
            a(Action::FindInRecord),
            a(Action::RecordRequest),
        ],
        _ if browse.dead => vec![
            a(Action::Open),
            a(Action::Story),
            a(Action::GoToId),
            a(Action::Columns),
            a(Action::Export),
            (Action::Back, Some("what is there")),
        ],
        _ if browse.search.is_some() => vec![
            a(Action::FindNext),
            a(Action::FindPrevious),
            a(Action::Open),
            a(Action::SearchRows),
            a(Action::Filter),
            (Action::Back, Some("end search")),
        ],
        _ => vec![
            a(Action::Open),
            a(Action::Filter),
            a(Action::SearchRows),
            a(Action::SortColumn),
            a(Action::Columns),
            a(Action::Changes),
            a(Action::Export),
        ],
    }
}
