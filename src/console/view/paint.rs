//! Small tools of the views: lines that never leave their area, bars, rules, sparklines.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::super::cells;
use super::super::theme::Theme;
use crate::text::grouped;

/// A piece of text with its style.
pub(super) fn s(text: impl Into<String>, style: Style) -> Span<'static> {
    Span::styled(text.into(), style)
}

/// Spaces.
pub(super) fn gap(n: usize) -> Span<'static> {
    Span::raw(" ".repeat(n))
}

/// Draws a line in a row of an area; outside of it nothing is drawn.
pub(super) fn line(buf: &mut Buffer, area: Rect, row: usize, spans: Vec<Span<'static>>) {
    line_at(buf, area, row, 0, spans);
}

/// The same, so many columns further right.
pub(super) fn line_at(buf: &mut Buffer, area: Rect, row: usize, column: usize, spans: Vec<Span<'static>>) {
    if row >= usize::from(area.height) || column >= usize::from(area.width) {
        return;
    }
    let (x, y) = (area.x + column as u16, area.y + row as u16);
    buf.set_line(x, y, &Line::from(spans), area.width - column as u16);
}

/// Draws a line against the right edge of a row and says how many columns it took; nothing where it does not fit.
pub(super) fn line_right(buf: &mut Buffer, area: Rect, row: usize, spans: Vec<Span<'static>>) -> usize {
    let width: usize = spans.iter().map(|s| cells::width(&s.content)).sum();
    let column = usize::from(area.width).saturating_sub(width);
    if width > usize::from(area.width) {
        return 0;
    }
    line_at(buf, area, row, column, spans);
    width
}

/// A rule over the whole width.
pub(super) fn rule(buf: &mut Buffer, area: Rect, row: usize, theme: &Theme) {
    line(buf, area, row, vec![s("─".repeat(usize::from(area.width)), theme.rule)]);
}

/// Draws lines from one of them on; where there are more than fit the last row says how many.
pub(super) fn scrolled(
    buf: &mut Buffer,
    area: Rect,
    lines: Vec<Vec<Span<'static>>>,
    from: usize,
    theme: &Theme,
) {
    let height = usize::from(area.height);
    let from = from.min(lines.len().saturating_sub(height));
    let below = lines.len().saturating_sub(from + height);
    for (row, spans) in lines.into_iter().skip(from).take(height).enumerate() {
        if below > 0 && row + 1 == height {
            line(buf, area, row, vec![s(format!("… {} more", grouped(below as u64 + 1)), theme.dim)]);
        } else {
            line(buf, area, row, spans);
        }
    }
}

/// A line down the left edge of an area.
pub(super) fn divider(buf: &mut Buffer, area: Rect, theme: &Theme) {
    for row in 0..usize::from(area.height) {
        line(buf, area, row, vec![s("│", theme.rule)]);
    }
}

/// A row's spans with the style of one that is chosen, to the end of its width.
pub(super) fn chosen(mut spans: Vec<Span<'static>>, width: u16, style: Style) -> Vec<Span<'static>> {
    let used: usize = spans.iter().map(|span| cells::width(&span.content)).sum();
    spans.push(gap(usize::from(width).saturating_sub(used)));
    spans.into_iter().map(|span| span.patch_style(style)).collect()
}

/// A bar with eighths of a cell.
pub(super) fn bar(share: f64, width: usize, full: Style, track: Style) -> Vec<Span<'static>> {
    let blocks = blocks(share, width);
    let rest = width - cells::width(&blocks);
    vec![s(blocks, full), s("░".repeat(rest), track)]
}

/// A share of so many columns, to the eighth of one.
pub(super) fn blocks(share: f64, width: usize) -> String {
    const PARTS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (share.clamp(0.0, 1.0) * width as f64 * 8.0).round() as usize;
    format!("{}{}", "█".repeat(eighths / 8), PARTS[eighths % 8])
}

/// A sparkline of the last values, scaled to its own highest.
pub(super) fn spark(values: &[u64], width: usize) -> String {
    const STEPS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let values = &values[values.len().saturating_sub(width)..];
    let top = values.iter().copied().max().unwrap_or(0).max(1);
    values.iter().map(|v| STEPS[((v * 7 + top / 2) / top).min(7) as usize]).collect()
}

/// A share in percent that says 100 only when all is done.
pub(super) fn percent(share: f64) -> String {
    let n = if share >= 1.0 { 100 } else { ((share * 100.0) as u64).min(99) };
    format!("{n:>3}%")
}

/// A key and what it does, for footers and hints.
pub(super) fn hint(key: &str, what: &str, theme: &Theme) -> Vec<Span<'static>> {
    vec![s(key, theme.key), gap(1), s(what, theme.dim)]
}

/// What a pane leaves for its lines: below its heading, with a column free on both sides.
pub(super) fn inner(area: Rect) -> Rect {
    Rect {
        x: area.x + 1,
        y: area.y + 1,
        width: area.width.saturating_sub(2),
        height: area.height.saturating_sub(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_fill_their_width() {
        for n in 0..=1000 {
            let spans = bar(f64::from(n) / 1000.0, 17, Style::new(), Style::new());
            assert_eq!(spans.iter().map(|s| cells::width(&s.content)).sum::<usize>(), 17);
        }
        assert_eq!(percent(0.999), " 99%");
        assert_eq!(spark(&[9, 0, 2, 8, 14], 4), "▁▂▅█");
    }
}
