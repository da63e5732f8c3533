//! The debugging screens by their keys: Acks, Wire, the panel that bends the service; held acks wherever they are held.

use std::sync::Arc;

use drainboard::client::{Operation, Tap};
use drainboard::console::Pull;
use drainboard::console::key::{Code, Key};
use drainboard::console::message::{
    Effect, Message, Mouse, MouseKind, Request, SqlRequest, WireAnswer, WireRequest,
};
use drainboard::console::model::acks::{Opened, Pane as AcksPane};
use drainboard::console::model::wire::Found;
use drainboard::console::model::{Model, Overlay, Screen};
use drainboard::console::update::update;
use drainboard::engine::budget::{Reason, Wait};
use drainboard::engine::{Command, Mode, Phase};

use super::debugging::{
    acks, acks_detail, acks_orphans, acks_stuck, bending, chars, exchange, exchanges, held, press, wire,
    wire_detail, wire_mistake, wire_recording,
};
use super::{drawn, models, statements, text};

#[test]
fn a_mistake_in_the_filter_is_told() {
    let picture = text(&drawn(&mut wire_mistake(), 80, 24));
    assert!(picture.contains("status: \"no\" is no whole number"), "{picture}");
}

#[test]
fn held_acks_are_told_on_every_screen() {
    for key in ['1', '2', '3', '4', '5', '6'] {
        for columns in [80, 120] {
            let mut model = press(held(models::draining()), &[Key::char(key)]);
            let picture = text(&drawn(&mut model, columns, 24));
            assert!(picture.lines().next().unwrap().contains("1,740 acks held"), "{key}: {picture}");
        }
    }
}

#[test]
fn a_run_that_waits_for_a_release_says_so_on_its_screen() {
    let mut model = models::with(models::draining(), |snapshot| {
        (snapshot.phase, snapshot.holding, snapshot.held) = (Phase::Acknowledging, true, 1_740);
        snapshot.budget.wait = Some(Wait { reason: Reason::Held, left: None });
    });
    let picture = text(&drawn(&mut model, 120, 40));
    assert!(
        picture.contains("■ held: the run waits for your release") && picture.contains("3 H"),
        "{picture}"
    );
    assert!(!picture.contains("acknowledging") && !picture.contains("○ filling"), "{picture}");
    let pack = picture.lines().find(|line| line.contains("│ –") || line.contains(" –  ")).unwrap();
    assert!(pack.contains("■ held"), "{picture}");
}

#[test]
fn a_page_that_waits_comes_again_if_it_crashes_and_its_request_is_a_key_away() {
    let mut model = press(models::looking(), &[Key::char('3')]);
    let picture = text(&drawn(&mut model, 120, 40));
    assert!(picture.contains("1 page taken, 100 instructions: they come again"), "{picture}");
    assert!(picture.contains("no key: every ack is accepted"), "{picture}");
    assert!(!picture.contains("✓ nothing:") && !picture.contains("no page is on its way"), "{picture}");
    // Its request is the newest that took a page, failed ones and those under way apart.
    let model = press(models::looking(), &[Key::char('w')]);
    assert_eq!((model.screen, model.wire.exchange().unwrap().number), (Screen::Wire, 85));
}

#[test]
fn acks_are_held_released_dropped_and_sent_by_keys() {
    let mut model = acks();
    let commands = |model: &mut Model, key| update(model, Message::Key(Key::char(key)));
    assert_eq!(commands(&mut model, 'H'), [Effect::Command(Command::HoldAcks(true))]);
    assert_eq!(commands(&mut model, 'D'), [Effect::Command(Command::DropPack)]);
    assert_eq!(commands(&mut model, 'a'), [Effect::Command(Command::SendAcks)]);
    let mut model = held(model);
    assert_eq!(commands(&mut model, 'H'), [Effect::Command(Command::HoldAcks(false))]);
    assert_eq!(commands(&mut model, 'a'), [], "held acks are not sent");
    let mut idle = press(models::idle(), &[Key::char('3')]);
    // Without a run they are for the next one, and that is said until then.
    assert_eq!(commands(&mut idle, 'D'), [Effect::Command(Command::DropPack)]);
    let mut armed = models::with(idle.clone(), |snapshot| snapshot.dropping = true);
    assert!(text(&drawn(&mut armed, 80, 24)).contains("■ next pack is lost"));
    assert_eq!(commands(&mut idle, 'H'), [Effect::Command(Command::HoldAcks(true))]);
    let mut empty = press(models::idle_without_mirror(), &[Key::char('3')]);
    assert_eq!(commands(&mut empty, 'H'), [Effect::Command(Command::HoldAcks(true))]);
    let mut armed = models::with(empty, |snapshot| snapshot.holding = true);
    let picture = text(&drawn(&mut armed, 80, 24));
    assert!(picture.contains("■ acks will be held") && !picture.contains("0 acks"), "{picture}");
    assert_eq!(commands(&mut armed, 'H'), [Effect::Command(Command::HoldAcks(false))]);
}

