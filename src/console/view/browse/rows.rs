//! The table of screen 2, the line under it, and the list of its columns.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::Span;
use ratatui::widgets::{Block, BorderType, Clear, Widget};

use super::super::paint::{gap, line, line_right, s};
use super::super::typed;
use super::{Spot, head};
use crate::console::action::Action;
use crate::console::cells;
use crate::console::model::Model;
use crate::console::model::browse::{Entry, Pane};
use crate::console::model::prompt::Prompt;
use crate::console::record::Column;
use crate::mirror::find::SortBy;
use crate::text::{grouped, visible};

/// Where the columns are.
struct Grid<'a> {
    id: usize,
    columns: Vec<(usize, &'a Column, usize)>,
}

/// The rows that are on the screen.
fn entries(model: &Model, area: Rect) -> Vec<&Entry> {
    let table = &model.browse.table;
    let height = usize::from(area.height).saturating_sub(2);
    table.rows.iter().skip(table.window(height)).take(height).collect()
}

fn grid<'a>(model: &'a Model, area: Rect, entries: &[&Entry]) -> Grid<'a> {
    // As wide as the widest id on the screen, within reason.
    let widest = entries.iter().map(|e| cells::width(&visible(&e.row.id.to_string()))).max();
    let id = widest.unwrap_or(2).clamp(6, 20);
    let room = usize::from(area.width).saturating_sub(id + 4);
    let cursor = model.browse.lens().at.checked_sub(1);
    Grid { id, columns: model.browse.table.columns.lay_out(room, cursor) }
}

/// What lies at a place of the table.
pub(super) fn spot(model: &Model, area: Rect, column: u16, row: usize) -> Option<Spot> {
    let entries = entries(model, area);
    if row == 0 {
        let grid = grid(model, area, &entries);
        let mut right = usize::from(area.x) + 1 + grid.id + 1;
        if usize::from(column) <= right {
            return Some(Spot::Heading(0));
        }
        for (at, _, width) in &grid.columns {
            right += 2 + width;
            if usize::from(column) <= right {
                return Some(Spot::Heading(at + 1));
            }
        }
        return None;
    }
    (row <= entries.len()).then_some(Spot::Row(row - 1))
}

pub(super) fn draw(model: &Model, buf: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    let table = &model.browse.table;
    let entries = entries(model, area);
    let grid = grid(model, area, &entries);
    heading(model, buf, area, &grid);
    let top = table.window(entries.len());
    for (row, entry) in entries.iter().enumerate() {
        let here = top + row == table.cursor;
        let style = match here {
            true if model.browse.pane == Pane::Rows => theme.selected,
            true => theme.marked,
            false => theme.text,
        };
        let dim = if here { style } else { theme.dim };
        let mut spans = vec![
            s(if here { "▸" } else { " " }, theme.accent),
            s(cells::right(&visible(&entry.row.id.to_string()), grid.id), dim),
            s("  ", style),
        ];
        for (n, (at, column, width)) in grid.columns.iter().enumerate() {
            if n > 0 {
                spans.push(s("  ", style));
            }
            let cell = entry.cells.get(*at).map_or("", String::as_str);
            let text = if column.number { cells::right(cell, *width) } else { cells::left(cell, *width) };
            spans.push(s(text, style));
        }
        line(buf, area, row + 1, spans);
        if here && model.browse.pane == Pane::Rows {
            let bar = Rect { x: area.x + 1, y: area.y + 1 + row as u16, width: area.width - 1, height: 1 };
            buf.set_style(bar, theme.selected);
        }
    }
    if table.rows.is_empty() {
        let filtered = model.browse.applied().is_some_and(|q| !q.filter.is_empty());
        let text = match (table.loaded && !table.waits(), filtered) {
            (true, true) => "no row is like that",
            (true, false) => "no rows",
            (false, _) => "reading …",
        };
        line(buf, area, 1, vec![gap(2), s(text, theme.dim)]);
    }
    position(model, buf, area);
}

