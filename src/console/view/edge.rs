//! The frame around every screen: header, tabs with what is said beside them, footer.
//!
//! ```text
//!  drainboard  acme · api.getbase.com         device 6dadcec8  ● draining       session 29f2aeeb  0:09
//!  1 Sync   2 Browse                                                        a remark, or the first error
//! ─────────────────────────────────────────────────────────────────────────────────────────────────────
//!  the screen
//! ─────────────────────────────────────────────────────────────────────────────────────────────────────
//!  s sync   p pause   . step   a send acks   x stop   ? help
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Span;

use super::super::action::Action;
use super::super::model::{Model, Overlay, Screen};
use super::super::{Manner, cells};
use super::hints::{self, Hint};
use super::paint::{gap, line, line_at, line_right, s};
use super::phase::phase;
use super::{acks, bend, browse, history, notice, saved, serving, sql, sync, whole, wire};
use crate::text::{clock, counted, grouped, visible};

/// The place, what this console does, and how far the run is.
pub(super) fn header(model: &Model, buf: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    let (glyph, word, style) = phase(model);
    let mut right = Vec::new();
    if let Some(device) = model.snapshot.device.filter(|_| area.width >= 100) {
        right.extend([s("device ", theme.dim), s(device.short(), theme.text), gap(2)]);
    }
    // What this console does not do is said everywhere.
    match model.manner {
        Manner::Plain => {}
        Manner::Peek => right.extend([s("■ peek: no acks", theme.pending), gap(2)]),
        Manner::ReadOnly => right.extend([s("■ read-only", theme.pending), gap(2)]),
    }
    // Held acks are said everywhere: nothing new starts before they are released.
    if let Some(held) = model.held() {
        let text = match held {
            0 if !model.running() => "■ acks will be held".to_owned(),
            held => format!("■ {} held", counted(held, "ack")),
        };
        right.extend([s(text, theme.pending), gap(2)]);
    } else if model.snapshot.dropping {
        right.extend([s("■ next pack is lost", theme.pending), gap(2)]);
    }
    if model.wire.recorded.is_some() {
        right.extend([s("● rec", theme.failed), gap(2)]);
    }
    // The word has the width of the longest one, so that nothing beside it moves; where it is narrow the place has it.
    let steady = if area.width >= 72 { 13 } else { 0 };
    right
        .extend([s(format!("{glyph} "), style), s(cells::left(word, steady.max(cells::width(word))), style)]);
    let session = model.snapshot.session.as_ref();
    if let Some(session) = session.filter(|_| area.width >= 100 || model.every.left(model.now).is_none()) {
        right.extend([gap(2), s("session ", theme.dim), s(cells::left(&session.short, 8), theme.text)]);
    }
    if let Some(left) = model.every.left(model.now).filter(|_| !model.running()) {
        right.extend([gap(2), s("again in ", theme.dim), s(cells::right(&clock(left), 5), theme.value)]);
    } else if model.has_run() {
        right.extend([gap(1), s(cells::right(&clock(model.elapsed()), 7), theme.value)]);
    }
    right.push(gap(1));
    let taken = line_right(buf, area, 0, right);
    let room = usize::from(area.width).saturating_sub(taken + 13 + 2);
    let place = if model.host.is_empty() || model.host == model.title {
        model.title.clone()
    } else {
        format!("{} · {}", model.title, model.host)
    };
    let place = if cells::width(&place) > room { model.title.clone() } else { place };
    let left = vec![
        gap(1),
        s("drainboard", theme.accent.patch(theme.heading)),
        gap(2),
        s(cells::fit(&place, room), theme.dim),
    ];
    line(buf, Rect { width: area.width - taken as u16, ..area }, 0, left);
}

/// The screens; at their right what is said.
pub(super) fn tabs(model: &Model, buf: &mut Buffer, area: Rect) {
    // A remark that goes may lie over the tabs for its while, over whole ones: a file's place that is cut is none.
    let over = model.toast.as_ref().map(|_| usize::from(area.width).saturating_sub(4));
    let said = |room: usize| remark(model, room.saturating_sub(2));
    let mut remark = if let Some(watched) = &model.serving {
        // One screen needs no tabs.
        serving::standing(model, watched, buf, area);
        said(usize::from(area.width).saturating_sub(4))
    } else if let Some(room) = over {
        let remark = said(room);
        let taken: usize = remark.iter().map(|span| cells::width(&span.content)).sum();
        screens(model, buf, area, usize::from(area.width).saturating_sub(taken + 3));
        remark
    } else {
        let used = screens(model, buf, area, area.width.into());
        said(usize::from(area.width).saturating_sub(used + 1))
    };
    if remark.is_empty() {
        return;
    }
    remark.insert(0, gap(2));
    remark.push(gap(1));
    line_right(buf, area, 0, remark);
}

/// The screens' names, at their places.
fn names(model: &Model) -> Vec<Hint> {
    let screens = [Screen::Sync, Screen::Browse, Screen::Acks, Screen::Wire, Screen::Sql, Screen::History];
    let keys = screens.into_iter().map(|screen| {
        let action = screen.shown_by();
        (action, model.keymap.key_of(action).unwrap_or_default(), action.entry().short)
    });
    hints::lay_out(keys, 1)
}

/// The screen whose name stands at a column of the tabs.
pub(super) fn tab_at(model: &Model, column: u16) -> Option<Action> {
    if model.serving.is_some() { None } else { hints::at(&names(model), column) }
}