#[test]
fn a_packs_time_outlasts_its_run_and_a_ready_one_has_none() {
    let mut model = acks();
    assert!(text(&drawn(&mut model, 120, 40)).contains("131 ms"));
    let mut model = models::with(model, |snapshot| {
        snapshot.packs.retain(|pack| pack.no.is_none());
        let mut ready = snapshot.packs[0].clone();
        (ready.no, ready.time) = (Some(99), std::time::Duration::ZERO);
        snapshot.packs.push(ready);
    });
    let picture = text(&drawn(&mut model, 120, 40));
    assert!(picture.contains("131 ms"), "{picture}");
    let ready = picture.lines().find(|line| line.contains("#99")).unwrap();
    assert!(ready.contains("○ ready") && !ready.contains(" ms"), "{ready}");
}

#[test]
fn orphans_are_looked_for_when_no_run_is_on_and_lead_to_browse() {
    let asked = |effects: &[Effect]| effects.contains(&Effect::Read(Request::Orphans));
    let mut running = models::draining();
    assert!(!asked(&update(&mut running, Message::Key(Key::char('3')))), "a run must not be slowed down");
    let mut model = models::done();
    assert!(asked(&update(&mut model, Message::Key(Key::char('3')))));
    let picture = text(&drawn(&mut model, 120, 40));
    assert!(picture.contains("following them … 0 %"), "{picture}");

    let mut model = acks_orphans();
    let effects = update(&mut model, Message::Key(Key::plain(Code::Enter)));
    let [Effect::Read(Request::Page { query, .. })] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(
        (query.kind.as_str(), query.filter.to_string().as_str()),
        ("note", "resource_id:missing resource_type=contact")
    );
    assert_eq!(model.screen, Screen::Browse);

    // A run that begins ends the search; what was found may have been too early.
    let mut model = press(models::done(), &[Key::char('3')]);
    let mut snapshot = (*models::draining().snapshot).clone();
    snapshot.started = Some("2026-11-20T13:00:00Z".parse().unwrap());
    let effects = update(&mut model, Message::Snapshot(Arc::new(snapshot.clone())));
    assert!(effects.contains(&Effect::Read(Request::NoOrphans)), "{effects:?}");
    let mut model = acks_orphans();
    update(&mut model, Message::Snapshot(Arc::new(snapshot)));
    let picture = text(&drawn(&mut model, 120, 40));
    assert!(picture.contains("not converged yet"), "{picture}");
}

#[test]
fn a_pack_and_an_error_lead_to_their_requests() {
    let model = press(acks(), &[Key::char('j'), Key::char('w')]);
    let chosen = model.wire.exchange().unwrap();
    assert_eq!((model.screen, chosen.label.pack), (Screen::Wire, Some(7)));
    let model = press(models::draining(), &[Key::char('w')]);
    assert_eq!((model.screen, model.wire.exchange().unwrap().number), (Screen::Wire, 80));
}

#[test]
fn a_chosen_request_stays_chosen_while_others_come() {
    let mut model = press(wire(), &chars("jjj"));
    let chosen = model.wire.exchange().unwrap().number;
    let mut list = exchanges();
    list.insert(0, Arc::new(exchange(87, 0, 10, 200, Operation::Take)));
    let found = Found { list, ..Found::default() };
    update(&mut model, Message::Wire(WireAnswer::List(found)));
    assert_eq!(model.wire.exchange().unwrap().number, chosen);
    let model = press(model, &[Key::char('g'), Key::char('g')]);
    assert_eq!(model.wire.chosen, None, "at the top the newest is followed");
}

#[test]
fn folding_hides_and_shows() {
    let mut model = wire_detail();
    let lines = |model: &Model| model.wire.detail.as_ref().unwrap().shown.len();
    let all = lines(&model);
    model = press(model, &chars("z"));
    assert!(lines(&model) < all);
    model = press(model, &chars("z"));
    assert_eq!(lines(&model), all);
    // The last line's holder folds by going left.
    model = press(model, &chars("Gh"));
    assert!(lines(&model) < all);
}

