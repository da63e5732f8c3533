//! What happened to a record: the steps above, and below them what the chosen one changed, or the record as it was
//! then.
//!
//! ```text
//!    12  11-02 09:14  came            rev 7
//! ▸  41  11-19 17:31  updated         rev 9  page 1,203  pack 7
//! ─ after session 41 ─────────────────────────────────────────
//!  email
//!  − "asa.l@example.se"
//! ```

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Span;

use super::super::paint::{gap, inner, line, s, scrolled};
use super::record::{Drawn, differences, plain, tree_lines};
use super::{Spot, layout};
use crate::console::cells;
use crate::console::model::browse::story::{Acked, Scene, Story};
use crate::console::model::browse::{Pane, tree};
use crate::console::model::{Model, window};
use crate::mirror::story::Event;
use crate::text::{grouped, visible};

/// The most lines that the steps take, of twelve.
const SHARE: usize = 5;

/// How many lines of what is shown of the step do not fit, and how many do.
pub(in crate::console::view) fn room(model: &Model, body: Rect) -> (usize, usize) {
    let Some(area) = layout(body, &model.browse).record.map(inner) else { return (0, 1) };
    let Some(story) = &model.browse.story else { return (0, 1) };
    let height = usize::from(area.height).saturating_sub(list_height(story, area) + 1);
    (detail(model, story, area.width.into()).len().saturating_sub(height), height.max(1))
}

/// Lines of the list of the steps, one for what is left out among them.
fn list_height(story: &Story, area: Rect) -> usize {
    story.scenes().len().clamp(1, (usize::from(area.height) * SHARE / 12).max(1))
}

fn top(story: &Story, height: usize) -> usize {
    window(story.at.saturating_sub(height / 2), story.at, height, story.scenes().len())
}

/// What lies at a line of the pane.
pub(super) fn spot(model: &Model, area: Rect, row: usize) -> Option<Spot> {
    let story = model.browse.story.as_ref()?;
    let height = list_height(story, inner(area));
    let at = row.checked_sub(1).filter(|row| *row < height).map(|row| row + top(story, height));
    Some(Spot::Line(at.unwrap_or(story.at).min(story.scenes().len().saturating_sub(1))))
}

pub(super) fn draw(model: &Model, buf: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    let inner = inner(area);
    let Some(story) = &model.browse.story else { return };
    match &story.told {
        None => return line(buf, inner, 0, vec![s("reading …", theme.dim)]),
        Some(Err(error)) => {
            return line(buf, inner, 0, vec![s(format!("✖ {}", visible(error)), theme.failed)]);
        }
        Some(Ok(told)) if told.scenes.is_empty() => {
            return line(buf, inner, 0, vec![s("nothing is known of what happened to it", theme.dim)]);
        }
        Some(Ok(_)) => {}
    }
    let height = list_height(story, inner);
    let from = top(story, height);
    for (row, (at, scene)) in story.scenes().iter().enumerate().skip(from).take(height).enumerate() {
        line(buf, inner, row, step(model, scene, at == story.at, inner.width.into()));
        if at == story.at {
            let style = if model.browse.pane == Pane::Record { theme.selected } else { theme.marked };
            buf.set_style(Rect { y: inner.y + row as u16, height: 1, ..inner }, style);
        }
    }
    heading(model, buf, inner, story, height);
    let below = Rect {
        y: inner.y + height as u16 + 1,
        height: inner.height.saturating_sub(height as u16 + 1),
        ..inner
    };
    let lines = detail(model, story, inner.width.into()).into_iter().map(|(_, spans)| spans).collect();
    scrolled(buf, below, lines, story.scroll, theme);
}

/// The line between the steps and what is shown of one: which, where it stands, how many are not here.
fn heading(model: &Model, buf: &mut Buffer, inner: Rect, story: &Story, row: usize) {
    let theme = &model.theme;
    let Some(scene) = story.current() else { return };
    let what = match (story.whole, scene.step.data.is_some()) {
        (true, true) => format!("as it was after session {}", scene.step.session),
        (false, true) => format!("what session {} changed", scene.step.session),
        (_, false) => format!("deleted by session {}", scene.step.session),
    };
    let place = format!(" {} of {} ", story.at + 1, story.scenes().len());
    let earlier = match &story.told {
        Some(Ok(told)) if told.left_out > 0 => format!("{} earlier not shown ", grouped(told.left_out)),
        _ => String::new(),
    };
    let room = usize::from(inner.width).saturating_sub(cells::width(&place) + 3);
    let text = format!("{what} · {earlier}");
    let text = cells::fit(text.trim_end_matches([' ', '·']), room).into_owned();
    let used = 2 + cells::width(&text) + 1 + cells::width(&place);
    let rest = "─".repeat(usize::from(inner.width).saturating_sub(used));
    let spans =
        vec![s("─ ", theme.rule), s(text, theme.accent), gap(1), s(rest, theme.rule), s(place, theme.dim)];
    line(buf, inner, row, spans);
}

