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
use super::super::theme::Theme;
use super::budget;
use super::metrics::worker_words;
use super::paint::{divider, gap, line, s};
use crate::engine::event::{PackState, PackView};
use crate::mirror::Counts;
use crate::text::{bytes, grouped, span, type_name};

/// The columns of a worker, or of a fact about the run.
const FACTS: u16 = 30;
/// The rows of the facts about the run, with the one below.
const FACT_ROWS: u16 = 10;

pub(super) fn draw(model: &Model, buf: &mut Buffer, area: Rect) {
    let packs = match area.width {
        0..80 => 24,
        80..100 => 35,
        _ => 40,
    };
    let facts = if area.width >= 150 { FACTS + 3 } else { 0 };
    let left = Rect { width: area.width.saturating_sub(packs + 2 + facts).min(112), ..area };
    let middle = Rect { x: left.right() + 2, width: packs, ..area };
    kinds(model, buf, left);
    divider(buf, Rect { x: left.right(), width: 1, ..area }, &model.theme);
    pack_list(model, buf, middle);
    if facts > 0 {
        divider(buf, Rect { x: middle.right() + 1, width: 1, ..area }, &model.theme);
        let right = Rect { x: middle.right() + 3, width: FACTS, ..area };
        let used = worker_list(model, buf, right);
        let below =
            |rows: u16| Rect { y: right.y + rows, height: right.height.saturating_sub(rows), ..right };
        run_facts(model, buf, below(used));
        if right.height >= used + FACT_ROWS + 4 {
            budget::block(model, buf, below(used + FACT_ROWS));
        }
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
    // The narrower, the shorter the headings: words with signs, words, signs.
    let (columns, words) = match width {
        0..40 => ([6, 6, 6, 6], ["+", "~", "-", "stale"]),
        40..56 => ([8, 8, 8, 6], ["created", "updated", "deleted", "stale"]),
        56..74 => ([11, 11, 11, 9], ["+ created", "~ updated", "- deleted", "stale"]),
        _ => ([13, 13, 13, 11], ["+ created", "~ updated", "- deleted", "stale"]),
    };
    let name = width.saturating_sub(2 + columns.iter().sum::<usize>());
    let styles = [theme.created, theme.updated, theme.deleted, theme.stale];
    let title = if name < 12 { "By type" } else { "Instructions" };
    let mut head = vec![gap(1), heading(model, SyncPane::Kinds, &cells::left(title, name))];
    head.extend((0..4).map(|n| s(cells::right(words[n], columns[n]), styles[n])));
    line(buf, area, 0, head);
    let mut kinds: Vec<_> = model.snapshot.totals.kinds.iter().collect();
    kinds.sort_by(|a, b| all(b.1).cmp(&all(a.1)).then(a.0.cmp(b.0)));
    let rows = usize::from(area.height).saturating_sub(1);
    let with_total = rows >= 8 && !kinds.is_empty();
    let room = rows - usize::from(with_total);
    let from = model.scroll[SyncPane::Kinds as usize].min(kinds.len().saturating_sub(room));
    let fits = kinds.len() - from <= room;
    let shown = if fits { kinds.len() - from } else { room.saturating_sub(1) };
    let styles = [theme.created, theme.updated, theme.deleted, theme.pending];
    let row_of = |label: String, style: Style, c: &Counts| {
        let mut spans = vec![gap(1), s(cells::left(&label, name), style)];
        for (n, value) in [c.created, c.updated, c.deleted, c.stale].into_iter().enumerate() {
            let text = cells::right(&cells::count(value, columns[n] - 1), columns[n]);
            spans.push(s(text, if value == 0 { theme.dim } else { styles[n] }));
        }
        spans
    };
    for (row, (kind, counts)) in kinds.iter().skip(from).take(shown).enumerate() {
        line(buf, area, row + 1, row_of(type_name(kind).into_owned(), theme.text, counts));
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

/// A pack's state as word and style, the same everywhere.
pub(super) fn pack_words(theme: &Theme, state: PackState, numbered: bool) -> (&'static str, Style) {
    match state {
        // It has a number already: its keys are chosen, and it waits for its turn.
        PackState::Filling if numbered => ("○ ready", theme.pending),
        PackState::Filling => ("○ filling", theme.pending),
        PackState::InFlight => ("● in flight", theme.accent),
        PackState::Accepted => ("✓ sent", theme.sent),
        PackState::Refused => ("✖ refused", theme.failed),
        PackState::Failed => ("▲ failed", theme.failed),
    }
}

/// The same for keys that are held back by hand.
pub(super) fn held_words(theme: &Theme) -> (&'static str, Style) {
    ("■ held", theme.pending)
}

fn pack_line(model: &Model, pack: &PackView) -> Vec<Span<'static>> {
    let theme = &model.theme;
    let held = pack.state == PackState::Filling && model.held().is_some_and(|held| held > 0);
    let (word, style) =
        if held { held_words(theme) } else { pack_words(theme, pack.state, pack.no.is_some()) };
    let time = match pack.state {
        PackState::Filling if pack.no.is_some() => String::new(),
        PackState::Filling | PackState::InFlight => span(pack.time + model.snapshot_age()),
        _ => span(pack.time),
    };
    let no = pack.no.map_or_else(|| "–".to_owned(), |n| format!("#{n}"));
    let again = if pack.tries > 1 { ordinal(pack.tries) } else { String::new() };
    vec![
        s(cells::left(&no, 5), theme.dim),
        s(cells::right(&cells::count(pack.keys, 5), 6), theme.value),
        gap(1),
        s(cells::left(word, 11), style),
        s(cells::right(&time, 7), theme.dim),
        s(cells::right(&again, 5), theme.pending),
    ]
}

/// The workers, one a line. Says how many rows they take.
fn worker_list(model: &Model, buf: &mut Buffer, area: Rect) -> u16 {
    let theme = &model.theme;
    line(buf, area, 0, vec![s("Workers", theme.heading)]);
    for (n, worker) in model.snapshot.workers.iter().enumerate() {
        let (glyph, word, style) = worker_words(model, *worker);
        let number = s(cells::left(&grouped(n as u64 + 1), 4), theme.dim);
        line(buf, area, n + 1, vec![number, s(format!("{glyph} {word}"), style)]);
    }
    model.snapshot.workers.len() as u16 + 2
}

fn run_facts(model: &Model, buf: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    let t = &model.snapshot.totals;
    line(buf, area, 0, vec![s("This run", theme.heading)]);
    let facts = [
        ("sessions", grouped(t.sessions), theme.value),
        ("pages", grouped(t.pages), theme.value),
        ("instructions", grouped(t.instructions), theme.value),
        ("ack packs", grouped(t.packs), theme.value),
        ("requests", grouped(t.requests), theme.value),
        ("sent again", grouped(t.retries), if t.retries > 0 { theme.pending } else { theme.dim }),
        (
            "not delivered",
            grouped(t.failed_objects),
            if t.failed_objects > 0 { theme.pending } else { theme.dim },
        ),
        ("received", bytes(t.bytes), theme.value),
    ];
    for (row, (label, value, style)) in facts.into_iter().enumerate() {
        line(
            buf,
            area,
            row + 1,
            vec![s(cells::left(label, 14), theme.dim), s(cells::right(&value, 13), style)],
        );
    }
}