fn heading(model: &Model, buf: &mut Buffer, area: Rect, grid: &Grid<'_>) {
    let lens = model.browse.lens();
    let style = head(model, Pane::Rows);
    let marked = |at: usize, style: Style| {
        if model.browse.pane == Pane::Rows && lens.at == at {
            style.add_modifier(Modifier::UNDERLINED)
        } else {
            style
        }
    };
    let id = format!("id{}", lens.sign(&SortBy::Id));
    let mut spans =
        vec![gap(1), gap(grid.id.saturating_sub(cells::width(&id))), s(id, marked(0, style)), gap(2)];
    for (n, (at, column, width)) in grid.columns.iter().enumerate() {
        if n > 0 {
            spans.push(gap(2));
        }
        let sign = lens.sign(&SortBy::Field(column.field.clone()));
        let room = width.saturating_sub(cells::width(sign));
        let text = format!("{}{sign}", cells::fit(&column.heading, room));
        let fill = gap(width.saturating_sub(cells::width(&text)));
        let text = s(text, marked(at + 1, style));
        spans.extend(if column.number { [fill, text] } else { [text, fill] });
    }
    line(buf, area, 0, spans);
    let last = grid.columns.last().map_or(0, |(at, ..)| at + 1);
    let more = model.browse.table.columns.len().saturating_sub(last);
    let used: usize = 1 + grid.id + grid.columns.iter().map(|c| c.2 + 2).sum::<usize>();
    let sign = format!("›{more}");
    if more > 0 && used + cells::width(&sign) < usize::from(area.width) {
        line_right(buf, area, 0, vec![s(sign, model.theme.dim)]);
    }
}

/// The line under the table: the filter and what came of it, where one is, what goes on.
pub(super) fn position(model: &Model, buf: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    let browse = &model.browse;
    let row = usize::from(area.height) - 1;
    let taken = line_right(buf, area, row, whereabouts(model));
    let room = usize::from(area.width).saturating_sub(taken + 2);
    let left = Rect { width: room as u16 + 1, ..area };
    let key = |action| model.keymap.key_of(action).unwrap_or_default();
    if let Some(prompt) = &browse.prompt {
        written(model, prompt, buf, Rect { y: area.y + row as u16, height: 1, ..left });
        if let (Some(error), Some(above)) = (&prompt.error, row.checked_sub(1)) {
            let line_above = Rect { y: area.y + above as u16, height: 1, ..area };
            Clear.render(line_above, buf);
            let text = format!("✖ {}", visible(error));
            let text = cells::fit(&text, usize::from(area.width).saturating_sub(2)).into_owned();
            line(buf, line_above, 0, vec![gap(1), s(text, theme.failed)]);
        }
        return;
    }
    let lens = browse.lens();
    let spans = if let Some(error) = &browse.error {
        vec![s(cells::fit(&format!("✖ {}", visible(error)), room), theme.failed)]
    } else if let Some((rows, of)) = browse.export {
        let text = format!("writing {} of {}   {} stop", grouped(rows), grouped(of), key(Action::Back));
        vec![s(cells::fit(&text, room), theme.pending)]
    } else if !lens.text.is_empty() {
        vec![
            s("/ ", theme.key),
            s(cells::fit(&visible(&lens.text), room.saturating_sub(2)).into_owned(), theme.value),
        ]
    } else if browse.table.waits() && !browse.table.loaded {
        vec![s("reading …", theme.dim)]
    } else if browse.index.working && browse.index.of > 0 {
        let share = browse.index.rows.min(browse.index.of) * 100 / browse.index.of;
        vec![s(cells::fit(&format!("search index {share}%"), room), theme.dim)]
    } else {
        Vec::new()
    };
    let mut all = vec![gap(1)];
    all.extend(spans);
    line(buf, left, row, all);
}

