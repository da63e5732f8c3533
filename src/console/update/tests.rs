//! What each message comes to: keys to effects, by phase.

use std::time::Duration;

use jiff::Timestamp;

use super::super::action::{ACTIONS, Action};
use super::super::key::Code;
use super::super::message::{SqlAnswer, SqlEnd, SqlRequest};
use super::super::view;
use super::*;
use crate::engine::event::WaitView;
use crate::engine::{Mode, Outcome, Phase, RunEnd, Totals};

mod browsing;
mod manners;
mod mouse;
mod rows;
mod search;
mod serving;

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
    assert_eq!(busy.overlay, None);
    press(&mut busy, 'q');
    // At once: it is not the screen that waits for what is in flight.
    assert_eq!(press(&mut busy, 'y'), [Effect::Leave(Left::Quit)]);
}

#[test]
fn a_run_that_ends_meanwhile_takes_the_question_with_it() {
    let mut model = model(Phase::Draining);
    press(&mut model, 'q');
    let ended = Snapshot { phase: Phase::Idle, ..Snapshot::clone(&model.snapshot) };
    update(&mut model, Message::Snapshot(Arc::new(ended)));
    assert_eq!(model.overlay, None);
    assert!(model.toast.is_some());
    assert_eq!(press(&mut model, 'q'), [Effect::Leave(Left::Quit)]);
}

#[test]
fn interrupting_leaves_at_once() {
    let interrupt = || Message::Key(Key::ctrl('c'));
    for phase in [Phase::Idle, Phase::Draining] {
        assert_eq!(update(&mut model(phase), interrupt()), [Effect::Leave(Left::Interrupt)]);
        assert_eq!(update(&mut model(phase), Message::Signal(15)), [Effect::Leave(Left::Signal(15))]);
    }
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
    for key in "q1?:x".chars() {
        assert_eq!(press(&mut model, key), []);
    }
    assert_eq!(update(&mut model, Message::Paste("\r\nSELECT\n1;\r".into())), []);
    assert_eq!(model.sql.line.text(), "q1?:x SELECT 1; ");
    assert_eq!((model.screen, model.overlay), (Screen::Sql, None));
    // Escape goes to the rows, where the same keys are keys.
    update(&mut model, Message::Key(Key::plain(Code::Esc)));
    press(&mut model, '1');
    assert_eq!(model.screen, Screen::Sync);
}

