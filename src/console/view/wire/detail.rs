//! The exchange of screen 4 that is looked at: its lines, its folds, what is looked for in it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::Span;

use super::super::super::body::{Line, Tone};
use super::super::super::model::Model;
use super::super::super::model::wire::{Detail, Pane};
use super::super::super::record::Kind;
use super::super::super::{cells, seek};
use super::super::paint::{self, gap, line, line_right, s};
use crate::text::{counted, visible};

pub(super) fn draw(model: &Model, buf: &mut Buffer, area: Rect, detail: &Detail) {
    let height = usize::from(area.height);
    let from = detail.first(height);
    for (row, number) in detail.shown.iter().skip(from).take(height).enumerate() {
        let Some(text) = detail.lines.get(*number) else { continue };
        let chosen = model.wire.pane == Pane::Detail && from + row == detail.at;
        let fold = match (detail.holds(*number), detail.folds.contains(number)) {
            (false, _) => Fold::Nothing,
            (true, false) => Fold::Open,
            (true, true) => Fold::Folded(preview(detail, *number, area.width.into())),
        };
        draw_line(model, buf, area, row, text, fold, chosen);
    }
}

/// What is looked for, and which of its lines the chosen one is.
pub(super) fn search(model: &Model, buf: &mut Buffer, area: Rect, detail: &Detail) {
    let theme = &model.theme;
    let here = detail.shown.get(detail.at).and_then(|n| detail.hits.binary_search(n).ok());
    let hits = detail.hits.len();
    let lines = counted(hits as u64, "line");
    let count = here.map_or_else(|| lines.clone(), |at| format!("{} of {lines}", at + 1));
    let style = if hits == 0 { theme.pending } else { theme.value };
    let taken = line_right(buf, area, 0, vec![s(count, style), gap(1)]);
    let room = usize::from(area.width).saturating_sub(taken + 4);
    let text = cells::fit(&visible(&model.wire.search), room).into_owned();
    line(buf, area, 0, vec![gap(1), s("/ ", theme.accent), s(text, theme.value)]);
}

/// A text with what is looked for marked in it.
fn marked(text: &str, wanted: &str, style: Style) -> Vec<Span<'static>> {
    let mark = style.add_modifier(Modifier::BOLD | Modifier::UNDERLINED);
    let mut spans = Vec::new();
    let mut from = 0;
    for hit in seek::all(text, wanted) {
        spans.extend([s(&text[from..hit.start], style), s(&text[hit.clone()], mark)]);
        from = hit.end;
    }
    spans.push(s(&text[from..], style));
    spans
}

/// What a line holds.
enum Fold {
    Nothing,
    Open,
    /// Its first values in a line.
    Folded(String),
}

/// The first values that a folded line holds, so that one need not unfold it to know which it is.
fn preview(detail: &Detail, number: usize, room: usize) -> String {
    let inside = detail.lines.get(number + 1..detail.lines[number].behind).unwrap_or_default();
    let values = inside.iter().filter(|l| !matches!(l.tone, Tone::Value(Kind::Nest)) && !l.value.is_empty());
    let mut text = String::new();
    for line in values {
        if text.len() > room {
            break;
        }
        let apart = if text.is_empty() { "" } else { " · " };
        text.extend([apart, &line.name, " ", &cells::fit(&line.value, 40)]);
    }
    text
}

fn draw_line(model: &Model, buf: &mut Buffer, area: Rect, row: usize, text: &Line, fold: Fold, chosen: bool) {
    let theme = &model.theme;
    let (mark, value) = match fold {
        Fold::Nothing => ("  ", text.value.clone()),
        Fold::Open => ("▾ ", text.value.clone()),
        Fold::Folded(preview) => ("▸ ", preview),
    };
    let mut spans = vec![gap(1 + 2 * text.depth), s(mark, theme.dim)];
    let name = if text.name.is_empty() { String::new() } else { format!("{}  ", text.name) };
    let (name_style, value_style) = match text.tone {
        Tone::Heading => (theme.accent.patch(theme.heading), theme.text),
        Tone::Pair => (theme.dim, theme.value),
        Tone::Value(Kind::Text) => (theme.dim, theme.string),
        Tone::Value(Kind::Number) => (theme.dim, theme.number),
        Tone::Value(Kind::Word) => (theme.dim, theme.word),
        Tone::Value(Kind::Nest) => (theme.text, theme.dim),
        Tone::Plain => (theme.text, theme.text),
        Tone::Note => (theme.dim, theme.dim),
        Tone::Failed => (theme.failed, theme.failed),
    };
    let used = 3 + 2 * text.depth;
    let room = usize::from(area.width).saturating_sub(used + 1);
    let name = cells::fit(&name, room).into_owned();
    let left = room.saturating_sub(cells::width(&name));
    spans.extend(marked(&name, &model.wire.search, name_style));
    spans.extend(marked(&cells::fit(&value, left), &model.wire.search, value_style));
    if chosen {
        spans = paint::chosen(spans, area.width, theme.selected);
    }
    line(buf, area, row, spans);
}
