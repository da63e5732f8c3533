//! What each message comes to: keys to effects, by phase.

use std::time::Duration;

use jiff::Timestamp;

use super::super::action::ACTIONS;
use super::super::key::Code;
use super::super::message::{SqlAnswer, SqlEnd, SqlRequest};
use super::*;
use crate::engine::event::WaitView;
use crate::engine::{Mode, Outcome, Phase, RunEnd, Totals};

fn model(phase: Phase) -> Model {
    let mut model = Model::new("demo", "host", Timestamp::UNIX_EPOCH);
    model.demo = true;
    let totals = Totals { pending_acks: 7, ..Totals::default() };
    let wait = Some(WaitView { until: Timestamp::UNIX_EPOCH, reason: "429".into(), attempt: 2 });
    let started = (phase != Phase::Idle).then_some(Timestamp::UNIX_EPOCH);
    let snapshot = Snapshot { phase, totals: Arc::new(totals), wait, started, ..Snapshot::default() };
    update(&mut model, Message::Snapshot(Arc::new(snapshot)));
    model
}

fn press(model: &mut Model, key: char) -> Vec<Effect> {
    update(model, Message::Key(Key::char(key)))
}

#[test]
fn keys_command_the_engine() {
    use Command::{Pause, Resume, SendAcks, Start, Step, Stop, TryNow};
    let table = [
        (Phase::Idle, 's', Some(Start(Mode::Full))),
        (Phase::Idle, 'S', Some(Start(Mode::Single))),
        (Phase::Idle, '.', Some(Step)),
        (Phase::Idle, ' ', Some(Step)),
        (Phase::Idle, 'p', None),
        (Phase::Idle, 'x', None),
        (Phase::Draining, 's', None),
        (Phase::Draining, 'p', Some(Pause)),
        (Phase::Draining, 'a', Some(SendAcks)),
        (Phase::Draining, 't', Some(TryNow)),
        (Phase::Draining, 'x', Some(Stop)),
        (Phase::Pausing, 'p', Some(Resume)),
        (Phase::Paused, 'p', Some(Resume)),
        (Phase::Paused, 's', Some(Resume)),
        (Phase::Paused, '.', Some(Step)),
        (Phase::Stopping, 'p', None),
    ];
    for (phase, key, command) in table {
        let mut model = model(phase);
        let effects = press(&mut model, key);
        assert_eq!(effects, command.map(Effect::Command).into_iter().collect::<Vec<_>>(), "{phase:?} {key}");
        assert_eq!(model.toast.is_some(), command.is_none(), "{phase:?} {key} says why not");
    }
}

#[test]
fn quitting_asks_while_a_run_is_on() {
    let mut idle = model(Phase::Idle);
    assert_eq!(press(&mut idle, 'q'), [Effect::Leave(Left::Quit)]);

    let mut busy = model(Phase::Draining);
    assert_eq!(press(&mut busy, 'q'), []);
    assert_eq!(busy.overlay, Some(Overlay::AskQuit));
    assert_eq!(press(&mut busy, 'n'), []);
    assert_eq!((busy.overlay, busy.leaving), (None, None));
    press(&mut busy, 'q');
    assert_eq!(press(&mut busy, 'y'), [Effect::Command(Command::Stop)]);
    // The run ends: out.
    let outcome = Some(Outcome { converged: false, end: RunEnd::Stopped, error: None });
    let ended = Snapshot { outcome, ..Snapshot::default() };
    let effects = update(&mut busy, Message::Snapshot(Arc::new(ended)));
    assert!(effects.contains(&Effect::Leave(Left::Quit)), "{effects:?}");

    let mut stuck = model(Phase::Draining);
    press(&mut stuck, 'q');
    press(&mut stuck, 'y');
    stuck.now += Duration::from_secs(2);
    assert_eq!(update(&mut stuck, Message::Tick), [Effect::Leave(Left::Quit)]);
}

#[test]
fn interrupting_twice_leaves_at_once() {
    let mut busy = model(Phase::Draining);
    let interrupt = || Message::Key(Key::ctrl('c'));
    assert_eq!(update(&mut busy, interrupt()), [Effect::Command(Command::Stop)]);
    let effects = update(&mut busy, interrupt());
    assert_eq!(effects, [Effect::Command(Command::Stop), Effect::Leave(Left::Interrupt)]);
    assert_eq!(update(&mut model(Phase::Idle), interrupt()), [Effect::Leave(Left::Interrupt)]);
    assert_eq!(
        update(&mut model(Phase::Draining), Message::Signal(15)),
        [Effect::Command(Command::Stop), Effect::Leave(Left::Signal(15))]
    );
    assert_eq!(
        (Left::Quit.exit_status(), Left::Interrupt.exit_status(), Left::Signal(15).exit_status()),
        (0, 130, 143)
    );
}

