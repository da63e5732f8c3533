//! What is stuck, why, and what helps; below it what is only told.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Span;

use super::super::super::action::Action;
use super::super::super::cells;
use super::super::super::model::acks::{Pane, Trouble};
use super::super::super::model::{Model, window};
use super::super::paint::{gap, line, line_right, s};
use super::heading;

/// A line, and the trouble that it is of.
struct Row {
    trouble: Option<usize>,
    spans: Vec<Span<'static>>,
}

/// The lines: what, and below it why.
fn rows(model: &Model, width: usize) -> Vec<Row> {
    let theme = &model.theme;
    let mut out = Vec::new();
    let remark = |out: &mut Vec<Row>, text: &'static str, style| {
        out.push(Row { trouble: None, spans: vec![gap(1), s(text, style)] });
    };
    let troubles = model.acks.troubles();
    if !troubles.iter().any(|trouble| trouble.needs) {
        remark(&mut out, "✓ nothing", theme.sent);
    }
    let mut told = false;
    for (at, trouble) in troubles.iter().enumerate() {
        if !trouble.needs && !std::mem::replace(&mut told, true) {
            remark(&mut out, "", theme.dim);
            remark(&mut out, "Set aside, nothing to do", theme.heading);
        }
        let here = model.acks.pane == Pane::Stuck && at == chosen(model, &troubles);
        out.push(Row { trouble: Some(at), spans: what(model, trouble, here, width) });
        let why = cells::wrap(&trouble.why, width.saturating_sub(4));
        let style = if trouble.needs { theme.text } else { theme.dim };
        out.extend(
            why.into_iter().map(|text| Row { trouble: Some(at), spans: vec![gap(3), s(text, style)] }),
        );
    }
    out
}

fn chosen(model: &Model, troubles: &[Trouble]) -> usize {
    model.acks.trouble.min(troubles.len().saturating_sub(1))
}

/// What it is, and where it is chosen the key that helps.
fn what(model: &Model, trouble: &Trouble, here: bool, width: usize) -> Vec<Span<'static>> {
    let theme = &model.theme;
    let (sign, style) = match (trouble.error, trouble.needs) {
        (true, _) => ("✖ ", theme.failed),
        (false, true) => ("▲ ", theme.pending),
        (false, false) => ("· ", theme.text),
    };
    let key = model.keymap.key_of(Action::AcksOpen).unwrap_or_default();
    let help = trouble.remedy.as_ref().filter(|_| here).map(|remedy| format!("{key} {}", remedy.word()));
    let help = help.unwrap_or_default();
    let room = width.saturating_sub(5 + cells::width(&help));
    let mark = if here { s("▸", theme.accent) } else { gap(1) };
    vec![mark, s(sign, style), s(cells::left(&trouble.what, room), style), gap(1), s(help, theme.key)]
}

/// The first line on the screen: the chosen one is there with what is said of it.
fn first(model: &Model, rows: &[Row], height: usize) -> usize {
    let of = chosen(model, &model.acks.troubles());
    let start = rows.iter().position(|row| row.trouble == Some(of)).unwrap_or(0);
    let end = rows.iter().rposition(|row| row.trouble == Some(of)).unwrap_or(0);
    window(0, end, height, rows.len()).min(start)
}

/// The trouble in a row, counted from the first shown.
pub(super) fn at(model: &Model, area: Rect, row: usize) -> Option<usize> {
    let rows = rows(model, area.width.into());
    let from = first(model, &rows, usize::from(area.height).saturating_sub(1));
    rows.get(from + row)?.trouble
}

pub(super) fn draw(model: &Model, buf: &mut Buffer, area: Rect) {
    line(buf, area, 0, vec![gap(1), heading(model, Pane::Stuck, "Stuck, and why")]);
    let rows = rows(model, area.width.into());
    let height = usize::from(area.height).saturating_sub(1);
    let from = first(model, &rows, height);
    if rows.len() > height {
        let text = format!("{}–{} of {}", from + 1, (from + height).min(rows.len()), rows.len());
        line_right(buf, area, 0, vec![s(text, model.theme.dim), gap(1)]);
    }
    for (row, shown) in rows.into_iter().skip(from).take(height).enumerate() {
        line(buf, area, row + 1, shown.spans);
    }
}
