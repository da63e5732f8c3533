//! A pack or a page that was opened: its pages with their records, its keys.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Span;

use super::super::super::cells;
use super::super::super::model::acks::{Detail, Opened, Row};
use super::super::super::model::{Model, window};
use super::super::paint::{gap, line, line_right, s};
use crate::mirror::debug::Brought;
use crate::text::{counted, grouped, visible};

fn detail_line(model: &Model, row: &Row<'_>, width: usize) -> Vec<Span<'static>> {
    let theme = &model.theme;
    let fit = |text: &str| cells::fit(text, width.saturating_sub(3)).into_owned();
    match row {
        Row::Reading => vec![gap(2), s("reading …", theme.dim)],
        Row::Gap => Vec::new(),
        Row::Key(key) => vec![gap(2), s(fit(&visible(key)), theme.text)],
        Row::Failed(text) => vec![gap(2), s(fit(&visible(text)), theme.failed)],
        Row::Page(page, brought) => {
            let records = counted(brought.records.len() as u64, "record");
            let more = if brought.complete { "" } else { ", perhaps more" };
            vec![gap(1), s(format!("Page {page}: {records}{more}"), theme.heading)]
        }
        Row::Keys(0) => {
            let text = "No key of it is in the outbox any more: all are accepted";
            vec![gap(1), s(text, theme.heading)]
        }
        Row::Keys(n) => {
            vec![gap(1), s(format!("{} in the outbox", counted(*n as u64, "key")), theme.heading)]
        }
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

pub(super) fn draw(model: &Model, buf: &mut Buffer, area: Rect, detail: &Detail) {
    let theme = &model.theme;
    let title = match &detail.of {
        Opened::Pack(no) => format!("Pack {no}"),
        Opened::Filling => "The keys of the next packs".to_owned(),
        Opened::Page(page) => format!("Page {page}"),
    };
    line(buf, area, 0, vec![gap(1), s(title, theme.accent.patch(theme.heading))]);
    let lines = detail.rows();
    let height = usize::from(area.height).saturating_sub(1);
    let from = window(detail.top, detail.at, height, lines.len());
    if lines.len() > height {
        let text = format!("{}–{} of {}", from + 1, from + height, grouped(lines.len() as u64));
        line_right(buf, area, 0, vec![s(text, theme.dim), gap(1)]);
    }
    for (row, shown) in lines.iter().skip(from).take(height).enumerate() {
        line(buf, area, row + 1, detail_line(model, shown, area.width.into()));
        if from + row == detail.at {
            let bar = Rect { y: area.y + row as u16 + 1, height: 1, ..area };
            buf.set_style(bar.intersection(buf.area), theme.selected);
        }
    }
}