/// A step in a line. What the width has no room for is left out, the revision last of all.
fn step(model: &Model, scene: &Scene, here: bool, width: usize) -> Vec<Span<'static>> {
    let theme = &model.theme;
    let (sign, word, style) = match scene.step.event {
        Event::Came => ("+", "came", theme.created),
        Event::Updated => ("~", "updated", theme.updated),
        Event::Deleted => ("−", "deleted", theme.deleted),
        Event::Revived => ("+", "came back", theme.created),
    };
    let mark = if here { "▸" } else { " " };
    let mut spans = vec![
        s(mark, theme.accent),
        s(cells::right(&scene.step.session.to_string(), 5), theme.value),
        gap(2),
        s(cells::left(&local(model, scene.at.as_deref()), 11), theme.dim),
        gap(2),
    ];
    let mut used = 21;
    let revision = scene.step.revision.map_or(String::new(), |r| format!("rev {r}"));
    let event = if width >= used + 11 + 8 { format!("{sign} {word}") } else { sign.to_owned() };
    let event_width = if width >= used + 11 + 8 { 11 } else { 1 };
    spans.extend([s(cells::left(&event, event_width), style), gap(1), s(revision.clone(), theme.text)]);
    used += event_width + 1 + cells::width(&revision);
    let page = scene.step.page.map_or(String::new(), |p| format!("page {p}"));
    for (text, style) in [(page, theme.dim), (acked(scene), theme.sent)] {
        let takes = cells::width(&text) + 2;
        if !text.is_empty() && used + takes <= width {
            spans.extend([gap(2), s(text, style)]);
            used += takes;
        }
    }
    spans
}

/// A session's time, short, in the zone of whoever looks.
pub(super) fn local(model: &Model, at: Option<&str>) -> String {
    match at.map(str::parse::<Timestamp>) {
        Some(Ok(at)) => {
            let (at, now) = (at.to_zoned(model.zone.clone()), model.now.to_zoned(model.zone.clone()));
            // What is of another year needs no minute.
            let format = if at.year() == now.year() { "%m-%d %H:%M" } else { "%Y-%m-%d" };
            at.strftime(format).to_string()
        }
        _ => "?".to_owned(),
    }
}

/// Where the step came from; then what it changed, or the record after it.
fn detail(model: &Model, story: &Story, width: usize) -> Vec<Drawn> {
    let theme = &model.theme;
    let Some(scene) = story.current() else { return Vec::new() };
    let mut out = vec![plain(cells::fit(&origin(model, scene), width), theme.dim), plain("", theme.text)];
    match (&scene.step.data, story.whole) {
        (Some(data), true) => {
            out.extend(tree_lines(model, &tree::lines(data, &model.browse.folded, None, None), width));
        }
        (Some(_), false) if scene.step.event == Event::Came => {
            out.push(plain("The first state that the mirror knows:", theme.text));
            out.extend(differences(model, story.differences(), width));
        }
        _ => out.extend(differences(model, story.differences(), width)),
    }
    out
}

/// Session, time, page and pack in a line, as far as they are known.
fn origin(model: &Model, scene: &Scene) -> String {
    let at = match scene.at.as_deref().map(str::parse::<Timestamp>) {
        Some(Ok(at)) => at.to_zoned(model.zone.clone()).strftime("%Y-%m-%d %H:%M").to_string(),
        _ => "at a time that is not known".to_owned(),
    };
    let page = scene.step.page.map_or("page not known".to_owned(), |page| format!("page {page}"));
    let acked = acked(scene);
    format!("{at} · {page}{}{acked}", if acked.is_empty() { "" } else { " · " })
}

/// What became of the ack keys, in a word or two.
fn acked(scene: &Scene) -> String {
    match &scene.acked {
        Acked::Unknown => String::new(),
        Acked::Pending => "ack pending".to_owned(),
        Acked::Pack(no, state) if state == "accepted" => format!("pack {no}"),
        Acked::Pack(no, state) => format!("pack {no} {}", visible(state)),
    }
}
