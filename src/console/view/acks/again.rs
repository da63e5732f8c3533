//! What comes again if it crashes now, in words and page by page.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::super::super::cells;
use super::super::super::model::acks::Pane;
use super::super::super::model::{Model, window};
use super::super::paint::{gap, line, s};
use super::{AGAIN, heading, mark};
use crate::engine::event::{PackState, WorkerView};
use crate::text::{counted, grouped};

/// What comes again if it crashes now, in words and page by page.
pub(super) fn draw(model: &Model, buf: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    let (keys, pages) = model.acks.coming_again();
    line(buf, area, 0, vec![gap(1), heading(model, Pane::Again, "If it crashes now")]);
    let width = usize::from(area.width).saturating_sub(2);
    let mut say = |row: usize, text: String, style: Style| {
        line(buf, area, row, vec![gap(1), s(cells::fit(&text, width), style)]);
    };
    let taking =
        model.snapshot.workers.iter().filter(|w| matches!(w, WorkerView::Taking | WorkerView::Applying));
    let taking = if model.running() { taking.count() } else { 0 };
    let looked_at = model.snapshot.looked_at.filter(|_| model.running());
    if keys == 0 && taking == 0 && looked_at.is_none() {
        say(1, "✓ nothing: every ack is accepted".to_owned(), theme.sent);
    } else if keys == 0 {
        say(1, "no key: every ack is accepted".to_owned(), theme.text);
    } else {
        let what = format!("{} of {}", counted(keys, "key"), counted(pages as u64, "page"));
        let text = if width >= 60 {
            let are = if keys == 1 { "is" } else { "are" };
            format!("{what} {are} sent again; no page is fetched twice")
        } else {
            format!("{what} sent again")
        };
        say(1, text, theme.pending);
    }
    let on_the_way = model.snapshot.packs.iter().find(|pack| pack.state == PackState::InFlight);
    if let Some(pack) = on_the_way.filter(|_| model.running()) {
        let n = grouped(pack.keys);
        say(2, format!("{n} in flight: twice is harmless"), theme.dim);
    }
    let (text, style) = match (looked_at, taking) {
        // Taken, and neither the mirror nor the outbox has it.
        (Some(n), _) if width >= 50 => {
            let come = if n == 1 { "it comes" } else { "they come" };
            (format!("1 page taken, {}: {come} again", counted(n, "instruction")), theme.pending)
        }
        (Some(n), _) => (format!("1 page taken: {} again", counted(n, "instruction")), theme.pending),
        (None, 0) => ("no page is on its way".to_owned(), theme.dim),
        (None, 1) => ("1 page on its way comes anew".to_owned(), theme.text),
        (None, n) => (format!("{n} pages on their way come anew"), theme.text),
    };
    say(3, text, style);
    let rows = usize::from(area.height).saturating_sub(AGAIN);
    let waiting = &model.acks.book.waiting;
    let from = window(model.acks.top[Pane::Again as usize], model.acks.at, rows, waiting.len());
    for (row, page) in waiting.iter().enumerate().skip(from).take(rows) {
        let held = if page.held { s("  ■ held", theme.pending) } else { gap(0) };
        let partly =
            if page.pending < page.keys { format!(" of {}", grouped(page.keys)) } else { String::new() };
        let keys = if page.keys == 1 { "key" } else { "keys" };
        let spans = vec![
            gap(1),
            s(cells::left(&format!("page {}", page.page), 12), theme.text),
            s(cells::right(&grouped(page.pending), 6), theme.value),
            s(format!("{partly} {keys}"), theme.dim),
            s(if width < 50 { String::new() } else { format!("  session {}", page.session) }, theme.dim),
            held,
        ];
        let chosen = row == model.acks.at;
        line(buf, area, row - from + AGAIN, mark(model, Pane::Again, chosen, spans, area.width));
    }
}
