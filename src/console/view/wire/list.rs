//! The requests of screen 4: the filter, a row each, the waterfall.

use std::time::Duration;

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Span;

use super::super::super::action::Action;
use super::super::super::cells;
use super::super::super::model::wire::Pane;
use super::super::super::model::{Model, since};
use super::super::paint::{self, gap, line, line_right, s};
use super::super::typed;
use crate::client::tap::{Exchange, State};
use crate::text::{bytes, grouped, span, visible};

/// Columns of number, time, status, size and duration.
const NUMBER: usize = 6;
const CLOCK: usize = 12;
const STATUS: usize = 8;
const SIZE: usize = 8;
const TIME: usize = 8;

pub(super) fn draw(model: &Model, buf: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    prompt(model, buf, area);
    let width = usize::from(area.width);
    let (path, fall) = columns(width);
    let focus = model.wire.pane == Pane::List;
    let heading = if focus { theme.accent.patch(theme.heading) } else { theme.heading };
    let head = vec![
        s(cells::right("#", NUMBER), theme.dim),
        gap(2),
        s(cells::left("time", clock(width)), theme.dim),
        gap(1),
        s(cells::left("request", path + 5), heading),
        s(cells::right("status", STATUS), theme.dim),
        s(cells::right("size", SIZE + 2), theme.dim),
        s(cells::right("took", TIME + 1), theme.dim),
    ];
    line(buf, area, 1, head);
    let rows = usize::from(area.height).saturating_sub(2);
    let from = model.wire.first(rows);
    let shown = model.wire.list.get(from..).unwrap_or_default();
    let shown = &shown[..rows.min(shown.len())];
    let fall = Fall::over(shown.iter().map(AsRef::as_ref), model.now, fall);
    for (row, exchange) in shown.iter().enumerate() {
        let chosen = from + row == model.wire.at();
        draw_row(model, buf, area, row + 2, exchange, path, &fall, chosen);
    }
    if let Some(serving) = model.serving.as_ref().filter(|_| model.wire.usage.exchanges == 0) {
        super::super::serving::nothing(model, serving, buf, area, 2);
    } else if shown.is_empty() {
        line(buf, area, 2, vec![gap(2), s(nothing(model), theme.dim)]);
    }
}

fn nothing(model: &Model) -> String {
    if model.wire.usage.exchanges > 0 {
        return "no request passes the filter".to_owned();
    }
    let key = model.keymap.key_of(Action::ShowSync).unwrap_or_default();
    format!("nothing was sent yet: {key} is the screen that starts a synchronization")
}

/// The columns of the time: without its thousandths where there is little room.
fn clock(width: usize) -> usize {
    if width < 76 { CLOCK - 4 } else { CLOCK }
}

/// The columns of the path and of the waterfall.
fn columns(width: usize) -> (usize, usize) {
    let fixed = NUMBER + 2 + clock(width) + 1 + 5 + STATUS + SIZE + 2 + TIME + 1 + 3;
    let rest = width.saturating_sub(fixed);
    // Where little is left the path has it all.
    let fall = if rest < 20 { 0 } else { (rest / 3).clamp(6, 28) };
    (rest - fall, fall)
}

/// The filter, and how much there is.
fn prompt(model: &Model, buf: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    let wire = &model.wire;
    let mut right = Vec::new();
    if let Some(mistake) = &wire.mistake {
        right.push(s(visible(mistake).into_owned(), theme.failed));
    } else {
        let all = grouped(wire.usage.exchanges as u64);
        let count = if wire.filter.typed.is_empty() {
            format!("{all} requests")
        } else {
            format!("{} of {all} requests", grouped(wire.list.len() as u64))
        };
        right.push(s(count, theme.value));
        if wire.usage.gone > 0 {
            right.push(s(format!(" · {} older ones gone", grouped(wire.usage.gone)), theme.dim));
        }
        if let Some(recorded) = &wire.recorded {
            let missed = if recorded.missed > 0 {
                format!(", {} missed", grouped(recorded.missed))
            } else {
                String::new()
            };
            right.push(s(format!(" · ● rec {}{missed}", bytes(recorded.bytes)), theme.failed));
        } else if area.width >= 90 {
            right.push(s(format!(" · {} kept", bytes(wire.usage.bytes as u64)), theme.dim));
        }
    }
    right.push(gap(1));
    let taken = line_right(buf, area, 0, right);
    let room = usize::from(area.width).saturating_sub(taken + 4);
    let key = model.keymap.key_of(Action::WireFilter).unwrap_or_default();
    let spans = if wire.typing {
        let place = Rect { x: area.x + 3, width: room as u16, ..area };
        typed::draw(&wire.line, true, theme, buf, place);
        vec![gap(1), s("/ ", theme.accent)]
    } else if !wire.can_be_filtered() {
        Vec::new()
    } else if wire.filter.typed.is_empty() {
        vec![
            gap(1),
            s(cells::fit(&format!("{key} filter: status:429  op:ack  time>200"), room + 1), theme.dim),
        ]
    } else {
        let text = cells::fit(&visible(&wire.filter.typed), room).into_owned();
        vec![gap(1), s("/ ", theme.accent), s(text, theme.value)]
    };
    line(buf, Rect { width: area.width.saturating_sub(taken as u16), ..area }, 0, spans);
}

