//! Screen 1's tables side by side: instructions by type, ack packs, and the workers where there is room.
//!
//! ```text
//!  Instructions     + created   ~ updated   - deleted     stale   │ Ack packs
//!  contact              3,120         214          11         0   │  #8    740  ○ filling     1.1 s
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Span;

use super::super::cells;
use super::super::model::{Model, SyncPane, log::ordinal};
use super::paint::{gap, line, s};
use super::sync::worker_words;
use crate::engine::event::{PackState, PackView};
use crate::mirror::Counts;
use crate::text::{grouped, span, visible};

/// The columns of a pack.
const PACK: usize = 37;
/// The columns of a worker.
const WORKER: usize = 18;

pub(super) fn draw(model: &Model, buf: &mut Buffer, area: Rect) {
    let wide = area.width >= 150;
    let workers = if wide { WORKER as u16 + 3 } else { 0 };
    let packs = PACK as u16 + if area.width >= 100 { 3 } else { 0 };
    let left = Rect { width: area.width.saturating_sub(packs + 2 + workers), ..area };
    let middle = Rect { x: left.right() + 2, width: packs, ..area };
    kinds(model, buf, left);
    divider(model, buf, Rect { x: left.right(), width: 1, ..area });
    pack_list(model, buf, middle);
    if wide {
        divider(model, buf, Rect { x: middle.right() + 1, width: 1, ..area });
        worker_list(model, buf, Rect { x: middle.right() + 3, width: workers - 3, ..area });
    }
}

fn divider(model: &Model, buf: &mut Buffer, area: Rect) {
    for row in 0..usize::from(area.height) {
        line(buf, area, row, vec![s("│", model.theme.rule)]);
    }
}

/// A pane's heading: the focus shows in it.
pub(super) fn heading(model: &Model, pane: SyncPane, text: &str) -> Span<'static> {
    let theme = &model.theme;
    s(text, if model.pane == pane { theme.accent.patch(theme.heading) } else { theme.heading })
}

fn all(c: &Counts) -> u64 {
    c.created + c.updated + c.deleted
}

fn add(mut a: Counts, b: &Counts) -> Counts {
    a.created += b.created;
    a.updated += b.updated;
    a.deleted += b.deleted;
    a.stale += b.stale;
    a
}

fn kinds(model: &Model, buf: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    let width = usize::from(area.width);
    let (column, signs) = match width {
        0..34 => (6, false),
        34..56 => (8, false),
        56..74 => (11, true),
        _ => (13, true),
    };
    let name = width.saturating_sub(1 + 4 * column + 1).min(44);
    let head = |sign: &str, text: &str, style: Style| {
        let text = if signs && !sign.is_empty() { format!("{sign} {text}") } else { text.to_owned() };
        s(cells::right(&text, column), style)
    };
    line(
        buf,
        area,
        0,
        vec![
            gap(1),
            heading(model, SyncPane::Kinds, &cells::left("Instructions", name)),
            head("+", "created", theme.created),
            head("~", "updated", theme.updated),
            head("-", "deleted", theme.deleted),
            head("", "stale", theme.stale),
        ],
    );
    let mut kinds: Vec<_> = model.snapshot.totals.kinds.iter().collect();
    kinds.sort_by(|a, b| all(b.1).cmp(&all(a.1)).then(a.0.cmp(b.0)));
    let rows = usize::from(area.height).saturating_sub(1);
    let with_total = rows >= 8 && !kinds.is_empty();
    let room = rows - usize::from(with_total);
    let from = model.scroll[SyncPane::Kinds as usize].min(kinds.len().saturating_sub(room));
    let fits = kinds.len() - from <= room;
    let shown = if fits { kinds.len() - from } else { room.saturating_sub(1) };
    let row_of = |label: String, style: Style, c: &Counts| {
        let cell = |n: u64, style: Style| {
            s(cells::right(&cells::count(n, column - 1), column), if n == 0 { theme.dim } else { style })
        };
        vec![
            gap(1),
            s(cells::left(&label, name), style),
            cell(c.created, theme.created),
            cell(c.updated, theme.updated),
            cell(c.deleted, theme.deleted),
            cell(c.stale, theme.pending),
        ]
    };
    for (row, (kind, counts)) in kinds.iter().skip(from).take(shown).enumerate() {
        line(buf, area, row + 1, row_of(visible(kind).into_owned(), theme.text, counts));
    }
    if !fits {
        let rest = &kinds[from + shown..];
        let sum = rest.iter().fold(Counts::default(), |a, (_, c)| add(a, c));
        line(buf, area, shown + 1, row_of(format!("…{} more", rest.len()), theme.dim, &sum));
    }
    if with_total {
        let sum = kinds.iter().fold(Counts::default(), |a, (_, c)| add(a, c));
        line(
            buf,
            area,
            rows.min(shown + 1 + usize::from(!fits)),
            row_of("total".to_owned(), theme.heading, &sum),
        );
    }
}

fn pack_list(model: &Model, buf: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    line(buf, area, 0, vec![heading(model, SyncPane::Packs, "Ack packs")]);
    let rows = usize::from(area.height).saturating_sub(1);
    let packs = &model.snapshot.packs;
    let from = model.scroll[SyncPane::Packs as usize].min(packs.len().saturating_sub(rows));
    for (row, pack) in packs.iter().skip(from).take(rows).enumerate() {
        line(buf, area, row + 1, pack_line(model, pack));
    }
    if packs.is_empty() {
        line(buf, area, 1, vec![s("none yet", theme.dim)]);
    }
}

fn pack_line(model: &Model, pack: &PackView) -> Vec<Span<'static>> {
    let theme = &model.theme;
    let (word, style) = match pack.state {
        PackState::Filling => ("○ filling", theme.pending),
        PackState::InFlight => ("● in flight", theme.accent),
        PackState::Accepted => ("✓ sent", theme.sent),
        PackState::Refused => ("✖ refused", theme.failed),
        PackState::Failed => ("▲ failed", theme.failed),
    };
    let time = match pack.state {
        PackState::Filling | PackState::InFlight => pack.time + model.snapshot_age(),
        _ => pack.time,
    };
    let no = pack.no.map_or_else(|| "–".to_owned(), |n| format!("#{n}"));
    let again = if pack.tries > 1 { ordinal(pack.tries) } else { String::new() };
    vec![
        s(cells::left(&no, 5), theme.dim),
        s(cells::right(&cells::count(pack.keys, 5), 6), theme.value),
        gap(2),
        s(cells::left(word, 11), style),
        s(cells::right(&span(time), 8), theme.dim),
        gap(1),
        s(cells::right(&again, 4), theme.pending),
    ]
}

fn worker_list(model: &Model, buf: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    line(buf, area, 0, vec![s("Workers", theme.heading)]);
    for (n, worker) in model.snapshot.workers.iter().enumerate() {
        let (glyph, word, style) = worker_words(model, *worker);
        line(
            buf,
            area,
            n + 1,
            vec![
                s(cells::right(&grouped(n as u64 + 1), 2), theme.dim),
                gap(2),
                s(format!("{glyph} {word}"), style),
            ],
        );
    }
}
