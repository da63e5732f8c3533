//! Screen 3: the ack packs; what comes again if it crashes now; what is stuck and why.
//!
//! ```text
//!  Ack packs     keys  state        tries     took  request  answer     │ If it crashes now
//!   –             740  ○ filling              1.1 s                      │ 1,740 keys of 18 pages …
//!   #7          1,000  ● in flight      1    204 ms      #84             │ Stuck, and why
//!   #6          1,000  ✓ sent           1    131 ms      #72             │ ✓ nothing
//! ```

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Span;

use super::super::action::Action;
use super::super::cells;
use super::super::model::acks::{Content, Detail, Opened, Pack, Pane, Stand};
use super::super::model::{Model, window};
use super::paint::{gap, line, line_right, s};
use crate::engine::event::{PackState, WorkerView};
use crate::mirror::debug::{Brought, PageRecord};
use crate::text::{grouped, span, visible};

/// Where things stand.
struct Layout {
    packs: Rect,
    again: Rect,
    stuck: Rect,
    detail: Option<Rect>,
}

impl Layout {
    /// Rows of the list that has the focus.
    fn rows(&self, pane: Pane) -> usize {
        let (area, head) = match pane {
            Pane::Packs => (self.packs, 1),
            Pane::Again => (self.again, AGAIN),
            Pane::Stuck => (self.stuck, 1),
        };
        usize::from(area.height).saturating_sub(head)
    }

    /// Lines of what was opened.
    fn lines(&self) -> usize {
        self.detail.map_or(0, |area| usize::from(area.height).saturating_sub(1))
    }
}

/// The lines above the pages that come again.
const AGAIN: usize = 4;

fn layout(model: &Model, body: Rect) -> Layout {
    let open = model.acks.detail.is_some();
    if body.width >= 110 {
        let width = (body.width * 11 / 20).max(62);
        let packs = Rect { width, ..body };
        let right = Rect { x: packs.right() + 2, width: body.width.saturating_sub(width + 2), ..body };
        let again = Rect { height: right.height / 2, ..right };
        let stuck =
            Rect { y: again.bottom() + 1, height: right.height.saturating_sub(again.height + 1), ..right };
        return Layout { packs, again, stuck, detail: open.then_some(right) };
    }
    let packs = Rect { height: body.height / 2, ..body };
    let below = Rect { y: packs.bottom() + 1, height: body.height.saturating_sub(packs.height + 1), ..body };
    let again = Rect { width: (body.width / 2).saturating_sub(1), ..below };
    let stuck = Rect { x: again.right() + 2, width: body.width.saturating_sub(again.width + 2), ..below };
    Layout { packs, again, stuck, detail: open.then_some(body) }
}

/// Rows of what has the focus: all of them, and those on the screen.
pub(super) fn room(model: &Model, body: Rect) -> (usize, usize) {
    let at = layout(model, body);
    match at.detail {
        Some(area) => (detail_rows(model, area.width.into()).len(), at.lines()),
        None => (list_lines(model, &at), at.rows(model.acks.pane)),
    }
}

/// Rows of the list that has the focus, those off the screen included.
fn list_lines(model: &Model, at: &Layout) -> usize {
    match model.acks.pane {
        Pane::Packs => model.packs().len(),
        Pane::Again => model.acks.book.waiting.len(),
        Pane::Stuck => stuck_lines(model, at.stuck.width.into()).len(),
    }
}

pub(super) fn draw(model: &Model, buf: &mut Buffer, body: Rect) {
    let at = layout(model, body);
    let beside = at.again.x > at.packs.x && at.again.y == at.packs.y;
    if let (Some(area), false) = (at.detail, beside) {
        if let Some(detail) = &model.acks.detail {
            opened(model, buf, area, detail);
        }
        return;
    }
    packs(model, buf, at.packs);
    let edge = Rect { x: at.again.right().max(at.packs.right()), width: 1, ..body };
    if beside {
        divider(model, buf, Rect { x: at.packs.right(), ..edge });
    } else {
        divider(model, buf, Rect { x: at.again.right(), width: 1, ..at.again });
    }
    if let (Some(detail), Some(area)) = (&model.acks.detail, at.detail) {
        opened(model, buf, area, detail);
    } else {
        again(model, buf, at.again);
        stuck(model, buf, at.stuck);
    }
}

fn divider(model: &Model, buf: &mut Buffer, area: Rect) {
    for row in 0..usize::from(area.height) {
        line(buf, area, row, vec![s("│", model.theme.rule)]);
    }
}

