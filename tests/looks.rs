//! The console in each theme, and at every size: every state that there is, through a storm of sizes and keys.
//! `INSTA_UPDATE=always cargo test --test looks` after a change that was looked at.

#![expect(clippy::unwrap_used, reason = "a helper of tests fails by panicking")]

#[path = "console/debugging.rs"]
#[expect(dead_code, reason = "the other models are for other tests")]
mod debugging;
#[path = "console/every.rs"]
mod every;
#[path = "console/models.rs"]
mod models;
#[path = "console/serving.rs"]
mod serving;
#[path = "console/statements.rs"]
mod statements;

use std::fmt::Write as _;

use debugging::drawn;
use drainboard::console::action::ACTIONS;
use drainboard::console::key::{Code, Key};
use drainboard::console::keymap::Keymap;
use drainboard::console::message::{Message, Mouse, MouseKind};
use drainboard::console::model::Model;
use drainboard::console::theme::{Depth, Theme, Wish};
use drainboard::console::update::update;
use every::MODELS;
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

/// Which of them stand for their screen in each theme.
const SCREENS: [&str; 13] = [
    "draining",
    "browse",
    "acks",
    "wire",
    "sql_answered",
    "history",
    "welcome",
    "help",
    "palette",
    "bending",
    "serving",
    "stepping",
    "failed",
];

/// The themes as terminals get them.
fn themes() -> Vec<(&'static str, Theme)> {
    let of = |name: &str, depth| {
        let wish = Wish { name: Some(name.to_owned()), depth, light: None, folder: None };
        wish.looks().unwrap().theme
    };
    vec![
        ("ansi", of("ansi", Depth::Sixteen)),
        ("dark", of("dark", Depth::True)),
        ("dark_256", of("dark", Depth::Indexed)),
        ("light", of("light", Depth::True)),
        ("light_16", of("light", Depth::Sixteen)),
        ("none", of("dark", Depth::None)),
    ]
}

fn style(cell: &Cell) -> String {
    let mut out = format!("{} on {}", cell.fg, cell.bg);
    if !cell.modifier.is_empty() {
        write!(out, " {:?}", cell.modifier).unwrap();
    }
    out
}

/// Each line of the buffer, and under it what is drawn how: runs of one style with their first words.
fn styled(buffer: &Buffer) -> String {
    let mut out = String::new();
    for y in 0..buffer.area.height {
        let cells: Vec<_> = (0..buffer.area.width).map(|x| &buffer[(x, y)]).collect();
        for run in cells.chunk_by(|a, b| style(a) == style(b)) {
            let text: String = run.iter().map(|c| c.symbol()).collect();
            let text: String = text.trim_end().chars().take(24).collect();
            if !text.trim().is_empty() {
                writeln!(out, "{y:>2} {text:<24}  {}", style(run[0])).unwrap();
            }
        }
    }
    out
}

#[test]
fn once_in_each_theme() {
    for (name, theme) in themes() {
        for (screen, make) in MODELS.into_iter().filter(|m| SCREENS.contains(&m.0)) {
            let mut model = make();
            model.theme = theme.clone();
            insta::assert_snapshot!(format!("{screen}_{name}"), styled(&drawn(&mut model, 80, 24)));
        }
    }
}

#[test]
fn the_cursor_can_be_seen_and_read_in_each_theme() {
    for (name, theme) in themes() {
        let mut model = models::browsing();
        model.theme = theme;
        let buffer = drawn(&mut model, 120, 40);
        let (x, y) = (0..40)
            .flat_map(|y| (5..110).map(move |x| (x, y)))
            .find(|at| buffer[*at].symbol() == "▸")
            .unwrap();
        let plain = (y + 1..40).find(|y| buffer[(x, *y)].symbol() == " ").unwrap();
        for x in x + 1..x + 10 {
            let (here, there) = (&buffer[(x, y)], &buffer[(x, plain)]);
            let reversed = here.modifier.contains(Modifier::REVERSED);
            assert!(reversed || here.bg != there.bg, "{name}: the cursor's row stands out");
            assert!(here.fg != here.bg || here.fg == Color::Reset, "{name}: {here:?}");
        }
    }
}

