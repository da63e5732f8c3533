//! What lies over a screen: the keys, from the live keymap, and the question before leaving.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Span;
use ratatui::widgets::{Block, BorderType, Clear, Widget};

use super::super::action::{ACTIONS, Action, Scope};
use super::super::cells;
use super::super::model::{Model, Screen};
use super::paint::{gap, hint, line, s};

/// The columns of the keys.
const KEYS: usize = 22;
const TYPED: &str = "In a line that is typed";
const LINE: (Scope, &str) = (Scope::Line, "While something is asked for");

pub(super) fn block(model: &Model, title: &str) -> Block<'static> {
    Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(model.theme.rule)
        .title(Span::styled(format!(" {title} "), model.theme.accent.patch(model.theme.heading)))
}

pub(super) fn centred(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height }
}

/// Slivers of the screen beside a frame are noise: where little is left, it takes all.
fn width(area: Rect) -> u16 {
    if area.width < 100 { area.width } else { 84 }
}

fn outer(model: &Model, area: Rect) -> Rect {
    let body = super::body(area);
    let lines = lines(model).len() as u16;
    let width = width(area);
    let height = if lines + 6 > body.height { body.height } else { lines + 2 };
    centred(body, width, height)
}

/// What is inside of the help's frame.
pub(super) fn inner(model: &Model, area: Rect) -> Rect {
    let outer = outer(model, area);
    Rect {
        x: outer.x + 2,
        y: outer.y + 1,
        width: outer.width.saturating_sub(4),
        height: outer.height.saturating_sub(2),
    }
}

/// The help's lines: this screen's actions first.
pub(super) fn lines(model: &Model) -> Vec<Vec<Span<'static>>> {
    let theme = &model.theme;
    let room = usize::from(width(super::area_of(model))).saturating_sub(4 + KEYS + 2).max(8);
    let here = match model.screen {
        Screen::Sync => vec![(Scope::Sync, "On this screen")],
        Screen::Browse => vec![(Scope::Browse, "On this screen"), LINE, (Scope::Text, TYPED)],
        Screen::Acks => vec![(Scope::Acks, "On this screen")],
        Screen::Wire => vec![(Scope::Wire, "On this screen"), LINE, (Scope::Text, TYPED)],
        Screen::Sql => vec![
            (Scope::Sql, "On this screen"),
            (Scope::Prompt, "While a statement is typed"),
            (Scope::Text, TYPED),
        ],
        Screen::History => vec![(Scope::History, "On this screen")],
    };
    let mut out = Vec::new();
    for (scope, title) in here.into_iter().chain([(Scope::Global, "Everywhere")]) {
        if !out.is_empty() {
            out.push(Vec::new());
        }
        out.push(vec![s(title, theme.heading)]);
        for entry in ACTIONS.iter().filter(|e| e.scopes.contains(&scope)) {
            if matches!(entry.action, Action::Edit | Action::Pace | Action::Bend) && !model.demo {
                continue;
            }
            let keys = model.keymap.keys_in(&[scope], entry.action).join("  ");
            let keys = if keys.is_empty() { "no key".to_owned() } else { keys };
            for (n, text) in cells::wrap(entry.help, room).into_iter().enumerate() {
                let keys = if n == 0 { keys.as_str() } else { "" };
                out.push(vec![s(cells::left(keys, KEYS), theme.key), gap(2), s(text, theme.text)]);
            }
        }
    }
    out
}

pub(super) fn draw(model: &Model, buf: &mut Buffer, area: Rect, at: usize) {
    let outer = outer(model, area);
    let lines = lines(model);
    Clear.render(outer, buf);
    let inner = inner(model, area);
    let height = usize::from(inner.height);
    let from = at.min(lines.len().saturating_sub(height));
    let title = if lines.len() > height {
        format!("Keys  {}–{} of {}", from + 1, (from + height).min(lines.len()), lines.len())
    } else {
        "Keys".to_owned()
    };
    block(model, &title).render(outer, buf);
    for (row, spans) in lines.into_iter().skip(from).take(height).enumerate() {
        line(buf, inner, row, spans);
    }
}

pub(super) fn ask_quit(model: &Model, buf: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    let outer = centred(area, 60, 7);
    Clear.render(outer, buf);
    block(model, "Quit").render(outer, buf);
    let inner = Rect { x: outer.x + 3, y: outer.y + 2, width: outer.width - 6, height: 3 };
    line(buf, inner, 0, vec![s("A run is on. Stop it and quit?", theme.text)]);
    line(buf, inner, 1, vec![s("What is committed stays; its acks go first next time.", theme.dim)]);
    let mut keys = Vec::new();
    for action in [Action::Yes, Action::No] {
        keys.extend(hint(&model.keymap.key_of(action).unwrap_or_default(), action.entry().short, theme));
        keys.push(gap(3));
    }
    line(buf, inner, 2, keys);
}
