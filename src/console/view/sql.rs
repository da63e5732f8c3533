//! Screen 5: the statement, its rows, the value under the cursor.
//!
//! ```text
//!  sql › SELECT name, city FROM contact WHERE city = 'New York'
//! ───────────────────────────────────────────────────────────────
//!        name             city
//! ▸   1  Åsa Lindqvist    New York
//!  name  Åsa Lindqvist
//!  312 rows  4 ms                                row 1  column 1 of 2
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::Span;
use ratatui::widgets::{Clear, Widget};

use super::super::action::Action;
use super::super::cells;
use super::super::complete::Completion;
use super::super::message::SqlEnd;
use super::super::model::grid::{CellKind, SHOWN};
use super::super::model::sql::{Export, Pane, State};
use super::super::model::{Model, since};
use super::paint::{gap, line, line_at, line_right, rule, s};
use super::{grid, typed};
use crate::text::{counted, grouped, span, visible};

/// What stands before the statement.
const PROMPT: &str = " sql › ";
/// Candidates that are shown at a time.
const CANDIDATES: usize = 8;

/// Where things are.
struct Layout {
    prompt: Rect,
    rows: Rect,
    value: Rect,
    status: Rect,
}

fn layout(body: Rect) -> Layout {
    let value = if body.height >= 30 { 4 } else { 1 };
    let rows = body.height.saturating_sub(3 + value);
    Layout {
        prompt: Rect { height: 1.min(body.height), ..body },
        rows: Rect { y: body.y + 2, height: rows, ..body },
        value: Rect { y: body.y + 2 + rows, height: value, ..body },
        status: Rect { y: body.bottom().saturating_sub(1), height: 1.min(body.height), ..body },
    }
}

/// Rows and columns that the grid has.
pub(super) fn room(model: &Model, body: Rect) -> (usize, usize) {
    let rows = layout(body).rows;
    (usize::from(rows.height).saturating_sub(1).max(1), grid::room(&model.sql.grid, rows.width))
}

/// What lies at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spot {
    /// The statement.
    Prompt,
    /// A cell, by row and column.
    Cell(usize, usize),
    /// The heading of a column.
    Heading(usize),
}

pub(super) fn spot(model: &Model, body: Rect, place: (u16, u16)) -> Option<Spot> {
    let at = layout(body);
    let place = Position::from(place);
    if at.prompt.contains(place) {
        return Some(Spot::Prompt);
    }
    if !at.rows.contains(place) {
        return None;
    }
    let column = grid::column(&model.sql.grid, at.rows, usize::from(place.x - at.rows.x))?;
    let Some(row) = usize::from(place.y - at.rows.y).checked_sub(1) else {
        return Some(Spot::Heading(column));
    };
    let height = usize::from(at.rows.height).saturating_sub(1);
    let row = model.sql.grid.window(height, grid::room(&model.sql.grid, at.rows.width)).0 + row;
    (row < model.sql.grid.rows.len()).then_some(Spot::Cell(row, column))
}

/// The keys that matter now.
pub(super) fn footer(model: &Model) -> Vec<(Action, Option<&'static str>)> {
    let a = |action| (action, None);
    let back = |word| (Action::Back, Some(word));
    match (&model.sql.state, model.sql.pane) {
        _ if model.sql.busy().is_some() => vec![back("stop")],
        (_, Pane::Prompt) if model.sql.completion.is_some() => {
            vec![
                (Action::Complete, Some("next")),
                a(Action::CompleteBack),
                back("take back"),
                a(Action::RunSql),
            ]
        }
        (_, Pane::Prompt) => vec![
            a(Action::RunSql),
            a(Action::Complete),
            a(Action::Older),
            a(Action::SqlSave),
            a(Action::SqlSaved),
            back(if model.sql.grid.current().is_some() { "to the rows" } else { "stop typing" }),
        ],
        (_, Pane::Results) => {
            vec![
                a(Action::EditSql),
                a(Action::Whole),
                a(Action::CopyCell),
                a(Action::SqlExport),
                a(Action::SqlSaved),
                back("back"),
            ]
        }
    }
}