/// `4,711 of 312,408`, or in a filtered view `3 of 98 in 312,408  4 ms`.
fn whereabouts(model: &Model) -> Vec<Span<'static>> {
    let theme = &model.theme;
    let table = &model.browse.table;
    let all = model.browse.count();
    if let Some((rows, of, hits)) = table.progress {
        let key = model.keymap.key_of(Action::Back).unwrap_or_default();
        let share = (rows.min(of) * 100).checked_div(of).unwrap_or(0);
        let found = if model.browse.lens().filter.is_empty() {
            "sorting".to_owned()
        } else {
            format!("{} found", grouped(hits))
        };
        return vec![
            s(format!("{found}  {share:>3}%"), theme.pending),
            gap(2),
            s(key, theme.key),
            s(" stops ", theme.dim),
        ];
    }
    let filtered = model.browse.applied().is_some_and(|q| !q.filter.is_empty());
    let count = table.hits.unwrap_or_else(|| all.max(table.first.unwrap_or(0) + table.rows.len() as u64));
    let whole = grouped(count);
    let about = if table.exact || table.hits.is_some() { "" } else { "~" };
    let here = match table.first {
        _ if table.rows.is_empty() => String::new(),
        Some(first) => {
            cells::right(&format!("{about}{}", grouped(first + table.cursor as u64 + 1)), whole.len())
        }
        None => "…".to_owned(),
    };
    let mut spans = vec![s(here, theme.value), s(" of ", theme.dim), s(whole, theme.value)];
    if filtered && table.hits.is_some() {
        spans.extend([s(" in ", theme.dim), s(grouped(all), theme.dim)]);
    }
    if let Some(took) = table.took {
        spans.extend([gap(2), s(crate::text::span(took), theme.dim)]);
    }
    spans.push(gap(1));
    spans
}

/// What is asked for, what is typed, and the cursor.
fn written(model: &Model, prompt: &Prompt, buf: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    let sign = format!(" {} ", prompt.ask.sign());
    let used = (cells::width(&sign) as u16).min(area.width);
    line(buf, area, 0, vec![s(sign, theme.key)]);
    let rest = Rect { x: area.x + used, width: area.width - used, ..area };
    typed::draw(&prompt.line, true, theme, buf, rest);
    if prompt.line.text().is_empty() {
        let room = usize::from(rest.width).saturating_sub(1);
        let hint = s(cells::fit(prompt.ask.hint(), room).into_owned(), theme.dim);
        line(buf, Rect { x: rest.x + 1, width: room as u16, ..rest }, 0, vec![hint]);
    }
}

/// The list of the columns.
pub(super) fn choose(model: &Model, buf: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    let Some(chosen) = model.browse.choosing else { return };
    let all: Vec<_> = model.browse.table.columns.all().collect();
    let height = (all.len() as u16 + 2).min(area.height);
    let outer = Rect { x: area.x + 2, y: area.y, width: 36.min(area.width.saturating_sub(2)), height };
    Clear.render(outer, buf);
    Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(theme.rule)
        .title(Span::styled(" Columns ", theme.accent.patch(theme.heading)))
        .render(outer, buf);
    let inner = Rect { x: outer.x + 1, y: outer.y + 1, width: outer.width - 2, height: outer.height - 2 };
    let lines = usize::from(inner.height);
    let top = (chosen + 1).saturating_sub(lines);
    for (row, (at, (column, shown))) in all.iter().enumerate().skip(top).take(lines).enumerate() {
        let style = match (at == chosen, shown) {
            (true, _) => theme.selected,
            (false, true) => theme.text,
            (false, false) => theme.dim,
        };
        let mark = if *shown { " ✓ " } else { "   " };
        let width = usize::from(inner.width).saturating_sub(3);
        line(buf, inner, row, vec![s(mark, style), s(cells::left(&column.heading, width), style)]);
    }
}
