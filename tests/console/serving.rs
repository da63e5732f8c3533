//! Models of a console over a service.

use std::sync::Arc;

use drainboard::client::Operation;
use drainboard::client::tap::{Exchange, Response, State, Usage};
use drainboard::console::key::Key;
use drainboard::console::message::{Message, WireAnswer};
use drainboard::console::model::wire::Found;
use drainboard::console::model::{Model, Screen, Serving};
use drainboard::console::serving::{Device, Entrance, Standing};
use drainboard::console::update::update;

use super::{debugging, models};

fn serving(title: &str) -> Model {
    let mut model = Model::new(title, "127.0.0.1:8080", models::now());
    model.screen = Screen::Wire;
    model.demo = title == "serve";
    let sight = [
        ("user 200000011", "sees everything"),
        ("user 200000012", "sees their own"),
        ("user 200000013", "no sync scope"),
    ];
    let entrances = sight.map(|(who, sees)| Entrance { who: who.into(), sees: sees.into() });
    model.serving = Some(Serving::new("http://127.0.0.1:8080", entrances.to_vec()));
    update(&mut model, Message::Wire(WireAnswer::List(Found::default())));
    model
}

fn device(uuid: &str, sees: &str, sessions: u64, left: u64, unacknowledged: u64) -> Device {
    Device { device: uuid.parse().unwrap(), sees: sees.into(), sessions, left, unacknowledged }
}

fn standing(lately: Vec<Device>) -> Message {
    Message::Standing(Ok(Standing::Account { records: 12_000, devices: lately.len() as u64, lately }))
}

/// Nobody has asked yet.
pub(crate) fn nobody() -> Model {
    let mut model = serving("serve");
    update(&mut model, standing(Vec::new()));
    model
}

/// Two devices at work; some of it goes wrong on purpose.
pub(crate) fn busy() -> Model {
    let mut model = serving("serve");
    let two = vec![
        device("6dadcec8-6e61-4691-b318-1aab27b8fecf", "everything", 1, 3_400, 200),
        device("7c1f00d2-93b0-4d41-8f9d-60b0a2f6a1c4", "of 200000012", 0, 0, 0),
    ];
    update(&mut model, standing(two));
    let mut list = debugging::exchanges();
    let on_purpose = Exchange {
        state: State::Failed("on purpose: the connection ended without an answer".into()),
        response: None::<Response>,
        ..debugging::exchange(87, 90, 0, 200, Operation::Acknowledge)
    };
    list.insert(0, Arc::new(on_purpose));
    list.insert(0, Arc::new(debugging::exchange(88, 40, 3, 404, Operation::Other)));
    let found = Found { usage: Usage { exchanges: 88, bytes: 1_258_291, gone: 0 }, list, ..Found::default() };
    debugging::answered(&mut model, Message::Wire(WireAnswer::List(found)));
    model
}

/// Who may ask, and who has.
pub(crate) fn clients() -> Model {
    debugging::press(busy(), &[Key::char('c'), Key::char('j')])
}

/// A recording that is served again.
pub(crate) fn recording() -> Model {
    let mut model = serving("replay");
    update(&mut model, Message::Standing(Ok(Standing::Recording { left: 74, all: 86 })));
    model
}

/// A client that is examined, with what was found so far.
pub(crate) fn examination() -> Model {
    let mut model = serving("conformance");
    let report = [
        "✗ empty_mid       stopped at the empty page: Deal-3-9 was never fetched",
        "✓ same_key        acknowledged what came twice",
    ];
    let standing = Standing::Examination {
        name: "ack200".into(),
        about: "an ack is answered 200: nothing was accepted, and the keys must be sent again".into(),
        number: 3,
        all: 28,
        passed: 1,
        report: report.map(str::to_owned).to_vec(),
    };
    update(&mut model, Message::Standing(Ok(standing)));
    debugging::press(model, &[Key::char('c')])
}