pub(super) fn draw(model: &Model, buf: &mut Buffer, body: Rect) {
    let theme = &model.theme;
    let sql = &model.sql;
    let at = layout(body);
    let prompt = cells::width(PROMPT) as u16;
    let focus = sql.pane == Pane::Prompt;
    let style = if focus { theme.accent.patch(theme.heading) } else { theme.dim };
    line(buf, at.prompt, 0, vec![s(PROMPT, style)]);
    let typing =
        Rect { x: at.prompt.x + prompt, width: at.prompt.width.saturating_sub(prompt + 1), ..at.prompt };
    typed::draw(&sql.line, focus && model.overlay.is_none(), theme, buf, typing);
    rule(buf, body, 1, theme);
    match &sql.state {
        State::None => welcome(model, buf, Rect { height: body.height.saturating_sub(2), ..at.rows }),
        State::Ended { end: SqlEnd::Failed(error), .. } if sql.grid.rows.is_empty() => {
            let width = usize::from(at.rows.width).saturating_sub(4);
            for (row, text) in cells::wrap(&visible(error), width).into_iter().enumerate() {
                let mark = if row == 0 { "✖ " } else { "  " };
                line(buf, at.rows, row, vec![gap(1), s(mark, theme.failed), s(text, theme.failed)]);
            }
        }
        _ => grid::draw(&sql.grid, !focus, theme, buf, at.rows),
    }
    value(model, buf, at.value);
    status(model, buf, at.status);
    if let Some(completion) = &sql.completion {
        candidates(
            model,
            completion,
            buf,
            Rect { y: body.y + 1, height: body.height.saturating_sub(1), ..body },
        );
    }
}

/// What can be asked, before anything was.
fn welcome(model: &Model, buf: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    line(buf, area, 0, vec![gap(1), s("Read-only SQL on the mirror. Tables and their columns:", theme.dim)]);
    let tables = &model.sql.tables;
    if tables.is_empty() {
        line(buf, area, 2, vec![gap(1), s("none yet: the first synchronization makes them", theme.dim)]);
    }
    let width = tables.iter().map(|t| cells::width(&t.name)).max().unwrap_or(0).min(24);
    let room = usize::from(area.width).saturating_sub(width + 4);
    let height = usize::from(area.height).saturating_sub(2);
    let fits = if tables.len() > height { height.saturating_sub(1) } else { height };
    if tables.len() > height {
        let more = format!("… {} more", tables.len() - fits);
        line(buf, area, fits + 2, vec![gap(1), s(more, theme.dim)]);
    }
    for (row, table) in tables.iter().take(fits).enumerate() {
        let columns: Vec<_> = table.columns.iter().map(|c| visible(c)).collect();
        let columns = cells::fit(&columns.join("  "), room).into_owned();
        let name = cells::left(&visible(&table.name), width);
        line(buf, area, row + 2, vec![gap(1), s(name, theme.text), gap(2), s(columns, theme.dim)]);
    }
}

/// The value under the cursor: what its cell may have no room for.
fn value(model: &Model, buf: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    let Some((column, cell)) = model.sql.grid.current() else { return };
    let mut row = 0;
    if area.height > 1 {
        rule(buf, area, 0, theme);
        row = 1;
    }
    let name = cells::fit(&column.name, 24).into_owned();
    let used = cells::width(&name) + 3;
    let width = usize::from(area.width).saturating_sub(used + 1).max(1);
    let text = if cell.kind == CellKind::Null { "NULL".to_owned() } else { cell.shown() };
    let style = grid::style(cell, theme);
    let lines = cells::wrap(&text, width);
    let height = usize::from(area.height) - row;
    let long = lines.len() > height || cell.cut || cell.text.chars().nth(SHOWN).is_some();
    line(buf, area, row, vec![gap(1), s(name, theme.dim)]);
    for (n, text) in lines.into_iter().take(height).enumerate() {
        let text = if long && n + 1 == height {
            let text = cells::fit(&text, width - 1).into_owned();
            format!("{}…", text.trim_end_matches('…'))
        } else {
            text
        };
        line_at(buf, area, row + n, used, vec![s(text, style)]);
    }
}

/// What became of the statement, and where one is; or how far its export is.
fn status(model: &Model, buf: &mut Buffer, area: Rect) {
    let mut left = vec![gap(1)];
    let mut taken = 0;
    if let Some(export) = &model.sql.export {
        left.extend(exporting(model, export));
    } else {
        left.extend(ran(model));
        taken = line_right(buf, area, 0, place(model));
    }
    line(buf, Rect { width: area.width.saturating_sub(taken as u16 + 2), ..area }, 0, left);
}

