//! What the console draws, at every size that matters. `INSTA_UPDATE=always cargo test --test screens` after a change
//! that was looked at.

#![expect(clippy::unwrap_used, reason = "a helper of tests fails by panicking")]

#[path = "console/debug.rs"]
mod debug;
#[path = "console/debugging.rs"]
mod debugging;
#[path = "console/every.rs"]
mod every;
#[path = "console/models.rs"]
mod models;
#[path = "console/serving.rs"]
mod serving;
#[path = "console/statements.rs"]
mod statements;

use debugging::drawn;
use drainboard::console::action::Scope;
use drainboard::console::key::{Code, Key};
use drainboard::console::keymap::Hit;
use drainboard::console::message::{Effect, Message, WireRequest};
use drainboard::console::model::Model;
use drainboard::console::theme::Theme;
use drainboard::console::update::update;
use every::MODELS;
use ratatui::buffer::Buffer;
use ratatui::style::Color;

fn typed(mut model: Model, keys: &[Key]) -> Model {
    for key in keys {
        update(&mut model, Message::Key(*key));
    }
    model
}

/// The buffer as text, line by line, without what fills a line up. A wide character's second cell is none.
fn text(buffer: &Buffer) -> String {
    let mut out = String::new();
    for y in 0..buffer.area.height {
        let mut line = String::new();
        let mut x = 0;
        while x < buffer.area.width {
            let symbol = buffer[(x, y)].symbol();
            line.push_str(symbol);
            x += (unicode_width::UnicodeWidthStr::width(symbol) as u16).max(1);
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

#[test]
fn every_screen_at_three_sizes() {
    for (name, make) in MODELS {
        for (columns, rows) in [(80, 24), (120, 40), (200, 60)] {
            let buffer = drawn(&mut make(), columns, rows);
            insta::assert_snapshot!(format!("{name}_{columns}x{rows}"), text(&buffer));
        }
    }
}

#[test]
fn the_smallest_sizes() {
    insta::assert_snapshot!("draining_60x16", text(&drawn(&mut models::draining(), 60, 16)));
    insta::assert_snapshot!("browse_60x16", text(&drawn(&mut models::browsing(), 60, 16)));
    insta::assert_snapshot!("welcome_60x15", text(&drawn(&mut models::welcome(), 60, 15)));
    insta::assert_snapshot!("welcome_source_60x15", text(&drawn(&mut models::connecting(1), 60, 15)));
    insta::assert_snapshot!("welcome_refused_60x15", text(&drawn(&mut models::refused_token(), 60, 15)));
    insta::assert_snapshot!("tiny_40x10", text(&drawn(&mut models::draining(), 40, 10)));
    // A question that a blind key would answer is seen.
    let mut asked = typed(models::draining(), &[Key::char('q')]);
    insta::assert_snapshot!("tiny_ask_40x10", text(&drawn(&mut asked, 40, 10)));
    assert!(text(&drawn(&mut asked, 40, 1)).contains("stop and quit?"));
}

#[test]
fn the_record_takes_the_rows_place_where_it_is_narrow() {
    let mut model = typed(models::browsing(), &[Key::plain(Code::Enter)]);
    insta::assert_snapshot!("record_80x24", text(&drawn(&mut model, 80, 24)));
}

/// What is dimmed and left out of the footer does nothing but to say why.
#[test]
fn what_is_said_not_to_work_does_nothing() {
    let (mut tried, mut wrong) = (0, Vec::new());
    for (name, make) in MODELS {
        let model = make();
        if model.overlay.is_some() || model.naming.is_some() {
            continue;
        }
        let scopes = model.scopes();
        for (keys, action) in scopes.iter().flat_map(|scope| model.keymap.bindings(*scope)) {
            let here = model.keymap.hit(scopes, keys) == Hit::Action(action);
            let typed = scopes.contains(&Scope::Text) && keys.iter().any(|key| model.is_text(*key));
            if model.works(action) || !here || typed {
                continue;
            }
            let (mut pressed, mut waited) = (make(), make());
            let mut effects: Vec<_> =
                keys.iter().flat_map(|key| update(&mut pressed, Message::Key(*key))).collect();
            // A key that means nothing.
            let due = update(&mut waited, Message::Key(Key::plain(Code::F(20))));
            // To look for a request that is not there changes nothing either.
            let looks = |effect: &Effect| matches!(effect, Effect::Wire(WireRequest::Find(_)));
            effects.retain(|effect| !due.contains(effect) && !looks(effect));
            (pressed.toast, waited.toast) = (None, None);
            let (after, before) = (drawn(&mut pressed, 120, 40), drawn(&mut waited, 120, 40));
            if !effects.is_empty() || text(&after) != text(&before) {
                wrong.push(format!("{name}: {action:?} {effects:?}"));
            }
            tried += 1;
        }
    }
    assert_eq!(wrong, [""; 0]);
    assert!(tried > 100, "{tried}");
}

/// Prints all screens: `cargo test --test screens look -- --ignored --nocapture`
#[test]
#[ignore = "for eyes"]
fn look() {
    for (name, make) in MODELS {
        for (columns, rows) in [(80, 24), (120, 40), (200, 60), (60, 16)] {
            println!("=== {name} {columns}x{rows}\n{}", text(&drawn(&mut make(), columns, rows)));
        }
    }
}

#[test]
fn no_size_is_too_small_to_live() {
    for (_, make) in MODELS {
        let mut model = make();
        for columns in (0..=130).step_by(26).chain([1, 2, 59, 60, 61, 300]) {
            for rows in (0..=50).step_by(10).chain([1, 16, 17, 24, 100]) {
                drawn(&mut model, columns, rows);
            }
        }
    }
}

#[test]
fn the_same_picture_comes_back_after_any_sizes() {
    for (name, make) in MODELS {
        let mut model = make();
        drawn(&mut model, 120, 40);
        // With the cursor at the end, too, where there is one.
        let mut model = typed(model, &[Key::char('G')]);
        let before = drawn(&mut model, 120, 40);
        for (columns, rows) in [(1, 1), (200, 60), (60, 16), (300, 100), (80, 5)] {
            drawn(&mut model, columns, rows);
        }
        assert_eq!(drawn(&mut model, 120, 40), before, "{name}");
    }
}

#[test]
fn without_colour_no_cell_has_one() {
    for (name, make) in MODELS {
        let mut model = make();
        model.theme = Theme::colourless();
        let buffer = drawn(&mut model, 120, 40);
        for cell in buffer.content() {
            assert_eq!(
                (cell.fg, cell.bg, cell.underline_color),
                (Color::Reset, Color::Reset, Color::Reset),
                "{name}"
            );
        }
    }
}

#[test]
fn nothing_hostile_is_in_a_cell() {
    for (name, make) in MODELS {
        for cell in drawn(&mut make(), 200, 60).content() {
            let bad = cell.symbol().chars().find(|c| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}'));
            assert_eq!(bad, None, "{name}");
        }
    }
}

#[test]
fn columns_stay_aligned_whatever_the_text() {
    let buffer = drawn(&mut models::browsing(), 120, 40);
    let edges: Vec<_> = (0..120).filter(|x| buffer[(*x, 5)].symbol() == "│").collect();
    assert_eq!(edges.len(), 2);
    let word = |x: u16| (x..x + 5).map(|x| buffer[(x, 3)].symbol()).collect::<String>();
    let at = (edges[0]..edges[1]).find(|x| word(*x) == "email").expect("the column's heading");
    for y in 3..38 {
        for x in &edges {
            assert_eq!(buffer[(*x, y)].symbol(), "│", "row {y}");
        }
        // The column of addresses begins where its heading does, or is empty.
        assert!(buffer[(at - 1, y)].symbol() == " ", "row {y}: {:?}", buffer[(at - 1, y)]);
    }
}
