//! What lies over a screen: the keys, from the live keymap, and the question before leaving.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::Span;

use super::super::action::{ACTIONS, Action, Scope};
use super::super::cells;
use super::super::model::{Model, Screen};
use super::hints::{self, Hint};
use super::over;
use super::paint::{chosen, gap, line, s};

/// The columns of the keys, where one line stands beside no other.
const KEYS: usize = 22;
/// And where it does.
const NARROW: usize = 15;
/// Columns between two lines.
const GAP: usize = 3;
const TYPED: &str = "In a line that is typed";
const LINE: (Scope, &str) = (Scope::Line, "While something is asked for");

/// How many lines stand side by side.
fn abreast(area: Rect) -> usize {
    match area.width {
        0..110 => 1,
        110..180 => 2,
        _ => 3,
    }
}

fn width(area: Rect) -> u16 {
    if abreast(area) == 1 { over::width(area) } else { over::beside(area, 8) }
}

pub(super) fn outer(model: &Model, area: Rect) -> Rect {
    let body = super::body(area);
    let lines = lines(model).len() as u16;
    let width = width(area);
    let height = if lines + 6 > body.height { body.height } else { lines + 2 };
    over::centred(body, width, height)
}

/// What is inside of the help's frame.
pub(super) fn inner(model: &Model, area: Rect) -> Rect {
    over::inside(outer(model, area))
}

type Line = Vec<Span<'static>>;

/// The help's lines, side by side where there is room: down the first column, then down the next.
pub(super) fn lines(model: &Model) -> Vec<Line> {
    let area = super::area_of(model);
    let abreast = abreast(area);
    let room = usize::from(width(area)).saturating_sub(4 + GAP * (abreast - 1)) / abreast;
    let parts = parts(model, if abreast == 1 { KEYS } else { NARROW }, room);
    // The shortest columns that take it all.
    let mut rows = parts.iter().map(Vec::len).sum::<usize>().div_ceil(abreast);
    let columns = loop {
        match poured(&parts, rows) {
            columns if columns.len() <= abreast => break columns,
            _ => rows += 1,
        }
    };
    let row = |row: usize| {
        let lines = columns.iter().map(|column| column.get(row).cloned().unwrap_or_default());
        lines.flat_map(|spans| chosen(spans, (room + GAP) as u16, Style::new())).collect()
    };
    (0..columns.iter().map(Vec::len).max().unwrap_or_default()).map(row).collect()
}

/// The parts in columns of at most so many rows, or of one part that has more. No column begins with an empty line.
fn poured(parts: &[Vec<Line>], rows: usize) -> Vec<Vec<Line>> {
    let mut columns: Vec<Vec<Line>> = vec![Vec::new()];
    for part in parts {
        if columns.last().is_some_and(|column| !column.is_empty() && column.len() + part.len() > rows) {
            columns.push(Vec::new());
        }
        let column = columns.len() - 1;
        let empty = columns[column].is_empty();
        columns[column].extend(part.iter().skip_while(|line| empty && line.is_empty()).cloned());
    }
    columns
}

/// An action is a part, the first of a scope with the scope's title over it: no column ends with a title. This screen's
/// come first; what would do nothing now is dim.
fn parts(model: &Model, columns: usize, room: usize) -> Vec<Vec<Line>> {
    let theme = &model.theme;
    let room = room.saturating_sub(columns + 2).max(8);
    let here = match model.screen {
        _ if model.welcome.is_some() => {
            vec![(Scope::Welcome, "On this screen"), LINE, (Scope::Text, TYPED)]
        }
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
        let mut part = if out.is_empty() { Vec::new() } else { vec![Vec::new()] };
        part.push(vec![s(title, theme.heading)]);
        for entry in ACTIONS.iter().filter(|e| e.scopes.contains(&scope)) {
            if !model.offers(entry.action) {
                continue;
            }
            let keys = model.keymap.keys_in(&[scope], entry.action).join("  ");
            let keys = if keys.is_empty() { "no key".to_owned() } else { keys };
            let (key, said) =
                if model.works(entry.action) { (theme.key, theme.text) } else { (theme.dim, theme.dim) };
            for (n, text) in cells::wrap(entry.help, room).into_iter().enumerate() {
                let keys = if n == 0 { keys.as_str() } else { "" };
                part.push(vec![s(cells::left(keys, columns), key), gap(2), s(text, said)]);
            }
            out.push(std::mem::take(&mut part));
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

/// Where the question before leaving stands.
pub(super) fn question(area: Rect) -> Rect {
    over::centred(area, 60, 7)
}

/// Its lines.
fn asked(area: Rect) -> Rect {
    let outer = question(area);
    Rect { x: outer.x + 3, y: outer.y + 2, width: outer.width - 6, height: 3 }
}

/// Its answers, at their places in its last line.
fn answers(model: &Model) -> Vec<Hint> {
    let keys = [Action::Yes, Action::No]
        .map(|action| (action, model.keymap.key_of(action).unwrap_or_default(), action.entry().short));
    hints::lay_out(keys, 0)
}

/// The answer at a place of the screen.
pub(super) fn answer_at(model: &Model, area: Rect, place: Position) -> Option<Action> {
    let line = Rect { y: asked(area).y + 2, height: 1, ..asked(area) };
    if line.contains(place) { hints::at(&answers(model), place.x - line.x) } else { None }
}

pub(super) fn ask_quit(model: &Model, buf: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    over::frame(model, buf, question(area), "Quit");
    let inner = asked(area);
    line(buf, inner, 0, vec![s("A run is on. Stop it and quit?", theme.text)]);
    line(buf, inner, 1, vec![s("What is committed stays; its acks go first next time.", theme.dim)]);
    hints::draw(&answers(model), theme, buf, inner, 2);
}
