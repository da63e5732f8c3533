//! Screen 1's log: newest first, in fixed columns. Where it is wide it says under headings what each page brought.
//!
//! ```text
//!  What happened                              took          + created  ~ updated  - deleted   received   of which
//!  12:04:11.204  page 78   100 instructions  118 ms █████▏          98          2          ·    117 KiB   note 69 · deal 31
//! ```

use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Span;

use super::super::cells;
use super::super::model::log::{Brought, Line, Tone};
use super::super::model::{Model, SyncPane};
use super::paint::{blocks, gap, line, line_at, s};
use super::tables::heading;
use crate::text::{bytes, grouped, span};

/// `12:04:11.204`
const TIME: usize = 12;
/// `page 12,345`, `session 12`, `queue main`
const SUBJECT: usize = 11;
/// Where the words begin: behind the mark of the focus, the time and the subject.
const WORDS: usize = 1 + TIME + 2 + SUBJECT + 1;
/// `1,023 ms`
const TOOK: usize = 9;
/// The width from which on each page says what it brought.
const WIDE: u16 = 150;
/// The width from which on the times are bars as well.
const WITH_BARS: u16 = 170;
/// The rows from which on there is one for headings.
const WITH_HEADINGS: u16 = 8;

/// Whether the first row names the columns.
pub(super) fn has_headings(area: Rect) -> bool {
    area.width >= WIDE && area.height >= WITH_HEADINGS
}

pub(super) fn draw(model: &Model, buf: &mut Buffer, area: Rect) {
    if has_headings(area) {
        return wide(model, buf, area);
    }
    let rows = usize::from(area.height);
    let from = model.scroll[SyncPane::Log as usize].min(model.log.len().saturating_sub(rows));
    for (row, entry) in model.log.newest(from).take(rows).enumerate() {
        draw_line(model, buf, area, row, entry);
    }
    if model.log.is_empty() {
        line(buf, area, 0, vec![gap(1), s("nothing happened yet", model.theme.dim)]);
    }
}

fn draw_line(model: &Model, buf: &mut Buffer, area: Rect, row: usize, entry: &Line) {
    let theme = &model.theme;
    let width = usize::from(area.width);
    let marker = if model.pane == SyncPane::Log && row == 0 { s("›", theme.accent) } else { gap(1) };
    let mut spans = begin(model, entry, marker);
    let room = width.saturating_sub(WORDS + 1);
    let words = words(model, entry);
    let Some(took) = entry.took else {
        // Without a time the words have all the room: an error is not cut for an empty column.
        let text = cells::fit(&entry.text, room).into_owned();
        let left = room.saturating_sub(cells::width(&text) + 2);
        spans.push(s(text, words));
        if left >= cells::width(&entry.note) {
            spans.extend([gap(2), s(entry.note.clone(), theme.dim)]);
        }
        return line(buf, area, row, spans);
    };
    let text = if room < 60 { 24 } else { 38.min(room / 2) };
    spans.push(s(cells::left(&entry.text, text), words));
    spans.extend([s(cells::right(&span(took), TOOK), theme.dim), gap(2)]);
    spans.push(s(cells::fit(&entry.note, room.saturating_sub(text + TOOK + 2)), theme.pending));
    line(buf, area, row, spans);
}