#[test]
fn no_statement_begins_with_a_digit_so_there_the_screens_have_their_keys() {
    for (key, screen, overlay) in [
        ('1', Screen::Sync, None),
        ('2', Screen::Browse, None),
        ('6', Screen::History, None),
        ('?', Screen::Sql, Some(Overlay::Help(0))),
        (':', Screen::Sql, Some(Overlay::Palette)),
    ] {
        let mut model = model(Phase::Idle);
        press(&mut model, '5');
        press(&mut model, key);
        assert_eq!((model.screen, model.overlay), (screen, overlay), "{key}");
        assert_eq!(model.sql.line.text(), "");
        // Behind a word the same key is text.
        let mut model = Model::new("demo", "host", Timestamp::UNIX_EPOCH);
        for key in ['5', 'x', key] {
            press(&mut model, key);
        }
        assert_eq!((model.screen, model.overlay), (Screen::Sql, None), "{key}");
        assert_eq!(model.sql.line.text(), format!("x{key}"));
    }
    // What a statement or a comment may begin with is text, and so is all that is pasted.
    for key in "qGghjkl-/ ".chars() {
        let mut model = model(Phase::Idle);
        press(&mut model, '5');
        press(&mut model, key);
        assert_eq!(model.sql.line.text(), key.to_string());
    }
    let mut model = model(Phase::Idle);
    press(&mut model, '5');
    update(&mut model, Message::Paste("1".into()));
    assert_eq!((model.screen, model.sql.line.text()), (Screen::Sql, "1"));
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
    // What another screen does is found from here too, and done there.
    press(&mut model, '2');
    for (wanted, screen, effect) in [
        ("pause", Screen::Sync, Effect::Command(Command::Pause)),
        ("hold", Screen::Acks, Effect::Command(Command::HoldAcks(true))),
    ] {
        press(&mut model, ':');
        for key in wanted.chars() {
            press(&mut model, key);
        }
        let effects = update(&mut model, Message::Key(Key::plain(Code::Enter)));
        assert_eq!((model.screen, model.overlay), (screen, None), "{wanted}");
        assert!(effects.contains(&effect), "{wanted}: {effects:?}");
    }
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
    assert!(model.toast.is_some_and(|t| t.text.contains("too much")));
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
    assert!(model.toast.as_ref().unwrap().text.contains("demo"));
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
fn a_remark_takes_no_key_for_itself() {
    let screens = [Screen::Browse, Screen::Acks, Screen::Wire, Screen::History];
    for screen in screens {
        let mut model = model(Phase::Idle);
        model.screen = screen;
        model.say("hello");
        plain(&mut model, Code::Esc);
        assert_eq!((model.toast.clone(), model.screen), (None, Screen::Sync), "{screen:?}");
        // An error has the key to itself: it is to be seen.
        model.screen = screen;
        model.say("hello");
        model.fail("it broke");
        plain(&mut model, Code::Esc);
        assert_eq!((model.toast.clone(), model.notices.len(), model.screen), (None, 0, screen));
    }
    let mut model = model(Phase::Idle);
    press(&mut model, '5');
    plain(&mut model, Code::Up);
    model.say("hello");
    plain(&mut model, Code::Esc);
    assert_eq!(model.sql.pane, crate::console::model::sql::Pane::Results);
}

#[test]
fn a_command_that_failed_is_an_error_to_see_and_no_run() {
    let mut model = model(Phase::Idle);
    let kind = EventKind::CommandFailed { error: "the mirror is in use".into() };
    let event = Event { at: model.now, kind, totals: Arc::default() };
    update(&mut model, Message::Event(event));
    let said: Vec<_> = model.notices.iter().map(|notice| (notice.error, notice.text.as_str())).collect();
    assert_eq!(said, [(true, "the mirror is in use")]);
    assert_eq!(model.log.newest(0).next().unwrap().text, "the mirror is in use");
    assert!(!model.has_run());
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
                Some(Overlay::Whole),
                Some(Overlay::Saved),
                Some(Overlay::AskQuit),
                Some(Overlay::NewDevice),
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

/// Screen 2 with ten contacts, of which a user is the owner.
fn browsing() -> Model {
    use crate::mirror::reader::Kind;
    let mut model = model(Phase::Idle);
    (model.screen, model.size) = (Screen::Browse, (120, 40));
    let kind = |name: &str| Kind { name: name.into(), table: name.into(), rows: 10 };
    let kinds = vec![kind("contact"), kind("user")];
    let effects = update(&mut model, Message::Read(Answer::Kinds(Ok(kinds))));
    answer(&mut model, &effects);
    model
}

/// Answers a request for a page; says what was asked for.
fn answer(model: &mut Model, effects: &[Effect]) -> crate::mirror::find::Query {
    use crate::mirror::find::Sheet;
    use crate::mirror::reader::Row;
    use crate::protocol::RecordId;
    let Some((ticket, query)) = effects.iter().find_map(|e| match e {
        Effect::Read(Request::Page { ticket, query, .. }) => Some((*ticket, query.clone())),
        _ => None,
    }) else {
        panic!("{effects:?}")
    };
    let row = |n| Row {
        id: RecordId::Int(n),
        revision: Some(1),
        data: format!(r#"{{"id":{n},"name":"n, {n}","owner_id":17,"tags":["a"]}}"#),
        session: 1,
    };
    let rows = (1..=10).map(row).collect();
    let sheet = Sheet { rows, first: Some(0), exact: true, above: None, below: None };
    let page = browse_page(sheet, (!query.filter.is_empty()).then_some(10));
    update(model, Message::Read(Answer::Page { ticket, page: Ok(page) }));
    query
}

fn browse_page(sheet: crate::mirror::find::Sheet, hits: Option<u64>) -> super::super::model::browse::Page {
    super::super::model::browse::Page { sheet, hits, took: None, complete: true, gone: Vec::new() }
}

fn keys(model: &mut Model, keys: &str) -> Vec<Effect> {
    keys.chars().flat_map(|c| press(model, c)).collect()
}

fn plain(model: &mut Model, code: Code) -> Vec<Effect> {
    update(model, Message::Key(Key::plain(code)))
}
