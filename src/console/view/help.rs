//! What lies over a screen: the keys, from the live keymap, and the question before leaving.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Span;

use super::super::action::{ACTIONS, Action, Scope};
use super::super::cells;
use super::super::model::{Model, Screen};
use super::over;
use super::paint::{gap, hint, line, s};

/// The columns of the keys.
const KEYS: usize = 22;
const TYPED: &str = "In a line that is typed";
const LINE: (Scope, &str) = (Scope::Line, "While something is asked for");

fn outer(model: &Model, area: Rect) -> Rect {
    let body = super::body(area);
    let lines = lines(model).len() as u16;
    let width = over::width(area);
    let height = if lines + 6 > body.height { body.height } else { lines + 2 };
    over::centred(body, width, height)
}

/// What is inside of the help's frame.
pub(super) fn inner(model: &Model, area: Rect) -> Rect {
    over::inside(outer(model, area))
}

/// The help's lines: this screen's actions first.
pub(super) fn lines(model: &Model) -> Vec<Vec<Span<'static>>> {
    let theme = &model.theme;
    let room = usize::from(over::width(super::area_of(model))).saturating_sub(4 + KEYS + 2).max(8);
    let here = match model.screen {
        Screen::Sync => vec![(Scope::Sync, "On this screen")],
        Screen::Browse => vec![(Scope::Browse, "On this screen"), LINE, (Scope::Text, TYPED)],
        Screen::Acks => vec![(Scope::Acks, "On this screen")],
        Screen::Wire if model.serving.is_some() => vec![
            (Scope::Serve, "The service"),
            (Scope::Wire, "Its requests"),
            (Scope::Connect, "In the panel of its clients"),
            LINE,
            (Scope::Text, TYPED),
        ],
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
            if !model.offers(entry.action) {
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
    let height = usize::from(over::inside(outer).height);
    let from = at.min(lines.len().saturating_sub(height));
    let title = if lines.len() > height {
        format!("Keys  {}–{} of {}", from + 1, (from + height).min(lines.len()), lines.len())
    } else {
        "Keys".to_owned()
    };
    let inner = over::frame(model, buf, outer, &title);
    for (row, spans) in lines.into_iter().skip(from).take(height).enumerate() {
        line(buf, inner, row, spans);
    }
}

pub(super) fn ask_quit(model: &Model, buf: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    let outer = over::centred(area, 60, 7);
    over::frame(model, buf, outer, "Quit");
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
