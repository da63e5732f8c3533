//! The welcome screen, over everything: a choice of three, then the three questions with their answers one below the
//! other.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::Span;

use super::super::action::Action;
use super::super::cells;
use super::super::edit::Line;
use super::super::model::welcome::{At, Choice, Source, Welcome};
use super::super::model::{Model, since};
use super::Target;
use super::hints::{self, Hint};
use super::paint::{line, line_at, line_right, rule, s};
use super::typed;
use crate::text::{span, visible};

/// The smallest terminal that it is drawn on.
pub(super) const LEAST: (u16, u16) = (60, 15);
/// Columns of the questions at the most.
const WIDE: u16 = 84;
/// Columns of the choice.
const NARROW: u16 = 56;
/// The row of the token's question.
const TOKEN: usize = 4;
/// Columns of the questions' names.
const LABEL: usize = 12;

const ABOUT: &str = "Drain a Base CRM (Zendesk Sell) account into a SQLite file of your own, and watch every request, \
                     record and acknowledgement of it.";

pub(super) fn draw(model: &Model, welcome: &Welcome, buf: &mut Buffer, area: Rect) {
    if welcome.at == At::Choosing {
        choice(model, welcome, buf, area);
    } else {
        questions(model, welcome, buf, area);
    }
}

/// A part of the screen in its middle.
fn middle(area: Rect, width: u16, height: u16) -> Rect {
    let width = width.min(area.width.saturating_sub(4));
    let height = height.min(area.height);
    // Above the middle, where the eye rests.
    let y = area.y + (area.height - height) * 2 / 5;
    Rect { x: area.x + (area.width - width) / 2, y, width, height }
}

/// What can be chosen at first: what it does, in words, and what is said beside it.
const CHOICES: [(Action, &str, &str); 3] = [
    (Action::WelcomeDemo, "see the demo", "no account, no set-up"),
    (Action::WelcomeConnect, "connect an account", "three answers"),
    (Action::Quit, "leave", ""),
];

/// The choice's place, and its row of the first that can be chosen.
fn chosen_from(area: Rect) -> (Rect, usize) {
    let area = middle(area, NARROW, 11);
    (area, 4 + cells::wrap(ABOUT, area.width.into()).len())
}

/// The place of the token's sources.
fn sources(whole: Rect) -> Rect {
    let area = middle(whole, WIDE, 14);
    Rect {
        x: area.x + LABEL as u16,
        y: area.y + TOKEN as u16 + 1,
        width: area.width.saturating_sub(LABEL as u16),
        height: Source::ALL.len() as u16,
    }
}

/// What lies at a place of it.
pub(super) fn target(model: &Model, welcome: &Welcome, whole: Rect, place: Position) -> Option<Target> {
    let footer = place.y + 1 == whole.bottom();
    match welcome.at {
        _ if footer => hints::at(&keys(model, welcome), place.x).map(Target::Do),
        At::Choosing => {
            let (area, first) = chosen_from(whole);
            let row = usize::from(place.y).checked_sub(usize::from(area.y) + first)?;
            let chosen = CHOICES.get(row).filter(|_| area.contains(place))?;
            Some(Target::Do(chosen.0))
        }
        At::Source if sources(whole).contains(place) => {
            Some(Target::Row(usize::from(place.y - sources(whole).y)))
        }
        _ => None,
    }
}

fn choice(model: &Model, welcome: &Welcome, buf: &mut Buffer, whole: Rect) {
    let theme = &model.theme;
    let (area, first) = chosen_from(whole);
    line(buf, area, 0, vec![s("drainboard", theme.accent.patch(theme.heading))]);
    line(buf, area, 1, vec![s("─".repeat(area.width.into()), theme.rule)]);
    for (row, text) in cells::wrap(ABOUT, area.width.into()).into_iter().enumerate() {
        line(buf, area, row + 3, vec![s(text, theme.text)]);
    }
    for (row, ((action, what, more), one)) in CHOICES.into_iter().zip(Choice::ALL).enumerate() {
        let style = if one == welcome.choice { theme.text.patch(theme.selected) } else { theme.text };
        let key = model.keymap.keys_in(welcome.scopes(), action);
        let key = key.into_iter().next().unwrap_or_default();
        let spans = vec![
            s(cells::left(&key, 4), theme.accent.patch(theme.key)),
            s(what, style),
            s(cells::left("", 21 - what.len()), theme.text),
            s(more, theme.dim),
        ];
        line(buf, area, first + row, spans);
    }
    footer(model, welcome, buf, whole);
}

/// Which of the three questions it is.
fn number(at: At) -> usize {
    match at {
        At::Choosing | At::Service => 1,
        At::Source | At::Place => 2,
        At::Mirror | At::Testing | At::Saving => 3,
    }
}

