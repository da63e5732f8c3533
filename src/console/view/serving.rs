//! A console over a service: the line that says how it stands, and the panel of its clients.
//!
//! ```text
//!  12,000 records   2 devices   1 session open, 3,400 left   200 unacknowledged
//! ╭ Clients ──────────────────────────────────────────────────────╮
//! │ base URL   http://127.0.0.1:8080                               │
//! │ ▶ user 1600000001   sees everything                            │
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Span;

use super::super::action::Action;
use super::super::cells;
use super::super::model::Model;
use super::super::model::serving::Serving;
use super::super::serving::{Device, Standing};
use super::over::{self, Place};
use super::paint::{chosen, gap, line, s};
use crate::text::{grouped, visible};

/// How the service stands, in a line.
pub(super) fn standing(model: &Model, serving: &Serving, buf: &mut Buffer, area: Rect) {
    let parts = match &serving.standing {
        None => Vec::new(),
        Some(Standing::Account { records, devices, lately }) => account(*records, *devices, lately),
        Some(Standing::Recording { left, all }) => vec![
            (grouped(*all), "recorded requests"),
            (grouped(all.saturating_sub(*left)), "asked for"),
            (grouped(*left), "left"),
        ],
        Some(Standing::Examination { name, about, number, all, passed, .. }) => {
            return scenario(model, buf, area, (name, about), (*number, *all, *passed));
        }
    };
    let theme = &model.theme;
    let mut spans = vec![gap(1)];
    for (number, word) in parts {
        let (style, word_style) =
            if number == "0" { (theme.dim, theme.dim) } else { (theme.value, theme.dim) };
        spans.extend([s(number, style), s(format!(" {word}"), word_style), gap(3)]);
    }
    line(buf, area, 0, spans);
}

fn account(records: u64, devices: u64, lately: &[Device]) -> Vec<(String, &'static str)> {
    let sum = |of: fn(&Device) -> u64| lately.iter().map(of).sum::<u64>();
    let (sessions, left) = (sum(|device| device.sessions), sum(|device| device.left));
    let one = |n: u64, one: &'static str, many: &'static str| (grouped(n), if n == 1 { one } else { many });
    let mut parts = vec![
        one(records, "record", "records"),
        one(devices, "device", "devices"),
        one(sessions, "session", "sessions"),
    ];
    if sessions > 0 {
        parts.push((grouped(left), "queued"));
    }
    parts.push((grouped(sum(|device| device.unacknowledged)), "unacknowledged"));
    parts
}

fn scenario(
    model: &Model,
    buf: &mut Buffer,
    area: Rect,
    (name, about): (&str, &str),
    (number, all, passed): (usize, usize, usize),
) {
    let theme = &model.theme;
    let before = format!("scenario {number} of {all}  ");
    let after = format!("   {passed} passed");
    let room = usize::from(area.width)
        .saturating_sub(2 + cells::width(&before) + cells::width(name) + 2 + cells::width(&after));
    line(
        buf,
        area,
        0,
        vec![
            gap(1),
            s(before, theme.dim),
            s(visible(name).into_owned(), theme.accent),
            gap(2),
            s(cells::fit(&visible(about), room), theme.text),
            s(after, theme.dim),
        ],
    );
}

/// What a client needs to know, where nothing was asked yet.
pub(super) fn nothing(model: &Model, serving: &Serving, buf: &mut Buffer, area: Rect, row: usize) {
    let theme = &model.theme;
    let key = model.keymap.key_of(Action::Connect).unwrap_or_default();
    line(buf, area, row, vec![gap(2), s("Nothing was asked yet. What a client needs:", theme.text)]);
    let facts = [
        ("base URL", serving.address.clone()),
        ("token", format!("{key} copies it; it is on no screen")),
        ("device", "any UUID, the same for ever".to_owned()),
    ];
    for (at, (name, fact)) in facts.into_iter().enumerate() {
        let style = if at == 0 { theme.value } else { theme.dim };
        line(buf, area, row + 2 + at, vec![gap(4), s(cells::left(name, 11), theme.dim), s(fact, style)]);
    }
}

/// Lines of the panel above the first of who may ask.
const ABOVE: usize = 2;