#[test]
fn sequences_and_what_begins_like_them() {
    let mut model = model(Phase::Idle);
    model.screen = Screen::Browse;
    press(&mut model, 'g');
    assert_eq!(model.typed, [Key::char('g')]);
    // No `g 2`: the second key stands for itself.
    press(&mut model, '1');
    assert_eq!((model.typed.len(), model.screen), (0, Screen::Sync));
    press(&mut model, 'ü');
    assert!(model.typed.is_empty());
}

#[test]
fn in_the_prompt_plain_keys_are_text_and_a_paste_runs_nothing() {
    let mut model = model(Phase::Draining);
    assert_eq!(press(&mut model, '5'), [Effect::Sql(SqlRequest::Tables)]);
    for key in "1q?:x".chars() {
        assert_eq!(press(&mut model, key), []);
    }
    assert_eq!(update(&mut model, Message::Paste("\r\nSELECT\n1;\r".into())), []);
    assert_eq!(model.sql.line.text(), "1q?:x SELECT 1; ");
    assert_eq!((model.screen, model.overlay), (Screen::Sql, None));
    // Escape goes to the rows, where the same keys are keys.
    update(&mut model, Message::Key(Key::plain(Code::Esc)));
    press(&mut model, '1');
    assert_eq!(model.screen, Screen::Sync);
}

#[test]
fn escape_stops_a_statement_and_says_it_again_until_it_is_heard() {
    let mut model = model(Phase::Idle);
    press(&mut model, '5');
    update(&mut model, Message::Paste("SELECT 1".into()));
    let enter = || Message::Key(Key::plain(Code::Enter));
    let run = update(&mut model, enter());
    assert_eq!(run, [Effect::Sql(SqlRequest::Run { ticket: 1, sql: "SELECT 1".into() })]);
    assert_eq!(update(&mut model, enter()), [], "one at a time");
    assert_eq!(update(&mut model, Message::Tick), []);
    model.toast = None;
    let escape = update(&mut model, Message::Key(Key::plain(Code::Esc)));
    assert!(escape.contains(&Effect::Sql(SqlRequest::Cancel(1))), "{escape:?}");
    assert!(model.next_tick().is_some_and(|t| t <= Duration::from_millis(50)));
    assert_eq!(update(&mut model, Message::Tick), [Effect::Sql(SqlRequest::Cancel(1))]);
    let end = SqlEnd::Cancelled;
    update(&mut model, Message::Sql(SqlAnswer::Ended { ticket: 1, end, elapsed: Duration::ZERO }));
    assert_eq!(update(&mut model, Message::Tick), []);
    assert_eq!(model.next_tick(), None);
}

#[test]
fn the_palette_does_what_is_chosen_here() {
    let mut model = model(Phase::Draining);
    press(&mut model, ':');
    for key in "pau".chars() {
        press(&mut model, key);
    }
    let effects = update(&mut model, Message::Key(Key::plain(Code::Enter)));
    assert_eq!((effects, model.overlay), (vec![Effect::Command(Command::Pause)], None));
    // Nothing found: nothing done.
    press(&mut model, ':');
    press(&mut model, '~');
    assert_eq!(update(&mut model, Message::Key(Key::plain(Code::Enter))), []);
    // It opens from a line that is typed, too.
    press(&mut model, '5');
    update(&mut model, Message::Key(Key::ctrl('p')));
    assert_eq!(model.overlay, Some(Overlay::Palette));
}