fn questions(model: &Model, welcome: &Welcome, buf: &mut Buffer, whole: Rect) {
    let theme = &model.theme;
    let area = middle(whole, WIDE, 14);
    line(buf, area, 0, vec![s("Connect an account", theme.accent.patch(theme.heading))]);
    let place = format!("answer {} of 3", number(welcome.at));
    if !welcome.waits() {
        line_right(buf, area, 0, vec![s(place, theme.dim)]);
    }
    rule(buf, area, 1, theme);
    answer(model, buf, area, TOKEN - 1, (1, "Service", At::Service, welcome), Shown::Line(&welcome.url));
    let mut row = TOKEN;
    row += token(model, welcome, buf, area, row);
    answer(model, buf, area, row, (3, "Mirror", At::Mirror, welcome), Shown::Line(&welcome.mirror));
    row += 2;
    told(model, welcome, buf, area, row);
    footer(model, welcome, buf, whole);
}

/// What stands behind a question.
enum Shown<'a> {
    Line(&'a Line),
    Text(String),
}

/// A question, and its answer as far as there is one.
fn answer(
    model: &Model,
    buf: &mut Buffer,
    area: Rect,
    row: usize,
    (no, name, at, welcome): (usize, &str, At, &Welcome),
    shown: Shown<'_>,
) {
    let theme = &model.theme;
    let now = number(welcome.at);
    let style = if no == now && !welcome.waits() { theme.heading } else { theme.dim };
    line(buf, area, row, vec![s(cells::left(&format!("{no} {name}"), LABEL), style)]);
    if no > now {
        return;
    }
    let room = area.width.saturating_sub(LABEL as u16);
    let rest = Rect { x: area.x + LABEL as u16, y: area.y + row as u16, width: room, height: 1 };
    match shown {
        _ if rest.y >= area.bottom() => {}
        Shown::Line(typed) if welcome.at == at => typed::draw(typed, true, theme, buf, rest),
        Shown::Line(typed) => {
            line(buf, rest, 0, vec![s(cells::fit(&visible(typed.text()), room.into()), theme.text)]);
        }
        Shown::Text(text) => line(buf, rest, 0, vec![s(cells::fit(&text, room.into()), theme.text)]),
    }
}

fn name(source: Source) -> &'static str {
    match source {
        Source::Typed => "typed here",
        Source::Command => "a command",
        Source::File => "a file",
        Source::Environment => "the environment",
    }
}

fn explained(source: Source) -> &'static str {
    match source {
        Source::Typed => "kept where it is safe",
        Source::Command => "like pass show sell",
        Source::File => "that only you can read",
        Source::Environment => "BASECRM_ACCESS_TOKEN",
    }
}

/// The token's question; says how many rows it takes.
fn token(model: &Model, welcome: &Welcome, buf: &mut Buffer, area: Rect, row: usize) -> usize {
    let theme = &model.theme;
    let indented = Rect { x: area.x + LABEL as u16, width: area.width.saturating_sub(LABEL as u16), ..area };
    let asked = (2, "Token", At::Place, welcome);
    match welcome.at {
        At::Source => {
            answer(model, buf, area, row, asked, Shown::Text("where it comes from".to_owned()));
            for (n, source) in Source::ALL.into_iter().enumerate() {
                let chosen = source == welcome.source;
                let style = if chosen { theme.accent.patch(theme.heading) } else { theme.text };
                let room = usize::from(indented.width).saturating_sub(19);
                let explained = explained(source);
                let spans = vec![
                    s(if chosen { "▸ " } else { "  " }, style),
                    s(cells::left(name(source), 17), style),
                    s(cells::fit(explained, room), theme.dim),
                ];
                line(buf, indented, row + 1 + n, spans);
            }
            1 + Source::ALL.len()
        }
        At::Place => {
            answer(model, buf, area, row, asked, Shown::Text(explained_as_title(welcome)));
            let rest = Rect { y: area.y + row as u16 + 1, height: 1, ..indented };
            match welcome.source {
                _ if rest.y >= area.bottom() => {}
                Source::Typed => line(buf, rest, 0, unseen(model, welcome)),
                Source::Command => typed::draw(&welcome.command, true, theme, buf, rest),
                Source::File => typed::draw(&welcome.file, true, theme, buf, rest),
                Source::Environment => {
                    line(buf, rest, 0, vec![s("export BASECRM_ACCESS_TOKEN=…", theme.value)]);
                    let later =
                        "in your shell, then start drainboard again; until then nothing can be tested";
                    let room = usize::from(indented.width);
                    for (n, text) in cells::wrap(later, room).into_iter().enumerate() {
                        line(buf, indented, row + 2 + n, vec![s(text, theme.dim)]);
                    }
                    return 4;
                }
            }
            2
        }
        _ => {
            let what = match welcome.source {
                Source::Typed => "typed here".to_owned(),
                Source::Command => visible(welcome.command.text()).into_owned(),
                Source::File => visible(welcome.file.text()).into_owned(),
                Source::Environment => "BASECRM_ACCESS_TOKEN".to_owned(),
            };
            answer(model, buf, area, row, asked, Shown::Text(what));
            1
        }
    }
}

