//! Screen 1's log: newest first, in fixed columns.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::super::cells;
use super::super::model::log::{Line, Tone};
use super::super::model::{Model, SyncPane};
use super::paint::{gap, line, s};

/// `12:04:11.204`
const TIME: usize = 12;

pub(super) fn draw(model: &Model, buf: &mut Buffer, area: Rect) {
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
    let style = match entry.tone {
        Tone::Plain => theme.text,
        Tone::Good => theme.sent,
        Tone::Wait => theme.pending,
        Tone::Bad => theme.failed,
    };
    let at = entry.at.to_zoned(model.zone.clone()).strftime("%H:%M:%S%.3f").to_string();
    let marker = if model.pane == SyncPane::Log && row == 0 { s("›", theme.accent) } else { gap(1) };
    let mut spans = vec![marker, s(cells::left(&at, TIME), theme.dim), gap(2)];
    spans.extend([s(cells::left(&entry.subject, 11), style), gap(1)]);
    let used = 1 + TIME + 2 + 12;
    let room = width.saturating_sub(used + 1);
    let words = if entry.tone == Tone::Bad { style } else { theme.text };
    if entry.time.is_empty() {
        // Without a time the words have all the room: an error is not cut for an empty column.
        let text = cells::fit(&entry.text, room).into_owned();
        let left = room.saturating_sub(cells::width(&text) + 2);
        spans.push(s(text, words));
        if left >= cells::width(&entry.note) {
            spans.extend([gap(2), s(entry.note.clone(), theme.dim)]);
        }
    } else {
        let text = if room < 60 { 24 } else { 38.min(room / 2) };
        spans.push(s(cells::left(&entry.text, text), words));
        spans.extend([s(cells::right(&entry.time, 9), theme.dim), gap(2)]);
        spans.push(s(cells::fit(&entry.note, room.saturating_sub(text + 11)), theme.pending));
    }
    line(buf, area, row, spans);
}