fn heading(model: &Model, pane: Pane, text: impl Into<String>) -> Span<'static> {
    let theme = &model.theme;
    let focus = model.acks.pane == pane && model.acks.detail.is_none();
    s(text, if focus { theme.accent.patch(theme.heading) } else { theme.heading })
}

/// Marks the chosen row of a list.
fn mark(
    model: &Model,
    pane: Pane,
    chosen: bool,
    spans: Vec<Span<'static>>,
    width: u16,
) -> Vec<Span<'static>> {
    if !chosen {
        return spans;
    }
    let focus = model.acks.pane == pane && model.acks.detail.is_none();
    if !focus && pane != Pane::Packs {
        return spans;
    }
    let style = if focus { model.theme.selected } else { model.theme.marked };
    let used: usize = spans.iter().map(|span| cells::width(&span.content)).sum();
    let mut spans: Vec<_> = spans.into_iter().map(|span| span.patch_style(style)).collect();
    spans.push(s(" ".repeat(usize::from(width).saturating_sub(used)), style));
    spans
}

fn packs(model: &Model, buf: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    let head = vec![
        gap(1),
        heading(model, Pane::Packs, cells::left("Ack packs", 9)),
        s(cells::right("keys", 8), theme.dim),
        gap(2),
        s(cells::left("state", 11), theme.dim),
        s(cells::right("tries", 6), theme.dim),
        s(cells::right("took", 9), theme.dim),
        s(cells::right("request", 9), theme.dim),
        gap(2),
        s("answer", theme.dim),
    ];
    line(buf, area, 0, head);
    let all = model.packs();
    let rows = usize::from(area.height).saturating_sub(1);
    let chosen = model.acks.chosen_row(&all);
    let from = window(model.acks.top[Pane::Packs as usize], chosen, rows, all.len());
    for (row, pack) in all.iter().enumerate().skip(from).take(rows) {
        let spans = pack_row(model, pack, area.width.into());
        line(buf, area, row - from + 1, mark(model, Pane::Packs, row == chosen, spans, area.width));
    }
    if all.is_empty() {
        let text = match &model.acks.error {
            Some(error) => s(cells::fit(error, usize::from(area.width).saturating_sub(4)), theme.failed),
            None => s("no pack yet: keys gather while pages are committed", theme.dim),
        };
        line(buf, area, 1, vec![gap(2), text]);
    }
}

/// A pack's state as words and style.
fn stand(model: &Model, stand: Stand) -> (&'static str, Style) {
    let theme = &model.theme;
    match stand {
        Stand::Held => ("■ held", theme.pending),
        Stand::At(PackState::Filling) => ("○ filling", theme.pending),
        Stand::At(PackState::InFlight) => ("● in flight", theme.accent),
        Stand::At(PackState::Accepted) => ("✓ sent", theme.sent),
        Stand::At(PackState::Refused) => ("✖ refused", theme.failed),
        Stand::At(PackState::Failed) => ("▲ failed", theme.failed),
    }
}

fn pack_row(model: &Model, pack: &Pack, width: usize) -> Vec<Span<'static>> {
    let theme = &model.theme;
    let (word, style) = match pack.state {
        // It has a number already: its keys are chosen, and it waits for its turn.
        Stand::At(PackState::Filling) if pack.no.is_some() => ("○ ready", theme.pending),
        state => stand(model, state),
    };
    let no = pack.no.map_or_else(|| "–".to_owned(), |no| format!("#{no}"));
    let grows = matches!(pack.state, Stand::At(PackState::Filling | PackState::InFlight)) && model.running();
    let age = if grows { model.snapshot_age() } else { std::time::Duration::ZERO };
    let took = pack.time.map_or_else(|| "–".to_owned(), |time| span(time + age));
    let tries = if pack.tries == 0 { String::new() } else { grouped(pack.tries) };
    let request =
        pack.no.and_then(|no| model.wire.packs.get(&no)).map_or_else(String::new, |n| format!("#{n}"));
    let status = pack.status.map_or_else(String::new, |status| format!("{status} "));
    let room = width.saturating_sub(1 + 9 + 8 + 2 + 11 + 6 + 9 + 9 + 2 + 1);
    vec![
        gap(1),
        s(cells::left(&no, 9), theme.dim),
        s(cells::right(&cells::count(pack.keys, 7), 8), theme.value),
        gap(2),
        s(cells::left(word, 11), style),
        s(cells::right(&tries, 6), if pack.tries > 1 { theme.pending } else { theme.dim }),
        s(cells::right(&took, 9), theme.dim),
        s(cells::right(&request, 9), theme.text),
        gap(2),
        s(cells::fit(&format!("{status}{}", pack.answer), room), style),
    ]
}