#[test]
fn a_cell_and_a_row_are_copied_as_they_are_within_reason() {
    use crate::console::model::grid::{Cell, CellKind};
    let mut model = model(Phase::Idle);
    press(&mut model, '5');
    update(&mut model, Message::Paste("SELECT 1".into()));
    update(&mut model, Message::Key(Key::plain(Code::Enter)));
    let names = vec!["a".to_owned(), "b".to_owned()];
    update(&mut model, Message::Sql(SqlAnswer::Columns { ticket: 1, names }));
    let cell = |text: &str| Cell { kind: CellKind::Text, text: text.into(), cut: false };
    let rows = vec![vec![cell("one\ttab"), cell("two")], vec![cell(&"x".repeat(100_000)), cell("")]];
    update(&mut model, Message::Sql(SqlAnswer::Rows { ticket: 1, rows }));
    let ended = SqlAnswer::Ended { ticket: 1, end: SqlEnd::All, elapsed: Duration::ZERO };
    update(&mut model, Message::Sql(ended));
    update(&mut model, Message::Key(Key::plain(Code::Esc)));
    assert_eq!(press(&mut model, 'y'), [Effect::Copy { what: "a".into(), text: "one\ttab".into() }]);
    assert_eq!(
        press(&mut model, 'Y'),
        [Effect::Copy { what: "the row".into(), text: "one\ttab,two".into() }]
    );
    press(&mut model, 'j');
    assert_eq!(press(&mut model, 'y'), [], "a terminal would not take so much");
    assert!(model.toast.is_some_and(|t| t.0.contains("too much")));
}

#[test]
fn a_paste_does_nothing() {
    let mut model = model(Phase::Idle);
    assert_eq!(update(&mut model, Message::Paste("sq\u{1b}x".into())), []);
}

#[test]
fn outside_of_the_demo_its_keys_say_so() {
    let mut model = model(Phase::Idle);
    model.demo = false;
    assert_eq!(press(&mut model, 'e'), []);
    assert!(model.toast.as_ref().unwrap().0.contains("demo"));
    model.demo = true;
    assert_eq!(press(&mut model, 'e'), [Effect::DemoEdit]);
    // Once at a time.
    assert_eq!(press(&mut model, 'P'), []);
    update(&mut model, Message::Demo(Ok("3 created".into())));
    assert_eq!(press(&mut model, 'P'), [Effect::DemoPace]);
}

#[test]
fn errors_stay_until_they_are_seen() {
    let mut model = model(Phase::Draining);
    let kind = EventKind::PackRefused { pack: 3, keys: 1, status: 422, answer: "bad key".into() };
    let event = Event { at: model.now, kind, totals: Arc::default() };
    update(&mut model, Message::Event(event));
    model.now += Duration::from_hours(1);
    update(&mut model, Message::Tick);
    assert_eq!(model.notices.len(), 1);
    update(&mut model, Message::Key(Key::plain(Code::Esc)));
    assert!(model.notices.is_empty());
}

#[test]
fn nothing_ticks_when_nothing_happens() {
    let mut idle = model(Phase::Idle);
    idle.stale = false;
    assert_eq!(idle.next_tick(), None);
    idle.say("hello");
    assert!(idle.next_tick().is_some());
    idle.now += Duration::from_secs(10);
    update(&mut idle, Message::Tick);
    assert_eq!(idle.next_tick(), None);
    assert!(model(Phase::Draining).next_tick().is_some());
}

#[test]
fn commits_refresh_the_mirrors_views_once_a_second() {
    let mut model = model(Phase::Draining);
    let mut asked = 0;
    for n in 1..=100 {
        model.now += Duration::from_millis(100);
        let totals = Totals { pages: n, ..Totals::default() };
        let snapshot = Snapshot { totals: Arc::new(totals), ..model.snapshot.as_ref().clone() };
        let effects = update(&mut model, Message::Snapshot(Arc::new(snapshot)));
        asked += effects.iter().filter(|e| matches!(e, Effect::Read(Request::Kinds))).count();
    }
    assert!((9..=11).contains(&asked), "{asked}");
}

#[test]
fn every_action_in_every_state_is_survived() {
    let phases = [Phase::Idle, Phase::Opening, Phase::Draining, Phase::Paused, Phase::Stopping];
    for phase in phases {
        let base = model(phase);
        for screen in [Screen::Sync, Screen::Browse, Screen::Acks, Screen::Wire, Screen::Sql, Screen::History]
        {
            for overlay in [
                None,
                Some(Overlay::Help(0)),
                Some(Overlay::Palette),
                Some(Overlay::Bend),
                Some(Overlay::AskQuit),
            ] {
                for size in [(0, 0), (1, 1), (60, 16), (200, 60)] {
                    for entry in ACTIONS {
                        let mut model = base.clone();
                        (model.screen, model.overlay, model.size) = (screen, overlay, size);
                        let _ = act::act(&mut model, entry.action);
                    }
                }
            }
        }
    }
}