/// The time that the rows on the screen span.
struct Fall {
    from: Timestamp,
    all: Duration,
    width: usize,
}

impl Fall {
    fn over<'a>(rows: impl Iterator<Item = &'a Exchange>, now: Timestamp, width: usize) -> Self {
        let (mut from, mut to) = (now, Timestamp::MIN);
        for row in rows {
            from = from.min(row.at);
            let end = row.at.checked_add(took(row, now)).unwrap_or(row.at);
            to = to.max(end);
        }
        Self { from, all: since(from, to).max(Duration::from_millis(1)), width }
    }

    fn column(&self, time: Duration) -> usize {
        let share = time.as_secs_f64() / self.all.as_secs_f64();
        ((share * self.width as f64) as usize).min(self.width)
    }

    /// When the request was out: waiting for the first byte, then receiving.
    fn bar(&self, exchange: &Exchange, now: Timestamp, wait: Style, receive: Style) -> Vec<Span<'static>> {
        let start = since(self.from, exchange.at);
        let took = took(exchange, now);
        let at = self.column(start).min(self.width.saturating_sub(1));
        let end = self.column(start + took).max(at + 1).min(self.width.max(1));
        let first = exchange.first_byte.unwrap_or(took);
        let head = self.column(start + first).clamp(at, end.saturating_sub(1));
        vec![gap(at), s("╌".repeat(head - at), wait), s("━".repeat(end - head), receive)]
    }
}

fn took(exchange: &Exchange, now: Timestamp) -> Duration {
    match (&exchange.state, exchange.elapsed) {
        (_, Some(elapsed)) => elapsed,
        (State::UnderWay, None) => since(exchange.at, now),
        _ => Duration::ZERO,
    }
}

/// How an exchange stands: its sign, its style.
fn standing(model: &Model, exchange: &Exchange) -> (String, Style) {
    let theme = &model.theme;
    let status = exchange.status().map_or_else(String::new, |status| status.to_string());
    match &exchange.state {
        State::UnderWay => ("● …".to_owned(), theme.accent),
        State::Answered => (status, theme.sent),
        State::GivenUp => ("given up".to_owned(), theme.dim),
        State::Failed(_) if status.is_empty() => ("✖ none".to_owned(), theme.failed),
        State::Failed(_) if status == "429" => (format!("▲ {status}"), theme.pending),
        State::Failed(_) => (format!("✖ {status}"), theme.failed),
    }
}

#[expect(clippy::too_many_arguments, reason = "a row is a row")]
fn draw_row(
    model: &Model,
    buf: &mut Buffer,
    area: Rect,
    row: usize,
    exchange: &Exchange,
    path: usize,
    fall: &Fall,
    chosen: bool,
) {
    let theme = &model.theme;
    let (status, style) = standing(model, exchange);
    let at = exchange.at.to_zoned(model.zone.clone()).strftime("%H:%M:%S%.3f").to_string();
    let size = if exchange.size() == 0 { String::new() } else { bytes(exchange.size()) };
    let mut spans = vec![
        s(cells::right(&exchange.number.to_string(), NUMBER), theme.dim),
        gap(2),
        s(at.get(..clock(area.width.into())).unwrap_or(&at).to_owned(), theme.dim),
        gap(1),
        s(cells::left(exchange.method, 5), theme.dim),
        s(cells::left(&short(&visible(exchange.path()), path), path), theme.text),
        s(cells::right(&status, STATUS), style),
        s(cells::right(&size, SIZE + 2), theme.value),
        s(cells::right(&span(took(exchange, model.now)), TIME + 1), theme.value),
        gap(2),
    ];
    if fall.width > 0 {
        spans.extend(fall.bar(exchange, model.now, theme.dim, style));
    }
    if chosen {
        let focus = if model.wire.pane == Pane::List { theme.selected } else { theme.marked };
        spans = paint::chosen(spans, area.width, focus);
    }
    line(buf, area, row, spans);
}

/// A path that fits: ids by their first eight characters, then without its beginning.
fn short(path: &str, room: usize) -> String {
    let shorten = |part: &str| {
        let uuid = part.len() == 36 && part.bytes().filter(|b| *b == b'-').count() == 4;
        if uuid { format!("{}…", part.get(..8).unwrap_or(part)) } else { part.to_owned() }
    };
    let parts: Vec<String> = path.split('/').map(shorten).collect();
    let whole = parts.join("/");
    let mut text = whole.clone();
    let mut from = 1;
    while cells::width(&text) > room && from + 1 < parts.len() {
        from += 1;
        text = format!("…/{}", parts[from..].join("/"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_keeps_its_end() {
        let path = "/v2/sync/29f2aeeb-8d68-4ea7-95c3-a2c8e151f5a3/queues/main";
        assert_eq!(short(path, 80), "/v2/sync/29f2aeeb…/queues/main");
        assert_eq!(short(path, 24), "…/29f2aeeb…/queues/main");
        assert_eq!(short(path, 13), "…/queues/main");
        assert_eq!(short("/v2/sync/ack", 20), "/v2/sync/ack");
    }
}
