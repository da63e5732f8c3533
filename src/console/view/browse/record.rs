//! The record of screen 2: a tree with the names of what it points to, or what the last session changed in it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Span;

use super::super::paint::{gap, inner, line, line_right, s, scrolled};
use super::{Spot, head, layout, lit, story};
use crate::console::action::Action;
use crate::console::cells;
use crate::console::model::Model;
use crate::console::model::browse::tree::{self, Line, Link};
use crate::console::model::browse::{Entry, Pane, Show};
use crate::console::record::Kind;
use crate::mirror::changes::FieldChange;
use crate::text::{type_name, visible};

/// Lines that a value takes in the tree, at most: it can be seen in full in a place of its own.
const LINES: usize = 20;

/// A line of the screen, with the number of the tree's line that it belongs to.
pub(super) type Drawn = (usize, Vec<Span<'static>>);

/// How many lines of the record do not fit on the screen.
pub(in crate::console::view) fn overflow(model: &Model, body: Rect) -> usize {
    let Some(area) = layout(body, &model.browse).record.map(inner) else { return 0 };
    let Some(entry) = model.browse.current() else { return 0 };
    drawn(model, entry, area.width.into()).len().saturating_sub(area.height.into())
}

/// How far the record must be scrolled for its cursor to be on the screen.
pub(in crate::console::view) fn scroll(model: &Model, body: Rect) -> usize {
    let Some(area) = layout(body, &model.browse).record.map(inner) else { return 0 };
    let Some(entry) = model.browse.current() else { return 0 };
    from(model, &drawn(model, entry, area.width.into()), area.height.into())
}

fn from(model: &Model, drawn: &[Drawn], height: usize) -> usize {
    let most = drawn.len().saturating_sub(height);
    let scrolled = model.browse.scroll.min(most);
    if model.browse.show != Show::Tree {
        return scrolled;
    }
    let first = drawn.iter().position(|d| d.0 >= model.browse.line).unwrap_or(0);
    let last = drawn.iter().rposition(|d| d.0 <= model.browse.line).unwrap_or(0);
    // The last line of the screen may say that there is more.
    let room = height.saturating_sub(1).max(1);
    if first < scrolled {
        first
    } else if last >= scrolled + room {
        (last + 1).saturating_sub(room).min(first).min(most)
    } else {
        scrolled
    }
}

/// What lies at a line of the pane.
pub(super) fn spot(model: &Model, area: Rect, row: usize) -> Option<Spot> {
    if model.browse.show == Show::Story {
        return story::spot(model, area, row);
    }
    let entry = model.browse.current()?;
    let area = inner(area);
    let drawn = drawn(model, entry, area.width.into());
    let at = from(model, &drawn, area.height.into()) + row.saturating_sub(1);
    Some(Spot::Line(drawn.get(at).or(drawn.last())?.0))
}

/// A line that belongs to no line of the tree.
pub(super) fn plain(text: impl Into<String>, style: Style) -> Drawn {
    (0, vec![s(text, style)])
}

fn drawn(model: &Model, entry: &Entry, width: usize) -> Vec<Drawn> {
    match model.browse.show {
        Show::Changes => changes(model, entry, width),
        Show::Tree | Show::Story => fields(model, entry, width),
    }
}

/// The tree's lines for a width.
fn fields(model: &Model, entry: &Entry, width: usize) -> Vec<Drawn> {
    let browse = &model.browse;
    let tree = tree::lines(&entry.row.data, &browse.folded, browse.about.as_ref(), browse.pointing.as_ref());
    let mut out = Vec::new();
    if let Some(gone) = &entry.gone {
        let at = super::story::local(model, gone.at.as_deref());
        let text = format!("− deleted by session {}, {at}", entry.row.session);
        out.push(plain(text, model.theme.deleted));
        let known = if gone.known { "what it was before:" } else { "what it was is not known" };
        out.push(plain(known, model.theme.dim));
        if !gone.known {
            return out;
        }
    }
    out.extend(tree_lines(model, &tree, width));
    out
}

/// A tree's lines for a width, hits shown.
pub(super) fn tree_lines(model: &Model, tree: &[Line], width: usize) -> Vec<Drawn> {
    let theme = &model.theme;
    let words = model.browse.words();
    let lit = |line: &Line, text: String, style| lit(theme, text, style, &line.words(&words));
    let lead = |l: &Line| l.depth * 2 + 2 + cells::width(&l.name);
    let names = tree.iter().map(lead).max().unwrap_or(0).clamp(4, (width / 2).clamp(4, 26));
    let room = width.saturating_sub(names + 2).max(8);
    let mut out = Vec::new();
    for (at, field) in tree.iter().enumerate() {
        let fold = match field.open {
            Some(true) => "▾ ",
            Some(false) => "▸ ",
            None => "  ",
        };
        let lead = format!("{}{fold}", "  ".repeat(field.depth));
        let name = cells::left(&format!("{lead}{}", field.name), names);
        let style = match field.kind {
            Kind::Text => theme.string,
            Kind::Number => theme.number,
            Kind::Word | Kind::Nest => theme.word,
        };
        let style = if field.open == Some(false) { theme.dim } else { style };
        if !field.note.is_empty() || field.link.is_some() {
            let there = !matches!(field.link, Some(Link::Missing(_)));
            let sign = if there { " ↵" } else { "" };
            let counts = matches!(field.link, Some(Link::Pointing(_)));
            let (value, gap_width, note) =
                beside(&field.value, counts, &field.note, room - cells::width(sign));
            let note_style = if there { theme.text } else { theme.dim };
            let mut spans = lit(field, name, theme.dim);
            spans.push(gap(2));
            spans.extend(lit(field, value, style));
            spans.push(gap(gap_width));
            spans.extend(lit(field, note, note_style));
            spans.push(s(sign, theme.accent));
            out.push((at, spans));
            continue;
        }
        let mut lines = cells::wrap(beginning(&field.value, room), room);
        if lines.len() > LINES {
            lines.truncate(LINES);
            let key = model.keymap.key_of(Action::Whole).unwrap_or_default();
            let more = if model.browse.show == Show::Tree { format!("… {key}") } else { "…".to_owned() };
            let last = cells::fit(&lines[LINES - 1], room.saturating_sub(cells::width(&more) + 1));
            lines[LINES - 1] = format!("{last} {more}");
        }
        for (n, text) in lines.into_iter().enumerate() {
            let name = if n == 0 { name.clone() } else { " ".repeat(names) };
            let mut spans = lit(field, name, theme.dim);
            spans.push(gap(2));
            spans.extend(lit(field, text, style));
            out.push((at, spans));
        }
    }
    out
}

/// As much of a value as a few lines more than are shown can hold.
fn beginning(value: &str, room: usize) -> &str {
    // A character takes a column or more, or belongs to the one before it; the odd text of marks alone is cut early.
    let chars = (LINES + 1) * room * 4;
    value.char_indices().nth(chars).map_or(value, |(at, _)| &value[..at])
}

/// A value and the note beside it. Where both find no room: of an id its end and the whole name, or the name alone, since
/// it says more; of a count the count, and what there is room for of the note.
fn beside(value: &str, counts: bool, note: &str, room: usize) -> (String, usize, String) {
    let (id, name) = (cells::width(value), cells::width(note));
    if id + 2 + name <= room || note.is_empty() {
        return (cells::fit(value, room).into_owned(), 2, note.to_owned());
    }
    let end = room.saturating_sub(name + 1);
    if end >= 4 && value.is_ascii() && !counts {
        return (format!("…{}", &value[value.len() + 1 - end..]), 1, note.to_owned());
    }
    if !counts {
        return (String::new(), 0, cells::fit(note, room).into_owned());
    }
    let left = room.saturating_sub(id + 1);
    let note = if left < 3 { String::new() } else { cells::fit(note, left).into_owned() };
    (cells::fit(value, room).into_owned(), usize::from(!note.is_empty()), note)
}

/// What the last session changed, before and after.
fn changes(model: &Model, entry: &Entry, width: usize) -> Vec<Drawn> {
    let theme = &model.theme;
    let Some(about) = &model.browse.about else {
        return vec![plain("reading …".to_owned(), theme.dim)];
    };
    let Some(change) = &about.change else {
        let session = about.session;
        return vec![
            plain(format!("The last session, {session}, did not touch this record."), theme.text),
            plain(format!("Session {} brought it as it is.", entry.row.session), theme.dim),
        ];
    };
    let revision = |r: Option<i64>| r.map_or_else(|| "no revision".to_owned(), |r| format!("rev {r}"));
    let mut out = Vec::new();
    match &change.before {
        Some(before) => out.push(plain(
            format!(
                "Session {}: {} → {}",
                about.session,
                revision(before.revision),
                revision(change.after.revision)
            ),
            theme.text,
        )),
        None => out.push(plain(
            format!("Session {} created it, {}.", about.session, revision(change.after.revision)),
            theme.text,
        )),
    }
    out.push(plain("", theme.text));
    out.extend(differences(model, &change.fields, width));
    out
}

/// Fields before and after.
pub(super) fn differences(model: &Model, fields: &[FieldChange], width: usize) -> Vec<Drawn> {
    let theme = &model.theme;
    let mut out = Vec::new();
    if fields.is_empty() {
        out.push(plain("Nothing in it is different.", theme.dim));
    }
    for (n, field) in fields.iter().enumerate() {
        if n > 0 {
            out.push(plain("", theme.text));
        }
        out.push((0, vec![s(visible(&field.field).into_owned(), theme.heading)]));
        for (sign, value, style) in [("−", &field.before, theme.deleted), ("+", &field.after, theme.created)]
        {
            let Some(value) = value else { continue };
            let lines = cells::wrap(&visible(value), width.saturating_sub(2).max(8));
            for (n, text) in lines.into_iter().enumerate() {
                let sign = if n == 0 { sign } else { " " };
                out.push((0, vec![s(format!("{sign} {text}"), style)]));
            }
        }
    }
    out
}

pub(super) fn draw(model: &Model, buf: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    let Some(entry) = model.browse.current() else { return };
    let inner = inner(area);
    let kind = model.browse.applied().map(|q| q.kind.as_str()).unwrap_or_default();
    let revision = entry.row.revision.map_or_else(|| "no revision".to_owned(), |r| format!("rev {r}"));
    let back = if model.browse.way() > 0 { "‹ " } else { "" };
    let title = visible(&format!("{back}{} {}", type_name(kind), entry.row.id)).into_owned();
    let session = format!(" · session {}", entry.row.session);
    let whole = cells::width(&title) + cells::width(&revision) + cells::width(&session) + 2;
    let mut tail = vec![s(revision, theme.dim)];
    // Which record it is goes before how it came.
    if whole <= usize::from(inner.width) {
        tail.push(s(session, theme.dim));
    }
    match model.browse.show {
        Show::Tree => {}
        Show::Changes => tail = vec![s("changes", theme.accent)],
        Show::Story => tail = vec![s("history", theme.accent)],
    }
    tail.push(gap(1));
    let top = Rect { x: inner.x, width: inner.width + 1, ..area };
    let taken = line_right(buf, top, 0, tail);
    let room = usize::from(inner.width).saturating_sub(taken + 1);
    line(buf, top, 0, vec![s(cells::fit(&title, room), head(model, Pane::Record))]);
    if model.browse.show == Show::Story {
        return story::draw(model, buf, area);
    }
    let lines = drawn(model, entry, inner.width.into());
    // The prompt takes the last line where the record has the rows' place.
    let prompt = model.browse.prompt.is_some() && area.width + 30 > model.size.0;
    let height = usize::from(inner.height) - usize::from(prompt);
    let from = from(model, &lines, height);
    let focused = model.browse.pane == Pane::Record && model.browse.show == Show::Tree;
    // The last row may say that there is more: then it is no line's.
    let rows = if lines.len() > from + height { height.saturating_sub(1) } else { height };
    let here = lines.iter().map(|(at, _)| *at).skip(from).take(rows).enumerate();
    let bars: Vec<_> =
        here.filter(|(_, at)| focused && *at == model.browse.line).map(|(row, _)| row).collect();
    let lines = lines.into_iter().map(|(_, spans)| spans).collect();
    scrolled(buf, Rect { height: height as u16, ..inner }, lines, from, theme);
    for row in bars {
        buf.set_style(Rect { y: inner.y + row as u16, height: 1, ..inner }, theme.selected);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_goes_before_its_note_and_a_name_before_its_id() {
        let shown = |value, counts, note, room| {
            let (value, gap, note) = beside(value, counts, note, room);
            format!("{value}{}{note}", " ".repeat(gap))
        };
        assert_eq!(shown("1,234", true, "by resource_id", 22), "1,234  by resource_id");
        assert_eq!(shown("1,234", true, "by resource_id", 20), "1,234 by resource_id");
        assert_eq!(shown("1,234", true, "by resource_id", 16), "1,234 by resour…");
        assert_eq!(shown("1,234", true, "by resource_id", 7), "1,234");
        assert_eq!(shown("1600000516", false, "Hanako Abe", 16), "…0516 Hanako Abe");
        assert_eq!(shown("1600000516", false, "Hanako Abe", 14), "Hanako Abe");
        assert_eq!(shown("1600000516", false, "Hanako Abe", 9), "Hanako A…");
    }
}
