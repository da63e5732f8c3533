//! The ack packs, a row each.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Span;

use super::super::super::cells;
use super::super::super::model::acks::{Pack, Pane, Stand};
use super::super::super::model::{Model, window};
use super::super::paint::{gap, line, s};
use super::super::tables::{held_words, pack_words};
use super::{heading, mark};
use crate::engine::event::PackState;
use crate::text::{grouped, span};

pub(super) fn draw(model: &Model, buf: &mut Buffer, area: Rect) {
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

fn pack_row(model: &Model, pack: &Pack, width: usize) -> Vec<Span<'static>> {
    let theme = &model.theme;
    let (word, style) = match pack.state {
        Stand::Held => held_words(theme),
        Stand::At(state) => pack_words(theme, state, pack.no.is_some()),
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