/// Where the panel stands that has these lines; its list is who may ask.
fn place_of(serving: &Serving, area: Rect, lines: usize) -> Place {
    let body = super::body(area);
    let outer = over::centred(body, over::width(area), (lines as u16 + 2).min(body.height));
    let inner = over::inside(outer);
    let (above, rows) = (ABOVE as u16, serving.entrances.len());
    let list = Rect { y: inner.y + above, height: inner.height.saturating_sub(above), ..inner };
    Place { outer, list, from: 0, rows }
}

/// Where the panel of the clients stands.
pub(super) fn place(model: &Model, serving: &Serving, area: Rect) -> Place {
    place_of(serving, area, panel(model, serving, area).len())
}

/// The lines of the panel.
fn panel(model: &Model, serving: &Serving, area: Rect) -> Vec<Vec<Span<'static>>> {
    lines(model, serving, usize::from(over::width(area)).saturating_sub(4))
}

/// The panel of the clients: who may ask, and who has asked.
pub(super) fn draw(model: &Model, serving: &Serving, buf: &mut Buffer, area: Rect) {
    let lines = panel(model, serving, area);
    let inner = over::frame(model, buf, place_of(serving, area, lines.len()).outer, "Clients");
    for (row, spans) in lines.into_iter().enumerate() {
        line(buf, inner, row, spans);
    }
}

fn lines(model: &Model, serving: &Serving, width: usize) -> Vec<Vec<Span<'static>>> {
    let theme = &model.theme;
    let mut lines = vec![vec![s("base URL  ", theme.dim), s(serving.address.clone(), theme.value)]];
    lines.resize(ABOVE, Vec::new());
    for (at, entrance) in serving.entrances.iter().enumerate() {
        let here = at == serving.at;
        let spans = vec![
            if here { s("▶ ", theme.accent) } else { gap(2) },
            s(cells::left(&visible(&entrance.who), 20), theme.text),
            gap(2),
            s(cells::fit(&visible(&entrance.sees), width.saturating_sub(24)), theme.dim),
        ];
        lines.push(if here { chosen(spans, width as u16, theme.selected) } else { spans });
    }
    let key = model.keymap.key_of(Action::CopyToken).unwrap_or_default();
    let note = format!("{key} copies the token, which is on no screen and in no recording");
    lines.extend([Vec::new(), vec![s(note, theme.dim)]]);
    if let Some(Standing::Account { lately, .. }) = &serving.standing {
        lines.push(Vec::new());
        lines.extend(devices(model, lately));
    }
    if let Some(Standing::Examination { report, .. }) = &serving.standing {
        lines.push(Vec::new());
        lines
            .extend(report.iter().rev().map(|found| vec![s(cells::fit(&visible(found), width), theme.text)]));
    }
    lines
}

/// Columns of a device's numbers.
const NUMBER: usize = 12;

fn devices(model: &Model, lately: &[Device]) -> Vec<Vec<Span<'static>>> {
    let theme = &model.theme;
    if lately.is_empty() {
        return vec![vec![s("no device has asked since the service began", theme.dim)]];
    }
    let number = |n: u64| {
        let style = if n == 0 { theme.dim } else { theme.value };
        s(cells::right(&grouped(n), NUMBER), style)
    };
    let head = ["sessions", "queued", "unacked"].map(|name| s(cells::right(name, NUMBER), theme.dim));
    let mut lines = vec![
        [s(cells::left("device", 10), theme.dim), s(cells::left("sees", 18), theme.dim)]
            .into_iter()
            .chain(head)
            .collect::<Vec<_>>(),
    ];
    lines.extend(lately.iter().map(|device| {
        vec![
            s(cells::left(&device.device.short(), 10), theme.text),
            s(cells::left(&visible(&device.sees), 18), theme.dim),
            number(device.sessions),
            number(device.left),
            number(device.unacknowledged),
        ]
    }));
    lines
}

/// The keys that matter in the panel.
pub(super) fn footer() -> Vec<(Action, Option<&'static str>)> {
    let a = |action| (action, None);
    vec![
        a(Action::CopyToken),
        a(Action::CopyAddress),
        a(Action::Down),
        a(Action::Up),
        (Action::Back, Some("close")),
    ]
}