/// Draws the screens' names, those that have room; how many columns they take.
fn screens(model: &Model, buf: &mut Buffer, area: Rect, room: usize) -> usize {
    let theme = &model.theme;
    let mut names = names(model);
    names.retain(|name| usize::from(name.to) <= room);
    for Hint { action, key, word, from, .. } in &names {
        let here = *action == model.screen.shown_by();
        let style = if here { theme.accent.patch(theme.heading) } else { theme.dim };
        line_at(buf, area, 0, usize::from(*from), vec![s(format!("{key} {word}"), style)]);
    }
    names.last().map_or(0, |last| usize::from(last.to) + 3)
}

/// What is said at the right of the tabs: a remark that goes, or else the first thing that waits to be seen.
fn remark(model: &Model, room: usize) -> Vec<Span<'static>> {
    let theme = &model.theme;
    if let Some(remark) = &model.toast {
        return vec![s(cells::fit(&visible(&remark.text), room), theme.pending)];
    }
    let short = model.notices.first().filter(|_| notice::long(model).is_none());
    if let Some(notice) = short.filter(|_| model.screen != Screen::Sync || !model.has_run()) {
        let key = model.keymap.key_of(Action::Back).unwrap_or_default();
        let (mark, style) = notice::mark(notice, theme);
        let hint = format!("   {key} seen");
        let text = visible(&notice.text).into_owned();
        let text = cells::fit(&text, room.saturating_sub(2 + cells::width(&hint))).into_owned();
        return vec![s(format!("{mark} {text}"), style), s(hint, theme.dim)];
    }
    if let Some(step) = model.snapshot.next_step.as_ref().filter(|_| model.screen != Screen::Sync) {
        return vec![s(cells::fit(&format!("‖ next: {}", visible(step)), room), theme.pending)];
    }
    let missed = model.snapshot.missed + model.missed;
    if missed > 0 {
        let n = grouped(missed);
        return vec![s(cells::fit(&format!("{n} events not shown, none uncounted"), room), theme.dim)];
    }
    Vec::new()
}

/// Actions in a footer, beside the palette and the help.
const MOST: usize = 6;

/// The actions that matter now, the most useful ones first, with a word of their own where the usual one says too little.
fn footer_actions(model: &Model) -> Vec<(Action, Option<&'static str>)> {
    let a = |action| (action, None);
    let mut keys = match (model.overlay, model.screen) {
        (Some(Overlay::AskQuit), _) => return vec![a(Action::Yes), a(Action::No)],
        (Some(Overlay::NewDevice), _) => {
            return vec![(Action::Accept, Some("become it")), (Action::Back, Some("go back"))];
        }
        (Some(Overlay::Help(_)), _) => {
            return vec![a(Action::Down), a(Action::Up), (Action::Back, Some("close"))];
        }
        (Some(Overlay::Palette), _) => {
            return vec![a(Action::Choose), a(Action::Down), a(Action::Up), (Action::Back, Some("close"))];
        }
        (Some(Overlay::Bend), _) => return bend::footer(),
        (Some(Overlay::Connect), _) => return serving::footer(),
        (Some(Overlay::Whole), _) => return whole::footer(),
        (Some(Overlay::Saved), _) => return saved::footer(),
        (None, _) if model.naming.is_some() => {
            return vec![a(Action::Accept), (Action::Back, Some("cancel"))];
        }
        (None, Screen::Sync) => sync::footer(model),
        (None, Screen::Browse) => browse::footer(model),
        (None, Screen::Acks) => acks::footer(model),
        (None, Screen::Wire) => wire::footer(model),
        (None, Screen::Sql) => sql::footer(model),
        (None, Screen::History) => history::footer(model),
    };
    // What would do nothing now is not worth a look.
    keys.retain(|(action, _)| model.works(*action));
    keys.truncate(MOST);
    keys.extend([a(Action::Palette), a(Action::Help)]);
    if keys.len() < MOST {
        keys.push(a(Action::Quit));
    }
    keys
}

/// The keys that matter now, as many as there is room for, at their places.
fn shown(model: &Model, width: u16) -> Vec<Hint> {
    let keys = footer_actions(model).into_iter().filter_map(|(action, word)| {
        // Over a screen it is the key of what lies there.
        let over = || model.overlay.and_then(|_| model.keymap.key_of(action));
        let key = model.key_here(action).or_else(over)?;
        Some((action, key, word.unwrap_or(action.entry().short)))
    });
    let mut keys: Vec<_> = keys.collect();
    loop {
        let hints = hints::lay_out(keys.iter().cloned(), 1);
        if keys.len() < 2 || hints.last().is_none_or(|last| last.to < width) {
            return hints;
        }
        // What does not fit goes; last of all the ways to everything else.
        let spare = |(action, ..): &(Action, String, &str)| !matches!(action, Action::Palette | Action::Help);
        keys.remove(keys.iter().rposition(spare).unwrap_or(0));
    }
}

/// What the key at a column of the footer does.
pub(super) fn key_at(model: &Model, area: Rect, column: u16) -> Option<Action> {
    hints::at(&shown(model, area.width), column)
}

/// The keys that matter now.
pub(super) fn footer(model: &Model, buf: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    hints::draw(&shown(model, area.width), theme, buf, area, 0);
    if !model.typed.is_empty() {
        let typed: Vec<_> = model.typed.iter().map(ToString::to_string).collect();
        line_right(buf, area, 0, vec![s(format!("{} …", typed.join(" ")), theme.accent), gap(1)]);
    }
}