/// What comes again if it crashes now, in words and page by page.
fn again(model: &Model, buf: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    let (keys, pages) = model.acks.coming_again();
    line(buf, area, 0, vec![gap(1), heading(model, Pane::Again, "If it crashes now")]);
    let width = usize::from(area.width).saturating_sub(2);
    let mut say = |row: usize, text: String, style: Style| {
        line(buf, area, row, vec![gap(1), s(cells::fit(&text, width), style)]);
    };
    if keys == 0 {
        say(1, "✓ nothing: every ack is accepted".to_owned(), theme.sent);
    } else {
        let n = grouped(keys);
        let wide = width >= 60;
        let text = if wide {
            format!("{n} keys of {pages} pages are sent again; no page is fetched twice")
        } else {
            format!("{n} keys of {pages} pages sent again")
        };
        say(1, text, theme.pending);
    }
    let on_the_way = model.snapshot.packs.iter().find(|pack| pack.state == PackState::InFlight);
    if let Some(pack) = on_the_way.filter(|_| model.running()) {
        let n = grouped(pack.keys);
        say(2, format!("{n} in flight: twice is harmless"), theme.dim);
    }
    let taking =
        model.snapshot.workers.iter().filter(|w| matches!(w, WorkerView::Taking | WorkerView::Applying));
    let taking = if model.running() { taking.count() } else { 0 };
    let text = match taking {
        0 => "no page is on its way".to_owned(),
        1 => "1 page on its way comes anew".to_owned(),
        n => format!("{n} pages on their way come anew"),
    };
    say(3, text, if taking > 0 { theme.text } else { theme.dim });
    let rows = usize::from(area.height).saturating_sub(AGAIN);
    let waiting = &model.acks.book.waiting;
    let from = window(model.acks.top[Pane::Again as usize], model.acks.at, rows, waiting.len());
    for (row, page) in waiting.iter().enumerate().skip(from).take(rows) {
        let held = if page.held { s("  ■ held", theme.pending) } else { gap(0) };
        let partly =
            if page.pending < page.keys { format!(" of {}", grouped(page.keys)) } else { String::new() };
        let spans = vec![
            gap(1),
            s(cells::left(&format!("page {}", page.page), 12), theme.text),
            s(cells::right(&grouped(page.pending), 6), theme.value),
            s(format!("{partly} keys"), theme.dim),
            s(if width < 50 { String::new() } else { format!("  session {}", page.session) }, theme.dim),
            held,
        ];
        let chosen = row == model.acks.at;
        line(buf, area, row - from + AGAIN, mark(model, Pane::Again, chosen, spans, area.width));
    }
}

/// The lines that say what is stuck: what, and below it why.
fn stuck_lines(model: &Model, width: usize) -> Vec<Vec<Span<'static>>> {
    let theme = &model.theme;
    let mut out = Vec::new();
    for trouble in model.acks.troubles() {
        let (sign, style) = if trouble.error { ("✖ ", theme.failed) } else { ("▲ ", theme.pending) };
        let what = cells::fit(&trouble.what, width.saturating_sub(4)).into_owned();
        out.push(vec![gap(1), s(sign, style), s(what, style)]);
        let why = cells::wrap(&trouble.why, width.saturating_sub(4));
        out.extend(why.into_iter().map(|text| vec![gap(3), s(text, theme.text)]));
    }
    if out.is_empty() {
        out.push(vec![gap(1), s("✓ nothing", theme.sent)]);
    }
    out
}

fn stuck(model: &Model, buf: &mut Buffer, area: Rect) {
    line(buf, area, 0, vec![gap(1), heading(model, Pane::Stuck, "Stuck, and why")]);
    let lines = stuck_lines(model, area.width.into());
    let rows = usize::from(area.height).saturating_sub(1);
    let from = model.acks.top[Pane::Stuck as usize].min(lines.len().saturating_sub(rows));
    if lines.len() > rows {
        let text = format!("{}–{} of {}", from + 1, from + rows, lines.len());
        line_right(buf, area, 0, vec![s(text, model.theme.dim), gap(1)]);
    }
    for (row, spans) in lines.into_iter().skip(from).take(rows).enumerate() {
        line(buf, area, row + 1, spans);
    }
}