#[test]
fn what_is_looked_for_is_found_behind_folds_and_round_the_end() {
    let at = |model: &Model| {
        let detail = model.wire.detail.as_ref().unwrap();
        (detail.hits.clone(), detail.shown[detail.at])
    };
    let model = press(wire_detail(), &chars("zsNAME"));
    let (hits, first) = at(&model);
    assert!(
        hits.len() > 1 && first == hits[0],
        "while it is typed the first hit is gone to: {hits:?} {first}"
    );
    let mut model = press(model, &[Key::plain(Code::Enter)]);
    for expected in hits.iter().skip(1).chain(&hits[..1]) {
        model = press(model, &chars("n"));
        assert_eq!(at(&model).1, *expected);
    }
    model = press(model, &chars("N"));
    assert_eq!(at(&model).1, hits[hits.len() - 1]);
    model = press(model, &[Key::plain(Code::Esc)]);
    assert_eq!((at(&model).0, model.screen), (Vec::new(), Screen::Wire));
    let model = press(model, &chars("n"));
    assert!(model.toast.is_some(), "it says how to look for something");
}

#[test]
fn a_recording_is_started_with_a_path_and_stopped_by_the_same_key() {
    let mut model = press(wire(), &chars("R"));
    let name = model.naming.as_ref().unwrap().line.text().to_owned();
    assert_eq!(name, "drainboard-20261120-120411.har");
    let effects = update(&mut model, Message::Key(Key::plain(Code::Enter)));
    assert_eq!(effects, [Effect::Wire(WireRequest::Record(name.into()))]);
    assert!(model.naming.is_none());
    let mut model = wire_recording();
    let effects = update(&mut model, Message::Key(Key::char('R')));
    assert_eq!(effects, [Effect::Wire(WireRequest::StopRecording)]);
    update(&mut model, Message::Wire(WireAnswer::Recorded(Ok("61 exchanges".into()))));
    assert!(model.wire.recorded.is_none() && model.toast.unwrap().text.contains("61"));
    // An empty name is told, not taken.
    let mut model = press(wire(), &chars("R"));
    update(&mut model, Message::Key(Key::plain(Code::Home)));
    for _ in 0..60 {
        update(&mut model, Message::Key(Key::plain(Code::Delete)));
    }
    assert_eq!(update(&mut model, Message::Key(Key::plain(Code::Enter))), []);
    assert!(model.naming.unwrap().error.is_some());
}

#[test]
fn a_copied_request_has_no_token_and_typed_text_is_no_key() {
    let mut model = wire();
    let effects = update(&mut model, Message::Key(Key::char('y')));
    let [Effect::Copy { text: command, .. }] = effects.as_slice() else { panic!("{effects:?}") };
    assert!(command.starts_with("curl ") && command.contains("$BASECRM_ACCESS_TOKEN"), "{command}");
    let model = press(model, &chars("/q1?y"));
    assert_eq!((model.screen, model.wire.line.text(), model.overlay), (Screen::Wire, "q1?y", None));
    let model = press(model, &[Key::plain(Code::Esc)]);
    assert!(!model.wire.typing && model.wire.filter.typed.is_empty() && model.wire.list.len() == 86);
}

#[test]
fn levers_are_pulled_and_looked_at_again() {
    let mut model = bending();
    let pulled = update(&mut model, Message::Key(Key::plain(Code::Enter)));
    assert_eq!(pulled, [Effect::Pull { lever: 1, pull: Pull::More }]);
    assert_eq!(update(&mut model, Message::Demo(Ok("5 a second".into()))), [Effect::Levers]);
    let pulled = update(&mut model, Message::Key(Key::plain(Code::Left)));
    assert_eq!(pulled, [Effect::Pull { lever: 1, pull: Pull::Less }]);
    let mut other = models::idle();
    assert_eq!(update(&mut other, Message::Key(Key::char('b'))), [], "only the demo bends");
    assert!(Tap::new().list(None, 1).is_empty());
}

/// Presses a key and says what is to be done, what the reader would do left out.
fn done(model: &mut Model, key: Key) -> Vec<Effect> {
    let mut effects = update(model, Message::Key(key));
    effects.retain(|effect| !matches!(effect, Effect::Read(_) | Effect::Wire(WireRequest::List(_))));
    effects
}

