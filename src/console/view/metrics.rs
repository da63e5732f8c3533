//! Screen 1's pace: instructions and requests a second, how long answers take, what each worker does.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::super::cells;
use super::super::model::Model;
use super::budget;
use super::paint::{gap, line, line_right, s, spark};
use crate::engine::event::WorkerView;

pub(super) fn draw(model: &Model, buf: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    let snapshot = &model.snapshot;
    let wide = area.width >= 100;
    let seconds = model.elapsed().as_secs_f64().max(0.1);
    // While it runs the pace now, and the whole run's when it is over.
    let rate =
        if model.running() { model.pace.rate(2) } else { snapshot.totals.instructions as f64 / seconds };
    let rate = rate.round() as u64;
    let limit = match snapshot.rate_limit {
        0 => "no limit".to_owned(),
        n => format!("of {n}"),
    };
    let mut right =
        vec![gap(1), s(cells::right(&cells::count(rate, 7), 7), theme.value), gap(if wide { 5 } else { 2 })];
    let per_second = format!("{:>4.1}", if model.running() { snapshot.request_rate } else { 0.0 });
    if wide {
        right.extend([
            s("requests  ", theme.dim),
            s(per_second, theme.value),
            s(format!("/s {limit:<8}"), theme.dim),
        ]);
    } else {
        right.extend([
            s("req/s ", theme.dim),
            s(per_second, theme.value),
            s(format!(" {limit:<8}"), theme.dim),
        ]);
    }
    right.push(gap(if wide { 3 } else { 1 }));
    for (label, value) in [("p50 ", snapshot.p50_ms), ("p95 ", snapshot.p95_ms)] {
        let (value, unit) = value.map_or(("–".to_owned(), " ms"), latency);
        // Number and unit have the same room, whichever unit it is.
        let room = 7 - unit.len();
        right.extend([s(label, theme.dim), s(cells::right(&value, room), theme.value), s(unit, theme.dim)]);
        right.push(gap(if label == "p95 " { 1 } else { 2 + usize::from(wide) }));
    }
    let taken = line_right(buf, area, 0, right);
    let label = if wide { "instructions/s  " } else { "instr/s  " };
    let room = usize::from(area.width).saturating_sub(taken + 1 + label.len());
    let values: Vec<u64> = model.pace.last(room).collect();
    let spans = vec![
        gap(1),
        s(label, theme.dim),
        s("▁".repeat(room.saturating_sub(values.len())), theme.track),
        s(spark(&values, room), theme.accent),
    ];
    line(buf, area, 0, spans);
    if area.height > 1 {
        workers(model, buf, area, 1);
        budget::row(model, buf, area, 2);
    }
}

/// How long a request took, and the unit: milliseconds, from a second on seconds.
fn latency(ms: u64) -> (String, &'static str) {
    match ms {
        0..1_000 => (ms.to_string(), " ms"),
        1_000..100_000 => (format!("{:.1}", ms as f64 / 1e3), " s"),
        _ => ((ms / 1_000).to_string(), " s"),
    }
}

/// The workers in one line.
fn workers(model: &Model, buf: &mut Buffer, area: Rect, row: usize) {
    let theme = &model.theme;
    let mut spans = vec![gap(1), s(cells::left("workers", 15), theme.dim), gap(1)];
    for (n, worker) in model.snapshot.workers.iter().enumerate() {
        let (glyph, word, style) = worker_words(model, *worker);
        spans.extend([
            s(format!("{} ", n + 1), theme.dim),
            s(glyph, style),
            s(format!(" {word:<10}"), style),
            gap(2),
        ]);
    }
    line(buf, area, row, spans);
}

/// A worker's state as glyph, word and style.
pub(super) fn worker_words(model: &Model, worker: WorkerView) -> (&'static str, &'static str, Style) {
    let theme = &model.theme;
    match worker {
        _ if !model.running() => ("○", "idle", theme.dim),
        WorkerView::Idle => ("○", "idle", theme.dim),
        WorkerView::Paced => ("◌", "paced", theme.dim),
        WorkerView::Taking => ("●", "taking", theme.accent),
        WorkerView::Applying => ("●", "applying", theme.sent),
        WorkerView::Retrying => ("▲", "retrying", theme.pending),
    }
}

#[cfg(test)]
mod tests {
    use super::latency;

    #[test]
    fn a_latency_fits_whatever_it_is() {
        for (ms, value, unit) in [
            (0, "0", " ms"),
            (999, "999", " ms"),
            (3_000, "3.0", " s"),
            (61_200, "61.2", " s"),
            (600_000, "600", " s"),
        ] {
            assert_eq!(latency(ms), (value.to_owned(), unit));
        }
    }
}