/// Nothing that is drawn reaches over the edge: the last character of each row has its whole width.
fn stays_inside(buffer: &Buffer) -> Result<(), String> {
    for y in 0..buffer.area.height {
        let mut x = 0;
        while x < buffer.area.width {
            let width = buffer[(x, y)].symbol().width().max(1) as u16;
            if x + width > buffer.area.width {
                return Err(format!("row {y}: {:?} in column {x}", buffer[(x, y)].symbol()));
            }
            x += width;
        }
    }
    Ok(())
}

/// Something that somebody may do.
fn anything(random: &mut fastrand::Rng, keys: &[Key]) -> Message {
    let kinds =
        [MouseKind::Press, MouseKind::Drag, MouseKind::Release, MouseKind::WheelUp, MouseKind::WheelDown];
    match random.u8(0..10) {
        0..6 => Message::Key(keys[random.usize(0..keys.len())]),
        6 => Message::Mouse(Mouse {
            kind: kinds[random.usize(0..kinds.len())],
            column: random.u16(0..320),
            row: random.u16(0..120),
        }),
        7 => Message::Paste("a\u{301}阿\x1b[31m\nb".to_owned()),
        8 => Message::Focus(random.bool()),
        _ => Message::Key(Key::char(random.char(' '..='~'))),
    }
}

/// Every key that is bound, and some that are not.
fn bound_keys() -> Vec<Key> {
    let keymap = Keymap::built_in();
    let spelled = ACTIONS.iter().flat_map(|entry| keymap.keys_in(entry.scopes, entry.action));
    let mut keys: Vec<_> = spelled.flat_map(|s| s.chars().map(Key::char).collect::<Vec<_>>()).collect();
    keys.extend([Code::Enter, Code::Esc, Code::Tab, Code::Up, Code::Down].map(Key::plain));
    keys.extend(
        [Code::PageUp, Code::PageDown, Code::Home, Code::End, Code::Left, Code::Right].map(Key::plain),
    );
    keys
}

#[test]
fn no_size_and_no_storm_of_them_hurts() {
    let seed = include!("seed/given.rs");
    let mut random = fastrand::Rng::with_seed(seed);
    let keys = bound_keys();
    for (name, make) in MODELS {
        let mut model = make();
        for _ in 0..150 {
            let (columns, rows) = match random.u8(0..4) {
                0 => (random.u16(1..=300), random.u16(1..=100)),
                1 => (random.u16(1..=62), random.u16(1..=18)),
                _ => (random.u16(55..=140), random.u16(14..=45)),
            };
            let buffer = drawn(&mut model, columns, rows);
            if let Err(what) = stays_inside(&buffer) {
                panic!("{name} at {columns}x{rows}, seed {seed}: {what}");
            }
            for _ in 0..random.u8(0..4) {
                let message = anything(&mut random, &keys);
                update(&mut model, message);
            }
        }
        nothing_is_left_of_a_storm(&mut model, &format!("{name}, seed {seed}"));
    }
}

/// A picture does not depend on the sizes before.
fn nothing_is_left_of_a_storm(model: &mut Model, told: &str) {
    let before = drawn(model, 120, 40);
    for (columns, rows) in [(1, 1), (300, 100), (60, 16), (1, 100), (300, 1)] {
        drawn(model, columns, rows);
    }
    assert_eq!(drawn(model, 120, 40), before, "{told}");
}

#[test]
fn a_cursor_near_the_end_of_a_list_stays_where_it_is() {
    for (name, make) in MODELS {
        let mut model = make();
        drawn(&mut model, 120, 40);
        let keys = [Code::End, Code::Up, Code::Up, Code::Up, Code::Up, Code::Up].map(Key::plain);
        for key in keys {
            update(&mut model, Message::Key(key));
        }
        nothing_is_left_of_a_storm(&mut model, name);
    }
}