#[test]
fn what_is_stuck_is_one_key_from_what_helps() {
    let enter = Key::plain(Code::Enter);
    let stuck = |model: &Model| model.acks.troubles();
    let model = acks_stuck();
    let needs: Vec<_> = stuck(&model).iter().map(|t| (t.needs, t.what.clone())).collect();
    assert!(needs.is_sorted_by_key(|(needs, _)| !needs), "what needs a hand comes first: {needs:?}");
    assert!(needs.contains(&(false, "3 instructions".to_owned())), "unkeyed ones are only told: {needs:?}");
    assert!(
        needs.contains(&(true, "deal 9".to_owned())) && needs.contains(&(true, "2 more objects".to_owned()))
    );
    // A failed object comes with a later session, and its page's request is a key away.
    let mut idle = models::idle();
    idle.acks = model.acks.clone();
    idle.screen = Screen::Acks;
    assert_eq!(done(&mut idle, enter), [Effect::Command(Command::Start(Mode::Single))]);
    assert!(matches!(done(&mut idle, Key::char('w'))[..], [Effect::Wire(WireRequest::Find(_))]));
    // Held keys are released.
    idle.acks.book.stuck.outbox.held = 9;
    idle.acks.trouble = stuck(&idle).iter().position(|t| t.what.contains("held")).unwrap();
    assert_eq!(done(&mut idle, enter), [Effect::Command(Command::HoldAcks(false))]);
    // What has no id is looked at where it is.
    idle.acks.trouble = stuck(&idle).iter().position(|t| t.what.contains("instructions")).unwrap();
    let effects = done(&mut idle, enter);
    assert!(
        effects
            .iter()
            .any(|e| matches!(e, Effect::Sql(SqlRequest::Run { sql, .. }) if sql.contains("_unkeyed"))),
        "{effects:?}"
    );
    assert_eq!(idle.screen, Screen::Sql);
}

#[test]
fn an_answer_and_a_key_can_be_seen_in_full() {
    let mut model = acks();
    model.acks.chosen = Some(4);
    let model = press(model, &chars("v"));
    assert_eq!((model.overlay, model.whole.text.as_str()), (Some(Overlay::Whole), "ack_keys[3] is invalid"));
    let model = press(acks_detail(), &chars("Gv"));
    assert_eq!(model.whole.text, "Contact-39-9");
    let model = press(model, &[Key::plain(Code::Esc)]);
    assert_eq!((model.overlay, model.screen), (None, Screen::Acks));
}

#[test]
fn a_record_of_a_pack_leads_to_browse() {
    let mut model = acks_detail();
    update(&mut model, Message::Key(Key::plain(Code::Down)));
    let effects = update(&mut model, Message::Key(Key::plain(Code::Enter)));
    assert_eq!(model.screen, Screen::Browse);
    assert!(
        effects
            .iter()
            .any(|e| matches!(e, Effect::Read(Request::Page { query, .. }) if query.kind == "contact")),
        "{effects:?}"
    );
    // A deleted one is not there any more.
    let mut model = acks_detail();
    for _ in 0..2 {
        update(&mut model, Message::Key(Key::plain(Code::Down)));
    }
    update(&mut model, Message::Key(Key::plain(Code::Enter)));
    assert_eq!(model.screen, Screen::Acks);
    assert!(model.toast.is_some());
}

/// A place where the picture says this.
fn place(model: &mut Model, what: &str) -> (u16, u16) {
    let picture = text(&drawn(model, 120, 40));
    let found = picture.lines().enumerate().find_map(|(row, line)| {
        let at = line.find(what)?;
        Some((unicode_width::UnicodeWidthStr::width(&line[..at]) as u16, row as u16))
    });
    found.unwrap_or_else(|| panic!("{what:?} is not in\n{picture}"))
}

fn mouse(model: &mut Model, kind: MouseKind, (column, row): (u16, u16)) -> Vec<Effect> {
    update(model, Message::Mouse(Mouse { kind, column, row }))
}