/// A line of what was opened; made into words only where it is on the screen.
enum Row<'a> {
    Text(Cow<'a, str>),
    Failed(String),
    Heading(String),
    Record(&'a PageRecord),
}

/// The lines of what was opened.
fn detail_rows(model: &Model, width: usize) -> Vec<Row<'_>> {
    match model.acks.detail.as_ref().map(|detail| &detail.content) {
        None => Vec::new(),
        Some(None) => vec![Row::Text("reading …".into())],
        Some(Some(Err(error))) => {
            cells::wrap(error, width.saturating_sub(3)).into_iter().map(Row::Failed).collect()
        }
        Some(Some(Ok(content))) => content_rows(content),
    }
}

fn content_rows(content: &Content) -> Vec<Row<'_>> {
    let mut out = Vec::new();
    for (page, brought) in &content.pages {
        let n = brought.records.len() as u64;
        let more = if brought.complete { "" } else { ", perhaps more" };
        out.push(Row::Heading(format!("Page {page}: {} records{more}", grouped(n))));
        out.extend(brought.records.iter().map(Row::Record));
        out.push(Row::Text("".into()));
    }
    out.push(Row::Heading(match content.keys.len() {
        0 => "No key of it is in the outbox any more: all are accepted".to_owned(),
        n => format!("{} keys in the outbox", grouped(n as u64)),
    }));
    out.extend(content.keys.iter().map(|key| Row::Text(visible(key))));
    out
}

fn detail_line(model: &Model, row: &Row<'_>, width: usize) -> Vec<Span<'static>> {
    let theme = &model.theme;
    match row {
        Row::Text(text) => vec![gap(2), s(cells::fit(text, width.saturating_sub(3)), theme.text)],
        Row::Failed(text) => vec![gap(2), s(text.clone(), theme.failed)],
        Row::Heading(text) => vec![gap(1), s(text.clone(), theme.heading)],
        Row::Record(record) => {
            let (sign, style) = match record.change {
                Brought::Created => ("+", theme.created),
                Brought::Updated => ("~", theme.updated),
                Brought::Deleted => ("-", theme.deleted),
                Brought::Unkeyed => ("?", theme.stale),
            };
            let id = record.id.as_ref().map_or_else(|| "without an id".to_owned(), ToString::to_string);
            let kind = cells::left(&visible(&record.kind), 20);
            let id = cells::fit(&visible(&id), width.saturating_sub(26)).into_owned();
            vec![gap(2), s(sign, style), gap(1), s(kind, theme.text), s(id, theme.value)]
        }
    }
}

fn opened(model: &Model, buf: &mut Buffer, area: Rect, detail: &Detail) {
    let theme = &model.theme;
    let title = match &detail.of {
        Opened::Pack(no) => format!("Pack {no}"),
        Opened::Filling => "The keys of the next packs".to_owned(),
        Opened::Page(page) => format!("Page {page}"),
    };
    line(buf, area, 0, vec![gap(1), s(title, theme.accent.patch(theme.heading))]);
    let lines = detail_rows(model, area.width.into());
    let height = usize::from(area.height).saturating_sub(1);
    if lines.len() > height {
        let text =
            format!("{}–{} of {}", detail.scroll + 1, detail.scroll + height, grouped(lines.len() as u64));
        line_right(buf, area, 0, vec![s(text, theme.dim), gap(1)]);
    }
    let from = detail.scroll.min(lines.len().saturating_sub(height));
    for (row, shown) in lines.iter().skip(from).take(height).enumerate() {
        line(buf, area, row + 1, detail_line(model, shown, area.width.into()));
    }
}

/// The keys that matter now.
pub(super) fn footer(model: &Model) -> Vec<(Action, Option<&'static str>)> {
    let a = |action| (action, None);
    if model.acks.detail.is_some() {
        return vec![
            a(Action::Down),
            a(Action::PageDown),
            a(Action::AcksRequest),
            (Action::Back, Some("close")),
        ];
    }
    let hold = if model.held().is_some() { Some("release") } else { None };
    vec![
        a(Action::AcksOpen),
        (Action::AcksHold, hold),
        a(Action::AcksDrop),
        a(Action::SendAcks),
        a(Action::AcksRequest),
        a(Action::NextPane),
    ]
}