fn exporting(model: &Model, export: &Export) -> Vec<Span<'static>> {
    let theme = &model.theme;
    let key = model.keymap.key_of(Action::Back).unwrap_or_default();
    let (word, style) = if export.stopping { ("stopping", theme.pending) } else { ("writing", theme.accent) };
    let time = format!("{:.1} s", since(export.since, model.now).as_secs_f64());
    let text = format!("{} so far   {key} stops it, nothing is left then", counted(export.rows, "row"));
    vec![s(format!("● {word}  {time}  "), style), s(text, theme.dim)]
}

/// What became of the statement.
fn ran(model: &Model) -> Vec<Span<'static>> {
    let theme = &model.theme;
    let count = model.sql.grid.rows.len() as u64;
    let rows = counted(count, "row");
    match &model.sql.state {
        State::None => Vec::new(),
        State::Running { since: started, stopping, .. } => {
            let key = model.keymap.key_of(Action::Back).unwrap_or_default();
            let time = format!("{:.1} s", since(*started, model.now).as_secs_f64());
            let (word, style) =
                if *stopping { ("stopping", theme.pending) } else { ("running", theme.accent) };
            vec![
                s(format!("● {word}  "), style),
                s(format!("{time}  "), theme.value),
                s(format!("{rows} so far   {key} stops it"), theme.dim),
            ]
        }
        State::Ended { end, elapsed } => {
            let mut spans = vec![s(rows, theme.value), s(format!("  {}", span(*elapsed)), theme.dim)];
            match end {
                SqlEnd::All => {}
                SqlEnd::Cut => {
                    let text = "  ▲ there are more: these are the first; LIMIT or WHERE narrow it";
                    spans.push(s(text, theme.pending));
                }
                SqlEnd::Cancelled => spans.push(s("  ○ stopped", theme.pending)),
                SqlEnd::Failed(error) if count > 0 => {
                    spans.push(s(format!("  ✖ {}", visible(error)), theme.failed));
                }
                SqlEnd::Failed(_) => spans = vec![s(span(*elapsed), theme.dim)],
            }
            spans
        }
    }
}

/// Where one is among the rows; nothing where there are none.
fn place(model: &Model) -> Vec<Span<'static>> {
    let theme = &model.theme;
    let grid = &model.sql.grid;
    if grid.rows.is_empty() {
        return Vec::new();
    }
    vec![
        s("row ", theme.dim),
        s(grouped(grid.row as u64 + 1), theme.value),
        s("  column ", theme.dim),
        s((grid.column + 1).to_string(), theme.value),
        s(format!(" of {}", grid.columns.len()), theme.dim),
        gap(1),
    ]
}

/// The candidates, under the word that they complete.
fn candidates(model: &Model, completion: &Completion, buf: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    let all = &completion.candidates;
    let chosen = completion.chosen.unwrap_or(0);
    let height = all.len().min(CANDIDATES).min(usize::from(area.height));
    let top = (chosen + 1).saturating_sub(height).min(all.len() - height.min(all.len()));
    let seen: Vec<_> = all.iter().skip(top).take(height).collect();
    let text = seen.iter().map(|c| cells::width(&visible(&c.text))).max().unwrap_or(0).min(36);
    let what = seen.iter().map(|c| cells::width(&visible(&c.what))).max().unwrap_or(0).min(20);
    let width = (text + what + 4).min(usize::from(area.width));
    // Its text begins under the word; a cell of margin goes before.
    let start = (cells::width(PROMPT) + cells::width(&visible(&completion.before))).saturating_sub(1);
    let x = start.min(usize::from(area.width).saturating_sub(width));
    let list = Rect { x: area.x + x as u16, width: width as u16, height: height as u16, ..area };
    Clear.render(list, buf);
    for (row, candidate) in seen.into_iter().enumerate() {
        let here = completion.chosen == Some(top + row);
        line(
            buf,
            list,
            row,
            vec![
                gap(1),
                s(cells::left(&visible(&candidate.text), text), theme.text),
                gap(2),
                s(cells::left(&visible(&candidate.what), what), theme.dim),
                gap(1),
            ],
        );
        let style = if here { theme.selected } else { theme.menu };
        buf.set_style(Rect { y: list.y + row as u16, height: 1, ..list }, style);
    }
    if all.len() > height {
        let more = format!(" {} of {} ", completion.chosen.map_or(0, |c| c + 1), all.len());
        let below = Rect { y: list.bottom(), height: 1, ..list };
        if below.bottom() <= area.bottom() {
            Clear.render(below, buf);
            line(buf, below, 0, vec![s(cells::left(&more, width), theme.dim)]);
            buf.set_style(below, theme.menu);
        }
    }
}