#[test]
fn the_mouse_chooses_opens_and_scrolls_what_is_under_it() {
    // Acks: a pack, what comes again, what is stuck.
    let mut model = acks();
    let at = place(&mut model, "#4 ");
    mouse(&mut model, MouseKind::Press, at);
    assert_eq!(model.acks.chosen, Some(4));
    let effects = mouse(&mut model, MouseKind::Press, at);
    assert_eq!(effects, [Effect::Read(Request::Opened(Opened::Pack(4)))]);
    let mut model = acks();
    let at = place(&mut model, "page 63 ");
    mouse(&mut model, MouseKind::Press, at);
    assert_eq!((model.acks.pane, model.acks.at), (AcksPane::Again, 2));
    let at = place(&mut model, "2 more objects");
    mouse(&mut model, MouseKind::WheelDown, at);
    assert_eq!((model.acks.pane, model.acks.trouble), (AcksPane::Again, 3), "the wheel takes no focus");
    // Wire: a row, and the lines beside it.
    let mut model = wire();
    let at = place(&mut model, "   80  ");
    mouse(&mut model, MouseKind::Press, at);
    assert_eq!(model.wire.exchange().unwrap().number, 80);
    let mut model = wire_detail();
    let at = place(&mut model, "content-type");
    mouse(&mut model, MouseKind::Press, at);
    assert_eq!(model.wire.detail.as_ref().unwrap().line().unwrap().name, "content-type");
    let number = model.wire.exchange().unwrap().number;
    mouse(&mut model, MouseKind::WheelUp, at);
    assert_eq!(model.wire.exchange().unwrap().number, number, "the list stays");
    // SQL: a cell, and its value in full.
    let mut model = statements::answered();
    let at = place(&mut model, "New York");
    mouse(&mut model, MouseKind::Press, at);
    assert_eq!((model.sql.grid.row, model.sql.grid.column), (0, 2));
    mouse(&mut model, MouseKind::Press, at);
    assert_eq!((model.overlay, model.whole.text.as_str()), (Some(Overlay::Whole), "New York"));
    // History: a session, and its first change.
    let mut model = statements::history();
    let at = place(&mut model, "crashed");
    mouse(&mut model, MouseKind::Press, at);
    assert_eq!(model.history.sessions.current().unwrap().no, 37);
    let effects = mouse(&mut model, MouseKind::Press, at);
    assert!(matches!(effects[..], [Effect::Read(Request::Deeds { session: 37, .. })]), "{effects:?}");
}

#[test]
fn an_entry_of_a_session_leads_to_its_record_its_page_and_its_request() {
    let mut model = statements::change();
    let effects = update(&mut model, Message::Key(Key::plain(Code::Enter)));
    assert_eq!(model.screen, Screen::Browse);
    assert!(
        effects
            .iter()
            .any(|e| matches!(e, Effect::Read(Request::Page { query, .. }) if query.kind == "deal"))
    );
    let mut model = statements::change();
    let effects = update(&mut model, Message::Key(Key::char('p')));
    assert!(
        effects.contains(&Effect::Read(Request::Opened(Opened::Page(78)))) && model.screen == Screen::Acks
    );
    let model = press(statements::change(), &chars("w"));
    assert_eq!((model.screen, model.wire.exchange().unwrap().label.page), (Screen::Wire, Some(78)));
    // One type alone, and all again.
    let mut model = press(statements::changes(), &chars("/contact"));
    let effects = update(&mut model, Message::Key(Key::plain(Code::Enter)));
    let [Effect::Read(Request::Deeds { wanted, .. })] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(wanted.kind.as_deref(), Some("contact"));
    let effects = update(&mut model, Message::Key(Key::plain(Code::Esc)));
    assert!(matches!(&effects[..], [Effect::Read(Request::Deeds { wanted, .. })] if wanted.kind.is_none()));
}

#[test]
fn statements_are_saved_run_and_forgotten() {
    let mut model = statements::saved();
    let forget = Key::parse("ctrl-x").unwrap();
    let effects = update(&mut model, Message::Key(forget));
    assert!(
        matches!(&effects[..], [Effect::Sql(SqlRequest::Forget(name))] if name == "deals without a contact")
    );
    let effects = update(&mut model, Message::Key(Key::plain(Code::Enter)));
    assert!(matches!(&effects[..], [Effect::Sql(SqlRequest::Run { sql, .. })] if sql.contains("NOT IN")));
    // A name that is taken is replaced when it is said twice.
    let mut model = statements::naming();
    assert!(model.naming.as_ref().unwrap().error.is_some());
    let effects = update(&mut model, Message::Key(Key::plain(Code::Enter)));
    assert!(
        matches!(&effects[..], [Effect::Sql(SqlRequest::Save(kept))] if kept.sql == "SELECT 7" && kept.name == "contacts by city")
    );
    // An export is stopped by the key that stops everything.
    let mut model = statements::exporting();
    let effects = update(&mut model, Message::Key(Key::plain(Code::Esc)));
    assert!(matches!(effects[..], [Effect::Sql(SqlRequest::Cancel(2)), ..]), "{effects:?}");
}