fn explained_as_title(welcome: &Welcome) -> String {
    match welcome.source {
        Source::Typed => "type or paste it; it is not shown".to_owned(),
        Source::Command => "the command whose first line is the token".to_owned(),
        Source::File => "the file that has it, which only you can read (mode 0600)".to_owned(),
        Source::Environment => "the environment".to_owned(),
    }
}

/// What is said of a token while it is typed: how long it is.
fn unseen(model: &Model, welcome: &Welcome) -> Vec<Span<'static>> {
    let theme = &model.theme;
    let cursor = s(" ", theme.text.add_modifier(ratatui::style::Modifier::REVERSED));
    match welcome.secret.count() {
        0 => vec![cursor],
        1 => vec![s("1 character ", theme.value), cursor],
        n => vec![s(format!("{n} characters "), theme.value), cursor],
    }
}

/// What is wrong, or what is waited for.
fn told(model: &Model, welcome: &Welcome, buf: &mut Buffer, area: Rect, row: usize) {
    let theme = &model.theme;
    let room = usize::from(area.width).saturating_sub(2);
    if let Some(wrong) = &welcome.wrong {
        line(buf, area, row, vec![s("✖ ", theme.failed)]);
        for (n, text) in wrong.lines().flat_map(|l| cells::wrap(&visible(l), room)).enumerate() {
            line_at(buf, area, row + n, 2, vec![s(text, theme.failed)]);
        }
        return;
    }
    let kept = format!("It goes to {}, and never into the configuration.", visible(&welcome.offer.kept));
    let text = match welcome.at {
        At::Service => {
            "The service's address. Another one than the usual is for a test service, like `drainboard serve`."
        }
        At::Place if welcome.hides() => &kept,
        At::Place if welcome.source == Source::Command => {
            "It is run in a shell each time a synchronization begins."
        }
        At::Testing => "asking the service whether it takes the token",
        At::Saving => "writing the configuration",
        At::Mirror if welcome.source == Source::Environment => {
            "This is written and the console opens; the service can be asked once the token is set."
        }
        At::Mirror => "The service is asked once, then this is written and the first synchronization begins.",
        _ => return,
    };
    let mut row = row;
    let style = if welcome.waits() { theme.accent } else { theme.dim };
    for text in cells::wrap(text, room) {
        line(buf, area, row, vec![s(text, style)]);
        row += 1;
    }
    if let (At::Testing, Some(begun)) = (welcome.at, welcome.since) {
        // Tenths would flicker.
        let took = span(std::time::Duration::from_secs(since(begun, model.now).as_secs()));
        line(buf, area, row, vec![s(took.replace(".0 s", " s").replace("0 ms", "0 s"), theme.dim)]);
    } else if welcome.at == At::Mirror {
        let file = cells::fit(&visible(&welcome.offer.configuration), room.saturating_sub(6)).into_owned();
        line(buf, area, row, vec![s("into  ", theme.dim), s(file, theme.dim)]);
    }
}

/// The keys that matter now, at their places.
fn keys(model: &Model, welcome: &Welcome) -> Vec<Hint> {
    let mut hints = Vec::new();
    if welcome.at == At::Choosing {
        // What can be chosen has its key beside it.
        hints.push((Action::Quit, "leave"));
    } else if !welcome.waits() {
        let next = match welcome.at {
            At::Mirror if welcome.source == Source::Environment => "write",
            At::Mirror => "test and write",
            _ => "next",
        };
        hints.push((Action::Accept, next));
    }
    if welcome.at == At::Source {
        hints.extend([(Action::Down, "down"), (Action::Up, "up")]);
    }
    match welcome.at {
        At::Saving | At::Choosing => {}
        At::Testing => hints.push((Action::Back, "give up")),
        _ => hints.push((Action::Back, "back")),
    }
    if welcome.at != At::Choosing {
        hints.push((Action::Interrupt, "leave"));
    }
    hints.push((Action::Help, "help"));
    let keyed = hints.into_iter().filter_map(|(action, what)| Some((action, model.key_here(action)?, what)));
    hints::lay_out(keyed, 1)
}

fn footer(model: &Model, welcome: &Welcome, buf: &mut Buffer, whole: Rect) {
    hints::draw(&keys(model, welcome), &model.theme, buf, whole, usize::from(whole.height) - 1);
}
