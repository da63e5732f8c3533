//! A record before and after a session, or why an instruction changed nothing.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Span;

use super::super::super::cells;
use super::super::super::model::Model;
use super::super::super::model::history::Pane;
use super::super::paint::{gap, inner, line, line_right, s, scrolled};
use super::changes;
use crate::mirror::changes::FieldChange;
use crate::mirror::deeds::Deed;
use crate::protocol::walk;
use crate::text::{counted, visible};

/// The change under the cursor, as lines of a width.
fn lines(model: &Model, width: usize) -> Vec<Vec<Span<'static>>> {
    let theme = &model.theme;
    if let Some(deed) = model.history.deed().filter(|deed| deed.why.is_some()) {
        return note(model, deed, width);
    }
    let Some(change) = &model.history.change else { return Vec::new() };
    let fields = &change.fields;
    let gone = change.after.data.is_none();
    let mut out = Vec::new();
    if fields.is_empty() {
        out.push(vec![s("the same fields with the same values", theme.dim)]);
    }
    let name = fields
        .iter()
        .map(|f| cells::width(&visible(&f.field)))
        .max()
        .unwrap_or(0)
        .clamp(4, (width / 3).max(4));
    let room = width.saturating_sub(name + 4).max(8);
    for field in fields {
        let mut first = true;
        let mut side = |sign: &'static str, value: &str, style: Style| {
            for (n, text) in cells::wrap(&plain(value), room).into_iter().enumerate() {
                let label = if std::mem::take(&mut first) {
                    visible(&field.field).into_owned()
                } else {
                    String::new()
                };
                let sign = if n == 0 { sign } else { " " };
                out.push(vec![
                    s(cells::left(&label, name), theme.dim),
                    s(format!("  {sign} "), style),
                    s(text, style),
                ]);
            }
        };
        let FieldChange { before, after, .. } = field;
        if let Some(before) = before {
            side("-", before, theme.deleted);
        }
        if let (Some(after), false) = (after, gone) {
            side("+", after, theme.created);
        }
    }
    out
}

/// What is to be said of an instruction, or an object, that changed nothing.
fn note(model: &Model, deed: &Deed, width: usize) -> Vec<Vec<Span<'static>>> {
    let theme = &model.theme;
    let mut out = Vec::new();
    let why = deed.why.as_deref().unwrap_or_default();
    out.extend(cells::wrap(&visible(why), width).into_iter().map(|text| vec![s(text, theme.text)]));
    if let Some(revision) = deed.revision {
        out.push(vec![s("the instruction has revision ", theme.dim), s(revision.to_string(), theme.value)]);
    }
    if let Some(page) = deed.page {
        out.push(vec![s("it came with page ", theme.dim), s(page.to_string(), theme.value)]);
    }
    out
}

/// A value as people read it: text decoded, the rest as it came.
fn plain(raw: &str) -> String {
    visible(&walk::text(raw).chars().take(4_000).collect::<String>()).into_owned()
}

/// Its lines where it has this room.
pub(super) fn count(model: &Model, area: Rect) -> usize {
    lines(model, inner(area).width.into()).len()
}

pub(super) fn draw(model: &Model, buf: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    let Some(deed) = model.history.deed() else { return };
    let inner = inner(area);
    let head =
        if model.history.pane == Pane::Change { theme.accent.patch(theme.heading) } else { theme.heading };
    let top = Rect { x: inner.x, width: inner.width + 1, ..area };
    let title = changes::name(deed);
    if deed.why.is_some() {
        let (_, style) = changes::sign(model, deed.event);
        let title = cells::fit(&title, usize::from(inner.width).saturating_sub(10)).into_owned();
        line(buf, top, 0, vec![s(title, head), gap(1), s(deed.event.as_str(), style)]);
        scrolled(buf, inner, lines(model, inner.width.into()), model.history.scroll, theme);
        return;
    }
    let Some(change) = &model.history.change else { return };
    let fields = &change.fields;
    let (word, style) = match (&change.after.data, &change.before) {
        (None, _) => ("deleted", theme.deleted),
        (_, None) => ("created", theme.created),
        _ => ("updated", theme.updated),
    };
    let revision = |state: Option<i64>| state.map_or_else(|| "–".to_owned(), |r| r.to_string());
    let before = revision(change.before.as_ref().and_then(|s| s.revision));
    let fields = counted(fields.len() as u64, "field");
    let tail = format!("rev {before} → {}  {fields}", revision(change.after.revision));
    let taken = line_right(buf, top, 0, vec![s(tail, theme.dim), gap(1)]);
    let room = usize::from(inner.width).saturating_sub(taken + 10);
    line(buf, top, 0, vec![s(cells::fit(&title, room).into_owned(), head), gap(1), s(word, style)]);
    scrolled(buf, inner, lines(model, inner.width.into()), model.history.scroll, theme);
}