/// The beginning of a line, up to its words.
fn begin(model: &Model, entry: &Line, marker: Span<'static>) -> Vec<Span<'static>> {
    let at = entry.at.to_zoned(model.zone.clone()).strftime("%H:%M:%S%.3f").to_string();
    let subject = s(cells::left(&entry.subject, SUBJECT), tone(model, entry.tone));
    vec![marker, s(cells::left(&at, TIME), model.theme.dim), gap(2), subject, gap(1)]
}

fn tone(model: &Model, tone: Tone) -> Style {
    match tone {
        Tone::Plain => model.theme.text,
        Tone::Good => model.theme.sent,
        Tone::Wait => model.theme.pending,
        Tone::Bad => model.theme.failed,
    }
}

fn words(model: &Model, entry: &Line) -> Style {
    if entry.tone == Tone::Bad { model.theme.failed } else { model.theme.text }
}

/// Where the columns of a wide log stand, from the left.
struct Columns {
    /// The end of the words; those of a line without numbers go on to `rest`.
    words: usize,
    /// The width of the bar behind the time; 0: there is none.
    bar: usize,
    /// The ends of what is counted: created, updated, deleted, stale, received, commit.
    counted: [usize; 6],
    /// Types and remarks.
    rest: usize,
}

impl Columns {
    fn of(width: u16) -> Self {
        let words = WORDS + 26;
        let bar = if width >= WITH_BARS { 14 } else { 0 };
        let mut end = words + TOOK + if bar > 0 { 1 + bar } else { 0 };
        let counted = [12, 11, 11, 8, 12, 10].map(|wide| {
            end += wide;
            end
        });
        Self { words, bar, counted, rest: end + 3 }
    }
}

fn wide(model: &Model, buf: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    let at = Columns::of(area.width);
    line(buf, area, 0, vec![gap(1), heading(model, SyncPane::Log, "What happened")]);
    let right = |end: usize, text: &str| (end.saturating_sub(cells::width(text)), text.to_owned());
    let heads = ["+ created", "~ updated", "- deleted", "stale", "received", "commit"];
    let styles = [theme.created, theme.updated, theme.deleted, theme.stale, theme.dim, theme.dim];
    for ((text, style), end) in heads.into_iter().zip(styles).zip(at.counted) {
        let (column, text) = right(end, text);
        line_at(buf, area, 0, column, vec![s(text, style)]);
    }
    let (column, took) = right(at.words + TOOK, "took");
    line_at(buf, area, 0, column, vec![s(took, theme.dim)]);
    line_at(buf, area, 0, at.rest, vec![s("of which", theme.dim)]);
    let area = Rect { y: area.y + 1, height: area.height - 1, ..area };
    let rows = usize::from(area.height);
    let from = model.scroll[SyncPane::Log as usize].min(model.log.len().saturating_sub(rows));
    for (row, entry) in model.log.newest(from).take(rows).enumerate() {
        wide_line(model, buf, area, row, entry, &at);
    }
    if model.log.is_empty() {
        line(buf, area, 0, vec![gap(1), s("nothing happened yet", theme.dim)]);
    }
}

fn wide_line(model: &Model, buf: &mut Buffer, area: Rect, row: usize, entry: &Line, at: &Columns) {
    let theme = &model.theme;
    line(buf, area, row, begin(model, entry, gap(1)));
    let rest = usize::from(area.width).saturating_sub(at.rest + 1);
    let Some(took) = entry.took else {
        // Where nothing is counted the words have all the room: an error is not cut for empty columns.
        let room = usize::from(area.width).saturating_sub(WORDS + 1);
        let text = cells::fit(&entry.text, room).into_owned();
        let ends = WORDS + cells::width(&text) + 2;
        line_at(buf, area, row, WORDS, vec![s(text, words(model, entry))]);
        if ends <= at.rest {
            line_at(buf, area, row, at.rest, vec![s(cells::fit(&entry.note, rest), theme.dim)]);
        }
        return;
    };
    let mut spans = vec![s(cells::left(&entry.text, at.words - WORDS), words(model, entry))];
    spans.push(s(cells::right(&span(took), TOOK), theme.dim));
    if at.bar > 0 {
        spans.extend([gap(1), s(blocks(share(model, took), at.bar), theme.accent)]);
    }
    line_at(buf, area, row, WORDS, spans);
    let mut column = at.rest;
    if !entry.note.is_empty() {
        let note = cells::fit(&entry.note, rest).into_owned();
        let wide = cells::width(&note);
        line_at(buf, area, row, column, vec![s(note, theme.pending)]);
        column += wide + 2;
    }
    if let Some(brought) = &entry.brought {
        count(model, buf, area, row, brought, at);
        let room = usize::from(area.width).saturating_sub(column + 1);
        line_at(buf, area, row, column, vec![s(cells::fit(&brought.types, room), theme.dim)]);
    }
}

/// What a page brought, in its columns; what it did not bring is hardly there.
fn count(model: &Model, buf: &mut Buffer, area: Rect, row: usize, brought: &Brought, at: &Columns) {
    let theme = &model.theme;
    let Brought { counts, bytes: size, commit, .. } = brought;
    let number = |n: u64, style| if n == 0 { ("·".to_owned(), theme.dim) } else { (grouped(n), style) };
    let cells_of_it = [
        number(counts.created, theme.created),
        number(counts.updated, theme.updated),
        number(counts.deleted, theme.deleted),
        number(counts.stale, theme.pending),
        (bytes(*size), theme.dim),
        (format!("{:.1} ms", commit.as_secs_f64() * 1e3), theme.dim),
    ];
    for ((text, style), end) in cells_of_it.into_iter().zip(at.counted) {
        line_at(buf, area, row, end.saturating_sub(cells::width(&text)), vec![s(text, style)]);
    }
}

/// How long an exchange took beside the slowest that are usual: twice the run's 95th percentile fills a bar.
fn share(model: &Model, took: Duration) -> f64 {
    let usual = Duration::from_millis(model.snapshot.p95_ms.unwrap_or(500).max(1) * 2);
    took.as_secs_f64() / usual.as_secs_f64()
}
