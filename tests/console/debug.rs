//! The debugging screens by their keys: Acks, Wire, the panel that bends the service; held acks wherever they are held.

use std::sync::Arc;

use drainboard::client::{Operation, Tap};
use drainboard::console::key::{Code, Key};
use drainboard::console::message::{Effect, Message, WireAnswer, WireRequest};
use drainboard::console::model::wire::Found;
use drainboard::console::model::{Model, Screen};
use drainboard::console::update::update;
use drainboard::engine::Command;

use super::debugging::{
    acks, bending, chars, exchange, exchanges, held, press, wire, wire_detail, wire_mistake, wire_recording,
};
use super::{drawn, models, text};

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
    assert_eq!(commands(&mut idle, 'D'), [], "without a run there is no next pack");
    assert_eq!(commands(&mut idle, 'H'), [Effect::Command(Command::HoldAcks(true))]);
    let mut empty = press(models::idle_without_mirror(), &[Key::char('3')]);
    assert_eq!(commands(&mut empty, 'H'), [], "without a key there is nothing to hold");
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
    assert!(model.wire.recorded.is_none() && model.toast.unwrap().0.contains("61"));
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
    assert!(!model.wire.typing && model.wire.filter.0.is_empty() && model.wire.list.len() == 86);
}

#[test]
fn levers_are_pulled_and_looked_at_again() {
    let mut model = bending();
    let pulled = update(&mut model, Message::Key(Key::plain(Code::Enter)));
    assert_eq!(pulled, [Effect::Pull { lever: 1, down: false }]);
    assert_eq!(update(&mut model, Message::Demo(Ok("5 a second".into()))), [Effect::Levers]);
    let pulled = update(&mut model, Message::Key(Key::plain(Code::Left)));
    assert_eq!(pulled, [Effect::Pull { lever: 1, down: true }]);
    let mut other = models::idle();
    assert_eq!(update(&mut other, Message::Key(Key::char('b'))), [], "only the demo bends");
    assert!(Tap::new().list(None, 1).is_empty());
}
